package operator

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// table is rows under headings.
type table struct {
	head  []string
	rows  [][]string
	yield []int // the columns that are cut where the terminal is too narrow, the least important first; IDs never are
}

const (
	between   = "  " // columns
	narrowest = 6    // how many characters a column that is cut keeps
)

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// write writes the table for a terminal of so many columns; 0: each cell is as long as it is.
func (t *table) write(w io.Writer, width int) {
	widths := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	over := len(between) * (len(widths) - 1)
	for _, n := range widths {
		over += n
	}
	if over -= width; width > 0 {
		for _, i := range t.yield {
			gives := min(max(over, 0), max(widths[i]-narrowest, 0))
			widths[i] -= gives
			over -= gives
		}
	}
	for _, row := range append([][]string{t.head}, t.rows...) {
		var line strings.Builder
		for i, cell := range row {
			cell = shorten(cell, widths[i])
			line.WriteString(cell)
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)) + between)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// shorten cuts s to so many characters, between runes.
func shorten(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:max(most-1, 0)]) + "…"
}

// oneLine is a text without line breaks or other control characters, so that what others wrote can't draw on the terminal.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f && r < 0xa0 }), " ")
}

// clock is a moment as the terminal shows it, in UTC.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }
