package aws

import (
	"maps"
	"slices"
)

// What CloudFormation tells about stacks.

type stackParameter struct{ ParameterKey, ParameterValue string }

type stackOutput struct {
	OutputKey, OutputValue string
	Description            string `xml:",omitempty"`
}

type stackEntry struct {
	StackID                     string `xml:"StackId"`
	StackName, StackStatus      string
	StackStatusReason           string           `xml:",omitempty"`
	Description                 string           `xml:",omitempty"`
	Parameters                  []stackParameter `xml:"Parameters>member"`
	CreationTime                string
	LastUpdatedTime             string `xml:",omitempty"`
	DeletionTime                string `xml:",omitempty"`
	DisableRollback             bool
	Capabilities                []string      `xml:"Capabilities>member"`
	Outputs                     []stackOutput `xml:"Outputs>member"`
	Tags                        []tag         `xml:"Tags>member"`
	EnableTerminationProtection bool
	DriftInformation            stackDrift
}

type stackDrift struct {
	StackDriftStatus   string
	LastCheckTimestamp string `xml:",omitempty"`
}

type resourceDriftSummary struct {
	StackResourceDriftStatus string
	LastCheckTimestamp       string `xml:",omitempty"`
}

// driftOf is what a listing says of a resource.
func (st *stack) driftOf(r *resource) resourceDriftSummary {
	for _, d := range st.drifts {
		if d.LogicalResourceID == r.logical {
			return resourceDriftSummary{d.StackResourceDriftStatus, d.Timestamp}
		}
	}
	return resourceDriftSummary{StackResourceDriftStatus: "NOT_CHECKED"}
}

func (st *stack) entry() stackEntry {
	e := stackEntry{
		StackID: st.id, StackName: st.name, StackStatus: st.status, StackStatusReason: st.reason, Description: st.template.description,
		CreationTime: millis(st.created), LastUpdatedTime: millis(st.updated), DeletionTime: millis(st.deleted),
		DisableRollback: st.onFailure == "DO_NOTHING", Capabilities: st.capabilities, Tags: tagList(st.tags),
		DriftInformation: stackDrift{st.driftStatus(), millis(st.driftAt)},
	}
	e.Parameters = shown(st.template, st.values)
	for _, name := range slices.Sorted(maps.Keys(st.outputs)) {
		description, _ := st.template.outputs[name]["Description"].(string)
		e.Outputs = append(e.Outputs, stackOutput{name, st.outputs[name], description})
	}
	return e
}

// describeStacks without a name tells of all that aren't deleted.
func describeStacks(c *call) (any, error) {
	var found []*stack
	if c.form.Get("StackName") != "" {
		st, err := c.stack("cloudformation:DescribeStacks", missingByID)
		if err != nil {
			return nil, err
		}
		found = []*stack{st}
	} else {
		if err := c.allow("cloudformation:DescribeStacks", "*", nil); err != nil {
			return nil, err
		}
		for _, st := range slices.Backward(c.account.stacks) {
			if st.region == c.region && st.live() {
				found = append(found, st)
			}
		}
	}
	part, next, err := page(found, c.form.Get("NextToken"), pageSize)
	if err != nil {
		return nil, err
	}
	out := struct {
		Stacks    []stackEntry `xml:"Stacks>member"`
		NextToken string       `xml:",omitempty"`
	}{NextToken: next}
	for _, st := range part {
		out.Stacks = append(out.Stacks, st.entry())
	}
	return out, nil
}

// describeStackEvents answers with the newest first.
func describeStackEvents(c *call) (any, error) {
	st, err := c.stack("cloudformation:DescribeStackEvents", missingByName)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(st.events)
	slices.Reverse(all)
	part, next, err := page(all, c.form.Get("NextToken"), pageSize)
	if err != nil {
		return nil, err
	}
	type entry struct {
		StackID                                 string `xml:"StackId"`
		StackName                               string
		EventID                                 string `xml:"EventId"`
		LogicalResourceID                       string `xml:"LogicalResourceId"`
		PhysicalResourceID                      string `xml:"PhysicalResourceId"`
		ResourceType, Timestamp, ResourceStatus string
		ResourceStatusReason                    string `xml:",omitempty"`
		ClientRequestToken                      string `xml:",omitempty"`
	}
	out := struct {
		StackEvents []entry `xml:"StackEvents>member"`
		NextToken   string  `xml:",omitempty"`
	}{NextToken: next}
	for _, e := range part {
		out.StackEvents = append(out.StackEvents, entry{
			st.id, st.name, e.id, e.logical, e.physical, e.kind, millis(e.at), e.status, e.reason, e.token,
		})
	}
	return out, nil
}

func describeStackResources(c *call) (any, error) {
	if err := c.without("PhysicalResourceId"); err != nil {
		return nil, err
	}
	st, err := c.stack("cloudformation:DescribeStackResources", missingByID)
	if err != nil {
		return nil, err
	}
	type entry struct {
		StackName                               string
		StackID                                 string `xml:"StackId"`
		LogicalResourceID                       string `xml:"LogicalResourceId"`
		PhysicalResourceID                      string `xml:"PhysicalResourceId,omitempty"`
		ResourceType, Timestamp, ResourceStatus string
		ResourceStatusReason                    string `xml:",omitempty"`
		DriftInformation                        resourceDriftSummary
	}
	var out struct {
		StackResources []entry `xml:"StackResources>member"`
	}
	only := c.form.Get("LogicalResourceId")
	for _, r := range st.resources {
		if only == "" || r.logical == only {
			out.StackResources = append(out.StackResources, entry{st.name, st.id, r.logical, r.physical, roleType, millis(r.at), r.status, r.reason, st.driftOf(r)})
		}
	}
	if only != "" && out.StackResources == nil {
		return nil, validation("Resource " + only + " does not exist for stack " + st.name)
	}
	return out, nil
}

func listStackResources(c *call) (any, error) {
	st, err := c.stack("cloudformation:ListStackResources", missingByID)
	if err != nil {
		return nil, err
	}
	part, next, err := page(st.resources, c.form.Get("NextToken"), pageSize)
	if err != nil {
		return nil, err
	}
	type entry struct {
		LogicalResourceID                                  string `xml:"LogicalResourceId"`
		PhysicalResourceID                                 string `xml:"PhysicalResourceId,omitempty"`
		ResourceType, LastUpdatedTimestamp, ResourceStatus string
		ResourceStatusReason                               string `xml:",omitempty"`
		DriftInformation                                   resourceDriftSummary
	}
	out := struct {
		List      []entry `xml:"StackResourceSummaries>member"`
		NextToken string  `xml:",omitempty"`
	}{NextToken: next}
	for _, r := range part {
		out.List = append(out.List, entry{r.logical, r.physical, roleType, millis(r.at), r.status, r.reason, st.driftOf(r)})
	}
	return out, nil
}

func getTemplate(c *call) (any, error) {
	if err := c.without("ChangeSetName"); err != nil {
		return nil, err
	}
	st, err := c.stack("cloudformation:GetTemplate", missingByID)
	if err != nil {
		return nil, err
	}
	return struct {
		TemplateBody    string
		StagesAvailable []string `xml:"StagesAvailable>member"`
	}{st.template.body, []string{"Original", "Processed"}}, nil
}
