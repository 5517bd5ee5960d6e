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
	turn chan struct{} // holds one while somebody looks, or puts them in order; who comes meanwhile takes from what that one has seen
	mu   sync.Mutex
	seen map[string]time.Time // by the application's ID
}

// enter waits until nobody is at it. The caller leaves.
func (p *peopleInOrder) enter(ctx context.Context) (leave func(), err error) {
	select {
	case p.turn <- struct{}{}:
		return func() { <-p.turn }, nil
	case <-GivingWay(ctx):
		return nil, ErrGaveWay
	case <-ctx.Done():
		return nil, ctx.Err()
	}
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
