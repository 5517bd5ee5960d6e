package bot_test

import (
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/store"
)

const shared = "AWS <aws>"

// sharing has the bot link accounts in mode groups, through one application.
func sharing(w *world) { w.cfg.Mode, w.cfg.Shared = store.ModeGroups, "AWS <{partition}>" }

// shares puts another account into the store that shares the application, and whose one step is in the state.
func (w *world) shares(id, label string, state store.StepState) store.AccountKey {
	w.Helper()
	key := store.AccountKey{Partition: "aws", ID: id}
	w.update(func(tx *store.Tx) error {
		a := store.Account{AccountKey: key, Wish: store.Wish{Label: label, Mode: store.ModeGroups, Shared: shared}, Desired: store.WantLinked,
			Steps: map[string]store.Step{"roles": {State: state, Due: w.clock.Now().Add(1e15)}}}
		return tx.SaveAccount(&a)
	})
	return key
}

func TestRotatingTheCertificateOfASharedApplication(t *testing.T) {
	w := live(t, sharing)
	w.linked()
	two, three := w.shares("000000000002", "Two", store.StepDone), w.shares("000000000003", "Three", store.StepDone)
	failed, waiting := w.shares("000000000004", "Four", store.StepFailed), w.shares("000000000005", "Five", store.StepWaiting)
	alone := w.linkedToo("000000000006", "Six")
	const head = "asks to rotate the SAML certificate of the Okta application `AWS &lt;aws&gt;` for the 3 linked AWS accounts that share it"
	w.answers(slack.Requester, "rotate "+accountID+" certificate it is old", "You "+strings.Replace(head, "asks", "asked", 1))
	m := w.message(slack.AdminChannel, head, "it is old", "*The accounts*", "`"+accountID+"` "+label, "`000000000002` Two", "`000000000003` Three",
		"*2 more accounts share the application*", "the rotation waits for it", "`000000000004` Four: failed", "`000000000005` Five: waiting for a person's step", "[approve]")
	if says(m, alone.ID) {
		t.Error("an account with an application of its own is named")
	}
	dm := w.slack.DM(slack.Requester)
	w.message(dm, "You "+strings.Replace(head, "asks", "asked", 1), "`000000000004` Four: failed", "[withdraw]")
	w.answers(slack.AdminOne, "rotate "+two.ID+" certificate", "to rotate the certificate of the Okta application AWS &lt;aws&gt;, by <@"+slack.Requester+">, waits for approval already")
	w.answers(slack.Requester, "rotate "+failed.ID+" certificate", "is being linked as Four, and has failed", "/oktaws retry "+failed.ID)
	w.answers(slack.Requester, "rotate "+accountID+" key", "Okta holds no access key of it")
	if r := w.request(); r.Kind == store.Rotate {
		t.Error("the one account has a request of its own")
	}
	w.click(slack.AdminOne, m, "approve")
	w.pass(func() bool { return w.count(slack.AdminChannel, "3 under way") == 1 && w.count(dm, "3 under way") == 1 })
	w.message(slack.AdminChannel, "*Rotating the SAML certificate of the Okta application `AWS &lt;aws&gt;` for 3 AWS accounts*", "0 of 3")
	for key, rotates := range map[store.AccountKey]bool{accountKey: true, two: true, three: true, failed: false, waiting: false, alone: false} {
		if a := w.account(key); a.CertificateSince.IsZero() == rotates {
			t.Errorf("the certificate of %s is to be from %v on", a.Label, a.CertificateSince)
		}
	}
	w.answers(slack.Requester, "status "+two.ID, "asked", "to rotate the SAML certificate of AWS account `"+two.ID+"` (Two)")
	for _, key := range []store.AccountKey{accountKey, two, three} {
		w.change(key, func(a *store.Account) { a.Steps = map[string]store.Step{"roles": {State: store.StepDone}} })
	}
	for _, c := range []string{slack.AdminChannel, dm} {
		w.message(c, ":white_check_mark: *Rotating the SAML certificate of the Okta application `AWS &lt;aws&gt;` for 3 AWS accounts has ended: 3 done.*")
		if n := w.count(c, "has a new SAML certificate"); n != 0 {
			t.Errorf("%d messages of single accounts in %s", n, c)
		}
	}
}

func TestARotationOfASharedCertificateThatIsDenied(t *testing.T) {
	w := live(t, sharing)
	w.linked()
	w.reply(slack.Requester, "rotate "+accountID+" certificate")
	m := w.message(slack.AdminChannel, "for the 1 linked AWS account that shares it", "[deny]")
	if says(m, "more account") {
		t.Error("there is nothing to wait for")
	}
	w.click(slack.AdminOne, m, "deny")
	w.submit(slack.AdminOne, w.view(slack.AdminOne, "Deny the request", "asks to rotate the SAML certificate"), map[string]string{"reason": "later"})
	w.message(w.slack.DM(slack.Requester), "Your request to rotate the SAML certificate of the Okta application", "was denied", "`/oktaws rotate "+accountID+" certificate`")
}

func TestRepairingWithASharedCertificateThatIsOld(t *testing.T) {
	w := live(t, sharing)
	w.linked()
	w.shares("000000000002", "Two", store.StepDone)
	old := store.Finding{Key: "signing-key/expires", Step: "signing-key", What: "the certificate that Okta signs with is good until 3 December 2026", Mend: "rotates it", Rotate: store.RotateCertificate}
	w.found(accountKey, differs("A"), old)
	m := w.message(slack.AdminChannel, "differs from what it shall be", "oktaws rotates it.", "[repair]")
	w.click(slack.AdminOne, m, "repair")
	w.told(slack.AdminOne, "You asked to rotate the SAML certificate", "for the 2 linked AWS accounts that share it", "The certificate of AWS account `"+accountID+"` ("+label+") is that of all accounts in this application",
		"whatever else differs in them is repaired on the way")
	asked := w.message(slack.AdminChannel, "asks to rotate the SAML certificate", "`"+accountID+"` "+label+": drifted (2 things differ)", "`000000000002` Two", "[approve]")
	w.answers(slack.Requester, "repair "+accountID, "to rotate the certificate of the Okta application", "waits for approval already")
	w.click(slack.AdminTwo, asked, "approve")
	w.pass(func() bool { return w.count(slack.AdminChannel, "2 under way") == 1 })
	w.now(m, "is being carried out")
}
