package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// changes are the calls that make, change or delete something.
var changes = map[string]func(context.Context, provision.AWSAccount) error{
	"CreateSAMLProvider": func(ctx context.Context, a provision.AWSAccount) error {
		return a.CreateProvider(ctx, "Okta", strings.Repeat("x", 1000), map[string]string{"k": "v"})
	},
	"UpdateSAMLProvider": func(ctx context.Context, a provision.AWSAccount) error {
		return a.UpdateProvider(ctx, "arn:aws:iam::111122223333:saml-provider/Okta", strings.Repeat("x", 1000))
	},
	"CreateStack": func(ctx context.Context, a provision.AWSAccount) error {
		_, err := a.CreateStack(ctx, provision.StackSpec{Name: "oktaws-roles", Template: "{}", Token: "t"})
		return err
	},
	"UpdateStack": func(ctx context.Context, a provision.AWSAccount) error {
		_, err := a.UpdateStack(ctx, provision.StackSpec{Name: "oktaws-roles", Template: "{}", Token: "t"})
		return err
	},
	"DeleteStack": func(ctx context.Context, a provision.AWSAccount) error {
		return a.DeleteStack(ctx, "oktaws-roles", "t")
	},
	"CreateUser": func(ctx context.Context, a provision.AWSAccount) error {
		return a.CreateUser(ctx, "OktaSSOuser", "/oktaws/", map[string]string{"k": "v"})
	},
	"PutUserPolicy": func(ctx context.Context, a provision.AWSAccount) error {
		return a.PutUserPolicy(ctx, "OktaSSOuser", "okta", "{}")
	},
	"CreateAccessKey": func(ctx context.Context, a provision.AWSAccount) error {
		_, err := a.CreateAccessKey(ctx, "OktaSSOuser")
		return err
	},
	"DeleteAccessKey": func(ctx context.Context, a provision.AWSAccount) error {
		return a.DeleteAccessKey(ctx, "OktaSSOuser", "AKIAOLDKEY0000000001")
	},
	"UpdateAccessKey": func(ctx context.Context, a provision.AWSAccount) error {
		return a.SetAccessKeyActive(ctx, "OktaSSOuser", "AKIAOLDKEY0000000001", false)
	},
	"TagSAMLProvider": func(ctx context.Context, a provision.AWSAccount) error {
		return a.TagProvider(ctx, providerARN, map[string]string{"k": "v"})
	},
	"DeleteSAMLProvider": func(ctx context.Context, a provision.AWSAccount) error {
		return a.DeleteProvider(ctx, providerARN)
	},
	"CreateChangeSet": func(ctx context.Context, a provision.AWSAccount) error {
		_, err := a.BeginImport(ctx, provision.StackSpec{Name: "oktaws-roles", Template: "{}", Token: "t"}, map[string]string{"Administrator": "Administrator"})
		return err
	},
	"DetectStackDrift": func(ctx context.Context, a provision.AWSAccount) error {
		return a.DetectDrift(ctx, "oktaws-roles")
	},
	"TagUser": func(ctx context.Context, a provision.AWSAccount) error {
		return a.TagUser(ctx, "OktaSSOuser", map[string]string{"k": "v"})
	},
	"DeleteUserPolicy": func(ctx context.Context, a provision.AWSAccount) error {
		return a.DeleteUserPolicy(ctx, "OktaSSOuser", "okta")
	},
	"DeleteUser": func(ctx context.Context, a provision.AWSAccount) error {
		return a.DeleteUser(ctx, "OktaSSOuser")
	},
	"CreateRole": func(ctx context.Context, a provision.AWSAccount) error {
		return a.RestoreRole(ctx, nil, whole)
	},
	"UpdateAssumeRolePolicy": func(ctx context.Context, a provision.AWSAccount) error {
		return a.RestoreRole(ctx, bent(func(r *provision.Role) { r.Trust = "{}" }), whole)
	},
	"AttachRolePolicy": func(ctx context.Context, a provision.AWSAccount) error {
		return a.RestoreRole(ctx, bent(func(r *provision.Role) { r.Policies = nil }), whole)
	},
	"DetachRolePolicy": func(ctx context.Context, a provision.AWSAccount) error {
		return a.RestoreRole(ctx, bent(func(r *provision.Role) { r.Policies = append(r.Policies, "arn:more") }), whole)
	},
	"PutRolePolicy": func(ctx context.Context, a provision.AWSAccount) error {
		return a.RestoreRole(ctx, bent(func(r *provision.Role) { r.Inline = nil }), whole)
	},
	"DeleteRolePolicy": func(ctx context.Context, a provision.AWSAccount) error {
		return a.RestoreRole(ctx, bent(func(r *provision.Role) { r.Inline["more"] = "{}" }), whole)
	},
	"TagRole": func(ctx context.Context, a provision.AWSAccount) error {
		return a.RestoreRole(ctx, bent(func(r *provision.Role) { r.Tags = nil }), whole)
	},
	"PutRolePermissionsBoundary": func(ctx context.Context, a provision.AWSAccount) error {
		return a.RestoreRole(ctx, bent(func(r *provision.Role) { r.Boundary = "" }), whole)
	},
	"DeleteRolePermissionsBoundary": func(ctx context.Context, a provision.AWSAccount) error {
		want := *bent(func(r *provision.Role) { r.Boundary = "" })
		return a.RestoreRole(ctx, bent(func(*provision.Role) {}), want)
	},
	"UpdateRole": func(ctx context.Context, a provision.AWSAccount) error {
		return a.RestoreRole(ctx, bent(func(*provision.Role) {}), whole)
	},
	"ExecuteChangeSet": func(ctx context.Context, a provision.AWSAccount) error {
		_, err := a.FinishImport(ctx, stackID, "t")
		return err
	},
}

