package awspage

import (
	"net/http"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// holding is an account with what stands in it.
type holding struct {
	aws.Account
	Providers []aws.Provider
	Roles     []origin
	Users     []aws.User
	Stacks    []aws.Stack
}

// origin says how many roles were made by whom: a stack, the organization, or somebody's hand.
type origin struct{ Roles, By string }

func (p pages) holding(a aws.Account) holding {
	s := p.aws()
	return holding{Account: a, Providers: s.Providers(a.ID), Roles: origins(s.Roles(a.ID)), Users: s.Users(a.ID), Stacks: s.Stacks(a.ID)}
}

// origins counts roles by who made them.
func origins(roles []aws.Role) []origin {
	made := map[string]int{}
	for _, r := range roles {
		made[maker(r)]++
	}
	var out []origin
	for _, by := range sortedKeys(made) {
		out = append(out, origin{count(made[by], "role", "roles"), by})
	}
	return out
}

// maker is who made a role. AWS Organizations makes the access role of each account that is created in it.
func maker(r aws.Role) string {
	switch {
	case r.Stack != "":
		return "stack " + r.Stack
	case r.Name == aws.AccessRole:
		return "AWS Organizations"
	}
	return "hand"
}

// accounts shows the organization's accounts, those whose ID, name or alias the search q is part of.
func (p pages) accounts(w http.ResponseWriter, r *http.Request) {
	search := strings.TrimSpace(r.FormValue("q"))
	all := p.aws().Accounts()
	var found []holding
	for _, a := range all {
		if fits(a, search) {
			found = append(found, p.holding(a))
		}
	}
	title := "Accounts"
	if search != "" {
		title = "Accounts with " + search
	}
	p.render(w, "accounts", title, struct {
		Search string
		All    int
		Found  []holding
	}{search, len(all), found})
}

// fits also takes an ID as the console writes it, with dashes.
func fits(a aws.Account, search string) bool {
	search = strings.ToLower(search)
	for _, text := range []string{a.ID, dashed(a.ID), strings.ToLower(a.Name), strings.ToLower(a.Alias)} {
		if strings.Contains(text, search) {
			return true
		}
	}
	return false
}
