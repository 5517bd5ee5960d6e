package aws

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// Change sets: of their kinds, the one that takes roles into a stack that are there already
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources.html).

// changeSet is what would become of a stack.
type changeSet struct {
	id                string // ARN
	name, description string
	stack             *stack
	created           time.Time
	status, reason    string
	execution         string
	next              state
	capabilities      []string
	imports           []imported
	token             string
}

// imported is a role that the stack shall take in as the resource.
type imported struct{ logical, role string }

// What a change set's execution status can be (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html) [D].
const (
	unavailable = "UNAVAILABLE"
	available   = "AVAILABLE"
	executing   = "EXECUTE_IN_PROGRESS"
	executed    = "EXECUTE_COMPLETE"
	unexecuted  = "EXECUTE_FAILED"
	obsolete    = "OBSOLETE"
)

// outdateChangeSets is for a stack that changes otherwise.
func (st *stack) outdateChangeSets() {
	for _, cs := range st.changeSets {
		if cs.execution == available {
			cs.execution = obsolete
		}
	}
}

func createChangeSet(c *call) (any, error) {
	err := c.without(append([]string{
		"ImportExistingResources", "IncludeNestedStacks", "OnStackFailure", "DeploymentMode", "DisableValidation",
	}, unsupported...)...)
	if err != nil {
		return nil, err
	}
	name, err := c.get("ChangeSetName")
	if err != nil {
		return nil, err
	}
	stackID, err := c.get("StackName")
	if err != nil {
		return nil, err
	}
	switch kind := c.form.Get("ChangeSetType"); {
	case !stackName.MatchString(name):
		return nil, badValue("ChangeSetName", name, "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*")
	case !strings.HasPrefix(stackID, "arn:") && !stackName.MatchString(stackID):
		return nil, badValue("StackName", stackID, "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*")
	case kind == "" || kind == "CREATE" || kind == "UPDATE":
		return nil, validation("the sandbox does not do CreateChangeSet but with ChangeSetType IMPORT")
	case kind != "IMPORT":
		return nil, badValue("ChangeSetType", kind, "Member must satisfy enum value set: [CREATE, UPDATE, IMPORT]")
	}
	if err := c.allow("cloudformation:CreateChangeSet", c.stackARN(stackID), nil); err != nil {
		return nil, err
	}
	st := c.stackNamed(stackID)
	switch {
	case st != nil && !st.live(), st == nil && strings.HasPrefix(stackID, "arn:"):
		return nil, validation("Stack [" + stackID + "] does not exist")
	case st != nil && st.status != "REVIEW_IN_PROGRESS" && !slices.Contains(updatable, st.status):
		return nil, validation("Stack:" + st.id + " is in " + st.status + " state and can not be updated.")
	}
	fresh := st == nil
	if fresh {
		st = c.newStack(c.account, c.region, stackID, c.now)
		st.template, st.onFailure = &template{}, "ROLLBACK"
	}
	cs, err := c.readChangeSet(st, name)
	if err != nil {
		return nil, err
	}
	if before := st.changeSet(name); before != nil {
		if err := cs.repeats(before); err != nil {
			return nil, err
		}
		cs = before
	} else {
		if fresh {
			c.account.stacks = append(c.account.stacks, st)
			st.note(c.now, "REVIEW_IN_PROGRESS", "User Initiated")
		}
		st.changeSets = append(st.changeSets, cs)
		who := c.who
		c.at(c.now.Add(c.stackTime/2), func(time.Time) { cs.look(who) })
	}
	return struct {
		ID      string `xml:"Id"`
		StackID string `xml:"StackId"`
	}{cs.id, st.id}, nil
}

// changeSet finds a change set of the stack by its name or ARN.
func (st *stack) changeSet(nameOrID string) *changeSet {
	for _, cs := range st.changeSets {
		if cs.name == nameOrID || cs.id == nameOrID {
			return cs
		}
	}
	return nil
}

// repeats tells whether the same call made the other change set: with the same token, and for the same. The words
// where it did not, but for those about the template [C], are guessed [I].
func (cs *changeSet) repeats(before *changeSet) error {
	exists := func(message string) error { return &Error{400, "AlreadyExistsException", message} }
	switch {
	case cs.token == "" || cs.token != before.token:
		return exists("ChangeSet [" + before.name + "] already exists")
	case cs.next.template.body != before.next.template.body:
		return exists("ChangeSet " + before.name + " cannot be created due to a mismatch with existing attribute Template")
	case !reflect.DeepEqual(cs.next.values, before.next.values):
		return exists("ChangeSet " + before.name + " cannot be created due to a mismatch with existing attribute Parameters")
	case !slices.Equal(cs.imports, before.imports):
		return exists("ChangeSet " + before.name + " cannot be created due to a mismatch with existing attribute ResourcesToImport")
	}
	return nil
}

// readChangeSet reads what the call asks for, and refuses what cannot come to anything.
func (c *call) readChangeSet(st *stack, name string) (*changeSet, error) {
	cs := &changeSet{
		id:   c.account.arn("cloudformation", c.region, "changeSet/"+name+"/"+newUUID()),
		name: name, description: c.form.Get("Description"), stack: st, created: c.now, status: "CREATE_IN_PROGRESS", execution: unavailable,
		next: state{template: st.template, tags: st.tags}, token: c.form.Get("ClientToken"),
	}
	if cs.token != "" && !requestToken.MatchString(cs.token) {
		return nil, badValue("ClientToken", cs.token, "Member must satisfy regular expression pattern: [a-zA-Z0-9][-a-zA-Z0-9]* and have a length of 1 to 128")
	}
	var err error
	switch previous := c.form.Get("UsePreviousTemplate") == "true"; {
	case previous == c.form.Has("TemplateBody"):
		return nil, validation("Either Template URL or Template Body must be specified.")
	case !previous:
		if cs.next.template, err = parseTemplate(c.form.Get("TemplateBody")); err != nil {
			return nil, err
		}
	}
	given, err := c.parameters(st.values)
	if err != nil {
		return nil, err
	}
	if cs.next.values, err = cs.next.template.bind(given); err != nil {
		return nil, err
	}
	tags, err := c.tags()
	if err != nil {
		return nil, err
	}
	if cs.capabilities, err = c.capabilities(cs.next.template); err != nil {
		return nil, err
	}
	if cs.imports, err = c.resourcesToImport(cs.next.template); err != nil {
		return nil, err
	}
	if st.changeSet(name) != nil {
		return cs, nil
	}
	return cs, cs.admit(tags)
}
