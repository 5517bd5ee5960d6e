// Package life_test lives through random lives of accounts.
package life_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
	"github.com/oktaws/oktaws/store"
)

// lanes is how many sequences are lived through side by side.
const lanes = 4

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "8"); err != nil { // of each lane; make test-long asks for more
		panic(err)
	}
	os.Exit(m.Run())
}

// op is one thing that happens. Pick and How choose among what can happen then; where nothing can, nothing does.
type op struct {
	Do        string
	On        int // which account
	Pick, How int
	Wait      bool // until all of it has settled
}

// The more often something is listed, the likelier it is.
var doings = []string{"ask", "ask", "ask", "ask", "ask", "by hand", "by hand", "by hand", "by hand", "by hand", "fault", "fault", "clear", "crash", "crash", "restart", "check", "retry", "ahead", "person"}

// numbers are drawn from evenly; a range of rapid's prefers the small ones.
var numbers = func() (out []int) {
	for n := range 60 {
		out = append(out, n)
	}
	return out
}()

func ops() *rapid.Generator[op] {
	return rapid.Custom(func(t *rapid.T) op {
		return op{
			Do:   rapid.SampledFrom(doings).Draw(t, "do"),
			On:   rapid.SampledFrom(numbers[:len(accountIDs)]).Draw(t, "on"),
			Pick: rapid.SampledFrom(numbers).Draw(t, "pick"),
			How:  rapid.SampledFrom(numbers).Draw(t, "how"),
			Wait: rapid.Bool().Draw(t, "wait"),
		}
	})
}

// TestRandomLives has two accounts live through random sequences of requests, faults, restarts, crashes and tampering by
// hand, and finds each of them, once all has settled, in the state that the model predicts: linked, whole and signed on
// to; unlinked, with nothing left; or stopped by exactly what somebody else has made. It says of a failure which sequence
// it was, shrunk, and how to have it again:
//
//	go test ./internal/life -run TestRandomLives/<lane> -rapid.failfile=<the file that it names>
//	go test ./internal/life -run TestRandomLives/<lane> -rapid.seed=<the seed that it names>
//
// What the pipeline does at the same moment isn't decided by the seed, so that it may take a few runs. With
// OKTAWS_TEST_LOG set, a failure comes with the log. make test-long lives through 2,000 sequences.
func TestRandomLives(t *testing.T) {
	t.Cleanup(func() {
		for _, what := range slices.Sorted(maps.Keys(tally.of)) {
			t.Logf("%5d %s", tally.of[what], what)
		}
	})
	for lane := range lanes {
		t.Run(fmt.Sprint(lane), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, live)
		})
	}
}

func live(t *rapid.T) {
	shared := rapid.SampledFrom(numbers).Draw(t, "shared")%3 == 0
	first := rapid.SliceOfN(rapid.SampledFrom(numbers), len(accountIDs), len(accountIDs)).Draw(t, "first")
	sequence := rapid.SliceOfN(ops(), 6, 16).Draw(t, "sequence")
	w := newWorld(t)
	defer w.close()
	count("sequences")
	l := &life{world: w, model: newModel(shared)}
	for i, e := range l.accounts {
		if first[i]%3 > 0 { // most begin linked
			l.ask(e, op{Pick: 0, How: first[i]/3*3 + 2})
		}
	}
	if first[0]%2 == 0 {
		l.settle()
	}
	for _, o := range sequence {
		l.does(o)
		if o.Wait {
			l.settle()
		}
	}
	l.finish()
}

// life is one sequence.
type life struct {
	*world
	*model
	did []string
}

// tally counts what has come to pass in all sequences, so that none of it is left out unnoticed.
var tally = struct {
	sync.Mutex
	of map[string]int
}{of: map[string]int{}}

func count(what string) {
	tally.Lock()
	defer tally.Unlock()
	tally.of[what]++
}

func (l *life) note(format string, args ...any) {
	l.did = append(l.did, l.clock.Now().UTC().Format(time.TimeOnly)+" "+fmt.Sprintf(format, args...))
}

// wrong fails the sequence.
func (l *life) wrong(format string, args ...any) {
	l.Helper()
	var expected strings.Builder
	for _, e := range l.accounts {
		fmt.Fprintf(&expected, "  %s\n", e)
	}
	l.Fatalf("%s\nwhat was done:\n  %s\nthe model:\n%s%s", fmt.Sprintf(format, args...), strings.Join(l.did, "\n  "), expected.String(), l.tell())
}

