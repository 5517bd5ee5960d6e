package operator

import (
	"context"
	"fmt"
	"time"

	"github.com/oktaws/oktaws/store"
)

// followBatch carries out an approved batch and shows how it gets on, until nothing goes on any more but by a person. The
// pipeline runs meanwhile; oktaws serve carries it out likewise, and each step is done once. Each account that fails is told as
// it does. It fails where ctx ends before that.
func (s *Session) followBatch(ctx context.Context, batch string) error {
	if err := s.CarryOn(ctx); err != nil {
		return err
	}
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	changed := s.Store.Watch(watching, "")
	p := s.progress()
	defer p.end()
	speed := &pace{}
	for {
		t, begun, err := s.further(ctx, batch, p)
		if err == nil {
			speed.note(s.Store.Clock().Now(), t.Over()+t.Waiting)
			p.batch(t, speed.left(t.Size))
			if begun && t.Going == 0 {
				return nil
			}
		}
		if err == nil && begun {
			select {
			case <-changed:
			case <-p.tick():
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			remedy := "It carries on; oktaws status shows where it stands."
			if !s.Lasting {
				remedy = "It carries on when the same command is called again, or when oktaws serve starts; oktaws status shows where it stands."
			}
			return refuse(store.Transient, remedy, "stopped waiting")
		}
		if err != nil {
			return err
		}
	}
}

// further takes the next step of a batch, says whether all of it is begun, and tells what has failed.
func (s *Session) further(ctx context.Context, batch string, p *progress) (t store.Tally, begun bool, err error) {
	err = s.Store.View(ctx, func(tx *store.ReadTx) error {
		r, err := tx.Request(batch)
		begun = !r.Unfinished()
		return err
	})
	if err == nil && !begun { // a transaction that writes nothing costs as much as one that does
		err = s.Store.Update(ctx, func(tx *store.Tx) (err error) {
			_, begun, err = tx.CarryOn(batch)
			return err
		})
	}
	if err != nil {
		return t, false, err
	}
	var failed []store.Account
	var skipped []store.Request
	err = s.Store.View(ctx, func(tx *store.ReadTx) (err error) {
		failed, skipped = nil, nil
		if t, err = tx.Tally(batch); err != nil {
			return err
		}
		if t.Failed > 0 {
			err = tx.FailedOf(batch, func(a store.Account) bool { failed = append(failed, a); return true })
		}
		if err == nil && t.Skipped > 0 {
			err = tx.SkippedOf(batch, func(r store.Request) bool { skipped = append(skipped, r); return true })
		}
		return err
	})
	for _, a := range failed {
		p.once(fmt.Sprintf("%s has failed. %s", about(a.AccountKey, oneLine(a.Label)), trouble(a.FirstProblem())))
	}
	for _, r := range skipped {
		p.once(fmt.Sprintf("%s was skipped: %s", about(r.Account, oneLine(r.Label)), oneLine(forTerminal(r.Decided.Reason))))
	}
	return t, begun, err
}

// once tells something in a line of its own, the first time.
func (p *progress) once(line string) {
	if p.said[line] {
		return
	}
	p.said[line] = true
	if p.s.quiet {
		return
	}
	p.end()
	fmt.Fprintln(p.s.Stderr, line)
}

// batch shows how far a batch is: on a terminal in a line that is written anew, elsewhere in ten lines at most.
func (p *progress) batch(t store.Tally, left time.Duration) {
	over := t.Over() + t.Waiting
	text := fmt.Sprintf("%d of %s done", t.Done, plural(t.Size, "account", "accounts"))
	for _, c := range []struct {
		n    int
		what string
	}{{t.Going, "under way"}, {t.Waiting, "waiting for a person's step"}, {t.Failed, "failed"}, {t.Skipped, "skipped"}, {t.Replaced, "asked for anew"}} {
		if c.n > 0 {
			text += fmt.Sprintf(", %d %s", c.n, c.what)
		}
	}
	if p.s.Screen.Stderr {
		if left > 0 {
			text += ", " + roughly(left) + " left"
		}
		p.draw(bar(over, t.Size) + " " + text)
		return
	}
	if tenth := 10 * over / max(t.Size, 1); tenth > 0 && !p.said[fmt.Sprint("tenth ", tenth)] {
		p.said[fmt.Sprint("tenth ", tenth)] = true
		if !p.s.quiet {
			fmt.Fprintln(p.s.Stderr, text)
		}
	}
}
