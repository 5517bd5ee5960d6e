package controlpage_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// outcome is how a call ended: its answer, or no answer.
type outcome struct {
	status int // 0: the connection was cut
	body   string
}

// variable is a setting of the sandbox's environment.
func (d *desk) variable(name string) string {
	for _, v := range d.sb.Env() {
		if v.Name == name {
			return v.Value
		}
	}
	d.t.Fatalf("the environment has no %s", name)
	return ""
}

func (d *desk) send(method, to, body string, header map[string]string) outcome {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), method, to, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req) // which sends nothing twice
	if err != nil {
		return outcome{}
	}
	return outcome{resp.StatusCode, read(d.t, resp, nil)}
}

func (d *desk) slack(method string, form url.Values) outcome {
	return d.send(http.MethodPost, d.sb.SlackURL+"/api/"+method, form.Encode(),
		map[string]string{"Authorization": "Bearer " + d.variable("SLACK_BOT_TOKEN"), "Content-Type": "application/x-www-form-urlencoded"})
}

func (d *desk) okta(method, path, body string) outcome {
	header := map[string]string{"Authorization": "SSWS " + d.variable("OKTA_CLIENT_TOKEN")}
	if body != "" {
		header["Content-Type"] = "application/json"
	}
	return d.send(method, d.sb.OktaURL+path, body, header)
}

// keys are what a call of AWS's is signed with.
type keys struct{ id, secret, token string }

func (d *desk) base() keys {
	id, secret := d.sb.AWS.Credentials()
	return keys{id, secret, ""}
}

// in returns the keys of a session with the access role of a member account.
func (d *desk) in(account string) keys {
	d.t.Helper()
	out := d.aws(d.base(), "sts", assume(account))
	field := func(name string) string {
		m := regexp.MustCompile("<" + name + ">([^<]+)<").FindStringSubmatch(out.body)
		if m == nil {
			d.t.Fatalf("no session in account %s: %d %s", account, out.status, out.body)
		}
		return m[1]
	}
	return keys{field("AccessKeyId"), field("SecretAccessKey"), field("SessionToken")}
}

func assume(account string) url.Values {
	return url.Values{"Version": {"2011-06-15"}, "Action": {"AssumeRole"}, "RoleSessionName": {"test"},
		"RoleArn": {"arn:aws:iam::" + account + ":role/OrganizationAccountAccessRole"}}
}

func userCall(action string) url.Values {
	return url.Values{"Version": {"2010-05-08"}, "Action": {action}, "UserName": {"OktaSSOuser"}}
}

// aws makes a call, signed with Signature Version 4.
func (d *desk) aws(k keys, service string, form url.Values) outcome {
	d.t.Helper()
	body, now := form.Encode(), time.Now().UTC()
	at, day := now.Format("20060102T150405Z"), now.Format("20060102")
	to, err := url.Parse(d.sb.AWSURL)
	if err != nil {
		d.t.Fatal(err)
	}
	header := map[string]string{"X-Amz-Date": at, "Content-Type": "application/x-www-form-urlencoded"}
	names, values := "host;x-amz-date", "host:"+to.Host+"\nx-amz-date:"+at+"\n"
	if k.token != "" {
		header["X-Amz-Security-Token"] = k.token
		names, values = names+";x-amz-security-token", values+"x-amz-security-token:"+k.token+"\n"
	}
	digest := func(s string) string { sum := sha256.Sum256([]byte(s)); return hex.EncodeToString(sum[:]) }
	canonical := "POST\n/\n\n" + values + "\n" + names + "\n" + digest(body)
	scope := day + "/us-east-1/" + service + "/aws4_request"
	key := []byte("AWS4" + k.secret)
	for _, part := range []string{day, "us-east-1", service, "aws4_request", "AWS4-HMAC-SHA256\n" + at + "\n" + scope + "\n" + digest(canonical)} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	header["Authorization"] = "AWS4-HMAC-SHA256 Credential=" + k.id + "/" + scope + ", SignedHeaders=" + names + ", Signature=" + hex.EncodeToString(key)
	return d.send(http.MethodPost, d.sb.AWSURL+"/", body, header)
}
