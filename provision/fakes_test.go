package provision_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// world is AWS and Okta as the pipeline sees them through its interfaces, in memory. It has one AWS account.
type world struct {
	mu        sync.Mutex
	clock     clockwork.Clock
	identity  provision.Identity
	providers map[string]*provision.Provider
	stacks    map[string]*provision.Stack // by ID
	roles     map[string]*provision.Role
	users     map[string]*provision.User
	keys      []provision.AccessKey
	apps      map[string]*provision.Application
	groups    map[string]*provision.Group
	assigned  map[string]provision.Assignment
	made      int
	tries     int                // of a new key, before it is taken
	failure   string             // the reason of the stack's failed events
	reach     error              // why the account can't be reached by the configuration
	undeleted bool               // stacks fail to be deleted
	hook      func(string) error // is called at each call, with the method's name
	calls     []string
}

var account = store.AccountKey{Partition: "aws", ID: "111122223333"}

const providerARN = "arn:aws:iam::111122223333:saml-provider/Okta"

func newWorld(clock clockwork.Clock) *world {
	return &world{
		clock:     clock,
		identity:  provision.Identity{Account: account, ARN: "arn:aws:sts::111122223333:assumed-role/Access/oktaws", Alias: "gmail"},
		providers: map[string]*provision.Provider{}, stacks: map[string]*provision.Stack{}, roles: map[string]*provision.Role{},
		users: map[string]*provision.User{}, apps: map[string]*provision.Application{}, groups: map[string]*provision.Group{},
		assigned: map[string]provision.Assignment{},
	}
}

func (w *world) call(name string) (func(), error) {
	w.mu.Lock()
	w.calls = append(w.calls, name)
	hook := w.hook
	w.mu.Unlock()
	if hook != nil {
		if err := hook(name); err != nil {
			return func() {}, err
		}
	}
	w.mu.Lock()
	return w.mu.Unlock, nil
}

func (w *world) count(name string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.calls {
		if c == name {
			n++
		}
	}
	return n
}

func (w *world) id(prefix string) string { w.made++; return fmt.Sprintf("%s%d", prefix, w.made) }

func (w *world) Account(context.Context, store.AccountKey) (provision.AWSAccount, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w, w.reach
}

func (w *world) Identity(context.Context) (provision.Identity, error) {
	free, err := w.call("Identity")
	defer free()
	return w.identity, err
}

func (w *world) Provider(_ context.Context, arn string) (*provision.Provider, error) {
	free, err := w.call("Provider")
	defer free()
	return copyOf(w.providers[arn]), err
}

func (w *world) CreateProvider(_ context.Context, name, metadata string, tags map[string]string) error {
	free, err := w.call("CreateProvider")
	defer free()
	if err == nil {
		arn := "arn:aws:iam::111122223333:saml-provider/" + name
		w.providers[arn] = &provision.Provider{ARN: arn, Metadata: metadata, Tags: tags, Created: w.clock.Now()}
	}
	return err
}

func (w *world) UpdateProvider(_ context.Context, arn, metadata string) error {
	free, err := w.call("UpdateProvider")
	defer free()
	if err == nil {
		w.providers[arn].Metadata = metadata
	}
	return err
}

func (w *world) Stack(_ context.Context, nameOrID string) (*provision.Stack, error) {
	free, err := w.call("Stack")
	defer free()
	for _, s := range w.stacks {
		if s.ID == nameOrID || s.Name == nameOrID && s.Status != "DELETE_COMPLETE" {
			return copyOf(s), err
		}
	}
	return nil, err
}

// CreateStack completes at once, so that its next look finds CREATE_COMPLETE.
func (w *world) CreateStack(_ context.Context, s provision.StackSpec) (string, error) {
	free, err := w.call("CreateStack")
	defer free()
	if err != nil {
		return "", err
	}
	id := w.id("arn:stack/")
	stack := &provision.Stack{ID: id, Name: s.Name, Status: "CREATE_COMPLETE", Template: s.Template, Parameters: s.Parameters, Tags: s.Tags, Roles: map[string]string{}}
	for _, r := range provision.DefaultRoleSet() {
		stack.Roles[r.Name] = r.Name
		w.roles[r.Name] = &provision.Role{Name: r.Name, Trust: trust(providerARN), Policies: []string{"arn:aws:iam::aws:policy/" + map[string]string{
			"Administrator": "AdministratorAccess", "PowerUsers": "PowerUserAccess", "ReadOnlyAccess": "ReadOnlyAccess"}[r.Name]}}
	}
	w.stacks[id] = stack
	return id, nil
}

