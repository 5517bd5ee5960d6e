package sandbox_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
)

func TestSignOnOffersTheRolesAndLetsThePersonIn(t *testing.T) {
	w := link(t, nil)
	in := w.signIn(w.click())
	if in.Refused != "" || in.Person != okta.TestUserLogin || in.Duration != time.Hour || len(in.Roles) != 2 {
		t.Fatalf("offered %+v", in)
	}
	for i, name := range []string{"Administrator", "ReadOnly"} {
		want := aws.OfferedRole{Account: aws.Account{ID: member, Name: "Gmail", Partition: aws.Commercial, Unit: "Root"}, Provider: memberProvider, Role: name, ARN: memberRole(name)}
		if in.Roles[i] != want {
			t.Errorf("role %d is %+v, want %+v", i, in.Roles[i], want)
		}
	}

	began := w.Now()
	c := w.opened(w.post("/saml/role", url.Values{"token": {in.Token}, "role": {memberRole("ReadOnly")}}))
	if c.Role != "ReadOnly" || c.Person != okta.TestUserLogin || c.Account.Name != "Gmail" || !c.Began.Equal(began) ||
		!c.Expires.Equal(began.Add(time.Hour)) || c.Expired || c.ARN != "arn:aws:sts::"+member+":assumed-role/ReadOnly/"+okta.TestUserLogin {
		t.Errorf("the console is %+v", c)
	}
	if again, _ := w.AWS.SignIn(in.Token); again.Chosen != memberRole("ReadOnly") {
		t.Errorf("the sign-in says that %q was chosen", again.Chosen)
	}
	if ok, why := w.AWS.May(c.ID, "s3:GetObject", "*"); !ok || why != "Allowed by the managed policy "+readOnlyPolicy+"." {
		t.Errorf("reading: %v %s", ok, why)
	}
	if ok, why := w.AWS.May(c.ID, "iam:CreateUser", "*"); ok || !strings.Contains(why, "because no identity-based policy allows the iam:CreateUser action") {
		t.Errorf("writing: %v %s", ok, why)
	}
	w.clock.Advance(time.Hour)
	if c, _ = w.AWS.Console(c.ID); !c.Expired {
		t.Error("an hour later the session goes on")
	}
	if ok, why := w.AWS.May(c.ID, "s3:GetObject", "*"); ok || !strings.HasPrefix(why, "The session ended at ") {
		t.Errorf("after the end: %v %s", ok, why)
	}
	w.AWS.SignOut(c.ID)
	if _, ok := w.AWS.Console(c.ID); ok {
		t.Error("the session is there after the sign-out")
	}
}

func TestSignOnWithOneRoleGoesStraightIn(t *testing.T) {
	w := link(t, nil)
	w.assign("Administrator")
	c := w.opened(w.post("/saml", url.Values{"SAMLResponse": {w.click()}}))
	if c.RoleARN != memberRole("Administrator") {
		t.Errorf("the console is %+v", c)
	}
	w.no(w.AWS.Deny(member, "iam:CreateUser"))
	if ok, why := w.AWS.May(c.ID, "iam:CreateUser", "*"); ok || !strings.Contains(why, "explicit deny in a service control policy") {
		t.Errorf("what the organization denies: %v %s", ok, why)
	}
	if ok, _ := w.AWS.May(c.ID, "iam:DeleteUser", "*"); !ok {
		t.Error("the administrator may not delete users")
	}
}

func TestSignOnByTheAPIGivesCredentialsThatWork(t *testing.T) {
	w := link(t, nil)
	out, err := w.assume(w.click(), memberRole("Administrator"), func(in *sts.AssumeRoleWithSAMLInput) {
		in.DurationSeconds = sdk.Int32(900)
		in.Policy = sdk.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:List*","Resource":"*"}]}`)
	})
	w.no(err)
	issuer := w.AWS.Providers(member)[0].EntityID
	if *out.Subject != okta.TestUserLogin || *out.SubjectType != "unspecified" || *out.Issuer != issuer || *out.Audience != aws.SignInURL ||
		*out.AssumedRoleUser.Arn != "arn:aws:sts::"+member+":assumed-role/Administrator/"+okta.TestUserLogin || int(*out.SessionTokenSize) != len(*out.Credentials.SessionToken) || len(*out.NameQualifier) != 28 {
		t.Errorf("answered with %+v", out)
	}
	if left := time.Until(*out.Credentials.Expiration); left > 15*time.Minute || left < 14*time.Minute {
		t.Errorf("the session lasts %s", left)
	}
	session := w.client(credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken))
	who, err := sts.NewFromConfig(session).GetCallerIdentity(t.Context(), nil)
	w.no(err)
	if *who.Arn != *out.AssumedRoleUser.Arn || *who.UserId != *out.AssumedRoleUser.AssumedRoleId {
		t.Errorf("the caller is %s %s", *who.Arn, *who.UserId)
	}
	_, err = iam.NewFromConfig(session).ListRoles(t.Context(), nil)
	w.no(err)
	_, err = iam.NewFromConfig(session).CreateUser(t.Context(), &iam.CreateUserInput{UserName: sdk.String("mallory")})
	if err == nil || !strings.Contains(err.Error(), "because no session policy allows the iam:CreateUser action") {
		t.Errorf("beyond the session policy: %v", err)
	}
}

