package aws

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// whole is a role as it shall be.
var whole = provision.Role{
	Name: "Administrator", Path: "/team/", Trust: policy, Policies: []string{"arn:a", "arn:b"}, Inline: map[string]string{"extra": policy},
	Boundary: "arn:limit", Description: "of oktaws", MaxDuration: 12 * time.Hour, Tags: ours,
}

// bent is that role as a survey shows it, changed.
func bent(change func(*provision.Role)) *provision.Role {
	r := whole
	r.Policies, r.Inline = slices.Clone(whole.Policies), maps.Clone(whole.Inline)
	r.Description, r.MaxDuration = "", 0
	change(&r)
	return &r
}

var roleCalls = []string{"CreateRole", "UpdateRole", "UpdateAssumeRolePolicy", "AttachRolePolicy", "DetachRolePolicy", "PutRolePolicy", "DeleteRolePolicy",
	"PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary", "TagRole"}

func TestRoleThatIsMissingIsMadeWhole(t *testing.T) {
	a := newAmazon(t).empty(roleCalls...)
	if err := reached(t).RestoreRole(t.Context(), nil, whole); err != nil {
		t.Fatal(err)
	}
	if got, want := a.changed(), []string{"CreateRole", "AttachRolePolicy", "AttachRolePolicy", "PutRolePolicy"}; !slices.Equal(got, want) {
		t.Errorf("called %v, want %v", got, want)
	}
	sent := a.the("CreateRole").form
	for k, want := range map[string]string{"RoleName": "Administrator", "Path": "/team/", "AssumeRolePolicyDocument": policy, "Description": "of oktaws", "MaxSessionDuration": "43200", "PermissionsBoundary": "arn:limit"} {
		if got := sent.Get(k); got != want {
			t.Errorf("%s is %q, want %q", k, got, want)
		}
	}
	if !maps.Equal(sentTags(sent, "Tags.member."), ours) {
		t.Errorf("sent %v", sent)
	}

	a = newAmazon(t).empty(roleCalls...)
	if err := reached(t).RestoreRole(t.Context(), nil, provision.Role{Name: "Plain", Trust: policy}); err != nil {
		t.Fatal(err)
	}
	sent = a.the("CreateRole").form
	for _, k := range []string{"Path", "PermissionsBoundary", "MaxSessionDuration"} {
		if sent.Has(k) {
			t.Errorf("%s was sent as %q, without there being one", k, sent.Get(k))
		}
	}
}

func TestRoleThatWasChangedIsMended(t *testing.T) {
	for name, tc := range map[string]struct {
		have *provision.Role
		want []string
	}{
		"nothing that a survey shows": {bent(func(*provision.Role) {}), nil},
		"trust written otherwise": {bent(func(r *provision.Role) {
			r.Trust = `{"Statement" : [{"Resource":"arn:aws:iam::*:role/a+b c%"}], "Version":"2012-10-17"}`
		}), nil},
		"no tags": {bent(func(r *provision.Role) { r.Tags = nil }), []string{"TagRole"}},
		"a tag more": {bent(func(r *provision.Role) {
			r.Tags = maps.Clone(r.Tags)
			r.Tags["cost-center"] = "42"
		}), nil},
		"trust":               {bent(func(r *provision.Role) { r.Trust = `{"Version":"2012-10-17","Statement":[]}` }), []string{"UpdateAssumeRolePolicy"}},
		"no boundary":         {bent(func(r *provision.Role) { r.Boundary = "" }), []string{"PutRolePermissionsBoundary"}},
		"another boundary":    {bent(func(r *provision.Role) { r.Boundary = "arn:wide" }), []string{"PutRolePermissionsBoundary"}},
		"policies in place":   {bent(func(r *provision.Role) { slices.Reverse(r.Policies) }), nil},
		"another policy":      {bent(func(r *provision.Role) { r.Policies[0] = "arn:c" }), []string{"AttachRolePolicy", "DetachRolePolicy"}},
		"one policy more":     {bent(func(r *provision.Role) { r.Policies = append(r.Policies, "arn:c") }), []string{"DetachRolePolicy"}},
		"inline changed":      {bent(func(r *provision.Role) { r.Inline["extra"] = "{}" }), []string{"PutRolePolicy"}},
		"inline under a name": {bent(func(r *provision.Role) { r.Inline = map[string]string{"other": policy} }), []string{"PutRolePolicy", "DeleteRolePolicy"}},
		"everything": {&provision.Role{Name: "Administrator", Boundary: "arn:wide", Policies: []string{"arn:c"}, Inline: map[string]string{"other": "{}"}},
			[]string{"UpdateAssumeRolePolicy", "PutRolePermissionsBoundary", "AttachRolePolicy", "AttachRolePolicy", "PutRolePolicy", "DetachRolePolicy", "DeleteRolePolicy", "TagRole"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAmazon(t).empty(roleCalls...)
			if err := reached(t).RestoreRole(t.Context(), tc.have, whole); err != nil {
				t.Fatal(err)
			}
			if got, want := a.changed(), append(tc.want, "UpdateRole"); !slices.Equal(got, want) {
				t.Errorf("called %v, want %v", got, want)
			}
			sent := a.the("UpdateRole").form
			if sent.Get("MaxSessionDuration") != "43200" || sent.Get("Description") != "of oktaws" {
				t.Errorf("sent %v", sent)
			}
		})
	}
}

