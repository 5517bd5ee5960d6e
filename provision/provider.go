package provision

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oktaws/oktaws/store"
)

func (w *work) providerARN() string {
	a := w.get()
	return fmt.Sprintf("arn:%s:iam::%s:saml-provider/%s", a.Partition, a.ID, w.r.cfg.ProviderName)
}

// tags are what our AWS resources bear.
func (w *work) tags() map[string]string {
	return map[string]string{TagManaged: TagManagedValue, TagRequest: w.get().RequestID}
}

func ours(tags map[string]string) bool { return tags[TagManaged] == TagManagedValue }

func (w *work) lookProvider(ctx context.Context, s *sight) ([]store.Finding, error) {
	provider, err := s.identityProvider(ctx)
	if err != nil {
		return nil, err
	}
	name := w.r.cfg.ProviderName
	if provider == nil {
		return []store.Finding{finding(samlProvider, "gone", fmt.Sprintf("There is no identity provider %s in the account", name), "Nobody can sign on", "makes it")}, nil
	}
	var out []store.Finding
	switch {
	case ours(provider.Tags):
	case w.wasOurs(*provider):
		out = append(out, untagged(samlProvider, "The identity provider "+name))
	default:
		out = append(out, w.foreign(samlProvider, "foreign", fmt.Sprintf("The account has an identity provider %s that does not bear our tag", name), "tags it, and gives it the application's metadata"))
	}
	app, err := s.application(ctx)
	if err != nil || app == nil || app.SigningKeyID == "" {
		return out, err // what it should hold is told by the application, which is found missing by its own step
	}
	want, err := w.wantCertificates(ctx, s, *app)
	if err != nil {
		return nil, err
	}
	have, err := parseMetadata(provider.Metadata)
	prints := have.fingerprints()
	add := func(key, what, means, mend string) { out = append(out, finding(samlProvider, key, what, means, mend)) }
	switch {
	case err != nil:
		add("metadata", fmt.Sprintf("The metadata of the identity provider %s can't be read", name), "Nobody can sign on", "gives it the application's metadata")
	case have.EntityID != want.entity:
		add("entity", fmt.Sprintf("The identity provider %s trusts another Okta application (%s)", name, have.EntityID),
			"Nobody can sign on through this account's tile, but people may through the other application", "gives it this application's metadata")
	case !slices.Contains(prints, want.prints[0]):
		add("certificate", fmt.Sprintf("The identity provider %s does not hold the certificate that Okta signs with", name), "Nobody can sign on", "gives it the application's metadata")
	case slices.ContainsFunc(prints, func(p string) bool { return !slices.Contains(want.prints, p) }):
		add("certificates", fmt.Sprintf("The identity provider %s holds a certificate that Okta does not sign with", name),
			"Whoever has that certificate's key can sign on as anybody", "takes it out")
	case slices.ContainsFunc(want.prints, func(p string) bool { return !slices.Contains(prints, p) }):
		add("next", fmt.Sprintf("The identity provider %s does not hold the certificate that Okta is to sign with next", name), "Nothing yet", "adds it")
	}
	return out, nil
}

// wanted are the certificates that the identity provider shall hold, the one that Okta signs with first.
type wanted struct {
	entity string
	prints []string
}

// wantCertificates says what the provider shall hold. Where the application signs with the key whose certificate is known,
// and nothing is being rotated, that needs no call.
func (w *work) wantCertificates(ctx context.Context, s *sight, app Application) (wanted, error) {
	k := w.known()
	next, err := w.nextShared(ctx)
	if err != nil {
		return wanted{}, err
	}
	if k.AppID == app.ID && k.SigningKeyID == app.SigningKeyID && k.Certificate.Fingerprint != "" && k.NextKeyID == "" && w.formerKey() == "" && next == "" {
		return wanted{k.EntityID, []string{k.Certificate.Fingerprint}}, nil
	}
	metadata, err := s.metadata.get(func() (string, error) { return w.wantMetadata(ctx, app.ID, app.SigningKeyID) })
	if err != nil {
		return wanted{}, err
	}
	d, err := w.parse(metadata)
	return wanted{d.EntityID, d.fingerprints()}, err
}

