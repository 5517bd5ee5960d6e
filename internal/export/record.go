// Package export writes what oktaws knows down for others: as configuration for Terraform, and as a table. It reads the
// records and the configuration alone, calls neither Okta nor AWS, and changes nothing.
package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// Record is an account with what is told of it beside its own record.
type Record struct {
	store.Account
	Since   time.Time       // when it was linked; zero where it isn't
	Checked time.Time       // when it was last looked at, as far as that is on record
	Open    []store.Finding // what differs from what it shall be, and nobody ignores

	Application store.Application // that it shares with others; empty where it has its own
}

// Read returns all accounts as they stand at the time.
func Read(tx *store.ReadTx, now time.Time) ([]Record, error) {
	since := map[store.AccountKey]time.Time{}
	err := tx.Events(func(e store.Event) bool {
		switch e.What {
		case "account.linked", "account.drifted":
			if since[e.Account].IsZero() { // it is linked anew after every repair
				since[e.Account] = e.At
			}
		case "account.unlinked":
			delete(since, e.Account)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	checks := map[store.AccountKey]store.Check{}
	err = tx.Checks(func(c store.Check) bool {
		checks[c.Account] = c
		return true
	})
	if err != nil {
		return nil, err
	}
	var out []Record
	err = tx.Accounts(func(a store.Account) bool {
		c := checks[a.AccountKey]
		r := Record{Account: a, Checked: c.At}
		if linked(a) {
			r.Since, r.Open = since[a.AccountKey], c.Open(now)
		}
		out = append(out, r)
		return true
	})
	for i := 0; i < len(out) && err == nil; i++ {
		if r := &out[i]; r.Shared != "" {
			r.Application, err = tx.SharedApplication(r.Partition, r.Shared)
		}
	}
	return out, err
}

// Pick returns the records of the accounts that were named, as 111122223333 or aws/111122223333, each once and in the order
// of the records; all of them where none was named. It fails with a *store.Error: Permanent where a name is no account's,
// NotFound where nobody has asked for that account, and Conflict where it isn't linked.
func Pick(records []Record, named []string) ([]Record, error) {
	if len(named) == 0 {
		return records, nil
	}
	wanted := map[store.AccountKey]bool{}
	for _, name := range named {
		r, err := find(records, name)
		if err != nil {
			return nil, err
		}
		if why := notExported(r.Account); why != "" {
			return nil, &store.Error{Kind: store.Conflict,
				Message: fmt.Sprintf("Account %s can't be exported: %s.", r.Typed(), why),
				Remedy:  fmt.Sprintf("See it with /oktaws status %s, and export it once it is linked.", r.Typed())}
		}
		wanted[r.AccountKey] = true
	}
	return slices.DeleteFunc(slices.Clone(records), func(r Record) bool { return !wanted[r.AccountKey] }), nil
}

func find(records []Record, name string) (Record, error) {
	key := name
	if !strings.Contains(name, "/") {
		key = "aws/" + name
	}
	if _, err := store.ParseAccountKey(key); err != nil {
		return Record{}, &store.Error{Kind: store.Permanent, Err: err,
			Message: fmt.Sprintf("%q is not an account.", name), Remedy: "Write it as 111122223333, or as aws-us-gov/111122223333 where it is in another partition."}
	}
	var found []Record
	for _, r := range records {
		if r.AccountKey.String() == name || r.ID == name {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return Record{}, &store.Error{Kind: store.NotFound,
			Message: fmt.Sprintf("Account %s is not known: nobody has asked for it yet.", name), Remedy: "Look whether the ID is right; oktaws export csv lists all accounts."}
	}
	return Record{}, &store.Error{Kind: store.Conflict,
		Message: fmt.Sprintf("There are accounts %s in several partitions.", name), Remedy: fmt.Sprintf("Write it as %s.", found[0].AccountKey)}
}

// sorted are the records in order of partition and ID.
func sorted(records []Record) []Record {
	return slices.SortedFunc(slices.Values(records), func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.ID, b.ID))
	})
}

func linked(a store.Account) bool { return a.State == store.Linked || a.State == store.Drifted }

// notExported says why there is nothing of the account for Terraform; "" where there is.
func notExported(a store.Account) string {
	switch k := a.Known; {
	case !linked(a):
		return "it is " + a.State.Word()
	case k.AppID == "", k.ProviderARN == "", k.StackID == "":
		return "its application, identity provider or stack is not on record"
	}
	return ""
}
