package operator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/oktaws/oktaws/store"
)

// keeping are the commands that keep the store safe.
func (c commander) keeping() *cobra.Command {
	return group("store", "Back up, restore and check the store", c.backingUp(), c.restoring(), c.checkingStore())
}

func (c commander) backingUp() *cobra.Command {
	var force bool
	cmd := c.command("backup <file | ->", "Write a copy of the store, as it is at this moment, to a file, or to stdout", counted(1, 1), func(args []string, _ bool) Call {
		return Call{Reads: true, Document: true, Bytes: true, Into: into(args[0], force), Do: func(ctx context.Context, s *Session) error { return s.backup(ctx) }}
	})
	cmd.Long = cmd.Short + ".\n\noktaws serve may go on meanwhile. The copy is a whole store: oktaws store restore makes it the one in a data folder.\n" +
		"It holds no secret, and who, what and when of every account: only you can read the file."
	forceFlag(cmd, &force)
	return cmd
}

func forceFlag(cmd *cobra.Command, force *bool) {
	cmd.Flags().BoolVar(force, "force", false, "replace a file that is there")
}

// into is the file of that name; none for -, which is stdout.
func into(name string, force bool) *File {
	if name == "-" {
		return nil
	}
	return &File{Path: name, Force: force}
}

func (s *Session) backup(ctx context.Context) error {
	if s.Screen.Stdout {
		return usage("Name a file, or send it into a pipe.", "a copy of the store is nothing for a terminal")
	}
	return s.Backup(ctx)
}

func (c commander) restoring() *cobra.Command {
	var replace bool
	cmd := c.command("restore <file>", "Make a backup the store in the data folder", counted(1, 1), func(args []string, asJSON bool) Call {
		return Call{
			Do: func(context.Context, *Session) error {
				return refuse(store.Conflict, "Stop it, restore, then start it again.", "oktaws serve holds the data folder")
			},
			Closed: func(ctx context.Context, s *Session) error { return s.restore(ctx, args[0], replace, asJSON) },
		}
	})
	cmd.Long = cmd.Short + ", while no oktaws uses that.\n\nThe backup is read and checked whole before anything changes. Then oktaws makes AWS, Okta and Slack what the\n" +
		"restored records say: what was linked since the backup is not known any more, and stays as it is."
	cmd.Flags().BoolVar(&replace, "replace", false, "where there is a store: it makes way, and is kept beside")
	return cmd
}

type restoredDocument struct {
	Bytes  int64  `json:"bytes"`
	Schema int    `json:"schema"`
	Former string `json:"former,omitempty"` // path of the store that made way
}

func (s *Session) restore(ctx context.Context, name string, replace, asJSON bool) error {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return refuse(store.NotFound, "Look whether the name is right.", "there is no file %s", name)
	}
	if err != nil {
		return &store.Error{Kind: store.Denied, Message: "the backup " + name + " can't be read", Err: err, Remedy: "Restore as a user who may read it."}
	}
	defer func() { _ = f.Close() }()
	done, err := store.RestoreBolt(ctx, s.Dir, f, store.Restore{Replace: replace, Now: s.Now})
	if err != nil {
		return err
	}
	if asJSON {
		return s.print(restoredDocument(done))
	}
	fmt.Fprintf(s.Stdout, "Restored into %s: %s, schema %d.\n", s.Dir, plural(int(done.Bytes), "byte", "bytes"), done.Schema)
	if done.Former != "" {
		fmt.Fprintf(s.Stdout, "The store that was there is kept as %s.\n", done.Former)
	}
	return nil
}

func (c commander) checkingStore() *cobra.Command {
	cmd := c.command("check", "Look at every record, and at the file as a whole; changes nothing", counted(0, 0), func(_ []string, asJSON bool) Call {
		return Call{
			Do: func(ctx context.Context, s *Session) error {
				report, err := s.Store.Check(ctx)
				return s.checked(report, err, asJSON)
			},
			Closed: func(ctx context.Context, s *Session) error {
				report, err := store.CheckBolt(ctx, s.Dir)
				return s.checked(report, err, asJSON)
			},
		}
	})
	cmd.Long = cmd.Short + ".\n\nIt takes a store that oktaws can't open, too. Beside oktaws serve it looks at the records alone.\n\nExit code 1 where something can't be right."
	return cmd
}

type reportDocument struct {
	Schema  int             `json:"schema"`
	Records map[string]int  `json:"records"` // how many, by kind
	Faults  []faultDocument `json:"faults"`
	More    int             `json:"more,omitempty"` // faults beyond those
}

type faultDocument struct {
	Key    string `json:"key"` // of the record
	What   string `json:"what"`
	Remedy string `json:"remedy"`
}

// checked prints what a look at every record has found.
func (s *Session) checked(r store.Report, err error, asJSON bool) error {
	if err != nil {
		return err
	}
	if asJSON {
		d := reportDocument{Schema: r.Schema, Records: r.Records, Faults: []faultDocument{}, More: r.More}
		for _, f := range r.Faults {
			d.Faults = append(d.Faults, faultDocument{f.Key, forTerminal(f.What), forTerminal(f.Remedy)})
		}
		err = s.print(d)
	} else {
		s.tellReport(r)
	}
	if err == nil && len(r.Faults) > 0 {
		err = Ended(Failed)
	}
	return err
}

func (s *Session) tellReport(r store.Report) {
	t := table{head: []string{"RECORDS", "NUMBER"}}
	for _, kind := range slices.Sorted(maps.Keys(r.Records)) {
		t.add(kind, strconv.Itoa(r.Records[kind]))
	}
	t.write(s.Stdout, s.Screen.Width)
	if len(r.Faults) == 0 {
		fmt.Fprintf(s.Stdout, "\nThe store is in order (schema %d).\n", r.Schema)
		return
	}
	fmt.Fprintf(s.Stdout, "\n%s that can't be right:\n", plural(len(r.Faults)+r.More, "thing", "things"))
	for _, f := range r.Faults {
		fmt.Fprintf(s.Stdout, "- %s: %s. %s\n", oneLine(f.Key), forTerminal(f.What), forTerminal(f.Remedy))
	}
	if r.More > 0 {
		fmt.Fprintf(s.Stdout, "- and %d more\n", r.More)
	}
}
