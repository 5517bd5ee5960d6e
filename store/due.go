package store

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

const duePrefix = "due/"

// dueKey puts key into the one index that both reconcilers poll: due/<nanoseconds since 1970, 20 digits>/<key>. The
// value is the record's revision.
func dueKey(at time.Time, key string) string {
	return fmt.Sprintf("%s%020d/%s", duePrefix, at.UnixNano(), key)
}

// The times that the index can hold.
var (
	firstDue = time.Unix(0, 0).UTC()
	lastDue  = time.Unix(0, math.MaxInt64).UTC() // in 2262
)

// FarOff is a time at which nothing has to be done. A record that waits for somebody, without any time by which it must be
// looked at, is planned for then: so whatever waits is in the due index, and is found there among all that doesn't.
var FarOff = lastDue

// dueTime brings a time into what the index can hold. Zero, which is not due at all, stays.
func dueTime(at time.Time) time.Time {
	switch {
	case at.IsZero():
		return time.Time{}
	case at.Before(firstDue):
		return firstDue
	case at.After(lastDue):
		return lastDue
	}
	return at.UTC().Round(0)
}

func parseDue(k string, value []byte) (DueKey, error) {
	stamp, key, ok := strings.Cut(strings.TrimPrefix(k, duePrefix), "/")
	n, err := strconv.ParseInt(stamp, 10, 64)
	revision, revisionErr := strconv.ParseUint(string(value), 10, 64)
	if !ok || err != nil || revisionErr != nil {
		return DueKey{}, newError(Permanent, "Restore the store from a backup.", "the index entry %q can't be read", k)
	}
	return DueKey{Key: key, At: time.Unix(0, n).UTC(), Revision: revision}, nil
}

// DueKey is the key of a record that a reconciler must look at, and since when.
type DueKey struct {
	Key      string
	At       time.Time
	Revision uint64 // of the record
}

// Due returns the keys under the prefixes that are due by now, the longest due first, and when the next one will be
// (zero: none is planned).
func (tx *ReadTx) Due(prefixes ...string) (keys []DueKey, next time.Time, err error) {
	err = tx.DueEver(func(d DueKey) bool {
		if d.At.After(tx.now) {
			next = d.At
			return false
		}
		keys = append(keys, d)
		return true
	}, prefixes...)
	return keys, next, err
}

// DueEver visits the keys under the prefixes that are due by now or at any time to come, in order of that time, until
// visit returns false.
func (tx *ReadTx) DueEver(visit func(DueKey) bool, prefixes ...string) error {
	return tx.r.Scan(duePrefix, "", func(k string, value []byte) (bool, error) {
		d, err := parseDue(k, value)
		if err != nil {
			return false, err
		}
		wanted := slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(d.Key, p) })
		return !wanted || visit(d), nil
	})
}
