package aws_test

import (
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// units makes Workloads with Prod and Test below, and returns their IDs.
func (w *world) units(t *testing.T) (workloads, prod, test string) {
	t.Helper()
	return must(w.MakeUnit("Workloads"))(t), must(w.MakeUnit("Root/Workloads/Prod"))(t), must(w.MakeUnit("Workloads/Test"))(t)
}

func TestTheOrganizationIsATreeOfUnits(t *testing.T) {
	w := newWorld(t)
	workloads, prod, test := w.units(t)
	org := w.base().org
	roots := must(org.ListRoots(ctx, nil))(t).Roots
	if len(roots) != 1 || *roots[0].Name != "Root" || *roots[0].Arn != "arn:aws:organizations::"+aws.ManagementAccount+":root/o-exampleorg1/"+*roots[0].Id {
		t.Fatalf("roots: %+v", roots)
	}
	below := func(parent string) (names []string) {
		for _, u := range must(org.ListOrganizationalUnitsForParent(ctx, &organizations.ListOrganizationalUnitsForParentInput{ParentId: &parent}))(t).OrganizationalUnits {
			names = append(names, *u.Name+" "+*u.Id)
		}
		return names
	}
	equal(t, "below the root", strconv.Quote(below(*roots[0].Id)[0]), strconv.Quote("Workloads "+workloads))
	equal(t, "below Workloads", len(below(workloads)), 2)
	equal(t, "below Prod", len(below(prod)), 0)

	for id, path := range map[string]string{aws.AccountGmail: "Workloads/Prod", aws.AccountBilling: "Root/Workloads", aws.AccountStaging: "Workloads/Test"} {
		if err := w.MoveAccount(id, path); err != nil {
			t.Fatal(err)
		}
	}
	in := func(parent string) (ids []string) {
		for _, a := range must(org.ListAccountsForParent(ctx, &organizations.ListAccountsForParentInput{ParentId: &parent}))(t).Accounts {
			ids = append(ids, *a.Id)
		}
		return ids
	}
	for unit, want := range map[string]string{workloads: aws.AccountBilling, prod: aws.AccountGmail, test: aws.AccountStaging} {
		if got := in(unit); len(got) != 1 || got[0] != want {
			t.Errorf("%s has %v, want %s alone", unit, got, want)
		}
	}
	equal(t, "in the root itself", len(in(*roots[0].Id)), 6)
	for _, a := range w.Accounts() {
		if a.ID == aws.AccountGmail {
			equal(t, "unit", a.Unit, "Root/Workloads/Prod")
		}
	}
}

func TestUnitsAreListedTwentyAPage(t *testing.T) {
	w := newWorld(t)
	for i := range 45 {
		must(w.MakeUnit("Team " + strconv.Itoa(i)))(t)
	}
	root := *must(w.base().org.ListRoots(ctx, nil))(t).Roots[0].Id
	pages, units := 0, 0
	for p := organizations.NewListOrganizationalUnitsForParentPaginator(w.base().org, &organizations.ListOrganizationalUnitsForParentInput{ParentId: &root}); p.HasMorePages(); pages++ {
		units += len(must(p.NextPage(ctx))(t).OrganizationalUnits)
	}
	equal(t, "pages", pages, 3)
	equal(t, "units", units, 45)
}

func TestWhatOrganizationsRefuses(t *testing.T) {
	w := newWorld(t)
	workloads, _, _ := w.units(t)
	org, member := w.base().org, w.in(aws.AccountGmail).org
	accounts := func(o *organizations.Client, in organizations.ListAccountsForParentInput) error {
		_, err := o.ListAccountsForParent(ctx, &in)
		return err
	}
	refused(t, accounts(org, organizations.ListAccountsForParentInput{ParentId: str("ou-exmp-00000000")}), 400, "ParentNotFoundException", "You specified parent that doesn't exist.")
	refused(t, accounts(org, organizations.ListAccountsForParentInput{ParentId: str("Workloads")}), 400, "InvalidInputException", "")
	refused(t, accounts(org, organizations.ListAccountsForParentInput{ParentId: &workloads, NextToken: str("none")}), 400, "InvalidInputException", "")
	many := int32(21)
	refused(t, accounts(org, organizations.ListAccountsForParentInput{ParentId: &workloads, MaxResults: &many}), 400, "InvalidInputException", "")
	refused(t, accounts(member, organizations.ListAccountsForParentInput{ParentId: &workloads}), 400, "AccessDeniedException", "You don't have permissions to access this resource.")
	_, err := member.ListRoots(ctx, nil)
	refused(t, err, 400, "AccessDeniedException", "You don't have permissions to access this resource.")

	for what, err := range map[string]error{
		"a unit whose parent isn't there": func() error { _, err := w.MakeUnit("Nowhere/Prod"); return err }(),
		"a unit that is there":            func() error { _, err := w.MakeUnit("Workloads"); return err }(),
		"a unit without a name":           func() error { _, err := w.MakeUnit("Workloads/"); return err }(),
		"a move to nowhere":               w.MoveAccount(aws.AccountGmail, "Nowhere"),
		"a move to where it is":           w.MoveAccount(aws.AccountGmail, "Root"),
		"a move of nobody":                w.MoveAccount("121212121212", "Workloads"),
	} {
		if err == nil {
			t.Errorf("the sandbox took %s", what)
		}
	}
}

func TestNobodyGetsIntoAnAccountThatAWSSuspended(t *testing.T) {
	w := newWorld(t)
	in := w.in(aws.AccountGmail)
	must(in.iam.ListRoles(ctx, nil))(t)
	if err := w.SuspendAccount(aws.AccountGmail); err != nil {
		t.Fatal(err)
	}
	_, err := in.iam.ListRoles(ctx, nil)
	refused(t, err, 403, "InvalidClientTokenId", "")
	for _, a := range must(w.base().org.ListAccounts(ctx, &organizations.ListAccountsInput{}))(t).Accounts {
		if *a.Id == aws.AccountGmail {
			equal(t, "status and state", string(a.Status)+" "+string(a.State), "SUSPENDED SUSPENDED")
		}
	}
	for _, id := range []string{aws.AccountGmail, aws.ManagementAccount, "121212121212"} {
		if err := w.SuspendAccount(id); err == nil {
			t.Errorf("account %s was suspended", id)
		}
	}
	if err := w.CloseAccount(aws.AccountGmail); err != nil {
		t.Errorf("a suspended account can't be closed: %v", err)
	}
}
