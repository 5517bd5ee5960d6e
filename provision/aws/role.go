package aws

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/oktaws/oktaws/provision"
)

// RestoreRole sends the calls that are needed one after the other, the trust policy first, and ends at the first that
// fails: what was done by then stays, and the next survey shows it. A role's path can't be changed, and isn't.
func (a *account) RestoreRole(ctx context.Context, have *provision.Role, want provision.Role) error {
	if have == nil {
		if err := a.createRole(ctx, want); err != nil {
			return err
		}
		made := provision.Role{Name: want.Name}
		return a.mendPolicies(ctx, made, want)
	}
	want.Name = have.Name // as it is spelled there
	for _, mend := range []func(ctx context.Context, have, want provision.Role) error{
		a.mendTrust, a.mendBoundary, a.mendPolicies, a.mendTags, a.setRole,
	} {
		if err := mend(ctx, *have, want); err != nil {
			return err
		}
	}
	return nil
}

// createRole makes the role without its policies, which take calls of their own.
func (a *account) createRole(ctx context.Context, want provision.Role) error {
	in := &iam.CreateRoleInput{
		RoleName:                 &want.Name,
		AssumeRolePolicyDocument: &want.Trust,
		Description:              &want.Description,
		MaxSessionDuration:       seconds(want.MaxDuration),
		Tags:                     iamTags(want.Tags),
	}
	if want.Path != "" {
		in.Path = &want.Path
	}
	if want.Boundary != "" {
		in.PermissionsBoundary = &want.Boundary
	}
	_, err := a.iam.CreateRole(ctx, in)
	return a.route.explain("create the role "+want.Name, err)
}

func (a *account) mendTrust(ctx context.Context, have, want provision.Role) error {
	if sameJSON(have.Trust, want.Trust) {
		return nil
	}
	_, err := a.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &want.Name, PolicyDocument: &want.Trust})
	return a.route.explain("write the trust policy of the role "+want.Name, err)
}

func (a *account) mendBoundary(ctx context.Context, have, want provision.Role) error {
	switch {
	case have.Boundary == want.Boundary:
		return nil
	case want.Boundary == "":
		_, err := a.iam.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: &want.Name})
		return a.route.explain("remove the permissions boundary of the role "+want.Name, unlessGone(err))
	}
	_, err := a.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: &want.Name, PermissionsBoundary: &want.Boundary})
	return a.route.explain("set the permissions boundary of the role "+want.Name, err)
}

// mendTags adds the tags that are missing or different; others that somebody has given the role stay.
func (a *account) mendTags(ctx context.Context, have, want provision.Role) error {
	missing := map[string]string{}
	for key, value := range want.Tags {
		if is, ok := have.Tags[key]; !ok || is != value {
			missing[key] = value
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err := a.iam.TagRole(ctx, &iam.TagRoleInput{RoleName: &want.Name, Tags: iamTags(missing)})
	return a.route.explain("tag the role "+want.Name, err)
}

// mendPolicies adds what is missing before it removes what is too much: who works with the role keeps what it is for.
func (a *account) mendPolicies(ctx context.Context, have, want provision.Role) error {
	for _, arn := range want.Policies {
		if slices.Contains(have.Policies, arn) {
			continue
		}
		if _, err := a.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &want.Name, PolicyArn: &arn}); err != nil {
			return a.route.explain("attach the policy "+arn+" to the role "+want.Name, err)
		}
	}
	for _, policy := range slices.Sorted(maps.Keys(want.Inline)) {
		document := want.Inline[policy]
		if sameJSON(have.Inline[policy], document) {
			continue
		}
		if _, err := a.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &want.Name, PolicyName: &policy, PolicyDocument: &document}); err != nil {
			return a.route.explain("write the policy "+policy+" of the role "+want.Name, err)
		}
	}
	for _, arn := range have.Policies {
		if slices.Contains(want.Policies, arn) {
			continue
		}
		_, err := a.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &want.Name, PolicyArn: &arn})
		if err = unlessGone(err); err != nil {
			return a.route.explain("detach the policy "+arn+" from the role "+want.Name, err)
		}
	}
	for _, policy := range slices.Sorted(maps.Keys(have.Inline)) {
		if _, ok := want.Inline[policy]; ok {
			continue
		}
		_, err := a.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &want.Name, PolicyName: &policy})
		if err = unlessGone(err); err != nil {
			return a.route.explain("delete the policy "+policy+" of the role "+want.Name, err)
		}
	}
	return nil
}

// setRole comes last: of a role that somebody deleted meanwhile it says so.
func (a *account) setRole(ctx context.Context, _, want provision.Role) error {
	_, err := a.iam.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: &want.Name, Description: &want.Description, MaxSessionDuration: seconds(want.MaxDuration)})
	return a.route.explain("set the session length and the description of the role "+want.Name, err)
}

// unlessGone forgives that what was to be removed isn't there any more.
func unlessGone(err error) error {
	if isCode(err, "NoSuchEntity") {
		return nil
	}
	return err
}

// seconds is how IAM wants a session length; for none it takes an hour.
func seconds(d time.Duration) *int32 {
	if d == 0 {
		return nil
	}
	return sdk.Int32(int32(d / time.Second))
}

// sameJSON reports whether two JSON texts mean the same.
func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}
