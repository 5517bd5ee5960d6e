package export

import (
	"strings"

	"github.com/oktaws/oktaws/store"
)

// longestWord is how much of a label goes into a name, in bytes.
const longestWord = 40

// word makes part of a Terraform name of a text that people have written. What it leaves out makes it ambiguous, so that
// every name also has an ID in it (https://developer.hashicorp.com/terraform/language/syntax/configuration#identifiers).
func word(text string) string {
	parts := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	out := strings.Join(parts, "_")
	if len(out) > longestWord {
		out = strings.TrimRight(out[:longestWord], "_")
	}
	if out == "" || out[0] <= '9' {
		out = strings.TrimRight("n_"+out, "_")
	}
	return out
}

// accountWord is the account in a name.
func accountWord(k store.AccountKey) string {
	if k.Partition == "aws" {
		return k.ID
	}
	return strings.ReplaceAll(strings.TrimPrefix(k.Partition, "aws-"), "-", "_") + "_" + k.ID
}

// accountName is the name of what an account has once.
func accountName(a store.Account) string { return word(a.Label) + "_" + accountWord(a.AccountKey) }

// aliasName is the alias of the provider that reaches the account.
func aliasName(k store.AccountKey) string { return "account_" + accountWord(k) }

// appName is the name of an account's Okta application. That of a shared one is the same for all that share it.
func appName(a store.Account) string {
	if a.Shared != "" {
		return word(a.Shared) + "_" + a.Known.AppID
	}
	return accountName(a)
}

func groupName(name, id string) string { return word(name) + "_" + id }

// roleSetName is the name of the local value that holds a role set's template: role sets have unique names of a-z, 0-9 and
// hyphens.
func roleSetName(set string) string { return "role_set_" + strings.ReplaceAll(set, "-", "_") }
