package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

// model is what the records should say, kept in the plainest way: what people asked for and decided, and whether each
// account has a link under way. Random people do random things to both it and the store.
type model struct {
	*records
	rand     *rand.Rand
	requests map[string]*modelRequest
	present  map[store.AccountKey]string // the request that the account is about
	accounts map[store.AccountKey]store.AccountState
	next     int
}

type modelRequest struct {
	state     store.RequestState
	account   store.AccountKey
	label     string
	by        store.Person
	required  int
	approvals map[string]bool
	expires   time.Time
	decisions int
}

func TestRandomPeopleAndTheRules(t *testing.T) {
	seen := map[store.RequestState]int{}
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := &model{records: newRecords(t), rand: rand.New(rand.NewPCG(seed, 1)), requests: map[string]*modelRequest{},
				present: map[store.AccountKey]string{}, accounts: map[store.AccountKey]store.AccountState{}}
			deeds := []func(){m.ask, m.ask, m.decide, m.decide, m.decide, m.expire, m.work, m.work, m.retry, m.unlink, m.chat, m.pass}
			for range 300 {
				deeds[m.rand.IntN(len(deeds))]()
				if t.Failed() {
					return
				}
			}
			m.compare()
			for _, q := range m.requests {
				seen[q.state]++
			}
		})
	}
	for _, state := range []store.RequestState{store.Pending, store.Approved, store.RequestDenied, store.Expired, store.Withdrawn} {
		if seen[state] == 0 {
			t.Errorf("the simulation saw only %v", seen)
		}
	}
}

