package aws_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

func assume(c clients, in sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	if in.RoleSessionName == nil {
		in.RoleSessionName = str("oktaws")
	}
	return c.sts.AssumeRole(ctx, &in)
}

func (w *world) session(out *sts.AssumeRoleOutput) clients {
	c := out.Credentials
	return w.with(credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken))
}

func TestTheBaseCredentialsReachMembersByTheAccessRole(t *testing.T) {
	w := newWorld(t)
	base := w.base()
	who := must(base.sts.GetCallerIdentity(ctx, nil))(t)
	equal(t, "the base account", *who.Account, aws.ManagementAccount)
	equal(t, "the base user", *who.Arn, "arn:aws:iam::"+aws.ManagementAccount+":user/oktaws")

	out := must(assume(base, sts.AssumeRoleInput{RoleArn: str(roleARN(aws.AccountGmail, aws.AccessRole))}))(t)
	session := w.session(out)
	who = must(session.sts.GetCallerIdentity(ctx, nil))(t)
	equal(t, "the session's ARN", *who.Arn, "arn:aws:sts::"+aws.AccountGmail+":assumed-role/OrganizationAccountAccessRole/oktaws")
	equal(t, "its ARN in the answer", *out.AssumedRoleUser.Arn, *who.Arn)
	if left := time.Until(*out.Credentials.Expiration); left < 59*time.Minute || left > time.Hour {
		t.Errorf("the session lasts %v, want an hour of real time", left)
	}
	calls := w.hub.Calls(0)
	equal(t, "subject of AssumeRole", calls[1].Subject, aws.AccountGmail)
	equal(t, "service of AssumeRole", calls[1].Service+" "+calls[1].Operation, "sts AssumeRole")

	_, err := assume(base, sts.AssumeRoleInput{RoleArn: str(roleARN(aws.AccountUnreachable, aws.AccessRole))})
	refused(t, err, 403, "AccessDenied", "User: arn:aws:iam::"+aws.ManagementAccount+":user/oktaws is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::333344445555:role/OrganizationAccountAccessRole")
	_, err = assume(base, sts.AssumeRoleInput{RoleArn: str(roleARN(aws.AccountTakenRole, "Administrator"))})
	refused(t, err, 403, "AccessDenied", "")
	_, err = base.iam.ListRoles(ctx, nil)
	refused(t, err, 403, "AccessDenied", "User: arn:aws:iam::"+aws.ManagementAccount+":user/oktaws is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::"+aws.ManagementAccount+":role/ because no identity-based policy allows the iam:ListRoles action")
}

