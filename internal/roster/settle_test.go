package roster_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/internal/roster"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// A member of the organization as provision tells it is one as this package reads it.
var _ = roster.Member(provision.Member{})

var scheme = roster.Rules{
	Partitions: []string{"aws", "aws-us-gov"}, RoleSets: []string{"default", "admins"},
	LabelPattern: regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{2,99}$`),
}

func account(id string) store.AccountKey { return store.AccountKey{Partition: "aws", ID: id} }

func numbered(n int) store.AccountKey { return account(fmt.Sprintf("%012d", n)) }

func member(n int, name, state string) roster.Member {
	return roster.Member{Account: numbered(n), Name: name, State: state}
}

func leftOut(out []roster.LeftOut) string {
	var lines []string
	for _, l := range out {
		lines = append(lines, strings.TrimLeft(l.Account.ID, "0")+" "+l.Label+": "+l.Why)
	}
	return strings.Join(lines, "\n")
}

// lines are written on a line of their own each.
func lines(of ...string) string { return strings.Join(of, "\n") }

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

func entries(of []roster.Entry) string {
	var out []string
	for _, e := range of {
		out = append(out, strings.TrimSpace(strings.TrimLeft(e.Account.ID, "0")+" "+e.Label+" "+e.RoleSet))
	}
	return strings.Join(out, "\n")
}

func TestTheOrganizationsAccountsAreNamedByTheTemplate(t *testing.T) {
	members := []roster.Member{
		member(1, "Gmail", "ACTIVE"), member(2, "Mail team (old)", "ACTIVE"), member(3, "  R&D -- Lab_1. ", "ACTIVE"),
		member(4, "Production", "ACTIVE"), member(5, "production", "ACTIVE"), member(6, "Prod/uction", "SUSPENDED"),
		member(7, "Production", "PENDING_CLOSURE"), member(8, "New", "PENDING_ACTIVATION"), member(9, "Odd", "LOST"), member(10, "!!", "ACTIVE"),
		{Account: numbered(11), Name: "Management", State: "ACTIVE", Management: true},
	}
	ready, out := scheme.FromMembers(members)
	same(t, "entries", entries(ready), lines("1 Gmail", "2 Mail-team-old", "3 R-D-Lab_1", "4 Production-000000000004", "5 production-000000000005", "10"))
	same(t, "left out", leftOut(out), lines(
		"6 Prod-uction: it is suspended or closed, says the organization",
		"7 Production-000000000007: it is being closed, says the organization",
		"8 New: it isn't active yet, says the organization",
		"9 Odd: its state in the organization is LOST",
		"11 Management: it manages the organization, and is linked only if it is asked for by itself or in a list"))

	for template, want := range map[string]string{
		"AWS-{name}": "AWS-Mail-team-old", "{name}.{account}": "Mail-team-old.000000000002", "{account}": "000000000002", "": "Mail-team-old",
	} {
		rules := scheme
		rules.LabelTemplate = template
		ready, _ := rules.FromMembers(members[1:2])
		same(t, template, ready[0].Label, want)
	}
	loose := roster.Rules{LabelPattern: regexp.MustCompile(`^[A-Za-z ()]+$`)}
	ready, _ = loose.FromMembers(members[:3])
	same(t, "names that fit stay as they are", ready[1].Label, "Mail team (old)")
	ready, _ = roster.Rules{}.FromMembers(members[2:3])
	same(t, "without a naming scheme", ready[0].Label, members[2].Name)
}

// records is a store with an account in each state in which it may be met.
func records(t *testing.T) *store.Store {
	t.Helper()
	engine, err := store.OpenBolt(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	clock := clockwork.NewFakeClock()
	s, err := store.New(t.Context(), engine, clock)
	if err != nil {
		t.Fatal(err)
	}
	done := map[string]store.Step{"verify": {State: store.StepDone}}
	broken := map[string]store.Step{"verify": {State: store.StepFailed}}
	r := &recorder{t, s, clock}
	r.request(101, store.Link, "Pending", "", false)
	r.request(102, store.Link, "Linking", "", true)
	r.request(103, store.Link, "Linked", "", true)
	r.save(103, done)
	r.request(104, store.Link, "Broken", "", true)
	r.save(104, broken)
	r.request(105, store.Link, "Leaving", "", true)
	r.save(105, done)
	r.request(105, store.Unlink, "", "", true)
	r.request(106, store.Link, "Stuck", "", true)
	r.save(106, done)
	r.request(106, store.Unlink, "", "", true)
	r.save(106, broken)
	r.request(107, store.Link, "Gone", "", true)
	r.save(107, done)
	r.request(107, store.Unlink, "", "", true)
	r.save(107, done)
	r.request(108, store.Link, "Asked", "", true)
	r.save(108, done)
	r.request(108, store.Unlink, "", "", false)
	r.request(109, store.Link, "Sharing", "Shared-App", true)
	r.save(109, done)
	return s
}

type recorder struct {
	*testing.T
	store *store.Store
	clock *clockwork.FakeClock
}

func (r *recorder) do(change func(*store.Tx) error) {
	r.Helper()
	if err := r.store.Update(r.Context(), change); err != nil {
		r.Fatal(err)
	}
}

func (r *recorder) request(n int, kind store.RequestKind, label, shared string, approved bool) {
	r.Helper()
	q := store.Request{ID: fmt.Sprintf("r%d-%s", n, kind), Kind: kind, Account: numbered(n), Wish: store.Wish{Label: label, Mode: store.ModeGroups, Shared: shared},
		Requester: store.Person{ID: "U1"}, Required: 1, Expires: r.clock.Now().Add(time.Hour)}
	r.do(func(tx *store.Tx) error {
		_, err := tx.OpenRequest(q)
		if err == nil && approved {
			_, err = tx.Approve(q.ID, store.Person{ID: "U2"})
		}
		return err
	})
}

func (r *recorder) save(n int, steps map[string]store.Step) {
	r.Helper()
	r.do(func(tx *store.Tx) error {
		a, err := tx.Account(numbered(n))
		if err != nil {
			return err
		}
		a.Steps = steps
		return tx.SaveAccount(&a)
	})
}

func settle(t *testing.T, s *store.Store, r roster.Rules, list []roster.Entry, members ...roster.Member) (settled roster.Settled) {
	t.Helper()
	err := s.View(t.Context(), func(tx *store.ReadTx) (err error) {
		settled, err = r.Settle(tx, list, members)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return settled
}

func TestWhichAccountsOfAListCanBeLinkedNow(t *testing.T) {
	s := records(t)
	var list []roster.Entry
	for i, line := range []struct {
		n         int
		name, set string
	}{
		{101, "New-101", ""}, {102, "New-102", ""}, {103, "New-103", ""}, {104, "New-104", ""}, {105, "New-105", ""},
		{106, "New-106", ""}, {107, "Gone-Again", "Admins"}, {108, "New-108", ""},
		{201, "Ready", "Default"}, {202, "linked", ""}, {203, "PENDING", ""}, {204, "Gone", ""}, {205, "no", ""},
		{206, "Twice", ""}, {207, "twice", ""}, {208, "", ""}, {209, "Shared-App", ""}, {210, "Sharing", ""},
		{211, "Role-Set", "admin"}, {201, "Ready-2", ""},
	} {
		list = append(list, roster.Entry{Line: i + 1, Account: numbered(line.n), Label: line.name, RoleSet: line.set})
	}
	settled := settle(t, s, scheme, list)
	same(t, "ready", entries(settled.Ready), lines("107 Gone-Again admins", "201 Ready", "204 Gone"))
	same(t, "left out", leftOut(settled.LeftOut), lines(
		"101 New-101: it was asked for already, as Pending, and waits for approval",
		"102 New-102: it is being linked already, as Linking",
		"103 New-103: it is linked already, as Linked",
		"104 New-104: it is being linked already, as Broken, and that has failed: /oktaws retry 000000000104",
		"105 New-105: it is being unlinked",
		"106 New-106: it is being unlinked, and that has failed",
		"108 New-108: a request to unlink it waits for approval",
		"202 linked: the name linked is taken by account 000000000103",
		"203 PENDING: the name PENDING is taken by account 000000000101",
		"205 no: the name “no” doesn't fit the naming scheme (okta.label_pattern)",
		"208 : no application name is given for it",
		"209 Shared-App: the name Shared-App is taken by account 000000000109",
		"210 Sharing: the name Sharing is taken by account 000000000109",
		"211 Role-Set: there is no role set “admin”; did you mean admins?",
		"201 Ready-2: it is in the list twice",
		"206 Twice: the name Twice is in the list twice, for account 000000000207 in line 15 too",
		"207 twice: the name twice is in the list twice, for account 000000000206 in line 14 too"))
}

func TestWhatTheOrganizationKnowsOfAList(t *testing.T) {
	s := records(t)
	list := []roster.Entry{
		{Account: numbered(1)}, {Account: numbered(2), Label: "Given"}, {Account: numbered(3)}, {Account: numbered(4), Label: "Other"}, {Account: numbered(5)},
		{Account: store.AccountKey{Partition: "aws-us-gov", ID: numbered(6).ID}, Label: "Gov"},
	}
	settled := settle(t, s, scheme, list, member(1, "Mail team", "ACTIVE"), member(2, "Maps", "ACTIVE"), member(3, "Old", "SUSPENDED"), member(5, "x", "ACTIVE"),
		roster.Member{Account: numbered(7), Name: "Management", Management: true})
	same(t, "ready", entries(settled.Ready), lines("1 Mail-team", "2 Given", "6 Gov"))
	same(t, "left out", leftOut(settled.LeftOut), lines(
		"3 Old: it is suspended or closed, says the organization",
		"4 Other: it isn't in the organization: look whether the ID is right; an account of another organization is linked by itself",
		"5 x: the name “x” doesn't fit the naming scheme (okta.label_pattern)"))

	settled = settle(t, s, scheme, []roster.Entry{{Account: numbered(7)}}, roster.Member{Account: numbered(7), Name: "Management", State: "ACTIVE", Management: true})
	same(t, "the management account, listed by name", entries(settled.Ready), "7 Management")
}

func TestAccountsThatShareAnApplication(t *testing.T) {
	s := records(t)
	list := []roster.Entry{{Account: numbered(1), Label: "Shared-App"}, {Account: numbered(2), Label: "Sharing"}, {Account: numbered(3), Label: "Free"}}
	rules := scheme
	rules.Shared = "Shared-App"
	settled := settle(t, s, rules, list)
	same(t, "ready", entries(settled.Ready), lines("1 Shared-App", "3 Free"))
	same(t, "left out", leftOut(settled.LeftOut), "2 Sharing: the name Sharing is taken by account 000000000109")
	rules.Shared = "Linked"
	settled = settle(t, s, rules, list[2:])
	same(t, "left out", leftOut(settled.LeftOut), "3 Free: the name Linked is taken by account 000000000103")
}

func TestALongNameIsLeftOut(t *testing.T) {
	settled := settle(t, records(t), roster.Rules{}, []roster.Entry{{Account: numbered(1), Label: strings.Repeat("ü", 101)}, {Account: numbered(2), Label: strings.Repeat("ü", 100)}})
	if len(settled.Ready) != 1 || len(settled.LeftOut) != 1 || !strings.HasSuffix(settled.LeftOut[0].Why, "has more than 100 characters") {
		t.Errorf("settled: %+v", settled)
	}
}

func TestAccountsOfAListThatWaitsAreLeftOut(t *testing.T) {
	s := records(t)
	list := store.Request{ID: "list", Kind: store.Link, Wish: store.Wish{Mode: store.ModeAPI}, Requester: store.Person{ID: "U1"}, Required: 1}
	rows := []store.Row{{Account: numbered(201), Label: "One"}, {Account: numbered(202), Label: "Two"}}
	if err := s.Update(t.Context(), func(tx *store.Tx) error { _, err := tx.OpenBatch(list, store.Batch{Rows: rows}); return err }); err != nil {
		t.Fatal(err)
	}
	wanted := []roster.Entry{{Account: numbered(201), Label: "One"}, {Account: numbered(202), Label: "Two"}, {Account: numbered(203), Label: "Three"}}
	settled := settle(t, s, scheme, wanted)
	same(t, "ready", entries(settled.Ready), "203 Three")
	same(t, "left out", leftOut(settled.LeftOut), lines("201 One: it waits for approval already, in a list asked for by <@U1>", "202 Two: it waits for approval already, in a list asked for by <@U1>"))

	// Approved, and carried out as far as the first.
	if err := s.Update(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Approve("list", store.Person{ID: "U2"}); err != nil {
			return err
		}
		_, _, err := tx.CarryOn("list")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	same(t, "left out later", leftOut(settle(t, s, scheme, wanted).LeftOut), lines("201 One: it is being linked already, as One", "202 Two: it is to be linked already, by a list asked for by <@U1>"))
}
