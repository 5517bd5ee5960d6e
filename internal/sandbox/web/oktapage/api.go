package oktapage

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
)

// What an admin changes outside the Provisioning tab has an API, and goes over it, so that it stands among the calls
// with Okta's answer. The token is the sandbox's own: everybody who has it is a super admin.

// open sends a call of the admin's to Okta's API. The body is closed by the caller.
func (p pages) open(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	sb := p.sandbox()
	req, err := http.NewRequestWithContext(ctx, method, sb.OktaURL+"/api/v1"+path, body)
	if err != nil {
		return nil, err
	}
	for _, v := range sb.Env() {
		if v.Name == "OKTA_CLIENT_TOKEN" {
			req.Header.Set("Authorization", "SSWS "+v.Value)
		}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return http.DefaultClient.Do(req)
}

// call has Okta's API do something, and reads its answer into to unless that is nil. The outcome says why it was
// refused; where it wasn't, it says nothing.
func (p pages) call(ctx context.Context, method, path string, body, to any) outcome {
	var sent io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return outcome{Refused: "The form cannot be sent.", Why: err.Error()}
		}
		sent = bytes.NewReader(raw)
	}
	resp, err := p.open(ctx, method, path, sent)
	if err != nil {
		return outcome{Refused: silent, Why: err.Error()}
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= http.StatusMultipleChoices {
		return refusal(resp.StatusCode, answer)
	}
	if err == nil && to != nil {
		err = json.Unmarshal(answer, to)
	}
	if err != nil {
		return outcome{Refused: "Okta's answer cannot be read.", Why: err.Error()}
	}
	return outcome{}
}

// silent is what there is to say where no answer came.
const silent = "Okta does not answer."

// apiPath is where an application is in the API, and what belongs to it.
func apiPath(app string, more ...string) string {
	path := "/apps/" + url.PathEscape(app)
	for _, part := range more {
		path += "/" + part
	}
	return path
}

// replace changes an application as everybody must who changes a part of it: all of it is asked for, and all of it is
// sent back.
func (p pages) replace(ctx context.Context, app string, change func(whole map[string]any)) outcome {
	var whole map[string]any
	if o := p.call(ctx, http.MethodGet, apiPath(app), nil, &whole); o.Refused != "" {
		return o
	}
	change(whole)
	return p.call(ctx, http.MethodPut, apiPath(app), whole, nil)
}

// within returns the object at the keys of another, which is made where there is none.
func within(whole map[string]any, keys ...string) map[string]any {
	for _, key := range keys {
		inner, ok := whole[key].(map[string]any)
		if !ok {
			inner = map[string]any{}
			whole[key] = inner
		}
		whole = inner
	}
	return whole
}

// relay answers with what Okta's API answers.
func (p pages) relay(w http.ResponseWriter, r *http.Request, path string) {
	resp, err := p.open(r.Context(), http.MethodGet, path, nil)
	if err != nil {
		http.Error(w, silent+" ("+err.Error()+")", http.StatusBadGateway)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}
