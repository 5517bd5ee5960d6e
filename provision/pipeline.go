// Package provision makes AWS and Okta match the store: a readable table of steps, and the reconciler that drives it.
// What it needs of AWS and Okta is in outside.go, as narrow interfaces.
package provision

import (
	"context"
	"slices"
	"time"

	"github.com/oktaws/oktaws/store"
)

// step is one named unit of the pipeline, and says of it four things. look says what differs from what the step makes
// true, and changes nothing: a plan, a check and the last look of a link are the looks of all steps. act makes it true.
// remains and undo are the same for the way back: what is still there, and taking it away; what isn't ours is left alone
// and named. act and undo look first and act only where something differs, so that they can be run any number of times:
// after a crash, against half-made resources, or against what somebody made by hand. A nil has nothing to say or to do.
type step struct {
	name    string
	title   string // for people
	needs   []string
	mode    store.Mode // empty: in every integration mode
	aws     bool       // what it makes stands in the AWS account
	look    func(*work, context.Context, *sight) ([]store.Finding, error)
	act     func(*work, context.Context) (result, error)
	remains func(*work, context.Context, *sight) ([]store.Finding, error)
	undo    func(*work, context.Context) (result, error)
}

// The steps' names. They are keys of the store.
const (
	identity         = "identity"
	oktaApp          = "okta-app"
	samlProvider     = "saml-provider"
	signingKey       = "signing-key"
	roles            = "roles"
	ssoUser          = "sso-user"
	oktaProvisioning = "okta-provisioning"
	oktaGroups       = "okta-groups"
	roleMapping      = "role-mapping"
	accessKey        = "access-key"
	verify           = "verify"
)

// pipeline is what linking makes true, in the order in which people read it. Steps whose needs are met run side by
// side. Unlinking is the same table backwards: a step is undone once all that need it are undone. A step of another
// integration mode than the account's is undone where an earlier mode has left something, once all that needed it do
// without.
func pipeline() []step {
	const api = store.ModeAPI
	return []step{
		{identity, "Reach the AWS account", nil, "", false,
			nil, (*work).identity, nil, nil},
		{oktaApp, "Okta application", []string{identity}, "", false,
			(*work).lookApplication, (*work).oktaApp, (*work).remainsApplication, (*work).undoApplication},
		{samlProvider, "AWS identity provider", []string{oktaApp}, "", true,
			(*work).lookProvider, (*work).samlProvider, (*work).remainsProvider, (*work).undoProvider},
		{signingKey, "SAML certificate", []string{samlProvider}, "", false,
			(*work).lookSigningKey, (*work).signingKey, nil, nil},
		{roles, "IAM roles", []string{samlProvider}, "", true,
			(*work).lookRoles, (*work).roles, (*work).remainsRoles, (*work).undoRoles},
		{ssoUser, "IAM user for Okta", []string{identity}, api, true,
			(*work).lookUser, (*work).ssoUser, (*work).remainsUser, (*work).undoUser},
		{oktaProvisioning, "Provisioning enabled in Okta", []string{roles, ssoUser}, api, false,
			(*work).lookProvisioning, (*work).oktaProvisioning, nil, (*work).undoProvisioning},
		{oktaGroups, "Okta groups and their roles", []string{roles, oktaProvisioning}, "", false,
			(*work).lookGroups, (*work).oktaGroups, (*work).remainsGroups, (*work).undoGroups},
		{roleMapping, "How Okta learns the roles", []string{oktaGroups}, "", false,
			(*work).lookMapping, (*work).roleMapping, nil, nil},
		{accessKey, "One access key", []string{oktaProvisioning}, api, false,
			(*work).lookAccessKey, (*work).accessKey, nil, nil},
		{verify, "A last look from both sides", []string{signingKey, roleMapping, accessKey}, "", false,
			nil, (*work).verify, nil, nil},
	}
}

// turn is a step of one account, and the way it goes.
type turn struct {
	step
	undo bool
}

// turnsOf returns the steps of an account in the order of the table: those that it has begun, or, before that, those that
// what it shall be calls for.
func turnsOf(a store.Account) []turn {
	var turns []turn
	for _, s := range pipeline() {
		have, begun := a.Steps[s.name]
		applies := s.mode == "" || s.mode == a.Mode
		switch {
		case begun:
			turns = append(turns, turn{s, have.Undo})
		case a.Desired == store.WantUnlinked:
			if len(a.Steps) == 0 && (applies || a.Known.UserName != "") {
				turns = append(turns, turn{s, true})
			}
		case applies:
			turns = append(turns, turn{s, false})
		case len(a.Steps) == 0 && a.Known.UserName != "":
			turns = append(turns, turn{s, true})
		}
	}
	return turns
}

// needsOf returns what each step of the account needs to have ended before it. A step that is made needs those that are
// made; one that is undone, all that need it in the table, whichever way they go.
func needsOf(turns []turn) map[string][]string {
	needs := map[string][]string{}
	for _, t := range turns {
		needs[t.name] = []string{}
		for _, other := range turns {
			if !t.undo && !other.undo && slices.Contains(t.needs, other.name) || t.undo && slices.Contains(other.needs, t.name) {
				needs[t.name] = append(needs[t.name], other.name)
			}
		}
	}
	return needs
}

// dependants returns the step and all that need it among the needs, directly or not.
func dependants(name string, needs map[string][]string) []string {
	out := []string{name}
	for grown := true; grown; {
		grown = false
		for other, of := range needs {
			if !slices.Contains(out, other) && slices.ContainsFunc(of, func(need string) bool { return slices.Contains(out, need) }) {
				out, grown = append(out, other), true
			}
		}
	}
	return out
}

// StepTitle is a step of the pipeline as people read it.
type StepTitle struct {
	Name  string
	Title string
	Undo  bool // it is undone
}

// Titles returns the steps of an account in the order in which people read them, which is the order in which they go.
func Titles(a store.Account) []StepTitle {
	var made, undone []StepTitle
	for _, t := range turnsOf(a) {
		title := StepTitle{Name: t.name, Title: t.title, Undo: t.undo}
		switch {
		case !t.undo:
			made = append(made, title)
		case t.step.undo != nil:
			undone = append([]StepTitle{title}, undone...)
		}
	}
	return append(made, undone...)
}

// result is how a step ended, where it didn't end in an error.
type result struct {
	state store.StepState
	after time.Duration // for again and waiting; for done: after which it is followed up, that is, run once more while the account stays what it is
	note  string        // for people
	left  []string      // what isn't ours, and was left alone; for people
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

// left ends an undone step that found something that isn't ours.
func left(what string) (result, error) {
	return result{state: store.StepDone, note: "left alone: " + what, left: []string{what}}, nil
}
