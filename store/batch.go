package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A batch is a request for many accounts, on which people decide once. One that is approved gets a request for each
// account, approved by the same people; one at a time, since a transaction takes only so many writes. What the batch says
// of each account is kept beside its record, which is read and written often, and stays small.

// MaxBatch is how many accounts a batch may have, and how many it may have left out.
const MaxBatch = 10000

// Of the rows of a batch, rowsTogether share a value, so that the largest batch takes 40 writes. All of them together are
// at most maxRows bytes: what opens a batch is one transaction, and the strictest engine takes 1.5 MiB of etcd at once.
const (
	rowsTogether = 500
	maxRows      = 5 << 18
)

// Batch is what a request for many accounts is about.
type Batch struct {
	Rows    []Row     // in the order in which they are carried out; at least one
	LeftOut []LeftOut // what was listed, and isn't asked for: an auditor may want to know why
}

// Row is one account of a batch, and what it says itself. The rest of its wish is the batch's.
type Row struct {
	Account AccountKey
	Label   string // to link, of the Okta application (where that is shared, of the account alone); to adopt likewise, and empty where the account has failed and has one; else for people alone
	RoleSet string // name in the configuration; empty: the batch's
}

// LeftOut is an account that was listed for a batch, and isn't of it.
type LeftOut struct {
	Account AccountKey
	Label   string // for people
	Why     string // for people
}

// line is a row as it is stored.
type line struct {
	Account string `json:"a"`
	Label   string `json:"l,omitempty"`
	RoleSet string `json:"s,omitempty"`
	Why     string `json:"w,omitempty"`
}

// lines are some rows of a batch. They never change.
type lines struct {
	Lines []line `json:"lines"`
}

const batchPrefix = "batch/"

func rowsPrefix(batch string) string    { return batchPrefix + batch + "/rows/" }
func leftOutPrefix(batch string) string { return batchPrefix + batch + "/left-out/" }

// childOf is the ID of the request for the nth account (from 0) of a batch.
func childOf(batch string, n int) string { return fmt.Sprintf("%s.%05d", batch, n) }

// batchOf is the ID of the batch that a request is of.
func batchOf(request string) (string, bool) {
	batch, _, ok := strings.Cut(request, ".")
	return batch, ok
}

// RequestsOf visits the requests of a batch that were opened, in the order of its accounts, until visit returns false.
func (tx *ReadTx) RequestsOf(batch string, visit func(Request) bool) error {
	return scan(tx.r, requestPrefix+batch+".", "", visit)
}

// Rows visits the accounts of a batch in order, until visit returns false.
func (tx *ReadTx) Rows(batch string, visit func(Row) bool) error {
	return tx.lines(rowsPrefix(batch), func(k AccountKey, l line) bool {
		return visit(Row{Account: k, Label: l.Label, RoleSet: l.RoleSet})
	})
}

// LeftOut visits the accounts that were listed for a batch, and aren't of it, in order, until visit returns false.
func (tx *ReadTx) LeftOut(batch string, visit func(LeftOut) bool) error {
	return tx.lines(leftOutPrefix(batch), func(k AccountKey, l line) bool {
		return visit(LeftOut{Account: k, Label: l.Label, Why: l.Why})
	})
}

func (tx *ReadTx) lines(prefix string, visit func(AccountKey, line) bool) error {
	var failed error
	err := scan(tx.r, prefix, "", func(some lines) bool {
		for _, l := range some.Lines {
			k, err := ParseAccountKey(l.Account)
			if err != nil {
				failed = unreadable(prefix, err)
				return false
			}
			if !visit(k, l) {
				return false
			}
		}
		return true
	})
	return errors.Join(err, failed)
}

// row is the nth account (from 0) of a batch.
func (tx *ReadTx) row(batch string, n int) (Row, error) {
	key := linesKey(rowsPrefix(batch), n/rowsTogether)
	var some lines
	found, err := get(tx.r, key, &some)
	if err != nil {
		return Row{}, err
	}
	if n %= rowsTogether; !found || n >= len(some.Lines) {
		return Row{}, unreadable(key, fmt.Errorf("row %d is missing", n))
	}
	l := some.Lines[n]
	k, err := ParseAccountKey(l.Account)
	if err != nil {
		return Row{}, unreadable(key, err)
	}
	return Row{Account: k, Label: l.Label, RoleSet: l.RoleSet}, nil
}

func linesKey(prefix string, n int) string { return fmt.Sprintf("%s%03d", prefix, n) }

// OpenBatch records a wish to change many accounts. It fails with a Permanent error whose cause is *BadRows where it can't
// be taken as it is listed, and says what is wrong with each row at once. Whether each account is in a state for it is
// looked at when its turn comes: until then that may change. The request is as for OpenRequest, without account and label.
func (tx *Tx) OpenBatch(r Request, b Batch) (Request, error) {
	if err := r.wellFormed(); err != nil {
		return r, err
	}
	if err := tx.checkRows(r, b); err != nil {
		return r, err
	}
	r.State, r.Due = Pending, tx.now
	r.Account, r.Label, r.Was = AccountKey{}, "", Wish{}
	r.Size, r.LeftOut, r.Opened, r.Retrying, r.Parent = len(b.Rows), len(b.LeftOut), 0, nil, ""
	if err := tx.put(&r); err != nil {
		return r, err
	}
	if err := tx.putRows(r.ID, b); err != nil {
		return r, err
	}
	return r, tx.Record(Event{What: "request.opened", Actor: r.Requester, Request: r.ID, Text: r.Reason})
}

func (tx *Tx) putRows(id string, b Batch) error {
	var rows, left []line
	for _, row := range b.Rows {
		rows = append(rows, line{Account: row.Account.String(), Label: row.Label, RoleSet: row.RoleSet})
	}
	for _, out := range b.LeftOut {
		left = append(left, line{Account: out.Account.String(), Label: out.Label, Why: out.Why})
	}
	size := 0
	for prefix, all := range map[string][]line{rowsPrefix(id): rows, leftOutPrefix(id): left} {
		for n := 0; n*rowsTogether < len(all); n++ {
			raw, err := json.Marshal(lines{Lines: all[n*rowsTogether : min((n+1)*rowsTogether, len(all))]})
			if err != nil {
				return fmt.Errorf("encode the rows of %s: %w", id, err)
			}
			if size += len(raw); size > maxRows {
				return newError(Permanent, "Ask for fewer at once, or give shorter names.", "the names in this batch are too long to keep all of its %d rows", len(rows)+len(left))
			}
			if err := tx.w.Put(linesKey(prefix, n), raw); err != nil {
				return err
			}
		}
	}
	return nil
}
