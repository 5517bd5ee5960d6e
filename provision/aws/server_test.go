package aws

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

const (
	accountID  = "111122223333"
	ownKey     = "AKIAOWNKEY0000000001"
	ownSecret  = "own-secret-that-nobody-may-see"
	roleKey    = "ASIAROLEKEY000000001"
	roleSecret = "role-secret-that-nobody-may-see"
	roleToken  = "role-token-that-nobody-may-see"
	newKey     = "AKIANEWKEY0000000001"
	newSecret  = "new+secret/that-nobody-may-see"
)

var theAccount = store.AccountKey{Partition: "aws", ID: accountID}

// call is one request that the stand-in for AWS received.
type call struct {
	service, action string
	region          string // that it was signed for
	form            url.Values
	json            map[string]any
	key             string // the access key that signed it
	token           string // its session token
	agent           string
}

// reply answers a call; the zero reply is an empty 200.
type reply struct {
	status int
	body   string
	cut    bool // the connection closes without an answer
}

// script answers the n-th call (from 0) of an action.
type script func(c call, n int) reply

func always(r reply) script { return func(call, int) reply { return r } }

// inTurn answers with one reply after the other, and with the last of them from then on.
func inTurn(rs ...reply) script {
	return func(_ call, n int) reply { return rs[min(n, len(rs)-1)] }
}

// amazon stands in for AWS. It takes requests in the form of the Query protocol, and of JSON 1.1 for Organizations, and
// fails the test on any other and on an action that isn't scripted.
type amazon struct {
	t       *testing.T
	url     string
	mu      sync.Mutex
	calls   []call
	scripts map[string]script
}

