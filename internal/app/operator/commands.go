package operator

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/oktaws/oktaws/store"
)

// Call is a command whose line is well-formed.
type Call struct {
	Do     func(context.Context, *Session) error
	Closed func(context.Context, *Session) error // in place of Do where no process holds the data folder, whose store it doesn't open; nil: Do it is

	Reads      bool  // it changes nothing and asks nobody else: it needs a store, and no more of the configuration
	Configured bool  // it reads the configuration all the same
	JSON       bool  // it was asked to print JSON
	Document   bool  // what it prints is a document of its own, also then
	Bytes      bool  // and no text: it is passed on as it is
	Into       *File // what it prints goes there; nil: to stdout

	Own   Own
	Input string // path of the file that the command reads, which is the Session's Input; -: stdin; empty: none
}

// Own is what a command line says by itself, in place of a configuration.
type Own struct {
	Token, TokenFile, Host string // of Okta: an API token, or the file that holds one; the organization's host or address
	Alone                  bool   // the command links one account, and needs no configuration
	Account                string // which, as typed; empty: the one that the caller's AWS credentials lead to
}

// Okta says whether the command line has anything of Okta's.
func (o Own) Okta() bool { return o.Token != "" || o.TokenFile != "" || o.Host != "" }

// Commands returns the operator's commands. What one is to do is handed to run; one that ends otherwise than well returns
// what run does. selfTest is what check does without an account.
func Commands(run func(*cobra.Command, Call) error, selfTest func(cmd *cobra.Command, asJSON bool) error) []*cobra.Command {
	c := commander{run}
	return []*cobra.Command{
		c.listing(), c.statusing(), c.planning(), c.checking(selfTest), c.following(),
		c.linking(), c.adopting(), c.unlinking(), c.repairing(), c.rotating(), c.givingRoles(), c.changingMode(),
		c.retrying(), c.showing(), c.approving(), c.denying(), c.withdrawing(), c.ignoring(),
		c.keeping(), c.exporting(),
	}
}

type commander struct {
	run func(*cobra.Command, Call) error
}

// command makes a command that prints JSON where asked.
func (c commander) command(use, short string, args cobra.PositionalArgs, call func(args []string, asJSON bool) Call) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: use, Short: short, Args: args}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		made := call(args, asJSON)
		do := made.Do
		made.Do = func(ctx context.Context, s *Session) error {
			s.quiet = asJSON && !s.Screen.Stderr // whoever reads the document reads the error too
			return do(ctx, s)
		}
		if made.JSON = asJSON; asJSON && made.Document && made.Into == nil {
			return fmt.Errorf("with --json, %s needs a file to write to: stdout has the JSON document", cmd.CommandPath())
		}
		return c.run(cmd, made)
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON document; errors, too, on stderr")
	return cmd
}

// group makes a command that has others under it, and does nothing alone.
func group(name, short string, under ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: name, Short: short}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
		}
		return fmt.Errorf("no command was given\n\n%s", cmd.UsageString())
	}
	cmd.AddCommand(under...)
	return cmd
}

// counted takes so many arguments, which the command's usage names.
func counted(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && (len(args) <= most || most < 0) {
			return nil
		}
		return fmt.Errorf("the command is: %s", cmd.UseLine())
	}
}

func first(args []string) string { return nth(args, 0) }

func nth(args []string, n int) string {
	if n < len(args) {
		return args[n]
	}
	return ""
}

func (c commander) listing() *cobra.Command {
	return c.command("list", "List the accounts", counted(0, 0), func(_ []string, asJSON bool) Call {
		return Call{Reads: true, Do: func(ctx context.Context, s *Session) error { return s.list(ctx, asJSON) }}
	})
}

