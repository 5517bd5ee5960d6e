package controlpage

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// trouble is a ready-made piece of bad luck.
type trouble struct {
	Key, System, Name string
	Shows             string // what there is to be seen while it lasts
	Button            string
	choices           func(*sandbox.Sandbox) []choice // what it can befall; nil: there is nothing to choose
	none              string                          // said where there are no choices
	faults            func(now time.Time) []wire.Fault
	do                func(sb *sandbox.Sandbox, chosen string) (done string, err error) // in place of faults
}

// choice is an account or an application that trouble can befall.
type choice struct{ Value, Name string }

const minute = time.Minute

// endless is a fault until it is switched off.
func endless(f ...wire.Fault) func(time.Time) []wire.Fault {
	return func(time.Time) []wire.Fault { return f }
}

// aMinute is a fault that lasts for a minute of the sandbox's clock.
func aMinute(f wire.Fault) func(time.Time) []wire.Fault {
	return func(now time.Time) []wire.Fault {
		f.Until = now.Add(minute)
		return []wire.Fault{f}
	}
}

var troubles = []trouble{
	{Key: "slow", System: "All", Name: "Every call takes 2 s", Shows: "How a slow network looks to the person who waits.",
		faults: endless(wire.Fault{DelayMillis: 2000})},

	{Key: "aws-down", System: "AWS", Name: "AWS is down", Shows: "The steps that need AWS wait and try again by themselves; Slack and Okta go on.",
		faults: endless(wire.Fault{Service: "sts", Status: 503}, wire.Fault{Service: "iam", Status: 503},
			wire.Fault{Service: "cloudformation", Status: 503}, wire.Fault{Service: "organizations", Status: 503})},
	{Key: "iam-throttles", System: "AWS", Name: "IAM throttles for a minute", Shows: "The pipeline goes slower, and nothing fails.",
		// AWS's Query services throttle with status 400 [D: IAM API reference, common errors].
		faults: aMinute(wire.Fault{Service: "iam", Status: 400, Code: "Throttling", Message: "Rate exceeded"})},
	{Key: "sts-refuses", System: "AWS", Name: "No role can be assumed", Shows: "What is said where the management account has lost its way into the others.",
		faults: endless(wire.Fault{Service: "sts", Operation: "AssumeRole", Status: 403, Code: "AccessDenied",
			Message: "User is not authorized to perform: sts:AssumeRole"})},
	{Key: "key-lost", System: "AWS", Name: "The connection is cut after IAM made the access key", Shows: "A key exists whose secret nobody has seen. Look at how many there are in the end.",
		faults: endless(wire.Fault{Service: "iam", Operation: "CreateAccessKey", Cut: "after", Times: 1})},
	{Key: "stack-fails", System: "AWS", Name: "CloudFormation fails to make the stack", Shows: "A service control policy denies iam:CreateRole: the stack rolls back, and its events say why. It stays until a reset.",
		Button: "Let it fail", choices: members, do: deny("iam:CreateRole")},
	{Key: "deny-user", System: "AWS", Name: "iam:CreateUser is denied in an account", Shows: "A service control policy says no, in AWS's own words. It stays until a reset.",
		Button: "Deny", choices: members, do: deny("iam:CreateUser")},

	{Key: "okta-429", System: "Okta", Name: "Okta answers 429 for a minute", Shows: "Too many calls: everybody waits for the time that Okta names.",
		faults: aMinute(wire.Fault{Service: "okta", Status: 429})},
	{Key: "okta-down", System: "Okta", Name: "Okta is down", Shows: "The API, the admin console and sign-on; what needs none of them goes on.",
		faults: endless(wire.Fault{Service: "okta", Status: 503})},
	{Key: "okta-token", System: "Okta", Name: "Okta's API token is revoked", Shows: "The step says which setting to mend.",
		// All but the admin console's steps, sign-on, access tokens and what is public.
		faults: endless(wire.Fault{Service: "okta", Operation: "[^cgis]*", Status: 401}, wire.Fault{Service: "okta", Operation: "get[AFG]*", Status: 401},
			wire.Fault{Service: "okta", Operation: "createApplication", Status: 401}, wire.Fault{Service: "okta", Operation: "generateApplicationKey", Status: 401})},
	{Key: "app-lost", System: "Okta", Name: "The connection is cut after Okta made the application", Shows: "The answer is lost. In the end there is one application, not two.",
		faults: endless(wire.Fault{Service: "okta", Operation: "createApplication", Cut: "after", Times: 1})},
	{Key: "provisioning-lost", System: "Okta", Name: "Okta loses provisioning of an application", Shows: "As when somebody switches it off, or a trial of lifecycle management runs out: drift, which is noticed and put before a person.",
		Button: "Lose it", choices: provisioned, none: "No application has provisioning on.", do: loseProvisioning},

	{Key: "trust-edited", System: "By hand", Name: "Somebody edits a role's trust policy", Shows: "The role trusts its own account, and no identity provider: nobody signs on to it any more. " + seenToDrift,
		Button: "Edit it", choices: signOnRoles, none: "No role trusts an identity provider yet.", do: editTrust},
	{Key: "provider-deleted", System: "By hand", Name: "Somebody deletes an account's identity provider", Shows: "AWS refuses everybody whom Okta sends. " + seenToDrift,
		Button: "Delete it", choices: identityProviders, none: "No account has an identity provider.", do: deleteProvider},
	{Key: "key-inactive", System: "By hand", Name: "Somebody deactivates an access key", Shows: "Okta can't learn the account's roles any more. " + seenToDrift,
		Button: "Deactivate it", choices: activeKeys, none: "No user has an active access key.", do: deactivateKey},
	{Key: "app-inactive", System: "By hand", Name: "Somebody deactivates an application in Okta", Shows: "Its tile is on no dashboard. " + seenToDrift,
		Button: "Deactivate it", choices: activeApplications, none: "No application signs people on to AWS.", do: deactivateApplication},
	{Key: "group-renamed", System: "By hand", Name: "Somebody renames a group in Okta", Shows: "In mode groups the name said the account and the role: its people lose the role. " + seenToDrift,
		Button: "Rename it", choices: assignedGroups, none: "No group is assigned to an application.", do: renameGroup},
	{Key: "account-closed", System: "By hand", Name: "An account is closed in the organization", Shows: "Nobody gets in any more, oktaws neither. It can't be repaired, only unlinked.",
		Button: "Close it", choices: openAccounts, do: closeAccount},

	{Key: "posts-fail", System: "Slack", Name: "Slack refuses the bot's posts with 500", Shows: "Decisions still count; the messages follow once Slack takes them again.",
		faults: endless(wire.Fault{Service: "slack", Operation: "chat.postMessage", Status: 500})},
	{Key: "posts-429", System: "Slack", Name: "Slack answers posts with 429 for a minute", Shows: "Messages come late, each of them once.",
		faults: aMinute(wire.Fault{Service: "slack", Operation: "chat.postMessage", Status: 429})},
	{Key: "modal-late", System: "Slack", Name: "The next modal comes too late", Shows: "Slack says expired_trigger_id to the next views.open.",
		faults: endless(wire.Fault{Service: "slack", Operation: "views.open", Status: 200, Code: "expired_trigger_id", Times: 1})},
	{Key: "twice", System: "Slack", Name: "The next 3 clicks are delivered twice", Shows: "As Slack may: each still counts once.",
		Button: "Deliver twice", do: deliverTwice},
	{Key: "again", System: "Slack", Name: "The last click is delivered again", Shows: "The same delivery once more, however long ago: nothing happens again.",
		Button: "Deliver again", do: redeliver},
	{Key: "drop", System: "Slack", Name: "Slack drops all connections", Shows: "oktaws connects anew within moments.",
		Button: "Drop", do: disconnect("refresh_requested", "Slack has dropped all connections.")},
	{Key: "deaf", System: "Slack", Name: "oktaws doesn't hear most clicks", Shows: "Slack takes 8 dead connections for live ones: what goes to them nobody answers, and after 3 s Slack says so.",
		Button: "Lose clicks", do: haunt(8, "Slack believes in 8 connections that are dead.")},
	{Key: "hears", System: "Slack", Name: "oktaws hears all clicks again", Shows: "Slack has noticed that those connections are dead.",
		Button: "Hear again", do: haunt(-100, "Slack believes in no dead connections any more.")},
	{Key: "socket-off", System: "Slack", Name: "Socket Mode is switched off", Shows: "oktaws cannot connect: it ends, and says what to mend. Switch Socket Mode on and start it anew.",
		Button: "Switch off", do: disconnect("link_disabled", "Socket Mode is switched off.")},
	{Key: "socket-on", System: "Slack", Name: "Socket Mode is switched on again", Shows: "Connections are taken again.",
		Button: "Switch on", do: enable},
	{Key: "token-revoked", System: "Slack", Name: "The bot's token is revoked", Shows: "oktaws ends, and says what to mend. Switch the fault off and start it anew.",
		faults: endless(wire.Fault{Service: "slack", Operation: "chat.*", Status: 200, Code: "token_revoked"},
			wire.Fault{Service: "slack", Operation: "auth.test", Status: 200, Code: "token_revoked"})},
}

