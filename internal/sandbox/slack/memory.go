package slack

import "slices"

// What a workspace keeps, so that one that goes on for days does not grow without end.
const (
	saidBytes      = 16 << 20 // of texts, of messages and of views each
	keptMessages   = 5000     // in a channel
	keptVersions   = 100      // of a message, before its edits
	keptEphemerals = 1000
	keptMishaps    = 1000 // envelopes that were missed, and complaints
	keptDeliveries = 1000 // that are over: there is none to acknowledge then
	forgetAfter    = 2    // times the life of a trigger, a ticket or a response URL: until then it is known why it will not serve
)

// last are the last n items of a list.
func last[T any](list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	return slices.Delete(list, 0, len(list)-n)
}

// said are texts, each once, in the order in which they were first said.
type said struct {
	list  []string
	known map[string]bool
	bytes int
}

// add notes a text, and forgets the oldest beyond saidBytes.
func (t *said) add(text string) {
	if t.known[text] {
		return
	}
	if t.known == nil {
		t.known = map[string]bool{}
	}
	t.list, t.known[text] = append(t.list, text), true
	t.bytes += len(text)
	for t.bytes > saidBytes && len(t.list) > 1 {
		delete(t.known, t.list[0])
		t.bytes -= len(t.list[0])
		t.list[0] = ""
		t.list = t.list[1:]
	}
}
