package roster

import (
	"regexp"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// Member is an account of an AWS organization. A provision.Member is one: roster.Member(m).
type Member struct {
	Account    store.AccountKey
	Name       string
	State      string // ACTIVE, SUSPENDED, PENDING_CLOSURE, …
	Unit       string // path of its organizational unit; may be empty
	Management bool   // it manages the organization
}

// closed says why nothing can be done in the account; empty: it is active.
func (m Member) closed() string {
	switch m.State {
	case "ACTIVE", "": // an organization that doesn't tell isn't a reason
		return ""
	case "SUSPENDED":
		return "it is suspended or closed, says the organization"
	case "PENDING_CLOSURE":
		return "it is being closed, says the organization"
	case "PENDING_ACTIVATION":
		return "it isn't active yet, says the organization"
	}
	return "its state in the organization is " + m.State
}

// FromMembers makes entries of an organization's accounts, with labels from the template, in their order. It leaves out
// those that aren't active, and the one that manages the organization: whoever is let into that is over all others, so
// somebody has to ask for it by itself.
func (r Rules) FromMembers(members []Member) ([]Entry, []LeftOut) {
	var entries []Entry
	var out []LeftOut
	labels := r.labels(members)
	for _, m := range members {
		e := Entry{Account: m.Account, Label: labels[m.Account]}
		switch why := m.closed(); {
		case why != "":
			out = append(out, LeftOut{e, why})
		case m.Management:
			out = append(out, LeftOut{e, "it manages the organization, and is linked only if it is asked for by itself or in a list"})
		default:
			entries = append(entries, e)
		}
	}
	return entries, out
}

// DefaultLabelTemplate makes an account's label of its name alone.
const DefaultLabelTemplate = "{name}"

// labels are those of the members by the template. Two that would have the same get the account's ID added, each, so that
// it doesn't matter who comes first.
func (r Rules) labels(members []Member) map[store.AccountKey]string {
	out := map[store.AccountKey]string{}
	has := map[string]int{}
	for _, m := range members {
		label := r.label(m)
		out[m.Account] = label
		has[strings.ToLower(label)]++
	}
	for _, m := range members {
		if label := out[m.Account]; has[strings.ToLower(label)] > 1 && !strings.Contains(label, m.Account.ID) {
			out[m.Account] = strings.TrimLeft(label+"-"+m.Account.ID, "-")
		}
	}
	return out
}

func (r Rules) label(m Member) string {
	template := r.LabelTemplate
	if template == "" {
		template = DefaultLabelTemplate
	}
	fill := func(name string) string {
		return strings.NewReplacer("{name}", name, "{account}", m.Account.ID).Replace(template)
	}
	if label := fill(m.Name); r.LabelPattern == nil || r.LabelPattern.MatchString(label) {
		return label
	}
	return fill(hyphenated(m.Name))
}

// unfit are the characters that the naming scheme of most operators doesn't have (okta.label_pattern's default), where
// names of accounts may have any of ASCII.
var unfit = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// hyphenated is a name with hyphens in place of what is unfit, and none of them at the ends or twice in a row there.
func hyphenated(name string) string {
	name = unfit.ReplaceAllString(name, "-")
	for strings.Contains(name, "--") {
		name = strings.ReplaceAll(name, "--", "-")
	}
	return strings.Trim(name, "-._")
}
