package operator

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/oktaws/oktaws/store"
)

// account reads an account as people write it: 111122223333, 1111-2222-3333 or aws-us-gov/111122223333. An ID without a
// partition is of the account that is known by it, where there is one, whatever its partition.
func (s *Session) account(ctx context.Context, typed string) (store.AccountKey, error) {
	const example = "Write its 12 digits, such as 111122223333, or with its partition, such as aws-us-gov/111122223333."
	partition, id, has := strings.Cut(typed, "/")
	if !has {
		partition, id = s.Settings.Partitions[0], typed
	}
	if !slices.Contains(s.Settings.Partitions, partition) {
		return store.AccountKey{}, usage("It serves: "+strings.Join(s.Settings.Partitions, ", ")+".", "oktaws doesn't serve the partition %q", partition)
	}
	key, err := store.ParseAccountKey(partition + "/" + strings.ReplaceAll(id, "-", ""))
	if err != nil {
		return key, usage(example, "%q is not an AWS account ID", typed)
	}
	if has {
		return key, nil
	}
	err = s.Store.View(ctx, func(tx *store.ReadTx) error {
		for _, partition := range s.Settings.Partitions {
			known := store.AccountKey{Partition: partition, ID: key.ID}
			switch _, err := tx.Account(known); {
			case err == nil:
				key = known
				return nil
			case store.KindOf(err) != store.NotFound:
				return err
			}
		}
		return nil
	})
	return key, err
}

// accounts reads several accounts, each once.
func (s *Session) accounts(ctx context.Context, typed []string) ([]store.AccountKey, error) {
	var keys []store.AccountKey
	for _, word := range typed {
		key, err := s.account(ctx, word)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// every returns the accounts that satisfy is.
func (s *Session) every(ctx context.Context, is func(store.Account) bool) (all []store.Account, err error) {
	err = s.Store.View(ctx, func(tx *store.ReadTx) error {
		all = nil
		return tx.Accounts(func(a store.Account) bool {
			if is(a) {
				all = append(all, a)
			}
			return true
		})
	})
	return all, err
}

// maxLabel is how long the name of an application may be, in characters.
const maxLabel = 100

// labelFits refuses a name that the naming scheme doesn't allow.
func (s *Session) labelFits(label string) error {
	switch {
	case label == "" || utf8.RuneCountInString(label) > maxLabel:
		return usage("", "the name of an Okta application has 1 to %d characters", maxLabel)
	case s.Settings.LabelPattern != nil && !s.Settings.LabelPattern.MatchString(label):
		return usage("It is okta.label_pattern in the configuration.", "the name %q doesn't fit the naming scheme %s", label, s.Settings.LabelPattern)
	}
	return nil
}

// roleSet reads the name of a role set as a wish keeps it, so that the usual one has none.
func (s *Session) roleSet(name string) (string, error) {
	switch {
	case name == "" || name == store.DefaultRoleSet:
		return "", nil
	case slices.Contains(s.Settings.RoleSets, name):
		return name, nil
	}
	return "", usage("There are: "+strings.Join(s.Settings.RoleSets, ", ")+".", "there is no role set %s", name)
}

// wish is what a linked account shall be by the configuration, with the label, the role set, and the mode where one is
// given.
func (s *Session) wish(key store.AccountKey, label, roleSet string, mode store.Mode) store.Wish {
	w := store.Wish{Label: label, RoleSet: roleSet, Mode: cmp.Or(mode, s.Settings.Mode)}
	if w.Mode == store.ModeGroups {
		w.Shared = strings.ReplaceAll(s.Settings.Shared, "{partition}", key.Partition)
	}
	return w
}

// linked says whether an account is, whatever differs in it.
func linked(a store.Account) bool { return a.State == store.Linked || a.State == store.Drifted }

// about names an account in a sentence.
func about(k store.AccountKey, label string) string {
	if label == "" {
		return "AWS account " + k.Typed()
	}
	return fmt.Sprintf("AWS account %s (%s)", k.Typed(), label)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
