package oktapage

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// take does a step of the Provisioning tab, over Okta's own address for it, and shows what Okta says.
func (p pages) take(w http.ResponseWriter, r *http.Request, a okta.Application) {
	const verified = catalogName + " was verified successfully!" // [C]
	home := pathOf(a.ID) + "/provisioning"
	ticked := func(name string) bool { return r.PostFormValue(name) != "" }
	editing := url.Values{"edit": {"1"}}
	switch step := r.PathValue("step"); step {
	case "test":
		o := p.ask(r.Context(), a.ID, "test", credentials(r, a), verified)
		p.show(w, r, home+"/integration", editing, o)
	case "integration":
		body := map[string]any{"enabled": ticked("enabled")}
		done := "The API integration is off: Okta has forgotten the key and the roles."
		if ticked("enabled") {
			done = verified
			for field, value := range credentials(r, a) {
				body[field] = value
			}
		}
		o := p.ask(r.Context(), a.ID, "api-integration", body, done)
		if o.Refused != "" {
			p.show(w, r, home+"/integration", editing, o)
			return
		}
		p.show(w, r, home, nil, o)
	case "to-app":
		o := p.ask(r.Context(), a.ID, "to-app", map[string]bool{"createUsers": ticked("createUsers"), "updateAttributes": ticked("updateAttributes")}, "Your changes are saved.")
		if o.Refused != "" {
			p.show(w, r, home+"/to-app", editing, o)
			return
		}
		p.show(w, r, home+"/to-app", nil, o)
	case "refresh":
		o := p.ask(r.Context(), a.ID, "refresh", struct{}{}, "Application data is refreshed: "+a.Label+".")
		p.show(w, r, home, nil, o)
	default:
		p.missing(w, "The Provisioning tab has no step "+step+".", home)
	}
}

// credentials are those of the form. It has the saved access key, and never the secret: left as it was, it means the
// saved pair, and Okta is sent neither.
func credentials(r *http.Request, a okta.Application) map[string]string {
	key, secret := r.PostFormValue("accessKey"), r.PostFormValue("secretKey")
	if secret == "" && (key == "" || key == a.Provisioning.AccessKeyID) {
		return map[string]string{}
	}
	return map[string]string{"accessKey": key, "secretKey": secret}
}

// ask has Okta do a step, and returns what to tell the person: done, or why not.
func (p pages) ask(ctx context.Context, app, step string, body any, done string) outcome {
	status, answer, err := p.sandbox().Console(ctx, app, step, body)
	if err != nil {
		return outcome{Refused: silent, Why: err.Error()}
	}
	if status < 300 {
		return outcome{Done: done}
	}
	return refusal(status, answer)
}

// cannotConnect is what Okta says of a key that AWS refuses, whatever the reason
// (https://support.okta.com/help/s/article/AWS-Account-Federation-API-Integration-Error-Cannot-connect-Please-ensure-all-details-are-set-correctly) [D].
const cannotConnect = "Cannot connect. Please ensure all details are set correctly."

// refusal reads an answer of the console's, {"ok":false,"error":…}, or of the API's, where a fault has struck.
func refusal(status int, answer []byte) outcome {
	var said struct {
		Error        string
		ErrorSummary string
		ErrorCauses  []struct{ ErrorSummary string }
	}
	_ = json.Unmarshal(answer, &said) // a gateway's page of HTML says no more than its status
	switch text := said.Error; {
	case strings.HasPrefix(text, "Error authenticating"):
		return outcome{Refused: cannotConnect, Why: text, Hint: hint(text)}
	case text != "":
		return outcome{Refused: text}
	case len(said.ErrorCauses) > 0:
		var causes []string
		for _, c := range said.ErrorCauses {
			causes = append(causes, c.ErrorSummary)
		}
		return outcome{Refused: strings.Join(causes, "\n"), Why: fmt.Sprintf("Okta answered %d %s: %s", status, http.StatusText(status), said.ErrorSummary)}
	case said.ErrorSummary != "":
		return outcome{Refused: said.ErrorSummary, Why: fmt.Sprintf("Okta answered %d %s.", status, http.StatusText(status))}
	}
	return outcome{Refused: fmt.Sprintf("Okta answered %d %s.", status, http.StatusText(status))}
}

// hint is what helps against a refusal of AWS's.
func hint(text string) string {
	switch {
	case strings.Contains(text, "InvalidClientTokenId"):
		return "AWS does not know the access key. One that was made just now takes some seconds to be known everywhere: try again."
	case strings.Contains(text, "SignatureDoesNotMatch"):
		return "AWS knows the access key, but the secret key is another one's. Copy the whole of it again."
	case strings.Contains(text, "AccessDenied"):
		return "The key is right, but its user may not list roles and account aliases: look at the user's policy in AWS."
	}
	return ""
}
