package awspage

import (
	"net/http"
	"slices"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// stackView is a CloudFormation stack as its page shows it.
type stackView struct {
	aws.Stack
	Parameters, Outputs, Tags []pair
	Began                     time.Time // of its first event; zero where there is none
	Resources                 []aws.StackEvent
	Events                    []numbered // newest first
	Document                  []line     // the template
}

// numbered is an event with its place in the stack's course, from 1: a row keeps its place while others come in above.
type numbered struct {
	aws.StackEvent
	N int
}

func (p pages) stackView(account string, st aws.Stack) stackView {
	events := p.aws().StackEvents(account, st.ID)
	v := stackView{
		Stack: st, Parameters: pairs(st.Parameters), Outputs: pairs(st.Outputs), Tags: pairs(st.Tags),
		Resources: resources(st, events), Document: lines(st.Template),
	}
	for i, e := range events {
		v.Events = append(v.Events, numbered{e, len(events) - i})
		v.Began = e.At
	}
	return v
}

// resources is the newest event of each resource, the stack itself left out, by name.
func resources(st aws.Stack, newestFirst []aws.StackEvent) []aws.StackEvent {
	latest := map[string]aws.StackEvent{}
	for _, e := range newestFirst {
		if _, known := latest[e.Resource]; !known && e.Physical != st.ID {
			latest[e.Resource] = e
		}
	}
	var out []aws.StackEvent
	for _, name := range sortedKeys(latest) {
		out = append(out, latest[name])
	}
	return out
}

func (p pages) stacks(w http.ResponseWriter, c chrome) {
	var views []stackView
	for _, st := range slices.Backward(p.aws().Stacks(c.Account.ID)) {
		views = append(views, p.stackView(c.Account.ID, st))
	}
	p.render(w, "stacks", c.window(), struct {
		chrome
		Stacks []stackView
	}{c, views})
}

func (p pages) stack(w http.ResponseWriter, r *http.Request, c chrome) {
	c.Section, c.Region, c.Object = "stacks", r.PathValue("region"), r.PathValue("name")
	c.acts, _ = p.actsOn(c)
	for _, st := range p.aws().Stacks(c.Account.ID) {
		if st.Name != c.Object || st.Region != c.Region {
			continue
		}
		p.render(w, "stack", c.window(), struct {
			chrome
			Stack stackView
		}{c, p.stackView(c.Account.ID, st)})
		return
	}
	p.gone(w, c, "stack "+c.Object+" in "+c.Region)
}

// stackNamed finds a stack by its name; nil where there is none.
func (p pages) stackNamed(account, name string) *aws.Stack {
	for _, st := range p.aws().Stacks(account) {
		if st.Name == name && name != "" {
			return &st
		}
	}
	return nil
}
