package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/oktaws/oktaws/internal/app/operator"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/provision/aws"
	"github.com/oktaws/oktaws/store"
)

// operate runs an operator's command where the data folder is held: in oktaws serve, or else here.
func (p *program) operate(cmd *cobra.Command, c operator.Call) error {
	p.ran = true
	code := operator.Tell(p.Stderr, p.placed(cmd.Context(), c), c.JSON)
	if code == operator.Done {
		return nil
	}
	return operator.Ended(code)
}

// placed runs the command, and has its output where it goes.
func (p *program) placed(ctx context.Context, c operator.Call) error {
	l, err := p.loadFor(c.Own)
	if err == nil {
		err = l.fits(func(p problem) bool { return p.path == "" && p.part == "" || p.path == "data_dir" })
	}
	if err != nil {
		return err
	}
	input, err := p.read(c.Input)
	if err != nil {
		return err
	}
	out := p.Stdout
	if c.Bytes {
		out = p.plain
	}
	if c.Into == nil {
		return p.somewhere(ctx, l, c, input, out)
	}
	p.screen.Stdout, p.screen.Width = false, 0
	n, err := c.Into.Fill(func(file io.Writer) error {
		if !c.Bytes {
			file = newRedactor(file, l.secrets)
		}
		return p.somewhere(ctx, l, c, input, file)
	})
	if err != nil {
		return err
	}
	return c.Into.Tell(p.Stdout, c.JSON, n)
}

// somewhere runs the command where the data folder is held.
func (p *program) somewhere(ctx context.Context, l loaded, c operator.Call, input []byte, stdout io.Writer) error {
	err := p.elsewhere(ctx, l, c, input, stdout)
	if !errors.Is(err, operator.ErrNobody) {
		return err
	}
	here := p.here
	if c.Closed != nil {
		here = p.closed
	}
	if err = here(ctx, l, c, input, stdout); store.KindOf(err) != store.Conflict || c.Closed == nil && !errors.Is(err, errHeld) {
		return err
	}
	// Perhaps oktaws serve has just started.
	if elsewhere := p.elsewhere(ctx, l, c, input, stdout); !errors.Is(elsewhere, operator.ErrNobody) {
		return elsewhere
	}
	return err
}

