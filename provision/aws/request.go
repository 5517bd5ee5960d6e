package aws

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// wholeRequests sends each request's body from memory of its own. The SDK closes the body once the answer's headers are
// there (smithy-go 1.28, ClientHandler.Handle), and a closed body tells a reader that is still on its way to the end of
// it io.EOF as an error (safeWriteToReadCloser). For Go's transport the request has failed then, and it closes the
// connection in the middle of the answer. It takes a server that answers quickly, and an answer of some length.
type wholeRequests struct{ sdk.HTTPClient }

// Do sends the request.
func (c wholeRequests) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return c.HTTPClient.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read the request's body: %w", err)
	}
	whole := *r // what the SDK holds stays as it is
	whole.Body = io.NopCloser(bytes.NewReader(body))
	whole.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return c.HTTPClient.Do(&whole)
}

// wholeInChain gives the credential chain's own clients of STS the same. The chain as a whole can't have it, since it
// wants the SDK's buildable client.
func wholeInChain(o *config.LoadOptions) error {
	for _, set := range []func(*config.LoadOptions) error{
		config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) {
			if client, ok := o.Client.(*sts.Client); ok {
				o.Client = sts.New(client.Options(), wholeFromSTS)
			}
		}),
		config.WithWebIdentityRoleCredentialOptions(func(o *stscreds.WebIdentityRoleOptions) {
			if client, ok := o.Client.(*sts.Client); ok {
				o.Client = sts.New(client.Options(), wholeFromSTS)
			}
		}),
	} {
		if err := set(o); err != nil {
			return err
		}
	}
	return nil
}

func wholeFromSTS(o *sts.Options) { o.HTTPClient = wholeRequests{o.HTTPClient} }
