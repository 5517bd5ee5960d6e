package aws

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// corporation is the sandbox's organization with units in it, and a client of the management account's.
//
//	Root: Management, Analytics, …
//	├── Workloads: 25 accounts
//	│   ├── Prod: Gmail
//	│   └── Test: Staging
//	└── Sandbox
//	    └── Test: Billing
func corporation(t *testing.T) (s *aws.Server, hub *wire.Hub, ids map[string]string) {
	t.Helper()
	newAmazon(t)
	hub = wire.New(time.Now)
	s = aws.New(aws.Config{Hub: hub})
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	id, secret := s.Credentials()
	t.Setenv("AWS_ENDPOINT_URL", web.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", id)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	ids = map[string]string{}
	for _, path := range []string{"Workloads", "Workloads/Prod", "Workloads/Test", "Sandbox", "Sandbox/Test"} {
		unit, err := s.MakeUnit(path)
		if err != nil {
			t.Fatal(err)
		}
		ids[path] = unit
	}
	in := map[string]string{aws.AccountGmail: "Workloads/Prod", aws.AccountStaging: "Workloads/Test", aws.AccountBilling: "Sandbox/Test"}
	for i := range 25 {
		id := fmt.Sprintf("7000000000%02d", i)
		if err := s.AddAccount(id, fmt.Sprintf("Team %02d", i)); err != nil {
			t.Fatal(err)
		}
		in[id] = "Workloads"
	}
	for id, path := range in {
		if err := s.MoveAccount(id, path); err != nil {
			t.Fatal(err)
		}
	}
	return s, hub, ids
}

func idsOf(members []provision.Member) (ids []string) {
	for _, m := range members {
		ids = append(ids, m.Account.ID)
	}
	return ids
}

func TestAllMembersOfTheOrganization(t *testing.T) {
	s, _, _ := corporation(t)
	if err := s.CloseAccount(aws.AccountGmail); err != nil {
		t.Fatal(err)
	}
	if err := s.SuspendAccount(aws.AccountStaging); err != nil {
		t.Fatal(err)
	}
	for _, partition := range []string{"aws", ""} {
		members, err := client(t).Members(t.Context(), partition, " ")
		if err != nil || len(members) != 34 {
			t.Fatalf("%d members, %v", len(members), err)
		}
		for _, m := range members {
			want := provision.Member{Account: store.AccountKey{Partition: "aws", ID: m.Account.ID}, Name: m.Name, State: "ACTIVE", Management: m.Account.ID == aws.ManagementAccount}
			if m.Account.ID == aws.AccountGmail || m.Account.ID == aws.AccountStaging {
				want.State = "SUSPENDED"
			}
			if m != want || m.Name == "" {
				t.Errorf("member %+v, want %+v", m, want)
			}
		}
	}
}

func TestMembersOfAUnitAreThoseUnderItToo(t *testing.T) {
	_, _, ids := corporation(t)
	c := client(t)
	for typed, want := range map[string]struct {
		members int
		holds   string // account and path of one
	}{
		"Workloads":             {27, aws.AccountGmail + " Root/Workloads/Prod"},
		"workloads":             {27, "700000000024 Root/Workloads"},
		"Root/Workloads":        {27, aws.AccountStaging + " Root/Workloads/Test"},
		"prod":                  {1, aws.AccountGmail + " Root/Workloads/Prod"},
		ids["Workloads/Prod"]:   {1, aws.AccountGmail + " Root/Workloads/Prod"},
		"/Root/Workloads/Prod/": {1, aws.AccountGmail + " Root/Workloads/Prod"},
		"root/sandbox/test":     {1, aws.AccountBilling + " Root/Sandbox/Test"},
		"Sandbox/Test":          {1, aws.AccountBilling + " Root/Sandbox/Test"},
		"Root":                  {34, aws.ManagementAccount + " Root"},
	} {
		members, err := c.Members(t.Context(), "aws", typed)
		if err != nil || len(members) != want.members {
			t.Errorf("%s has %d members, %v; want %d", typed, len(members), err, want.members)
		}
		if !slices.ContainsFunc(members, func(m provision.Member) bool { return m.Account.ID+" "+m.Unit == want.holds && m.State == "ACTIVE" }) {
			t.Errorf("%s lacks %s: %v", typed, want.holds, idsOf(members))
		}
	}
}

func TestAUnitThatIsNotThereOrNotTheOnlyOne(t *testing.T) {
	_, _, ids := corporation(t)
	c := client(t)
	_, err := c.Members(t.Context(), "aws", "Workload")
	expect(t, err, store.NotFound, `no organizational unit "Workload"`, "Did you mean Root/Workloads")
	_, err = c.Members(t.Context(), "aws", "Root/Sandbox/Tset")
	expect(t, err, store.NotFound, "", "Did you mean Root/Sandbox/Test")
	_, err = c.Members(t.Context(), "aws", "ou-exmp-00000000")
	expect(t, err, store.NotFound, "", "There are: Root, Root/Workloads, Root/Workloads/Prod, ")
	_, err = c.Members(t.Context(), "aws", "Test")
	expect(t, err, store.Conflict, `2 organizational units "Test"`, "Root/Workloads/Test ("+ids["Workloads/Test"]+"), Root/Sandbox/Test ("+ids["Sandbox/Test"]+")")
	_, err = c.Members(t.Context(), "aws-cn", "")
	expect(t, err, store.Permanent, "oktaws doesn't reach the partition aws-cn", "It reaches aws;")
}

func TestMembersAreReadOneCallAfterTheOtherAndInSpiteOfThrottling(t *testing.T) {
	_, hub, _ := corporation(t)
	hub.Add(wire.Fault{Service: "organizations", Operation: "ListAccountsForParent", Status: 400, Code: "TooManyRequestsException", Times: 1})
	members, err := client(t).Members(t.Context(), "aws", "Workloads")
	if err != nil || len(members) != 27 {
		t.Fatalf("%d members, %v", len(members), err)
	}
	calls := map[string]int{}
	for _, c := range hub.Calls(0) {
		calls[c.Operation]++
	}
	if calls["ListRoots"] != 1 || calls["ListOrganizationalUnitsForParent"] != 6 || calls["ListAccountsForParent"] != 5 || calls["ListAccounts"] != 0 {
		t.Errorf("calls: %v", calls)
	}
}

func TestAnOrganizationThatCannotBeRead(t *testing.T) {
	for name, tc := range map[string]struct {
		unit, operation string
		code            string
		kind            store.Kind
		message, remedy string
	}{
		"none":                {"", "ListAccounts", "AWSOrganizationsNotInUseException", store.Permanent, "the account of the bot's own AWS credentials is in no AWS organization", "CSV"},
		"none, for a unit":    {"Prod", "ListRoots", "AWSOrganizationsNotInUseException", store.Permanent, "in no AWS organization", "CSV"},
		"refused":             {"", "ListAccounts", "AccessDeniedException", store.Denied, "may not do organizations:ListAccounts", "docs/aws/bot.json"},
		"refused, for a unit": {"Prod", "ListRoots", "AccessDeniedException", store.Denied, "may not do organizations:ListRoots", "ListOrganizationalUnitsForParent"},
		"broken":              {"", "ListAccounts", "UnrecognizedClientException", store.Denied, "doesn't know the access key", "AWS_ACCESS_KEY_ID"},
	} {
		t.Run(name, func(t *testing.T) {
			newAmazon(t).on(tc.operation, always(jsonRefusal(tc.code, "You don't have permissions to access this resource.")))
			_, err := client(t).Members(t.Context(), "aws", tc.unit)
			expect(t, err, tc.kind, tc.message, tc.remedy)
		})
	}
}
