package provision_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// Okta as the pipeline sees it. One organization serves the accounts of all worlds.

func (w *world) FindApplications(_ context.Context, labels ...string) (found []provision.Application, err error) {
	err = w.do("FindApplications", func() error {
		for _, id := range slices.Sorted(maps.Keys(w.apps)) {
			if slices.Contains(labels, w.apps[id].Label) {
				found = append(found, *w.apps[id])
			}
		}
		return nil
	})
	return found, err
}

func (w *world) Application(_ context.Context, id string) (app *provision.Application, err error) {
	err = w.do("Application", func() error {
		if app = copyOf(w.apps[id]); app != nil {
			app.Settings, app.Features = maps.Clone(app.Settings), slices.Clone(app.Features)
		}
		return nil
	})
	return app, err
}

func (w *world) CreateApplication(_ context.Context, s provision.ApplicationSpec) (app provision.Application, err error) {
	err = w.do("CreateApplication", func() error {
		id := w.id("0oa")
		w.apps[id] = &provision.Application{ID: id, Name: "amazon_aws", Label: s.Label, Status: "ACTIVE", SignOnMode: "SAML_2_0", SigningKeyID: "kid", Note: s.Note, Settings: maps.Clone(s.Settings)}
		app = *w.apps[id]
		return nil
	})
	return app, err
}

func (w *world) app(id string, change func(*provision.Application) error) error {
	if w.apps[id] == nil {
		return missing("the application " + id)
	}
	return change(w.apps[id])
}

func (w *world) UpdateApplication(_ context.Context, id string, s provision.ApplicationSpec) (changed bool, err error) {
	err = w.do("UpdateApplication", func() error {
		return w.app(id, func(app *provision.Application) error {
			changed = app.Note != s.Note || app.Label != s.Label
			for k, v := range s.Settings {
				changed = changed || fmt.Sprint(app.Settings[k]) != fmt.Sprint(v)
			}
			app.Settings = maps.Clone(app.Settings)
			if app.Settings == nil {
				app.Settings = map[string]any{}
			}
			maps.Copy(app.Settings, s.Settings)
			app.Note, app.Label = s.Note, s.Label
			return nil
		})
	})
	return changed, err
}

func (w *world) ActivateApplication(_ context.Context, id string) error {
	return w.do("ActivateApplication", func() error {
		return w.app(id, func(app *provision.Application) error { app.Status = "ACTIVE"; return nil })
	})
}

func (w *world) DeactivateApplication(_ context.Context, id string) error {
	return w.do("DeactivateApplication", func() error {
		return w.app(id, func(app *provision.Application) error { app.Status = "INACTIVE"; return nil })
	})
}

func (w *world) DeleteApplication(_ context.Context, id string) error {
	return w.do("DeleteApplication", func() error {
		return w.app(id, func(app *provision.Application) error {
			if app.Status == "ACTIVE" {
				return &store.Error{Kind: store.Conflict, Message: "an active application can't be deleted", Remedy: "Deactivate it."}
			}
			delete(w.apps, id)
			delete(w.assigned, id)
			return nil
		})
	})
}

func (w *world) SigningKeys(_ context.Context, id string) (keys []provision.SigningKey, err error) {
	err = w.do("SigningKeys", func() error {
		keys = append([]provision.SigningKey{{ID: "kid"}}, w.signing[id]...)
		return nil
	})
	return keys, err
}

func (w *world) GenerateSigningKey(_ context.Context, id string, _ int) (k provision.SigningKey, err error) {
	err = w.do("GenerateSigningKey", func() error {
		return w.app(id, func(*provision.Application) error {
			k = provision.SigningKey{ID: w.id("kid"), Created: w.clock.Now()}
			w.signing[id] = append(w.signing[id], k)
			return nil
		})
	})
	return k, err
}

func (w *world) SignWith(_ context.Context, id, kid string) error {
	return w.do("SignWith", func() error {
		return w.app(id, func(app *provision.Application) error {
			if app.SigningKeyID != kid && w.wipes { // a PUT of the whole application
				app.Features = nil
			}
			app.SigningKeyID = kid
			return nil
		})
	})
}

