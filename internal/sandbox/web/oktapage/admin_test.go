package oktapage_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// saved is an application's setting as Okta has it.
func (v *visitor) saved(app, key string) string {
	v.t.Helper()
	a, ok := v.sb.Okta.Application(app)
	if !ok {
		v.t.Fatalf("there is no application %s", app)
	}
	return fmt.Sprint(a.Settings[key])
}

// click signs the test user on by the tile, and returns what AWS says: the role that they are in, as there is one, or
// why not.
func (v *visitor) click(app string) string {
	v.t.Helper()
	page := v.get("/okta/people/"+okta.TestUserLogin+"/apps/"+app, http.StatusOK)
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.PostForm(v.sb.AWSURL+"/saml", v.form(page, "appForm").fields)
	if err != nil {
		v.t.Fatal(err)
	}
	_ = resp.Body.Close()
	to := resp.Header.Get("Location")
	if session, in := strings.CutPrefix(to, "/aws/console/"); in {
		c, _ := v.sb.AWS.Console(session)
		return "in as " + c.RoleARN
	}
	on, _ := v.sb.AWS.SignIn(strings.TrimPrefix(to, "/aws/sign-in/"))
	said := on.Refused
	for _, role := range on.Roles {
		said += " " + role.ARN + ": " + role.Refused
	}
	return said
}

// linked is an application with a group that has the role Administrator, which the test user is in.
func (v *visitor) linked() (app, group string) {
	v.t.Helper()
	app = v.application("Gmail-AWS-Account")
	v.provision(app)
	v.trust(app)
	group = v.sb.Okta.AddGroup("Gmail-Admins", "", okta.TestUserLogin)
	v.assign(app, group, `"Administrator"`)
	return app, group
}

// trust gives AWS the metadata of the application.
func (v *visitor) trust(app string) {
	v.t.Helper()
	if err := v.aws().UpdateProvider(v.t.Context(), provider, v.get("/okta/admin/apps/"+app+"/metadata", http.StatusOK)); err != nil {
		v.t.Fatal(err)
	}
	v.clock.Advance(time.Minute) // new metadata are not known at once
}

func TestNewCertificateIsNoGoodInAWSBeforeItsMetadataIsThere(t *testing.T) {
	v := visit(t)
	app, _ := v.linked()
	if said := v.click(app); !strings.HasPrefix(said, "in as ") {
		t.Fatalf("AWS says %s", said)
	}
	page := v.form(v.get("/okta/admin/apps/"+app+"/sign-on", http.StatusOK), "generate").press("Generate new certificate")
	certificates := v.sb.Okta.Certificates(app)
	if len(certificates) != 2 || !certificates[0].Active || certificates[1].Active {
		t.Fatalf("the certificates are %+v", certificates)
	}
	first, second := certificates[0], certificates[1]
	says(t, part(t, page, "outcome"), "There is a new certificate, "+second.KeyID)
	says(t, part(t, page, "key-"+first.KeyID), "SHA-2", first.Fingerprint, first.Expires.Format("2 Jan 2006"), "Active View IdP metadata")
	says(t, part(t, page, "key-"+second.KeyID), second.Fingerprint, "Inactive View IdP metadata Activate")
	if said := v.click(app); !strings.HasPrefix(said, "in as ") {
		t.Errorf("a certificate that is not in use is in the way: %s", said)
	}

	page = v.form(page, "activate-"+second.KeyID).press("Activate")
	says(t, part(t, page, "key-"+second.KeyID), "Active")
	says(t, part(t, page, "key-"+first.KeyID), "Inactive")
	if said := v.click(app); !strings.Contains(said, "Response signature invalid") {
		t.Errorf("AWS takes the new certificate without its metadata: %s", said)
	}
	if !strings.Contains(page, `/metadata?kid=`+second.KeyID+`"`) {
		t.Error("there is no link to the new certificate's metadata")
	}
	v.trust(app)
	if said := v.click(app); !strings.HasPrefix(said, "in as ") {
		t.Errorf("with its metadata AWS says %s", said)
	}
	for _, operation := range []string{"generateApplicationKey", "replaceApplication"} {
		if !slices.Contains(v.operations(app), operation) {
			t.Errorf("the wire log has no %s", operation)
		}
	}
}

// operations are the calls about an application.
func (v *visitor) operations(app string) (all []string) {
	for _, c := range v.sb.Hub.Calls(0) {
		if c.Service == "okta" && c.Subject == app {
			all = append(all, c.Operation)
		}
	}
	return all
}

