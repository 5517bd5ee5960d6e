package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Report is what a look at every record of a store has found.
type Report struct {
	Schema  int
	Records map[string]int // by kind: account, request, batch, task, check, application, message, event, name, seen, due
	Faults  []Fault        // in order of key; at most MaxFaults
	More    int            // faults beyond those
}

// Fault is one thing in a store that can't be right.
type Fault struct {
	Key    string // of the record
	What   string // what is wrong with it
	Remedy string
}

// MaxFaults is how many faults a report lists.
const MaxFaults = 100

// Check looks at every record in one snapshot: whether it can be read, is what its key says, refers to what exists, and
// stands in the due index exactly as its due time says; whether the events are in order, the index of names has those
// of the accounts, and the accounts of each batch are counted where they stand. It changes nothing. An error means that
// the store could not be looked at.
func (s *Store) Check(ctx context.Context) (Report, error) {
	var r Report
	err := s.engine.View(ctx, func(reader Reader) (err error) {
		r, err = inspect(reader)
		return err
	})
	return r, err
}

// The remedies of what can't come about by itself.
const (
	fromBackup = "Restore the store from a backup."
	touchIt    = "oktaws may never look at it by itself again: restore the store from a backup, or act on it once more in Slack."
)

// inspector looks at records in the order of their keys.
type inspector struct {
	report  Report
	has     map[string]bool   // the records that others refer to
	refers  []reference       // to be looked up once all are known
	due     map[string]string // the due index
	planned map[string]string // what it should be
	stands  map[AccountKey]standing
	asked   []Request // that wait for a decision, of one account
	kept    kept
}

// standing is what others have to agree with of an account.
type standing struct {
	state            AccountState
	pending, request string
}

type reference struct{ from, to string }

func inspect(r Reader) (Report, error) {
	schema, _, err := schemaOf(r)
	if err != nil {
		return Report{}, err
	}
	if schema > Schema || schema < 1 {
		return Report{}, newError(Permanent, "Check it with the version of oktaws that wrote it.", "the store has schema %d; this version of oktaws knows schema %d", schema, Schema)
	}
	i := &inspector{report: Report{Schema: schema, Records: map[string]int{}}, has: map[string]bool{}, due: map[string]string{},
		planned: map[string]string{}, stands: map[AccountKey]standing{}, kept: newKept()}
	if err := r.Scan("", "", func(key string, value []byte) (bool, error) {
		i.look(key, value)
		return true, nil
	}); err != nil {
		return Report{}, err
	}
	i.lookAcross()
	return i.report, nil
}

func (i *inspector) fault(key, remedy, format string, args ...any) {
	i.report.Faults = append(i.report.Faults, Fault{Key: key, What: fmt.Sprintf(format, args...), Remedy: remedy})
}

// look is at one record by itself.
func (i *inspector) look(key string, value []byte) {
	kind, _, _ := strings.Cut(key, "/")
	switch kind + "/" {
	case accountPrefix:
		if a, ok := decoded[Account](i, key, value); ok {
			i.stands[a.AccountKey] = standing{a.State, a.Pending, a.RequestID}
			i.kept.account(a)
			i.refer(key, RequestKey, a.RequestID)
			i.refer(key, RequestKey, a.Pending)
		}
	case requestPrefix:
		if r, ok := decoded[Request](i, key, value); ok {
			i.request(key, r)
		}
	case taskPrefix:
		if t, ok := decoded[Task](i, key, value); ok {
			i.refers = append(i.refers, reference{key, accountPrefix + t.Account.String()}, reference{key, RequestKey(t.Request)})
		}
	case checkPrefix:
		if c, ok := decoded[Check](i, key, value); ok {
			i.refers = append(i.refers, reference{key, accountPrefix + c.Account.String()})
		}
	case messagePrefix:
		if m, ok := decoded[Message](i, key, value); ok {
			i.refers = append(i.refers, reference{key, m.Subject})
			if m.Under != "" {
				i.refers = append(i.refers, reference{key, m.Under})
			}
		}
	case batchPrefix:
		if !i.batch(key, value) {
			return
		}
	case namePrefix:
		if o, ok := readable[owner](i, key, value); ok {
			i.kept.names.have[key] = o
		}
	case applicationPrefix:
		decoded[Application](i, key, value)
	case seenPrefix:
		decoded[seen](i, key, value)
	case eventPrefix:
		i.event(key, value)
	case duePrefix:
		if _, err := parseDue(key, value); err != nil {
			i.fault(key, fromBackup, "it can't be read")
			return
		}
		i.due[key] = string(value)
	default:
		if key != schemaKey && key != roomKey && !strings.HasPrefix(key, notePrefix) {
			i.unknown(key)
		}
		return
	}
	i.report.Records[kind]++
}

