package provision_test

import (
	"context"
	"slices"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

func (w *world) FindRule(_ context.Context, name string) (r *provision.Rule, err error) {
	err = w.do("FindRule", func() error { r = copyOf(w.rules[name]); return nil })
	return r, err
}

func (w *world) rule(id string) *provision.Rule {
	for _, r := range w.rules {
		if r.ID == id {
			return r
		}
	}
	return nil
}

func (w *world) Rule(_ context.Context, id string) (r *provision.Rule, err error) {
	err = w.do("Rule", func() error { r = copyOf(w.rule(id)); return nil })
	return r, err
}

func (w *world) CreateRule(_ context.Context, s provision.RuleSpec) (r provision.Rule, err error) {
	err = w.do("CreateRule", func() error {
		if w.rules[s.Name] != nil {
			return taken("the group rule " + s.Name)
		}
		for _, id := range s.Groups {
			if w.group(id) == nil {
				return missing("the group " + id)
			}
		}
		w.rules[s.Name] = &provision.Rule{ID: w.id("0pr"), Name: s.Name, Status: "INACTIVE", Expression: s.Expression, Groups: slices.Clone(s.Groups)}
		r = *w.rules[s.Name]
		return nil
	})
	return r, err
}

func (w *world) ActivateRule(_ context.Context, id string) error {
	return w.turnRule("ActivateRule", id, "ACTIVE")
}

func (w *world) DeactivateRule(_ context.Context, id string) error {
	return w.turnRule("DeactivateRule", id, "INACTIVE")
}

func (w *world) turnRule(call, id, status string) error {
	return w.do(call, func() error {
		switch r := w.rule(id); {
		case r == nil:
			return missing("the group rule " + id)
		case r.Status == "INVALID":
			return &store.Error{Kind: store.Permanent, Message: "a group rule that is invalid can only be deleted"}
		default:
			r.Status = status
			return nil
		}
	})
}

func (w *world) DeleteRule(_ context.Context, id string) error {
	return w.do("DeleteRule", func() error {
		switch r := w.rule(id); {
		case r == nil:
			return missing("the group rule " + id)
		case r.Status == "ACTIVE":
			return &store.Error{Kind: store.Conflict, Message: "an active group rule can't be deleted", Remedy: "Deactivate it."}
		default:
			delete(w.rules, r.Name)
			return nil
		}
	})
}
