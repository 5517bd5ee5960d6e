package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrLabelTaken is the cause of the Conflict where another account has the label.
var ErrLabelTaken = errors.New("application names are unique")

// mayAsk are the states of an account in which it can be asked for. One that is on its way to be unlinked can't be.
var mayAsk = map[RequestKind][]AccountState{
	Link:   {None, Unlinked},
	Adopt:  {None, Unlinked, Failed},
	Unlink: {Linking, Waiting, Failed, Linked, Drifted},
	Repair: {Linked, Drifted},
	Change: {Linked, Drifted, Failed},
	Rotate: {Linked, Drifted},
}

// OpenRequest records a wish to change an account, or those of a batch. It fails with a Conflict where the account is
// not in a state for it, or asked for already, or, with ErrLabelTaken as the cause, where another account has the
// name. ID (without slash and dot), Kind, Account, Requester, Required and Expires must be set; to link or adopt, the
// wish too; to change, its Mode and RoleSet; to rotate, Rotate.
func (tx *Tx) OpenRequest(r Request) (Request, error) {
	if err := r.wellFormed(); err != nil {
		return r, err
	}
	r.State, r.Due = Pending, tx.now
	if len(r.Batch) > 0 {
		return tx.openBatch(r)
	}
	a, err := tx.askFor(&r)
	if err != nil {
		return r, err
	}
	if err := tx.put(&r); err != nil {
		return r, err
	}
	a.Pending, a.PlanDue = r.ID, tx.now
	a.derive(tx.now)
	if err := tx.put(&a); err != nil {
		return r, err
	}
	if err := tx.tellOfCheck(a.AccountKey); err != nil {
		return r, err
	}
	return r, tx.Record(Event{What: "request.opened", Actor: r.Requester, Account: r.Account, Request: r.ID, Text: r.Reason})
}

// wellFormed says what no account could make right. The dot is of the requests of a batch.
func (r *Request) wellFormed() error {
	if r.ID == "" || strings.ContainsAny(r.ID, "/.") {
		return newError(Permanent, "", "%q can't be the ID of a request", r.ID)
	}
	if mayAsk[r.Kind] == nil {
		return newError(Permanent, "", "%q is no kind of request", r.Kind)
	}
	if r.Kind == Link || r.Kind == Change {
		if r.Mode != ModeAPI && r.Mode != ModeGroups {
			return newError(Permanent, "", "%q is no integration mode", r.Mode)
		}
		if r.Shared != "" && r.Mode != ModeGroups {
			return newError(Permanent, "Link it in the integration mode groups.", "only an account that is linked in the integration mode groups can share an Okta application")
		}
	}
	if r.Kind == Rotate && len(r.Rotate) == 0 || slices.ContainsFunc(r.Rotate, func(what Rotation) bool { return what != RotateKey && what != RotateCertificate }) {
		return newError(Permanent, "", "%q can't be rotated", r.Rotate)
	}
	return nil
}

// askFor checks that the account can be asked for, and completes the request's wish, and what the account was.
func (tx *Tx) askFor(r *Request) (Account, error) {
	if _, err := ParseAccountKey(r.Account.String()); err != nil {
		return Account{}, err
	}
	a, err := tx.Account(r.Account)
	switch {
	case err == nil:
		err = tx.free(a, r.Kind)
	case KindOf(err) == NotFound && r.begins():
		err = nil
	}
	if err != nil {
		return a, err
	}
	if r.Wish, err = r.wishFor(a); err != nil {
		return a, err
	}
	if !a.fresh() {
		r.Was = a.Wish
		return a, nil
	}
	r.Was = Wish{}
	if err := tx.nameFree(*r); err != nil {
		return a, err
	}
	a.Wish = r.Wish // so that the account is known by its name
	return a, nil
}

// begins says whether the request can begin an account that nothing is known of.
func (r *Request) begins() bool { return r.Kind == Link || r.Kind == Adopt }

