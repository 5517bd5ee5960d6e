package export

import "github.com/zclconf/go-cty/cty"

// groupsOf writes the account's Okta groups and their assignments. Who has a shared application is assigned by people's
// group: role groups that were assigned before there was one stay so, and are left alone.
func (t *terraform) groupsOf(b block, a account) {
	for _, g := range a.blueprint.Groups {
		if !g.Exists && t.groups[g.ID] == "" {
			t.group(b, groupName(g.Name, g.ID), g.Name, g.ID)
		}
		if a.blueprint.People.GroupID != "" {
			continue
		}
		if g.Exists && !t.assigned[a.Known.AppID+"/"+g.ID] {
			b.note("The group %s is somebody else's: only its assignment is here.", plain(g.Name))
		}
		t.assignment(b, a, g.ID, g.Roles)
	}
}

// people writes who has a shared application, once: the group, its assignment, and the rule that fills it. The rule's import
// ID is its own (https://registry.terraform.io/providers/okta/okta/latest/docs/resources/group_rule).
func (t *terraform) people(b block, a account) {
	p := a.blueprint.People
	if p.GroupID == "" || t.groups[p.GroupID] != "" {
		return
	}
	b.note("Who has the application: a rule puts into one group whoever is in a role group of any account.")
	name := groupName(p.GroupName, p.GroupID)
	t.group(b, name, p.GroupName, p.GroupID)
	t.assignment(b, a, p.GroupID, nil)
	if p.RuleID == "" {
		return
	}
	r := b.block("resource", "okta_group_rule", name)
	r.text("name", p.RuleName)
	r.text("status", "ACTIVE")
	r.refIn("group_assignments", "okta_group", name, "id")
	r.text("expression_type", "urn:okta:expression:1.0")
	r.text("expression_value", p.Expression)
	r.gap()
	l := r.block("lifecycle")
	l.note("Okta lists there whom somebody has taken out of the group by hand.")
	l.refs("ignore_changes", "users_excluded")
	b.gap()
	b.imported("okta_group_rule", name, p.RuleID)
}

// assignment writes, once, that a group is assigned to the account's application, with the roles if there are any. Its
// import ID is the application's and the group's with a slash between
// (https://registry.terraform.io/providers/okta/okta/latest/docs/resources/app_group_assignment). Each assignment is a
// resource of its own, so that those that people have made stay.
func (t *terraform) assignment(b block, a account, group string, roles []string) {
	key, app := a.Known.AppID+"/"+group, t.apps[a.Known.AppID]
	if t.assigned[key] {
		return
	}
	t.assigned[key] = true
	name := app + "_" + group
	r := b.block("resource", "okta_app_group_assignment", name)
	r.ref("app_id", "okta_app_saml", app, "id")
	if resource := t.groups[group]; resource != "" {
		r.ref("group_id", "okta_group", resource, "id")
	} else {
		r.text("group_id", group)
	}
	if len(roles) > 0 {
		r.json("profile", cty.ObjectVal(map[string]cty.Value{"samlRoles": texts(roles)}))
	}
	r.gap()
	l := r.block("lifecycle")
	l.note("Okta numbers the assignments by itself.")
	l.refs("ignore_changes", "priority")
	b.gap()
	b.imported("okta_app_group_assignment", name, key)
}

// group writes an Okta group. Its import ID is its own (https://registry.terraform.io/providers/okta/okta/latest/docs/resources/group).
func (t *terraform) group(b block, name, label, id string) {
	t.groups[id] = name
	r := b.block("resource", "okta_group", name)
	r.text("name", label)
	r.gap()
	l := r.block("lifecycle")
	l.note("Who is in it would go with it.")
	l.flag("prevent_destroy", true)
	l.note("Somebody may have renamed it since it was made. Take the name out of the list to have Terraform see to it.")
	l.refs("ignore_changes", "name", "description")
	b.gap()
	b.imported("okta_group", name, id)
}
