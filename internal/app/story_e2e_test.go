package app_test

import (
	"strings"
	"testing"
)

func TestLinksAnAccountFromSlackToTheTile(t *testing.T) {
	r := newRig(t)
	r.serve()
	r.linked(gmail, label)
	app := r.application(label)
	var groups []string
	for _, a := range r.Okta.Assignments(app.ID) {
		groups = append(groups, a.Group+"="+strings.Join(a.Roles, "+"))
	}
	if got, want := strings.Join(groups, " "), "Gmail-AWS-Account-Administrator=Administrator Gmail-AWS-Account-PowerUsers=PowerUsers Gmail-AWS-Account-ReadOnlyAccess=ReadOnlyAccess"; got != want {
		t.Errorf("groups %s, want %s", got, want)
	}
	if code := r.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if left := r.Slack.Missed(); len(left) > 0 {
		t.Errorf("unanswered: %+v", left)
	}
}
