package export

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// What the configuration needs. Import blocks came with Terraform 1.5; the import IDs are the same in all the providers'
// versions in the ranges (https://registry.terraform.io/providers/okta/okta, …/hashicorp/aws).
const (
	terraformVersions = ">= 1.5"
	oktaVersions      = ">= 4.8, < 7.0"
	awsVersions       = ">= 5.0, < 7.0"
)

// manyProviders is how many accounts one run of Terraform bears well: each has a provider of its own.
const manyProviders = 50

// Setup is what the operator has decided.
type Setup struct {
	Pipeline       provision.Config
	OrgURL         string            // of the Okta organization
	Partitions     map[string]Reach  // how accounts are reached, by partition
	Profiles       map[string]string // named profile by account ID, in place of that
	SourceIdentity string            // empty: none
	Now            time.Time
}

// Reach says how Terraform reaches the accounts of a partition, which is how oktaws does.
type Reach struct {
	Region     string // of stacks whose own isn't known; empty: Terraform finds one in its environment
	AccessRole string // name, with its path, of the role in each account; empty: Terraform's own credentials
	ExternalID string
	Profile    string // named profile; empty: Terraform finds credentials in its environment
}

// Terraform writes the configuration by which Terraform takes over the linked ones of the accounts: providers, resources,
// and the blocks that import them. Accounts that aren't linked are named in a comment and left out. What it writes follows
// from the records and the setup alone, byte by byte, and holds no secret. It fails with a *store.Error where the
// configuration makes nothing of an account, and as w does.
func Terraform(w io.Writer, s Setup, records []Record) error {
	t := &terraform{Setup: s, apps: map[string]string{}, groups: map[string]string{}, assigned: map[string]bool{}, users: map[string]int{}}
	var left []string
	for _, r := range sorted(records) {
		if why := notExported(r.Account); why != "" {
			left = append(left, fmt.Sprintf("%s (%s): %s", r.Typed(), plain(r.Label), why))
			continue
		}
		b, err := s.Pipeline.Blueprint(r.Account, r.Application)
		if err != nil {
			return err
		}
		t.accounts = append(t.accounts, account{r, b})
		t.users[r.Known.AppID]++
	}
	head := newPart()
	t.head(head.block, left)
	t.providers(head.block)
	t.templates(head.block)
	if _, err := w.Write(head.bytes()); err != nil {
		return err
	}
	for _, a := range t.accounts {
		p := newPart()
		if err := t.account(p.block, a); err != nil {
			return fmt.Errorf("account %s: %w", a.ID, err)
		}
		if _, err := w.Write(append([]byte("\n"), p.bytes()...)); err != nil {
			return err
		}
	}
	return nil
}

// terraform is a configuration that is being written.
type terraform struct {
	Setup
	accounts []account
	users    map[string]int    // how many of the accounts have an application, by its ID
	apps     map[string]string // names of the applications that are written, by ID
	groups   map[string]string // and of the groups
	assigned map[string]bool   // import IDs of the assignments that are written
}

// account is a linked account, and what it shall have.
type account struct {
	Record
	blueprint provision.Blueprint
}

func (t *terraform) head(b block, left []string) {
	b.note("What oktaws has linked, for Terraform. Written at %s.\n", t.Now.UTC().Format(time.RFC3339))
	b.note(`How to take it over:
1. Set the Okta provider's credentials in the environment (OKTA_API_TOKEN, or OKTA_API_CLIENT_ID, OKTA_API_PRIVATE_KEY_ID,
   OKTA_API_PRIVATE_KEY and OKTA_API_SCOPES), and AWS credentials as oktaws has them. There are none in this file.
2. terraform init
3. terraform plan shows imports only, but for the parameters of each stack: the AWS provider doesn't read them while it
   imports, so that it says that it sets them. CloudFormation finds nothing to update then. If it shows anything else,
   look at it before you go on: it is what differs from what oktaws would have, or what somebody has set by hand.
4. Stop oktaws for good, then terraform apply. Two owners would undo each other's changes.

Don't unlink the accounts in oktaws: that deletes what stands below. oktaws has no way to give up one account alone, so
stop it altogether, or go on with it and keep this file as a description.
`)
	b.note("Accounts: %d.", len(t.accounts))
	for _, a := range t.accounts {
		b.note("- %s (%s)", a.Typed(), plain(a.Label))
	}
	if len(t.accounts) > manyProviders {
		b.note("Every account has a provider of its own, and each takes memory: with so many, export them in portions by naming\nthe accounts (oktaws export terraform 111122223333 …), into one folder each.")
	}
	if len(left) > 0 {
		b.note("\nLeft out: %d.", len(left))
		for _, l := range left {
			b.note("- %s", l)
		}
	}
	b.gap()
}

