package roster

import (
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// row is a line of a list, or several where a cell in quotation marks goes over their ends.
type row struct {
	line    int // the first, from 1
	cells   []string
	problem *Problem // why it can't be read
}

// separators stand between cells; of two that fit equally well, the earlier.
var separators = []rune{'\t', ';', ','}

// split cuts lines into rows of cells, without blank ones and without empty cells at their ends.
func split(lines []string) []row {
	begins := 0
	separator, told := toldSeparator(lines)
	if told {
		begins = slices.IndexFunc(lines, func(l string) bool { return strings.TrimSpace(l) != "" }) + 1
	} else {
		separator = mostLikely(lines)
	}
	var rows []row
	for i := begins; i < len(lines); {
		cells, used, problem := record(lines[i:], separator)
		if problem != nil || len(cells) > 0 {
			rows = append(rows, row{i + 1, cells, problem})
		}
		i += used
	}
	return rows
}

// toldSeparator reads the line by which Excel says what separates the cells: sep=;
func toldSeparator(lines []string) (rune, bool) {
	for _, line := range lines {
		if line = strings.TrimLeft(line, ` "`); line == "" {
			continue
		}
		if rest, ok := strings.CutPrefix(strings.ToLower(line), "sep="); ok && rest != "" && slices.Contains(separators, rune(rest[0])) {
			return rune(rest[0]), true
		}
		break
	}
	return 0, false
}

// mostLikely is the separator by which the most lines have an account in a cell beside others; where there are no
// accounts, that which the most lines have.
func mostLikely(lines []string) rune {
	best, accounts, most := ',', 0, 0
	for _, s := range separators {
		has, fits := 0, 0
		for _, line := range lines {
			if !strings.ContainsRune(line, s) {
				continue
			}
			has++
			if slices.ContainsFunc(strings.Split(line, string(s)), looksLikeAccount) {
				fits++
			}
		}
		if fits > accounts || fits == accounts && accounts == 0 && has > most {
			best, accounts, most = s, fits, has
		}
	}
	return best
}

// longestRecord is how many lines a row may go over.
const longestRecord = 20

// record reads the row that the lines begin with, and says how many of them it uses. A quotation mark that nobody closes
// spoils its own line only.
func record(lines []string, separator rune) (cells []string, used int, problem *Problem) {
	text := unlist(lines[0])
	for n := 1; ; n++ {
		cells, err := parse(text, separator)
		switch {
		case err == nil:
			return cells, n, nil
		case strings.Count(text, `"`)%2 == 0 || n == len(lines) || n == longestRecord:
			return nil, 1, &Problem{What: "a quotation mark is in the middle of a cell, or nobody closes it", Remedy: "Remove it, or put the whole cell into quotation marks and double those inside."}
		}
		text += "\n" + lines[n]
	}
}

// unlist takes the mark of a list off a line: • 111122223333.
func unlist(line string) string {
	line = strings.Trim(line, " ") // a tab may stand for an empty cell
	for _, mark := range []string{"• ", "◦ ", "▪ ", "- ", "* "} {
		if rest, ok := strings.CutPrefix(line, mark); ok {
			return rest
		}
	}
	return line
}

// parse reads one row.
func parse(text string, separator rune) ([]string, error) {
	read := func(lazy bool) ([]string, error) {
		r := csv.NewReader(strings.NewReader(text))
		r.Comma, r.TrimLeadingSpace, r.LazyQuotes = separator, separator != '\t', lazy
		if strings.TrimSpace(text) == "" {
			return nil, nil
		}
		return r.Read()
	}
	cells, err := read(false)
	if errors.Is(err, csv.ErrBareQuote) { // it stands in a cell that doesn't begin with one: 5" disks, ="0123"
		cells, err = read(true)
	}
	if err != nil {
		return nil, err
	}
	for i, cell := range cells {
		cells[i] = strings.TrimSpace(cell)
	}
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return cells, nil
}

// column is what a column of a list holds.
type column int

const (
	colAccount column = iota
	colPartition
	colName
	colRoleSet
)

// titles are the headings of each column, in lower case and without spaces and marks, the most certain first: where two
// columns could be meant, that is read which has the earlier.
var titles = map[column][]string{
	colAccount:   {"account", "awsaccount", "accountid", "awsaccountid", "accountnumber", "awsaccountnumber", "id"},
	colPartition: {"partition", "awspartition"},
	colName:      {"label", "applicationlabel", "applicationname", "application", "appname", "app", "oktaapplication", "oktaapp", "name", "accountname", "awsaccountname"},
	colRoleSet:   {"roleset", "rolesets", "roles", "role"},
}

// heading says where the columns are.
type heading struct {
	at     map[column]int
	others []string // titles that mean nothing here
}

// cell returns the row's cell of the column; empty where it has none.
func (h heading) cell(cells []string, c column) string {
	if i, ok := h.at[c]; ok && i < len(cells) {
		return cells[i]
	}
	return ""
}

// headingOf reads a row as a heading. It is none where no title is known, and a wrong one where none is of accounts.
func headingOf(cells []string) (*heading, *Problem) {
	h := heading{at: map[column]int{}}
	ranks := map[column]int{}
	for i, cell := range cells {
		col, rank, known := titled(cell)
		best, there := ranks[col]
		switch {
		case !known:
		case there && rank == best:
			return nil, &Problem{What: fmt.Sprintf("two columns have the heading %s", shown(cell)), Remedy: "Leave one of the two out, or call it something else."}
		case !there || rank < best:
			ranks[col], h.at[col] = rank, i
		}
	}
	if len(h.at) == 0 {
		return nil, nil
	}
	if _, ok := h.at[colAccount]; !ok {
		return nil, &Problem{What: "no column of the heading is of the accounts", Remedy: "Call that column account; the others are name and role set."}
	}
	for i, cell := range cells {
		if col, _, known := titled(cell); cell != "" && (!known || h.at[col] != i) {
			h.others = append(h.others, shown(cell))
		}
	}
	return &h, nil
}

// titled finds the column that a title is of.
func titled(cell string) (col column, rank int, known bool) {
	title := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, cell)
	for col := range titles {
		if rank := slices.Index(titles[col], title); rank >= 0 {
			return col, rank, true
		}
	}
	return 0, 0, false
}
