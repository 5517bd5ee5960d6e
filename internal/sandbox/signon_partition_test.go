package sandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// linkIn links an account of another partition by group names, to an application that signs on to the address for the
// audience; for none, the address is its setting ACS URL, as oktaws sets it, and the audience is Okta's choice.
func linkIn(t *testing.T, partition, address, audience string) (w *linked, provider, role string) {
	t.Helper()
	const account = "123412341234"
	sb, clock := still(t)
	w = &linked{Sandbox: sb, t: t, clock: clock}
	provider, role = "arn:"+partition+":iam::"+account+":saml-provider/Okta", "arn:"+partition+":iam::"+account+":role/Administrator"
	w.app = sb.Okta.AddApplication(okta.NewApplication{Label: "Elsewhere", Settings: map[string]any{
		"useGroupMapping": true, "groupFilter": `aws_(?{{accountid}}\d+)_(?{{role}}[a-zA-Z]+)`,
		"roleValuePattern": strings.Replace(provider, account, "${accountid}", 1) + "," + strings.NewReplacer(account, "${accountid}", "Administrator", "${role}").Replace(role),
	}})
	if audience == "" {
		w.no(sb.Okta.SetSetting(w.app, "overrideAcsURL", address))
	} else {
		w.okta(http.MethodPut, "/api/v1/apps/"+w.app, map[string]any{"name": "amazon_aws", "label": "Elsewhere", "signOnMode": "SAML_2_0", "settings": map[string]any{
			"app": w.settings(), "signOn": map[string]any{"ssoAcsUrlOverride": address, "audienceOverride": audience},
		}})
	}
	w.okta(http.MethodPut, "/api/v1/apps/"+w.app+"/groups/"+sb.Okta.AddGroup("aws_"+account+"_Administrator", "", okta.TestUserLogin), map[string]any{})
	w.no(sb.AWS.AddAccountIn(partition, account, "Elsewhere"))
	w.no(sb.AWS.MakeProvider(account, "Okta", w.metadata(w.app), nil))
	trust := strings.Replace(trusting(provider), aws.SignInURL, aws.SignInURLIn(partition), 1)
	w.no(sb.AWS.MakeRole(account, "Administrator", trust, "arn:"+partition+":iam::aws:policy/AdministratorAccess"))
	return w, provider, role
}

func (w *linked) settings() map[string]any {
	app, _ := w.Okta.Application(w.app)
	return app.Settings
}

func TestSignOnToAnotherPartition(t *testing.T) {
	for partition, urn := range map[string]string{aws.USGov: "urn:amazon:webservices:govcloud", aws.China: "urn:amazon:webservices:cn-north-1"} {
		t.Run(partition, func(t *testing.T) {
			address := aws.SignInURLIn(partition)
			for _, audience := range []string{"", urn, address} {
				w, provider, role := linkIn(t, partition, address, audience)
				on, err := w.Okta.SignOn(okta.TestUserLogin, w.app)
				w.no(err)
				c := w.opened(w.post("/saml", url.Values{"SAMLResponse": {on.Response}}))
				if c.RoleARN != role || c.Account.Partition != partition || !strings.HasPrefix(c.ARN, "arn:"+partition+":sts::") {
					t.Errorf("the console is %+v", c)
				}
				if ok, why := w.AWS.May(c.ID, "iam:CreateUser", "*"); !ok {
					t.Errorf("the administrator may not make users: %s", why)
				}
				out, err := w.assume(on.Response, role, func(in *sts.AssumeRoleWithSAMLInput) { in.PrincipalArn = &provider })
				w.no(err)
				if *out.Audience != address || !strings.HasPrefix(*out.AssumedRoleUser.Arn, "arn:"+partition+":sts::") {
					t.Errorf("STS answers with %s for %s", *out.AssumedRoleUser.Arn, *out.Audience)
				}
			}
		})
	}
}

func TestSignOnIsRefusedForAnotherPartition(t *testing.T) {
	gov := aws.SignInURLIn(aws.USGov)
	for _, c := range []struct{ name, address, audience, words, cause string }{
		{"another's address", aws.SignInURL, gov, badResponse, "The response's destination is " + aws.SignInURL + " and not " + gov},
		{"another's audience", gov, "urn:amazon:webservices", "Response does not contain the required audience", "The audience is urn:amazon:webservices; AWS is urn:amazon:webservices:govcloud or " + gov},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, provider, role := linkIn(t, aws.USGov, c.address, c.audience)
			on, err := w.Okta.SignOn(okta.TestUserLogin, w.app)
			w.no(err)
			w.refusedByPage(on.Response, c.words, c.cause)
			_, err = w.assume(on.Response, role, func(in *sts.AssumeRoleWithSAMLInput) { in.PrincipalArn = sdk.String(provider) })
			if err == nil || !strings.Contains(err.Error(), c.cause) {
				t.Errorf("STS answers %v", err)
			}
		})
	}
}
