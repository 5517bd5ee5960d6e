package store_test

import (
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

var operator = store.Operator("root", "host-1")

func TestAnOperatorIsTold(t *testing.T) {
	if !operator.IsOperator() || operator.Mention() != "the operator root@host-1" || operator.ID != "operator:root@host-1" || operator.Team != "" {
		t.Errorf("an operator is %+v, %s", operator, operator.Mention())
	}
	if admin.IsOperator() || admin.Mention() != "<@U0ADM1>" {
		t.Errorf("a person is %+v, %s", admin, admin.Mention())
	}
}

func TestAnOperatorApprovesForAllAndForAReason(t *testing.T) {
	r := newRecords(t)
	q := link("r1", account, "Data-Team")
	q.Requester, q.Required = operator, 3
	r.open(q)
	wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.OpenRequest(link("r2", account, "Other")); return err }), store.Conflict, "by the operator root@host-1")
	for name, c := range map[string]struct {
		by     store.Person
		reason string
		kind   store.Kind
	}{
		"no reason":       {operator, " \t", store.Permanent},
		"not an operator": {admin, "since I say so", store.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.ApproveAsOperator("r1", c.by, c.reason); return err }), c.kind)
		})
	}
	wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.Approve("r1", store.Operator("other", "host-1")); return err }), store.Permanent, "reason")
	since := len(r.events())
	r.do(func(tx *store.Tx) error { _, err := tx.ApproveAsOperator("r1", operator, "Slack is down"); return err })
	r.told(&since, "request.approved_by_operator", "account.linking")
	got := r.request("r1")
	if got.State != store.Approved || got.Decided.By != operator || got.Decided.Reason != "Slack is down" || len(got.Approvals) != 1 || got.Approvals[0].By != operator {
		t.Errorf("the request is %+v", got)
	}
	if a := r.account(account); a.State != store.Linking || a.RequestID != "r1" {
		t.Errorf("the account is %+v", a)
	}
	err := r.try(func(tx *store.Tx) error { _, err := tx.ApproveAsOperator("r1", operator, "again"); return err })
	wantError(t, err, store.Conflict, "already approved by the operator root@host-1")

	// No task falls to who can't be told of it.
	a := r.account(account)
	r.do(func(tx *store.Tx) error {
		task, err := tx.OpenTask(a, store.EnableProvisioning, nil, time.Hour)
		if len(task.Assignees) != 0 {
			t.Errorf("the task falls to %v", task.Assignees)
		}
		return err
	})
	r.do(func(tx *store.Tx) error {
		task, err := tx.JoinTask(store.TaskIDOf("r1", store.EnableProvisioning), admin)
		if len(task.Assignees) != 1 || task.Assignees[0] != admin {
			t.Errorf("joined, it falls to %v", task.Assignees)
		}
		return err
	})
}

func TestAnOperatorDeniesForAReasonAndWithdraws(t *testing.T) {
	r := newRecords(t)
	r.open(link("r1", account, "Data-Team"))
	wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.Deny("r1", operator, ""); return err }), store.Permanent, "reason")
	wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.Withdraw("r1", operator); return err }), store.Denied, "only who asked")
	r.do(func(tx *store.Tx) error { _, err := tx.Deny("r1", operator, "not now"); return err })
	q := link("r2", account, "Data-Team")
	q.Requester = operator
	r.open(q)
	wantError(t, r.try(func(tx *store.Tx) error { _, err := tx.Deny("r2", operator, "mine"); return err }), store.Denied)
	r.do(func(tx *store.Tx) error { _, err := tx.Withdraw("r2", operator); return err })
}

func TestABatchOfAnOperatorIsCarriedOut(t *testing.T) {
	r := newRecords(t)
	q := links("b", "One", "Two")
	q.Requester = operator
	r.openBatch(q)
	r.do(func(tx *store.Tx) error { _, err := tx.ApproveAsOperator("b", operator, "a migration"); return err })
	r.openAll("b")
	if child := r.request("b.00001"); child.Requester != operator || child.Decided.By != operator || child.State != store.Approved {
		t.Errorf("one request is %+v", child)
	}
}
