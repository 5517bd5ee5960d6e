package provision_test

import (
	"fmt"
	"sync"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// world is AWS and Okta as the pipeline sees them through its interfaces, in memory. It has one AWS account, and others.
type world struct {
	mu           sync.Mutex
	clock        clockwork.Clock
	identity     provision.Identity
	providers    map[string]*provision.Provider
	stacks       map[string]*provision.Stack // by ID
	roles        map[string]*provision.Role
	users        map[string]*provision.User
	keys         []provision.AccessKey
	use          map[string]provision.KeyUse       // by the key's ID
	templates    map[string]string                 // of the stacks, by ID
	inStack      map[string]map[string]stackRole   // by the stack's ID and the logical one
	next         map[string]string                 // what a stack that is at work becomes, by its ID
	resources    []provision.StackResource         // that stacks hold besides roles
	status       string                            // in the organization
	imported     map[string]bool                   // change sets by token, and whether they are made
	change       provision.StackSpec               // of the change set
	signing      map[string][]provision.SigningKey // by application
	apps         map[string]*provision.Application
	groups       map[string]*provision.Group
	rules        map[string]*provision.Rule                 // by name
	assigned     map[string]map[string]provision.Assignment // by the application and the group
	made         int
	tries        int                // of a new key, before it is taken
	failure      string             // the reason of the stack's failed events
	reach        error              // why the account can't be reached by the configuration
	undeleted    bool               // stacks fail to be deleted
	wipes        bool               // a change of the signing key disables provisioning
	denied       error              // what the account answers to everything
	hook         func(string) error // is called before each call has its effect, with the method's name
	after        func(string) error // is called after it
	okta         *world             // of another account: the world that has the Okta
	others       map[store.AccountKey]*world
	unimportable string // why roles can't be imported
	calls        []string
}

var account = store.AccountKey{Partition: "aws", ID: "111122223333"}

const providerARN = "arn:aws:iam::111122223333:saml-provider/Okta"

func newWorld(clock clockwork.Clock) *world {
	return &world{
		clock:     clock,
		identity:  provision.Identity{Account: account, ARN: "arn:aws:sts::111122223333:assumed-role/Access/oktaws", Alias: "gmail"},
		providers: map[string]*provision.Provider{}, stacks: map[string]*provision.Stack{}, roles: map[string]*provision.Role{},
		users: map[string]*provision.User{}, apps: map[string]*provision.Application{}, groups: map[string]*provision.Group{},
		rules:    map[string]*provision.Rule{},
		assigned: map[string]map[string]provision.Assignment{}, use: map[string]provision.KeyUse{}, templates: map[string]string{},
		signing: map[string][]provision.SigningKey{}, inStack: map[string]map[string]stackRole{}, next: map[string]string{},
		imported: map[string]bool{}, others: map[store.AccountKey]*world{},
	}
}

// account adds another AWS account to the world, which has the same Okta.
func (w *world) account(key store.AccountKey, alias string) *world {
	other := newWorld(w.clock)
	other.okta = w
	other.identity = provision.Identity{Account: key, ARN: "arn:" + key.Partition + ":sts::" + key.ID + ":assumed-role/Access/oktaws", Alias: alias}
	w.others[key] = other
	return other
}

// do is one call: it is counted, goes through the hook, has its effect, and goes through after, which can lose the answer.
func (w *world) do(name string, effect func() error) error {
	root := w
	if w.okta != nil {
		root = w.okta
	}
	root.mu.Lock()
	root.calls = append(root.calls, name)
	hook, after, denied := root.hook, root.after, w.denied
	root.mu.Unlock()
	if denied != nil {
		return denied
	}
	if hook != nil {
		if err := hook(name); err != nil {
			return err
		}
	}
	root.mu.Lock()
	err := effect()
	root.mu.Unlock()
	if after != nil && err == nil {
		err = after(name)
	}
	return err
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

func (w *world) id(prefix string) string {
	root := w
	if w.okta != nil {
		root = w.okta
	}
	root.made++
	return fmt.Sprintf("%s%d", prefix, root.made)
}

func copyOf[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}
