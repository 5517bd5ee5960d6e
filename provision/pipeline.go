// Package provision makes AWS and Okta match the store: a readable table of steps, and the reconciler that drives it.
// What it needs of AWS and Okta is in outside.go, as narrow interfaces.
package provision

import (
	"context"
	"slices"
	"time"

	"github.com/oktaws/oktaws/store"
)

// step is one named unit of the pipeline. run observes the real world and acts only where it differs, so that it can
// be run any number of times: after a crash, against half-made resources, or against what somebody made by hand.
type step struct {
	name  string
	title string // for people
	needs []string
	mode  store.Mode // empty: in every integration mode
	run   func(*work, context.Context) (result, error)
}

// The steps' names. They are keys of the store.
const (
	identity         = "identity"
	oktaApp          = "okta-app"
	samlProvider     = "saml-provider"
	roles            = "roles"
	ssoUser          = "sso-user"
	oktaProvisioning = "okta-provisioning"
	oktaGroups       = "okta-groups"
	verify           = "verify"
)

// pipeline is what linking makes true, in the order in which people read it. Steps whose needs are met run side by
// side; a need that the integration mode does not have counts as met.
func pipeline() []step {
	return []step{
		{identity, "Reach the AWS account", nil, "", (*work).identity},
		{oktaApp, "Okta application", []string{identity}, "", (*work).oktaApp},
		{samlProvider, "AWS identity provider", []string{oktaApp}, "", (*work).samlProvider},
		{roles, "IAM roles", []string{samlProvider}, "", (*work).roles},
		{ssoUser, "IAM user for Okta", []string{identity}, store.ModeAPI, (*work).ssoUser},
		{oktaProvisioning, "Provisioning enabled in Okta", []string{roles, ssoUser}, store.ModeAPI, (*work).oktaProvisioning},
		{oktaGroups, "Okta groups and their roles", []string{roles, oktaProvisioning}, "", (*work).oktaGroups},
		{verify, "A last look from both sides", []string{oktaGroups}, "", (*work).verify},
	}
}

// stepsOf returns the steps of an integration mode, by name.
func stepsOf(mode store.Mode) map[string]step {
	steps := map[string]step{}
	for _, s := range pipeline() {
		if s.mode == "" || s.mode == mode {
			steps[s.name] = s
		}
	}
	return steps
}

// needsOf returns what each of the steps needs, of those that there are.
func needsOf(steps map[string]step) map[string][]string {
	needs := map[string][]string{}
	for name, s := range steps {
		needs[name] = slices.DeleteFunc(slices.Clone(s.needs), func(need string) bool { _, has := steps[need]; return !has })
	}
	return needs
}

// dependants returns the step and all that need it, directly or not.
func dependants(name string, mode store.Mode) []string {
	out := []string{name}
	for _, s := range pipeline() { // the table is in order of needs
		if (s.mode == "" || s.mode == mode) && slices.ContainsFunc(s.needs, func(need string) bool { return slices.Contains(out, need) }) {
			out = append(out, s.name)
		}
	}
	return out
}

// StepTitle is a step of the pipeline as people read it.
type StepTitle struct {
	Name  string
	Title string
}

// Titles returns the steps of an integration mode in the order in which people read them.
func Titles(mode store.Mode) []StepTitle {
	var titles []StepTitle
	for _, s := range pipeline() {
		if s.mode == "" || s.mode == mode {
			titles = append(titles, StepTitle{Name: s.name, Title: s.title})
		}
	}
	return titles
}

// result is how a step ended, where it didn't end in an error.
type result struct {
	state store.StepState
	after time.Duration // for again and waiting
	note  string        // for people
	redo  string        // the step that this one found undone: it, and what needs it, are done again; with an error, that step has failed
	task  *taskResult   // what a person has to do, or has done
}

type taskResult struct {
	kind    store.TaskKind
	missing []string // empty: it is seen to be done
}

func done(note string) (result, error) { return result{state: store.StepDone, note: note}, nil }

func again(after time.Duration, note string) (result, error) {
	return result{state: store.StepAgain, after: after, note: note}, nil
}