func (l *life) does(o op) {
	e := l.accounts[o.On]
	switch o.Do {
	case "ask":
		l.ask(e, o)
	case "by hand":
		if e.want == store.WantLinked {
			l.tamper(e, o)
		} else {
			l.stranger(e, o)
		}
	case "fault":
		f := wire.Fault{Service: []string{"okta", "iam", "cloudformation", "sts", "*", "okta"}[o.Pick%6], Skip: o.Pick / 6, Times: o.How % 3}
		switch o.How / 3 % 5 {
		case 0:
			f.Cut = "before"
		case 1:
			f.Cut = "after"
		case 2:
			f.Status = http.StatusInternalServerError
		case 3:
			f.Status, f.RetryAfter = http.StatusTooManyRequests, 1
		default:
			f.Status = http.StatusServiceUnavailable
		}
		l.note("fault %+v", f)
		l.Hub.Add(f)
	case "clear":
		l.note("faults cleared")
		l.Hub.Remove("")
	case "crash":
		l.note("crash after %d calls, %d", o.Pick, o.How%2)
		l.mu.Lock()
		l.crash = &crash{o.Pick, []string{"before", "after"}[o.How%2]}
		l.mu.Unlock()
	case "restart":
		l.note("restart")
		l.alive()
		l.restart()
	case "check":
		l.check(e)
	case "retry":
		l.note("retry %s: %v", e.key.ID, l.retry(e))
	case "ahead":
		d := []time.Duration{time.Minute, time.Hour, 24 * time.Hour}[o.Pick%3]
		l.note("%s ahead", d)
		l.clock.Advance(d)
	case "person":
		l.note("a person does what %s asks for", e.key.ID)
		l.alive()
		l.persons(l.record(e.key))
	}
}

// ask opens a request and decides on it.
func (l *life) ask(e *expected, o op) {
	kinds := e.kindsFor()
	q := kinds[o.Pick%len(kinds)]
	q.Reason = "sequence"
	if q.Kind == store.Link || q.Kind == store.Adopt {
		q.Wish = store.Wish{Label: e.label, Mode: []store.Mode{store.ModeAPI, store.ModeGroups}[o.How/6%2], RoleSet: []string{"", "", "small", "audit"}[o.How/12%4]}
		if l.shared != "" {
			q.Mode, q.Shared = store.ModeGroups, l.shared
		}
	}
	l.requests++
	q.ID, q.Account, q.Requester, q.Required = fmt.Sprintf("r%04d", l.requests), e.key, asker, 1
	settled, state := e.settled, e.state()
	var asked store.Request
	err := l.update(func(tx *store.Tx) (err error) { asked, err = tx.OpenRequest(q); return err })
	if err != nil {
		l.note("%s %s is refused: %v", q.Kind, e.key.ID, err)
		if settled || store.KindOf(err) != store.Conflict {
			l.wrong("account %s, which is %s, can't be asked to %s: %v", e.key.ID, state, q.Kind, err)
		}
		return
	}
	outcome := ""
	err = l.update(func(tx *store.Tx) (err error) {
		switch o.How % 12 {
		case 0:
			outcome = "denied"
			_, err = tx.Deny(q.ID, approver, "no")
		case 1:
			outcome = "withdrawn"
			_, err = tx.Withdraw(q.ID, asker)
		default:
			outcome = "approved"
			_, err = tx.Approve(q.ID, approver)
		}
		return err
	})
	if err != nil {
		l.wrong("%s can't be %s: %v", q.ID, outcome, err)
	}
	e.kinds[q.ID] = kind{q.Kind, outcome}
	count(outcome + " " + string(q.Kind))
	l.note("%s: %s %s %s to %+v %v", q.ID, outcome, q.Kind, e.key.ID, asked.Wish, q.Rotate)
	if outcome == "approved" {
		if is, ok := e.dirty["metadata"]; ok && is == perhaps && l.trusted(e) {
			delete(e.dirty, "metadata")
		}
		l.approved(e, asked)
	}
}

// trusted says whether the account's identity provider trusts its application, as far as that is known.
func (l *life) trusted(e *expected) bool {
	entity := l.record(e.key).Known.EntityID
	return slices.ContainsFunc(l.AWS.Providers(e.key.ID), func(p aws.Provider) bool { return p.EntityID == entity })
}

