package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// clicksTile has a person click a tile on their Okta dashboard, and returns what AWS makes of the response.
func (r *rig) clicksTile(login, label string) aws.SignIn {
	r.Helper()
	in, err := r.clickTile(login, label)
	if err != nil {
		r.Fatal(err)
	}
	return in
}

// clickTile is clicksTile for any goroutine.
func (r *rig) clickTile(login, label string) (in aws.SignIn, err error) {
	tiles := r.Okta.Tiles(login)
	i := slices.IndexFunc(tiles, func(t okta.Tile) bool { return t.Label == label })
	if i < 0 {
		return in, fmt.Errorf("%s has no tile %s: %v", login, label, tiles)
	}
	on, err := r.Okta.SignOn(login, tiles[i].AppID)
	if err != nil {
		return in, err
	}
	form := url.Values{"SAMLResponse": {on.Response}, "RelayState": {on.RelayState}}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, r.AWSURL+"/saml", strings.NewReader(form.Encode()))
	if err != nil {
		return in, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return in, err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&in); err != nil {
		return in, fmt.Errorf("AWS answers %s: %w", resp.Status, err)
	}
	return in, nil
}

// join puts a person into the groups that an application's roles are given to.
func (r *rig) join(login string, groups ...string) {
	r.Helper()
	for _, name := range groups {
		all := r.Okta.Groups()
		i := slices.IndexFunc(all, func(g okta.Group) bool { return g.Name == name })
		if i < 0 {
			r.Fatalf("there is no group %s", name)
		}
		if err := r.Okta.SetMember(all[i].ID, login, true); err != nil {
			r.Fatal(err)
		}
	}
}

// What the whole is for: after the pipeline, a person clicks the tile, is offered their roles, and is in.
func TestSignOnAfterLink(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.serve()
	r.linked(gmail, label)

	if tiles := r.Okta.Tiles(okta.TestUserLogin); len(tiles) != 0 {
		t.Fatalf("tiles of somebody who is in no group: %v", tiles)
	}
	r.join(okta.TestUserLogin, label+"-ReadOnlyAccess")
	one := r.clicksTile(okta.TestUserLogin, label)
	if one.Refused != "" || len(one.Roles) != 1 || one.Roles[0].Role != "ReadOnlyAccess" {
		t.Fatalf("in one group: %+v", one)
	}

	r.join(okta.TestUserLogin, label+"-Administrator", label+"-PowerUsers")
	all := r.clicksTile(okta.TestUserLogin, label)
	var roles []string
	for _, role := range all.Roles {
		if role.Refused != "" || role.Account.ID != gmail || role.Provider != fmt.Sprintf("arn:aws:iam::%s:saml-provider/%s", gmail, r.AWS.Providers(gmail)[0].Name) {
			t.Errorf("role %+v", role)
		}
		roles = append(roles, role.Role)
	}
	slices.Sort(roles)
	if all.Refused != "" || all.Person != okta.TestUserLogin || strings.Join(roles, " ") != "Administrator PowerUsers ReadOnlyAccess" {
		t.Errorf("offered %v as %q (%s)", roles, all.Person, all.Refused)
	}

	r.Okta.LoseProvisioning(r.application(label).ID)
	if off := r.clicksTile(okta.TestUserLogin, label); off.Refused == "" {
		t.Errorf("offered %+v though provisioning is off", off.Roles)
	}
}
