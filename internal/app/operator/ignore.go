package operator

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/oktaws/oktaws/store"
)

// longestIgnored is for how many days what differs can be ignored.
const longestIgnored = 90

func (c commander) ignoring() *cobra.Command {
	var lasts, reason string
	cmd := c.command("ignore <account> [finding…] --reason TEXT", "Let what differs in an account stay as it is for a while", counted(1, -1), func(args []string, asJSON bool) Call {
		return Call{Do: func(ctx context.Context, s *Session) error {
			return s.ignore(ctx, args[0], args[1:], lasts, reason, asJSON)
		}}
	})
	cmd.Long = cmd.Short + ": the findings with these keys, which oktaws status <account> --json shows, or all that there are.\n\nWhile it is ignored the account counts as linked, unless something else differs in it. Who ignores it, until when and why is on record."
	cmd.Flags().StringVar(&lasts, "for", "7d", fmt.Sprintf("for how long, in days: 1d to %dd", longestIgnored))
	cmd.Flags().StringVar(&reason, "reason", "", "why; it stays on record")
	return cmd
}

// ignore lets the findings with the keys stay as they are; all that nobody ignores yet where there are no keys.
func (s *Session) ignore(ctx context.Context, typed string, keys []string, lasts, reason string, asJSON bool) error {
	key, err := s.account(ctx, typed)
	if err != nil {
		return err
	}
	days, err := strconv.Atoi(strings.TrimSuffix(lasts, "d"))
	switch reason = strings.TrimSpace(reason); {
	case reason == "":
		return usage("It is kept with what is ignored: --reason TEXT.", "what differs is ignored for a reason only")
	case utf8.RuneCountInString(reason) > maxReason:
		return usage("Say it in fewer words.", "a reason has at most %d characters", maxReason)
	case err != nil || !strings.HasSuffix(lasts, "d") || days < 1 || days > longestIgnored:
		return usage("Such as --for 7d.", "%q is no time of 1 to %d days", lasts, longestIgnored)
	}
	until := s.Store.Clock().Now().UTC().AddDate(0, 0, days)
	var ignored []store.Finding
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		open, err := tx.OpenFindings(key)
		if err != nil {
			return err
		}
		if ignored, err = chosen(open, keys, key); err != nil {
			return err
		}
		var names []string
		for _, f := range ignored {
			names = append(names, f.Key)
		}
		return tx.IgnoreFindings(key, names, store.Ignore{By: s.Who, Reason: reason, Until: until})
	})
	if err != nil {
		return err
	}
	if asJSON {
		return s.status(ctx, key.String(), false, true)
	}
	for _, f := range ignored {
		fmt.Fprintf(s.Stdout, "Ignored until %s: %s\n", until.Format(time.DateTime), oneLine(f.What))
	}
	return nil
}

// chosen are the findings with the keys; all where there are none.
func chosen(open []store.Finding, keys []string, of store.AccountKey) (out []store.Finding, err error) {
	if len(keys) == 0 {
		return open, nil
	}
	for _, key := range keys {
		i := slices.IndexFunc(open, func(f store.Finding) bool { return f.Key == key })
		if i < 0 {
			return nil, refuse(store.NotFound, fmt.Sprintf("oktaws status %s --json shows the keys of what does.", of.Typed()), "in account %s nothing with the key %s differs that isn't ignored", of.Typed(), key)
		}
		out = append(out, open[i])
	}
	return out, nil
}
