package store

import (
	"slices"
	"strings"
	"time"
)

// TaskKind is what a person is asked to do.
type TaskKind string

// The kinds of task, both in the Okta admin console.
const (
	EnableProvisioning TaskKind = "enable-provisioning" // asks for the API integration of the application
	EnterKey           TaskKind = "enter-key"           // asks to enter a new access key in place of the one that Okta uses
)

// TaskState is where a task stands.
type TaskState string

// The states of a task.
const (
	TaskOpen   TaskState = "open"
	TaskDone   TaskState = "done"   // seen to be done
	TaskClosed TaskState = "closed" // no longer wanted
)

// Task is something that only a person can do. There is at most one of a kind for each request.
type Task struct {
	Meta
	ID        string     `json:"id"`
	Kind      TaskKind   `json:"kind"`
	Account   AccountKey `json:"account"`
	Request   string     `json:"request"`
	Assignees []Person   `json:"assignees"`
	State     TaskState  `json:"state"`
	Missing   []string   `json:"missing,omitempty"` // what was still to be done when it was last looked at; for people
	Checked   time.Time  `json:"checked,omitzero"`  // when it was last looked at
	Reminders int        `json:"reminders,omitempty"`
	RemindAt  time.Time  `json:"remind_at,omitzero"`
	Snoozed   *Snooze    `json:"snoozed,omitempty"`
	Shown     *Shown     `json:"shown,omitempty"`  // the newest credentials; nil: none were shown, or they were deleted
	Making    bool       `json:"making,omitempty"` // a key is being made: one that nobody has seen may exist
	MakingAt  time.Time  `json:"making_at,omitzero"`
	Ended     time.Time  `json:"ended,omitzero"`
}

// Snooze is a person's wish to hear of a task later.
type Snooze struct {
	By    Person    `json:"by"`
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
}

// Shown says which access key was shown to whom. The secret is nowhere.
type Shown struct {
	KeyID string    `json:"key_id"`
	By    Person    `json:"by"`
	At    time.Time `json:"at"`
}

const taskPrefix = "task/"

// TaskKey is where the task with the ID is stored.
func TaskKey(id string) string { return taskPrefix + id }

// Key is where the task is stored.
func (t *Task) Key() string { return TaskKey(t.ID) }

// Task returns the task, or a NotFound error.
func (tx *ReadTx) Task(id string) (Task, error) {
	t := Task{ID: id}
	found, err := get(tx.r, t.Key(), &t)
	if err == nil && !found {
		err = newError(NotFound, "", "task %s is not known", id)
	}
	return t, err
}

// Tasks visits the tasks in order of ID until visit returns false.
func (tx *ReadTx) Tasks(visit func(Task) bool) error { return scan(tx.r, taskPrefix, "", visit) }

// TasksOf visits the tasks of a batch's accounts, in its order, until visit returns false.
func (tx *ReadTx) TasksOf(batch string, visit func(Task) bool) error {
	return scan(tx.r, taskPrefix+batch+".", "", visit)
}

// Batch is the ID of the batch that the task's account is of, if it is of one.
func (t *Task) Batch() (string, bool) { return batchOf(t.Request) }

// TaskIDOf is the ID of the one task of a kind that a request can have.
func TaskIDOf(request string, kind TaskKind) string { return request + "-" + string(kind) }

// OpenTask opens the task of a kind for the account's present request, unless it is open already. Where no assignees
// are given, it falls to those who approved the request; where those were operators, to nobody, until it is assigned or
// somebody joins. The first reminder comes remindAfter from now. A task that is opened again keeps what is known of the
// credentials, since the key outlives it.
func (tx *Tx) OpenTask(a Account, kind TaskKind, assignees []Person, remindAfter time.Duration) (Task, error) {
	id := TaskIDOf(a.RequestID, kind)
	t, err := tx.Task(id)
	if err != nil && KindOf(err) != NotFound {
		return t, err
	}
	if err == nil && t.State == TaskOpen {
		return t, nil
	}
	if len(assignees) == 0 {
		r, err := tx.Request(a.RequestID)
		if err != nil {
			return t, err
		}
		for _, approval := range r.Approvals {
			if !approval.By.IsOperator() { // whom nobody can send anything
				assignees = append(assignees, approval.By)
			}
		}
	}
	t = Task{Meta: t.Meta, ID: id, Kind: kind, Account: a.AccountKey, Request: a.RequestID, Assignees: assignees,
		State: TaskOpen, RemindAt: tx.now.Add(remindAfter), Shown: t.Shown, Making: t.Making, MakingAt: t.MakingAt}
	if err := tx.Record(Event{What: "task.opened", Account: a.AccountKey, Request: a.RequestID, Task: id}); err != nil {
		return t, err
	}
	return t, tx.SaveTask(&t)
}

// SaveTask writes a changed task, due at once, so that Slack is brought in line.
func (tx *Tx) SaveTask(t *Task) error {
	tx.remember(&t.Meta)
	t.Due = tx.now
	return tx.putTold(t)
}

// PlanTask sets when the task is looked at next (zero: when it changes).
func (tx *Tx) PlanTask(id string, due time.Time) error {
	t, err := tx.Task(id)
	if err != nil {
		return err
	}
	t.Due = due
	return tx.planned(&t)
}

