package slackpage

import (
	"slices"
	"strconv"
	"sync"
)

// memory is what the pages keep beside what Slack knows, as Slack's own clients do: how far each person has read, and
// what somebody was told in answer to what they did.
type memory struct {
	mu       sync.Mutex
	read     map[string]string // person and channel → time stamp of the last message that was looked at
	notices  []notice
	nextID   int
	problems map[string]problem // by the ID of the modal
}

// notice is something that Slack says to one person, in answer to what they did.
type notice struct {
	ID      string
	Person  string
	Channel string // empty: their Home
	Thread  string // time stamp of its first message; empty: in the channel itself
	About   string // time stamp of the message that was acted on; empty: none
	TS      string
	Text    string // Slack's words
	Why     string

	Composer bool   // it is told where the person writes
	Unsent   string // and this is what they had written
}

// problem is why a modal is still there after it was sent.
type problem struct {
	Errors map[string]string // under the fields, by block ID
	Text   string            // on top; empty: nothing
	Why    string
	Filled map[string]map[string]any // what the form held that was not sent, as slack.Server.Submit takes it
}

// mostNotices is how many are kept; the oldest go first.
const mostNotices = 100

func newMemory() *memory { return &memory{read: map[string]string{}, problems: map[string]problem{}} }

func (m *memory) looked(person, channel string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.read[person+" "+channel]
}

// look says that the person has seen the channel up to the message.
func (m *memory) look(person, channel, ts string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.read[person+" "+channel] = max(m.read[person+" "+channel], ts)
}

func (m *memory) tell(n notice) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.nextID++
	n.ID = strconv.Itoa(m.nextID)
	m.notices = append(m.notices, n)
	m.notices = m.notices[max(0, len(m.notices)-mostNotices):]
}

// told returns what a person was told in a place.
func (m *memory) told(person, channel string) []notice {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.notices), func(n notice) bool { return n.Person != person || n.Channel != channel })
}

// written forgets what the person was told where they write, since they write anew.
func (m *memory) written(person, channel, thread string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.notices = slices.DeleteFunc(m.notices, func(n notice) bool {
		return n.Composer && n.Person == person && n.Channel == channel && n.Thread == thread
	})
}

func (m *memory) dismiss(person, id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.notices = slices.DeleteFunc(m.notices, func(n notice) bool { return n.Person == person && n.ID == id })
}

func (m *memory) problem(view string) problem {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.problems[view]
}

// setProblem keeps what is wrong with a modal until it is sent again.
func (m *memory) setProblem(view string, p problem) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.problems[view] = p
}