func TestMendedRoleIsNamedAsItIsSpelledThere(t *testing.T) {
	a := newAmazon(t).empty(roleCalls...)
	have := &provision.Role{Name: "ADMINISTRATOR", Boundary: "arn:wide", Policies: []string{"arn:c"}, Inline: map[string]string{"other": "{}"}}
	want := whole
	want.Boundary = ""
	if err := reached(t).RestoreRole(t.Context(), have, want); err != nil {
		t.Fatal(err)
	}
	for action, fields := range map[string]map[string]string{
		"UpdateAssumeRolePolicy":        {"PolicyDocument": policy},
		"DeleteRolePermissionsBoundary": {},
		"PutRolePolicy":                 {"PolicyName": "extra", "PolicyDocument": policy},
		"DetachRolePolicy":              {"PolicyArn": "arn:c"},
		"DeleteRolePolicy":              {"PolicyName": "other"},
		"UpdateRole":                    {},
	} {
		fields["RoleName"] = "ADMINISTRATOR"
		sent := a.the(action).form
		for k, want := range fields {
			if got := sent.Get(k); got != want {
				t.Errorf("%s: %s is %q, want %q", action, k, got, want)
			}
		}
	}
}

func TestWhatSomebodyElseRemovedFromARoleIsNoError(t *testing.T) {
	a := newAmazon(t).empty(roleCalls...)
	for _, action := range []string{"DetachRolePolicy", "DeleteRolePolicy", "DeleteRolePermissionsBoundary"} {
		a.on(action, noSuch)
	}
	have := bent(func(r *provision.Role) { r.Policies, r.Inline["more"] = append(r.Policies, "arn:c"), "{}" })
	want := whole
	want.Boundary = ""
	if err := reached(t).RestoreRole(t.Context(), have, want); err != nil {
		t.Error(err)
	}

	a.on("UpdateRole", noSuch)
	expect(t, reached(t).RestoreRole(t.Context(), have, want), store.NotFound, "set the session length and the description of the role Administrator in account 111122223333: it isn't there", "")
}

func TestMendingEndsAtTheFirstFailure(t *testing.T) {
	a := newAmazon(t).empty(roleCalls...).on("AttachRolePolicy", always(refusal(403, "AccessDenied", "no")))
	err := reached(t).RestoreRole(t.Context(), bent(func(r *provision.Role) { r.Trust, r.Policies = "{}", nil }), whole)
	expect(t, err, store.Denied, "attach the policy arn:a to the role Administrator", "iam:AttachRolePolicy")
	if got, want := a.changed(), []string{"UpdateAssumeRolePolicy", "AttachRolePolicy"}; !slices.Equal(got, want) {
		t.Errorf("called %v, want %v", got, want)
	}
}
