// Package roster makes lists of accounts to link: it reads what people paste, or save from a spreadsheet, and what an AWS
// organization has, and says which of the accounts can be linked now. It calls nobody and changes nothing.
package roster

import (
	"regexp"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/oktaws/oktaws/store"
)

// MaxEntries is how many accounts a list may have: no organization of AWS's has more
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html).
const MaxEntries = 10_000

// Entry is one account to link.
type Entry struct {
	Line    int // where it stands in what was read, from 1; 0: it is from the organization
	Account store.AccountKey
	Label   string // of the Okta application; empty: none is given
	RoleSet string // as it was written; empty: the usual one. What Settle has found ready has it as a store.Wish keeps it
}

// LeftOut is an account that can't be linked now.
type LeftOut struct {
	Entry
	Why string // for people, without the account itself: "it is linked already, as Gmail"
}

// Reason is Why without the account's own name, so that it is the same for all that are left out for the same reason.
func (l LeftOut) Reason() string {
	why, _, _ := strings.Cut(l.Why, ": /oktaws retry ")
	if named := strings.Index(why, ", as "); named >= 0 {
		why = why[:named] + afterName.ReplaceAllString(why[named:], "$1")
	}
	return why
}

// afterName is a name that inStore gives, and what follows it.
var afterName = regexp.MustCompile(`^, as .+?(,? and (?:that has failed|waits for approval))?$`)

// Rules are the operator's, as far as a list has to heed them.
type Rules struct {
	Partitions    []string       // that oktaws reaches; the first is of accounts that are written without one; empty: aws
	LabelTemplate string         // of the labels that are made from the names of accounts: {name}, {account}; empty: DefaultLabelTemplate
	LabelPattern  *regexp.Regexp // that labels must match; nil: any does
	RoleSets      []string       // names of those that there are; store.DefaultRoleSet needs no mention
	Shared        string         // label of the Okta application that the accounts will share, in which {partition} stands for theirs; empty: each gets its own
}

// partitions are those that oktaws reaches.
func (r Rules) partitions() []string {
	if len(r.Partitions) == 0 {
		return []string{"aws"}
	}
	return r.Partitions
}

// roleSet finds a role set by its name, in whatever case; as a store.Wish keeps it, so that the usual one has none.
// Otherwise why says what is wrong.
func (r Rules) roleSet(typed string) (name, why string) {
	if typed == "" || strings.EqualFold(typed, store.DefaultRoleSet) {
		return "", ""
	}
	if i := slices.IndexFunc(r.RoleSets, func(s string) bool { return strings.EqualFold(s, typed) }); i >= 0 {
		return r.RoleSets[i], ""
	}
	names := slices.DeleteFunc(slices.Clone(r.RoleSets), func(s string) bool { return s == store.DefaultRoleSet })
	names = append([]string{store.DefaultRoleSet}, names...)
	why = "there is no role set " + shown(typed)
	if near := nearest(typed, names); near != "" {
		return "", why + "; did you mean " + near + "?"
	}
	return "", why + "; there are: " + strings.Join(names[:min(15, len(names))], ", ")
}

// nearest is the name that somebody who mistyped it may have meant, or "".
func nearest(typed string, names []string) string {
	near, distance := "", 3
	for _, name := range names {
		if d := levenshtein.Distance(strings.ToLower(typed), strings.ToLower(name), nil); d < distance {
			near, distance = name, d
		}
	}
	return near
}

// shown is what somebody wrote, in quotation marks and shortened.
func shown(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return "“" + s + "”"
}
