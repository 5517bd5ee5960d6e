package aws

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// unit is an organizational unit, or the organization's root.
type unit struct {
	id, name string
	path     string // Root/Workloads/Prod
	under    []*unit
}

// membersUnder returns the accounts of the unit that somebody means, and of all units under it.
func (p *partition) membersUnder(ctx context.Context, typed string) ([]provision.Member, error) {
	roots, err := p.units(ctx)
	if err != nil {
		return nil, p.unread("read the organization's units", err)
	}
	var all []*unit
	for _, root := range roots {
		all = append(all, root.whole()...)
	}
	meant, err := pick(all, typed)
	if err != nil {
		return nil, err
	}
	var found []provision.Member
	for _, u := range meant.whole() {
		pages := organizations.NewListAccountsForParentPaginator(p.orgs, &organizations.ListAccountsForParentInput{ParentId: &u.id})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx, patiently)
			if err != nil {
				return nil, p.unread("list the accounts of the organizational unit "+u.path, err)
			}
			for _, a := range page.Accounts {
				found = append(found, p.member(a, u.path))
			}
		}
	}
	return found, nil
}

// units reads the organization's tree, one call after the other. There is one root
// (https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListRoots.html), told in a list.
func (p *partition) units(ctx context.Context) ([]*unit, error) {
	var roots []*unit
	pages := organizations.NewListRootsPaginator(p.orgs, &organizations.ListRootsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, patiently)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Roots {
			name := sdk.ToString(r.Name)
			roots = append(roots, &unit{id: sdk.ToString(r.Id), name: name, path: name})
		}
	}
	for _, root := range roots {
		if err := p.grow(ctx, root); err != nil {
			return nil, err
		}
	}
	return roots, nil
}

// grow reads what is under a unit.
func (p *partition) grow(ctx context.Context, u *unit) error {
	pages := organizations.NewListOrganizationalUnitsForParentPaginator(p.orgs, &organizations.ListOrganizationalUnitsForParentInput{ParentId: &u.id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, patiently)
		if err != nil {
			return err
		}
		for _, o := range page.OrganizationalUnits {
			name := sdk.ToString(o.Name)
			u.under = append(u.under, &unit{id: sdk.ToString(o.Id), name: name, path: u.path + "/" + name})
		}
	}
	for _, below := range u.under {
		if err := p.grow(ctx, below); err != nil {
			return err
		}
	}
	return nil
}

// whole is the unit with all that is under it.
func (u *unit) whole() []*unit {
	all := []*unit{u}
	for _, below := range u.under {
		all = append(all, below.whole()...)
	}
	return all
}

// pick finds the unit that somebody means, by its ID, path or name. Case decides only between several.
func pick(all []*unit, typed string) (*unit, error) {
	path := strings.Trim(typed, "/")
	for _, is := range []func(u *unit, same func(a, b string) bool) bool{
		func(u *unit, same func(a, b string) bool) bool { return same(u.id, typed) },
		func(u *unit, same func(a, b string) bool) bool { return same(u.path, path) },
		func(u *unit, same func(a, b string) bool) bool { return same(u.name, typed) },
		func(u *unit, same func(a, b string) bool) bool { // a path without the root, or the end of one
			return strings.Contains(path, "/") && len(u.path) > len(path) && same(u.path[len(u.path)-len(path)-1:], "/"+path)
		},
	} {
		var found []*unit
		for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
			if found = slices.DeleteFunc(slices.Clone(all), func(u *unit) bool { return !is(u, same) }); len(found) > 0 {
				break
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return nil, several(found, typed)
		}
	}
	return nil, noUnit(all, typed)
}

// unitsTold is how many units a message names at most.
const unitsTold = 8

func several(found []*unit, typed string) error {
	var which []string
	for _, u := range found[:min(unitsTold, len(found))] {
		which = append(which, u.path+" ("+u.id+")")
	}
	if more := len(found) - len(which); more > 0 {
		which = append(which, fmt.Sprintf("and %d more", more))
	}
	return &store.Error{Kind: store.Conflict, Message: fmt.Sprintf("the organization has %d organizational units %q", len(found), typed),
		Remedy: "Give the path or the ID of one: " + strings.Join(which, ", ") + "."}
}

func noUnit(all []*unit, typed string) error {
	likeness := func(u *unit) float64 {
		t := strings.ToLower(typed)
		return max(levenshtein.Match(t, strings.ToLower(u.name), nil), levenshtein.Match(t, strings.ToLower(u.path), nil))
	}
	near := slices.DeleteFunc(slices.Clone(all), func(u *unit) bool { return likeness(u) < 0.6 })
	slices.SortStableFunc(near, func(a, b *unit) int { return cmp.Compare(likeness(b), likeness(a)) })
	paths := func(units []*unit) string {
		var out []string
		for _, u := range units {
			out = append(out, u.path)
		}
		return strings.Join(out, ", ")
	}
	remedy := "Give a unit's name, its path from the root, or its ID (ou-…), as the AWS console shows them under AWS Organizations."
	switch {
	case len(near) > 0:
		remedy = "Did you mean " + paths(near[:min(3, len(near))]) + "?"
	case len(all) <= unitsTold:
		remedy = "There are: " + paths(all) + "."
	}
	return &store.Error{Kind: store.NotFound, Message: fmt.Sprintf("the organization has no organizational unit %q", typed), Remedy: remedy}
}
