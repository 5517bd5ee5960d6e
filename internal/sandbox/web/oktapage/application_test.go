package oktapage_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

func TestApplicationsAreFoundByLabelAndStatus(t *testing.T) {
	v := visit(t)
	v.application("Gmail-AWS-Account")
	v.sb.Okta.AddApplication(okta.NewApplication{Label: "Retired", Inactive: true})
	for path, want := range map[string]struct{ says, not []string }{
		"/okta/admin/apps":                   {[]string{"Gmail-AWS-Account", okta.LegacyLabel, okta.ConsoleLabel, "Active 3", "Inactive 1"}, []string{"Retired"}},
		"/okta/admin/apps?q=gmail":           {[]string{"Gmail-AWS-Account", "Active 1", "Inactive 0"}, []string{okta.LegacyLabel}},
		"/okta/admin/apps?status=INACTIVE":   {[]string{"Retired"}, []string{"Gmail-AWS-Account"}},
		"/okta/admin/apps?q=%22%3E%3Cb%3Eno": {[]string{`No active application has “"><b>no” in its label`, "Show all"}, []string{okta.LegacyLabel}},
	} {
		page := v.get(path, http.StatusOK)
		says(t, page, want.says...)
		saysNot(t, page, want.not...)
	}
}

func TestTabsShowTheApplicationInOktasWords(t *testing.T) {
	v := visit(t)
	id := v.application("Gmail-AWS-Account")
	plugin := ""
	for _, a := range v.sb.Okta.Applications() {
		if a.Label == okta.ConsoleLabel {
			plugin = a.ID
		}
	}
	a, _ := v.sb.Okta.Application(id)
	for path, want := range map[string][]string{
		id + "/general": {"General Sign On Provisioning Assignments", "Application label Gmail-AWS-Account", "Active", "managed-by: oktaws", "none: provisioning is off"},
		id + "/sign-on": {"Identity Provider ARN (Required only for SAML SSO) " + provider, "Session Duration (Required only for SAML SSO) 3600 seconds",
			"Join all roles Off", "Use Group Mapping Off", "App Filter okta", `Group Filter aws_(?{{accountid}}\d+)`, "Role Value Pattern arn:aws:iam::${accountid}", a.SigningKeyID, "Look at it in AWS"},
		id + "/assignments":     {"No groups are assigned to Gmail-AWS-Account"},
		plugin + "/sign-on":     {"Nobody can sign on to AWS", "no signing certificate", "Identity Provider ARN (Required only for SAML SSO) not set"},
		plugin + "/assignments": {"No groups are assigned"},
	} {
		says(t, v.get("/okta/admin/apps/"+path, http.StatusOK), want...)
	}
	if page := v.get("/okta/admin/apps/"+id+"/sign-on", http.StatusOK); !strings.Contains(page, `href="/aws/`+account+`/providers/Okta"`) {
		t.Error("there is no link to the provider in AWS")
	}
}

func TestViewIdPMetadataIsOktasOwn(t *testing.T) {
	v := visit(t)
	id := v.application("Gmail-AWS-Account")
	page := v.get("/okta/admin/apps/"+id+"/sign-on", http.StatusOK)
	if !strings.Contains(page, `href="/okta/admin/apps/`+id+`/metadata?kid=`) {
		t.Fatal("there is no link to the metadata")
	}
	resp, text := v.answer(httptest.NewRequest(http.MethodGet, "/okta/admin/apps/"+id+"/metadata", nil))
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/xml") || !strings.Contains(text, "<md:EntityDescriptor") {
		t.Errorf("got %s: %s", resp.Status, text)
	}
}

func TestWhatThereIsNotIsSaidWithAWayOn(t *testing.T) {
	v := visit(t)
	id := v.application("Gmail-AWS-Account")
	for path, want := range map[string][2]string{
		"/okta/admin/apps/0oanone/provisioning":            {"There is no application 0oanone", "/okta/admin/apps"},
		"/okta/admin/apps/0oanone":                         {"There is no application 0oanone", "/okta/admin/apps"},
		"/okta/admin/apps/" + id + "/import":               {"An application has no tab import", "/okta/admin/apps/" + id + "/general"},
		"/okta/admin/apps/" + id + "/provisioning/what":    {"has no part what", "/okta/admin/apps/" + id + "/provisioning"},
		"/okta/admin/groups/00gnone":                       {"There is no group 00gnone", "/okta/admin/groups"},
		"/okta/people/nobody@example.com/dashboard":        {"nobody with the login nobody@example.com", "/okta/admin/people"},
		"/okta/people/nobody@example.com/apps/" + id:       {"nobody with the login nobody@example.com", "/okta/admin/people"},
		"/okta/admin/reports":                              {"no page /okta/admin/reports", "/okta/admin/apps"},
		"/okta/admin/apps/%3Cscript%3E/general":            {"There is no application <script>", "/okta/admin/apps"},
		"/okta/admin/apps/" + id + "/provisioning/refresh": {"has no part refresh", "/okta/admin/apps/" + id + "/provisioning"},
	} {
		page := v.get(path, http.StatusNotFound)
		says(t, page, want[0])
		if !strings.Contains(page, `<a href="`+want[1]+`">`) {
			t.Errorf("%s: no way on to %s", path, want[1])
		}
	}
	for from, to := range map[string]string{"/okta": "/okta/admin/apps", "/okta/admin/apps/" + id: "/okta/admin/apps/" + id + "/general"} {
		resp, _ := v.answer(httptest.NewRequest(http.MethodGet, from, nil))
		if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != to {
			t.Errorf("%s leads to %s (%d)", from, resp.Header.Get("Location"), resp.StatusCode)
		}
	}
}

func TestHostileNamesAreTextOnEveryPage(t *testing.T) {
	v := visit(t)
	const hostile = `"><script>alert(1)</script>`
	id := v.sb.Okta.AddApplication(okta.NewApplication{Label: hostile, Note: hostile, Settings: map[string]any{"identityProviderArn": hostile, "groupFilter": hostile}})
	v.sb.Okta.AddUser("o'hara+x/y@example.com", hostile, hostile)
	group := v.sb.Okta.AddGroup(hostile, hostile, "o'hara+x/y@example.com")
	v.assign(id, group, "")
	person := "/okta/people/o'hara+x%2Fy@example.com"
	for _, path := range []string{
		"/okta/admin/apps", "/okta/admin/apps/" + id + "/general", "/okta/admin/apps/" + id + "/sign-on", "/okta/admin/apps/" + id + "/provisioning",
		"/okta/admin/apps/" + id + "/provisioning/integration?edit=1", "/okta/admin/apps/" + id + "/assignments", "/okta/admin/groups",
		"/okta/admin/apps/" + id + "/general?edit=1", "/okta/admin/apps/" + id + "/sign-on?edit=1", "/okta/admin/apps/" + id + "/assignments/groups",
		"/okta/admin/apps/" + id + "/assignments/" + group, "/okta/tile/" + id, "/okta/admin/groups/" + group + "?edit=1", "/okta/admin/groups/" + group, "/okta/admin/people", person + "/dashboard", person + "/apps/" + id,
	} {
		page := v.get(path, http.StatusOK)
		if strings.Contains(page, "<script>alert") {
			t.Errorf("%s runs what it is called", path)
		}
		if !strings.Contains(words(page), hostile) && !strings.Contains(page, "appForm") {
			t.Errorf("%s does not name it:\n%s", path, words(page))
		}
	}
}
