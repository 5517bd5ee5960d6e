package aws

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	assumeWithSAML  = "sts:AssumeRoleWithSAML"
	defaultDuration = 3600 // seconds that a session lasts where nobody says otherwise [D]
)

// findProvider finds the SAML provider with the ARN.
func (s *Server) findProvider(text string) (*provider, *refusal) {
	if at, err := parseARN(text); err == nil && at.service == "iam" && s.accounts[at.account] != nil {
		name, _ := strings.CutPrefix(at.resource, "saml-provider/")
		if p := s.accounts[at.account].providers[name]; p != nil && p.arn() == text {
			return p, nil
		}
	}
	return nil, noProvider(text)
}

func noProvider(arn string) *refusal {
	refused := invalidToken("Specified provider doesn't exist", "There is no SAML provider %s.", arn)
	refused.discovery = "AuthSamlManifestNotFoundException"
	return refused
}

// enter answers whether the person whom the assertion speaks of may have a session of the role that lasts so many
// seconds.
func (s *Server) enter(a *assertion, roleARN string, seconds int) (*role, *refusal) {
	if !slices.Contains(a.pairs, rolePair{a.provider.arn(), roleARN}) {
		// That it is refused with these words is a guess [I].
		return nil, notAuthorized("The response's Role attribute does not name the role %s with the provider %s.", roleARN, a.provider.arn())
	}
	var r *role
	if at, err := parseARN(roleARN); err == nil {
		r = s.roleByARN(at)
	}
	if r == nil {
		return nil, notAuthorized("There is no role %s.", roleARN)
	}
	if r.account.barred() { // in which words is a guess [I]
		return nil, notAuthorized("The account %s is closed.", r.account.id)
	}
	if why := r.distrusts(a); why != "" {
		return nil, notAuthorized("The trust policy of the role %s %s.", r.name, why)
	}
	if seconds > r.maxSession {
		return nil, &refusal{
			status: 400, code: "ValidationError", words: "The requested DurationSeconds exceeds the MaxSessionDuration set for this role",
			cause: fmt.Sprintf("The session would last %d s; the role %s allows %d s.", seconds, r.name, r.maxSession),
		}
	}
	return r, nil
}

// distrusts completes "The trust policy of the role …" with why it does not let the assertion's person in; nothing
// where it does.
func (r *role) distrusts(a *assertion) string {
	f := a.facts()
	arn := a.provider.arn()
	named, acting, unmet := false, false, ""
	granted := false
	for _, st := range r.trust.statements {
		if !slices.Contains(st.principals, trusted{"Federated", arn}) {
			continue
		}
		named = named || !st.deny
		if !st.covers(assumeWithSAML) {
			continue
		}
		acting = acting || !st.deny
		c, met := st.unmet(f)
		switch {
		case met && st.deny:
			return "denies " + assumeWithSAML + " to the provider " + arn
		case met:
			granted = true
		case !st.deny && unmet == "":
			unmet = c.explain(f)
		}
	}
	switch {
	case granted:
		return ""
	case !named:
		return "does not name the provider " + arn + " as a Federated principal"
	case !acting:
		return "does not allow " + assumeWithSAML + " to the provider " + arn
	default:
		return "has a condition that does not hold: " + unmet
	}
}

// explain says what a condition wants, and what there is.
func (c condition) explain(f facts) string {
	got, there := f[strings.ToLower(c.key)]
	if !there {
		got = "absent"
	}
	return fmt.Sprintf("%s %s [%s], and %s is %s", c.operator, c.key, strings.Join(c.values, ", "), c.key, got)
}

// facts are the condition keys that a trust policy can ask for
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-saml) [D].
func (a *assertion) facts() facts {
	return facts{}.with(facts{
		"saml:aud": a.recipient, "saml:iss": a.issuer, "saml:sub": a.subject, "saml:sub_type": a.subjectType(),
		"saml:doc": a.provider.account.id + "/" + a.provider.name, "saml:namequalifier": a.nameQualifier(),
		"sts:RoleSessionName": a.person,
	})
}

// shorten returns the session's length: what is asked for, and no more than until the assertion's own end of the
// session [D].
func (a *assertion) shorten(d time.Duration, now time.Time) time.Duration {
	if !a.sessionEnds.IsZero() {
		return min(d, a.sessionEnds.Sub(now))
	}
	return d
}
