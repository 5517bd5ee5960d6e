package bot

import (
	"fmt"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// Each kind of request in words. They stand after a person ("asks to …", "You asked to …"), so that one wording serves
// every message.

// wanted is what a request asks for, after "to".
func wanted(r store.Request) string {
	switch it := subject(r); r.Kind {
	case store.Link:
		return "link " + inFull(r)
	case store.Adopt:
		return "take over what was made by hand in " + inFull(r)
	case store.Unlink:
		return "unlink " + it + " from Okta"
	case store.Repair:
		if len(r.Rotate) > 0 {
			return "repair " + it + " and rotate its " + rotated(r)
		}
		return "repair " + it
	case store.Change:
		return changed(r)
	case store.Rotate:
		return "rotate the " + rotated(r) + " of " + it
	default:
		return string(r.Kind) + " " + it
	}
}

// subject is the account that a request is about, or, of a batch, its accounts.
func subject(r store.Request) string {
	switch n := r.Size; {
	case n == 0:
		return about(r.Account, r.Label)
	case r.Kind == store.Repair:
		return plural(n, "AWS account that has drifted", "AWS accounts that have drifted")
	case r.Kind == store.Link || r.Kind == store.Adopt:
		return plural(n, "AWS account", "AWS accounts")
	case r.Shared != "":
		return "the Okta application " + code(r.Shared) + " for the " + plural(n, "linked AWS account that shares it", "linked AWS accounts that share it")
	default:
		return plural(n, "AWS account", "AWS accounts")
	}
}

// named is subject in few words.
func named(r store.Request) string {
	n := r.Size
	if n == 0 {
		return subject(r)
	}
	it := plural(n, "AWS account", "AWS accounts")
	if r.Shared != "" && r.Kind == store.Rotate {
		it = "the Okta application " + code(r.Shared) + " for " + it
	}
	return it
}

// inFull is the account, and what it is linked as.
func inFull(r store.Request) string {
	if r.Size > 0 {
		full := subject(r)
		if r.Kind == store.Adopt {
			full += " and link them"
		}
		full += " to Okta"
		if r.Shared != "" {
			full += " in the shared application *" + mrkdwn(r.Shared, nameLimit) + "*"
		}
		return full
	}
	account := "AWS account " + code(accountName(r.Account))
	if r.Kind == store.Adopt {
		account += " and link it"
	}
	full := fmt.Sprintf("%s to Okta as *%s*", account, mrkdwn(r.Label, nameLimit))
	if r.Shared != "" {
		full += " in the shared application *" + mrkdwn(r.Shared, nameLimit) + "*"
	}
	return full
}

// changed is what a request to change an account asks for.
func changed(r store.Request) string {
	it := subject(r)
	switch mode, set := r.Changes(); {
	case mode == set:
		return fmt.Sprintf("give %s the integration mode %s and the role set %s", it, code(string(r.Mode)), code(r.RoleSetName()))
	case set:
		return fmt.Sprintf("give %s the role set %s in place of %s", it, code(r.RoleSetName()), code(r.Was.RoleSetName()))
	case r.Mode == store.ModeGroups:
		return fmt.Sprintf("switch %s from %s to %s (this deletes its IAM user)", it, code(string(r.Was.Mode)), code(string(r.Mode)))
	}
	return fmt.Sprintf("switch %s from %s to %s (this makes an IAM user and takes a person's step in Okta)", it, code(string(r.Was.Mode)), code(string(r.Mode)))
}

// switched is what became of an account by a request to change it.
func switched(r store.Request) string {
	switch mode, set := r.Changes(); {
	case mode == set:
		return fmt.Sprintf("its integration mode is %s, and its role set %s", code(string(r.Mode)), code(r.RoleSetName()))
	case set:
		return fmt.Sprintf("its role set is %s in place of %s", code(r.RoleSetName()), code(r.Was.RoleSetName()))
	}
	return fmt.Sprintf("its integration mode is %s in place of %s", code(string(r.Mode)), code(string(r.Was.Mode)))
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
	return strings.Join(parts, " and ")
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

// doing is what goes on while a request is carried out.
func doing(r store.Request) string {
	it := named(r)
	switch r.Kind {
	case store.Link:
		return "Linking " + it
	case store.Adopt:
		return "Taking over " + it
	case store.Unlink:
		return "Unlinking " + it
	case store.Repair:
		return "Repairing " + it
	case store.Rotate:
		return "Rotating the " + rotated(r) + " of " + it
	}
	return "Changing " + it
}

// underWay is what an account is while a request to link or change it is carried out.
func underWay(r store.Request) string {
	switch r.Kind {
	case store.Repair:
		return "being repaired"
	case store.Change:
		return "being changed"
	case store.Rotate:
		return "being given a new " + rotated(r)
	}
	return "linking"
}

// progressOf is what an account of a batch is once it is what was asked for, and until then.
func progressOf(k store.RequestKind) (done, going string) {
	switch k {
	case store.Link, store.Adopt:
		return "linked", "being linked"
	case store.Unlink:
		return "unlinked", "being unlinked"
	case store.Repair:
		return "repaired", "being repaired"
	case store.Change:
		return "changed", "being changed"
	}
	return "done", "under way"
}

// became is how a request ended, after its name.
func became(s store.RequestState) string {
	if s == store.Expired {
		return "has expired"
	}
	return "was " + string(s)
}

// askAgain is the command that asks for the same once more.
func askAgain(s scene) string {
	r := s.request
	account := accountName(r.Account)
	if len(s.rows) > 0 {
		account = accountName(s.rows[0].Account)
	}
	switch mode, set := r.Changes(); {
	case r.Size > 0 && r.Kind == store.Repair:
		account = "all"
	case r.Size > 0 && r.Kind == store.Link:
		return "`/oktaws link --list` or `/oktaws link --all`"
	case r.Kind == store.Adopt && r.Was.Mode == "" && r.Label != "": // an account that has failed has its name already
		account += " " + r.Label
	case r.Kind == store.Rotate && len(r.Rotate) > 0:
		account += " " + string(r.Rotate[0])
	case r.Kind == store.Change && set && !mode:
		return code("/oktaws roles " + account + " " + r.RoleSetName())
	case r.Kind == store.Change:
		return code("/oktaws mode " + account + " " + string(r.Mode))
	}
	return code("/oktaws " + string(r.Kind) + " " + account)
}
