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

// mark is what settings.notes.admin of the account's application holds if it is ours, so that adopting somebody else's is
// never an accident.
func (w *work) mark() string {
	if w.get().Shared != "" {
		return w.sharedMark()
	}
	return w.ownMark()
}

// The marks of an application that accounts share, and of one that the account has to itself.
func (w *work) sharedMark() string {
	return fmt.Sprintf("%sthe AWS accounts of the partition %s. Please leave this line.", marks, w.key.Partition)
}
func (w *work) ownMark() string {
	return fmt.Sprintf("%sAWS account %s. Please leave this line.", marks, w.key)
}

// marks is how every mark begins.
const marks = "Managed by oktaws for "

// signInURLs are the settings that differ by partition. The sign-in address is also the trust policies' SAML:aud.
var signInURLs = map[string]struct{ saml, console string }{
	"aws":        {"https://signin.aws.amazon.com/saml", "https://console.aws.amazon.com/ec2/home"},
	"aws-us-gov": {"https://signin.amazonaws-us-gov.com/saml", "https://console.amazonaws-us-gov.com/ec2/home"},
	"aws-cn":     {"https://signin.amazonaws.cn/saml", "https://console.amazonaws.cn/ec2/home"},
}

// bears says whether the mark is one of the lines of a note: people may add others.
func bears(note, mark string) bool {
	return slices.ContainsFunc(strings.Split(note, "\n"), func(line string) bool { return strings.TrimSpace(line) == mark })
}

// marked returns the note with the mark, which comes first where it isn't there yet.
func marked(note, mark string) string {
	switch {
	case note == "":
		return mark
	case bears(note, mark):
		return note
	}
	return mark + "\n" + note
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

// wantMapping are the settings by which the application learns the roles: from the names of groups in mode groups, and
// else from what groups are assigned with.
func (w *work) wantMapping() (map[string]any, error) {
	a := w.get()
	if a.Mode != store.ModeGroups {
		return map[string]any{"useGroupMapping": false}, nil
	}
	only := a.ID
	if a.Shared != "" {
		only = ""
	}
	filter, err := GroupFilter(w.r.cfg.groupTemplate(), only)
	if err != nil {
		return nil, &store.Error{Kind: store.Permanent,
			Message: fmt.Sprintf("The names of the Okta groups of account %s can't say account and role: %s.", a.ID, err),
			Remedy:  "Mend okta.group_template in the configuration and restart oktaws, then retry."}
	}
	path, err := w.onePath()
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"useGroupMapping": true,
		"appFilter":       "okta", // groups of Okta's own alone: those of a directory or of another application don't count
		"groupFilter":     filter,
		"roleValuePattern": fmt.Sprintf("arn:%s:iam::${accountid}:saml-provider/%s,arn:%s:iam::${accountid}:role%s${role}",
			a.Partition, w.r.cfg.ProviderName, a.Partition, path),
	}, nil
}

// onePath is the path of the role set's roles: in mode groups the application has one pattern for all roles, also of the
// accounts that share it.
func (w *work) onePath() (string, error) {
	a := w.get()
	specs, err := w.roleSet()
	if err != nil {
		return "", err
	}
	path := rolePath(specs[0])
	for _, s := range specs {
		if rolePath(s) != path {
			return "", &store.Error{Kind: store.Permanent,
				Message: fmt.Sprintf("The roles of the role set %s of account %s have several paths, and in mode groups Okta knows one only.", a.RoleSetName(), a.ID),
				Remedy:  "Give them the same path (role_sets in the configuration) and restart oktaws, then retry."}
		}
	}
	return path, nil
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
	if app.SigningKeyID == "" || app.SignOnMode != "SAML_2_0" {
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

// oktaApp makes true that an application of ours with the given label is there, active, with its settings.
func (w *work) oktaApp(ctx context.Context) (result, error) { return w.alone(ctx, w.takeApplication) }

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
		made, err := w.r.okta.CreateApplication(ctx, want)
		if err != nil {
			return result{}, w.lookAgain(oktaApp, err)
		}
		app, note = &made, "created"
	}
	if err := w.learnApplication(ctx, *app); err != nil {
		return result{}, err
	}
	if app.Status != "ACTIVE" {
		if err := w.r.okta.ActivateApplication(ctx, app.ID); err != nil {
			return result{}, w.lookAgain(oktaApp, err)
		}
		note = "activated"
	}
	if note != "created" { // Okta may not show a new application yet
		want := w.wantApplication()
		want.Note = marked(app.Note, want.Note)
		if changed, err := w.r.okta.UpdateApplication(ctx, app.ID, want); err != nil {
			return result{}, w.lookAgain(oktaApp, err)
		} else if changed {
			note = "settings corrected"
		}
	}
	if app.SigningKeyID == "" || app.SignOnMode != "SAML_2_0" {
		return result{}, &store.Error{Kind: store.Permanent,
			Message: fmt.Sprintf("The Okta application %s of account %s does not sign people on by SAML.", app.Label, w.key.ID),
			Remedy:  "Set its sign-on method to SAML 2.0 in the Okta admin console, then retry."}
	}
	return done(fmt.Sprintf("%s %s (%s)", w.get().AppLabel(), note, app.ID))
}