// tamper does something by hand to a linked account.
func (l *life) tamper(e *expected, o op) {
	if e.want != store.WantLinked {
		return
	}
	all := slices.DeleteFunc(hands(), func(h hand) bool { return h.mode != "" && h.mode != e.wish.Mode })
	h := all[o.Pick%len(all)]
	if !e.settled && o.How%3 > 0 || e.blocked() != "" {
		return // a world in which all is tampered with at every moment settles seldom
	}
	pair := map[string]string{"metadata": "provider tags", "provider tags": "metadata"}[h.name]
	if !e.settled && (has(e.dirty, pair) || h.name == "user tags" && e.taken) {
		return // whether that stands in the way depends on when it happens
	}
	l.alive()
	if err := h.do(l.world, e); err != nil {
		return
	}
	l.note("tamper %s: %s", e.key.ID, h.name)
	if e.settled {
		count("tampered: " + h.name)
	} else {
		count("tampered meanwhile: " + h.name)
	}
	about := []*expected{e}
	if h.whole {
		about = l.linkedTogether(e)
	}
	for _, one := range about {
		one.checked = one.checked && h.name != "session"
		if one.settled {
			one.dirty[h.name] = certain
		} else {
			one.dirty[h.name] = perhaps
			one.failing = true
		}
		for _, subsumed := range subsumes[h.name] {
			delete(one.dirty, subsumed)
		}
	}
}

// subsumes says what is gone with something that is deleted.
var subsumes = map[string][]string{
	"role deleted":        {"trust", "policy attached", "policy detached", "session"},
	"stack deleted":       {"trust", "policy attached", "policy detached", "session", "role deleted", "stack tags"},
	"provider deleted":    {"provider tags", "metadata"},
	"user deleted":        {"user tags", "user policy", "user rights", "key deleted", "key inactive"},
	"key deleted":         {"key inactive"},
	"group deleted":       {"group unassigned", "group renamed", "group without roles"},
	"group unassigned":    {"group without roles"},
	"application deleted": {"application deactivated", "application renamed", "application note", "session of the application", "one role only", "provider of the application", "group filter", "provisioning off", "group unassigned", "group without roles"},
}

// stranger makes something in the names of an account that isn't linked, or takes it away again.
func (l *life) stranger(e *expected, o op) {
	if !e.settled || e.state() != store.None && e.state() != store.Unlinked {
		return
	}
	all := strangers(l.model)
	s := all[o.Pick%len(all)]
	about := []*expected{e}
	if s.name == "app" && l.shared != "" {
		about = l.accounts
		if slices.ContainsFunc(l.accounts, func(o *expected) bool { return o.want == store.WantLinked || !o.settled }) {
			return
		}
	}
	if has(e.foreign, s.name) {
		if o.How%2 > 0 {
			return
		}
		if err := s.drop(l.world, e); err != nil {
			l.wrong("the %s of %s can't be taken away: %v", s.name, e.key.ID, err)
		}
		l.note("somebody takes away their %s in account %s", s.name, e.key.ID)
		for _, one := range about {
			delete(one.foreign, s.name)
		}
		return
	}
	if s.name == "role" && has(e.foreign, "stack") {
		return
	}
	if err := s.make(l.world, e); err != nil {
		return
	}
	count("stranger: " + s.name)
	l.note("somebody makes a %s in account %s", s.name, e.key.ID)
	for _, one := range about {
		one.foreign[s.name] = s.see(l.world, one)
	}
}

func (l *life) retry(e *expected) error {
	return l.update(func(tx *store.Tx) error { _, err := tx.Retry(e.key, approver); return err })
}

// check looks at a linked account on demand.
func (l *life) check(e *expected) {
	if !e.settled || e.state() != store.Linked {
		return
	}
	l.Hub.Remove("")
	run := l.alive()
	c, err := run.provision.Check(context.Background(), e.key)
	if run.life.Over() {
		return
	}
	if err != nil {
		l.wrong("account %s can't be checked: %v", e.key.ID, err)
	}
	var keys []string
	for _, f := range c.Findings {
		keys = append(keys, f.Key)
	}
	l.note("check %s: %v", e.key.ID, keys)
	if len(keys) > 0 {
		count("checked, with findings")
	} else {
		count("checked, without findings")
	}
	e.checked = true
	state := l.record(e.key).State
	switch {
	case c.Problem != nil:
		l.wrong("account %s can't be looked at: %+v", e.key.ID, c.Problem)
	case e.sure() && (state != store.Drifted || len(keys) == 0):
		l.wrong("account %s is %s, and a check finds nothing", e.key.ID, state)
	case len(e.dirty) == 0 && (state != store.Linked || len(keys) > 0):
		l.wrong("account %s is %s, and a check finds %+v", e.key.ID, state, c.Findings)
	}
}

