package provision

import (
	"context"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// mark is what settings.notes.admin of an application of ours holds, so that adopting somebody else's is never an
// accident.
func mark(a store.Account) string {
	return fmt.Sprintf("Managed by oktaws for AWS account %s. Please leave this line.", a.AccountKey)
}

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

func (w *work) providerARN() string {
	a := w.get()
	return fmt.Sprintf("arn:%s:iam::%s:saml-provider/%s", a.Partition, a.ID, w.r.cfg.ProviderName)
}

// application is what the account's application shall be. joinAllRoles gives a person the roles of all of their
// groups; without it only the group with the highest priority would count.
func (w *work) application() ApplicationSpec {
	a := w.get()
	urls := signInURLs[a.Partition]
	settings := map[string]any{
		"awsEnvironmentType":  "aws.amazon",
		"identityProviderArn": w.providerARN(),
		"loginURL":            urls.console,
		"joinAllRoles":        true,
		"sessionDuration":     int(w.r.cfg.SessionDuration / time.Second),
	}
	if a.Partition != "aws" {
		settings["overrideAcsURL"] = urls.saml
	}
	return ApplicationSpec{Label: a.Label, Note: mark(a), Settings: settings}
}

// oktaApp makes true that an application of ours with the given label is there, active, with its settings.
func (w *work) oktaApp(ctx context.Context) (result, error) {
	app, err := w.findApplication(ctx)
	if err != nil {
		return result{}, err
	}
	note := "found"
	if app == nil {
		made, err := w.r.okta.CreateApplication(ctx, w.application())
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
		want := w.application()
		want.Note = marked(app.Note, want.Note)
		if changed, err := w.r.okta.UpdateApplication(ctx, app.ID, want); err != nil {
			return result{}, w.lookAgain(oktaApp, err)
		} else if changed {
			note = "settings corrected"
		}
	}
	if app.SigningKeyID == "" {
		return result{}, &store.Error{Kind: store.Permanent,
			Message: fmt.Sprintf("The Okta application %s has no signing key, so it can't sign anybody on by SAML.", app.Label),
			Remedy:  "Set its sign-on method to SAML 2.0 in the Okta admin console, then retry."}
	}
	return done(fmt.Sprintf("%s %s (%s)", app.Label, note, app.ID))
}

// learnApplication notes which application is the account's. An open task leads to it.
func (w *work) learnApplication(ctx context.Context, app Application) error {
	return w.save(ctx, func(tx *store.Tx, a *store.Account) error {
		before := a.Known.AdminURL
		k := &a.Known
		k.AppID, k.AppName, k.AdminURL, k.TileURL, k.SigningKeyID = app.ID, app.Name, app.AdminURL, app.TileURL, app.SigningKeyID
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

// findApplication returns the account's application, or nil where there is none yet. One that was ours a moment ago is
// so still, whatever its note says by now.
func (w *work) findApplication(ctx context.Context) (*Application, error) {
	a := w.get()
	if a.Known.AppID != "" {
		app, err := w.r.okta.Application(ctx, a.Known.AppID)
		if err != nil || app != nil {
			return app, err
		}
		if a.Steps[oktaApp].Attempts < 2 {
			return nil, &store.Error{Kind: store.Transient,
				Message: fmt.Sprintf("Okta does not show the application %s (%s) at the moment.", a.Label, a.Known.AppID),
				Remedy:  "oktaws looks once more, and makes a new one where it stays away."}
		}
	}
	apps, err := w.r.okta.FindApplications(ctx, a.Label)
	if err != nil {
		return nil, err
	}
	ours := slices.DeleteFunc(slices.Clone(apps), func(app Application) bool { return !bears(app.Note, mark(a)) })
	switch {
	case len(ours) == 1:
		return &ours[0], nil
	case len(ours) > 1:
		return nil, &store.Error{Kind: store.Conflict,
			Message: fmt.Sprintf("Okta has %d applications named %s that bear the mark of account %s.", len(ours), a.Label, a.ID),
			Remedy:  "Deactivate and delete all but one of them in the Okta admin console, then retry."}
	case len(apps) > 0:
		return nil, &store.Error{Kind: store.Conflict,
			Message: fmt.Sprintf("Okta has an application named %s already (%s), and it was not made by oktaws for account %s.", a.Label, apps[0].ID, a.ID),
			Remedy:  "Rename that application in Okta (or delete it, if nobody needs it), then retry."}
	}
	return nil, nil
}

// oktaProvisioning is a person's task: Okta has no API to enable provisioning. It is done when Okta shows both
// features. Keys that nobody has seen, left behind by an interruption, are deleted on the way.
func (w *work) oktaProvisioning(ctx context.Context) (result, error) {
	a := w.get()
	app, err := w.r.okta.Application(ctx, a.Known.AppID)
	if err != nil {
		return result{}, err
	}
	if app == nil {
		return w.applicationGone()
	}
	keys, err := w.tidyKeys(ctx)
	if err != nil {
		return result{}, err
	}
	missing := missingProvisioning(*app, keys, w.r.cfg.UserName)
	if len(missing) == 0 && !a.Known.RolesRefused.IsZero() {
		if missing, err = w.rolesMissing(ctx, keys); err != nil {
			return result{}, err
		}
	}
	task := &taskResult{kind: store.EnableProvisioning, missing: missing}
	if len(missing) > 0 {
		return result{state: store.StepWaiting, after: w.r.cfg.CheckEvery, task: task,
			note: "waits for a person: " + missing[0]}, nil
	}
	return result{state: store.StepDone, note: "seen in Okta", task: task}, nil
}

// applicationGone is a failure of the application's own step, so that a retry makes another.
func (w *work) applicationGone() (result, error) {
	a := w.get()
	return result{redo: oktaApp}, &store.Error{Kind: store.Permanent,
		Message: fmt.Sprintf("The Okta application %s (%s) is gone: somebody deleted it in Okta.", a.Label, a.Known.AppID),
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

// missingProvisioning says what of the person's task Okta doesn't show yet.
func missingProvisioning(app Application, keys []AccessKey, user string) []string {
	var missing []string
	create := slices.Contains(app.Features, FeatureCreateUsers)
	update := slices.Contains(app.Features, FeatureUpdateAttributes)
	used := slices.ContainsFunc(keys, usedByOkta)
	if !create && !update && !used {
		missing = append(missing, fmt.Sprintf("API integration is not enabled: Okta has not used the access key of %s yet", user))
	}
	if !create {
		missing = append(missing, "Create Users is not enabled")
	}
	if !update {
		missing = append(missing, "Update User Attributes is not enabled")
	}
	return missing
}

// usedByOkta tells a key that Okta holds: it lists roles with it. We ourselves only ever ask STS with a new key.
func usedByOkta(k AccessKey) bool { return k.LastService == "iam" }

// rolesMissing says what stands between Okta and the account's roles, which it has refused though provisioning is
// enabled. That it takes them is the one proof that all is well.
func (w *work) rolesMissing(ctx context.Context, keys []AccessKey) ([]string, error) {
	_, err := w.assignGroups(ctx)
	switch {
	case err == nil:
		return nil, w.learn(ctx, func(k *store.Known) { k.RolesRefused = time.Time{} })
	case store.KindOf(err) != store.NeedsPerson:
		return nil, err
	case !slices.ContainsFunc(keys, usedByOkta):
		return []string{fmt.Sprintf("Okta does not offer the roles of account %s, and has not used the access key of its user %s: perhaps the key of another account was entered. Enter this account's key in its place, and save", w.key.ID, w.r.cfg.UserName)}, nil
	}
	return []string{fmt.Sprintf("Okta does not offer the roles of account %s yet: click More → Refresh Application Data in the admin console", w.key.ID)}, nil
}

// oktaGroups makes true that each role's Okta group exists and is assigned to the application with its roles.
func (w *work) oktaGroups(ctx context.Context) (result, error) {
	ids, err := w.assignGroups(ctx)
	if store.KindOf(err) == store.NeedsPerson && err != nil {
		return w.rolesRefused(ctx, err)
	}
	if err != nil {
		return w.orGone(ctx, oktaGroups, err)
	}
	if err := w.learn(ctx, func(k *store.Known) { k.Groups = ids }); err != nil {
		return result{}, err
	}
	return done(strings.Join(slices.Sorted(maps.Keys(w.groups())), ", "))
}

// assignGroups makes and assigns the groups, and returns their IDs by role.
func (w *work) assignGroups(ctx context.Context) (map[string]string, error) {
	app := w.known().AppID
	assigned, err := w.r.okta.Assignments(ctx, app)
	if err != nil {
		return nil, err
	}
	wanted := w.groups()
	ids := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		group, err := w.group(ctx, name)
		if err != nil {
			return nil, err
		}
		for _, role := range wanted[name] {
			ids[role] = group.ID
		}
		want := w.assignedRoles(wanted[name])
		if have, ok := assigned[group.ID]; ok && sameSet(have.Roles, want) {
			continue
		}
		if err := w.r.okta.Assign(ctx, app, group.ID, want); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// patience is how often Okta may refuse the roles before a person is asked: it takes a moment to fetch them.
const patience = 3

// rolesRefused handles Okta's refusal of roles on an application: it takes none before provisioning is enabled and it has
// fetched them, and never those of another account than the one whose key it holds.
func (w *work) rolesRefused(ctx context.Context, refusal error) (result, error) {
	app, err := w.r.okta.Application(ctx, w.known().AppID)
	if err != nil {
		return result{}, err
	}
	if app == nil {
		return w.applicationGone()
	}
	if len(missingProvisioning(*app, nil, "")) > 0 {
		return result{redo: oktaProvisioning, note: "provisioning is not enabled any more"}, nil
	}
	if w.get().Steps[oktaGroups].Attempts >= patience {
		now := w.now()
		if err := w.learn(ctx, func(k *store.Known) { k.RolesRefused = now }); err != nil {
			return result{}, err
		}
		return result{redo: oktaProvisioning, note: "Okta does not offer the account's roles"}, nil
	}
	message, remedy := store.Explain(refusal)
	return result{}, &store.Error{Kind: store.Transient, Message: message, Remedy: remedy, Err: refusal}
}

// assignedRoles are the roles of an assignment: in mode groups the group's name says it all.
func (w *work) assignedRoles(roles []string) []string {
	if w.get().Mode == store.ModeGroups {
		return nil
	}
	return roles
}

func (w *work) group(ctx context.Context, name string) (Group, error) {
	found, err := w.r.okta.FindGroup(ctx, name)
	if err != nil {
		return Group{}, err
	}
	if found != nil {
		return *found, nil
	}
	made, err := w.r.okta.CreateGroup(ctx, name, fmt.Sprintf("May sign on to AWS account %s (made by oktaws)", w.get().ID))
	return made, w.lookAgain(oktaGroups, err)
}

// groups returns the roles of each Okta group by the group's name.
func (w *work) groups() map[string][]string {
	a := w.get()
	groups := map[string][]string{}
	for _, spec := range w.r.cfg.RoleSet {
		name := spec.GroupName(a.Label, a.AccountKey.ID, a.Known.Alias)
		groups[name] = append(groups[name], spec.Name)
	}
	return groups
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// looks is how often a step looks again before what the other side says of it counts: for about two minutes.
const looks = 6

// lookAgain makes a refusal since something is there already, or isn't there yet, a reason to look again: it was made a
// moment ago, and not everybody over there knows of it. Where further looks don't tell, the refusal counts.
func (w *work) lookAgain(step string, err error) error {
	if k := store.KindOf(err); err == nil || k != store.Conflict && k != store.NotFound || w.get().Steps[step].Attempts >= looks {
		return err
	}
	message, remedy := store.Explain(err)
	return &store.Error{Kind: store.Transient, Message: message, Remedy: remedy, Err: err}
}

// descriptor is what we read of SAML metadata.
type descriptor struct {
	EntityID     string   `xml:"entityID,attr"`
	Certificates []string `xml:"IDPSSODescriptor>KeyDescriptor>KeyInfo>X509Data>X509Certificate"`
}

func parseMetadata(metadata string) (descriptor, error) {
	var d descriptor
	if err := xml.Unmarshal([]byte(metadata), &d); err != nil {
		return d, fmt.Errorf("read SAML metadata: %w", err)
	}
	for i, c := range d.Certificates {
		d.Certificates[i] = strings.Join(strings.Fields(c), "")
	}
	if d.EntityID == "" || len(d.Certificates) == 0 {
		return d, fmt.Errorf("read SAML metadata: no entity ID or no certificate")
	}
	return d, nil
}
