// Package app is the program that cmd/oktaws starts: its configuration, its wiring and its commands. main hands it
// nothing but the arguments, the environment and the streams, so that tests run the real program.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"

	"github.com/jonboulle/clockwork"
	"github.com/spf13/cobra"

	"github.com/oktaws/oktaws/internal/app/operator"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/provision/okta"
	"github.com/oktaws/oktaws/store"
)

// What Run returns, for the shell.
const (
	ExitOK      = 0
	ExitFailure = 1 // something failed, or the configuration is invalid
	ExitUsage   = 2 // the command line was wrong
	ExitWaits   = 3 // what was asked for waits for somebody
)

// Options are what a run of the program is given from outside.
type Options struct {
	Args           []string  // without the program's name
	Environ        []string  // NAME=value, as os.Environ returns it; of the process's own, the AWS SDK reads what isn't here
	Stdin          io.Reader // nil: there is nothing to read
	Stdout, Stderr io.Writer

	// For tests; each may be nil.
	Clock  clockwork.Clock                 // the records' clock
	Engine func(store.Engine) store.Engine // wraps the store's engine
	Ready  func(*App)                      // is called once commands and clicks arrive
}

// App is the running program.
type App struct {
	Store     *store.Store
	Provision *provision.Reconciler
	Okta      *okta.Client
}

// program is one run.
type program struct {
	Options
	environ map[string]string
	plain   io.Writer // stdout, out of which nothing is blotted
	config  string    // path of the file; empty: none
	roleSet string    // of the template
	asJSON  bool      // of the version
	screen  operator.Screen
	ran     bool // a command was found and began; what goes wrong from then on is no wrong usage
}

// Run runs the program until it is done or ctx ends, and returns its exit code. The end of ctx is the wish to stop:
// no new work is taken, what is held is finished, and Run returns within ten seconds.
func Run(ctx context.Context, o Options) int {
	if o.Clock == nil {
		o.Clock = clockwork.NewRealClock()
	}
	p := &program{Options: o, environ: variables(o.Environ), plain: o.Stdout}
	p.screen = screenOf(o.Stdout, o.Stderr, p.environ)
	// What a command doesn't know to be secret yet still goes through the patterns.
	p.hide(nil)
	root := p.commands()
	root.SetArgs(o.Args)
	err := root.ExecuteContext(ctx)
	code, ended := errors.AsType[operator.Ended](err)
	switch {
	case err == nil:
		return ExitOK
	case ended:
		return int(code)
	case !p.ran:
		fmt.Fprintf(p.Stderr, "oktaws: %v\nSee oktaws --help.\n", err)
		return ExitUsage
	case !errors.Is(err, errSaid):
		fmt.Fprintf(p.Stderr, "oktaws: %s\n", sentence(err))
	}
	return ExitFailure
}

// errSaid is the error of a command that has said already what went wrong.
var errSaid = errors.New("said already")

// sentence is an error as the operator reads it: with its cause, which the people in Slack don't get, and the remedy.
func sentence(err error) string {
	s := err.Error()
	if _, remedy := store.Explain(err); remedy != "" && isStoreError(err) {
		s += "\n" + remedy
	}
	return s
}

func isStoreError(err error) bool {
	_, ok := errors.AsType[*store.Error](err)
	return ok
}

// hide blots secrets out of all that is printed from now on.
func (p *program) hide(secrets []string) {
	p.Stdout, p.Stderr = newRedactor(p.Stdout, secrets), newRedactor(p.Stderr, secrets)
}

func (p *program) commands() *cobra.Command {
	root := &cobra.Command{
		Use:           "oktaws",
		Short:         "Gives AWS accounts Okta sign-on, from Slack",
		Long:          "oktaws gives AWS accounts Okta sign-on, from Slack. Somebody types /oktaws link; an admin clicks Approve;\nminutes later the account's roles are behind an Okta tile.\n\nExit codes: 0 done, 1 something failed or the configuration is invalid, 2 the command line was wrong,\n3 what was asked for waits for somebody: for an approval, or for a person's step.\n\nCommands that show or change accounts run in oktaws serve where that holds the data folder, and else in a process of their own.",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.PersistentFlags().StringVar(&p.config, "config", p.environ["OKTAWS_CONFIG"],
		"configuration file; ./oktaws.yaml where it exists (environment: OKTAWS_CONFIG)")
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		return fmt.Errorf("no command was given\n\n%s", cmd.UsageString())
	}
	for _, c := range []struct {
		name, short string
		run         func(context.Context) error
	}{
		{"serve", "Run the bot until SIGTERM or SIGINT", p.serve},
		{"template", "Print the CloudFormation template of a role set, to deploy it by hand", p.template},
		{"version", "Print the version", p.version},
	} {
		command := &cobra.Command{
			Use: c.name, Short: c.short, Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				p.ran = true
				return c.run(cmd.Context())
			},
		}
		switch c.name {
		case "template":
			command.Flags().StringVar(&p.roleSet, "role-set", store.DefaultRoleSet, "name of the role set, as in role_sets")
		case "version":
			command.Flags().BoolVar(&p.asJSON, "json", false, "print a JSON document")
		}
		root.AddCommand(command)
	}
	root.AddCommand(operator.Commands(p.operate, func(cmd *cobra.Command, asJSON bool) error {
		p.ran = true
		return p.check(cmd.Context(), asJSON)
	})...)
	return root
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments, and was given %q", cmd.CommandPath(), args)
	}
	return nil
}

// load reads the configuration, and hides its secrets from then on.
func (p *program) load() loaded { return p.loadOver(nil) }

func (p *program) loadOver(usual map[string]string) loaded {
	if p.config == "" {
		if _, err := os.Stat("oktaws.yaml"); err == nil {
			p.config = "oktaws.yaml"
		}
	}
	l := loadOver(usual, p.config, p.environ)
	p.hide(l.secrets)
	return l
}

// logger is the program's log, in the form that the configuration asks for.
func (p *program) logger(c LogConfig) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.Level}
	if c.JSON {
		return slog.New(slog.NewJSONHandler(p.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(p.Stderr, o))
}

// template prints a role set's template. It needs no credentials, so what is wrong elsewhere doesn't matter.
func (p *program) template(context.Context) error {
	l := p.load()
	var wrong invalid
	for _, problem := range l.problems {
		if problem.path == "" && problem.part == "" || problem.path == roleSetsPath+p.roleSet {
			wrong = append(wrong, problem)
		}
	}
	if len(wrong) > 0 {
		return wrong
	}
	roles, ok := l.RoleSets[p.roleSet]
	if !ok {
		names := slices.Sorted(maps.Keys(l.RoleSets))
		return fmt.Errorf("there is no role set %s. %s", p.roleSet, didYouMean(p.roleSet, names))
	}
	text, err := provision.Template(roles)
	if err != nil {
		return err
	}
	_, err = io.WriteString(p.Stdout, text)
	return err
}
