package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

// CheckIndex fails the test unless every record can be read, knows its own key, and stands in the due index exactly
// when and as its due time says; the index of names holds those of the accounts; and the accounts of each batch are
// counted where they stand.
func CheckIndex(t testing.TB, e store.Engine) {
	t.Helper()
	want, have, kept := map[string]string{}, map[string]string{}, newKept()
	err := e.View(context.Background(), func(r store.Reader) error {
		return r.Scan("", "", func(key string, value []byte) (bool, error) {
			room, _, _ := strings.Cut(key, "/")
			switch room {
			case "due":
				have[key] = string(value)
			case "account", "request", "task", "check", "application", "message", "seen":
				var m store.Meta
				if err := json.Unmarshal(value, &m); err != nil {
					return false, fmt.Errorf("%s: %w", key, err)
				}
				if own := ownKey(room, value); own != key {
					t.Errorf("the record at %s says that it is %s", key, own)
				}
				if m.Revision == 0 || m.Created.IsZero() || m.Updated.Before(m.Created) {
					t.Errorf("%s has revision %d, made %v, changed %v", key, m.Revision, m.Created, m.Updated)
				}
				if m.Untold && m.Due.IsZero() {
					t.Errorf("the messages about %s are out of date for ever", key)
				}
				kept.record(room, value)
				if !m.Due.IsZero() {
					want[fmt.Sprintf("due/%020d/%s", m.Due.UnixNano(), key)] = strconv.FormatUint(m.Revision, 10)
				}
			case "event":
				var ev store.Event
				if err := json.Unmarshal(value, &ev); err != nil {
					return false, fmt.Errorf("%s: %w", key, err)
				}
				if "event/"+ev.ID != key || !strings.HasPrefix(ev.ID, fmt.Sprintf("%020d-", ev.At.UnixNano())) {
					t.Errorf("the event at %s says that it is %s, of %s", key, ev.ID, ev.At.Format(time.RFC3339Nano))
				}
			case "batch", "name":
				return true, kept.index(key, value)
			case "meta":
			default:
				t.Errorf("the key %s is of no record", key)
			}
			return true, nil
		})
	})
	if err != nil {
		t.Fatalf("walk the records: %v", err)
	}
	if !maps.Equal(have, want) {
		t.Errorf("the due index is\n%q, and should be\n%q", entries(have), entries(want))
	}
	kept.check(t)
}

func ownKey(room string, value []byte) string {
	switch room {
	case "account":
		return keyOf[store.Account](value)
	case "request":
		return keyOf[store.Request](value)
	case "task":
		return keyOf[store.Task](value)
	case "check":
		return keyOf[store.Check](value)
	case "message":
		return keyOf[store.Message](value)
	}
	var rec struct{ ID, Partition, Label string }
	if json.Unmarshal(value, &rec) != nil {
		return "unreadable"
	}
	if room == "application" {
		return room + "/" + rec.Partition + "/" + rec.Label
	}
	return room + "/" + rec.ID
}

func keyOf[T any, P interface {
	*T
	Key() string
}](value []byte) string {
	var rec T
	if err := json.Unmarshal(value, &rec); err != nil {
		return err.Error()
	}
	return P(&rec).Key()
}

func entries(index map[string]string) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(index)) {
		out = append(out, k+"="+index[k])
	}
	return out
}
