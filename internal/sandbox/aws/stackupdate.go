package aws

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// state is what a failed update goes back to.
type state struct {
	template  *template
	values    map[string]string
	tags      map[string]string
	resources []*resource
}

// plan says what an update would do: the changes in waves, and the resources that would go. It is empty where nothing
// would change.
func (st *stack) plan(next state) (waves [][]change, gone []*resource, changed bool, err error) {
	ids, err := st.wanted(next.template, next.values)
	if err != nil {
		return nil, nil, false, err
	}
	r := st.resolver(next.template, next.values)
	replaced := map[string]bool{}
	r.attributes = func(logical, name string) (string, error) {
		if replaced[logical] { // what refers to it changes with it
			return unknownYet(logical, name), nil
		}
		return st.attribute(logical, name)
	}
	kept := map[string]bool{}
	retagged := !maps.Equal(st.tags, next.tags)
	for _, wave := range ids {
		var list []change
		for _, id := range wave {
			kept[id] = true
			old := st.find(id)
			if old == nil || old.physical == "" {
				list = append(list, st.creation(&resource{logical: id}))
				continue
			}
			spec := next.template.resources[id]
			resolved, err := r.resolve(spec.properties)
			if err != nil {
				return nil, nil, false, err
			}
			properties, _ := resolved.(map[string]any)
			if reflect.DeepEqual(properties, old.properties) && !retagged && !old.endsOtherwise(spec) {
				continue
			}
			replaced[id] = old.needsAnother(properties)
			list = append(list, st.alteration(old, spec, replaced[id]))
		}
		if list != nil {
			waves = append(waves, list)
		}
	}
	for _, old := range st.resources {
		if !kept[old.logical] && old.physical != "" {
			gone = append(gone, old)
		}
	}
	outputs, err := st.outputsOf(next.template, next.values)
	if err != nil {
		return nil, nil, false, err
	}
	return waves, gone, waves != nil || gone != nil || retagged || !maps.Equal(outputs, st.outputs), nil
}

// endsOtherwise reports whether the template now says something else of the resource's end.
func (r *resource) endsOtherwise(spec resourceSpec) bool {
	return cmp.Or(spec.deletionPolicy, "Delete") != cmp.Or(r.deletionPolicy, "Delete") ||
		cmp.Or(spec.replacePolicy, "Delete") != cmp.Or(r.replacePolicy, "Delete")
}

// alteration is the change that brings a resource to what the template says of it now.
func (st *stack) alteration(old *resource, spec resourceSpec, replaces bool) change {
	begins := ""
	if replaces {
		begins = replacing
	}
	return change{resource: old, verb: "UPDATE", replaces: replaces, begins: begins, do: func(now time.Time) error {
		resolved, err := st.resolver(st.template, st.values).resolve(spec.properties)
		if err != nil {
			return err
		}
		properties, _ := resolved.(map[string]any)
		if replaces {
			err = st.replaceRole(old, properties, now)
		} else {
			err = st.changeRole(old, properties, now)
		}
		if err != nil {
			return err
		}
		old.properties = properties
		old.keep(spec)
		return nil
	}}
}

// update makes the planned changes, and takes them back when one fails.
func (st *stack) update(at time.Time, next state, waves [][]change, gone []*resource) {
	st.note(at, "UPDATE_IN_PROGRESS", "User Initiated")
	st.updated, st.replaced = at, nil
	st.forgetDrift()
	st.outdateChangeSets()
	before := state{st.template, st.values, st.tags, slices.Clone(st.resources)}
	old := map[*resource]resource{}
	for _, r := range st.resources {
		old[r] = *r
	}
	st.template, st.values, st.tags = next.template, next.values, next.tags
	for _, wave := range waves {
		for _, c := range wave {
			if c.verb == "CREATE" {
				st.resources = append(st.resources, c.resource)
			}
		}
	}
	st.run(at, waves, func(at time.Time, failed []string) {
		if len(failed) == 0 {
			if err := st.workOutOutputs(); err == nil {
				st.cleanUp(at, "UPDATE_COMPLETE", append(gone, st.replaced...), false)
				return
			}
		}
		slices.Sort(failed)
		st.note(at, "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: ["+strings.Join(failed, ", ")+"]. ")
		var back []change
		made := slices.DeleteFunc(slices.Clone(st.resources), func(r *resource) bool { return slices.Contains(before.resources, r) })
		for _, wave := range waves {
			for _, c := range wave {
				was, there := old[c.resource]
				if !there {
					continue
				}
				if c.physical != was.physical { // the role that came in its place goes, and the first one is still there
					another := *c.resource
					made = append(made, &another)
				}
				c.physical, c.properties, c.deletionPolicy, c.replacePolicy = was.physical, was.properties, was.deletionPolicy, was.replacePolicy
				back = append(back, change{resource: c.resource, verb: "UPDATE", do: func(now time.Time) error {
					return st.changeRole(c.resource, c.properties, now)
				}})
			}
		}
		st.template, st.values, st.tags = before.template, before.values, before.tags
		var undo [][]change
		if back != nil {
			undo = [][]change{back}
		}
		st.run(at, undo, func(at time.Time, failed []string) {
			if len(failed) > 0 {
				st.note(at, "UPDATE_ROLLBACK_FAILED", "The following resource(s) failed to update: ["+strings.Join(failed, ", ")+"]. ")
				return
			}
			st.cleanUp(at, "UPDATE_ROLLBACK_COMPLETE", made, true)
		})
	})
}

// cleanUp ends an update: what is not in the template any more goes, and doesn't fail the stack.
func (st *stack) cleanUp(at time.Time, status string, gone []*resource, undo bool) {
	st.note(at, status+"_CLEANUP_IN_PROGRESS", "")
	st.run(at, st.deletions(at, gone, undo), func(at time.Time, _ []string) {
		st.resources = slices.DeleteFunc(st.resources, func(r *resource) bool { return slices.Contains(gone, r) })
		st.note(at, status, "")
	})
}
