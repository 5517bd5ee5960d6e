package life_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// model is what the test expects of the world.
type model struct {
	shared   string // label of the application that the accounts share in mode groups; empty: each has its own
	accounts []*expected
}

// expected is one account as the model has it.
type expected struct {
	key     store.AccountKey
	label   string
	wish    store.Wish
	want    store.Desired   // of the last approved request; empty: there was none
	request string          // that one
	kinds   map[string]kind // of the requests, by ID
	settled bool            // nothing has happened to it since it was last waited for

	foreign map[string]string // what stands in the account's names and isn't ours, as it looked when it was made, by its name here
	taken   bool              // an adoption has taken the user over
	dirty   map[string]trace  // what was tampered with
	checked bool              // a check has found what the roles' sessions are
	alone   bool              // that was all there was to mend
	failing bool              // tampering came while something was under way, which may end in a failure that a retry heals
}

// trace is what is left of something that was tampered with.
type trace int

const (
	mending trace = iota // the request that is being carried out mends it
	perhaps              // it may be left, or mended already
	certain              // it is left, and a check finds it
)

// kind is what became of a request.
type kind struct {
	store.RequestKind
	outcome string
}

func newModel(shared bool) *model {
	m := &model{}
	if shared {
		m.shared = "AWS-Shared"
	}
	for i, id := range accountIDs {
		m.accounts = append(m.accounts, &expected{key: store.AccountKey{Partition: "aws", ID: id}, label: fmt.Sprintf("Label-%d", i+1),
			kinds: map[string]kind{}, foreign: map[string]string{}, dirty: map[string]trace{}, settled: true})
	}
	return m
}

// state is what the account is once it is settled.
func (e *expected) state() store.AccountState {
	switch {
	case e.want == "":
		return store.None
	case e.want == store.WantUnlinked:
		return store.Unlinked
	case e.blocked() != "":
		return store.Failed
	}
	return store.Linked
}

// blocked is what somebody has made by hand and stands in the way of the account being linked; empty: nothing.
func (e *expected) blocked() string {
	if e.want != store.WantLinked || e.wish.Adopt {
		return ""
	}
	for _, what := range []string{"app", "provider", "stack", "role", "user"} {
		if _, there := e.foreign[what]; there && (what != "user" || e.wish.Mode == store.ModeAPI) {
			return what
		}
	}
	left := func(what string) bool { is, ok := e.dirty[what]; return ok && is == mending }
	switch {
	case left("provider tags") && left("metadata"):
		return "provider" // without its tag it is known by its content alone
	case (left("user tags") || left("user left")) && e.taken && e.wish.Mode == store.ModeAPI:
		return "user" // without its tag it is known by its path alone, and one that was taken over has another
	}
	return ""
}

func has[T any](set map[string]T, key string) bool { _, ok := set[key]; return ok }

// sure says whether a check must find something.
func (e *expected) sure() bool {
	for what, is := range e.dirty {
		if is == certain && !silent(what, e.wish.Mode) {
			return true
		}
	}
	return false
}

// silent says of a change that checks rightly have nothing to say of.
func silent(what string, mode store.Mode) bool {
	return what == "group renamed" && mode == store.ModeAPI // it is known by its ID
}

// roles are the names of the account's role set.
func (e *expected) roles() []string {
	var out []string
	for _, s := range roleSets()[e.wish.RoleSetName()] {
		out = append(out, s.Name)
	}
	return out
}

// linkedTogether are the accounts that have the account's application, itself among them.
func (m *model) linkedTogether(e *expected) []*expected {
	if e.wish.Shared == "" {
		return []*expected{e}
	}
	return slices.DeleteFunc(slices.Clone(m.accounts), func(o *expected) bool {
		return o != e && (o.want != store.WantLinked || o.wish.Shared != e.wish.Shared)
	})
}

// kindsFor are the requests that can be made of the account as it is.
func (e *expected) kindsFor() []store.Request {
	link := store.Request{Kind: store.Link}
	adopt := store.Request{Kind: store.Adopt}
	unlink := store.Request{Kind: store.Unlink}
	repair := store.Request{Kind: store.Repair}
	certificate := store.Request{Kind: store.Rotate, Rotate: []store.Rotation{store.RotateCertificate}}
	key := store.Request{Kind: store.Rotate, Rotate: []store.Rotation{store.RotateKey}}
	var changes []store.Request
	for _, mode := range []store.Mode{store.ModeAPI, store.ModeGroups} {
		for _, set := range []string{"", "small", "audit"} {
			c := store.Request{Kind: store.Change, Wish: store.Wish{Mode: mode, RoleSet: set}}
			switch {
			case mode == e.wish.Mode && c.RoleSetName() == e.wish.RoleSetName():
			case mode == store.ModeAPI && e.wish.Shared != "":
			case mode != e.wish.Mode && has(e.foreign, "group"): // a group that isn't ours can't be renamed
			default:
				changes = append(changes, c)
			}
		}
	}
	switch e.state() {
	case store.None, store.Unlinked:
		return []store.Request{link, adopt, link}
	case store.Failed:
		return append([]store.Request{adopt, unlink}, changes...)
	}
	out := append([]store.Request{unlink, repair, certificate, repair}, changes...)
	if e.wish.Mode == store.ModeAPI {
		out = append(out, key)
	}
	return out
}

// approved has the model follow a request that was approved.
func (m *model) approved(e *expected, q store.Request) {
	e.wish, e.want, e.request, e.settled = q.Wish, store.WantLinked, q.ID, false
	if q.Kind == store.Unlink {
		e.want = store.WantUnlinked
	}
	e.alone = e.checked && len(e.dirty) == 1
	for what := range e.dirty {
		e.dirty[what] = mending
	}
	for _, o := range m.linkedTogether(e) {
		if o == e {
			continue
		}
		o.settled = false
		for what := range o.dirty { // what it does to the application is done for all
			o.dirty[what] = perhaps
			if q.Kind == store.Link && ofPeople(what) && !has(e.dirty, what) { // for a minute, it takes another's word for them
				e.dirty[what] = perhaps
			}
		}
	}
}

// ofPeople says of a change that it is about the people of a shared application.
func ofPeople(what string) bool {
	return strings.HasPrefix(what, "people ") || strings.HasPrefix(what, "rule ")
}

func (e *expected) String() string {
	var parts []string
	for _, name := range []string{"app", "provider", "stack", "role", "user", "group"} {
		if _, ok := e.foreign[name]; ok {
			parts = append(parts, name)
		}
	}
	return fmt.Sprintf("%s wanted %q as %+v, foreign [%s], dirty %v, failing %t", e.key.ID, e.want, e.wish, strings.Join(parts, " "), e.dirty, e.failing)
}
