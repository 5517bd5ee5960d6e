package bot_test

import (
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// twoSets has a second role set configured.
func twoSets(w *world) {
	w.cfg.Pipeline.RoleSets["data-platform"] = []provision.RoleSpec{{Name: "Analyst", Group: "{label}-{role}"}}
}

func TestSwitchingTheIntegrationMode(t *testing.T) {
	w := live(t, func(w *world) { w.cfg.Shared = "AWS {partition}" })
	w.linked()
	w.answers(slack.Requester, "mode "+accountID, "Say which integration mode", "`api`", "`groups`")
	w.answers(slack.Requester, "mode "+accountID+" group", "There is no integration mode `group`")
	w.answers(slack.Requester, "mode "+accountID+" api", "integration mode api", "already")
	w.answers(slack.Requester, "mode "+accountID+" Groups fewer keys", "You asked to switch", "from `api` to `groups`")
	w.message(slack.AdminChannel, "from api to groups (this deletes its IAM user)", "fewer keys", "aws#{alias}#Administrator#"+accountID, "integration mode `groups`", "[approve]")
	if r := w.request(); r.Kind != store.Change || r.Mode != store.ModeGroups || r.Shared != "" || r.Label != label { // it keeps its application
		t.Errorf("recorded %+v", r)
	}
	w.agree("from api to groups")
	dm := w.slack.DM(slack.Requester)
	w.message(dm, "Your request to switch AWS account", "from `api` to `groups`", "Approved by")
	w.answers(slack.Requester, "status "+accountID, "asked", "from `api` to `groups` (this deletes its IAM user)")
	w.finish("the user <oktaws> has another key")
	w.message(slack.AdminChannel, "is switched*: its integration mode is `groups` in place of `api`", "Left alone", "&lt;oktaws&gt;")
	w.message(dm, "is switched*: its integration mode is `groups` in place of `api`")
	w.answers(slack.Requester, "rotate "+accountID+" key", "in integration mode groups", "/oktaws rotate "+accountID+" certificate")
	w.reply(slack.Requester, "mode "+accountID+" api")
	w.message(slack.AdminChannel, "from groups to api", "takes a person's step in Okta")
	if r := w.request(); r.Mode != store.ModeAPI || r.Shared != "" {
		t.Errorf("recorded %+v", r)
	}
}

func TestAccountsThatShareAnApplicationStayInModeGroups(t *testing.T) {
	w := live(t, func(w *world) { w.cfg.Mode, w.cfg.Shared = store.ModeGroups, "AWS {partition}" })
	w.linked()
	w.answers(slack.Requester, "mode "+accountID+" api", "shares the Okta application AWS aws with others", "/oktaws unlink "+accountID)
	if a := w.account(accountKey); a.Pending != "" {
		t.Error("a request was opened")
	}
}

func TestWhatWasNeverLinkedHasNoModeAndNoRoles(t *testing.T) {
	w := live(t, twoSets)
	for _, command := range []string{"mode " + accountID + " groups", "mode " + accountID + " api", "roles " + accountID + " data-platform"} {
		w.answers(slack.Requester, command, "Account "+accountID+" is not known: nobody has asked for it yet", "/oktaws link")
	}
	w.asked()
	for _, command := range []string{"mode " + accountID + " groups", "roles " + accountID + " data-platform"} {
		w.answers(slack.Requester, command, "waits for approval already")
	}
	w.reply(slack.Requester, "withdraw "+accountID)
	for _, command := range []string{"mode " + accountID + " groups", "roles " + accountID + " data-platform"} {
		w.answers(slack.Requester, command, "Account "+accountID+" is not linked", "/oktaws link "+accountID)
	}
}

func TestGivingAnotherRoleSet(t *testing.T) {
	w := live(t, twoSets)
	w.linked()
	w.answers(slack.Requester, "roles "+accountID, "Say which role set", "`default`, `data-platform`")
	w.answers(slack.Requester, "roles "+accountID+" data-platforn", "There is no role set `data-platforn`", "Did you mean `data-platform`?", "There are: `default`")
	w.answers(slack.Requester, "roles "+accountID+" default", "role set default already")
	w.answers(slack.Requester, "roles "+accountID+" data-platform more data", "the role set `data-platform` in place of `default`")
	m := w.message(slack.AdminChannel, "the role set data-platform in place of default", "Analyst", label+"-Analyst", "[approve]")
	if says(m, "PowerUsers") {
		t.Error("the request names roles of the role set before")
	}
	w.agree("the role set data-platform in place of default")
	w.finish()
	w.message(slack.AdminChannel, "is switched*: its role set is `data-platform` in place of `default`", "Analyst")
}

func TestRotating(t *testing.T) {
	w := live(t)
	w.linked()
	w.answers(slack.Requester, "rotate "+accountID, "Say what to rotate", "`key`", "`certificate`")
	w.answers(slack.Requester, "rotate "+accountID+" keys", "can't rotate `keys`")
	w.answers(slack.Requester, "rotate "+accountID+" KEY it is old", "rotate the access key of AWS account")
	w.agree("asks to rotate the access key of AWS account "+accountID, "it is old")
	if a := w.account(accountKey); a.KeySince.IsZero() {
		t.Errorf("the key is to be from %v on", a.KeySince)
	}
	var task store.Task
	w.update(func(tx *store.Tx) (err error) {
		a, err := tx.Account(accountKey)
		if err == nil {
			task, err = tx.OpenTask(a, store.EnterKey, nil, 0)
		}
		return err
	})
	m := w.message(w.slack.DM(slack.AdminTwo), "Reminder", "enter the new access key in Okta for AWS account `"+accountID+"`", "replace the access key and the secret key",
		"Test API Credentials", "The old key keeps working until the new one is seen in use", "[credentials]")
	w.answers(slack.Requester, "status "+accountID, "It is the turn of <@"+slack.AdminTwo+">", "/oktaws task "+accountID)
	w.answers(slack.AdminOne, "task "+accountID, "is yours too")
	w.message(w.slack.DM(slack.AdminOne), "enter the new access key")
	w.provisioner.set(func(p *provisioner) { p.secret = provision.NewSecret("AKIAIOSFODNN7EXAMPLE", "the-secret") })
	w.click(slack.AdminTwo, m, "credentials")
	w.view(slack.AdminTwo, "the-secret", "in place of the one in Okta's application *"+label+"*")
	w.update(func(tx *store.Tx) error { _, err := tx.CheckedTask(task.ID, nil); return err })
	w.pass(func() bool { return w.count(m.Channel, "*Done:* Okta uses the new access key of AWS account") == 1 })
	w.finish()
	w.message(slack.AdminChannel, "*AWS account `"+accountID+"` ("+label+") has a new access key.*")
	w.message(w.slack.DM(slack.Requester), "AWS account "+accountID+" ("+label+") has a new access key")

	w.reply(slack.Requester, "rotate "+accountID+" certificate")
	w.agree("asks to rotate the SAML certificate of AWS account " + accountID)
	w.fail(store.Problem{Kind: store.Permanent, Message: "no"})
	w.message(slack.AdminChannel, "*Rotating the SAML certificate of AWS account", "failed*")
}

func TestATaskOfANewKeyThatIsNoLongerNeeded(t *testing.T) {
	w := live(t)
	w.linked()
	w.reply(slack.Requester, "rotate "+accountID+" key")
	w.agree("asks to rotate")
	w.update(func(tx *store.Tx) error {
		a, err := tx.Account(accountKey)
		if err == nil {
			_, err = tx.OpenTask(a, store.EnterKey, nil, 1e12)
		}
		return err
	})
	m := w.message(w.slack.DM(slack.AdminTwo), "Your turn", "[done]")
	w.reply(slack.Requester, "unlink "+accountID)
	w.agree("asks to unlink")
	w.now(m, "No longer needed: entering a new access key for AWS account")
	w.answers(slack.AdminOne, "task "+accountID, "has no open task")
}
