package provision_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

func keeping(d time.Duration) func(*provision.Config, *world) {
	return func(c *provision.Config, _ *world) { c.KeepOldKey = d }
}

// oktaHasAKey fails the test where the key that Okta holds is gone, or inactive.
func oktaHasAKey(f *fixture, held *string) {
	f.change(func(w *world) {
		w.after = func(call string) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if !slices.ContainsFunc(w.keys, func(k provision.AccessKey) bool { return k.ID == *held && k.Active }) {
				f.Errorf("after %s the key %s that Okta holds is gone or inactive: %+v", call, *held, w.keys)
			}
			return nil
		}
	})
}

func TestOktaHasAKeyThatWorksAllTheWhileAKeyIsRotated(t *testing.T) {
	for _, keep := range []time.Duration{0, time.Hour} {
		f := start(t, keeping(keep))
		first := f.linked(inAPI).Known.KeyID
		if first == "" {
			t.Fatal("the key isn't known")
		}
		held := first
		oktaHasAKey(f, &held)
		id := f.ask(store.Rotate, store.Wish{}, store.RotateKey)
		secret := f.enterNewKey(id)
		f.change(func(w *world) { held = secret.ID })
		a := f.until("linked", inState(store.Linked))
		if a.Known.KeyID != secret.ID || !a.KeySince.IsZero() {
			t.Errorf("known %+v, since %s", a.Known, a.KeySince)
		}
		old := func() (old provision.AccessKey) {
			f.change(func(w *world) {
				if i := slices.IndexFunc(w.keys, func(k provision.AccessKey) bool { return k.ID == first }); i >= 0 {
					old = w.keys[i]
				}
			})
			return old
		}
		if k := old(); keep == 0 && k.ID != "" || keep > 0 && (k.ID == "" || k.Active) {
			t.Errorf("the old key is %+v", k)
		}
		f.clean() // the old one is no second key that nobody knows
		if keep > 0 {
			f.clock.Advance(keep - 10*time.Minute)
			f.clean()
			if k := old(); k.ID == "" {
				t.Error("the old key was deleted too early")
			}
			f.clock.Advance(10 * time.Minute)
			f.until("without the old key", func(a store.Account) bool { return len(a.Known.OldKeys) == 0 && a.Due.IsZero() })
			if k := old(); k.ID != "" {
				t.Errorf("the old key is %+v", k)
			}
		}
		if a := f.account(); a.State != store.Linked || !a.Due.IsZero() {
			t.Errorf("the account is %s, and due %s", a.State, a.Due)
		}
		f.clean()
	}
}

func TestARotationOfTheKeyThatIsInterruptedAnywhereCarriesOn(t *testing.T) {
	f := start(t, keeping(time.Minute))
	f.linked(inAPI)
	before := len(f.world.calls)
	f.enterNewKey(f.ask(store.Rotate, store.Wish{}, store.RotateKey))
	f.until("without the old key", func(a store.Account) bool { return a.State == store.Linked && len(a.Known.OldKeys) == 0 })
	f.stop()
	all := counts(f.world.calls[before:])
	delete(all, "CreateAccessKey") // by the person's click, who clicks again
	delete(all, "TryAccessKey")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, after := range ways(name) {
			t.Run(name+map[bool]string{true: " is answered by nobody"}[after], func(t *testing.T) {
				t.Parallel()
				f := start(t, keeping(time.Minute))
				f.linked(inAPI)
				id := f.ask(store.Rotate, store.Wish{}, store.RotateKey)
				secret := f.enterNewKey(id)
				failsOnce(f, name, 1, after, errCut)
				a := f.until("without the old key", func(a store.Account) bool { return a.State == store.Linked && len(a.Known.OldKeys) == 0 })
				f.change(func(w *world) { w.hook, w.after = nil, nil })
				if a.Known.KeyID != secret.ID || len(f.world.keys) != 1 || f.world.keys[0].ID != secret.ID {
					t.Errorf("known %s, keys %+v, want %s", a.Known.KeyID, f.world.keys, secret.ID)
				}
				f.clean()
			})
		}
	}
}

