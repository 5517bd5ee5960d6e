package operator

import (
	"context"
	"fmt"

	"github.com/oktaws/oktaws/store"
)

// decide approves or denies a request for a reason, which stays on record.
func (s *Session) decide(ctx context.Context, o asking, id string, approve bool) error {
	if o.reason == "" {
		return usage("It stays on record, and who asked reads it: --reason TEXT.", "an operator decides for a reason only")
	}
	var r store.Request
	err := s.Store.Update(ctx, func(tx *store.Tx) (err error) {
		if approve {
			r, err = tx.ApproveAsOperator(id, s.Who, o.reason)
		} else {
			r, err = tx.Deny(id, s.Who, o.reason)
		}
		return err
	})
	if err != nil {
		return err
	}
	if !approve {
		if o.json {
			return s.print(requestOnly{requestDocumentOf(r)})
		}
		_, err := fmt.Fprintln(s.Stdout, history(r))
		return err
	}
	if !o.patient {
		o.wait = true
	}
	return s.conclude(ctx, o, r)
}
