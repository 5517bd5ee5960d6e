package provision_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

const (
	ping = time.Minute
	day  = 24 * time.Hour
)

func TestACheckFindsWhatDiffersAndARepairMendsIt(t *testing.T) {
	role := func(change func(*provision.Role)) func(*world) {
		return func(w *world) { change(w.roles["powerusers"]) }
	}
	for _, c := range []struct {
		name   string
		mode   store.Mode // empty: in both
		change func(*world)
		keys   []string
		mend   func(*world) // by a person
	}{
		{name: "the application is deleted", mode: store.ModeGroups, change: func(w *world) { clear(w.apps); clear(w.assigned) },
			keys: []string{"okta-app/gone", "okta-groups/Administrator/unassigned", "okta-groups/PowerUsers/unassigned", "okta-groups/ReadOnlyAccess/unassigned"}},
		{name: "the application lost its mark", change: func(w *world) { w.apps["0oa1"].Note = "hello" }, keys: []string{"okta-app/mark"}},
		{name: "the application is inactive", change: func(w *world) { w.apps["0oa1"].Status = "INACTIVE" }, keys: []string{"okta-app/inactive"}},
		{name: "the application is renamed", change: func(w *world) { w.apps["0oa1"].Label = "AWS" }, keys: []string{"okta-app/label"}},
		{name: "a setting of the application", change: func(w *world) { w.apps["0oa1"].Settings["sessionDuration"] = 43200.0 }, keys: []string{"okta-app/sessionDuration"}},
		{name: "the application signs with another key", change: func(w *world) { w.apps["0oa1"].SigningKeyID = "kidX" }, keys: []string{"okta-app/key", "saml-provider/certificate"}},
		{name: "the application has no SAML", change: func(w *world) { w.apps["0oa1"].SignOnMode = "BROWSER_PLUGIN" }, keys: []string{"okta-app/saml"},
			mend: func(w *world) { w.apps["0oa1"].SignOnMode = "SAML_2_0" }},
		{name: "how roles are learned", change: func(w *world) {
			w.apps["0oa1"].Settings["useGroupMapping"] = w.apps["0oa1"].Settings["useGroupMapping"] != true
		}, keys: []string{"role-mapping/useGroupMapping"}},
		{name: "the groups' filter", mode: store.ModeGroups, change: func(w *world) { w.apps["0oa1"].Settings["groupFilter"] = ".*" }, keys: []string{"role-mapping/groupFilter"}},
		{name: "the identity provider is deleted", change: func(w *world) { clear(w.providers) }, keys: []string{"saml-provider/gone"}},
		{name: "the identity provider trusts another application", change: func(w *world) { w.providers[providerARN].Metadata = metadata("0oaEvil", "kid") }, keys: []string{"saml-provider/entity"}},
		{name: "the identity provider has another certificate", change: func(w *world) { w.providers[providerARN].Metadata = metadata("0oa1", "kidX") }, keys: []string{"saml-provider/certificate"}},
		{name: "the identity provider has one more certificate", change: func(w *world) { w.providers[providerARN].Metadata = twoCertificates("0oa1", "kid", "evil") }, keys: []string{"saml-provider/certificates"}},
		{name: "the identity provider's metadata is nonsense", change: func(w *world) { w.providers[providerARN].Metadata = "<x" }, keys: []string{"saml-provider/metadata"}},
		{name: "the identity provider lost its tag", change: func(w *world) { w.providers[providerARN].Tags = nil }, keys: []string{"saml-provider/tag"}},
		{name: "the stack is deleted, and its roles", change: func(w *world) {
			for _, s := range w.stacks {
				s.Status = "DELETE_COMPLETE"
			}
			clear(w.roles)
		}, keys: []string{"roles/stack"}},
		{name: "the stack lost its tags", change: func(w *world) {
			for _, s := range w.stacks {
				s.Tags = nil
			}
		}, keys: []string{"roles/tag"}},
		{name: "the stack has another template", change: func(w *world) {
			for id, s := range w.stacks {
				w.templates[id], s.Updated = "Resources: {}", w.clock.Now()
			}
		}, keys: []string{"roles/template"}},
		{name: "the stack has other parameters", change: func(w *world) {
			for _, s := range w.stacks {
				s.Parameters = map[string]string{"MaxSessionDuration": "3600", "IdentityProviderArn": "arn:aws:iam::111122223333:saml-provider/Old"}
			}
		}, keys: []string{"roles/parameters"}},
		{name: "the stack could not be deleted by hand", change: func(w *world) {
			for _, s := range w.stacks {
				s.Status = "DELETE_FAILED"
			}
		}, keys: []string{"roles/failed"}},
		{name: "somebody's change set is open", change: func(w *world) {
			for _, s := range w.stacks {
				s.Status = "UPDATE_ROLLBACK_FAILED"
			}
		}, keys: []string{"roles/state"}, mend: func(w *world) {
			for _, s := range w.stacks {
				s.Status = "UPDATE_ROLLBACK_COMPLETE"
			}
		}},
		{name: "a role is deleted", change: func(w *world) { delete(w.roles, "powerusers") }, keys: []string{"roles/PowerUsers/gone"}},
		{name: "a role trusts somebody else", change: role(func(r *provision.Role) {
			r.Trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`
		}), keys: []string{"roles/PowerUsers/trust"}},
		{name: "a role trusts somebody else too", change: role(func(r *provision.Role) {
			r.Trust = strings.Replace(r.Trust, `"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"},`, 1)
		}), keys: []string{"roles/PowerUsers/trust"}},
		{name: "a role has one more policy", change: role(func(r *provision.Role) {
			r.Policies = append(slices.Clone(r.Policies), "arn:aws:iam::aws:policy/IAMFullAccess")
		}), keys: []string{"roles/PowerUsers/more"}},
		{name: "a role lacks its policy", change: role(func(r *provision.Role) { r.Policies = nil }), keys: []string{"roles/PowerUsers/missing"}},
		{name: "a role has an inline policy", change: role(func(r *provision.Role) { r.Inline = map[string]string{"x": "{}"} }), keys: []string{"roles/PowerUsers/inline"}},
		{name: "a role has a boundary", change: role(func(r *provision.Role) { r.Boundary = "arn:aws:iam::aws:policy/Billing" }), keys: []string{"roles/PowerUsers/boundary"}},
		{name: "a role has another path", change: role(func(r *provision.Role) { r.Path = "/x/" }), keys: []string{"roles/PowerUsers/path"}, mend: func(w *world) { delete(w.roles, "powerusers") }},
		{name: "a role's sessions last longer, which CloudFormation alone sees", change: role(func(r *provision.Role) { r.MaxDuration = 12 * time.Hour }), keys: []string{"roles/drift"}},
		{name: "a group is taken off", change: func(w *world) { delete(w.assigned["0oa1"], w.of("PowerUsers")) }, keys: []string{"okta-groups/PowerUsers/unassigned"}},
		{name: "a group is deleted", change: func(w *world) {
			id := w.of("PowerUsers")
			delete(w.groups, w.group(id).Name)
			delete(w.assigned["0oa1"], id)
		}, keys: []string{"okta-groups/PowerUsers/unassigned"}},
		{name: "a group is renamed", mode: store.ModeGroups, change: func(w *world) { w.rename(w.of("PowerUsers"), "Power") }, keys: []string{"okta-groups/PowerUsers/name"}},
		{name: "a group gives other roles", mode: store.ModeAPI, change: func(w *world) { w.assign("0oa1", w.of("PowerUsers"), "Administrator") }, keys: []string{"okta-groups/PowerUsers/roles"}},
		{name: "a group gives no role", mode: store.ModeAPI, change: func(w *world) { w.assign("0oa1", w.of("PowerUsers")) }, keys: []string{"okta-groups/PowerUsers/roles"}},
		{name: "another group was given a role", mode: store.ModeAPI, change: func(w *world) {
			w.groups["Interns"] = &provision.Group{ID: "00gI", Name: "Interns"}
			w.assign("0oa1", "00gI", "Administrator")
		}, keys: []string{"okta-groups/other/00gI"}, mend: func(w *world) { delete(w.assigned["0oa1"], "00gI") }},
		{name: "the user is deleted", mode: store.ModeAPI, change: func(w *world) { clear(w.users); w.keys = nil }, keys: []string{"access-key/gone", "sso-user/gone"}},
		{name: "the user lost its tags", mode: store.ModeAPI, change: func(w *world) { w.users["OktaSSOuser"].Tags = nil }, keys: []string{"sso-user/tag"}},
		{name: "the user has another policy", mode: store.ModeAPI, change: func(w *world) { w.users["OktaSSOuser"].Inline = map[string]string{"oktaws": "{}"} }, keys: []string{"sso-user/policy"}},
		{name: "the user has more rights", mode: store.ModeAPI, change: func(w *world) { w.users["OktaSSOuser"].Groups = []string{"admins"} }, keys: []string{"sso-user/rights"},
			mend: func(w *world) { w.users["OktaSSOuser"].Groups = nil }},
		{name: "provisioning is lost", mode: store.ModeAPI, change: func(w *world) { w.apps["0oa1"].Features = nil }, keys: []string{"okta-provisioning/off"},
			mend: func(w *world) {
				w.apps["0oa1"].Features = []string{provision.FeatureCreateUsers, provision.FeatureUpdateAttributes}
			}},
		{name: "the key is inactive", mode: store.ModeAPI, change: func(w *world) { w.keys[0].Active = false }, keys: []string{"access-key/inactive"}},
		{name: "the key is deleted", mode: store.ModeAPI, change: func(w *world) { w.keys = nil }, keys: []string{"access-key/gone"}},
		{name: "there is a second key", mode: store.ModeAPI, change: func(w *world) { w.newKey() }, keys: []string{"access-key/second/AKIA"},
			mend: func(w *world) { w.keys = w.keys[:1] }},
	} {
		for _, mode := range []store.Mode{store.ModeAPI, store.ModeGroups} {
			if c.mode != "" && c.mode != mode {
				continue
			}
			t.Run(c.name+" in mode "+string(mode), func(t *testing.T) {
				t.Parallel()
				f := start(t, nil)
				f.linked(store.Wish{Label: label, Mode: mode})
				f.clean()
				before := len(f.world.changes())
				f.change(c.change)
				check := f.check()
				got := keysOf(check.Findings)
				if len(got) > 0 && strings.HasPrefix(got[0], "access-key/second") {
					got[0] = "access-key/second/AKIA"
				}
				if !slices.Equal(got, c.keys) {
					t.Fatalf("the keys are\n\t%q, want\n\t%q%s", got, c.keys, says(check.Findings))
				}
				t.Log(says(check.Findings))
				var rotate []store.Rotation
				for _, x := range check.Findings {
					if x.What == "" || x.Mend == "" || x.Means == "" || strings.HasSuffix(x.What, ".") || strings.HasSuffix(x.Mend, ".") || x.Foreign || x.Person != (c.mend != nil) && x.Step != "okta-provisioning" {
						t.Errorf("a finding that doesn't say it all: %+v", x)
					}
					if x.Rotate != "" && !slices.Contains(rotate, x.Rotate) {
						rotate = append(rotate, x.Rotate)
					}
				}
				if again := f.check(); !slices.Equal(keysOf(again.Findings), keysOf(check.Findings)) {
					t.Errorf("the next check finds%s", says(again.Findings))
				}
				if a := f.account(); a.State != store.Drifted || a.Drifted != len(c.keys) {
					t.Errorf("the account is %s, with %d findings", a.State, a.Drifted)
				}
				if made := f.world.changes()[before:]; len(made) > 0 {
					t.Errorf("the checks called %v", made)
				}
				if c.mend != nil {
					f.change(c.mend)
				}
				id := f.ask(store.Repair, store.Wish{}, rotate...)
				if len(rotate) > 0 {
					f.enterNewKey(id)
				}
				f.until("linked", inState(store.Linked))
				f.clean()
				if a := f.account(); a.State != store.Linked {
					t.Errorf("the account is %s", a.State)
				}
			})
		}
	}
}

// of is the ID of a role's group. The caller holds the lock.
func (w *world) of(role string) string {
	for name, g := range w.groups {
		if strings.HasSuffix(name, "-"+role) || strings.Contains(name, "#"+role+"#") {
			return g.ID
		}
	}
	panic("no group for " + role)
}

// enterNewKey does the person's step of a rotation.
func (f *fixture) enterNewKey(request string) provision.Secret {
	f.Helper()
	id := store.TaskIDOf(request, store.EnterKey)
	f.until("waiting for a key", func(store.Account) bool {
		var task store.Task
		err := f.store.View(f.Context(), func(tx *store.ReadTx) (err error) { task, err = tx.Task(id); return err })
		return err == nil && task.State == store.TaskOpen
	})
	secret, err := f.rec.Credentials(f.Context(), id, admin)
	if err != nil {
		f.Fatal(err)
	}
	f.change(func(w *world) { w.uses(secret.ID) })
	return secret
}

func twoCertificates(app, first, second string) string {
	one := metadata(app, first)
	at := strings.Index(one, "<md:KeyDescriptor")
	other := metadata(app, second)
	return one[:at] + other[strings.Index(other, "<md:KeyDescriptor"):strings.Index(other, "</md:IDPSSODescriptor>")] + one[at:]
}

func TestACheckOfAnAccountInOrderMakesAtMostEightCalls(t *testing.T) {
	for _, mode := range []store.Mode{store.ModeAPI, store.ModeGroups} {
		t.Run(string(mode), func(t *testing.T) {
			f := start(t, func(c *provision.Config, _ *world) { c.DriftEvery = time.Hour })
			f.linked(store.Wish{Label: label, Mode: mode})
			turns := map[bool]int{}
			for range 2 {
				before := len(f.world.calls)
				due := f.account().CheckDue
				f.clock.Advance(due.Sub(f.clock.Now()))
				a := f.until("checked", func(a store.Account) bool { return a.CheckDue.After(due) })
				if a.State != store.Linked {
					t.Errorf("the account is %s", a.State)
				}
				f.change(func(w *world) {
					calls := w.calls[before:]
					turns[slices.Contains(calls, "DetectDrift")] = len(calls)
				})
			}
			f.stop()
			t.Logf("with CloudFormation's look and without: %v", turns)
			if len(turns) != 2 || turns[true] > 8 || turns[false] > 8 || turns[true] == 0 {
				t.Errorf("the calls by turn are %v", turns)
			}
		})
	}
}

func TestAKeyThatIsOldOrUnusedIsToldOfAtEveryCheck(t *testing.T) {
	f := start(t, func(c *provision.Config, _ *world) {
		c.DriftEvery, c.KeyAge, c.WarnBefore = day, 100*day, 10*day
	})
	f.linked(inAPI)
	f.stop()
	f.clock.Advance(95 * day)
	f.restart(nil)
	want := []string{"access-key/old", "access-key/unused"}
	for n := range 4 {
		due := f.account().CheckDue
		a := f.until("checked", func(a store.Account) bool { return a.CheckDue.After(due) || a.State == store.Drifted })
		f.until("found", func(a store.Account) bool { return a.Drifted == 2 })
		if n == 3 {
			break
		}
		_ = a
		f.clock.Advance(day)
	}
	var gone int
	f.update(func(tx *store.Tx) error {
		return tx.Events(func(e store.Event) bool {
			if e.What == "drift.gone" {
				gone++
			}
			return true
		})
	})
	c := f.check()
	if got := keysOf(c.Findings); !slices.Equal(got, want) || gone > 0 {
		t.Errorf("the findings are%s\nand %d of them went away in between", says(c.Findings), gone)
	}
	for _, x := range c.Findings {
		if x.Key == "access-key/old" && (x.Rotate != store.RotateKey || !strings.Contains(x.What, "due for rotation on 11 April 2026")) {
			t.Errorf("%+v", x)
		}
	}
}

func TestACertificateThatEndsSoonIsToldOf(t *testing.T) {
	f := start(t, func(c *provision.Config, _ *world) { c.WarnBefore = 30 * day })
	f.linked(inAPI)
	f.update(func(tx *store.Tx) error {
		a, err := tx.Account(account)
		if err != nil {
			return err
		}
		a.Known.Certificate.Expires = f.clock.Now().Add(29 * day)
		return tx.SaveAccount(&a)
	})
	c := f.check()
	if len(c.Findings) != 1 || c.Findings[0].Key != "signing-key/expires" || c.Findings[0].Rotate != store.RotateCertificate || !strings.Contains(c.Findings[0].What, "is good until 30 January 2026") {
		t.Errorf("findings%s", says(c.Findings))
	}
}

func TestAnAccountThatCantBeReachedIsAFindingOrAProblem(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		says string // the finding; empty: a problem
	}{
		{"for a moment", &store.Error{Kind: store.Transient, Message: "AWS wants fewer calls at once", Remedy: "Wait."}, ""},
		{"for a reason that nobody knows", errors.New("secret inside"), ""},
		{"for want of rights", &store.Error{Kind: store.Denied, Message: "the role x can't be assumed.", Remedy: "The role must exist."}, "the role x can't be assumed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := start(t, func(c *provision.Config, _ *world) { c.DriftEvery = day })
			f.linked(inAPI)
			f.change(func(w *world) { w.apps["0oa1"].Label = "AWS" })
			f.check() // so that there is a finding already
			f.hook(func(call string) error {
				if aws[call] {
					return c.err
				}
				return nil
			})
			check := f.check()
			a := f.account()
			if c.says == "" {
				if check.Problem == nil || strings.Contains(check.Problem.Message, "secret") || !slices.Equal(keysOf(check.Findings), []string{"okta-app/label"}) || a.CheckDue.After(f.clock.Now().Add(10*ping)) {
					t.Errorf("the check is %+v, the next at %s", check, a.CheckDue)
				}
			} else if len(check.Findings) != 2 || check.Findings[0].Key != "identity/reach" || check.Findings[0].What != c.says || !check.Findings[0].Person || check.Findings[0].Mend == "" {
				t.Errorf("the check is %+v", check)
			}
			if a.State != store.Drifted {
				t.Errorf("the account is %s", a.State)
			}
			f.hook(nil)
			if check := f.check(); !slices.Equal(keysOf(check.Findings), []string{"okta-app/label"}) || check.Problem != nil {
				t.Errorf("afterwards the check is %+v", check)
			}
		})
	}
}

func TestALinkedAccountThatTheConfigurationCantReachStaysLinked(t *testing.T) {
	f := start(t, func(c *provision.Config, _ *world) { c.DriftEvery = time.Hour })
	f.linked(inAPI)
	f.change(func(w *world) {
		w.reach = &store.Error{Kind: store.Permanent, Message: "no such profile", Remedy: "Look at aws.profiles."}
	})
	f.clock.Advance(time.Hour)
	f.until("drifted", func(a store.Account) bool { return a.State == store.Drifted && a.Due.After(f.clock.Now()) })
	if _, err := f.rec.Check(t.Context(), account); err == nil {
		t.Error("a check says nothing of it")
	}
	f.change(func(w *world) { w.reach = nil })
	f.clock.Advance(time.Hour)
	f.until("linked", inState(store.Linked))
}

func TestAClosedAccountIsFound(t *testing.T) {
	f := start(t, nil)
	f.linked(inAPI)
	f.change(func(w *world) { w.status = "SUSPENDED" })
	f.hook(func(call string) error {
		if aws[call] {
			return &store.Error{Kind: store.Denied, Message: "refused", Remedy: "Look."}
		}
		return nil
	})
	c := f.check()
	if len(c.Findings) != 1 || c.Findings[0].What != "AWS account 111122223333 is closed in its organization (SUSPENDED): nobody can sign on to it any more" ||
		strings.Contains(c.Findings[0].Means, "as before") || !strings.Contains(c.Findings[0].Mend, "/oktaws unlink 111122223333") {
		t.Errorf("findings%s", says(c.Findings))
	}
}

func TestACheckWhileARequestIsApprovedChangesNothing(t *testing.T) {
	f := start(t, nil)
	f.linked(inAPI)
	f.change(func(w *world) { delete(w.roles, "powerusers") })
	once := true
	f.hook(func(call string) error {
		if call == "Survey" && once {
			once = false
			f.ask(store.Repair, store.Wish{})
		}
		return nil
	})
	if _, err := f.rec.Check(t.Context(), account); store.KindOf(err) != store.Transient {
		t.Errorf("error %v", err)
	}
	a := f.until("linked", inState(store.Linked))
	var r store.Request
	f.update(func(tx *store.Tx) (err error) { r, err = tx.Request(a.RequestID); return err })
	if r.Kind != store.Repair || r.Ended.IsZero() {
		t.Errorf("the request is %+v", r)
	}
	f.clean()
}

func TestOnlyLinkedAccountsAreChecked(t *testing.T) {
	f := start(t, nil)
	f.approve()
	f.run()
	f.until("waiting", inState(store.Waiting))
	_, err := f.rec.Check(t.Context(), account)
	if message, remedy := store.Explain(err); store.KindOf(err) != store.Conflict || !strings.Contains(message, "111122223333 is waiting") || remedy == "" {
		t.Errorf("error %v", err)
	}
}

func TestChecksSpreadOverTheirInterval(t *testing.T) {
	f := start(t, func(c *provision.Config, _ *world) { c.DriftEvery = day })
	const accounts = 1000
	for i := 0; i < accounts; i += 10 {
		f.update(func(tx *store.Tx) error {
			for n := range 10 {
				a := store.Account{AccountKey: store.AccountKey{Partition: "aws", ID: fmt.Sprintf("%012d", i+n)}, Desired: store.WantLinked, Steps: map[string]store.Step{"verify": {State: store.StepDone}}}
				if err := tx.SaveAccount(&a); err != nil {
					return err
				}
			}
			return nil
		})
	}
	f.hook(func(string) error { return errors.New("not now") })
	f.run()
	hours := map[int]int{}
	f.untilOf(store.AccountKey{Partition: "aws", ID: fmt.Sprintf("%012d", accounts-1)}, "scheduled", func(a store.Account) bool { return !a.CheckDue.IsZero() })
	f.stop()
	f.update(func(tx *store.Tx) error {
		return tx.Accounts(func(a store.Account) bool { hours[int(a.CheckDue.Sub(start0)/time.Hour)%24]++; return true })
	})
	for h := range 24 {
		if n := hours[h]; n < 20 || n > 70 { // 42 on the average
			t.Errorf("%d of %d checks are in hour %d", n, accounts, h)
		}
	}
}

func TestAnIgnoredFindingStaysIgnoredWhileTheAccountCantBeReached(t *testing.T) {
	f := start(t, nil)
	f.linked(inAPI)
	f.change(func(w *world) { w.apps["0oa1"].Label = "AWS" })
	f.check()
	f.update(func(tx *store.Tx) error {
		return tx.IgnoreFindings(account, []string{"okta-app/label"}, store.Ignore{By: admin, Reason: "on purpose", Until: f.clock.Now().Add(day)})
	})
	if a := f.account(); a.State != store.Linked {
		t.Fatalf("the account is %s", a.State)
	}
	f.hook(func(call string) error {
		if aws[call] {
			return &store.Error{Kind: store.Denied, Message: "no", Remedy: "Look."}
		}
		return nil
	})
	f.check()
	f.hook(nil)
	f.check()
	if a := f.account(); a.State != store.Linked || a.Drifted != 0 {
		t.Errorf("the account is %s with %d findings", a.State, a.Drifted)
	}
}
