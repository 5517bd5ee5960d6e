package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const stackType = "AWS::CloudFormation::Stack"

// stack is a CloudFormation stack in one region.
type stack struct {
	server           *Server
	account          *account
	region, name     string
	id               string // ARN
	status, reason   string
	created, updated time.Time
	deleted          time.Time
	onFailure        string // ROLLBACK, DELETE, DO_NOTHING
	capabilities     []string
	template         *template
	values           map[string]string // of the parameters
	tags             map[string]string
	resources        []*resource
	replaced         []*resource // what the running update has put something else in the place of
	outputs          map[string]string
	events           []event // oldest first
	who              *principal
	token            string // of the operation that runs
	drift            string // of the stack as a whole; empty: not looked for
	driftAt          time.Time
	drifts           []resourceDrift // what was found last of each resource
	detecting        *detection      // nil: nobody looks for drift
	changeSets       []*changeSet    // oldest first
	operation        int             // counts operations; what is due for an earlier one is void
}

type resource struct {
	logical, physical string
	status, reason    string
	at                time.Time
	properties        map[string]any
	deletionPolicy    string
	replacePolicy     string // of what a replacement leaves behind
}

type event struct {
	id, logical, physical, kind, status, reason, token string
	at                                                 time.Time
}

// change is one resource's part of an operation.
type change struct {
	*resource
	verb     string // CREATE, UPDATE, DELETE, IMPORT
	do       func(now time.Time) error
	replaces bool   // an update that makes another role
	begins   string // what its first event says
	ends     string // and its last, where it goes well
}

// What the events of a change say besides its status; the words about replacing are recalled [I].
const (
	creating  = "Resource creation Initiated"
	replacing = "Requested update requires the creation of a new physical resource; hence creating one."
)

// note records a status of the stack itself.
func (st *stack) note(at time.Time, status, reason string) {
	st.status, st.reason = status, reason
	st.events = append(st.events, event{newUUID(), st.name, st.id, stackType, status, reason, st.token, at})
}

// noteResource records a status of a resource.
func (st *stack) noteResource(at time.Time, r *resource, status, reason string) {
	r.status, r.reason, r.at = status, reason, at
	st.events = append(st.events, event{r.logical + "-" + newUUID(), r.logical, r.physical, roleType, status, reason, st.token, at})
}

// begin starts an operation of the caller's and voids what an earlier one still had to do.
func (st *stack) begin(who *principal, token string) {
	st.operation++
	st.who, st.token = who, token
}

// after has do called d after at, unless another operation begins before.
func (st *stack) after(at time.Time, d time.Duration, do func(at time.Time)) {
	mine := st.operation
	st.server.at(at.Add(d), func(at time.Time) {
		if st.operation == mine {
			do(at)
		}
	})
}

// run makes the changes, those of a wave side by side, and calls then; failed has the logical IDs of what failed.
// Half of a resource's time goes by before it exists, and half after. A failure cancels the rest of its wave and the
// waves to come; deletions don't stop at one.
func (st *stack) run(at time.Time, waves [][]change, then func(at time.Time, failed []string)) {
	if len(waves) == 0 {
		then(at, nil)
		return
	}
	wave, half := waves[0], st.server.stackTime/2
	for _, c := range wave {
		st.noteResource(at, c.resource, c.verb+"_IN_PROGRESS", c.begins)
	}
	st.after(at, half, func(at time.Time) {
		var failed []string
		done := map[*resource]bool{}
		for _, c := range wave {
			if len(failed) > 0 && c.verb != "DELETE" {
				break
			}
			if err := c.do(at); err != nil {
				st.noteResource(at, c.resource, c.verb+"_FAILED", err.Error())
				failed, done[c.resource] = append(failed, c.logical), true
			} else if c.verb == "CREATE" || c.replaces {
				st.noteResource(at, c.resource, c.verb+"_IN_PROGRESS", creating)
			}
		}
		if len(failed) > 0 && wave[0].verb != "DELETE" {
			for _, c := range wave {
				if !done[c.resource] {
					st.noteResource(at, c.resource, c.verb+"_FAILED", "Resource "+map[string]string{"CREATE": "creation", "UPDATE": "update", "IMPORT": "import"}[c.verb]+" cancelled")
					failed = append(failed, c.logical)
				}
			}
			then(at, failed)
			return
		}
		st.after(at, st.server.stackTime-half, func(at time.Time) {
			for _, c := range wave {
				if !done[c.resource] {
					st.noteResource(at, c.resource, c.verb+"_COMPLETE", c.ends)
				}
			}
			st.run(at, waves[1:], func(at time.Time, more []string) { then(at, append(failed, more...)) })
		})
	})
}

// resolver works out the template for the stack.
func (st *stack) resolver(t *template, values map[string]string) *resolver {
	return &resolver{template: t, values: values, pseudo: map[string]any{
		"AWS::AccountId": st.account.id, "AWS::NotificationARNs": []any{}, "AWS::NoValue": noValue{}, "AWS::Partition": st.account.partition.name,
		"AWS::Region": st.region, "AWS::StackId": st.id, "AWS::StackName": st.name, "AWS::URLSuffix": st.account.partition.suffix,
	}, attributes: st.attribute}
}

// attribute is what Ref (no attribute) and GetAtt give for a resource. Before the resource exists it is a text that
// no resource has, which shows in a comparison as a change.
func (st *stack) attribute(logical, name string) (string, error) {
	r := st.find(logical)
	if r == nil || r.physical == "" {
		return unknownYet(logical, name), nil
	}
	made := st.account.roles[strings.ToLower(r.physical)]
	switch {
	case name == "":
		return r.physical, nil
	case made == nil:
		return "", fmt.Errorf("resource %s is gone", logical)
	case name == "Arn":
		return made.arn(), nil
	case name == "RoleId":
		return made.id, nil
	}
	return "", functionError("resource %s does not support attribute type %s in Fn::GetAtt", logical, name)
}

