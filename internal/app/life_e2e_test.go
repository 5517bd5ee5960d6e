package app_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/store"
)

// The whole life of an account without its conversation: requests are opened and approved in the store of the running
// program, and people do their part in Okta.

var (
	asker    = store.Person{ID: slack.Requester, Team: slack.Team}
	approver = store.Person{ID: slack.AdminOne, Team: slack.Team}
)

var gmailKey = store.AccountKey{Partition: "aws", ID: gmail}

// approved opens a request and approves it, and returns its ID.
func (r *rig) approved(a *app.App, q store.Request) string {
	r.Helper()
	r.requests++
	q.ID, q.Account, q.Requester, q.Required = fmt.Sprintf("r%04d", r.requests), gmailKey, asker, 1
	err := a.Store.Update(r.Context(), func(tx *store.Tx) error {
		if _, err := tx.OpenRequest(q); err != nil {
			return err
		}
		_, err := tx.Approve(q.ID, approver)
		return err
	})
	if err != nil {
		r.Fatalf("%s: %v", q.Kind, err)
	}
	return q.ID
}

// record reads the account and a request.
func (r *rig) record(a *app.App, id string) (acc store.Account, q store.Request) {
	r.Helper()
	err := a.Store.View(r.Context(), func(tx *store.ReadTx) (err error) {
		if acc, err = tx.Account(gmailKey); err == nil {
			q, err = tx.Request(id)
		}
		return err
	})
	if err != nil {
		r.Fatal(err)
	}
	return acc, q
}

// settled says whether a request was carried out, with all that it has left for later. It fails where the account has.
func (r *rig) settled(a *app.App, id string) bool {
	r.Helper()
	acc, q := r.record(a, id)
	if acc.State == store.Failed {
		r.Fatalf("%s of account %s failed: %+v\n%s", q.Kind, acc.ID, acc.FirstProblem(), r.output)
	}
	later := false
	for _, s := range acc.Steps {
		later = later || !s.Due.IsZero()
	}
	return !q.Ended.IsZero() && !later
}

