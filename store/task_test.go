package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

const taskID = "r1-enable-provisioning"

// withTask is records with an account whose task is open, and looked at already.
func withTask(t *testing.T) *records {
	r := newRecords(t)
	r.linking()
	r.openTask()
	return r
}

func (r *records) openTask(assignees ...store.Person) {
	r.Helper()
	r.do(func(tx *store.Tx) error {
		a, err := tx.Account(account)
		if err != nil {
			return err
		}
		_, err = tx.OpenTask(a, store.EnableProvisioning, assignees, time.Hour)
		return err
	})
}

func (r *records) checked(missing ...string) {
	r.Helper()
	r.do(func(tx *store.Tx) error { _, err := tx.CheckedTask(taskID, missing); return err })
}

func (r *records) settleTask() {
	r.Helper()
	r.do(func(tx *store.Tx) error { return tx.PlanTask(taskID, time.Time{}) })
}

func TestATaskIsOpenedOnce(t *testing.T) {
	r := withTask(t)
	task := r.task(taskID)
	if task.ID != store.TaskIDOf("r1", store.EnableProvisioning) || task.State != store.TaskOpen || task.Account != account || task.Request != "r1" ||
		!slices.Equal(task.Assignees, []store.Person{admin}) || !task.RemindAt.Equal(start.Add(time.Hour)) || !task.Due.Equal(start) {
		t.Errorf("the task is %+v", task)
	}
	r.clock.Advance(time.Minute)
	r.openTask(admin2)
	if again := r.task(taskID); again.Revision != task.Revision {
		t.Errorf("opened again, the task is %+v", again)
	}
	r.wantEvents("request.opened", "request.approval", "request.approved", "account.linking", "task.opened")
	n := 0
	r.look(func(tx *store.ReadTx) error { return tx.Tasks(func(store.Task) bool { n++; return true }) })
	if n != 1 {
		t.Errorf("there are %d tasks", n)
	}
}

func TestATaskFallsToTheAssignees(t *testing.T) {
	r := newRecords(t)
	r.linking()
	r.openTask(admin2, requester)
	if task := r.task(taskID); !slices.Equal(task.Assignees, []store.Person{admin2, requester}) {
		t.Errorf("the task is of %v", task.Assignees)
	}
}

func TestATaskIsSeenToBeDone(t *testing.T) {
	r := withTask(t)
	r.checked("Create Users", "Update User Attributes")
	r.settleTask()
	settled := r.task(taskID)

	r.clock.Advance(time.Minute)
	r.checked("Create Users", "Update User Attributes")
	if task := r.task(taskID); !task.Due.IsZero() || !task.Checked.Equal(start.Add(time.Minute)) || task.Revision != settled.Revision+1 {
		t.Errorf("seen as it was, the task is %+v; nobody needs to hear of that", task)
	}
	r.checked("Update User Attributes")
	if task := r.task(taskID); !task.Due.Equal(start.Add(time.Minute)) || task.State != store.TaskOpen || !slices.Equal(task.Missing, []string{"Update User Attributes"}) {
		t.Errorf("half done, the task is %+v", task)
	}
	r.checked()
	done := r.task(taskID)
	if done.State != store.TaskDone || !done.Ended.Equal(start.Add(time.Minute)) || len(done.Missing) != 0 {
		t.Errorf("the task is %+v", done)
	}
	r.clock.Advance(time.Minute)
	r.checked("Create Users")
	if task := r.task(taskID); task.Revision != done.Revision {
		t.Errorf("a task that is done went to %+v", task)
	}
	wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.CheckedTask("other", nil); return err }), store.NotFound)
}

func TestATaskThatIsDoneAtTheFirstLook(t *testing.T) {
	r := withTask(t)
	r.checked()
	if task := r.task(taskID); task.State != store.TaskDone {
		t.Errorf("the task is %+v", task)
	}
}

func TestReminders(t *testing.T) {
	r := withTask(t)
	remind := func() store.Task {
		t.Helper()
		r.do(func(tx *store.Tx) error { _, err := tx.RemindTask(taskID, 24*time.Hour); return err })
		return r.task(taskID)
	}
	if task := remind(); task.Reminders != 0 {
		t.Errorf("reminded too early: %+v", task)
	}
	r.clock.Advance(time.Hour)
	if task := remind(); task.Reminders != 1 || !task.RemindAt.Equal(start.Add(25*time.Hour)) || task.Due.IsZero() {
		t.Errorf("reminded, the task is %+v", task)
	}
	if task := remind(); task.Reminders != 1 {
		t.Errorf("reminded twice: %+v", task)
	}
	until := start.Add(50 * time.Hour)
	r.do(func(tx *store.Tx) error { _, err := tx.SnoozeTask(taskID, admin, until); return err })
	if task := r.task(taskID); task.Snoozed == nil || task.Snoozed.By != admin || !task.RemindAt.Equal(until) {
		t.Errorf("put off, the task is %+v", task)
	}
	r.clock.Advance(48 * time.Hour)
	if task := remind(); task.Reminders != 1 {
		t.Errorf("reminded though it was put off: %+v", task)
	}
	r.clock.Advance(time.Hour)
	if task := remind(); task.Reminders != 2 || task.Snoozed != nil || !task.RemindAt.Equal(start.Add(74*time.Hour)) {
		t.Errorf("reminded again, the task is %+v", task)
	}
	r.checked()
	r.clock.Advance(100 * time.Hour)
	if task := remind(); task.Reminders != 2 {
		t.Errorf("reminded of what is done: %+v", task)
	}
	wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.SnoozeTask(taskID, admin, until); return err }), store.Conflict, "done already")
}

