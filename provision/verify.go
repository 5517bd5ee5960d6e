package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// verifyRounds is how often verify sends the pipeline back to steps before it gives up.
const verifyRounds = 3

// verify takes a last look at all of it from both sides. What it finds undone is done again; what stays wrong is told.
func (w *work) verify(ctx context.Context) (result, error) {
	app, err := w.r.okta.Application(ctx, w.known().AppID)
	if err != nil {
		return result{}, err
	}
	if app == nil {
		return w.applicationGone()
	}
	for _, look := range []func(context.Context, Application) (step, problem string, err error){
		w.lookApplication, w.lookProvider, w.lookRoles, w.lookUser, w.lookAssignments,
	} {
		step, problem, err := look(ctx, *app)
		if err != nil {
			return result{}, err
		}
		if problem != "" {
			return w.undone(step, problem)
		}
	}
	return done("all of it is as it should be")
}

// undone sends the pipeline back to a step, and, after some rounds, tells what stays wrong.
func (w *work) undone(step, problem string) (result, error) {
	a := w.get()
	if a.Steps[verify].Rounds < verifyRounds {
		return result{note: problem, redo: step}, nil
	}
	remedy := "Somebody or something changes it back. Find out who, in the system logs of Okta and AWS, then retry."
	if step == roles {
		remedy = fmt.Sprintf("CloudFormation doesn't mend what was changed past it. Delete the stack %s in the CloudFormation console, then retry: oktaws makes it anew.", w.r.cfg.StackName)
	}
	return result{}, &store.Error{Kind: store.Permanent, Remedy: remedy,
		Message: fmt.Sprintf("Account %s does not become what it should be: %s.", a.ID, problem)}
}

func (w *work) lookApplication(_ context.Context, app Application) (step, problem string, err error) {
	switch {
	case app.Status != "ACTIVE":
		return oktaApp, "the Okta application is not active", nil
	case !bears(app.Note, mark(w.get())):
		return oktaApp, "the Okta application does not bear our mark", nil
	case app.SigningKeyID != w.known().SigningKeyID:
		return oktaApp, "the Okta application signs with another key than before", nil
	}
	for name, want := range w.application().Settings {
		if fmt.Sprint(app.Settings[name]) != fmt.Sprint(want) {
			return oktaApp, "the Okta application's setting " + name + " differs", nil
		}
	}
	if w.get().Mode != store.ModeAPI {
		return "", "", nil
	}
	if !slices.Contains(app.Features, FeatureCreateUsers) || !slices.Contains(app.Features, FeatureUpdateAttributes) {
		return oktaProvisioning, "provisioning is not enabled any more", nil
	}
	return "", "", nil
}

func (w *work) lookProvider(ctx context.Context, app Application) (step, problem string, err error) {
	provider, err := w.aws.Provider(ctx, w.providerARN())
	if err != nil {
		return "", "", err
	}
	if provider == nil {
		return samlProvider, "the identity provider is gone", nil
	}
	metadata, err := w.r.okta.Metadata(ctx, app.ID, app.SigningKeyID)
	if err != nil {
		return "", "", err
	}
	want, err := parseMetadata(metadata)
	if err != nil {
		return "", "", err
	}
	if have, err := parseMetadata(provider.Metadata); err != nil || !reflect.DeepEqual(have, want) {
		return samlProvider, "the identity provider does not hold the application's certificate", nil
	}
	return "", "", nil
}

func (w *work) lookRoles(ctx context.Context, _ Application) (step, problem string, err error) {
	for _, spec := range w.r.cfg.RoleSet {
		role, err := w.aws.Role(ctx, spec.Name)
		if err != nil {
			return "", "", err
		}
		if role == nil {
			return roles, "the role " + spec.Name + " is gone", nil
		}
		if !trusts(role.Trust, w.providerARN(), signInURLs[w.get().Partition].saml) {
			return roles, "the role " + spec.Name + " does not trust the identity provider", nil
		}
		for _, arn := range spec.Policies {
			arn = strings.ReplaceAll(arn, "${AWS::Partition}", w.get().Partition)
			if !slices.Contains(role.Policies, arn) {
				return roles, "the role " + spec.Name + " lacks the policy " + arn, nil
			}
		}
	}
	return "", "", nil
}

// oneOrMore is a JSON string, or an array of them, as policy documents have them.
type oneOrMore []string

// UnmarshalJSON takes both forms.
func (l *oneOrMore) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*l = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(l))
}

// trusts says whether a trust policy lets people who sign on through the provider assume the role.
func trusts(document, provider, audience string) bool {
	var policy struct {
		Statement []struct {
			Effect    string
			Action    oneOrMore
			Principal struct{ Federated oneOrMore }
			Condition map[string]map[string]oneOrMore
		}
	}
	if json.Unmarshal([]byte(document), &policy) != nil {
		return false
	}
	for _, s := range policy.Statement {
		if s.Effect == "Allow" && slices.Contains(s.Action, "sts:AssumeRoleWithSAML") &&
			slices.Contains(s.Principal.Federated, provider) && slices.Contains(s.Condition["StringEquals"]["SAML:aud"], audience) {
			return true
		}
	}
	return false
}

func (w *work) lookUser(ctx context.Context, _ Application) (step, problem string, err error) {
	if w.get().Mode != store.ModeAPI {
		return "", "", nil
	}
	user, err := w.aws.User(ctx, w.r.cfg.UserName)
	if err != nil {
		return "", "", err
	}
	if user == nil || !sameJSON(user.Policies[userPolicyName], w.userPolicy()) {
		return ssoUser, "the IAM user for Okta lacks its rights", nil
	}
	return "", "", nil
}

func (w *work) lookAssignments(ctx context.Context, app Application) (step, problem string, err error) {
	assigned, err := w.r.okta.Assignments(ctx, app.ID)
	if err != nil {
		return "", "", err
	}
	groups := w.groups()
	for name, wanted := range groups {
		id := w.known().Groups[wanted[0]]
		if have, ok := assigned[id]; !ok || !sameSet(have.Roles, w.assignedRoles(wanted)) {
			return oktaGroups, "the group " + name + " is not assigned with its roles", nil
		}
	}
	return "", "", nil
}
