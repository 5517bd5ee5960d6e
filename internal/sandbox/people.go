package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// Console does a step of the application's Provisioning tab as an Okta admin does it, over HTTP: test, api-integration,
// to-app or refresh; package okta says what each takes. It returns Okta's status and answer.
func (s *Sandbox) Console(ctx context.Context, app, step string, body any) (status int, answer []byte, err error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	url := s.OktaURL + "/admin/app/amazon_aws/instance/" + app + "/provisioning/" + step
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(raw))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(okta.PersonHeader, "okta-admin")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if answer, err = io.ReadAll(resp.Body); err != nil {
		return 0, nil, fmt.Errorf("read Okta's answer (%s): %w", resp.Status, err)
	}
	return resp.StatusCode, answer, nil
}

var (
	accessKeyID = regexp.MustCompile(`\bAKIA[A-Z2-7]{16}\b`)
	secretKey   = regexp.MustCompile(`"text":"([A-Za-z0-9/+]{40})"`)
)

// ReadKey is what somebody reads off a modal that shows an access key; ok is false where it shows none.
func ReadKey(v slack.View) (id, secret string, ok bool) {
	found := secretKey.FindSubmatch(v.Blocks)
	if found == nil {
		return "", "", false
	}
	return string(accessKeyID.Find(v.Blocks)), string(found[1]), true
}
