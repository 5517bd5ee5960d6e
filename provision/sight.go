package provision

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// sight is what is seen of an account in one look at the whole of it: each thing is asked for once at the most, and only
// if a step's look needs it.
type sight struct {
	w           *work
	app         once[*Application]
	assignments once[map[string]Assignment]
	groups      once[map[string]Group] // of the account's names, by name
	metadata    once[string]
	provider    once[*Provider]
	stack       once[*Stack]
	survey      once[Survey]
	keys        once[[]usedKey]
	thrifty     bool            // a check, which happens often and to all accounts: it asks for as little as will do
	drift       bool            // CloudFormation was asked to compare the stack
	asked       bool            // somebody has asked for it
	before      []store.Finding // what the last check has found

	peopleHave bool // the people of the shared application were seen to have it

	strangers []Application // of the label, that the account's application can't be
	refusal   error         // why not
}

// usedKey is an access key and its last use.
type usedKey struct {
	AccessKey
	KeyUse
}

// once remembers an answer.
type once[T any] struct {
	asked bool
	value T
	err   error
}

func (o *once[T]) get(ask func() (T, error)) (T, error) {
	if !o.asked {
		o.value, o.err = ask()
		o.asked = true
	}
	return o.value, o.err
}

func (w *work) sight() *sight { return &sight{w: w} }

// application returns the account's application: the one that is known, else the one that linking would find.
func (s *sight) application(ctx context.Context) (*Application, error) {
	return s.app.get(func() (*Application, error) {
		if app, err := s.peoplesApplication(ctx); err != nil || app != nil {
			return app, err
		}
		if id := s.w.known().AppID; id != "" {
			app, err := s.w.r.okta.Application(ctx, id)
			if err != nil || app != nil {
				return app, err
			}
		}
		shared, err := s.w.shared(ctx)
		if err != nil {
			return nil, err
		}
		if shared.AppID != "" && shared.AppID != s.w.known().AppID {
			app, err := s.w.r.okta.Application(ctx, shared.AppID)
			if err != nil || app != nil {
				return app, err
			}
		}
		apps, err := s.w.labelled(ctx)
		if err != nil {
			return nil, err
		}
		app, refusal := s.w.choose(apps)
		if refusal != nil {
			s.strangers, s.refusal = apps, refusal
		}
		return app, nil
	})
}

// peoplesApplication returns the application that accounts share if its people have it: one call for both. Else, and but for a
// check that somebody has asked for, it is nil, and nothing is said.
func (s *sight) peoplesApplication(ctx context.Context) (*Application, error) {
	id := s.w.known().AppID
	if _, people := s.w.wantPeople(); !people || !s.asked || id == "" {
		return nil, nil
	}
	shared, err := s.w.shared(ctx)
	if err != nil || shared.PeopleID == "" {
		return nil, err
	}
	app, err := s.w.r.okta.AssignedApplication(ctx, shared.PeopleID, id)
	s.peopleHave = err == nil && app != nil
	if app != nil && len(app.Settings) == 0 {
		return nil, nil // Okta has told too little of it
	}
	return app, err
}

func (s *sight) assigned(ctx context.Context) (map[string]Assignment, error) {
	return s.assignments.get(func() (map[string]Assignment, error) {
		app, err := s.application(ctx)
		if err != nil || app == nil {
			return nil, err
		}
		return s.w.r.okta.Assignments(ctx, app.ID)
	})
}

func (s *sight) assignedTo(ctx context.Context, app string) (map[string]Assignment, error) {
	return s.assignments.get(func() (map[string]Assignment, error) { return s.w.r.okta.Assignments(ctx, app) })
}

// named returns the groups of those names, by name.
func (s *sight) named(ctx context.Context, names []string) (map[string]Group, error) {
	return s.groups.get(func() (map[string]Group, error) { return s.w.r.okta.FindGroups(ctx, names...) })
}

