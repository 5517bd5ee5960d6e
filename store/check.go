package store

import (
	"maps"
	"slices"
	"time"
)

// Check is what was seen of a linked account when it was last looked at as a whole. There is one for each account that
// was ever found to differ from what it shall be.
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
// the check. The caller saves the account. What was found before keeps its time; what is new is on record.
func (tx *Tx) Checked(a *Account, findings []Finding, problem *Problem) error {
	c, err := tx.Check(a.AccountKey)
	known := err == nil
	if err != nil && KindOf(err) != NotFound {
		return err
	}
	if problem != nil {
		findings = c.Findings // nothing new is known of them
	}
	if !known && len(findings) == 0 && problem == nil {
		return nil
	}
	before, had := keysOf(c.Open(tx.now)), map[string]Finding{}
	for _, f := range c.Findings {
		had[f.Key] = f
	}
	c.At, c.Problem, c.Findings = tx.now, problem, nil
	for _, f := range findings {
		f.Since = tx.now
		if old, ok := had[f.Key]; ok {
			f.Since = old.Since
		} else if err := tx.Record(Event{What: "drift.found", Account: a.AccountKey, Request: a.RequestID, Step: f.Step, Text: f.What}); err != nil {
			return err
		}
		delete(had, f.Key)
		c.Findings = append(c.Findings, f)
	}
	for _, key := range slices.Sorted(maps.Keys(had)) {
		delete(c.Ignored, key)
		if err := tx.Record(Event{What: "drift.gone", Account: a.AccountKey, Request: a.RequestID, Step: had[key].Step, Text: had[key].What}); err != nil {
			return err
		}
	}
	maps.DeleteFunc(c.Ignored, func(_ string, i Ignore) bool { return !i.Until.After(tx.now) })
	open := c.Open(tx.now)
	a.Drifted = len(open)
	return tx.saveCheck(&c, !slices.Equal(before, keysOf(open)))
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
		c.Due = tx.now
	}
	if err := tx.put(c); err != nil || !news {
		return err
	}
	return tx.touch(c.Key())
}

// PlanCheck sets when the check is looked at next (zero: when it changes).
func (tx *Tx) PlanCheck(k AccountKey, due time.Time) error {
	c, err := tx.Check(k)
	if err != nil {
		return err
	}
	c.Due = due
	return tx.put(&c)
}

// IgnoreFindings lets findings of an account stay as they are until a time, for a reason. It fails with a Conflict where
// none of them is there any more.
func (tx *Tx) IgnoreFindings(k AccountKey, keys []string, i Ignore) error {
	c, err := tx.Check(k)
	if err != nil {
		return err
	}
	a, err := tx.Account(k)
	if err != nil {
		return err
	}
	if a.State != Drifted {
		return newError(Conflict, "", "account %s is %s: there is nothing to ignore", k.ID, a.State.Word())
	}
	i.At = tx.now
	any := false
	for _, f := range c.Findings {
		if !slices.Contains(keys, f.Key) {
			continue
		}
		if c.Ignored == nil {
			c.Ignored = map[string]Ignore{}
		}
		c.Ignored[f.Key], any = i, true
		text := f.What + " Until " + i.Until.Format(time.RFC3339) + ": " + i.Reason
		if err := tx.Record(Event{What: "drift.ignored", Actor: i.By, Account: k, Request: a.RequestID, Step: f.Step, Text: text}); err != nil {
			return err
		}
	}
	if !any {
		return newError(Conflict, "Look with /oktaws check "+k.ID+".", "what was to be ignored is gone already")
	}
	a.Drifted = len(c.Open(tx.now))
	if err := tx.saveCheck(&c, true); err != nil {
		return err
	}
	return tx.SaveAccount(&a)
}

// CheckSoon has the linked account checked at the time.
func (tx *Tx) CheckSoon(k AccountKey, at time.Time) error {
	a, err := tx.Account(k)
	if err != nil {
		return err
	}
	if a.State != Linked && a.State != Drifted {
		return newError(Conflict, "See it with /oktaws status "+k.ID+".", "account %s is %s: only linked accounts are checked", k.ID, a.State.Word())
	}
	a.CheckDue = at
	return tx.SaveAccount(&a)
}

// endCheck forgets what was found of an account that is now as it shall be.
func (tx *Tx) endCheck(k AccountKey) error {
	c, err := tx.Check(k)
	if KindOf(err) == NotFound && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	c.Findings, c.Ignored, c.Problem, c.At = nil, nil, nil, tx.now
	return tx.saveCheck(&c, true)
}
