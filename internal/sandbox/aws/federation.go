package aws

import "time"

// Quotas of a session [D].
const (
	sessionPolicySize = 2048 // characters
	sessionTokenSize  = 4096 // bytes
)

// percent rounds up, so that nothing alone is 0.
func percent(n, of int) int { return (n*100 + of - 1) / of }

// assumeRoleWithSAML is the one call that needs no signature: the response's is what counts
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html) [D]. Unlike the sign-in page it
// takes a response as often as it comes, while it is good: clients get credentials for many roles with one [C].
func assumeRoleWithSAML(c *call) (any, error) {
	if err := c.without("PolicyArns", "MinimumSessionTokenSize"); err != nil {
		return nil, err
	}
	asked := map[string]string{}
	for _, name := range []string{"RoleArn", "PrincipalArn", "SAMLAssertion"} {
		value, err := c.get(name)
		if err != nil {
			return nil, err
		}
		asked[name] = value
	}
	seconds, err := c.number("DurationSeconds", 900, 43200, defaultDuration)
	if err != nil {
		return nil, err
	}
	var policy *document
	raw := c.form.Get("Policy")
	if len(raw) > sessionPolicySize {
		return nil, badValue("Policy", "…", "Member must have length less than or equal to 2048")
	}
	if raw != "" {
		if policy, err = parseIdentityPolicy(raw); err != nil {
			return nil, err
		}
	}
	response, refused := parseResponse(asked["SAMLAssertion"])
	if refused != nil {
		return nil, refused.sts()
	}
	p, refused := c.findProvider(asked["PrincipalArn"])
	if refused != nil {
		return nil, refused.sts()
	}
	if c.region != "" && partitionOf(c.region) != p.account.partition { // another partition's STS knows nothing of it [C]
		return nil, noProvider(asked["PrincipalArn"]).sts()
	}
	a, refused := p.verify(response, c.clock)
	if refused != nil {
		return nil, refused.sts()
	}
	r, refused := c.enter(a, asked["RoleArn"], seconds)
	if refused != nil {
		return nil, refused.sts()
	}
	// The response's own SessionDuration can shorten what is asked for, and no more [D].
	d := time.Duration(seconds) * time.Second
	if a.seconds > 0 {
		d = min(d, time.Duration(a.seconds)*time.Second)
	}
	user, given := c.issue(&session{role: r, name: a.person, policy: policy}, a.shorten(d, c.now))
	return struct {
		AssumedRoleUser  assumedRoleUser
		Audience         string
		Credentials      credentials
		Issuer           string
		NameQualifier    string
		PackedPolicySize int `xml:",omitempty"` // percent; how AWS packs is not known, so it counts characters [I]
		Subject          string
		SubjectType      string

		SessionTokenSize, SessionTokenUtilization int // bytes, percent
	}{
		user, a.recipient, given, a.issuer, a.nameQualifier(), percent(len(raw), sessionPolicySize), a.subject, a.subjectType(),
		len(given.SessionToken), percent(len(given.SessionToken), sessionTokenSize),
	}, nil
}