func (c commander) statusing() *cobra.Command {
	var wait bool
	cmd := c.command("status [account]", "Say where an account stands; alone, what is going on", counted(0, 1), func(args []string, asJSON bool) Call {
		return Call{Reads: !wait, Do: func(ctx context.Context, s *Session) error {
			switch {
			case len(args) == 1:
				return s.status(ctx, args[0], wait, asJSON)
			case wait:
				return usage("Such as oktaws status 111122223333 --wait.", "--wait needs an account")
			}
			return s.overview(ctx, asJSON)
		}}
	})
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until the account has come to rest, and carry on with it where oktaws serve isn't running")
	return cmd
}

func (c commander) planning() *cobra.Command {
	var roleSet string
	cmd := c.command("plan <account> [application name]", "Say what is there and what would change; changes nothing", counted(1, 2), func(args []string, asJSON bool) Call {
		return Call{Do: func(ctx context.Context, s *Session) error {
			return s.plan(ctx, args[0], nth(args, 1), roleSet, asJSON)
		}}
	})
	roleSetFlag(cmd, &roleSet)
	return cmd
}

func roleSetFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "role-set", store.DefaultRoleSet, "name of the role set, as in role_sets")
}

func (c commander) checking(selfTest func(cmd *cobra.Command, asJSON bool) error) *cobra.Command {
	var all bool
	cmd := c.command("check [account…]", "Look whether accounts are as they shall be; alone, try every credential and permission that the bot will need, and say what to fix",
		counted(0, -1), func(args []string, asJSON bool) Call {
			return Call{Do: func(ctx context.Context, s *Session) error { return s.check(ctx, args, all, asJSON) }}
		})
	cmd.Long = cmd.Short + ".\n\nExit code 1 where something is to be fixed, differs (and isn't ignored), or could not be looked at."
	cmd.Flags().BoolVar(&all, "all", false, "look at every linked account")
	look := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case all && len(args) > 0:
			return fmt.Errorf("%s takes accounts or --all, not both", cmd.CommandPath())
		case !all && len(args) == 0:
			asJSON, err := cmd.Flags().GetBool("json")
			if err != nil {
				return err
			}
			return selfTest(cmd, asJSON)
		}
		return look(cmd, args)
	}
	return cmd
}

func (c commander) following() *cobra.Command {
	var since string
	var follow bool
	cmd := c.command("events [account]", "Print the audit trail", counted(0, 1), func(args []string, asJSON bool) Call {
		return Call{Reads: true, Do: func(ctx context.Context, s *Session) error { return s.events(ctx, first(args), since, follow, asJSON) }}
	})
	cmd.Long = cmd.Short + ".\n\nWith --json it is one document; with --follow too, one event a line."
	cmd.Flags().StringVar(&since, "since", "", "from then on: how long ago (24h) or a time (2026-01-31T09:00:00Z)")
	cmd.Flags().BoolVar(&follow, "follow", false, "go on with what happens, until interrupted")
	return cmd
}

// asks makes a command that makes a request.
func (c commander) asks(use, short string, args cobra.PositionalArgs, do func(ctx context.Context, s *Session, o asking, args []string) error) *cobra.Command {
	var o asking
	var cmd *cobra.Command
	cmd = c.command(use, short, args, func(args []string, asJSON bool) Call {
		o.json, o.patient = asJSON, cmd.Flags().Changed("wait")
		return Call{Do: func(ctx context.Context, s *Session) error { return do(ctx, s, o, args) }}
	})
	cmd.Long = short + ".\n\nThe request waits for approval in Slack, unless the operator approves it, which is on record and told in the admin channel.\n" +
		"Where no Slack is configured, the operator's asking is the approval.\n\nExit code 3 where it waits: for approval, or for a person's step."
	cmd.Flags().BoolVar(&o.wait, "wait", false, "show how it goes until the account has come to rest (without it: where the operator approves)")
	cmd.Flags().BoolVar(&o.approve, "approve-as-operator", false, "approve the request on the spot; needs --reason")
	cmd.Flags().StringVar(&o.reason, "reason", "", "why; it stays on record")
	return cmd
}

