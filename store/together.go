package store

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// What is asked of many accounts at once is decided here, for Slack and the command line alike.

// MostPlanned is of how many accounts a batch keeps what differs: more than one message can name.
const MostPlanned = 200

// RepairTogether makes of a request one to repair all accounts that have drifted. Its plan is what differs, shortened. A
// rotation is each account's own request, since it takes a person's step for each; accounts that a repair can do nothing
// about are left out. Where there is nothing to repair, the batch has no rows. It fails with a Conflict while such a
// request waits for a decision.
func (tx *ReadTx) RepairTogether(r *Request, b *Batch) error {
	r.Kind, r.Planned = Repair, tx.now
	if err := tx.noneWaits(*r, ""); err != nil {
		return err
	}
	var failed error
	err := tx.Accounts(func(a Account) bool {
		if a.State != Drifted || len(b.Rows) == MaxBatch {
			return true
		}
		var open []Finding
		if open, failed = tx.OpenFindings(a.AccountKey); failed != nil {
			return false
		}
		open = slices.DeleteFunc(open, func(f Finding) bool { return f.Foreign || f.Person || f.Rotate != "" })
		if len(open) == 0 {
			b.LeftOut = append(b.LeftOut, LeftOut{Account: a.AccountKey, Label: a.Label, Why: "all that differs is somebody else's, takes a person's step or is to be rotated"})
			return true
		}
		b.Rows = append(b.Rows, Row{Account: a.AccountKey, Label: a.Label})
		if len(r.Plan) < MostPlanned {
			r.Plan = append(r.Plan, Finding{Key: a.AccountKey.String(), What: a.Label + ": " + Shortly(open)})
		}
		return true
	})
	return errors.Join(err, failed)
}

// RotateTogether makes of a request to rotate an account's certificate one for all linked accounts that share its Okta
// application, and says whether it did: Okta signs with the new certificate only once each of them takes it. On the way,
// that repairs them. Left out are those that can't be asked for now, and that the rotation may have to wait for. It fails
// with a Conflict while such a request waits for a decision.
func (tx *ReadTx) RotateTogether(a Account, r *Request, b *Batch) (bool, error) {
	if a.Shared == "" || a.State != Linked && a.State != Drifted { // of one that isn't linked, OpenRequest says what can be done
		return false, nil
	}
	r.Kind, r.Account, r.Wish, r.Rotate = Rotate, AccountKey{}, Wish{Shared: a.Shared}, []Rotation{RotateCertificate}
	r.Planned = tx.now
	err := tx.Sharing(a.Partition, a.Shared, func(other Account) bool {
		state := other.Position()
		if other.State != Linked && other.State != Drifted {
			b.LeftOut = append(b.LeftOut, LeftOut{Account: other.AccountKey, Label: other.Label, Why: state})
			return true
		}
		b.Rows = append(b.Rows, Row{Account: other.AccountKey, Label: other.Label})
		if state != Linked.Word() && len(r.Plan) < MostPlanned {
			r.Plan = append(r.Plan, Finding{Key: other.AccountKey.String(), What: other.Label + ": " + state})
		}
		return true
	})
	if err != nil {
		return true, err
	}
	return true, tx.noneWaits(*r, a.Partition)
}

// noneWaits refuses a batch while one for the same waits for a decision: of an application that accounts share, in the
// same partition.
func (tx *ReadTx) noneWaits(like Request, partition string) error {
	var waiting *Request
	var failed error
	err := tx.Requests(func(r Request) bool {
		if r.State != Pending || r.Size == 0 || r.Kind != like.Kind || r.Shared != like.Shared {
			return true
		}
		same := r.Shared == ""
		if !same {
			var first Row
			first, failed = tx.row(r.ID, 0)
			same = first.Account.Partition == partition // an application is of one
		}
		if same {
			waiting = &r
		}
		return waiting == nil && failed == nil
	})
	if err = errors.Join(err, failed); err != nil || waiting == nil {
		return err
	}
	what := "repair all accounts that have drifted"
	if like.Shared != "" {
		what = "rotate the certificate of the Okta application " + like.Shared
	}
	return newError(Conflict, "It can be approved, denied or withdrawn.", "a request to %s, by %s, waits for approval already", what, waiting.Requester.Mention())
}

// OpenFindings are what differs in an account, and nobody ignores; none where it was never checked.
func (tx *ReadTx) OpenFindings(k AccountKey) ([]Finding, error) {
	c, err := tx.Check(k)
	if err != nil && KindOf(err) == NotFound {
		return nil, nil
	}
	return c.Open(tx.now), err
}

// Rotations are what a repair of the findings rotates on the way.
func Rotations(findings []Finding) []Rotation {
	var out []Rotation
	for _, f := range findings {
		if f.Rotate != "" && !slices.Contains(out, f.Rotate) {
			out = append(out, f.Rotate)
		}
	}
	return out
}

// shortest is how many characters of a finding stand in a list of many.
const shortest = 120

// Shortly is what differs, in a few words.
func Shortly(findings []Finding) string {
	if len(findings) == 0 {
		return ""
	}
	text := findings[0].What
	if runes := []rune(text); len(runes) > shortest {
		text = string(runes[:shortest-1]) + "…"
	}
	if more := len(findings) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// Wanted is the account as the request would have it, at the time.
func (r *Request) Wanted(a Account, now time.Time) Account {
	a.Wish, a.Desired = r.Wish, WantLinked
	if r.Kind == Unlink {
		a.Desired = WantUnlinked
	}
	if slices.Contains(r.Rotate, RotateKey) {
		a.KeySince = now
	}
	if slices.Contains(r.Rotate, RotateCertificate) {
		a.CertificateSince = now
	}
	return a
}

// Changes says which of an account a request to change it changes: neither, where a change that failed is asked for again.
func (r *Request) Changes() (mode, roleSet bool) {
	if r.Was.Mode == "" { // a batch is of accounts that may be this or that
		return true, true
	}
	return r.Was.Mode != r.Mode, r.Was.RoleSetName() != r.RoleSetName()
}
