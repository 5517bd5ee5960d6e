package oktapage

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

// awsSignIn are the addresses that applications post to, one of each partition, and that /saml stands for.
var awsSignIn = []string{aws.SignInURL, aws.SignInURLIn(aws.USGov), aws.SignInURLIn(aws.China)}

// asPerson has show answer for the person in the address, if there is one.
func (p pages) asPerson(show func(http.ResponseWriter, *http.Request, okta.Person)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		login := r.PathValue("login")
		everybody := p.okta().People()
		i := slices.IndexFunc(everybody, func(person okta.Person) bool { return person.Login == login })
		if i < 0 {
			p.missing(w, "There is nobody with the login "+login+" in this organization.", "/okta/admin/people")
			return
		}
		show(w, r, everybody[i])
	}
}

// withheld is an application that is assigned to a person and has no tile.
type withheld struct{ Label, Path, Why string }

// dashboard is what a person sees when they come to Okta: My Apps.
func (p pages) dashboard(w http.ResponseWriter, r *http.Request, person okta.Person) {
	search := strings.TrimSpace(r.FormValue("q"))
	all := p.okta().Tiles(person.Login)
	found := slices.DeleteFunc(slices.Clone(all), func(t okta.Tile) bool { return !has(search, t.Label) })
	p.render(w, http.StatusOK, "dashboard", "My Apps of "+fullName(person), struct {
		Person   okta.Person
		Name     string
		Others   []okta.Person
		Search   string
		All      int
		Tiles    []okta.Tile
		Withheld []withheld
	}{person, fullName(person), p.persons(func(other okta.Person) bool { return other.Login != person.Login }), search, len(all), found, p.withheld(person, all)})
}

// withheld says of each application that is assigned to a group of the person's why it is not among their tiles.
func (p pages) withheld(person okta.Person, tiles []okta.Tile) (out []withheld) {
	for _, a := range p.okta().Applications() {
		through := slices.IndexFunc(p.okta().Assignments(a.ID), func(n okta.Assignment) bool { return slices.Contains(person.Groups, n.Group) })
		if through < 0 || slices.ContainsFunc(tiles, func(t okta.Tile) bool { return t.AppID == a.ID }) {
			continue
		}
		why := "it is hidden from users"
		switch {
		case a.Status != "ACTIVE":
			why = "it is inactive"
		case a.SignOnMode != "SAML_2_0":
			why = "it does not sign people on by SAML"
		}
		out = append(out, withheld{a.Label, pathOf(a.ID) + "/general", why})
	}
	return out
}

// launch is where a tile leads: Okta signs the person on, and the browser posts its response to AWS.
func (p pages) launch(w http.ResponseWriter, r *http.Request, person okta.Person) {
	// A script that asks for the page again, to keep it up to date, would have another response signed, and post it.
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" && mode != "navigate" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	id := r.PathValue("id")
	label, status, refused := id, http.StatusOK, ""
	if a, ok := p.okta().Application(id); ok {
		label = a.Label
	}
	on, err := p.okta().SignOn(person.Login, id)
	switch {
	case err != nil:
		status, refused = http.StatusForbidden, err.Error()
	case !slices.Contains(awsSignIn, on.ACS):
		status, refused = http.StatusForbidden, label+" has its responses posted to "+on.ACS+", which is not in the sandbox: see ACS URL on its Sign On tab."
	}
	body, err := page.Execute(templates, "launch", struct {
		Person         okta.Person
		Label, Refused string
		Back           string
		On             okta.SignOn
	}{person, label, refused, "/okta/people/" + url.PathEscape(person.Login) + "/dashboard", on})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	page.Show(w, p.place, status, page.View{System: page.Okta, Title: "Signing in to AWS", Body: body, Bare: true})
}
