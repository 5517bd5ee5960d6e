package controlpage_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

const newApplication = `{"name":"amazon_aws","label":"Gmail-AWS-Account","signOnMode":"SAML_2_0","settings":{"app":{"awsEnvironmentType":"aws.amazon","groupFilter":"^aws_.*$","joinAllRoles":false,"loginURL":"https://console.aws.amazon.com/ec2/home","roleValuePattern":"","sessionDuration":3600,"useGroupMapping":false,"identityProviderArn":""}}}`

// strike is one call, and how it ends while a ready-made fault is on, and how otherwise.
type strike struct {
	call   func(*desk) outcome
	status int    // while it is on; 0: cut
	text   string // of the answer
	before int    // status without it
	after  bool   // try it again once the fault has struck, or is over: it ends as before
}

func post(d *desk) outcome {
	return d.slack("chat.postMessage", url.Values{"channel": {slack.AdminChannel}, "text": {"hello"}})
}
func listApps(d *desk) outcome { return d.okta("GET", "/api/v1/apps", "") }
func console(d *desk) outcome {
	return d.send("GET", d.sb.OktaURL+"/admin/app/amazon_aws/instance/"+d.sb.Okta.Applications()[0].ID+"/", "", nil)
}
func iamRoles(d *desk) outcome {
	return d.aws(d.base(), "iam", url.Values{"Version": {"2010-05-08"}, "Action": {"ListRoles"}})
}
func intoGmail(d *desk) outcome { return d.aws(d.base(), "sts", assume(aws.AccountGmail)) }
func stacks(d *desk) outcome {
	return d.aws(d.base(), "cloudformation", url.Values{"Version": {"2010-05-15"}, "Action": {"DescribeStacks"}})
}

func TestReadyMadeFaultsOnTheWire(t *testing.T) {
	for key, strikes := range map[string][]strike{
		"aws-down": {
			{call: intoGmail, status: 503, text: "ServiceUnavailable", before: 200}, {call: iamRoles, status: 503, text: "ServiceUnavailable", before: 403},
			{call: stacks, status: 503, before: 403}, {call: listApps, status: 200, before: 200}, {call: post, status: 200, before: 200},
		},
		"iam-throttles": {{call: iamRoles, status: 400, text: "<Code>Throttling</Code>", before: 403, after: true}, {call: intoGmail, status: 200, before: 200}},
		"sts-refuses":   {{call: intoGmail, status: 403, text: "AccessDenied", before: 200}},
		"okta-429":      {{call: listApps, status: 429, text: "E0000047", before: 200, after: true}, {call: intoGmail, status: 200, before: 200}},
		"okta-down":     {{call: listApps, status: 503, before: 200}, {call: console, status: 503, before: 200}},
		"okta-token": {
			{call: listApps, status: 401, text: "E0000011", before: 200}, {call: console, status: 200, before: 200},
			{call: func(d *desk) outcome { return d.okta("POST", "/api/v1/apps", newApplication) }, status: 401, text: "E0000011", before: 200},
			{call: func(d *desk) outcome { return d.okta("GET", "/api/v1/apps/"+d.sb.Okta.Applications()[0].ID, "") }, status: 401, text: "E0000011", before: 200},
			{call: func(d *desk) outcome { return d.okta("GET", "/.well-known/okta-organization", "") }, status: 200, before: 200},
		},
		"posts-fail":    {{call: post, status: 500, before: 200}, {call: listApps, status: 200, before: 200}},
		"posts-429":     {{call: post, status: 429, text: "ratelimited", before: 200, after: true}},
		"token-revoked": {{call: post, status: 200, text: "token_revoked", before: 200}, {call: func(d *desk) outcome { return d.slack("auth.test", nil) }, status: 200, text: "token_revoked", before: 200}},
		"modal-late": {{call: func(d *desk) outcome {
			return d.slack("views.open", url.Values{"trigger_id": {"no trigger"}, "view": {"{}"}}) // which is another refusal
		}, status: 200, text: "expired_trigger_id", before: 200}},
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			d := sit(t, nil)
			for i, s := range strikes {
				if got := s.call(d); got.status != s.before || s.text != "" && strings.Contains(got.body, s.text) {
					t.Errorf("call %d before: %d %s", i+1, got.status, got.body)
				}
			}
			page := d.do("ready", "key", key)
			d.done(page, "Switched on: ")
			d.lacks(page, "Everything answers as it should")
			for i, s := range strikes {
				if got := s.call(d); got.status != s.status || !strings.Contains(got.body, s.text) {
					t.Errorf("call %d: %d %s, want %d …%s…", i+1, got.status, got.body, s.status, s.text)
				}
			}
			d.done(d.do("jump", "by", "61s"), "1 min 1 s on")
			for i, s := range strikes {
				if got := s.call(d); s.after && got.status != s.before {
					t.Errorf("call %d a minute later: %d %s", i+1, got.status, got.body)
				}
			}
			d.done(d.do("off", "id", "all"), "All faults are off")
			d.shows(d.get("/control/"), "Everything answers as it should")
			for i, s := range strikes {
				if got := s.call(d); got.status != s.before {
					t.Errorf("call %d once it is off: %d %s", i+1, got.status, got.body)
				}
			}
		})
	}
}

