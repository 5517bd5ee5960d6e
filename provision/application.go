package provision

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// signInURLs are the settings that differ by partition. The sign-in address is also the trust policies' SAML:aud.
var signInURLs = map[string]struct{ saml, console string }{
	"aws":        {"https://signin.aws.amazon.com/saml", "https://console.aws.amazon.com/ec2/home"},
	"aws-us-gov": {"https://signin.amazonaws-us-gov.com/saml", "https://console.amazonaws-us-gov.com/ec2/home"},
	"aws-cn":     {"https://signin.amazonaws.cn/saml", "https://console.amazonaws.cn/ec2/home"},
}

// wantApplication is what the account's application shall be, apart from how it learns the roles. joinAllRoles gives a
// person the roles of all of their groups; without it only the group with the highest priority would count.
func (w *work) wantApplication() ApplicationSpec {
	a := w.get()
	urls := signInURLs[a.Partition]
	settings := map[string]any{
		"awsEnvironmentType":  "aws.amazon",
		"identityProviderArn": w.providerARN(),
		"loginURL":            urls.console,
		"joinAllRoles":        true,
		"sessionDuration":     int(w.r.cfg.SessionDuration / time.Second),
	}
	if a.Shared != "" {
		settings["identityProviderArn"] = nil // the pattern of the roles names the provider of each account
	}
	if a.Partition != "aws" {
		settings["overrideAcsURL"] = urls.saml
	}
	return ApplicationSpec{Label: a.AppLabel(), Note: w.mark(), Settings: settings}
}

func (w *work) lookApplication(ctx context.Context, s *sight) ([]store.Finding, error) {
	app, err := s.application(ctx)
	if err != nil {
		return nil, err
	}
	want := w.wantApplication()
	var out []store.Finding
	switch {
	case errors.Is(s.refusal, store.ErrForeign):
		return append(out, w.foreign(oktaApp, "foreign", fmt.Sprintf("Okta has an application named %s (%s) that was not made by oktaws for account %s", want.Label, s.strangers[0].ID, w.key.ID), "")), nil
	case s.refusal != nil:
		message, remedy := store.Explain(s.refusal)
		return append(out, forPerson(oktaApp, "refused", strings.TrimSuffix(message, "."), "The account can't be linked like that", strings.TrimSuffix(remedy, "."))), nil
	case app == nil:
		return append(out, finding(oktaApp, "gone", fmt.Sprintf("There is no Okta application %s", want.Label),
			"Nobody can sign on to the account", "makes it")), nil
	}
	add := func(key, what, means, mend string) { out = append(out, finding(oktaApp, key, what, means, mend)) }
	known := app.ID == w.known().AppID
	switch {
	case !bears(app.Note, want.Note) && !known:
		out = append(out, w.foreign(oktaApp, "foreign", fmt.Sprintf("Okta has an application named %s (%s) that was not made by oktaws for account %s", app.Label, app.ID, w.key.ID), "marks it, and sets what differs"))
	case !bears(app.Note, want.Note):
		add("mark", fmt.Sprintf("The Okta application %s does not bear our mark", app.Label), "Nothing for now; but oktaws would not know it as its own", "puts it back")
	}
	if app.Status != "ACTIVE" {
		add("inactive", fmt.Sprintf("The Okta application %s is not active", app.Label), "Nobody sees its tile, and nobody can sign on", "activates it")
	}
	if app.Label != want.Label {
		add("label", fmt.Sprintf("The Okta application is called %s, not %s", app.Label, want.Label), "People find it under another name", "gives it its name back")
	}
	if !signsOn(*app) {
		out = append(out, forPerson(oktaApp, "saml", fmt.Sprintf("The Okta application %s does not sign people on by SAML", app.Label), "Nobody can sign on",
			"Set its sign-on method to SAML 2.0 in the Okta admin console"))
	} else if k := w.known(); known && k.SigningKeyID != "" && app.SigningKeyID != k.SigningKeyID && app.SigningKeyID != k.NextKeyID {
		add("key", fmt.Sprintf("The Okta application %s signs with another key than before", app.Label), "Nobody can sign on before the identity provider has its certificate", "gives the identity provider its certificate")
	}
	return append(out, w.lookSettings(oktaApp, *app, want.Settings)...), nil
}

// lookSettings compares settings of the application.
func (w *work) lookSettings(step string, app Application, want map[string]any) []store.Finding {
	means := map[string]string{
		"awsEnvironmentType":  "Perhaps nobody can sign on",
		"identityProviderArn": "Nobody can sign on",
		"useGroupMapping":     "People are offered other roles, or none",
		"groupFilter":         "People are offered other roles, or none: groups that should not count may",
		"appFilter":           "Groups from other sources than Okta may give roles",
		"roleValuePattern":    "People are offered roles that AWS refuses",
		"joinAllRoles":        "People in several groups are offered the roles of one of them only",
		"sessionDuration":     "Sessions last longer or shorter than they should, or are refused",
		"loginURL":            "People land elsewhere after they have signed on",
		"overrideAcsURL":      "Nobody can sign on",
	}
	var out []store.Finding
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if shown(app.Settings[name]) == shown(want[name]) {
			continue
		}
		out = append(out, finding(step, name, fmt.Sprintf("The setting %s of the Okta application %s is %s, not %s", name, app.Label, shown(app.Settings[name]), shown(want[name])), means[name], "sets it"))
	}
	return out
}

func shown(setting any) string {
	if setting == nil || setting == "" {
		return "empty"
	}
	return fmt.Sprint(setting)
}

