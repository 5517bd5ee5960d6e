package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/store"
)

func TestTheOptionsOfLinkComeInAnyOrder(t *testing.T) {
	for typed, want := range map[string]linkOptions{
		"":                                   {},
		"111122223333 Gmail for the team":    {rest: "111122223333 Gmail for the team"},
		"--all":                              {all: true},
		"—all":                               {all: true},
		"-ALL for the audit":                 {all: true, rest: "for the audit"},
		"–ou Workloads":                      {hasUnit: true, unit: "Workloads"},
		"--ou=Root/Prod yearly review":       {hasUnit: true, unit: "Root/Prod", rest: "yearly review"},
		`--ou “Mail team” --reason they ask`: {hasUnit: true, unit: "Mail team", reason: "they ask"},
		`--ou="Mail team" they ask`:          {hasUnit: true, unit: "Mail team", rest: "they ask"},
		"--reason it is time --all":          {all: true, reason: "it is time"},
		`—reason “it is time” —role-set audit –ou ou-ab12-cdefghij`: {hasUnit: true, unit: "ou-ab12-cdefghij", roleSet: "audit", reason: "it is time"},
		"--ou --all":                                  {all: true, hasUnit: true},
		"--list":                                      {list: true},
		"for the team - now —urgent -- please":        {rest: "for the team - now —urgent -- please"},
		"111122223333\tOne\n444455556666\tTwo":        {rest: "111122223333\tOne\n444455556666\tTwo"},
		"--reason a list\n111122223333\n444455556666": {reason: "a list", rest: "111122223333\n444455556666"},
	} {
		if got, err := readLinkOptions(typed); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", typed, got, err, want)
		}
	}
	for typed, want := range map[string]string{
		"--al":                    "Did you mean `--all`?",
		"—lst":                    "Did you mean `--list`?",
		"111122223333 --resaon x": "Did you mean `--reason`?",
		"--everything":            "There are: `--all`",
	} {
		_, err := readLinkOptions(typed)
		_, remedy := store.Explain(err)
		if err == nil || !strings.Contains(remedy, want) {
			t.Errorf("%q: %v %s", typed, err, remedy)
		}
	}
}

func TestAListIsToldFromOneAccount(t *testing.T) {
	for typed, want := range map[string]bool{
		"":                                       false,
		"111122223333":                           false,
		"111122223333 Gmail":                     false,
		"111122223333 444455556666":              true,
		"111122223333, 4444-5555-6666":           true,
		"111122223333 Gmail was in 444455556666": false,
		"111122223333 Gmail a reason\nin two lines":         false,
		"111122223333,One\n444455556666,Two":                true,
		"111122223333\r\n\r\n444455556666":                  true,
		"• 111122223333 One\n• aws-us-gov/444455556666 Two": true,
		"11112222333,One\n444455556666,Two":                 true,
	} {
		if got := isList(typed); got != want {
			t.Errorf("%q: %v", typed, got)
		}
	}
}

func TestHowLongABatchStillTakes(t *testing.T) {
	var p paces
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	tally := func(through int) store.Tally {
		return store.Tally{Size: 100, Done: through, ToCome: 100 - through}
	}
	for _, step := range []struct {
		minute, through int
		want            string
	}{
		{0, 0, ""}, {1, 2, ""}, {2, 4, "about 50 minutes left"}, {3, 6, "about 45 minutes left"}, {10, 20, "about 40 minutes left"},
		{11, 60, "about 7 minutes left"}, {12, 90, "about 2 minutes left"}, {13, 99, "about a minute left"}, {14, 100, ""}, {15, 0, ""},
	} {
		if got := p.left("b", tally(step.through), at.Add(time.Duration(step.minute)*time.Minute)); got != step.want {
			t.Errorf("minute %d: %q, want %q", step.minute, got, step.want)
		}
	}
	if got := roughly(5 * time.Hour); got != "about 5 hours left" {
		t.Error(got)
	}
}
