package oktapage_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// The person's step, by what stands on the pages alone: from the link in the message to what oktaws looks for.
func TestPersonTakesTheStepFromTheLinkToTheTicks(t *testing.T) {
	v := visit(t)
	key := v.key()
	id := v.application("Gmail-AWS-Account")

	page := v.get("/okta/admin/apps/"+id+"/provisioning", 200)
	says(t, page, "okta-admin@example.com", "Provisioning is not enabled")
	saysNot(t, page, "To App")
	page = v.follow(page, "Configure API Integration")
	says(t, page, "Enable API integration", "Access Key", "Secret Key")

	entered := v.form(page, "integration").fill(map[string]string{"enabled": "on", "accessKey": key.ID, "secretKey": key.Reveal()})
	page = entered.press("Test API Credentials")
	says(t, part(t, page, "outcome"), "AWS Account Federation was verified successfully!")
	if a, _ := v.sb.Okta.Application(id); a.Provisioning.Enabled {
		t.Fatal("Test API Credentials has saved the key")
	}
	page = entered.press("Save")
	says(t, page, "was verified successfully!", "To App", "To Okta", "Integration", "Provisioning to App", "None yet")

	page = v.follow(page, "Edit provisioning to app")
	page = v.form(page, "to-app-edit").fill(map[string]string{"createUsers": "on", "updateAttributes": "on"}).press("Save")
	says(t, part(t, page, "roles"), "Administrator", "Imported")
	a, _ := v.sb.Okta.Application(id)
	if want := []string{"PUSH_NEW_USERS", "PUSH_PROFILE_UPDATES"}; !slices.Equal(a.Features, want) {
		t.Errorf("features are %v, not %v", a.Features, want)
	}

	v.role("Reader")
	page = v.form(page, "refresh").press("Refresh Application Data")
	says(t, part(t, page, "roles"), "Administrator", "Reader")

	page = v.follow(page, "Integration")
	says(t, page, "Access Key "+key.ID)
	page = v.form(v.follow(page, "Edit the integration"), "integration").press("Test API Credentials") // as it is: the saved key
	says(t, part(t, page, "outcome"), "was verified successfully!")
	page = v.follow(page, "Cancel editing the integration")
	page = v.form(v.follow(page, "Edit the integration"), "integration").press("Save") // as it is
	says(t, part(t, page, "outcome"), "was verified successfully!")
	v.form(v.get("/okta/admin/apps/"+id+"/provisioning/integration?edit=1", 200), "integration").fill(map[string]string{"enabled": ""}).press("Save")
	says(t, v.get("/okta/admin/apps/"+id+"/provisioning", 200), "Provisioning is not enabled")

	if strings.Contains(v.all.String(), key.Reveal()) {
		t.Error("a page has the secret in it")
	}
	var steps []string
	for _, c := range v.sb.Hub.Calls(0) {
		if c.Service == "okta" && c.Subject == id {
			steps = append(steps, c.Operation)
		}
	}
	if want := []string{"console.testCredentials", "console.apiIntegration", "console.toApp", "console.refresh", "console.testCredentials", "console.apiIntegration", "console.apiIntegration"}; !slices.Equal(steps, want) {
		t.Errorf("the wire log has %v, not %v", steps, want)
	}
}

func TestKeyThatAWSRefusesIsRefusedInRedAndNothingIsSaved(t *testing.T) {
	v := visit(t)
	key := v.key()
	id := v.application("Gmail-AWS-Account")
	const other = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	for name, c := range map[string]struct {
		entered map[string]string
		want    []string
	}{
		"another secret": {map[string]string{"accessKey": key.ID, "secretKey": other}, []string{"Cannot connect. Please ensure all details are set correctly.", "SignatureDoesNotMatch", "the secret key is another one's"}},
		"unknown key":    {map[string]string{"accessKey": "AKIAIOSFODNN7EXAMPLE", "secretKey": other}, []string{"Cannot connect.", "InvalidClientTokenId", "takes some seconds"}},
		"no secret":      {map[string]string{"accessKey": key.ID}, []string{"Enter the access key and the secret key."}},
		"markup":         {map[string]string{"accessKey": "<img src=x>", "secretKey": "<script>"}, []string{"Cannot connect."}},
	} {
		for _, button := range []string{"Test API Credentials", "Save"} {
			t.Run(name+", "+button, func(t *testing.T) {
				f := v.form(v.get("/okta/admin/apps/"+id+"/provisioning/integration?edit=1", 200), "integration")
				page := f.fill(map[string]string{"enabled": "on"}).fill(c.entered).press(button)
				says(t, page, c.want...)
				if !strings.Contains(page, `class="refused" role="alert"`) {
					t.Error("the refusal is not in red")
				}
				v.form(page, "integration") // is still there to be corrected
				if a, _ := v.sb.Okta.Application(id); a.Provisioning.Enabled {
					t.Error("the key is saved")
				}
			})
		}
	}
	for _, never := range []string{other, key.Reveal(), "<script>", "<img src"} {
		if strings.Contains(v.all.String(), never) {
			t.Errorf("a page has %s in it", never)
		}
	}
}

func TestFaultOfOktaIsShownWithItsReason(t *testing.T) {
	v := visit(t)
	id := v.application("Gmail-AWS-Account")
	for name, c := range map[string]struct {
		fault wire.Fault
		want  string
	}{
		"away":    {wire.Fault{Status: 503}, "Okta answered 503 Service Unavailable."},
		"refused": {wire.Fault{Status: 400, Message: "Not today."}, "Not today. Okta answered 400 Bad Request."},
		"mute":    {wire.Fault{Cut: "before"}, "Okta does not answer."},
		"limit":   {wire.Fault{Status: 429}, "Okta answered 429 Too Many Requests."},
	} {
		t.Run(name, func(t *testing.T) {
			c.fault.Operation, c.fault.Times = "console.*", 1
			v.sb.Hub.Add(c.fault)
			f := v.form(v.get("/okta/admin/apps/"+id+"/provisioning/integration?edit=1", 200), "integration")
			page := f.fill(map[string]string{"enabled": "on", "accessKey": "AKIAIOSFODNN7EXAMPLE", "secretKey": "x"}).press("Save")
			says(t, part(t, page, "outcome"), c.want)
		})
	}
}

func TestRefreshOfTheListImportsForEveryApplicationWithProvisioning(t *testing.T) {
	v := visit(t)
	page := v.form(v.get("/okta/admin/apps", 200), "refresh-all").press("Refresh Application Data")
	says(t, part(t, page, "outcome"), "nothing to refresh")

	key := v.key()
	id := v.application("Gmail-AWS-Account")
	for step, body := range map[string]any{"api-integration": map[string]any{"enabled": true, "accessKey": key.ID, "secretKey": key.Reveal()}} {
		if status, answer, err := v.sb.Console(t.Context(), id, step, body); err != nil || status != 200 {
			t.Fatalf("%s: %d %s (%v)", step, status, answer, err)
		}
	}
	page = v.form(v.get("/okta/admin/apps", 200), "refresh-all").press("Refresh Application Data")
	says(t, part(t, page, "outcome"), "is refreshed: Gmail-AWS-Account.")
}

func TestApplicationWithoutProvisioningHasNothingToRefreshYet(t *testing.T) {
	v := visit(t)
	id := v.application("Gmail-AWS-Account")
	page := v.get("/okta/admin/apps/"+id+"/general", 200)
	if f := v.form(page, "refresh"); !strings.Contains(f.html, "disabled") {
		t.Errorf("the button is not off: %s", f.html)
	}
	says(t, page, "Enable API integration first.")
}
