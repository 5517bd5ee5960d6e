package aws

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The statuses of a resource.
const (
	driftNone     = "IN_SYNC"
	driftModified = "MODIFIED"
	driftDeleted  = "DELETED"
	driftUnknown  = "UNKNOWN"
)

// resourceDrift is what was found of one resource
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackResourceDrift.html) [D].
type resourceDrift struct {
	StackID                  string `xml:"StackId"`
	LogicalResourceID        string `xml:"LogicalResourceId"`
	PhysicalResourceID       string `xml:"PhysicalResourceId"`
	ResourceType             string
	ExpectedProperties       string       `xml:",omitempty"` // JSON
	ActualProperties         string       `xml:",omitempty"`
	PropertyDifferences      []difference `xml:"PropertyDifferences>member"`
	StackResourceDriftStatus string
	DriftStatusReason        string `xml:",omitempty"`
	Timestamp                string
}

// difference is one value that is not what the template says: NOT_EQUAL, or one of a list too many (ADD) or too few
// (REMOVE).
type difference struct{ PropertyPath, ExpectedValue, ActualValue, DifferenceType string }

// roleReads are the permissions that reading a role takes, of the caller [C]; which they are is recalled [I].
var roleReads = []string{"iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:GetRolePolicy"}

// compare looks at a resource's role. Of its properties those alone count that the template has [D].
func (st *stack) compare(who *principal, r *resource, at time.Time) resourceDrift {
	out := resourceDrift{
		StackID: st.id, LogicalResourceID: r.logical, PhysicalResourceID: r.physical, ResourceType: roleType,
		StackResourceDriftStatus: driftNone, Timestamp: millis(at),
	}
	made := st.account.roles[strings.ToLower(r.physical)]
	name := "/" + r.physical
	if made != nil {
		name = made.path + made.name
	}
	for _, action := range roleReads {
		if err := who.may(action, st.account.iam("role"+name), who.facts(st.region), false); err != nil {
			out.StackResourceDriftStatus, out.DriftStatusReason = driftUnknown, err.Error()
			return out
		}
	}
	if made == nil {
		out.StackResourceDriftStatus = driftDeleted
		return out
	}
	expected, err := st.expected(r)
	if err != nil {
		out.StackResourceDriftStatus, out.DriftStatusReason = driftUnknown, err.Error()
		return out
	}
	actual := made.actual(st, expected)
	out.ExpectedProperties, out.ActualProperties = asJSON(expected), asJSON(actual)
	for _, property := range sortedKeys(expected) {
		out.PropertyDifferences = append(out.PropertyDifferences, differences("/"+property, expected[property], actual[property])...)
	}
	if out.PropertyDifferences != nil {
		out.StackResourceDriftStatus = driftModified
	}
	return out
}

// expected are the properties that the template has, each in one form.
func (st *stack) expected(r *resource) (map[string]any, error) {
	p, err := st.readRole(r, r.properties)
	if err != nil {
		return nil, err
	}
	own := roleProperties{spec: roleSpec{tags: map[string]string{}}}
	own.readTags(r.properties["Tags"])
	all := map[string]any{
		"AssumeRolePolicyDocument": readJSON(p.spec.trust), "RoleName": r.physical, "Path": p.spec.path, "Description": p.spec.description,
		"PermissionsBoundary": p.spec.boundary, "MaxSessionDuration": p.spec.maxSession, "ManagedPolicyArns": asSet(p.policies),
		"Policies": inlineSet(p.inline), "Tags": tagSet(own.spec.tags),
	}
	for name := range all {
		if _, there := r.properties[name]; !there {
			delete(all, name)
		}
	}
	return all, nil
}

// actual are the same properties as the role has them. Tags of the stack and of CloudFormation are nobody's change.
func (r *role) actual(st *stack, expected map[string]any) map[string]any {
	tags := map[string]string{}
	wanted, _ := expected["Tags"].(set)
	for k, v := range r.tags {
		_, asked := wanted[k]
		if of, there := st.tags[k]; !strings.HasPrefix(k, "aws:") && (asked || !there || of != v) {
			tags[k] = v
		}
	}
	all := map[string]any{
		"AssumeRolePolicyDocument": readJSON(r.trust.raw), "RoleName": r.name, "Path": r.path, "Description": r.description,
		"PermissionsBoundary": r.boundary, "MaxSessionDuration": r.maxSession, "ManagedPolicyArns": asSet(r.attached),
		"Policies": inlineSet(raw(r.inline)), "Tags": tagSet(tags),
	}
	for name := range all {
		if _, there := expected[name]; !there {
			delete(all, name)
		}
	}
	return all
}

// set is a list whose order says nothing, by what tells its members apart.
type set map[string]any

// MarshalJSON writes the members as the list that they are.
func (s set) MarshalJSON() ([]byte, error) { return json.Marshal(sorted(s)) }

func asSet(items []string) set {
	out := set{}
	for _, item := range items {
		out[item] = item
	}
	return out
}

func tagSet(tags map[string]string) set {
	out := set{}
	for k, v := range tags {
		out[k] = map[string]any{"Key": k, "Value": v}
	}
	return out
}

func inlineSet(policies map[string]string) set {
	out := set{}
	for name, document := range policies {
		out[name] = map[string]any{"PolicyName": name, "PolicyDocument": readJSON(document)}
	}
	return out
}

func readJSON(document string) any {
	var v any
	if json.Unmarshal([]byte(document), &v) != nil {
		return document
	}
	return v
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// differences compares two values; paths are as CloudFormation writes them, /ManagedPolicyArns/0 for one of a list.
func differences(path string, expected, actual any) []difference {
	switch want := expected.(type) {
	case set:
		return setDifferences(path, want, actual.(set))
	case map[string]any:
		if got, ok := actual.(map[string]any); ok {
			return fieldDifferences(path, want, got)
		}
	case []any:
		if got, ok := actual.([]any); ok && len(got) == len(want) {
			var out []difference
			for i := range want {
				out = append(out, differences(path+"/"+strconv.Itoa(i), want[i], got[i])...)
			}
			return out
		}
	}
	if written(expected) == written(actual) {
		return nil
	}
	return []difference{{path, written(expected), written(actual), "NOT_EQUAL"}}
}

func fieldDifferences(path string, want, got map[string]any) (out []difference) {
	for _, name := range sortedKeys(want) {
		if _, there := got[name]; !there {
			out = append(out, difference{path + "/" + name, written(want[name]), "null", "REMOVE"})
			continue
		}
		out = append(out, differences(path+"/"+name, want[name], got[name])...)
	}
	for _, name := range sortedKeys(got) {
		if _, there := want[name]; !there {
			out = append(out, difference{path + "/" + name, "null", written(got[name]), "ADD"})
		}
	}
	return out
}

func setDifferences(path string, want, got set) (out []difference) {
	for i, key := range sortedKeys(want) {
		at := path + "/" + strconv.Itoa(i)
		if _, there := got[key]; !there {
			out = append(out, difference{at, written(want[key]), "null", "REMOVE"})
			continue
		}
		out = append(out, differences(at, want[key], got[key])...)
	}
	for _, key := range sortedKeys(got) {
		if _, there := want[key]; !there {
			i := slices.Index(sortedKeys(got), key)
			out = append(out, difference{path + "/" + strconv.Itoa(i), "null", written(got[key]), "ADD"})
		}
	}
	return out
}

// written is a value as a difference shows it: text bare, all else as JSON.
func written(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	return asJSON(v)
}
