package roster

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/oktaws/oktaws/store"
)

// List is what was read. Every line that isn't blank is in it: as an entry, in a note or in a problem, or it is the
// heading.
type List struct {
	Entries  []Entry   // in their order, each account once
	Notes    []Note    // what was passed over
	Problems []Problem // what must be mended first, in the order of the lines; none: the list is good
}

// Note is something that people may want to know of.
type Note struct {
	Line int // 0: of the list as a whole
	Text string
}

// Problem is something that is wrong with a list.
type Problem struct {
	Line         int // 0: with the list as a whole
	What, Remedy string
}

// String is the problem as people read it.
func (p Problem) String() string {
	text := strings.ToUpper(p.What[:1]) + p.What[1:]
	if p.Line > 0 {
		text = fmt.Sprintf("Line %d: %s", p.Line, p.What)
	}
	if last := p.What[len(p.What)-1]; last != '?' && last != '.' {
		text += "."
	}
	return strings.TrimSpace(text + " " + p.Remedy)
}

// Read reads a list that somebody pasted, from Slack or elsewhere, or saved as CSV. A line has an account and, after a
// comma, a semicolon or a tab, its application name and its role set, of which both may be missing; or it has accounts
// alone, with spaces between them. With a heading (account, name, role set) columns may come in any order, and others are
// passed over. Bytes are UTF-8, or UTF-16 with a byte-order mark. It fails only where r does: all that is wrong with the
// list itself is in its Problems.
func (r Rules) Read(from io.Reader) (List, error) {
	content, err := io.ReadAll(io.LimitReader(from, MaxBytes+1))
	if err != nil {
		return List{}, fmt.Errorf("read the list of accounts: %w", err)
	}
	var l List
	lines, problem := decode(content)
	if problem != nil {
		l.Problems = append(l.Problems, *problem)
		return l, nil
	}
	reading := reader{Rules: r, List: &l}
	reading.table(split(lines))
	if count := reading.count; count > MaxEntries {
		l.Entries = nil
		l.Problems = []Problem{{What: fmt.Sprintf("the list has %d accounts, and may have %d", count, MaxEntries), Remedy: "Give them in several lists."}}
		return l, nil
	}
	if len(l.Entries) == 0 && len(l.Problems) == 0 {
		l.Problems = append(l.Problems, Problem{What: "there are no accounts in the list", Remedy: "Write one in each line: 111122223333,Gmail-AWS-Account"})
	}
	l.Entries = reading.once(l.Entries)
	slices.SortStableFunc(l.Problems, func(a, b Problem) int { return a.Line - b.Line })
	return l, nil
}

// reader makes entries of rows.
type reader struct {
	Rules
	*List
	count int // of the entries, good or not
}

func (r *reader) problem(line int, p Problem) {
	p.Line = line
	r.Problems = append(r.Problems, p)
}

// table reads rows, of which the first may be a heading.
func (r *reader) table(rows []row) {
	var head *heading
	for i, w := range rows {
		if w.problem != nil {
			r.problem(w.line, *w.problem)
			continue
		}
		if i == 0 && !slices.ContainsFunc(w.cells, looksLikeAccount) {
			h, wrong := headingOf(w.cells)
			if wrong != nil {
				r.problem(w.line, *wrong)
				return
			}
			if head = h; head != nil {
				if len(head.others) > 0 {
					r.Notes = append(r.Notes, Note{w.line, "these columns aren't read: " + strings.Join(head.others, ", ")})
				}
				continue
			}
		}
		if head == nil {
			r.row(w)
			continue
		}
		r.entry(w.line, head.cell(w.cells, colAccount), head.cell(w.cells, colPartition), head.cell(w.cells, colName), head.cell(w.cells, colRoleSet))
	}
}

// row reads a row of a list without a heading.
func (r *reader) row(w row) {
	cells := w.cells
	if len(cells) == 1 {
		if _, id := cutPartition(bare(cells[0])); len(digitsOf(id)) != 12 || !isDigits(digitsOf(id)) {
			cells = strings.Fields(cells[0]) // what is no account is a line without a separator
		}
	}
	switch {
	case len(cells) > 1 && !slices.ContainsFunc(cells, func(c string) bool { return c != "" && !looksLikeAccount(c) }):
		for _, cell := range cells {
			if cell != "" {
				r.entry(w.line, cell, "", "", "")
			}
		}
	case len(cells) > 3:
		r.problem(w.line, Problem{What: fmt.Sprintf("it has %d parts, and should have an account, a name and perhaps a role set", len(cells)),
			Remedy: "Put names with commas or spaces into quotation marks, or give the columns a heading: account, name, role set."})
	case !looksLikeAccount(cells[0]) && slices.ContainsFunc(cells, looksLikeAccount):
		r.problem(w.line, Problem{What: "it doesn't begin with the account", Remedy: "Write the account first, or give the columns a heading: account, name, role set."})
	default:
		cells = append(cells, "", "")
		r.entry(w.line, cells[0], "", cells[1], cells[2])
	}
}

// entry adds an entry, or what is wrong with it.
func (r *reader) entry(line int, account, partition, label, set string) {
	r.count++
	if r.count > MaxEntries {
		return // only their number counts now
	}
	key, wrong := r.account(account, partition)
	if wrong != nil {
		r.problem(line, *wrong)
	}
	for _, cell := range []string{label, set} {
		if strings.ContainsFunc(cell, func(c rune) bool { return unicode.IsControl(c) || c == unicode.ReplacementChar }) {
			r.problem(line, Problem{What: shown(strings.ToValidUTF8(printable(cell), "?")) + " has a line break or another character that no name may have", Remedy: "Write it anew."})
			return
		}
	}
	name, why := r.roleSet(strings.TrimPrefix(set, "role-set=")) // as a command has it
	switch {
	case why != "":
		r.problem(line, Problem{What: why, Remedy: "Write one of them, or leave it out for the usual one."})
	case wrong == nil:
		r.Entries = append(r.Entries, Entry{Line: line, Account: key, Label: label, RoleSet: name})
	}
}

func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return '?'
		}
		return c
	}, s)
}

// once leaves one entry for each account. An account that is there twice and says the same twice is one; otherwise nobody
// knows which is meant.
func (r *reader) once(entries []Entry) []Entry {
	first := map[store.AccountKey]Entry{}
	var out []Entry
	for _, e := range entries {
		f, again := first[e.Account]
		switch {
		case !again:
			first[e.Account] = e
			out = append(out, e)
		case f.Label != e.Label:
			r.problem(e.Line, Problem{What: fmt.Sprintf("account %s is in line %d too, with another name: %s there, %s here", e.Account.Typed(), f.Line, named(f.Label), named(e.Label)), Remedy: "Leave one of the two out."})
		case f.RoleSet != e.RoleSet:
			r.problem(e.Line, Problem{What: fmt.Sprintf("account %s is in line %d too, with another role set", e.Account.Typed(), f.Line), Remedy: "Leave one of the two out."})
		default:
			r.Notes = append(r.Notes, Note{e.Line, fmt.Sprintf("account %s is in line %d already, and counts once", e.Account.Typed(), f.Line)})
		}
	}
	return out
}

func named(label string) string {
	if label == "" {
		return "none"
	}
	return shown(label)
}