func (i *inspector) unknown(key string) {
	i.fault(key, "Nothing of this version of oktaws reads it. "+fromBackup, "it is of no kind of record")
}

// request looks at what a request refers to. The account of one that was skipped may never have got a record.
func (i *inspector) request(key string, r Request) {
	i.refer(key, RequestKey, r.Parent)
	i.kept.request(r)
	if r.Size > 0 {
		return
	}
	if r.State != Skipped {
		i.refers = append(i.refers, reference{key, accountPrefix + r.Account.String()})
	}
	if r.State == Pending {
		i.asked = append(i.asked, r)
	}
}

// decoded reads a record, and looks at what every record has.
func decoded[T any, P interface {
	*T
	record
}](i *inspector, key string, value []byte) (rec T, ok bool) {
	if rec, ok = readable[T](i, key, value); !ok {
		return rec, false
	}
	p := P(&rec)
	if own := p.Key(); own != key {
		i.fault(key, fromBackup, "it says that it is %s", own)
		return rec, false
	}
	m := p.meta()
	if m.Revision == 0 || m.Created.IsZero() || m.Updated.IsZero() {
		i.fault(key, fromBackup, "it has no revision, or no time at which it was made or changed")
	}
	if !m.Due.IsZero() {
		i.planned[dueKey(m.Due, key)] = strconv.FormatUint(m.Revision, 10)
	} else if m.Untold {
		i.fault(key, touchIt, "the messages about it are out of date, and it isn't due")
	}
	return rec, true
}

func readable[T any](i *inspector, key string, value []byte) (rec T, ok bool) {
	i.has[key] = true
	if err := json.Unmarshal(value, &rec); err != nil {
		i.fault(key, fromBackup, "it can't be read: %v", err)
		return rec, false
	}
	return rec, true
}

// event looks at one line of the audit trail. Keys sort by time, so each that is of its own time is in order.
func (i *inspector) event(key string, value []byte) {
	var e Event
	if err := json.Unmarshal(value, &e); err != nil {
		i.fault(key, fromBackup, "it can't be read: %v", err)
	} else if eventPrefix+e.ID != key || !strings.HasPrefix(e.ID, fmt.Sprintf("%020d-", e.At.UnixNano())) {
		i.fault(key, fromBackup, "the event is out of order: it says that it is %s, of %s", e.ID, e.At.Format("2006-01-02T15:04:05.999999999Z07:00"))
	}
}

func (i *inspector) refer(from string, key func(string) string, id string) {
	if id != "" {
		i.refers = append(i.refers, reference{from, key(id)})
	}
}

// lookAcross is at how the records fit together.
func (i *inspector) lookAcross() {
	for _, r := range i.refers {
		if !i.has[r.to] {
			i.fault(r.from, fromBackup, "it refers to %s, which isn't there", r.to)
		}
	}
	if i.report.Schema >= 2 { // before, an account had one request only
		for _, r := range i.asked {
			if i.stands[r.Account].pending != r.ID {
				i.fault(r.Key(), "Withdraw or deny the request in Slack, and ask anew. Or: "+fromBackup, "it waits for a decision, and the account %s doesn't know of it", r.Account)
			}
		}
		i.compareKept()
	}
	i.compareDue()
	faults := i.report.Faults
	slices.SortStableFunc(faults, func(a, b Fault) int { return strings.Compare(a.Key, b.Key) })
	i.report.Faults, i.report.More = faults[:min(len(faults), MaxFaults)], max(len(faults)-MaxFaults, 0)
}

func (i *inspector) compareDue() {
	for key, revision := range i.planned {
		_, record, _ := strings.Cut(strings.TrimPrefix(key, duePrefix), "/")
		switch have, ok := i.due[key]; {
		case !ok:
			i.fault(record, touchIt, "it is due, and the index has no entry of that")
		case have != revision:
			i.fault(record, touchIt, "it has revision %s, and the index says %s", revision, have)
		}
	}
	for key := range i.due {
		if _, ok := i.planned[key]; !ok {
			i.fault(key, fromBackup, "there is no record that is due then")
		}
	}
}