func (w *world) Metadata(_ context.Context, id, kid string) (text string, err error) {
	err = w.do("Metadata", func() error {
		return w.app(id, func(*provision.Application) error { text = metadata(id, kid); return nil })
	})
	return text, err
}

func metadata(app, kid string) string {
	return fmt.Sprintf(`<?xml version="1.0"?><md:EntityDescriptor entityID="http://www.okta.com/%s" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"><md:IDPSSODescriptor><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor></md:IDPSSODescriptor></md:EntityDescriptor>`, app, kid)
}

func (w *world) FindGroup(_ context.Context, name string) (g *provision.Group, err error) {
	err = w.do("FindGroup", func() error { g = copyOf(w.groups[name]); return nil })
	return g, err
}

func (w *world) FindGroups(_ context.Context, names ...string) (found map[string]provision.Group, err error) {
	err = w.do("FindGroups", func() error {
		found = map[string]provision.Group{}
		for _, name := range names {
			if g := w.groups[name]; g != nil {
				found[name] = *g
			}
		}
		return nil
	})
	return found, err
}

func (w *world) group(id string) *provision.Group {
	for _, g := range w.groups {
		if g.ID == id {
			return g
		}
	}
	return nil
}

func (w *world) Group(_ context.Context, id string) (g *provision.Group, err error) {
	err = w.do("Group", func() error { g = copyOf(w.group(id)); return nil })
	return g, err
}

func (w *world) RenameGroup(_ context.Context, id, name string) error {
	return w.do("RenameGroup", func() error {
		switch g := w.group(id); {
		case g == nil:
			return missing("the group " + id)
		case w.groups[name] != nil && g.Name != name:
			return taken("a group " + name)
		}
		w.rename(id, name)
		return nil
	})
}

func (w *world) rename(id, name string) {
	g := w.group(id)
	delete(w.groups, g.Name)
	g.Name, w.groups[name] = name, g
}

func (w *world) DeleteGroup(_ context.Context, id string) error {
	return w.do("DeleteGroup", func() error {
		g := w.group(id)
		if g == nil {
			return missing("the group " + id)
		}
		delete(w.groups, g.Name)
		for _, of := range w.assigned {
			delete(of, id)
		}
		for _, r := range w.rules {
			if slices.Contains(r.Groups, id) {
				r.Status = "INVALID"
			}
		}
		return nil
	})
}

func (w *world) CreateGroup(_ context.Context, name, description string) (g provision.Group, err error) {
	err = w.do("CreateGroup", func() error {
		if w.groups[name] != nil {
			return taken("the group " + name)
		}
		w.groups[name] = &provision.Group{ID: w.id("00g"), Name: name, Description: description}
		g = *w.groups[name]
		return nil
	})
	return g, err
}

func (w *world) Assignments(_ context.Context, app string) (assigned map[string]provision.Assignment, err error) {
	err = w.do("Assignments", func() error {
		assigned = map[string]provision.Assignment{}
		for id, a := range w.assigned[app] {
			a.Group = *w.group(id)
			assigned[id] = a
		}
		return nil
	})
	return assigned, err
}

func (w *world) AssignedApplication(_ context.Context, group, app string) (out *provision.Application, err error) {
	err = w.do("AssignedApplication", func() error {
		if _, ok := w.assigned[app][group]; ok && w.group(group) != nil {
			out = copyOf(w.apps[app])
			out.Settings, out.Features = maps.Clone(out.Settings), slices.Clone(out.Features)
		}
		return nil
	})
	return out, err
}

