package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/oktaws/oktaws/store"
)

// errEmpty is an answer that lacks what it should hold: cut off, or not from AWS.
var errEmpty = errors.New("the answer is incomplete")

// route is how an account is reached, for the words of an error. The zero route is the bot's own credentials.
type route struct {
	account        string // ID; empty: no account in particular
	role           string // ARN of the role that is assumed
	profile        string // or the named profile
	own            string // the named profile of the bot's own credentials; empty: what the SDK finds
	region         string
	settings       string // what the names of the partition's settings begin with; empty: aws.
	externalID     bool   // one is sent
	sourceIdentity bool   // one is sent
}

// whose names the credentials that a call was made with.
func (r route) whose() string {
	switch {
	case r.role != "":
		return "the role " + r.role
	case r.profile != "":
		return "the AWS profile " + r.profile
	}
	return "the bot's own AWS credentials"
}

// setting is the full name of a setting that each partition has its own of.
func (r route) setting(name string) string { return cmp.Or(r.settings, "aws.") + name }

// meaning is what an error means.
type meaning struct {
	kind   store.Kind
	reason string
	remedy string
	after  time.Duration
}

// explain turns an error of the SDK into one that people can read; nil stays nil. doing is what failed, such as
// "create the user OktaSSOuser".
func (r route) explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	m := r.meaningOf(err)
	if r.account != "" {
		doing += " in account " + r.account
	}
	return &store.Error{Kind: m.kind, Message: "can't " + doing + ": " + m.reason, Remedy: m.remedy, After: m.after, Err: harmless(err)}
}

func (r route) meaningOf(err error) meaning {
	if errors.Is(err, context.Canceled) {
		return meaning{store.Transient, "oktaws was stopped meanwhile" + perhaps(err), "", 0}
	}
	if own, ok := errors.AsType[*ownError](err); ok {
		return r.noCredentials(own)
	}
	if assume, ok := errors.AsType[*roleError](err); ok && denials[codeOf(err)] && !byOrganization(apiMessage(err)) {
		return r.cannotAssume(assume.role)
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		if m, ok := r.meaningOfCode(err, api); ok {
			return m
		}
	}
	if status := statusOf(err); status >= 300 {
		return meaningOfStatus(err, status)
	}
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
		return unreachable
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return unreachable
	}
	if _, ok := errors.AsType[*smithy.SerializationError](err); ok { // parameters that the SDK refuses to send
		return meaning{store.Permanent, "the request can't be made", reportBug, 0}
	}
	if _, operation := called(err); operation == "" || isUnreadable(err) {
		return meaning{store.Transient, "AWS's answer can't be read", carriesOn, 0}
	}
	return meaning{store.Transient, "the connection broke, or the time was up, before AWS answered" + perhaps(err), carriesOn, 0}
}

func isUnreadable(err error) bool {
	_, ok := errors.AsType[*smithy.DeserializationError](err)
	return ok
}

const (
	carriesOn = "oktaws looks at what is there and carries on by itself. If it goes on, look at https://health.aws.amazon.com and at the network between oktaws and AWS."
	reportBug = "This is most likely a mistake in oktaws or its configuration: the log has the whole of AWS's answer."
)

var unreachable = meaning{store.Transient, "AWS can't be reached from here",
	"Look at the network, the proxy settings (HTTPS_PROXY) and the DNS of the machine that oktaws runs on; oktaws tries again by itself.", 0}

// perhaps says that the effect of a call whose answer was lost isn't known.
func perhaps(err error) string {
	_, operation := called(err)
	for _, read := range []string{"Get", "List", "Describe", "Assume"} {
		if strings.HasPrefix(operation, read) {
			return ""
		}
	}
	if duringAssume(err) { // what needed the role wasn't sent
		return ""
	}
	return "; it may have happened all the same"
}

// noCredentials is about credentials that the SDK couldn't get.
func (r route) noCredentials(own *ownError) meaning {
	if service, _ := called(own.err); service != "" && service != "ec2imds" {
		// The SDK asked STS or an identity center, and it may be they who can't answer now.
		if m := r.meaningOf(own.err); m.kind == store.Transient {
			return m
		}
	}
	if own.profile != "" {
		return meaning{store.Denied, "the AWS profile " + own.profile + " gives no credentials",
			"Look at that profile in the shared files, and at " + own.setting + ". Where it signs on with AWS IAM Identity Center, run aws sso login --profile " + own.profile + ".", 0}
	}
	return meaning{store.Denied, "oktaws has no AWS credentials",
		"Give it some that the AWS SDK finds: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or a role of the instance, task or service account that it runs as. Then run oktaws check.", 0}
}

