package storetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/store"
)

// kept is what the records keep beside themselves so that nobody has to walk them: who has which name, and how far each
// batch is.
type kept struct {
	accounts map[store.AccountKey]store.Account
	requests []store.Request
	names    []string
	tallies  map[string]map[string]int // by the batch's ID
	trouble  []string
	lines    map[string]int // by batch/<id>/rows and batch/<id>/left-out
}

func newKept() *kept {
	return &kept{accounts: map[store.AccountKey]store.Account{}, tallies: map[string]map[string]int{}, lines: map[string]int{}}
}

// record takes note of a record, which is known to be readable.
func (k *kept) record(room string, value []byte) {
	switch room {
	case "account":
		var a store.Account
		if json.Unmarshal(value, &a) == nil {
			k.accounts[a.AccountKey] = a
		}
	case "request":
		var r store.Request
		if json.Unmarshal(value, &r) == nil {
			k.requests = append(k.requests, r)
		}
	}
}

// index takes note of an entry of an index.
func (k *kept) index(key string, value []byte) error {
	parts := strings.Split(key, "/")
	switch {
	case parts[0] == "name" && len(parts) == 5:
		var owner struct {
			Name string
			Own  bool
		}
		if err := json.Unmarshal(value, &owner); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		k.names = append(k.names, fmt.Sprintf("%s %s of %s/%s, own: %t", parts[1], owner.Name, parts[3], parts[4], owner.Own))
	case len(parts) == 3 && parts[2] == "tally":
		var tally struct {
			Batch    string
			Accounts map[string]int
		}
		if err := json.Unmarshal(value, &tally); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		maps.DeleteFunc(tally.Accounts, func(_ string, n int) bool { return n == 0 })
		k.tallies[parts[1]] = tally.Accounts
	case len(parts) == 4 && (parts[2] == "rows" || parts[2] == "left-out"):
		var some struct{ Lines []json.RawMessage }
		if err := json.Unmarshal(value, &some); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		k.lines[strings.Join(parts[:3], "/")] += len(some.Lines)
	case len(parts) == 4 && (parts[2] == "failed" || parts[2] == "skipped"):
		k.trouble = append(k.trouble, fmt.Sprintf("%s of %s %s", parts[3], value, parts[2]))
	default:
		return fmt.Errorf("the key %s is of no index", key)
	}
	return nil
}

func (k *kept) check(t testing.TB) {
	t.Helper()
	var names, trouble []string
	for _, a := range k.accounts {
		if (a.State == store.None || a.State == store.Unlinked) && a.Pending == "" {
			continue
		}
		names = append(names, fmt.Sprintf("label %s of %s, own: %t", a.Label, a.AccountKey, a.Shared == ""))
		if a.Shared != "" {
			names = append(names, fmt.Sprintf("shared %s of %s, own: false", a.Shared, a.AccountKey))
		}
	}
	tallies := map[string]map[string]int{}
	for _, r := range k.requests {
		if r.Size != k.lines["batch/"+r.ID+"/rows"] || r.LeftOut != k.lines["batch/"+r.ID+"/left-out"] {
			t.Errorf("request %s has %d rows and %d left out, of which %v are kept", r.ID, r.Size, r.LeftOut, k.lines)
		}
		if r.Parent == "" {
			continue
		}
		place := k.placeOf(r)
		if tallies[r.Parent] == nil {
			tallies[r.Parent] = map[string]int{}
		}
		tallies[r.Parent][place]++
		if place == "failed" || place == "skipped" {
			trouble = append(trouble, fmt.Sprintf("%s of %s %s", r.ID, r.Account, place))
		}
	}
	same(t, "the index of names is", k.names, names)
	same(t, "the accounts of batches in trouble are", k.trouble, trouble)
	if !maps.EqualFunc(k.tallies, tallies, func(a, b map[string]int) bool { return maps.Equal(a, b) }) {
		t.Errorf("the batches are counted as\n%v, and should be as\n%v", k.tallies, tallies)
	}
	for _, r := range k.requests {
		at := tallies[r.ID]
		if ended := at["done"]+at["skipped"]+at["replaced"] == r.Size; r.Size > 0 && ended == r.Ended.IsZero() {
			t.Errorf("the batch %s of %d, with %v, ended at %v", r.ID, r.Size, at, r.Ended)
		}
	}
}

// placeOf is where the account of a batch's request stands, by the records themselves.
func (k *kept) placeOf(r store.Request) string {
	a := k.accounts[r.Account]
	switch {
	case r.State == store.Skipped:
		return "skipped"
	case !r.Ended.IsZero():
		return "done"
	case a.RequestID != r.ID:
		return "replaced"
	case a.State == store.Failed:
		return "failed"
	case a.State == store.Waiting:
		return "waiting"
	}
	return "going"
}

func same(t testing.TB, what string, have, want []string) {
	t.Helper()
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("%s\n%q, and should be\n%q", what, have, want)
	}
}
