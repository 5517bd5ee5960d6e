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

// origin says how many roles a stack made; without a stack, how many were made by hand.
type origin struct {
	Stack string
	Roles string // such as "3 roles"
}

func (p pages) holding(a aws.Account) holding {
	s := p.aws()
	return holding{Account: a, Providers: s.Providers(a.ID), Roles: origins(s.Roles(a.ID)), Users: s.Users(a.ID), Stacks: s.Stacks(a.ID)}
}

// origins counts roles by the stack that made them, those made by hand first.
func origins(roles []aws.Role) []origin {
	byStack := map[string]int{}
	stacks := []string{""}
	for _, r := range roles {
		if byStack[r.Stack]++; byStack[r.Stack] == 1 && r.Stack != "" {
			stacks = append(stacks, r.Stack)
		}
	}
	var out []origin
	for _, name := range stacks {
		if n := byStack[name]; n > 0 {
			out = append(out, origin{name, count(n, "role", "roles")})
		}
	}
	return out
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
		Search     string
		All        int
		Management string
		Found      []holding
	}{search, len(all), aws.ManagementAccount, found})
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