func TestEveryCallIsSlow(t *testing.T) {
	t.Parallel()
	d := sit(t, nil)
	d.done(d.do("ready", "key", "slow"), "Every call takes 2 s")
	from := time.Now()
	if got := listApps(d); got.status != 200 || time.Since(from) < 2*time.Second {
		t.Errorf("status %d after %s", got.status, time.Since(from))
	}
}

func TestACutAfterTheEffect(t *testing.T) {
	d := sit(t, nil)
	gmail := d.in(aws.AccountGmail)
	if got := d.aws(gmail, "iam", userCall("CreateUser")); got.status != 200 {
		t.Fatalf("make a user: %d %s", got.status, got.body)
	}
	d.done(d.do("ready", "key", "key-lost"), "cut after IAM made the access key")
	for _, want := range []struct{ status, keys int }{{0, 1}, {200, 2}} {
		got := d.aws(gmail, "iam", userCall("CreateAccessKey"))
		if n := len(d.sb.AWS.AccessKeys(aws.AccountGmail, "OktaSSOuser")); got.status != want.status || n != want.keys {
			t.Errorf("status %d, %d keys, want %+v", got.status, n, want)
		}
	}
	d.done(d.do("ready", "key", "app-lost"), "cut after Okta made the application")
	before := len(d.sb.Okta.Applications())
	if got := d.okta("POST", "/api/v1/apps", newApplication); got.status != 0 || len(d.sb.Okta.Applications()) != before+1 {
		t.Errorf("status %d, %d applications more", got.status, len(d.sb.Okta.Applications())-before)
	}
	d.shows(d.get("/control/wire"), ">cut<")
}

func TestAnAccountIsDenied(t *testing.T) {
	d := sit(t, nil)
	d.refused(d.do("ready", "key", "deny-user"), "choose one")
	d.refused(d.do("ready", "key", "deny-user", "choice", aws.ManagementAccount), "choose one")
	d.done(d.do("ready", "key", "deny-user", "choice", aws.AccountGmail), aws.AccountGmail)
	if got := d.aws(d.in(aws.AccountGmail), "iam", userCall("CreateUser")); got.status != 403 || !strings.Contains(got.body, "service control policy") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := d.aws(d.in(aws.AccountBilling), "iam", userCall("CreateUser")); got.status != 200 {
		t.Errorf("another account: %d %s", got.status, got.body)
	}
}

func TestAStackRollsBack(t *testing.T) {
	d := sit(t, nil)
	d.done(d.do("ready", "key", "stack-fails", "choice", aws.AccountGmail), "iam:CreateRole")
	template := `{"Resources":{"Reader":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"Reader","AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}}}}}`
	got := d.aws(d.in(aws.AccountGmail), "cloudformation", url.Values{"Version": {"2010-05-15"}, "Action": {"CreateStack"}, "StackName": {"roles"},
		"TemplateBody": {template}, "Capabilities.member.1": {"CAPABILITY_NAMED_IAM"}})
	if got.status != 200 {
		t.Fatalf("make a stack: %d %s", got.status, got.body)
	}
	d.do("jump", "by", "10 minutes")
	if s := d.sb.AWS.Stacks(aws.AccountGmail); len(s) != 1 || s[0].Status != "ROLLBACK_COMPLETE" || len(s[0].Roles) != 0 {
		t.Errorf("%+v", s)
	}
}