func unknownYet(logical, attribute string) string { return "<" + logical + "." + attribute + ">" }

func (st *stack) find(logical string) *resource {
	for _, r := range st.resources {
		if r.logical == logical {
			return r
		}
	}
	return nil
}

// wanted returns the logical IDs whose conditions hold, in waves.
func (st *stack) wanted(t *template, values map[string]string) ([][]string, error) {
	r := st.resolver(t, values)
	var ids []string
	for _, id := range t.order {
		yes := true
		if c := t.resources[id].condition; c != "" {
			var err error
			if yes, err = r.condition(c); err != nil {
				return nil, err
			}
		}
		if yes {
			ids = append(ids, id)
		}
	}
	return t.waves(ids)
}

// workOutOutputs sets the outputs of the template that now holds.
func (st *stack) workOutOutputs() error {
	out, err := st.outputsOf(st.template, st.values)
	if err == nil {
		st.outputs = out
	}
	return err
}

func (st *stack) outputsOf(t *template, values map[string]string) (map[string]string, error) {
	r, out := st.resolver(t, values), map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(t.outputs)) {
		o := t.outputs[name]
		if c, ok := o["Condition"].(string); ok {
			if yes, err := r.condition(c); err != nil || !yes {
				if err != nil {
					return nil, err
				}
				continue
			}
		}
		v, err := r.resolve(o["Value"])
		if err != nil {
			return nil, err
		}
		out[name] = fmt.Sprint(v)
	}
	return out, nil
}

// creation is the change that makes a resource of the template.
func (st *stack) creation(r *resource) change {
	return change{resource: r, verb: "CREATE", do: func(now time.Time) error {
		properties, err := st.resolver(st.template, st.values).resolve(st.template.resources[r.logical].properties)
		if err != nil {
			return err
		}
		r.properties, _ = properties.(map[string]any)
		r.keep(st.template.resources[r.logical])
		return st.makeRole(r, now)
	}}
}

// keep takes over what the template says of the resource's end.
func (r *resource) keep(spec resourceSpec) {
	r.deletionPolicy, r.replacePolicy = spec.deletionPolicy, spec.replacePolicy
}

func (st *stack) deletion(r *resource) change {
	return change{resource: r, verb: "DELETE", do: func(time.Time) error { return st.dropRole(r) }}
}

// create makes everything that the template wants.
func (st *stack) create(at time.Time, waves [][]string) {
	st.note(at, "CREATE_IN_PROGRESS", "User Initiated")
	var changes [][]change
	for _, wave := range waves {
		var list []change
		for _, id := range wave {
			r := &resource{logical: id}
			st.resources = append(st.resources, r)
			list = append(list, st.creation(r))
		}
		changes = append(changes, list)
	}
	st.run(at, changes, func(at time.Time, failed []string) {
		if len(failed) == 0 {
			if err := st.workOutOutputs(); err != nil {
				st.rollBack(at, err.Error()+". ")
				return
			}
			st.note(at, "CREATE_COMPLETE", "")
			return
		}
		slices.Sort(failed)
		st.rollBack(at, "The following resource(s) failed to create: ["+strings.Join(failed, ", ")+"]. ")
	})
}

// rollBack ends a creation that failed as the caller asked for.
func (st *stack) rollBack(at time.Time, reason string) {
	switch st.onFailure {
	case "DO_NOTHING":
		st.note(at, "CREATE_FAILED", strings.TrimSpace(reason))
	case "DELETE":
		st.remove(at, reason+"Delete requested by user.")
	default:
		st.note(at, "ROLLBACK_IN_PROGRESS", reason+"Rollback requested by user.")
		st.run(at, st.deletions(at, st.resources, true), func(at time.Time, failed []string) {
			if len(failed) > 0 {
				st.note(at, "ROLLBACK_FAILED", "The following resource(s) failed to delete: ["+strings.Join(failed, ", ")+"]. ")
				return
			}
			st.note(at, "ROLLBACK_COMPLETE", "")
		})
	}
}

// deletions takes away what exists of the resources, the last made first, but for what is to be retained; undo is true
// where the operation that made them is taken back
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html) [D].
func (st *stack) deletions(at time.Time, of []*resource, undo bool) [][]change {
	var list []change
	for _, r := range slices.Backward(of) {
		switch {
		case r.physical == "" || r.status == "DELETE_COMPLETE":
		case r.deletionPolicy == "Retain", r.deletionPolicy == "RetainExceptOnCreate" && !undo:
			st.letGo(r)
			st.noteResource(at, r, "DELETE_SKIPPED", "")
		default:
			list = append(list, st.deletion(r))
		}
	}
	if list == nil {
		return nil
	}
	return [][]change{list}
}

// remove deletes the stack.
func (st *stack) remove(at time.Time, reason string) {
	st.note(at, "DELETE_IN_PROGRESS", reason)
	st.run(at, st.deletions(at, st.resources, false), func(at time.Time, failed []string) {
		if len(failed) > 0 {
			st.note(at, "DELETE_FAILED", "The following resource(s) failed to delete: ["+strings.Join(failed, ", ")+"]. ")
			return
		}
		st.note(at, "DELETE_COMPLETE", "")
		st.deleted, st.changeSets = at, nil
	})
}
