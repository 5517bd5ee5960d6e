package sandbox_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// operations returns what a whole sandbox does.
func operations(t *testing.T) []wire.Basis {
	t.Helper()
	sb, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sb.Close() })
	return sb.Hub.Operations()
}

// TestHonestyOfEveryOperation holds that nobody adds an operation without saying what it rests on.
func TestHonestyOfEveryOperation(t *testing.T) {
	all := operations(t)
	guesses, services := map[string]int{}, map[string]bool{}
	for _, b := range all {
		services[b.Service] = true
		name := b.Service + " " + b.Operation
		if b.Does == "" || len(b.Claims) == 0 {
			t.Errorf("%s: nothing says what it does and what that rests on: add it to a file basis_….go of its package", name)
		}
		said := map[string]bool{}
		for _, c := range b.Claims {
			if problem := flaw(c); problem != "" {
				t.Errorf("%s: %q: %s", name, c.Says, problem)
			}
			if said[c.Says+c.Source] {
				t.Errorf("%s: %q is claimed twice", name, c.Says)
			}
			said[c.Says+c.Source] = true
			if c.Ground == wire.Guess {
				guesses[b.Service]++
			}
		}
	}
	for _, service := range []string{"slack", "okta", "sts", "iam", "cloudformation", "organizations", "signin"} {
		if !services[service] {
			t.Errorf("no operation of %s is known", service)
		}
	}
	for _, service := range slices.Sorted(maps.Keys(services)) {
		t.Logf("%s: %d guesses", service, guesses[service])
	}
}

var (
	address  = regexp.MustCompile(`^https://[a-z0-9.-]+/\S*$`)
	ownFile  = regexp.MustCompile(`^(slack|okta|aws)/[a-z0-9]+\.go$`)
	sentence = regexp.MustCompile(`^[A-Za-z0-9{“&].*\.$`)
)

// flaw is what is wrong with a claim; empty: nothing.
func flaw(c wire.Claim) string {
	if !sentence.MatchString(c.Says) {
		return "it is no sentence"
	}
	switch c.Ground {
	case wire.Recorded:
		if c.Source == "" || strings.Contains(c.Source, "/") {
			return fmt.Sprintf("%q is no recording's name", c.Source)
		}
	case wire.Documented, wire.Others:
		if !address.MatchString(c.Source) {
			return fmt.Sprintf("%q is no address", c.Source)
		}
	case wire.Guess:
		if !ownFile.MatchString(c.Source) {
			return fmt.Sprintf("%q is no file of a stand-in", c.Source)
		}
		if _, err := os.Stat(filepath.FromSlash(c.Source)); err != nil {
			return "the guess is made nowhere: " + err.Error()
		}
	default:
		return fmt.Sprintf("%q is no ground", c.Ground)
	}
	return ""
}

// TestHonestyOfRecordings holds that what is said to be recorded is.
func TestHonestyOfRecordings(t *testing.T) {
	root := os.Getenv("OKTAWS_RECORDED")
	if root == "" {
		t.Skip("Skipped: OKTAWS_RECORDED does not say where the recordings of a real Okta are.")
	}
	for _, b := range operations(t) {
		for _, c := range b.Claims {
			if c.Ground != wire.Recorded {
				continue
			}
			found, err := filepath.Glob(filepath.Join(root, b.Service, c.Source+".*"))
			if err != nil || len(found) == 0 {
				t.Errorf("%s %s: there is no recording %s of %s", b.Service, b.Operation, c.Source, b.Service)
			}
		}
	}
}

// guessMarks are how the comments of each stand-in mark a guess: [I], at times with other marks, or the word.
var guessMarks = map[string]*regexp.Regexp{
	"okta":  regexp.MustCompile(`\[I\]`),
	"aws":   regexp.MustCompile(`\[I\]|: I\]`),
	"slack": regexp.MustCompile(`\bguess(?:es)?\b`),
}

// legend explains the marks, and is none.
const legend = "[I] a guess."

// TestHonestyOfGuesses holds that what a stand-in's comments call a guess is among the claims: in each file there are no
// more lines with a mark than guesses that are claimed of it.
func TestHonestyOfGuesses(t *testing.T) {
	claims := map[string]map[string]bool{} // by file, what is guessed
	for _, b := range operations(t) {
		for _, c := range b.Claims {
			if c.Ground == wire.Guess {
				if claims[c.Source] == nil {
					claims[c.Source] = map[string]bool{}
				}
				claims[c.Source][b.Operation+c.Says] = true
			}
		}
	}
	for service, mark := range guessMarks {
		files, err := filepath.Glob(service + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("no files of %s: %v", service, err)
		}
		all := 0
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(filepath.Base(file), "basis") {
				continue
			}
			source, err := os.ReadFile(filepath.Clean(file))
			if err != nil {
				t.Fatal(err)
			}
			lines := marks(string(source), mark)
			all += len(lines)
			if claimed := len(claims[filepath.ToSlash(file)]); len(lines) > claimed {
				t.Errorf("%s marks %d guesses, and the operations claim %d of them:\n\t%s", file, len(lines), claimed, strings.Join(lines, "\n\t"))
			}
		}
		t.Logf("%s: %d lines of comments mark a guess", service, all)
	}
}

// marks returns the lines of comments that mark a guess, each text once.
func marks(source string, mark *regexp.Regexp) []string {
	var out []string
	for line := range strings.Lines(source) {
		_, comment, has := strings.Cut(line, "//")
		if has && mark.MatchString(strings.ReplaceAll(comment, legend, "")) && !slices.Contains(out, strings.TrimSpace(line)) {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

func TestHonestyCheckFindsFlaws(t *testing.T) {
	for _, c := range []wire.Claim{
		{},
		{Ground: "rumour", Says: "It is so.", Source: "https://example.com/"},
		wire.InRecording("", "It is so."),
		wire.InDocuments("the manual", "It is so."),
		wire.ByOthers("", "It is so."),
		wire.Guessed("okta/nowhere.go", "It is so."),
		wire.InDocuments("https://example.com/", "it is so"),
	} {
		if flaw(c) == "" {
			t.Errorf("%+v passes", c)
		}
	}
	source := "// limit is one [D].\nvar a = 1 // [I]\n// That it is so is a guess [I].\n// [I] a guess.\nvar b = x[I]\n"
	if got := marks(source, guessMarks["okta"]); !slices.Equal(got, []string{"var a = 1 // [I]", "// That it is so is a guess [I]."}) {
		t.Errorf("marks %q", got)
	}
}
