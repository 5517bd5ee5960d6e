package export_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/oktaws/oktaws/internal/export"
	"github.com/oktaws/oktaws/store"
)

// The life of an account on record: linked, found to differ, repaired, unlinked, linked anew.
func TestRecordsSayHowItStandsWithAnAccount(t *testing.T) {
	clock := clockwork.NewFakeClockAt(now)
	bolt, err := store.OpenBolt(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bolt.Close() })
	s, err := store.New(t.Context(), bolt, clock)
	if err != nil {
		t.Fatal(err)
	}
	key := store.AccountKey{Partition: "aws", ID: "111122223333"}
	become := func(desired store.Desired, state store.StepState, findings ...store.Finding) {
		t.Helper()
		err := s.Update(context.Background(), func(tx *store.Tx) error {
			a, err := tx.Account(key)
			if err != nil && store.KindOf(err) != store.NotFound {
				return err
			}
			a.Desired, a.Steps = desired, map[string]store.Step{"identity": {State: state, Undo: desired == store.WantUnlinked}}
			if err := tx.SaveAccount(&a); err != nil || len(findings) == 0 {
				return err
			}
			if err := tx.Checked(&a, findings, nil); err != nil {
				return err
			}
			return tx.SaveAccount(&a)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	want := func(state store.AccountState, since, checked time.Time, open int) {
		t.Helper()
		var records []export.Record
		err := s.View(t.Context(), func(tx *store.ReadTx) (err error) {
			records, err = export.Read(tx, clock.Now())
			return err
		})
		if err != nil || len(records) != 1 {
			t.Fatal(records, err)
		}
		if r := records[0]; r.State != state || !r.Since.Equal(since) || !r.Checked.Equal(checked) || len(r.Open) != open {
			t.Errorf("it is %s since %s, checked at %s, with %d findings; not %s since %s, checked at %s, with %d", r.State, r.Since, r.Checked, len(r.Open), state, since, checked, open)
		}
	}
	become(store.WantLinked, store.StepPending)
	want(store.Linking, time.Time{}, time.Time{}, 0)
	clock.Advance(time.Hour)
	linked := clock.Now()
	become(store.WantLinked, store.StepDone)
	want(store.Linked, linked, time.Time{}, 0)
	clock.Advance(time.Hour)
	checked := clock.Now()
	become(store.WantLinked, store.StepDone, store.Finding{Key: "a", What: "A"}, store.Finding{Key: "b", What: "B"})
	want(store.Drifted, linked, checked, 2)
	clock.Advance(time.Hour)
	become(store.WantLinked, store.StepPending)
	want(store.Linking, time.Time{}, checked, 0)
	become(store.WantLinked, store.StepDone)
	want(store.Drifted, linked, checked, 2)
	become(store.WantUnlinked, store.StepDone)
	want(store.Unlinked, time.Time{}, checked, 0)
	clock.Advance(time.Hour)
	become(store.WantLinked, store.StepDone)
	want(store.Drifted, clock.Now(), checked, 2)
}

func TestPickedAccountsAreThoseThatWereNamed(t *testing.T) {
	twice, failed := record("aws-cn", "111122223333", store.ModeGroups, "China"), record("aws", "222233334444", store.ModeAPI, "Failed")
	failed.State = store.Failed
	records := []export.Record{record("aws", "111122223333", store.ModeAPI, "A"), twice, failed, record("aws-us-gov", "333344445555", store.ModeAPI, "Gov")}
	for _, c := range []struct {
		named, want string
		kind        store.Kind
	}{
		{"", "aws/111122223333 aws-cn/111122223333 aws/222233334444 aws-us-gov/333344445555", ""},
		{"333344445555 aws/111122223333 333344445555", "aws/111122223333 aws-us-gov/333344445555", ""},
		{"aws-us-gov/333344445555", "aws-us-gov/333344445555", ""},
		{"111122223333", "several partitions", store.Conflict},
		{"222233334444", "it is failed", store.Conflict},
		{"999900001111", "nobody has asked for it", store.NotFound},
		{"aws-cn/333344445555", "nobody has asked for it", store.NotFound},
		{"1111", "is not an account", store.Permanent},
		{"Payments", "is not an account", store.Permanent},
		{"x/111122223333", "is not an account", store.Permanent},
	} {
		picked, err := export.Pick(records, strings.Fields(c.named))
		var got []string
		for _, r := range picked {
			got = append(got, r.AccountKey.String())
		}
		switch {
		case c.kind == "" && (err != nil || strings.Join(got, " ") != c.want):
			t.Errorf("%q picks %v, %v", c.named, got, err)
		case c.kind != "" && (err == nil || store.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%q fails with %v", c.named, err)
		}
	}
	if len(records) != 4 || records[0].Label != "A" || records[3].Label != "Gov" {
		t.Error("picking changes the records")
	}
}

func TestTableHasARowForEachAccount(t *testing.T) {
	a := shared(record("aws", "222233334444", store.ModeGroups, "Payments"), "AWS", "0oaShared")
	a.Checked, a.State, a.Open = now, store.Drifted, []store.Finding{{What: "One, \"two\"\nthree"}, {What: "Four"}}
	b := record("aws-us-gov", "111122223333", store.ModeAPI, "Gov")
	rows := table(t, b, a, export.Record{Account: store.Account{AccountKey: store.AccountKey{Partition: "aws", ID: "000000000001"}}})
	want := [][]string{
		{"partition", "account", "alias", "name", "state", "integration mode", "role set", "application ID", "application name", "shared", "identity provider ARN", "stack", "Okta groups", "linked since", "last checked", "findings"},
		{"aws", "000000000001", "", "", "not linked", "", "default", "", "", "false", "", "", "", "", "", ""},
		{"aws", "222233334444", "alias-222233334444", "Payments", "drifted", "groups", "default", "0oaShared", "AWS", "true", "arn:aws:iam::222233334444:saml-provider/Okta", "arn:aws:cloudformation:us-east-1:222233334444:stack/oktaws-roles/7f3c",
			"aws#alias-222233334444#Administrator#222233334444; aws#alias-222233334444#PowerUsers#222233334444; aws#alias-222233334444#ReadOnlyAccess#222233334444", "2026-03-04T04:06:07Z", "2026-03-04T05:06:07Z", "One, \"two\"\nthree; Four"},
		{"aws-us-gov", "111122223333", "alias-111122223333", "Gov", "linked", "api", "default", "0oa111122223333", "Gov", "false", "arn:aws-us-gov:iam::111122223333:saml-provider/Okta", "arn:aws-us-gov:cloudformation:us-gov-east-1:111122223333:stack/oktaws-roles/7f3c",
			"Gov-Administrator; Gov-PowerUsers; Gov-ReadOnlyAccess", "2026-03-04T04:06:07Z", "", ""},
	}
	if len(rows) != len(want) {
		t.Fatalf("has %d rows", len(rows))
	}
	for i := range want {
		if !slices.Equal(rows[i], want[i]) {
			t.Errorf("row %d is\n%q, not\n%q", i, rows[i], want[i])
		}
	}
}

func TestTableHoldsNoFormula(t *testing.T) {
	for label, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\n=1": "'\n=1", "＝1": "'＝1", `=HYPERLINK("x","y")`: `'=HYPERLINK("x","y")`,
		"a=1": "a=1", "": "", "'=1": "'=1", `a","=1`: `a","=1`, "a;=1": "a;=1", "é": "é",
	} {
		if got := table(t, record("aws", "111122223333", store.ModeAPI, label))[1][3]; got != want {
			t.Errorf("%q is written as %q, not %q", label, got, want)
		}
	}
}

// table is what was written, read back.
func table(t *testing.T, records ...export.Record) [][]string {
	t.Helper()
	var out strings.Builder
	if err := export.CSV(&out, setup().Pipeline, records); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Count(text, "\r\n") != strings.Count(text, "\n") {
		t.Errorf("not all lines end as RFC 4180 has it: %q", text)
	}
	rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestTableOfAThousandAccounts(t *testing.T) {
	rows := table(t, many(1000)...)
	if len(rows) != 1001 || rows[1][1] != "000000000000" || rows[1000][1] != fmt.Sprintf("%012d", 998) {
		t.Errorf("has %d rows, the last of %s", len(rows), rows[len(rows)-1][1])
	}
}
