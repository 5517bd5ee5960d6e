package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// checkWithin is how long each of Slack, AWS and Okta has for all of its answers.
const checkWithin = time.Minute

// check tries all that the bot will need, prints a line for each, and fails where something must be fixed. What can't
// be tried hides nothing else.
func (p *program) check(ctx context.Context, asJSON bool) error {
	l := p.load()
	log := p.logger(l.Log)
	for _, w := range l.warnings {
		log.Warn(w)
	}
	parts := []struct {
		name string
		try  func(context.Context) ([]provision.Finding, error)
	}{
		{"slack", func(ctx context.Context) ([]provision.Finding, error) { return p.checkSlack(ctx, l) }},
		{"okta", func(ctx context.Context) ([]provision.Finding, error) {
			c, err := newOkta(l.Config, p.Clock, log)
			if err != nil {
				return nil, err
			}
			return c.Check(ctx), nil
		}},
		{"aws", func(ctx context.Context) ([]provision.Finding, error) {
			c, err := newAWS(ctx, l, log, "")
			if err != nil {
				return nil, err
			}
			return c.Check(ctx), nil
		}},
	}
	found := make([][]provision.Finding, len(parts))
	var group errgroup.Group
	for i, part := range parts {
		group.Go(func() error {
			found[i] = []provision.Finding{notTried(part.name)}
			if l.lacks(part.name) {
				return nil
			}
			ctx, cancel := context.WithTimeout(ctx, checkWithin)
			defer cancel()
			fs, err := part.try(ctx)
			if err != nil {
				fs = []provision.Finding{failed(part.name, err)}
			}
			found[i] = fs
			return nil
		})
	}
	all := append(p.checkConfig(l), p.checkStore(ctx, l))
	_ = group.Wait() // what goes wrong is a finding
	for _, fs := range found {
		all = append(all, fs...)
	}
	if asJSON {
		return p.findingsDocument(all)
	}
	return p.table(all)
}

// findingsDocument prints the findings as JSON, and fails where one must be fixed.
func (p *program) findingsDocument(found []provision.Finding) error {
	type finding struct {
		What   string `json:"what"`
		OK     bool   `json:"ok"`
		Detail string `json:"detail"`
		Remedy string `json:"remedy,omitempty"`
	}
	var d struct {
		Findings []finding `json:"findings"`
	}
	var failed error
	for _, f := range found {
		d.Findings = append(d.Findings, finding{oneLine(f.What), f.OK, oneLine(f.Detail), oneLine(f.Remedy)})
		if !f.OK {
			failed = errSaid
		}
	}
	e := json.NewEncoder(p.Stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return cmp.Or(e.Encode(d), failed)
}

// lacks reports whether something that the part can't be tried without is wrong with the configuration.
func (l loaded) lacks(part string) bool {
	for _, p := range l.problems {
		if p.part == part {
			return true
		}
	}
	return false
}

var services = map[string]string{"slack": "Slack", "okta": "Okta", "aws": "AWS"}

func notTried(part string) provision.Finding {
	return provision.Finding{What: services[part], Detail: "not tried", Remedy: "Mend its settings above first."}
}

func failed(what string, err error) provision.Finding {
	if name, ok := services[what]; ok {
		what = name
	}
	f := provision.Finding{What: what, Detail: err.Error()}
	if isStoreError(err) {
		_, f.Remedy = store.Explain(err)
	}
	return f
}

func (p *program) checkConfig(l loaded) []provision.Finding {
	if len(l.problems) == 0 {
		from := "valid, from the environment alone"
		if p.config != "" {
			from = "valid, from " + p.config + " and the environment"
		}
		return []provision.Finding{{What: "Configuration", OK: true, Detail: from}, integration(l.Okta)}
	}
	var found []provision.Finding
	for _, problem := range l.problems {
		found = append(found, problem.finding())
	}
	return found
}

// integration says how Okta learns the roles of the accounts that are asked for.
func integration(c OktaConfig) provision.Finding {
	detail := "api: Okta reads the roles with an access key of each account, which a person enters"
	if c.Mode == store.ModeGroups {
		detail = "groups: Okta reads the roles off the names of groups, " + c.GroupTemplate
	}
	if c.Shared != "" {
		detail += "; the accounts share the application " + c.Shared
	}
	return provision.Finding{What: "Integration mode", OK: true, Detail: detail}
}

// checkStore looks at the store as it is. It makes none, since it would be whoever checks that owned it.
func (p *program) checkStore(ctx context.Context, l loaded) provision.Finding {
	const what = "Store"
	dir := l.DataDir
	if dir == "" {
		return provision.Finding{What: what, Detail: "not tried", Remedy: "Mend data_dir above first."}
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return writable(nearestFolder(dir), dir+" will be made at the first start")
	case err != nil:
		return provision.Finding{What: what, Detail: err.Error(), Remedy: "Let data_dir (OKTAWS_DATA_DIR) name a folder that oktaws may use."}
	case len(entries) == 0:
		return writable(dir, dir+" is empty; the store will be made at the first start")
	}
	s, err := openStore(ctx, dir, p.Clock, nil)
	switch {
	case store.KindOf(err) == store.Conflict:
		message, _ := store.Explain(err)
		return provision.Finding{What: what, OK: true, Detail: message}
	case err != nil:
		return failed(what, err)
	}
	defer s.close()
	accounts := 0
	err = s.View(ctx, func(tx *store.ReadTx) error {
		return tx.Accounts(func(store.Account) bool { accounts++; return true })
	})
	if err != nil {
		return failed(what, err)
	}
	return provision.Finding{What: what, OK: true, Detail: fmt.Sprintf("%s can be read and written, and knows %d accounts", dir, accounts)}
}

// nearestFolder is dir, or else the nearest folder above it that there is.
func nearestFolder(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

func writable(dir, detail string) provision.Finding {
	f, err := os.CreateTemp(dir, ".oktaws-check-*")
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(f.Name()))
	}
	if err != nil {
		return provision.Finding{What: "Store", Detail: err.Error(), Remedy: "Let data_dir (OKTAWS_DATA_DIR) name a folder that oktaws may write to."}
	}
	return provision.Finding{What: "Store", OK: true, Detail: detail}
}

// checkSlack asks Slack through a bot whose store is an empty one, since the real one may be in use.
func (p *program) checkSlack(ctx context.Context, l loaded) (found []provision.Finding, err error) {
	dir, err := os.MkdirTemp("", "oktaws-check-*")
	if err != nil {
		return nil, fmt.Errorf("make a folder to check with: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := openStore(ctx, dir, p.Clock, nil)
	if err != nil {
		return nil, err
	}
	defer s.close()
	b, err := newBot(l.Config, s.Store, nil, p.logger(l.Log))
	if err != nil {
		return nil, err
	}
	return b.Check(ctx), nil
}

// table prints the findings, and fails where one must be fixed.
func (p *program) table(found []provision.Finding) error {
	w := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
	bad := 0
	for _, f := range found {
		state := "ok"
		if !f.OK {
			state = "FIX"
			bad++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", state, oneLine(f.What), oneLine(f.Detail))
		if !f.OK && f.Remedy != "" {
			fmt.Fprintf(w, "\t\t→ %s\n", oneLine(f.Remedy))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	switch bad {
	case 0:
		fmt.Fprintln(p.Stdout, "\nEverything that was tried works.")
		return nil
	case 1:
		fmt.Fprintf(p.Stdout, "\n1 of %d must be fixed.\n", len(found))
	default:
		fmt.Fprintf(p.Stdout, "\n%d of %d must be fixed.\n", bad, len(found))
	}
	return errSaid
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
