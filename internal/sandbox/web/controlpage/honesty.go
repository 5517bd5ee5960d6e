package controlpage

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/web/page"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// grounds are those of claims, the firmest first, and how the page calls them.
var grounds = []struct {
	Ground    wire.Ground
	One, Many string
}{
	{wire.Recorded, "recorded", "recorded"},
	{wire.Documented, "documented", "documented"},
	{wire.Others, "others", "by others"},
	{wire.Guess, "guess", "guesses"},
}

// share is how many claims have one ground, and which part of a bar of 1,000 is theirs.
type share struct {
	Ground        wire.Ground
	Name          string
	Claims        int
	Start, Length int
}

// tally counts claims and operations.
type tally struct {
	Operations, Claims int
	Shares             []share
}

func newTally(bases []wire.Basis) tally {
	var t tally
	count := map[wire.Ground]int{}
	for _, b := range bases {
		if !b.Aside {
			t.Operations++
		}
		for _, c := range b.Claims {
			t.Claims++
			count[c.Ground]++
		}
	}
	at, start := 0, 0
	for _, g := range grounds {
		at += count[g.Ground]
		end := at * 1000 / max(t.Claims, 1)
		name := g.Many
		if count[g.Ground] == 1 {
			name = g.One
		}
		t.Shares = append(t.Shares, share{g.Ground, name, count[g.Ground], start, end - start})
		start = end
	}
	return t
}

// claimView is a claim with its source: a link, or a name.
type claimView struct {
	wire.Claim
	Tag        string
	Link, Name string
}

func viewClaim(c wire.Claim) claimView {
	v := claimView{Claim: c, Name: c.Source}
	for _, g := range grounds {
		if g.Ground == c.Ground {
			v.Tag = g.One
		}
	}
	switch {
	case c.Ground == wire.Guess:
		v.Name = "internal/sandbox/" + c.Source
	case strings.HasPrefix(c.Source, "https://"):
		v.Link, v.Name = c.Source, shortAddress(c.Source)
	}
	return v
}

// shortAddress is what a link to a source reads: a repository with the number of its issue, or a site and its page.
func shortAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if u.Host == "github.com" && len(parts) >= 2 {
		name := parts[0] + "/" + parts[1]
		if len(parts) == 4 && (parts[2] == "issues" || parts[2] == "pull") {
			name += " #" + parts[3]
		}
		return name
	}
	last := parts[len(parts)-1]
	if ext := path.Ext(last); ext == ".html" || ext == ".htm" || ext == ".pdf" {
		last = strings.TrimSuffix(last, ext)
	}
	return u.Host + " " + last
}

// basisView is an operation, the claims that are asked for, and how often it was called.
type basisView struct {
	wire.Basis
	ID     string // of its row
	Claims []claimView
	Calls  int
	Link   string // to its calls
}

// serviceView is a service's operations.
type serviceView struct {
	Service string
	Tally   tally
	Rows    []basisView
}

// honestyView is what the page Honesty shows.
type honestyView struct {
	Guesses bool // only these
	Only    string
	Names   []string // of the services
	Tally   tally
	Groups  []serviceView
	Calls   int
	Unknown []row
}

// honesty is the page that says of each operation what it rests on.
func (c *console) honesty(w http.ResponseWriter, r *http.Request) {
	hub, q := c.place.Sandbox().Hub, r.URL.Query()
	v := honestyView{Guesses: q.Get("guesses") != "", Only: q.Get("service")}
	calls := hub.Calls(0)
	v.Calls = len(calls)
	called := map[[2]string]int{}
	for i := range calls {
		called[[2]string{calls[i].Service, calls[i].Operation}]++
	}
	for _, call := range hub.Unknown() {
		v.Unknown = append(v.Unknown, newRow(&call))
	}
	all := hub.Operations()
	v.Tally = newTally(all)
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].Service == all[0].Service {
			n++
		}
		service := all[:n]
		all = all[n:]
		name := service[0].Service
		v.Names = append(v.Names, name)
		if v.Only != "" && v.Only != name {
			continue
		}
		g := serviceView{Service: name, Tally: newTally(service)}
		for _, b := range service {
			if row := viewBasis(b, v.Guesses, called[[2]string{name, b.Operation}]); len(row.Claims) > 0 {
				g.Rows = append(g.Rows, row)
			}
		}
		v.Groups = append(v.Groups, g)
	}
	page.Render(w, c.place, http.StatusOK, templates, "honesty",
		page.View{System: page.Control, Title: "Honesty", Styles: []string{"/assets/control/honesty.css"}},
		frame{Tabs: tabs, At: "/control/honesty", Page: v})
}

// viewBasis is an operation as the page shows it, with its guesses alone where they are asked for.
func viewBasis(b wire.Basis, guesses bool, calls int) basisView {
	v := basisView{Basis: b, Calls: calls, Link: filter{Service: b.Service, Operation: b.Operation}.link(1),
		ID: "h-" + strings.NewReplacer(" ", "-", "/", "-", ":", "-").Replace(b.Service+"-"+b.Operation)}
	for _, c := range b.Claims {
		if !guesses || c.Ground == wire.Guess {
			v.Claims = append(v.Claims, viewClaim(c))
		}
	}
	return v
}
