package awspage

import (
	"net/http"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// roleView is a role as its page shows it.
type roleView struct {
	aws.Role
	By       string // who made it
	Tags     []pair
	Policies []managed
	Inline   []inline
	Trusts   []string  // who may take it, in a few words each
	Readings []reading // the same in sentences
	Document []line    // the trust policy
}

// managed is a managed policy that is attached, with as much of its document as the stand-in knows.
type managed struct {
	Name, ARN string
	Document  []line
}

// inline is a policy that is part of a role or user.
type inline struct {
	Name     string
	Document []line
}

func inlines(policies map[string]string) []inline {
	var out []inline
	for _, p := range pairs(policies) {
		out = append(out, inline{p.Key, lines(p.Value)})
	}
	return out
}

func (p pages) roleView(r aws.Role) roleView {
	v := roleView{Role: r, By: maker(r), Tags: pairs(r.Tags), Inline: inlines(r.Inline), Document: lines(r.Trust)}
	for _, arn := range r.Policies {
		attached := managed{Name: policyName(arn), ARN: arn}
		if document, known := p.aws().ManagedPolicy(arn); known {
			attached.Document = lines(document)
		}
		v.Policies = append(v.Policies, attached)
	}
	v.Trusts, v.Readings = p.readTrust(r)
	return v
}

func (p pages) roles(w http.ResponseWriter, c chrome) {
	var views []roleView
	for _, r := range p.aws().Roles(c.Account.ID) {
		views = append(views, p.roleView(r))
	}
	p.render(w, "roles", c.window(), struct {
		chrome
		Roles []roleView
	}{c, views})
}

func (p pages) role(w http.ResponseWriter, r *http.Request, c chrome) {
	c.Section, c.Object = "roles", r.PathValue("name")
	c.acts, _ = p.actsOn(c)
	for _, role := range p.aws().Roles(c.Account.ID) {
		if role.Name != c.Object {
			continue
		}
		p.render(w, "role", c.window(), struct {
			chrome
			Role  roleView
			Stack *aws.Stack // nil: made by hand, or the stack is gone
		}{c, p.roleView(role), p.stackNamed(c.Account.ID, role.Stack)})
		return
	}
	p.gone(w, c, "role "+c.Object)
}
