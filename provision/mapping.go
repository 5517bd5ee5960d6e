package provision

import (
	"context"
	"errors"
	"fmt"

	"github.com/oktaws/oktaws/store"
)

// wantMapping are the settings by which the application learns the roles: from the names of groups in mode groups, and
// else from what groups are assigned with.
func (w *work) wantMapping() (map[string]any, error) {
	a := w.get()
	if a.Mode != store.ModeGroups {
		return map[string]any{"useGroupMapping": false}, nil
	}
	only := a.ID
	if a.Shared != "" {
		only = ""
	}
	filter, err := GroupFilter(w.r.cfg.groupTemplate(), only)
	if err != nil {
		return nil, &store.Error{Kind: store.Permanent,
			Message: fmt.Sprintf("The names of the Okta groups of account %s can't say account and role: %s.", a.ID, err),
			Remedy:  "Mend okta.group_template in the configuration and restart oktaws, then retry."}
	}
	path, err := w.onePath()
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"useGroupMapping": true,
		"appFilter":       "okta", // groups of Okta's own alone: those of a directory or of another application don't count
		"groupFilter":     filter,
		"roleValuePattern": fmt.Sprintf("arn:%s:iam::${accountid}:saml-provider/%s,arn:%s:iam::${accountid}:role%s${role}",
			a.Partition, w.r.cfg.ProviderName, a.Partition, path),
	}, nil
}

// onePath is the path of the role set's roles: in mode groups the application has one pattern for all roles, also of the
// accounts that share it.
func (w *work) onePath() (string, error) {
	a := w.get()
	specs, err := w.roleSet()
	if err != nil {
		return "", err
	}
	path := rolePath(specs[0])
	for _, s := range specs {
		if rolePath(s) != path {
			return "", &store.Error{Kind: store.Permanent,
				Message: fmt.Sprintf("The roles of the role set %s of account %s have several paths, and in mode groups Okta knows one only.", a.RoleSetName(), a.ID),
				Remedy:  "Give them the same path (role_sets in the configuration) and restart oktaws, then retry."}
		}
	}
	return path, nil
}

func (w *work) lookMapping(ctx context.Context, s *sight) ([]store.Finding, error) {
	app, err := s.application(ctx)
	if err != nil || app == nil {
		return nil, err
	}
	want, err := w.wantMapping()
	if err != nil {
		return nil, err
	}
	return w.lookSettings(roleMapping, *app, want), nil
}

// roleMapping makes true that the application learns the roles as the integration mode says. It comes after the groups,
// so that people keep their roles while an account changes from one mode to the other. Where there is nothing to change, it
// need not be alone.
func (w *work) roleMapping(ctx context.Context) (result, error) {
	res, err := w.mapRoles(ctx, false)
	if errors.Is(err, errChanges) {
		return w.alone(ctx, func(ctx context.Context) (result, error) { return w.mapRoles(ctx, true) })
	}
	return res, err
}

// errChanges is the cause where something is to be changed that nothing but a look was allowed for.
var errChanges = errors.New("there is something to change")

func (w *work) mapRoles(ctx context.Context, may bool) (result, error) {
	want, err := w.wantMapping()
	if err != nil {
		return result{}, err
	}
	if err := w.samePath(ctx); err != nil {
		return result{}, err
	}
	app, err := w.r.okta.Application(ctx, w.known().AppID)
	if err != nil {
		return result{}, err
	}
	if app == nil {
		return w.applicationGone()
	}
	note := map[bool]string{true: "from the names of groups", false: "from the groups' assignments"}[w.get().Mode == store.ModeGroups]
	if len(w.lookSettings(roleMapping, *app, want)) == 0 {
		return done(note)
	}
	if !may {
		return result{}, errChanges
	}
	_, err = w.r.okta.UpdateApplication(ctx, app.ID, ApplicationSpec{Label: app.Label, Note: app.Note, Settings: want})
	if err != nil {
		return result{}, w.lookAgain(roleMapping, err)
	}
	return done(note)
}

// samePath refuses a role set whose path isn't that of the accounts that share the application: each would set the pattern
// of all roles for itself.
func (w *work) samePath(ctx context.Context) error {
	a := w.get()
	if a.Shared == "" {
		return nil
	}
	path, err := w.onePath()
	if err != nil {
		return err
	}
	var other store.Account
	err = w.r.store.View(ctx, func(tx *store.ReadTx) error {
		return tx.Sharing(a.Partition, a.Shared, func(o store.Account) bool {
			specs := w.r.cfg.RoleSets[o.RoleSetName()]
			if o.AccountKey == w.key || len(specs) == 0 || rolePath(specs[0]) == path || o.Steps[roleMapping].State != store.StepDone {
				return true
			}
			other = o
			return false
		})
	})
	if err == nil && other.ID != "" {
		err = &store.Error{Kind: store.Permanent,
			Message: fmt.Sprintf("The roles of account %s have the path %s, and those of account %s, which shares the Okta application %s, have another: Okta knows one path only for all of them.", a.ID, path, other.ID, a.Shared),
			Remedy:  "Give the role sets of both the same path (role_sets in the configuration) and restart oktaws, then retry."}
	}
	return err
}
