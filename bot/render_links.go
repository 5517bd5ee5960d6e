package bot

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// How much room the lists in a request to link many accounts get, in characters: the reason, the approvals and the decision
// stand beside them.
const (
	rowsRoom  = 3000
	rolesRoom = 1300
	leftRoom  = 1600
)

// linkRowLines names the accounts that a batch links, each in one line.
func linkRowLines(s scene) []string {
	var lines []string
	for _, row := range s.rows {
		line := "• " + code(accountName(row.Account)) + spaced(oneLine(mrkdwn(row.Label, nameLimit)))
		if row.RoleSet != "" && row.RoleSet != s.request.RoleSet {
			line += ", role set " + code(row.RoleSet)
		}
		lines = append(lines, line)
	}
	return lines
}

// linkBatchLines is what a batch would link and what it leaves out, as far as a message can hold it; what it can't is in
// the file that follows in the thread.
func (b *Bot) linkBatchLines(s scene) []string {
	lines := append([]string{"*The accounts*"}, within(linkRowLines(s), rowsRoom)...)
	lines = append(lines, leftOutLines(s.left, leftRoom)...)
	if listedInFile(s) {
		lines = append(lines, ":page_facing_up: The file in the thread has all of them.")
	}
	lines = append(lines, b.batchRoleLines(s)...)
	return append(lines, ":information_source: What would change in each account is not looked at beforehand. Each step looks before it acts, and stops at what somebody made by hand.")
}

// listedInFile says whether a request to link many accounts has more of them than its message can name.
func listedInFile(s scene) bool {
	rows := linkRowLines(s)
	left, whole := groupLines(s.left)
	return !whole || fitting(rows, rowsRoom) < len(rows) || fitting(left, leftRoom) < len(left)
}

// batchRoleLines is the role sets of a batch. The Okta groups differ by account, so that they stand as they are configured.
func (b *Bot) batchRoleLines(s scene) []string {
	counts := map[string]int{}
	var sets []string
	for _, row := range s.rows {
		w := store.Wish{RoleSet: s.request.RoleSet}
		if row.RoleSet != "" {
			w.RoleSet = row.RoleSet
		}
		if counts[w.RoleSetName()]++; counts[w.RoleSetName()] == 1 {
			sets = append(sets, w.RoleSetName())
		}
	}
	var lines []string
	for _, name := range sets {
		var roles []string
		w := store.Wish{Label: "{label}", RoleSet: name, Mode: s.request.Mode}
		for _, role := range b.cfg.Pipeline.RoleSets[name] {
			roles = append(roles, fmt.Sprintf("• role %s for the Okta group %s", code(role.Name), code(b.cfg.Pipeline.GroupName(role, w, "{account}", "{alias}"))))
		}
		if len(roles) == 0 {
			roles = []string{fmt.Sprintf(":warning: The role set %s isn't configured any more.", code(name))}
		}
		head := fmt.Sprintf("*Roles that each gets* (role set %s, integration mode %s)", code(name), code(string(s.request.Mode)))
		if len(sets) > 1 {
			head = fmt.Sprintf("*Roles that %s* (role set %s, integration mode %s)", plural(counts[name], "account gets", "accounts get"), code(name), code(string(s.request.Mode)))
		}
		lines = append(append(lines, head), firstFew(roles, 20)...)
	}
	return within(lines, rolesRoom)
}

// leftOutLines is what a list leaves out, by reason, in so much room.
func leftOutLines(left []store.LeftOut, room int) []string {
	if len(left) == 0 {
		return nil
	}
	lines, _ := groupLines(left)
	return append([]string{"*Left out: " + plural(len(left), "account", "accounts") + "*"}, within(lines, room)...)
}

// groupRoom is how much of a message those get that are left out for one reason.
const groupRoom = 600

// groupLines is one line for each reason for which accounts are left out, the most frequent first, with the accounts; whole
// says that it names them all.
func groupLines(left []store.LeftOut) (lines []string, whole bool) {
	groups := map[string][]string{}
	var reasons []string
	for _, out := range left {
		if groups[out.Why] == nil {
			reasons = append(reasons, out.Why)
		}
		groups[out.Why] = append(groups[out.Why], code(accountName(out.Account))+spaced(oneLine(mrkdwn(out.Label, nameLimit))))
	}
	slices.SortStableFunc(reasons, func(a, b string) int { return len(groups[b]) - len(groups[a]) })
	whole = true
	for _, why := range reasons {
		all := groups[why]
		head := fmt.Sprintf("• %s (%d): ", strings.TrimSuffix(oneLine(sentence(why, noteLimit)), "."), len(all))
		n := max(fitting(all, groupRoom-characters(head)-len(all[0])), 1)
		names := strings.Join(all[:min(n, len(all))], ", ")
		if n < len(all) {
			names += fmt.Sprintf(" and %d more", len(all)-n)
			whole = false
		}
		lines = append(lines, head+names)
	}
	return lines, whole
}

// accountsFile is the file in the thread of a request to link many accounts, where its message can't name them all:
// whoever decides, and an auditor, sees every one. roster reads it, too.
func accountsFile(s scene) rendering {
	if s.request.Kind != store.Link || s.request.Size == 0 || !listedInFile(s) {
		return rendering{}
	}
	var out strings.Builder
	w := csv.NewWriter(&out)
	cells := [][]string{{"account", "name", "role set", "left out because"}}
	for _, row := range s.rows {
		set := store.Wish{RoleSet: s.request.RoleSet}
		if row.RoleSet != "" {
			set.RoleSet = row.RoleSet
		}
		cells = append(cells, []string{accountName(row.Account), plainCell(row.Label), set.RoleSetName(), ""})
	}
	for _, left := range s.left {
		cells = append(cells, []string{accountName(left.Account), plainCell(left.Label), "", plainCell(left.Why)})
	}
	_ = w.WriteAll(cells) // a strings.Builder takes all
	text := fmt.Sprintf("All %s that this request is about", plural(len(s.rows), "account", "accounts"))
	if n := len(s.left); n > 0 {
		text += fmt.Sprintf(", and %s with the reasons", plural(n, "that is left out", "that are left out"))
	}
	return rendering{identity: showAccounts, content: note(text + "."), file: &attachment{name: "accounts-" + s.request.ID + ".csv", data: out.String()}}
}

// plainCell is a cell that no spreadsheet takes for a formula (https://owasp.org/www-community/attacks/CSV_Injection).
func plainCell(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
