package bot_test

import (
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/store"
)

func TestUnlinking(t *testing.T) {
	w := live(t)
	w.answers(slack.Requester, "unlink", "Say which account", "/oktaws unlink 111122223333")
	w.answers(slack.Requester, "unlink "+accountID, "is not known")
	w.linked()
	w.answers(slack.AdminOne, "unlink "+accountID+" the <team> is gone", "You asked to unlink AWS account `"+accountID+"` ("+label+") from Okta")
	m := w.message(slack.AdminChannel, "<@"+slack.AdminOne+"> asks to unlink AWS account "+accountID, "the &lt;team&gt; is gone", "looking at what would change", "[approve]")
	w.click(slack.AdminOne, m, "approve")
	w.told(slack.AdminOne, "Nobody decides on their own request")
	w.answers(slack.Requester, "unlink "+accountID, "request to unlink account "+accountID, "<@"+slack.AdminOne+">", "waits for approval already")
	w.answers(slack.Requester, "status "+accountID, "a request waits for approval", "asked", "to unlink")
	w.answers(slack.Requester, "list", "linked; a request waits for approval")
	w.agree("asks to unlink")
	dm := w.slack.DM(slack.AdminOne)
	w.message(dm, "Your request to unlink AWS account", "It begins now")
	w.message(dm, ": unlinking, 0 of")
	w.finish("the policy <x> of the role Old is somebody else's")
	w.message(dm, "AWS account "+accountID+" ("+label+") is unlinked", "Left alone", "The policy &lt;x&gt; of the role Old is somebody else's.")
	w.message(slack.AdminChannel, "is unlinked.*", "Left alone")
	w.answers(slack.Requester, "unlink "+accountID, "is not linked")
	w.answers(slack.Requester, "status "+accountID, "unlinked", "Left alone")
}

func TestUnlinkingThatFails(t *testing.T) {
	w := live(t)
	w.linked()
	w.reply(slack.Requester, "unlink "+accountID)
	w.agree("asks to unlink")
	w.fail(store.Problem{Kind: store.Conflict, Message: "the user has a password", Remedy: "take it away", Foreign: true})
	failed := w.message(slack.AdminChannel, ":x: *Unlinking AWS account", "The user has a password.", "/oktaws retry "+accountID)
	if says(failed, "[take-over]") || says(failed, "/oktaws adopt") {
		t.Error("what is being unlinked can be taken over")
	}
	w.answers(slack.Requester, "unlink "+accountID, "is being unlinked, and that has failed")
	w.answers(slack.Requester, "retry "+accountID, "Trying again")
}

func TestADeniedRequestSaysHowToAskAgain(t *testing.T) {
	w := live(t)
	w.linked()
	w.reply(slack.Requester, "unlink "+accountID)
	m := w.message(slack.AdminChannel, "asks to unlink", "[deny]")
	w.click(slack.AdminOne, m, "deny")
	form := w.view(slack.AdminOne, "Deny the request", "asks to unlink AWS account")
	w.submit(slack.AdminOne, form, map[string]string{"reason": "not yet"})
	w.message(w.slack.DM(slack.Requester), "Your request to unlink AWS account", "was denied", "not yet", "/oktaws unlink "+accountID)
	if a := w.account(accountKey); a.State != store.Linked || a.Pending != "" {
		t.Errorf("the account is %s", a.State)
	}
	w.reply(slack.Requester, "unlink "+accountID)
	if got := w.reply(slack.Requester, "withdraw "+accountID); !strings.Contains(got, "request to unlink AWS account") {
		t.Errorf("withdrawn: %q", got)
	}
}