// An application in mode groups finds the roles in the names of the person's groups, and needs no provisioning.
func TestSignOnWorksByGroupNames(t *testing.T) {
	w := link(t, map[string]any{"useGroupMapping": true,
		"groupFilter":      `aws_(?{{accountid}}\d+)_(?{{role}}[a-zA-Z0-9+=,.@\-_]+)`,
		"roleValuePattern": "arn:aws:iam::${accountid}:saml-provider/Okta,arn:aws:iam::${accountid}:role/${role}"})
	w.okta("PUT", "/api/v1/apps/"+w.app+"/groups/"+w.Okta.AddGroup("aws_"+member+"_Administrator", "", okta.TestUserLogin), map[string]any{})
	c := w.opened(w.post("/saml", url.Values{"SAMLResponse": {w.click()}}))
	if c.Role != "Administrator" {
		t.Errorf("the console is %+v", c)
	}
	_, err := w.assume(w.click(), memberRole("Administrator"))
	w.no(err)
}

func TestSignOnWorksAgainOnceARotatedKeyIsUploaded(t *testing.T) {
	w := link(t, nil)
	w.rotate()
	if in := w.signIn(w.click()); !strings.HasPrefix(in.Refused, "Response signature invalid") {
		t.Errorf("with the old certificate: %+v", in)
	}
	w.upload(w.metadata(w.app))
	if in := w.signIn(w.click()); in.Refused != "" {
		t.Errorf("with the new one: %+v", in)
	}
}

// Only roles that can be entered are, and those that can't say why: each alone.
func TestSignOnShowsWhichRolesCannotBeEntered(t *testing.T) {
	w := link(t, map[string]any{"sessionDuration": 7200})
	_, err := w.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: sdk.String("Long"), MaxSessionDuration: sdk.Int32(7200),
		AssumeRolePolicyDocument: sdk.String(trusting(memberProvider))})
	w.no(err)
	w.console("refresh", nil)
	w.assign("Administrator", "Long")
	in := w.signIn(w.click())
	if in.Refused != "" || in.Roles[1].Refused != "" || !strings.Contains(in.Roles[0].Refused, "The session would last 7200 s; the role Administrator allows 3600 s.") {
		t.Fatalf("offered %+v", in)
	}
	if where := w.post("/saml/role", url.Values{"token": {in.Token}, "role": {memberRole("Administrator")}}); where != "/aws/sign-in/"+in.Token {
		t.Errorf("a role that is refused leads to %s", where)
	}
	w.opened(w.post("/saml/role", url.Values{"token": {in.Token}, "role": {memberRole("Long")}}))
}

func TestSignOnIsInTheLogWithoutItsSecrets(t *testing.T) {
	w := link(t, nil)
	response, other := w.click(), w.click()
	forged := replaced(t, w.click(), okta.TestUserLogin, "boss@example.com") // which Okta knows nothing of
	w.signIn(forged)
	in := w.signIn(response)
	w.post("/saml/role", url.Values{"token": {in.Token}, "role": {memberRole("Administrator")}})
	out, err := w.assume(other, memberRole("Administrator"))
	w.no(err)
	var log []string
	for _, c := range w.Hub.Calls(0) {
		if c.Service == "signin" || c.Operation == "AssumeRoleWithSAML" {
			log = append(log, fmt.Sprintf("%s %s %s %d", c.Service, c.Operation, c.Subject, c.Status))
		}
		for _, secret := range []string{response, url.QueryEscape(response), url.QueryEscape(other), url.QueryEscape(forged), *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken} {
			if strings.Contains(c.Request+c.Response, secret) {
				t.Errorf("%s %s tells a secret", c.Service, c.Operation)
			}
		}
	}
	want := []string{"signin PostResponse " + member + " 303", "signin PostResponse " + member + " 303", "signin ChooseRole " + member + " 303", "sts AssumeRoleWithSAML " + member + " 200"}
	if strings.Join(log, "\n") != strings.Join(want, "\n") {
		t.Errorf("the log is\n%s, want\n%s", strings.Join(log, "\n"), strings.Join(want, "\n"))
	}
}
