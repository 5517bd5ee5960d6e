// Package operator is what an operator does from the command line: each command is a function over a Session, and runs
// either in the process that holds the data folder, which is asked over a socket there (Serve, Dial), or in the
// operator's own, which then holds it. A command can't tell which.
package operator

import (
	"context"
	"encoding/json"
	"io"
	"regexp"
	"time"

	"github.com/oktaws/oktaws/internal/export"
	"github.com/oktaws/oktaws/internal/roster"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// Session is what a command works with.
type Session struct {
	Store *store.Store
	// Provisioner returns the pipeline. It fails where the configuration lacks what that needs.
	Provisioner func(context.Context) (Provisioner, error)
	// CarryOn has the pipeline work on accounts from now on, for as long as the command runs at least. It fails as
	// Provisioner does.
	CarryOn  func(context.Context) error
	Settings Settings
	Who      store.Person
	Caller   store.AccountKey // that the caller's own AWS credentials lead to; none: nobody has looked
	Input    []byte           // of the file that the command reads
	Lasting  bool             // what was begun goes on when the command has ended: the session is that of oktaws serve
	Export   export.Setup

	// Backup writes a copy of the store to stdout, byte by byte.
	Backup func(context.Context) error

	// Of a command on a folder that no process holds; the others have none of it, and this one has nothing of the above.
	Dir string // the data folder
	Now time.Time

	Stdout, Stderr io.Writer
	Screen         Screen
	quiet          bool            // how far the command is isn't told
	said           map[string]bool // the lines that progress has told
}

// Provisioner is what a command needs of the pipeline; provision.Reconciler has it.
type Provisioner interface {
	// Plan says what would change if the account (which need not be in the store) were what it says; it changes nothing.
	Plan(ctx context.Context, a store.Account) ([]store.Finding, error)
	// Members lists the accounts of the organization, or of an organizational unit of it, by name, path or ID.
	Members(ctx context.Context, partition, unit string) ([]provision.Member, error)
	// Check looks at a linked account at once, and returns what it saw.
	Check(ctx context.Context, key store.AccountKey) (store.Check, error)
	// Credentials makes the access key that the task asks for. Its secret is known this one time.
	Credentials(ctx context.Context, taskID string, by store.Person) (provision.Secret, error)
}

// Settings are those of the configuration that commands follow.
type Settings struct {
	Slack        bool           // requests can be decided on in Slack
	Required     int            // approvals that a request needs
	ExpireAfter  time.Duration  // after which a request that nobody decided expires; 0: never
	Partitions   []string       // of accounts; the first is the usual one
	LabelPattern *regexp.Regexp // the naming scheme; nil: any name
	RoleSets     []string       // their names
	Mode         store.Mode     // of accounts that are asked for
	Shared       string         // label of the Okta application that accounts in mode groups share, in which {partition} stands for theirs; empty: each has its own
	Roster       roster.Rules   // what lists of accounts have to heed
	OrgURL       string         // of the Okta organization, where people sign on
	Groups       func(store.Account) []RoleGroup
}

// RoleGroup is a role of an account, and the name of the Okta group whose members get it.
type RoleGroup struct {
	Role  string `json:"role"`
	Group string `json:"okta_group"`
}

// Screen is where the output goes. Its zero value is a file: lines are as long as they are, and progress is plain lines.
type Screen struct {
	Width  int  `json:"width,omitempty"`  // of stdout, in columns; 0: no terminal
	Stdout bool `json:"stdout,omitempty"` // is a terminal
	Stderr bool `json:"stderr,omitempty"` // is a terminal on which a line can be written anew
}

// Request is a command that was called.
type Request struct {
	Args        []string `json:"args"` // the whole command line, without the program's name
	Login, Host string   // who called it
	Screen      Screen   `json:"screen"`
	Input       []byte   `json:"input,omitempty"` // of the file that the command reads
}

// The exit codes of commands, for the shell.
const (
	Done   = 0
	Failed = 1
	Usage  = 2
	Waits  = 3 // what was asked for waits for somebody: for an approval, or for a person's step
)

// print writes a document as JSON.
func (s *Session) print(document any) error {
	e := json.NewEncoder(s.Stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(document)
}