func TestAKeyIsNotReplacedBeforeAWSSaysThatOktaUsesTheNewOne(t *testing.T) {
	f := start(t, keeping(time.Hour))
	first := f.linked(inAPI).Known.KeyID
	id := f.ask(store.Rotate, store.Wish{}, store.RotateKey)
	task := store.TaskIDOf(id, store.EnterKey)
	f.until("waiting", inState(store.Waiting))
	if _, err := f.rec.Credentials(t.Context(), task, admin); err != nil {
		t.Fatal(err)
	}
	got, err := f.rec.CheckTask(t.Context(), task)
	if err != nil || len(got.Missing) != 1 || !strings.Contains(got.Missing[0], "Okta still uses the access key "+first) {
		t.Fatalf("the task is %+v, %v", got, err)
	}
	second, err := f.rec.Credentials(t.Context(), task, admin) // again: the one that nobody uses is replaced, the old one is not
	if err != nil {
		t.Fatal(err)
	}
	f.change(func(w *world) {
		if len(w.keys) != 2 || w.keys[0].ID != first || !w.keys[0].Active || w.keys[1].ID != second.ID {
			t.Errorf("keys %+v", w.keys)
		}
		w.uses(second.ID)
	})
	f.until("linked", inState(store.Linked))
}

func TestAKeyIsRotatedAgainWhileTheOneBeforeIsKept(t *testing.T) {
	f := start(t, keeping(day))
	f.linked(inAPI)
	for range 3 {
		secret := f.enterNewKey(f.ask(store.Rotate, store.Wish{}, store.RotateKey))
		a := f.until("linked", inState(store.Linked))
		if a.Known.KeyID != secret.ID {
			t.Fatalf("known %s", a.Known.KeyID)
		}
		f.clock.Advance(time.Minute)
	}
}

func TestTwoKeysThatAreUsedLeaveNoRoomForANewOneAndThatIsSaid(t *testing.T) {
	f := start(t, keeping(day))
	f.linked(inAPI)
	f.change(func(w *world) { w.use[w.newKey()] = provision.KeyUse{At: w.clock.Now(), Service: "s3"} })
	id := f.ask(store.Rotate, store.Wish{}, store.RotateKey)
	f.until("waiting", inState(store.Waiting))
	f.clock.Advance(time.Minute)
	_, err := f.rec.Credentials(t.Context(), store.TaskIDOf(id, store.EnterKey), admin)
	if message, remedy := store.Explain(err); store.KindOf(err) != store.Conflict || !strings.Contains(message, "two keys already") || remedy == "" {
		t.Errorf("error %v; %s", err, remedy)
	}
	f.change(func(w *world) {
		if len(w.keys) != 2 {
			t.Errorf("keys %+v", w.keys)
		}
		w.keys = w.keys[:1]
	})
	f.enterNewKey(id)
	f.until("linked", inState(store.Linked))
}

func TestAKeyWhoseUseAWSDoesntSayYetOutlivesARotation(t *testing.T) {
	f := start(t, keeping(day))
	f.linked(inAPI)
	f.change(func(w *world) { clear(w.use) }) // AWS says it hours later
	f.update(func(tx *store.Tx) error {
		a, err := tx.Account(account)
		a.Known.KeyID = ""
		if err != nil {
			return err
		}
		return tx.SaveAccount(&a)
	})
	f.clock.Advance(time.Minute)
	id := f.ask(store.Rotate, store.Wish{}, store.RotateKey)
	f.until("waiting", inState(store.Waiting))
	if _, err := f.rec.Credentials(t.Context(), store.TaskIDOf(id, store.EnterKey), admin); err != nil {
		t.Fatal(err)
	}
	if len(f.world.keys) != 2 {
		t.Errorf("the key that Okta may hold was deleted: %+v", f.world.keys)
	}
}

