package operator

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oktaws/oktaws/store"
)

// asking is how a command asks.
type asking struct {
	json    bool
	wait    bool // until it is decided and carried out
	patient bool // --wait was given, whatever its value
	approve bool // the operator's own word is the approval
	reason  string
}

// maxReason is how long a reason may be, in characters: as long as in Slack.
const maxReason = 3000

// noSlack is the reason of an approval where nobody else could give one.
const noSlack = "no Slack is configured"

// wish is what is asked for: a request, and, where it is for many accounts, these.
type wish struct {
	store.Request
	batch store.Batch
}

// ask records a request, as open does, and prints what became of it.
func (s *Session) ask(ctx context.Context, o asking, r store.Request, complete func(*store.Tx, *wish) error) error {
	asked, err := s.open(ctx, &o, r, complete)
	if err != nil {
		return err
	}
	return s.conclude(ctx, o, asked)
}

// open records a request: what r says, completed by complete (which may be nil) in the same transaction, and approves it
// where the operator does.
func (s *Session) open(ctx context.Context, o *asking, r store.Request, complete func(*store.Tx, *wish) error) (asked store.Request, err error) {
	o.reason = strings.TrimSpace(o.reason)
	if o.approve && o.reason == "" {
		return asked, usage("It stays on record, and the approvers read it: --reason TEXT.", "an operator approves for a reason only")
	}
	if utf8.RuneCountInString(o.reason) > maxReason {
		return asked, usage("Say it in fewer words.", "a reason has at most %d characters", maxReason)
	}
	approval := o.reason
	if !s.Settings.Slack {
		o.approve = true
		if approval == "" {
			approval = noSlack
		}
	}
	now := s.Store.Clock().Now().UTC()
	r.ID, r.Requester, r.Required, r.Reason = requestID(now), s.Who, max(s.Settings.Required, 1), o.reason
	if s.Settings.ExpireAfter > 0 {
		r.Expires = now.Add(s.Settings.ExpireAfter)
	}
	err = s.Store.Update(ctx, func(tx *store.Tx) (err error) {
		w := wish{Request: r}
		if complete != nil {
			if err := complete(tx, &w); err != nil {
				return err
			}
		}
		if len(w.batch.Rows) > 0 {
			asked, err = tx.OpenBatch(w.Request, w.batch)
		} else {
			asked, err = tx.OpenRequest(w.Request)
		}
		if err != nil || !o.approve {
			return err
		}
		asked, err = tx.ApproveAsOperator(asked.ID, s.Who, approval)
		return err
	})
	if err != nil {
		return asked, err
	}
	if !o.patient {
		o.wait = o.approve
	}
	if !o.json {
		fmt.Fprintf(s.Stderr, "Asked to %s: request %s.\n", wanted(asked), asked.ID)
	}
	return asked, nil
}

// conclude says how a request stands, after waiting for it where that is wanted.
func (s *Session) conclude(ctx context.Context, o asking, r store.Request) error {
	if r.Size > 0 {
		return s.concludeBatch(ctx, o, r)
	}
	if o.wait && r.State == store.Pending && !s.Lasting {
		fmt.Fprintln(s.Stderr, "oktaws serve isn't running, so nobody hears of the request before it starts.")
	} else if o.wait {
		if err := s.follow(ctx, []watched{{key: r.Account, request: r.ID}}, upToTasks); err != nil {
			return err
		}
	}
	c, err := s.look(ctx, r.Account)
	if err != nil {
		return err
	}
	if err := s.Store.View(ctx, func(tx *store.ReadTx) (err error) { r, err = tx.Request(r.ID); return err }); err != nil {
		return err
	}
	if o.json {
		d := struct {
			Request requestDocument `json:"request"`
			statusDocument
		}{requestDocumentOf(r), s.statusDocument(c)}
		err = s.print(d)
	} else {
		s.tell(r, c)
	}
	if err == nil {
		err = verdict(r, c.account)
	}
	return err
}

// verdict is how a request stands, as an exit code.
func verdict(r store.Request, a store.Account) error {
	switch {
	case r.State == store.Pending, r.State == store.Approved && a.RequestID == r.ID && a.State == store.Waiting:
		return Ended(Waits)
	case r.State != store.Approved, a.RequestID == r.ID && a.State == store.Failed:
		return Ended(Failed)
	}
	return nil
}

