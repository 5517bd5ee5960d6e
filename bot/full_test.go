package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/store"
)

func TestAFullDiskIsSaidAndNothingIsDone(t *testing.T) {
	w := live(t)
	w.reply(slack.Requester, "link "+accountID+" "+label)
	request := w.message(slack.AdminChannel, accountID, "[approve]")
	w.full.Store(true)

	const other = "444455556666"
	w.answers(slack.Requester, "link "+other+" Another", "disk is full", "Free some space")
	w.answers(slack.Requester, "list", accountID)
	w.click(slack.AdminOne, request, "approve")
	w.told(slack.AdminOne, "disk is full", "Free some space")
	w.stored("the request as it was", func(tx *store.ReadTx) bool {
		pending := 0
		err := tx.Requests(func(r store.Request) bool {
			if r.State == store.Pending {
				pending++
			}
			return true
		})
		return err == nil && pending == 1
	})

	w.full.Store(false)
	w.click(slack.AdminOne, request, "approve")
	w.clock.Advance(time.Second) // until the bot looks whether there is room
	w.now(request, "pproved")
	w.reply(slack.Requester, "link "+other+" Another")
	w.message(slack.AdminChannel, other, "[approve]")
	if n := w.count(slack.AdminChannel, accountID, "[approve]"); n != 0 {
		t.Errorf("%d messages still offer to approve the request", n)
	}
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	for _, line := range w.log.lines {
		if strings.Contains(line, "level=ERROR") { // the program says it once, in the bot's place
			t.Errorf("the bot's log says %s", line)
		}
	}
}
