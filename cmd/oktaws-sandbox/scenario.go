package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/web/controlpage"
)

// scenario is a state that a world can begin in.
type scenario struct {
	controlpage.Scenario
	relaxed bool // no rate limits

	// play sets it up, beside an oktaws that is ready; nil: there is nothing to be set up.
	play func(context.Context, cast, worldOptions) error
}

// fresh is the scenario to begin with.
const fresh = "fresh"

// hurry is how fast the clock runs until a scenario stands: nobody would wait for it.
const hurry = 60

// scenarios are all there are.
var scenarios = []scenario{
	{Scenario: controlpage.Scenario{Name: fresh, About: "Nothing has happened yet."}},
	{Scenario: controlpage.Scenario{Name: "50-accounts", About: "Fifty more accounts, most of them linked, some waiting, denied or failed. It takes up to a minute to get there, with the clock running fast and without rate limits."},
		relaxed: true, play: playFifty},
	{Scenario: controlpage.Scenario{Name: "half-by-hand", About: "Accounts and an application that somebody set up before, each in the way of a request that has been approved. Without rate limits."},
		relaxed: true, play: playByHand},
}

func scenarioNamed(name string) (scenario, error) {
	for _, s := range scenarios {
		if s.Name == name {
			return s, nil
		}
	}
	return scenario{}, fmt.Errorf("there is no scenario %q; there are %s", name, scenarioNames())
}

func scenarioNames() string {
	var names []string
	for _, s := range scenarios {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}
