package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

const (
	userPath       = "/oktaws/"
	userPolicyName = "oktaws"
)

// userName is the name of the IAM user for Okta: the one that is known, since the configuration may have changed.
func (w *work) userName() string {
	if name := w.known().UserName; name != "" {
		return name
	}
	return w.r.cfg.UserName
}

// userPolicy is the least that Okta needs: it lists the roles, and the account's alias. Assuming roles is an option.
// (https://help.okta.com/en-us/content/topics/deploymentguides/aws/aws-configure-identity-provider.htm)
func (w *work) userPolicy() (string, error) {
	type statement struct {
		Effect   string
		Action   []string
		Resource []string
	}
	statements := []statement{{"Allow", []string{"iam:ListRoles", "iam:ListAccountAliases"}, []string{"*"}}}
	if w.r.cfg.UserMayAssume {
		a := w.get()
		specs, err := w.roleSet()
		if err != nil {
			return "", err
		}
		var arns []string
		for _, spec := range specs {
			arns = append(arns, fmt.Sprintf("arn:%s:iam::%s:role%s%s", a.Partition, a.ID, rolePath(spec), spec.Name))
		}
		statements = append(statements, statement{"Allow", []string{"sts:AssumeRole"}, arns})
	}
	raw, err := json.Marshal(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", statements})
	return string(raw), err
}

func (w *work) lookUser(ctx context.Context, s *sight) ([]store.Finding, error) {
	user, err := s.user(ctx)
	if err != nil {
		return nil, err
	}
	name := w.userName()
	if user == nil {
		return []store.Finding{finding(ssoUser, "gone", fmt.Sprintf("There is no IAM user %s for Okta", name),
			"Okta can't read the account's roles: changes of roles don't reach people", "makes it")}, nil
	}
	policy, err := w.userPolicy()
	if err != nil {
		return nil, err
	}
	var out []store.Finding
	switch {
	case ours(user.Tags):
	case w.wasOurUser(*user):
		out = append(out, untagged(ssoUser, "The IAM user "+name))
	default:
		out = append(out, w.foreign(ssoUser, "foreign", fmt.Sprintf("The account has an IAM user %s that does not bear our tag", name), "tags it, and gives it the policy that Okta needs"))
	}
	if !sameJSON(user.Inline[userPolicyName], policy) {
		out = append(out, finding(ssoUser, "policy", fmt.Sprintf("The IAM user %s does not have the policy that Okta needs", name),
			"Okta may not read the account's roles, or may do more than it should", "gives it that policy"))
	}
	if more := w.moreRights(*user); len(more) > 0 {
		out = append(out, forPerson(ssoUser, "rights", fmt.Sprintf("The IAM user %s has more rights than Okta needs: %s", name, some(more, 5)),
			"Nothing for them; but whoever gets Okta's key may do more than list roles", "Take them away in the IAM console"))
	}
	return out, nil
}

// wasOurUser tells a user that oktaws has made from one that somebody made in its place: ours has a path of its own.
func (w *work) wasOurUser(u User) bool {
	return sameName(w.known().UserName, u.Name) && u.Path == userPath
}

// moreRights are the policies and groups of the user that oktaws did not give it.
func (w *work) moreRights(u User) []string {
	var more []string
	for _, name := range slices.Sorted(maps.Keys(u.Inline)) {
		if name != userPolicyName {
			more = append(more, "the policy "+name)
		}
	}
	for _, arn := range u.Policies {
		more = append(more, "the policy "+arn)
	}
	for _, group := range u.Groups {
		more = append(more, "the group "+group)
	}
	return more
}

// ssoUser makes true that the IAM user for Okta is there, is ours, and has the least rights that Okta needs.
func (w *work) ssoUser(ctx context.Context) (result, error) {
	a, name, note := w.get(), w.userName(), "in place"
	user, err := w.sight().user(ctx)
	if err != nil {
		return result{}, err
	}
	if user == nil {
		// Noted first, so that whatever becomes of the call, the user is found again.
		if err := w.learn(ctx, func(k *store.Known) { k.UserName = name }); err != nil {
			return result{}, err
		}
		if err := w.aws.CreateUser(ctx, name, userPath, w.tags()); err != nil {
			return result{}, w.lookAgain(ssoUser, err)
		}
		user, note = &User{Name: name, Tags: w.tags()}, "created"
	}
	if !ours(user.Tags) {
		if !a.Adopt && !w.wasOurUser(*user) {
			return result{}, &store.Error{Kind: store.Conflict, Err: store.ErrForeign,
				Message: fmt.Sprintf("Account %s has an IAM user named %s already, and it was not made by oktaws.", a.ID, name),
				Remedy:  fmt.Sprintf("Take it over with /oktaws adopt %s; or delete that user if nobody uses it, or set aws.user_name to another name, and retry.", a.ID)}
		}
		if err := w.aws.TagUser(ctx, name, w.tags()); err != nil {
			return result{}, w.lookAgain(ssoUser, err)
		}
		note = "tagged"
	}
	policy, err := w.userPolicy()
	if err != nil {
		return result{}, err
	}
	if !sameJSON(user.Inline[userPolicyName], policy) {
		if err := w.aws.PutUserPolicy(ctx, name, userPolicyName, policy); err != nil {
			return result{}, w.lookAgain(ssoUser, err)
		}
	}
	if err := w.learn(ctx, func(k *store.Known) { k.UserName = name }); err != nil {
		return result{}, err
	}
	return done(name + " " + note)
}

func (w *work) remainsUser(ctx context.Context, s *sight) ([]store.Finding, error) {
	user, err := s.user(ctx)
	if err != nil || user == nil {
		return nil, err
	}
	what := "The IAM user " + user.Name
	if !ours(user.Tags) {
		return []store.Finding{leftAlone(ssoUser, "user", what+", which does not bear our tag")}, nil
	}
	return []store.Finding{finding(ssoUser, "there", what, "", "deletes it with its access keys")}, nil
}

// undoUser deletes the IAM user for Okta: its keys, its policies, and itself. What somebody else has given it is in the
// way, and is named.
func (w *work) undoUser(ctx context.Context) (result, error) {
	s := w.sight()
	user, err := s.user(ctx)
	if err != nil {
		return result{}, err
	}
	if user == nil {
		return w.userGone(ctx, "there is none")
	}
	if !ours(user.Tags) {
		return left("The IAM user " + user.Name + ", which does not bear our tag")
	}
	keys, err := w.aws.AccessKeys(ctx, user.Name)
	if err != nil {
		return result{}, err
	}
	for _, k := range keys {
		if err := w.aws.DeleteAccessKey(ctx, user.Name, k.ID); err != nil && store.KindOf(err) != store.NotFound {
			return result{}, err
		}
	}
	if _, ok := user.Inline[userPolicyName]; ok {
		if err := w.aws.DeleteUserPolicy(ctx, user.Name, userPolicyName); err != nil && store.KindOf(err) != store.NotFound {
			return result{}, err
		}
	}
	if more := w.moreRights(*user); len(more) > 0 {
		return result{}, &store.Error{Kind: store.Conflict,
			Message: fmt.Sprintf("The IAM user %s of account %s has something that oktaws did not give it: %s. So far only its access keys are deleted.", user.Name, w.key.ID, some(more, 5)),
			Remedy:  "Take that away in the IAM console if nobody needs it, then retry."}
	}
	if err := w.aws.DeleteUser(ctx, user.Name); err != nil && store.KindOf(err) != store.NotFound {
		return result{}, err
	}
	return w.userGone(ctx, user.Name+" deleted")
}

func (w *work) userGone(ctx context.Context, note string) (result, error) {
	err := w.learn(ctx, func(k *store.Known) { k.UserName, k.KeyID, k.OldKeys, k.RolesRefused = "", "", nil, time.Time{} })
	if err != nil {
		return result{}, err
	}
	return done(note)
}

// sameJSON says whether two JSON texts mean the same, as policy documents have it: a list of one is as good as the one, and
// a number or a truth value as good as its text.
func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(unlisted(x), unlisted(y))
}

func unlisted(v any) any {
	switch v := v.(type) {
	case []any:
		if len(v) == 1 {
			return unlisted(v[0])
		}
		out := make([]any, len(v))
		for i := range v {
			out[i] = unlisted(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[k] = unlisted(e)
		}
		return out
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return v
}

// sameName compares names without regard to case, as IAM has it.
func sameName(a, b string) bool { return strings.EqualFold(a, b) }
