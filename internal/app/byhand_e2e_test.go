package app_test

import (
	"errors"
	"fmt"

	"github.com/oktaws/oktaws/store"
)

// tamper is what somebody with both consoles open can do to a linked account, all at once.
func (r *rig) tamper(mode store.Mode) {
	r.Helper()
	app := r.application(label)
	trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:root"},"Action":"sts:AssumeRole"}]}`, gmail)
	groups := r.Okta.Assignments(app.ID)
	err := errors.Join(
		r.AWS.SetTrust(gmail, "PowerUsers", trust),
		r.AWS.DetachPolicy(gmail, "Administrator", "arn:aws:iam::aws:policy/AdministratorAccess"),
		r.AWS.AttachPolicy(gmail, "ReadOnlyAccess", "arn:aws:iam::aws:policy/AdministratorAccess"),
		r.AWS.DeleteRole(gmail, "PowerUsers"),
		r.AWS.DeleteProvider(gmail, "Okta"),
		r.Okta.SetSetting(app.ID, "sessionDuration", 7200),
		r.Okta.Unassign(app.ID, groups[0].GroupID),
		r.Okta.SetLabel(app.ID, label+" (old)"),
	)
	if mode == store.ModeGroups {
		err = errors.Join(err, r.Okta.Rename(groups[1].GroupID, "somebody's own name"))
	} else {
		err = errors.Join(err, r.AWS.DeleteUserPolicy(gmail, "OktaSSOuser", "oktaws"))
	}
	if err := errors.Join(err, r.Okta.SetLabel(app.ID, label)); err != nil {
		r.Fatal(err)
	}
	if err := r.Okta.Deactivate(app.ID); err != nil {
		r.Fatal(err)
	}
}

// madeByHand is an account that somebody has set up half by hand: the application, the identity provider, two of the
// roles and, in mode api, the user.
func (r *rig) madeByHand(mode store.Mode) {
	r.Helper()
	if _, err := r.Okta.MakeApplication(label, "", nil); err != nil {
		r.Fatal(err)
	}
	err := r.AWS.MakeProvider(gmail, "Okta", "", nil)
	for _, role := range []string{"Administrator", "ReadOnlyAccess"} {
		err = errors.Join(err, r.AWS.MakeRole(gmail, role, "", "arn:aws:iam::aws:policy/ReadOnlyAccess"))
	}
	if mode == store.ModeAPI {
		err = errors.Join(err, r.AWS.MakeUser(gmail, "OktaSSOuser", nil))
	}
	if err != nil {
		r.Fatal(err)
	}
}