func (t *terraform) providers(b block) {
	terraform := b.block("terraform")
	terraform.text("required_version", terraformVersions)
	required := terraform.block("required_providers")
	for _, p := range [][3]string{{"aws", "hashicorp/aws", awsVersions}, {"okta", "okta/okta", oktaVersions}} {
		required.body.SetAttributeValue(p[0], cty.ObjectVal(map[string]cty.Value{"source": cty.StringVal(p[1]), "version": cty.StringVal(p[2])}))
	}
	b.gap()
	okta := b.block("provider", "okta")
	if name, base, ok := organization(t.OrgURL); ok {
		okta.text("org_name", name)
		okta.text("base_url", base)
	} else {
		okta.note("Set OKTA_ORG_NAME and OKTA_BASE_URL.")
	}
	for _, a := range t.accounts {
		b.gap()
		t.provider(b, a)
	}
}

// organization splits an organization's address as the Okta provider wants it (https://registry.terraform.io/providers/okta/okta/latest/docs).
func organization(address string) (name, base string, ok bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Port() != "" {
		return "", "", false
	}
	name, base, ok = strings.Cut(u.Hostname(), ".")
	return name, base, ok && name != "" && strings.Contains(base, ".")
}

// provider reaches one account (https://registry.terraform.io/providers/hashicorp/aws/latest/docs#assuming-an-iam-role).
func (t *terraform) provider(b block, a account) {
	p := b.block("provider", "aws")
	p.text("alias", aliasName(a.AccountKey))
	reach := t.Partitions[a.Partition]
	if region := cmp.Or(a.stack().region, reach.Region); region != "" {
		p.text("region", region)
	}
	p.texts("allowed_account_ids", a.ID)
	own := t.Profiles[a.ID]
	if profile := cmp.Or(own, reach.Profile); profile != "" {
		p.text("profile", profile)
	}
	if own != "" || reach.AccessRole == "" {
		return
	}
	role := p.block("assume_role")
	role.text("role_arn", fmt.Sprintf("arn:%s:iam::%s:role/%s", a.Partition, a.ID, reach.AccessRole))
	role.text("session_name", "terraform")
	if reach.ExternalID != "" {
		role.text("external_id", reach.ExternalID)
	}
	if t.SourceIdentity != "" {
		role.text("source_identity", t.SourceIdentity)
	}
}

// templates writes the template of each role set once: the stacks of all accounts with it have the same.
func (t *terraform) templates(b block) {
	written := map[string]bool{}
	var locals block
	for _, a := range t.accounts {
		set := a.RoleSetName()
		if written[set] {
			continue
		}
		if len(written) == 0 {
			b.gap()
			b.note("The roles of each role set, as the CloudFormation template that oktaws has deployed. The stack stays the owner of the\nroles: imported one by one, each would have two owners, and the stack would put back what Terraform has changed, or\ndelete them all once it goes.")
			locals = b.block("locals")
		}
		written[set] = true
		locals.lines(roleSetName(set), "TEMPLATE", a.blueprint.Stack.Template)
	}
}

// stackName says what a stack's ID does: arn:aws:cloudformation:us-east-1:111122223333:stack/oktaws-roles/….
type stackName struct{ region, name string }

func (a account) stack() stackName {
	out := stackName{name: a.blueprint.Stack.Name}
	if parts := strings.SplitN(a.Known.StackID, ":", 6); len(parts) == 6 {
		if name := strings.Split(parts[5], "/"); len(name) == 3 && name[0] == "stack" {
			out = stackName{parts[3], name[1]}
		}
	}
	return out
}

// rotating says whether the account's certificate is being replaced.
func (t *terraform) rotating(k store.Known) bool {
	return k.NextKeyID != "" || k.FormerUntil.After(t.Now)
}
