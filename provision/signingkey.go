package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oktaws/oktaws/store"
)

// formerStays is how long the identity provider keeps the certificate of the key that was replaced: an assertion is good
// for five minutes, and two clocks may differ.
const formerStays = 10 * time.Minute

func (w *work) lookSigningKey(_ context.Context, _ *sight) ([]store.Finding, error) {
	k := w.known()
	var out []store.Finding
	if w.rotatesCertificate() {
		out = append(out, finding(signingKey, "rotate", "Okta signs with a certificate that is to be replaced", "Nothing: people can sign on all the while",
			"makes a new one, gives it to the identity provider beside the present one, and then has Okta sign with it"))
	}
	if until := k.Certificate.Expires; !until.IsZero() && until.Sub(w.now()) < w.r.cfg.WarnBefore {
		f := finding(signingKey, "expires", fmt.Sprintf("The certificate that Okta signs with is good until %s", day(until)), "From then on nobody can sign on", "rotates it")
		f.Rotate = store.RotateCertificate
		out = append(out, f)
	}
	return out, nil
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// rotatesCertificate says whether a newer certificate was asked for.
func (w *work) rotatesCertificate() bool { return !w.get().CertificateSince.IsZero() }

// signingKey makes true that Okta signs with a certificate that is as new as was asked for. A new key comes first to the
// identity provider, which then holds both; when that has settled, Okta signs with it; and some minutes later the
// provider holds the new one alone. So that people can sign on at every moment.
func (w *work) signingKey(ctx context.Context) (result, error) {
	k := w.known()
	switch {
	case k.NextKeyID != "":
		return w.switchKey(ctx)
	case w.rotatesCertificate():
		return w.alone(ctx, w.nextKey)
	case k.FormerKeyID == "":
		return done(w.certificateNote())
	case k.FormerUntil.After(w.now()):
		return result{state: store.StepDone, after: k.FormerUntil.Sub(w.now()), note: w.certificateNote()}, nil
	}
	metadata, err := w.wantMetadata(ctx, k.AppID, k.SigningKeyID)
	if err != nil {
		return w.orGone(ctx, signingKey, err)
	}
	if res, err := w.putProvider(ctx, metadata); err != nil || res.state != store.StepDone {
		return res, err
	}
	if err := w.learn(ctx, func(k *store.Known) { k.FormerKeyID, k.FormerUntil = "", time.Time{} }); err != nil {
		return result{}, err
	}
	return done(w.certificateNote())
}

func (w *work) certificateNote() string {
	if until := w.known().Certificate.Expires; !until.IsZero() {
		return "good until " + day(until)
	}
	return "in use"
}

// nextKey makes the key that takes over, or finds the one that an attempt which was cut off has made.
func (w *work) nextKey(ctx context.Context) (result, error) {
	a := w.get()
	next, err := w.nextShared(ctx) // a rotation that another account has begun is as good
	if err != nil {
		return result{}, err
	}
	keys, err := w.r.okta.SigningKeys(ctx, a.Known.AppID)
	if err != nil {
		return w.orGone(ctx, signingKey, err)
	}
	since := a.CertificateSince.Truncate(time.Second)
	newer := slices.DeleteFunc(keys, func(k SigningKey) bool { return k.Created.Before(since) })
	switch {
	case next != "":
	// It is in use already: another account that shares the application was first, or the application itself is newer, and
	// with it the key of Okta's own that it lists.
	case slices.ContainsFunc(newer, func(k SigningKey) bool { return k.ID == a.Known.SigningKeyID }):
		return w.rotated(ctx)
	case len(newer) > 0:
		next = newer[0].ID
	}
	if next == "" {
		years := w.r.cfg.CertificateLife
		if years == 0 {
			years = 10
		}
		key, err := w.r.okta.GenerateSigningKey(ctx, a.Known.AppID, years)
		if err != nil {
			return w.orGone(ctx, signingKey, err)
		}
		next = key.ID
	}
	err = w.save(ctx, func(tx *store.Tx, a *store.Account) error {
		a.Known.NextKeyID = next
		a.Steps[samlProvider] = store.Step{State: store.StepPending, Undo: a.Steps[samlProvider].Undo} // it does not hold it yet, wherever this is cut off
		if a.Shared == "" {
			return nil
		}
		shared, err := tx.SharedApplication(a.Partition, a.Shared)
		if err != nil {
			return err
		}
		shared.NextKeyID = next
		return tx.SaveApplication(&shared)
	})
	if err != nil {
		return result{}, err
	}
	return result{redo: samlProvider, note: "a new certificate goes to the identity provider first"}, nil
}

// nextShared is the next key of the application that the account shares, or "".
func (w *work) nextShared(ctx context.Context) (string, error) {
	shared, err := w.shared(ctx)
	if err != nil || shared.AppID != w.known().AppID {
		return "", err
	}
	return shared.NextKeyID, nil
}

// switchKey has Okta sign with the next key, once the identity provider, and that of every account that shares the
// application, has its certificate.
func (w *work) switchKey(ctx context.Context) (result, error) {
	a := w.get()
	if rest := a.Steps[samlProvider].Ended.Add(providerSettles).Sub(w.now()); rest > 0 && rest <= providerSettles {
		return again(rest, "lets the identity provider settle")
	}
	if behind, err := w.behind(ctx); err != nil {
		return result{}, err
	} else if len(behind) > 0 {
		if err := w.wake(ctx, behind); err != nil {
			return result{}, err
		}
		return again(behindPoll, "waits until the other accounts that share the application hold the new certificate: "+some(ids(behind), 5))
	}
	return w.alone(ctx, func(ctx context.Context) (result, error) {
		if err := w.r.okta.SignWith(ctx, a.Known.AppID, a.Known.NextKeyID); err != nil {
			return w.orGone(ctx, signingKey, err)
		}
		return w.rotated(ctx)
	})
}

// behindPoll is how often the accounts are looked at that don't hold the next certificate yet.
const behindPoll = 10 * time.Second

// wake has accounts that share the application give their identity providers the next certificate now. They need no request
// for it: an account that stays behind would hold up the others, or lock its people out.
func (w *work) wake(ctx context.Context, behind []store.AccountKey) error {
	for _, key := range behind {
		err := w.r.store.Update(ctx, func(tx *store.Tx) error {
			a, err := tx.Account(key)
			if err != nil {
				return err
			}
			if s := a.Steps[samlProvider]; s.State != store.StepDone || !s.Due.IsZero() {
				return nil // it is at it
			}
			followUp(&a, samlProvider, tx.Now())
			return tx.SaveAccount(&a)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func ids(keys []store.AccountKey) []string {
	var out []string
	for _, k := range keys {
		out = append(out, k.ID)
	}
	return out
}

// rotated notes that Okta signs with the new key, and comes back when the former certificate can go.
func (w *work) rotated(ctx context.Context) (result, error) {
	next := w.known().NextKeyID
	if next == "" {
		next = w.known().SigningKeyID
	}
	metadata, err := w.metadataOf(ctx, w.known().AppID, next)
	if err != nil {
		return w.orGone(ctx, signingKey, err)
	}
	d, err := w.parse(metadata)
	if err != nil {
		return result{}, err
	}
	now := w.now()
	err = w.save(ctx, func(tx *store.Tx, a *store.Account) error {
		k := &a.Known
		if k.SigningKeyID != next {
			k.FormerKeyID, k.FormerUntil = k.SigningKeyID, now.Add(formerStays)
		}
		k.SigningKeyID, k.NextKeyID, k.Certificate, a.CertificateSince = next, "", d.certificate(), time.Time{}
		return endSharedRotation(tx, *a)
	})
	if err != nil {
		return result{}, err
	}
	return result{state: store.StepDone, after: formerStays, note: w.certificateNote() + "; the former one goes in ten minutes"}, nil
}

// behind are the accounts that share the application and whose identity provider does not hold the next certificate yet. One
// that still has an application before this one, which somebody deleted, needs a repair first, and holds up nobody.
func (w *work) behind(ctx context.Context) (behind []store.AccountKey, err error) {
	a := w.get()
	if a.Shared == "" {
		return nil, nil
	}
	next := a.Known.NextKeyID
	err = w.r.store.View(ctx, func(tx *store.ReadTx) error {
		return tx.Sharing(a.Partition, a.Shared, func(other store.Account) bool {
			k := other.Known
			holds := k.SigningKeyID == next || k.NextKeyID == next && other.Steps[samlProvider].State == store.StepDone
			if k.ProviderARN != "" && k.AppID == a.Known.AppID && !holds {
				behind = append(behind, other.AccountKey)
			}
			return true
		})
	})
	return behind, err
}

// some are the first of the words, and how many more there are.
func some(words []string, most int) string {
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
}

// endSharedRotation forgets the next key of a shared application once every account has seen it take over.
func endSharedRotation(tx *store.Tx, done store.Account) error {
	if done.Shared == "" {
		return nil
	}
	shared, err := tx.SharedApplication(done.Partition, done.Shared)
	if err != nil || shared.NextKeyID != done.Known.SigningKeyID {
		return err
	}
	waiting := false
	err = tx.Sharing(done.Partition, done.Shared, func(other store.Account) bool {
		waiting = other.AccountKey != done.AccountKey && other.Known.NextKeyID == shared.NextKeyID
		return !waiting
	})
	if err != nil || waiting {
		return err
	}
	shared.SigningKeyID, shared.NextKeyID = shared.NextKeyID, ""
	return tx.SaveApplication(&shared)
}
