package provision

import (
	"context"
	"time"

	"github.com/oktaws/oktaws/store"
)

// The narrow interfaces that the pipeline needs of AWS and Okta. Every method sends what it says and nothing else, is
// safe to call from several goroutines, and honours ctx. Reads answer nil where there is no such thing. Errors carry a
// *store.Error with a kind and words for people; one without counts as transient. No method that makes, changes or
// deletes something tries again by itself after a request may have reached the other side: the pipeline looks first
// and then decides. Reads may be repeated.

// AWS reaches accounts.
type AWS interface {
	// Account returns the means to work in one account. It makes no call.
	Account(ctx context.Context, key store.AccountKey) (AWSAccount, error)
}

// AWSAccount is what the pipeline needs of one AWS account.
type AWSAccount interface {
	Identities
	Providers
	Stacks
	Roles
	Users
	AccessKeys
}

// Identities says where the credentials lead.
type Identities interface {
	// Identity asks STS who the credentials are, and IAM for the account's alias. A missing permission for the alias
	// is no error: the alias is empty then.
	Identity(ctx context.Context) (Identity, error)
}

// Identity is where the credentials lead.
type Identity struct {
	Account store.AccountKey
	ARN     string
	Alias   string
}

// Tags mark what is ours: TagManaged must be present with the value TagManagedValue.
const (
	TagManaged      = "managed-by"
	TagManagedValue = "oktaws"
	TagRequest      = "oktaws-request" // the ID of the request that had it made
)

// Providers are the account's IAM SAML identity providers.
type Providers interface {
	Provider(ctx context.Context, arn string) (*Provider, error)
	CreateProvider(ctx context.Context, name, metadata string, tags map[string]string) error
	UpdateProvider(ctx context.Context, arn, metadata string) error
}

// Provider is a SAML identity provider.
type Provider struct {
	ARN      string
	Metadata string // XML
	Tags     map[string]string
	Created  time.Time
}

// Stacks are the account's CloudFormation stacks in the configured region.
type Stacks interface {
	// Stack finds a stack by name (deleted ones are not found) or by ID.
	Stack(ctx context.Context, nameOrID string) (*Stack, error)
	// CreateStack starts a stack with CAPABILITY_NAMED_IAM and OnFailure ROLLBACK, and returns its ID. The same token
	// again is the same operation.
	CreateStack(ctx context.Context, s StackSpec) (id string, err error)
	// UpdateStack starts an update. changed is false where there was nothing to update.
	UpdateStack(ctx context.Context, s StackSpec) (changed bool, err error)
	DeleteStack(ctx context.Context, id, token string) error
	// StackFailure returns the reason of the first event that failed in the stack's last operation, or "".
	StackFailure(ctx context.Context, id string) (string, error)
}

// StackSpec is what a stack shall be.
type StackSpec struct {
	Name       string
	Template   string
	Parameters map[string]string
	Tags       map[string]string
	Token      string // client request token, [a-zA-Z0-9-]{1,128}
}

// Stack is a CloudFormation stack.
type Stack struct {
	ID, Name   string
	Status     string // CREATE_IN_PROGRESS, …
	Reason     string
	Template   string // as it was last given; empty while the stack is REVIEW_IN_PROGRESS and once it is deleted
	Parameters map[string]string
	Tags       map[string]string
	Roles      map[string]string // physical ID (role name) by logical ID, of the stack's AWS::IAM::Role resources that exist
}

// Roles are the account's IAM roles.
type Roles interface {
	Role(ctx context.Context, name string) (*Role, error)
}

// Role is an IAM role.
type Role struct {
	Name, ARN   string
	Trust       string   // policy document, JSON
	Policies    []string // ARNs of the managed policies
	MaxDuration time.Duration
}

// Users are the account's IAM users.
type Users interface {
	User(ctx context.Context, name string) (*User, error)
	CreateUser(ctx context.Context, name, path string, tags map[string]string) error
	// PutUserPolicy writes the user's one inline policy of that name.
	PutUserPolicy(ctx context.Context, user, policy, document string) error
}

