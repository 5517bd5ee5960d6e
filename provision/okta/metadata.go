package okta

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// newApplication is how long after its creation an application may still have no metadata. Mostly it is a second; the
// rest is for clocks that differ.
const newApplication = 5 * time.Minute

// Metadata returns the SAML metadata as Okta gives it, with the certificate of the signing key (empty: of the present
// one). It is looked into, since AWS takes metadata without complaint that nobody can sign on with.
func (c *Client) Metadata(ctx context.Context, id, signingKeyID string) (string, error) {
	doing := "read the SAML metadata of the Okta application " + id
	path := appPath(id) + "/sso/saml/metadata"
	if signingKeyID != "" {
		path += "?" + url.Values{"kid": {signingKeyID}}.Encode()
	}
	executor := c.sdk.CloneRequestExecutor()
	req, err := executor.WithAccept("application/xml").NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return "", c.explain(doing, err)
	}
	resp, err := executor.Do(ctx, req, nil)
	if err != nil {
		return "", c.noMetadata(ctx, id, c.explain(doing, err))
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", c.explain(doing, err)
	}
	if err := checkMetadata(body); err != nil {
		return "", &store.Error{Kind: store.Transient,
			Message: fmt.Sprintf("The SAML metadata of the Okta application %s can't be used: %v.", id, err),
			Remedy:  "oktaws tries again by itself. If it goes on, check the application's Sign On tab in the Okta admin console: the sign-on method must be SAML 2.0, with an active signing certificate."}
	}
	return string(body), nil
}

// noMetadata tells an application that has no metadata yet from one that isn't there, or has no such key.
func (c *Client) noMetadata(ctx context.Context, id string, err error) error {
	e, ok := errors.AsType[*store.Error](err)
	if !ok || e.Kind != store.NotFound {
		return err
	}
	a, lookErr := c.application(ctx, id)
	switch {
	case lookErr != nil:
		return lookErr
	case a != nil && time.Since(a.Created) < newApplication:
		return &store.Error{Kind: store.Transient, After: 2 * time.Second, Err: e.Err,
			Message: fmt.Sprintf("Okta is still making the SAML metadata of the application %s.", id), Remedy: again}
	case a != nil:
		e.Remedy = "Check the application's Sign On tab in the Okta admin console: it must use SAML 2.0 and have an active signing certificate."
	}
	return err
}

// checkMetadata looks for what AWS needs of an identity provider's metadata. The certificate is not parsed: that is
// AWS's to judge.
func checkMetadata(metadata []byte) error {
	var d struct {
		XMLName      xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:metadata EntityDescriptor"`
		EntityID     string   `xml:"entityID,attr"`
		Certificates []string `xml:"IDPSSODescriptor>KeyDescriptor>KeyInfo>X509Data>X509Certificate"`
	}
	if err := xml.Unmarshal(metadata, &d); err != nil {
		return fmt.Errorf("it is not a SAML entity descriptor (%w)", err)
	}
	if d.EntityID == "" {
		return errors.New("it names no entity ID")
	}
	if len(d.Certificates) == 0 {
		return errors.New("it holds no signing certificate")
	}
	for _, cert := range d.Certificates {
		if der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(cert), "")); err != nil || len(der) == 0 {
			return errors.New("its signing certificate can't be read")
		}
	}
	return nil
}