// fits fails with the problems that matter.
func (l loaded) fits(matters func(problem) bool) error {
	var wrong invalid
	for _, problem := range l.problems {
		if matters(problem) {
			wrong = append(wrong, problem)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return &store.Error{Kind: store.Permanent, Message: wrong.Error()}
}

// elsewhere has oktaws serve run the command. It has its own means to reach Okta, and knows nothing of the caller's in AWS:
// where those say which account is meant, it is told.
func (p *program) elsewhere(ctx context.Context, l loaded, c operator.Call, input []byte, stdout io.Writer) error {
	there, err := operator.Dial(l.DataDir)
	if err != nil {
		return err
	}
	defer there.Close()
	args := p.Args
	if c.Own.Okta() {
		return &store.Error{Kind: store.Conflict, Message: "oktaws serve holds the data folder " + l.DataDir + " and does the work, with its own Okta organization and token",
			Remedy: "Leave --okta-token, --okta-token-file and --okta-api-host out; or keep this account apart, in a data folder of its own: OKTAWS_DATA_DIR."}
	}
	if c.Own.Alone && c.Own.Account == "" {
		if err := l.fits(func(p problem) bool { return p.part == "aws" }); err != nil {
			return err
		}
		_, account, err := l.standIn(ctx, p, "")
		if err != nil {
			return err
		}
		args = append(slices.Clone(args), "--account", account.String())
	}
	login, host := p.caller()
	code, err := there.Run(ctx, operator.Request{Args: args, Login: login, Host: host, Screen: p.screen, Input: input}, stdout, p.Stderr)
	if err == nil && code != operator.Done {
		err = operator.Ended(code)
	}
	return err
}

// caller is who runs this process: with sudo, who called it.
func (p *program) caller() (login, host string) {
	login = p.environ["SUDO_USER"]
	if login == "" {
		login = fmt.Sprintf("uid-%d", os.Getuid())
		if u, err := user.Current(); err == nil {
			login = u.Username
		}
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return login, host
}

// screenOf is where the output goes.
func screenOf(stdout, stderr io.Writer, environ map[string]string) operator.Screen {
	s := operator.Screen{}
	if fd, ok := terminal(stdout); ok {
		s.Stdout = true
		if width, _, err := term.GetSize(fd); err == nil {
			s.Width = width
		}
	}
	_, s.Stderr = terminal(stderr)
	s.Stderr = s.Stderr && environ["TERM"] != "dumb"
	return s
}

func terminal(w io.Writer) (fd int, is bool) {
	f, ok := w.(*os.File)
	if !ok {
		return 0, false
	}
	fd = int(f.Fd())
	return fd, term.IsTerminal(fd)
}

// errHeld is the cause where another process holds the data folder.
var errHeld = errors.New("the data folder is held")

// here runs the command in this process, which holds the data folder meanwhile.
func (p *program) here(ctx context.Context, l loaded, c operator.Call, input []byte, stdout io.Writer) error {
	if c.Reads {
		if _, err := os.Stat(filepath.Join(l.DataDir, "oktaws.db")); errors.Is(err, fs.ErrNotExist) {
			return &store.Error{Kind: store.NotFound, Message: "there is no store in the data folder " + l.DataDir + " yet",
				Remedy: "If there should be one, say where: data_dir in the configuration (--config), or OKTAWS_DATA_DIR."}
		}
	}
	if err := l.fits(needs(c)); err != nil {
		return err
	}
	var caller store.AccountKey
	if c.Own.Alone {
		var err error
		if l, caller, err = l.standIn(ctx, p, c.Own.Account); err != nil {
			return err
		}
		if err = p.tryOkta(ctx, l, c.Own); err != nil {
			return err
		}
	}
	s, err := openStore(ctx, l.DataDir, p.Clock, p.Engine)
	if store.KindOf(err) == store.Conflict {
		message, _ := store.Explain(err)
		return &store.Error{Kind: store.Conflict, Message: message, Err: errHeld,
			Remedy: "Perhaps it is about to end, or was started with another version: try again in a moment. Else stop that process."}
	}
	if err != nil {
		return err
	}
	login, host := p.caller()
	pipeline := &ownPipeline{make: sync.OnceValues(func() (*App, error) { return newPipeline(ctx, l, s.Store, p.quietLog(l.Log)) })}
	err = c.Do(ctx, &operator.Session{
		Store: s.Store, Provisioner: pipeline.provisioner, CarryOn: pipeline.begin, Settings: p.operatorSettings(l), Who: store.Operator(login, host),
		Export: p.exportSetup(l.Config), Backup: func(ctx context.Context) error { return s.file.Backup(ctx, stdout) },
		Caller: caller, Input: input, Stdout: stdout, Stderr: p.Stderr, Screen: p.screen,
	})
	if pipeline.end() {
		s.close()
	}
	return err
}

// closed runs the command on the data folder, which it holds itself.
func (p *program) closed(ctx context.Context, l loaded, c operator.Call, _ []byte, stdout io.Writer) error {
	return c.Closed(ctx, &operator.Session{Dir: l.DataDir, Now: p.Clock.Now(), Stdout: stdout, Stderr: p.Stderr, Screen: p.screen})
}

// needs says which problems with the configuration are in a command's way. None that is of Slack alone is; and who only
// reads needs no credentials.
func needs(c operator.Call) func(problem) bool {
	return func(p problem) bool { return p.part != "slack" && (!c.Reads || c.Configured && !p.credentials()) }
}

// ownPipeline is a pipeline that a command makes, and has work on accounts, once it needs that.
type ownPipeline struct {
	make   func() (*App, error) // the same one each time
	once   sync.Once
	cancel context.CancelFunc
	ended  chan struct{}
}

func (o *ownPipeline) provisioner(context.Context) (operator.Provisioner, error) {
	a, err := o.make()
	if err != nil {
		return nil, err
	}
	return a.Provision, nil
}

func (o *ownPipeline) begin(ctx context.Context) error {
	a, err := o.make()
	if err != nil {
		return err
	}
	o.once.Do(func() {
		ctx, o.cancel = context.WithCancel(ctx)
		o.ended = make(chan struct{})
		go func() {
			defer close(o.ended)
			_ = a.Provision.Run(ctx) // a store that can't be read is the command's own error
		}()
	})
	return nil
}

// end ends the pipeline, and says whether it has finished what it held; what it left carries on at the next start.
func (o *ownPipeline) end() bool {
	if o.cancel == nil {
		return true
	}
	o.cancel()
	select {
	case <-o.ended:
		return true
	case <-time.After(leaveWithin):
		return false
	}
}

// quietLog holds what an operator's command doesn't say itself, where the configuration asks for all there is.
func (p *program) quietLog(c LogConfig) *slog.Logger {
	if c.Level > slog.LevelDebug {
		return slog.New(slog.DiscardHandler)
	}
	return p.logger(c)
}

// answer runs an operator's command in oktaws serve.
func (p *program) answer(l loaded, s opened, r *provision.Reconciler) operator.Do {
	return func(ctx context.Context, asked operator.Request, stdout, stderr io.Writer) int {
		return operator.Answer(ctx, &operator.Session{
			Store: s.Store, Settings: p.operatorSettings(l), Who: store.Operator(asked.Login, asked.Host), Lasting: true,
			Export: p.exportSetup(l.Config), Backup: func(ctx context.Context) error { return s.file.Backup(ctx, stdout) },
			Provisioner: func(context.Context) (operator.Provisioner, error) { return r, nil },
			CarryOn:     func(context.Context) error { return nil }, // it does
			Input:       asked.Input,
			Stdout:      newRedactor(stdout, l.secrets), Stderr: newRedactor(stderr, l.secrets), Screen: asked.Screen,
		}, asked.Args)
	}
}

func (p *program) operatorSettings(l loaded) operator.Settings {
	return operator.Settings{
		Slack:        p.knowsSlack(l),
		Required:     l.Approvals.Required,
		ExpireAfter:  l.Approvals.ExpireAfter,
		Partitions:   servedPartitions(l.Config),
		LabelPattern: l.Okta.LabelPattern,
		RoleSets:     slices.Sorted(maps.Keys(l.RoleSets)),
		Mode:         l.Okta.Mode,
		Shared:       l.Okta.Shared,
		Roster:       rosterRules(l.Config),
		OrgURL:       l.Okta.OrgURL,
		Groups:       func(a store.Account) []operator.RoleGroup { return roleGroups(l.Config, a) },
	}
}

// roleGroups are the account's roles with their Okta groups, as the configuration names them.
func roleGroups(c Config, a store.Account) []operator.RoleGroup {
	var out []operator.RoleGroup
	for _, role := range c.RoleSets[a.RoleSetName()] {
		out = append(out, operator.RoleGroup{Role: role.Name, Group: pipelineConfig(c).GroupName(role, a.Wish, a.ID, a.Known.Alias)})
	}
	return out
}

// knowsSlack says whether anything of Slack is configured, be it wrong: then there is somebody else who may decide.
func (p *program) knowsSlack(l loaded) bool {
	for _, name := range []string{"SLACK_BOT_TOKEN", "SLACK_BOT_TOKEN_FILE", "SLACK_APP_TOKEN", "SLACK_APP_TOKEN_FILE"} {
		if p.environ[name] != "" {
			return true
		}
	}
	return l.Slack.AdminChannel != "" || slices.ContainsFunc(l.problems, func(p problem) bool { return p.path == "slack.admin_channel" && p.where != "" })
}

// servedPartitions are those of the accounts that oktaws serves; the first is the usual one.
func servedPartitions(c Config) []string {
	return append([]string{aws.Partition(c.AWS.Region)}, slices.Sorted(maps.Keys(c.AWS.Partitions))...)
}