// ready has a ready-made piece of bad luck happen.
func (c *console) ready(r *http.Request) (string, error) {
	key, sb := r.PostFormValue("key"), c.place.Sandbox()
	i := slices.IndexFunc(troubles, func(t trouble) bool { return t.Key == key })
	if i < 0 {
		return "", fmt.Errorf("there is no ready-made fault %q", key)
	}
	t := troubles[i]
	chosen := r.PostFormValue("choice")
	if t.choices != nil && !slices.ContainsFunc(t.choices(sb), func(c choice) bool { return c.Value == chosen }) {
		return "", errors.New(t.Name + ": choose one of the list")
	}
	if t.do != nil {
		return t.do(sb, chosen)
	}
	for _, f := range t.faults(sb.Now()) {
		sb.Hub.Add(f)
	}
	return "Switched on: " + t.Name + ".", nil
}

// readyGroup is the ready-made faults of one system.
type readyGroup struct {
	System   string
	Troubles []troubleView
}

type troubleView struct {
	trouble
	Choices []choice
	None    string // why it cannot happen now
}

func viewReady(sb *sandbox.Sandbox) []readyGroup {
	var out []readyGroup
	for _, t := range troubles {
		v := troubleView{trouble: t}
		if v.Button == "" {
			v.Button = "Switch on"
		}
		if t.choices != nil {
			if v.Choices = t.choices(sb); len(v.Choices) == 0 {
				v.None = t.none
			}
		}
		if len(out) == 0 || out[len(out)-1].System != t.System {
			out = append(out, readyGroup{System: t.System})
		}
		g := &out[len(out)-1]
		g.Troubles = append(g.Troubles, v)
	}
	return out
}
