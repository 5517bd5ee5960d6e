package operator

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// Answer runs the command that was called in another process, with the session of this one, and returns its exit code.
func Answer(ctx context.Context, s *Session, args []string) (code int) {
	asJSON := false
	defer func() {
		if p := recover(); p != nil { // the process has other things to do
			code = Tell(s.Stderr, fmt.Errorf("something went wrong inside oktaws: %v", p), asJSON)
		}
	}()
	root := &cobra.Command{Use: "oktaws", SilenceErrors: true, SilenceUsage: true}
	root.PersistentFlags().String("config", "", "") // this process has its own
	root.AddCommand(Commands(func(cmd *cobra.Command, c Call) error {
		asJSON = c.JSON
		return c.Do(cmd.Context(), s)
	}, func(*cobra.Command, bool) error { return errors.New("a check of the credentials is made by who asks") })...)
	root.SetOut(s.Stdout)
	root.SetErr(s.Stderr)
	root.SetArgs(args)
	return Tell(s.Stderr, root.ExecuteContext(ctx), asJSON)
}
