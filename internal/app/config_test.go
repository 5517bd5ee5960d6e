package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/provision/aws"
	"github.com/oktaws/oktaws/store"
)

const root = "../.."

// enough is the least environment that makes a valid configuration.
func enough(more ...string) map[string]string {
	env := variables([]string{
		"SLACK_BOT_TOKEN=xoxb-111-222-botsecret",
		"SLACK_APP_TOKEN=xapp-1-A111-222-appsecret",
		"OKTA_CLIENT_ORGURL=https://example.okta.com",
		"OKTA_CLIENT_TOKEN=00oktatokensecret",
		"OKTAWS_SLACK_ADMIN_CHANNEL=C0123456789",
	})
	maps.Copy(env, variables(more))
	return env
}

func without(env map[string]string, names ...string) map[string]string {
	for _, n := range names {
		delete(env, n)
	}
	return env
}

func yamlFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "oktaws.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// valid loads a configuration that must have no problem.
func valid(t *testing.T, file string, env map[string]string) loaded {
	t.Helper()
	l := load(file, env)
	if len(l.problems) > 0 {
		t.Fatal(invalid(l.problems))
	}
	return l
}

func TestDefaultsAreEnoughWithSecretsAndAChannel(t *testing.T) {
	l := valid(t, "", enough())
	if len(l.warnings) > 0 {
		t.Errorf("warnings: %q", l.warnings)
	}
	if l.DataDir != "./data" || l.Approvals.Required != 1 || l.Approvals.ExpireAfter != 168*time.Hour ||
		l.AWS.AccessRole != "OrganizationAccountAccessRole" || l.Tasks.CheckEvery != time.Minute || l.Slack.APIURL != "https://slack.com/api/" {
		t.Errorf("defaults: %+v", l.Config)
	}
	if !reflect.DeepEqual(l.RoleSets, map[string][]provision.RoleSpec{"default": provision.DefaultRoleSet()}) {
		t.Errorf("role sets: %+v", l.RoleSets)
	}
	if l.Okta.Mode != store.ModeGroups || l.Okta.Shared != "" || len(l.AWS.Partitions) != 0 {
		t.Errorf("integration: %+v %+v", l.Okta, l.AWS)
	}
	for label, want := range map[string]bool{"Gmail-AWS-Account": true, "ab": false, "-abc": false, "has space": false, "abc\n": false} {
		if l.Okta.LabelPattern.MatchString(label) != want {
			t.Errorf("label %q matches: %v", label, !want)
		}
	}
}

func TestExampleFileHasEverySettingWithItsDefault(t *testing.T) {
	file := filepath.Join(root, "oktaws.example.yaml")
	l, values := &loaded{}, map[string]written{}
	l.readFile(file, values)
	if len(l.problems) > 0 {
		t.Fatal(invalid(l.problems))
	}
	usual := defaults()
	for _, s := range settings {
		got, ok := values[s.path]
		if !ok {
			t.Errorf("%s is missing", s.path)
			continue
		}
		got.where = ""
		if want := usual[s.path]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, and the default %+v", s.path, got, want)
		}
	}
	fromFile, fromNothing := valid(t, file, enough()), valid(t, "", enough())
	if !reflect.DeepEqual(fromFile.Config, fromNothing.Config) {
		t.Errorf("with the example: %+v\nwithout: %+v", fromFile.Config, fromNothing.Config)
	}
}

func TestReadmeListsEverySetting(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settings {
		row := "| `" + s.path + "` |"
		if !s.fileOnly() {
			row += " `" + s.variable() + "` |"
			if s.usual != "" {
				row += " `" + s.usual + "` |"
			}
		}
		if !strings.Contains(string(content), row) {
			t.Errorf("the README has no row %s", row)
		}
	}
}

// Another value than the default of each setting, as a variable and as the file hold it.
var others = map[string][2]string{
	"data_dir":                   {"/data", "/data"},
	"slack.admin_channel":        {"G99999999", "G99999999"},
	"approvals.required":         {"2", "2"},
	"approvals.approvers":        {"U11111111, W22222222", "[U11111111, W22222222]"},
	"approvals.expire_after":     {"48h", "48h"},
	"aws.region":                 {"us-gov-west-1", "us-gov-west-1"},
	"aws.access_role":            {"", `""`},
	"aws.external_id":            {"abc:1", `"abc:1"`},
	"aws.source_identity":        {"oktaws", "oktaws"},
	"aws.profiles":               {"111122223333=prod, 012345678901=old", `{"111122223333": prod, 012345678901: old}`},
	"aws.provider_name":          {"Okta-2", "Okta-2"},
	"aws.stack_name":             {"okta", "okta"},
	"aws.user_name":              {"okta.sso", "okta.sso"},
	"aws.user_may_assume":        {"true", "true"},
	"okta.integration_mode":      {"api", "api"},
	"okta.shared_application":    {"AWS {partition}", `"AWS {partition}"`},
	"okta.group_template":        {"aws#{account}#{role}", `"aws#{account}#{role}"`},
	"okta.label_pattern":         {"[a-z]+|x", `"[a-z]+|x"`},
	"okta.label_template":        {"AWS-{name}", `"AWS-{name}"`},
	"okta.session_duration":      {"12h", "12h"},
	"okta.rate_share":            {"0.25", "25%"},
	"tasks.assignees":            {"U11111111", "[U11111111]"},
	"tasks.remind_after":         {"5m", "5m"},
	"tasks.remind_every":         {"36h", "36h"},
	"tasks.check_every":          {"10s", "10s"},
	"drift.check_every":          {"0s", "0s"},
	"rotation.key_age":           {"0s", "0s"},
	"rotation.warn_before":       {"24h", "24h"},
	"rotation.keep_old_key":      {"1h", "1h"},
	"rotation.certificate_years": {"2", "2"},
	"log.level":                  {"debug", "debug"},
	"log.format":                 {"json", "json"},
}