// tell says how a request stands.
func (s *Session) tell(r store.Request, c scene) {
	a := c.account
	it := about(a.AccountKey, oneLine(a.Label))
	switch {
	case r.State == store.Pending:
		fmt.Fprintln(s.Stdout, "It waits for approval in Slack.")
	case r.State != store.Approved:
		fmt.Fprintln(s.Stdout, history(r))
	case a.RequestID != r.ID:
		fmt.Fprintf(s.Stdout, "Another request for %s has taken its place.\n", it)
	case a.State == store.Failed:
		fmt.Fprintf(s.Stdout, "%s has failed. %s\n", it, trouble(a.FirstProblem()))
	case a.State == store.Waiting && c.task != nil:
		fmt.Fprintln(s.Stdout, s.turn(*c.task))
	case !linked(a) && a.State != store.Unlinked:
		fmt.Fprintf(s.Stdout, "%s is under way. %s\n", it, s.carriesOn(a.AccountKey))
	default:
		fmt.Fprintf(s.Stdout, "%s is %s.\n", it, a.Position())
	}
}

// carriesOn says what becomes of what was begun when the command ends before it does.
func (s *Session) carriesOn(keys ...store.AccountKey) string {
	if s.Caller != (store.AccountKey{}) {
		return "Call the same command again: it carries on where this one stopped."
	}
	look := "oktaws status"
	if len(keys) == 1 {
		look += " " + keys[0].Typed()
	}
	if s.Lasting {
		return "It carries on; " + look + " shows where it stands."
	}
	if len(keys) == 1 {
		return "It carries on with " + look + " --wait, or when oktaws serve starts."
	}
	return "It carries on when oktaws serve starts; " + look + " shows where it stands."
}

// requestID names a request so that requests sort by time: 20261123-165101-k3f9qz.
func requestID(now time.Time) string {
	return now.Format("20060102-150405-") + strings.ToLower(rand.Text()[:6])
}

// wanted is what a request asks for, after "to".
func wanted(r store.Request) string {
	it := about(r.Account, oneLine(r.Label))
	if r.Size > 0 {
		it = plural(r.Size, "AWS account", "AWS accounts")
	}
	if r.Size > 0 && r.Shared != "" {
		it = "the Okta application " + oneLine(r.Shared) + " for " + it
	}
	switch r.Kind {
	case store.Link:
		return "link " + it
	case store.Adopt:
		return "take over what was made by hand in " + it
	case store.Unlink:
		return "unlink " + it
	case store.Repair:
		return "repair " + it
	case store.Change:
		return change(r, it)
	case store.Rotate:
		return "rotate the " + rotated(r.Rotate) + " of " + it
	}
	return string(r.Kind) + " " + it
}

func rotated(what []store.Rotation) string {
	var words []string
	for _, w := range what {
		words = append(words, string(w))
	}
	return strings.Join(words, " and ")
}

// adopt asks to link an account and to take over what somebody made there by hand. An account that has failed has its name
// already.
func (s *Session) adopt(ctx context.Context, o asking, typed, label, roleSet string) error {
	key, err := s.account(ctx, typed)
	if err == nil && label != "" {
		err = s.labelFits(label)
	}
	if err == nil {
		roleSet, err = s.roleSet(roleSet)
	}
	if err != nil {
		return err
	}
	return s.ask(ctx, o, store.Request{Kind: store.Adopt, Account: key}, func(tx *store.Tx, r *wish) error {
		a, err := tx.Account(key)
		switch {
		case err != nil && store.KindOf(err) != store.NotFound:
			return err
		case a.State == store.Failed:
			r.Wish = a.Wish
			return nil
		case label == "" && (a.State == store.None || a.State == store.Unlinked): // else the store says why not
			return usage(fmt.Sprintf("Such as oktaws adopt %s Gmail-AWS-Account.", key.Typed()),
				"to take over account %s, a name for the Okta application is missing: that of the one to take over, or of a new one", key.Typed())
		}
		r.Wish = s.wish(key, label, roleSet, "")
		return nil
	})
}

// unlink asks to take away what linking made.
func (s *Session) unlink(ctx context.Context, o asking, typed string) error {
	key, err := s.account(ctx, typed)
	if err != nil {
		return err
	}
	return s.ask(ctx, o, store.Request{Kind: store.Unlink, Account: key}, nil)
}

// rotate asks for a new access key or a new SAML certificate.
func (s *Session) rotate(ctx context.Context, o asking, typed, what string) error {
	key, err := s.account(ctx, typed)
	if err != nil {
		return err
	}
	r := store.Request{Kind: store.Rotate, Account: key, Rotate: []store.Rotation{store.Rotation(what)}}
	return s.ask(ctx, o, r, forAll)
}
