package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// fate is how far an account of the scenario 50-accounts gets.
type fate int

const (
	linked  fate = iota
	pending      // nobody has decided
	denied
	failed  // something is in the way
	waiting // for the person's step in Okta
)

// member is an account of the organization.
type member struct {
	id, name, label, reason string
	unit                    string // path of the organizational unit that it is in
	fate                    fate
	asks, decides           string // people
}

// The organizational units that the accounts are in; both are in one.
const (
	workloads    = "Workloads"
	inProduction = workloads + "/Production"
	inTesting    = workloads + "/Testing"
)

// theOdd are the accounts that are not linked in the end.
var theOdd = map[string]fate{
	"search-production": waiting, "search-development": denied, "checkout-production": pending, "checkout-staging": failed,
	"media-staging": waiting, "pricing-production": denied, "reports-development": failed, "shipping-development": pending,
	"stock-production": waiting, "streaming-staging": denied, "support-staging": pending, "telemetry-production": waiting,
}

// fifty are the accounts of the scenario, the same each time.
func fifty() []member {
	chance := rand.New(rand.NewPCG(50, 0))
	var all []member
	for _, team := range []string{"search", "checkout", "identity", "ledger", "mail", "maps", "media", "orders", "payments", "pricing",
		"reports", "returns", "shipping", "stock", "streaming", "support", "telemetry"} {
		for _, stage := range []struct{ name, unit, reason string }{
			{"production", inProduction, "Whoever is on call for " + team + " has to get in at night"},
			{"staging", inTesting, "The " + team + " team looks at each release here first"},
			{"development", inTesting, "So that everybody in the " + team + " team can try things out"},
		} {
			name := team + "-" + stage.name
			m := member{id: fmt.Sprintf("%012d", 100_000_000_000+chance.Int64N(900_000_000_000)), name: name, label: "AWS-" + name,
				unit: stage.unit, reason: stage.reason, fate: theOdd[name], asks: slack.Requester, decides: slack.AdminOne}
			switch len(all) % 5 {
			case 1:
				m.decides = slack.AdminTwo
			case 3:
				m.asks, m.decides = slack.AdminTwo, slack.AdminOne
			}
			all = append(all, m)
		}
	}
	return all[:50]
}

// atOnce is how many accounts people have in hand at a time.
const atOnce = 6

// playFifty has fifty accounts join, and people bring each to its fate. What becomes of one is no matter to the others.
func playFifty(ctx context.Context, c cast, o worldOptions) error {
	all := fifty()
	if o.accounts > 0 && o.accounts < len(all) {
		all = all[:o.accounts]
	}
	for _, path := range []string{workloads, inProduction, inTesting} {
		if _, err := c.AWS.MakeUnit(path); err != nil {
			return err
		}
	}
	for _, m := range all {
		if err := c.join(m); err != nil {
			return err
		}
	}
	var (
		hands   errgroup.Group
		screens = map[string]*sync.Mutex{slack.AdminOne: {}, slack.AdminTwo: {}}
		mu      sync.Mutex
		errs    error
	)
	hands.SetLimit(atOnce)
	for _, m := range all {
		hands.Go(func() error {
			if err := c.bring(ctx, m, screens[m.decides]); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = errors.Join(errs, fmt.Errorf("account %s (%s): %w", m.id, m.name, err))
			}
			return nil
		})
	}
	_ = hands.Wait() // errs has them
	return errs
}

// join has an account join the organization, with what makes it fail where it is to fail.
func (c cast) join(m member) error {
	if err := c.AWS.AddAccount(m.id, m.name); err != nil {
		return err
	}
	if err := c.AWS.MoveAccount(m.id, m.unit); err != nil {
		return err
	}
	switch {
	case m.fate != failed:
		return nil
	case m.name == "checkout-staging":
		return c.AWS.MakeRole(m.id, "Administrator", "", "arn:aws:iam::aws:policy/AdministratorAccess")
	}
	return c.AWS.Deny(m.id, "iam:CreateUser", "iam:CreateAccessKey")
}

// bring is one account's course. A person has one screen: what opens a modal on it waits for the one before.
func (c cast) bring(ctx context.Context, m member, screen *sync.Mutex) error {
	request, err := c.ask(ctx, m.asks, m.id, m.label, m.reason)
	if err != nil || m.fate == pending {
		return err
	}
	if m.fate == denied {
		screen.Lock()
		defer screen.Unlock()
		return c.deny(ctx, m.decides, request, "This account closes at the end of the quarter")
	}
	if err := c.click(ctx, m.decides, request, "approve"); err != nil {
		return err
	}
	if m.fate == failed {
		return c.failure(ctx, m.asks, m.id, m.label)
	}
	task, err := c.message(ctx, c.Slack.DM(m.decides), m.id, "credentials")
	if err != nil || m.fate == waiting {
		return err
	}
	screen.Lock()
	err = c.enable(ctx, m.decides, task, m.label)
	screen.Unlock()
	if err != nil {
		return err
	}
	_, err = c.message(ctx, c.Slack.DM(m.asks), "AWS account "+m.id+" is linked", "")
	return err
}
