package store_test

import (
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

const messageKey = "message/request/r1/progress@C0ADMIN"

// withMessage is records with a request, and a message about it.
func withMessage(t *testing.T) *records {
	r := newRecords(t)
	r.open(link("r1", account, "Data-Team"))
	r.do(func(tx *store.Tx) error {
		return tx.WantMessage(store.Message{Subject: store.RequestKey("r1"), View: "progress", Where: "C0ADMIN"})
	})
	return r
}

func TestAMessageIsWantedOnce(t *testing.T) {
	r := withMessage(t)
	m := r.message(messageKey)
	if m.Key() != messageKey || store.MessageKey(m.Subject, m.View, m.Where) != messageKey || !m.Due.Equal(start) || m.TS != "" {
		t.Errorf("the message is %+v", m)
	}
	r.clock.Advance(time.Minute)
	r.do(func(tx *store.Tx) error {
		return tx.WantMessage(store.Message{Subject: store.RequestKey("r1"), View: "progress", Where: "C0ADMIN", TS: "1.1"})
	})
	if again := r.message(messageKey); again.Revision != m.Revision || again.TS != "" {
		t.Errorf("wanted again, the message is %+v", again)
	}
}

// A message is rendered and sent outside of any transaction, and saved after it.
func TestAMessageIsSaved(t *testing.T) {
	r := withMessage(t)
	m := r.message(messageKey)
	m.Channel, m.TS, m.Hash, m.Due = "C0ADMIN", "1.1", "h1", time.Time{}
	r.do(func(tx *store.Tx) error { return tx.SaveMessage(&m) })
	if got := r.message(messageKey); got.TS != "1.1" || !got.Due.IsZero() || got.Revision != m.Revision {
		t.Errorf("the message is %+v", got)
	}
	m.Hash, m.Due = "h2", start.Add(time.Hour)
	r.do(func(tx *store.Tx) error { return tx.SaveMessage(&m) })
	if got := r.message(messageKey); got.Hash != "h2" || !got.Due.Equal(start.Add(time.Hour)) {
		t.Errorf("saved again, the message is %+v", got)
	}
	other := store.Message{Subject: "request/r9", View: "progress", Where: "C0ADMIN"}
	wantError(t, r.try(func(tx *store.Tx) error { return tx.SaveMessage(&other) }), store.NotFound)
}

func TestAMessageThatWasTouchedMeanwhileStaysDue(t *testing.T) {
	r := withMessage(t)
	for i, touch := range []func(*store.Tx) error{
		func(tx *store.Tx) error { _, err := tx.Approve("r1", admin); return err },
		func(tx *store.Tx) error {
			a, err := tx.Account(account)
			if err != nil {
				return err
			}
			a.Steps = map[string]store.Step{"a": {State: store.StepDone}}
			return tx.SaveAccount(&a)
		},
	} {
		m := r.message(messageKey)
		r.clock.Advance(time.Minute)
		touched := start.Add(time.Duration(i+1) * time.Minute)
		r.do(touch)
		m.TS, m.Due = "1.1", time.Time{}
		r.do(func(tx *store.Tx) error { return tx.SaveMessage(&m) })
		if got := r.message(messageKey); got.TS != "1.1" || !got.Due.Equal(touched) || !m.Due.Equal(touched) {
			t.Errorf("the message is %+v, and should be due since %v", got, touched)
		}
		m.Due = time.Time{} // rendered anew, with nothing in between
		r.do(func(tx *store.Tx) error { return tx.SaveMessage(&m) })
		if got := r.message(messageKey); !got.Due.IsZero() {
			t.Errorf("the message is %+v", got)
		}
	}
}

func TestOnlyMessagesOfTheRecordAreTouched(t *testing.T) {
	r := withMessage(t)
	for _, subject := range []string{"request/r10", "request/r", "task/" + taskID} {
		r.do(func(tx *store.Tx) error {
			return tx.WantMessage(store.Message{Subject: subject, View: "progress", Where: "C0ADMIN"})
		})
	}
	r.clock.Advance(time.Minute)
	r.approve("r1", admin)
	due := map[string]time.Time{}
	r.look(func(tx *store.ReadTx) error {
		for _, subject := range []string{"request/r1", "request/r10", "request/r", "task/" + taskID} {
			err := tx.MessagesOf(subject, func(m store.Message) bool {
				if m.Subject != subject {
					t.Errorf("%s is among the messages of %s", m.Key(), subject)
				}
				due[subject] = m.Due
				return true
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	for subject, at := range due {
		if at.Equal(start.Add(time.Minute)) != (subject == "request/r1") {
			t.Errorf("the message of %s is due %v", subject, at)
		}
	}
	if len(due) != 4 {
		t.Errorf("there are messages of %v", due)
	}
	r.openTask()
	r.clock.Advance(time.Minute)
	r.checked("Create Users")
	if m := r.message(store.MessageKey("task/"+taskID, "progress", "C0ADMIN")); !m.Due.Equal(r.clock.Now()) {
		t.Errorf("the task's message is %+v", m)
	}
}

func TestADeliveryActsOnce(t *testing.T) {
	r := newRecords(t)
	first := func(id string) (yes bool) {
		t.Helper()
		r.do(func(tx *store.Tx) (err error) { yes, err = tx.FirstTime(id); return err })
		return yes
	}
	forget := func() { r.do(func(tx *store.Tx) error { return tx.Forget("seen/Ev/1") }) }
	if !first("Ev/1") || !first("Ev/2") || first("Ev/1") {
		t.Error("a delivery is not told from another")
	}
	for range 2 {
		if !first("") {
			t.Error("a delivery without an ID is lost")
		}
	}
	r.clock.Advance(store.SeenFor - 1)
	forget()
	if first("Ev/1") {
		t.Error("a delivery is forgotten too early")
	}
	r.clock.Advance(1)
	r.look(func(tx *store.ReadTx) error {
		due, _, err := tx.Due("seen/")
		if len(due) != 2 || due[0].Key != "seen/Ev/1" {
			t.Errorf("to be forgotten are %+v", due)
		}
		return err
	})
	forget()
	forget()
	if !first("Ev/1") {
		t.Error("a delivery is never forgotten")
	}
	err := r.try(func(tx *store.Tx) error {
		if _, err := tx.FirstTime("Ev/3"); err != nil {
			return err
		}
		_, err := tx.Request("r9")
		return err
	})
	wantError(t, err, store.NotFound)
	if !first("Ev/3") {
		t.Error("a delivery whose transaction failed counts as seen")
	}
}
