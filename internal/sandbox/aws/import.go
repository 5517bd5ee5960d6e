package aws

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// How a stack takes in roles that are there already. The words and the order of what is refused are those that others
// have measured [C].

// resourcesToImport reads the parameter ResourcesToImport.
func (c *call) resourcesToImport(t *template) ([]imported, error) {
	var out []imported
	var unknown []string
	members := c.members("ResourcesToImport")
	if members == nil {
		return nil, validation("Must Provide at least one resource to import")
	}
	for i, m := range members {
		in := imported{logical: c.form.Get(m + ".LogicalResourceId")}
		if !c.form.Has(m + ".ResourceIdentifier.entry.1.key") {
			return nil, validation(fmt.Sprintf("1 validation error detected: Value null at 'resourcesToImport.%d.member.resourceIdentifier' failed to satisfy constraint: Member must not be null", i+1))
		}
		if slices.ContainsFunc(out, func(other imported) bool { return other.logical == in.logical }) {
			return nil, validation("Every resource to import must have unique LogicalResourceId")
		}
		if t.resources[in.logical].kind == "" {
			unknown = append(unknown, in.logical)
		}
		out = append(out, in)
	}
	if unknown != nil {
		return nil, validation("The logical resource ids " + listed(unknown) + " provided in ResourceToImport do not exist in the template.")
	}
	for i, m := range members {
		kind, entry := c.form.Get(m+".ResourceType"), m+".ResourceIdentifier.entry."
		switch {
		case kind == roleType && (c.form.Get(entry+"1.key") != "RoleName" || c.form.Has(entry+"2.key")):
			return nil, validation("Invalid resource identifier for resource type " + roleType + ". Expected [RoleName]")
		case kind != roleType:
			return nil, validation("Resource type of [" + out[i].logical + "] passed in ResourceToImport does not match with resource type defined in the template. " +
				"Resource type in ResourceToImport: " + kind + "; Resource type in Template: " + roleType + ".")
		}
		out[i].role = c.form.Get(entry + "1.value")
	}
	return out, nil
}

func listed(names []string) string { return "[" + strings.Join(names, ", ") + "]" }

// admit refuses a change set that does anything else than to import.
func (cs *changeSet) admit(tags map[string]string) error {
	st := cs.stack
	waves, gone, _, err := st.plan(cs.next)
	if err != nil {
		return err
	}
	var added, modified []string
	for _, ch := range slices.Concat(waves...) {
		if ch.verb == "CREATE" {
			added = append(added, ch.logical)
		} else {
			modified = append(modified, ch.logical)
		}
	}
	for _, r := range gone {
		modified = append(modified, r.logical)
	}
	var inside, unlisted, unprotected []string
	for _, in := range cs.imports {
		if !slices.Contains(added, in.logical) {
			inside = append(inside, in.logical)
		}
		if cs.next.template.resources[in.logical].deletionPolicy == "" {
			unprotected = append(unprotected, in.logical)
		}
	}
	for _, id := range added {
		if !slices.ContainsFunc(cs.imports, func(in imported) bool { return in.logical == id }) {
			unlisted = append(unlisted, id)
		}
	}
	slices.Sort(modified)
	var other []string
	if len(cs.next.template.outputs)+len(st.template.outputs) > 0 && !reflect.DeepEqual(cs.next.template.outputs, st.template.outputs) {
		other = append(other, "Outputs")
	}
	if len(tags) > 0 && !maps.Equal(tags, st.tags) {
		other = append(other, "Tags")
	}
	switch {
	case added == nil:
		return validation("The template should contain at least one new resource to import.")
	case inside != nil:
		return validation("Resources " + listed(inside) + " passed in ResourceToImport are already in a stack and cannot be imported.")
	case unlisted != nil:
		return validation("Resources " + listed(unlisted) + " is missing from ResourceToImport list")
	case modified != nil:
		return validation("You have modified resources " + listed(modified) + " in your template that are not being imported. Update, create or delete operations cannot be executed during import operations.")
	case unprotected != nil:
		return validation("The following resources to import " + listed(unprotected) + " must have DeletionPolicy attribute specified in the template.")
	case other != nil:
		return validation("As part of the import operation, you cannot modify or add " + listed(other))
	}
	return nil
}

