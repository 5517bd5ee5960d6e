package app

import (
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/bot"
	"github.com/oktaws/oktaws/internal/roster"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// prefix begins the name of every variable that sets a key of the file.
const prefix = "OKTAWS_"

// shape is what a setting looks like in the file.
type shape int

const (
	scalar  shape = iota
	list          // of scalars; comma-separated in a variable
	pairs         // a map of scalars; k=v,k=v in a variable
	nested        // a map of maps of scalars; in the file only
	roleSet       // in the file only
)

// written is a setting's raw value: what was written, and where, and not yet looked at.
type written struct {
	text   string                       // scalar
	list   []string                     // list
	pairs  map[string]string            // pairs
	nested map[string]map[string]string // nested
	roles  []provision.RoleSpec         // roleSet
	where  string                       // oktaws.yaml:12; empty: a variable, or the default
}

// setting is one key of the configuration.
type setting struct {
	path  string // in the file
	shape shape
	usual string // the default, as a variable would hold it
	set   func(*Config, written) error
}

// settings are all keys, in the order of the example file. A new key needs a line here, and one in oktaws.example.yaml
// and in the README, which the tests compare with this table.
var settings = []setting{
	{"data_dir", scalar, "./data", one(notEmpty, func(c *Config) *string { return &c.DataDir })},

	{"slack.admin_channel", scalar, "", one(channelID, func(c *Config) *string { return &c.Slack.AdminChannel })},

	{"approvals.required", scalar, "1", one(count, func(c *Config) *int { return &c.Approvals.Required })},
	{"approvals.approvers", list, "", each(userID, func(c *Config) *[]string { return &c.Approvals.Approvers })},
	{"approvals.expire_after", scalar, "168h", one(duration, func(c *Config) *time.Duration { return &c.Approvals.ExpireAfter })},

	{"aws.region", scalar, "us-east-1", one(region, func(c *Config) *string { return &c.AWS.Region })},
	{"aws.access_role", scalar, "OrganizationAccountAccessRole", one(accessRole, func(c *Config) *string { return &c.AWS.AccessRole })},
	{"aws.external_id", scalar, "", one(externalID, func(c *Config) *string { return &c.AWS.ExternalID })},
	{"aws.source_identity", scalar, "", one(sourceIdentity, func(c *Config) *string { return &c.AWS.SourceIdentity })},
	{"aws.profiles", pairs, "", setProfiles},
	{"aws.partitions", nested, "", setPartitions}, // after what it takes its defaults from
	{"aws.provider_name", scalar, "Okta", one(providerName, func(c *Config) *string { return &c.AWS.ProviderName })},
	{"aws.stack_name", scalar, "oktaws-roles", one(stackName, func(c *Config) *string { return &c.AWS.StackName })},
	{"aws.user_name", scalar, "OktaSSOuser", one(userName, func(c *Config) *string { return &c.AWS.UserName })},
	{"aws.user_may_assume", scalar, "false", one(yesNo, func(c *Config) *bool { return &c.AWS.UserMayAssume })},

	{"okta.integration_mode", scalar, "groups", one(integrationMode, func(c *Config) *store.Mode { return &c.Okta.Mode })},
	{"okta.shared_application", scalar, "", one(sharedApplication, func(c *Config) *string { return &c.Okta.Shared })},
	{"okta.group_template", scalar, provision.DefaultGroupTemplate, one(groupTemplate, func(c *Config) *string { return &c.Okta.GroupTemplate })},
	{"okta.label_pattern", scalar, bot.DefaultLabelPattern, one(wholePattern, func(c *Config) **regexp.Regexp { return &c.Okta.LabelPattern })},
	{"okta.label_template", scalar, roster.DefaultLabelTemplate, one(labelTemplate, func(c *Config) *string { return &c.Okta.LabelTemplate })},
	{"okta.session_duration", scalar, "1h", one(sessionDuration, func(c *Config) *time.Duration { return &c.Okta.SessionDuration })},
	{"okta.rate_share", scalar, "50%", one(rateShare, func(c *Config) *float64 { return &c.Okta.RateShare })},

	{"tasks.assignees", list, "", each(userID, func(c *Config) *[]string { return &c.Tasks.Assignees })},
	{"tasks.remind_after", scalar, "1h", one(duration, func(c *Config) *time.Duration { return &c.Tasks.RemindAfter })},
	{"tasks.remind_every", scalar, "24h", one(duration, func(c *Config) *time.Duration { return &c.Tasks.RemindEvery })},
	{"tasks.check_every", scalar, "1m", one(duration, func(c *Config) *time.Duration { return &c.Tasks.CheckEvery })},

	{"drift.check_every", scalar, "24h", one(durationOrNever, func(c *Config) *time.Duration { return &c.Drift.CheckEvery })},

	{"rotation.key_age", scalar, "2160h", one(durationOrNever, func(c *Config) *time.Duration { return &c.Rotation.KeyAge })},
	{"rotation.warn_before", scalar, "336h", one(duration, func(c *Config) *time.Duration { return &c.Rotation.WarnBefore })},
	{"rotation.keep_old_key", scalar, "24h", one(duration, func(c *Config) *time.Duration { return &c.Rotation.KeepOldKey })},
	{"rotation.certificate_years", scalar, "10", one(certificateYears, func(c *Config) *int { return &c.Rotation.CertificateYears })},

	roleSetSetting(store.DefaultRoleSet),

	{"log.level", scalar, "info", one(logLevel, func(c *Config) *slog.Level { return &c.Log.Level })},
	{"log.format", scalar, "text", one(logJSON, func(c *Config) *bool { return &c.Log.JSON })},
}

// one sets a field to what parse makes of the text.
func one[T any](parse func(string) (T, error), field func(*Config) *T) func(*Config, written) error {
	return func(c *Config, w written) (err error) {
		*field(c), err = parse(w.text)
		return err
	}
}

// each sets a field to what parse makes of the elements, of which none may be there twice.
func each(parse func(string) (string, error), field func(*Config) *[]string) func(*Config, written) error {
	return func(c *Config, w written) error {
		for i, text := range w.list {
			v, err := parse(text)
			if err != nil {
				return err
			}
			if slices.Contains(w.list[:i], v) {
				return fault("", "lists %s twice", v)
			}
			*field(c) = append(*field(c), v)
		}
		return nil
	}
}

func setProfiles(c *Config, w written) error {
	for _, account := range slices.Sorted(maps.Keys(w.pairs)) {
		if !accountID.MatchString(account) {
			return fault("Write it as {\"111122223333\": profile}.", "has %q where an account's 12 digits belong", account)
		}
		if w.pairs[account] == "" {
			return fault("", "names no profile for account %s", account)
		}
	}
	c.AWS.Profiles = w.pairs
	return nil
}

// fileOnly says whether no variable can set it.
func (s setting) fileOnly() bool { return s.shape == nested || s.shape == roleSet }

// name is the setting as people know it: by its path and its variable.
func (s setting) name() string {
	if s.fileOnly() {
		return s.path
	}
	return s.path + " (" + s.variable() + ")"
}

// settingAt returns the setting at path. Of role sets there may be any number.
func settingAt(path string) (setting, bool) {
	if s, ok := find(func(s setting) bool { return s.path == path }); ok {
		return s, true
	}
	if name, ok := strings.CutPrefix(path, roleSetsPath); ok {
		return roleSetSetting(name), true
	}
	return setting{}, false
}

// variable is the environment variable that sets it.
func (s setting) variable() string {
	return prefix + strings.ToUpper(strings.ReplaceAll(s.path, ".", "_"))
}

// fromText reads a value in the form that a variable has.
func (s setting) fromText(text string) (written, error) {
	w := written{}
	switch s.shape {
	case scalar:
		w.text = text
	case list:
		w.list = commaSeparated(text)
	case pairs:
		w.pairs = map[string]string{}
		for _, pair := range commaSeparated(text) {
			k, v, ok := strings.Cut(pair, "=")
			if !ok {
				return w, fault("Write it as k=v,k=v.", "has %q, which has no =", pair)
			}
			w.pairs[strings.TrimSpace(k)] = strings.TrimSpace(v)
		}
	case nested:
		w.nested = map[string]map[string]string{}
	case roleSet:
		w.roles = provision.DefaultRoleSet()
	}
	return w, nil
}

func commaSeparated(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// defaults are the values of an operator who sets nothing.
func defaults() map[string]written {
	all := map[string]written{}
	for _, s := range settings {
		all[s.path], _ = s.fromText(s.usual) // the table holds nothing that fails; a test looks
	}
	return all
}

// find returns the setting that satisfies is.
func find(is func(setting) bool) (setting, bool) {
	if i := slices.IndexFunc(settings, is); i >= 0 {
		return settings[i], true
	}
	return setting{}, false
}
