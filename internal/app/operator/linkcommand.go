package operator

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/oktaws/oktaws/store"
)

// linkLine is the command line of link, whichever of its forms it has.
type linkLine struct {
	asking
	label, account, roleSet, mode string
	own                           Own
	noWait                        bool

	all    bool
	unit   string
	file   string
	dryRun bool
}

const linkLong = `Ask for Okta sign-on for AWS accounts.

  oktaws link <account> <application name>
  oktaws link --app-name NAME [--account ID] [--okta-api-host HOST] [--okta-token-file FILE]
  oktaws link --all | --ou NAME | --file FILE

With --app-name no configuration is needed: the account is the one that the AWS credentials lead to (AWS_PROFILE), and they
are used as they are; Okta is where --okta-api-host says. The integration mode is then api unless --mode or the configuration
says otherwise: when a person's turn comes, the command prints what to do in the Okta admin console and the access key, waits
until it is seen done, and goes on. Ctrl-C ends it at any moment; the same command again carries on.

With --all, --ou or --file it is one request for many accounts: all of the AWS organization, those under an organizational
unit, or those of a CSV file (account, name, role set; - for stdin). --dry-run says which, and why others are left out.

The request waits for approval in Slack, unless the operator approves it, which is on record and told in the admin channel.
Where no Slack is configured, the operator's asking is the approval.

With --json stdout holds one document; with --app-name, one more before it where an access key is shown.

Exit code 3 where it waits: for approval, or for a person's step.`

func (c commander) linking() *cobra.Command {
	var l linkLine
	var cmd *cobra.Command
	args := func(_ *cobra.Command, args []string) error { return l.wellFormed(args) }
	cmd = c.command("link [account] [application name]", "Ask for Okta sign-on for AWS accounts", args, func(args []string, asJSON bool) Call {
		l.json, l.patient = asJSON, cmd.Flags().Changed("wait")
		l.noWait = l.noWait || l.patient && !l.wait
		if len(args) == 2 {
			l.account, l.label = args[0], args[1]
		}
		l.own.Alone = len(args) == 0 && !l.many()
		l.own.Account = l.account
		return Call{Own: l.own, Input: l.file, Do: func(ctx context.Context, s *Session) error {
			switch {
			case l.many():
				return s.linkMany(ctx, l)
			case l.own.Alone:
				return s.linkThrough(ctx, l)
			}
			return s.link(ctx, l)
		}}
	})
	cmd.Long = linkLong
	f := cmd.Flags()
	f.StringVar(&l.label, "app-name", "", "name of the application in Okta, as people see it")
	f.StringVar(&l.account, "account", "", "the AWS account, where it isn't the one that the AWS credentials lead to")
	f.StringVar(&l.own.Host, "okta-api-host", "", "host or address of the Okta organization (environment: OKTA_CLIENT_ORGURL)")
	f.StringVar(&l.own.Token, "okta-token", "", "Okta API token; others on this machine can see it: see --okta-token-file")
	f.StringVar(&l.own.TokenFile, "okta-token-file", "", "file that holds the Okta API token (environment: OKTA_CLIENT_TOKEN)")
	f.StringVar(&l.mode, "mode", "", "integration mode: api or groups")
	f.StringVar(&l.roleSet, "role-set", store.DefaultRoleSet, "name of the role set, as in role_sets")
	f.BoolVar(&l.all, "all", false, "all accounts of the AWS organization")
	f.StringVar(&l.unit, "ou", "", "the accounts under an organizational unit: its name, path or ID")
	f.StringVar(&l.file, "file", "", "the accounts that a file lists: account, name, role set; - for stdin")
	f.BoolVar(&l.dryRun, "dry-run", false, "say which accounts would be linked, and ask for nothing")
	f.BoolVar(&l.noWait, "no-wait", false, "end when a person's turn comes")
	f.BoolVar(&l.wait, "wait", false, "show how it goes until all has come to rest (without it: where the operator approves)")
	f.BoolVar(&l.approve, "approve-as-operator", false, "approve the request on the spot; needs --reason")
	f.StringVar(&l.reason, "reason", "", "why; it stays on record")
	return cmd
}

// many says whether it is about a list of accounts.
func (l *linkLine) many() bool { return l.all || l.unit != "" || l.file != "" }

// wellFormed refuses what belongs to different forms.
func (l *linkLine) wellFormed(args []string) error {
	const forms = "the command is: oktaws link <account> <application name>; or with --app-name, or with --all, --ou or --file (see oktaws link --help)"
	positional := len(args) > 0
	switch {
	case positional && len(args) != 2, positional && (l.label != "" || l.account != "" || l.many()):
		return fmt.Errorf("%s", forms)
	case l.many() && (l.label != "" || l.account != ""), !positional && !l.many() && l.label == "":
		return fmt.Errorf("%s", forms)
	case ones(l.all)+ones(l.unit != "")+ones(l.file != "") > 1:
		return fmt.Errorf("oktaws link takes --all, --ou or --file: one of them")
	case l.dryRun && !l.many():
		return fmt.Errorf("--dry-run goes with --all, --ou or --file; for one account there is oktaws plan <account> <application name>")
	case l.mode != "" && l.mode != string(store.ModeAPI) && l.mode != string(store.ModeGroups):
		return fmt.Errorf("--mode is api or groups, and not %q", l.mode)
	case l.own.Token != "" && l.own.TokenFile != "":
		return fmt.Errorf("--okta-token and --okta-token-file are given both: leave one out")
	}
	return nil
}

// link asks to link an account.
func (s *Session) link(ctx context.Context, l linkLine) error {
	r, err := s.linkRequest(ctx, l)
	if err != nil {
		return err
	}
	if l.noWait {
		l.wait, l.patient = false, true
	}
	return s.ask(ctx, l.asking, r, nil)
}

// linkRequest is what the line asks for, of one account.
func (s *Session) linkRequest(ctx context.Context, l linkLine) (store.Request, error) {
	key := s.Caller
	var err error
	if l.account != "" {
		key, err = s.account(ctx, l.account)
	}
	if err == nil {
		err = s.labelFits(l.label)
	}
	if err == nil {
		l.roleSet, err = s.roleSet(l.roleSet)
	}
	return store.Request{Kind: store.Link, Account: key, Wish: s.wish(key, l.label, l.roleSet, store.Mode(l.mode))}, err
}
