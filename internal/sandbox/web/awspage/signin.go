package awspage

import (
	"net/http"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// offer is an account with those of its roles that a sign-on asks for.
type offer struct {
	Account aws.Account
	Roles   []offeredRole
}

// offeredRole is a role of a sign-on, with the pages to look at where it cannot be entered: those of the role and of
// the provider, or of all where the one in question isn't there.
type offeredRole struct {
	aws.OfferedRole
	RolePage, ProviderPage string
}

// signIn is AWS's page that has a person choose one of the roles that a SAML response asks for, or says why there is
// nothing to choose.
func (p pages) signIn(w http.ResponseWriter, r *http.Request) {
	in, ok := p.aws().SignIn(r.PathValue("token"))
	if !ok {
		p.missing(w, "There is no such sign-on. A sign-on begins at a tile on Okta's dashboard.", "/okta")
		return
	}
	offers, enterable := p.offers(in.Roles)
	status, title := http.StatusOK, "Select a role"
	if enterable == 0 {
		status, title = http.StatusForbidden, "Sign-on refused"
	}
	p.show(w, status, "sign-in", title, struct {
		aws.SignIn
		Offers    []offer
		Enterable int
	}{in, offers, enterable})
}

// offers sorts the roles by account, in the order in which the response names the accounts, and counts those that can
// be entered.
func (p pages) offers(roles []aws.OfferedRole) (out []offer, enterable int) {
	at := map[string]int{}
	for _, role := range roles {
		id := role.Account.ID
		if _, known := at[id]; !known {
			at[id] = len(out)
			out = append(out, offer{Account: role.Account})
		}
		if role.Refused == "" {
			enterable++
		}
		o := &out[at[id]]
		o.Roles = append(o.Roles, p.offeredRole(role))
	}
	return out, enterable
}

func (p pages) offeredRole(role aws.OfferedRole) offeredRole {
	home := "/aws/" + role.Account.ID
	out := offeredRole{role, home + "/roles", home + "/providers"}
	for _, r := range p.aws().Roles(role.Account.ID) {
		if r.ARN == role.ARN {
			out.RolePage += "/" + r.Name
		}
	}
	for _, provider := range p.aws().Providers(role.Account.ID) {
		if provider.ARN == role.Provider {
			out.ProviderPage += "/" + provider.Name
		}
	}
	return out
}

// refusal is why a sign-on or a role is refused.
type refusal struct {
	Words string // AWS's own; empty where it has none
	Cause string // what AWS keeps to itself
}

// readRefusal parts AWS's words, which end in (Service: …), from what follows them.
func readRefusal(text string) refusal {
	if start := strings.Index(text, " (Service: "); start >= 0 {
		if end := strings.Index(text[start:], "). "); end >= 0 {
			return refusal{text[:start+end+1], text[start+end+3:]}
		}
	}
	return refusal{"", text}
}

// ProviderName is the provider as a person knows it.
func (o offeredRole) ProviderName() string {
	return strings.TrimPrefix(field(o.Provider, 5), "saml-provider/")
}