func TestEverySettingCanBeAVariableOrInTheFile(t *testing.T) {
	usual := valid(t, "", enough()).Config
	for _, s := range settings {
		if s.fileOnly() {
			continue
		}
		t.Run(s.path, func(t *testing.T) {
			other, ok := others[s.path]
			if !ok {
				t.Fatal("the test knows no other value for it")
			}
			section, key, nested := strings.Cut(s.path, ".")
			content := section + ": " + other[1]
			if nested {
				content = section + ":\n  " + key + ": " + other[1]
			}
			fromVariable := valid(t, "", enough(s.variable()+"="+other[0]))
			fromFile := valid(t, yamlFile(t, content), without(enough(), s.variable()))
			if reflect.DeepEqual(fromVariable.Config, usual) {
				t.Error("the variable changed nothing")
			}
			if !reflect.DeepEqual(fromFile.Config, fromVariable.Config) {
				t.Errorf("file %+v\nvariable %+v", fromFile.Config, fromVariable.Config)
			}
		})
	}
}

func TestVariableCountsOverFileEvenWhenEmpty(t *testing.T) {
	file := yamlFile(t, "aws:\n  access_role: SomeRole\n  external_id: abc\ntasks:\n  assignees: [U11111111]\nlog:\n")
	l := valid(t, file, enough("OKTAWS_AWS_ACCESS_ROLE=", "OKTAWS_TASKS_ASSIGNEES=", "OKTAWS_CONFIG="+file, "OKTAWS_RECORDED=/x"))
	if l.AWS.AccessRole != "" || len(l.Tasks.Assignees) != 0 || l.AWS.ExternalID != "abc" {
		t.Errorf("got %+v %+v", l.AWS, l.Tasks)
	}
}

func TestLabelPatternMatchesWholeNames(t *testing.T) {
	for pattern, want := range map[string]string{
		"^a+$": "^a+$", "a+": "^(?:a+)$", "^a|b$": "^(?:^a|b$)$", "^a": "^(?:^a)$", "(?m)^a$": "^(?:(?m)^a$)$",
	} {
		l := valid(t, "", enough("OKTAWS_OKTA_LABEL_PATTERN="+pattern))
		if got := l.Okta.LabelPattern.String(); got != want {
			t.Errorf("%s became %s, not %s", pattern, got, want)
		}
	}
}

// manyRoles make a template that is too long.
func manyRoles() string {
	var roles []string
	for i := range 6 {
		roles = append(roles, fmt.Sprintf("{name: R%d, inline: {a: {Statement: {Effect: Allow, Action: [%s]}}}}", i, strings.Repeat("abcdefgh, ", 900)))
	}
	return strings.Join(roles, "\n    - ")
}

func manyTags() string {
	var tags []string
	for i := range 41 {
		tags = append(tags, fmt.Sprintf("t%d: x", i))
	}
	return strings.Join(tags, ", ")
}