func TestChangeIsSentOnceWhateverComesBack(t *testing.T) {
	for _, trouble := range []struct {
		name    string
		answer  reply
		message string
		after   time.Duration
	}{
		{"connection cut", reply{cut: true}, "; it may have happened all the same", 0},
		{"HTML from a proxy", reply{status: 502, body: "<html><body>Bad Gateway<br></body></html>"}, "502 Bad Gateway; it may have happened", 5 * time.Second},
		{"nothing but a status", reply{status: 500}, "500 Internal Server Error; it may have happened", 5 * time.Second},
		{"service unavailable", refusal(503, "ServiceUnavailable", "try later"), "trouble of its own (ServiceUnavailable)", 5 * time.Second},
		{"concurrent change", refusal(409, "ConcurrentModification", "busy"), "somebody else changes it", 5 * time.Second},
	} {
		t.Run(trouble.name, func(t *testing.T) {
			a := newAmazon(t).on("DescribeChangeSet", always(changeSet("CREATE_COMPLETE", "AVAILABLE", "")))
			account := reached(t)
			for action, do := range changes {
				a.on(action, always(trouble.answer))
				err := do(t.Context(), account)
				expect(t, err, store.Transient, trouble.message, "oktaws")
				if e, ok := errors.AsType[*store.Error](err); ok && e.After != trouble.after {
					t.Errorf("%s: after %v, want %v", action, e.After, trouble.after)
				}
				a.the(action)
			}
		})
	}
}

func TestChangeThatAWSRefusedSinceThereWereTooManyIsSentAgain(t *testing.T) {
	throttled := refusal(400, "Throttling", "Rate exceeded")
	a := newAmazon(t).on("CreateUser", inTurn(throttled, reply{cut: true}))
	account := reached(t)
	expect(t, changes["CreateUser"](t.Context(), account), store.Transient, "it may have happened all the same", "oktaws")
	if n := len(a.received("CreateUser")); n != 2 { // and no more, once nobody knows what came of it
		t.Errorf("sent %d times, want 2", n)
	}
	a.on("DeleteStack", always(throttled))
	err := changes["DeleteStack"](t.Context(), account)
	expect(t, err, store.Transient, "AWS wants fewer calls", "oktaws")
	if e, ok := errors.AsType[*store.Error](err); ok && e.After != 15*time.Second {
		t.Errorf("after %v", e.After)
	}
	if n := len(a.received("DeleteStack")); n != 3 {
		t.Errorf("sent %d times, want 3", n)
	}
}

