package aws_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

const (
	stackTime     = 10 * time.Second
	providerDelay = 6 * time.Second // longer than it takes until a stack makes its first role
)

// world is one AWS on loopback, on a clock that stands still until it is advanced.
type world struct {
	*aws.Server
	t     *testing.T
	clock *clockwork.FakeClock
	hub   *wire.Hub
	url   string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Now().Truncate(time.Second))
	hub := wire.New(clock.Now)
	s := aws.New(aws.Config{Hub: hub, Clock: clock, StackTime: stackTime, KeyDelay: 8 * time.Second, ProviderDelay: providerDelay})
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	return &world{Server: s, t: t, clock: clock, hub: hub, url: web.URL}
}

// clients are the SDK's clients with some credentials.
type clients struct {
	sts   *sts.Client
	iam   *iam.Client
	stack *cloudformation.Client
	org   *organizations.Client
}

func (w *world) with(p sdk.CredentialsProvider) clients {
	c := sdk.Config{Region: "eu-west-1", BaseEndpoint: &w.url, Credentials: p, HTTPClient: whole{awshttp.NewBuildableClient()}, Retryer: func() sdk.Retryer { return sdk.NopRetryer{} }}
	return clients{sts.NewFromConfig(c), iam.NewFromConfig(c), cloudformation.NewFromConfig(c), organizations.NewFromConfig(c)}
}

// whole sends a request's body from memory. The SDK closes the body once the answer's headers are there, and reading a
// closed body to its end is io.EOF to the transport (smithy-go's safeWriteToReadCloser), which then closes the connection
// in the middle of the answer. A server on loopback answers fast enough for that.
type whole struct{ sdk.HTTPClient }

func (c whole) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(b))
	}
	return c.HTTPClient.Do(r)
}

func (w *world) base() clients {
	id, secret := w.Credentials()
	return w.with(credentials.NewStaticCredentialsProvider(id, secret, ""))
}

func roleARN(account, name string) string { return "arn:aws:iam::" + account + ":role/" + name }

// in returns clients with the access role of a member account.
func (w *world) in(account string) clients {
	role := stscreds.NewAssumeRoleProvider(w.base().sts, roleARN(account, aws.AccessRole))
	return w.with(sdk.NewCredentialsCache(role))
}

// refused checks an error of AWS's, its status too.
func refused(t *testing.T, err error, status int, code, message string) {
	t.Helper()
	var e smithy.APIError
	var r *awshttp.ResponseError
	if !errors.As(err, &e) || !errors.As(err, &r) {
		t.Fatalf("error is %v, want %s", err, code)
	}
	if e.ErrorCode() != code || r.HTTPStatusCode() != status || r.ServiceRequestID() == "" {
		t.Errorf("error is %s %d (request %q), want %s %d", e.ErrorCode(), r.HTTPStatusCode(), r.ServiceRequestID(), code, status)
	}
	if message != "" && e.ErrorMessage() != message {
		t.Errorf("message is\n%s, want\n%s", e.ErrorMessage(), message)
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

var (
	ctx = context.Background()
	str = sdk.String
)
