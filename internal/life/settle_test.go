package life_test

import (
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

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