func TestSignOnSettingIsChangedAndTheRestStays(t *testing.T) {
	v := visit(t)
	app := v.application("Gmail-AWS-Account")
	before, _ := v.sb.Okta.Application(app)
	edit := v.follow(v.get("/okta/admin/apps/"+app+"/sign-on", http.StatusOK), "Edit sign-on settings")
	page := v.form(edit, "sign-on").fill(map[string]string{"sessionDuration": "7200", "joinAllRoles": "on", "overrideAcsURL": "https://example.com/saml"}).press("Save")
	says(t, page, "Your changes are saved.", "7200 seconds", "Join all roles On", "https://example.com/saml")
	after, _ := v.sb.Okta.Application(app)
	for key, want := range before.Settings {
		switch key {
		case "sessionDuration", "joinAllRoles", "overrideAcsURL":
			continue
		}
		if fmt.Sprint(after.Settings[key]) != fmt.Sprint(want) {
			t.Errorf("%s is %v, not %v", key, after.Settings[key], want)
		}
	}
	if after.Note != before.Note || after.Label != before.Label || after.SigningKeyID != before.SigningKeyID {
		t.Errorf("the application is %+v, not %+v", after, before)
	}
	v.form(v.get("/okta/admin/apps/"+app+"/sign-on?edit=1", http.StatusOK), "sign-on").fill(map[string]string{"overrideAcsURL": ""}).press("Save")
	if v.saved(app, "overrideAcsURL") != "<nil>" || v.saved(app, "joinAllRoles") != "true" {
		t.Errorf("the address is %s, Join all roles %s", v.saved(app, "overrideAcsURL"), v.saved(app, "joinAllRoles"))
	}
}

func TestSignOnSettingsThatOktaRefusesAreNotSaved(t *testing.T) {
	v := visit(t)
	app := v.application("Gmail-AWS-Account")
	for text, want := range map[string]string{"12": "between 3600 and 43200", "an hour": "must be a whole number"} {
		page := v.form(v.get("/okta/admin/apps/"+app+"/sign-on?edit=1", http.StatusOK), "sign-on").fill(map[string]string{"sessionDuration": text}).press("Save")
		says(t, part(t, page, "outcome"), "settings.app.sessionDuration: The value", want, "Okta answered 400 Bad Request")
		if f := v.form(page, "sign-on"); !strings.Contains(page, `class="refused" role="alert"`) || f.fields.Get("sessionDuration") != "3600" {
			t.Error("the form is not there in red to be corrected")
		}
	}
	v.form(v.get("/okta/admin/apps/"+app+"/general", http.StatusOK), "set-status").press("Deactivate")
	page := v.form(v.get("/okta/admin/apps/"+app+"/sign-on?edit=1", http.StatusOK), "sign-on").press("Save")
	says(t, part(t, page, "outcome"), "No active instances.")
}

// A wrong setting shows in what AWS is told.
func TestWrongRoleValuePatternIsSeenInAWS(t *testing.T) {
	v := visit(t)
	app, group := v.linked()
	v.sb.Okta.AddGroup("aws#gmail#Administrator#"+account, "", okta.TestUserLogin)
	v.assign(app, group, "")
	mapping := map[string]string{"useGroupMapping": "on", "groupFilter": `^aws\#\S+\#(?{{role}}[\w\-]+)\#(?{{accountid}}\d+)$`,
		"roleValuePattern": "arn:aws:iam::${accountid}:saml-provider/Okta,arn:aws:iam::${accountid}:role/${role}"}
	save := func() {
		v.form(v.get("/okta/admin/apps/"+app+"/sign-on?edit=1", http.StatusOK), "sign-on").fill(mapping).press("Save")
	}
	save()
	if said := v.click(app); !strings.HasPrefix(said, "in as ") {
		t.Errorf("AWS says %s", said)
	}
	says(t, v.get("/okta/admin/apps/"+app+"/assignments", http.StatusOK), "Use Group Mapping is on")
	mapping["roleValuePattern"] = "arn:aws:iam::${accountid}:saml-provider/OKTA,arn:aws:iam::${accountid}:role/${role}"
	save()
	if said := v.click(app); !strings.Contains(said, "saml-provider/OKTA") {
		t.Errorf("AWS does not mind a provider that is not there: %s", said)
	}
}

func TestApplicationMadeByHandGetsSAMLAndACertificate(t *testing.T) {
	v := visit(t)
	id := v.sb.Okta.AddApplication(okta.NewApplication{Label: "By hand", Console: true})
	page := v.form(v.get("/okta/admin/apps/"+id+"/sign-on?edit=1", http.StatusOK), "sign-on").fill(map[string]string{"signOnMode": "SAML_2_0"}).press("Save")
	certificates := v.sb.Okta.Certificates(id)
	if len(certificates) != 1 || !certificates[0].Active {
		t.Fatalf("the certificates are %+v", certificates)
	}
	says(t, page, "SAML 2.0 (chosen)", certificates[0].KeyID)
}