func TestReadIsRepeated(t *testing.T) {
	for name, trouble := range map[string]reply{
		"connection cut":    {cut: true},
		"throttled":         refusal(400, "Throttling", "Rate exceeded"),
		"concurrent change": refusal(409, "ConcurrentModification", "busy"),
	} {
		t.Run(name, func(t *testing.T) {
			a := newAmazon(t).on("GetAccountAuthorizationDetails", inTurn(trouble, details("", "", "")))
			if _, err := reached(t).Survey(t.Context()); err != nil {
				t.Error(err)
			}
			if n := len(a.received("GetAccountAuthorizationDetails")); n != 2 {
				t.Errorf("asked %d times, want 2", n)
			}
		})
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	const scp = "User: arn:aws:sts::111122223333:assumed-role/OrganizationAccountAccessRole/oktaws is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::111122223333:user/oktaws/OktaSSOuser with an explicit deny in a service control policy"
	for _, tc := range []struct {
		name, action, code, words string
		status                    int
		kind                      store.Kind
		message, remedy           string
	}{
		{"service control policy", "CreateUser", "AccessDenied", scp, 403, store.Denied,
			"create the user OktaSSOuser in account 111122223333: a service control policy of the AWS organization forbids iam:CreateUser", "Ask those who run the AWS organization to let the role arn:aws:iam::111122223333:role/OrganizationAccountAccessRole do iam:CreateUser in account 111122223333"},
		{"no service control policy allows", "CreateUser", "AccessDenied", "not authorized to perform: iam:CreateUser because no service control policy allows the iam:CreateUser action", 403, store.Denied,
			"a service control policy of the AWS organization forbids iam:CreateUser", "Nothing in the account itself helps"},
		{"permissions boundary", "CreateUser", "AccessDenied", "not authorized to perform: iam:CreateUser because no permissions boundary allows it", 403, store.Denied,
			"a permissions boundary forbids iam:CreateUser", "Let the permissions boundary of the role"},
		{"identity policy", "CreateSAMLProvider", "AccessDenied", "User: arn:x is not authorized to perform: iam:TagSAMLProvider on resource: y because no identity-based policy allows it", 403, store.Denied,
			"may not do iam:TagSAMLProvider", "Add iam:TagSAMLProvider to what the role arn:aws:iam::111122223333:role/OrganizationAccountAccessRole may do in account 111122223333"},
		{"denied without words", "CreateStack", "AccessDenied", "Access denied", 403, store.Denied,
			"may not do cloudformation:CreateStack", "Add cloudformation:CreateStack"},
		{"name taken", "CreateUser", "EntityAlreadyExists", "User with name OktaSSOuser already exists.", 409, store.Conflict,
			"there is one of that name already. AWS says: User with name OktaSSOuser already exists.", "upper and lower case"},
		{"stack name taken", "CreateStack", "AlreadyExistsException", "Stack [oktaws-roles] already exists", 400, store.Conflict,
			"create the stack oktaws-roles in account 111122223333", ""},
		{"token taken", "CreateStack", "TokenAlreadyExistsException", "token", 400, store.Conflict, "the same token", "another token"},
		{"gone", "DeleteAccessKey", "NoSuchEntity", "The Access Key with id AKIA cannot be found.", 404, store.NotFound, "it isn't there", "Retry"},
		{"stack gone", "UpdateStack", "ValidationError", "Stack [oktaws-roles] does not exist", 400, store.NotFound, "the stack isn't there", "Retry"},
		{"stack busy", "UpdateStack", "ValidationError", "Stack:arn:aws:cloudformation:us-east-1:111122223333:stack/oktaws-roles/1 is in UPDATE_IN_PROGRESS state and can not be updated.", 400, store.Transient, "being worked on", "waits"},
		{"template wrong", "CreateStack", "ValidationError", "Template format error: unsupported structure.", 400, store.Permanent, "Template format error", "the log"},
		{"providers", "CreateSAMLProvider", "LimitExceeded", "quota", 409, store.Permanent, "identity providers as it may (100)", "Delete"},
		{"policy size", "PutUserPolicy", "LimitExceeded", "quota", 409, store.Permanent, "2,048 characters", "inline policies"},
		{"stacks", "CreateStack", "LimitExceededException", "quota", 400, store.Permanent, "CloudFormation stacks in the region", "quota raised"},
		{"another quota", "UpdateStack", "LimitExceededException", "things: 3", 400, store.Permanent, "things: 3", "Service Quotas"},
		{"policy wrong", "PutUserPolicy", "MalformedPolicyDocument", "Syntax errors in policy.", 400, store.Permanent, "Syntax errors in policy.", ""},
		{"capability", "CreateStack", "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_AUTO_EXPAND]", 400, store.Permanent, "CAPABILITY_AUTO_EXPAND", "role sets"},
		{"operation under way", "DeleteStack", "OperationInProgressException", "busy", 409, store.Transient, "somebody else changes it", ""},
		{"temporarily", "PutUserPolicy", "EntityTemporarilyUnmodifiable", "busy", 409, store.Transient, "somebody else changes it", ""},
		{"key unknown", "CreateUser", "InvalidClientTokenId", "The security token included in the request is invalid.", 403, store.Denied, "doesn't know the access key of the role", "isn't enabled"},
		{"expired", "CreateUser", "ExpiredToken", "The security token included in the request is expired", 403, store.Transient, "has expired before its time", "clock"},
		{"clock", "CreateUser", "RequestExpired", "late", 400, store.Denied, "the time of the request is wrong", "clock"},
		{"region", "CreateStack", "OptInRequired", "The AWS Access Key Id needs a subscription for the service", 403, store.Permanent, "region us-east-1 isn't enabled", "aws.region"},
		{"aws's own", "PutUserPolicy", "UnmodifiableEntity", "protected", 400, store.Permanent, "AWS itself owns it", ""},
		{"still used", "DeleteUser", "DeleteConflict", "Cannot delete entity, must delete access keys first.", 409, store.Conflict,
			"delete the user OktaSSOuser in account 111122223333: something else still belongs to it. AWS says: Cannot delete entity, must delete access keys first.", "Remove what AWS names"},
		{"provider gone", "DeleteSAMLProvider", "NoSuchEntity", "SAML provider cannot be found.", 404, store.NotFound, "it isn't there", "goes on with what is left"},
		{"role gone", "UpdateRole", "NoSuchEntity", "The role with name Administrator cannot be found.", 404, store.NotFound, "the role Administrator in account 111122223333: it isn't there", "oktaws makes what is missing"},
		{"no such policy", "AttachRolePolicy", "NoSuchEntity", "Policy arn:a does not exist or is not attachable.", 404, store.Permanent,
			"attach the policy arn:a to the role Administrator in account 111122223333: there is no such policy", "role_sets"},
		{"policy of another kind", "PutRolePermissionsBoundary", "PolicyNotAttachable", "service role policy", 400, store.Permanent, "is none for roles", "role_sets"},
		{"provider too new", "UpdateAssumeRolePolicy", "MalformedPolicyDocument", `Invalid principal in policy: "FEDERATED":"x"`, 400, store.Transient, "IAM doesn't know yet whom the role shall trust", "some seconds"},
		{"many policies", "AttachRolePolicy", "LimitExceeded", "quota", 409, store.Permanent, "as many managed policies as it may", "quota raised"},
		{"many roles", "CreateRole", "LimitExceeded", "quota", 409, store.Permanent, "IAM roles as it may (1,000)", "quota raised"},
		{"long inline policy", "PutRolePolicy", "LimitExceeded", "quota", 409, store.Permanent, "10,240 characters", "Shorten"},
		{"many tags", "TagUser", "LimitExceeded", "quota", 409, store.Permanent, "tags as it may (50)", "Remove tags"},
		{"service control policy on a role", "UpdateAssumeRolePolicy", "AccessDenied", strings.ReplaceAll(scp, "CreateUser", "UpdateAssumeRolePolicy"), 403, store.Denied,
			"write the trust policy of the role Administrator in account 111122223333: a service control policy of the AWS organization forbids iam:UpdateAssumeRolePolicy", "Nothing in the account itself helps"},
		{"service control policy on a deletion", "DeleteUser", "AccessDenied", strings.ReplaceAll(scp, "CreateUser", "DeleteUser"), 403, store.Denied,
			"a service control policy of the AWS organization forbids iam:DeleteUser", "let the role arn:aws:iam::111122223333:role/OrganizationAccountAccessRole do iam:DeleteUser"},
		{"import refused", "CreateChangeSet", "ValidationError", "Resources [Administrator] is missing from ResourceToImport list", 400, store.Permanent, "is missing from ResourceToImport list", "in no other stack"},
		{"import of a busy stack", "CreateChangeSet", "ValidationError", "Stack:arn:aws:cloudformation:us-east-1:111122223333:stack/oktaws-roles/1 is in DELETE_IN_PROGRESS state and can not be updated.", 400, store.Transient, "being worked on", "waits"},
		{"change set under way", "ExecuteChangeSet", "InvalidChangeSetStatus", "ChangeSet [t] cannot be executed in its current status of [CREATE_IN_PROGRESS]", 400, store.Transient, "isn't ready", "looks again"},
		{"drift of no stack", "DetectStackDrift", "ValidationError", "Stack [oktaws-roles] does not exist", 400, store.NotFound, "the stack isn't there", ""},
		{"unheard of", "CreateUser", "TeapotException", "short and stout", 418, store.Permanent, "TeapotException. AWS says: short and stout", ""},
		{"unheard of in trouble", "CreateUser", "TeapotException", "short and stout", 500, store.Transient, "trouble of its own (TeapotException); it may have happened", ""},
		{"very long", "CreateStack", "ValidationError", strings.Repeat("ä", 5000), 400, store.Permanent, strings.Repeat("ä", 400) + "…", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newAmazon(t).on("DescribeChangeSet", always(changeSet("CREATE_COMPLETE", "AVAILABLE", ""))).
				on(tc.action, always(refusal(tc.status, tc.code, tc.words)))
			err := changes[tc.action](t.Context(), reached(t))
			expect(t, err, tc.kind, tc.message, tc.remedy)
			a.the(tc.action)
		})
	}
}

