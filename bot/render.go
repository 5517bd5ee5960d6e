package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

// The views: which rendering of a record a message is.
const (
	showRequest   = "request"   // a request, in the admin channel, with the buttons that decide it
	showRequested = "requested" // a request, to who asked, with the button that takes it back
	showDecision  = "decision"  // how a request was decided, to who asked
	showProgress  = "progress"  // the steps of the account, or how far a batch is
	showOutcome   = "outcome"   // that the account is what was asked for, or why it isn't
	showTask      = "task"      // a task, to an assignee
	showAccounts  = "accounts"  // a file with all accounts of a batch, in the thread of its request
	showTasks     = "tasks"     // the tasks of a batch, to an assignee
	showDrift     = "drift"     // what differs in an account, in the admin channel, with the buttons that deal with it
)

// rendering is what a message shall be.
type rendering struct {
	identity string      // where it differs from what was posted, the message is posted anew, since Slack notifies nobody of an edit
	inPlace  bool        // whatever was posted is edited, whatever its identity
	content  content     // empty: there is nothing to show, and what was posted stays as it is
	file     *attachment // comes with the content, and is never edited
	retired  content     // what an earlier post becomes when a new one takes its place; empty: it stays as it is
}

// attachment is a file in Slack.
type attachment struct {
	name, data string
}

// scene is the records that a message is about.
type scene struct {
	request store.Request
	account *store.Account // that carries the request out, or did last; nil: another request has taken its place, or it isn't approved
	known   *store.Account // the account of the request, whichever request it is at; nil: nobody knows it
	pending *store.Request // another request for the account, which waits for a decision
	task    *store.Task
	check   *store.Check
	tally   *tally // of an approved batch, where the message is about its progress or outcome
	rows    []store.Row
	left    []store.LeftOut // both of a batch, where the message names its accounts
	listed  *store.Message  // the file with all accounts of a batch, where the message goes by it
	turn    *turn           // the tasks of a batch that are a person's, where the message is about them
	time    string          // how long a batch still takes, in words; empty: that can't be told
}

// look reads the records that m is about.
func look(tx *store.ReadTx, m store.Message) (s scene, err error) {
	kind, rest, _ := strings.Cut(m.Subject, "/")
	switch kind {
	case "check":
		return lookAtCheck(tx, rest)
	case "task":
		t, err := tx.Task(rest)
		if err != nil {
			return s, err
		}
		s.task, rest = &t, t.Request
	case "request":
	default:
		return s, &store.Error{Kind: store.Permanent, Message: "this version of oktaws can't show " + m.Subject}
	}
	if s.request, err = tx.Request(rest); err != nil {
		return s, err
	}
	if s.request.Size > 0 {
		return lookAtBatch(tx, s, m.View, m.Where)
	}
	a, err := knownAccount(tx, s.request.Account)
	if err != nil || a == nil {
		return s, err
	}
	s.known = a
	if a.RequestID == s.request.ID {
		s.account = a
		s.pending, err = waiting(tx, a)
	}
	return s, err
}

// lookAtBatch reads what a message about a batch shows.
func lookAtBatch(tx *store.ReadTx, s scene, view, where string) (scene, error) {
	var err error
	if view == showProgress || view == showOutcome {
		if s.request.State == store.Approved {
			s.tally, err = count(tx, s.request.ID, view == showOutcome)
		}
		return s, err
	}
	if view == showTasks {
		s.turn, err = turnOf(tx, s.request.ID, where)
		return s, err
	}
	if view == showRequest && s.request.Kind == store.Link {
		m, err := tx.Message(store.MessageKey(s.request.Key(), showAccounts, where))
		if err == nil {
			s.listed = &m
		} else if store.KindOf(err) != store.NotFound {
			return s, err
		}
	}
	err = tx.Rows(s.request.ID, func(row store.Row) bool { s.rows = append(s.rows, row); return true })
	if err != nil {
		return s, err
	}
	err = tx.LeftOut(s.request.ID, func(out store.LeftOut) bool { s.left = append(s.left, out); return true })
	return s, err
}

// waiting is the request for the account that waits for a decision, or nil.
func waiting(tx *store.ReadTx, a *store.Account) (*store.Request, error) {
	if a.Pending == "" {
		return nil, nil
	}
	r, err := tx.Request(a.Pending)
	return &r, err
}

// render says what m shall be.
func (b *Bot) render(m store.Message, s scene) (rendering, error) {
	switch m.View {
	case showRequest:
		return b.renderRequest(m, s), nil
	case showRequested:
		return renderRequested(s), nil
	case showDecision:
		return renderDecision(s), nil
	case showProgress:
		if s.request.Size > 0 {
			if s.tally != nil {
				s.time = b.paces.left(s.request.ID, s.tally.Tally, b.clock.Now())
			}
			return renderBatchProgress(m, s), nil
		}
		return renderProgress(m, s), nil
	case showOutcome:
		if s.request.Size > 0 {
			return renderBatchOutcome(m, s), nil
		}
		return b.renderOutcome(m, s), nil
	case showDrift:
		return b.renderDrift(m, s, b.clock.Now()), nil
	case showAccounts:
		return accountsFile(s), nil
	case showTasks:
		return b.renderTasks(m, s), nil
	case showTask:
		if s.task == nil {
			return rendering{}, errors.New("a task's message without a task")
		}
		return b.renderTask(s), nil
	}
	return rendering{}, &store.Error{Kind: store.Permanent, Message: "this version of oktaws can't show the view " + m.View}
}

// inert is the content without its buttons.
func (c content) inert() content {
	c.blocks = slices.DeleteFunc(slices.Clone(c.blocks), func(b slack.Block) bool { return b.BlockType() == slack.MBTAction })
	return c
}

// hash tells contents apart.
func (c content) hash() (string, error) {
	raw, err := json.Marshal(c.blocks)
	if err != nil {
		return "", fmt.Errorf("encode blocks: %w", err)
	}
	sum := sha256.Sum256(append(raw, c.text...))
	return hex.EncodeToString(sum[:12]), nil
}
