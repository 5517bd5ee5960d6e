package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

// Fill puts n linked accounts into an engine, each with all that a year leaves of one: its steps, the request that it was
// linked by, seven messages, a check that once found something, and ten events. Each is checked again within every, at
// the place in it that provision gives it. What is there is as Store writes it.
func Fill(t testing.TB, e store.Engine, n int, now time.Time, every time.Duration) {
	t.Helper()
	f := &filler{t: t, engine: e, now: now.UTC().Round(0), every: every}
	f.put("meta/schema", []byte(strconv.Itoa(store.Schema)))
	for i := range n {
		f.account(i)
	}
	f.flush()
}

// FilledAccount is the nth account (from 0) that Fill makes.
func FilledAccount(n int) store.AccountKey {
	return store.AccountKey{Partition: "aws", ID: fmt.Sprintf("%012d", 100_000_000_000+uint64(n)*87_178_291%899_999_999_999)}
}

type pair struct {
	key   string
	value []byte
}

type filler struct {
	t       testing.TB
	engine  store.Engine
	now     time.Time
	every   time.Duration
	waiting []pair
}

func (f *filler) put(key string, value []byte) {
	f.waiting = append(f.waiting, pair{key, value})
	if len(f.waiting) == store.MaxWrites {
		f.flush()
	}
}