func TestAssumeRoleKeepsItsRules(t *testing.T) {
	w := newWorld(t)
	target := str(roleARN(aws.AccountGmail, aws.AccessRole))
	for _, test := range []struct {
		name string
		in   sts.AssumeRoleInput
		code string
	}{
		{"session name of one letter", sts.AssumeRoleInput{RoleSessionName: str("x")}, "ValidationError"},
		{"session name with a space", sts.AssumeRoleInput{RoleSessionName: str("two words")}, "ValidationError"},
		{"14 minutes", sts.AssumeRoleInput{DurationSeconds: sdk.Int32(840)}, "ValidationError"},
		{"13 hours", sts.AssumeRoleInput{DurationSeconds: sdk.Int32(46800)}, "ValidationError"},
		{"a source identity that the trust policy doesn't allow", sts.AssumeRoleInput{SourceIdentity: str("oktaws")}, "AccessDenied"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.in.RoleArn = target
			_, err := assume(w.base(), test.in)
			status := 400
			if test.code == "AccessDenied" {
				status = 403
			}
			refused(t, err, status, test.code, "")
		})
	}
	must(assume(w.base(), sts.AssumeRoleInput{RoleArn: target, DurationSeconds: sdk.Int32(43200)}))(t)

	t.Run("an external ID and a source identity, once the trust policy says so", func(t *testing.T) {
		must(w.in(aws.AccountGmail).iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: str(aws.AccessRole), PolicyDocument: str(`{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Principal":{"AWS":"` + aws.ManagementAccount + `"},"Action":["sts:AssumeRole","sts:SetSourceIdentity"],"Condition":{"StringEquals":{"sts:ExternalId":"s3cr3t/x"}}}]}`)}))(t)
		_, err := assume(w.base(), sts.AssumeRoleInput{RoleArn: target})
		refused(t, err, 403, "AccessDenied", "")
		_, err = assume(w.base(), sts.AssumeRoleInput{RoleArn: target, ExternalId: str("other")})
		refused(t, err, 403, "AccessDenied", "")
		out := must(assume(w.base(), sts.AssumeRoleInput{RoleArn: target, ExternalId: str("s3cr3t/x"), SourceIdentity: str("oktaws")}))(t)
		equal(t, "source identity", *out.SourceIdentity, "oktaws")
	})

	t.Run("a session got with a session lasts an hour at most", func(t *testing.T) {
		in := w.in(aws.AccountAnalytics)
		must(in.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: str("Second"), MaxSessionDuration: sdk.Int32(7200), AssumeRolePolicyDocument: str(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + roleARN(aws.AccountAnalytics, aws.AccessRole) + `"},"Action":"sts:AssumeRole"}}`)}))(t)
		second := str(roleARN(aws.AccountAnalytics, "Second"))
		_, err := assume(in, sts.AssumeRoleInput{RoleArn: second, DurationSeconds: sdk.Int32(7200)})
		refused(t, err, 400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
		out := must(assume(in, sts.AssumeRoleInput{RoleArn: second}))(t)
		_, err = w.session(out).iam.ListUsers(ctx, nil)
		refused(t, err, 403, "AccessDenied", "User: arn:aws:sts::444455556666:assumed-role/Second/oktaws is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::444455556666:user/ because no identity-based policy allows the iam:ListUsers action")
		must(in.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: str("second")}))(t)
		_, err = w.session(out).sts.GetCallerIdentity(ctx, nil)
		refused(t, err, 403, "InvalidClientTokenId", "")
	})

	t.Run("a session policy narrows", func(t *testing.T) {
		out := must(assume(w.base(), sts.AssumeRoleInput{RoleArn: str(roleARN(aws.AccountBilling, aws.AccessRole)), Policy: str(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:Get*","Resource":"*"}}`)}))(t)
		_, err := w.session(out).iam.ListUsers(ctx, nil)
		refused(t, err, 403, "AccessDenied", "User: arn:aws:sts::777788889999:assumed-role/OrganizationAccountAccessRole/oktaws is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::777788889999:user/ because no session policy allows the iam:ListUsers action")
	})
}

func TestAServiceControlPolicyDeniesUsersAndKeys(t *testing.T) {
	w := newWorld(t)
	in := w.in(aws.AccountRestricted)
	_, err := in.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: str("OktaSSOuser"), Path: str("/oktaws/")})
	who := *must(in.sts.GetCallerIdentity(ctx, nil))(t).Arn
	refused(t, err, 403, "AccessDenied", "User: "+who+" is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::666677778888:user/oktaws/OktaSSOuser with an explicit deny in a service control policy")
	if err := w.MakeUser(aws.AccountRestricted, "OktaSSOuser", nil); err != nil {
		t.Fatal(err)
	}
	_, err = in.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: str("OktaSSOuser")})
	refused(t, err, 403, "AccessDenied", "")
	must(in.iam.GetUser(ctx, &iam.GetUserInput{UserName: str("OktaSSOuser")}))(t)
	if err := w.Deny(aws.AccountGmail, "iam:List*"); err != nil {
		t.Fatal(err)
	}
	_, err = w.in(aws.AccountGmail).iam.ListUsers(ctx, nil)
	refused(t, err, 403, "AccessDenied", "")
}