// oktaApp makes true that an application of ours with the given label is there, active, with its settings. One that is
// shared, and as it shall be, is joined by all accounts side by side.
func (w *work) oktaApp(ctx context.Context) (result, error) {
	if app, err := w.joinable(ctx); err != nil {
		return result{}, err
	} else if app != nil {
		return w.joinApplication(ctx, *app)
	}
	return w.alone(ctx, w.takeApplication)
}

// joinable returns the application that other accounts share already, where it is as it shall be: there is nothing to change
// then, and so no need to be alone.
func (w *work) joinable(ctx context.Context) (*Application, error) {
	shared, err := w.shared(ctx)
	if err != nil || shared.AppID == "" {
		return nil, err
	}
	app, err := w.r.okta.Application(ctx, shared.AppID)
	if err != nil || app == nil || app.Status != "ACTIVE" || w.differs(*app) || !signsOn(*app) {
		return nil, err
	}
	return app, nil
}

func (w *work) joinApplication(ctx context.Context, app Application) (result, error) {
	err := w.learnApplication(ctx, app, true)
	if errors.Is(err, errGivenUp) {
		return again(time.Second, "waits for another account, which is giving up the Okta application")
	}
	if err != nil {
		return result{}, err
	}
	return done(fmt.Sprintf("%s joined (%s)", app.Label, app.ID))
}

// differs says whether something of the application is to be changed.
func (w *work) differs(app Application) bool {
	want := w.wantApplication()
	return app.Label != want.Label || !bears(app.Note, want.Note) || len(w.lookSettings(oktaApp, app, want.Settings)) > 0
}

func signsOn(app Application) bool { return app.SigningKeyID != "" && app.SignOnMode == "SAML_2_0" }

// alone has only one account at a time make or change the application that it shares with others: Okta takes the whole of
// an application at once, and the later of two changes would undo the earlier.
func (w *work) alone(ctx context.Context, do func(context.Context) (result, error)) (result, error) {
	a := w.get()
	if a.Shared == "" {
		return do(ctx)
	}
	claim, err := w.r.store.Claim(ctx, sharedClaim(a.Partition, a.Shared))
	if errors.Is(err, store.ErrClaimed) {
		return again(time.Second, "waits for another account, which is at the same Okta application")
	}
	if err != nil {
		return result{}, err
	}
	defer claim.Release()
	return do(ctx)
}

func sharedClaim(partition, label string) string { return "application/" + partition + "/" + label }

func (w *work) takeApplication(ctx context.Context) (result, error) {
	app, err := w.findApplication(ctx)
	if err != nil {
		return result{}, err
	}
	note := "found"
	if app == nil {
		want := w.wantApplication()
		mapping, err := w.wantMapping()
		if err != nil {
			return result{}, err
		}
		maps.Copy(want.Settings, mapping)
		maps.DeleteFunc(want.Settings, func(_ string, v any) bool { return v == nil })
		// Noted first, so that whatever becomes of the call, the next attempt looks for what it has made.
		now := w.now()
		if err := w.learn(ctx, func(k *store.Known) { k.AppMade = now }); err != nil {
			return result{}, err
		}
		made, err := w.r.okta.CreateApplication(ctx, want)
		if err != nil {
			return result{}, w.lookAgain(oktaApp, err)
		}
		app, note = &made, "created"
	}
	if err := w.learnApplication(ctx, *app, false); err != nil {
		return result{}, err
	}
	if app.Status != "ACTIVE" {
		if err := w.r.okta.ActivateApplication(ctx, app.ID); err != nil {
			return result{}, w.lookAgain(oktaApp, err)
		}
		note = "activated"
	}
	if w.differs(*app) && note != "created" { // Okta may not show a new application yet
		want := w.wantApplication()
		want.Note = marked(app.Note, want.Note)
		if changed, err := w.r.okta.UpdateApplication(ctx, app.ID, want); err != nil {
			return result{}, w.lookAgain(oktaApp, err)
		} else if changed {
			note = "settings corrected"
		}
	}
	if !signsOn(*app) {
		return result{}, &store.Error{Kind: store.Permanent,
			Message: fmt.Sprintf("The Okta application %s of account %s does not sign people on by SAML.", app.Label, w.key.ID),
			Remedy:  "Set its sign-on method to SAML 2.0 in the Okta admin console, then retry."}
	}
	return done(fmt.Sprintf("%s %s (%s)", w.get().AppLabel(), note, app.ID))
}

// applicationGone is a failure of the application's own step, so that a retry makes another.
func (w *work) applicationGone() (result, error) {
	a := w.get()
	return result{redo: oktaApp}, &store.Error{Kind: store.Permanent,
		Message: fmt.Sprintf("The Okta application %s (%s) of account %s is gone: somebody deleted it in Okta.", a.AppLabel(), a.Known.AppID, a.ID),
		Remedy:  "If the account is still to be linked, retry: oktaws makes a new application."}
}

// orGone is how a step ends that Okta refused: perhaps since the application isn't there any more.
func (w *work) orGone(ctx context.Context, step string, refusal error) (result, error) {
	refusal = w.lookAgain(step, refusal)
	if store.KindOf(refusal) != store.NotFound {
		return result{}, refusal
	}
	app, err := w.r.okta.Application(ctx, w.known().AppID)
	if err != nil {
		return result{}, err
	}
	if app == nil {
		return w.applicationGone()
	}
	return result{}, refusal
}
