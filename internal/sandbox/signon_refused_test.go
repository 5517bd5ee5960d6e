package sandbox_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

// AWS's words.
const (
	badSignature  = "Response signature invalid"
	badResponse   = "Your request included an invalid SAML response"
	notAuthorized = "Not authorized to perform sts:AssumeRoleWithSAML"
	tooLate       = "Token must be redeemed within 5 minutes of issuance"
	tooLong       = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role"
)

// refused checks that a response is refused at both doors, with AWS's words and then the cause: on the sign-in page,
// which offers nothing that can be entered, and by AssumeRoleWithSAML with the code. Fingerprints and times are not compared.
func (w *linked) refused(response, code, words, cause string, change ...func(*sts.AssumeRoleWithSAMLInput)) {
	w.t.Helper()
	w.refusedByPage(response, words, cause)
	w.refusedByAPI(response, code, words, cause, change...)
}

func (w *linked) refusedByPage(response, words, cause string) {
	w.t.Helper()
	in := w.signIn(response)
	if !strings.HasPrefix(in.Refused, words) || !strings.Contains(in.Refused, cause) {
		w.t.Errorf("the sign-in page says\n%q of %+v, want\n%q … %q", in.Refused, in.Roles, words, cause)
	}
	for _, r := range in.Roles {
		if where := w.post("/saml/role", url.Values{"token": {in.Token}, "role": {r.ARN}}); where != "/aws/sign-in/"+in.Token {
			w.t.Errorf("the role %s is entered all the same: %s", r.Role, where)
		}
	}
}

func (w *linked) refusedByAPI(response, code, words, cause string, change ...func(*sts.AssumeRoleWithSAMLInput)) {
	w.t.Helper()
	_, err := w.assume(response, memberRole("Administrator"), change...)
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code || !strings.HasPrefix(e.ErrorMessage(), words) || !strings.Contains(e.ErrorMessage(), cause) {
		w.t.Errorf("AssumeRoleWithSAML answers\n%v, want\n%s: %q … %q", err, code, words, cause)
	}
}

// What is wrong with the objects that linking makes is seen by whoever signs on.
func TestSignOnIsRefusedWithWrongObjects(t *testing.T) {
	policy := func(w *linked, trust string) {
		_, err := w.iam.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: sdk.String("Administrator"), PolicyDocument: &trust})
		w.no(err)
	}
	for name, c := range map[string]struct {
		spoil              func(w *linked)
		code, words, cause string
	}{
		"wrong certificate": {func(w *linked) { w.rotate() },
			"InvalidIdentityToken", badSignature, "; the metadata of the provider " + memberProvider + " hold "},
		"no trust": {func(w *linked) {
			policy(w, strings.ReplaceAll(trusting(memberProvider), "sts:AssumeRoleWithSAML", "sts:TagSession"))
		},
			"AccessDenied", notAuthorized, "The trust policy of the role Administrator does not allow sts:AssumeRoleWithSAML to the provider " + memberProvider + "."},
		"trust in somebody else": {func(w *linked) {
			w.no(w.AWS.MakeProvider(member, "Other", w.metadata(w.app), nil))
			policy(w, trusting(strings.Replace(memberProvider, "/Okta", "/Other", 1)))
		}, "AccessDenied", notAuthorized, "The trust policy of the role Administrator does not name the provider " + memberProvider + " as a Federated principal."},
		"another audience in the trust policy": {func(w *linked) {
			policy(w, strings.Replace(trusting(memberProvider), aws.SignInURL, "https://signin.amazonaws-us-gov.com/saml", 1))
		}, "AccessDenied", notAuthorized, "StringEquals SAML:aud [https://signin.amazonaws-us-gov.com/saml], and SAML:aud is https://signin.aws.amazon.com/saml."},
		"a condition on the person": {func(w *linked) {
			policy(w, strings.Replace(trusting(memberProvider), `"SAML:aud"`, `"SAML:sub":"boss@example.com","SAML:aud"`, 1))
		}, "AccessDenied", notAuthorized, "StringEquals SAML:sub [boss@example.com], and SAML:sub is " + okta.TestUserLogin},
		"a trust policy that denies": {func(w *linked) {
			allow := strings.TrimSuffix(strings.SplitAfterN(trusting(memberProvider), "[", 2)[1], "]}")
			policy(w, `{"Version":"2012-10-17","Statement":[`+allow+`,`+strings.Replace(allow, "Allow", "Deny", 1)+`]}`)
		}, "AccessDenied", notAuthorized, "The trust policy of the role Administrator denies sts:AssumeRoleWithSAML"},
		"provider deleted": {func(w *linked) {
			_, err := w.iam.DeleteSAMLProvider(t.Context(), &iam.DeleteSAMLProviderInput{SAMLProviderArn: sdk.String(memberProvider)})
			w.no(err)
		}, "InvalidIdentityToken", "Specified provider doesn't exist", "Error Code: AuthSamlManifestNotFoundException). There is no SAML provider " + memberProvider + "."},
		"role deleted": {func(w *linked) {
			_, err := w.iam.DetachRolePolicy(t.Context(), &iam.DetachRolePolicyInput{RoleName: sdk.String("Administrator"), PolicyArn: sdk.String(administratorPolicy)})
			w.no(err)
			_, err = w.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: sdk.String("Administrator")})
			w.no(err)
		}, "AccessDenied", notAuthorized, "There is no role " + memberRole("Administrator") + "."},
		"account closed": {func(w *linked) { w.no(w.AWS.CloseAccount(member)) },
			"AccessDenied", notAuthorized, "The account " + member + " is closed."},
		"metadata of another application": {func(w *linked) {
			w.upload(w.metadata(w.Okta.AddApplication(okta.NewApplication{Label: "Other"})))
		}, "InvalidIdentityToken", "Issuer not present in specified provider", "; the metadata of the provider " + memberProvider + " are of http://www.okta.com/exk"},
		"another recipient": {func(w *linked) { w.set("overrideAcsURL", "https://signin.amazonaws-us-gov.com/saml") },
			"InvalidIdentityToken", badResponse, "The response's destination is https://signin.amazonaws-us-gov.com/saml and not " + aws.SignInURL},
		"provisioning off": {func(w *linked) { w.Okta.LoseProvisioning(w.app) },
			"AccessDenied", notAuthorized, "The response's Role attribute does not name the role " + memberRole("Administrator") + " with the provider " + memberProvider + "."},
	} {
		t.Run(name, func(t *testing.T) {
			w := link(t, nil)
			w.assign("Administrator")
			c.spoil(w)
			on, err := w.Okta.SignOn(okta.TestUserLogin, w.app)
			w.no(err)
			if name == "provisioning off" { // the page then has nothing to speak of
				w.refusedByPage(on.Response, badResponse, "Its attribute https://aws.amazon.com/SAML/Attributes/Role names no role with a provider.")
				w.refusedByAPI(on.Response, c.code, c.words, c.cause)
				return
			}
			w.refused(on.Response, c.code, c.words, c.cause)
		})
	}
}

