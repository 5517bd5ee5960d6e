package app

import (
	"log/slog"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// What AWS allows in names (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html), and the shapes
// of Slack's IDs.
var (
	accountID          = regexp.MustCompile(`^\d{12}$`)
	channelPattern     = regexp.MustCompile(`^[CG][A-Z0-9]{5,20}$`)
	userPattern        = regexp.MustCompile(`^[UW][A-Z0-9]{5,20}$`)
	regionPattern      = regexp.MustCompile(`^[a-z]{2}(-gov)?-[a-z]+-\d{1,2}$`)
	providerPattern    = regexp.MustCompile(`^[\w.-]{1,128}$`)
	stackPattern       = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)
	iamPattern         = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	iamPathPattern     = regexp.MustCompile(`^([\w+=,.@-]+/)*[\w+=,.@-]{1,64}$`)
	externalIDPattern  = regexp.MustCompile(`^[\w+=,.@:/-]{2,}$`)
	sourceIDPattern    = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	policyPattern      = regexp.MustCompile(`^arn:(\$\{AWS::Partition\}|aws|aws-us-gov|aws-cn):iam::(aws|\d{12}|\$\{AWS::AccountId\}):policy/[\w+=,.@/-]+$`)
	inlinePattern      = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)
	rolePathPattern    = regexp.MustCompile(`^/([\w+=,.@-]+/)*$`)
	tagPattern         = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+@-]*$`)
	roleSetPattern     = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
	placeholderPattern = regexp.MustCompile(`\{[^{}]*\}`)
)

func notEmpty(s string) (string, error) {
	if strings.TrimSpace(s) == "" {
		return "", fault("Set it, or leave it out for the default.", "is empty")
	}
	return s, nil
}

func channelID(s string) (string, error) {
	const where = "In Slack, open the channel's details: its ID stands at the bottom, such as C0123456789."
	switch {
	case s == "":
		return "", fault(where, "is not set")
	case !channelPattern.MatchString(s):
		return "", fault(where, "is %q, which is not the ID of a channel", s)
	}
	return s, nil
}

func userID(s string) (string, error) {
	if !userPattern.MatchString(s) {
		return "", fault("In Slack, open the person's profile, then ⋮ and Copy member ID, such as U0123456789.", "has %q, which is not the ID of a Slack user", s)
	}
	return s, nil
}

func count(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fault("", "is %q, and must be a number from 1 on", s)
	}
	return n, nil
}

func yesNo(s string) (bool, error) {
	switch s {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fault("", "is %q, and must be true or false", s)
}

func duration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fault("Write it with a unit, such as 90s, 15m, 24h or 1h30m.", "is %q, which is not a duration", s)
	}
	if d <= 0 {
		return 0, fault("", "is %s, and must be more than nothing", s)
	}
	return d, nil
}

// durationOrNever is a duration of which 0s means that it never happens.
func durationOrNever(s string) (time.Duration, error) {
	if d, err := time.ParseDuration(s); err == nil && d == 0 {
		return 0, nil
	}
	return duration(s)
}

// certificateYears is bound to what Okta makes (validityYears).
// https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ApplicationSSOCredentialKey/
func certificateYears(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 2 || n > 10 {
		return 0, fault("", "is %q, and must be a number of years from 2 to 10", s)
	}
	return n, nil
}

// sessionDuration is bound to what both IAM roles (MaxSessionDuration) and Okta's application allow.
func sessionDuration(s string) (time.Duration, error) {
	d, err := duration(s)
	if err != nil {
		return 0, err
	}
	if d < time.Hour || d > 12*time.Hour || d%time.Second != 0 {
		return 0, fault("", "is %s, and must be whole seconds from 1h to 12h", s)
	}
	return d, nil
}

// rateShare is a share of Okta's rate limits: 50% or 0.5.
func rateShare(s string) (float64, error) {
	number, percent := strings.CutSuffix(s, "%")
	share, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		share /= 100
	}
	if err != nil || !(share > 0 && share <= 1) {
		return 0, fault("Write it as 50% or 0.5.", "is %q, and must be more than nothing and 100%% at most", s)
	}
	return share, nil
}

func region(s string) (string, error) {
	if !regionPattern.MatchString(s) {
		return "", fault("Write it as us-east-1, eu-central-1, us-gov-west-1 or cn-north-1.", "is %q, which is not a region of the partitions aws, aws-us-gov or aws-cn", s)
	}
	return s, nil
}

// matching returns a parser for names that match the pattern.
func matching(pattern *regexp.Regexp, mayBeEmpty bool, remedy string) func(string) (string, error) {
	return func(s string) (string, error) {
		if s == "" && mayBeEmpty || pattern.MatchString(s) {
			return s, nil
		}
		return "", fault(remedy, "is %q, which AWS would not take", s)
	}
}

var (
	accessRole     = matching(iamPathPattern, true, "Write the role's name alone, not its ARN; leave it empty to use the bot's own credentials.")
	externalID     = matching(externalIDPattern, true, "It has 2 or more letters, digits and +=,.@:/-_.")
	sourceIdentity = matching(sourceIDPattern, true, "It has 2 to 64 letters, digits and +=,.@-_.")
	providerName   = matching(providerPattern, false, "It has 1 to 128 letters, digits and .-_.")
	stackName      = matching(stackPattern, false, "It begins with a letter and has 1 to 128 letters, digits and hyphens.")
	userName       = matching(iamPattern, false, "It has 1 to 64 letters, digits and +=,.@-_.")
)

// wholePattern compiles a pattern, and makes it match whole texts only.
func wholePattern(s string) (*regexp.Regexp, error) {
	tree, err := syntax.Parse(s, syntax.Perl)
	if err != nil || s == "" {
		return nil, fault("Write it as Go's regular expressions are: https://pkg.go.dev/regexp/syntax.", "is %q, which is not a pattern", s)
	}
	last := len(tree.Sub) - 1
	whole := tree.Op == syntax.OpConcat && tree.Sub[0].Op == syntax.OpBeginText && tree.Sub[last].Op == syntax.OpEndText
	if !whole {
		s = "^(?:" + s + ")$"
	}
	return regexp.Compile(s)
}

func integrationMode(s string) (store.Mode, error) {
	if m := store.Mode(s); m == store.ModeGroups || m == store.ModeAPI {
		return m, nil
	}
	return "", fault("", "is %q, and must be groups or api", s)
}

// sharedApplication is the label of an application, or "".
func sharedApplication(s string) (string, error) {
	switch {
	case utf8.RuneCountInString(s) > 100: // Okta's limit
		return "", fault("", "has %d characters, and may have 100", utf8.RuneCountInString(s))
	case strings.TrimSpace(s) != s:
		return "", fault("", "is %q, and must not begin or end with a space", s)
	}
	if err := placeholdersIn(s, []string{"{partition}"}); err != nil {
		return "", err
	}
	return s, nil
}

// groupTemplate is a template of group names that Okta reads the account and the role off.
func groupTemplate(s string) (string, error) {
	if strings.TrimSpace(s) != s || s == "" || utf8.RuneCountInString(s) > 255 { // Okta's limit
		return "", fault("Write it as "+provision.DefaultGroupTemplate+".", "is %q, and must have 1 to 255 characters, none of them a space at either end", s)
	}
	if err := placeholdersIn(s, placeholders); err != nil {
		return "", err
	}
	if _, err := provision.GroupFilter(s, ""); err != nil {
		return "", fault("Write it as "+provision.DefaultGroupTemplate+": Okta reads both off a group's name.", "is %q, and must hold {account} and {role}, once each", s)
	}
	return s, nil
}

// labelTemplate is a template of labels that tells accounts apart.
func labelTemplate(s string) (string, error) {
	if strings.TrimSpace(s) != s || utf8.RuneCountInString(s) > 100 { // Okta's limit
		return "", fault("Write it as AWS-{name}.", "is %q, and must have at most 100 characters, none of them a space at either end", s)
	}
	known := []string{"{name}", "{account}"}
	if err := placeholdersIn(s, known); err != nil {
		return "", err
	}
	if !slices.ContainsFunc(known, func(p string) bool { return strings.Contains(s, p) }) {
		return "", fault("Write it as AWS-{name}.", "is %q, and must hold {name} or {account}: all accounts would be called the same", s)
	}
	return s, nil
}

// placeholdersIn looks whether a template holds the known placeholders only.
func placeholdersIn(s string, known []string) error {
	for _, p := range placeholderPattern.FindAllString(s, -1) {
		if !slices.Contains(known, p) {
			return fault(didYouMean(p, known), "has %s, which stands for nothing", p)
		}
	}
	if strings.ContainsAny(placeholderPattern.ReplaceAllString(s, ""), "{}") {
		return fault("Write it as "+known[0]+".", "has a brace without its other half")
	}
	return nil
}

func logLevel(s string) (slog.Level, error) {
	var l slog.Level
	switch s {
	case "debug", "info", "warn", "error":
		return l, l.UnmarshalText([]byte(s))
	}
	return l, fault("", "is %q, and must be debug, info, warn or error", s)
}

// logJSON tells the form of the log: JSON or text.
func logJSON(s string) (bool, error) {
	switch s {
	case "json":
		return true, nil
	case "text":
		return false, nil
	}
	return false, fault("", "is %q, and must be text or json", s)
}