// settle has all end that is under way: the faults are over, people do their part, and what failed is tried again where
// its cause is gone; and compares.
func (l *life) settle() {
	l.Hub.Remove("")
	l.note("waits")
	deadline := time.Now().Add(patience)
	retried := map[*expected]int{}
	for {
		busy := false
		for _, e := range l.accounts {
			l.alive()
			a := l.record(e.key)
			quiet := a.Due.IsZero() && a.State != store.Linking && a.State != store.Waiting && a.State != store.Unlinking
			switch {
			case !quiet:
				busy = true
				l.persons(a)
			case a.State == store.Failed && l.goesOn(e, a, retried[e]):
				busy = true
				retried[e]++
				count("failed meanwhile")
				l.note("retry %s, which has failed: %+v", e.key.ID, a.FirstProblem())
				if err := l.retry(e); err != nil && store.KindOf(err) != store.Conflict {
					l.wrong("retry: %v", err)
				}
			}
		}
		if !busy {
			if l.appTaken() {
				continue
			}
			break
		}
		if time.Now().After(deadline) {
			l.wrong("never settled")
		}
		select {
		case <-l.Okta.Changed():
		case <-l.AWS.Changed():
		case <-time.After(3 * time.Millisecond):
		}
	}
	for _, e := range l.accounts {
		if !e.settled {
			l.settled(e)
		}
	}
	for _, e := range l.accounts {
		l.strangersUntouched(e)
		switch {
		case e.state() == store.Linked && len(e.dirty) == 0:
			l.whole(e)
		case e.state() == store.Unlinked:
			l.nothingLeft(e)
		}
	}
}

// appTaken notes that an adoption has taken the shared application over, which then stands in nobody's way any more.
func (l *life) appTaken() bool {
	if l.shared == "" {
		return false
	}
	app, taken := strangers(l.model)[0], false
	for _, e := range l.accounts {
		if has(e.foreign, app.name) && app.see(l.world, e) == "" && slices.ContainsFunc(l.accounts, (*expected).adopted) {
			taken = true
			delete(e.foreign, app.name)
		}
	}
	return taken
}

// goesOn says whether a failed account is to be tried again, and mends the cause where people can.
func (l *life) goesOn(e *expected, a store.Account, retried int) bool {
	foreign := a.Problem != nil && a.Problem.Foreign
	for _, s := range a.Steps {
		foreign = foreign || s.Problem != nil && s.State == store.StepFailed && s.Problem.Foreign
	}
	switch {
	case foreign && e.blocked() != "":
		return false
	case retried >= 5:
		l.wrong("account %s fails again and again: %+v", e.key.ID, a.FirstProblem())
	case has(e.dirty, "user rights") && strings.Contains(a.FirstProblem().Message, "did not give"):
		delete(e.dirty, "user rights")
		_ = l.AWS.DeleteUserPolicy(e.key.ID, "OktaSSOuser", "more")
	case has(e.dirty, "policy attached") && strings.Contains(a.FirstProblem().Message, "must detach all policies"):
		delete(e.dirty, "policy attached")
		_ = l.AWS.DetachPolicy(e.key.ID, everyRole, "arn:aws:iam::aws:policy/AdministratorAccess")
	case foreign && retried == 0: // what was in the way may be gone since
	case !e.failing:
		l.wrong("account %s has failed: %+v", e.key.ID, a.FirstProblem())
	}
	return true
}