// carriedOut waits until the request is carried out, and does what people are asked for meanwhile, or until ctx ends.
func (r *rig) carriedOut(ctx context.Context, a *app.App, id string) {
	r.Helper()
	deadline := time.Now().Add(patience)
	for ctx.Err() == nil && !r.settled(a, id) {
		if time.Now().After(deadline) {
			acc, q := r.record(a, id)
			r.Fatalf("%s of account %s never ended: %s, steps %+v\n%s", q.Kind, acc.ID, acc.State, acc.Steps, r.output)
		}
		okta, aws := r.Okta.Changed(), r.AWS.Changed()
		r.personsStep(ctx, a, id)
		select {
		case <-okta:
		case <-aws:
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// personsStep does what the request's open task asks for, if there is one.
func (r *rig) personsStep(ctx context.Context, a *app.App, id string) {
	r.Helper()
	for _, kind := range []store.TaskKind{store.EnableProvisioning, store.EnterKey} {
		var t store.Task
		err := a.Store.View(ctx, func(tx *store.ReadTx) (err error) {
			t, err = tx.Task(store.TaskIDOf(id, kind))
			return err
		})
		if err != nil || t.State != store.TaskOpen {
			continue
		}
		acc, _ := r.record(a, id)
		if secret, err := a.Provision.Credentials(ctx, t.ID, approver); err == nil {
			body := map[string]any{"enabled": true, "accessKey": secret.ID, "secretKey": secret.Reveal()}
			if status, _ := r.admin(acc.Known.AppID, "api-integration", body); status == http.StatusOK {
				r.admin(acc.Known.AppID, "to-app", map[string]any{"createUsers": true, "updateAttributes": true})
			}
		}
		_, _ = a.Provision.CheckTask(ctx, t.ID)
	}
}

// wish is what the account of these stories shall be.
func wish(mode store.Mode) store.Wish { return store.Wish{Label: label, Mode: mode} }

// signsOn has the test user, as a member of a role's group, click the tile and be offered that role by AWS.
func (r *rig) signsOn(group string) {
	r.Helper()
	r.join(okta.TestUserLogin, group)
	in := r.clicksTile(okta.TestUserLogin, label)
	for n := 0; strings.Contains(in.Refused, "ExpiredTokenException") && n < 10; n++ {
		in = r.clicksTile(okta.TestUserLogin, label) // the clock runs so fast that a busy machine needs five minutes
	}
	if in.Refused != "" || len(in.Roles) != 1 || in.Roles[0].Refused != "" || in.Roles[0].Role != "ReadOnlyAccess" {
		r.Errorf("the test user, a member of %s, is offered %+v (%s)", group, in.Roles, in.Refused)
	}
}

// linkedWhole fails unless everything that linking makes is there, once, and somebody signs on with it.
func (r *rig) linkedWhole(mode store.Mode) {
	r.Helper()
	apps := slices.DeleteFunc(r.Okta.Applications(), func(a okta.Application) bool { return a.Label != label })
	stacks, providers := r.AWS.Stacks(gmail), r.AWS.Providers(gmail)
	users := slices.DeleteFunc(r.AWS.Users(gmail), func(u aws.User) bool { return u.Tags["managed-by"] != "oktaws" })
	keys := r.AWS.AccessKeys(gmail, "OktaSSOuser")
	people := map[store.Mode]int{store.ModeAPI: 1}[mode]
	if len(apps) != 1 || len(stacks) != 1 || len(providers) != 1 || len(users) != people || len(keys) != people {
		r.Fatalf("%d applications, %d stacks, %d identity providers, %d users, %d keys; want one of each, and %d users and keys\n%s", len(apps), len(stacks), len(providers), len(users), len(keys), people, r.output)
	}
	if s := stacks[0].Status; s != "CREATE_COMPLETE" && s != "UPDATE_COMPLETE" {
		r.Errorf("the stack is %s", s)
	}
	if n := strings.Count(providers[0].Metadata, "<ds:X509Certificate>"); n != 1 {
		r.Errorf("the identity provider holds %d certificates", n)
	}
	for _, k := range keys {
		if !k.Active {
			r.Errorf("the access key %s is inactive", k.ID)
		}
	}
	if n := len(r.Okta.Assignments(apps[0].ID)); n != 3 {
		r.Errorf("%d groups are assigned", n)
	}
	r.signsOn(r.groupOf(apps[0].ID, "ReadOnlyAccess"))
}

// groupOf is the name of the group that is assigned for a role.
func (r *rig) groupOf(app, role string) string {
	r.Helper()
	for _, a := range r.Okta.Assignments(app) {
		if strings.Contains(a.Group, role) {
			return a.Group
		}
	}
	r.Fatalf("no group of the role %s is assigned: %+v", role, r.Okta.Assignments(app))
	return ""
}

// nothingLeft fails where anything that linking makes is left.
func (r *rig) nothingLeft() {
	r.Helper()
	for _, a := range r.Okta.Applications() {
		if a.Label == label {
			r.Errorf("the application %s is left", a.ID)
		}
	}
	for _, g := range r.Okta.Groups() {
		if strings.Contains(g.Description, gmail) {
			r.Errorf("the group %s is left", g.Name)
		}
	}
	for _, role := range r.AWS.Roles(gmail) {
		if role.Stack != "" || slices.Contains([]string{"Administrator", "PowerUsers", "ReadOnlyAccess"}, role.Name) {
			r.Errorf("the role %s is left", role.Name)
		}
	}
	if s, p, u := r.AWS.Stacks(gmail), r.AWS.Providers(gmail), r.AWS.Users(gmail); len(s)+len(p) > 0 || slices.ContainsFunc(u, func(u aws.User) bool { return u.Name == "OktaSSOuser" }) {
		r.Errorf("left are the stacks %+v, the identity providers %+v, the users %+v", s, p, u)
	}
}
