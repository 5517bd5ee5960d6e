package aws

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
)

// hastyServer is a client of HTTP as Go's transport is one when the server answers so fast that the request's body isn't
// read to its end by then: the rest of it is read beside the answer, and an error there closes the connection.
type hastyServer struct{ t *testing.T }

func (h hastyServer) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return http.DefaultClient.Do(r)
	}
	body := make([]byte, r.ContentLength)
	if _, err := io.ReadFull(r.Body, body); err != nil {
		h.t.Errorf("read %d bytes of the body: %v", r.ContentLength, err)
	}
	sent := r.Clone(r.Context())
	sent.Body = io.NopCloser(bytes.NewReader(body))
	resp, err := http.DefaultClient.Do(sent)
	if err == nil {
		resp.Body = beside{resp.Body, r.Body}
	}
	return resp, err
}

// beside is an answer that comes while the rest of the request is read.
type beside struct {
	io.ReadCloser
	request io.Reader
}

func (b beside) Read(p []byte) (int, error) {
	if _, err := io.Copy(io.Discard, b.request); err != nil {
		return 0, net.ErrClosed
	}
	return b.ReadCloser.Read(p)
}

func TestAnAnswerThatComesBeforeTheRequestIsReadToItsEndIsReadWhole(t *testing.T) {
	newAmazon(t)
	hasty := func(c *Config) { c.HTTPClient = hastyServer{t} }
	if _, err := reached(t, hasty).Identity(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAProfileThatAssumesARoleByItselfLeadsToTheAccount(t *testing.T) {
	a := newAmazon(t)
	t.Setenv("AWS_ENDPOINT_URL_STS", a.url) // the chain doesn't look at AWS_ENDPOINT_URL
	a.profile("[gmail]\nrole_arn = arn:aws:iam::111122223333:role/R\nsource_profile = base\n[base]\naws_access_key_id = AKIABASE000000000001\naws_secret_access_key = s\n")
	account := reached(t, func(c *Config) { c.Profiles = map[string]string{accountID: "gmail"} })
	if _, err := account.Identity(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := a.the("AssumeRole").key; got != "AKIABASE000000000001" {
		t.Errorf("the role was assumed with the key %s", got)
	}
}