// settled has the model follow an account that has settled.
func (l *life) settled(e *expected) {
	a := l.record(e.key)
	want := e.state()
	if a.State != want && (a.State != store.Drifted || want != store.Linked) {
		l.wrong("account %s is %s, want %s", e.key.ID, a.State, want)
	}
	e.settled, e.failing = true, false
	count("settled " + string(a.State))
	if want == store.Failed {
		count("blocked by " + e.blocked())
	}
	if want == store.Unlinked {
		l.leftovers(e)
		clear(e.dirty)
		e.taken = false
		return
	}
	if want != store.Linked {
		return
	}
	if e.wish.Adopt {
		e.taken = e.taken || has(e.foreign, "user") && e.wish.Mode == store.ModeAPI
		for _, name := range []string{"app", "provider", "stack", "role"} {
			delete(e.foreign, name)
		}
		if e.wish.Mode == store.ModeAPI {
			delete(e.foreign, "user")
		}
	}
	if e.wish.Mode == store.ModeAPI {
		delete(e.dirty, "user left")
	} else if has(e.dirty, "user tags") {
		delete(e.dirty, "user tags")
		e.dirty["user left"] = certain
	}
	e.taken = e.taken && (e.wish.Mode == store.ModeAPI || has(e.dirty, "user left"))
	for what, is := range e.dirty {
		switch {
		case is != mending:
		case what == "user rights" && e.wish.Mode == store.ModeAPI, what == "user left": // a person's to take away
			e.dirty[what] = certain
		case what == "session" && !e.alone: // CloudFormation alone sees it, and tells once it is asked, until the stack is updated
			e.dirty[what] = perhaps
		default:
			delete(e.dirty, what)
		}
	}
}

// leftovers has the model follow what unlinking has left: what nobody could tell to be ours any more is somebody else's.
func (l *life) leftovers(e *expected) {
	for _, s := range strangers(l.model) {
		look := s.see(l.world, e)
		stripped := map[string]string{"app": "application note", "provider": "provider tags", "user": "user tags"}[s.name]
		if has(e.dirty, "user left") && s.name == "user" {
			stripped = "user left"
		}
		switch {
		case s.name == "app" && l.shared != "" && slices.ContainsFunc(l.accounts, func(o *expected) bool { return o.want == store.WantLinked }):
			// the others have it, and know it
		case look == "":
			if has(e.foreign, s.name) && !e.adopted() {
				l.wrong("the %s in account %s, which isn't ours, is gone", s.name, e.key.ID)
			}
			delete(e.foreign, s.name)
		case has(e.foreign, s.name):
			if e.adopted() {
				e.foreign[s.name] = look
			}
		case has(e.dirty, stripped):
			e.foreign[s.name] = look
		default:
			l.wrong("the %s of account %s is left: %s", s.name, e.key.ID, look)
		}
	}
	if l.shared != "" {
		for _, o := range l.accounts {
			if look, ok := e.foreign["app"]; ok {
				o.foreign["app"] = look
			}
		}
	}
}

// adopted says whether an adoption was ever approved.
func (e *expected) adopted() bool {
	for _, k := range e.kinds {
		if k.RequestKind == store.Adopt && k.outcome == "approved" {
			return true
		}
	}
	return false
}

// strangersUntouched fails where something changed that isn't ours.
func (l *life) strangersUntouched(e *expected) {
	for _, s := range strangers(l.model) {
		before, there := e.foreign[s.name]
		if !there {
			continue
		}
		if now := s.see(l.world, e); now != before {
			l.wrong("the %s in account %s, which isn't ours, has changed\nfrom %s\nto   %s", s.name, e.key.ID, before, now)
		}
	}
}

