package okta

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

const appsPath = "/api/v1/apps"

// awsApp is the name of Okta's integration "AWS Account Federation".
const awsApp = "amazon_aws"

// application is what we read of an application. The SDK's own type is not used: it knows some keys of the settings
// only, and drops the others.
type application struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Label       string    `json:"label"`
	Status      string    `json:"status"`
	Created     time.Time `json:"created"`
	SignOnMode  string    `json:"signOnMode"`
	Features    []string  `json:"features"`
	Credentials struct {
		Signing struct {
			KeyID string `json:"kid"` // missing of an application that was made in the admin console and never set to SAML
		} `json:"signing"`
	} `json:"credentials"`
	Settings struct {
		App   map[string]any `json:"app"`
		Notes struct {
			Admin string `json:"admin"`
		} `json:"notes"`
	} `json:"settings"`
	Links struct {
		Help     links `json:"help"`
		AppLinks links `json:"appLinks"`
	} `json:"_links"`
}

// links is a link or a list of them: HAL has both.
type links []struct {
	Name string `json:"name"`
	Href string `json:"href"`
}

func (l *links) UnmarshalJSON(data []byte) error {
	if data = bytes.TrimSpace(data); len(data) > 0 && data[0] == '{' {
		data = append(append([]byte("["), data...), ']')
	}
	type list links
	return json.Unmarshal(data, (*list)(l))
}

func (c *Client) toApplication(a application) provision.Application {
	return provision.Application{
		ID: a.ID, Name: a.Name, Label: a.Label, Status: a.Status, SignOnMode: a.SignOnMode,
		SigningKeyID: a.Credentials.Signing.KeyID, Features: a.Features,
		Note: a.Settings.Notes.Admin, Settings: a.Settings.App,
		AdminURL: c.adminURL(a), TileURL: tileURL(a),
	}
}

