// Command oktaws-sandbox is a Slack, an Okta and an AWS on loopback, for oktaws to work with.
//
// Alone, it runs the three, prints the environment for a separate oktaws serve as export lines and then "ready", and
// goes on until it is interrupted. With the argument demo it runs oktaws beside them, and is a place in the browser to
// walk around in. With story it plays the whole story, from the request to the linked account, and prints it. With bench it
// links many accounts and says how long that takes, and how long it must.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/web"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code: 0 done, 1 something failed, 2 the command line was wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var (
		stackTime time.Duration
		listen    string
	)
	began := false
	root := &cobra.Command{
		Use:   "oktaws-sandbox",
		Short: "A Slack, an Okta and an AWS on loopback, for oktaws to work with",
		Long: "Runs the three, prints the environment for a separate oktaws serve, then \"ready\", and goes on until it is interrupted:\n\n" +
			"  oktaws-sandbox > env &\n  # once the file ends in \"ready\":\n  . <(grep ^export env) && oktaws serve\n\n" +
			"Faults are switched on, and all that was received is read back, under $SANDBOX_URL/control; people act in Slack under $SANDBOX_URL/control/slack.",
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkLoopback(listen); err != nil {
				return err
			}
			began = true
			return serve(cmd.Context(), sandbox.Options{StackTime: stackTime}, listen, stdout)
		},
	}
	root.PersistentFlags().DurationVar(&stackTime, "stack-time", 0, "how long CloudFormation takes for each role (default 1s; the story: 8s, on a clock ten times as fast)")
	root.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "where the pages are: an address of this machine alone")
	root.AddCommand(demoCommand(&began, &stackTime, stdout), benchCommand(&began, stdout, stderr), aloneCommand(&began, stdout, stderr), &cobra.Command{
		Use:   "story",
		Short: "Play the whole story, from /oktaws link to the linked account",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			began = true
			return tell(cmd.Context(), stackTime, stdout)
		},
	})
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return app.ExitOK
	}
	fmt.Fprintf(stderr, "oktaws-sandbox: %v\n", err)
	if !began {
		fmt.Fprintln(stderr, "See oktaws-sandbox --help.")
		return app.ExitUsage
	}
	return app.ExitFailure
}

// serve runs the three until ctx ends.
func serve(ctx context.Context, o sandbox.Options, listen string, stdout io.Writer) (err error) {
	listener, err := listenLoopback(listen)
	if err != nil {
		return err
	}
	sb, err := sandbox.Start(o)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	profile, remove, err := makeProfile(sb)
	if err != nil {
		return errors.Join(err, listener.Close(), sb.Close())
	}
	defer func() { err = errors.Join(err, remove()) }()
	pages := &http.Server{Handler: web.New(sb, nil).Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = pages.Serve(listener) }()
	defer func() { _ = pages.Close() }()
	for _, v := range append(sb.Env(), profile, sandbox.Variable{Name: "SANDBOX_URL", Value: "http://" + listener.Addr().String()}) {
		if _, err = fmt.Fprintf(stdout, "export %s=%s\n", v.Name, quote(v.Value)); err != nil {
			return errors.Join(err, sb.Close())
		}
	}
	if _, err = fmt.Fprintln(stdout, "ready"); err != nil {
		return errors.Join(err, sb.Close())
	}
	<-ctx.Done()
	return sb.Close()
}

// demoCommand is the place that keeps running.
func demoCommand(began *bool, stackTime *time.Duration, stdout io.Writer) *cobra.Command {
	var (
		listen string
		o      demoOptions
	)
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Slack, Okta and AWS in the browser, with oktaws at work in them",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if _, err := scenarioNamed(o.scenario); err != nil {
				return err
			}
			if err := checkLoopback(listen); err != nil {
				return err
			}
			if o.speed <= 0 {
				return fmt.Errorf("--speed %v: must be more than 0", o.speed)
			}
			*began = true
			o.stackTime, o.out = *stackTime, stdout
			taken := false
			if cmd.Flags().Changed("listen") {
				o.listener, err = listenLoopback(listen)
			} else {
				o.listener, taken, err = listenUsual()
			}
			if err != nil {
				return err
			}
			return showDemo(cmd.Context(), o, taken)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", usual, "where the pages are: an address of this machine alone; a free port where the default is taken")
	cmd.Flags().StringVar(&o.scenario, "scenario", fresh, "the state to begin in: "+scenarioNames())
	cmd.Flags().Float64Var(&o.speed, "speed", 1, "how many times as fast as the real one the clock runs")
	return cmd
}

// quote writes a value so that a shell reads it as it is.
func quote(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/.-_") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