// What is wrong, and what must be said of it: the setting as people know it, its place, and what helps.
func TestEveryProblemNamesTheSettingAtFault(t *testing.T) {
	role := func(fields string) string { return "role_sets:\n  default:\n    - " + fields }
	const policy = `policies: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]`
	cases := map[string]struct {
		file string
		env  []string
		says []string
	}{
		"misspelt key":              {file: "slack:\n  admin_chanel: C1", says: []string{"oktaws.yaml:2: slack.admin_chanel is not a setting", "Did you mean slack.admin_channel?"}},
		"misspelt section":          {file: "\nslak:\n  admin_channel: C1", says: []string{"oktaws.yaml:2: slak is not a setting", "Did you mean slack?"}},
		"key at the wrong place":    {file: "admin_channel: C1", says: []string{"admin_channel is not a setting", "Did you mean slack.admin_channel?"}},
		"key like nothing":          {file: "zzz: 1", says: []string{"zzz is not a setting", "oktaws.example.yaml"}},
		"secret in the file":        {file: "slack:\n  bot_token: xoxb-1-verysecret", says: []string{"slack.bot_token is not a setting", "SLACK_BOT_TOKEN_FILE"}},
		"key twice":                 {file: "data_dir: a\ndata_dir: b", says: []string{"oktaws.yaml:2: data_dir is there already, in line 1"}},
		"not YAML":                  {file: "a: b: c", says: []string{"oktaws.yaml is not YAML"}},
		"two documents":             {file: "log:\n---\nlog:", says: []string{"more than one document"}},
		"list for the file":         {file: "- a", says: []string{"the file must hold keys and values"}},
		"text for a section":        {file: "slack: C1", says: []string{"oktaws.yaml:1: slack must hold keys and values"}},
		"no value":                  {file: "aws:\n  access_role:", says: []string{"aws.access_role (OKTAWS_AWS_ACCESS_ROLE) has no value", `Write ""`}},
		"list for a value":          {file: "data_dir: [a]", says: []string{"data_dir (OKTAWS_DATA_DIR) must be one value"}},
		"text for a list":           {file: "tasks:\n  assignees: U11111111", says: []string{"tasks.assignees (OKTAWS_TASKS_ASSIGNEES) must be a list"}},
		"text for a map":            {file: "aws:\n  profiles: x", says: []string{"aws.profiles (OKTAWS_AWS_PROFILES) must be a map"}},
		"account twice":             {file: "aws:\n  profiles: {\"111122223333\": a, \"111122223333\": b}", says: []string{"has 111122223333 twice"}},
		"misspelt variable":         {env: []string{"OKTAWS_TASKS_REMIND_EVRY=1h"}, says: []string{"OKTAWS_TASKS_REMIND_EVRY is not a variable of oktaws", "Did you mean OKTAWS_TASKS_REMIND_EVERY?"}},
		"role set as a variable":    {env: []string{"OKTAWS_ROLE_SETS_DEFAULT=x"}, says: []string{"OKTAWS_ROLE_SETS_DEFAULT can be set in the file only"}},
		"map without =":             {env: []string{"OKTAWS_AWS_PROFILES=prod"}, says: []string{"aws.profiles (OKTAWS_AWS_PROFILES) has \"prod\", which has no ="}},
		"empty data folder":         {env: []string{"OKTAWS_DATA_DIR="}, says: []string{"data_dir (OKTAWS_DATA_DIR) is empty"}},
		"no channel":                {env: []string{"OKTAWS_SLACK_ADMIN_CHANNEL="}, says: []string{"slack.admin_channel (OKTAWS_SLACK_ADMIN_CHANNEL) is not set"}},
		"channel by name":           {file: "\nslack: {admin_channel: \"#admins\"}", env: []string{"-OKTAWS_SLACK_ADMIN_CHANNEL"}, says: []string{"oktaws.yaml:2: slack.admin_channel (OKTAWS_SLACK_ADMIN_CHANNEL) is \"#admins\"", "C0123456789"}},
		"person by name":            {env: []string{"OKTAWS_APPROVALS_APPROVERS=an.admin"}, says: []string{"approvals.approvers (OKTAWS_APPROVALS_APPROVERS) has \"an.admin\"", "Copy member ID"}},
		"person twice":              {env: []string{"OKTAWS_TASKS_ASSIGNEES=U11111111,U11111111"}, says: []string{"tasks.assignees (OKTAWS_TASKS_ASSIGNEES) lists U11111111 twice"}},
		"no approval":               {env: []string{"OKTAWS_APPROVALS_REQUIRED=0"}, says: []string{"approvals.required (OKTAWS_APPROVALS_REQUIRED) is \"0\""}},
		"too many approvals":        {env: []string{"OKTAWS_APPROVALS_REQUIRED=11"}, says: []string{"approvals.required (OKTAWS_APPROVALS_REQUIRED) is 11, and may be 10"}},
		"too many assignees":        {env: []string{"OKTAWS_TASKS_ASSIGNEES=UAAAAA1,UAAAAA2,UAAAAA3,UAAAAA4,UAAAAA5,UAAAAA6,UAAAAA7,UAAAAA8,UAAAAA9,UAAAA10,UAAAA11"}, says: []string{"tasks.assignees (OKTAWS_TASKS_ASSIGNEES) lists 11 people, and may list 10"}},
		"more than there are":       {env: []string{"OKTAWS_APPROVALS_REQUIRED=2", "OKTAWS_APPROVALS_APPROVERS=U11111111"}, says: []string{"approvals.required (OKTAWS_APPROVALS_REQUIRED) is 2", "lists only 1"}},
		"duration without unit":     {env: []string{"OKTAWS_TASKS_REMIND_AFTER=5"}, says: []string{"tasks.remind_after (OKTAWS_TASKS_REMIND_AFTER) is \"5\"", "15m"}},
		"duration of nothing":       {env: []string{"OKTAWS_TASKS_CHECK_EVERY=0s"}, says: []string{"tasks.check_every (OKTAWS_TASKS_CHECK_EVERY) is 0s"}},
		"more than all of the rate": {env: []string{"OKTAWS_OKTA_RATE_SHARE=150%"}, says: []string{"okta.rate_share (OKTAWS_OKTA_RATE_SHARE) is \"150%\"", "50% or 0.5"}},
		"nothing of the rate":       {env: []string{"OKTAWS_OKTA_RATE_SHARE=0"}, says: []string{"okta.rate_share (OKTAWS_OKTA_RATE_SHARE) is \"0\""}},
		"no number for the rate":    {file: "okta:\n  rate_share: NaN", says: []string{"oktaws.yaml:2: okta.rate_share (OKTAWS_OKTA_RATE_SHARE) is \"NaN\""}},
		"session too short":         {env: []string{"OKTAWS_OKTA_SESSION_DURATION=59m"}, says: []string{"okta.session_duration (OKTAWS_OKTA_SESSION_DURATION) is 59m"}},
		"session too long":          {env: []string{"OKTAWS_OKTA_SESSION_DURATION=13h"}, says: []string{"1h to 12h"}},
		"zone for a region":         {env: []string{"OKTAWS_AWS_REGION=us-east-1a"}, says: []string{"aws.region (OKTAWS_AWS_REGION) is \"us-east-1a\""}},
		"region of no partition":    {env: []string{"OKTAWS_AWS_REGION=us-iso-east-1"}, says: []string{"aws.region"}},
		"ARN for a role":            {env: []string{"OKTAWS_AWS_ACCESS_ROLE=arn:aws:iam::111122223333:role/x"}, says: []string{"aws.access_role", "not its ARN"}},
		"external ID":               {env: []string{"OKTAWS_AWS_EXTERNAL_ID=a b"}, says: []string{"aws.external_id (OKTAWS_AWS_EXTERNAL_ID)"}},
		"source identity":           {env: []string{"OKTAWS_AWS_SOURCE_IDENTITY=x"}, says: []string{"aws.source_identity (OKTAWS_AWS_SOURCE_IDENTITY)"}},
		"profile for no account":    {env: []string{"OKTAWS_AWS_PROFILES=123=x"}, says: []string{"aws.profiles (OKTAWS_AWS_PROFILES) has \"123\""}},
		"account for no profile":    {env: []string{"OKTAWS_AWS_PROFILES=111122223333="}, says: []string{"names no profile for account 111122223333"}},
		"provider name":             {env: []string{"OKTAWS_AWS_PROVIDER_NAME=Okta SSO"}, says: []string{"aws.provider_name (OKTAWS_AWS_PROVIDER_NAME)"}},
		"stack name":                {env: []string{"OKTAWS_AWS_STACK_NAME=1stack"}, says: []string{"aws.stack_name (OKTAWS_AWS_STACK_NAME)"}},
		"user name":                 {env: []string{"OKTAWS_AWS_USER_NAME="}, says: []string{"aws.user_name (OKTAWS_AWS_USER_NAME)"}},
		"neither true nor false":    {env: []string{"OKTAWS_AWS_USER_MAY_ASSUME=yes"}, says: []string{"aws.user_may_assume", "true or false"}},
		"label template":            {env: []string{"OKTAWS_OKTA_LABEL_TEMPLATE=AWS"}, says: []string{"okta.label_template (OKTAWS_OKTA_LABEL_TEMPLATE)", "{name} or {account}"}},
		"label template's name":     {env: []string{"OKTAWS_OKTA_LABEL_TEMPLATE={names}"}, says: []string{"okta.label_template", "{names}", "Did you mean {name}?"}},
		"label template's spaces":   {env: []string{"OKTAWS_OKTA_LABEL_TEMPLATE={name} "}, says: []string{"okta.label_template", "a space at either end"}},
		"pattern":                   {env: []string{"OKTAWS_OKTA_LABEL_PATTERN=(a"}, says: []string{"okta.label_pattern (OKTAWS_OKTA_LABEL_PATTERN)", "not a pattern"}},
		"integration mode":          {env: []string{"OKTAWS_OKTA_INTEGRATION_MODE=saml"}, says: []string{"okta.integration_mode (OKTAWS_OKTA_INTEGRATION_MODE) is \"saml\", and must be groups or api"}},
		"application to share":      {env: []string{"OKTAWS_OKTA_SHARED_APPLICATION=" + strings.Repeat("x", 101)}, says: []string{"okta.shared_application (OKTAWS_OKTA_SHARED_APPLICATION) has 101 characters"}},
		"what it stands for":        {env: []string{"OKTAWS_OKTA_SHARED_APPLICATION=AWS {account}"}, says: []string{"okta.shared_application (OKTAWS_OKTA_SHARED_APPLICATION) has {account}, which stands for nothing"}},
		"shared in mode api":        {file: "okta:\n  shared_application: AWS", env: []string{"OKTAWS_OKTA_INTEGRATION_MODE=api"}, says: []string{"oktaws.yaml:2: okta.shared_application (OKTAWS_OKTA_SHARED_APPLICATION) needs the integration mode groups"}},
		"shared by partitions":      {file: "aws: {partitions: {aws-cn: {region: cn-north-1}}}", env: []string{"OKTAWS_OKTA_SHARED_APPLICATION=AWS"}, says: []string{"okta.shared_application (OKTAWS_OKTA_SHARED_APPLICATION) must hold {partition}", "AWS {partition}"}},
		"groups without an account": {env: []string{"OKTAWS_OKTA_GROUP_TEMPLATE=aws#{role}"}, says: []string{"okta.group_template (OKTAWS_OKTA_GROUP_TEMPLATE) is \"aws#{role}\", and must hold {account} and {role}"}},
		"groups of two roles":       {env: []string{"OKTAWS_OKTA_GROUP_TEMPLATE=aws#{role}#{account}#{role}"}, says: []string{"once each"}},
		"groups of another thing":   {env: []string{"OKTAWS_OKTA_GROUP_TEMPLATE=aws#{rol}#{account}"}, says: []string{"has {rol}, which stands for nothing", "Did you mean {role}?"}},
		"groups with long names":    {env: []string{"OKTAWS_OKTA_GROUP_TEMPLATE=" + strings.Repeat("x", 250) + "{account}{role}"}, says: []string{"1 to 255 characters"}},
		"groups read as others":     {file: role("{name: Power-User, " + policy + "}"), env: []string{"OKTAWS_OKTA_GROUP_TEMPLATE={alias}-{role}-{account}"}, says: []string{"okta.group_template (OKTAWS_OKTA_GROUP_TEMPLATE)", "the role Power-User of role_sets.default off a group such as 111122223333-Power-User-111122223333, but the role User", "such as #"}},
		"groups read as accounts":   {env: []string{"OKTAWS_OKTA_GROUP_TEMPLATE={role}{account}"}, says: []string{"Administrator111122223333, but the role Administrator11112222333"}},
		"groups with spaces":        {env: []string{"OKTAWS_OKTA_GROUP_TEMPLATE={label}#{role}#{account}", "OKTAWS_OKTA_LABEL_PATTERN=AWS [a-z]+"}, says: []string{"okta.group_template", "names with spaces"}},
		"unknown partition":         {file: "aws: {partitions: {aws-eu: {region: eu-west-1}}}", says: []string{"oktaws.yaml:1: aws.partitions has aws-eu, which is no partition"}},
		"partition of the region":   {file: "aws: {partitions: {aws: {region: eu-west-1}}}", says: []string{"aws.partitions has aws, and aws.region us-east-1 is in it already"}},
		"partition twice":           {file: "aws: {partitions: {aws-cn: {region: cn-north-1}, aws-cn: {region: cn-north-1}}}", says: []string{"aws.partitions has aws-cn twice"}},
		"region of another one":     {file: "aws: {partitions: {aws-cn: {region: us-gov-west-1}}}", says: []string{"aws.partitions has \"us-gov-west-1\" as the region of aws-cn", "cn-north-1"}},
		"partition without region":  {file: "aws: {partitions: {aws-cn: {}}}", says: []string{"aws.partitions has \"\" as the region of aws-cn"}},
		"misspelt key of one":       {file: "aws: {partitions: {aws-cn: {regoin: cn-north-1}}}", says: []string{"aws.partitions has regoin for aws-cn", "Did you mean region?"}},
		"no region at all":          {file: "aws: {partitions: {aws-cn: {region: China}}}", says: []string{"aws.partitions has aws-cn whose region is \"China\""}},
		"role of a partition":       {file: "aws: {partitions: {aws-cn: {region: cn-north-1, access_role: a b}}}", says: []string{"has aws-cn whose access_role is \"a b\""}},
		"profile of a partition":    {file: "aws: {partitions: {aws-cn: {region: cn-north-1, profile: \"\"}}}", says: []string{"has aws-cn whose profile is empty"}},
		"text for partitions":       {file: "aws: {partitions: aws-cn}", says: []string{"aws.partitions must be a map"}},
		"text for a partition":      {file: "aws: {partitions: {aws-cn: cn-north-1}}", says: []string{"aws.partitions must be a map"}},
		"partitions as a variable":  {env: []string{"OKTAWS_AWS_PARTITIONS=aws-cn"}, says: []string{"OKTAWS_AWS_PARTITIONS can be set in the file only"}},
		"checks of the past":        {env: []string{"OKTAWS_DRIFT_CHECK_EVERY=-1h"}, says: []string{"drift.check_every (OKTAWS_DRIFT_CHECK_EVERY) is -1h"}},
		"age without a unit":        {env: []string{"OKTAWS_ROTATION_KEY_AGE=90"}, says: []string{"rotation.key_age (OKTAWS_ROTATION_KEY_AGE) is \"90\"", "24h"}},
		"old key for no time":       {env: []string{"OKTAWS_ROTATION_KEEP_OLD_KEY=0s"}, says: []string{"rotation.keep_old_key (OKTAWS_ROTATION_KEEP_OLD_KEY) is 0s"}},
		"warned from the first day": {env: []string{"OKTAWS_ROTATION_KEY_AGE=24h"}, says: []string{"rotation.warn_before (OKTAWS_ROTATION_WARN_BEFORE) is 336h0m0s, and rotation.key_age only 24h0m0s"}},
		"warned of any certificate": {env: []string{"OKTAWS_ROTATION_KEY_AGE=0s", "OKTAWS_ROTATION_CERTIFICATE_YEARS=2", "OKTAWS_ROTATION_WARN_BEFORE=20000h"}, says: []string{"rotation.warn_before", "rotation.certificate_years only 2"}},
		"years of a certificate":    {env: []string{"OKTAWS_ROTATION_CERTIFICATE_YEARS=1"}, says: []string{"rotation.certificate_years (OKTAWS_ROTATION_CERTIFICATE_YEARS) is \"1\""}},
		"log level":                 {env: []string{"OKTAWS_LOG_LEVEL=loud"}, says: []string{"log.level (OKTAWS_LOG_LEVEL)"}},
		"log format":                {env: []string{"OKTAWS_LOG_FORMAT=xml"}, says: []string{"log.format (OKTAWS_LOG_FORMAT)"}},
		"no role":                   {file: "role_sets:\n  default: []", says: []string{"oktaws.yaml:2: role_sets.default has no role"}},
		"no role in another set":    {file: "role_sets:\n  audit: []", says: []string{"oktaws.yaml:2: role_sets.audit has no role"}},
		"name of a role set":        {file: "role_sets:\n  The Audit: [{name: A, " + policy + "}]", says: []string{"oktaws.yaml:2: role_sets.The Audit has a name", "a-z"}},
		"role set twice":            {file: "role_sets:\n  audit: [{name: A, " + policy + "}]\n  audit: []", says: []string{"oktaws.yaml:3: role_sets.audit is there already, in line 2"}},
		"list for role sets":        {file: "role_sets: []", says: []string{"role_sets must hold keys and values"}},
		"another set as a variable": {env: []string{"OKTAWS_ROLE_SETS_AUDIT=x"}, says: []string{"OKTAWS_ROLE_SETS_AUDIT can be set in the file only", "Write role_sets in"}},
		"text for a role":           {file: role("Administrator"), says: []string{"role_sets.default must be a list of roles"}},
		"misspelt key of a role":    {file: role("{name: A, polices: []}"), says: []string{"has polices in line 3", "Did you mean policies?"}},
		"role's key twice":          {file: role("{name: A, name: B}"), says: []string{"has name twice"}},
		"role name":                 {file: role("{name: a b, " + policy + "}"), says: []string{"role_sets.default has \"a b\" as the name of role 1"}},
		"same role twice":           {file: role("{name: Admin, " + policy + "}\n    - {name: admin, " + policy + "}"), says: []string{"two roles called admin"}},
		"roles alike in letters":    {file: role("{name: a-b, " + policy + "}\n    - {name: ab, " + policy + "}"), says: []string{"role_sets.default", "template"}},
		"role without policies":     {file: role("{name: Admin}"), says: []string{"has no policies for role Admin"}},
		"no policies":               {file: role("{name: Admin, policies: []}"), says: []string{"has no policies for role Admin", "inline"}},
		"too many policies":         {file: role("{name: Admin, policies: [" + strings.TrimSuffix(strings.Repeat("x, ", 21), ", ") + "]}"), says: []string{"has 21 policies for role Admin, and may have 20"}},
		"policy twice":              {file: role("{name: Admin, policies: [\"arn:aws:iam::aws:policy/A\", \"arn:aws:iam::aws:policy/A\"]}"), says: []string{"has arn:aws:iam::aws:policy/A for role Admin twice"}},
		"text for an inline policy": {file: role("{name: Admin, inline: {a: b}}"), says: []string{"role_sets.default has a role (line 3) whose inline holds a policy that is not JSON"}},
		"list for inline policies":  {file: role("{name: Admin, inline: [a]}"), says: []string{"(line 3) whose inline must be a map"}},
		"inline policy of nothing":  {file: role("{name: Admin, inline: {a: {Version: 2012-10-17}}}"), says: []string{"without Statement", "Write it as {Version"}},
		"inline policy of a list":   {file: role("{name: Admin, inline: {a: '[]'}}"), says: []string{"without Statement"}},
		"no statement":              {file: role("{name: Admin, inline: {a: {Statement: []}}}"), says: []string{"without Statement"}},
		"statement without effect":  {file: role("{name: Admin, inline: {a: {Statement: {Effect: allow}}}}"), says: []string{"neither Allow nor Deny"}},
		"statement with principal":  {file: role("{name: Admin, inline: {a: {Statement: {Effect: Allow, Principal: '*'}}}}"), says: []string{"with a Principal"}},
		"value of nothing":          {file: role("{name: Admin, inline: {a: {Statement: {Effect: Allow, Action: }}}}"), says: []string{"empty value"}},
		"function in a policy":      {file: role("{name: Admin, inline: {a: {Statement: {Effect: Allow, Resource: !Sub x}}}}"), says: []string{"holds !Sub in a policy", "${AWS::AccountId}"}},
		"alias in a policy":         {file: role("{name: Admin, inline: {a: {Statement: &s {Effect: Allow}}, b: {Statement: *s}}}"), says: []string{"the alias *s"}},
		"key of JSON twice":         {file: role(`{name: Admin, inline: {a: '{"Statement": {"Effect": "Allow", "Effect": "Deny"}}'}}`), says: []string{"whose inline has Effect twice"}},
		"name of an inline policy":  {file: role("{name: Admin, inline: {a b: {Statement: {Effect: Allow}}}}"), says: []string{"has \"a b\" as the name of an inline policy of role Admin"}},
		"inline policies too long":  {file: role("{name: Admin, inline: {a: {Statement: {Effect: Allow, Action: [" + strings.Repeat("abcdefgh, ", 1000) + "]}}}}"), says: []string{"characters for role Admin, and AWS takes 10240"}},
		"template too long":         {file: role(manyRoles()), says: []string{"makes a CloudFormation template of", "AWS takes 51200"}},
		"permissions boundary":      {file: role("{name: Admin, permissions_boundary: Boundary, " + policy + "}"), says: []string{"has \"Boundary\" as the permissions boundary of role Admin", "arn:${AWS::Partition}"}},
		"session of a role":         {file: role("{name: Admin, session: 13h, " + policy + "}"), says: []string{"has a role (line 3) whose session is 13h, and must be"}},
		"session below the sign-on": {file: role("{name: Admin, session: 1h, " + policy + "}"), env: []string{"OKTAWS_OKTA_SESSION_DURATION=2h"}, says: []string{"oktaws.yaml:3: role_sets.default has a session of 1h0m0s for role Admin, and okta.session_duration is 2h0m0s", "AWS refuses a sign-on"}},
		"path without slashes":      {file: role("{name: Admin, path: okta, " + policy + "}"), says: []string{"has \"okta\" as the path of role Admin", "slash"}},
		"path in mode api":          {file: role("{name: Admin, path: /okta/, " + policy + "}"), env: []string{"OKTAWS_OKTA_INTEGRATION_MODE=api"}, says: []string{"role_sets.default has the path /okta/ for role Admin", "in mode api"}},
		"paths in mode groups":      {file: role("{name: A, path: /okta/, " + policy + "}\n    - {name: B, " + policy + "}"), says: []string{"role_sets.default has roles with the paths /okta/ and /"}},
		"paths of an application":   {file: "role_sets:\n  audit:\n    - {name: A, path: /okta/, " + policy + "}", env: []string{"OKTAWS_OKTA_SHARED_APPLICATION=AWS"}, says: []string{"role_sets.audit has the path /okta/ for role A", "all role sets"}},
		"tag of AWS":                {file: role("{name: Admin, tags: {\"aws:x\": y}, " + policy + "}"), says: []string{"has the tag aws:x for role Admin"}},
		"tag of oktaws":             {file: role("{name: Admin, tags: {Managed-By: me}, " + policy + "}"), says: []string{"has the tag Managed-By for role Admin, which oktaws sets"}},
		"tag alike in letters":      {file: role("{name: Admin, tags: {team: a, Team: b}, " + policy + "}"), says: []string{"has two tags called team"}},
		"tag with a strange letter": {file: role("{name: Admin, tags: {team: \"a!\"}, " + policy + "}"), says: []string{"has the tag \"team\": \"a!\" for role Admin"}},
		"too many tags":             {file: role("{name: Admin, tags: {" + manyTags() + "}, " + policy + "}"), says: []string{"has 41 tags for role Admin, and may have 40"}},
		"neither there nor not":     {file: role("{name: Admin, existing_group: maybe, " + policy + "}"), says: []string{"whose existing_group is \"maybe\", and must be true or false"}},
		"list for a role's name":    {file: role("{name: [a], " + policy + "}"), says: []string{"has a role (line 3) whose name must be one value"}},
		"policy by name":            {file: role("{name: Admin, policies: [ReadOnlyAccess]}"), says: []string{"\"ReadOnlyAccess\" for role Admin", "arn:${AWS::Partition}"}},
		"unknown placeholder":       {file: role("{name: Admin, group: \"{lable}-x\", " + policy + "}"), says: []string{"has for role Admin a group that has {lable}, which stands for nothing", "Did you mean {label}?"}},
		"half a placeholder":        {file: role("{name: Admin, group: \"{label-x\", " + policy + "}"), says: []string{"brace"}},
		"empty group":               {file: role("{name: Admin, group: \"\", " + policy + "}"), says: []string{"no group"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			env := enough()
			for _, v := range c.env {
				if gone, ok := strings.CutPrefix(v, "-"); ok {
					delete(env, gone)
				} else {
					maps.Copy(env, variables([]string{v}))
				}
			}
			file := ""
			if c.file != "" {
				file = yamlFile(t, c.file)
			}
			l := load(file, env)
			if len(l.problems) == 0 {
				t.Fatal("nothing was found wrong")
			}
			text := strings.ReplaceAll(invalid(l.problems).Error(), filepath.Dir(file)+"/", "")
			for _, want := range c.says {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not said:\n%s", want, text)
				}
			}
		})
	}
}