var (
	people       = []store.Person{requester, admin, admin2, {ID: "U0ADM3", Team: "T0"}}
	modelKeys    = []store.AccountKey{account, account2, {Partition: "aws-us-gov", ID: "111122223333"}}
	modelLabels  = []string{"One", "one", "Two", "Three"}
	outcomes     = []store.StepState{store.StepPending, store.StepAgain, store.StepWaiting, store.StepDone, store.StepDone, store.StepFailed}
	modelSteps   = []string{"a", "b", "c"}
	modelExpires = 10 * time.Hour
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// pass lets time go by.
func (m *model) pass() { m.clock.Advance(time.Duration(m.rand.Int64N(int64(5 * time.Hour)))) }

func (m *model) overdue(q *modelRequest) bool {
	return q.state == store.Pending && !q.expires.After(m.clock.Now())
}

// free says whether the account can be asked for. One whose request is over, but wasn't expired yet, is not.
func (m *model) free(k store.AccountKey) bool {
	q := m.requests[m.present[k]]
	return m.accounts[k] == store.None && (q == nil || q.state != store.Pending)
}

func (m *model) ask() {
	m.next++
	id := fmt.Sprintf("r%03d", m.next)
	q := link(id, pick(m.rand, modelKeys), pick(m.rand, modelLabels))
	q.Requester, q.Required, q.Expires = pick(m.rand, people), 1+m.rand.IntN(2), m.clock.Now().Add(modelExpires)
	allowed := m.free(q.Account)
	for k, present := range m.present {
		if k != q.Account && !m.free(k) && strings.EqualFold(m.requests[present].label, q.Label) {
			allowed = false
		}
	}
	err := m.try(func(tx *store.Tx) error { _, err := tx.OpenRequest(q); return err })
	m.judge("ask for "+q.Account.String(), err, allowed)
	if err == nil {
		m.requests[id] = &modelRequest{state: store.Pending, account: q.Account, label: q.Label, by: q.Requester, required: q.Required,
			approvals: map[string]bool{}, expires: q.Expires}
		m.present[q.Account] = id
	}
}

func (m *model) decide() {
	id, by := fmt.Sprintf("r%03d", 1+m.rand.IntN(m.next+1)), pick(m.rand, people) // often an old button
	if m.rand.IntN(3) != 0 {
		id = m.present[pick(m.rand, modelKeys)]
	}
	q := m.requests[id]
	if q == nil {
		return
	}
	open := q.state == store.Pending && !m.overdue(q)
	var err error
	switch m.rand.IntN(4) {
	case 0:
		err = m.try(func(tx *store.Tx) error { _, err := tx.Deny(id, by, "no"); return err })
		m.judge("deny "+id, err, open && by != q.by)
		if err == nil {
			q.state = store.RequestDenied
		}
	case 1:
		err = m.try(func(tx *store.Tx) error { _, err := tx.Withdraw(id, by); return err })
		m.judge("withdraw "+id, err, open && by == q.by)
		if err == nil {
			q.state = store.Withdrawn
		}
	default:
		err = m.try(func(tx *store.Tx) error { _, err := tx.Approve(id, by); return err })
		m.judge("approve "+id, err, open && by != q.by && !q.approvals[by.ID])
		if err != nil {
			break
		}
		if q.approvals[by.ID] = true; len(q.approvals) == q.required {
			q.state = store.Approved
			m.accounts[q.account] = store.Linking
		}
	}
	if _, decided := errors.AsType[*store.Decided](err); decided == open {
		m.Errorf("a decision on %s, open: %t, got %v", id, open, err)
	}
	if err == nil && q.state != store.Pending {
		q.decisions++
	}
}

func (m *model) expire() {
	for id, q := range m.requests {
		over := m.overdue(q)
		m.do(func(tx *store.Tx) error { _, err := tx.Expire(id); return err })
		if over {
			q.state = store.Expired
			q.decisions++
		}
		if got := m.request(id); got.State != q.state {
			m.Errorf("request %s is %s, want %s", id, got.State, q.state)
		}
	}
}

// work does what a pass of the pipeline might.
func (m *model) work() {
	k := pick(m.rand, modelKeys)
	if m.accounts[k] == store.None {
		return
	}
	m.do(func(tx *store.Tx) error {
		a, err := tx.Account(k)
		if err != nil {
			return err
		}
		a.Steps = map[string]store.Step{}
		has := map[store.StepState]bool{}
		for _, name := range modelSteps {
			s := store.Step{State: pick(m.rand, outcomes), Due: tx.Now().Add(time.Duration(m.rand.Int64N(int64(time.Hour))))}
			a.Steps[name] = s
			has[s.State] = true
		}
		switch {
		case has[store.StepFailed]:
			m.accounts[k] = store.Failed
		case has[store.StepWaiting]:
			m.accounts[k] = store.Waiting
		case has[store.StepAgain] || has[store.StepPending]:
			m.accounts[k] = store.Linking
		default:
			m.accounts[k] = store.Linked
		}
		if m.rand.IntN(2) == 0 {
			if _, err := tx.OpenTask(a, store.EnableProvisioning, nil, time.Hour); err != nil {
				return err
			}
			if _, err := tx.CheckedTask(store.TaskIDOf(a.RequestID, store.EnableProvisioning), []string{pick(m.rand, modelSteps)}); err != nil {
				return err
			}
		}
		return tx.SaveAccount(&a)
	})
	a := m.account(k)
	if idle := a.State == store.Linked; a.State != m.accounts[k] || idle && !a.Due.IsZero() || !idle && a.State != store.Failed && a.Due.IsZero() {
		m.Errorf("account %s is %s and due %v, want it %s", k, a.State, a.Due, m.accounts[k])
	}
}

func (m *model) retry() {
	k := pick(m.rand, modelKeys)
	state := m.accounts[k]
	err := m.try(func(tx *store.Tx) error { _, err := tx.Retry(k, pick(m.rand, people)); return err })
	m.judge("retry "+k.String(), err, state == store.Failed || state == store.Linking || state == store.Waiting)
	if err != nil {
		return
	}
	a := m.account(k)
	if m.accounts[k] = a.State; a.State == store.Failed || a.Due.After(m.clock.Now()) {
		m.Errorf("retried, account %s is %s and due %v", k, a.State, a.Due)
	}
}

// unlink makes an account one that can be asked for again, whatever becomes of it.
func (m *model) unlink() {
	k := pick(m.rand, modelKeys)
	if m.accounts[k] == store.None {
		return
	}
	m.do(func(tx *store.Tx) error {
		a, err := tx.Account(k)
		if err != nil {
			return err
		}
		a.Desired, a.State, a.Due = store.WantUnlinked, store.Unlinked, time.Time{}
		return tx.SaveAccount(&a)
	})
	m.accounts[k] = store.None
}

// chat does what the bot does with messages and deliveries.
func (m *model) chat() {
	subject := store.RequestKey(fmt.Sprintf("r%03d", 1+m.rand.IntN(m.next+1)))
	msg := store.Message{Subject: subject, View: "progress", Where: pick(m.rand, people).ID}
	m.do(func(tx *store.Tx) error {
		if _, err := tx.FirstTime(fmt.Sprint(m.rand.IntN(20))); err != nil {
			return err
		}
		if err := tx.Forget(fmt.Sprint("seen/", m.rand.IntN(20))); err != nil {
			return err
		}
		return tx.WantMessage(msg)
	})
	read := m.message(msg.Key())
	if m.rand.IntN(2) == 0 {
		m.expire() // it may be touched meanwhile
	}
	read.TS, read.Due = "1.1", time.Time{}
	if m.rand.IntN(2) == 0 {
		read.Due = m.clock.Now().Add(time.Minute)
	}
	m.do(func(tx *store.Tx) error { return tx.SaveMessage(&read) })
}

func (m *model) judge(what string, err error, allowed bool) {
	m.Helper()
	if allowed != (err == nil) {
		m.Errorf("%s: %v, want it allowed: %t", what, err, allowed)
	}
}

// compare holds the audit trail, too, against what was decided.
func (m *model) compare() {
	decided := map[string]int{}
	m.look(func(tx *store.ReadTx) error {
		return tx.Events(func(e store.Event) bool {
			switch e.What {
			case "request.approved", "request.denied", "request.expired", "request.withdrawn":
				decided[e.Request]++
			}
			return true
		})
	})
	for id, q := range m.requests {
		if got := m.request(id); got.State != q.state || (got.Decided != nil) != (q.state != store.Pending) || decided[id] != q.decisions {
			m.Errorf("request %s is %s with %d decisions on record, want %s with %d", id, got.State, decided[id], q.state, q.decisions)
		}
	}
}
