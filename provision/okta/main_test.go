package okta

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

// Every test here runs where somebody set whatever the SDK would read by itself.
var hostile = map[string]string{
	"OKTA_CLIENT_ORGURL": "http://127.0.0.1:1/leak", "OKTA_CLIENT_TOKEN": "leak", "OKTA_CLIENT_AUTHORIZATIONMODE": "JWT",
	"OKTA_CLIENT_CLIENTID": "leak", "OKTA_CLIENT_SCOPES": "leak", "OKTA_CLIENT_PRIVATEKEY": "leak",
	"OKTA_CLIENT_PRIVATEKEYID": "leak", "OKTA_CLIENT_CLIENTASSERTION": "leak", "OKTA_CLIENT_CACHE_ENABLED": "true",
	"OKTA_CLIENT_CACHE_DEFAULT_TTL": "4711", "OKTA_CLIENT_CACHE_DEFAULT_TTI": "4711",
	"OKTA_CLIENT_PROXY_HOST": "leak", "OKTA_CLIENT_PROXY_PORT": "4711", "OKTA_CLIENT_PROXY_USERNAME": "leak",
	"OKTA_CLIENT_PROXY_PASSWORD": "leak", "OKTA_CLIENT_CONNECTION_TIMEOUT": "4711", "OKTA_CLIENT_REQUEST_TIMEOUT": "4711",
	"OKTA_CLIENT_RATE_LIMIT_MAX_RETRIES": "4711", "OKTA_CLIENT_RATE_LIMIT_MAX_BACKOFF": "4711",
	"OKTA_TESTING_DISABLE_HTTPS_CHECK": "true", "OKTA_USERAGENTEXTRA": "leak", "OKTA_HTTPCLIENT_TIMEOUT": "1ns",
}

const hostileFile = `okta:
  client:
    orgUrl: http://127.0.0.1:1/leak
    token: leak
    authorizationMode: JWT
    clientId: leak
    scopes: [leak]
    privateKey: leak
    privateKeyId: leak
    clientAssertion: leak
    connectionTimeout: 4711
    requestTimeout: 4711
    rateLimit: {maxRetries: 4711, maxBackoff: 4711}
    cache: {enabled: true, defaultTtl: 4711, defaultTti: 4711}
    proxy: {host: leak, port: 4711, username: leak, password: leak}
  testing: {disableHttpsCheck: true}
useragentextra: leak
`

func TestMain(m *testing.M) {
	home, err := os.MkdirTemp("", "hostile-home")
	if err != nil {
		panic(err)
	}
	if err := os.MkdirAll(filepath.Join(home, ".okta"), 0o700); err != nil {
		panic(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".okta", "okta.yaml"), []byte(hostileFile), 0o600); err != nil {
		panic(err)
	}
	for name, value := range hostile {
		os.Setenv(name, value)
	}
	os.Setenv("HOME", home)
	code := m.Run()
	os.RemoveAll(home)
	os.Exit(code)
}

// testToken is what must never be read anywhere.
const testToken = "00verySecretTestTokenOfNobody"

// org is an Okta organization whose answers the test decides.
type org struct {
	*httptest.Server
	mu    sync.Mutex
	calls []call
}

type call struct {
	line   string // method, path and query
	header http.Header
	body   string
}

// newOrg serves routes, keyed as http.ServeMux has them.
func newOrg(t *testing.T, routes map[string]http.HandlerFunc) *org {
	t.Helper()
	o := &org{}
	mux := http.NewServeMux()
	for pattern, handler := range routes {
		mux.HandleFunc(pattern, handler)
	}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		o.mu.Lock()
		o.calls = append(o.calls, call{r.Method + " " + r.URL.RequestURI(), r.Header.Clone(), string(body)})
		o.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

// received returns the calls that begin with the prefix, such as "POST /api".
func (o *org) received(prefix string) []call {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []call
	for _, c := range o.calls {
		if strings.HasPrefix(c.line, prefix) {
			out = append(out, c)
		}
	}
	return out
}

func (o *org) client(t *testing.T) *Client {
	t.Helper()
	c, err := New(Config{OrgURL: o.URL, Token: testToken})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// logged returns a client that logs everything into the buffer, and gives up a call after the timeout.
func (o *org) logged(t *testing.T, timeout time.Duration) (*Client, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	c, err := newClient(Config{OrgURL: o.URL, Token: testToken,
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}, timeout)
	if err != nil {
		t.Fatal(err)
	}
	return c, &log
}

// answers makes a handler that answers with the status, the headers (Name: value) and the body. JSON unless a header
// says otherwise.
func answers(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if body != "" {
			w.Header().Set("Content-Type", "application/json")
		}
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Add(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func oktaError(code, summary string, causes ...string) string {
	list := []map[string]string{}
	for _, c := range causes {
		list = append(list, map[string]string{"errorSummary": c})
	}
	out, _ := json.Marshal(map[string]any{"errorCode": code, "errorSummary": summary, "errorLink": code, "errorId": "oae1", "errorCauses": list})
	return string(out)
}

// cuts closes the connection without an answer.
func cuts(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// wantProblem checks what a person and what the program read of an error, and that neither reads a secret.
func wantProblem(t *testing.T, err error, kind store.Kind, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if got := store.KindOf(err); got != kind {
		t.Errorf("kind %q, want %q: %v", got, kind, err)
	}
	message, remedy := store.Explain(err)
	text := message + "\n" + remedy
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q doesn't say %q", text, w)
		}
	}
	if all := fmt.Sprintf("%s %v %+v", text, err, err); strings.Contains(all, testToken) {
		t.Errorf("the token is in the error: %s", all)
	}
}
