package store

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Check is what was seen of a linked account when it was last looked at as a whole. There is one for each account that
// was ever found to differ from what it shall be, or could not be looked at.
type Check struct {
	Meta
	Account  AccountKey        `json:"account"`
	At       time.Time         `json:"at,omitzero"` // of the last look
	Findings []Finding         `json:"findings,omitempty"`
	Ignored  map[string]Ignore `json:"ignored,omitempty"` // by the finding's key
	Problem  *Problem          `json:"problem,omitempty"` // why it could not be looked at
}

// Finding is one thing that isn't as it shall be.
type Finding struct {
	Key     string    `json:"key"`               // the same for the same thing, however often it is found: roles/Administrator/trust
	Step    string    `json:"step"`              // that makes it true
	What    string    `json:"what"`              // what differs; for people
	Means   string    `json:"means,omitempty"`   // what that means for those who sign in
	Mend    string    `json:"mend,omitempty"`    // what oktaws does about it
	Foreign bool      `json:"foreign,omitempty"` // it is somebody else's: taken over by an adoption only
	Person  bool      `json:"person,omitempty"`  // a person has to do something
	Rotate  Rotation  `json:"rotate,omitempty"`  // what is to be rotated
	Since   time.Time `json:"since,omitzero"`    // when it was first found
}

// Ignore is an approver's word that a finding may stay as it is for a while.
type Ignore struct {
	By     Person    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Until  time.Time `json:"until"`
}

const checkPrefix = "check/"

// CheckKey is where the check of an account is stored.
func CheckKey(k AccountKey) string { return checkPrefix + k.String() }

// Key is where the check is stored.
func (c *Check) Key() string { return CheckKey(c.Account) }

// Open are the findings that nobody ignores at the time.
func (c *Check) Open(now time.Time) []Finding {
	return slices.DeleteFunc(slices.Clone(c.Findings), func(f Finding) bool { return c.ignored(f.Key, now) })
}

func (c *Check) ignored(key string, now time.Time) bool {
	i, ok := c.Ignored[key]
	return ok && i.Until.After(now)
}

// Check returns what was last seen of the account, or a NotFound error where nothing ever was.
func (tx *ReadTx) Check(k AccountKey) (Check, error) {
	c := Check{Account: k}
	found, err := get(tx.r, c.Key(), &c)
	if err == nil && !found {
		err = newError(NotFound, "Look with /oktaws check "+k.ID+".", "account %s was never found to differ", k.ID)
	}
	return c, err
}

// Checks visits the checks in order of account until visit returns false.
func (tx *ReadTx) Checks(visit func(Check) bool) error { return scan(tx.r, checkPrefix, "", visit) }

// Checked notes in the account what a look at the whole of it has found, or why it could not be looked at, and keeps
// the check. The caller saves the account. What was found before keeps its time; what is new, and what is gone, is on
// record. It fails with a Conflict where the account isn't linked any more: what was found is of another wish then.
func (tx *Tx) Checked(a *Account, findings []Finding, problem *Problem) error {
	if err := checkable(*a); err != nil {
		return err
	}
	c, err := tx.Check(a.AccountKey)
	if err != nil && KindOf(err) != NotFound {
		return err
	}
	if err != nil && len(findings) == 0 && problem == nil {
		return nil
	}
	if problem != nil {
		findings = c.Findings // nothing new is known of them
	}
	open, hadProblem := keysOf(c.Open(c.At)), c.Problem != nil // as people have it; an ignored one may be open again by now
	had := map[string]Finding{}
	for _, f := range c.Findings {
		had[f.Key] = f
	}
	var found, gone []Finding
	has := map[string]bool{}
	c.At, c.Problem, c.Findings = tx.now, problem, nil
	for _, f := range findings {
		if has[f.Key] {
			continue
		}
		has[f.Key], f.Since = true, tx.now
		if old, ok := had[f.Key]; ok {
			f.Since = old.Since
		} else {
			found = append(found, f)
		}
		c.Findings = append(c.Findings, f)
	}
	for _, key := range slices.Sorted(maps.Keys(had)) {
		if !has[key] {
			gone = append(gone, had[key])
			delete(c.Ignored, key)
		}
	}
	maps.DeleteFunc(c.Ignored, func(_ string, i Ignore) bool { return !i.Until.After(tx.now) })
	if err := tx.recordDrift("drift.found", Person{}, a, found, ""); err != nil {
		return err
	}
	if err := tx.recordDrift("drift.gone", Person{}, a, gone, ""); err != nil {
		return err
	}
	now := c.Open(tx.now)
	a.Drifted = len(now)
	return tx.saveCheck(&c, !slices.Equal(open, keysOf(now)) || hadProblem != (problem != nil))
}

