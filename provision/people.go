package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/oktaws/oktaws/store"
)

// people are who has the application that accounts share: one Okta group, assigned to it once, and a group rule that keeps
// in it whoever is in a role group of whichever account. So no account has anything to assign.
// (https://help.okta.com/en-us/content/topics/deploymentguides/aws/aws-connect-multiple.htm calls them management groups.)
type people struct {
	name       string // of the group
	note       string // its description: by it, it is ours
	rule       string // name of the rule
	expression string // whom the rule takes
}

// wantPeople says what they shall be. ok is false for an account that assigns its role groups itself: one with an
// application of its own, and any where the names of role groups have no beginning of their own by which Okta could tell
// them from other groups.
func (w *work) wantPeople() (p people, ok bool) {
	a := w.get()
	prefix := w.r.cfg.groupPrefix()
	if a.Shared == "" || a.Mode != store.ModeGroups || prefix == "" || strings.ContainsAny(prefix, `"\`) {
		return people{}, false
	}
	name := a.Shared + " people"
	rule := name
	if utf8.RuneCountInString(rule) > ruleNameMost {
		rule = string([]rune(rule)[:ruleNameMost-9]) + " " + hash(name)[:8]
	}
	return people{name: name, rule: rule, expression: InGroupsThatBeginWith(prefix),
		note: fmt.Sprintf("Has the Okta application %s: a group rule keeps in it who is in a role group of an AWS account %s", a.Shared, madeByUs)}, true
}

// ruleNameMost is how many characters the name of a group rule has at most.
const ruleNameMost = 50

// groupPrefix is what the name of every role group begins with in mode groups: the template up to its first placeholder.
func (c Config) groupPrefix() string {
	template := c.groupTemplate()
	if at := placeholder.FindStringIndex(template); at != nil {
		return template[:at[0]]
	}
	return template
}

// peopleInOrder remembers for a minute of which applications the people were seen in order, so that accounts that are linked
// side by side don't all look at the same.
type peopleInOrder struct {
	mu   sync.Mutex
	seen map[string]time.Time // by the application's ID
}

func (p *peopleInOrder) holds(app string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.seen[app]
	return ok && now.Sub(at) <= answersHold && !at.After(now)
}

// note remembers it; at is zero where they are not in order any more.
func (p *peopleInOrder) note(app string, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen == nil {
		p.seen = map[string]time.Time{}
	}
	p.seen[app] = at
}

// lookPeople says what differs of the group and its rule.
func (w *work) lookPeople(ctx context.Context, s *sight, want people) ([]store.Finding, error) {
	app, err := s.application(ctx)
	if err != nil {
		return nil, err
	}
	if app != nil && s.last && w.r.people.holds(app.ID, w.now()) {
		return nil, nil
	}
	shared, err := w.shared(ctx)
	if err != nil {
		return nil, err
	}
	assigned, err := s.assigned(ctx)
	if err != nil {
		return nil, err
	}
	var out []store.Finding
	const means = "Nobody who comes to a role has the tile"
	add := func(key, what, means, mend string) {
		out = append(out, finding(oktaGroups, "people/"+key, what, means, mend))
	}
	if _, ok := assigned[shared.PeopleID]; !ok || shared.PeopleID == "" {
		add("unassigned", fmt.Sprintf("The Okta group %s is not assigned to the application", want.name), means, "assigns it, and makes it where there is none")
	}
	if s.thrifty && s.drift && !s.asked { // the rule isn't asked for this time, and so it is as before
		for _, f := range s.before {
			if strings.HasPrefix(f.Key, oktaGroups+"/people/rule-") {
				out = append(out, f)
			}
		}
		return out, nil
	}
	rule, err := w.knownRule(ctx, shared)
	switch {
	case err != nil:
		return nil, err
	case rule == nil:
		add("rule-gone", fmt.Sprintf("There is no Okta group rule %s", want.rule), means, "makes it")
	case !want.is(*rule, shared.PeopleID):
		add("rule-changed", fmt.Sprintf("The Okta group rule %s does not put everybody with a role into the group %s", rule.Name, want.name), means, "makes it anew")
	case rule.Status != "ACTIVE":
		add("rule-inactive", fmt.Sprintf("The Okta group rule %s is not active", rule.Name), means, "activates it")
	}
	if len(out) == 0 && app != nil {
		w.r.people.note(app.ID, w.now())
	}
	return out, nil
}

func (w *work) knownRule(ctx context.Context, shared store.Application) (*Rule, error) {
	if shared.RuleID == "" {
		return nil, nil
	}
	return w.r.okta.Rule(ctx, shared.RuleID)
}

// is says whether the rule is what it shall be, but for whether it is active.
func (p people) is(r Rule, group string) bool {
	return r.Status != "INVALID" && r.Expression == p.expression && slices.Equal(r.Groups, []string{group})
}

// keepPeople makes true that the group is there, is assigned, and is filled by an active rule. Where all of it is in order,
// accounts do so side by side.
func (w *work) keepPeople(ctx context.Context, want people) (result, error) {
	app := w.known().AppID
	if w.r.people.holds(app, w.now()) {
		return done("")
	}
	found, err := w.lookPeople(ctx, w.sight(), want)
	if err != nil || len(found) == 0 {
		return result{state: store.StepDone}, err
	}
	return w.alone(ctx, func(ctx context.Context) (result, error) {
		id, err := w.peopleGroup(ctx, want)
		if err == nil {
			err = w.assignPeople(ctx, id)
		}
		if err == nil {
			err = w.peopleRule(ctx, want, id)
		}
		if err != nil {
			return result{}, err
		}
		w.r.people.note(app, w.now())
		return done("")
	})
}

// peopleGroup returns the ID of the group: the one that is known, else one of its name that is ours, else a new one.
func (w *work) peopleGroup(ctx context.Context, want people) (string, error) {
	shared, err := w.shared(ctx)
	if err != nil {
		return "", err
	}
	if shared.PeopleID != "" {
		if known, err := w.r.okta.Group(ctx, shared.PeopleID); err != nil || known != nil {
			return shared.PeopleID, err
		}
	}
	group, err := w.r.okta.CreateGroup(ctx, want.name, want.note)
	if err != nil && store.KindOf(err) == store.Conflict { // Okta has no two of a name
		found, findErr := w.r.okta.FindGroup(ctx, want.name)
		switch {
		case findErr != nil:
			return "", findErr
		case found == nil:
			return "", w.lookAgain(oktaGroups, err)
		case found.Description != want.note:
			return "", &store.Error{Kind: store.Conflict,
				Message: fmt.Sprintf("Okta has a group named %s already, which oktaws has not made, and account %s needs one of that name: for everybody who has the Okta application %s.", want.name, w.key.ID, w.get().Shared),
				Remedy:  "Rename that group in Okta, or delete it if nobody needs it, then retry."}
		}
		group, err = *found, nil
	}
	if err != nil {
		return "", err
	}
	return group.ID, w.noteShared(ctx, func(a *store.Application) { a.PeopleID = group.ID })
}

// noteShared notes something of the application that accounts share. The caller is alone at it.
func (w *work) noteShared(ctx context.Context, note func(*store.Application)) error {
	return w.save(ctx, func(tx *store.Tx, a *store.Account) error {
		shared, err := tx.SharedApplication(a.Partition, a.Shared)
		if err != nil {
			return err
		}
		note(&shared)
		return tx.SaveApplication(&shared)
	})
}

func (w *work) assignPeople(ctx context.Context, group string) error {
	app := w.known().AppID
	assigned, err := w.r.okta.Assignments(ctx, app)
	if err != nil {
		return err
	}
	if _, ok := assigned[group]; ok {
		return nil
	}
	_, err = w.r.okta.Assign(ctx, app, group, nil, nil)
	return err
}

// peopleRule makes true that an active rule fills the group. One that differs is made anew, since a rule can't be changed
// while it is active; whoever it has put into the group stays there meanwhile.
func (w *work) peopleRule(ctx context.Context, want people, group string) error {
	shared, err := w.shared(ctx)
	if err != nil {
		return err
	}
	rule, err := w.knownRule(ctx, shared)
	if err != nil {
		return err
	}
	if rule == nil {
		if rule, err = w.makeRule(ctx, want, group); err != nil {
			return err
		}
	}
	if !want.is(*rule, group) {
		if err := w.deleteRule(ctx, *rule); err != nil {
			return err
		}
		if rule, err = w.makeRule(ctx, want, group); err != nil {
			return err
		}
	}
	if rule.Status == "ACTIVE" {
		return nil
	}
	return w.lookAgain(oktaGroups, w.r.okta.ActivateRule(ctx, rule.ID))
}

// makeRule makes the rule, or finds the one that an attempt which was cut off has made: it fills our group.
func (w *work) makeRule(ctx context.Context, want people, group string) (*Rule, error) {
	rule, err := w.r.okta.CreateRule(ctx, RuleSpec{Name: want.rule, Expression: want.expression, Groups: []string{group}})
	if err != nil && store.KindOf(err) == store.Conflict {
		found, findErr := w.r.okta.FindRule(ctx, want.rule)
		switch {
		case findErr != nil:
			return nil, findErr
		case found == nil:
			return nil, w.lookAgain(oktaGroups, err)
		case !slices.Contains(found.Groups, group) && found.Status != "INVALID":
			return nil, &store.Error{Kind: store.Conflict,
				Message: fmt.Sprintf("Okta has a group rule named %s already, which oktaws has not made, and account %s needs one of that name.", want.rule, w.key.ID),
				Remedy:  "Rename that rule in Okta (Directory → Groups → Rules), or delete it if nobody needs it, then retry."}
		}
		rule, err = *found, nil
	}
	if err != nil {
		return nil, err
	}
	return &rule, w.noteShared(ctx, func(a *store.Application) { a.RuleID = rule.ID })
}

func (w *work) deleteRule(ctx context.Context, r Rule) error {
	if r.Status == "ACTIVE" {
		if err := w.r.okta.DeactivateRule(ctx, r.ID); err != nil && store.KindOf(err) != store.NotFound {
			return err
		}
	}
	if err := w.r.okta.DeleteRule(ctx, r.ID); err != nil && store.KindOf(err) != store.NotFound {
		return err
	}
	return nil
}

// peopleLeft says whether the group and the rule are there for this account alone.
func (w *work) peopleLeft(ctx context.Context) (shared store.Application, left bool, err error) {
	a := w.get()
	if a.Shared == "" {
		return shared, false, nil
	}
	err = w.r.store.View(ctx, func(tx *store.ReadTx) (err error) {
		if shared, err = tx.SharedApplication(a.Partition, a.Shared); err != nil {
			return err
		}
		left = shared.PeopleID != "" || shared.RuleID != ""
		return tx.Sharing(a.Partition, a.Shared, func(other store.Account) bool {
			left = left && other.AccountKey == a.AccountKey
			return left
		})
	})
	return shared, left, err
}

// dropPeople deletes the rule and the group, once no account shares the application any more.
func (w *work) dropPeople(ctx context.Context) error {
	shared, left, err := w.peopleLeft(ctx)
	if err != nil || !left {
		return err
	}
	rule, err := w.knownRule(ctx, shared)
	if err == nil && rule != nil {
		err = w.deleteRule(ctx, *rule)
	}
	if err != nil {
		return err
	}
	if shared.PeopleID != "" {
		if err := w.r.okta.DeleteGroup(ctx, shared.PeopleID); err != nil && store.KindOf(err) != store.NotFound {
			return err
		}
	}
	w.r.people.note(w.known().AppID, time.Time{})
	return w.noteShared(ctx, func(a *store.Application) { a.PeopleID, a.RuleID = "", "" })
}
