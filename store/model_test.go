package store_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

// model is what the records should say, kept in the plainest way: what people asked for and decided, and where each
// account stands. Random people do random things to both it and the store.
type model struct {
	*records
	rand     *rand.Rand
	requests map[string]*modelRequest
	accounts map[store.AccountKey]*modelAccount
	seen     map[string]int // how often what was tried
	next     int
}

type modelRequest struct {
	state     store.RequestState
	kind      store.RequestKind
	account   store.AccountKey
	batch     []store.Row
	opened    int
	retry     *int
	parent    string
	wish      store.Wish
	rotate    []store.Rotation
	by        store.Person
	required  int
	approvals map[string]bool
	expires   time.Time
	decisions int
	ended     bool
}

type modelAccount struct {
	state    store.AccountState
	desired  store.Desired
	wish     store.Wish // once it was approved
	pending  string
	request  string
	findings map[string]time.Time // since when
	ignored  map[string]time.Time // until when
	drifted  int
}

func TestRandomPeopleAndTheRules(t *testing.T) {
	requests, deeds := map[store.RequestState]int{}, map[string]int{}
	for seed := range uint64(10) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := &model{records: newRecords(t), rand: rand.New(rand.NewPCG(seed, 1)), requests: map[string]*modelRequest{},
				accounts: map[store.AccountKey]*modelAccount{}, seen: deeds}
			for _, k := range modelKeys {
				m.accounts[k] = &modelAccount{}
			}
			all := []func(){m.ask, m.ask, m.ask, m.ask, m.askForBatch, m.carryOn, m.carryOn, m.retryBatch, m.decide, m.decide, m.decide, m.decide, m.decide, m.expire, m.work, m.work, m.work, m.retry, m.look, m.look, m.ignore, m.ignore, m.ignore, m.chat, m.pass}
			for range 400 {
				all[m.rand.IntN(len(all))]()
				m.compare()
				if t.Failed() {
					return
				}
			}
			m.compareRecord()
			for _, q := range m.requests {
				requests[q.state]++
			}
		})
	}
	for _, state := range []store.RequestState{store.Pending, store.Approved, store.RequestDenied, store.Expired, store.Withdrawn, store.Skipped} {
		if requests[state] == 0 {
			t.Errorf("the simulation saw only %v", requests)
		}
	}
	for kind := range askable {
		for _, what := range []string{"asked to ", "carried out: "} {
			if deeds[what+string(kind)] == 0 {
				t.Errorf("the simulation never %s%s: %v", what, kind, deeds)
			}
		}
	}
	for _, what := range []string{"batch opened", "batch skipped", "batch first", "batch retried", "batch over", "unlinked", "drifted", "ignored"} {
		if deeds[what] == 0 {
			t.Errorf("the simulation saw only %v", deeds)
		}
	}
}

var (
	people       = []store.Person{requester, admin, admin2, {ID: "U0ADM3", Team: "T0"}}
	modelKeys    = []store.AccountKey{account, account2, {Partition: "aws-us-gov", ID: "111122223333"}}
	modelLabels  = []string{"One", "one", "Two", "Three", "Four", "Five"}
	modelShared  = []string{"", "", "Three", "All"}
	modelKinds   = slices.Sorted(maps.Keys(askable))
	modelRotate  = [][]store.Rotation{{store.RotateKey}, {store.RotateCertificate}, {store.RotateKey, store.RotateCertificate}}
	modelFound   = []string{"x", "y", "z"}
	outcomes     = []store.StepState{store.StepPending, store.StepAgain, store.StepWaiting, store.StepDone, store.StepDone, store.StepFailed}
	modelSteps   = []string{"a", "b", "c"}
	modelExpires = 10 * time.Hour
)