func (f *filler) flush() {
	f.t.Helper()
	err := f.engine.Update(context.Background(), func(w store.Writer) error {
		for _, p := range f.waiting {
			if err := w.Put(p.key, p.value); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.waiting = f.waiting[:0]
}

// record puts a record, and its entry in the due index.
func (f *filler) record(key string, m store.Meta, rec any) {
	f.t.Helper()
	if !m.Due.IsZero() {
		f.put(fmt.Sprintf("due/%020d/%s", m.Due.UnixNano(), key), strconv.AppendUint(nil, m.Revision, 10))
	}
	f.put(key, f.json(rec))
}

func (f *filler) json(v any) []byte {
	f.t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		f.t.Fatal(err)
	}
	return raw
}

// nextCheck is as provision plans it.
func (f *filler) nextCheck(k store.AccountKey) time.Time {
	h := fnv.New64a()
	h.Write([]byte(k.String()))
	next := f.now.Truncate(f.every).Add(time.Duration(h.Sum64() % uint64(f.every)))
	if !next.After(f.now) {
		next = next.Add(f.every)
	}
	return next
}

func (f *filler) account(n int) {
	f.t.Helper()
	key, request := FilledAccount(n), fmt.Sprintf("%016x", uint64(n+1)*11_400_714_819_323_198_485)
	began := f.now.Add(-time.Duration(n%365*24)*time.Hour - time.Duration(n)*time.Second)
	ended := began.Add(3 * time.Minute)
	who, admin := store.Person{ID: "U0REQUESTER", Team: "T0EXAMPLE"}, store.Person{ID: "U0ADMINONE", Team: "T0EXAMPLE"}
	wish := store.Wish{Label: fmt.Sprintf("Team-%05d-AWS-Account", n), Mode: store.ModeGroups, RoleSet: store.DefaultRoleSet}
	meta := func(revision uint64) store.Meta {
		return store.Meta{Revision: revision, Created: began, Updated: ended}
	}

	a := store.Account{Meta: meta(24), AccountKey: key, Wish: wish, Desired: store.WantLinked, State: store.Linked, RequestID: request,
		CheckDue: f.nextCheck(key), Steps: map[string]store.Step{}, Needs: map[string][]string{}}
	a.Due = a.CheckDue
	before := ""
	for _, name := range []string{"identity", "okta-app", "saml-provider", "signing-key", "roles", "okta-groups", "role-mapping", "verify"} {
		a.Steps[name] = store.Step{State: store.StepDone, Started: began, Ended: ended, Note: "as it shall be"}
		a.Needs[name] = []string{}
		if before != "" {
			a.Needs[name] = []string{before}
		}
		before = name
	}
	arn := "arn:aws:iam::" + key.ID + ":saml-provider/Okta"
	a.Known = store.Known{Alias: fmt.Sprintf("team-%05d", n), AppID: fmt.Sprintf("0oa%017d", n), AppName: "amazon_aws", EntityID: fmt.Sprintf("http://www.okta.com/exk%017d", n),
		AdminURL:     fmt.Sprintf("https://example-admin.okta.com/admin/app/amazon_aws/instance/0oa%017d/#tab-user-management", n),
		TileURL:      fmt.Sprintf("https://example.okta.com/home/amazon_aws/0oa%017d/272", n),
		SigningKeyID: fmt.Sprintf("key%017d", n), Certificate: store.Certificate{Fingerprint: fmt.Sprintf("%064x", n), Begins: began, Expires: began.AddDate(10, 0, 0)},
		ProviderARN: arn, ProviderSince: began, StackTemplate: fmt.Sprintf("%064x", n), StackUpdated: ended,
		StackID: "arn:aws:cloudformation:us-east-1:" + key.ID + ":stack/oktaws/6f1ed002-ab5b-11ee-9c3b-0a58a9feac02",
		Groups:  map[string]string{"Administrator": fmt.Sprintf("00g%016da", n), "PowerUser": fmt.Sprintf("00g%016db", n), "ReadOnly": fmt.Sprintf("00g%016dc", n)}}
	f.record(a.Key(), a.Meta, &a)
	f.put("name/label/"+strings.ToUpper(wish.Label)+"/"+key.String(), f.json(struct {
		Account store.AccountKey `json:"account"`
		Name    string           `json:"name"`
		Own     bool             `json:"own"`
	}{key, wish.Label, true}))

	r := store.Request{Meta: meta(9), ID: request, Kind: store.Link, Account: key, Wish: wish, Reason: "for the team's new product", Requester: who, Required: 1,
		Approvals: []store.Approval{{By: admin, At: began}}, State: store.Approved, Decided: &store.Decision{By: admin, At: began}, Expires: began.Add(168 * time.Hour), Ended: ended, Planned: began}
	for _, what := range []string{"okta-app", "saml-provider", "roles", "okta-groups"} {
		r.Plan = append(r.Plan, store.Finding{Key: what, Step: what, What: what + " isn't there yet", Mend: "is made", Since: began})
	}
	f.record(r.Key(), r.Meta, &r)

	c := store.Check{Meta: meta(4), Account: key, At: ended}
	f.record(c.Key(), c.Meta, &c)

	channel := store.MessageKey(r.Key(), "request", "C0ADMINS")
	for _, m := range []store.Message{
		{View: "request", Where: "C0ADMINS"}, {View: "requested", Where: who.ID}, {View: "decision", Where: who.ID},
		{View: "progress", Where: "C0ADMINS", Under: channel}, {View: "progress", Where: who.ID},
		{View: "outcome", Where: "C0ADMINS", Under: channel}, {View: "outcome", Where: who.ID},
	} {
		m.Meta, m.Subject = meta(5), r.Key()
		m.Channel, m.TS, m.Identity, m.Hash = "D0EXAMPLE", fmt.Sprintf("%d.%06d", began.Unix(), n%1_000_000), "approved", fmt.Sprintf("%064x", n)
		f.record(m.Key(), m.Meta, &m)
	}
	for i, what := range []string{"request.opened", "request.approval", "request.approved", "account.linking", "step.done", "step.done", "step.done", "step.done", "account.linked", "drift.gone"} {
		ev := store.Event{At: began.Add(time.Duration(i) * 15 * time.Second).Add(time.Duration(n)), What: what, Account: key, Request: request, Text: "as it shall be"}
		ev.ID = fmt.Sprintf("%020d-%04d", ev.At.UnixNano(), 0)
		f.put("event/"+ev.ID, f.json(&ev))
	}
}
