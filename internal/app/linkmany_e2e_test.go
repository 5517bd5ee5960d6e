package app_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// team makes an organizational unit with so many accounts, Team 1 and on, and returns their IDs.
func (r *rig) team(unit string, n int) (ids []string) {
	r.Helper()
	if _, err := r.AWS.MakeUnit(unit); err != nil {
		r.Fatal(err)
	}
	for i := range n {
		id := fmt.Sprintf("700000%06d", i+1)
		if err := r.AWS.AddAccount(id, fmt.Sprintf("Team %d", i+1)); err != nil {
			r.Fatal(err)
		}
		if err := r.AWS.MoveAccount(id, unit); err != nil {
			r.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// batch waits for a request in the admin channel with the words, until it can be decided.
func (r *rig) batch(words string) (found slack.Message) {
	r.Helper()
	r.until("a request to "+words, func() bool {
		for _, m := range r.Slack.Messages(slack.AdminChannel) {
			if m.ThreadTS == "" && strings.Contains(m.Text, words) && has(m, "approve") {
				found = m
			}
		}
		return found.TS != ""
	})
	return found
}

// withButton waits for a message of a channel with a button.
func (r *rig) withButton(channel, action string) (found slack.Message) {
	r.Helper()
	r.until("the button "+action, func() bool {
		for _, m := range r.Slack.Messages(channel) {
			if has(m, action) {
				found = m
			}
		}
		return found.TS != ""
	})
	return found
}

// killedAtRandom begins something and kills the program so many times meanwhile, at random calls, before or after their
// effect, and starts it anew.
func (r *rig) killedAtRandom(times int, begin func()) {
	r.Helper()
	var dead atomic.Bool
	var left atomic.Int64
	var life atomic.Pointer[program]
	died := make(chan struct{}, 1)
	arm := func() {
		life.Store(r.program)
		left.Store(20 + rand.Int64N(150))
	}
	r.Hub.Hook(func(c wire.Call) *wire.Fault {
		switch {
		case !fromUs(c):
			return nil
		case dead.Load():
			return &wire.Fault{ID: "dead", Cut: "before"}
		case left.Add(-1) == 0:
			life.Load().life.End()
			dead.Store(true)
			died <- struct{}{}
			return &wire.Fault{ID: "death", Cut: []string{"before", "after"}[rand.IntN(2)]}
		}
		return nil
	})
	arm()
	begin()
	for n := range times {
		select {
		case <-died:
		case <-time.After(patience):
			r.Fatalf("there was nothing to kill %d times", n+1)
		}
		r.stop()
		dead.Store(false)
		r.serve()
		arm()
	}
	left.Store(0) // which no call brings to nothing
	if !dead.Load() {
		r.Hub.Hook(nil)
		return
	}
	r.stop() // killed once more meanwhile
	r.Hub.Hook(nil)
	r.serve()
}

// TestAUnitIsLinked has a unit of 30 accounts linked, with kills at random moments; one fails, and is retried once its cause
// is gone.
func TestAUnitIsLinked(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, inModeGroups, unasked, "OKTAWS_OKTA_SHARED_APPLICATION=AWS")
	r.serve()
	ids := r.team("Teams", 30)
	r.carries(ids[0], "link "+ids[0]+" First", "is linked to Okta")
	for _, err := range []error{r.AWS.SuspendAccount(ids[1]), r.AWS.CloseAccount(ids[2]), r.AWS.Deny(ids[9], "cloudformation:CreateStack")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	said := r.reads(slack.Requester, "link —ou teams --reason they move to Okta")
	mustSay(t, said, "You asked to link 27 AWS accounts to Okta in the shared application", "Left out: 3 accounts", "It is linked already", ids[0], "It is suspended or closed", ids[1], ids[2])
	mustSay(t, r.reads(slack.AdminTwo, "link --ou Teams"), "There is nothing to link", "It waits for approval already, in a list asked for by <@"+slack.Requester+"> (27)")
	request := r.batch("asks to link 27 AWS accounts to Okta")
	mustSay(t, read(request), append([]string{"they move to Okta", "Team-30", "Left out: 3 accounts", "It is linked already", "Administrator", "not looked at beforehand"}, ids...)...)

	r.killedAtRandom(3, func() { r.clicks(slack.AdminOne, request, "approve") })
	r.find(slack.AdminChannel, "has ended: 26 linked, 1 failed")
	r.find(r.Slack.DM(slack.Requester), "has ended: 26 linked, 1 failed")
	progress := r.withButton(slack.AdminChannel, "retry-failed")
	r.until("the end in the progress", func() bool {
		progress = r.withButton(slack.AdminChannel, "retry-failed")
		return strings.Contains(read(progress), "26 linked, 1 failed")
	})
	mustSay(t, read(progress), ids[9], "27 of 27", "cloudformation:CreateStack")
	if err := r.AWS.Allow(ids[9]); err != nil {
		t.Fatal(err)
	}
	r.clicks(slack.AdminTwo, progress, "retry-failed")
	r.find(slack.AdminChannel, "has ended: 27 linked.")
	r.find(r.Slack.DM(slack.Requester), "has ended: 27 linked.")
	mustSay(t, r.reads(slack.Requester, "link --ou Root/Teams"), "There is nothing to link", "It is linked already (28)")
}

// TestAPastedListWaitsForAPerson links 12 accounts in mode api: one message to who approved has all that waits, ten at a time.
func TestAPastedListWaitsForAPerson(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, unasked)
	r.serve()
	ids := r.team("Teams", 12)
	lines := "link " + ids[0] + ", Own-Name\n"
	for _, id := range ids[1:] {
		lines += id[:4] + "-" + id[4:8] + "-" + id[8:] + "\n"
	}
	mustSay(t, r.reads(slack.Requester, lines+ids[3]+"\n123456789012, Elsewhere"), "You asked to link 12 AWS accounts to Okta", "Left out: 1 account", "It isn't in the organization", "123456789012` Elsewhere", "Line 13: account "+ids[3]+" is in line 4 already, and counts once")
	request := r.batch("asks to link 12 AWS accounts")
	mustSay(t, read(request), "Own-Name", "Team-12")
	r.clicks(slack.AdminOne, request, "approve")
	digest := slack.Message{}
	r.until("all to wait", func() bool {
		for _, m := range r.Slack.Messages(r.Slack.DM(slack.AdminOne)) {
			if has(m, "credentials") {
				digest = m
			}
		}
		return strings.Contains(words(digest), "12 accounts wait for you")
	})
	mustSay(t, read(digest), "Linking 12 AWS accounts", "and 2 more accounts", ids[9], "Show credentials")
	if strings.Contains(read(digest), ids[10]) {
		t.Error("more than ten have buttons")
	}
	for n := range ids {
		at := 0 // the first that is there is done next
		r.until("the next one", func() bool {
			m, ok := r.look(r.Slack.DM(slack.AdminOne), ids[n])
			digest = m
			return ok && has(m, "credentials") && strings.Contains(words(m), fmt.Sprintf("%d account", len(ids)-n))
		})
		name := fmt.Sprintf("Team-%d", n+1)
		if n == 0 {
			name = "Own-Name"
		}
		seen, err := r.Slack.Use(r.Context(), slack.AdminOne, digest.Channel, digest.TS, fmt.Sprintf("task-%d", at), "credentials", nil)
		if err != nil || seen.Error != "" {
			t.Fatalf("%v %s", err, seen.Error)
		}
		var id, secret string
		r.until("credentials on the screen", func() (shown bool) { id, secret, shown = r.shown(slack.AdminOne); return shown })
		views := r.Slack.Views(slack.AdminOne)
		if err := r.Slack.CloseView(r.Context(), slack.AdminOne, views[len(views)-1].ID); err != nil {
			t.Fatal(err)
		}
		r.enable(r.application(name).ID, id, secret)
	}
	r.find(slack.AdminChannel, "has ended: 12 linked.")
	r.find(r.Slack.DM(slack.AdminOne), "Nothing waits for you now")
	if n := len(r.saying(r.Slack.DM(slack.AdminOne), "Linking 12 AWS accounts")); n != 1 {
		t.Errorf("the tasks came in %d messages", n)
	}
}

// sends puts a file into the form for several accounts, and sends it.
func (r *rig) sends(user, name, data string) slack.Seen {
	r.Helper()
	v := r.form(user, "link —list")
	files, err := r.Slack.UploadFor(user, v.ID, "file", "value", slack.NewFile{Name: name, Data: []byte(data)})
	if err != nil {
		r.Fatal(err)
	}
	seen, err := r.Slack.Submit(r.Context(), user, v.ID, map[string]map[string]any{"file": {"value": []any{files[0].ID}}, "reason": {"value": "a list"}})
	if err != nil || seen.Error != "" {
		r.Fatalf("%s sends the form: %v %s", user, err, seen.Error)
	}
	r.Logf("%s sends %s and reads: %s %v", user, name, seen.Action, seen.Errors)
	if seen.Action == "errors" {
		if err := r.Slack.CloseView(r.Context(), user, v.ID); err != nil {
			r.Fatal(err)
		}
	}
	return seen
}

// TestAFileIsLinked reads CSV files as people have them, and says what is wrong with those that are none.
func TestAFileIsLinked(t *testing.T) {
	t.Parallel()
	r := newRigAt(t, quick, inModeGroups, unasked)
	a := r.serve()
	ids := r.team("Teams", 300)
	long := "account,name\n"
	for i := range 10_001 {
		long += fmt.Sprintf("8%011d,Name-%d\n", i, i)
	}
	many := "account,name\n"
	for i := range 30 {
		many += fmt.Sprintf("12,Name-%d\n", i)
	}
	for name, c := range map[string]struct{ data, says string }{
		"long.csv":    {long, "The list has 10001 accounts, and may have 10000"},
		"book.csv":    {"PK\x03\x04", "Excel workbook"},
		"blank.csv":   {"\ufeff\r\n  \r\n", "There are no accounts in the list"},
		"rounded.csv": {"7.00000E+11,Gmail", "Line 1: a spreadsheet has rounded the account ID"},
		"twice.csv":   {ids[0] + ",One\r\n" + ids[0] + ",Another\r\n", "Line 2: account " + ids[0] + " is in line 1 too, with another name"},
		"many.csv":    {many, "… and 20 more"},
	} {
		if seen := r.sends(slack.Requester, name, c.data); !strings.Contains(seen.Errors["file"], c.says) {
			t.Errorf("%s: %v", name, seen.Errors)
		}
	}
	mustSay(t, read(r.find(r.Slack.DM(slack.Requester), "30 things are wrong")), "Line 2: ", "Line 31: ", "Mend the list")
	if n := requests(t, a); n != 0 {
		t.Fatalf("%d requests", n)
	}

	good := "\ufeffName;Account;Owner\r\n\r\n"
	for i, id := range ids {
		good += fmt.Sprintf("\"Name %d\";%s;x\r\n", i, id)
	}
	seen := r.sends(slack.Requester, "good.csv", strings.ReplaceAll(good, "Name ", "Name-"))
	if seen.View == nil {
		t.Fatalf("%+v", seen)
	}
	mustSay(t, string(seen.View.Blocks), "You asked to link 300 AWS accounts to Okta", "these columns aren't read: “Owner”")
	request := r.batch("asks to link 300 AWS accounts")
	mustSay(t, read(request), "The file in the thread has all of them", "… and 18")
	var file slack.Message
	for _, m := range r.Slack.Messages(slack.AdminChannel) {
		if m.ThreadTS == request.TS && len(m.Files) > 0 {
			file = m
		}
	}
	if file.TS == "" {
		t.Fatal("it can be decided without the file")
	}
	_, data, err := r.Slack.Open(slack.AdminOne, file.Files[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	mustSay(t, string(data), "account,name,role set,left out because\n", ids[0]+",Name-0,default,\n", ids[299]+",Name-299,default,\n")
	mustSay(t, r.reads(slack.Requester, "withdraw"), "Your request to link 300 AWS accounts to Okta is withdrawn")
}
