package store

import "fmt"

// Position is where the account stands, for people, and whether something waits for a decision.
func (a *Account) Position() string {
	switch {
	case a.Pending != "" && a.fresh():
		return "waiting for approval"
	case a.Pending != "":
		return a.Standing() + "; a request waits for approval"
	}
	return a.Standing()
}

// Standing is the account's state, for people.
func (a *Account) Standing() string {
	switch {
	case a.State == Waiting:
		return "waiting for a person's step"
	case a.State == Drifted && a.Drifted == 1:
		return "drifted (1 thing differs)"
	case a.State == Drifted:
		return fmt.Sprintf("drifted (%d things differ)", a.Drifted)
	}
	return a.State.Word()
}
