package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// mostListed is how many accounts one answer names, so that it fits into an ack of 20 KB with room to spare.
const mostListed = 40

// list shows the accounts.
func (b *Bot) list(ctx context.Context, _ *command, _ string) (outcome, error) {
	var lines []string
	total := 0
	err := b.store.View(ctx, func(tx *store.ReadTx) error {
		return tx.Accounts(func(a store.Account) bool {
			if total++; total <= mostListed {
				lines = append(lines, accountLine(a))
			}
			return true
		})
	})
	if err != nil {
		return outcome{}, err
	}
	return outcome{say: listContent(lines, total)}, nil
}

func listContent(lines []string, total int) content {
	if total == 0 {
		return note("No AWS account was asked for yet. Begin with `/oktaws link`.")
	}
	head := plural(total, "AWS account", "AWS accounts")
	lines = lines[:fitting(lines, bigList)]
	all := append([]string{"*" + head + "*"}, lines...)
	if total > len(lines) {
		all = append(all, fmt.Sprintf("… and %d more; `/oktaws status` and its ID shows any of them.", total-len(lines)))
	}
	return content{text: head + ": " + strings.TrimLeft(strings.Join(firstFew(lines, 5), " "), "• "), blocks: paragraphs(all)}
}

// accountLine is an account in one line, without a line break.
func accountLine(a store.Account) string {
	return fmt.Sprintf("• %s %s: %s", code(accountName(a.AccountKey)), mrkdwn(a.Label, nameLimit), a.Position())
}