func trust(provider string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":%q},"Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}]}`, provider)
}

func (w *world) UpdateStack(_ context.Context, s provision.StackSpec) (bool, error) {
	free, err := w.call("UpdateStack")
	defer free()
	for _, have := range w.stacks {
		if err == nil && have.Name == s.Name {
			have.Template, have.Parameters, have.Status = s.Template, s.Parameters, "UPDATE_COMPLETE"
		}
	}
	return true, err
}

func (w *world) DeleteStack(_ context.Context, id, _ string) error {
	free, err := w.call("DeleteStack")
	defer free()
	if err == nil {
		w.stacks[id].Status = map[bool]string{false: "DELETE_COMPLETE", true: "DELETE_FAILED"}[w.undeleted]
	}
	return err
}

func (w *world) StackFailure(context.Context, string) (string, error) {
	free, err := w.call("StackFailure")
	defer free()
	return w.failure, err
}

func (w *world) Role(_ context.Context, name string) (*provision.Role, error) {
	free, err := w.call("Role")
	defer free()
	return copyOf(w.roles[name]), err
}

func (w *world) User(_ context.Context, name string) (*provision.User, error) {
	free, err := w.call("User")
	defer free()
	return copyOf(w.users[name]), err
}

func (w *world) CreateUser(_ context.Context, name, path string, tags map[string]string) error {
	free, err := w.call("CreateUser")
	defer free()
	if err == nil {
		w.users[name] = &provision.User{Name: name, Path: path, Tags: tags, Policies: map[string]string{}}
	}
	return err
}

func (w *world) PutUserPolicy(_ context.Context, user, policy, document string) error {
	free, err := w.call("PutUserPolicy")
	defer free()
	if err == nil {
		policies := maps.Clone(w.users[user].Policies)
		policies[policy] = document
		w.users[user].Policies = policies
	}
	return err
}

func (w *world) AccessKeys(context.Context, string) ([]provision.AccessKey, error) {
	free, err := w.call("AccessKeys")
	defer free()
	return slices.Clone(w.keys), err
}

func (w *world) CreateAccessKey(context.Context, string) (provision.Secret, error) {
	free, err := w.call("CreateAccessKey")
	defer free()
	if err != nil {
		return provision.Secret{}, err
	}
	id := w.id("AKIA")
	w.keys = append(w.keys, provision.AccessKey{ID: id, Active: true})
	return provision.NewSecret(id, "hush-"+id), nil
}

func (w *world) DeleteAccessKey(_ context.Context, _, id string) error {
	free, err := w.call("DeleteAccessKey")
	defer free()
	if err == nil {
		w.keys = slices.DeleteFunc(w.keys, func(k provision.AccessKey) bool { return k.ID == id })
	}
	return err
}

func (w *world) TryAccessKey(context.Context, provision.Secret) error {
	free, err := w.call("TryAccessKey")
	defer free()
	if w.tries > 0 {
		w.tries--
		return &store.Error{Kind: store.Transient, Message: "not yet"}
	}
	return err
}

func (w *world) FindApplications(_ context.Context, label string) (found []provision.Application, err error) {
	free, err := w.call("FindApplications")
	defer free()
	for _, id := range slices.Sorted(maps.Keys(w.apps)) {
		if w.apps[id].Label == label {
			found = append(found, *w.apps[id])
		}
	}
	return found, err
}

func (w *world) Application(_ context.Context, id string) (*provision.Application, error) {
	free, err := w.call("Application")
	defer free()
	return copyOf(w.apps[id]), err
}

func (w *world) CreateApplication(_ context.Context, s provision.ApplicationSpec) (provision.Application, error) {
	free, err := w.call("CreateApplication")
	defer free()
	if err != nil {
		return provision.Application{}, err
	}
	id := w.id("0oa")
	w.apps[id] = &provision.Application{ID: id, Name: "amazon_aws", Label: s.Label, Status: "ACTIVE", SignOnMode: "SAML_2_0", SigningKeyID: "kid", Note: s.Note, Settings: s.Settings}
	return *w.apps[id], nil
}

func (w *world) UpdateApplication(_ context.Context, id string, s provision.ApplicationSpec) (bool, error) {
	free, err := w.call("UpdateApplication")
	defer free()
	app := w.apps[id]
	if err != nil || fmt.Sprint(app.Settings, app.Note, app.Label) == fmt.Sprint(s.Settings, s.Note, s.Label) {
		return false, err
	}
	app.Settings, app.Note, app.Label = s.Settings, s.Note, s.Label
	return true, nil
}

func (w *world) ActivateApplication(_ context.Context, id string) error {
	free, err := w.call("ActivateApplication")
	defer free()
	w.apps[id].Status = "ACTIVE"
	return err
}

func (w *world) Metadata(_ context.Context, id, kid string) (string, error) {
	free, err := w.call("Metadata")
	defer free()
	return metadata(id, kid), err
}

func metadata(app, kid string) string {
	return fmt.Sprintf(`<?xml version="1.0"?><md:EntityDescriptor entityID="http://www.okta.com/%s" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"><md:IDPSSODescriptor><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor></md:IDPSSODescriptor></md:EntityDescriptor>`, app, kid)
}

