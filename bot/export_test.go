package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/internal/roster"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// GuardClock has the pace of connections follow a clock of the test's.
func (b *Bot) GuardClock(clock clockwork.Clock) { b.guard.clock = clock }

// Grace has what is under way end so long after Run was told to.
func (b *Bot) Grace(d time.Duration) { b.grace = d }

// Sample is something that the bot can show.
type Sample struct {
	Name string
	Text string          // of a message
	JSON json.RawMessage // a message's blocks, or a view
}

// wild is text of n characters that is as long as it can get when it is escaped, and holds what must never get through.
func wild(n int) string {
	return strings.Repeat("<!channel>&🔑`*\n", n/15+1)[:n-n%2]
}

// scenes are the states that a request, its account and its task can be in, plain and with the longest of everything.
func scenes() map[string]scene {
	all := map[string]scene{}
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for size, words := range map[string]func(n int) string{
		"plain":   func(n int) string { return "Something short" },
		"longest": wild,
	} {
		who := store.Person{ID: "U0REQUESTER", Team: "T0SANDBOX"}
		admin := store.Person{ID: "U0ADMINONE", Team: "T0SANDBOX"}
		label := "Gmail-AWS-Account"
		if size == "longest" {
			label = wild(100)
		}
		problem := &store.Problem{Kind: store.Permanent, Message: words(4000), Remedy: words(4000)}
		base := store.Request{ID: "20261123-120000-abcdef", Kind: store.Link, Account: store.AccountKey{Partition: "aws", ID: "111122223333"},
			Wish: store.Wish{Label: label, Mode: store.ModeAPI}, Reason: words(3000), Requester: who, Required: 20, State: store.Pending, Expires: at}
		base.Created = at
		for range 19 {
			base.Approvals = append(base.Approvals, store.Approval{By: admin, At: at})
		}
		all[size+" pending"] = scene{request: base}
		var findings []store.Finding
		for i := range 200 {
			findings = append(findings, store.Finding{Key: fmt.Sprintf("roles/%d/%s", i, words(200)), What: words(3000), Means: words(3000), Mend: words(3000),
				Foreign: i%3 == 0, Person: i%3 == 1, Since: at})
		}
		kinds := []store.RequestKind{store.Link, store.Adopt, store.Unlink, store.Repair, store.Change, store.Rotate}
		for _, kind := range kinds {
			r := base
			r.Kind, r.Rotate = kind, []store.Rotation{store.RotateKey, store.RotateCertificate}
			known := &store.Account{AccountKey: r.Account, Wish: store.Wish{Label: label, Mode: store.ModeGroups, Shared: words(100)}, Pending: r.ID}
			r.Was = known.Wish
			all[fmt.Sprintf("%s %s to be looked at", size, kind)] = scene{request: r, known: known}
			r.Plan, r.Planned, r.Shared, r.RoleSet = findings, at, words(100), words(100)
			all[fmt.Sprintf("%s %s planned", size, kind)] = scene{request: r, known: known}
			r.State, r.Decided = store.Approved, &store.Decision{By: admin, At: at, Reason: words(3000)}
			all[fmt.Sprintf("%s %s approved", size, kind)] = scene{request: r}
			r.Plan, r.Unplanned = nil, problem
			all[fmt.Sprintf("%s %s not planned", size, kind)] = scene{request: r}
			for _, state := range []store.AccountState{store.Linking, store.Waiting, store.Failed, store.Linked, store.Drifted, store.Unlinking, store.Unlinked} {
				a := store.Account{AccountKey: r.Account, Wish: r.Wish, Desired: store.WantLinked, State: state, RequestID: r.ID, Pending: "x", Drifted: 3, Steps: map[string]store.Step{}}
				a.Known.TileURL = "https://example.okta.com/home"
				if kind == store.Unlink {
					a.Desired = store.WantUnlinked
				}
				foreign := *problem
				foreign.Foreign = true
				for i, title := range provision.Titles(a) {
					step := store.Step{State: store.StepDone, Undo: true}
					if state == store.Failed && i > 2 {
						step = store.Step{State: store.StepFailed, Problem: &foreign}
					}
					for range 30 {
						step.Left = append(step.Left, words(3000))
					}
					a.Steps[title.Name] = step
				}
				check := &store.Check{Account: r.Account, At: at, Findings: findings, Problem: problem, Ignored: map[string]store.Ignore{}}
				for _, f := range findings[100:] {
					check.Ignored[f.Key] = store.Ignore{By: admin, At: at, Reason: words(3000), Until: at.Add(time.Hour)}
				}
				all[fmt.Sprintf("%s %s being %s", size, kind, state)] = scene{request: r, account: &a}
				all[fmt.Sprintf("%s %s being %s with another request", size, kind, state)] = scene{request: r, account: &a, pending: &base}
				all[fmt.Sprintf("%s %s checked while %s", size, kind, state)] = scene{request: r, account: &a, check: check}
				all[fmt.Sprintf("%s %s checked while %s with another request", size, kind, state)] = scene{request: r, account: &a, check: check, pending: &base}
				all[fmt.Sprintf("%s %s checked and fine while %s", size, kind, state)] = scene{request: r, account: &a, check: &store.Check{Account: r.Account}}
			}
		}
		for _, kind := range kinds {
			batch := base
			batch.Kind, batch.Account, batch.Wish, batch.Planned = kind, store.AccountKey{}, store.Wish{Mode: store.ModeGroups, RoleSet: words(100)}, at
			if kind == store.Rotate {
				batch.Rotate, batch.Shared = []store.Rotation{store.RotateCertificate}, words(100)
			}
			var rows []store.Row
			var left []store.LeftOut
			batch.Size, batch.LeftOut = 300, 300
			for i := range 300 {
				key := store.AccountKey{Partition: "aws-us-gov", ID: fmt.Sprintf("%012d", i)}
				rows = append(rows, store.Row{Account: key, Label: words(100)})
				if i < store.MostPlanned {
					batch.Plan = append(batch.Plan, store.Finding{Key: key.String(), What: words(3000)})
				}
				key.Partition = "aws"
				left = append(left, store.LeftOut{Account: key, Label: words(100), Why: words(3000)})
			}
			name := size + " batch of " + string(kind)
			if kind == store.Link { // which lists what it can't name in a file
				few := batch
				few.Size, few.LeftOut = 3, 3
				all[name+" of few"] = scene{request: few, rows: rows[:3], left: left[:3]}
				for len(rows) < store.MaxBatch {
					i := len(rows)
					key := store.AccountKey{Partition: "aws", ID: fmt.Sprintf("%012d", i)}
					rows = append(rows, store.Row{Account: key, Label: words(100), RoleSet: fmt.Sprintf("set-%d", i%20)})
					left = append(left, store.LeftOut{Account: key, Label: words(100), Why: fmt.Sprintf("%d %s", i%50, words(3000))})
				}
				batch.Size, batch.LeftOut = len(rows), len(left)
				all[name+" with its file"] = scene{request: batch, rows: rows, left: left, listed: &store.Message{TS: "F1"}}
				all[name+" without its file"] = scene{request: batch, rows: rows, left: left, listed: &store.Message{Attempts: 5}}
			}
			all[name+" pending"] = scene{request: batch, rows: rows, left: left}
			batch.State, batch.Decided = store.RequestDenied, &store.Decision{By: admin, At: at, Reason: words(3000)}
			all[name+" denied"] = scene{request: batch, rows: rows, left: left}
			batch.State, batch.Decided = store.Approved, &store.Decision{By: admin, At: at}
			part := &tally{Tally: store.Tally{Size: 300, Done: 10, Going: 5, Waiting: 3, Replaced: 1, ToCome: 81, Failed: 100, Skipped: 100}}
			for _, row := range rows[:100] {
				part.failed = append(part.failed, store.Account{AccountKey: row.Account, Wish: store.Wish{Label: label}, Problem: problem})
				part.skipped = append(part.skipped, store.Request{Account: row.Account, Wish: store.Wish{Label: label}, State: store.Skipped, Decided: &store.Decision{At: at, Reason: words(3000)}})
			}
			all[name+" under way"] = scene{request: batch, tally: part}
			again := batch
			again.Retrying = &store.Retrying{By: admin, At: at}
			all[name+" being retried"] = scene{request: again, tally: part}
			for reminders := range 2 {
				t := &turn{waiting: 300, done: 7, reminders: reminders, snoozed: &store.Snooze{By: admin, At: at, Until: at}}
				for i, row := range rows[:mostTurns] {
					task := store.Task{ID: fmt.Sprintf("%s.%05d-%s", batch.ID, i, store.EnterKey), Kind: store.EnterKey, Account: row.Account, Shown: &store.Shown{KeyID: "AKIAIOSFODNN7EXAMPLE", By: admin, At: at}}
					if i > 0 {
						task.Kind = store.EnableProvisioning
					}
					for range 30 {
						task.Missing = append(task.Missing, words(3000))
					}
					t.open, t.accounts = append(t.open, task), append(t.accounts, store.Account{AccountKey: row.Account, Wish: store.Wish{Label: label}})
				}
				all[fmt.Sprintf("%s waiting for a person %d", name, reminders)] = scene{request: batch, turn: t}
			}
			all[name+" waiting for nobody"] = scene{request: batch, turn: &turn{done: 7}}
			whole := *part
			whole.Done, whole.Going, whole.Waiting, whole.ToCome = 99, 0, 0, 0
			all[name+" ended"] = scene{request: batch, tally: &whole}
			all[name+" ended well"] = scene{request: batch, tally: &tally{Tally: store.Tally{Size: 300, Done: 300}}}
		}
		for _, state := range []store.RequestState{store.Approved, store.RequestDenied, store.Expired, store.Withdrawn, store.Skipped} {
			r := base
			r.State, r.Decided = state, &store.Decision{By: admin, At: at, Reason: words(3000)}
			all[size+" "+string(state)] = scene{request: r}
		}
		approved := all[size+" approved"].request
		for _, state := range []store.AccountState{store.Linking, store.Waiting, store.Failed, store.Linked, store.Drifted} {
			for _, step := range []store.StepState{"", store.StepPending, store.StepAgain, store.StepWaiting, store.StepDone, store.StepFailed} {
				a := store.Account{AccountKey: approved.Account, Wish: approved.Wish, Desired: store.WantLinked, State: state, RequestID: approved.ID, Problem: problem, Steps: map[string]store.Step{}}
				a.Known.Alias, a.Known.TileURL, a.Known.AdminURL = words(63), "https://example.okta.com/home", "https://example-admin.okta.com/admin/app/amazon_aws/instance/0oa1/#tab-user-management"
				for _, title := range provision.Titles(a) {
					if step != "" {
						a.Steps[title.Name] = store.Step{State: step, Note: words(3000), Problem: problem, Started: at, Ended: at}
					}
				}
				all[fmt.Sprintf("%s %s with steps %s", size, state, step)] = scene{request: approved, account: &a}
			}
		}
		account := all[size+" waiting with steps done"].account
		for _, state := range []store.TaskState{store.TaskOpen, store.TaskDone, store.TaskClosed} {
			for n := range 4 {
				reminders, kind := n%2, store.EnableProvisioning
				if n > 1 {
					kind = store.EnterKey
				}
				t := store.Task{ID: store.TaskIDOf(approved.ID, kind), Kind: kind, Account: approved.Account,
					Request: approved.ID, State: state, Reminders: reminders, Ended: at,
					Snoozed: &store.Snooze{By: admin, At: at, Until: at}, Shown: &store.Shown{KeyID: "AKIAIOSFODNN7EXAMPLE", By: admin, At: at}}
				for range 30 {
					t.Assignees = append(t.Assignees, admin)
					t.Missing = append(t.Missing, words(3000))
				}
				all[fmt.Sprintf("%s task %s %s %d", size, kind, state, reminders)] = scene{request: approved, account: account, task: &t}
			}
		}
		fresh := all[size+" task enable-provisioning open 0"]
		t := *fresh.task
		t.Missing, t.Snoozed, t.Shown = nil, nil, nil
		all[size+" task fresh"] = scene{request: approved, task: &t}
	}
	return all
}

