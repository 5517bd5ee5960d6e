package awspage_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// does sends the form of an act, and returns the page that comes.
func (v *visitor) does(at, act, said string) string {
	v.t.Helper()
	if page := v.get(at, http.StatusOK); !strings.Contains(page, `action="`+at+`/do/`+act+`"`) {
		v.t.Fatalf("%s does not offer %s", at, act)
	}
	return v.get(v.post(at+"/do/"+act, url.Values{"said": {said}}), http.StatusOK)
}

func TestSomebodyWithTheConsoleChangesThingsByHand(t *testing.T) {
	v := visit(t, quick)
	key := v.furnish(aws.AccountGmail)
	const role, user, provider, stack = gmail + "/roles/Reader", gmail + "/users/OktaSSOuser", gmail + "/providers/Okta", gmail + "/stacks/us-east-1/sign-on"
	const managed = "arn:aws:iam::aws:policy/"
	for _, step := range []struct{ at, act, said, done, then string }{
		{role, "trust", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"999900001111"},"Action":"sts:AssumeRole"}}`, "has another trust policy", "Users and roles of account Management (999900001111) may take this role"},
		{role, "attach", managed + "IAMFullAccess", "IAMFullAccess is attached to the role Reader", "2 managed"},
		{role, "detach", managed + "ReadOnlyAccess", "ReadOnlyAccess is detached", "1 managed"},
		{role, "session", "4", "up to 4 h", "Maximum session duration 4 h"},
		{role, "delete", "", "The role Reader is deleted.", "Roles (1)"},
		{provider, "metadata", "", "holds other metadata", "http://www.okta.com/exkmadebyhand"},
		{provider, "untag", "", "The identity provider Okta has no tags any more.", "No tags"},
		{provider, "delete", "", "The identity provider Okta is deleted.", "This account has no identity provider"},
		{user, "deactivate-key", key.ID, "is inactive", key.ID + " Inactive"},
		{user, "activate-key", key.ID, "is active", key.ID + " Active"},
		{user, "delete-key", key.ID, "is deleted", "This user has no access keys."},
		{user, "delete-policy", "for-okta", "has no policy for-okta", "the user may do nothing"},
		{user, "untag", "", "has no tags", "No tags"},
		{user, "delete", "", "The user OktaSSOuser is deleted.", "This account has no users."},
		{stack, "untag", "", "has no tags", "No tags"},
		{stack, "delete", "", "The stack sign-on is deleted.", "This account has no stacks."},
		{gmail, "close", "", "Account 111122223333 is closed.", "Status Closed"},
	} {
		page := v.does(step.at, step.act, step.said)
		if !strings.Contains(page, `<p class="done"`) {
			t.Errorf("%s of %s: %s", step.act, step.at, words(page))
		}
		says(t, page, step.done, step.then)
	}
	says(t, v.get("/aws", http.StatusOK), "Gmail closed 111122223333")
	if page := v.get(gmail, http.StatusOK); strings.Contains(page, "By hand") {
		t.Error("a closed account can be closed")
	}
	if page := v.get("/aws/"+aws.ManagementAccount, http.StatusOK); strings.Contains(page, "By hand") {
		t.Error("the management account can be closed")
	}
}

func TestWhatAWSRefusesByHandStaysInTheForm(t *testing.T) {
	v := visit(t, quick)
	v.furnish(aws.AccountGmail)
	before := v.sb.AWS.Roles(aws.AccountGmail)
	const at = gmail + "/roles/Reader"
	page := v.does(at, "trust", `{"Version":"<b>1066</b>"}`)
	if !strings.Contains(page, `class="refused" role="alert"`) || !strings.Contains(page, `id="act-trust" open`) || strings.Contains(page, "<b>1066") {
		t.Errorf("the refusal is no alert, or the form is shut or lost, or it becomes HTML: %s", words(page))
	}
	says(t, page, "MalformedPolicyDocument", `{"Version":"<b>1066</b>"}`)
	says(t, v.does(at, "attach", "arn:aws:iam::aws:policy/Nonsense"), "Managed policy: choose one of the list.")
	if after := v.sb.AWS.Roles(aws.AccountGmail); len(after) != len(before) || after[1].Trust != before[1].Trust {
		t.Errorf("something was changed: %+v", after)
	}
	for _, path := range []string{at + "/do/fly", gmail + "/roles/Nobody/do/delete", gmail + "/do/open", "/aws/000000000000/do/close", gmail + "/buckets/b/do/delete"} {
		if resp := v.answer(httptest.NewRequest(http.MethodPost, path, nil)); resp.StatusCode != http.StatusNotFound {
			t.Errorf("POST %s: %d", path, resp.StatusCode)
		}
	}
}

func TestARoleAndAnAccountShowWhereTheyBelong(t *testing.T) {
	v := visit(t, quick)
	const id = "123412341234"
	if err := v.sb.AWS.AddAccountIn(aws.China, id, "Beijing"); err != nil {
		t.Fatal(err)
	}
	says(t, v.get("/aws", http.StatusOK), "Beijing aws-cn "+id, "Management management account aws-cn")
	says(t, v.get("/aws/"+id, http.StatusOK), "Status Active", "Partition aws-cn", "Member account")
	says(t, v.get("/aws/"+id+"/roles/"+aws.AccessRole, http.StatusOK), "Path /", "Permissions boundary Not set", "arn:aws-cn:iam::"+id)
	page := v.does("/aws/"+id+"/roles/"+aws.AccessRole, "attach", "arn:aws-cn:iam::aws:policy/ReadOnlyAccess")
	says(t, page, "ReadOnlyAccess is attached", "arn:aws-cn:iam::aws:policy/ReadOnlyAccess")

	key := v.furnish(aws.AccountGmail)
	says(t, v.get(gmail, http.StatusOK), "Partition aws ", "OktaSSOuser key "+key.ID+" Active last used: Never")
	says(t, v.get(gmail+"/stacks/us-east-1/sign-on", http.StatusOK), "Drift status NOT_CHECKED")
	if err := v.sb.AWS.DeleteRole(aws.AccountGmail, "Reader"); err != nil {
		t.Fatal(err)
	}
	if err := v.account(aws.AccountGmail).DetectDrift(t.Context(), v.sb.AWS.Stacks(aws.AccountGmail)[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := v.sb.AWS.Wait(t.Context(), func() bool { return v.sb.AWS.Stacks(aws.AccountGmail)[0].Drift == "DRIFTED" }); err != nil {
		t.Fatal(err)
	}
	says(t, v.get(gmail, http.StatusOK), "sign-on CREATE_COMPLETE DRIFTED")
	says(t, v.get(gmail+"/stacks", http.StatusOK), "sign-on CREATE_COMPLETE DRIFTED us-east-1")
}