func TestRoleSetsHoldAllThatARoleCanBe(t *testing.T) {
	l := valid(t, yamlFile(t, `role_sets:
  audit-2:
    - name: Auditor
      inline:
        logs:
          Version: 2012-10-17
          Statement:
            - {Effect: Allow, Action: "logs:Get*", Resource: "arn:${AWS::Partition}:logs:*:${AWS::AccountId}:*", Condition: {Bool: {"aws:SecureTransport": true}, NumericLessThan: {"aws:MultiFactorAuthAge": 3600}}}
        mail: "{\t\"Statement\": {\"Effect\": \"Deny\", \"Action\": \"ses:*\", \"Resource\": \"<&>\"}}"
      permissions_boundary: arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/team/Boundary
      session: 8h
      path: /okta/
      tags: {team: mail, cost center: 12}
      group: auditors
      existing_group: true
`), enough())
	if !reflect.DeepEqual(l.RoleSets["default"], provision.DefaultRoleSet()) {
		t.Errorf("the default role set is gone: %+v", l.RoleSets)
	}
	want := []provision.RoleSpec{{
		Name: "Auditor", Boundary: "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/team/Boundary", Session: 8 * time.Hour, Path: "/okta/",
		Tags: map[string]string{"team": "mail", "cost center": "12"}, Group: "auditors", GroupExists: true,
		Inline: map[string]string{
			"logs": `{"Statement":[{"Action":"logs:Get*","Condition":{"Bool":{"aws:SecureTransport":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}},"Effect":"Allow","Resource":"arn:${AWS::Partition}:logs:*:${AWS::AccountId}:*"}],"Version":"2012-10-17"}`,
			"mail": `{"Statement":{"Action":"ses:*","Effect":"Deny","Resource":"<&>"}}`,
		},
	}}
	if !reflect.DeepEqual(l.RoleSets["audit-2"], want) {
		t.Errorf("got  %+v\nwant %+v", l.RoleSets["audit-2"], want)
	}
	for name, document := range l.RoleSets["audit-2"][0].Inline {
		if !json.Valid([]byte(document)) {
			t.Errorf("%s is not JSON: %s", name, document)
		}
	}
}