// wishFor is what the account shall be: by a request that begins it, what that says; by any other, what it is, apart
// from what the request is about.
func (r *Request) wishFor(a Account) (Wish, error) {
	w := a.Wish
	w.Adopt = false
	if a.fresh() {
		w = r.Wish
		if w.Label == "" || w.Mode == "" {
			return w, newError(Conflict, fmt.Sprintf("Ask for it by itself, with /oktaws link %s.", a.Typed()), "account %s isn't linked, and needs an application name of its own", a.ID)
		}
	}
	switch {
	case r.Kind == Adopt:
		w.Adopt = true
	case r.Kind == Change && r.Mode == ModeAPI && a.Shared != "":
		return w, newError(Conflict, fmt.Sprintf("Unlink it with /oktaws unlink %s, then link it again.", a.ID),
			"account %s shares the Okta application %s with others, and in the integration mode api each account needs one of its own", a.ID, a.Shared)
	case r.Kind == Change:
		w.Mode, w.RoleSet = r.Mode, r.RoleSet
		if w.Mode == a.Mode && w.RoleSetName() == a.RoleSetName() && a.State != Failed {
			return w, newError(Conflict, "", "account %s has the integration mode %s and the role set %s already", a.ID, a.Mode, a.RoleSetName())
		}
	case slices.Contains(r.Rotate, RotateKey) && a.Mode == ModeGroups:
		return w, newError(Conflict, "", "account %s has no access key: it is linked in the integration mode groups", a.ID)
	}
	return w, nil
}

// free says why the account can't be asked for now.
func (tx *Tx) free(a Account, kind RequestKind) error {
	status := fmt.Sprintf("See it with /oktaws status %s.", a.ID)
	if a.Pending != "" {
		open, err := tx.Request(a.Pending)
		if err != nil {
			return err
		}
		if kind == Link && open.Kind == Link {
			return newError(Conflict, status, "account %s was already asked for by <@%s> and waits for approval", a.ID, open.Requester.ID)
		}
		return newError(Conflict, status, "a request to %s account %s, by <@%s>, waits for approval already", open.Kind, a.ID, open.Requester.ID)
	}
	leaving := a.Desired == WantUnlinked && a.State != Unlinked
	if slices.Contains(mayAsk[kind], a.State) && !leaving {
		return nil
	}
	begins := kind == Link || kind == Adopt
	switch {
	case leaving && a.State == Failed:
		return newError(Conflict, fmt.Sprintf("Mend the cause, then /oktaws retry %s.", a.ID), "account %s is being unlinked, and that has failed", a.ID)
	case leaving:
		return newError(Conflict, status, "account %s is being unlinked", a.ID)
	case a.fresh() && kind == Unlink:
		return newError(Conflict, status, "account %s is not linked, so there is nothing to unlink", a.ID)
	case a.fresh():
		return newError(Conflict, fmt.Sprintf("Link it with /oktaws link %s.", a.Typed()), "account %s is not linked", a.ID)
	case begins && (a.State == Linked || a.State == Drifted):
		return newError(Conflict, status, "account %s is already linked, as %s", a.ID, a.Label)
	case a.State == Failed:
		return newError(Conflict, fmt.Sprintf("Mend the cause, then /oktaws retry %s; or give it up with /oktaws unlink %s.", a.ID, a.ID),
			"account %s is being linked as %s, and has failed", a.ID, a.Label)
	case begins:
		return newError(Conflict, status, "account %s is already being linked, as %s", a.ID, a.Label)
	}
	return newError(Conflict, status, "account %s is still being linked, as %s", a.ID, a.Label)
}

// nameFree says which other account has a name that the request wishes for, or has asked for it. A request changes no
// name of an account that is linked, and an account that waits to be linked goes by the name that was asked for.
func (tx *Tx) nameFree(r Request) error {
	// Of each account only what it may be called by is decoded: with thousands of them, the rest takes a second.
	type named struct {
		AccountKey
		Wish
		State   AccountState `json:"state"`
		Pending string       `json:"pending"`
	}
	var failed error
	err := scan(tx.r, accountPrefix, "", func(a named) bool {
		fresh := a.State == None || a.State == Unlinked
		if a.AccountKey == r.Account || fresh && a.Pending == "" {
			return true
		}
		if name := r.clash(a.Wish); name != "" {
			failed = &Error{Kind: Conflict, Err: ErrLabelTaken, Remedy: "Choose another application name.",
				Message: fmt.Sprintf("the name %s is taken by account %s", name, a.ID)}
		}
		return failed == nil
	})
	if err != nil {
		return err
	}
	return failed
}

// clash is the name that two accounts can't both have, in whatever case, since people couldn't tell the two apart; empty
// where there is none. An application is of one account, or shared by all that say so.
func (w Wish) clash(other Wish) string {
	switch {
	case strings.EqualFold(w.Label, other.Label):
		return other.Label
	case (w.Shared == "" || other.Shared == "") && strings.EqualFold(w.AppLabel(), other.AppLabel()):
		return other.AppLabel()
	}
	return ""
}