func TestAFollowUpNeitherActivatesAKeyNorTakesTheAccountsStateAway(t *testing.T) {
	f := start(t, keeping(time.Hour))
	f.linked(inAPI)
	f.enterNewKey(f.ask(store.Rotate, store.Wish{}, store.RotateKey))
	f.until("linked", inState(store.Linked))
	f.change(func(w *world) { w.keys[1].Active = false }) // an admin, who has a reason
	fails := 3
	f.hook(func(call string) error {
		if call == "DeleteAccessKey" && fails > 0 {
			fails--
			return errCut
		}
		return nil
	})
	var states []store.AccountState
	f.restart(nil)
	f.clock.Advance(time.Hour)
	f.until("without the old key", func(a store.Account) bool {
		if a.State != store.Linked {
			states = append(states, a.State)
		}
		return len(a.Known.OldKeys) == 0
	})
	f.stop()
	if len(states) > 0 || len(f.world.keys) != 1 || f.world.keys[0].Active {
		t.Errorf("it was %q in between; keys %+v", states, f.world.keys)
	}
	var events []string
	f.update(func(tx *store.Tx) error {
		return tx.Events(func(e store.Event) bool {
			if strings.HasPrefix(e.What, "account.") {
				events = append(events, e.What)
			}
			return true
		})
	})
	if n := len(events); events[n-1] != "account.linked" {
		t.Errorf("events %q", events)
	}
}

func TestAKeyThatTheAccountNoLongerWantsRotatedIsForgottenWithItsUser(t *testing.T) {
	f := start(t, keeping(time.Hour))
	f.linked(inAPI)
	f.enterNewKey(f.ask(store.Rotate, store.Wish{}, store.RotateKey))
	f.until("linked", inState(store.Linked))
	f.ask(store.Change, inGroups)
	a := f.until("linked", inState(store.Linked))
	if a.Known.KeyID != "" || len(a.Known.OldKeys) > 0 || len(f.world.keys) > 0 {
		t.Errorf("known %+v, keys %+v", a.Known, f.world.keys)
	}
}

// signsOnAlways fails the test where an identity provider lacks the certificate that its application signs with.
func signsOnAlways(f *fixture) func(string) error {
	w := f.world
	return func(call string) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, at := range append(slices.Collect(maps.Values(w.others)), w) {
			p := at.providers[at.arn("saml-provider/Okta")]
			if p == nil || at.okta == nil && at.identity.Account != account {
				continue
			}
			m := trustedEntity.FindStringSubmatch(p.Metadata)
			if app := w.apps[m[1]]; app == nil || !strings.Contains(p.Metadata, ">"+app.SigningKeyID+"<") {
				f.Errorf("after %s the identity provider of %s lacks the certificate that Okta signs with", call, at.identity.Account)
			}
		}
		return nil
	}
}

func TestPeopleCanSignOnAllTheWhileACertificateIsRotated(t *testing.T) {
	for _, wish := range []store.Wish{inAPI, inGroups} {
		f := start(t, nil)
		f.linked(wish)
		f.change(func(w *world) { w.after = signsOnAlways(f) })
		f.ask(store.Rotate, store.Wish{}, store.RotateCertificate)
		a := f.until("linked", inState(store.Linked))
		next := f.world.apps["0oa1"].SigningKeyID
		if next == "kid" || a.Known.SigningKeyID != next || a.Known.NextKeyID != "" || a.Known.FormerKeyID != "kid" || !a.CertificateSince.IsZero() {
			t.Errorf("Okta signs with %s; known %+v, since %s", next, a.Known, a.CertificateSince)
		}
		f.clean() // the former one may be there for now
		if !strings.Contains(f.world.providers[providerARN].Metadata, ">kid<") {
			t.Error("the former certificate was taken out at once")
		}
		f.clock.Advance(10 * time.Minute)
		f.until("without the former certificate", func(a store.Account) bool { return a.Known.FormerKeyID == "" })
		if f.world.providers[providerARN].Metadata != metadata("0oa1", next) {
			t.Errorf("the identity provider holds %s", f.world.providers[providerARN].Metadata)
		}
		if a := f.account(); a.State != store.Linked || f.world.count("GenerateSigningKey") != 1 {
			t.Errorf("the account is %s, and %d keys were made", a.State, f.world.count("GenerateSigningKey"))
		}
		f.clean()
	}
}

