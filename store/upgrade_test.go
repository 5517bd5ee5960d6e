package store_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/store"
)

// schema1 is what a program of schema 1 wrote, apart from the audit trail: an account that was linked, two that wait for
// approval, one whose request was denied, and one that waits for a person.
var schema1 = map[string]string{
	"account/aws/000000000002":                             `{"revision":1,"created":"2026-03-01T12:00:00Z","updated":"2026-03-01T12:00:00Z","partition":"aws","id":"000000000002","label":"Pending","mode":"api","state":"","request":"r2","known":{}}`,
	"account/aws/000000000003":                             `{"revision":1,"created":"2026-03-01T12:00:00Z","updated":"2026-03-01T12:00:00Z","partition":"aws","id":"000000000003","label":"Denied","mode":"api","state":"","request":"r3","known":{}}`,
	"account/aws/000000000004":                             `{"revision":3,"created":"2026-03-01T12:00:00Z","updated":"2026-03-01T12:00:00Z","due":"2026-03-01T13:00:00Z","partition":"aws","id":"000000000004","label":"Waiting","mode":"api","desired":"linked","state":"waiting","request":"r4","steps":{"identity":{"state":"done"},"okta-provisioning":{"state":"waiting","due":"2026-03-01T13:00:00Z"}},"needs":{"identity":null,"okta-provisioning":["identity"]},"known":{}}`,
	"account/aws/000000000005":                             `{"revision":1,"created":"2026-03-01T12:00:00Z","updated":"2026-03-01T12:00:00Z","partition":"aws","id":"000000000005","label":"AlsoPending","mode":"api","state":"","request":"r5","known":{}}`,
	"account/aws/111122223333":                             `{"revision":3,"created":"2026-03-01T12:00:00Z","updated":"2026-03-01T12:00:00Z","partition":"aws","id":"111122223333","label":"Data-Team","mode":"api","desired":"linked","state":"linked","request":"r1","steps":{"identity":{"state":"done","started":"2026-03-01T12:00:00Z","ended":"2026-03-01T12:00:00Z"},"verify":{"state":"done"}},"known":{}}`,
	"due/01772366400000000000/request/r1":                  `3`,
	"due/01772366400000000000/request/r3":                  `2`,
	"due/01772366400000000000/request/r4":                  `2`,
	"due/01772366400000000000/request/r5":                  `1`,
	"due/01772366400000000000/task/r4-enable-provisioning": `1`,
	"due/01772370000000000000/account/aws/000000000004":    `3`,
	"due/01772971200000000000/request/r2":                  `2`,
	"meta/schema":                                          `1`,
	"request/r1":                                           `{"revision":3,"created":"2026-03-01T12:00:00Z","updated":"2026-03-01T12:00:00Z","due":"2026-03-01T12:00:00Z","id":"r1","kind":"link","account":{"partition":"aws","id":"111122223333"},"label":"Data-Team","mode":"api","reason":"for the data team","requester":{"id":"U0REQ","team":"T0"},"required":1,"approvals":[{"by":{"id":"U0ADM1","team":"T0"},"at":"2026-03-01T12:00:00Z"}],"state":"approved","decided":{"by":{"id":"U0ADM1","team":"T0"},"at":"2026-03-01T12:00:00Z"},"expires":"2026-03-08T12:00:00Z","ended":"2026-03-01T12:00:00Z"}`,
	"request/r2":                                           `{"revision":2,"created":"2026-03-01T12:00:00Z","updated":"2026-03-01T12:00:00Z","due":"2026-03-08T12:00:00Z","id":"r2","kind":"link","account":{"partition":"aws","id":"000000000002"},"label":"Pending","mode":"api","reason":"for the data team","requester":{"id":"U0REQ","team":"T0"},"required":1,"state":"pending","expires":"2026-03-08T12:00:00Z"}`,
	"request/r3":                                           `{"revision":2,"created":"2026-03-01T12:00:00Z","updated":"2026-03-01T12:00:00Z","due":"2026-03-01T12:00:00Z","id":"r3","kind":"link","account":{"partition":"aws","id":"000000000003"},"label":"Denied","mode":"api","reason":"for the data team","requester":{"id":"U0REQ","team":"T0"},"required":1,"state":"denied","decided":{"by":{"id":"U0ADM1","team":"T0"},"at":"2026-03-01T12:00:00Z","reason":"no"},"expires":"2026-03-08T12:00:00Z"}`,
	"request/r4":                                           `{"revision":2,"created":"2026-03-01T12:00:00Z","updated":"2026-03-01T12:00:00Z","due":"2026-03-01T12:00:00Z","id":"r4","kind":"link","account":{"partition":"aws","id":"000000000004"},"label":"Waiting","mode":"api","reason":"for the data team","requester":{"id":"U0REQ","team":"T0"},"required":1,"approvals":[{"by":{"id":"U0ADM1","team":"T0"},"at":"2026-03-01T12:00:00Z"}],"state":"approved","decided":{"by":{"id":"U0ADM1","team":"T0"},"at":"2026-03-01T12:00:00Z"},"expires":"2026-03-08T12:00:00Z"}`,
	"request/r5":                                           `{"revision":1,"created":"2026-03-01T12:00:00Z","updated":"2026-03-01T12:00:00Z","due":"2026-03-01T12:00:00Z","id":"r5","kind":"link","account":{"partition":"aws","id":"000000000005"},"label":"AlsoPending","mode":"api","reason":"for the data team","requester":{"id":"U0REQ","team":"T0"},"required":1,"state":"pending","expires":"2026-03-08T12:00:00Z"}`,
	"task/r4-enable-provisioning":                          `{"revision":1,"created":"2026-03-01T12:00:00Z","updated":"2026-03-01T12:00:00Z","due":"2026-03-01T12:00:00Z","id":"r4-enable-provisioning","kind":"enable-provisioning","account":{"partition":"aws","id":"000000000004"},"request":"r4","assignees":[{"id":"U0ADM1","team":"T0"}],"state":"open","remind_at":"2026-03-01T13:00:00Z"}`,
}

