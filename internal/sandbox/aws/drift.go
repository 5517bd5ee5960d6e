package aws

import (
	"slices"
	"strings"
	"time"
)

// Whether a stack's roles still are what its template says
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html).

// detection is one look at a stack, by whoever asked for it.
type detection struct {
	id             string
	stack          *stack
	began          time.Time
	status, reason string
	verdict        string // of the stack; empty until it is over
	drifted        int
}

// driftable are the states in which CloudFormation looks for drift: recalled, but for those after an import, when it
// recommends to [I].
var driftable = []string{
	"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE",
}

// driftStatus of the stack as a whole.
func (st *stack) driftStatus() string {
	if st.drift == "" {
		return "NOT_CHECKED"
	}
	return st.drift
}

// forgetDrift is for a stack that changes: what was found says nothing of it any more. That CloudFormation then says
// NOT_CHECKED is a guess [I].
func (st *stack) forgetDrift() { st.drift, st.driftAt, st.drifts = "", time.Time{}, nil }

// detectStackDrift takes as long as a resource of a stack does. The words of its refusals are guessed [I].
func detectStackDrift(c *call) (any, error) {
	st, err := c.stack("cloudformation:DetectStackDrift", missingByName)
	if err != nil {
		return nil, err
	}
	if err := c.allow("cloudformation:DetectStackResourceDrift", st.id, nil); err != nil {
		return nil, err
	}
	var only []string
	for _, m := range c.members("LogicalResourceIds") {
		id := c.form.Get(m)
		if st.find(id) == nil {
			return nil, validation("Resource " + id + " does not exist for stack " + st.name)
		}
		only = append(only, id)
	}
	switch {
	case !slices.Contains(driftable, st.status):
		return nil, validation("Drift detection cannot be performed on stack [" + st.id + "] while it is in " + st.status + " state.")
	case st.detecting != nil:
		return nil, validation("Drift detection is already in progress for stack [" + st.id + "].")
	}
	d := &detection{id: newUUID(), stack: st, began: c.now, status: "DETECTION_IN_PROGRESS"}
	c.account.detections[d.id] = d
	st.detecting, st.driftAt = d, c.now
	who := c.who
	c.at(c.now.Add(c.stackTime), func(at time.Time) { d.finish(who, only, at) })
	return struct {
		ID string `xml:"StackDriftDetectionId"`
	}{d.id}, nil
}

// finish looks at the roles. One that the caller may not read fails the detection, and the others are told of all the
// same [D]; so does a stack that somebody began to change meanwhile [I].
func (d *detection) finish(who *principal, only []string, at time.Time) {
	st := d.stack
	st.detecting = nil
	if !slices.Contains(driftable, st.status) {
		d.status, d.reason = "DETECTION_FAILED", "The stack is in "+st.status+" state."
		return
	}
	var unread []string
	for _, r := range st.resources {
		if r.physical == "" || only != nil && !slices.Contains(only, r.logical) {
			continue
		}
		found := st.compare(who, r, at)
		st.drifts = slices.DeleteFunc(st.drifts, func(old resourceDrift) bool { return old.LogicalResourceID == r.logical })
		st.drifts = append(st.drifts, found)
		if found.StackResourceDriftStatus == driftUnknown {
			unread = append(unread, r.logical)
		}
	}
	d.drifted = st.countDrifted()
	switch {
	case d.drifted > 0:
		d.verdict = "DRIFTED"
	case unread != nil:
		d.verdict = driftUnknown
	default:
		d.verdict = driftNone
	}
	d.status, st.drift = "DETECTION_COMPLETE", d.verdict
	if unread != nil {
		d.status, d.reason = "DETECTION_FAILED", "Failed to detect drift on resource(s) ["+strings.Join(unread, ", ")+"]."
	}
}

func (st *stack) countDrifted() (n int) {
	for _, d := range st.drifts {
		if d.StackResourceDriftStatus == driftModified || d.StackResourceDriftStatus == driftDeleted {
			n++
		}
	}
	return n
}

// describeStackDriftDetectionStatus asks for its permission on everything, since a detection is no resource [C].
func describeStackDriftDetectionStatus(c *call) (any, error) {
	id, err := c.get("StackDriftDetectionId")
	if err != nil {
		return nil, err
	}
	if err := c.allow("cloudformation:DescribeStackDriftDetectionStatus", "*", nil); err != nil {
		return nil, err
	}
	d := c.account.detections[id]
	if d == nil || d.stack.region != c.region {
		return nil, validation("Drift detection with id " + id + " does not exist")
	}
	out := struct {
		StackID                   string `xml:"StackId"`
		StackDriftDetectionID     string `xml:"StackDriftDetectionId"`
		StackDriftStatus          string `xml:",omitempty"`
		DetectionStatus           string
		DetectionStatusReason     string `xml:",omitempty"`
		DriftedStackResourceCount *int   `xml:",omitempty"`
		Timestamp                 string
	}{StackID: d.stack.id, StackDriftDetectionID: id, StackDriftStatus: d.verdict, DetectionStatus: d.status, DetectionStatusReason: d.reason, Timestamp: millis(d.began)}
	if d.status == "DETECTION_COMPLETE" {
		out.DriftedStackResourceCount = &d.drifted
	}
	return out, nil
}

// driftStatuses are what the resources of DescribeStackResourceDrifts can be sieved by.
var driftStatuses = []string{driftNone, driftModified, driftDeleted, driftUnknown, "NOT_CHECKED"}

func describeStackResourceDrifts(c *call) (any, error) {
	st, err := c.stack("cloudformation:DescribeStackResourceDrifts", missingByID)
	if err != nil {
		return nil, err
	}
	size, err := c.number("MaxResults", 1, 100, pageSize)
	if err != nil {
		return nil, err
	}
	var wanted []string
	for _, m := range c.members("StackResourceDriftStatusFilters") {
		status := c.form.Get(m)
		if !slices.Contains(driftStatuses, status) {
			return nil, badValue("StackResourceDriftStatusFilters", "["+status+"]", "Member must satisfy constraint: [Member must satisfy enum value set: ["+strings.Join(driftStatuses, ", ")+"]]")
		}
		wanted = append(wanted, status)
	}
	var found []resourceDrift
	for _, d := range st.drifts {
		if wanted == nil || slices.Contains(wanted, d.StackResourceDriftStatus) {
			found = append(found, d)
		}
	}
	part, next, err := page(found, c.form.Get("NextToken"), size)
	if err != nil {
		return nil, err
	}
	return struct {
		StackResourceDrifts []resourceDrift `xml:"StackResourceDrifts>member"`
		NextToken           string          `xml:",omitempty"`
	}{part, next}, nil
}
