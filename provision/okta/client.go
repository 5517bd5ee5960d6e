// Package okta is what the pipeline needs of an Okta organization, over okta-sdk-golang v2.20.0. The SDK builds and
// sends the requests; what it gets wrong is fenced off: its configuration is ours to the last setting, its transport
// never sees an answer that would make it retry or sleep, and what it decodes keeps every key that Okta gave.
package okta

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"
	sdk "github.com/okta/okta-sdk-golang/v2/okta"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// Config says which organization, and as whom. Exactly one of an API token and a service application's private key
// is given.
type Config struct {
	OrgURL string // https://acme.okta.com; plain http for loopback addresses only

	Token string // an API token (SSWS)

	ClientID     string // of a service application with an admin role and the scopes that Scopes lists
	PrivateKey   string // its RSA key, PEM; \n may stand for a line break
	PrivateKeyID string // the key's "kid", where the application has several

	RateShare float64         // of each of Okta's rate limits, 0 < share <= 1, that is taken at most; 0: Half
	Clock     clockwork.Clock // by which calls wait for their turn; nil: the real one

	Log *slog.Logger // nil: nothing is logged
}

// Scopes are what a service application must be granted.
var Scopes = []string{"okta.apps.manage", "okta.groups.read", "okta.groups.manage"}

// callTimeout is how long one call may take, its answer's body included.
const callTimeout = 20 * time.Second

// pageSize is how many entries a page has; it is the most that Okta gives of applications.
const pageSize = "200"

const mostOnPage = 200

// maxPages ends a list whose pages never do.
const maxPages = 1000

// Client calls one Okta organization. It is safe for use by several goroutines.
type Client struct {
	org        *url.URL
	sdk        *sdk.Client
	bearer     *bearer // nil with an API token
	fence      *fence
	credential string // the settings that hold the credential, for people

	pages atomic.Int32 // of the last list of all applications; 0: there was none yet
}

var _ provision.Okta = (*Client)(nil)

// New makes a client and makes no call. Its errors name the setting at fault.
func New(cfg Config) (*Client, error) {
	return newClient(cfg, callTimeout)
}

func newClient(cfg Config, timeout time.Duration) (*Client, error) {
	org, err := parseOrgURL(cfg.OrgURL)
	if err != nil {
		return nil, err
	}
	cfg.Token = strings.TrimSpace(cfg.Token)
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	f := &fence{next: newTransport(), timeout: timeout, pacer: newPacer(cfg.Clock, cfg.RateShare), log: log}
	c := &Client{org: org, fence: f, credential: "OKTA_CLIENT_TOKEN"}

	// What the SDK is given instead of a bearer token: the fence puts the token of the moment in its place.
	mode, token := "Bearer", "set by the transport"
	switch hasKey := cfg.ClientID != "" || cfg.PrivateKey != "" || cfg.PrivateKeyID != ""; {
	case cfg.Token != "" && hasKey:
		return nil, badSetting("Set OKTA_CLIENT_TOKEN, or OKTA_CLIENT_CLIENTID and OKTA_CLIENT_PRIVATEKEY, and remove the other.",
			"both an Okta API token and an OAuth private key are set")
	case cfg.Token != "":
		if mode, token = "SSWS", cfg.Token; strings.ContainsFunc(token, notTokenRune) {
			return nil, badSetting("Copy the token again from Security → API → Tokens in the Okta admin console.",
				"OKTA_CLIENT_TOKEN is not an Okta API token: it holds a space or another letter that no token has")
		}
	case cfg.ClientID == "" || cfg.PrivateKey == "":
		return nil, badSetting("Set OKTA_CLIENT_TOKEN, or OKTA_CLIENT_CLIENTID and OKTA_CLIENT_PRIVATEKEY of a service application.",
			"no Okta credential is set")
	default:
		c.credential = "OKTA_CLIENT_CLIENTID and OKTA_CLIENT_PRIVATEKEY"
		if c.bearer, err = newBearer(org.String(), cfg, f); err != nil {
			return nil, err
		}
		f.bearer = c.bearer
	}

	// NewClient reads ~/.okta/okta.yaml and the OKTA_CLIENT_* variables first and our setters after them, so every
	// setting is named here, also those that are empty.
	_, c.sdk, err = sdk.NewClient(context.Background(),
		sdk.WithOrgUrl(org.String()),
		sdk.WithAuthorizationMode(mode),
		sdk.WithToken(token),
		sdk.WithClientId(""),
		sdk.WithScopes(nil),
		sdk.WithPrivateKey(""),
		sdk.WithPrivateKeyId(""),
		sdk.WithClientAssertion(""),
		sdk.WithTestingDisableHttpsCheck(org.Scheme == "http"),
		sdk.WithHttpClientPtr(&http.Client{Transport: f}),
		sdk.WithCache(false), // it holds lists too, for five minutes
		sdk.WithCacheTtl(0),
		sdk.WithCacheTti(0),
		sdk.WithProxyHost(""),
		sdk.WithProxyPort(0),
		sdk.WithProxyUsername(""),
		sdk.WithProxyPassword(""),
		sdk.WithConnectionTimeout(0),
		sdk.WithRequestTimeout(0),
		sdk.WithRateLimitMaxRetries(0),
		sdk.WithRateLimitMaxBackOff(0),
		sdk.WithUserAgentExtra("oktaws"),
	)
	if err != nil {
		return nil, &store.Error{Kind: store.Permanent, Message: "OKTA_CLIENT_ORGURL can't be used", Remedy: urlRemedy, Err: err}
	}
	return c, nil
}