func (w *world) FindGroup(_ context.Context, name string) (*provision.Group, error) {
	free, err := w.call("FindGroup")
	defer free()
	return copyOf(w.groups[name]), err
}

func (w *world) CreateGroup(_ context.Context, name, _ string) (provision.Group, error) {
	free, err := w.call("CreateGroup")
	defer free()
	if err != nil {
		return provision.Group{}, err
	}
	w.groups[name] = &provision.Group{ID: w.id("00g"), Name: name}
	return *w.groups[name], nil
}

func (w *world) Assignments(context.Context, string) (map[string]provision.Assignment, error) {
	free, err := w.call("Assignments")
	defer free()
	return maps.Clone(w.assigned), err
}

func (w *world) Assign(_ context.Context, app, group string, roles []string) error {
	free, err := w.call("Assign")
	defer free()
	if err == nil && len(w.apps[app].Features) < 2 {
		return &store.Error{Kind: store.NeedsPerson, Message: "Okta doesn't take roles before provisioning is enabled"}
	}
	w.assigned[group] = provision.Assignment{GroupID: group, Roles: roles}
	return err
}

func copyOf[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}

// enable does the person's step: Okta uses the key, and both ticks are set.
func (w *world) enable(features ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, app := range w.apps {
		app.Features = features
	}
	for i := range w.keys {
		w.keys[i].LastService = "iam"
	}
}

// fixture is a store, a world, and the reconciler between them, on a clock that runs a thousand times as fast.
type fixture struct {
	*testing.T
	world *world
	store *store.Store
	clock *clockwork.FakeClock
	rec   *provision.Reconciler
	stop  func()
}

var (
	requester = store.Person{ID: "U0REQUESTER", Team: "T0TEAM"}
	admin     = store.Person{ID: "U0ADMIN", Team: "T0TEAM"}
)

func start(t *testing.T, change func(*provision.Config, *world)) *fixture {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	engine, err := store.OpenBolt(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	s, err := store.New(t.Context(), engine, clock)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(clock)
	cfg := provision.Config{ProviderName: "Okta", StackName: "oktaws-roles", UserName: "OktaSSOuser", SessionDuration: time.Hour,
		RoleSet: provision.DefaultRoleSet(), RemindAfter: time.Hour, CheckEvery: time.Minute, Workers: 4}
	if change != nil {
		change(&cfg, w)
	}
	f := &fixture{T: t, world: w, store: s, clock: clock, rec: provision.New(s, w, w, cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))}
	return f
}

// run starts the reconciler and the clock.
func (f *fixture) run() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := f.rec.Run(ctx); err != nil {
			f.Error(err)
		}
	})
	wg.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				f.clock.Advance(time.Second)
			}
		}
	})
	f.stop = func() { cancel(); wg.Wait() }
	f.Cleanup(f.stop)
}

// approve asks for the account and approves it.
func (f *fixture) approve() {
	f.Helper()
	f.update(func(tx *store.Tx) error {
		_, err := tx.OpenRequest(store.Request{ID: "r1", Kind: store.Link, Account: account, Label: "Gmail-AWS-Account", Mode: store.ModeAPI, Requester: requester, Required: 1})
		if err != nil {
			return err
		}
		_, err = tx.Approve("r1", admin)
		return err
	})
}

func (f *fixture) update(change func(*store.Tx) error) {
	f.Helper()
	if err := f.store.Update(f.Context(), change); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) account() (a store.Account) {
	f.Helper()
	err := f.store.View(f.Context(), func(tx *store.ReadTx) (err error) {
		a, err = tx.Account(account)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return a
}

func (f *fixture) task() (t store.Task) {
	f.Helper()
	err := f.store.View(f.Context(), func(tx *store.ReadTx) (err error) {
		t, err = tx.Task(store.TaskIDOf("r1", store.EnableProvisioning))
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return t
}

// until waits for the account to be as it should.
func (f *fixture) until(what string, is func(store.Account) bool) store.Account {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), 30*time.Second)
	defer cancel()
	changed := f.store.Watch(ctx, "account/")
	for {
		a := f.account()
		if is(a) {
			return a
		}
		select {
		case <-changed:
		case <-ctx.Done():
			f.Fatalf("account never became %s: state %q, steps %+v, problem %+v", what, a.State, a.Steps, a.FirstProblem())
		}
	}
}

func inState(s store.AccountState) func(store.Account) bool {
	return func(a store.Account) bool { return a.State == s }
}