func schema1Engine(t *testing.T) *store.Bolt {
	t.Helper()
	b := openBolt(t, t.TempDir())
	for key, value := range schema1 {
		update(t, b, put(key, value))
	}
	return b
}

// upgraded opens the records of schema 1 with this program, an hour after they were written, and tells what became of
// them.
func upgraded(t *testing.T, e store.Engine) *records {
	t.Helper()
	clock := clockwork.NewFakeClockAt(start.Add(time.Hour))
	s, err := store.New(t.Context(), e, clock)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	r := &records{T: t, Store: s, engine: e, clock: clock}
	r.check()
	r.wantUpgraded()
	return r
}

func (r *records) wantUpgraded() {
	r.Helper()
	now := start.Add(time.Hour)
	for n, id := range map[int]string{2: "r2", 5: "r5"} {
		if a := r.account(numbered(n)); a.State != store.None || a.Desired != "" || a.Pending != id || a.RequestID != "" || !a.PlanDue.Equal(now) || !a.Due.Equal(now) || a.Revision != 2 || a.Mode != store.ModeAPI {
			r.Errorf("an account that waits for approval is %+v", a)
		}
	}
	if a := r.account(numbered(3)); a.State != store.None || a.Pending != "" || a.RequestID != "" || a.Label != "Denied" || !a.Due.IsZero() {
		r.Errorf("an account whose request was denied is %+v", a)
	}
	if a := r.account(numbered(4)); a.State != store.Waiting || a.Pending != "" || a.RequestID != "r4" || len(a.Steps) != 2 || a.Revision != 3 {
		r.Errorf("an account that waits for a person is %+v", a)
	}
	if a := r.account(account); a.State != store.Linked || a.RequestID != "r1" || !a.Due.Equal(now) || !a.CheckDue.Equal(now) || len(a.Steps) != 2 || a.Label != "Data-Team" || a.Revision != 4 {
		r.Errorf("a linked account is %+v", a)
	}
	if q := r.request("r2"); q.Label != "Pending" || q.Mode != store.ModeAPI || q.State != store.Pending || q.Revision != 2 {
		r.Errorf("a request is %+v", q)
	}
	if mark := content(r.T, r.engine)["meta/schema"]; mark != "2" {
		r.Errorf("the mark is %s", mark)
	}
}