func TestARotationOfTheCertificateThatIsInterruptedAnywhereCarriesOn(t *testing.T) {
	f := start(t, nil)
	f.linked(inGroups)
	before := len(f.world.calls)
	f.ask(store.Rotate, store.Wish{}, store.RotateCertificate)
	f.until("without the former certificate", func(a store.Account) bool { return a.State == store.Linked && a.Known.FormerKeyID == "" })
	f.stop()
	all := counts(f.world.calls[before:])
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, after := range ways(name) {
			t.Run(name+map[bool]string{true: " is answered by nobody"}[after], func(t *testing.T) {
				t.Parallel()
				f := start(t, nil)
				f.linked(inGroups)
				failsOnce(f, name, 1, after, errCut)
				f.change(func(w *world) {
					lose, look := w.after, signsOnAlways(f)
					w.after = func(call string) error {
						err := look(call)
						if lose != nil {
							err = lose(call)
						}
						return err
					}
				})
				f.ask(store.Rotate, store.Wish{}, store.RotateCertificate)
				a := f.until("without the former certificate", func(a store.Account) bool { return a.State == store.Linked && a.Known.FormerKeyID == "" })
				if got := f.world.providers[providerARN].Metadata; got != metadata("0oa1", a.Known.SigningKeyID) || a.Known.SigningKeyID == "kid" || f.world.count("GenerateSigningKey") > 2 {
					t.Errorf("the identity provider holds %s; known %+v", got, a.Known)
				}
				f.clean()
			})
		}
	}
}

func TestProvisioningThatARotationWipesIsAskedForAgain(t *testing.T) {
	f := start(t, func(_ *provision.Config, w *world) { w.wipes = true })
	f.linked(inAPI)
	id := f.ask(store.Rotate, store.Wish{}, store.RotateCertificate)
	f.until("waiting", inState(store.Waiting))
	var task store.Task
	f.update(func(tx *store.Tx) (err error) {
		task, err = tx.Task(store.TaskIDOf(id, store.EnableProvisioning))
		return err
	})
	if task.State != store.TaskOpen {
		t.Errorf("the task is %+v", task)
	}
	f.world.enable(provision.FeatureCreateUsers, provision.FeatureUpdateAttributes)
	f.until("linked", inState(store.Linked))
	f.clean()
}

func TestOnlyOneTaskIsOpenWhenProvisioningIsLostWhileAKeyIsRotated(t *testing.T) {
	f := start(t, nil)
	f.linked(inAPI)
	id := f.ask(store.Rotate, store.Wish{}, store.RotateKey)
	open := func() (open []store.TaskKind) {
		f.update(func(tx *store.Tx) error {
			return tx.Tasks(func(task store.Task) bool {
				if task.State == store.TaskOpen && task.Request == id {
					open = append(open, task.Kind)
				}
				return true
			})
		})
		return open
	}
	f.until("waiting", inState(store.Waiting))
	f.world.enable()
	f.until("asked for provisioning", func(store.Account) bool { return slices.Equal(open(), []store.TaskKind{store.EnableProvisioning}) })
	f.change(func(w *world) {
		w.apps["0oa1"].Features = []string{provision.FeatureCreateUsers, provision.FeatureUpdateAttributes}
	})
	f.until("asked for a key", func(store.Account) bool { return slices.Equal(open(), []store.TaskKind{store.EnterKey}) })
	f.enterNewKey(id)
	f.until("linked", inState(store.Linked))
	if left := open(); len(left) > 0 {
		t.Errorf("the tasks %q are open", left)
	}
}

// sharing links three accounts through one application.
func sharing(t *testing.T, change func(*provision.Config, *world)) (*fixture, []store.AccountKey) {
	f := start(t, change)
	accounts := []store.AccountKey{account, {Partition: "aws", ID: "222233334444"}, {Partition: "aws", ID: "333344445555"}}
	for _, key := range accounts {
		if key != account {
			f.world.account(key, "alias-"+key.ID[:4])
		}
		f.askFor(key, store.Link, store.Wish{Label: "Account " + key.ID, Mode: store.ModeGroups, Shared: "AWS"})
	}
	f.run()
	for _, key := range accounts {
		f.untilOf(key, "linked", inState(store.Linked))
	}
	return f, accounts
}

