package aws

import (
	"regexp"
	"time"
)

var stsOperations = map[string]operation{
	"GetCallerIdentity":  getCallerIdentity,
	"AssumeRole":         assumeRole,
	"AssumeRoleWithSAML": assumeRoleWithSAML,
}

// getCallerIdentity needs no permission.
func getCallerIdentity(c *call) (any, error) {
	return struct {
		Arn     string
		UserID  string `xml:"UserId"`
		Account string
	}{c.who.arn, c.who.id, c.account.id}, nil
}

var (
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	externalID  = regexp.MustCompile(`^[\w+=,.@:/-]+$`)
)

const chainedHour = 3600 // seconds; a session got with another session lasts no longer

func assumeRole(c *call) (any, error) {
	if err := c.without("Tags", "TransitiveTagKeys", "PolicyArns", "SerialNumber", "TokenCode", "ProvidedContexts"); err != nil {
		return nil, err
	}
	text, err := c.get("RoleArn")
	if err != nil {
		return nil, err
	}
	name, err := c.get("RoleSessionName")
	if err != nil {
		return nil, err
	}
	if !sessionName.MatchString(name) {
		return nil, badValue("RoleSessionName", name, `Member must satisfy regular expression pattern: [\w+=,.@-]* and have a length of 2 to 64`)
	}
	source, external := c.form.Get("SourceIdentity"), c.form.Get("ExternalId")
	if source != "" && !sessionName.MatchString(source) {
		return nil, badValue("SourceIdentity", source, `Member must satisfy regular expression pattern: [\w+=,.@-]* and have a length of 2 to 64`)
	}
	if external != "" && (len(external) < 2 || len(external) > 1224 || !externalID.MatchString(external)) {
		return nil, badValue("ExternalId", external, `Member must satisfy regular expression pattern: [\w+=,.@:\/-]* and have a length of 2 to 1224`)
	}
	seconds, err := c.number("DurationSeconds", 900, 43200, 3600)
	if err != nil {
		return nil, err
	}
	var policy *document
	if raw := c.form.Get("Policy"); raw != "" {
		if policy, err = parseIdentityPolicy(raw); err != nil {
			return nil, err
		}
	}
	roleARN, err := parseARN(text)
	if err != nil {
		return nil, err
	}
	r := c.roleByARN(roleARN)
	if r == nil || r.account.barred() {
		// AWS doesn't tell an absent role from one that trusts somebody else, or from one of a closed account [C].
		return nil, &Error{403, "AccessDenied", "User: " + c.who.arn + " is not authorized to perform: sts:AssumeRole on resource: " + text}
	}
	f := c.who.facts(c.region).with(facts{"sts:ExternalId": external, "sts:RoleSessionName": name, "sts:SourceIdentity": source})
	if err := r.trusts(c.who, "sts:AssumeRole", f); err != nil {
		return nil, err
	}
	// A source identity stays for the whole chain (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html).
	if c.who.session != nil && c.who.session.source != "" {
		if source != "" && source != c.who.session.source {
			return nil, &Error{403, "AccessDenied", "Source identity cannot be changed once it is set."}
		}
		source = c.who.session.source
	}
	if source != "" {
		if err := r.trusts(c.who, "sts:SetSourceIdentity", f); err != nil {
			return nil, err
		}
	}
	switch {
	case c.who.session != nil && seconds > chainedHour:
		return nil, validation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	case seconds > r.maxSession:
		return nil, validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	ss := &session{role: r, name: name, source: source, policy: policy}
	user, given := c.issue(ss, time.Duration(seconds)*time.Second)
	return struct {
		SourceIdentity  string `xml:",omitempty"`
		AssumedRoleUser assumedRoleUser
		Credentials     credentials
	}{source, user, given}, nil
}

// credentials and assumedRoleUser are what a session is answered with.
type credentials struct {
	AccessKeyID                               string `xml:"AccessKeyId"`
	SecretAccessKey, SessionToken, Expiration string
}

type assumedRoleUser struct {
	AssumedRoleID string `xml:"AssumedRoleId"`
	Arn           string
}

// issue makes a session's credentials. They last by real time, since the SDK's clock decides when to renew them.
func (s *Server) issue(ss *session, d time.Duration) (assumedRoleUser, credentials) {
	ss.key, ss.secret, ss.token = newID("ASIA"), s.newSecret(40), s.newSecret(352)
	ss.expires = time.Now().Add(d)
	s.sessions[ss.key] = ss
	who, _ := s.holder(ss.key)
	return assumedRoleUser{who.id, who.arn}, credentials{ss.key, ss.secret, ss.token, instant(ss.expires)}
}
