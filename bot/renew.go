package bot

import (
	"context"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// waitingPlanned is the note that whatever waits for somebody is in the due index. The records of former versions of
// oktaws may not be.
const waitingPlanned = "waiting-planned"

// renew has everything looked at again that waits for somebody: while the bot was away, the configuration may have
// changed, such as the admin channel, or the roles that an approver has to know of. Each record has a transaction of its
// own, since one transaction takes only so many.
func (b *Bot) renew(ctx context.Context) error {
	var w open
	planned := false
	err := b.store.View(ctx, func(tx *store.ReadTx) error {
		note, err := tx.Note(waitingPlanned)
		if err != nil {
			return err
		}
		if planned = note != ""; planned {
			err = w.inIndex(tx)
		} else {
			err = w.anywhere(tx)
		}
		if err != nil {
			return err
		}
		return w.messages(tx)
	})
	for _, change := range w.changes {
		if err == nil {
			err = b.store.Update(ctx, change)
		}
	}
	if err == nil && !planned {
		err = b.store.Update(ctx, func(tx *store.Tx) error { return tx.SetNote(waitingPlanned, "yes") })
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// open is what waits for somebody, and what has it looked at again.
type open struct {
	subjects []string
	changes  []func(*store.Tx) error
}

func (w *open) add(subject string, plan func(*store.Tx) error) {
	w.subjects, w.changes = append(w.subjects, subject), append(w.changes, plan)
}

func (w *open) request(r store.Request) {
	if r.State == store.Pending {
		w.add(r.Key(), func(tx *store.Tx) error { return tx.PlanRequest(r.ID, tx.Now()) })
	}
}

func (w *open) task(t store.Task) {
	if t.State == store.TaskOpen {
		w.add(t.Key(), func(tx *store.Tx) error { return tx.PlanTask(t.ID, tx.Now()) })
	}
}

func (w *open) check(tx *store.ReadTx, c store.Check) {
	if len(c.Open(tx.Now())) > 0 {
		w.add(c.Key(), func(tx *store.Tx) error { return tx.PlanCheck(c.Account, tx.Now()) })
	}
}

// inIndex finds what waits in the due index: with thousands of accounts, most requests and checks are over.
func (w *open) inIndex(tx *store.ReadTx) error {
	var keys []string
	if err := tx.DueEver(func(d store.DueKey) bool { keys = append(keys, d.Key); return true }, "request/", "task/", "check/"); err != nil {
		return err
	}
	for _, key := range keys {
		if err := w.record(tx, key); err != nil {
			return err
		}
	}
	return nil
}

func (w *open) record(tx *store.ReadTx, key string) error {
	kind, id, _ := strings.Cut(key, "/")
	switch kind {
	case "request":
		r, err := tx.Request(id)
		if err != nil {
			return err
		}
		w.request(r)
	case "task":
		t, err := tx.Task(id)
		if err != nil {
			return err
		}
		w.task(t)
	case "check":
		account, err := store.ParseAccountKey(id)
		if err != nil {
			return err
		}
		c, err := tx.Check(account)
		if err != nil {
			return err
		}
		w.check(tx, c)
	}
	return nil
}

// anywhere looks at every record.
func (w *open) anywhere(tx *store.ReadTx) error {
	if err := tx.Requests(func(r store.Request) bool { w.request(r); return true }); err != nil {
		return err
	}
	if err := tx.Tasks(func(t store.Task) bool { w.task(t); return true }); err != nil {
		return err
	}
	return tx.Checks(func(c store.Check) bool { w.check(tx, c); return true })
}

// messages adds the messages about what waits.
func (w *open) messages(tx *store.ReadTx) error {
	for _, subject := range w.subjects {
		if err := tx.MessagesOf(subject, func(m store.Message) bool {
			m.Due = tx.Now()
			w.changes = append(w.changes, func(tx *store.Tx) error { return tx.SaveMessage(&m) })
			return true
		}); err != nil {
			return err
		}
	}
	return nil
}
