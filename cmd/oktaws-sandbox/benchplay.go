package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// bench is a run: accounts are asked for and approved, people do their part, and all are linked.
type bench struct {
	cast
	oktaws  *ward
	mode    benchMode
	members []member

	approved, linked time.Time // the first approval, the last account
	calls            []wire.Call
	signedOn         int
}

// benchMembers are accounts that join the organization.
func benchMembers(n int) (all []member) {
	for i := range n {
		all = append(all, member{id: fmt.Sprintf("6%011d", i), name: fmt.Sprintf("team-%04d", i), label: fmt.Sprintf("AWS-team-%04d", i)})
	}
	return all
}

// How often oktaws is asked how it stands, in real time, and how many keys people fetch at a time.
const (
	benchLook  = 500 * time.Millisecond
	benchHands = 8
)

// tried is how many accounts a person signs on to.
const tried = 5

func (b *bench) play(ctx context.Context) error {
	// Ten times the floor is no time to wait for: something hangs.
	least, _ := b.mode.floor(len(b.members))
	within := time.Duration(10*float64(least)/b.mode.speed) + time.Minute
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("not all accounts were linked within %s", within.Round(time.Second)))
	defer cancel()
	for _, m := range b.members {
		if err := b.AWS.AddAccount(m.id, m.name); err != nil {
			return err
		}
	}
	before := b.Hub.Received()
	if err := b.askForAll(ctx); err != nil {
		return fmt.Errorf("ask for the accounts: %w", err)
	}
	if err := b.await(ctx); err != nil {
		return err
	}
	b.calls = b.Hub.Calls(before)
	if err := b.times(ctx); err != nil {
		return err
	}
	for _, m := range b.members {
		if err := b.stands(m); err != nil {
			return fmt.Errorf("account %s is linked, and yet: %w", m.id, err)
		}
	}
	for i := range min(tried, len(b.members)) {
		m := b.members[i*(len(b.members)-1)/max(min(tried, len(b.members))-1, 1)]
		if err := b.signOn(ctx, m); err != nil {
			return fmt.Errorf("sign on to account %s: %w", m.id, err)
		}
		b.signedOn++
	}
	return nil
}

// askForAll asks for all accounts and approves.
func (b *bench) askForAll(ctx context.Context) error {
	for _, m := range b.members {
		if _, err := b.oktaws.call(ctx, "link", m.id, m.label, "--approve-as-operator", "--reason", "To see how long it takes", "--wait=false"); err != nil {
			return err
		}
	}
	return nil
}

// await does the person's part of each account as soon as oktaws waits for it, until all are linked.
func (b *bench) await(ctx context.Context) error {
	people, ctx := errgroup.WithContext(ctx)
	people.SetLimit(benchHands)
	began := map[string]bool{}
	for {
		var list struct {
			Accounts []struct {
				ID, State string
				Problem   *struct{ Message string }
			}
		}
		if err := b.read(ctx, &list, "list"); err != nil {
			_ = people.Wait()
			return err
		}
		linked := 0
		for _, a := range list.Accounts {
			switch a.State {
			case "linked":
				linked++
			case "failed":
				_ = people.Wait()
				return fmt.Errorf("account %s failed: %+v", a.ID, a.Problem)
			case "waiting":
				i := slices.IndexFunc(b.members, func(m member) bool { return m.id == a.ID })
				if !b.mode.person || began[a.ID] || i < 0 {
					continue
				}
				if people.TryGo(func() error { return b.doPart(ctx, b.members[i]) }) {
					began[a.ID] = true
				}
			}
		}
		if linked == len(b.members) {
			return people.Wait()
		}
		select {
		case <-time.After(benchLook):
		case <-b.oktaws.ended:
			return fmt.Errorf("oktaws ended by itself")
		case <-ctx.Done():
			_ = people.Wait()
			return fmt.Errorf("%d of %d are linked: %w", linked, len(b.members), context.Cause(ctx))
		}
	}
}