// TestExamplesInCommentsAreValid takes the comment signs off what the example file shows beside the defaults.
func TestExamplesInCommentsAreValid(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "oktaws.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^  # (  +)`).ReplaceAllString(string(content), "$1")
	text = strings.Replace(text, "  partitions: {}\n", "  partitions:\n", 1)
	l := valid(t, yamlFile(t, text), enough())
	if len(l.RoleSets) != 2 || len(l.AWS.Partitions) != 2 {
		t.Errorf("role sets %+v\npartitions %+v", l.RoleSets, l.AWS.Partitions)
	}
}

func TestFurtherPartitionsTakeWhatTheyDoNotSayFromTheFirst(t *testing.T) {
	file := yamlFile(t, `aws:
  access_role: Linker
  external_id: abc
  partitions:
    aws-us-gov: {region: us-gov-west-1, profile: gov}
    aws-cn: {region: cn-north-1, access_role: "", external_id: ""}
`)
	l := valid(t, file, enough())
	want := map[string]aws.Reach{
		"aws-us-gov": {Region: "us-gov-west-1", AccessRole: "Linker", ExternalID: "abc", Profile: "gov"},
		"aws-cn":     {Region: "cn-north-1"},
	}
	if !reflect.DeepEqual(l.AWS.Partitions, want) {
		t.Errorf("got %+v", l.AWS.Partitions)
	}
}