func TestTheOrganizationListsTwentyAccountsAPage(t *testing.T) {
	w := newWorld(t)
	for i := range 40 {
		if err := w.AddAccount(strconv.Itoa(100000000000+i), "Member "+strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	pages := 0
	for p := organizations.NewListAccountsPaginator(w.base().org, &organizations.ListAccountsInput{}); p.HasMorePages(); pages++ {
		out := must(p.NextPage(ctx))(t)
		if len(out.Accounts) > 20 {
			t.Errorf("a page has %d accounts, want 20 at most", len(out.Accounts))
		}
		for _, a := range out.Accounts {
			if *a.Id == aws.AccountGmail {
				equal(t, "name", *a.Name, "Gmail")
				equal(t, "status", a.Status, "ACTIVE")
			}
			ids = append(ids, *a.Id)
		}
	}
	equal(t, "pages", pages, 3)
	equal(t, "accounts", len(ids), 49)
	equal(t, "accounts as the reader has them", len(w.Accounts()), 49)
	if !slices.Contains(ids, aws.ManagementAccount) || !slices.Contains(ids, "100000000039") {
		t.Errorf("accounts are %v", ids)
	}
	_, err := w.base().org.DescribeOrganization(ctx, nil)
	refused(t, err, 400, "AccessDeniedException", "")
	_, err = w.in(aws.AccountGmail).org.ListAccounts(ctx, &organizations.ListAccountsInput{})
	refused(t, err, 400, "AccessDeniedException", "You don't have permissions to access this resource.")
	org := must(w.in(aws.AccountGmail).org.DescribeOrganization(ctx, nil))(t)
	equal(t, "management account", *org.Organization.MasterAccountId, aws.ManagementAccount)
	if err := w.AddAccount("1234", "Short"); err == nil {
		t.Error("an account ID of 4 digits was taken")
	}
}

func TestNothingReachesAClosedAccount(t *testing.T) {
	w := newWorld(t)
	const in = aws.AccountGmail
	if err := w.MakeUser(in, "OktaSSOuser", nil); err != nil {
		t.Fatal(err)
	}
	id, secret, err := w.MakeKey(in, "OktaSSOuser")
	if err != nil {
		t.Fatal(err)
	}
	key := w.with(credentials.NewStaticCredentialsProvider(id, secret, ""))
	session := w.session(must(assume(w.base(), sts.AssumeRoleInput{RoleArn: str(roleARN(in, aws.AccessRole))}))(t))
	must(key.sts.GetCallerIdentity(ctx, nil))(t)
	must(session.iam.ListRoles(ctx, nil))(t)
	if err := w.CloseAccount(in); err != nil {
		t.Fatal(err)
	}

	_, err = key.sts.GetCallerIdentity(ctx, nil)
	refused(t, err, 403, "InvalidClientTokenId", "The security token included in the request is invalid.")
	_, err = session.iam.ListRoles(ctx, nil)
	refused(t, err, 403, "InvalidClientTokenId", "")
	_, err = assume(w.base(), sts.AssumeRoleInput{RoleArn: str(roleARN(in, aws.AccessRole))})
	refused(t, err, 403, "AccessDenied", "User: arn:aws:iam::"+aws.ManagementAccount+":user/oktaws is not authorized to perform: sts:AssumeRole on resource: "+roleARN(in, aws.AccessRole))
	if _, err := w.RolesFor(ctx, id, secret); err == nil {
		t.Error("Okta's key still lists the roles")
	}
	for _, a := range must(w.base().org.ListAccounts(ctx, &organizations.ListAccountsInput{}))(t).Accounts {
		want := "ACTIVE ACTIVE"
		if *a.Id == in {
			want = "SUSPENDED CLOSED"
		}
		equal(t, "status and state of "+*a.Id, string(a.Status)+" "+string(a.State), want)
	}
	for _, a := range w.Accounts() {
		equal(t, a.ID+" is closed", a.Closed, a.ID == in)
	}
	for _, id := range []string{in, aws.ManagementAccount, "121212121212"} {
		if err := w.CloseAccount(id); err == nil {
			t.Errorf("account %s was closed", id)
		}
	}
}