var sensible = map[store.AccountState][]store.RequestKind{
	store.None:      {store.Link, store.Adopt},
	store.Unlinked:  {store.Link, store.Adopt},
	store.Linking:   {store.Unlink},
	store.Waiting:   {store.Unlink},
	store.Unlinking: {store.Link},
	store.Failed:    {store.Adopt, store.Change, store.Unlink},
	store.Linked:    {store.Repair, store.Rotate, store.Change, store.Unlink},
	store.Drifted:   {store.Repair, store.Repair, store.Rotate, store.Change, store.Unlink},
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// some is each of them with an even chance.
func some[T any](r *rand.Rand, from []T) []T {
	return slices.DeleteFunc(slices.Clone(from), func(T) bool { return r.IntN(2) == 0 })
}

// pass lets time go by.
func (m *model) pass() { m.clock.Advance(time.Duration(m.rand.Int64N(int64(5 * time.Hour)))) }

func (m *model) now() time.Time { return m.clock.Now().UTC() }

func (m *model) overdue(q *modelRequest) bool {
	return q.state == store.Pending && !q.expires.After(m.clock.Now())
}

func (a *modelAccount) fresh() bool { return a.state == store.None || a.state == store.Unlinked }

// wishOf is what the account shall be by the request, and whether it can be asked for. One whose request is over, but
// wasn't expired yet, can't.
func (m *model) wishOf(q *modelRequest, k store.AccountKey) (store.Wish, bool) {
	a := m.accounts[k]
	ok := map[store.RequestKind]bool{
		store.Link:   a.fresh(),
		store.Adopt:  a.fresh() || a.state == store.Failed,
		store.Unlink: !a.fresh(),
		store.Repair: a.state == store.Linked || a.state == store.Drifted,
		store.Change: a.state == store.Linked || a.state == store.Drifted || a.state == store.Failed,
		store.Rotate: a.state == store.Linked || a.state == store.Drifted,
	}[q.kind] && a.pending == "" && (a.desired != store.WantUnlinked || a.state == store.Unlinked)
	w := a.wish
	w.Adopt = false
	if a.fresh() {
		w = q.wish
		ok = ok && w.Label != ""
	}
	switch q.kind {
	case store.Adopt:
		w.Adopt = true
	case store.Change:
		w.Mode, w.RoleSet = q.wish.Mode, q.wish.RoleSet
		before := a.wish
		ok = ok && (a.state == store.Failed || w.Mode != before.Mode || w.RoleSet != before.RoleSet) && (w.Mode == store.ModeGroups || before.Shared == "")
	}
	ok = ok && (a.wish.Mode != store.ModeGroups || !slices.Contains(q.rotate, store.RotateKey))
	return w, ok && (!a.fresh() || m.namesFree(k, w))
}

// namesFree says whether no other account has, or has asked for, a name of the wish.
func (m *model) namesFree(k store.AccountKey, w store.Wish) bool {
	fold := modelFold
	for other, a := range m.accounts {
		var has []store.Wish
		if !a.fresh() {
			has = append(has, a.wish)
		}
		if a.pending != "" {
			has = append(has, m.requests[a.pending].wish)
		}
		for _, o := range has {
			both := w.Shared != "" && o.Shared != ""
			if other != k && (fold(w.Label) == fold(o.Label) || !both && fold(w.AppLabel()) == fold(o.AppLabel())) {
				return false
			}
		}
	}
	return true
}

func modelFold(s string) string {
	if l, ok := map[string]string{"One": "one", "Two": "two", "Three": "three", "All": "all"}[s]; ok {
		return l
	}
	return s
}

// inOrder are the requests' IDs: chance must not depend on the order of a map.
func (m *model) inOrder() []string { return slices.Sorted(maps.Keys(m.requests)) }

func (m *model) newRequest(k store.AccountKey) (string, *modelRequest) {
	m.next++
	q := &modelRequest{state: store.Pending, account: k, kind: pick(m.rand, modelKinds), by: pick(m.rand, people), required: 1 + m.rand.IntN(2),
		approvals: map[string]bool{}, expires: m.clock.Now().Add(modelExpires), wish: store.Wish{Label: pick(m.rand, modelLabels), Mode: store.ModeAPI}}
	if m.rand.IntN(2) == 0 {
		q.wish.Mode, q.wish.Shared = store.ModeGroups, pick(m.rand, modelShared)
	}
	if m.rand.IntN(4) != 0 { // most people ask for what makes sense where the account stands
		q.kind = pick(m.rand, sensible[m.accounts[k].state])
	}
	if q.kind == store.Rotate {
		q.rotate = pick(m.rand, modelRotate)
	}
	return fmt.Sprintf("r%03d", m.next), q
}

func (q *modelRequest) asked(id string) store.Request {
	return store.Request{ID: id, Kind: q.kind, Account: q.account, Wish: q.wish, Rotate: q.rotate, Requester: q.by, Required: q.required, Expires: q.expires}
}

func (m *model) ask() {
	id, q := m.newRequest(pick(m.rand, modelKeys))
	wish, allowed := m.wishOf(q, q.account)
	err := m.try(func(tx *store.Tx) error { _, err := tx.OpenRequest(q.asked(id)); return err })
	m.judge(fmt.Sprintf("ask to %s %s", q.kind, q.account), err, allowed)
	if err == nil {
		m.seen["asked to "+string(q.kind)]++
		q.wish = wish
		m.requests[id], m.accounts[q.account].pending = q, id
	}
}

func (m *model) askForBatch() {
	id, q := m.newRequest(pick(m.rand, modelKeys))
	q.account = store.AccountKey{}
	labels := slices.Clone(modelLabels)
	m.rand.Shuffle(len(labels), func(i, j int) { labels[i], labels[j] = labels[j], labels[i] })
	for i, k := range some(m.rand, modelKeys) {
		q.batch = append(q.batch, store.Row{Account: k, Label: labels[i], RoleSet: pick(m.rand, []string{"", "developers"})})
	}
	if len(q.batch) == 0 {
		return
	}
	left := store.LeftOut{Account: pick(m.rand, modelKeys), Why: "it is suspended"}
	err := m.try(func(tx *store.Tx) error {
		_, err := tx.OpenBatch(q.asked(id), store.Batch{Rows: q.batch, LeftOut: []store.LeftOut{left}})
		return err
	})
	m.judge("ask for a batch", err, m.rowsFree(q))
	if err == nil {
		m.requests[id] = q
	}
}

// rowsFree says whether the batch's names differ, and nobody else has them.
func (m *model) rowsFree(q *modelRequest) bool {
	if q.kind != store.Link && q.kind != store.Adopt {
		return true
	}
	for i, row := range q.batch {
		if !m.namesFree(row.Account, q.wishOfRow(row)) {
			return false
		}
		for _, before := range q.batch[:i] {
			if modelFold(before.Label) == modelFold(row.Label) {
				return false
			}
		}
	}
	return true
}

func (q *modelRequest) wishOfRow(row store.Row) store.Wish {
	w := q.wish
	if w.Label = row.Label; row.RoleSet != "" {
		w.RoleSet = row.RoleSet
	}
	return w
}

func (m *model) carryOn() {
	for _, id := range m.inOrder() {
		q := m.requests[id]
		if q.state != store.Approved || q.opened == len(q.batch) && q.retry == nil {
			continue
		}
		var done bool
		m.do(func(tx *store.Tx) (err error) { _, done, err = tx.CarryOn(id); return err })
		if q.opened < len(q.batch) {
			m.openNext(id, q)
		} else {
			m.retryNext(id, q)
		}
		if want := q.opened == len(q.batch) && q.retry == nil; done != want {
			m.Errorf("of %d accounts %d were opened, and it says that it is done: %t", len(q.batch), q.opened, done)
		}
		return
	}
}

func (m *model) openNext(id string, q *modelRequest) {
	row := q.batch[q.opened]
	child := &modelRequest{state: store.Approved, kind: q.kind, account: row.Account, rotate: q.rotate, by: q.by, decisions: 1, wish: q.wishOfRow(row), parent: id}
	name := fmt.Sprintf("%s.%05d", id, q.opened)
	m.requests[name] = child
	q.opened++
	a, begins := m.accounts[row.Account], func(kind store.RequestKind) bool { return kind == store.Link || kind == store.Adopt }
	waits := a.pending
	if waits != "" && begins(q.kind) && begins(m.requests[waits].kind) {
		a.pending = "" // the batch was approved first
	}
	wish, allowed := m.wishOf(child, row.Account)
	if !allowed {
		a.pending = waits
		child.state, child.decisions = store.Skipped, 0
		m.seen["batch skipped"]++
		return
	}
	if waits != "" {
		m.requests[waits].state = store.Skipped
		m.seen["batch first"]++
	}
	child.wish = wish
	m.carryOut(name, child)
	m.seen["batch opened"]++
}

// failedOf are the accounts of a batch that have failed, and of those the first that had no turn yet.
func (m *model) failedOf(id string, from int) (n, first int) {
	first = -1
	for i := range m.requests[id].opened {
		name := fmt.Sprintf("%s.%05d", id, i)
		child := m.requests[name]
		if a := m.accounts[child.account]; child.state == store.Approved && !child.ended && a.request == name && a.state == store.Failed {
			if n++; first < 0 && i >= from {
				first = i
			}
		}
	}
	return n, first
}

func (m *model) retryBatch() {
	for _, id := range m.inOrder() {
		q := m.requests[id]
		if len(q.batch) == 0 {
			continue
		}
		n, _ := m.failedOf(id, 0)
		if n == 0 && m.rand.IntN(20) != 0 {
			continue
		}
		err := m.try(func(tx *store.Tx) error { _, err := tx.RetryBatch(id, admin); return err })
		m.judge("retry the batch "+id, err, n > 0 && q.retry == nil)
		if err == nil {
			q.retry = new(int)
		}
	}
}

func (m *model) retryNext(id string, q *modelRequest) {
	_, first := m.failedOf(id, *q.retry)
	if first < 0 {
		q.retry = nil
		return
	}
	*q.retry = first + 1
	is := m.accounts[q.batch[first].Account]
	is.state = m.records.account(q.batch[first].Account).State
	if is.state == store.Failed {
		m.Errorf("retried as one of a batch, account %s is still failed", q.batch[first].Account)
	}
	m.reached(is)
	m.seen["batch retried"]++
}

func (m *model) carryOut(id string, q *modelRequest) {
	a := m.accounts[q.account]
	m.seen["carried out: "+string(q.kind)]++
	again := !a.fresh() && a.wish.Mode == store.ModeGroups && q.wish.Mode == store.ModeAPI
	a.request, a.pending, a.wish, a.drifted = id, "", q.wish, 0
	a.desired, a.state = store.WantLinked, store.Linking
	if q.kind == store.Unlink {
		a.desired, a.state = store.WantUnlinked, store.Unlinking
	}
	if slices.Contains(q.rotate, store.RotateKey) || again {
		a.wish.KeySince = m.now()
	}
	if slices.Contains(q.rotate, store.RotateCertificate) {
		a.wish.CertificateSince = m.now()
	}
}

func (m *model) decide() {
	id, by := fmt.Sprintf("r%03d", 1+m.rand.IntN(m.next+1)), pick(m.rand, people) // often an old button
	waiting := slices.DeleteFunc(m.inOrder(), func(id string) bool { return m.requests[id].state != store.Pending })
	if len(waiting) > 0 && m.rand.IntN(4) != 0 {
		id = pick(m.rand, waiting)
	}
	q := m.requests[id]
	if q == nil {
		return
	}
	open := q.state == store.Pending && !m.overdue(q)
	var err error
	switch m.rand.IntN(7) {
	case 0:
		err = m.try(func(tx *store.Tx) error { _, err := tx.Deny(id, by, "no"); return err })
		m.judge("deny "+id, err, open && by != q.by)
		if err == nil {
			m.comesToNothing(q, store.RequestDenied)
		}
	case 1:
		err = m.try(func(tx *store.Tx) error { _, err := tx.Withdraw(id, by); return err })
		m.judge("withdraw "+id, err, open && by == q.by)
		if err == nil {
			m.comesToNothing(q, store.Withdrawn)
		}
	default:
		err = m.try(func(tx *store.Tx) error { _, err := tx.Approve(id, by); return err })
		m.judge("approve "+id, err, open && by != q.by && !q.approvals[by.ID])
		if err != nil {
			break
		}
		if q.approvals[by.ID] = true; len(q.approvals) == q.required {
			q.state = store.Approved
			q.decisions++
			if len(q.batch) == 0 {
				m.carryOut(id, q)
			}
		}
	}
	if _, decided := errors.AsType[*store.Decided](err); decided == open {
		m.Errorf("a decision on %s, open: %t, got %v", id, open, err)
	}
}

func (m *model) comesToNothing(q *modelRequest, as store.RequestState) {
	q.state = as
	q.decisions++
	if len(q.batch) == 0 {
		m.accounts[q.account].pending = ""
	}
}

func (m *model) expire() {
	for _, id := range m.inOrder() {
		q := m.requests[id]
		over := m.overdue(q)
		if !over && m.rand.IntN(10) != 0 {
			continue
		}
		m.do(func(tx *store.Tx) error { _, err := tx.Expire(id); return err })
		if over {
			m.comesToNothing(q, store.Expired)
		}
	}
}

// work does what a pass of the pipeline might.
func (m *model) work() {
	k := pick(m.rand, modelKeys)
	is := m.accounts[k]
	if is.fresh() {
		return
	}
	m.do(func(tx *store.Tx) error {
		a, err := tx.Account(k)
		if err != nil {
			return err
		}
		a.Steps = map[string]store.Step{}
		has := map[store.StepState]bool{}
		outcomes := outcomes
		if m.rand.IntN(2) == 0 {
			outcomes = []store.StepState{store.StepDone}
		}
		for _, name := range modelSteps {
			s := store.Step{State: pick(m.rand, outcomes), Undo: a.Desired == store.WantUnlinked}
			if s.State != store.StepDone {
				s.Due = tx.Now().Add(time.Duration(m.rand.Int64N(int64(time.Hour))))
			}
			a.Steps[name] = s
			has[s.State] = true
		}
		is.state = m.stateBy(is, has)
		if m.rand.IntN(2) == 0 {
			kind := pick(m.rand, []store.TaskKind{store.EnableProvisioning, store.EnterKey})
			if _, err := tx.OpenTask(a, kind, people, time.Hour); err != nil {
				return err
			}
			if _, err := tx.CheckedTask(store.TaskIDOf(a.RequestID, kind), []string{pick(m.rand, modelSteps)}); err != nil {
				return err
			}
		}
		return tx.SaveAccount(&a)
	})
	m.reached(is)
}

func (m *model) stateBy(is *modelAccount, has map[store.StepState]bool) store.AccountState {
	switch leaving := is.desired == store.WantUnlinked; {
	case has[store.StepFailed]:
		return store.Failed
	case has[store.StepWaiting]:
		return store.Waiting
	case has[store.StepAgain] || has[store.StepPending]:
		if leaving {
			return store.Unlinking
		}
		return store.Linking
	case leaving:
		return store.Unlinked
	case is.drifted > 0:
		return store.Drifted
	}
	return store.Linked
}

// reached notes that an account came to what its request wished for, when it did.
func (m *model) reached(is *modelAccount) {
	if q := m.requests[is.request]; !q.ended && (is.state == store.Linked || is.state == store.Unlinked) {
		q.ended, is.findings, is.ignored = true, nil, nil
		if is.state == store.Unlinked {
			m.seen["unlinked"]++
		}
	}
}

func (m *model) retry() {
	k := pick(m.rand, modelKeys)
	is := m.accounts[k]
	err := m.try(func(tx *store.Tx) error { _, err := tx.Retry(k, pick(m.rand, people)); return err })
	m.judge("retry "+k.String(), err, slices.Contains([]store.AccountState{store.Failed, store.Linking, store.Waiting, store.Unlinking}, is.state))
	if err != nil {
		return
	}
	a := m.records.account(k)
	if is.state = a.State; a.State == store.Failed || a.Due.After(m.clock.Now()) {
		m.Errorf("retried, account %s is %s and due %v", k, a.State, a.Due)
	}
	m.reached(is)
}

func (m *model) open(is *modelAccount) (n int) {
	for key := range is.findings {
		if until, ok := is.ignored[key]; !ok || !until.After(m.clock.Now()) {
			n++
		}
	}
	return n
}

// look checks an account, as the pipeline does, and may see nothing for trouble.
func (m *model) look() {
	k := pick(m.rand, modelKeys)
	is, found := m.accounts[k], some(m.rand, modelFound)
	var trouble *store.Problem
	if m.rand.IntN(4) == 0 {
		trouble = &store.Problem{Kind: store.Transient, Message: "no answer"}
	}
	err := m.try(func(tx *store.Tx) error {
		a, err := tx.Account(k)
		if err != nil {
			return err
		}
		if err := tx.Checked(&a, findings(found...), trouble); err != nil {
			return err
		}
		a.CheckDue = tx.Now().Add(time.Hour)
		return tx.SaveAccount(&a)
	})
	m.judge("check "+k.String(), err, is.state == store.Linked || is.state == store.Drifted)
	if err != nil {
		return
	}
	if trouble == nil {
		seen := map[string]time.Time{}
		for _, key := range found {
			if seen[key] = m.now(); !is.findings[key].IsZero() {
				seen[key] = is.findings[key]
			}
		}
		maps.DeleteFunc(is.ignored, func(key string, _ time.Time) bool { return seen[key].IsZero() })
		is.findings = seen
	}
	if is.drifted, is.state = m.open(is), store.Linked; is.drifted > 0 {
		is.state = store.Drifted
		m.seen["drifted"]++
	}
}

func (m *model) ignore() {
	k := pick(m.rand, modelKeys)
	is, keys := m.accounts[k], some(m.rand, modelFound)
	until := m.now().Add(time.Duration(1 + m.rand.Int64N(int64(5*time.Hour))))
	there := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return is.findings[key].IsZero() })
	err := m.try(func(tx *store.Tx) error {
		return tx.IgnoreFindings(k, keys, store.Ignore{By: admin, Reason: "known", Until: until})
	})
	m.judge("ignore findings of "+k.String(), err, is.state == store.Drifted && len(there) > 0)
	if err != nil {
		return
	}
	m.seen["ignored"]++
	for _, key := range there {
		if is.ignored == nil {
			is.ignored = map[string]time.Time{}
		}
		is.ignored[key] = until
	}
	if is.drifted = m.open(is); is.drifted == 0 {
		is.state = store.Linked
	}
}