// whole fails unless everything that linking makes is there, once, and the test user signs on with the roles of their groups.
func (l *life) whole(e *expected) {
	a, id, label := l.record(e.key), e.key.ID, e.wish.AppLabel()
	var apps []okta.Application
	for _, app := range l.Okta.Applications() {
		if app.Label == label {
			apps = append(apps, app)
		}
	}
	stacks, providers := l.AWS.Stacks(id), l.AWS.Providers(id)
	ours := func(tags map[string]string) bool { return tags["managed-by"] == "oktaws" }
	users := slices.DeleteFunc(l.AWS.Users(id), func(u aws.User) bool { return !ours(u.Tags) })
	people := map[store.Mode]int{store.ModeAPI: 1}[e.wish.Mode]
	keys := 0
	if len(users) == 1 {
		keys = len(l.AWS.AccessKeys(id, users[0].Name))
	}
	switch {
	case len(apps) != 1 || len(stacks) != 1 || len(providers) != 1 || len(users) != people || keys != people:
		l.wrong("account %s has %d applications, %d stacks, %d identity providers, %d users, %d keys", id, len(apps), len(stacks), len(providers), len(users), keys)
	case apps[0].Status != "ACTIVE" || !strings.Contains(apps[0].Note, "Managed by oktaws") || apps[0].ID != a.Known.AppID:
		l.wrong("account %s has the application %+v", id, apps[0])
	case !ours(stacks[0].Tags) || !slices.Contains([]string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}, stacks[0].Status):
		l.wrong("account %s has the stack %+v", id, stacks[0])
	case !ours(providers[0].Tags) || strings.Count(providers[0].Metadata, "<ds:X509Certificate>") != 1:
		l.wrong("account %s has the identity provider %+v", id, providers[0])
	}
	for _, k := range l.AWS.AccessKeys(id, "OktaSSOuser") {
		if people == 1 && (!k.Active || k.ID != apps[0].Provisioning.AccessKeyID) {
			l.wrong("account %s has the access key %+v, and Okta holds %s", id, k, apps[0].Provisioning.AccessKeyID)
		}
	}
	// The groups: those that are assigned, and those that were made for the account.
	byID := map[string]okta.Group{}
	made := 0
	for _, g := range l.Okta.Groups() {
		byID[g.ID] = g
		if strings.Contains(g.Description, id) {
			made++
		}
	}
	wantMade := len(e.roles())
	if _, ok := e.foreign["group"]; ok {
		for _, g := range a.Known.Groups {
			if byID[g].Description == "made by hand" {
				wantMade--
			}
		}
	}
	if made != wantMade {
		l.wrong("account %s has %d groups, want %d", id, made, wantMade)
	}
	assigned := map[string]bool{}
	for _, n := range l.Okta.Assignments(apps[0].ID) {
		assigned[n.GroupID] = true
	}
	for _, o := range l.linkedTogether(e) {
		for _, g := range l.record(o.key).Known.Groups {
			if o == e && !assigned[g] {
				l.wrong("account %s: the group %s is not assigned", id, g)
			}
			delete(assigned, g)
		}
	}
	if len(assigned) > 0 && len(l.linkedTogether(e)) == 1 {
		l.wrong("account %s: the groups %v are assigned too", id, assigned)
	}
	l.signsOn(e, a, apps[0].ID, len(l.did)%3)
}

// signsOn has the test user be in the groups of some of the roles, click the tile, and be offered those and no others.
func (l *life) signsOn(e *expected, a store.Account, app string, some int) {
	roles := e.roles()
	roles = roles[:1+some%len(roles)]
	for _, role := range roles {
		l.member(a.Known.Groups[role], true)
		defer l.member(a.Known.Groups[role], false)
	}
	var in aws.SignIn
	for try := 0; try == 0 || try < 5 && strings.Contains(in.Refused, "ExpiredTokenException"); try++ { // the clock runs so fast that a busy machine may need five minutes
		on, err := l.Okta.SignOn(okta.TestUserLogin, app)
		if err != nil {
			l.wrong("account %s: the test user does not sign on: %v", e.key.ID, err)
		}
		in = l.response(on)
	}
	var offered []string
	for _, r := range in.Roles {
		offered = append(offered, r.Account.ID+" "+r.Role+" "+r.Refused)
	}
	var want []string
	for _, role := range roles {
		want = append(want, e.key.ID+" "+role+" ")
	}
	slices.Sort(offered)
	slices.Sort(want)
	if in.Refused != "" || !slices.Equal(offered, want) {
		l.wrong("account %s: the test user is offered %q, want %q (%s)", e.key.ID, offered, want, in.Refused)
	}
}

func (l *life) response(on okta.SignOn) (in aws.SignIn) {
	form := url.Values{"SAMLResponse": {on.Response}, "RelayState": {on.RelayState}}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, l.AWSURL+"/saml", strings.NewReader(form.Encode()))
	if err != nil {
		l.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		l.wrong("AWS does not answer: %v", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&in); err != nil {
		l.wrong("AWS answers %s: %v", resp.Status, err)
	}
	return in
}