// look checks each role, as CloudFormation does before the change set can be executed.
func (cs *changeSet) look(who *principal) {
	for _, in := range cs.imports {
		if err := cs.takes(who, in); err != nil {
			cs.status, cs.reason = "FAILED", err.Error()
			return
		}
	}
	cs.status, cs.execution = "CREATE_COMPLETE", available
	cs.reason = "Verify that resources and their properties defined in the template match the intended configuration of the resource import to avoid unexpected changes."
}

// takes checks a role: that it is there, that no stack has it, and that the template could be of it. Whether it is what
// the template says is not looked at [D].
func (cs *changeSet) takes(who *principal, in imported) error {
	st := cs.stack
	r := st.account.roles[strings.ToLower(in.role)]
	name := "/" + in.role
	if r != nil {
		name = r.path + r.name
	}
	for _, action := range roleReads {
		if err := who.may(action, st.account.iam("role"+name), who.facts(st.region), false); err != nil {
			return serviceError(err)
		}
	}
	if r == nil || r.name != in.role {
		return serviceError(absent("The role with name " + in.role + " cannot be found."))
	}
	if owner := st.account.ownerOf(r); owner != nil {
		return failure("%s already exists in stack %s", r.name, owner.id)
	}
	resolved, err := st.resolver(cs.next.template, cs.next.values).resolve(cs.next.template.resources[in.logical].properties)
	if err != nil {
		return err
	}
	properties, _ := resolved.(map[string]any)
	p, err := st.readRole(&resource{logical: in.logical, physical: r.name}, properties)
	if err != nil {
		return err
	}
	if p.spec.name != r.name { // in which words is a guess [I]
		return failure("The RoleName %s of the resource %s in the template is not its identifier %s.", p.spec.name, in.logical, r.name)
	}
	return nil
}

// serviceError is a refusal of IAM's as a change set tells it [C].
func serviceError(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return failure("%s (Service: Iam, Status Code: %d, Request ID: %s)", e.Message, e.Status, newUUID())
	}
	return err
}

// ownerOf finds the stack that has the role as a resource.
func (a *account) ownerOf(r *role) *stack {
	for _, st := range a.stacks {
		for _, has := range st.resources {
			if st.live() && strings.EqualFold(has.physical, r.name) && has.status != "DELETE_COMPLETE" && has.status != "DELETE_SKIPPED" {
				return st
			}
		}
	}
	return nil
}

// execute takes the roles in. They stay as they are, without CloudFormation's tags even: others have seen so, and AWS's
// documents do not say it [I].
func (cs *changeSet) execute(at time.Time) {
	st, who := cs.stack, cs.stack.who
	st.note(at, "IMPORT_IN_PROGRESS", "User Initiated")
	st.forgetDrift()
	st.changeSets = []*changeSet{cs}
	cs.execution = executing
	before := state{st.template, st.values, st.tags, slices.Clone(st.resources)}
	st.template, st.values, st.capabilities = cs.next.template, cs.next.values, cs.capabilities
	var imports, tagging []change
	for _, in := range cs.imports {
		r := &resource{logical: in.logical, physical: in.role}
		imports = append(imports, change{
			resource: r, verb: "IMPORT", begins: "Resource import started.", ends: "Resource import completed.",
			do: func(time.Time) error { return cs.takes(who, in) },
		})
		tagging = append(tagging, change{
			resource: r, verb: "UPDATE", begins: "Apply stack-level tags to imported resource if applicable.",
			do: func(time.Time) error { return st.adopt(r) },
		})
	}
	st.run(at, [][]change{imports, tagging}, func(at time.Time, failed []string) {
		if len(failed) == 0 {
			cs.execution = executed
			st.note(at, "IMPORT_COMPLETE", "")
			return
		}
		cs.execution = unexecuted
		slices.Sort(failed)
		st.note(at, "IMPORT_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to import: "+listed(failed)+". ")
		for _, ch := range imports {
			st.letGo(ch.resource)
		}
		st.template, st.values, st.resources = before.template, before.values, before.resources
		st.note(at, "IMPORT_ROLLBACK_COMPLETE", "")
	})
}

// adopt makes the role one of the stack's.
func (st *stack) adopt(r *resource) error {
	made := st.account.roles[strings.ToLower(r.physical)]
	if made == nil {
		return serviceError(absent("The role with name " + r.physical + " cannot be found."))
	}
	spec := st.template.resources[r.logical]
	resolved, err := st.resolver(st.template, st.values).resolve(spec.properties)
	if err != nil {
		return err
	}
	r.properties, _ = resolved.(map[string]any)
	r.keep(spec)
	made.stack = st
	st.resources = append(st.resources, r)
	return nil
}