// chat does what the bot does with messages, deliveries and records that are due.
func (m *model) chat() {
	id := fmt.Sprintf("r%03d", 1+m.rand.IntN(m.next+1))
	msg := store.Message{Subject: store.RequestKey(id), View: "progress", Where: pick(m.rand, people).ID}
	m.do(func(tx *store.Tx) error {
		if _, err := tx.FirstTime(fmt.Sprint(m.rand.IntN(20))); err != nil {
			return err
		}
		if err := tx.Forget(fmt.Sprint("seen/", m.rand.IntN(20))); err != nil {
			return err
		}
		if m.requests[id] != nil {
			if err := tx.PlanRequest(id, time.Time{}); err != nil {
				return err
			}
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

// compare holds the accounts and the requests against the model.
func (m *model) compare() {
	m.Helper()
	for k, want := range m.accounts {
		var a store.Account
		err := m.View(m.Context(), func(tx *store.ReadTx) (err error) { a, err = tx.Account(k); return err })
		if store.KindOf(err) == store.NotFound && want.state == store.None && want.pending == "" {
			continue
		}
		if err != nil {
			m.Fatal(err)
		}
		if a.State != want.state || a.Desired != want.desired || a.Pending != want.pending || a.RequestID != want.request || a.Drifted != want.drifted {
			m.Errorf("account %s is\n%+v, want\n%+v", k, a, want)
		}
		wish := want.wish
		if want.fresh() && want.pending != "" {
			wish = m.requests[want.pending].wish
		}
		if a.Wish != wish && want.state != store.None {
			m.Errorf("account %s shall be\n%+v, want\n%+v", k, a.Wish, wish)
		}
		wantDue := want.pending != "" || want.state == store.Linking || want.state == store.Waiting || want.state == store.Unlinking
		settled := want.fresh() || want.state == store.Linked && a.CheckDue.IsZero()
		if wantDue && a.Due.IsZero() || settled && want.pending == "" && !a.Due.IsZero() {
			m.Errorf("account %s, which is %s, is due %v", k, a.State, a.Due)
		}
	}
	for id, q := range m.requests {
		got := m.request(id)
		if m.over(id, q) {
			m.seen["batch over"]++
		}
		if got.State != q.state || (got.Decided != nil) != (q.state != store.Pending) || !got.Ended.IsZero() != (q.ended || m.over(id, q)) || got.Opened != q.opened || (got.Retrying != nil) != (q.retry != nil) {
			m.Errorf("request %s is\n%+v, want\n%+v", id, got, q)
		}
	}
}

// over says whether nothing of an approved batch is left to do.
func (m *model) over(id string, q *modelRequest) bool {
	for i := range q.batch {
		name := fmt.Sprintf("%s.%05d", id, i)
		if child := m.requests[name]; child == nil || child.state == store.Approved && !child.ended && m.accounts[child.account].request == name {
			return false
		}
	}
	return len(q.batch) > 0
}

// compareRecord holds the audit trail, and what is open, against what was decided.
func (m *model) compareRecord() {
	decided := map[string]int{}
	m.records.look(func(tx *store.ReadTx) error {
		return tx.Events(func(e store.Event) bool {
			switch e.What {
			case "request.approved", "request.denied", "request.expired", "request.withdrawn":
				decided[e.Request]++
			}
			return true
		})
	})
	for id, q := range m.requests {
		if decided[id] != q.decisions {
			m.Errorf("request %s, which is %s, has %d decisions on record, want %d", id, q.state, decided[id], q.decisions)
		}
	}
	m.records.look(func(tx *store.ReadTx) error {
		return tx.Tasks(func(task store.Task) bool {
			if task.State == store.TaskOpen && m.accounts[task.Account].request != task.Request {
				m.Errorf("a task of a request that is over is open: %+v", task)
			}
			return true
		})
	})
}