func TestGroupTemplatesThatOktaReadsAsTheyAreMeant(t *testing.T) {
	for _, template := range []string{"aws#{alias}#{role}#{account}", "{label}#{role}#{account}", "{account} {role}", "AWS/{account}/{role}", "{role}#{label}#{account}"} {
		l := valid(t, yamlFile(t, `role_sets: {default: [{name: "Power-User_1+=,.@x", policies: ["arn:aws:iam::aws:policy/A"]}]}`), enough("OKTAWS_OKTA_GROUP_TEMPLATE="+template))
		if len(l.warnings) != 1 || !strings.Contains(l.warnings[0], "period in the role name") {
			t.Errorf("warnings: %q", l.warnings)
		}
	}
}

func TestPipelineGetsWhatIsConfigured(t *testing.T) {
	got := pipelineConfig(valid(t, "", enough("OKTAWS_DRIFT_CHECK_EVERY=1h", "OKTAWS_ROTATION_KEY_AGE=48h", "OKTAWS_ROTATION_WARN_BEFORE=2h",
		"OKTAWS_ROTATION_KEEP_OLD_KEY=3h", "OKTAWS_ROTATION_CERTIFICATE_YEARS=4", "OKTAWS_OKTA_GROUP_TEMPLATE={account}#{role}")).Config)
	if got.DriftEvery != time.Hour || got.KeyAge != 48*time.Hour || got.WarnBefore != 2*time.Hour || got.KeepOldKey != 3*time.Hour ||
		got.CertificateLife != 4 || got.GroupTemplate != "{account}#{role}" || len(got.RoleSets["default"]) != 3 {
		t.Errorf("got %+v", got)
	}
}

