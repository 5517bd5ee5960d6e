package main

import (
	"os/exec"
	"strings"
	"testing"
)

// The sandbox gives out keys and takes any step for a person: no line of it may be in the program that guards real ones.
func TestNothingOfTheSandboxIsInTheProgram(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if len(packages) < 100 {
		t.Fatalf("only %d packages: %s", len(packages), out)
	}
	for _, p := range packages {
		for _, not := range []string{"/internal/sandbox", "chromedp", "goxmldsig", "etree"} {
			if strings.Contains(p, not) {
				t.Errorf("the program has %s in it", p)
			}
		}
	}
}
