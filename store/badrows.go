package store

import (
	"fmt"
	"strings"
)

// BadRows is why a batch can't be taken as it is listed.
type BadRows struct {
	Rows []BadRow // at least one, in the order of the batch; a row stands here once for each thing that is wrong
}

// BadRow is a row of a batch that can't be taken.
type BadRow struct {
	N   int // which of the batch's rows, from 0
	Row Row
	Why string // for people, without the account
}

func (b *BadRows) Error() string {
	const most = 10
	var parts []string
	for _, bad := range b.Rows[:min(most, len(b.Rows))] {
		parts = append(parts, fmt.Sprintf("row %d, account %s: %s", bad.N+1, bad.Row.Account.ID, bad.Why))
	}
	if more := len(b.Rows) - most; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}

// checkRows says what of the batch no account's state could make right. Names must be free now, also of what is asked for
// account by account; those of other batches that wait for a decision may be the same: the one that is approved first has
// them, and of the other the account is skipped.
func (tx *Tx) checkRows(r Request, b Batch) error {
	if len(b.Rows) == 0 {
		return newError(Permanent, "List at least one account.", "the batch has no account")
	}
	if n := len(b.Rows); n > MaxBatch {
		return newError(Permanent, "Ask for fewer at once.", "a batch takes %d accounts, and this one has %d", MaxBatch, n)
	}
	if n := len(b.LeftOut); n > MaxBatch {
		return newError(Permanent, "List fewer at once.", "a batch can say of %d accounts that they are left out, and this one does of %d", MaxBatch, n)
	}
	for _, out := range b.LeftOut {
		if _, err := ParseAccountKey(out.Account.String()); err != nil {
			return err
		}
	}
	var taken nameIndex
	if r.begins() {
		var err error
		if taken, err = tx.allNames(); err != nil {
			return err
		}
	}
	var bad []BadRow
	listed, named := map[AccountKey]int{}, nameIndex{}
	for n, row := range b.Rows {
		refuse := func(format string, args ...any) {
			bad = append(bad, BadRow{N: n, Row: row, Why: fmt.Sprintf(format, args...)})
		}
		if _, err := ParseAccountKey(row.Account.String()); err != nil {
			why, _ := Explain(err)
			refuse("%s", why)
			continue
		}
		if first, twice := listed[row.Account]; twice {
			refuse("the batch has account %s twice: row %d has it too", row.Account.ID, first+1)
			continue
		}
		listed[row.Account] = n
		if !r.begins() || row.Label == "" {
			if r.Kind == Link {
				refuse("it needs an application name of its own")
			}
			continue
		}
		wish := row.wish(r)
		here, err := wish.clash(row.Account, named.of)
		if err != nil {
			return err
		}
		there, err := wish.clash(row.Account, taken.of)
		switch {
		case err != nil:
			return err
		case here != nil:
			refuse("row %d, account %s, has the name %s too", listed[here.Account]+1, here.Account.ID, here.Name)
		case there != nil:
			refuse("the name %s is taken by account %s", there.Name, there.Account.ID)
		}
		named.add(row.Account, wish)
	}
	if len(bad) == 0 {
		return nil
	}
	causes := &BadRows{Rows: bad}
	return &Error{Kind: Permanent, Err: causes, Remedy: "Mend the list, then ask again: nothing was asked for.",
		Message: "the batch can't be taken as it is listed: " + causes.Error()}
}

// wish is what the row's account shall be, by a batch that begins it.
func (row Row) wish(r Request) Wish {
	w := r.Wish
	w.Label = row.Label
	if row.RoleSet != "" {
		w.RoleSet = row.RoleSet
	}
	return w
}
