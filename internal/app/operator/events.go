package operator

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// events prints the audit trail: of an account, or of all where typed is empty; with follow also what comes, until ctx
// ends. As JSON that is one document, and with follow one a line.
func (s *Session) events(ctx context.Context, typed, since string, follow, asJSON bool) error {
	f := store.EventFilter{}
	var err error
	if typed != "" {
		if f.Account, err = s.account(ctx, typed); err != nil {
			return err
		}
	}
	if f.Since, err = s.sinceWhen(since); err != nil {
		return err
	}
	if !follow {
		all, err := s.eventsAfter(ctx, f, "")
		if err != nil {
			return err
		}
		return s.printEvents(all, asJSON)
	}
	changed := s.Store.Watch(ctx, "event/")
	last := ""
	for ctx.Err() == nil {
		some, err := s.eventsAfter(ctx, f, last)
		if err != nil && ctx.Err() == nil {
			return err
		}
		for _, e := range some {
			if err := s.printEvent(e, asJSON); err != nil {
				return err
			}
			last, f.Since = e.ID, e.At
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return nil // that is how it ends
}

// sinceWhen reads a time of RFC 3339, or how long ago something was; empty is from the beginning.
func (s *Session) sinceWhen(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return s.Store.Clock().Now().Add(-ago), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, usage("Write how long ago, such as 24h, or a time, such as 2026-01-31T09:00:00Z.", "--since %q is no time", text)
	}
	return at, nil
}

// eventsAfter returns the events that come after the one with the ID.
func (s *Session) eventsAfter(ctx context.Context, f store.EventFilter, last string) (all []store.Event, err error) {
	err = s.Store.View(ctx, func(tx *store.ReadTx) error {
		all = nil
		return tx.EventsOf(f, func(e store.Event) bool {
			if e.ID > last {
				all = append(all, e)
			}
			return true
		})
	})
	return all, err
}

func (s *Session) printEvents(all []store.Event, asJSON bool) error {
	if asJSON {
		documents := []eventDocument{}
		for _, e := range all {
			documents = append(documents, eventDocumentOf(e))
		}
		return s.print(struct {
			Events []eventDocument `json:"events"`
		}{documents})
	}
	if len(all) == 0 {
		fmt.Fprintln(s.Stderr, "Nothing has happened.")
		return nil
	}
	t := table{head: []string{"AT", "ACCOUNT", "WHAT", "BY", "DETAIL"}, yield: []int{4, 3}}
	for _, e := range all {
		t.add(eventCells(e)...)
	}
	t.write(s.Stdout, s.Screen.Width)
	return nil
}

func (s *Session) printEvent(e store.Event, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(s.Stdout).Encode(eventDocumentOf(e))
	}
	_, err := fmt.Fprintln(s.Stdout, strings.TrimRight(strings.Join(eventCells(e), between), " "))
	return err
}

func eventCells(e store.Event) []string {
	account, by := "", "oktaws"
	if e.Account.ID != "" {
		account = e.Account.Typed()
	}
	if e.Actor.ID != "" {
		by = person(e.Actor)
	}
	return []string{clock(e.At), account, e.What, by, oneLine(strings.TrimSpace(e.Step + " " + forTerminal(e.Text)))}
}
