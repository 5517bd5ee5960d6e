package aws

import (
	"maps"
	"slices"
	"strings"
)

// changeSet finds the change set that ChangeSetName names, of the stack StackName, or by its ARN alone. It is nil where
// the stack has none such.
func (c *call) changeSet(action string) (*stack, *changeSet, error) {
	name, err := c.get("ChangeSetName")
	if err != nil {
		return nil, nil, err
	}
	if strings.HasPrefix(name, "arn:") && !c.form.Has("StackName") {
		for _, st := range c.account.stacks {
			if cs := st.changeSet(name); cs != nil && st.region == c.region {
				return st, cs, c.allow(action, st.id, nil)
			}
		}
		return nil, nil, c.allow(action, c.stackARN("*"), nil)
	}
	if !c.form.Has("StackName") {
		return nil, nil, validation("StackName must be specified if ChangeSetName is not specified as an ARN.")
	}
	st, err := c.stack(action, missingByName)
	if err != nil {
		return nil, nil, err
	}
	return st, st.changeSet(name), nil
}

func noChangeSet(name string) error {
	return &Error{404, "ChangeSetNotFound", "ChangeSet [" + name + "] does not exist"}
}

type importChange struct {
	Action             string
	LogicalResourceID  string `xml:"LogicalResourceId"`
	PhysicalResourceID string `xml:"PhysicalResourceId"`
	ResourceType       string
	Scope              []string   `xml:"Scope>member"`
	Details            []struct{} `xml:"Details>member"`
}

type changeEntry struct {
	Type           string
	ResourceChange importChange
}

func describeChangeSet(c *call) (any, error) {
	if err := c.without("IncludePropertyValues"); err != nil {
		return nil, err
	}
	_, cs, err := c.changeSet("cloudformation:DescribeChangeSet")
	if err != nil {
		return nil, err
	}
	if cs == nil {
		return nil, noChangeSet(c.form.Get("ChangeSetName"))
	}
	var changes []changeEntry
	if cs.status == "CREATE_COMPLETE" {
		for _, in := range cs.imports {
			changes = append(changes, changeEntry{"Resource", importChange{
				Action: "Import", LogicalResourceID: in.logical, PhysicalResourceID: in.role, ResourceType: roleType,
			}})
		}
	}
	part, next, err := page(changes, c.form.Get("NextToken"), pageSize)
	if err != nil {
		return nil, err
	}
	out := struct {
		ChangeSetID         string `xml:"ChangeSetId"`
		ChangeSetName       string
		Description         string `xml:",omitempty"`
		StackID             string `xml:"StackId"`
		StackName           string
		Status              string
		StatusReason        string `xml:",omitempty"`
		ExecutionStatus     string
		CreationTime        string
		Capabilities        []string         `xml:"Capabilities>member"`
		Parameters          []stackParameter `xml:"Parameters>member"`
		Tags                []tag            `xml:"Tags>member"`
		Changes             []changeEntry    `xml:"Changes>member"`
		IncludeNestedStacks bool
		NextToken           string `xml:",omitempty"`
	}{
		ChangeSetID: cs.id, ChangeSetName: cs.name, Description: cs.description, StackID: cs.stack.id, StackName: cs.stack.name,
		Status: cs.status, StatusReason: cs.reason, ExecutionStatus: cs.execution, CreationTime: millis(cs.created),
		Capabilities: cs.capabilities, Parameters: shown(cs.next.template, cs.next.values), Tags: tagList(cs.next.tags),
		Changes: part, NextToken: next,
	}
	return out, nil
}

// shown are parameters as answers show them.
func shown(t *template, values map[string]string) (out []stackParameter) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		if t.parameters[name].NoEcho {
			value = "****"
		}
		out = append(out, stackParameter{name, value})
	}
	return out
}

// executeChangeSet takes away all other change sets of the stack [D].
func executeChangeSet(c *call) (any, error) {
	if err := c.without("DisableRollback", "RetainExceptOnCreate"); err != nil {
		return nil, err
	}
	st, cs, err := c.changeSet("cloudformation:ExecuteChangeSet")
	if err != nil {
		return nil, err
	}
	if cs == nil {
		return nil, noChangeSet(c.form.Get("ChangeSetName"))
	}
	token, done, err := c.claim("execute "+cs.id, st)
	switch {
	case err != nil:
		return nil, err
	case done != nil:
		return struct{}{}, nil
	case cs.status != "CREATE_COMPLETE":
		return nil, &Error{400, "InvalidChangeSetStatus", "ChangeSet [" + cs.id + "] cannot be executed in its current status of [" + cs.status + "]"}
	case cs.execution != available:
		return nil, &Error{400, "InvalidChangeSetStatus", "ChangeSet [" + cs.id + "] cannot be executed in its current execution status of [" + cs.execution + "]"}
	case st.status != "REVIEW_IN_PROGRESS" && !slices.Contains(updatable, st.status):
		return nil, validation("Stack:" + st.id + " is in " + st.status + " state and can not be updated.")
	}
	c.spend(token, "execute "+cs.id, st)
	st.begin(c.who, token)
	cs.execute(c.now)
	return struct{}{}, nil
}

// deleteChangeSet leaves a stack under review as it is. One that is not there is no error, since none is documented [I].
func deleteChangeSet(c *call) (any, error) {
	st, cs, err := c.changeSet("cloudformation:DeleteChangeSet")
	if err != nil {
		return nil, err
	}
	switch {
	case cs == nil:
		return struct{}{}, nil
	case cs.status == "CREATE_IN_PROGRESS":
		return nil, &Error{400, "InvalidChangeSetStatus", "ChangeSet [" + cs.id + "] cannot be deleted in its current status of [" + cs.status + "]"}
	case cs.execution == executing:
		return nil, &Error{400, "InvalidChangeSetStatus", "ChangeSet [" + cs.id + "] cannot be deleted in its current execution status of [" + cs.execution + "]"}
	}
	st.changeSets = slices.DeleteFunc(st.changeSets, func(other *changeSet) bool { return other == cs })
	return struct{}{}, nil
}
