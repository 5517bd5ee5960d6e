package provision_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

func TestOktaReadsAccountAndRoleOffTheGroupsNames(t *testing.T) {
	for _, c := range []struct {
		template, alias, label string
		want, name             string // of the role db-admin@x
	}{
		{"aws#{alias}#{role}#{account}", "gmail", "G", `^aws\#\S+\#(?{{role}}[\w+=,.@\-]+)\#(?{{accountid}}\d+)$`, "aws#gmail#db-admin@x#111122223333"},
		{"aws#{alias}#{role}#{account}", "", "G", `^aws\#\S+\#(?{{role}}[\w+=,.@\-]+)\#(?{{accountid}}\d+)$`, "aws#111122223333#db-admin@x#111122223333"},
		{"AWS ({account}) {role}", "gmail", "G", `^AWS \((?{{accountid}}\d+)\) (?{{role}}[\w+=,.@\-]+)$`, "AWS (111122223333) db-admin@x"},
		{"{label}.{role}.{account}", "gmail", "Mail for everybody", `^.+\.(?{{role}}[\w+=,.@\-]+)\.(?{{accountid}}\d+)$`, "Mail for everybody.db-admin@x.111122223333"},
		{"{role}-{account}", "gmail", "G", `^(?{{role}}[\w+=,.@\-]+)-(?{{accountid}}\d+)$`, "db-admin@x-111122223333"},
		{"a+b*{account}$^{role}[x]", "gmail", "G", `^a\+b\*(?{{accountid}}\d+)\$\^(?{{role}}[\w+=,.@\-]+)\[x\]$`, "a+b*111122223333$^db-admin@x[x]"},
	} {
		got, err := provision.GroupFilter(c.template, "")
		if err != nil || got != c.want {
			t.Errorf("%s makes %s, %v; want %s", c.template, got, err, c.want)
		}
		cfg := provision.Config{GroupTemplate: c.template}
		name := cfg.GroupName(provision.RoleSpec{Name: "db-admin@x"}, store.Wish{Label: c.label, Mode: store.ModeGroups}, account.ID, c.alias)
		filter := regexp.MustCompile(filterRole.Replace(got))
		own, err := provision.GroupFilter(c.template, account.ID)
		if err != nil {
			t.Error(err)
		}
		if only := regexp.MustCompile(filterRole.Replace(own)); !only.MatchString(name) || only.MatchString(strings.ReplaceAll(name, account.ID, "222233334444")) {
			t.Errorf("%s makes %s, which reads more than one account, or not even that one", c.template, own)
		}
		m := filter.FindStringSubmatch(name)
		if name != c.name || m == nil || m[filter.SubexpIndex("role")] != "db-admin@x" || m[filter.SubexpIndex("accountid")] != account.ID {
			t.Errorf("%s makes the name %s, of which %s reads %q", c.template, name, got, m)
		}
	}
	for _, template := range []string{"", "{role}", "{account}", "{account}{role}{role}", "{account}{account}{role}", "role account"} {
		if got, err := provision.GroupFilter(template, ""); err == nil {
			t.Errorf("%q makes %s", template, got)
		}
	}
}

func TestAnAccountInModeGroupsNeedsNoPersonNoUserAndNoKey(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) { w.identity.Alias = "" })
	a := f.linked(inGroups)
	for _, call := range []string{"CreateUser", "CreateAccessKey", "AccessKeys"} {
		if f.world.count(call) > 0 {
			t.Errorf("%s was called", call)
		}
	}
	f.update(func(tx *store.Tx) error {
		return tx.Tasks(func(task store.Task) bool { t.Errorf("there is a task: %+v", task); return true })
	})
	want := map[string]any{
		"useGroupMapping": true, "appFilter": "okta", "groupFilter": `^aws\#\S+\#(?{{role}}[\w+=,.@\-]+)\#(?{{accountid}}111122223333)$`,
		"roleValuePattern":    "arn:aws:iam::${accountid}:saml-provider/Okta,arn:aws:iam::${accountid}:role/${role}",
		"identityProviderArn": providerARN, "joinAllRoles": true, "sessionDuration": 3600, "awsEnvironmentType": "aws.amazon", "loginURL": "https://console.aws.amazon.com/ec2/home",
	}
	settings := f.world.apps[a.Known.AppID].Settings
	for name, v := range want {
		if settings[name] != v {
			t.Errorf("the setting %s is %v, want %v", name, settings[name], v)
		}
	}
	for role, id := range a.Known.Groups {
		if g := f.world.group(id); g.Name != "aws#111122223333#"+role+"#111122223333" || g.Description != "May sign on to AWS account 111122223333 (made by oktaws)" {
			t.Errorf("the group of %s is %+v", role, g)
		}
		if got := f.world.offers(f.world, id); !slices.Equal(got, []string{role}) {
			t.Errorf("the people of %s are offered %q", role, got)
		}
	}
}

