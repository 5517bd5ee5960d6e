package awspage_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

const gmail = "/aws/" + aws.AccountGmail

func TestTheAccountsAreListedWithWhatStandsInThem(t *testing.T) {
	v := visit(t, quick)
	v.furnish(aws.AccountGmail)
	page := v.get("/aws", http.StatusOK)
	for id, want := range map[string]string{
		aws.AccountGmail:       "Gmail 111122223333 – Okta 1 role by AWS Organizations 1 role by stack sign-on OktaSSOuser sign-on CREATE_COMPLETE",
		aws.AccountTakenRole:   "Legacy 555566667777 – – 1 role by AWS Organizations 1 role by hand – –",
		aws.AccountUnreachable: "Acquired 333344445555 – – – – –",
		aws.ManagementAccount:  "Management management account 999900001111 – – – oktaws –",
	} {
		if got := row(t, page, "account-"+id); got != want {
			t.Errorf("account %s:\n got %s\nwant %s", id, got, want)
		}
	}
}

func TestTheAccountsSayWhichUnitTheyAreInAndWhetherTheyAreOpen(t *testing.T) {
	v := visit(t, quick)
	if _, err := v.sb.AWS.MakeUnit("Workloads"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(v.sb.AWS.MoveAccount(aws.AccountGmail, "Workloads"), v.sb.AWS.SuspendAccount(aws.AccountBilling), v.sb.AWS.CloseAccount(aws.AccountStaging)); err != nil {
		t.Fatal(err)
	}
	page := v.get("/aws", http.StatusOK)
	for id, want := range map[string]string{
		aws.AccountGmail:   "Gmail in Root/Workloads 111122223333 ",
		aws.AccountBilling: "Billing suspended 777788889999 ",
		aws.AccountStaging: "Staging closed 222233334444 ",
	} {
		if got := row(t, page, "account-"+id); !strings.HasPrefix(got, want) {
			t.Errorf("account %s: %s", id, got)
		}
	}
}

func TestAccountsAreFoundAmongSixtyByIDNameOrAlias(t *testing.T) {
	v := visit(t, sandbox.Options{})
	for i := range 51 {
		if err := v.sb.AWS.AddAccount(fmt.Sprintf("7000000000%02d", i), fmt.Sprintf("Team %02d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if page := v.get("/aws", http.StatusOK); strings.Count(page, `id="account-`) != 60 {
		t.Errorf("%d accounts are listed, not 60", strings.Count(page, `id="account-`))
	}
	for search, want := range map[string][]string{
		"team 07":        {"700000000007"},
		"  GMAIL ":       {aws.AccountGmail},
		"111122223333":   {aws.AccountGmail},
		"1111-2222-3333": {aws.AccountGmail},
		"70000000001":    {"700000000010", "700000000011", "700000000012", "700000000019"},
		"nobody's":       nil,
	} {
		page := v.get("/aws?q="+url.QueryEscape(search), http.StatusOK)
		for _, id := range want {
			row(t, page, "account-"+id)
		}
		if n := strings.Count(page, `id="account-`); len(want) == 1 && n != 1 || len(want) == 0 && n != 0 {
			t.Errorf("searching %q lists %d accounts", search, n)
		}
	}
	says(t, v.get("/aws?q=nobody%27s", http.StatusOK), "No account's ID, name or alias has “nobody's” in it. Show all 60")
}

func TestAnAccountThatIsNotThereLeadsBackToThoseThatAre(t *testing.T) {
	v := visit(t, quick)
	for _, path := range []string{
		"/aws/000000000000", "/aws/000000000000/roles", gmail + "/buckets", gmail + "/roles/Nobody", gmail + "/users/nobody",
		gmail + "/providers/None", gmail + "/stacks/us-east-1/none", "/aws/a/b/c/d/e", "/aws/sign-in/none", "/aws/console/none",
	} {
		page := v.get(path, http.StatusNotFound)
		if !strings.Contains(page, `role="alert"`) || !strings.Contains(page, "Go on from here") {
			t.Errorf("GET %s says too little: %s", path, words(page))
		}
	}
	page := v.get("/aws/%3Cscript%3E1", http.StatusNotFound)
	says(t, page, "The organization has no account <script>1.")
	if strings.Contains(page, "<script>1") {
		t.Error("the account's ID in the address becomes HTML")
	}
}
