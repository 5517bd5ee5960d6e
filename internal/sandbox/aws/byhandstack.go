package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// stackStatuses are those that a stack can have without being deleted
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html).
var stackStatuses = []string{
	"CREATE_IN_PROGRESS", "CREATE_FAILED", "CREATE_COMPLETE", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED", "ROLLBACK_COMPLETE",
	"DELETE_IN_PROGRESS", "DELETE_FAILED", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_FAILED",
	"UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE",
	"REVIEW_IN_PROGRESS", "IMPORT_IN_PROGRESS", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_IN_PROGRESS", "IMPORT_ROLLBACK_FAILED", "IMPORT_ROLLBACK_COMPLETE",
}

// withStack has do change the stack of that name, in whatever region, that was made last.
func (s *Server) withStack(id, name string, do func(*stack) error) error {
	return s.with(id, func(a *account) error {
		for _, st := range slices.Backward(a.stacks) {
			if st.name == name && st.live() {
				return do(st)
			}
		}
		return a.lacks("stack", name)
	})
}

// MakeStack makes a stack with its roles, in the region in which IAM is at home. It fails, and makes nothing, where a
// role cannot be made.
func (s *Server) MakeStack(id, name, template string, parameters, tags map[string]string) error {
	return s.with(id, func(a *account) error {
		now := s.clock.Now().UTC()
		if !stackName.MatchString(name) || slices.ContainsFunc(a.stacks, func(st *stack) bool { return st.name == name && st.region == a.partition.home && st.live() }) {
			return fmt.Errorf("account %s: stack %q exists, or is no name for one", a.id, name)
		}
		st := s.newStack(a, a.partition.home, name, now)
		st.tags, st.onFailure = maps.Clone(tags), "ROLLBACK"
		var err error
		if st.template, err = parseTemplate(template); err != nil {
			return err
		}
		if st.values, err = st.template.bind(parameters); err != nil {
			return err
		}
		st.capabilities = []string{st.template.needs()}
		waves, err := st.wanted(st.template, st.values)
		if err != nil {
			return err
		}
		return st.makeAtOnce(slices.Concat(waves...), now)
	})
}

// makeAtOnce makes all resources, by nobody who would need permissions.
func (st *stack) makeAtOnce(ids []string, now time.Time) error {
	st.note(now, "CREATE_IN_PROGRESS", "User Initiated")
	undo := func(err error) error {
		for _, r := range st.resources {
			_ = st.dropRole(r)
		}
		return err
	}
	for _, id := range ids {
		r := &resource{logical: id}
		if err := st.creation(r).do(now); err != nil {
			return undo(err)
		}
		st.resources = append(st.resources, r)
		st.noteResource(now, r, "CREATE_COMPLETE", "")
	}
	if err := st.workOutOutputs(); err != nil {
		return undo(err)
	}
	st.note(now, "CREATE_COMPLETE", "")
	st.account.stacks = append(st.account.stacks, st)
	return nil
}

// DeleteStack deletes a stack with its roles, but for those that its template retains.
func (s *Server) DeleteStack(id, name string) error {
	return s.withStack(id, name, func(st *stack) error {
		now := s.clock.Now().UTC()
		st.begin(nil, "")
		st.note(now, "DELETE_IN_PROGRESS", "User Initiated")
		for _, wave := range st.deletions(now, st.resources, false) {
			for _, c := range wave {
				if r := st.account.roles[strings.ToLower(c.physical)]; r != nil {
					r.attached, r.inline = nil, nil
					_ = r.delete()
				}
				st.noteResource(now, c.resource, "DELETE_COMPLETE", "")
			}
		}
		st.note(now, "DELETE_COMPLETE", "")
		st.deleted, st.changeSets = now, nil
		return nil
	})
}

// SetStackStatus puts a stack into a status, such as ROLLBACK_COMPLETE or REVIEW_IN_PROGRESS, and ends what it was at.
// Its roles stay as they are.
func (s *Server) SetStackStatus(id, name, status string) error {
	return s.withStack(id, name, func(st *stack) error {
		if !slices.Contains(stackStatuses, status) {
			return fmt.Errorf("stack %s: %q is no status of a stack that is there", name, status)
		}
		st.begin(nil, "")
		st.note(s.clock.Now().UTC(), status, "")
		return nil
	})
}

// SetStackTags gives a stack these tags in place of those that it has. Its roles keep theirs. Nil takes them all away.
func (s *Server) SetStackTags(id, name string, tags map[string]string) error {
	return s.withStack(id, name, func(st *stack) error {
		st.tags = maps.Clone(tags)
		return nil
	})
}
