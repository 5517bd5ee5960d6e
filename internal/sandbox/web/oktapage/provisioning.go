package oktapage

import (
	"net/http"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// parts of the Provisioning tab, as its list Settings has them
// (https://help.okta.com/en/prod/Content/Topics/Provisioning/lcm/lcm-provision-application.htm) [D]. The fields and
// buttons in them have the labels, and the order, of
// https://help.okta.com/en-us/content/topics/deploymentguides/aws/aws-configure-aws-app.htm [D]; the sentences between
// them are the sandbox's own.
var parts = map[string]string{"to-app": "To App", "to-okta": "To Okta", "integration": "Integration"}

// provisioning shows the Provisioning tab. While the API integration is off, there is the button to configure it
// alone; once it is on, To App comes first [C].
func (p pages) provisioning(w http.ResponseWriter, r *http.Request, a okta.Application) {
	part := r.PathValue("part")
	if part == "" {
		part = "to-app"
	}
	name, ok := parts[part]
	if !ok {
		p.missing(w, "The Provisioning tab has no part "+part+".", pathOf(a.ID)+"/provisioning")
		return
	}
	if !a.Provisioning.Enabled {
		part, name = "integration", parts["integration"]
	}
	p.render(w, http.StatusOK, "provisioning", a.Label+" · Provisioning · "+name, struct {
		onTab
		Part string
		Edit bool
	}{p.onTab(r, a, "provisioning"), part, r.FormValue("edit") != ""})
}
