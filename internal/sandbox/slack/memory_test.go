package slack

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
)

// A workspace that goes on for days keeps the newest of everything, and no more.
func TestMemoryHasBounds(t *testing.T) {
	clock := clockwork.NewFakeClock()
	s := New(Config{Clock: clock, RateFactor: -1})
	defer s.Close()
	large := strings.Repeat("x", 4000)
	for range keptDeliveries + 10 {
		if _, err := s.Command(t.Context(), Requester, General, "/oktaws", "help"); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		s.whisper(s.channels[General], Requester, content{text: "the same"}, "")
		s.openConnection(nil)
		s.mu.Unlock()
		clock.Advance(10 * time.Second)
	}
	s.mu.Lock()
	for i := range keptMessages + 10 {
		s.post(s.channels[General], BotUser, content{text: fmt.Sprint(i, large)}, "")
	}
	s.mu.Unlock()
	first := s.message(General, s.Messages(General)[0].TS)
	for i := range keptVersions + 10 {
		s.mu.Lock()
		s.edit(first, content{text: fmt.Sprint("edit ", i)})
		s.mu.Unlock()
	}
	messages, _ := s.AllTexts()
	total := 0
	for _, text := range messages {
		total += len(text)
	}
	for what, n := range map[string][2]int{
		"messages": {len(s.Messages(General)), keptMessages}, "versions": {len(first.Earlier), keptVersions},
		"ephemerals": {len(s.Ephemerals(Requester)), keptEphemerals}, "missed": {len(s.Missed()), keptMishaps},
		"deliveries": {len(s.deliveries), keptDeliveries}, "triggers": {len(s.triggers), 1}, "tickets": {len(s.tickets), 7},
		"response URLs": {len(s.responses), 361}, "texts": {total, saidBytes},
	} {
		if n[0] > n[1] || n[0] == 0 {
			t.Errorf("%d %s are kept, not up to %d", n[0], what, n[1])
		}
	}
	if !strings.HasPrefix(s.Messages(General)[0].Text, "edit 109") || len(s.posted.known) != len(messages) {
		t.Error("the newest is what is kept")
	}
	again := 0
	for _, text := range messages {
		if text == "the same" {
			again++
		}
	}
	if again > 1 {
		t.Errorf("one text is kept %d times", again)
	}
}
