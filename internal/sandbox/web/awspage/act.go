package awspage

import (
	"net/http"
	"slices"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// act is something that somebody with the console does by hand to what a page shows. It is done at once, and nobody's
// permissions are asked for. Its form is shut until somebody opens it, so that nothing is done by one click alone.
type act struct {
	Name   string // in the form's address
	Title  string
	Means  string // what comes of it
	Button string
	Asks   *question // what the person says besides; nil: nothing

	// do does it, and returns what to tell the person. said is what they answer.
	do func(s *aws.Server, said string) (done string, err error)
}

// question is what an act asks for: one of the options, or, where there are none, a text.
type question struct {
	Label   string
	Options []option
	Text    string // that the answer begins with
}

type option struct{ Value, Name string }

// takes reports whether it can be answered so: what the page didn't offer, nobody can have chosen.
func (q *question) takes(said string) bool {
	return q == nil || q.Options == nil || slices.ContainsFunc(q.Options, func(o option) bool { return o.Value == said })
}

// offered is an act as a page shows it.
type offered struct {
	act
	At   string // where its form is sent to
	Open bool   // it was refused: the form is open, as it was filled in
}

// actsOn returns what can be done to the thing that the page of c shows, and whether it is there.
func (p pages) actsOn(c chrome) (acts []act, there bool) {
	s, id := p.aws(), c.Account.ID
	switch c.Section {
	case "":
		return accountActs(c.Account), true
	case "roles":
		return pick(s.Roles(id), func(r aws.Role) bool { return r.Name == c.Object }, func(r aws.Role) []act { return roleActs(c.Account, r) })
	case "providers":
		return pick(s.Providers(id), func(x aws.Provider) bool { return x.Name == c.Object }, func(x aws.Provider) []act { return providerActs(id, x) })
	case "users":
		return pick(s.Users(id), func(u aws.User) bool { return u.Name == c.Object }, func(u aws.User) []act { return userActs(id, u, s.AccessKeys(id, u.Name)) })
	case "stacks":
		stacks := s.Stacks(id)
		return pick(stacks, func(st aws.Stack) bool { return st.Name == c.Object && st.Region == c.Region }, func(st aws.Stack) []act {
			if slices.ContainsFunc(stacks, func(other aws.Stack) bool { return other.Name == st.Name && other.ID != st.ID }) {
				return nil // a stack is known by its name to those who change it by hand
			}
			return stackActs(id, st)
		})
	}
	return nil, false
}

// pick returns the acts on the first of all that is the one.
func pick[T any](all []T, is func(T) bool, acts func(T) []act) ([]act, bool) {
	i := slices.IndexFunc(all, is)
	if i < 0 {
		return nil, false
	}
	return acts(all[i]), true
}

// Acts are what the page offers to do by hand.
func (c chrome) Acts() (out []offered) {
	for _, a := range c.acts {
		o := offered{act: a, At: c.path() + "/do/" + a.Name}
		if c.Outcome != nil && c.Outcome.Act == a.Name {
			o.Open = true
			if a.Asks != nil {
				again := *a.Asks
				again.Text, o.Asks = c.Outcome.Said, &again
			}
		}
		out = append(out, o)
	}
	return out
}

// act does what the form is for, and leads back to the page, or to where the thing was listed if it is no more.
func (p pages) act(w http.ResponseWriter, r *http.Request, c chrome) {
	c.Section, c.Region, c.Object = r.PathValue("section"), r.PathValue("region"), r.PathValue("name")
	if c.Region != "" {
		c.Section = "stacks"
	}
	name, said := r.PathValue("act"), r.PostFormValue("said")
	acts, there := p.actsOn(c)
	i := slices.IndexFunc(acts, func(a act) bool { return a.Name == name })
	if i < 0 || !there {
		p.gone(w, c, "such thing to be changed like that")
		return
	}
	o := outcome{Act: name, Said: said}
	if !acts[i].Asks.takes(said) {
		o.Refused = acts[i].Asks.Label + ": choose one of the list."
	} else if done, err := acts[i].do(p.aws(), said); err != nil {
		o.Refused = err.Error()
	} else {
		o = outcome{Done: done}
	}
	if _, there := p.actsOn(c); !there {
		c.Object, c.Region = "", ""
	}
	http.Redirect(w, r, c.path()+"?outcome="+p.outcomes.Add(o), http.StatusSeeOther)
}

// outcome is what an act came to.
type outcome struct {
	ID            string
	Done, Refused string // one of them is empty
	Act           string // the one that was refused
	Said          string // what was answered
}

// outcomeOf returns what the address of a page says that it shows; nil for nothing.
func (p pages) outcomeOf(r *http.Request) *outcome {
	o := p.outcomes.Get(r.URL.Query().Get("outcome"))
	if o == (outcome{}) {
		return nil
	}
	o.ID = r.URL.Query().Get("outcome")
	return &o
}
