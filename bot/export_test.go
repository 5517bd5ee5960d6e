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
		for _, state := range []store.RequestState{store.Approved, store.RequestDenied, store.Expired, store.Withdrawn} {
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
			for reminders := range 2 {
				t := store.Task{ID: store.TaskIDOf(approved.ID, store.EnableProvisioning), Kind: store.EnableProvisioning, Account: approved.Account,
					Request: approved.ID, State: state, Reminders: reminders, Ended: at,
					Snoozed: &store.Snooze{By: admin, At: at, Until: at}, Shown: &store.Shown{KeyID: "AKIAIOSFODNN7EXAMPLE", By: admin, At: at}}
				for range 30 {
					t.Assignees = append(t.Assignees, admin)
					t.Missing = append(t.Missing, words(3000))
				}
				all[fmt.Sprintf("%s task %s %d", size, state, reminders)] = scene{request: approved, account: account, task: &t}
			}
		}
		fresh := all[size+" task open 0"]
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
	b := &Bot{cfg: Config{AdminChannel: "C0AWSADMINS", Partitions: []string{"aws"}, Pipeline: provision.Config{RoleSets: map[string][]provision.RoleSpec{store.DefaultRoleSet: roles}}, OrgURL: "https://example.okta.com", LabelPattern: regexp.MustCompile(`^[A-Z]+$`)}, log: slog.Default()}
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
		for _, show := range []string{showRequest, showRequested, showDecision, showProgress, showOutcome, showTask} {
			if (show == showTask) != (s.task != nil) {
				continue
			}
			r, err := b.render(store.Message{View: show}, s)
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
		if s.account != nil {
			message("status, "+name, statusContent(s, time.Now()))
			message("account line, "+name, listContent([]string{accountLine(*s.account)}, 2))
			view("notice, "+name, noticeView(refusal(&store.Error{Message: s.request.Reason, Remedy: s.request.Reason})))
		}
		if s.task != nil {
			message("checked, "+name, checkedContent(*s.task))
		}
		if s.request.Decided != nil {
			message("decided, "+name, refusal(&store.Decided{Request: s.request}))
		}
		message("asked, "+name, note(askedSentence(s.request, nil)))
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
		"inner":   errors.New("something"),
		"account": func() error { _, err := accountID(wild(3000)); return err }(),
		"label":   b.labelFits(wild(3000)),
		"unknown": unknownSubcommand(wild(3000)),
		"old":     oldMessage(),
	} {
		message("refusal, "+name, refusal(err))
		if text := formError(err); characters(text) > 2000 || text == "" {
			t.Errorf("%s: a form's error of %d characters", name, characters(text))
		}
	}
	view("link", b.linkView(linkForm{}))
	view("link filled in", b.linkView(linkForm{account: "111122223333", label: strings.Repeat("a", 100), reason: wild(3000)}))
	view("making credentials", credentialsView(section("Making a key.")))
	view("credentials", secretView(strings.Repeat("a", 100), store.Task{Account: store.AccountKey{Partition: "aws", ID: "111122223333"}}, provision.NewSecret("AKIAIOSFODNN7EXAMPLE", strings.Repeat("s", 40))))
	return messages, views
}
