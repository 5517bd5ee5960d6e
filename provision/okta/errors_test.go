package okta

import (
	"net/http"
	"testing"

	"github.com/oktaws/oktaws/store"
)

func TestWhatAnErrorOfOktasMeans(t *testing.T) {
	for _, c := range []struct {
		status          int
		code, cause     string
		kind            store.Kind
		message, remedy string
	}{
		{400, "E0000001", "label: too long", store.Permanent, "said: label: too long (E0000001)", "correct it"},
		{400, "E0000001", "Provisioning is not enabled for the app instance.", store.NeedsPerson, "provisioning isn't enabled", "Provisioning tab"},
		{401, "E0000004", "", store.Denied, "E0000004", "OKTA_CLIENT_TOKEN"},
		{401, "E0000011", "", store.Denied, "E0000011", "OKTA_CLIENT_TOKEN"},
		{401, "E0000015", "", store.Denied, "E0000015", "plan, or the admin role"},
		{403, "E0000006", "", store.Denied, "E0000006", "admin role"},
		{404, "E0000007", "", store.NotFound, "E0000007", ""},
		{404, "E0000008", "", store.Permanent, "E0000008", ""},
		{405, "E0000022", "", store.Permanent, "E0000022", "proxy"},
		{400, "E0000024", "", store.Permanent, "E0000024", "Activate"},
		{403, "E0000038", "", store.Permanent, "E0000038", "Activate"},
		{403, "E0000056", "", store.Conflict, "E0000056", "deactivate it"},
		{403, "E0000075", "", store.Permanent, "E0000075", "mapping"},
		{409, "E0000148", "", store.Conflict, "E0000148", ""},
		{423, "E0000239", "", store.Transient, "E0000239", "by itself"},
		{500, "E0000009", "", store.Transient, "E0000009", "status.okta.com"},
		{503, "E0000010", "", store.Transient, "E0000010", "by itself"},
		{418, "", "", store.Permanent, "said", ""},
	} {
		var causes []string
		if c.cause != "" {
			causes = []string{c.cause}
		}
		o := newOrg(t, map[string]http.HandlerFunc{"POST /api/v1/groups": answers(c.status, oktaError(c.code, "said.", causes...))})
		_, err := o.client(t).CreateGroup(t.Context(), "Staff", "")
		t.Run(c.code, func(t *testing.T) {
			wantProblem(t, err, c.kind, `Couldn't create the Okta group "Staff": `, c.message, c.remedy)
			if n := len(o.received("")); n != 1 {
				t.Errorf("%d calls", n)
			}
		})
	}
}
