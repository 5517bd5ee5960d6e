package provision

import (
	"fmt"
	"maps"
	"slices"

	"github.com/oktaws/oktaws/store"
)

// Blueprint is what a linked account shall have in Okta and in AWS: what the steps compare the world with, for those who
// write it down instead of making it true.
type Blueprint struct {
	Application ApplicationSpec // with the settings by which it learns the roles; none is nil
	Stack       StackSpec       // without a token
	StackSame   bool            // the stack was last seen to have this template, or it is not known which it has
	Groups      []GroupSpec     // in the order of the role set
	People      PeopleSpec      // of a shared application, where its group is known; else empty, and the account assigns its groups itself
	User        UserSpec        // mode api; else empty
}

// GroupSpec is an Okta group of the account, as far as it is known which one it is.
type GroupSpec struct {
	ID     string
	Name   string   // by the configuration; in mode api a group that somebody has renamed keeps its other name
	Roles  []string // that the assignment says; none in mode groups
	Exists bool     // it is somebody else's: never made, renamed or deleted
}

// PeopleSpec is who has an application that accounts share: the one Okta group that is assigned to it, and the group rule
// that fills it with whoever is in a role group of an account.
type PeopleSpec struct {
	GroupID, GroupName, Description string
	RuleID, RuleName                string // the ID is empty where the rule is not known
	Expression                      string // whom the rule takes, in Okta's expression language
}

// UserSpec is the IAM user whose key Okta holds.
type UserSpec struct {
	Name, Path         string
	PolicyName, Policy string // its one inline policy, a JSON document
}

// Blueprint returns what the account shall have; shared is what is known of the application that it shares, and empty of
// one that has its own. It fails with a Permanent *store.Error where the configuration doesn't know the account's role
// set, or makes nothing of it.
func (c Config) Blueprint(a store.Account, shared store.Application) (Blueprint, error) {
	w := &work{r: &Reconciler{cfg: c}, key: a.AccountKey, account: a}
	if _, known := signInURLs[a.Partition]; !known {
		return Blueprint{}, &store.Error{Kind: store.Permanent, Message: fmt.Sprintf("Account %s is in a partition that oktaws doesn't know.", a.AccountKey), Remedy: "The partitions are aws, aws-us-gov and aws-cn."}
	}
	stack, err := w.stackSpec()
	if err != nil {
		return Blueprint{}, err
	}
	mapping, err := w.wantMapping()
	if err != nil {
		return Blueprint{}, err
	}
	b := Blueprint{Application: w.wantApplication(), Stack: stack, StackSame: a.Known.StackTemplate == "" || a.Known.StackTemplate == hash(stack.Template)}
	maps.Copy(b.Application.Settings, mapping)
	maps.DeleteFunc(b.Application.Settings, func(_ string, v any) bool { return v == nil })
	if p, ok := w.wantPeople(); ok && shared.PeopleID != "" {
		b.People = PeopleSpec{GroupID: shared.PeopleID, GroupName: p.name, Description: p.note, RuleID: shared.RuleID, RuleName: p.rule, Expression: p.expression}
	}
	if b.Groups, err = w.groupSpecs(); err != nil || a.Mode == store.ModeGroups {
		return b, err
	}
	b.User = UserSpec{Name: w.userName(), Path: userPath, PolicyName: userPolicyName}
	b.User.Policy, err = w.userPolicy()
	return b, err
}

// groupSpecs are the groups that are known, each once.
func (w *work) groupSpecs() ([]GroupSpec, error) {
	specs, err := w.roleSet()
	if err != nil {
		return nil, err
	}
	a := w.get()
	var out []GroupSpec
	for _, spec := range specs {
		id := a.Known.Groups[spec.Name]
		if id == "" {
			continue // a role that the role set has only since the account was linked
		}
		at := slices.IndexFunc(out, func(g GroupSpec) bool { return g.ID == id })
		if at < 0 {
			at = len(out)
			out = append(out, GroupSpec{ID: id, Name: w.r.cfg.GroupName(spec, a.Wish, a.AccountKey.ID, a.Known.Alias)})
		}
		out[at].Roles = append(out[at].Roles, w.assignedRoles([]string{spec.Name})...)
		out[at].Exists = out[at].Exists || spec.GroupExists
	}
	return out, nil
}