// User is an IAM user.
type User struct {
	Name, ARN, Path string
	Tags            map[string]string
	Policies        map[string]string // inline policy documents (JSON) by name
}

// AccessKeys are the access keys of an IAM user.
type AccessKeys interface {
	AccessKeys(ctx context.Context, user string) ([]AccessKey, error)
	// CreateAccessKey sends one request and never another, since each would make a key.
	CreateAccessKey(ctx context.Context, user string) (Secret, error)
	DeleteAccessKey(ctx context.Context, user, id string) error
	// TryAccessKey asks STS with the key who it is. A new key is refused for seconds: then the error is transient.
	TryAccessKey(ctx context.Context, s Secret) error
}

// AccessKey is an access key without its secret.
type AccessKey struct {
	ID          string
	Active      bool
	Created     time.Time
	LastUsed    time.Time // zero: never
	LastService string    // iam, sts, …
}

// Secret is an access key with its secret. It is shown once and kept nowhere; formatted, it shows the ID only.
type Secret struct {
	ID     string
	secret string
}

// NewSecret joins an access key's ID and its secret.
func NewSecret(id, secret string) Secret { return Secret{ID: id, secret: secret} }

// Reveal returns the secret itself, for the one modal that shows it and for the call that tries it.
func (s Secret) Reveal() string { return s.secret }

// String, GoString and MarshalJSON keep the secret out of logs.
func (s Secret) String() string               { return s.ID }
func (s Secret) GoString() string             { return s.ID }
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.ID + `"`), nil }

// Okta is what the pipeline needs of the Okta organization.
type Okta interface {
	Applications
	Groups
}

// Applications are the organization's amazon_aws applications.
type Applications interface {
	// FindApplications returns the applications of any kind and status whose label is exactly label.
	FindApplications(ctx context.Context, label string) ([]Application, error)
	Application(ctx context.Context, id string) (*Application, error)
	CreateApplication(ctx context.Context, s ApplicationSpec) (Application, error)
	// UpdateApplication reads the application, sets what differs from s, and writes the whole back. changed is false
	// where nothing differed, and nothing was written then.
	UpdateApplication(ctx context.Context, id string, s ApplicationSpec) (changed bool, err error)
	ActivateApplication(ctx context.Context, id string) error
	// Metadata returns the SAML metadata with the certificate of the signing key. A new application can have none for
	// a second: then the error is transient.
	Metadata(ctx context.Context, id, signingKeyID string) (string, error)
}

// ApplicationSpec is what an application shall be.
type ApplicationSpec struct {
	Label    string
	Note     string         // settings.notes.admin: the mark
	Settings map[string]any // settings.app: the keys that we set; others stay as they are
}

// Application is an Okta application.
type Application struct {
	ID           string
	Name         string // amazon_aws
	Label        string
	Status       string // ACTIVE, INACTIVE
	SignOnMode   string // SAML_2_0
	SigningKeyID string // empty where the application has none
	Features     []string
	Note         string
	Settings     map[string]any
	AdminURL     string // of its Provisioning tab in the admin console
	TileURL      string // what a click on its tile opens
}

// Features that say which ticks the admin console has.
const (
	FeatureCreateUsers      = "PUSH_NEW_USERS"
	FeatureUpdateAttributes = "PUSH_PROFILE_UPDATES"
)

// Groups are the organization's groups and their assignments to applications.
type Groups interface {
	// FindGroup returns the OKTA_GROUP whose name is exactly name.
	FindGroup(ctx context.Context, name string) (*Group, error)
	CreateGroup(ctx context.Context, name, description string) (Group, error)
	// Assignments returns the group assignments of the application, by group ID.
	Assignments(ctx context.Context, appID string) (map[string]Assignment, error)
	// Assign assigns the group to the application with the roles (none in mode groups), or changes the assignment that
	// there is, and keeps its priority.
	Assign(ctx context.Context, appID, groupID string, roles []string) error
}

// Group is an Okta group.
type Group struct {
	ID, Name string
}

// Assignment is a group's assignment to an application.
type Assignment struct {
	GroupID  string
	Priority int64
	Roles    []string // profile.samlRoles
}
