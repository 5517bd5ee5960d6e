package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// accountName is an account as people type it.
func accountName(k store.AccountKey) string { return k.Typed() }

// about names an account in a sentence, with its application where that is known.
func about(k store.AccountKey, label string) string {
	if label == "" {
		return "AWS account " + code(accountName(k))
	}
	return fmt.Sprintf("AWS account %s (%s)", code(accountName(k)), mrkdwn(label, nameLimit))
}

// linked says whether an account is, whatever differs in it.
func linked(a store.Account) bool { return a.State == store.Linked || a.State == store.Drifted }

// accountKey reads an account as people write it: 111122223333, 1111-2222-3333 or aws-us-gov/111122223333.
func (b *Bot) accountKey(typed string) (store.AccountKey, error) {
	partition, id, has := strings.Cut(typed, "/")
	if !has {
		partition, id = b.cfg.Partitions[0], typed
	}
	partition = strings.ToLower(strings.TrimSpace(partition))
	if !slices.Contains(b.cfg.Partitions, partition) {
		return store.AccountKey{}, invalid(fmt.Sprintf("oktaws doesn't serve the partition %s.", ticked(partition)),
			fmt.Sprintf("It serves: %s. Example: `%s/111122223333`.", strings.Join(b.cfg.Partitions, ", "), b.cfg.Partitions[0]))
	}
	id, err := accountID(id)
	return store.AccountKey{Partition: partition, ID: id}, err
}

// account reads the one account that a subcommand is about. An ID without a partition is of the account that is known
// by it, where there is one, whatever its partition.
func (b *Bot) account(ctx context.Context, subcommand, typed string) (store.AccountKey, error) {
	if typed == "" {
		return store.AccountKey{}, invalid("Say which account.", fmt.Sprintf("Example: `/oktaws %s`.", exampleOf(subcommand)))
	}
	key, err := b.accountKey(typed)
	if err != nil || strings.Contains(typed, "/") {
		return key, err
	}
	return key, b.store.View(ctx, func(tx *store.ReadTx) error {
		for _, partition := range b.cfg.Partitions {
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
}

// exampleOf is how a subcommand is typed.
func exampleOf(name string) string {
	for _, s := range subcommands() {
		if s.name == name {
			return s.example
		}
	}
	return name
}