// Samples is every message and every view that the bot can make, in every state.
func Samples(t *testing.T) (messages, views []Sample) {
	var roles []provision.RoleSpec
	for i := range 60 {
		roles = append(roles, provision.RoleSpec{Name: fmt.Sprintf("Role%d-%s", i, strings.Repeat("x", 50)), Group: "{label}-{role}-{account}-{alias}"})
	}
	b := &Bot{cfg: Config{AdminChannel: "C0AWSADMINS", Partitions: []string{"aws"}, Pipeline: provision.Config{RoleSets: map[string][]provision.RoleSpec{store.DefaultRoleSet: roles}}, OrgURL: "https://example.okta.com", LabelPattern: regexp.MustCompile(`^[A-Z]+$`)},
		clock: clockwork.NewFakeClockAt(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)), log: slog.Default()}
	message := func(name string, c content) {
		raw, err := json.Marshal(c.blocks)
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, Sample{Name: name, Text: c.text, JSON: raw})
	}
	view := func(name string, v *slack.ModalViewRequest) {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		views = append(views, Sample{Name: name, JSON: raw})
	}
	for name, s := range scenes() {
		for _, show := range []string{showRequest, showRequested, showDecision, showProgress, showOutcome, showTask, showAccounts, showTasks, showDrift} {
			if (show == showTask) != (s.task != nil) || (show == showDrift) != (s.check != nil) {
				continue
			}
			r, err := b.render(store.Message{View: show, Where: b.cfg.AdminChannel, TS: "1.2", Identity: failedForeign + "x"}, s)
			if err != nil {
				t.Fatalf("%s, %s: %v", show, name, err)
			}
			if !r.content.empty() {
				message(show+", "+name, r.content)
			}
			if !r.retired.empty() {
				message(show+" retired, "+name, r.retired)
			}
		}
		if s.check != nil {
			message("seen, "+name, seenContent(*s.account, *s.check, b.clock.Now()))
		}
		if s.check != nil && s.account.State == store.Drifted {
			view("ignore, "+name, ignoreView(*s.account, append(s.check.Findings, store.Finding{What: "x"})))
		}
		message("plan, "+name, b.planContent(s.request))
		if s.account != nil {
			message("status, "+name, statusContent(s, b.clock.Now()))
			message("account line, "+name, listContent([]string{accountLine(*s.account)}, 2))
			view("notice, "+name, noticeView(refusal(&store.Error{Message: s.request.Reason, Remedy: s.request.Reason})))
		}
		if s.task != nil {
			message("checked, "+name, checkedContent(*s.task))
		}
		if s.request.Decided != nil {
			message("decided, "+name, refusal(&store.Decided{Request: s.request}))
		}
		message("asked, "+name, note(askedSentence(s.request)))
		view("deny, "+name, denyView(s.request))
	}
	many := make([]string, 200)
	for i := range many {
		many[i] = "• " + mrkdwn(wild(3000), nameLimit)
	}
	message("help", helpContent())
	message("list of nothing", listContent(nil, 0))
	message("list of many", listContent(many[:mostListed], 5000))
	message("overview of nothing", overviewContent(nil, nil, nil))
	message("overview of much", overviewContent(map[string]int{"linked": 3, "failed": 1}, many, many))
	for name, err := range map[string]error{
		"inner":     errors.New("something"),
		"account":   func() error { _, err := accountID(wild(3000)); return err }(),
		"label":     b.labelFits(wild(3000)),
		"role set":  func() error { _, err := b.roleSet(wild(3000)); return err }(),
		"partition": func() error { _, err := b.accountKey(wild(3000) + "/" + wild(3000)); return err }(),
		"mendable":  unmendable(store.AccountKey{Partition: "aws", ID: "111122223333"}, []store.Finding{{Foreign: true}}),
		"unknown":   unknownSubcommand(wild(3000)),
		"old":       oldMessage(),
	} {
		message("refusal, "+name, refusal(err))
		if text := formError(err); characters(text) > 2000 || text == "" {
			t.Errorf("%s: a form's error of %d characters", name, characters(text))
		}
	}
	bad := &badList{}
	for i := range 10_000 {
		bad.problems = append(bad.problems, roster.Problem{Line: i + 1, What: wild(3000), Remedy: wild(3000)})
	}
	message("refusal, list", refusal(bad))
	message("notes", content{text: "x", blocks: paragraphs(noteLines([]roster.Note{{Line: 1, Text: wild(3000)}}))})
	if text := fieldProblems(bad.problems); characters(text) > 2000 {
		t.Errorf("a field's error of %d characters", characters(text))
	}
	view("links", b.linksView(listForm{}))
	view("links filled in", b.linksView(listForm{pasted: wild(5000), roleSet: "default", reason: wild(5000)}))
	view("link", b.linkView(linkForm{}))
	view("link filled in", b.linkView(linkForm{account: "111122223333", label: strings.Repeat("a", 100), reason: wild(3000)}))
	b.cfg.Partitions = []string{"aws", "aws-us-gov", "aws-cn"}
	for i := range 200 {
		b.cfg.Pipeline.RoleSets[fmt.Sprintf("set-%d-%s", i, strings.Repeat("x", 100))] = roles
	}
	message("refusal, role sets", refusal(func() error { _, err := b.roleSet("none"); return err }()))
	view("links with all there is to choose", b.linksView(listForm{roleSet: "default"}))
	view("link with all there is to choose", b.linkView(linkForm{account: "aws-us-gov/111122223333"}))
	view("making credentials", credentialsView(section("Making a key.")))
	view("credentials", secretView(strings.Repeat("a", 100), store.Task{Account: store.AccountKey{Partition: "aws", ID: "111122223333"}}, provision.NewSecret("AKIAIOSFODNN7EXAMPLE", strings.Repeat("s", 40))))
	return messages, views
}
