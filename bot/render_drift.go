package bot

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

// lookAtCheck reads the records that a message about a check is about.
func lookAtCheck(tx *store.ReadTx, name string) (s scene, err error) {
	key, err := store.ParseAccountKey(name)
	if err != nil {
		return s, err
	}
	c, err := tx.Check(key)
	if err != nil {
		return s, err
	}
	a, err := tx.Account(key)
	if err != nil {
		return s, err
	}
	s.check, s.account = &c, &a
	s.pending, err = waiting(tx, &a)
	return s, err
}

// renderDrift is what differs in an account, in the admin channel. What is new there is posted anew; what is gone, or
// ignored, is edited in place.
func (b *Bot) renderDrift(m store.Message, s scene, now time.Time) rendering {
	open := s.check.Open(now)
	it := about(s.account.AccountKey, s.account.Label)
	moved := m.Where != b.cfg.AdminChannel
	switch {
	case (moved || len(open) == 0) && m.TS == "":
		return rendering{}
	case moved:
		return rendering{inPlace: true, content: note("What differs in " + it + " is now told in <#" + b.cfg.AdminChannel + ">.")}
	case len(open) == 0:
		return rendering{inPlace: true, content: note(allClear(s, it))}
	}
	var ids []string
	for _, f := range open {
		ids = append(ids, findingID(f))
	}
	slices.Sort(ids)
	told := strings.Split(m.Identity, ",")
	news := slices.ContainsFunc(ids, func(id string) bool { return !slices.Contains(told, id) })
	return rendering{
		identity: strings.Join(ids, ","), inPlace: m.TS != "" && !news, content: driftContent(s, open, it, now),
		retired: note("A newer message takes the place of this one, about " + it + "."),
	}
}

// allClear is what a message says once nothing differs any more.
func allClear(s scene, it string) string {
	switch {
	case s.account.State == store.Unlinked:
		return ":white_check_mark: " + it + " is unlinked."
	case len(s.check.Findings) > 0:
		return ":no_bell: " + it + ": all that differs is ignored for now. " + fmt.Sprintf("`/oktaws status %s` shows it.", accountName(s.account.AccountKey))
	}
	return ":white_check_mark: " + it + " is all as it shall be again."
}

func driftContent(s scene, open []store.Finding, it string, now time.Time) content {
	a := s.account
	head := fmt.Sprintf(":warning: *%s differs from what it shall be*", it)
	text := fmt.Sprintf("%s differs from what it shall be: %s", spoken(it), statement(open[0].What, noteLimit))
	blocks := paragraphs(append([]string{head}, checkLines(*s.check, now, 2*smallList)...))
	if s.check.Problem != nil {
		blocks = append(blocks, paragraphs([]string{":warning: The last look at it failed: " + troubleLine(s.check.Problem)})...)
	}
	switch {
	case s.pending != nil:
		blocks = append(blocks, aside(fmt.Sprintf("%s asks to %s.", mention(s.pending.Requester), wanted(*s.pending))))
	case !linked(*a):
		blocks = append(blocks, aside(fmt.Sprintf("A request for it is being carried out: `/oktaws status %s` says how it stands.", accountName(a.AccountKey))))
	default:
		key := a.AccountKey.String()
		var buttons []slack.BlockElement
		if slices.ContainsFunc(open, mendable) {
			buttons = append(buttons, button(actionRepair, key, "Repair").WithStyle(slack.StylePrimary))
		} else {
			blocks = append(blocks, aside("oktaws can repair none of this by itself: put it right by hand, or ignore it for a while."))
		}
		blocks = append(blocks, slack.NewActionBlock("drift", append(buttons, button(actionIgnore, key, "Ignore"))...))
	}
	return content{text: text, blocks: blocks}
}

// checkLines is what differs in an account, since when, and what of it is ignored, which gets half as much room again.
func checkLines(c store.Check, now time.Time, room int) []string {
	var open, ignored []store.Finding
	for _, f := range c.Findings {
		if slices.ContainsFunc(c.Open(now), func(o store.Finding) bool { return o.Key == f.Key }) {
			open = append(open, f)
		} else {
			ignored = append(ignored, f)
		}
	}
	lines := findingLines(open, func(f store.Finding) string {
		mark := byHand(f)
		if !f.Since.IsZero() {
			mark = strings.TrimSpace(mark + " Since " + when(f.Since) + ".")
		}
		return mark
	}, room)
	if len(ignored) > 0 {
		lines = append(lines, "*Ignored*")
		for i := range ignored {
			ignored[i].Means, ignored[i].Mend = "", "" // nothing is done about it
		}
		lines = append(lines, findingLines(ignored, func(f store.Finding) string {
			i := c.Ignored[f.Key]
			return fmt.Sprintf("By %s until %s: _%s_", mention(i.By), when(i.Until), statement(i.Reason, noteLimit))
		}, room/2)...)
	}
	return lines
}
