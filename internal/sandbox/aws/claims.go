package aws

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// What an assertion claims. Each reader takes the assertion as it was signed, and the time.

// readSubject reads who it is, and for whom that is said. Exactly one confirmation is taken [D].
func (a *assertion) readSubject(e *etree.Element, now time.Time) *refusal {
	subject := child(e, samlAssertion, "Subject")
	name := child(subject, samlAssertion, "NameID")
	if a.subject = text(name); a.subject == "" {
		return notAuthorized("The assertion has no subject with a NameID.") // these words for it [D]
	}
	a.format = name.SelectAttrValue("Format", "")
	confirmation := child(subject, samlAssertion, "SubjectConfirmation")
	data := child(confirmation, samlAssertion, "SubjectConfirmationData")
	if data == nil || confirmation.SelectAttrValue("Method", "") != bearer {
		return invalidResponse("The subject needs exactly one SubjectConfirmation of the method bearer, with its data.")
	}
	if a.recipient = data.SelectAttrValue("Recipient", ""); !a.provider.account.partition.endpoint.MatchString(a.recipient) {
		return invalidResponse("The recipient is %s and not %s.", orNone(a.recipient), a.provider.account.partition.signIn)
	}
	if request := data.SelectAttrValue("InResponseTo", ""); request != "" {
		return invalidResponse("The subject's confirmation answers a request %q, and AWS has sent none.", request)
	}
	if data.SelectAttrValue("NotOnOrAfter", "") == "" {
		return invalidResponse("The subject's confirmation does not say until when it is good (NotOnOrAfter).")
	}
	return within(data, "subject's confirmation", now)
}

// readConditions reads when the assertion is good, and whom it is for.
func (a *assertion) readConditions(e *etree.Element, now time.Time) *refusal {
	issued, err := time.Parse(time.RFC3339, e.SelectAttrValue("IssueInstant", ""))
	if err != nil {
		return invalidResponse("The assertion does not say when it was issued (IssueInstant).")
	}
	conditions := child(e, samlAssertion, "Conditions")
	if conditions == nil {
		return invalidResponse("The assertion has no conditions.")
	}
	if refused := within(conditions, "assertion", now); refused != nil {
		return refused
	}
	if now.After(issued.Add(redeemWithin)) {
		return expiredToken("The assertion was issued at %s, and it is %s.", instant(issued), instant(now))
	}
	var said []string
	for _, r := range children(conditions, samlAssertion, "AudienceRestriction") {
		for _, audience := range children(r, samlAssertion, "Audience") {
			said = append(said, text(audience))
		}
	}
	audiences := a.provider.account.partition.audiences
	if !slices.ContainsFunc(said, func(s string) bool { return slices.Contains(audiences, s) }) {
		return invalidToken("Response does not contain the required audience", "The audience is %s; AWS is %s.",
			orNone(strings.Join(said, ", ")), strings.Join(audiences, " or "))
	}
	return nil
}

// within checks NotBefore and NotOnOrAfter to the second. Which skew of clocks AWS allows is not known; here there is
// but one clock, and none is allowed [I]. So are the words for what comes too early [I].
func within(e *etree.Element, what string, now time.Time) *refusal {
	for _, name := range []string{"NotBefore", "NotOnOrAfter"} {
		value := e.SelectAttrValue(name, "")
		if value == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, value)
		switch {
		case err != nil:
			return invalidResponse("The %s has a %s that is no time: %s.", what, name, value)
		case name == "NotBefore" && now.Before(at):
			return invalidResponse("The %s is not good before %s, and it is %s.", what, instant(at), instant(now))
		case name == "NotOnOrAfter" && !now.Before(at):
			return expiredToken("The %s was good until %s, and it is %s.", what, instant(at), instant(now))
		}
	}
	return nil
}

// readPerson reads RoleSessionName, the name that the session will bear.
func (a *assertion) readPerson(e *etree.Element, _ time.Time) *refusal {
	names := attribute(e, "RoleSessionName")
	switch {
	case len(names) == 0:
		return invalidToken("RoleSessionName is required in AuthnResponse", "The assertion has no attribute %sRoleSessionName.", attributePrefix)
	case len(names) > 1 || !sessionName.MatchString(names[0]):
		return invalidToken("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}", "It is %q.", strings.Join(names, " and "))
	}
	a.person = names[0]
	return nil
}

// readSession reads how long the session may last. What AWS says of a value out of range is not known [I].
func (a *assertion) readSession(e *etree.Element, now time.Time) *refusal {
	if said := attribute(e, "SessionDuration"); len(said) > 0 {
		n, err := strconv.Atoi(said[0])
		if len(said) > 1 || err != nil || n < 900 || n > 43200 {
			return invalidResponse("SessionDuration is %q and not a number of seconds from 900 to 43200.", strings.Join(said, " and "))
		}
		a.seconds = n
	}
	for _, statement := range children(e, samlAssertion, "AuthnStatement") {
		value := statement.SelectAttrValue("SessionNotOnOrAfter", "")
		if value == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, value)
		if err != nil || !now.Before(at) {
			return invalidResponse("SessionNotOnOrAfter is %s, and it is %s.", value, instant(now))
		}
		a.sessionEnds = at
	}
	return nil
}

// readNothingElse refuses AWS's other attributes (PrincipalTag:…, SourceIdentity), so that nobody takes them for done,
// and misspelt ones, which AWS passes over.
func (a *assertion) readNothingElse(e *etree.Element, _ time.Time) *refusal {
	for _, statement := range children(e, samlAssertion, "AttributeStatement") {
		for _, given := range children(statement, samlAssertion, "Attribute") {
			name, ours := strings.CutPrefix(given.SelectAttrValue("Name", ""), attributePrefix)
			if ours && !slices.Contains([]string{"Role", "RoleSessionName", "SessionDuration"}, name) {
				return invalidResponse("The sandbox does not do sign-on with the attribute %s%s.", attributePrefix, name)
			}
		}
	}
	return nil
}