func TestGroupIsAssignedWithItsRolesByHand(t *testing.T) {
	v := visit(t)
	app, admins := v.linked()
	v.role("Reader")
	v.form(v.get("/okta/admin/apps/"+app+"/provisioning", http.StatusOK), "refresh").press("Refresh Application Data")
	readers := v.sb.Okta.AddGroup("Gmail-Readers", "Who looks")
	page := v.follow(v.get("/okta/admin/apps/"+app+"/assignments", http.StatusOK), "Assign to Groups")
	says(t, page, "Gmail-Readers Who looks")
	saysNot(t, page, "Gmail-Admins")
	page = v.follow(page, "Assign Gmail-Readers")
	says(t, page, "Administrator Reader")
	page = v.form(page, "assignment").fill(map[string]string{"role": "Reader"}).press("Save and Go Back")
	says(t, part(t, page, "outcome"), "Gmail-AWS-Account is assigned to Gmail-Readers.")
	saysNot(t, page, "Assign Gmail-Readers")
	page = v.follow(page, "Done")
	says(t, part(t, page, "assignment-"+readers), "1 Gmail-Readers 0 people Reader")

	page = v.follow(page, "Edit the assignment to Gmail-Readers")
	f := v.form(page, "assignment")
	if got := f.fields["role"]; !slices.Equal(got, []string{"Reader"}) {
		t.Errorf("the roles ticked are %v", got)
	}
	refused := f.fill(map[string]string{"priority": "first"}).press("Save")
	says(t, part(t, refused, "outcome"), "The priority must be a whole number")
	page = f.fill(map[string]string{"priority": "7", "role": "Administrator"}).press("Save")
	says(t, part(t, page, "assignment-"+readers), "7 Gmail-Readers 0 people Administrator")

	page = v.form(page, "unassign-"+admins).press("Remove")
	says(t, part(t, page, "outcome"), "Gmail-AWS-Account is no longer assigned to Gmail-Admins.")
	if left := v.sb.Okta.Assignments(app); len(left) != 1 || left[0].GroupID != readers {
		t.Errorf("the assignments are %+v", left)
	}
	if tiles := v.sb.Okta.Tiles(okta.TestUserLogin); len(tiles) != 0 {
		t.Errorf("the test user still has %+v", tiles)
	}
}

func TestAssignmentBeforeTheTicksHasNoRolesToChoose(t *testing.T) {
	v := visit(t)
	app := v.application("Gmail-AWS-Account")
	group := v.sb.Okta.AddGroup("Gmail-Admins", "")
	page := v.get("/okta/admin/apps/"+app+"/assignments/"+group, http.StatusOK)
	says(t, page, "There are none to choose yet.")
	page = v.form(page, "assignment").press("Save and Go Back")
	says(t, part(t, page, "outcome"), "is assigned to Gmail-Admins.")
	page = v.post("/okta/admin/apps/"+app+"/assignments/"+group, url.Values{"role": {"Administrator"}, "priority": {"0"}})
	says(t, part(t, page, "outcome"), "Property 'samlRoles' not found")
}

func TestApplicationIsDeactivatedActivatedAndDeleted(t *testing.T) {
	v := visit(t)
	app, _ := v.linked()
	general := "/okta/admin/apps/" + app + "/general"
	page := v.form(v.get(general, http.StatusOK), "set-status").press("Deactivate")
	says(t, part(t, page, "outcome"), "Gmail-AWS-Account is inactive")
	if tiles := v.sb.Okta.Tiles(okta.TestUserLogin); len(tiles) != 0 {
		t.Errorf("the test user still has %+v", tiles)
	}
	page = v.form(page, "set-status").press("Activate")
	says(t, part(t, page, "outcome"), "Gmail-AWS-Account is active")
	page = v.post("/okta/admin/apps/"+app+"/status", url.Values{"to": {"delete"}})
	says(t, part(t, page, "outcome"), "The application must be deactivated before deletion.")
	page = v.form(page, "set-status").press("Deactivate")
	page = v.form(page, "set-status").press("Delete")
	says(t, page, "Gmail-AWS-Account is deleted.", "Active 2")
	if _, there := v.sb.Okta.Application(app); there {
		t.Error("it is still there")
	}
}

func TestLabelAndNotesAreAnAdminsToChange(t *testing.T) {
	v := visit(t)
	app := v.application("Gmail-AWS-Account")
	page := v.follow(v.get("/okta/admin/apps/"+app+"/general", http.StatusOK), "Edit app settings")
	f := v.form(page, "general")
	if f.fields.Get("note") != "managed-by: oktaws" {
		t.Errorf("the form has the notes %q", f.fields.Get("note"))
	}
	page = f.fill(map[string]string{"label": " Mail ", "note": "Mine\nnow"}).press("Save")
	says(t, page, "Your changes are saved.", "Application label Mail", "Mine now")
	page = v.form(v.follow(page, "Edit app settings"), "general").fill(map[string]string{"label": ""}).press("Save")
	says(t, part(t, page, "outcome"), "label: The field cannot be left blank")
	if a, _ := v.sb.Okta.Application(app); a.Label != "Mail" {
		t.Errorf("the label is %q", a.Label)
	}
}

