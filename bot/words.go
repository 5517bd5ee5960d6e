package bot

import (
	"fmt"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// Each kind of request in words. They stand after a person ("asks to …", "You asked to …"), so that one wording serves
// every message.

// wanted is what a request asks for, after "to". was is the account as it is until the request is carried out, where
// that is known.
func wanted(r store.Request, was *store.Account) string {
	if len(r.Batch) > 0 {
		return "repair " + plural(len(r.Batch), "AWS account that has drifted", "AWS accounts that have drifted")
	}
	it := about(r.Account, r.Label)
	switch r.Kind {
	case store.Link:
		return "link " + inFull(r)
	case store.Adopt:
		return "take over what was made by hand in " + inFull(r)
	case store.Unlink:
		return "unlink " + it + " from Okta"
	case store.Repair:
		if len(r.Rotate) > 0 {
			return "repair " + it + ", and to rotate its " + rotated(r)
		}
		return "repair " + it
	case store.Change:
		return changed(r, was)
	case store.Rotate:
		if r.Shared != "" {
			it += ", which is that of all accounts in the application *" + mrkdwn(r.Shared, nameLimit) + "*"
		}
		return "rotate the " + rotated(r) + " of " + it
	}
	return string(r.Kind) + " " + it
}

// inFull is the account, and what it is linked as.
func inFull(r store.Request) string {
	account := "AWS account " + code(accountName(r.Account))
	if r.Kind == store.Adopt {
		account += " and link it"
	}
	full := fmt.Sprintf("%s to Okta as *%s*", account, mrkdwn(r.Label, nameLimit))
	if r.Shared != "" {
		full += ", in the application *" + mrkdwn(r.Shared, nameLimit) + "* that accounts share"
	}
	return full
}

// changed is what a request to change an account asks for. Once it is decided, only what it shall be is known.
func changed(r store.Request, was *store.Account) string {
	it := about(r.Account, r.Label)
	switch {
	case was == nil || was.Mode == r.Mode && was.RoleSetName() == r.RoleSetName() && was.Shared == r.Shared:
		return fmt.Sprintf("give %s the integration mode %s and the role set %s", it, code(string(r.Mode)), code(r.RoleSetName()))
	case was.RoleSetName() != r.RoleSetName():
		return fmt.Sprintf("give %s the role set %s in place of %s", it, code(r.RoleSetName()), code(was.RoleSetName()))
	case was.Mode == r.Mode:
		return fmt.Sprintf("move %s to the Okta application *%s*", it, mrkdwn(r.AppLabel(), nameLimit))
	case r.Mode == store.ModeGroups:
		return fmt.Sprintf("switch %s from %s to %s, which deletes its IAM user", it, code(string(was.Mode)), code(string(r.Mode)))
	}
	return fmt.Sprintf("switch %s from %s to %s, which makes an IAM user and takes a person's step in Okta", it, code(string(was.Mode)), code(string(r.Mode)))
}

// rotated is what a request rotates.
func rotated(r store.Request) string {
	var parts []string
	for _, what := range r.Rotate {
		switch what {
		case store.RotateKey:
			parts = append(parts, "access key")
		case store.RotateCertificate:
			parts = append(parts, "SAML certificate")
		default:
			parts = append(parts, string(what))
		}
	}
	return strings.Join(parts, " and its ")
}

// sign stands in front of a request.
func sign(k store.RequestKind) string {
	switch k {
	case store.Link:
		return ":key:"
	case store.Adopt:
		return ":handshake:"
	case store.Unlink:
		return ":scissors:"
	case store.Repair:
		return ":wrench:"
	case store.Rotate:
		return ":repeat:"
	}
	return ":twisted_rightwards_arrows:"
}

// doing is what goes on while a request is carried out, before the account's name.
func doing(r store.Request) string {
	switch r.Kind {
	case store.Link:
		return "Linking"
	case store.Adopt:
		return "Taking over"
	case store.Unlink:
		return "Unlinking"
	case store.Repair:
		return "Repairing"
	case store.Rotate:
		return "Rotating the " + rotated(r) + " of"
	}
	return "Changing"
}

// became is how a request ended, after its name.
func became(s store.RequestState) string {
	if s == store.Expired {
		return "has expired"
	}
	return "was " + string(s)
}

// askAgain is the command that asks for the same once more.
func askAgain(r store.Request) string {
	if len(r.Batch) > 0 {
		return "`/oktaws repair all`"
	}
	switch r.Kind {
	case store.Link:
		return "`/oktaws link`"
	case store.Change:
		return "`/oktaws mode` or `/oktaws roles`"
	}
	return fmt.Sprintf("`/oktaws %s %s`", r.Kind, accountName(r.Account))
}
