package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// identity makes true that the credentials reach the very account that was asked for.
func (w *work) identity(ctx context.Context) (result, error) {
	a := w.get()
	id, err := w.aws.Identity(ctx)
	if err != nil {
		return result{}, err
	}
	if id.Account != a.AccountKey {
		return result{}, &store.Error{Kind: store.Permanent,
			Message: fmt.Sprintf("The credentials for account %s lead to account %s instead.", a.AccountKey, id.Account),
			Remedy:  "Set aws.access_role, or the account's entry in aws.profiles, so that they lead there. Nothing was changed."}
	}
	if err := w.learn(ctx, func(k *store.Known) { k.Alias = id.Alias }); err != nil {
		return result{}, err
	}
	if id.Alias != "" {
		return done("reached " + id.Alias)
	}
	return done("reached " + a.ID)
}

// tags are what our AWS resources bear.
func (w *work) tags() map[string]string {
	return map[string]string{TagManaged: TagManagedValue, TagRequest: w.get().RequestID}
}

func ours(tags map[string]string) bool { return tags[TagManaged] == TagManagedValue }

// samlProvider makes true that the identity provider holds the application's current metadata.
func (w *work) samlProvider(ctx context.Context) (result, error) {
	a, arn := w.get(), w.providerARN()
	metadata, err := w.r.okta.Metadata(ctx, a.Known.AppID, a.Known.SigningKeyID)
	if err != nil {
		return w.orGone(ctx, samlProvider, err)
	}
	want, err := parseMetadata(metadata)
	if err != nil {
		return result{}, err
	}
	have, err := w.aws.Provider(ctx, arn)
	if err != nil {
		return result{}, err
	}
	note := "in place"
	since := w.now()
	switch {
	case have == nil:
		if err := w.aws.CreateProvider(ctx, w.r.cfg.ProviderName, metadata, w.tags()); err != nil {
			return result{}, w.lookAgain(samlProvider, err)
		}
		note = "created"
	case !ours(have.Tags):
		return result{}, &store.Error{Kind: store.Conflict,
			Message: fmt.Sprintf("Account %s has an identity provider named %s already, and it was not made by oktaws.", a.ID, w.r.cfg.ProviderName),
			Remedy:  fmt.Sprintf("Delete %s if nobody signs on through it, or set aws.provider_name to another name, then retry.", arn)}
	default:
		now, err := parseMetadata(have.Metadata)
		// That of the application before this one, which somebody deleted, is no stranger's.
		if err == nil && now.EntityID != want.EntityID && now.EntityID != a.Known.EntityID {
			return result{}, &store.Error{Kind: store.Conflict,
				Message: fmt.Sprintf("The identity provider %s of account %s trusts another Okta application (%s).", w.r.cfg.ProviderName, a.ID, now.EntityID),
				Remedy:  fmt.Sprintf("Delete %s if that application is no longer used, then retry.", arn)}
		}
		if err != nil || !reflect.DeepEqual(now, want) {
			if err := w.aws.UpdateProvider(ctx, arn, metadata); err != nil {
				return result{}, w.lookAgain(samlProvider, err)
			}
			note = "metadata renewed"
		}
		since = have.Created
	}
	err = w.learn(ctx, func(k *store.Known) { k.ProviderARN, k.EntityID, k.ProviderSince = arn, want.EntityID, since })
	if err != nil {
		return result{}, err
	}
	return done(w.r.cfg.ProviderName + " " + note)
}

// userPolicy is the least that Okta needs: it lists the roles, and the account's alias. Assuming roles is an option.
// (https://help.okta.com/en-us/content/topics/deploymentguides/aws/aws-configure-identity-provider.htm)
func (w *work) userPolicy() string {
	type statement struct {
		Effect   string
		Action   []string
		Resource []string
	}
	statements := []statement{{"Allow", []string{"iam:ListRoles", "iam:ListAccountAliases"}, []string{"*"}}}
	if w.r.cfg.UserMayAssume {
		a := w.get()
		var arns []string
		for _, spec := range w.r.cfg.RoleSet {
			arns = append(arns, fmt.Sprintf("arn:%s:iam::%s:role/%s", a.Partition, a.ID, spec.Name))
		}
		statements = append(statements, statement{"Allow", []string{"sts:AssumeRole"}, arns})
	}
	raw, err := json.Marshal(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", statements})
	if err != nil {
		panic(err) // strings always encode
	}
	return string(raw)
}

const (
	userPath       = "/oktaws/"
	userPolicyName = "oktaws"
)

// ssoUser makes true that the IAM user for Okta is there, is ours, and has the least rights that Okta needs.
func (w *work) ssoUser(ctx context.Context) (result, error) {
	a, name, note := w.get(), w.r.cfg.UserName, "in place"
	user, err := w.aws.User(ctx, name)
	if err != nil {
		return result{}, err
	}
	if user == nil {
		if err := w.aws.CreateUser(ctx, name, userPath, w.tags()); err != nil {
			return result{}, w.lookAgain(ssoUser, err)
		}
		user, note = &User{Name: name, Tags: w.tags()}, "created"
	}
	if !ours(user.Tags) {
		return result{}, &store.Error{Kind: store.Conflict,
			Message: fmt.Sprintf("Account %s has an IAM user named %s already, and it was not made by oktaws.", a.ID, name),
			Remedy:  "Delete that user if nobody uses it, or set aws.user_name to another name, then retry."}
	}
	if !sameJSON(user.Policies[userPolicyName], w.userPolicy()) {
		if err := w.aws.PutUserPolicy(ctx, name, userPolicyName, w.userPolicy()); err != nil {
			return result{}, w.lookAgain(ssoUser, err)
		}
	}
	if err := w.learn(ctx, func(k *store.Known) { k.UserName = name }); err != nil {
		return result{}, err
	}
	return done(name + " " + note)
}

// sameJSON says whether two JSON texts mean the same.
func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// GroupName is the role's Okta group in one account.
func (s RoleSpec) GroupName(label, account, alias string) string {
	if alias == "" {
		alias = account
	}
	return strings.NewReplacer("{label}", label, "{account}", account, "{role}", s.Name, "{alias}", alias).Replace(s.Group)
}

// providerSettles is how long a new identity provider rests before roles may trust it. IAM needs about two seconds,
// and inside CloudFormation a role that comes too early fails the stack.
const providerSettles = 4 * time.Second

// providerAppears is how long IAM may take until it shows a new identity provider to everybody who asks.
const providerAppears = 2 * time.Minute
