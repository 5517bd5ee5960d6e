package store

import (
	"maps"
	"slices"
	"strings"
)

// kept is what the records keep beside themselves so that nobody has to walk them: who has which name, and how far each
// batch is.
type kept struct {
	names    indexed[owner]
	trouble  indexed[string] // the accounts of batches that failed or were skipped
	tallies  map[string]map[place]int
	lines    map[string]int // how many there are, by rowsPrefix or leftOutPrefix
	batches  []Request
	children []child
}

// indexed are the entries of an index, by their keys.
type indexed[T comparable] struct{ have, want map[string]T }

// child is a request of a batch.
type child struct {
	id             string
	account        AccountKey
	skipped, ended bool
}

func newKept() kept {
	return kept{
		names:   indexed[owner]{map[string]owner{}, map[string]owner{}},
		trouble: indexed[string]{map[string]string{}, map[string]string{}},
		tallies: map[string]map[place]int{},
		lines:   map[string]int{},
	}
}

func (k *kept) account(a Account) {
	for name, o := range a.names() {
		k.names.want[name+a.AccountKey.String()] = o
	}
}

func (k *kept) request(r Request) {
	if r.Size > 0 {
		k.batches = append(k.batches, r)
	}
	if _, ok := batchOf(r.ID); ok {
		k.children = append(k.children, child{id: r.ID, account: r.Account, skipped: r.State == Skipped, ended: !r.Ended.IsZero()})
	}
}

// batch looks at what is kept beside a batch's request, and says whether it is of any kind.
func (i *inspector) batch(key string, value []byte) bool {
	id, what, _ := strings.Cut(strings.TrimPrefix(key, batchPrefix), "/")
	what, _, nested := strings.Cut(what, "/")
	switch {
	case what == "tally" && !nested:
		if t, ok := decoded[tallied](i, key, value); ok {
			i.kept.tallies[id] = t.Accounts
		}
	case (what == "rows" || what == "left-out") && nested:
		if some, ok := readable[lines](i, key, value); ok {
			i.kept.lines[batchPrefix+id+"/"+what+"/"] += len(some.Lines)
		}
	case (what == string(placeFailed) || what == string(placeSkipped)) && nested:
		i.kept.trouble.have[key] = string(value)
	default:
		i.unknown(key)
		return false
	}
	i.refers = append(i.refers, reference{key, RequestKey(id)})
	return true
}

// The remedies of what is kept and isn't so.
const (
	nameRemedy  = "Two accounts may get the same name. " + fromBackup
	countRemedy = "What is said of how far the batch is may be wrong. " + fromBackup
)

// compareKept is at whether what is kept is as the records say.
func (i *inspector) compareKept() {
	compareIndex(i, i.kept.names, nameRemedy, "no account has this name", "the account has this name, and the index has no entry of that", "the account has the name otherwise")
	tallies := map[string]map[place]int{}
	for _, c := range i.kept.children {
		batch, _ := batchOf(c.id)
		at := i.placeOf(c)
		if tallies[batch] == nil {
			tallies[batch] = map[place]int{}
		}
		tallies[batch][at]++
		if at == placeFailed || at == placeSkipped {
			i.kept.trouble.want[troubleKey(batch, at, c.id)] = c.account.String()
		}
	}
	compareIndex(i, i.kept.trouble, countRemedy, "the request is in no such trouble", "the request is in trouble, and the index has no entry of that", "the request is of another account")
	for _, r := range i.kept.batches {
		i.compareBatch(r, tallies[r.ID])
	}
}

func (i *inspector) compareBatch(r Request, at map[place]int) {
	if rows := i.kept.lines[rowsPrefix(r.ID)]; rows != r.Size {
		i.fault(r.Key(), fromBackup, "it has %d accounts, and %d are listed", r.Size, rows)
	}
	if left := i.kept.lines[leftOutPrefix(r.ID)]; left != r.LeftOut {
		i.fault(r.Key(), fromBackup, "it has left out %d accounts, and %d are listed", r.LeftOut, left)
	}
	opened := 0
	for _, n := range at {
		opened += n
	}
	if opened != r.Opened {
		i.fault(r.Key(), fromBackup, "%d of its accounts have requests of their own, and it says %d", opened, r.Opened)
	}
	zero := func(_ place, n int) bool { return n == 0 }
	counted := i.kept.tallies[r.ID]
	maps.DeleteFunc(counted, zero)
	if !maps.Equal(counted, at) {
		i.fault((&tallied{Batch: r.ID}).Key(), countRemedy, "its accounts are counted as %v, and should be as %v", counted, at)
	}
	if over := at[placeDone]+at[placeSkipped]+at[placeReplaced] == r.Size; over == r.Ended.IsZero() {
		what := "it has ended, and accounts of it have not"
		if over {
			what = "its accounts have all ended, and it has not"
		}
		i.fault(r.Key(), countRemedy, "%s", what)
	}
}

// placeOf is where the account of a batch's request stands, by the records themselves.
func (i *inspector) placeOf(c child) place {
	a := i.stands[c.account]
	switch {
	case c.skipped:
		return placeSkipped
	case c.ended:
		return placeDone
	case a.request != c.id:
		return placeReplaced
	}
	return placeOf(a.state)
}

// compareIndex says of each entry of an index that isn't as it should be whether it is too many, missing or wrong.
func compareIndex[T comparable](i *inspector, x indexed[T], remedy, tooMany, missing, wrong string) {
	for _, key := range slices.Sorted(maps.Keys(x.have)) {
		if want, ok := x.want[key]; !ok {
			i.fault(key, remedy, "%s", tooMany)
		} else if want != x.have[key] {
			i.fault(key, remedy, "%s", wrong)
		}
	}
	for key := range x.want {
		if _, ok := x.have[key]; !ok {
			i.fault(key, remedy, "%s", missing)
		}
	}
}