func TestAnApplicationLosesItsProvisioning(t *testing.T) {
	d := sit(t, nil)
	d.shows(d.get("/control/"), "No application has provisioning on.")
	if user := d.aws(d.in(aws.AccountGmail), "iam", userCall("CreateUser")); user.status != 200 {
		t.Fatalf("make a user: %d %s", user.status, user.body)
	}
	var id string
	for _, a := range d.sb.Okta.Applications() {
		if a.Label == okta.LegacyLabel {
			id = a.ID
		}
	}
	made := d.aws(d.in(aws.AccountGmail), "iam", url.Values{"Version": {"2010-05-08"}, "Action": {"PutUserPolicy"}, "UserName": {"OktaSSOuser"}, "PolicyName": {"list"},
		"PolicyDocument": {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ListRoles","iam:ListAccountAliases"],"Resource":"*"}]}`}})
	secret := d.aws(d.in(aws.AccountGmail), "iam", userCall("CreateAccessKey"))
	if made.status != 200 || secret.status != 200 {
		t.Fatalf("%d %s, %d %s", made.status, made.body, secret.status, secret.body)
	}
	d.do("jump", "by", "1 min") // a new key is refused for some seconds
	field := func(name string) string {
		return html.UnescapeString(regexp.MustCompile("<" + name + ">([^<]+)<").FindStringSubmatch(secret.body)[1])
	}
	status, answer, err := d.sb.Console(t.Context(), id, "api-integration", map[string]any{"enabled": true, "accessKey": field("AccessKeyId"), "secretKey": field("SecretAccessKey")})
	if a, _ := d.sb.Okta.Application(id); err != nil || status != 200 || !a.Provisioning.Enabled {
		t.Fatalf("%d %s %v", status, answer, err)
	}
	d.refused(d.do("ready", "key", "provisioning-lost", "choice", "0oaNowhere"), "choose one")
	d.done(d.do("ready", "key", "provisioning-lost", "choice", id), okta.LegacyLabel)
	if a, _ := d.sb.Okta.Application(id); a.Provisioning.Enabled {
		t.Error("provisioning is still on")
	}
}

// listen connects as the app does, and counts the envelopes that it acknowledges; it ends with the connection.
func (d *desk) listen() (envelopes chan string, closed chan struct{}) {
	d.t.Helper()
	out := d.send(http.MethodPost, d.sb.SlackURL+"/api/apps.connections.open", "", map[string]string{"Authorization": "Bearer " + d.variable("SLACK_APP_TOKEN")})
	m := regexp.MustCompile(`"url":"([^"]+)"`).FindStringSubmatch(out.body)
	if m == nil {
		d.t.Fatalf("no connection: %d %s", out.status, out.body)
	}
	conn, resp, err := websocket.DefaultDialer.DialContext(d.t.Context(), strings.ReplaceAll(m[1], `\u0026`, "&"), nil)
	if err != nil {
		d.t.Fatal(err)
	}
	_ = resp.Body.Close()
	d.t.Cleanup(func() { _ = conn.Close() })
	envelopes, closed = make(chan string, 20), make(chan struct{})
	hello := make(chan struct{})
	go func() {
		defer close(closed)
		for {
			var frame struct {
				Type string
				ID   string `json:"envelope_id"`
			}
			if conn.ReadJSON(&frame) != nil {
				return
			}
			switch frame.Type {
			case "hello":
				close(hello)
			case "disconnect":
				return
			default:
				envelopes <- frame.ID
				_ = conn.WriteJSON(map[string]string{"envelope_id": frame.ID})
			}
		}
	}()
	select {
	case <-hello:
	case <-closed:
	}
	return envelopes, closed
}

func (d *desk) command() slack.Seen {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 20*time.Second)
	defer cancel()
	seen, err := d.sb.Slack.Command(ctx, slack.Requester, slack.General, "/oktaws", "help")
	if err != nil {
		d.t.Fatal(err)
	}
	return seen
}

func TestSlackDeliversTwiceAndAgain(t *testing.T) {
	d := sit(t, nil)
	d.refused(d.do("ready", "key", "again"), "nothing to deliver")
	envelopes, _ := d.listen()
	d.done(d.do("ready", "key", "twice"), "next 3")
	for range 4 {
		d.command()
	}
	d.done(d.do("ready", "key", "again"), "once more")
	var ids []string
	for range 4 + 3 + 1 {
		ids = append(ids, <-envelopes)
	}
	times := map[string]int{}
	for _, id := range ids {
		times[id]++
	}
	if times[ids[0]] != 2 || times[ids[7]] != 2 || len(times) != 4 {
		t.Errorf("envelopes %v", ids)
	}
}

func TestSlackDropsItsConnections(t *testing.T) {
	d := sit(t, nil)
	_, closed := d.listen()
	d.done(d.do("ready", "key", "drop"), "dropped")
	<-closed
	envelopes, _ := d.listen()
	d.command()
	<-envelopes
	d.done(d.do("ready", "key", "socket-off"), "switched off")
	_, closed = d.listen()
	<-closed // it is sent away
	if seen := d.command(); seen.Error != slack.DispatchFailed {
		t.Errorf("the person sees %+v", seen)
	}
	d.done(d.do("ready", "key", "socket-on"), "Socket Mode is on")
	envelopes, _ = d.listen()
	d.command()
	<-envelopes
}

func TestClicksGoToDeadConnections(t *testing.T) {
	t.Parallel()
	d := sit(t, nil)
	d.listen()
	d.done(d.do("ready", "key", "deaf"), "8 connections")
	if n := d.sb.Slack.Connections(); n != 9 {
		t.Errorf("%d connections", n)
	}
	lost := 0
	for range 2 { // of any two in a row, one at least is lost
		if seen := d.command(); seen.Error == slack.OperationTimeout {
			lost++
			break
		}
	}
	if lost == 0 {
		t.Error("no click is lost")
	}
	d.done(d.do("ready", "key", "hears"), "no dead connections")
	if n := d.sb.Slack.Connections(); n != 1 {
		t.Errorf("%d connections", n)
	}
	if seen := d.command(); seen.Error != "" {
		t.Errorf("the person sees %+v", seen)
	}
}