func TestAccountsThatShareAnApplicationAllHoldTheNewCertificateBeforeOktaSignsWithIt(t *testing.T) {
	for _, asked := range []int{1, 3} {
		f, accounts := sharing(t, nil)
		f.change(func(w *world) { w.after = signsOnAlways(f) })
		for _, key := range accounts[:asked] {
			f.askFor(key, store.Rotate, store.Wish{}, store.RotateCertificate)
			f.clock.Advance(10 * time.Second) // they are approved one after the other
		}
		for _, key := range accounts {
			a := f.untilOf(key, "rotated", func(a store.Account) bool {
				return a.State == store.Linked && a.Known.SigningKeyID != "kid" && a.Known.NextKeyID == ""
			})
			if !a.CertificateSince.IsZero() {
				t.Errorf("%s wants another one since %s", key, a.CertificateSince)
			}
		}
		if n := f.world.count("GenerateSigningKey"); n != 1 {
			t.Errorf("%d signing keys were made", n)
		}
		for _, key := range accounts {
			f.clock.Advance(10 * time.Minute)
			f.untilOf(key, "without the former certificate", func(a store.Account) bool { return a.State == store.Linked && a.Known.FormerKeyID == "" })
			c, err := f.rec.Check(t.Context(), key)
			if err != nil || len(c.Findings) > 0 {
				t.Errorf("a check of %s finds%s, %v", key, says(c.Findings), err)
			}
		}
		var shared store.Application
		f.update(func(tx *store.Tx) (err error) { shared, err = tx.SharedApplication("aws", "AWS"); return err })
		if shared.NextKeyID != "" {
			t.Errorf("the application is %+v", shared)
		}
	}
}

func TestAnAccountThatCantBeReachedHoldsUpASharedRotationAndIsNamed(t *testing.T) {
	f, accounts := sharing(t, nil)
	f.change(func(w *world) {
		w.after = signsOnAlways(f)
		w.others[accounts[2]].denied = &store.Error{Kind: store.Transient, Message: "not now", Remedy: "Wait."}
	})
	f.ask(store.Rotate, store.Wish{}, store.RotateCertificate)
	f.until("waiting for the third", func(a store.Account) bool { return strings.Contains(a.Steps["signing-key"].Note, ": 333344445555") })
	if n := f.world.count("SignWith"); n > 0 || f.world.apps["0oa1"].SigningKeyID != "kid" {
		t.Error("Okta signs with the new key already")
	}
	for _, key := range accounts[1:] {
		if a := f.of(key); a.State != store.Linked {
			t.Errorf("%s is %s", key, a.State)
		}
	}
	f.change(func(w *world) { w.others[accounts[2]].denied = nil })
	f.until("linked", inState(store.Linked))
	for _, key := range accounts[1:] {
		f.untilOf(key, "rotated", func(a store.Account) bool { return a.State == store.Linked && a.Known.SigningKeyID != "kid" })
	}
}

func TestAnAccountThatComesToASharedApplicationDuringARotationHoldsBothCertificates(t *testing.T) {
	f, accounts := sharing(t, nil)
	f.change(func(w *world) {
		w.after = signsOnAlways(f)
		w.others[accounts[2]].denied = &store.Error{Kind: store.Transient, Message: "not now", Remedy: "Wait."}
	})
	f.ask(store.Rotate, store.Wish{}, store.RotateCertificate)
	f.until("waiting for the third", func(a store.Account) bool { return strings.Contains(a.Steps["signing-key"].Note, ": 333344445555") })
	fourth := store.AccountKey{Partition: "aws", ID: "444455556666"}
	f.change(func(w *world) { w.account(fourth, "fourth") })
	f.askFor(fourth, store.Link, store.Wish{Label: "Fourth", Mode: store.ModeGroups, Shared: "AWS"})
	f.untilOf(fourth, "at the certificate", func(a store.Account) bool { return a.Known.NextKeyID != "" })
	f.change(func(w *world) { w.others[accounts[2]].denied = nil })
	f.until("linked", inState(store.Linked))
	f.untilOf(fourth, "linked", inState(store.Linked))
}
