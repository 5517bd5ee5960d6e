package roster

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/oktaws/oktaws/store"
)

// maxLabel is how many characters Okta takes for an application's label.
const maxLabel = 100

// Settled says which accounts of a list can be linked now.
type Settled struct {
	Ready   []Entry // each account and each label once, with labels that fit and role sets that there are
	LeftOut []LeftOut
}

// Settle says which of the entries can be linked as things stand, in their order. members are all accounts of the
// organizations, or of a unit from which the entries are; empty: nobody knows. They say which accounts are closed, or not of
// an organization at all, and how accounts are called that have no label yet. Of a partition that has no members nothing
// is said.
func (r Rules) Settle(tx *store.ReadTx, entries []Entry, members []Member) (Settled, error) {
	taken, err := takenNames(tx)
	if err != nil {
		return Settled{}, err
	}
	listed, err := inLists(tx)
	if err != nil {
		return Settled{}, err
	}
	looking := settling{r, tx, taken, listed, organizationOf(members), map[store.AccountKey]bool{}}
	made := r.labels(members)
	var s Settled
	for _, e := range entries {
		if e.Label == "" {
			e.Label = made[e.Account]
		}
		why, err := looking.inTheWay(&e)
		switch {
		case err != nil:
			return Settled{}, err
		case why != "":
			s.LeftOut = append(s.LeftOut, LeftOut{e, why})
		default:
			s.Ready = append(s.Ready, e)
		}
	}
	s.apart()
	return s, nil
}

// settling is what an entry is held against.
type settling struct {
	Rules
	tx           *store.ReadTx
	taken        names
	listed       map[store.AccountKey]string
	organization organization
	seen         map[store.AccountKey]bool
}

// inTheWay says why the entry can't be linked; empty: nothing is in the way. It writes the role set as a wish has it.
func (s *settling) inTheWay(e *Entry) (string, error) {
	if s.seen[e.Account] {
		return "it is in the list twice", nil
	}
	s.seen[e.Account] = true
	if why, err := inStore(s.tx, e.Account); why != "" || err != nil {
		return why, err
	}
	if why := s.listed[e.Account]; why != "" {
		return why, nil
	}
	if why := s.organization.bars(e.Account); why != "" {
		return why, nil
	}
	name, why := s.roleSet(e.RoleSet)
	if why != "" {
		return why, nil
	}
	e.RoleSet = name
	if why := s.misfit(e.Label); why != "" {
		return why, nil
	}
	return s.taken.by(*e, strings.ReplaceAll(s.Shared, "{partition}", e.Account.Partition)), nil
}

// inStore says why an account can't be asked for now; the words follow what store.OpenRequest says.
func inStore(tx *store.ReadTx, key store.AccountKey) (string, error) {
	a, err := tx.Account(key)
	switch {
	case store.KindOf(err) == store.NotFound:
		return "", nil
	case err != nil:
		return "", err
	case a.Pending != "":
		open, err := tx.Request(a.Pending)
		if err != nil {
			return "", err
		}
		if open.Kind == store.Link {
			return "it was asked for already, as " + open.Label + ", and waits for approval", nil
		}
		return fmt.Sprintf("a request to %s it waits for approval", open.Kind), nil
	}
	leaving := a.Desired == store.WantUnlinked && a.State != store.Unlinked
	switch {
	case leaving && a.State == store.Failed:
		return "it is being unlinked, and that has failed", nil
	case leaving:
		return "it is being unlinked", nil
	case a.State == store.Linked, a.State == store.Drifted:
		return "it is linked already, as " + a.Label, nil
	case a.State == store.Failed:
		return "it is being linked already, as " + a.Label + ", and that has failed: /oktaws retry " + key.Typed(), nil
	case a.State == store.None, a.State == store.Unlinked:
		return "", nil
	}
	return "it is being linked already, as " + a.Label, nil
}

