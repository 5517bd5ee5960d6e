package roster

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxBytes is how long a list may be: MaxEntries lines with long names, in two bytes a character.
const MaxBytes = 4 << 20

// foreign are files that people may take for a list, by how they begin.
var foreign = []struct{ begins, what, remedy string }{
	{"PK\x03\x04", "an Excel workbook (or another zipped file), not a CSV file", asCSV},
	{"\xd0\xcf\x11\xe0", "an old Excel workbook, not a CSV file", asCSV},
	{"%PDF", "a PDF file, not a CSV file", "Copy the accounts out of it, and paste them as a list."},
	{"\x1f\x8b", "a compressed file, not a CSV file", "Unpack it first."},
	{"{\\rtf", "a formatted text (RTF), not a CSV file", "Save it as plain text."},
}

const asCSV = "Save it as CSV: in Excel, File, Save As, CSV UTF-8 (Comma delimited)."

// decode turns what was read into text of clean lines, or says why it is none.
func decode(content []byte) ([]string, *Problem) {
	if len(content) > MaxBytes {
		return nil, &Problem{What: fmt.Sprintf("the list is longer than %d MB", MaxBytes>>20), Remedy: "Leave out the columns that aren't needed (account, name and role set are read), or give the accounts in several lists."}
	}
	for _, f := range foreign {
		if bytes.HasPrefix(content, []byte(f.begins)) {
			return nil, &Problem{What: "this is " + f.what, Remedy: f.remedy}
		}
	}
	var text string
	switch {
	case bytes.HasPrefix(content, []byte{0xff, 0xfe}):
		text = wide(content[2:], binary.LittleEndian)
	case bytes.HasPrefix(content, []byte{0xfe, 0xff}):
		text = wide(content[2:], binary.BigEndian)
	default:
		text = string(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")))
	}
	if strings.ContainsRune(text, 0) {
		return nil, &Problem{What: "this isn't a text file", Remedy: asCSV}
	}
	lines := strings.Split(lineEnds.Replace(text), "\n")
	for i, line := range lines {
		if !utf8.ValidString(line) {
			return nil, &Problem{Line: i + 1, What: "it has characters in another encoding than UTF-8", Remedy: asCSV}
		}
		lines[i] = clean(line)
	}
	return lines, nil
}

// wide reads UTF-16, as Excel writes it with a byte-order mark. An odd byte at the end becomes a sign that is in no name.
func wide(b []byte, order binary.ByteOrder) string {
	var units []uint16
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	if len(b) > 0 {
		units = append(units, utf8.RuneError)
	}
	return string(utf16.Decode(units))
}

// lineEnds are those of Windows, of old Macs, and of Unicode.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n")

// slackLink is how Slack writes what it takes for an address or a telephone number: <tel:111122223333|111122223333>.
var slackLink = regexp.MustCompile(`<(?:tel|https?|mailto):(?:[^<>|]*\|)?([^<>|]*)>`)

// slackEntities are the three characters that Slack escapes
// (https://docs.slack.dev/messaging/formatting-message-text#escaping).
var slackEntities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// clean takes from a line what programs add on its way: links and the marks of code, curly quotation marks, odd spaces,
// and characters that nobody sees.
func clean(line string) string {
	line = slackEntities.Replace(slackLink.ReplaceAllString(line, "$1"))
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return r
		case r == '“', r == '”', r == '„', r == '‟':
			return '"'
		case r == '‘', r == '’', r == '‚':
			return '\''
		case r == '`', unicode.Is(unicode.Cf, r): // Cf: byte-order marks, soft hyphens, marks of direction, …
			return -1
		case unicode.IsSpace(r), unicode.Is(unicode.Zs, r):
			return ' '
		}
		return r
	}, line)
}
