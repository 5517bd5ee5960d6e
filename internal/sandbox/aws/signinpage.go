package aws

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// The sign-in page's own calls. They need no signature, and answer for a browser:
//
//	POST /saml       SAMLResponse, RelayState   to /aws/console/{id} where the response names one role, which is entered
//	                                            at once; to /aws/sign-in/{token} otherwise, refused or not
//	POST /saml/role  token, role (its ARN)      to /aws/console/{id}; to /aws/sign-in/{token} where that says why not
//
// With Accept: application/json, POST /saml answers with the SignIn, 200 or 403, and enters nothing. RelayState, the
// page of the console to begin with, is not looked at.
const (
	signInService  = "signin"
	responsePath   = "/saml"
	chooseRolePath = "/saml/role"
)

// signInOperations are their names, by path.
var signInOperations = map[string]string{responsePath: "PostResponse", chooseRolePath: "ChooseRole"}

func forSignIn(r *http.Request) bool { return signInOperations[r.URL.Path] != "" }

// identifySignIn names a call for the hub.
func identifySignIn(r *http.Request, body []byte) (service, action, subject string) {
	form, _ := url.ParseQuery(string(body))
	action = signInOperations[r.URL.Path]
	if r.URL.Path == chooseRolePath {
		at, _ := parseARN(form.Get("role"))
		return signInService, action, at.account
	}
	if response, refused := parseResponse(form.Get("SAMLResponse")); refused == nil {
		for _, pair := range readPairs(response.assertion) {
			at, _ := parseARN(pair.role)
			if subject != "" && subject != at.account {
				return signInService, action, "" // of several accounts
			}
			subject = at.account
		}
	}
	return signInService, action, subject
}

func (s *Server) serveSignIn(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Sign-on begins at the identity provider: click the application's tile in Okta.", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		http.Error(w, "The form cannot be read: "+err.Error(), http.StatusBadRequest)
		return
	}
	defer s.lock()()
	if r.URL.Path == chooseRolePath {
		si, ok := s.signIns.get(form.Get("token"))
		if !ok {
			http.Redirect(w, r, signInPath(form.Get("token")), http.StatusSeeOther)
			return
		}
		s.showChoice(w, r, si, form.Get("role"))
		return
	}
	si := s.takeResponse(form.Get("SAMLResponse"))
	switch {
	case strings.Contains(r.Header.Get("Accept"), "application/json"):
		showSignIn(w, si.SignIn)
	case si.Refused == "" && len(si.Roles) == 1:
		s.showChoice(w, r, si, si.Roles[0].ARN)
	default:
		http.Redirect(w, r, signInPath(si.Token), http.StatusSeeOther)
	}
}

// showChoice enters a role and goes to its console, or back to where the sign-in says why it can't be entered.
func (s *Server) showChoice(w http.ResponseWriter, r *http.Request, si *signIn, roleARN string) {
	if c := s.choose(si, roleARN); c != nil {
		http.Redirect(w, r, "/aws/console/"+c.id, http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, signInPath(si.Token), http.StatusSeeOther)
}

func signInPath(token string) string { return "/aws/sign-in/" + url.PathEscape(token) }

func showSignIn(w http.ResponseWriter, si SignIn) {
	w.Header().Set("Content-Type", "application/json")
	if si.Refused != "" {
		w.WriteHeader(http.StatusForbidden)
	}
	_ = json.NewEncoder(w).Encode(si)
}

// failSignIn answers with a fault of the hub's.
func failSignIn(w http.ResponseWriter, f wire.Fault) {
	message := f.Message
	if message == "" {
		message = "The request failed because a fault is switched on."
	}
	http.Error(w, message, f.Status)
}

// shortestSecret is how long a text must be to be blotted out as a response; a real one has thousands of characters.
const shortestSecret = 100

// keepResponse remembers a SAML response as a secret: while it is good, whoever has it is the person that it speaks
// of. It is kept as it was sent, and as it reads.
func (s *Server) keepResponse(body []byte) {
	for part := range strings.SplitSeq(string(body), "&") {
		name, sent, _ := strings.Cut(part, "=")
		if name != "SAMLResponse" && name != "SAMLAssertion" || len(sent) < shortestSecret {
			continue
		}
		s.mu.Lock()
		s.responses.put(sent, sent)
		if reads, err := url.QueryUnescape(sent); err == nil {
			s.responses.put(reads, reads)
		}
		s.mu.Unlock()
	}
}
