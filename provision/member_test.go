package provision_test

import (
	"slices"
	"testing"

	"github.com/oktaws/oktaws/provision"
)

func TestMembersAreWhatTheOrganizationHas(t *testing.T) {
	f := start(t, nil)
	members, err := f.rec.Members(t.Context(), "aws", "Workloads")
	if want := []provision.Member{{Account: account, Name: "Gmail", State: "ACTIVE"}}; err != nil || !slices.Equal(members, want) {
		t.Errorf("members are %+v, %v", members, err)
	}
}
