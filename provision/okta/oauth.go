package okta

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v3"
	sdk "github.com/okta/okta-sdk-golang/v2/okta"

	"github.com/oktaws/oktaws/store"
)

// bearer gets access tokens for a service application (client credentials with a private key) and keeps the present
// one in memory. The SDK could do it, but its own way puts the signed assertion into the address, and so into every
// error and every proxy's log; takes no ctx; panics at an empty answer; and reads PKCS#1 keys only, where Okta's admin
// console makes PKCS#8 ones.
type bearer struct {
	org      string
	clientID string
	signer   jose.Signer
	fence    *fence

	lock    chan struct{} // holds one token while nobody works on the fields below
	current string
	expires time.Time
	scopes  []string // that the present token bears: those of Scopes that were granted
}

const tokenPath = "/oauth2/v1/token"

// renewBefore is how long before its end an access token (an hour, as Okta has it) is replaced.
const renewBefore = time.Minute

func newBearer(org string, cfg Config, f *fence) (*bearer, error) {
	key, err := parsePrivateKey(cfg.PrivateKey)
	if err != nil {
		return nil, err
	}
	options := &jose.SignerOptions{}
	if cfg.PrivateKeyID != "" {
		options.WithHeader("kid", cfg.PrivateKeyID)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, options)
	if err != nil {
		return nil, &store.Error{Kind: store.Permanent, Message: "OKTA_CLIENT_PRIVATEKEY can't be used to sign", Err: err}
	}
	b := &bearer{org: org, clientID: cfg.ClientID, signer: signer, fence: f, lock: make(chan struct{}, 1)}
	b.lock <- struct{}{}
	return b, nil
}

// parsePrivateKey reads an RSA key. Its errors hold nothing of the key.
func parsePrivateKey(text string) (*rsa.PrivateKey, error) {
	const remedy = "Give the PEM form of the service application's RSA key (it begins with -----BEGIN PRIVATE KEY-----), not the JSON form."
	block, _ := pem.Decode([]byte(strings.ReplaceAll(text, `\n`, "\n")))
	if block == nil {
		return nil, badSetting(remedy, "OKTA_CLIENT_PRIVATEKEY is not a PEM private key")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, badSetting(remedy, "OKTA_CLIENT_PRIVATEKEY can't be read; is it cut off, or encrypted?")
	}
	if key, ok := key.(*rsa.PrivateKey); ok {
		return key, nil
	}
	return nil, badSetting(remedy, "OKTA_CLIENT_PRIVATEKEY is not an RSA key")
}

// token returns an access token; fresh says that it was made for this very call.
func (b *bearer) token(ctx context.Context) (token string, fresh bool, err error) {
	select {
	case <-b.lock:
		defer func() { b.lock <- struct{}{} }()
	case <-ctx.Done():
		return "", false, lost(ctx, ctx.Err())
	}
	if b.current != "" && time.Now().Before(b.expires) {
		return b.current, false, nil
	}
	grant, err := b.fetch(ctx)
	if err != nil {
		return "", false, err
	}
	b.current, b.scopes = grant.Token, strings.Fields(grant.Scope)
	b.expires = time.Now().Add(time.Duration(grant.ExpiresIn)*time.Second - renewBefore)
	return b.current, true, nil
}

// drop forgets the token, which Okta took no longer.
func (b *bearer) drop(ctx context.Context, token string) {
	select {
	case <-b.lock:
		if b.current == token {
			b.current = ""
		}
		b.lock <- struct{}{}
	case <-ctx.Done():
	}
}

// missing returns the scopes that the present token lacks.
func (b *bearer) missing() []string {
	<-b.lock
	defer func() { b.lock <- struct{}{} }()
	return slices.DeleteFunc(slices.Clone(Scopes), func(s string) bool { return slices.Contains(b.scopes, s) })
}

type grant struct {
	Token     string `json:"access_token"`
	Type      string `json:"token_type"`
	Scope     string `json:"scope"`      // Okta leaves out what isn't granted, and errs only where nothing is
	ExpiresIn int    `json:"expires_in"` // seconds
}

// fetch asks Okta for an access token.
// https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/
func (b *bearer) fetch(ctx context.Context) (grant, error) {
	assertion, err := sdk.CreateClientAssertion(b.org, b.clientID, b.signer)
	if err != nil {
		return grant{}, errors.New("sign the client assertion: " + err.Error())
	}
	form := url.Values{
		"grant_type":            {"client_credentials"},
		"scope":                 {strings.Join(Scopes, " ")},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {assertion},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.org+tokenPath, strings.NewReader(form.Encode()))
	if err != nil {
		return grant{}, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := b.fence.exchange(req, nil)
	if err != nil {
		return grant{}, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return grant{}, err
	}
	var g grant
	if err := json.Unmarshal(body, &g); err != nil || g.Token == "" || !strings.EqualFold(g.Type, "Bearer") {
		return grant{}, errors.New("Okta's answer holds no bearer token")
	}
	return g, nil
}
