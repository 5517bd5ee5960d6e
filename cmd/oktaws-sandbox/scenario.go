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
	relaxed  bool     // no rate limits
	settings []string // of oktaws: variables of its environment

	// play sets it up, beside an oktaws that is ready; nil: there is nothing to be set up.
	play func(context.Context, cast, worldOptions) error
}

// fresh is the scenario to begin with.
const fresh = "fresh"

// hurry is how fast the clock runs until a scenario stands: nobody would wait for it.
const hurry = 60

// scenarios are all there are.
var scenarios = []scenario{
	{Scenario: controlpage.Scenario{Name: fresh, About: "Nothing has happened yet. Accounts are linked in mode api, with a person's step."}, settings: []string{byKey}},
	{Scenario: controlpage.Scenario{Name: "50-accounts", About: "Fifty more accounts, most of them linked, some waiting, denied or failed. It takes up to a minute to get there, with the clock running fast and without rate limits."},
		relaxed: true, settings: []string{byKey}, play: playFifty},
	{Scenario: controlpage.Scenario{Name: "half-by-hand", About: "Accounts and an application that somebody set up before, each in the way of a request that has been approved. Without rate limits."},
		relaxed: true, settings: []string{byKey}, play: playByHand},
	{Scenario: controlpage.Scenario{Name: "drift", About: "Two linked accounts, one in mode groups and one in mode api, in which people have changed things by hand. What differs stands in #aws-admins, to be repaired or ignored. Without rate limits."},
		relaxed: true, play: playDrift},
	{Scenario: controlpage.Scenario{Name: "shared", About: "Three accounts linked in mode groups through one Okta application: Test User's one tile offers a role of each. Without rate limits."},
		relaxed: true, settings: []string{"OKTAWS_OKTA_SHARED_APPLICATION=" + sharedLabel}, play: playShared},
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