// set changes a setting of the application.
func (w *linked) set(name string, value any) {
	w.t.Helper()
	app, _ := w.Okta.Application(w.app)
	settings := app.Settings
	settings[name] = value
	w.okta("PUT", "/api/v1/apps/"+w.app, map[string]any{"name": "amazon_aws", "label": app.Label, "signOnMode": app.SignOnMode,
		"settings": map[string]any{"app": settings}})
}

func TestSignOnIsRefusedOutOfTime(t *testing.T) {
	w := link(t, nil)
	response := w.click()
	in := w.signIn(response)
	w.refusedByPage(response, badResponse, "was used to sign in at")

	w.clock.Advance(5*time.Minute - time.Second)
	_, err := w.assume(response, memberRole("Administrator")) // the API takes it again, while it is good
	w.no(err)
	w.clock.Advance(time.Second)
	w.refused(response, "ExpiredTokenException", tooLate, "The subject's confirmation was good until ")
	if where := w.post("/saml/role", url.Values{"token": {in.Token}, "role": {memberRole("ReadOnly")}}); where != "/aws/sign-in/"+in.Token {
		t.Errorf("a role is entered too late: %s", where)
	}
	if in, _ = w.AWS.SignIn(in.Token); !strings.HasPrefix(in.Refused, tooLate) {
		t.Errorf("the sign-in says %q", in.Refused)
	}
}

func TestSignOnIsRefusedForARoleThatWasNotGranted(t *testing.T) {
	w := link(t, nil)
	w.no(w.AWS.MakeRole(member, "Owner", trusting(memberProvider), administratorPolicy))
	in := w.signIn(w.click())
	w.refusedByAPI(w.click(), "AccessDenied", notAuthorized, "The response's Role attribute does not name the role "+memberRole("Owner")+" with",
		func(in *sts.AssumeRoleWithSAMLInput) { in.RoleArn = sdk.String(memberRole("Owner")) })
	if where := w.post("/saml/role", url.Values{"token": {in.Token}, "role": {memberRole("Owner")}}); where != "/aws/sign-in/"+in.Token {
		t.Errorf("it is entered all the same: %s", where)
	}
	if in, _ = w.AWS.SignIn(in.Token); in.Refused != notAuthorized+` (Service: AWSSecurityTokenService; Status Code: 403; Error Code: AccessDenied). The response does not offer the role "`+memberRole("Owner")+`".` {
		t.Errorf("the sign-in says %q", in.Refused)
	}
}

func TestSignOnIsRefusedForASessionThatIsTooLong(t *testing.T) {
	w := link(t, map[string]any{"sessionDuration": 7200})
	w.assign("Administrator")
	w.refusedByPage(w.click(), tooLong, "The session would last 7200 s; the role Administrator allows 3600 s.")
	w.refusedByAPI(w.click(), "ValidationError", tooLong, "The session would last 3601 s; the role Administrator allows 3600 s.",
		func(in *sts.AssumeRoleWithSAMLInput) { in.DurationSeconds = sdk.Int32(3601) })
	out, err := w.assume(w.click(), memberRole("Administrator")) // the response's duration is the page's alone
	w.no(err)
	if left := time.Until(*out.Credentials.Expiration); left < 59*time.Minute {
		t.Errorf("the session lasts %s", left)
	}
}

func TestSignOnIsRefusedWithAnotherApplicationsResponse(t *testing.T) {
	w := link(t, map[string]any{})
	mine := w.app
	w.app = w.Okta.AddApplication(okta.NewApplication{Label: "Mallory", Settings: map[string]any{"useGroupMapping": true,
		"groupFilter":      `AWS-(?{{accountid}}\w*)(?{{role}})`,
		"roleValuePattern": memberProvider + "," + memberRole("Administrator")}})
	w.okta("PUT", "/api/v1/apps/"+w.app+"/groups/"+w.group, map[string]any{})
	if w.app == mine {
		t.Fatal("there is but one application")
	}
	w.refused(w.click(), "InvalidIdentityToken", "Issuer not present in specified provider", "The issuer is http://www.okta.com/exk")

	// With the issuer of the application that the provider trusts it is no better.
	issuer := w.AWS.Providers(member)[0].EntityID
	w.refused(replaced(t, w.click(), `http://www\.okta\.com/exk\w+`, issuer), "InvalidIdentityToken", badSignature, "is signed with the certificate")
}
