package export

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/oktaws/oktaws/store"
)

// oktaDefaults are settings that Okta gives every application, and that mode api leaves as they are: without them in the
// configuration, Terraform would take them out. Recorded of a new application; nothing looks at them in mode api.
var oktaDefaults = map[string]any{
	"appFilter":        "okta",
	"groupFilter":      `aws_(?{{accountid}}\d+)_(?{{role}}[a-zA-Z0-9+=,.@\-_]+)`,
	"roleValuePattern": "arn:aws:iam::${accountid}:saml-provider/OKTA,arn:aws:iam::${accountid}:role/${role}",
}

// account writes what an account has, in the order in which it was made.
func (t *terraform) account(b block, a account) error {
	mode := "the roles are assigned with the groups (mode api)"
	if a.Mode == store.ModeGroups {
		mode = "the names of the groups say the roles (mode groups)"
	}
	b.note("Account %s, %s: %s", a.Typed(), plain(a.Label), mode)
	for _, f := range a.Open {
		b.note("Differs from what it shall be: %s.", plain(f.What))
	}
	if t.rotating(a.Known) {
		b.note("Its certificate is being replaced: export it anew once that is done, since its identity provider holds two now.")
	}
	if !a.blueprint.StackSame {
		b.note("Its stack was last seen with another template than the configuration makes now: the plan shows that. Repair it first.")
	}
	b.gap()
	if err := t.application(b, a); err != nil {
		return err
	}
	provider := t.identityProvider(b, a)
	t.roles(b, a, provider)
	if a.Mode != store.ModeGroups {
		if err := t.user(b, a); err != nil {
			return err
		}
	}
	t.people(b, a)
	t.groupsOf(b, a)
	return nil
}

// application writes the account's Okta application; one that accounts share, once.
//
// Its import ID is the application's (https://registry.terraform.io/providers/okta/okta/latest/docs/resources/app_saml).
// Provisioning (features) and the key that Okta holds can't be written there, and stay as they are.
func (t *terraform) application(b block, a account) error {
	id, name := a.Known.AppID, appName(a.Account)
	if t.apps[id] != "" {
		b.note("It shares the application okta_app_saml.%s.", t.apps[id])
		b.gap()
		return nil
	}
	t.apps[id] = name
	want := maps.Clone(a.blueprint.Application.Settings)
	if a.Mode != store.ModeGroups {
		for key, v := range oktaDefaults {
			if _, set := want[key]; !set {
				want[key] = v
			}
		}
	}
	values, err := settings(want)
	if err != nil {
		return err
	}
	if a.Shared != "" {
		b.note("The application that accounts of the partition %s share; %d of them are here.", a.Partition, t.users[id])
	}
	r := b.block("resource", "okta_app_saml", name)
	r.text("label", a.blueprint.Application.Label)
	r.text("preconfigured_app", "amazon_aws")
	r.text("status", "ACTIVE")
	r.json("app_settings_json", values)
	r.gap()
	l := r.block("lifecycle")
	l.note("Everybody who signs on does so through it.")
	l.flag("prevent_destroy", true)
	l.note("The note is oktaws's mark, beside what people have written.")
	l.refs("ignore_changes", "admin_note", "enduser_note")
	b.gap()
	b.imported("okta_app_saml", name, id)
	return nil
}

// identityProvider writes the IAM SAML provider, and returns its name. Its import ID is its ARN
// (https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_saml_provider#import).
func (t *terraform) identityProvider(b block, a account) string {
	arn, name := a.Known.ProviderARN, accountName(a.Account)
	r := b.block("resource", "aws_iam_saml_provider", name)
	r.ref("provider", "aws", aliasName(a.AccountKey))
	r.text("name", arn[strings.LastIndex(arn, "/")+1:])
	r.ref("saml_metadata_document", "okta_app_saml", t.apps[a.Known.AppID], "metadata")
	r.gap()
	l := r.block("lifecycle")
	l.note("Every role trusts it.")
	l.flag("prevent_destroy", true)
	l.refs("ignore_changes", "tags", "tags_all")
	b.gap()
	b.imported("aws_iam_saml_provider", name, arn)
	return name
}

// roles writes the stack with the roles. Its import ID is the stack's name
// (https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudformation_stack#import).
func (t *terraform) roles(b block, a account, provider string) {
	name, stack := accountName(a.Account), a.stack()
	r := b.block("resource", "aws_cloudformation_stack", name)
	r.ref("provider", "aws", aliasName(a.AccountKey))
	r.text("name", stack.name)
	r.ref("template_body", "local", roleSetName(a.RoleSetName()))
	r.texts("capabilities", "CAPABILITY_NAMED_IAM")
	parameters := map[string]hclwrite.Tokens{}
	for key, v := range a.blueprint.Stack.Parameters {
		parameters[key] = hclwrite.TokensForValue(cty.StringVal(v))
		if v == a.Known.ProviderARN { // so that the provider comes first
			parameters[key] = hclwrite.TokensForTraversal(traversal([]string{"aws_iam_saml_provider", provider, "arn"}))
		}
	}
	r.object("parameters", parameters)
	r.gap()
	r.block("lifecycle").refs("ignore_changes", "tags", "tags_all")
	b.gap()
	b.imported("aws_cloudformation_stack", name, stack.name)
}

// user writes the IAM user whose key Okta holds, and its policy. Their import IDs are the user's name, and that with the
// policy's (https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_user#import, …/iam_user_policy#import).
func (t *terraform) user(b block, a account) error {
	u, name := a.blueprint.User, accountName(a.Account)
	b.note("The user whose access key Okta holds. The key is not here: AWS shows its secret once, so that it can't be imported, and\nTerraform would keep a new one's in its state. To replace it, make a second key by hand and enter that in Okta.")
	r := b.block("resource", "aws_iam_user", name)
	r.ref("provider", "aws", aliasName(a.AccountKey))
	r.text("name", u.Name)
	r.text("path", u.Path)
	r.gap()
	l := r.block("lifecycle")
	l.note("A user that was taken over may have another path.")
	l.refs("ignore_changes", "path", "tags", "tags_all")
	b.gap()
	b.imported("aws_iam_user", name, u.Name)

	policy, err := document(u.Policy)
	if err != nil {
		return err
	}
	p := b.block("resource", "aws_iam_user_policy", name)
	p.ref("provider", "aws", aliasName(a.AccountKey))
	p.text("name", u.PolicyName)
	p.ref("user", "aws_iam_user", name, "name")
	p.json("policy", policy)
	b.gap()
	b.imported("aws_iam_user_policy", name, u.Name+":"+u.PolicyName)
	return nil
}

// document is a policy as a value.
func document(policy string) (cty.Value, error) {
	var v any
	if err := json.Unmarshal([]byte(policy), &v); err != nil {
		return cty.NilVal, fmt.Errorf("read the policy of the IAM user: %w", err)
	}
	return value(v)
}

func value(v any) (cty.Value, error) {
	switch v := v.(type) {
	case string:
		return cty.StringVal(v), nil
	case []any:
		var list []cty.Value
		for _, e := range v {
			c, err := value(e)
			if err != nil {
				return c, err
			}
			list = append(list, c)
		}
		return cty.TupleVal(list), nil
	case map[string]any:
		object := map[string]cty.Value{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			c, err := value(v[key])
			if err != nil {
				return c, err
			}
			object[key] = c
		}
		return cty.ObjectVal(object), nil
	}
	return cty.NilVal, fmt.Errorf("the policy of the IAM user holds a %T, which can't be written", v)
}
