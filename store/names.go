package store

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// Which account has or has asked for which name is kept in an index, name/<label|shared>/<name>/<account>, so that whether
// a name is free takes a look or two, however many accounts there are. It is written with the account that it is of.

const namePrefix = "name/"

// owner is an account that has a name, or has asked for it.
type owner struct {
	Account AccountKey `json:"account"`
	Name    string     `json:"name"`          // as the account writes it
	Own     bool       `json:"own,omitempty"` // it is the label of an application that is the account's alone
}

// Names are the same in whatever case, since people couldn't tell them apart.
func labelName(name string) string  { return namePrefix + "label/" + url.PathEscape(fold(name)) + "/" }
func sharedName(name string) string { return namePrefix + "shared/" + url.PathEscape(fold(name)) + "/" }

// fold makes two names the same exactly where strings.EqualFold takes them for the same.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, name)
}

// holds are the names that account k has by the wish, by where they stand in the index, without the account.
func (w Wish) holds(k AccountKey) map[string]owner {
	names := map[string]owner{labelName(w.Label): {Account: k, Name: w.Label, Own: w.Shared == ""}}
	if w.Shared != "" {
		names[sharedName(w.Shared)] = owner{Account: k, Name: w.Shared}
	}
	return names
}

// names are those that the account keeps from others: while it is linked or on its way, and while somebody asks for it.
func (a *Account) names() map[string]owner {
	if a.fresh() && a.Pending == "" {
		return nil
	}
	return a.holds(a.AccountKey)
}

// putAccount writes an account, and keeps the index of names.
func (tx *Tx) putAccount(a *Account) error {
	before, err := tx.Account(a.AccountKey)
	if err != nil && KindOf(err) != NotFound {
		return err
	}
	if err := tx.keepNames(before, *a); err != nil {
		return err
	}
	return tx.put(a)
}

// keepNames brings the index of names in line with what an account has become.
func (tx *Tx) keepNames(before, a Account) error {
	had, has := before.names(), a.names()
	for name := range had {
		if _, still := has[name]; !still {
			if err := tx.w.Delete(name + a.AccountKey.String()); err != nil {
				return err
			}
		}
	}
	for name, h := range has {
		if had[name] != h {
			if err := tx.putNew(name+a.AccountKey.String(), h); err != nil {
				return err
			}
		}
	}
	return nil
}

// owners visits the accounts that have a name, until visit returns false.
type owners func(name string, visit func(owner) bool) error

// ownersOf looks into the index.
func (tx *ReadTx) ownersOf(name string, visit func(owner) bool) error {
	return scan(tx.r, name, "", visit)
}

// nameIndex is the index in memory, for those who have very many names to look for.
type nameIndex map[string][]owner

func (n nameIndex) of(name string, visit func(owner) bool) error {
	for _, h := range n[name] {
		if !visit(h) {
			break
		}
	}
	return nil
}

func (n nameIndex) add(k AccountKey, w Wish) {
	for name, h := range w.holds(k) {
		n[name] = append(n[name], h)
	}
}

// allNames reads the whole index.
func (tx *ReadTx) allNames() (nameIndex, error) {
	n := nameIndex{}
	err := tx.r.Scan(namePrefix, "", func(key string, raw []byte) (bool, error) {
		var h owner
		if err := json.Unmarshal(raw, &h); err != nil {
			return false, unreadable(key, err)
		}
		name := strings.TrimSuffix(key, h.Account.String())
		n[name] = append(n[name], h)
		return true, nil
	})
	return n, err
}

// clash is who has a name that account k can't have too, if it shall be what the wish says; nil where nobody has. Labels
// are of one account each. An application is of one account, or shared by all that say so.
func (w Wish) clash(k AccountKey, look owners) (*owner, error) {
	var found *owner
	other := func(onlyOwn bool) func(owner) bool {
		return func(h owner) bool {
			if h.Account != k && (h.Own || !onlyOwn) {
				found = &h
			}
			return found == nil
		}
	}
	if err := look(labelName(w.Label), other(false)); err != nil || found != nil {
		return found, err
	}
	if w.Shared == "" {
		return found, look(sharedName(w.Label), other(false))
	}
	return found, look(labelName(w.Shared), other(true))
}

// nameFree says which other account has a name that the request wishes for, or has asked for it.
func (tx *Tx) nameFree(r Request) error {
	h, err := r.clash(r.Account, tx.ownersOf)
	if err != nil || h == nil {
		return err
	}
	return &Error{Kind: Conflict, Err: ErrLabelTaken, Remedy: "Choose another application name.",
		Message: fmt.Sprintf("the name %s is taken by account %s", h.Name, h.Account.ID)}
}