// FindApplications returns the applications of any kind and status whose label is exactly one of the labels. For a few
// labels it asks for each by Okta's own search, which is by prefix, of names and labels, and only narrows what is compared
// here; for more labels than a list of all applications has had pages, it lists them all.
func (c *Client) FindApplications(ctx context.Context, labels ...string) ([]provision.Application, error) {
	var found []provision.Application
	pages := 0
	look := func(doing string, query url.Values, wanted ...string) error {
		query.Set("limit", pageSize)
		query.Set("includeNonDeleted", "true")
		entries := 0
		err := c.list(ctx, doing, appsPath, query, func(entry json.RawMessage) error {
			entries++
			var named struct {
				Label string `json:"label"`
			}
			if err := json.Unmarshal(entry, &named); err != nil || !slices.Contains(wanted, named.Label) {
				return err // an application of another name may be of any shape
			}
			var a application
			if err := json.Unmarshal(entry, &a); err != nil {
				return err
			}
			found = append(found, c.toApplication(a))
			return nil
		})
		pages = 1 + entries/mostOnPage
		return err
	}
	if len(labels) > max(1, int(c.pages.Load())) {
		err := look(fmt.Sprintf("look for %d Okta applications", len(labels)), url.Values{}, labels...)
		if err == nil {
			c.pages.Store(int32(pages))
		}
		return found, err
	}
	for _, label := range labels {
		if err := look(fmt.Sprintf("look for Okta applications named %q", label), url.Values{"q": {label}}, label); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Application returns the application, or nil where there is none.
func (c *Client) Application(ctx context.Context, id string) (*provision.Application, error) {
	a, err := c.application(ctx, id)
	if a == nil || err != nil {
		return nil, err
	}
	out := c.toApplication(*a)
	return &out, nil
}

func (c *Client) application(ctx context.Context, id string) (*application, error) {
	var a application
	_, err := c.call(ctx, "read the Okta application "+id, http.MethodGet, appPath(id), nil, nil, &a)
	if store.KindOf(err) == store.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &a, nil
}

// CreateApplication makes an active SAML application. What the spec doesn't set has Okta's defaults.
func (c *Client) CreateApplication(ctx context.Context, s provision.ApplicationSpec) (provision.Application, error) {
	doing := fmt.Sprintf("create the Okta application %q", s.Label)
	body := map[string]any{
		"name": awsApp, "label": s.Label, "signOnMode": "SAML_2_0",
		"visibility": map[string]any{"autoSubmitToolbar": false, "hide": map[string]bool{"iOS": false, "web": false}},
		"settings":   map[string]any{"app": s.Settings, "notes": map[string]any{"admin": orNull(s.Note)}},
	}
	var a application
	_, err := c.call(ctx, doing, http.MethodPost, appsPath, url.Values{"activate": {"true"}}, body, &a)
	if err != nil {
		return provision.Application{}, err
	}
	if a.ID == "" {
		return provision.Application{}, c.explain(doing, errNoID)
	}
	return c.toApplication(a), nil
}

var errNoID = errors.New("Okta's answer holds no ID")

// UpdateApplication sets the label, the note and the settings that the spec names, and leaves everything else, the
// sign-on mode included, as Okta gave it: the whole goes back in one PUT, with the keys that nobody here knows.
func (c *Client) UpdateApplication(ctx context.Context, id string, s provision.ApplicationSpec) (changed bool, err error) {
	doing := fmt.Sprintf("change the Okta application %q (%s)", s.Label, id)
	return c.replace(ctx, id, doing, func(whole map[string]any) (bool, error) { return amend(whole, s) })
}

// replace reads the application, has change set in it what it shall, and writes the whole back, unless nothing changed.
func (c *Client) replace(ctx context.Context, id, doing string, change func(whole map[string]any) (bool, error)) (changed bool, err error) {
	var raw json.RawMessage
	if _, err := c.call(ctx, "read the Okta application "+id, http.MethodGet, appPath(id), nil, nil, &raw); err != nil {
		return false, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // a number goes back as it came
	var whole map[string]any
	if err := d.Decode(&whole); err != nil {
		return false, c.explain(doing, err)
	}
	changed, err = change(whole)
	if err != nil {
		return false, c.explain(doing, err)
	}
	if !changed {
		return false, nil
	}
	if _, err := c.call(ctx, doing, http.MethodPut, appPath(id), nil, whole, nil); err != nil {
		return false, err
	}
	return true, nil
}

// amend sets in an application, as Okta gave it, what differs from the spec.
func amend(whole map[string]any, s provision.ApplicationSpec) (changed bool, err error) {
	set := func(m map[string]any, key string, value any) error {
		same, err := equal(m[key], value)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if !same {
			m[key], changed = value, true
		}
		return nil
	}
	settings, err := object(whole, "settings")
	if err != nil {
		return false, err
	}
	app, err := object(settings, "app")
	if err != nil {
		return false, err
	}
	notes, err := object(settings, "notes")
	if err != nil {
		return false, err
	}
	errs := []error{set(whole, "label", s.Label), set(notes, "admin", orNull(s.Note))}
	for key, value := range s.Settings {
		errs = append(errs, set(app, key, value))
	}
	return changed, errors.Join(errs...)
}

// object returns the object under the key, and makes it where it is null or missing.
func object(m map[string]any, key string) (map[string]any, error) {
	switch v := m[key].(type) {
	case map[string]any:
		return v, nil
	case nil:
		made := map[string]any{}
		m[key] = made
		return made, nil
	}
	return nil, fmt.Errorf("%s is not an object", key)
}

// equal compares two values as JSON has them: 3600 is 3600 whatever its type in Go, and null is as good as missing.
func equal(a, b any) (bool, error) {
	var normal [2]any
	for i, v := range []any{a, b} {
		data, err := json.Marshal(v)
		if err != nil {
			return false, err
		}
		if err := json.Unmarshal(data, &normal[i]); err != nil {
			return false, err
		}
	}
	return reflect.DeepEqual(normal[0], normal[1]), nil
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// ActivateApplication makes the application active; of an active one, Okta says the same.
func (c *Client) ActivateApplication(ctx context.Context, id string) error {
	return c.setStatus(ctx, id, "activate")
}

// DeactivateApplication makes the application inactive, so that nobody signs on with it. What is assigned stays.
func (c *Client) DeactivateApplication(ctx context.Context, id string) error {
	return c.setStatus(ctx, id, "deactivate")
}

func (c *Client) setStatus(ctx context.Context, id, verb string) error {
	_, err := c.call(ctx, verb+" the Okta application "+id, http.MethodPost, appPath(id)+"/lifecycle/"+verb, nil, nil, nil)
	return err
}

// DeleteApplication deletes an inactive application, its assignments with it. It fails with a Conflict where the
// application is active, and with NotFound where there is none.
func (c *Client) DeleteApplication(ctx context.Context, id string) error {
	_, err := c.call(ctx, "delete the Okta application "+id, http.MethodDelete, appPath(id), nil, nil, nil)
	return err
}

func appPath(id string) string { return appsPath + "/" + url.PathEscape(id) }

// adminURL is the address of the application's Provisioning tab. The admin console's host is what Okta's own link to
// it says, also behind a custom domain; else <org>-admin, on Okta's domains. On a loopback address it is the same
// server.
func (c *Client) adminURL(a application) string {
	u := url.URL{Scheme: c.org.Scheme, Host: c.org.Host, Path: "/admin/app/" + a.Name + "/instance/" + a.ID + "/", Fragment: "tab-user-management"}
	if isLoopback(c.org.Hostname()) {
		return u.String()
	}
	if name, domain, ok := oktaOrg(c.org.Hostname()); ok {
		u.Host = name + "-admin." + domain
	}
	for _, l := range a.Links.Help {
		if help, err := url.Parse(l.Href); err == nil && help.Scheme == "https" && help.Port() == "" {
			if name, _, _ := strings.Cut(help.Host, "."); strings.HasSuffix(name, "-admin") {
				u.Host = help.Host
			}
		}
	}
	return u.String()
}

// tileURL is what a click on the application's tile opens.
func tileURL(a application) string {
	for _, l := range a.Links.AppLinks {
		if l.Name == "login" {
			return l.Href
		}
	}
	if len(a.Links.AppLinks) > 0 {
		return a.Links.AppLinks[0].Href
	}
	return ""
}
