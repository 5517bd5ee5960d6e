package operator

import (
	"context"
	"fmt"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// linkThrough links an account from the beginning to the end, the person's step in Okta with it, and carries on with one that is
// under way. Where there is Slack, it is people there who approve and who do the person's step.
func (s *Session) linkThrough(ctx context.Context, l linkLine) error {
	r, err := s.linkRequest(ctx, l)
	if err != nil {
		return err
	}
	if r, err = s.begin(ctx, &l, r); err != nil {
		return err
	}
	if r.State != store.Approved || s.Settings.Slack {
		return s.conclude(ctx, l.asking, r)
	}
	it := watched{key: r.Account, request: r.ID}
	if err := s.follow(ctx, []watched{it}, upToTasks); err != nil {
		return err
	}
	c, err := s.look(ctx, r.Account)
	if err != nil {
		return err
	}
	if c.account.State == store.Waiting && c.account.RequestID == r.ID && c.task != nil {
		if err := s.handOver(ctx, l, c); err != nil || l.noWait {
			return orWaits(err)
		}
		if err := s.follow(ctx, []watched{it}, throughTasks); err != nil {
			return err
		}
		if c, err = s.look(ctx, r.Account); err != nil {
			return err
		}
	}
	if !linked(c.account) || c.account.RequestID != r.ID {
		l.wait = false
		return s.conclude(ctx, l.asking, r)
	}
	return s.signOn(c, l.json)
}

func orWaits(err error) error {
	if err == nil {
		err = Ended(Waits)
	}
	return err
}

// begin asks for the account, or finds the request by which the same was asked for before, so that it goes on: it tries
// again what has failed.
func (s *Session) begin(ctx context.Context, l *linkLine, r store.Request) (store.Request, error) {
	var before store.Request
	var was store.AccountState
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		before, was = store.Request{}, store.None
		a, err := tx.Account(r.Account)
		if store.KindOf(err) == store.NotFound {
			return nil
		}
		if err != nil || a.Label != r.Label || l.mode != "" && a.Mode != r.Mode && a.Mode != "" || r.RoleSet != "" && a.RoleSet != r.RoleSet {
			return err
		}
		id := a.RequestID
		switch a.State {
		case store.None, store.Unlinked:
			id = a.Pending
		case store.Unlinking:
			return nil
		case store.Failed:
			if a.Desired != store.WantLinked {
				return nil
			}
			if _, err := tx.Retry(r.Account, s.Who); err != nil {
				return err
			}
		}
		if id == "" {
			return nil
		}
		was = a.State
		before, err = tx.Request(id)
		return err
	})
	switch {
	case err != nil:
		return r, err
	case before.ID == "":
		return s.open(ctx, &l.asking, r, nil)
	}
	if !l.patient {
		l.wait = before.State == store.Approved
	}
	switch {
	case l.json:
	case was == store.Linked, was == store.Drifted:
		fmt.Fprintf(s.Stderr, "%s is linked already.\n", about(r.Account, oneLine(r.Label)))
	case was != store.None && was != store.Unlinked:
		fmt.Fprintf(s.Stderr, "Carrying on with %s.\n", about(r.Account, oneLine(r.Label)))
	}
	return before, nil
}

// handOver tells the person whose turn it is what to do in Okta, and shows the access key for it. Where Okta holds a key
// already, none is made.
func (s *Session) handOver(ctx context.Context, l linkLine, c scene) error {
	shown := c.task.Shown
	secret, err := s.makeKey(ctx, c, "Call the same command again in a minute.")
	if store.KindOf(err) == store.Conflict {
		if !l.json {
			message, _ := store.Explain(err)
			fmt.Fprintln(s.Stderr, forTerminal(message))
			s.sayMissing(*c.task)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if l.json {
		return s.print(turnDocumentOf(c, secret))
	}
	fmt.Fprintf(s.Stderr, "\nYour turn: %s\n", turnWhy)
	for i, step := range turnSteps(c) {
		fmt.Fprintf(s.Stderr, "  %d. %s\n", i+1, step)
	}
	fmt.Fprintln(s.Stderr)
	if shown != nil {
		fmt.Fprintf(s.Stderr, "The key that was shown before, %s, is deleted; this one takes its place.\n", shown.KeyID)
	}
	if err := s.printKey(c, secret); err != nil {
		return err
	}
	if l.noWait {
		fmt.Fprintln(s.Stderr, "\nOnce it is done, call the same command again: it goes on from there.")
	} else {
		fmt.Fprintln(s.Stderr, "\nWaiting until it is seen done in Okta. Ctrl-C ends the waiting; the same command again carries on, with a new key where Okta holds none.")
	}
	return nil
}

func (s *Session) sayMissing(t store.Task) {
	for _, m := range t.Missing {
		fmt.Fprintf(s.Stderr, "  missing: %s\n", oneLine(forTerminal(m)))
	}
}

const turnWhy = "enable provisioning in Okta. There is no API for this, so it takes an Okta admin and two minutes."

// turnSteps are what the person does, in order, as the Okta admin console names it.
func turnSteps(c scene) []string {
	tab := "the tab Provisioning of the application " + oneLine(c.account.AppLabel())
	if url := c.account.Known.AdminURL; url != "" {
		tab += ": " + url
	}
	if c.task.Kind == store.EnterKey {
		return []string{
			"Open, in Okta's admin console, " + tab,
			"Under Integration, click Edit, and replace the access key and the secret key by those below.",
			"Click Test API Credentials, then Save.",
		}
	}
	return []string{
		"Open, in Okta's admin console, " + tab,
		"Click Configure API Integration, and tick Enable API integration.",
		"Paste the access key and the secret key below.",
		"Click Test API Credentials, then Save.",
		"Under To App, click Edit, tick Create Users and Update User Attributes, then Save.",
	}
}

// turnDocument is a person's turn.
type turnDocument struct {
	Account     accountDocument     `json:"account"`
	Task        taskDocument        `json:"task"`
	ConsoleURL  string              `json:"console_url,omitempty"` // where it is done
	Steps       []string            `json:"instructions"`
	Credentials credentialsDocument `json:"credentials"`
}

func turnDocumentOf(c scene, secret provision.Secret) turnDocument {
	key := c.account.AccountKey
	task := taskDocumentOf(*c.task)
	task.ShownKey = secret.ID
	return turnDocument{documentOf(c.account), task, c.account.Known.AdminURL, turnSteps(c),
		credentialsDocument{key.Partition, key.ID, c.account.AppLabel(), secret.ID, secret.Reveal()}}
}