func TestVariablesThatKubernetesInjectsAreNoProblem(t *testing.T) {
	env := enough()
	for _, name := range []string{"OKTAWS_SERVICE_HOST", "OKTAWS_SERVICE_PORT", "OKTAWS_SERVICE_PORT_HTTP", "OKTAWS_PORT", "OKTAWS_PORT_80_TCP", "OKTAWS_PORT_80_TCP_ADDR"} {
		env[name] = "10.0.0.1"
	}
	if l := load("", env); len(l.problems) > 0 {
		t.Error(invalid(l.problems))
	}
	env["OKTAWS_SERVICES"] = "x"
	if l := load("", env); len(l.problems) != 1 {
		t.Errorf("%d problems, want the one that nobody injects", len(l.problems))
	}
}

func TestAllProblemsAreToldAtOnce(t *testing.T) {
	l := load(yamlFile(t, "aws:\n  region: mars\nlog:\n  level: loud\nfoo: 1\n"), map[string]string{"OKTAWS_TASKS_CHECK_EVERY": "0s", "AWS_ENDPOINT_URL": "https://example.com"})
	text := invalid(l.problems).Error()
	for _, want := range []string{"aws.region", "log.level", "foo", "tasks.check_every", "slack.admin_channel", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "OKTA_CLIENT_ORGURL", "OKTA_CLIENT_TOKEN", "AWS_ENDPOINT_URL"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not named:\n%s", want, text)
		}
	}
	if !strings.HasPrefix(text, "the configuration has 10 problems:\n") {
		t.Error(text)
	}
}

func TestTableOfSettingsIsSound(t *testing.T) {
	var seen []string
	for _, s := range settings {
		if slices.Contains(seen, s.variable()) || slices.Contains(otherVariables, s.variable()) {
			t.Errorf("%s is there twice", s.variable())
		}
		seen = append(seen, s.variable())
		w, err := s.fromText(s.usual)
		if err == nil && s.path != "slack.admin_channel" {
			err = s.set(&Config{}, w)
		}
		if err != nil {
			t.Errorf("the default of %s: %v", s.path, err)
		}
	}
}
