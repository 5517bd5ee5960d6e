package provision

import (
	"context"
	"encoding/json"
	"time"

	"github.com/oktaws/oktaws/store"
)

// The narrow interfaces that the pipeline needs of AWS and Okta. Every method sends what it says and nothing else, is
// safe to call from several goroutines, and honours ctx. Reads answer nil where there is no such thing. Errors carry a
// *store.Error with a kind and words for people; one without counts as transient. No method that makes, changes or
// deletes something tries again by itself after a request may have taken effect on the other side: the pipeline looks first
// and then decides. Reads may be repeated.

// AWS reaches accounts.
type AWS interface {
	// Account returns the means to work in one account. It makes no call.
	Account(ctx context.Context, key store.AccountKey) (AWSAccount, error)
	// Status is the account's status in its organization: ACTIVE, SUSPENDED, PENDING_CLOSURE; "" where the organization
	// can't be asked, or has no such account.
	Status(ctx context.Context, key store.AccountKey) (string, error)
	// Members returns the accounts of the partition's organization (empty: the partition of aws.region), in AWS's order:
	// all of them, or those of an organizational unit and of all units under it. The unit is a name (Prod), a path
	// (Root/Workloads/Prod) or an ID (ou-…, r-…); empty: all. It fails with NotFound where there is no such unit, with a
	// Conflict where several have the name, with Denied where the bot may not ask, and with Permanent where there is no
	// organization.
	Members(ctx context.Context, partition, unit string) ([]Member, error)
}

// AWSAccount is what the pipeline needs of one AWS account.
type AWSAccount interface {
	Identities
	Providers
	Stacks
	Entities
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
	TagProvider(ctx context.Context, arn string, tags map[string]string) error
	DeleteProvider(ctx context.Context, arn string) error
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
	// StackTemplate returns the template as it was last given; "" while the stack is REVIEW_IN_PROGRESS and once it is
	// deleted.
	StackTemplate(ctx context.Context, id string) (string, error)
	// StackResources returns what the stack holds and exists.
	StackResources(ctx context.Context, id string) ([]StackResource, error)
	// CreateStack starts a stack with CAPABILITY_NAMED_IAM and OnFailure ROLLBACK, and returns its ID. The same token
	// again is the same operation.
	CreateStack(ctx context.Context, s StackSpec) (id string, err error)
	// UpdateStack starts an update. changed is false where there was nothing to update.
	UpdateStack(ctx context.Context, s StackSpec) (changed bool, err error)
	DeleteStack(ctx context.Context, id, token string) error
	// StackFailure returns the reason of the first event that failed in the stack's last operation, or "".
	StackFailure(ctx context.Context, id string) (string, error)
	// BeginImport makes a change set, named by the token, that takes existing roles (by logical ID, all that the
	// template has) into a new stack, and returns the stack's ID: it is REVIEW_IN_PROGRESS until FinishImport.
	BeginImport(ctx context.Context, s StackSpec, roles map[string]string) (id string, err error)
	// FinishImport executes that change set. ready is false while CloudFormation is still making it.
	FinishImport(ctx context.Context, id, token string) (ready bool, err error)
	// DetectDrift has CloudFormation compare the stack with what there is. The result is in Stack.Drift some time later.
	DetectDrift(ctx context.Context, id string) error
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
	Parameters map[string]string
	Tags       map[string]string
	Updated    time.Time // when it was made or last updated
	Drift      string    // what CloudFormation found when it last compared: IN_SYNC, DRIFTED, UNKNOWN, NOT_CHECKED
	DriftSince time.Time // when that was; zero: never
}

// StackResource is one resource of a stack.
type StackResource struct {
	LogicalID  string
	PhysicalID string // of a role, its name
	Type       string // AWS::IAM::Role, …
}