// mostOnRecord is how many findings get a line of their own in the audit trail at once. A transaction takes only so many
// writes.
const mostOnRecord = 10

// recordDrift notes what became of findings, and, behind each, why. Of very many, one line more names the rest.
func (tx *Tx) recordDrift(what string, by Person, a *Account, findings []Finding, why string) error {
	e := Event{What: what, Actor: by, Account: a.AccountKey, Request: a.RequestID}
	for i, f := range findings {
		if i == mostOnRecord {
			e.Step, e.Text = "", strings.Join(keysOf(findings[i:]), ", ")+why
			return tx.Record(e)
		}
		e.Step, e.Text = f.Step, f.What+why
		if err := tx.Record(e); err != nil {
			return err
		}
	}
	return nil
}

func keysOf(findings []Finding) []string {
	var keys []string
	for _, f := range findings {
		keys = append(keys, f.Key)
	}
	slices.Sort(keys)
	return keys
}

// saveCheck writes a check, due at once where Slack shall hear of it.
func (tx *Tx) saveCheck(c *Check, news bool) error {
	if news {
		return tx.putUntold(c)
	}
	return tx.put(c)
}

// tellOfCheck has the messages about what was found of an account, where anything was, rendered anew: what can be done
// about it is another now.
func (tx *Tx) tellOfCheck(k AccountKey) error {
	c, err := tx.Check(k)
	if KindOf(err) == NotFound {
		return nil
	}
	if err != nil || len(c.Findings) == 0 && c.Problem == nil {
		return err
	}
	return tx.putUntold(&c)
}

// PlanCheck sets when the check is looked at next (zero: when it changes).
func (tx *Tx) PlanCheck(k AccountKey, due time.Time) error {
	c, err := tx.Check(k)
	if err != nil {
		return err
	}
	c.Due = due
	return tx.planned(&c)
}

// IgnoreFindings lets findings of an account stay as they are until a time to come, for a reason. It fails with a Conflict
// where none of them is there any more.
func (tx *Tx) IgnoreFindings(k AccountKey, keys []string, i Ignore) error {
	if !i.Until.After(tx.now) {
		return newError(Permanent, "Choose a later time.", "what is ignored until %s isn't ignored at all", i.Until.Format(time.RFC3339))
	}
	a, err := tx.Account(k)
	if err != nil {
		return err
	}
	if a.State != Drifted {
		return newError(Conflict, "", "account %s is %s: there is nothing to ignore", k.ID, a.State.Word())
	}
	c, err := tx.Check(k)
	if err != nil {
		return err
	}
	i.At = tx.now
	var ignored []Finding
	for _, f := range c.Findings {
		if slices.Contains(keys, f.Key) {
			ignored = append(ignored, f)
		}
	}
	if len(ignored) == 0 {
		return newError(Conflict, "Look with /oktaws check "+k.ID+".", "what was to be ignored is gone already")
	}
	if c.Ignored == nil {
		c.Ignored = map[string]Ignore{}
	}
	for _, f := range ignored {
		c.Ignored[f.Key] = i
	}
	if err := tx.recordDrift("drift.ignored", i.By, &a, ignored, " Until "+i.Until.Format(time.RFC3339)+": "+i.Reason); err != nil {
		return err
	}
	a.Drifted = len(c.Open(tx.now))
	if err := tx.saveCheck(&c, true); err != nil {
		return err
	}
	return tx.SaveAccount(&a)
}

// CheckSoon has the linked account checked at the time, or before it where that is planned already.
func (tx *Tx) CheckSoon(k AccountKey, at time.Time) error {
	a, err := tx.Account(k)
	if err != nil {
		return err
	}
	if err := checkable(a); err != nil {
		return err
	}
	a.CheckDue = sooner(a.CheckDue, at)
	a.derive(tx.now)
	return tx.put(&a) // nobody is told of it, so no message changes
}

func checkable(a Account) error {
	if a.State != Linked && a.State != Drifted {
		return newError(Conflict, "See it with /oktaws status "+a.ID+".", "account %s is %s: only linked accounts are checked", a.ID, a.State.Word())
	}
	return nil
}

// endCheck forgets what was found of an account that now is what it shall be.
func (tx *Tx) endCheck(a *Account) error {
	c, err := tx.Check(a.AccountKey)
	if KindOf(err) == NotFound {
		return nil
	}
	if err != nil || len(c.Findings) == 0 && c.Problem == nil {
		return err
	}
	if err := tx.recordDrift("drift.gone", Person{}, a, c.Findings, ""); err != nil {
		return err
	}
	c.Findings, c.Ignored, c.Problem, c.At = nil, nil, nil, tx.now
	return tx.saveCheck(&c, true)
}
