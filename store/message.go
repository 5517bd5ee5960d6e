package store

import (
	"strings"
	"time"
)

// Message is one rendering of a record at one place in Slack. The bot makes Slack match it.
type Message struct {
	Meta
	Subject  string `json:"subject"`            // the key of the record that is rendered
	View     string `json:"view"`               // which rendering: request, progress, task, …
	Where    string `json:"where"`              // a channel (C…, G…) or a person (U…, W…)
	Under    string `json:"under,omitempty"`    // the key of the message in whose thread it stands
	Channel  string `json:"channel,omitempty"`  // where it was posted: C…, G… or D…
	TS       string `json:"ts,omitempty"`       // Slack's ID of it; empty: not posted yet
	Identity string `json:"identity,omitempty"` // of what was posted: a rendering with another identity is posted anew, since Slack notifies nobody of an edit
	Hash     string `json:"hash,omitempty"`     // of the content that Slack has
	Old      []Post `json:"old,omitempty"`      // earlier posts whose buttons are still to be removed
	Attempts int    `json:"attempts,omitempty"` // failed ones since the last success

	Edited time.Time `json:"edited,omitzero"` // when Slack last took an edit, so that edits keep their distance
}

// Post is a message as Slack names it.
type Post struct {
	Channel string `json:"channel"`
	TS      string `json:"ts"`
}

const messagePrefix = "message/"

// MessageKey is where the message is stored: message/<subject>/<view>@<where>.
func MessageKey(subject, view, where string) string {
	return messagePrefix + subject + "/" + view + "@" + where
}

// Key is where the message is stored.
func (m *Message) Key() string { return MessageKey(m.Subject, m.View, m.Where) }

// Message returns the message stored at key, or a NotFound error.
func (tx *ReadTx) Message(key string) (Message, error) {
	var m Message
	found, err := get(tx.r, key, &m)
	if err == nil && !found {
		err = newError(NotFound, "", "%s is not known", key)
	}
	return m, err
}

// MessagesOf visits the messages that render the record at subject.
func (tx *ReadTx) MessagesOf(subject string, visit func(Message) bool) error {
	return scan(tx.r, messagePrefix+subject+"/", "", visit)
}

// WantMessage makes sure that there is such a message, due at once if it is new.
func (tx *Tx) WantMessage(m Message) error {
	if _, err := tx.Message(m.Key()); KindOf(err) != NotFound || err == nil {
		return err
	}
	m.Due = tx.now
	return tx.put(&m)
}

// SaveMessage writes a message that was read at the revision it carries, in this transaction or in an earlier one.
// Where it was touched since, it stays due, so that what was rendered meanwhile isn't taken for the newest. Only one at
// a time may work on a message: everything but the due time is overwritten.
func (tx *Tx) SaveMessage(m *Message) error {
	now, err := tx.Message(m.Key())
	if err != nil {
		return err
	}
	tx.remember(&m.Meta)
	if now.Revision != m.Revision {
		m.Revision, m.Due = now.Revision, now.Due
	}
	return tx.put(m)
}

// touch makes every message that renders subject due at once.
func (tx *Tx) touch(subject string) error {
	var stale []Message
	err := tx.MessagesOf(subject, func(m Message) bool {
		stale = append(stale, m)
		return true
	})
	if err != nil {
		return err
	}
	for _, m := range stale {
		m.Due = tx.now
		if err := tx.put(&m); err != nil {
			return err
		}
	}
	return nil
}

// A transaction takes only so many writes, and a change of one record may concern the messages about several. Those of
// the records at its edge follow later: such a record is due, and Untold until it is planned.

// putTold writes a record, and has the messages about it rendered anew.
func (tx *Tx) putTold(rec record) error {
	tx.remember(rec.meta())
	rec.meta().Untold = false
	if err := tx.put(rec); err != nil {
		return err
	}
	return tx.touch(rec.Key())
}

// putUntold writes a record, due at once; the messages about it follow when it is planned.
func (tx *Tx) putUntold(rec record) error {
	tx.remember(rec.meta())
	rec.meta().Untold, rec.meta().Due = true, tx.now
	return tx.put(rec)
}

// planned writes a record of which nothing but the due time has changed.
func (tx *Tx) planned(rec record) error {
	if rec.meta().Untold {
		return tx.putTold(rec)
	}
	return tx.put(rec)
}

const seenPrefix = "seen/"

type seen struct {
	Meta
	ID string `json:"id"`
}

func (s *seen) Key() string { return seenPrefix + s.ID }

// SeenFor is how long a delivery is remembered. Slack repeats events for about six minutes.
const SeenFor = 24 * time.Hour

// FirstTime says whether the delivery with the ID comes for the first time, and remembers it. Use it in the transaction
// that the delivery causes, so that the two are kept or lost together. A delivery without an ID can't be told from
// another one, and is always the first.
func (tx *Tx) FirstTime(id string) (bool, error) {
	if id == "" {
		return true, nil
	}
	s := seen{ID: id}
	found, err := get(tx.r, s.Key(), &s)
	if err != nil || found {
		return false, err
	}
	s.Due = tx.now.Add(SeenFor)
	return true, tx.put(&s)
}

// Forget drops the delivery stored at key once it has been remembered long enough.
func (tx *Tx) Forget(key string) error {
	s := seen{ID: strings.TrimPrefix(key, seenPrefix)}
	found, err := get(tx.r, key, &s)
	if err != nil || !found || s.Due.After(tx.now) {
		return err
	}
	return tx.drop(&s)
}