// CheckedTask notes what was seen of an open task: what is missing, or, where nothing is, that it is done.
func (tx *Tx) CheckedTask(id string, missing []string) (Task, error) {
	t, err := tx.Task(id)
	if err != nil || t.State != TaskOpen {
		return t, err
	}
	same := slices.Equal(t.Missing, missing) && len(missing) > 0
	t.Missing, t.Checked = missing, tx.now
	if same {
		return t, tx.put(&t) // nothing to tell anybody
	}
	if len(missing) == 0 {
		t.State, t.Ended = TaskDone, tx.now
		if err := tx.Record(Event{What: "task.done", Account: t.Account, Request: t.Request, Task: t.ID}); err != nil {
			return t, err
		}
	}
	return t, tx.SaveTask(&t)
}

// CloseTask ends an open task that is no longer wanted; where there is none it does nothing. The messages about it follow
// when it is planned.
func (tx *Tx) CloseTask(id string) error {
	t, err := tx.Task(id)
	if KindOf(err) == NotFound {
		return nil
	}
	if err != nil || t.State != TaskOpen {
		return err
	}
	t.State, t.Ended = TaskClosed, tx.now
	if err := tx.Record(Event{What: "task.closed", Account: t.Account, Request: t.Request, Task: t.ID}); err != nil {
		return err
	}
	return tx.putUntold(&t)
}

// SnoozeTask puts the next reminder off.
func (tx *Tx) SnoozeTask(id string, by Person, until time.Time) (Task, error) {
	t, err := tx.openTask(id)
	if err != nil {
		return t, err
	}
	t.Snoozed = &Snooze{By: by, At: tx.now, Until: until}
	t.RemindAt = until
	if err := tx.Record(Event{What: "task.snoozed", Actor: by, Account: t.Account, Request: t.Request, Task: t.ID, Text: "until " + until.Format(time.RFC3339)}); err != nil {
		return t, err
	}
	return t, tx.SaveTask(&t)
}

// JoinTask makes somebody who wants to help one more assignee of an open task.
func (tx *Tx) JoinTask(id string, by Person) (Task, error) {
	t, err := tx.openTask(id)
	if err != nil {
		return t, err
	}
	if slices.ContainsFunc(t.Assignees, func(p Person) bool { return p.ID == by.ID }) {
		return t, newError(Conflict, "Look for it in your direct messages with oktaws.", "this task is yours already")
	}
	if len(t.Assignees) >= MaxPeople {
		return t, newError(Conflict, "Ask one of them.", "this task is with %d people already", len(t.Assignees))
	}
	t.Assignees = append(slices.Clone(t.Assignees), by)
	if err := tx.Record(Event{What: "task.joined", Actor: by, Account: t.Account, Request: t.Request, Task: t.ID}); err != nil {
		return t, err
	}
	return t, tx.SaveTask(&t)
}

// AssignTask makes an open task that falls to nobody that of people, as many as a task may have. One that has fallen to
// somebody, or isn't open any more, stays as it is.
func (tx *Tx) AssignTask(id string, to []Person) (Task, error) {
	t, err := tx.Task(id)
	if err != nil || t.State != TaskOpen || len(t.Assignees) > 0 || len(to) == 0 {
		return t, err
	}
	t.Assignees = slices.Clone(to[:min(len(to), MaxPeople)])
	var names []string
	for _, p := range t.Assignees {
		names = append(names, p.Mention())
	}
	if err := tx.Record(Event{What: "task.assigned", Account: t.Account, Request: t.Request, Task: t.ID, Text: "to " + strings.Join(names, ", ")}); err != nil {
		return t, err
	}
	return t, tx.SaveTask(&t)
}

// RemindTask counts a reminder, if one is due, and plans the next.
func (tx *Tx) RemindTask(id string, every time.Duration) (Task, error) {
	t, err := tx.Task(id)
	if err != nil || t.State != TaskOpen || t.RemindAt.After(tx.now) {
		return t, err
	}
	t.Reminders++
	t.RemindAt, t.Snoozed = tx.now.Add(every), nil
	if err := tx.Record(Event{What: "task.reminded", Account: t.Account, Request: t.Request, Task: t.ID}); err != nil {
		return t, err
	}
	return t, tx.SaveTask(&t)
}

// MakingKey notes that an access key is about to be made: from now until KeyShown, one that nobody has seen may exist.
func (tx *Tx) MakingKey(id string) (Task, error) {
	t, err := tx.openTask(id)
	if err != nil {
		return t, err
	}
	t.Making, t.MakingAt, t.Shown = true, tx.now, nil
	return t, tx.SaveTask(&t)
}

// KeyShown notes which key was made, and who asked to see it.
func (tx *Tx) KeyShown(id, keyID string, by Person) (Task, error) {
	t, err := tx.openTask(id)
	if err != nil {
		return t, err
	}
	t.Making, t.MakingAt, t.Shown = false, time.Time{}, &Shown{KeyID: keyID, By: by, At: tx.now}
	if err := tx.Record(Event{What: "credentials.shown", Actor: by, Account: t.Account, Request: t.Request, Task: t.ID, Text: keyID}); err != nil {
		return t, err
	}
	return t, tx.SaveTask(&t)
}

// NoKey notes that there is no key any more that nobody has seen.
func (tx *Tx) NoKey(id string) error {
	t, err := tx.Task(id)
	if err != nil || !t.Making {
		return err
	}
	t.Making, t.MakingAt = false, time.Time{}
	return tx.SaveTask(&t)
}

func (tx *Tx) openTask(id string) (Task, error) {
	t, err := tx.Task(id)
	if err == nil && t.State != TaskOpen {
		err = newError(Conflict, "", "this task is %s already", t.State)
	}
	return t, err
}
