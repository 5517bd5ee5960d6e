package bot_test

import (
	"context"
	"sync"

	"github.com/oktaws/oktaws/bot"
	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// provisioner stands in for the pipeline.
type provisioner struct {
	store *store.Store

	mu      sync.Mutex
	missing []string
	secret  provision.Secret
	err     error
	made    int
	panics  bool          // CheckTask does
	gate    chan struct{} // where set, Credentials and Plan wait for it
	waits   chan struct{} // where set, is closed when Credentials waits

	plan    []store.Finding // what Plan finds
	looked  []store.Account // what Plan was asked of
	finds   []store.Finding // what Check finds
	checked int             // how often Check was asked
	members []provision.Member
}

var _ bot.Provisioner = (*provisioner)(nil)

func (p *provisioner) set(change func(*provisioner)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

func (p *provisioner) CheckTask(ctx context.Context, id string) (t store.Task, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.panics {
		panic("a fault in the pipeline")
	}
	if p.err != nil {
		return t, p.err
	}
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		t, err = tx.CheckedTask(id, p.missing)
		return err
	})
	return t, err
}

func (p *provisioner) Credentials(ctx context.Context, id string, by store.Person) (provision.Secret, error) {
	p.mu.Lock()
	p.made++
	gate, waits, secret, err := p.gate, p.waits, p.secret, p.err
	p.mu.Unlock()
	if waits != nil {
		close(waits)
	}
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return provision.Secret{}, ctx.Err()
		}
	}
	if err != nil {
		return provision.Secret{}, err
	}
	return secret, p.store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.KeyShown(id, secret.ID, by)
		return err
	})
}

func (p *provisioner) Members(ctx context.Context, _, _ string) ([]provision.Member, error) {
	p.mu.Lock()
	gate, members, err := p.gate, p.members, p.err
	p.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return members, err
}

func (p *provisioner) Plan(ctx context.Context, a store.Account) ([]store.Finding, error) {
	p.mu.Lock()
	p.looked = append(p.looked, a)
	gate, plan, err := p.gate, p.plan, p.err
	p.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return plan, err
}

func (p *provisioner) Check(ctx context.Context, key store.AccountKey) (c store.Check, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.checked++; p.err != nil {
		return c, p.err
	}
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(key)
		if err != nil {
			return err
		}
		if err := tx.Checked(&a, p.finds, nil); err != nil {
			return err
		}
		if err := tx.SaveAccount(&a); err != nil {
			return err
		}
		c, err = tx.Check(key)
		if err != nil && store.KindOf(err) == store.NotFound {
			c, err = store.Check{Account: key, At: tx.Now()}, nil
		}
		return err
	})
	return c, err
}
