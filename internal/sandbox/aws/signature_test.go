package aws_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

func TestBadCredentialsAreRefusedByEveryService(t *testing.T) {
	w := newWorld(t)
	id, secret := w.Credentials()
	for _, test := range []struct {
		name, id, secret, token string
		code, jsonCode          string
	}{
		{"wrong secret", id, secret[:39] + "#", "", "SignatureDoesNotMatch", "InvalidSignatureException"},
		{"unknown key", "AKIAAAAAAAAAAAAAAAAA", secret, "", "InvalidClientTokenId", "UnrecognizedClientException"},
		{"a token that belongs to no session", id, secret, "token", "InvalidClientTokenId", "UnrecognizedClientException"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := w.with(credentials.NewStaticCredentialsProvider(test.id, test.secret, test.token))
			_, err := c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
			refused(t, err, 403, test.code, "")
			_, err = c.iam.ListRoles(ctx, &iam.ListRolesInput{})
			refused(t, err, 403, test.code, "")
			_, err = c.stack.DescribeStacks(ctx, nil)
			refused(t, err, 403, test.code, "")
			_, err = c.org.ListAccounts(ctx, &organizations.ListAccountsInput{})
			refused(t, err, 400, test.jsonCode, "")
		})
	}
}

// send signs a request with the SDK's own signer and sends it.
func (w *world) send(form string, at time.Time, change func(*http.Request)) (int, string) {
	w.t.Helper()
	id, secret := w.Credentials()
	r, err := http.NewRequest("POST", w.url+"/", strings.NewReader(form))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sum := sha256.Sum256([]byte(form))
	if err := v4.NewSigner().SignHTTP(ctx, sdk.Credentials{AccessKeyID: id, SecretAccessKey: secret}, r, hex.EncodeToString(sum[:]), "sts", "us-east-1", at); err != nil {
		w.t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestSignaturesAreCheckedToTheLetter(t *testing.T) {
	const identity = "Action=GetCallerIdentity&Version=2011-06-15"
	w := newWorld(t)
	for _, test := range []struct {
		name   string
		form   string
		age    time.Duration
		change func(*http.Request)
		status int
		says   string
	}{
		{"as it should be", identity, 0, nil, 200, "<Account>" + aws.ManagementAccount + "</Account>"},
		{"a clock 14 minutes slow", identity, 14 * time.Minute, nil, 200, "GetCallerIdentityResult"},
		{"a clock 16 minutes slow", identity, 16 * time.Minute, nil, 403, "<Code>SignatureDoesNotMatch</Code><Message>Signature expired: "},
		{"a clock 16 minutes fast", identity, -16 * time.Minute, nil, 403, "<Message>Signature not yet current: "},
		{"a header changed on the way", identity, 0, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 403, "<Code>SignatureDoesNotMatch</Code>"},
		{"no signature", identity, 0, func(r *http.Request) { r.Header.Del("Authorization") }, 403, "<Code>MissingAuthenticationToken</Code>"},
		{"half an Authorization header", identity, 0, func(r *http.Request) {
			before, _, _ := strings.Cut(r.Header.Get("Authorization"), ", Signature=")
			r.Header.Set("Authorization", before)
		}, 403, "<Code>IncompleteSignature</Code>"},
		{"a header of AWS's that isn't signed", identity, 0, func(r *http.Request) { r.Header.Set("X-Amz-Target", "x.y") }, 403, "IncompleteSignature"},
		{"an unknown action", "Action=GetFederationToken&Version=2011-06-15", 0, nil, 400, "<Code>InvalidAction</Code>"},
		{"an unknown version", "Action=GetCallerIdentity&Version=2010-05-08", 0, nil, 400, "<Code>InvalidAction</Code>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := w.send(test.form, time.Now().Add(-test.age), test.change)
			equal(t, "status", status, test.status)
			if !strings.Contains(body, test.says) {
				t.Errorf("answer is %s, want %s in it", body, test.says)
			}
		})
	}
	calls := w.hub.Calls(0)
	last := calls[len(calls)-2]
	equal(t, "the unknown action's operation on record", last.Operation, "GetFederationToken")
	equal(t, "its subject", last.Subject, aws.ManagementAccount)
}