func TestAGroupThatSomebodyRenamedIsGivenItsNameBackOnlyIfItIsOurs(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*world, *provision.Group)
		renamed bool
	}{
		{"made for this account", func(*world, *provision.Group) {}, true},
		{"of another description", func(_ *world, g *provision.Group) { g.Description = "mine" }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := start(t, nil)
			f.linked(inGroups)
			f.change(func(w *world) {
				id := w.of("PowerUsers")
				w.rename(id, "Power")
				c.change(w, w.group(id))
			})
			found := f.check().Findings
			if len(found) != 1 || found[0].Person == c.renamed {
				t.Errorf("findings%s", says(found))
			}
			f.ask(store.Repair, store.Wish{})
			if c.renamed {
				f.until("linked", inState(store.Linked))
				f.clean()
				return
			}
			a := f.until("failed", inState(store.Failed))
			if p := a.Steps["okta-groups"].Problem; !strings.Contains(p.Message, "none that oktaws may rename") || f.world.groups["Power"] == nil {
				t.Errorf("problem %+v", p)
			}
			f.change(func(w *world) { w.rename(w.groups["Power"].ID, "aws#gmail#PowerUsers#111122223333") })
			f.retry()
			f.until("linked", inState(store.Linked))
			f.clean()
		})
	}
}

func TestAGroupThatAnotherAccountUsesIsNotRenamed(t *testing.T) {
	f := start(t, func(c *provision.Config, _ *world) {
		specs := provision.DefaultRoleSet()
		for i := range specs {
			specs[i].Group = "{role}" // of all accounts
		}
		c.RoleSets[store.DefaultRoleSet] = specs
	})
	f.linked(inAPI)
	second := store.AccountKey{Partition: "aws", ID: "222233334444"}
	f.update(func(tx *store.Tx) error {
		return tx.SaveAccount(&store.Account{AccountKey: second, Desired: store.WantLinked, Wish: store.Wish{Label: "other", Mode: store.ModeAPI}, Known: store.Known{Groups: f.account().Known.Groups}})
	})
	f.ask(store.Change, inGroups)
	f.until("failed", inState(store.Failed))
	if f.world.count("RenameGroup") > 0 || f.world.groups["PowerUsers"] == nil {
		t.Errorf("groups %v", f.world.groups)
	}
}

func TestGroupsThatAreThereAlreadyAreNeverMadeRenamedOrDeleted(t *testing.T) {
	for _, mode := range []store.Mode{store.ModeAPI, store.ModeGroups} {
		t.Run(string(mode), func(t *testing.T) {
			name := map[store.Mode]string{store.ModeAPI: "cloud-PowerUsers", store.ModeGroups: "aws#gmail#PowerUsers#111122223333"}[mode]
			f := start(t, func(c *provision.Config, _ *world) {
				specs := provision.DefaultRoleSet()
				specs[1].Group, specs[1].GroupExists = "cloud-{role}", true
				c.RoleSets[store.DefaultRoleSet] = specs
			})
			f.ask(store.Link, store.Wish{Label: label, Mode: mode})
			f.run()
			if mode == store.ModeAPI {
				f.until("waiting", inState(store.Waiting))
				f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
			}
			a := f.until("failed", inState(store.Failed))
			if p := a.Steps["okta-groups"].Problem; p == nil || !strings.Contains(p.Message, "Okta has no group named "+name) || !strings.Contains(p.Message, "111122223333") {
				t.Errorf("problem %+v", p)
			}
			f.change(func(w *world) { // its description is by chance what ours have
				w.groups[name] = &provision.Group{ID: "00gHR", Name: name, Description: "May sign on to AWS account 111122223333 (made by oktaws)"}
			})
			f.retry()
			f.until("linked", inState(store.Linked))
			f.clean()
			f.change(func(w *world) { w.rename("00gHR", "other") })
			if mode == store.ModeGroups {
				f.ask(store.Repair, store.Wish{})
				f.until("failed", inState(store.Failed))
			}
			f.ask(store.Unlink, store.Wish{})
			a = f.until("unlinked", inState(store.Unlinked))
			if g := f.world.group("00gHR"); g == nil || g.Name != "other" || f.world.count("RenameGroup") > 0 {
				t.Errorf("the group is %+v", g)
			}
			if left := leftOf(a); left != "The Okta group other, which was not made for this account alone" {
				t.Errorf("it left %q", left)
			}
		})
	}
}