func TestGroupIsRenamed(t *testing.T) {
	v := visit(t)
	group := v.sb.Okta.AddGroup("Gmail-Admins", "Who runs it", okta.TestUserLogin)
	page := v.follow(v.get("/okta/admin/groups/"+group, http.StatusOK), "Edit group")
	page = v.form(page, "group-edit").fill(map[string]string{"name": "Mail-Admins"}).press("Save")
	says(t, page, "Your changes are saved.", "Mail-Admins Who runs it", "Test User")
	saysNot(t, page, "Gmail-Admins")
	page = v.form(v.follow(page, "Edit group"), "group-edit").fill(map[string]string{"name": "Engineering"}).press("Save")
	says(t, part(t, page, "outcome"), "An object with this field already exists in the current organization")
	saysNot(t, v.get("/okta/admin/groups/"+v.sb.Okta.Groups()[0].ID+"?edit=1", http.StatusOK), "Edit group")
}

func TestGroupIsDeletedWithItsAssignments(t *testing.T) {
	v := visit(t)
	app := v.application("Gmail-AWS-Account")
	group := v.sb.Okta.AddGroup("Gmail-Admins", "Who runs it", okta.TestUserLogin)
	v.assign(app, group, "")
	page := v.get("/okta/admin/groups/"+group, http.StatusOK)
	says(t, page, "its people lose 1 application.")
	page = v.form(page, "delete-group").press("Delete")
	says(t, part(t, page, "outcome"), "The group Gmail-Admins is deleted.")
	if left := v.sb.Okta.Assignments(app); len(left) != 0 {
		t.Errorf("the assignments are %+v", left)
	}
	everyone := "/okta/admin/groups/" + v.sb.Okta.Groups()[0].ID
	saysNot(t, v.get(everyone, http.StatusOK), "Delete")
	if page = v.post(everyone+"/delete", nil); !strings.Contains(page, `role="alert"`) {
		t.Errorf("a built-in group was deleted: %s", words(page))
	}
}

// What takes something away from people is never done by one press alone.
func TestWhatTakesSomethingAwayIsAskedTwice(t *testing.T) {
	v := visit(t)
	app := v.application("Gmail-AWS-Account")
	group := v.sb.Okta.AddGroup("Gmail-Admins", "")
	v.assign(app, group, "")
	active := v.get("/okta/admin/apps/"+app+"/assignments", http.StatusOK)
	if err := v.sb.Okta.Deactivate(app); err != nil {
		t.Fatal(err)
	}
	for what, page := range map[string]string{
		"sure-deactivate": active, "sure-" + group: active,
		"sure-delete": v.get("/okta/admin/apps/"+app+"/general", http.StatusOK),
		"actions":     v.get("/okta/admin/groups/"+group, http.StatusOK),
	} {
		shut := regexp.MustCompile(`(?s)<details [^>]*id="` + what + `">.*?<button class="danger"`)
		if !shut.MatchString(page) {
			t.Errorf("%s is not asked, or open from the beginning", what)
		}
	}
}

func TestTileLinkAsksWhoIsThere(t *testing.T) {
	v := visit(t)
	app := v.application("Gmail-AWS-Account")
	tile := "/okta/tile/" + app
	says(t, v.get(tile, http.StatusOK), "on nobody's dashboard. No group is assigned to it.")
	group := v.sb.Okta.AddGroup("Gmail-Admins", "")
	v.assign(app, group, "")
	says(t, v.get(tile, http.StatusOK), "Nobody is in a group that is assigned to it.")
	if err := v.sb.Okta.SetMember(group, okta.TestUserLogin, true); err != nil {
		t.Fatal(err)
	}
	page := v.get(tile, http.StatusOK)
	saysNot(t, page, "nobody's dashboard", "Requester")
	says(t, v.follow(page, "Sign in as Test User"), "Signing in to AWS…")
	v.form(v.get("/okta/admin/apps/"+app+"/general", http.StatusOK), "set-status").press("Deactivate")
	says(t, v.get(tile, http.StatusOK), "on nobody's dashboard. It is inactive.")
	plugin := v.sb.Okta.AddApplication(okta.NewApplication{Label: "By hand", Console: true})
	says(t, v.get("/okta/tile/"+plugin, http.StatusOK), "It does not sign people on by SAML.")
	says(t, v.get("/okta/tile/0oanone", http.StatusNotFound), "There is no application 0oanone")
}
