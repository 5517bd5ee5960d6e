// Command oktaws gives AWS accounts Okta sign-on, from Slack.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/oktaws/oktaws/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	// After the first signal they do again what they always do: a second one ends the program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(app.Run(ctx, app.Options{Args: os.Args[1:], Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}))
}
