package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/store"
)

func TestPlanning(t *testing.T) {
	w := live(t, twoSets)
	for text, want := range map[string][]string{
		"plan":                             {"Say which account", "/oktaws plan 111122223333 " + label},
		"plan 12":                          {"2 digits"},
		"plan " + accountID:                {"Nobody has asked for account " + accountID + " yet", "/oktaws plan " + accountID + " " + label},
		"plan " + accountID + " x":         {"naming scheme"},
		"plan " + accountID + " role-set=": {"Nobody has asked"},
	} {
		w.answers(slack.Requester, text, want...)
	}
	theirs := differs("A")
	theirs.Foreign, theirs.Mend = true, ""
	w.provisioner.set(func(p *provisioner) { p.plan = []store.Finding{differs("B"), theirs} })
	w.answers(slack.Requester, "plan "+accountID+" "+label+" role-set=data-platform", "Looking at AWS account `"+accountID+"`")
	w.told(slack.Requester, "2 things would change", "The role &lt;B&gt; is missing.", "oktaws makes it anew.", "linking would stop here; `/oktaws adopt "+accountID+"` takes it over", "Nothing was changed")
	looked := func() store.Account {
		var last store.Account
		w.provisioner.set(func(p *provisioner) { last = p.looked[len(p.looked)-1] })
		return last
	}
	if a := looked(); a.Label != label || a.RoleSet != "data-platform" || a.Mode != store.ModeAPI || a.Desired != store.WantLinked || a.AccountKey != accountKey {
		t.Errorf("looked at %+v", a)
	}
	if n := len(w.slack.Messages(slack.AdminChannel)); n != 0 {
		t.Error("a plan was told to others")
	}
	if err := w.store.View(t.Context(), func(tx *store.ReadTx) error { _, err := tx.Account(accountKey); return err }); store.KindOf(err) != store.NotFound {
		t.Errorf("a plan made the account known: %v", err)
	}

	w.linked()
	w.provisioner.set(func(p *provisioner) { p.plan = nil })
	w.reply(slack.Requester, "plan "+accountID)
	w.told(slack.Requester, "To repair AWS account", "Nothing would change")
	if a := looked(); a.Label != label || a.State != store.Linked {
		t.Errorf("looked at %+v", a)
	}
	w.reply(slack.Requester, "unlink "+accountID)
	w.reply(slack.AdminOne, "plan "+accountID)
	w.told(slack.AdminOne, "To unlink AWS account", "Nothing would change")
	if a := looked(); a.Desired != store.WantUnlinked {
		t.Errorf("looked at %+v", a)
	}
	w.provisioner.set(func(p *provisioner) {
		p.err = &store.Error{Kind: store.Denied, Message: "the role can't be assumed", Remedy: "let it trust oktaws"}
	})
	w.reply(slack.AdminOne, "plan "+accountID)
	w.told(slack.AdminOne, "The role can't be assumed. Let it trust oktaws.")
}

// plan notes what the account's request would change.
func (w *world) plan(findings []store.Finding, problem *store.Problem) {
	w.Helper()
	w.tick()
	w.update(func(tx *store.Tx) error {
		a, err := tx.Account(accountKey)
		if err != nil {
			return err
		}
		if err := tx.Planned(&a, findings, problem, time.Time{}); err != nil {
			return err
		}
		return tx.SaveAccount(&a)
	})
}

func TestTheRequestSaysWhatWouldChange(t *testing.T) {
	w := live(t)
	_, m := w.asked()
	w.now(m, "oktaws is looking at what would change")
	theirs, persons := differs("A"), differs("B")
	theirs.Foreign, theirs.Mend = true, ""
	persons.Person, persons.Mend = true, "Delete it in the IAM console"
	w.plan([]store.Finding{theirs, persons, differs("C")}, nil)
	now := w.now(m, "What would change", "The role &lt;A&gt; is missing.", "linking would stop here", "A person's step", "&lt;C&gt;", "[approve]")
	if strings.Contains(said(now), "is looking") {
		t.Error("it still says that it looks")
	}
	w.plan(nil, &store.Problem{Kind: store.Denied, Message: "the role <x> can't be assumed", Remedy: "let it trust oktaws"})
	w.now(m, "could not be looked at", "The role &lt;x&gt; can't be assumed. Let it trust oktaws.", "[approve]")
	w.plan(nil, nil)
	w.now(m, "Nothing would change", "[approve]")
	if n := w.count(slack.AdminChannel, "asks to link"); n != 1 {
		t.Errorf("%d messages ask", n)
	}
}

func TestManyPlansAtOnceHoldNoClickUp(t *testing.T) {
	w := live(t)
	gate := make(chan struct{})
	w.provisioner.set(func(p *provisioner) { p.gate = gate })
	for range 9 {
		w.answers(slack.Requester, "plan "+accountID+" "+label, "Looking at AWS account")
	}
	w.told(slack.Requester, "looking at 8 accounts for people already", accountID, "try again in a minute")
	_, m := w.asked()
	w.click(slack.AdminOne, m, "approve")
	w.now(m, "Approved by")
	close(gate)
	w.until("eight plans", func() bool {
		n := 0
		for _, m := range w.slack.Ephemerals(slack.Requester) {
			if says(m, "Nothing would change") {
				n++
			}
		}
		return n == 8
	})
}