// answers are what Okta has answered, in this pass, to the calls that made and assigned the account's groups: all of them,
// each as it is now. For a minute that is as good as to ask again.
type answers struct {
	at       time.Time
	groups   map[string]Group      // by name
	assigned map[string]Assignment // by group ID; nil where the account assigns none
}

const answersHold = time.Minute

// tell keeps the answers for the last look of this pass; empty ones: there are none any more.
func (w *work) tell(a answers) {
	a.at = w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = a
}

// lastSight is a sight that begins with what Okta has just answered. It is for the last look of a link alone: whatever
// somebody has assigned beside the account's own groups it does not see, and leaves to the checks to tell.
func (w *work) lastSight() *sight {
	s, now := w.sight(), w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Sub(w.told.at) > answersHold || w.told.at.After(now) {
		return s
	}
	if w.told.groups != nil {
		s.groups = once[map[string]Group]{asked: true, value: w.told.groups}
	}
	if w.told.assigned != nil {
		s.assignments = once[map[string]Assignment]{asked: true, value: w.told.assigned}
	}
	return s
}

func (s *sight) identityProvider(ctx context.Context) (*Provider, error) {
	return s.provider.get(func() (*Provider, error) { return s.w.aws.Provider(ctx, s.w.providerARN()) })
}

// roleStack returns the stack that is known and not deleted, or one that bears its name.
func (s *sight) roleStack(ctx context.Context) (*Stack, error) {
	return s.stack.get(func() (*Stack, error) {
		if id := s.w.known().StackID; id != "" {
			stack, err := s.w.aws.Stack(ctx, id)
			if err != nil || stack != nil && stack.Status != "DELETE_COMPLETE" {
				return stack, err
			}
		}
		return s.w.aws.Stack(ctx, s.w.r.cfg.StackName)
	})
}

func (s *sight) entities(ctx context.Context) (Survey, error) {
	return s.survey.get(func() (Survey, error) { return s.w.aws.Survey(ctx) })
}

func (s *sight) user(ctx context.Context) (*User, error) {
	survey, err := s.entities(ctx)
	if u, ok := survey.Users[strings.ToLower(s.w.userName())]; ok && err == nil {
		return &u, nil
	}
	return nil, err
}

func (s *sight) accessKeys(ctx context.Context) ([]usedKey, error) {
	return s.keys.get(func() ([]usedKey, error) { return s.w.accessKeys(ctx) })
}

// accessKeys returns the keys of Okta's user with their last use, the oldest first.
func (w *work) accessKeys(ctx context.Context) ([]usedKey, error) {
	keys, err := w.aws.AccessKeys(ctx, w.userName())
	if err != nil {
		return nil, err
	}
	var out []usedKey
	for _, k := range keys {
		use, err := w.aws.KeyUse(ctx, k.ID)
		if err != nil {
			// AWS refuses to say of a key that isn't there as it does where we lack the permission.
			now, listErr := w.aws.AccessKeys(ctx, w.userName())
			if listErr == nil && !slices.ContainsFunc(now, func(n AccessKey) bool { return n.ID == k.ID }) {
				continue // it went meanwhile
			}
			return nil, err
		}
		out = append(out, usedKey{k, use})
	}
	slices.SortStableFunc(out, func(a, b usedKey) int { return a.Created.Compare(b.Created) })
	return out, nil
}

// finding is something that differs from what the step makes true. key tells it from others of the step.
func finding(step, key, what, means, mend string) store.Finding {
	return store.Finding{Key: step + "/" + key, Step: step, What: what, Means: means, Mend: mend}
}

// foreign is a finding of something that somebody made by hand: taken over by an adoption, and else in the way.
func (w *work) foreign(step, key, what, adopts string) store.Finding {
	f := finding(step, key, what, "", "takes it over: "+adopts)
	if !w.get().Adopt {
		f.Foreign, f.Mend = true, ""
	}
	return f
}

// forPerson is a finding that only a person can mend.
func forPerson(step, key, what, means, mend string) store.Finding {
	f := finding(step, key, what, means, mend)
	f.Person = true
	return f
}
