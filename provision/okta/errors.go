package okta

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// explain makes an error that a person reads of what stopped a call; doing is what the call was for, such as "create
// the Okta application Gmail-AWS-Account". The cause stays inside, for the log. Neither ever holds a token.
func (c *Client) explain(doing string, err error) error {
	if e, ok := errors.AsType[*store.Error](err); ok {
		return e
	}
	e := &store.Error{Kind: store.Transient, Err: err}
	var why string
	if a, ok := errors.AsType[*answer](err); ok {
		e.Err, e.After = a, a.after
		e.Kind, why, e.Remedy = c.read(a)
	} else {
		why, e.Remedy = c.unanswered(err)
	}
	e.Message = fmt.Sprintf("Couldn't %s: %s.", doing, strings.TrimRight(why, "."))
	return e
}

// unanswered is what there is to say of a call that got no answer, or none that can be read.
func (c *Client) unanswered(err error) (why, remedy string) {
	switch {
	case errors.Is(err, context.Canceled):
		return "it was cut short, since oktaws was stopping or nobody waited any longer", ""
	case errors.Is(err, provision.ErrGaveWay):
		return "it had to wait for its turn, and gave way", "oktaws carries on by itself."
	case errors.Is(err, errTurn):
		return "Okta takes only so many calls a minute, and this one's turn has not come in time", "Try again in a minute or two."
	case errors.Is(err, errSlow), errors.Is(err, context.DeadlineExceeded):
		return "Okta did not answer in time", "oktaws tries again by itself. See https://status.okta.com if it goes on."
	case errors.Is(err, errCut):
		return "the connection to Okta was closed before it answered", "oktaws looks what came of it and carries on by itself."
	case errors.Is(err, errEmpty):
		return "Okta's answer was empty", "oktaws tries again by itself."
	}
	return fmt.Sprintf("there was no answer from %s that can be read", c.org.Host),
		"oktaws tries again by itself. If it goes on, check OKTA_CLIENT_ORGURL and the way to it (name, proxy, certificates); the log has the cause."
}

// What to do about a refusal, where more than one error code says the same.
const (
	dpop   = "In the Okta admin console, open the service application, General → Client Credentials, and switch off \"Require Demonstrating Proof of Possession (DPoP) header in token requests\"."
	byHand = "Look at what Okta says; correct it in the Okta admin console or in the configuration, then retry."
	again  = "oktaws tries again by itself."
)

// read says what an answer means: its kind, why it isn't the wished one, and what to do.
func (c *Client) read(a *answer) (kind store.Kind, why, remedy string) {
	why = "Okta says: " + a.why()
	checkCredential := fmt.Sprintf("Check %s: the credential may be mistyped, revoked, expired, or another organization's than %s.", c.credential, c.org.Host)
	switch a.code {
	case "E0000001":
		return validation(a, why)
	case "E0000004", "E0000005", "E0000011", "invalid_token":
		if a.stale {
			return store.Transient, why, "oktaws gets a new access token and tries again by itself."
		}
		return store.Denied, why, checkCredential
	case "invalid_client", "unauthorized_client":
		return store.Denied, why, checkCredential
	case "invalid_dpop_proof", "use_dpop_nonce":
		return store.Denied, why, dpop
	case "invalid_scope", "consent_required":
		return store.Denied, why, grantScopes(Scopes...)
	case "insufficient_scope":
		return store.Denied, why, grantScopes(a.scope())
	case "E0000006", "access_denied":
		return store.Denied, why, c.grantRole(a)
	case "E0000015":
		return store.Denied, why, "The Okta organization's plan, or the admin role behind the credential, lacks this feature: ask an Okta admin."
	case "E0000007":
		return store.NotFound, why, ""
	case "E0000009", "E0000010", "E0000239":
		return store.Transient, why, again + " See https://status.okta.com if it goes on."
	case "E0000022":
		return store.Permanent, why, "Check that no proxy between oktaws and Okta changes the calls; otherwise this is a fault of oktaws, please report it."
	case "E0000024", "E0000038":
		return store.Permanent, why, "Activate the application in the Okta admin console if it is inactive, then retry."
	case "E0000047":
		return store.Transient, "Okta asks for a pause, since there were too many calls", again
	case "E0000056":
		return store.Conflict, why, "An application is deleted once it is inactive: deactivate it in the Okta admin console, then retry."
	case "E0000075":
		return store.Permanent, why, "In the Okta admin console, remove the mapping of that attribute from the application's profile, then retry."
	}
	return c.readStatus(a, why, checkCredential)
}

// readStatus is for an answer whose code says nothing more than its status does.
func (c *Client) readStatus(a *answer, why, checkCredential string) (store.Kind, string, string) {
	if a.why() == "" {
		why = fmt.Sprintf("%s answered with HTTP status %d", c.org.Host, a.status)
	}
	notOkta := "Check OKTA_CLIENT_ORGURL: what answers there isn't Okta's API."
	switch s := a.status; {
	case a.foreign:
		return store.Transient, c.org.Host + " answered with something that isn't Okta's", notOkta
	case s >= 300 && s < 400:
		return store.Permanent, fmt.Sprintf("%s redirects to %s", c.org.Host, a.redirect), notOkta
	case s == http.StatusUnauthorized && a.stale:
		return store.Transient, why, again
	case s == http.StatusUnauthorized:
		return store.Denied, why, checkCredential
	case s == http.StatusForbidden:
		return store.Denied, why, c.grantRole(a)
	case s == http.StatusNotFound && a.code == "":
		return store.Permanent, why, notOkta
	case s == http.StatusConflict:
		return store.Conflict, why, byHand
	case s == http.StatusTooManyRequests:
		return store.Transient, "Okta asks for a pause, since there were too many calls", again
	case s >= 500, s == http.StatusRequestTimeout, s == http.StatusLocked, s == http.StatusTooEarly:
		return store.Transient, why, again + " See https://status.okta.com if it goes on."
	}
	return store.Permanent, why, byHand
}

// validation reads E0000001, whose causes tell several things apart.
func validation(a *answer, why string) (store.Kind, string, string) {
	switch {
	case a.holds("Property 'samlRoles' not found"), a.holds("Provisioning is not enabled"):
		return store.NeedsPerson, "provisioning isn't enabled for the application yet, so Okta knows none of the account's roles",
			"Enable API integration on the application's Provisioning tab, with Create Users and Update User Attributes."
	case a.holds("samlRoles"):
		return store.NeedsPerson, why, "Okta offers the roles that it finds with the key on the application's Provisioning tab: check that it is this account's."
	case a.holds("already exists"), a.holds("already in use"), a.holds("must be unique"):
		return store.Conflict, why, byHand
	}
	return store.Permanent, why, byHand
}