// Entities are the account's IAM roles and users.
type Entities interface {
	// Survey reads the account's roles and users at once.
	Survey(ctx context.Context) (Survey, error)
	// RestoreRole makes a role what it shall be, past CloudFormation: it makes it where have is nil, and else changes
	// what differs from want; tags that want doesn't have stay. The session length is always set, since no survey tells it.
	RestoreRole(ctx context.Context, have *Role, want Role) error
	CreateUser(ctx context.Context, name, path string, tags map[string]string) error
	TagUser(ctx context.Context, name string, tags map[string]string) error
	// PutUserPolicy writes the user's one inline policy of that name.
	PutUserPolicy(ctx context.Context, user, policy, document string) error
	DeleteUserPolicy(ctx context.Context, user, policy string) error
	// DeleteUser fails with a Conflict where the user still has something: a key, a policy, a group, a password, a device.
	DeleteUser(ctx context.Context, name string) error
}

// Survey is an account's roles and users by name, in lower case: IAM does not tell upper from lower case.
type Survey struct {
	Roles map[string]Role
	Users map[string]User
}

// Role is an IAM role.
type Role struct {
	Name, ARN   string
	Path        string            // begins and ends with a slash
	Trust       string            // policy document, JSON
	Policies    []string          // ARNs of the managed policies
	Inline      map[string]string // inline policy documents, JSON, by name
	Boundary    string            // ARN of the permissions boundary; empty: none
	Description string            // of what a role shall be; not part of a survey
	MaxDuration time.Duration     // of what a role shall be; not part of a survey
	Tags        map[string]string
}

// User is an IAM user.
type User struct {
	Name, ARN, Path string
	Tags            map[string]string
	Inline          map[string]string // inline policy documents (JSON) by name
	Policies        []string          // ARNs of the managed policies
	Groups          []string
}

// AccessKeys are the access keys of an IAM user.
type AccessKeys interface {
	AccessKeys(ctx context.Context, user string) ([]AccessKey, error)
	// KeyUse says when a key was last used; zero where it never was, or isn't there.
	KeyUse(ctx context.Context, id string) (KeyUse, error)
	// CreateAccessKey sends one request and never another, since each would make a key.
	CreateAccessKey(ctx context.Context, user string) (Secret, error)
	SetAccessKeyActive(ctx context.Context, user, id string, active bool) error
	DeleteAccessKey(ctx context.Context, user, id string) error
	// TryAccessKey asks STS with the key who it is. A new key is refused for seconds: then the error is transient.
	TryAccessKey(ctx context.Context, s Secret) error
}

// AccessKey is an access key without its secret.
type AccessKey struct {
	ID      string
	Active  bool
	Created time.Time
}

// KeyUse is a key's last use. AWS tells it with a delay of up to hours.
type KeyUse struct {
	At      time.Time // zero: never
	Service string    // iam, sts, …
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
	Rules
}

// Applications are the organization's amazon_aws applications.
type Applications interface {
	// FindApplications returns the applications of any kind and status whose label is exactly one of the labels. For
	// many labels it takes hardly more calls than for one.
	FindApplications(ctx context.Context, labels ...string) ([]Application, error)
	Application(ctx context.Context, id string) (*Application, error)
	CreateApplication(ctx context.Context, s ApplicationSpec) (Application, error)
	// UpdateApplication reads the application, sets what differs from s, and writes the whole back. changed is false
	// where nothing differed, and nothing was written then.
	UpdateApplication(ctx context.Context, id string, s ApplicationSpec) (changed bool, err error)
	ActivateApplication(ctx context.Context, id string) error
	DeactivateApplication(ctx context.Context, id string) error
	// DeleteApplication deletes an inactive application.
	DeleteApplication(ctx context.Context, id string) error
	// Metadata returns the SAML metadata with the certificate of the signing key. A new application can have none for
	// a second: then the error is transient.
	Metadata(ctx context.Context, id, signingKeyID string) (string, error)
	// SigningKeys returns the application's signing keys, the one in use among them.
	SigningKeys(ctx context.Context, id string) ([]SigningKey, error)
	// GenerateSigningKey makes another key, which is not in use yet, with a certificate for so many years (2 to 10).
	GenerateSigningKey(ctx context.Context, id string, years int) (SigningKey, error)
	// SignWith has the application sign with one of its keys.
	SignWith(ctx context.Context, id, signingKeyID string) error
}

