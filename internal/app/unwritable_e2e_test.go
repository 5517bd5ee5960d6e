package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

func TestAStoreThatIsTakenAwayIsSaidOnceAndGoneOnWith(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.serve()
	path := filepath.Join(r.dir, "oktaws.db")
	if err := os.Rename(path, path+".aside"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		mustSay(t, r.says(slack.Requester, "link "+gmail+" "+label), path, "was deleted, moved or replaced", "Put that very file back")
	}
	if err := os.Rename(path+".aside", path); err != nil {
		t.Fatal(err)
	}
	r.says(slack.Requester, "link "+gmail+" "+label)
	r.request(gmail)
	r.until("the log saying that it goes on", func() bool { return strings.Contains(r.output.String(), "oktaws goes on") })
	r.stop()
	log := r.output.String()
	if n := strings.Count(log, "level=ERROR"); n != 1 {
		t.Errorf("%d errors in the log:\n%s", n, log)
	}
	mustSay(t, log, "nothing can be recorded, so no work begins", "remedy=")
}
