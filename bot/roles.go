package bot

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// roles asks to give an account another role set.
func (b *Bot) roles(ctx context.Context, c *command, rest string) (outcome, error) {
	typed, rest := word(rest)
	key, err := b.account(ctx, "roles", typed)
	if err != nil {
		return outcome{}, err
	}
	name, reason := word(rest)
	if name == "" {
		return outcome{}, invalid(fmt.Sprintf("Say which role set account %s shall have.", accountName(key)), b.roleSetRemedy(""))
	}
	set, err := b.roleSet(name)
	if err != nil {
		return outcome{}, err
	}
	return b.asked(ctx, c, store.Request{Kind: store.Change, Account: key, Reason: reason}, func(tx *store.Tx, r *asking) error {
		a, err := tx.Account(key)
		r.Mode, r.RoleSet = cmp.Or(a.Mode, b.cfg.Mode), set // one that was never linked has no mode, and is refused for that
		return err
	})
}

// roleSets are the names of the configured role sets, the usual one first.
func (b *Bot) roleSets() []string {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(b.cfg.Pipeline.RoleSets)), func(name string) bool { return name == store.DefaultRoleSet })
	return append([]string{store.DefaultRoleSet}, names...)
}

// roleSet reads the name of a role set: as a wish keeps it, so that the usual one has none.
func (b *Bot) roleSet(typed string) (string, error) {
	if typed == "" || strings.EqualFold(typed, store.DefaultRoleSet) {
		return "", nil
	}
	names := b.roleSets()
	if i := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, typed) }); i >= 0 {
		return names[i], nil
	}
	return "", invalid(fmt.Sprintf("There is no role set %s.", ticked(typed)), b.roleSetRemedy(typed))
}

func (b *Bot) roleSetRemedy(typed string) string {
	var all []string
	for _, name := range b.roleSets() {
		all = append(all, ticked(name))
	}
	remedy := "There are: " + strings.Join(firstFew(all, 15), ", ") + "."
	if near := nearest(typed, b.roleSets()); near != "" {
		remedy = fmt.Sprintf("Did you mean %s? ", ticked(near)) + remedy
	}
	return remedy
}

// roleSetWord takes role-set=NAME off the beginning of what somebody typed, where it stands there.
func roleSetWord(s string) (name, rest string) {
	const option = "role-set="
	first, after := word(s)
	if len(first) >= len(option) && strings.EqualFold(first[:len(option)], option) {
		return first[len(option):], after
	}
	return "", s
}

// roleLines is the role set of a wish, and the Okta groups that get its roles, under a heading. The account's alias is
// known once its identity provider is.
func (b *Bot) roleLines(heading string, key store.AccountKey, w store.Wish, a *store.Account) []string {
	set, configured := b.cfg.Pipeline.RoleSets[w.RoleSetName()]
	if !configured {
		return []string{fmt.Sprintf(":warning: The role set %s isn't configured any more.", code(w.RoleSetName()))}
	}
	alias := "{alias}"
	if a != nil && (a.Known.Alias != "" || a.Known.ProviderARN != "") {
		alias = a.Known.Alias
	}
	var lines []string
	for _, role := range set {
		lines = append(lines, fmt.Sprintf("• role %s for the Okta group %s", code(role.Name), code(b.cfg.Pipeline.GroupName(role, w, key.ID, alias))))
	}
	head := fmt.Sprintf("*%s* (role set %s, integration mode %s)", heading, code(w.RoleSetName()), code(string(w.Mode)))
	return append([]string{head}, within(firstFew(lines, 20), smallList)...)
}

// roleNames are the names of the role set's roles.
func roleNames(set []provision.RoleSpec) []string {
	var names []string
	for _, role := range set {
		names = append(names, mrkdwn(role.Name, nameLimit))
	}
	return names
}
