package controlpage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// What people do by hand behind oktaws's back. The same and more can be done on the pages of AWS and Okta themselves.

// seenToDrift is how it comes out.
const seenToDrift = "The next check tells of it (/oktaws check), and a repair puts it right."

// separator parts a choice's value; no name of AWS's has it.
const separator = " "

// inAccounts gathers what of an account can be chosen: a value for each, and its name. The management accounts are left
// alone, since what is there is how oktaws reaches the others.
func inAccounts(of func(s *aws.Server, id string) (values, names []string)) func(*sandbox.Sandbox) []choice {
	return func(sb *sandbox.Sandbox) (out []choice) {
		for _, a := range sb.AWS.Accounts() {
			if a.Managing {
				continue
			}
			values, names := of(sb.AWS, a.ID)
			for i, value := range values {
				out = append(out, choice{a.ID + separator + value, names[i] + " in " + a.Name + " (" + a.ID + ")"})
			}
		}
		return out
	}
}

var signOnRoles = inAccounts(func(s *aws.Server, id string) (values, names []string) {
	for _, r := range s.Roles(id) {
		if len(r.TrustedProviders) > 0 {
			values, names = append(values, r.Name), append(names, r.Name)
		}
	}
	return values, names
})

func editTrust(sb *sandbox.Sandbox, chosen string) (string, error) {
	id, role, _ := strings.Cut(chosen, separator)
	trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"sts:AssumeRole"}]}`, id)
	return "The role " + role + " in account " + id + " trusts its own account alone.", sb.AWS.SetTrust(id, role, trust)
}

var identityProviders = inAccounts(func(s *aws.Server, id string) (values, names []string) {
	for _, p := range s.Providers(id) {
		values, names = append(values, p.Name), append(names, p.Name)
	}
	return values, names
})

func deleteProvider(sb *sandbox.Sandbox, chosen string) (string, error) {
	id, name, _ := strings.Cut(chosen, separator)
	return "The identity provider " + name + " in account " + id + " is deleted.", sb.AWS.DeleteProvider(id, name)
}

var activeKeys = inAccounts(func(s *aws.Server, id string) (values, names []string) {
	for _, u := range s.Users(id) {
		for _, k := range s.AccessKeys(id, u.Name) {
			if k.Active {
				values, names = append(values, u.Name+separator+k.ID), append(names, k.ID+" of "+u.Name)
			}
		}
	}
	return values, names
})

func deactivateKey(sb *sandbox.Sandbox, chosen string) (string, error) {
	part := strings.Split(chosen, separator) // as activeKeys made it
	return "The access key " + part[2] + " of " + part[1] + " in account " + part[0] + " is inactive.", sb.AWS.SetKeyActive(part[0], part[1], part[2], false)
}

func activeApplications(sb *sandbox.Sandbox) (out []choice) {
	for _, a := range sb.Okta.Applications() {
		if a.Status == "ACTIVE" && a.SigningKeyID != "" {
			out = append(out, choice{a.ID, a.Label})
		}
	}
	return out
}

func deactivateApplication(sb *sandbox.Sandbox, id string) (string, error) {
	a, _ := sb.Okta.Application(id)
	return a.Label + " is inactive: it is on no dashboard.", sb.Okta.Deactivate(id)
}

func assignedGroups(sb *sandbox.Sandbox) (out []choice) {
	for _, a := range sb.Okta.Applications() {
		for _, n := range sb.Okta.Assignments(a.ID) {
			if !slices.ContainsFunc(out, func(c choice) bool { return c.Value == n.GroupID }) {
				out = append(out, choice{n.GroupID, n.Group})
			}
		}
	}
	return out
}

func renameGroup(sb *sandbox.Sandbox, id string) (string, error) {
	for _, g := range sb.Okta.Groups() {
		if g.ID == id {
			return "The group " + g.Name + " is called " + g.Name + "-old.", sb.Okta.Rename(id, g.Name+"-old")
		}
	}
	return "", fmt.Errorf("there is no group %s any more", id)
}

func openAccounts(sb *sandbox.Sandbox) []choice {
	closed := map[string]bool{}
	for _, a := range sb.AWS.Accounts() {
		closed[a.ID] = a.Closed
	}
	return slices.DeleteFunc(members(sb), func(c choice) bool { return closed[c.Value] })
}

func closeAccount(sb *sandbox.Sandbox, id string) (string, error) {
	return "Account " + id + " is closed, until a reset.", sb.AWS.CloseAccount(id)
}