var (
	scope    = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=(\w+)/\d{8}/([\w-]+)/(\w+)/aws4_request, SignedHeaders=[\w;-]+, Signature=[0-9a-f]{64}$`)
	versions = map[string]string{"sts": "2011-06-15", "iam": "2010-05-08", "cloudformation": "2010-05-15"}
)

// newAmazon starts the stand-in, and points the SDK's environment at it and at nothing else.
func newAmazon(t *testing.T) *amazon {
	t.Helper()
	a := &amazon{t: t, scripts: map[string]script{
		"AssumeRole":         always(reply{body: assumed}),
		"GetCallerIdentity":  always(reply{body: identity("arn:aws:sts::" + accountID + ":assumed-role/OrganizationAccountAccessRole/oktaws")}),
		"ListAccountAliases": always(reply{body: aliases("gmail")}),
	}}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.url = server.URL
	dir := t.TempDir()
	for k, v := range map[string]string{
		"AWS_ENDPOINT_URL":            server.URL,
		"AWS_ACCESS_KEY_ID":           ownKey,
		"AWS_SECRET_ACCESS_KEY":       ownSecret,
		"AWS_SESSION_TOKEN":           "",
		"AWS_PROFILE":                 "",
		"AWS_REGION":                  "",
		"AWS_CONFIG_FILE":             filepath.Join(dir, "config"),
		"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "credentials"),
		"AWS_EC2_METADATA_DISABLED":   "true",
		"HTTP_PROXY":                  "",
	} {
		t.Setenv(k, v)
	}
	return a
}

// profile adds lines to the SDK's shared credentials file.
func (a *amazon) profile(lines string) {
	a.t.Helper()
	if err := os.WriteFile(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), []byte(lines), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *amazon) on(action string, s script) *amazon {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.scripts[action] = s
	return a
}

// received returns the calls of an action.
func (a *amazon) received(action string) []call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(a.calls), func(c call) bool { return c.action != action })
}

// the returns the one call of an action.
func (a *amazon) the(action string) call {
	a.t.Helper()
	calls := a.received(action)
	if len(calls) != 1 {
		a.t.Fatalf("%s was called %d times, want once", action, len(calls))
	}
	return calls[0]
}

func (a *amazon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := parse(r)
	if err != nil {
		a.t.Errorf("AWS would not understand this: %v", err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	n := 0
	for _, before := range a.calls {
		if before.action == c.action {
			n++
		}
	}
	a.calls = append(a.calls, c)
	s := a.scripts[c.action]
	a.mu.Unlock()
	if s == nil {
		a.t.Errorf("unexpected call of %s %s: %v", c.service, c.action, c.form)
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	answer := s(c, n)
	if answer.cut {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			a.t.Error(err)
			return
		}
		_ = conn.Close()
		return
	}
	if answer.status != 0 {
		w.WriteHeader(answer.status)
	}
	_, _ = io.WriteString(w, answer.body)
}

func parse(r *http.Request) (call, error) {
	if r.Header.Get("Authorization") == "" { // the one call that needs no signature
		if err := r.ParseForm(); err != nil || r.PostForm.Get("Action") != "AssumeRoleWithWebIdentity" {
			return call{}, fmt.Errorf("%s without a signature", r.PostForm.Get("Action"))
		}
		return call{service: "sts", action: "AssumeRoleWithWebIdentity", form: r.PostForm}, nil
	}
	signed := scope.FindStringSubmatch(r.Header.Get("Authorization"))
	if r.Method != http.MethodPost || r.URL.Path != "/" || signed == nil {
		return call{}, fmt.Errorf("%s %s with authorization %q", r.Method, r.URL, r.Header.Get("Authorization"))
	}
	c := call{service: signed[3], region: signed[2], key: signed[1], token: r.Header.Get("X-Amz-Security-Token"), agent: r.UserAgent()}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return c, err
	}
	if c.service == "organizations" {
		target, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AWSOrganizationsV20161128.")
		if !ok || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
			return c, fmt.Errorf("target %q, content type %q", r.Header.Get("X-Amz-Target"), r.Header.Get("Content-Type"))
		}
		c.action = target
		return c, json.Unmarshal(body, &c.json)
	}
	if c.form, err = url.ParseQuery(string(body)); err != nil {
		return c, err
	}
	c.action = c.form.Get("Action")
	if want := versions[c.service]; want == "" || c.form.Get("Version") != want {
		return c, fmt.Errorf("service %q, version %q", c.service, c.form.Get("Version"))
	}
	return c, nil
}

// answer is the body of a successful call in the Query protocol.
func answer(action, result string) reply {
	return reply{body: fmt.Sprintf("<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></%[1]sResponse>", action, result)}
}

// refusal is an error in the Query protocol.
func refusal(status int, code, message string) reply {
	return reply{status: status, body: fmt.Sprintf("<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r-1</RequestId></ErrorResponse>", code, html.EscapeString(message))}
}

// jsonRefusal is an error in the JSON protocol.
func jsonRefusal(code, message string) reply {
	return reply{status: 400, body: fmt.Sprintf(`{"__type":%q,"Message":%q}`, code, message)}
}

var assumed = answer("AssumeRole", `<Credentials><AccessKeyId>`+roleKey+`</AccessKeyId><SecretAccessKey>`+roleSecret+`</SecretAccessKey><SessionToken>`+roleToken+
	`</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><Arn>arn:aws:sts::`+accountID+`:assumed-role/R/oktaws</Arn><AssumedRoleId>AROA:oktaws</AssumedRoleId></AssumedRoleUser>`).body

func identity(arn string) string {
	return answer("GetCallerIdentity", fmt.Sprintf("<Arn>%s</Arn><UserId>AIDA</UserId><Account>%s</Account>", arn, strings.Split(arn, ":")[4])).body
}

func aliases(names ...string) string {
	return answer("ListAccountAliases", "<AccountAliases>"+members(names...)+"</AccountAliases><IsTruncated>false</IsTruncated>").body
}

// empty answers a change that has nothing to say.
func (a *amazon) empty(actions ...string) *amazon {
	for _, action := range actions {
		a.on(action, always(answer(action, "")))
	}
	return a
}

// changed returns the actions of the calls that changed something, in their order.
func (a *amazon) changed() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var actions []string
	for _, c := range a.calls {
		if !slices.ContainsFunc([]string{"Get", "List", "Describe", "AssumeRole"}, func(p string) bool { return strings.HasPrefix(c.action, p) }) {
			actions = append(actions, c.action)
		}
	}
	return actions
}

func members(contents ...string) string {
	var b strings.Builder
	for _, c := range contents {
		b.WriteString("<member>" + c + "</member>")
	}
	return b.String()
}

func tagMembers(kv ...string) string {
	var list []string
	for i := 0; i < len(kv); i += 2 {
		list = append(list, "<Key>"+kv[i]+"</Key><Value>"+kv[i+1]+"</Value>")
	}
	return "<Tags>" + members(list...) + "</Tags>"
}

// client makes a client with the default settings, changed by set.
func client(t *testing.T, set ...func(*Config)) *Client {
	t.Helper()
	cfg := Config{Region: "us-east-1", AccessRole: "OrganizationAccountAccessRole"}
	for _, s := range set {
		s(&cfg)
	}
	c, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// reached returns the means to work in the account, by the default settings changed by set.
func reached(t *testing.T, set ...func(*Config)) provision.AWSAccount {
	t.Helper()
	a, err := client(t, set...).Account(t.Context(), theAccount)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