func TestAStoreOfSchema1IsUpgraded(t *testing.T) {
	b := schema1Engine(t)
	r := upgraded(t, b)
	before := content(t, b)
	upgraded(t, b) // a second start changes nothing
	if after := content(t, b); !maps.Equal(after, before) {
		t.Errorf("started again, the store went from\n%q to\n%q", before, after)
	}

	// Everything goes on as if it had begun here.
	wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.OpenRequest(link("r9", numbered(2), "Other")); return err }), store.Conflict, "waits for approval")
	wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.OpenRequest(link("r9", numbered(9), "pending")); return err }), store.Conflict, "taken")
	r.approve("r2", admin)
	if a := r.account(numbered(2)); a.State != store.Linking || a.RequestID != "r2" || a.Pending != "" || a.Label != "Pending" {
		t.Errorf("approved, the account is %+v", a)
	}
	r.do(func(tx *store.Tx) error { _, err := tx.Withdraw("r5", requester); return err })
	r.open(link("r9", numbered(3), "AlsoPending"))
	r.open(ask("r10", store.Unlink, numbered(4)))
	r.approve("r10", admin)
	if task := r.task("r4-enable-provisioning"); task.State != store.TaskClosed {
		t.Errorf("the task is %+v", task)
	}
	r.drift("a")
	r.wantDrift(store.Drifted, 1)
}

func TestAnUpgradeThatIsCutOffBeginsAnew(t *testing.T) {
	const updates = 7 // the look at the mark, five accounts, the mark
	for n := range updates {
		b := schema1Engine(t)
		e := &breaking{Engine: b, left: n}
		_, err := store.New(t.Context(), e, clockwork.NewFakeClockAt(start.Add(time.Hour)))
		if !errors.Is(err, errBroken) {
			t.Fatalf("broken after %d changes: %v", n, err)
		}
		if mark := content(t, b)["meta/schema"]; mark != "1" {
			t.Errorf("broken after %d changes, the mark is %s", n, mark)
		}
		upgraded(t, b)
	}
	e := &breaking{Engine: schema1Engine(t), left: updates}
	upgraded(t, e)
}

var errBroken = errors.New("broken")

// breaking is an engine that takes only so many changes.
type breaking struct {
	store.Engine
	left int
}

func (e *breaking) Update(ctx context.Context, change func(store.Writer) error) error {
	if e.left == 0 {
		return errBroken
	}
	e.left--
	return e.Engine.Update(ctx, change)
}

func TestAnUpgradeNeedsRecordsThatCanBeRead(t *testing.T) {
	for _, key := range []string{"account/aws/000000000002", "request/r2"} {
		b := schema1Engine(t)
		update(t, b, put(key, "{"))
		_, err := store.New(t.Context(), b, clockwork.NewFakeClockAt(start))
		wantError(t, err, store.Permanent, key, "backup")
		if mark := content(t, b)["meta/schema"]; mark != "1" {
			t.Errorf("the mark is %s", mark)
		}
	}
}

func TestAStoreOfALaterSchemaIsRefused(t *testing.T) {
	b := schema1Engine(t)
	update(t, b, put("meta/schema", "3"))
	before := content(t, b)
	_, err := store.New(t.Context(), b, clockwork.NewFakeClockAt(start))
	wantError(t, err, store.Permanent, "schema 3", "knows schema 2", "upgrade step by step")
	if after := content(t, b); !maps.Equal(after, before) {
		t.Errorf("a refused store was changed: %q", slices.Sorted(maps.Keys(after)))
	}
}