// doPart does the person's part: fetches a key, and enables provisioning with it in Okta's admin console.
func (b *bench) doPart(ctx context.Context, m member) error {
	var key struct {
		ID     string `json:"access_key_id"`
		Secret string `json:"secret_access_key"`
	}
	if err := b.read(ctx, &key, "credentials", m.id, "--stdout-ok"); err != nil {
		return err
	}
	app := b.application(m.label).ID
	for _, step := range consoleSteps(key.ID, key.Secret) {
		if _, err := b.console(ctx, app, step); err != nil {
			return fmt.Errorf("account %s: %w", m.id, err)
		}
	}
	return nil
}

// read calls a command of oktaws and reads the document that it prints.
func (b *bench) read(ctx context.Context, into any, args ...string) error {
	out, err := b.oktaws.call(ctx, append(args, "--json")...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(out), into); err != nil {
		return fmt.Errorf("read what oktaws %s prints: %w", args[0], err)
	}
	return nil
}

// times reads from the audit trail when the accounts were approved and linked.
func (b *bench) times(ctx context.Context) error {
	var trail struct {
		Events []struct {
			At   time.Time
			What string
		}
	}
	if err := b.read(ctx, &trail, "events"); err != nil {
		return err
	}
	linked := 0
	for _, e := range trail.Events {
		switch {
		case strings.HasPrefix(e.What, "request.approved") && (b.approved.IsZero() || e.At.Before(b.approved)):
			b.approved = e.At
		case e.What == "account.linked":
			linked++
			if e.At.After(b.linked) {
				b.linked = e.At
			}
		}
	}
	if linked != len(b.members) || b.approved.IsZero() {
		return fmt.Errorf("the audit trail tells of %d accounts that were linked, and not of %d", linked, len(b.members))
	}
	return nil
}

// stands looks at AWS and Okta themselves, whether an account is linked.
func (b *bench) stands(m member) error {
	label := m.label
	if b.mode.name == "shared" {
		label = sharedLabel
	}
	app := b.application(label)
	groups := b.roleGroups(m)
	switch roles := b.AWS.Roles(m.id); {
	case app.ID == "":
		return fmt.Errorf("Okta has no application %s", label)
	case len(b.AWS.Providers(m.id)) != 1:
		return fmt.Errorf("AWS has %d identity providers", len(b.AWS.Providers(m.id)))
	case len(groups) != 3:
		return fmt.Errorf("Okta has %d groups for it", len(groups))
	case len(roles) < 3:
		return fmt.Errorf("AWS has the roles %v", roles)
	}
	return nil
}

// roleGroups are the Okta groups of an account's roles.
func (b *bench) roleGroups(m member) (found []okta.Group) {
	for _, g := range b.Okta.Groups() {
		if strings.HasPrefix(g.Name, m.label+"-") || strings.Contains(g.Name, "#"+m.id) || strings.Contains(g.Name, m.id+"#") {
			found = append(found, g)
		}
	}
	return found
}

// signOn has the test user be in a group for a role of the account, click the tile, and be offered that role.
func (b *bench) signOn(ctx context.Context, m member) error {
	groups := b.roleGroups(m)
	i := slices.IndexFunc(groups, func(g okta.Group) bool { return strings.Contains(g.Name, "ReadOnlyAccess") })
	if i < 0 {
		return fmt.Errorf("Okta has no group for its role ReadOnlyAccess: %v", groups)
	}
	if err := b.Okta.AddMember(groups[i].ID, okta.TestUserLogin); err != nil {
		return err
	}
	label := m.label
	if b.mode.name == "shared" {
		label = sharedLabel
	}
	on, err := b.Okta.SignOn(okta.TestUserLogin, b.application(label).ID)
	if err != nil {
		return err
	}
	form := url.Values{"SAMLResponse": {on.Response}, "RelayState": {on.RelayState}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.AWSURL+"/saml", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	var in aws.SignIn
	if err := json.NewDecoder(resp.Body).Decode(&in); err != nil {
		return fmt.Errorf("AWS answers %s: %w", resp.Status, err)
	}
	offered := slices.ContainsFunc(in.Roles, func(r aws.OfferedRole) bool {
		return r.Account.ID == m.id && r.Role == "ReadOnlyAccess" && r.Refused == ""
	})
	if in.Refused != "" || !offered {
		return fmt.Errorf("AWS offers %+v (%s)", in.Roles, in.Refused)
	}
	return nil
}
