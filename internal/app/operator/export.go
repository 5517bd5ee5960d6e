package operator

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/oktaws/oktaws/internal/export"
	"github.com/oktaws/oktaws/store"
)

// exporting are the commands that write down what oktaws knows.
func (c commander) exporting() *cobra.Command {
	return group("export", "Write down what is linked, for others", c.forTerraform(), c.asTable())
}

func (c commander) forTerraform() *cobra.Command {
	return c.exports("terraform [account…]", "Print what Terraform needs to take over linked accounts: all, or those that are named", counted(0, -1),
		func(ctx context.Context, s *Session, args []string) error { return s.exportTerraform(ctx, args) })
}

func (c commander) asTable() *cobra.Command {
	return c.exports("csv", "Print a table of all accounts, as CSV", counted(0, 0), func(ctx context.Context, s *Session, _ []string) error { return s.exportCSV(ctx) })
}

// exports makes a command whose output may go into a file.
func (c commander) exports(use, short string, args cobra.PositionalArgs, do func(context.Context, *Session, []string) error) *cobra.Command {
	output, force := "-", false
	cmd := c.command(use, short, args, func(args []string, _ bool) Call {
		return Call{Reads: true, Configured: true, Document: true, Into: into(output, force), Do: func(ctx context.Context, s *Session) error { return do(ctx, s, args) }}
	})
	cmd.Flags().StringVarP(&output, "output", "o", output, "file that it goes into; -: stdout")
	forceFlag(cmd, &force)
	return cmd
}

// exportTerraform prints the configuration by which Terraform takes over the accounts that are named; all linked ones where
// none is. It fails where one that is named isn't linked.
func (s *Session) exportTerraform(ctx context.Context, typed []string) error {
	keys, err := s.accounts(ctx, typed)
	if err != nil {
		return err
	}
	var named []string
	for _, key := range keys {
		named = append(named, key.String())
	}
	records, err := s.records(ctx)
	if err != nil {
		return err
	}
	if records, err = export.Pick(records, named); err != nil {
		return err
	}
	return export.Terraform(s.Stdout, s.Export, records)
}

// exportCSV prints all accounts as a table.
func (s *Session) exportCSV(ctx context.Context) error {
	records, err := s.records(ctx)
	if err != nil {
		return err
	}
	return export.CSV(s.Stdout, s.Export.Pipeline, records)
}

func (s *Session) records(ctx context.Context) (records []export.Record, err error) {
	err = s.Store.View(ctx, func(tx *store.ReadTx) error {
		records, err = export.Read(tx, s.Export.Now)
		return err
	})
	return records, err
}