// learnApplication notes which application is the account's. An open task leads to it.
func (w *work) learnApplication(ctx context.Context, app Application) error {
	return w.save(ctx, func(tx *store.Tx, a *store.Account) error {
		before := a.Known.AdminURL
		k := &a.Known
		if k.AppID != app.ID || k.SigningKeyID != app.SigningKeyID && k.NextKeyID != app.SigningKeyID {
			k.Certificate = store.Certificate{} // of another key
		}
		if k.AppID != app.ID {
			k.NextKeyID, k.FormerKeyID, k.FormerUntil = "", "", time.Time{}
		}
		if k.NextKeyID == "" || k.NextKeyID != app.SigningKeyID { // else the step signing-key has been cut off, and goes on
			k.SigningKeyID = app.SigningKeyID
		}
		k.AppID, k.AppName, k.AdminURL, k.TileURL = app.ID, app.Name, app.AdminURL, app.TileURL
		if a.Shared != "" {
			if err := learnShared(tx, *a, app); err != nil {
				return err
			}
		}
		if before == "" || before == app.AdminURL {
			return nil
		}
		task, err := tx.Task(store.TaskIDOf(a.RequestID, store.EnableProvisioning))
		if store.KindOf(err) == store.NotFound {
			return nil
		}
		if err != nil || task.State != store.TaskOpen {
			return err
		}
		return tx.SaveTask(&task)
	})
}

// learnShared notes which application the accounts share.
func learnShared(tx *store.Tx, a store.Account, app Application) error {
	shared, err := tx.SharedApplication(a.Partition, a.Shared)
	if err != nil || shared.AppID == app.ID {
		return err
	}
	shared.AppID, shared.NextKeyID = app.ID, ""
	return tx.SaveApplication(&shared)
}

// shared is what is known of the application that the account shall share; nothing where it shall have its own.
func (w *work) shared(ctx context.Context) (shared store.Application, err error) {
	a := w.get()
	if a.Shared == "" {
		return shared, nil
	}
	err = w.r.store.View(ctx, func(tx *store.ReadTx) (err error) {
		shared, err = tx.SharedApplication(a.Partition, a.Shared)
		return err
	})
	return shared, err
}

// findApplication returns the account's application, or nil where there is none yet. One that was ours a moment ago is
// so still, whatever its note says by now.
func (w *work) findApplication(ctx context.Context) (*Application, error) {
	a := w.get()
	id := a.Known.AppID
	if id != "" {
		app, err := w.r.okta.Application(ctx, id)
		if err != nil || app != nil {
			return app, err
		}
	}
	shared, err := w.shared(ctx)
	if err != nil {
		return nil, err
	}
	if shared.AppID != "" && shared.AppID != id {
		id = shared.AppID
		app, err := w.r.okta.Application(ctx, id)
		if err != nil || app != nil {
			return app, err
		}
	}
	if id != "" {
		if a.Steps[oktaApp].Attempts < 2 {
			return nil, &store.Error{Kind: store.Transient,
				Message: fmt.Sprintf("Okta does not show the application %s (%s) at the moment.", a.AppLabel(), id),
				Remedy:  "oktaws looks once more, and makes a new one where it stays away."}
		}
	}
	apps, err := w.r.okta.FindApplications(ctx, a.AppLabel())
	if err != nil {
		return nil, err
	}
	return w.choose(apps)
}

// choose returns the account's application among those of its label, or nil where there is none of them, and refuses where
// they are others'.
func (w *work) choose(apps []Application) (*Application, error) {
	a := w.get()
	ours := slices.DeleteFunc(slices.Clone(apps), func(app Application) bool { return !bears(app.Note, w.mark()) })
	switch {
	case len(ours) == 1:
		return &ours[0], nil
	case len(ours) > 1:
		return nil, &store.Error{Kind: store.Conflict,
			Message: fmt.Sprintf("Okta has %d applications named %s that bear the mark of account %s.", len(ours), a.AppLabel(), a.ID),
			Remedy:  "Deactivate and delete all but one of them in the Okta admin console, then retry."}
	case len(apps) > 0:
		return w.adoptApplication(apps)
	}
	return nil, nil
}

