package okta

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

const goodMetadata = `<?xml version="1.0" encoding="UTF-8"?><md:EntityDescriptor entityID="http://www.okta.com/exk1" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"><md:IDPSSODescriptor><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>MIID
AAAA</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor></md:IDPSSODescriptor></md:EntityDescriptor>`

func TestMetadataComesAsOktaGaveIt(t *testing.T) {
	for _, contentType := range []string{"application/xml;charset=ISO-8859-1", "text/xml", "application/samlmetadata+xml; charset=utf-8"} {
		o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps/0oa1/sso/saml/metadata": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write([]byte(goodMetadata))
		}})
		got, err := o.client(t).Metadata(t.Context(), "0oa1", "kid_1-x")
		if err != nil || got != goodMetadata {
			t.Errorf("%s: %v, %q", contentType, err, got)
		}
		if c := o.received("GET")[0]; c.line != "GET /api/v1/apps/0oa1/sso/saml/metadata?kid=kid_1-x" || c.header.Get("Accept") != "application/xml" {
			t.Errorf("%s, Accept %s", c.line, c.header.Get("Accept"))
		}
	}
}

func TestMetadataThatNobodyCouldSignOnWith(t *testing.T) {
	for name, c := range map[string]struct{ body, says string }{
		"cut off":         {goodMetadata[:300], "not a SAML entity descriptor"},
		"another file":    {"<html/>", "not a SAML entity descriptor"},
		"no entity ID":    {strings.Replace(goodMetadata, "http://www.okta.com/exk1", "", 1), "no entity ID"},
		"no certificate":  {`<EntityDescriptor entityID="x" xmlns="urn:oasis:names:tc:SAML:2.0:metadata"/>`, "no signing certificate"},
		"bad certificate": {strings.Replace(goodMetadata, "MIID", "<!-- -->?", 1), "can't be read"},
		"nothing":         {"", "not a SAML entity descriptor"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps/0oa1/sso/saml/metadata": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/xml")
				_, _ = w.Write([]byte(c.body))
			}})
			_, err := o.client(t).Metadata(t.Context(), "0oa1", "")
			wantProblem(t, err, store.Transient, "0oa1", c.says, "Sign On tab")
		})
	}
}

func TestMetadataThatIsNotThere(t *testing.T) {
	missing := answers(404, oktaError("E0000007", "Not found: Resource not found: 0oa1 (AppInstance)"))
	created := func(ago time.Duration) http.HandlerFunc {
		return answers(200, fmt.Sprintf(`{"id":"0oa1","created":%q}`, time.Now().Add(-ago).UTC().Format(time.RFC3339)))
	}
	for _, c := range []struct {
		name string
		app  http.HandlerFunc
		kind store.Kind
		says string
	}{
		{"since the application is new", created(2 * time.Second), store.Transient, "still making"},
		{"of an old application", created(time.Hour), store.NotFound, "Sign On tab"},
		{"since the application is gone", missing, store.NotFound, "SAML metadata of the Okta application 0oa1"},
		{"and Okta fails", answers(500, oktaError("E0000009", "Internal Server Error")), store.Transient, "Internal Server Error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOrg(t, map[string]http.HandlerFunc{"GET /api/v1/apps/0oa1/sso/saml/metadata": missing, "GET /api/v1/apps/0oa1": c.app})
			_, err := o.client(t).Metadata(t.Context(), "0oa1", "kid")
			wantProblem(t, err, c.kind, c.says)
		})
	}
}