// inLists says of each account that a list to link asks for, which is carried out no further yet, what stands in the way of
// asking again.
func inLists(tx *store.ReadTx) (map[store.AccountKey]string, error) {
	var lists []store.Request
	err := tx.Requests(func(r store.Request) bool {
		begins := r.Kind == store.Link || r.Kind == store.Adopt
		if r.Size > 0 && begins && (r.State == store.Pending || r.State == store.Approved && r.Opened < r.Size) {
			lists = append(lists, r)
		}
		return true
	})
	why := map[store.AccountKey]string{}
	for _, r := range lists {
		text, n := "it waits for approval already, in a list asked for by "+r.Requester.Mention(), 0
		if r.State == store.Approved {
			text = "it is to be linked already, by a list asked for by " + r.Requester.Mention()
		}
		err = errors.Join(err, tx.Rows(r.ID, func(row store.Row) bool {
			if n++; n > r.Opened { // those before have requests of their own
				why[row.Account] = text
			}
			return true
		}))
	}
	return why, err
}

// organization is what the organizations have, by account; partitions are those of which anything is known.
type organization struct {
	members    map[store.AccountKey]Member
	partitions map[string]bool
}

func organizationOf(members []Member) organization {
	o := organization{map[store.AccountKey]Member{}, map[string]bool{}}
	for _, m := range members {
		o.members[m.Account] = m
		o.partitions[m.Account.Partition] = true
	}
	return o
}

// bars says why the organization makes it useless to link the account; empty: it doesn't.
func (o organization) bars(key store.AccountKey) string {
	m, is := o.members[key]
	switch {
	case is:
		return m.closed()
	case o.partitions[key.Partition]:
		return "it isn't in the organization: look whether the ID is right; an account of another organization is linked by itself"
	}
	return ""
}

// misfit says why an application can't have the label; empty: it can.
func (r Rules) misfit(label string) string {
	switch {
	case label == "":
		return "no application name is given for it"
	case utf8.RuneCountInString(label) > maxLabel:
		return fmt.Sprintf("the name %s has more than %d characters", shown(label), maxLabel)
	case r.LabelPattern != nil && !r.LabelPattern.MatchString(label):
		return "the name " + shown(label) + " doesn't fit the naming scheme (okta.label_pattern)"
	}
	return ""
}

// apart leaves out those that want the same name: nobody knows which of them shall have it.
func (s *Settled) apart() {
	same := map[string][]Entry{}
	for _, e := range s.Ready {
		name := strings.ToLower(e.Label)
		same[name] = append(same[name], e)
	}
	var ready []Entry
	for _, e := range s.Ready {
		rivals := same[strings.ToLower(e.Label)]
		if len(rivals) == 1 {
			ready = append(ready, e)
			continue
		}
		other := rivals[0]
		if other.Account == e.Account {
			other = rivals[1]
		}
		where := "account " + other.Account.Typed()
		if other.Line > 0 {
			where += fmt.Sprintf(" in line %d", other.Line)
		}
		s.LeftOut = append(s.LeftOut, LeftOut{e, "the name " + e.Label + " is in the list twice, for " + where + " too"})
	}
	s.Ready = ready
}

// names are what accounts are called, or are to be called by a request that waits for approval, in lower case.
type names struct {
	labels       map[string]store.AccountKey
	applications map[string]application // by the label of the application
}

type application struct {
	of     store.AccountKey
	shared bool
}

// takenNames reads the names of all accounts, by the rule of store.OpenRequest.
func takenNames(tx *store.ReadTx) (names, error) {
	n := names{map[string]store.AccountKey{}, map[string]application{}}
	add := func(key store.AccountKey, w store.Wish) {
		n.labels[strings.ToLower(w.Label)] = key
		n.applications[strings.ToLower(w.AppLabel())] = application{key, w.Shared != ""}
	}
	var failed error
	err := tx.Accounts(func(a store.Account) bool {
		if a.State != store.None && a.State != store.Unlinked {
			add(a.AccountKey, a.Wish)
		}
		if a.Pending == "" {
			return true
		}
		open, err := tx.Request(a.Pending)
		if err != nil {
			failed = err
			return false
		}
		add(a.AccountKey, open.Wish)
		return true
	})
	if err == nil {
		err = failed
	}
	return n, err
}

// by says who has the entry's name, or that of the application that it would share; empty: nobody.
func (n names) by(e Entry, shared string) string {
	if key, ok := n.labels[strings.ToLower(e.Label)]; ok && key != e.Account {
		return "the name " + e.Label + " is taken by account " + key.Typed()
	}
	label := shared
	if label == "" {
		label = e.Label
	}
	if app, ok := n.applications[strings.ToLower(label)]; ok && app.of != e.Account && (shared == "" || !app.shared) {
		return "the name " + label + " is taken by account " + app.of.Typed()
	}
	return ""
}