// adoptApplication returns the application that somebody made by hand, where it is to be taken over.
func (w *work) adoptApplication(apps []Application) (*Application, error) {
	a := w.get()
	owned := slices.ContainsFunc(apps, func(app Application) bool { return strings.Contains(app.Note, marks) })
	switch {
	case owned:
		return nil, &store.Error{Kind: store.Conflict,
			Message: fmt.Sprintf("Okta has an application named %s already (%s), and oktaws manages it, but not for account %s.", a.AppLabel(), apps[0].ID, a.ID),
			Remedy:  fmt.Sprintf("Give this up with /oktaws unlink %s, and ask for the account under another name.", a.ID)}
	case a.Adopt && len(apps) == 1 && apps[0].Name == "amazon_aws":
		return &apps[0], nil
	case a.Adopt && len(apps) > 1:
		return nil, &store.Error{Kind: store.Conflict,
			Message: fmt.Sprintf("Okta has %d applications named %s, and oktaws can't tell which of them is to be taken over for account %s.", len(apps), a.AppLabel(), a.ID),
			Remedy:  "Rename the others in the Okta admin console, then retry."}
	case apps[0].Name != "amazon_aws":
		return nil, &store.Error{Kind: store.Conflict,
			Message: fmt.Sprintf("Okta has an application named %s already (%s), which is not one of the kind AWS Account Federation, as account %s needs.", a.AppLabel(), apps[0].ID, a.ID),
			Remedy:  fmt.Sprintf("Rename that application in Okta, then retry; or give this up with /oktaws unlink %s, and ask for the account under another name.", a.ID)}
	}
	return nil, &store.Error{Kind: store.Conflict, Err: store.ErrForeign,
		Message: fmt.Sprintf("Okta has an application named %s already (%s), and it was not made by oktaws for account %s.", a.AppLabel(), apps[0].ID, a.ID),
		Remedy:  fmt.Sprintf("Take it over with /oktaws adopt %s, or rename that application in Okta (or delete it, if nobody needs it) and retry.", a.ID)}
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

func (w *work) remainsApplication(ctx context.Context, s *sight) ([]store.Finding, error) {
	apps, err := w.applications(ctx, s)
	if err != nil {
		return nil, err
	}
	var out []store.Finding
	for _, app := range apps {
		switch keep, err := w.keepsApplication(ctx, app); {
		case err != nil:
			return nil, err
		case keep != "":
			out = append(out, leftAlone(oktaApp, app.ID, keep))
		default:
			out = append(out, finding(oktaApp, app.ID, describe(app), "Its tile goes away: nobody can sign on any more", "deactivates and deletes it"))
		}
	}
	return out, nil
}

func describe(app Application) string {
	return fmt.Sprintf("The Okta application %s (%s)", app.Label, app.ID)
}

// applications are the account's own, or those that stood in its way.
func (w *work) applications(ctx context.Context, s *sight) ([]Application, error) {
	app, err := s.application(ctx)
	if err != nil {
		return nil, err
	}
	if app != nil {
		return []Application{*app}, nil
	}
	return s.strangers, nil
}

// keepsApplication says what there is to say of an application that is not to be deleted; "" of one that is.
func (w *work) keepsApplication(ctx context.Context, app Application) (what string, err error) {
	mine, shared := bears(app.Note, w.ownMark()), bears(app.Note, w.sharedMark())
	if !mine && !shared {
		return describe(app) + ", which does not bear our mark", nil
	}
	a, used := w.get(), false
	err = w.r.store.View(ctx, func(tx *store.ReadTx) error {
		return tx.Accounts(func(other store.Account) bool {
			joins := shared && other.Partition == a.Partition && other.Shared == a.Shared
			used = other.AccountKey != w.key && other.Desired == store.WantLinked && (joins || other.Known.AppID == app.ID)
			return !used
		})
	})
	if used {
		what = describe(app) + ", which other accounts share"
	}
	return what, err
}

// leftAlone is a finding of something that isn't ours, in the plan of what is to be undone.
func leftAlone(step, key, what string) store.Finding {
	return store.Finding{Key: step + "/left/" + key, Step: step, What: what, Mend: "leaves it alone", Foreign: true}
}

// undoApplication deletes the account's application.
func (w *work) undoApplication(ctx context.Context) (result, error) {
	return w.alone(ctx, func(ctx context.Context) (result, error) {
		apps, err := w.applications(ctx, w.sight())
		if err != nil {
			return result{}, err
		}
		res := result{state: store.StepDone, note: "there is none"}
		for _, app := range apps {
			kept, err := w.giveUp(ctx, app)
			switch {
			case err != nil:
				return result{}, w.lookAgain(oktaApp, err)
			case kept != "":
				res.left = append(res.left, kept)
				res.note = "left alone: " + kept
			default:
				res.note = app.Label + " deleted"
			}
		}
		return res, nil
	})
}

// giveUp deletes an application of ours, or names it where it is not to be deleted.
func (w *work) giveUp(ctx context.Context, app Application) (kept string, err error) {
	if kept, err = w.keepsApplication(ctx, app); err != nil {
		return "", err
	}
	if kept != "" { // where nobody else has it, it is somebody else's from now on
		return kept, w.save(ctx, func(tx *store.Tx, a *store.Account) error { return forgetShared(tx, *a, app.ID) })
	}
	if app.Status == "ACTIVE" {
		if err := w.r.okta.DeactivateApplication(ctx, app.ID); err != nil {
			return "", err
		}
	}
	if err := w.r.okta.DeleteApplication(ctx, app.ID); err != nil && store.KindOf(err) != store.NotFound {
		return "", err
	}
	return "", w.save(ctx, func(tx *store.Tx, a *store.Account) error { return forgetShared(tx, *a, app.ID) })
}

// forgetShared forgets a shared application that was deleted or left, unless another account has it.
func forgetShared(tx *store.Tx, a store.Account, app string) error {
	if a.Shared == "" {
		return nil
	}
	shared, err := tx.SharedApplication(a.Partition, a.Shared)
	if err != nil || shared.AppID != app {
		return err
	}
	used := false
	err = tx.Sharing(a.Partition, a.Shared, func(other store.Account) bool {
		used = other.AccountKey != a.AccountKey && other.Known.AppID == app
		return !used
	})
	if err != nil || used {
		return err
	}
	shared.AppID, shared.SigningKeyID, shared.NextKeyID = "", "", ""
	return tx.SaveApplication(&shared)
}

func (w *work) lookMapping(ctx context.Context, s *sight) ([]store.Finding, error) {
	app, err := s.application(ctx)
	if err != nil || app == nil {
		return nil, err
	}
	want, err := w.wantMapping()
	if err != nil {
		return nil, err
	}
	return w.lookSettings(roleMapping, *app, want), nil
}

// roleMapping makes true that the application learns the roles as the integration mode says. It comes after the groups,
// so that people keep their roles while an account changes from one mode to the other.
func (w *work) roleMapping(ctx context.Context) (result, error) { return w.alone(ctx, w.mapRoles) }

func (w *work) mapRoles(ctx context.Context) (result, error) {
	want, err := w.wantMapping()
	if err != nil {
		return result{}, err
	}
	if err := w.samePath(ctx); err != nil {
		return result{}, err
	}
	app, err := w.r.okta.Application(ctx, w.known().AppID)
	if err != nil {
		return result{}, err
	}
	if app == nil {
		return w.applicationGone()
	}
	note := map[bool]string{true: "from the names of groups", false: "from the groups' assignments"}[w.get().Mode == store.ModeGroups]
	if len(w.lookSettings(roleMapping, *app, want)) == 0 {
		return done(note)
	}
	_, err = w.r.okta.UpdateApplication(ctx, app.ID, ApplicationSpec{Label: app.Label, Note: app.Note, Settings: want})
	if err != nil {
		return result{}, w.lookAgain(roleMapping, err)
	}
	return done(note)
}

// samePath refuses a role set whose path isn't that of the accounts that share the application: each would set the pattern
// of all roles for itself.
func (w *work) samePath(ctx context.Context) error {
	a := w.get()
	if a.Shared == "" {
		return nil
	}
	path, err := w.onePath()
	if err != nil {
		return err
	}
	var other store.Account
	err = w.r.store.View(ctx, func(tx *store.ReadTx) error {
		return tx.Sharing(a.Partition, a.Shared, func(o store.Account) bool {
			specs := w.r.cfg.RoleSets[o.RoleSetName()]
			if o.AccountKey == w.key || len(specs) == 0 || rolePath(specs[0]) == path || o.Steps[roleMapping].State != store.StepDone {
				return true
			}
			other = o
			return false
		})
	})
	if err == nil && other.ID != "" {
		err = &store.Error{Kind: store.Permanent,
			Message: fmt.Sprintf("The roles of account %s have the path %s, and those of account %s, which shares the Okta application %s, have another: Okta knows one path only for all of them.", a.ID, path, other.ID, a.Shared),
			Remedy:  "Give the role sets of both the same path (role_sets in the configuration) and restart oktaws, then retry."}
	}
	return err
}
