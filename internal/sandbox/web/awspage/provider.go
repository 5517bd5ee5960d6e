package awspage

import (
	"net/http"
	"slices"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// providerView is a SAML identity provider as its page shows it.
type providerView struct {
	aws.Provider
	Tags         []pair
	Certificates []certificate
	Unreadable   string     // why the metadata tells of no certificates
	Roles        []aws.Role // that trust it
	Text         string     // the metadata, indented
}

func (p pages) providerView(account string, provider aws.Provider) providerView {
	v := providerView{Provider: provider, Tags: pairs(provider.Tags), Text: indentXML(provider.Metadata)}
	var err error
	if v.Certificates, err = certificates(provider.Metadata, p.place.Sandbox().Now()); err != nil {
		v.Unreadable = err.Error()
	}
	for _, r := range p.aws().Roles(account) {
		if slices.Contains(r.TrustedProviders, provider.ARN) {
			v.Roles = append(v.Roles, r)
		}
	}
	return v
}

func (p pages) providers(w http.ResponseWriter, c chrome) {
	var views []providerView
	for _, provider := range p.aws().Providers(c.Account.ID) {
		views = append(views, p.providerView(c.Account.ID, provider))
	}
	p.render(w, "providers", c.window(), struct {
		chrome
		Providers []providerView
	}{c, views})
}

func (p pages) provider(w http.ResponseWriter, r *http.Request, c chrome) {
	c.Section, c.Object = "providers", r.PathValue("name")
	c.acts, _ = p.actsOn(c)
	for _, provider := range p.aws().Providers(c.Account.ID) {
		if provider.Name != c.Object {
			continue
		}
		p.render(w, "provider", c.window(), struct {
			chrome
			Provider providerView
		}{c, p.providerView(c.Account.ID, provider)})
		return
	}
	p.gone(w, c, "identity provider "+c.Object)
}