func (c commander) adopting() *cobra.Command {
	var roleSet string
	cmd := c.asks("adopt <account> [application name]", "Ask to link an account and to take over what somebody made there by hand", counted(1, 2), func(ctx context.Context, s *Session, o asking, args []string) error {
		return s.adopt(ctx, o, args[0], nth(args, 1), roleSet)
	})
	roleSetFlag(cmd, &roleSet)
	return cmd
}

func (c commander) unlinking() *cobra.Command {
	return c.asks("unlink <account>", "Ask to take away what linking made", counted(1, 1), func(ctx context.Context, s *Session, o asking, args []string) error {
		return s.unlink(ctx, o, args[0])
	})
}

func (c commander) rotating() *cobra.Command {
	args := func(cmd *cobra.Command, args []string) error {
		if len(args) == 2 && (args[1] == string(store.RotateKey) || args[1] == string(store.RotateCertificate)) {
			return nil
		}
		return fmt.Errorf("the command is: %s", cmd.UseLine())
	}
	return c.asks("rotate <account> <key | certificate>", "Ask for a new access key, or a new SAML certificate", args, func(ctx context.Context, s *Session, o asking, args []string) error {
		return s.rotate(ctx, o, args[0], args[1])
	})
}

func (c commander) retrying() *cobra.Command {
	var o asking
	var failed bool
	var batch string
	var cmd *cobra.Command
	args := func(cmd *cobra.Command, args []string) error {
		if ways := min(len(args), 1) + ones(failed) + ones(batch != ""); ways != 1 {
			return fmt.Errorf("%s takes accounts, --failed or --batch ID: one of them", cmd.CommandPath())
		}
		return nil
	}
	cmd = c.command("retry [account…]", "Try failed steps again", args, func(args []string, asJSON bool) Call {
		o.json, o.patient = asJSON, cmd.Flags().Changed("wait")
		return Call{Do: func(ctx context.Context, s *Session) error { return s.retry(ctx, o, args, failed, batch) }}
	})
	cmd.Flags().BoolVar(&failed, "failed", false, "all accounts that have failed")
	cmd.Flags().StringVar(&batch, "batch", "", "the accounts that have failed in the request with this ID")
	cmd.Flags().BoolVar(&o.wait, "wait", false, "show how it goes until the accounts have come to rest (without it: where oktaws serve isn't running)")
	return cmd
}

func ones(is bool) int {
	if is {
		return 1
	}
	return 0
}

func (c commander) showing() *cobra.Command {
	var o asking
	var anywhere bool
	cmd := c.command("credentials <account>", "Make the access key that an account's open task asks for, and show it once", counted(1, 1), func(args []string, asJSON bool) Call {
		o.json = asJSON
		return Call{Do: func(ctx context.Context, s *Session) error { return s.credentials(ctx, o, args[0], anywhere) }}
	})
	cmd.Flags().BoolVar(&anywhere, "stdout-ok", false, "print the secret though stdout is no terminal")
	cmd.Flags().BoolVar(&o.wait, "wait", false, "then wait until the key is seen to be in use and the account has come to rest")
	return cmd
}

func (c commander) approving() *cobra.Command {
	return c.deciding("approve", "Approve a request", true)
}

func (c commander) denying() *cobra.Command { return c.deciding("deny", "Deny a request", false) }

func (c commander) deciding(name, short string, approve bool) *cobra.Command {
	var o asking
	var cmd *cobra.Command
	cmd = c.command(name+" <request> --reason TEXT", short+" as operator, which is on record and told in the admin channel", counted(1, 1), func(args []string, asJSON bool) Call {
		o.json, o.patient = asJSON, cmd.Flags().Changed("wait")
		return Call{Do: func(ctx context.Context, s *Session) error { return s.decide(ctx, o, args[0], approve) }}
	})
	cmd.Flags().StringVar(&o.reason, "reason", "", "why; it stays on record")
	if approve {
		cmd.Flags().BoolVar(&o.wait, "wait", true, "show how it goes until the account has come to rest")
	}
	return cmd
}
