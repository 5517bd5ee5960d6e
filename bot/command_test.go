package bot

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/store"
)

func TestAccountIDsAreReadAsPeopleWriteThem(t *testing.T) {
	for in, want := range map[string]string{
		"111122223333":     "111122223333",
		"1111-2222-3333":   "111122223333",
		"1111 2222 3333":   "111122223333",
		"1111–2222–3333":   "111122223333",
		" 111122223333\n":  "111122223333",
		"000000000001":     "000000000001",
		"11112222333":      "has 11 digits, not 12",
		"1111222233334":    "has 13 digits, not 12",
		"my-account":       "12 digits and nothing else",
		"11112222333O":     "12 digits and nothing else",
		"١١١١٢٢٢٢٣٣٣٣":     "12 digits and nothing else",
		"":                 "is missing",
		"`111122223333` x": "nothing else",
	} {
		got, err := accountID(in)
		if err == nil && got == want {
			continue
		}
		message, remedy := store.Explain(err)
		if err == nil || !strings.Contains(message, want) || !strings.Contains(remedy, "111122223333") {
			t.Errorf("accountID(%q) = %q, %q / %q; want %q and an example", in, got, message, remedy, want)
		}
	}
}

func TestAnUnknownSubcommandNamesTheNearestKnownOne(t *testing.T) {
	for typed, want := range map[string]string{
		"lnik":         "/oktaws link",
		"stauts":       "/oktaws status",
		"Lisst":        "/oktaws list",
		"frobnicate":   "/oktaws help",
		"111122223333": "/oktaws link 111122223333",
	} {
		message, remedy := store.Explain(unknownSubcommand(typed))
		if !strings.Contains(message, typed) || !strings.Contains(remedy, want) {
			t.Errorf("%s: %q / %q; want %q", typed, message, remedy, want)
		}
	}
}

func TestNamesFollowTheScheme(t *testing.T) {
	b := &Bot{cfg: Config{LabelPattern: regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{2,99}$`)}}
	for label, fits := range map[string]bool{
		"Gmail-AWS-Account": true, "ab": false, "": false, "a b c": false, "<!channel>": false, strings.Repeat("a", 101): false,
	} {
		err := b.labelFits(label)
		if fits != (err == nil) {
			t.Errorf("%q: %v", label, err)
		}
		if _, remedy := store.Explain(err); err != nil && !strings.Contains(remedy, labelExample) {
			t.Errorf("%q is refused without an example: %q", label, remedy)
		}
	}
}

func TestTheManifestHintsAtCommandsThatThereAre(t *testing.T) {
	manifest, err := os.ReadFile("../manifest.yml")
	if err != nil {
		t.Fatal(err)
	}
	hint := regexp.MustCompile(`usage_hint: (.+)`).FindSubmatch(manifest)
	if hint == nil {
		t.Fatal("manifest.yml has no hint")
	}
	for _, name := range strings.Split(string(hint[1]), " | ") {
		if !slices.ContainsFunc(subcommands(), func(s subcommand) bool { return s.name == name }) {
			t.Errorf("the hint names %q, which there isn't", name)
		}
	}
}
