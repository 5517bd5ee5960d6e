package roster

import (
	"testing"

	"github.com/oktaws/oktaws/store"
)

func TestAReasonIsTheSameForAllThatHaveIt(t *testing.T) {
	for why, want := range map[string]string{
		"it is linked already, as Gmail":                                                                     "it is linked already",
		"it is linked already, as Gmail, and more":                                                           "it is linked already",
		"it was asked for already, as Gmail, and waits for approval":                                         "it was asked for already, and waits for approval",
		"it is being linked already, as Gmail, and that has failed: /oktaws retry 111122223333":              "it is being linked already, and that has failed",
		"it is suspended or closed, says the organization":                                                   "it is suspended or closed, says the organization",
		"it manages the organization, and is linked only if it is asked for by itself or in a list":          "it manages the organization, and is linked only if it is asked for by itself or in a list",
		"it waits for approval already, in a list asked for by " + store.Person{ID: "U0REQUESTER"}.Mention(): "it waits for approval already, in a list asked for by <@U0REQUESTER>",
	} {
		if got := (LeftOut{Why: why}).Reason(); got != want {
			t.Errorf("%s: %q, want %q", why, got, want)
		}
	}
}