// parse reads metadata that Okta has given.
func (w *work) parse(metadata string) (descriptor, error) {
	d, err := parseMetadata(metadata)
	if err != nil {
		err = &store.Error{Kind: store.Transient, Err: err,
			Message: fmt.Sprintf("The SAML metadata of the Okta application %s for account %s can't be read.", w.get().AppLabel(), w.key.ID),
			Remedy:  "oktaws asks for it again. If it goes on, look at the application's Sign On tab in the Okta admin console."}
	}
	return d, err
}

// untagged is a finding of something that oktaws has made and that does not bear its tag any more.
func untagged(step, what string) store.Finding {
	return finding(step, "tag", what+" does not bear our tag", "Nothing for now; but oktaws would not know it as its own", "puts it back")
}

// wasOurs tells a provider that oktaws has made or taken over from one that somebody made in its place: it still trusts the
// account's application.
func (w *work) wasOurs(have Provider) bool {
	k := w.known()
	now, err := parseMetadata(have.Metadata)
	return err == nil && k.ProviderARN == have.ARN && k.EntityID != "" && now.EntityID == k.EntityID
}

// formerKey is the signing key whose certificate the provider still holds after a rotation, or "".
func (w *work) formerKey() string {
	if k := w.known(); k.FormerUntil.After(w.now()) {
		return k.FormerKeyID
	}
	return ""
}

// wantMetadata returns the application's metadata with every certificate that the provider shall hold: that of the key it
// signs with first, and those of the next and the former key while the certificate is being rotated. An account that has
// not yet seen that Okta signs with the next key holds both.
func (w *work) wantMetadata(ctx context.Context, app, signing string) (string, error) {
	k := w.known()
	var more []string
	if k.AppID == app {
		next, err := w.nextShared(ctx)
		if err != nil {
			return "", err
		}
		if k.NextKeyID != "" {
			next = k.NextKeyID
		}
		more = append(more, next, w.formerKey())
		if next == signing {
			more = append(more, k.SigningKeyID)
		}
	}
	metadata, err := w.metadataOf(ctx, app, signing)
	held := []string{signing}
	for _, kid := range more {
		if err != nil || kid == "" || slices.Contains(held, kid) {
			continue
		}
		held = append(held, kid)
		var more string
		if more, err = w.metadataOf(ctx, app, kid); err == nil {
			metadata, err = joinMetadata(metadata, more)
		}
	}
	return metadata, err
}

// samlProvider makes true that the identity provider holds the application's current metadata.
func (w *work) samlProvider(ctx context.Context) (result, error) {
	a := w.get()
	// What another rotation of the shared application has made is the next key of this account too.
	next, err := w.nextShared(ctx)
	if err != nil {
		return result{}, err
	}
	if rest, err := w.settlesFor(ctx); err != nil {
		return result{}, err
	} else if rest > 0 {
		return again(rest, "lets the new Okta application settle")
	}
	metadata, err := w.wantMetadata(ctx, a.Known.AppID, a.Known.SigningKeyID)
	if err != nil {
		return w.orGone(ctx, samlProvider, err)
	}
	res, err := w.putProvider(ctx, metadata)
	if err != nil || next == "" || next == a.Known.NextKeyID || next == a.Known.SigningKeyID {
		return res, err
	}
	// Only now, since it says that the provider holds it.
	err = w.save(ctx, func(tx *store.Tx, a *store.Account) error {
		a.Known.NextKeyID = next
		followUp(a, signingKey, tx.Now().Add(providerSettles))
		return nil
	})
	res.note += ", with the certificate that takes over next"
	return res, err
}

// followUp has a step that is done run once more at a time, while the account stays what it is.
func followUp(a *store.Account, step string, at time.Time) {
	if s, ok := a.Steps[step]; ok && s.State == store.StepDone && !s.Undo {
		s.Due = at
		a.Steps[step] = s
	}
}

