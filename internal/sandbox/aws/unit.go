package aws

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// rootSuffix ends the ID of each root, and begins what follows ou- in the IDs of the units below it.
const rootSuffix = "exmp"

// unit is an organizational unit, or the organization's root.
type unit struct {
	org      *organization
	id, name string
	parent   *unit // nil: the root
}

// path is Root/Workloads/Prod.
func (u *unit) path() string {
	if u.parent == nil {
		return u.name
	}
	return u.parent.path() + "/" + u.name
}

func (u *unit) arn() string {
	if u.parent == nil {
		return u.org.arn("root/" + u.org.orgID + "/" + u.id)
	}
	return u.org.arn("ou/" + u.org.orgID + "/" + u.id)
}

// below returns the units just below it.
func (u *unit) below() []*unit {
	return slices.DeleteFunc(slices.Clone(u.org.units), func(o *unit) bool { return o.parent != u })
}

// unitAt finds a unit by its path, with or without the root.
func (o *organization) unitAt(path string) (*unit, error) {
	at := o.root
	if path == "" || path == at.name {
		return at, nil
	}
	for name := range strings.SplitSeq(strings.TrimPrefix(path, at.name+"/"), "/") {
		below := at.below()
		i := slices.IndexFunc(below, func(u *unit) bool { return u.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no organizational unit %q in %s", name, at.path())
		}
		at = below[i]
	}
	return at, nil
}

// parentID is what the ID of a root or a unit looks like
// (https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html) [D].
var parentID = regexp.MustCompile(`^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$`)

// parent finds the root or unit that the call is about, if the caller may ask.
func (c *call) parent() (*unit, error) {
	id, o := c.form.Get("ParentId"), c.account.org
	if !parentID.MatchString(id) {
		return nil, &Error{400, "InvalidInputException", "You specified an invalid value: ParentId"}
	}
	i := slices.IndexFunc(o.units, func(u *unit) bool { return u.id == id })
	u, resource := o.root, o.root.arn()
	switch {
	case i >= 0:
		u, resource = o.units[i], o.units[i].arn()
	case id != o.root.id:
		u, resource = nil, o.arn("ou/"+o.orgID+"/"+id)
	}
	if err := c.allowOrganization(c.action, resource); err != nil {
		return nil, err
	}
	if u == nil {
		return nil, &Error{400, "ParentNotFoundException", "You specified parent that doesn't exist."}
	}
	return u, nil
}

func listRoots(c *call) (any, error) {
	if err := c.allowOrganization("ListRoots", "*"); err != nil {
		return nil, err
	}
	type policyType struct{ Type, Status string }
	type root struct {
		ID          string `json:"Id"`
		Arn, Name   string
		PolicyTypes []policyType
	}
	roots, next, err := organizationPage(c, []*unit{c.account.org.root})
	if err != nil {
		return nil, err
	}
	out := struct {
		Roots     []root
		NextToken string `json:",omitempty"`
	}{NextToken: next, Roots: []root{}}
	for _, r := range roots {
		out.Roots = append(out.Roots, root{r.id, r.arn(), r.name, []policyType{{"SERVICE_CONTROL_POLICY", "ENABLED"}}})
	}
	return out, nil
}

func listUnits(c *call) (any, error) {
	u, err := c.parent()
	if err != nil {
		return nil, err
	}
	below, next, err := organizationPage(c, u.below())
	if err != nil {
		return nil, err
	}
	type listed struct {
		ID        string `json:"Id"`
		Arn, Name string
	}
	out := struct {
		OrganizationalUnits []listed
		NextToken           string `json:",omitempty"`
	}{NextToken: next, OrganizationalUnits: []listed{}}
	for _, b := range below {
		out.OrganizationalUnits = append(out.OrganizationalUnits, listed{b.id, b.arn(), b.name})
	}
	return out, nil
}

func listAccountsIn(c *call) (any, error) {
	u, err := c.parent()
	if err != nil {
		return nil, err
	}
	return c.accountsPage(slices.DeleteFunc(slices.Clone(u.org.order), func(id string) bool { return c.accounts[id].unit != u }))
}

// MakeUnit makes an organizational unit in the partition aws and returns its ID. The path, such as Workloads/Prod, begins
// below the root, and all but its end must be there.
func (s *Server) MakeUnit(path string) (id string, err error) {
	defer s.lock()()
	o := s.organizations[Commercial]
	above, name := "", path
	if i := strings.LastIndex(path, "/"); i >= 0 {
		above, name = path[:i], path[i+1:]
	}
	parent, err := o.unitAt(above)
	if err != nil {
		return "", err
	}
	if name == "" || len(name) > 128 || slices.ContainsFunc(parent.below(), func(u *unit) bool { return u.name == name }) {
		return "", fmt.Errorf("%s can't have an organizational unit %q, or has it already", parent.path(), name)
	}
	u := &unit{org: o, id: "ou-" + rootSuffix + "-" + strings.ToLower(rand.Text()[:8]), name: name, parent: parent}
	o.units = append(o.units, u)
	return u.id, nil
}

// MoveAccount moves an account to the organizational unit at the path; Root, or an empty one, is the root.
func (s *Server) MoveAccount(id, path string) error {
	return s.with(id, func(a *account) error {
		u, err := a.org.unitAt(path)
		if err != nil {
			return err
		}
		if a.unit == u {
			return fmt.Errorf("account %s is in %s already", id, u.path())
		}
		a.unit = u
		return nil
	})
}