// nothingLeft fails where anything of ours is left of an account that was unlinked.
func (l *life) nothingLeft(e *expected) {
	id := e.key.ID
	for _, a := range l.Okta.Applications() {
		needed := l.shared != "" && slices.ContainsFunc(l.accounts, func(o *expected) bool { return o.want == store.WantLinked })
		if strings.Contains(a.Note, "Managed by oktaws") && (strings.Contains(a.Note, id) || l.shared != "" && !needed) {
			l.wrong("the application %+v of account %s is left", a, id)
		}
	}
	for _, g := range l.Okta.Groups() {
		if strings.Contains(g.Description, id) {
			l.wrong("the group %+v of account %s is left", g, id)
		}
	}
	for _, r := range l.AWS.Roles(id) {
		if slices.Contains([]string{"Administrator", "PowerUsers", "ReadOnlyAccess", "Auditor"}, r.Name) && !has(e.foreign, "role") && !has(e.foreign, "stack") {
			l.wrong("the role %+v of account %s is left", r, id)
		}
	}
	if s := l.AWS.Stacks(id); len(s) > 0 && !has(e.foreign, "stack") {
		l.wrong("the stacks %+v of account %s are left", s, id)
	}
	if p := l.AWS.Providers(id); len(p) > 0 && !has(e.foreign, "provider") {
		l.wrong("the identity providers %+v of account %s are left", p, id)
	}
	for _, u := range l.AWS.Users(id) {
		if u.Name == "OktaSSOuser" && !has(e.foreign, "user") {
			l.wrong("the user %+v of account %s is left", u, id)
		}
	}
}

// finish has all settle and be repaired, and takes the last look.
func (l *life) finish() {
	l.mu.Lock()
	l.crash = nil
	l.mu.Unlock()
	l.settle()
	for _, e := range l.accounts {
		for round := 0; e.state() == store.Linked && (round == 0 || len(e.dirty) > 0); round++ {
			if round > 2 {
				l.wrong("account %s is never mended", e.key.ID)
			}
			l.check(e)
			if has(e.dirty, "user left") {
				_ = l.AWS.DeleteUser(e.key.ID, "OktaSSOuser")
				delete(e.dirty, "user left")
			}
			if _, ok := e.dirty["user rights"]; ok {
				_ = l.AWS.DeleteUserPolicy(e.key.ID, "OktaSSOuser", "more")
				delete(e.dirty, "user rights")
			}
			if len(e.dirty) > 0 {
				l.ask(e, op{Pick: 1, How: 2}) // repair
				l.settle()
			}
			l.check(e)
		}
	}
	l.settle()
	l.onRecord()
	for _, c := range l.Hub.Unknown() {
		l.wrong("the sandbox does not know %s %s (%s), so its answer means nothing", c.Service, c.Operation, c.Subject)
	}
	log := l.log.String()
	for _, secret := range l.Secrets() {
		if secret != "" && strings.Contains(log, secret) {
			l.wrong("the log holds a secret")
		}
	}
}

// onRecord fails unless every request has ended once, and its events are on record.
func (l *life) onRecord() {
	events := map[string][]string{} // by request
	l.view(func(tx *store.ReadTx) error {
		return tx.Events(func(e store.Event) bool {
			events[e.Request] = append(events[e.Request], e.What)
			return true
		})
	})
	times := func(of []string, what string) (n int) {
		for _, e := range of {
			if e == what {
				n++
			}
		}
		return n
	}
	for _, e := range l.accounts {
		for id, k := range e.kinds {
			var q store.Request
			l.view(func(tx *store.ReadTx) (err error) { q, err = tx.Request(id); return err })
			decisions := 0
			for _, what := range []string{"request.approved", "request.denied", "request.withdrawn", "request.expired"} {
				decisions += times(events[id], what)
			}
			switch {
			case times(events[id], "request.opened") != 1 || decisions != 1 || times(events[id], "request."+k.outcome) != 1:
				l.wrong("request %s, which was %s, has the events %v", id, k.outcome, events[id])
			case string(q.State) != k.outcome:
				l.wrong("request %s was %s, and is %s", id, k.outcome, q.State)
			case k.outcome != "approved" && !q.Ended.IsZero():
				l.wrong("request %s was %s, and was carried out", id, k.outcome)
			case !q.Ended.IsZero() && times(events[id], "account.linked")+times(events[id], "account.unlinked") == 0:
				l.wrong("request %s was carried out, and has the events %v", id, events[id])
			case id == e.request && q.Ended.IsZero() != (e.state() == store.Failed):
				l.wrong("request %s of account %s, which is %s, ended %v", id, e.key.ID, e.state(), q.Ended)
			}
		}
	}
}
