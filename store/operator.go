package store

import "strings"

// operatorPrefix begins the ID of an operator; no ID of Slack's has a colon.
const operatorPrefix = "operator:"

// Operator is who acts from the command line of the machine that oktaws runs on, not from Slack.
func Operator(login, host string) Person { return Person{ID: operatorPrefix + login + "@" + host} }

// IsOperator says whether the person acts from the command line. Slack knows no such person: nothing can be sent there.
func (p Person) IsOperator() bool { return strings.HasPrefix(p.ID, operatorPrefix) }

// Mention is the person as a text for people has it: <@U…>, which Slack shows as a name, or "the operator root@host".
func (p Person) Mention() string {
	if who, ok := strings.CutPrefix(p.ID, operatorPrefix); ok {
		return "the operator " + who
	}
	return "<@" + p.ID + ">"
}

// ApproveAsOperator approves a pending request from the command line, for a reason, which must not be empty. It counts for
// all approvals that are required, and may be of the operator's own request. It fails with *Decided where somebody was
// first.
func (tx *Tx) ApproveAsOperator(id string, by Person, reason string) (Request, error) {
	if !by.IsOperator() {
		return Request{}, newError(Denied, "Approve it in Slack.", "%s is no operator of the machine that oktaws runs on", by.Mention())
	}
	if strings.TrimSpace(reason) == "" {
		return Request{}, newError(Permanent, "Say why: it stays on record, and the approvers read it.", "an operator decides on a request for a reason only")
	}
	r, err := tx.undecided(id)
	if err != nil {
		return r, err
	}
	r.Approvals = append(r.Approvals, Approval{By: by, At: tx.now})
	r.State, r.Decided = Approved, &Decision{By: by, At: tx.now, Reason: reason}
	if err := tx.Record(Event{What: "request.approved_by_operator", Actor: by, Account: r.Account, Request: r.ID, Text: reason}); err != nil {
		return r, err
	}
	if err := tx.saveRequest(&r); err != nil || len(r.Batch) > 0 {
		return r, err
	}
	a, err := tx.Account(r.Account)
	if err != nil {
		return r, err
	}
	return r, tx.carryOut(a, r)
}
