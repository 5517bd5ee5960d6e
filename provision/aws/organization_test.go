package aws

import (
	"testing"

	"github.com/oktaws/oktaws/store"
)

func TestStatusOfAnAccount(t *testing.T) {
	for name, tc := range map[string]struct {
		answer script
		want   string
		asked  int
	}{
		"active, on the second page": {organization([]map[string]string{member("100000000001", "SUSPENDED")}, []map[string]string{member(accountID, "ACTIVE")}, nil), "ACTIVE", 2},
		"suspended":                  {organization([]map[string]string{member(accountID, "SUSPENDED")}), "SUSPENDED", 1},
		"being closed":               {organization([]map[string]string{member(accountID, "PENDING_CLOSURE")}), "PENDING_CLOSURE", 1},
		"closed":                     {organization([]map[string]string{member(accountID, "CLOSED")}), "SUSPENDED", 1},
		"told in the old way only":   {organization([]map[string]string{{"Id": accountID, "Status": "PENDING_CLOSURE"}}), "PENDING_CLOSURE", 1},
		"not a member":               {organization([]map[string]string{member("100000000001", "ACTIVE")}), "", 1},
		"no organization":            {always(jsonRefusal("AWSOrganizationsNotInUseException", "no")), "", 1},
		"may not ask":                {always(jsonRefusal("AccessDeniedException", "no")), "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAmazon(t).on("ListAccounts", tc.answer)
			got, err := client(t).Status(t.Context(), theAccount)
			if err != nil || got != tc.want {
				t.Errorf("the status is %q, %v; want %q", got, err, tc.want)
			}
			calls := a.received("ListAccounts")
			if len(calls) != tc.asked || calls[0].key != ownKey {
				t.Errorf("asked %d times, with the key %s", len(calls), calls[0].key)
			}
		})
	}
}

func TestStatusThatCannotBeAskedNowIsAnError(t *testing.T) {
	newAmazon(t).on("ListAccounts", always(jsonRefusal("TooManyRequestsException", "slow down")))
	_, err := client(t).Status(t.Context(), theAccount)
	expect(t, err, store.Transient, "can't ask the organization for the status of account 111122223333: AWS wants fewer calls", "waits")

	a := newAmazon(t)
	a.profile("[nobody]\ncredential_process = exit 1\n")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_PROFILE", "nobody")
	_, err = client(t).Status(t.Context(), theAccount)
	expect(t, err, store.Denied, "oktaws has no AWS credentials", "AWS_ACCESS_KEY_ID")
}
