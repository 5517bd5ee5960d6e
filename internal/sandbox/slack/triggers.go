package slack

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// A trigger opens one view within 3 s; a response URL takes 5 messages within 30 min
// (docs.slack.dev/interactivity/handling-user-interaction).
const (
	TriggerLife      = 3 * time.Second
	ResponseURLLife  = 30 * time.Minute
	ResponseURLTimes = 5
)

type trigger struct {
	user string
	from *view // the modal that it came from; nil: none
	at   time.Time
	used bool
}

func (s *Server) trigger(user string, from *view) string {
	maps.DeleteFunc(s.triggers, func(_ string, t *trigger) bool { return s.deadlines.Since(t.at) > forgetAfter*TriggerLife })
	s.nextID++
	id := fmt.Sprintf("%d.%d.%s", s.deadlines.Now().UnixMilli(), 1_000_000+s.nextID, random(16))
	s.triggers[id] = &trigger{user: user, from: from, at: s.deadlines.Now()}
	return id
}

var triggerForm = regexp.MustCompile(`^\d+\.\d+\.[0-9a-f]+$`)

// exchange uses a trigger up.
func (s *Server) exchange(id string) (*trigger, object) {
	if !triggerForm.MatchString(id) {
		return nil, refuse("invalid_trigger_id")
	}
	t := s.triggers[id]
	switch {
	case t == nil:
		return nil, refuse("expired_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case s.deadlines.Since(t.at) > TriggerLife:
		return nil, refuse("expired_trigger_id")
	}
	t.used = true
	return t, nil
}

type responseURL struct {
	channel, user string
	source        *Message // what was clicked on; nil: it came with a command
	at            time.Time
	used          int
}

func (s *Server) responseURL(c *Channel, user string, source *Message) string {
	maps.DeleteFunc(s.responses, func(_ string, u *responseURL) bool { return s.clock.Since(u.at) > forgetAfter*ResponseURLLife })
	path := "/response/" + Team + "/" + random(12)
	s.responses[path] = &responseURL{channel: c.ID, user: user, source: source, at: s.clock.Now()}
	return s.base + path
}

// serveResponseURL takes {text, blocks, response_type, replace_original, delete_original, thread_ts} as JSON; it answers
// "ok", or an error's code with status 4xx, as text.
func (s *Server) serveResponseURL(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	a := readArgs(r, body)
	s.mu.Lock()
	status, answer := s.respond(s.responses[r.URL.Path], a)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer)
}

func (s *Server) respond(u *responseURL, a args) (status int, answer string) {
	switch {
	case u == nil:
		return http.StatusNotFound, "no_service"
	case s.clock.Since(u.at) > ResponseURLLife:
		return http.StatusNotFound, "expired_url"
	case u.used >= ResponseURLTimes:
		return http.StatusNotFound, "used_url"
	}
	if a.bool("delete_original") {
		if u.source == nil {
			return http.StatusBadRequest, "cant_delete_message"
		}
		u.used++
		u.source.Deleted = true
		s.change()
		return http.StatusOK, "ok"
	}
	what := a.content()
	if refusal := what.look(PostTextLimit); refusal != nil {
		return http.StatusBadRequest, refusal["error"].(string)
	}
	u.used++
	if a.bool("replace_original") && u.source != nil {
		s.edit(u.source, what)
		return http.StatusOK, "ok"
	}
	s.answer(u, what, a["response_type"], a["thread_ts"])
	return http.StatusOK, "ok"
}

// answer shows content to the person alone, or to everybody where the type is in_channel.
func (s *Server) answer(u *responseURL, what content, kind, thread string) *Message {
	c := s.channels[u.channel]
	if kind == "in_channel" {
		return s.post(c, BotUser, what, thread)
	}
	return s.whisper(c, u.user, what, thread)
}

func random(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b)
	return strings.ToLower(hex.EncodeToString(b))
}