// Assign takes roles only once provisioning is enabled, and only those of the account whose key Okta holds.
func (w *world) Assign(_ context.Context, app, group string, have *provision.Assignment, roles []string) (now provision.Assignment, err error) {
	err = w.do("Assign", func() error {
		is := w.apps[app]
		switch {
		case is == nil || w.group(group) == nil:
			return missing("the application " + app + " or the group " + group)
		case len(roles) > 0 && len(is.Features) < 2:
			return &store.Error{Kind: store.NeedsPerson, Message: "Okta doesn't take roles before provisioning is enabled"}
		}
		for _, r := range roles {
			if w.roles[strings.ToLower(r)] == nil {
				return &store.Error{Kind: store.NeedsPerson, Message: "Okta does not offer the role " + r}
			}
		}
		if _, there := w.assigned[app][group]; there && have == nil && len(roles) == 0 {
			now = w.assigned[app][group]
			return nil // {} changes nothing
		}
		w.assign(app, group, roles...)
		now = w.assigned[app][group]
		return nil
	})
	return now, err
}

func (w *world) assign(app, group string, roles ...string) {
	if w.assigned[app] == nil {
		w.assigned[app] = map[string]provision.Assignment{}
	}
	w.assigned[app][group] = provision.Assignment{Group: provision.Group{ID: group}, Roles: roles}
}

func (w *world) Unassign(_ context.Context, app, group string) error {
	return w.do("Unassign", func() error { delete(w.assigned[app], group); return nil })
}

// enable does the person's step: the newest key is entered, and the features are ticked. Where nobody has made a key, an
// admin makes one by hand.
func (w *world) enable(features ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, app := range w.apps {
		app.Features = features
	}
	if len(features) == 0 {
		return
	}
	if len(w.keys) == 0 {
		w.newKey()
	}
	w.uses(w.keys[len(w.keys)-1].ID)
}

// uses has Okta list the roles with the key.
func (w *world) uses(key string) { w.use[key] = provision.KeyUse{At: w.clock.Now(), Service: "iam"} }

// hasByRule says whether the members of a group have the application through a group that an active rule fills with them.
func (w *world) hasByRule(app, group string) bool {
	for _, r := range w.rules {
		if r.Status != "ACTIVE" || len(r.Groups) != 1 {
			continue
		}
		_, assigned := w.assigned[app][r.Groups[0]]
		prefix := strings.TrimSuffix(strings.TrimPrefix(r.Expression, `isMemberOfGroupNameStartsWith("`), `")`)
		if assigned && strings.HasPrefix(w.group(group).Name, prefix) {
			return true
		}
	}
	return false
}

var (
	filterRole    = strings.NewReplacer("(?{{role}}", "(?P<role>", "(?{{accountid}}", "(?P<accountid>")
	trustedEntity = regexp.MustCompile(`entityID="http://www.okta.com/([^"]*)"`)
)

// offers are the roles of the world's account that the members of a group are offered, and that AWS lets them in with: by
// every application that the account's identity provider trusts. The caller holds the lock.
func (w *world) offers(okta *world, group string) (roles []string) {
	p := w.providers[w.arn("saml-provider/Okta")]
	if p == nil {
		return nil
	}
	for id, app := range okta.apps {
		m := trustedEntity.FindStringSubmatch(p.Metadata)
		if m == nil || m[1] != id || app.Status != "ACTIVE" || !strings.Contains(p.Metadata, ">"+app.SigningKeyID+"<") {
			continue
		}
		assignment, ok := okta.assigned[id][group]
		if !ok && !okta.hasByRule(id, group) {
			continue
		}
		offered := assignment.Roles
		if app.Settings["useGroupMapping"] == true {
			offered = nil
			filter := regexp.MustCompile(filterRole.Replace(app.Settings["groupFilter"].(string)))
			if m := filter.FindStringSubmatch(okta.group(group).Name); m != nil && m[filter.SubexpIndex("accountid")] == w.identity.Account.ID {
				offered = []string{m[filter.SubexpIndex("role")]}
			}
		}
		for _, r := range offered {
			if role := w.roles[strings.ToLower(r)]; role != nil && strings.Contains(role.Trust, p.ARN) {
				roles = append(roles, role.Name)
			}
		}
	}
	slices.Sort(roles)
	return roles
}
