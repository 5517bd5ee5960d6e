package provision_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// oddRoles are a role set with all that a role can have, and all that YAML and CloudFormation could take for something else.
func oddRoles() []provision.RoleSpec {
	return []provision.RoleSpec{
		{
			Name: "db-admin@x", Group: "{label}-{role}", Path: "/people/", Session: 4 * time.Hour,
			Policies: []string{"arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess", "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/own"},
			Boundary: "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/boundary",
			Inline: map[string]string{
				"own-home": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:*"],"Resource":"arn:${AWS::Partition}:s3:::home-${AWS::AccountId}/${aws:username}/*"}}`,
				"odd":      `{"Version": "2012-10-17", "Statement": [{"Sid": "yes", "Effect": "Deny", "Action": "*", "Resource": ["${aws:PrincipalTag/team}", "${AWS::Region}: # no", "!Ref x", "a\nb", "\"q\" 'p'", "0755", "null", "~", "on", "1e3"], "Condition": {"Bool": {"aws:SecureTransport": false}, "NumericLessThan": {"s3:max-keys": 10}, "StringLike": {"aws:userid": "${!x}"}}}]}`,
			},
			Tags: map[string]string{"team": "on", "cost": "0123", "note": `it's "x": ${y}`},
		},
		{Name: "007", Group: "{label}-{role}", Path: "/people/", Policies: []string{"arn:aws:iam::aws:policy/Billing"}},
	}
}

// sameDocument compares two documents as JSON has it, numbers and truth values by their text.
func sameDocument(t *testing.T, got, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal([]byte(got), &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("the document is\n\t%s, want\n\t%s", got, want)
	}
}

func TestTheStackMakesTheRolesThatTheRoleSetSays(t *testing.T) {
	f := start(t, func(c *provision.Config, _ *world) { c.RoleSets[store.DefaultRoleSet] = oddRoles() })
	f.linked(inAPI)
	r := f.world.roles["db-admin@x"]
	if r == nil || r.Path != "/people/" || r.MaxDuration != 4*time.Hour || r.Boundary != "arn:aws:iam::111122223333:policy/boundary" ||
		!slices.Equal(r.Policies, []string{"arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::111122223333:policy/own"}) {
		t.Fatalf("the role is %+v", r)
	}
	here := strings.NewReplacer("${AWS::Partition}", "aws", "${AWS::AccountId}", "111122223333")
	for name, document := range oddRoles()[0].Inline {
		sameDocument(t, r.Inline[name], here.Replace(document))
	}
	if !strings.Contains(r.Inline["own-home"], "arn:aws:s3:::home-111122223333/${aws:username}/*") {
		t.Errorf("the policy variable is lost: %s", r.Inline["own-home"])
	}
	for key, v := range oddRoles()[0].Tags {
		if r.Tags[key] != v {
			t.Errorf("the tag %s is %q, want %q", key, r.Tags[key], v)
		}
	}
	if f.world.roles["007"].MaxDuration != time.Hour {
		t.Errorf("the role is %+v", f.world.roles["007"])
	}
	f.clean() // so what the stack makes is what oktaws looks for

	// What is put back past CloudFormation is the same again.
	f.change(func(w *world) {
		for _, r := range w.roles {
			r.Inline, r.Policies, r.Boundary, r.MaxDuration = nil, nil, "", 0
		}
	})
	f.ask(store.Repair, store.Wish{})
	f.until("linked", inState(store.Linked))
	f.clean()
	for name, document := range oddRoles()[0].Inline {
		sameDocument(t, f.world.roles["db-admin@x"].Inline[name], here.Replace(document))
	}
}

func TestNumbersAndTruthValuesThatCloudFormationWritesAsTextAreTheSame(t *testing.T) {
	f := start(t, func(c *provision.Config, _ *world) { c.RoleSets[store.DefaultRoleSet] = oddRoles() })
	f.linked(inAPI)
	f.change(func(w *world) {
		r := w.roles["db-admin@x"]
		r.Inline = maps.Clone(r.Inline)
		r.Inline["odd"] = strings.NewReplacer(`:false`, `:"false"`, `:10`, `:"10"`).Replace(r.Inline["odd"])
	})
	for _, x := range f.check().Findings {
		if x.Key != "roles/drift" { // the fake's CloudFormation tells them apart
			t.Errorf("a check finds %+v", x)
		}
	}
}

func TestARoleSetWithPathsWorksInModeGroups(t *testing.T) {
	f := start(t, func(c *provision.Config, _ *world) { c.RoleSets[store.DefaultRoleSet] = oddRoles() })
	a := f.linked(inGroups)
	if got := f.world.apps[a.Known.AppID].Settings["roleValuePattern"]; got != "arn:aws:iam::${accountid}:saml-provider/Okta,arn:aws:iam::${accountid}:role/people/${role}" {
		t.Errorf("the pattern is %s", got)
	}
	f.clean()
	f.restart(func(c *provision.Config) {
		specs := oddRoles()
		specs[1].Path = ""
		c.RoleSets[store.DefaultRoleSet] = specs
	})
	_, err := f.rec.Plan(t.Context(), f.account())
	if message, remedy := store.Explain(err); !strings.Contains(message, "role set default of account 111122223333 have several paths") || remedy == "" {
		t.Errorf("error %v", err)
	}
}

func TestAChangedRoleSetIsFoundAndARepairCarriesItOut(t *testing.T) {
	for _, mode := range []store.Mode{store.ModeAPI, store.ModeGroups} {
		t.Run(string(mode), func(t *testing.T) {
			f := start(t, nil)
			f.linked(store.Wish{Label: label, Mode: mode})
			former := f.world.of("PowerUsers")
			f.restart(func(c *provision.Config) {
				specs := provision.DefaultRoleSet()
				specs[0].Session = 2 * time.Hour
				specs[2].Policies = []string{"arn:${AWS::Partition}:iam::aws:policy/SecurityAudit"}
				specs[1] = provision.RoleSpec{Name: "Auditor", Policies: specs[2].Policies, Group: "{label}-{role}"}
				c.RoleSets[store.DefaultRoleSet] = specs
			})
			c := f.check()
			want := []string{"okta-groups/Auditor/unassigned", "okta-groups/PowerUsers/former", "roles/Auditor/gone", "roles/PowerUsers/dropped", "roles/ReadOnlyAccess/missing", "roles/ReadOnlyAccess/more", "roles/template"}
			if got := keysOf(c.Findings); !slices.Equal(got, want) {
				t.Errorf("the keys are\n\t%q, want\n\t%q%s", got, want, says(c.Findings))
			}
			f.ask(store.Repair, store.Wish{})
			a := f.until("linked", inState(store.Linked))
			f.clean()
			if f.world.group(former) != nil || f.world.roles["powerusers"] != nil || f.world.roles["auditor"] == nil || f.world.roles["administrator"].MaxDuration != 2*time.Hour {
				t.Errorf("groups %v, roles %v", f.world.groups, f.world.roles)
			}
			if got := f.world.offers(f.world, a.Known.Groups["Auditor"]); !slices.Equal(got, []string{"Auditor"}) {
				t.Errorf("auditors are offered %q", got)
			}
		})
	}
}

func TestTheGroupOfADroppedRoleIsLeftWhereItIsNotOurs(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) {
		w.groups["Gmail-AWS-Account-PowerUsers"] = &provision.Group{ID: "00gHR", Name: "Gmail-AWS-Account-PowerUsers", Description: "from HR"}
	})
	f.linked(inAPI)
	f.restart(func(c *provision.Config) {
		c.RoleSets["small"] = []provision.RoleSpec{provision.DefaultRoleSet()[0], provision.DefaultRoleSet()[2]}
	})
	f.ask(store.Change, store.Wish{Mode: store.ModeAPI, RoleSet: "small"})
	a := f.until("linked", inState(store.Linked))
	if left := leftOf(a); left != "The Okta group Gmail-AWS-Account-PowerUsers, which was not made for this account alone" || f.world.group("00gHR") == nil {
		t.Errorf("it left %q", left)
	}
	if _, assigned := f.world.assigned["0oa1"]["00gHR"]; assigned {
		t.Error("it is still assigned")
	}
	f.clean()
}

func TestRolesCanShareAGroupAndOneOfThemCanBeDropped(t *testing.T) {
	f := start(t, func(c *provision.Config, _ *world) {
		specs := provision.DefaultRoleSet()
		for i := range specs {
			specs[i].Group = "{label}"
		}
		c.RoleSets[store.DefaultRoleSet] = specs
		c.RoleSets["small"] = specs[:2]
	})
	f.linked(inAPI)
	f.ask(store.Change, store.Wish{Mode: store.ModeAPI, RoleSet: "small"})
	a := f.until("linked", inState(store.Linked))
	id := a.Known.Groups["Administrator"]
	if got := f.world.assigned["0oa1"][id].Roles; !slices.Equal(got, []string{"Administrator", "PowerUsers"}) || len(f.world.groups) != 1 {
		t.Errorf("the group gives %q; groups %v", got, f.world.groups)
	}
	f.clean()
	f.ask(store.Unlink, store.Wish{})
	f.until("unlinked", inState(store.Unlinked))
	nothingLeft(f)
}

func TestARoleSetThatIsMissingInTheConfigurationIsToldAndHindersNoUnlinking(t *testing.T) {
	f := start(t, func(c *provision.Config, _ *world) { c.RoleSets["small"] = provision.DefaultRoleSet()[:1] })
	f.linked(store.Wish{Label: label, Mode: store.ModeAPI, RoleSet: "small"})
	f.restart(func(c *provision.Config) { delete(c.RoleSets, "small") })
	c := f.check()
	if len(c.Findings) != 1 || !strings.Contains(c.Findings[0].What, "Account 111122223333 has the role set small, which the configuration does not know") || !strings.Contains(c.Findings[0].Mend, "/oktaws roles 111122223333") {
		t.Errorf("findings%s", says(c.Findings))
	}
	f.ask(store.Unlink, store.Wish{})
	f.until("unlinked", inState(store.Unlinked))
	nothingLeft(f)
}

func TestAnAdoptedRoleGetsTheTagsOfItsRoleSet(t *testing.T) {
	f := start(t, func(c *provision.Config, w *world) {
		foreignRoles(w)
		specs := provision.DefaultRoleSet()
		specs[1].Tags = map[string]string{"team": "cloud"}
		c.RoleSets[store.DefaultRoleSet] = specs
	})
	f.ask(store.Adopt, inAPI)
	f.run()
	f.afterThePerson()
	if got := f.world.roles["powerusers"].Tags["team"]; got != "cloud" {
		t.Errorf("the tag is %q", got)
	}
	f.clean()
}

func TestEachPartitionHasItsOwnAddresses(t *testing.T) {
	for _, c := range []struct{ partition, saml, console string }{
		{"aws-us-gov", "https://signin.amazonaws-us-gov.com/saml", "https://console.amazonaws-us-gov.com/ec2/home"},
		{"aws-cn", "https://signin.amazonaws.cn/saml", "https://console.amazonaws.cn/ec2/home"},
	} {
		for _, mode := range []store.Mode{store.ModeAPI, store.ModeGroups} {
			t.Run(c.partition+" "+string(mode), func(t *testing.T) {
				key := store.AccountKey{Partition: c.partition, ID: "222233334444"}
				f := start(t, func(cfg *provision.Config, w *world) { cfg.UserMayAssume = true; w.identity.Account = key })
				f.askFor(key, store.Link, store.Wish{Label: label, Mode: mode})
				f.run()
				if mode == store.ModeAPI {
					f.untilOf(key, "waiting", inState(store.Waiting))
					f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
				}
				a := f.untilOf(key, "linked", inState(store.Linked))
				app := f.world.apps[a.Known.AppID]
				provider := "arn:" + c.partition + ":iam::222233334444:saml-provider/Okta"
				if app.Settings["overrideAcsURL"] != c.saml || app.Settings["loginURL"] != c.console || app.Settings["identityProviderArn"] != provider || f.world.providers[provider] == nil {
					t.Errorf("the settings are %v, the identity providers %v", app.Settings, f.world.providers)
				}
				if !strings.Contains(app.Note, "AWS account "+c.partition+"/222233334444") {
					t.Errorf("the note is %q", app.Note)
				}
				if pattern := "arn:" + c.partition + ":iam::${accountid}:saml-provider/Okta,arn:" + c.partition + ":iam::${accountid}:role/${role}"; mode == store.ModeGroups && app.Settings["roleValuePattern"] != pattern {
					t.Errorf("the pattern is %v", app.Settings["roleValuePattern"])
				}
				r := f.world.roles["powerusers"]
				if !strings.Contains(r.Trust, provider) || !strings.Contains(r.Trust, c.saml) || r.Policies[0] != "arn:"+c.partition+":iam::aws:policy/PowerUserAccess" {
					t.Errorf("the role is %+v", r)
				}
				if mode == store.ModeAPI && !strings.Contains(f.world.users["OktaSSOuser"].Inline["oktaws"], "arn:"+c.partition+":iam::222233334444:role/PowerUsers") {
					t.Errorf("the user is %+v", f.world.users["OktaSSOuser"])
				}
				found, err := f.rec.Check(t.Context(), key)
				if err != nil || len(found.Findings) > 0 {
					t.Errorf("a check finds%s, %v", says(found.Findings), err)
				}
			})
		}
	}
}

func TestNoSecretIsInTheStore(t *testing.T) {
	f := start(t, func(c *provision.Config, _ *world) { c.KeepOldKey = time.Hour })
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	secret, err := f.rec.Credentials(t.Context(), f.task().ID, admin)
	if err != nil {
		t.Fatal(err)
	}
	f.afterThePerson()
	second := f.enterNewKey(f.ask(store.Rotate, store.Wish{}, store.RotateKey))
	f.until("linked", inState(store.Linked))
	var all strings.Builder
	see := func(v any) bool {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		all.Write(raw)
		return true
	}
	f.update(func(tx *store.Tx) error {
		for _, err := range []error{
			tx.Accounts(func(v store.Account) bool { return see(v) }), tx.Requests(func(v store.Request) bool { return see(v) }),
			tx.Tasks(func(v store.Task) bool { return see(v) }), tx.Events(func(v store.Event) bool { return see(v) }), tx.Checks(func(v store.Check) bool { return see(v) }),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	if !strings.Contains(all.String(), secret.ID) || strings.Contains(all.String(), "hush-") || second.Reveal() == "" {
		t.Error("the store holds a secret, or not even the key's ID")
	}
}
