package awspage

import (
	"net/http"
	"slices"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// way is how people get into the account: by a provider, into the roles that trust it.
type way struct {
	Provider aws.Provider
	Roles    []aws.Role
}

// overview shows what there is in the account, and who can sign on to it.
func (p pages) overview(w http.ResponseWriter, _ *http.Request, c chrome) {
	s := p.aws()
	roles := s.Roles(c.Account.ID)
	var ways []way
	for _, provider := range s.Providers(c.Account.ID) {
		into := way{Provider: provider}
		for _, r := range roles {
			if slices.Contains(r.TrustedProviders, provider.ARN) {
				into.Roles = append(into.Roles, r)
			}
		}
		ways = append(ways, into)
	}
	var users []userView
	for _, u := range s.Users(c.Account.ID) {
		users = append(users, p.userView(c.Account.ID, u))
	}
	c.acts = accountActs(c.Account)
	p.render(w, "account", c.window(), struct {
		chrome
		Holds    holding
		Roles    int
		Users    []userView
		Ways     []way
		Managing bool
	}{c, p.holding(c.Account), len(roles), users, ways, c.Account.Managing})
}

// section shows all things of one kind.
func (p pages) section(w http.ResponseWriter, r *http.Request, c chrome) {
	c.Section = r.PathValue("section")
	show := map[string]func(http.ResponseWriter, chrome){"roles": p.roles, "providers": p.providers, "users": p.users, "stacks": p.stacks}[c.Section]
	if show == nil {
		p.missing(w, "There is no page "+r.URL.Path+".", "/aws/"+c.Account.ID)
		return
	}
	show(w, c)
}
