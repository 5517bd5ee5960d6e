package app

import (
	"log/slog"
	"regexp"
	"slices"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/provision/aws"
	"github.com/oktaws/oktaws/store"
)

// Config is the validated configuration: every value has its final type, and none is left to be doubted.
type Config struct {
	DataDir   string
	Slack     SlackConfig
	Approvals ApprovalsConfig
	AWS       AWSConfig
	Okta      OktaConfig
	Tasks     TasksConfig
	Drift     DriftConfig
	Rotation  RotationConfig
	RoleSets  map[string][]provision.RoleSpec // by name; store.DefaultRoleSet is among them
	Log       LogConfig
}

// SlackConfig says which workspace the bot serves.
type SlackConfig struct {
	AdminChannel string // ID
	BotToken     string // xoxb-…
	AppToken     string // xapp-…
	APIURL       string // ends in a slash
}

// ApprovalsConfig says who decides on requests.
type ApprovalsConfig struct {
	Required    int
	Approvers   []string // Slack user IDs; empty: the members of the admin channel
	ExpireAfter time.Duration
}

// AWSConfig says how accounts are reached, and what things in them are called.
type AWSConfig struct {
	Region         string
	AccessRole     string // empty: the bot's own credentials
	ExternalID     string
	SourceIdentity string               // empty: not set
	Profiles       map[string]string    // named profile by account ID
	Partitions     map[string]aws.Reach // by name: those beside that of Region
	ProviderName   string
	StackName      string
	UserName       string
	UserMayAssume  bool
}

// OktaConfig says which organization holds the applications. Either Token is set, or ClientID and PrivateKey are.
type OktaConfig struct {
	OrgURL          string // without a slash at the end
	Token           string
	ClientID        string
	PrivateKey      string // PEM
	PrivateKeyID    string
	Mode            store.Mode     // of the accounts that are asked for
	Shared          string         // label of the application that all accounts share, in which {partition} stands for theirs; empty: each has its own
	GroupTemplate   string         // name of a role's group in mode groups
	LabelPattern    *regexp.Regexp // matches whole labels only
	LabelTemplate   string         // of the labels of accounts that come from the organization or are listed without one
	SessionDuration time.Duration
	RateShare       float64 // of each of Okta's rate limits that is taken at most
}

// TasksConfig says who does what only a person can do, and when they hear of it.
type TasksConfig struct {
	Assignees   []string // Slack user IDs; empty: who approved
	RemindAfter time.Duration
	RemindEvery time.Duration
	CheckEvery  time.Duration
}

// DriftConfig says how often linked accounts are looked at.
type DriftConfig struct {
	CheckEvery time.Duration // 0: never by itself
}

// RotationConfig says how long keys and certificates last.
type RotationConfig struct {
	KeyAge           time.Duration // 0: a key is never too old
	WarnBefore       time.Duration
	KeepOldKey       time.Duration
	CertificateYears int
}

// LogConfig says what the log holds, and in which form.
type LogConfig struct {
	Level slog.Level
	JSON  bool
}

// loaded is a configuration as far as it could be read, and what is to be said of it.
type loaded struct {
	Config
	problems []problem // none: the configuration is valid
	warnings []string
	secrets  []string          // values that must not be seen anywhere
	aws      map[string]string // the AWS SDK's variables, those given by file included
	given    map[string]bool   // the settings, by path, that the file or a variable has
	only     *store.AccountKey // the one account that the AWS credentials are good for; nil: for all
}

// load reads the configuration: the defaults, over them the file (none where file is empty), over it the environment.
// It finds all problems at once, and returns what is valid beside them.
func load(file string, environ map[string]string) loaded { return loadOver(nil, file, environ) }

// loadOver is load with other defaults for some of the scalar settings, by path.
func loadOver(usual map[string]string, file string, environ map[string]string) loaded {
	l := &loaded{given: map[string]bool{}}
	written := defaults()
	for path, text := range usual {
		w := written[path]
		w.text = text
		written[path] = w
	}
	l.readFile(file, written)
	l.readVariables(environ, written)
	for _, s := range slices.Concat(settings, furtherRoleSets(written)) {
		w := written[s.path]
		_, set := environ[s.variable()]
		l.given[s.path] = set || w.where != ""
		if err := s.set(&l.Config, w); err != nil {
			l.problem(err, s.path, s.name(), w.where)
		}
	}
	l.checkTogether(written)
	l.readSecrets(environ)
	l.readEndpoints(environ)
	return *l
}