// SigningKey is a key by which an application signs, with its certificate.
type SigningKey struct {
	ID               string
	Created, Expires time.Time
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
	// FindGroups returns those OKTA_GROUPs whose names are exactly among the names, by name. Names that begin alike take
	// one call.
	FindGroups(ctx context.Context, names ...string) (map[string]Group, error)
	Group(ctx context.Context, id string) (*Group, error)
	CreateGroup(ctx context.Context, name, description string) (Group, error)
	// RenameGroup keeps the group's description, members and assignments.
	RenameGroup(ctx context.Context, id, name string) error
	DeleteGroup(ctx context.Context, id string) error
	// AssignedApplication returns the application if the group is assigned to it, in one call for both.
	AssignedApplication(ctx context.Context, groupID, appID string) (*Application, error)
	// Assignments returns the group assignments of the application with their groups, by group ID.
	Assignments(ctx context.Context, appID string) (map[string]Assignment, error)
	// Assign assigns the group to the application with the roles (none in mode groups), or changes the assignment that
	// there is (nil: none), and keeps its priority and what else it says. It returns the assignment as Okta answers that
	// it is now, with the group's ID only.
	Assign(ctx context.Context, appID, groupID string, have *Assignment, roles []string) (Assignment, error)
	// Unassign takes the group off the application. That it isn't assigned is no error.
	Unassign(ctx context.Context, appID, groupID string) error
}

// Group is an Okta group.
type Group struct {
	ID, Name    string
	Description string
}

// Assignment is a group's assignment to an application.
type Assignment struct {
	Group    Group
	Priority int64
	Roles    []string                   // profile.samlRoles
	Profile  map[string]json.RawMessage // all that it says
}

// Rules are the organization's group rules: an active one keeps everybody who fits its expression in its groups. Okta
// looks at everybody when a rule is activated, and then at whoever's groups change; a new name of a group is no such
// change. https://help.okta.com/en-us/content/topics/users-groups-profiles/usgp-about-group-rules.htm
type Rules interface {
	// FindRule returns the rule whose name is exactly name.
	FindRule(ctx context.Context, name string) (*Rule, error)
	Rule(ctx context.Context, id string) (*Rule, error)
	// CreateRule makes a rule, which is INACTIVE. The name has 1 to 50 characters; a Conflict where another rule has it.
	CreateRule(ctx context.Context, s RuleSpec) (Rule, error)
	// ActivateRule has Okta put everybody who fits into the rule's groups, which takes it some time.
	ActivateRule(ctx context.Context, id string) error
	// DeactivateRule leaves everybody in the rule's groups. Okta activates and deactivates no rule that is INVALID.
	DeactivateRule(ctx context.Context, id string) error
	// DeleteRule deletes a rule that is not ACTIVE, and leaves everybody in its groups: one that differs from what it
	// shall be is deleted and made again, and takes over who is there and fits.
	DeleteRule(ctx context.Context, id string) error
}

// RuleSpec is what a group rule shall be.
type RuleSpec struct {
	Name       string
	Expression string   // such as InGroupsThatBeginWith
	Groups     []string // IDs of the groups that it fills
}

// Rule is a group rule of Okta's.
type Rule struct {
	ID, Name   string
	Status     string   // ACTIVE, INACTIVE; INVALID where a group of it is gone: it can be deleted then, and nothing else
	Expression string   // in Okta's expression language
	Groups     []string // IDs of the groups that it fills
	Excluded   []string // IDs of people whom it passes over: whoever was taken out of a filled group by hand
}

// InGroupsThatBeginWith is the expression that everybody fits who is in a group whose name begins with the prefix. The
// prefix has no quotation mark and no backslash: how Okta would read them is not written anywhere.
// No rule with it may fill a group whose own name begins so: nobody would ever leave that.
// https://developer.okta.com/docs/reference/okta-expression-language/#group-functions
func InGroupsThatBeginWith(prefix string) string {
	return `isMemberOfGroupNameStartsWith("` + prefix + `")`
}