// cannotAssume is about a role that refused.
func (r route) cannotAssume(role string) meaning {
	trust := "sts:AssumeRole to the bot's own identity"
	if r.externalID {
		trust += " with the external ID of " + r.setting("external_id")
	}
	if r.sourceIdentity {
		trust += ", and sts:SetSourceIdentity (or leave aws.source_identity empty)"
	}
	return meaning{store.Denied, "the role " + role + " can't be assumed: it isn't there, its trust policy refuses, or the bot may not assume it",
		"The role must exist (" + r.setting("access_role") + " names it), its trust policy must allow " + trust +
			", and the bot's own policy must allow sts:AssumeRole on it. OrganizationAccountAccessRole is missing in the management account and in accounts that were invited; Control Tower makes AWSControlTowerExecution instead. For one account that differs, set aws.profiles.", 0}
}

var denials = map[string]bool{"AccessDenied": true, "AccessDeniedException": true, "UnauthorizedOperation": true}

// byOrganization reports whether a denial is by a service control policy. IAM has no code of its own for it; the words
// are those of https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
func byOrganization(words string) bool { return strings.Contains(words, "service control policy") }

// denied is about a call that a policy forbids, or that none allows.
func (r route) denied(err error) meaning {
	where := ""
	if r.account != "" && !duringAssume(err) {
		where = " in account " + r.account
	}
	return forbidden(apiMessage(err), actionOf(err), r.source(err), where)
}

// forbidden tells by AWS's words what kind of policy is in the way of who.
func forbidden(words, action, who, where string) meaning {
	switch {
	case byOrganization(words):
		return meaning{store.Denied, "a service control policy of the AWS organization forbids " + action + ". AWS says: " + brief(words),
			"Ask those who run the AWS organization to let " + who + " do " + action + where + ": an exception for its ARN (aws:PrincipalArn) in the policy that denies it. Nothing in the account itself helps.", 0}
	case strings.Contains(words, "permissions boundary"):
		return meaning{store.Denied, "a permissions boundary forbids " + action + ". AWS says: " + brief(words),
			"Let the permissions boundary of " + who + " allow " + action + where + ".", 0}
	}
	return meaning{store.Denied, who + " may not do " + action + ". AWS says: " + brief(words),
		"Add " + action + " to what " + who + " may do" + where + "; the README lists all that oktaws needs.", 0}
}

// actionOf is the IAM action that was missing: the one that AWS names (tags need one of their own), or the call's own.
func actionOf(err error) string {
	if action := actionIn(apiMessage(err)); action != "" {
		return action
	}
	service, operation := called(err)
	return strings.ToLower(service) + ":" + operation
}

const notAuthorized = "not authorized to perform: "

// actionIn is the IAM action that AWS's words name, if any.
func actionIn(words string) string {
	_, rest, _ := strings.Cut(words, notAuthorized)
	action, _, _ := strings.Cut(rest, " ")
	return action
}

// called returns the service and operation that an error is from: the innermost, so that of a call which needed
// credentials it is the one that got them.
func called(err error) (service, operation string) {
	for op, ok := errors.AsType[*smithy.OperationError](err); ok; op, ok = errors.AsType[*smithy.OperationError](op.Err) {
		service, operation = op.Service(), op.Operation()
	}
	return service, operation
}

// duringAssume reports whether it was the role that couldn't be had.
func duringAssume(err error) bool {
	_, ok := errors.AsType[*roleError](err)
	return ok
}

// statusOf returns the HTTP status of the answer, or 0 where there was none.
func statusOf(err error) int {
	if answer, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && answer.Response != nil {
		return answer.HTTPStatusCode()
	}
	return 0
}

func codeOf(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

func isCode(err error, code string) bool { return codeOf(err) == code }

func apiMessage(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorMessage()
	}
	return ""
}

// brief cuts AWS's words to what fits a message: some of its answers repeat the whole request.
func brief(words string) string {
	const most = 400
	if r := []rune(words); len(r) > most {
		return string(r[:most]) + "…"
	}
	return words
}

// harmless returns the cause for the log, without what could be secret: AWS's words about a wrong signature repeat the
// request's headers, the session token among them.
func harmless(err error) error {
	switch code := codeOf(err); code {
	case "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "IncompleteSignatureException":
		service, operation := called(err)
		return fmt.Errorf("%s %s: %s", service, operation, code)
	}
	return err
}

// meaningOfStatus is about an answer without a code of AWS's: from a proxy, or from a service in trouble.
func meaningOfStatus(err error, status int) meaning {
	said := fmt.Sprintf("the answer was HTTP %d %s", status, http.StatusText(status))
	switch {
	case status == http.StatusTooManyRequests:
		return throttled
	case status >= 500:
		return meaning{store.Transient, said + perhaps(err), carriesOn, 5 * time.Second}
	}
	return meaning{store.Permanent, said + ", and not in AWS's form", "Look whether a proxy stands between oktaws and AWS, and what it allows.", 0}
}

var throttled = meaning{store.Transient, "AWS wants fewer calls at once", "oktaws waits and tries again by itself. If it goes on, somebody else uses up the account's share of calls.", 15 * time.Second}

func isThrottle(code string) bool {
	// For CloudFormation LimitExceededException is a quota, whatever the SDK thinks.
	_, ok := retry.DefaultThrottleErrorCodes[code]
	return ok && code != "LimitExceededException"
}
