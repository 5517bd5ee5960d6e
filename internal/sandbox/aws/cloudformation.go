package aws

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// stackOperations is what CloudFormation does here
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html).
var stackOperations = map[string]operation{
	"CreateStack":            createStack,
	"UpdateStack":            updateStack,
	"DeleteStack":            deleteStack,
	"DescribeStacks":         describeStacks,
	"DescribeStackEvents":    describeStackEvents,
	"DescribeStackResources": describeStackResources,
	"ListStackResources":     listStackResources,
	"GetTemplate":            getTemplate,
	"ValidateTemplate":       validateTemplate,

	"CreateChangeSet":   createChangeSet,
	"DescribeChangeSet": describeChangeSet,
	"ExecuteChangeSet":  executeChangeSet,
	"DeleteChangeSet":   deleteChangeSet,

	"DetectStackDrift":                  detectStackDrift,
	"DescribeStackDriftDetectionStatus": describeStackDriftDetectionStatus,
	"DescribeStackResourceDrifts":       describeStackResourceDrifts,
}

// token is what a client request token was used for.
type token struct {
	verb  string
	stack *stack
}

// stackID is the answer of whatever begins an operation.
type stackID struct {
	ID string `xml:"StackId"`
}

var (
	stackName    = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`)
	requestToken = regexp.MustCompile(`^[a-zA-Z0-9][-a-zA-Z0-9]{0,127}$`)
)

func (st *stack) live() bool { return st.status != "DELETE_COMPLETE" }

// stackNamed finds a stack of the caller's account and region by name, where it isn't deleted, or by ID.
func (c *call) stackNamed(nameOrID string) *stack {
	for _, st := range slices.Backward(c.account.stacks) {
		if st.region == c.region && (st.id == nameOrID || st.name == nameOrID && st.live()) {
			return st
		}
	}
	return nil
}

func (c *call) stackARN(name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	if st := c.stackNamed(name); st != nil {
		return st.id
	}
	return c.account.arn("cloudformation", c.region, "stack/"+name+"/*")
}

// stack finds the stack that StackName names, if the caller may do the action with it.
func (c *call) stack(action, missing string) (*stack, error) {
	name, err := c.get("StackName")
	if err != nil {
		return nil, err
	}
	if err := c.allow(action, c.stackARN(name), nil); err != nil {
		return nil, err
	}
	st := c.stackNamed(name)
	if st == nil {
		return nil, validation(strings.ReplaceAll(missing, "NAME", name))
	}
	return st, nil
}

// The two ways in which CloudFormation says that there is no such stack.
const (
	missingByID   = "Stack with id NAME does not exist"
	missingByName = "Stack [NAME] does not exist"
)

// claim looks at the client request token: done is true where the very operation was begun with it before.
func (c *call) claim(verb string, of *stack) (name string, done *stack, err error) {
	name = c.form.Get("ClientRequestToken")
	if name == "" {
		return "", nil, nil
	}
	if !requestToken.MatchString(name) {
		return "", nil, badValue("ClientRequestToken", name, "Member must satisfy regular expression pattern: [a-zA-Z0-9][-a-zA-Z0-9]* and have a length of 1 to 128")
	}
	before, used := c.account.tokens[c.region+"/"+name]
	switch {
	case !used:
		return name, nil, nil
	case before.verb == verb && (before.stack == of || of == nil && before.stack.name == c.form.Get("StackName")):
		return name, before.stack, nil
	}
	return "", nil, &Error{400, "TokenAlreadyExistsException", "A client request token was already used for another operation: " + name}
}

func (c *call) spend(name, verb string, st *stack) {
	if name != "" {
		c.account.tokens[c.region+"/"+name] = token{verb, st}
	}
}

// unsupported are parameters of CreateStack and UpdateStack that nothing here does.
var unsupported = []string{
	"TemplateURL", "RoleARN", "ResourceTypes", "RollbackConfiguration", "StackPolicyBody", "StackPolicyURL", "StackPolicyDuringUpdateBody",
	"StackPolicyDuringUpdateURL", "NotificationARNs", "EnableTerminationProtection", "RetainExceptOnCreate", "DeploymentConfig",
}

// parameters reads the parameter Parameters.
func (c *call) parameters(previous map[string]string) (map[string]string, error) {
	out := map[string]string{}
	for _, m := range c.members("Parameters") {
		key := c.form.Get(m + ".ParameterKey")
		_, twice := out[key]
		switch {
		case twice:
			return nil, validation("Duplicate parameter key: " + key)
		case c.form.Get(m+".UsePreviousValue") != "true":
			out[key] = c.form.Get(m + ".ParameterValue")
		case previous == nil:
			return nil, validation("Invalid input for parameter key " + key + ". Cannot specify usePreviousValue as true for a parameter key not in the previous template")
		default:
			out[key] = previous[key]
		}
	}
	return out, nil
}

// capabilities refuses a template that makes roles unless the caller acknowledges it.
func (c *call) capabilities(t *template) ([]string, error) {
	var given []string
	for _, m := range c.members("Capabilities") {
		given = append(given, c.form.Get(m))
	}
	need := t.needs()
	if slices.Contains(given, "CAPABILITY_NAMED_IAM") || need == "CAPABILITY_IAM" && slices.Contains(given, need) {
		return given, nil
	}
	return nil, &Error{400, "InsufficientCapabilitiesException", "Requires capabilities : [" + need + "]"}
}

// needs is the capability for the template's roles, which may have names of their own.
func (t *template) needs() string {
	for _, r := range t.resources {
		if r.properties["RoleName"] != nil {
			return "CAPABILITY_NAMED_IAM"
		}
	}
	return "CAPABILITY_IAM"
}

func createStack(c *call) (any, error) {
	if err := c.without(unsupported...); err != nil {
		return nil, err
	}
	name, err := c.get("StackName")
	if err != nil {
		return nil, err
	}
	if !stackName.MatchString(name) {
		return nil, badValue("StackName", name, "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*")
	}
	body, err := c.get("TemplateBody")
	if err != nil {
		return nil, err
	}
	tags, err := c.tags()
	if err != nil {
		return nil, err
	}
	if err := c.allow("cloudformation:CreateStack", c.stackARN(name), nil); err != nil {
		return nil, err
	}
	token, done, err := c.claim("create", nil)
	if err != nil {
		return nil, err
	}
	if done != nil {
		return stackID{done.id}, nil
	}
	if c.stackNamed(name) != nil {
		return nil, &Error{400, "AlreadyExistsException", "Stack [" + name + "] already exists"}
	}
	st := c.newStack(c.account, c.region, name, c.now)
	st.tags = tags
	if st.onFailure, err = c.onFailure(); err != nil {
		return nil, err
	}
	if st.template, err = parseTemplate(body); err != nil {
		return nil, err
	}
	given, err := c.parameters(nil)
	if err != nil {
		return nil, err
	}
	if st.values, err = st.template.bind(given); err != nil {
		return nil, err
	}
	if st.capabilities, err = c.capabilities(st.template); err != nil {
		return nil, err
	}
	waves, err := st.wanted(st.template, st.values)
	if err != nil {
		return nil, err
	}
	if err := st.dryRun(); err != nil {
		return nil, err
	}
	c.account.stacks = append(c.account.stacks, st)
	c.spend(token, "create", st)
	st.begin(c.who, token)
	st.create(c.now, waves)
	return stackID{st.id}, nil
}

func (s *Server) newStack(a *account, region, name string, at time.Time) *stack {
	return &stack{
		server: s, account: a, region: region, name: name, created: at,
		id: a.arn("cloudformation", region, "stack/"+name+"/"+newUUID()),
	}
}

// dryRun works out all properties and outputs, so that a wrong function is an error of the call.
func (st *stack) dryRun() error {
	r := st.resolver(st.template, st.values)
	for _, id := range st.template.order {
		if _, err := r.resolve(st.template.resources[id].properties); err != nil {
			return err
		}
	}
	_, err := st.outputsOf(st.template, st.values)
	return err
}

func (c *call) onFailure() (string, error) {
	v, disable := c.form.Get("OnFailure"), c.form.Get("DisableRollback")
	switch {
	case v != "" && disable != "":
		return "", validation("You can specify either OnFailure or DisableRollback, but not both.")
	case disable == "true":
		return "DO_NOTHING", nil
	case v == "":
		return "ROLLBACK", nil
	case v == "ROLLBACK" || v == "DELETE" || v == "DO_NOTHING":
		return v, nil
	}
	return "", badValue("OnFailure", v, "Member must satisfy enum value set: [DO_NOTHING, ROLLBACK, DELETE]")
}

// updatable are the states from which a stack can be updated.
var updatable = []string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}

func updateStack(c *call) (any, error) {
	if err := c.without(append([]string{"DisableRollback"}, unsupported...)...); err != nil {
		return nil, err
	}
	st, err := c.stack("cloudformation:UpdateStack", missingByName)
	if err != nil {
		return nil, err
	}
	token, done, err := c.claim("update", st)
	if err != nil {
		return nil, err
	}
	if done != nil {
		return stackID{st.id}, nil
	}
	if !st.live() {
		return nil, validation("Stack [" + st.id + "] does not exist")
	}
	if !slices.Contains(updatable, st.status) {
		return nil, validation("Stack:" + st.id + " is in " + st.status + " state and can not be updated.")
	}
	next := state{template: st.template, tags: st.tags}
	switch previous := c.form.Get("UsePreviousTemplate") == "true"; {
	case previous == c.form.Has("TemplateBody"):
		return nil, validation("Either Template URL or Template Body must be specified.")
	case !previous:
		if next.template, err = parseTemplate(c.form.Get("TemplateBody")); err != nil {
			return nil, err
		}
	}
	given, err := c.parameters(st.values)
	if err != nil {
		return nil, err
	}
	if next.values, err = next.template.bind(given); err != nil {
		return nil, err
	}
	if len(c.members("Tags")) > 0 {
		if next.tags, err = c.tags(); err != nil {
			return nil, err
		}
	}
	capabilities, err := c.capabilities(next.template)
	if err != nil {
		return nil, err
	}
	waves, gone, changed, err := st.plan(next)
	if err != nil {
		return nil, err
	}
	if !changed {
		return nil, validation("No updates are to be performed.")
	}
	st.capabilities = capabilities
	c.spend(token, "update", st)
	st.begin(c.who, token)
	st.update(c.now, next, waves, gone)
	return stackID{st.id}, nil
}

// deleteStack of a stack that isn't there, or that is going already, is no error.
func deleteStack(c *call) (any, error) {
	if err := c.without("RetainResources", "RoleARN", "DeletionMode"); err != nil {
		return nil, err
	}
	name, err := c.get("StackName")
	if err != nil {
		return nil, err
	}
	if err := c.allow("cloudformation:DeleteStack", c.stackARN(name), nil); err != nil {
		return nil, err
	}
	st := c.stackNamed(name)
	if st == nil || !st.live() {
		return nil, nil
	}
	token, done, err := c.claim("delete", st)
	switch {
	case err != nil:
		return nil, err
	case done != nil || st.status == "DELETE_IN_PROGRESS":
		return nil, nil
	case strings.HasSuffix(st.status, "_IN_PROGRESS") && st.status != "CREATE_IN_PROGRESS" && st.status != "REVIEW_IN_PROGRESS":
		return nil, validation("Stack [" + st.name + "] cannot be deleted while in status " + st.status)
	}
	c.spend(token, "delete", st)
	st.begin(c.who, token)
	st.remove(c.now, "User Initiated")
	return nil, nil
}

func validateTemplate(c *call) (any, error) {
	if err := c.without("TemplateURL"); err != nil {
		return nil, err
	}
	body, err := c.get("TemplateBody")
	if err != nil {
		return nil, err
	}
	if err := c.allow("cloudformation:ValidateTemplate", "*", nil); err != nil {
		return nil, err
	}
	t, err := parseTemplate(body)
	if err != nil {
		return nil, err
	}
	type declared struct {
		ParameterKey string
		DefaultValue *string `xml:",omitempty"`
		NoEcho       bool
		Description  string `xml:",omitempty"`
	}
	out := struct {
		Parameters         []declared `xml:"Parameters>member"`
		Description        string     `xml:",omitempty"`
		Capabilities       []string   `xml:"Capabilities>member"`
		CapabilitiesReason string
	}{Description: t.description, Capabilities: []string{t.needs()}, CapabilitiesReason: "The following resource(s) require capabilities: [" + roleType + "]"}
	for _, name := range slices.Sorted(maps.Keys(t.parameters)) {
		p := t.parameters[name]
		out.Parameters = append(out.Parameters, declared{name, p.Default, p.NoEcho, p.Description})
	}
	return out, nil
}

// millis writes times as CloudFormation does.
func millis(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
