package okta

import (
	"errors"
	"html/template"
	"net/http"
)

// signOnForm is the page that has the browser post the response, with the names that tools look for in it
// (lib/saml_test.go of https://github.com/segmentio/aws-okta) [C].
var signOnForm = template.Must(template.New("sign-on").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Signing in...</title></head>
<body><h1>Signing in to AWS</h1>
<form id="appForm" action="{{.ACS}}" method="POST">
<input name="SAMLResponse" type="hidden" value="{{.Response}}">
<input name="RelayState" type="hidden" value="{{.RelayState}}">
<noscript><button>Continue</button></noscript>
</form>
<script>document.getElementById("appForm").submit()</script>
</body></html>
`))

var signOnRefusal = template.Must(template.New("refusal").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Title}}</title></head>
<body><h1>{{.Title}}</h1><p role="alert">{{.Reason}}</p></body></html>
`))

// signOnAddress is the address that the metadata names: it signs the person of PersonHeader on.
func (s *Server) signOnAddress(c *call) error {
	login := c.r.Header.Get(PersonHeader)
	if login == "" {
		c.refuseSignOn(http.StatusForbidden, "Nobody is signed in: send the header "+PersonHeader+" with a login, such as "+RequesterLogin+".")
		return nil
	}
	app := s.applicationOf(c.params["external"])
	if app == "" {
		c.refuseSignOn(http.StatusNotFound, "There is no application at this address.")
		return nil
	}
	on, err := s.SignOn(login, app)
	if refused, ok := errors.AsType[*personError](err); ok {
		c.refuseSignOn(refused.status, refused.text)
		return nil
	}
	if err != nil {
		return err
	}
	on.RelayState = or(c.r.URL.Query().Get("RelayState"), on.RelayState)
	c.w.Header().Set("Content-Type", "text/html;charset=utf-8")
	return signOnForm.Execute(c.w, on)
}

// refuseSignOn answers a person in a browser with the reason.
func (c *call) refuseSignOn(status int, reason string) {
	c.w.Header().Set("Content-Type", "text/html;charset=utf-8")
	c.w.WriteHeader(status)
	_ = signOnRefusal.Execute(c.w, struct{ Title, Reason string }{http.StatusText(status), reason}) // the hub's recorder takes everything
}

// applicationOf returns the ID of the application that the SAML addresses call external, or nothing.
func (s *Server) applicationOf(external string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.apps {
		if a.external == external {
			return a.id
		}
	}
	return ""
}