func TestWhoSawTheCredentials(t *testing.T) {
	r := withTask(t)
	step := func(change func(tx *store.Tx) error) store.Task {
		t.Helper()
		r.clock.Advance(time.Second)
		r.do(change)
		return r.task(taskID)
	}
	making := func(tx *store.Tx) error { _, err := tx.MakingKey(taskID); return err }
	shown := func(tx *store.Tx) error { _, err := tx.KeyShown(taskID, "AKIA1", admin); return err }
	noKey := func(tx *store.Tx) error { return tx.NoKey(taskID) }

	before := r.task(taskID)
	if task := step(noKey); task.Revision != before.Revision {
		t.Errorf("with no key under way, the task went to %+v", task)
	}
	if task := step(making); !task.Making || task.Shown != nil {
		t.Errorf("while a key is made the task is %+v", task)
	}
	if task := step(noKey); task.Making {
		t.Errorf("with that key gone the task is %+v", task)
	}
	step(making)
	task := step(shown)
	if task.Making || task.Shown == nil || task.Shown.KeyID != "AKIA1" || task.Shown.By != admin || !task.Shown.At.Equal(r.clock.Now()) {
		t.Errorf("shown, the task is %+v", task)
	}
	if task := step(making); !task.Making || task.Shown != nil {
		t.Errorf("while another key is made the task is %+v", task)
	}
	step(shown)
	r.checked()
	wantError(t, r.try(making), store.Conflict, "done already")
	wantError(t, r.try(shown), store.Conflict, "done already")

	r.openTask()
	if task := r.task(taskID); task.State != store.TaskOpen || task.Shown == nil || task.Reminders != 0 || !task.Ended.IsZero() {
		t.Errorf("opened again, the task is %+v; the key is still there", task)
	}
	seen := 0
	for _, what := range r.events() {
		if what == "credentials.shown" {
			seen++
		}
	}
	if seen != 2 {
		t.Errorf("the audit trail has %d times that credentials were shown", seen)
	}
}

func TestWhoWantsToHelpJoinsAnOpenTaskOnce(t *testing.T) {
	r := withTask(t)
	r.settleTask()
	helper := store.Person{ID: "UHELPER", Team: "T1"}
	join := func(tx *store.Tx) error { _, err := tx.JoinTask(taskID, helper); return err }
	r.do(join)
	if got := r.task(taskID); len(got.Assignees) != 2 || got.Assignees[1] != helper || got.Due.IsZero() {
		t.Errorf("%+v", got)
	}
	if err := r.try(join); store.KindOf(err) != store.Conflict {
		t.Errorf("joined twice: %v", err)
	}
	r.checked()
	r.do(func(*store.Tx) error { return nil })
	if err := r.try(func(tx *store.Tx) error { _, err := tx.JoinTask(taskID, store.Person{ID: "ULATE"}); return err }); store.KindOf(err) != store.Conflict {
		t.Errorf("joined a task that is done: %v", err)
	}
}

func TestATaskTakesNoMorePeopleThanItsMessagesFit(t *testing.T) {
	r := withTask(t)
	r.settleTask()
	join := func(n int) error {
		return r.try(func(tx *store.Tx) error {
			_, err := tx.JoinTask(taskID, store.Person{ID: fmt.Sprintf("UHELPER%d", n), Team: "T1"})
			return err
		})
	}
	for n := 1; n < store.MaxPeople; n++ {
		if err := join(n); err != nil {
			t.Fatalf("person %d: %v", n+1, err)
		}
	}
	if err := join(store.MaxPeople); store.KindOf(err) != store.Conflict {
		t.Errorf("one more than %d: %v", store.MaxPeople, err)
	}
}

func TestATaskThatFallsToNobodyIsAssignedOnce(t *testing.T) {
	r := withTask(t)
	r.do(func(tx *store.Tx) error { _, err := tx.AssignTask(taskID, []store.Person{admin2}); return err })
	if task := r.task(taskID); !slices.Equal(task.Assignees, []store.Person{admin}) {
		t.Errorf("somebody's task is given to %v", task.Assignees)
	}
	r.do(func(tx *store.Tx) error {
		task, err := tx.Task(taskID)
		if err != nil {
			return err
		}
		task.Assignees = nil
		return tx.SaveTask(&task)
	})
	crowd := make([]store.Person, store.MaxPeople+1)
	for i := range crowd {
		crowd[i].ID = fmt.Sprintf("U%d", i)
	}
	r.do(func(tx *store.Tx) error { _, err := tx.AssignTask(taskID, crowd); return err })
	if task := r.task(taskID); !slices.Equal(task.Assignees, crowd[:store.MaxPeople]) || task.Due.IsZero() {
		t.Errorf("the task is %+v", task)
	}
}
