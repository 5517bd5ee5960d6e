package provision_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
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
	use       map[string]provision.KeyUse // by the key's ID
	templates map[string]string           // of the stacks, by ID
	resources []provision.StackResource
	status    string                            // in the organization
	imported  map[string]string                 // roles by logical ID, of the change set
	signing   map[string][]provision.SigningKey // by application
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
		assigned: map[string]provision.Assignment{}, use: map[string]provision.KeyUse{}, templates: map[string]string{},
		signing: map[string][]provision.SigningKey{},
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

func (w *world) Status(context.Context, store.AccountKey) (string, error) {
	free, err := w.call("Status")
	defer free()
	return w.status, err
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

func (w *world) TagProvider(_ context.Context, arn string, tags map[string]string) error {
	free, err := w.call("TagProvider")
	defer free()
	if err == nil {
		w.providers[arn].Tags = tags
	}
	return err
}

func (w *world) DeleteProvider(_ context.Context, arn string) error {
	free, err := w.call("DeleteProvider")
	defer free()
	if err == nil {
		delete(w.providers, arn)
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
	w.stacks[id] = &provision.Stack{ID: id, Name: s.Name, Status: "CREATE_COMPLETE", Parameters: s.Parameters, Tags: s.Tags, Updated: w.clock.Now()}
	w.templates[id] = s.Template
	w.makeRoles()
	return id, nil
}

// makeRoles makes the roles of the default role set that aren't there, as a stack does.
func (w *world) makeRoles() {
	for _, r := range provision.DefaultRoleSet() {
		key := strings.ToLower(r.Name)
		if w.roles[key] == nil {
			w.roles[key] = &provision.Role{Name: r.Name, ARN: "arn:aws:iam::111122223333:role/" + r.Name, Path: "/", Trust: trust(providerARN),
				Policies: []string{strings.ReplaceAll(r.Policies[0], "${AWS::Partition}", "aws")}}
		}
	}
}

func trust(provider string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":%q},"Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}]}`, provider)
}

func (w *world) UpdateStack(_ context.Context, s provision.StackSpec) (bool, error) {
	free, err := w.call("UpdateStack")
	defer free()
	for _, have := range w.stacks {
		if err == nil && have.Name == s.Name {
			have.Parameters, have.Status, have.Tags, have.Updated = s.Parameters, "UPDATE_COMPLETE", s.Tags, w.clock.Now()
			w.templates[have.ID] = s.Template
			w.makeRoles()
		}
	}
	return true, err
}

func (w *world) DeleteStack(_ context.Context, id, _ string) error {
	free, err := w.call("DeleteStack")
	defer free()
	if err == nil {
		complete := strings.HasSuffix(w.stacks[id].Status, "E_COMPLETE") && !strings.HasPrefix(w.stacks[id].Status, "ROLLBACK")
		w.stacks[id].Status = map[bool]string{false: "DELETE_COMPLETE", true: "DELETE_FAILED"}[w.undeleted]
		if !w.undeleted && complete {
			clear(w.roles)
		}
	}
	return err
}

func (w *world) StackFailure(context.Context, string) (string, error) {
	free, err := w.call("StackFailure")
	defer free()
	return w.failure, err
}

func (w *world) StackTemplate(_ context.Context, id string) (string, error) {
	free, err := w.call("StackTemplate")
	defer free()
	return w.templates[id], err
}

func (w *world) StackResources(context.Context, string) ([]provision.StackResource, error) {
	free, err := w.call("StackResources")
	defer free()
	return slices.Clone(w.resources), err
}

func (w *world) BeginImport(_ context.Context, s provision.StackSpec, roles map[string]string) (string, error) {
	free, err := w.call("BeginImport")
	defer free()
	if err != nil {
		return "", err
	}
	id := w.id("arn:stack/")
	w.stacks[id] = &provision.Stack{ID: id, Name: s.Name, Status: "REVIEW_IN_PROGRESS", Parameters: s.Parameters, Tags: s.Tags, Updated: w.clock.Now()}
	w.templates[id], w.imported = s.Template, roles
	return id, nil
}

func (w *world) FinishImport(_ context.Context, id, _ string) (bool, error) {
	free, err := w.call("FinishImport")
	defer free()
	if err == nil {
		w.stacks[id].Status = "IMPORT_COMPLETE"
	}
	return true, err
}

func (w *world) DetectDrift(context.Context, string) error {
	free, err := w.call("DetectDrift")
	defer free()
	return err
}

func (w *world) Survey(context.Context) (provision.Survey, error) {
	free, err := w.call("Survey")
	defer free()
	s := provision.Survey{Roles: map[string]provision.Role{}, Users: map[string]provision.User{}}
	for k, r := range w.roles {
		s.Roles[strings.ToLower(k)] = *r
	}
	for k, u := range w.users {
		s.Users[strings.ToLower(k)] = *u
	}
	return s, err
}

func (w *world) RestoreRole(_ context.Context, _ *provision.Role, want provision.Role) error {
	free, err := w.call("RestoreRole")
	defer free()
	if err == nil {
		want.ARN = "arn:aws:iam::111122223333:role/" + want.Name
		w.roles[strings.ToLower(want.Name)] = &want
	}
	return err
}

func (w *world) CreateUser(_ context.Context, name, path string, tags map[string]string) error {
	free, err := w.call("CreateUser")
	defer free()
	if err == nil {
		w.users[name] = &provision.User{Name: name, Path: path, Tags: tags, Inline: map[string]string{}}
	}
	return err
}

func (w *world) PutUserPolicy(_ context.Context, user, policy, document string) error {
	free, err := w.call("PutUserPolicy")
	defer free()
	if err == nil {
		policies := maps.Clone(w.users[user].Inline)
		if policies == nil {
			policies = map[string]string{}
		}
		policies[policy] = document
		w.users[user].Inline = policies
	}
	return err
}

func (w *world) TagUser(_ context.Context, name string, tags map[string]string) error {
	free, err := w.call("TagUser")
	defer free()
	if err == nil {
		w.users[name].Tags = tags
	}
	return err
}

func (w *world) DeleteUserPolicy(_ context.Context, user, policy string) error {
	free, err := w.call("DeleteUserPolicy")
	defer free()
	if err == nil {
		delete(w.users[user].Inline, policy)
	}
	return err
}

func (w *world) DeleteUser(_ context.Context, name string) error {
	free, err := w.call("DeleteUser")
	defer free()
	if err == nil {
		delete(w.users, name)
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
	w.keys = append(w.keys, provision.AccessKey{ID: id, Active: true, Created: w.clock.Now()})
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

func (w *world) KeyUse(_ context.Context, id string) (provision.KeyUse, error) {
	free, err := w.call("KeyUse")
	defer free()
	return w.use[id], err
}

func (w *world) SetAccessKeyActive(_ context.Context, _, id string, active bool) error {
	free, err := w.call("SetAccessKeyActive")
	defer free()
	for i := range w.keys {
		if err == nil && w.keys[i].ID == id {
			w.keys[i].Active = active
		}
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
	changed := app.Note != s.Note || app.Label != s.Label
	for k, v := range s.Settings {
		changed = changed || fmt.Sprint(app.Settings[k]) != fmt.Sprint(v)
	}
	if err != nil || !changed {
		return false, err
	}
	if app.Settings == nil {
		app.Settings = map[string]any{}
	}
	maps.Copy(app.Settings, s.Settings)
	app.Note, app.Label = s.Note, s.Label
	return true, nil
}

func (w *world) ActivateApplication(_ context.Context, id string) error {
	free, err := w.call("ActivateApplication")
	defer free()
	w.apps[id].Status = "ACTIVE"
	return err
}

func (w *world) DeactivateApplication(_ context.Context, id string) error {
	free, err := w.call("DeactivateApplication")
	defer free()
	if err == nil {
		w.apps[id].Status = "INACTIVE"
	}
	return err
}

func (w *world) DeleteApplication(_ context.Context, id string) error {
	free, err := w.call("DeleteApplication")
	defer free()
	if err == nil {
		delete(w.apps, id)
	}
	return err
}

func (w *world) SigningKeys(_ context.Context, id string) ([]provision.SigningKey, error) {
	free, err := w.call("SigningKeys")
	defer free()
	return append([]provision.SigningKey{{ID: "kid"}}, w.signing[id]...), err
}

func (w *world) GenerateSigningKey(_ context.Context, id string, _ int) (provision.SigningKey, error) {
	free, err := w.call("GenerateSigningKey")
	defer free()
	k := provision.SigningKey{ID: w.id("kid"), Created: w.clock.Now()}
	w.signing[id] = append(w.signing[id], k)
	return k, err
}

func (w *world) SignWith(_ context.Context, id, kid string) error {
	free, err := w.call("SignWith")
	defer free()
	if err == nil {
		w.apps[id].SigningKeyID = kid
	}
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

func (w *world) Group(_ context.Context, id string) (*provision.Group, error) {
	free, err := w.call("Group")
	defer free()
	for _, g := range w.groups {
		if g.ID == id {
			return copyOf(g), err
		}
	}
	return nil, err
}

func (w *world) RenameGroup(_ context.Context, id, name string) error {
	free, err := w.call("RenameGroup")
	defer free()
	for old, g := range w.groups {
		if err == nil && g.ID == id {
			delete(w.groups, old)
			g.Name, w.groups[name] = name, g
			break
		}
	}
	return err
}

func (w *world) DeleteGroup(_ context.Context, id string) error {
	free, err := w.call("DeleteGroup")
	defer free()
	maps.DeleteFunc(w.groups, func(_ string, g *provision.Group) bool { return err == nil && g.ID == id })
	return err
}

func (w *world) Unassign(_ context.Context, _, id string) error {
	free, err := w.call("Unassign")
	defer free()
	if err == nil {
		delete(w.assigned, id)
	}
	return err
}

func (w *world) CreateGroup(_ context.Context, name, description string) (provision.Group, error) {
	free, err := w.call("CreateGroup")
	defer free()
	if err != nil {
		return provision.Group{}, err
	}
	w.groups[name] = &provision.Group{ID: w.id("00g"), Name: name, Description: description}
	return *w.groups[name], nil
}

func (w *world) Assignments(context.Context, string) (map[string]provision.Assignment, error) {
	free, err := w.call("Assignments")
	defer free()
	assigned := map[string]provision.Assignment{}
	for id, a := range w.assigned {
		for _, g := range w.groups {
			if g.ID == id {
				a.Group = *g
			}
		}
		assigned[id] = a
	}
	return assigned, err
}

func (w *world) Assign(_ context.Context, app, group string, _ *provision.Assignment, roles []string) error {
	free, err := w.call("Assign")
	defer free()
	if err == nil && len(roles) > 0 && len(w.apps[app].Features) < 2 {
		return &store.Error{Kind: store.NeedsPerson, Message: "Okta doesn't take roles before provisioning is enabled"}
	}
	for _, g := range w.groups {
		if g.ID == group {
			w.assigned[group] = provision.Assignment{Group: *g, Roles: roles}
		}
	}
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
		w.use[w.keys[i].ID] = provision.KeyUse{At: w.clock.Now(), Service: "iam"}
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
		RoleSets: map[string][]provision.RoleSpec{store.DefaultRoleSet: provision.DefaultRoleSet()}, RemindAfter: time.Hour, CheckEvery: time.Minute, Workers: 4}
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
		_, err := tx.OpenRequest(store.Request{ID: "r1", Kind: store.Link, Account: account, Wish: store.Wish{Label: "Gmail-AWS-Account", Mode: store.ModeAPI}, Requester: requester, Required: 1})
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
