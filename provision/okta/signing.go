package okta

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/oktaws/oktaws/provision"
)

// key is what we read of a signing key, which Okta shows as a JSON Web Key.
// https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ApplicationSSOCredentialKey/
type key struct {
	ID      string    `json:"kid"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expiresAt"`
	Chain   []string  `json:"x5c"` // the certificate first; base64 of its DER
}

// signingKey takes the end of the certificate where Okta tells none of the key.
func (k key) signingKey() provision.SigningKey {
	out := provision.SigningKey{ID: k.ID, Created: k.Created, Expires: k.Expires}
	if !out.Expires.IsZero() || len(k.Chain) == 0 {
		return out
	}
	if der, err := base64.StdEncoding.DecodeString(k.Chain[0]); err == nil {
		if certificate, err := x509.ParseCertificate(der); err == nil {
			out.Expires = certificate.NotAfter
		}
	}
	return out
}

func keysPath(appID string) string { return appPath(appID) + "/credentials/keys" }

// SigningKeys returns the application's signing keys, as Okta lists them. That is its own keys, the one in use among
// them, and, as was recorded, the organization's old SHA-1 key, which every application could sign with.
func (c *Client) SigningKeys(ctx context.Context, id string) ([]provision.SigningKey, error) {
	doing := "list the signing keys of the Okta application " + id
	var keys []key
	if _, err := c.call(ctx, doing, http.MethodGet, keysPath(id), nil, nil, &keys); err != nil {
		return nil, err
	}
	out := make([]provision.SigningKey, len(keys))
	for i, k := range keys {
		if k.ID == "" {
			return nil, c.explain(doing, errNoID)
		}
		out[i] = k.signingKey()
	}
	return out, nil
}

// GenerateSigningKey makes another key with a certificate for so many years (2 to 10). The application goes on to sign
// with the one that it has. The request is sent once, since each would make a key.
func (c *Client) GenerateSigningKey(ctx context.Context, id string, years int) (provision.SigningKey, error) {
	doing := "make a signing key for the Okta application " + id
	var k key
	query := url.Values{"validityYears": {strconv.Itoa(years)}}
	if _, err := c.call(ctx, doing, http.MethodPost, keysPath(id)+"/generate", query, nil, &k); err != nil {
		return provision.SigningKey{}, err
	}
	if k.ID == "" {
		return provision.SigningKey{}, c.explain(doing, errNoID)
	}
	return k.signingKey(), nil
}

// SignWith has the application sign with one of its keys from now on, and leaves everything else as Okta gave it.
// Nothing is written where it signs with that key already.
func (c *Client) SignWith(ctx context.Context, id, signingKeyID string) error {
	doing := fmt.Sprintf("have the Okta application %s sign with the key %s", id, signingKeyID)
	_, err := c.replace(ctx, id, doing, func(whole map[string]any) (bool, error) {
		credentials, err := object(whole, "credentials")
		if err != nil {
			return false, err
		}
		signing, err := object(credentials, "signing")
		if err != nil || signing["kid"] == signingKeyID {
			return false, err
		}
		signing["kid"] = signingKeyID
		return true, nil
	})
	return err
}