const urlRemedy = "Set it to the address of your Okta organization, such as https://acme.okta.com."

// oktaDomains are where Okta's own organizations live; their admin consoles are at <org>-admin.<domain>.
var oktaDomains = []string{"okta.com", "oktapreview.com", "okta-emea.com", "okta-gov.com", "okta.mil"}

func parseOrgURL(raw string) (*url.URL, error) {
	raw = strings.TrimRight(strings.TrimSpace(raw), "/")
	if raw == "" {
		return nil, badSetting(urlRemedy, "OKTA_CLIENT_ORGURL is not set")
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Opaque != "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, badSetting(urlRemedy, "OKTA_CLIENT_ORGURL is not the address of an Okta organization")
	}
	if u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, badSetting(urlRemedy, "OKTA_CLIENT_ORGURL must be scheme and host alone, without user, path or query")
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return nil, badSetting("Use https://"+u.Host+".", "OKTA_CLIENT_ORGURL must be https: plain http is taken for loopback addresses only")
	}
	if name, domain, ok := oktaOrg(u.Hostname()); ok && strings.HasSuffix(name, "-admin") {
		return nil, badSetting(fmt.Sprintf("Use https://%s.%s.", strings.TrimSuffix(name, "-admin"), domain),
			"OKTA_CLIENT_ORGURL is the address of the admin console (%s), not of the organization", u.Host)
	}
	return u, nil
}

// oktaOrg splits acme.okta.com into acme and okta.com; ok is false for a host that isn't Okta's own.
func oktaOrg(host string) (name, domain string, ok bool) {
	name, domain, _ = strings.Cut(strings.ToLower(host), ".")
	return name, domain, slices.Contains(oktaDomains, domain)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func notTokenRune(r rune) bool { return r <= ' ' || r > '~' }

func badSetting(remedy, format string, args ...any) error {
	return &store.Error{Kind: store.Permanent, Message: fmt.Sprintf(format, args...), Remedy: remedy}
}

var errEmpty = errors.New("Okta's answer is empty")

// call sends one request and decodes the answer into out, unless out is nil. doing says, for people, what it is for:
// "read the Okta application 0oa1". The response is Okta's, with its body read.
func (c *Client) call(ctx context.Context, doing, method, path string, query url.Values, in, out any) (*sdk.Response, error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	executor := c.sdk.CloneRequestExecutor()
	req, err := executor.NewRequest(method, path, in)
	if err != nil {
		return nil, c.explain(doing, err)
	}
	// The SDK takes an answer of nothing, or of null, for a success and leaves the result as it was: an empty list,
	// where there may be something.
	var raw json.RawMessage
	resp, err := executor.Do(ctx, req, &raw)
	if err == nil && out != nil {
		if len(raw) == 0 {
			err = errEmpty
		} else {
			err = json.Unmarshal(raw, out)
		}
	}
	if err != nil {
		return nil, c.explain(doing, err)
	}
	return resp, nil
}

// list visits the entries of every page until there are no more.
func (c *Client) list(ctx context.Context, doing, path string, query url.Values, visit func(entry json.RawMessage) error) error {
	for range maxPages {
		var page []json.RawMessage
		resp, err := c.call(ctx, doing, http.MethodGet, path, query, nil, &page)
		if err != nil {
			return err
		}
		for _, entry := range page {
			if err := visit(entry); err != nil {
				return c.explain(doing, err)
			}
		}
		if !resp.HasNextPage() {
			return nil
		}
		path, query = resp.NextPage, nil
	}
	return c.explain(doing, fmt.Errorf("the list has more than %d pages", maxPages))
}