// putProvider makes the identity provider hold the metadata, whose first certificate is the one that Okta signs with.
func (w *work) putProvider(ctx context.Context, metadata string) (result, error) {
	a, arn := w.get(), w.providerARN()
	want, err := w.parse(metadata)
	if err != nil {
		return result{}, err
	}
	have, err := w.aws.Provider(ctx, arn)
	if err != nil {
		return result{}, err
	}
	note, since := "in place", w.now()
	if have == nil {
		if err := w.aws.CreateProvider(ctx, w.r.cfg.ProviderName, metadata, w.tags()); err != nil {
			return result{}, w.lookAgain(samlProvider, err)
		}
		note = "created"
	} else {
		since = have.Created
		if err := w.takeProvider(ctx, *have, want); err != nil {
			return result{}, err
		}
		if now, err := parseMetadata(have.Metadata); err != nil || !now.same(want) {
			if err := w.aws.UpdateProvider(ctx, arn, metadata); err != nil {
				return result{}, w.lookAgain(samlProvider, err)
			}
			note = "metadata renewed"
		}
	}
	err = w.learn(ctx, func(k *store.Known) {
		k.ProviderARN, k.EntityID, k.ProviderSince, k.Certificate = arn, want.EntityID, since, want.certificate()
	})
	if err != nil {
		return result{}, err
	}
	if a.Known.NextKeyID != "" {
		note += ", with the certificate that takes over next"
	}
	return done(w.r.cfg.ProviderName + " " + note)
}

// takeProvider refuses an identity provider that isn't ours, or, where it is to be adopted, marks it.
func (w *work) takeProvider(ctx context.Context, have Provider, want descriptor) error {
	a, arn := w.get(), w.providerARN()
	if ours(have.Tags) {
		now, err := parseMetadata(have.Metadata)
		// That of the application before this one, which somebody deleted, is no stranger's; nor is what became of one that
		// held ours.
		if err != nil || now.EntityID == want.EntityID || now.EntityID == a.Known.EntityID || a.Adopt || a.Known.ProviderARN != "" {
			return nil
		}
		return &store.Error{Kind: store.Conflict, Err: store.ErrForeign,
			Message: fmt.Sprintf("The identity provider %s of account %s trusts another Okta application (%s).", w.r.cfg.ProviderName, a.ID, now.EntityID),
			Remedy:  fmt.Sprintf("Take it over with /oktaws adopt %s, or delete %s if that application is no longer used, and retry.", a.ID, arn)}
	}
	if !a.Adopt && !w.wasOurs(have) {
		return &store.Error{Kind: store.Conflict, Err: store.ErrForeign,
			Message: fmt.Sprintf("Account %s has an identity provider named %s already, and it was not made by oktaws.", a.ID, w.r.cfg.ProviderName),
			Remedy:  fmt.Sprintf("Take it over with /oktaws adopt %s; or delete %s if nobody signs on through it, or set aws.provider_name to another name, and retry.", a.ID, arn)}
	}
	return w.lookAgain(samlProvider, w.aws.TagProvider(ctx, arn, w.tags()))
}

func (w *work) remainsProvider(ctx context.Context, s *sight) ([]store.Finding, error) {
	provider, err := s.identityProvider(ctx)
	if err != nil || provider == nil {
		return nil, err
	}
	what := "The identity provider " + w.providerARN()
	if !ours(provider.Tags) {
		return []store.Finding{leftAlone(samlProvider, "provider", what+", which does not bear our tag")}, nil
	}
	return []store.Finding{finding(samlProvider, "there", what, "Roles that trust it can't be signed on to any more", "deletes it")}, nil
}

// undoProvider deletes the identity provider.
func (w *work) undoProvider(ctx context.Context) (result, error) {
	found, err := w.remainsProvider(ctx, w.sight())
	switch {
	case err != nil:
		return result{}, err
	case len(found) == 0:
		return done("there is none")
	case found[0].Foreign:
		return left(found[0].What)
	}
	if err := w.aws.DeleteProvider(ctx, w.providerARN()); err != nil && store.KindOf(err) != store.NotFound {
		return result{}, err
	}
	return done(w.r.cfg.ProviderName + " deleted")
}

// providerSettles is how long a new identity provider, or a new certificate in it, rests before others may rely on it.
// IAM needs about two seconds, and inside CloudFormation a role that comes too early fails the stack.
const providerSettles = 4 * time.Second

// providerAppears is how long IAM may take until it shows a new identity provider to everybody who asks.
const providerAppears = 2 * time.Minute