func TestSurveyThatMayNotBeMade(t *testing.T) {
	newAmazon(t).on("GetAccountAuthorizationDetails", always(refusal(403, "AccessDenied", "User: arn:x is not authorized to perform: iam:GetAccountAuthorizationDetails on resource: * because no identity-based policy allows it")))
	_, err := reached(t).Survey(t.Context())
	expect(t, err, store.Denied, "read the roles and users in account 111122223333", "Add iam:GetAccountAuthorizationDetails to what the role")
}

func TestThirdKeyOfAUser(t *testing.T) {
	a := newAmazon(t).on("CreateAccessKey", always(refusal(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")))
	_, err := reached(t).CreateAccessKey(t.Context(), "OktaSSOuser")
	expect(t, err, store.Conflict, "the user OktaSSOuser in account 111122223333: the user has two keys already", "click Show credentials again")
	a.the("CreateAccessKey")
}

func TestRoleThatCannotBeAssumed(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/OrganizationAccountAccessRole"
	refused := refusal(403, "AccessDenied", "User: arn:aws:iam::999988887777:user/bot is not authorized to perform: sts:AssumeRole on resource: "+role)
	for _, tc := range []struct {
		name            string
		answer          reply
		kind            store.Kind
		message, remedy string
	}{
		{"refused", refused, store.Denied, "the role " + role + " can't be assumed", "with the external ID of aws.external_id, and sts:SetSourceIdentity"},
		{"refused: other roles", refused, store.Denied, "create the user OktaSSOuser in account 111122223333", "AWSControlTowerExecution"},
		{"service control policy", refusal(403, "AccessDenied", "not authorized to perform: sts:AssumeRole on resource: "+role+" with an explicit deny in a service control policy"),
			store.Denied, "a service control policy of the AWS organization forbids sts:AssumeRole", "let the bot's own AWS credentials do sts:AssumeRole: "},
		{"bot's session expired", refusal(403, "ExpiredToken", "expired"), store.Denied, "the session of the bot's own AWS credentials has expired", "start oktaws anew"},
		{"bot's key gone", refusal(403, "InvalidClientTokenId", "invalid"), store.Denied, "doesn't know the access key of the bot's own AWS credentials", "AWS_ACCESS_KEY_ID"},
		{"region disabled", refusal(403, "RegionDisabledException", "STS is not activated in this region"), store.Permanent, "region us-east-1 isn't enabled", "aws.region"},
		{"throttled", refusal(400, "Throttling", "Rate exceeded"), store.Transient, "AWS wants fewer calls", ""},
		{"connection cut", reply{cut: true}, store.Transient, "before AWS answered", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newAmazon(t).on("AssumeRole", always(tc.answer))
			account := reached(t, func(c *Config) { c.ExternalID, c.SourceIdentity = "ours-42", "oktaws" })
			err := changes["CreateUser"](t.Context(), account)
			expect(t, err, tc.kind, tc.message, tc.remedy)
			if strings.Contains(err.Error(), "may have happened") {
				t.Errorf("nothing was sent that could have happened: %v", err)
			}
			if n := len(a.received("CreateUser")); n != 0 {
				t.Errorf("CreateUser was sent %d times", n)
			}
		})
	}
}

func TestNoCredentialsAtAll(t *testing.T) {
	newAmazon(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	_, err := reached(t).Identity(t.Context())
	expect(t, err, store.Denied, "oktaws has no AWS credentials", "AWS_ACCESS_KEY_ID")
}

func TestProfileWithoutCredentials(t *testing.T) {
	a := newAmazon(t)
	a.profile("[gmail]\ncredential_process = exit 1\n")
	_, err := reached(t, func(c *Config) { c.Profiles = map[string]string{accountID: "gmail"} }).Identity(t.Context())
	expect(t, err, store.Denied, "the AWS profile gmail gives no credentials", "aws.profiles")
}

func TestServiceAccountToken(t *testing.T) {
	for _, tc := range []struct {
		name            string
		answer          reply
		kind            store.Kind
		message, remedy string
	}{
		{"refused", refusal(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"), store.Denied, "oktaws has no AWS credentials", "service account"},
		{"throttled", refusal(400, "Throttling", "Rate exceeded"), store.Transient, "AWS wants fewer calls", "waits"},
		{"connection cut", reply{cut: true}, store.Transient, "before AWS answered", "carries on by itself"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newAmazon(t).on("AssumeRoleWithWebIdentity", always(tc.answer))
			t.Setenv("AWS_ENDPOINT_URL_STS", a.url) // where the SDK gets credentials it minds this variable alone
			token := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(token, []byte("a.b.c"), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("AWS_ACCESS_KEY_ID", "")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "")
			t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token)
			t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::999988887777:role/bot")
			_, err := reached(t).Identity(t.Context())
			expect(t, err, tc.kind, tc.message, tc.remedy)
			if n, want := len(a.received("AssumeRoleWithWebIdentity")), map[bool]int{false: 1, true: 3}[tc.kind == store.Transient]; n != want {
				t.Errorf("asked for a session %d times, want %d", n, want)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	newAmazon(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	t.Setenv("AWS_ENDPOINT_URL_IAM", "http://"+listener.Addr().String())
	err = changes["CreateUser"](t.Context(), reached(t))
	expect(t, err, store.Transient, "AWS can't be reached from here", "HTTPS_PROXY")
	if strings.Contains(err.Error(), "may have happened") {
		t.Errorf("nothing was sent that could have happened: %v", err)
	}
}

func TestAnswerThatNeverComes(t *testing.T) {
	a := newAmazon(t)
	leave := make(chan struct{})
	t.Cleanup(func() { close(leave) })
	a.on("CreateAccessKey", func(call, int) reply { <-leave; return reply{} })
	account := reached(t, func(c *Config) { c.HTTPClient = &http.Client{Timeout: 200 * time.Millisecond} })
	err := changes["CreateAccessKey"](t.Context(), account)
	expect(t, err, store.Transient, "it may have happened all the same", "")
	a.the("CreateAccessKey")
}

func TestStopWhileAWSIsAsked(t *testing.T) {
	a := newAmazon(t)
	ctx, stop := context.WithCancel(t.Context())
	leave := make(chan struct{})
	t.Cleanup(func() { close(leave) })
	a.on("CreateUser", func(call, int) reply { stop(); <-leave; return reply{} })
	err := changes["CreateUser"](ctx, reached(t))
	expect(t, err, store.Transient, "oktaws was stopped meanwhile; it may have happened", "")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v doesn't say that ctx ended", err)
	}
}

func TestSecretsStayOutOfErrors(t *testing.T) {
	cutOff := answer("CreateAccessKey", "<AccessKey><UserName>OktaSSOuser</UserName><AccessKeyId>"+newKey+"</AccessKeyId><SecretAccessKey>"+newSecret+"</Secret").body
	for name, r := range map[string]reply{
		"answer cut off":       {body: cutOff},
		"answer to another":    {body: strings.ReplaceAll(cutOff, "CreateAccessKeyResult", "Other")},
		"no answer at all":     {},
		"answer without key":   answer("CreateAccessKey", ""),
		"error with an answer": {status: 500, body: cutOff},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAmazon(t).on("CreateAccessKey", always(r))
			_, err := reached(t).CreateAccessKey(t.Context(), "OktaSSOuser")
			expect(t, err, store.Transient, "make an access key for the user OktaSSOuser in account 111122223333", "")
			a.the("CreateAccessKey")
			if _, ok := errors.AsType[*smithy.DeserializationError](err); ok {
				t.Error("the SDK's error with a piece of the answer is still there")
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				if text := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(text, newSecret) {
					t.Errorf("the secret shows in %s", text)
				}
			}
		})
	}

	t.Run("signature", func(t *testing.T) {
		newAmazon(t).on("CreateUser", always(refusal(403, "SignatureDoesNotMatch", "The Canonical String for this request should have been 'POST\n/\n\nx-amz-security-token:"+roleToken+"'")))
		err := changes["CreateUser"](t.Context(), reached(t))
		expect(t, err, store.Denied, "doesn't accept the signature", "clock")
		if !strings.Contains(err.Error(), "IAM CreateUser: SignatureDoesNotMatch") {
			t.Errorf("the log doesn't learn the cause: %v", err)
		}
	})
}

func TestSecretIsFormattedAsItsID(t *testing.T) {
	newAmazon(t).on("CreateAccessKey", always(answer("CreateAccessKey", "<AccessKey><UserName>OktaSSOuser</UserName><AccessKeyId>"+newKey+
		"</AccessKeyId><Status>Active</Status><SecretAccessKey>"+newSecret+"</SecretAccessKey></AccessKey>")))
	s, err := reached(t).CreateAccessKey(t.Context(), "OktaSSOuser")
	if err != nil {
		t.Fatal(err)
	}
	if s.ID != newKey || s.Reveal() != newSecret {
		t.Errorf("the key is %s", s.ID)
	}
	if text := fmt.Sprintf("%v %+v %s %#v", s, s, s, s); strings.Contains(text, newSecret) {
		t.Errorf("the secret shows in %q", text)
	}
}
