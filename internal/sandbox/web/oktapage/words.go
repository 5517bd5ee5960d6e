package oktapage

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// catalogName is what the catalog calls every application here: amazon_aws.
const catalogName = "AWS Account Federation"

// statusWord is a status as the console writes it: ACTIVE as Active.
func statusWord(status string) string {
	if status == "" {
		return ""
	}
	return status[:1] + strings.ToLower(status[1:])
}

// initials stand for somebody's picture: the first letters of up to two words.
func initials(name string) string {
	var out []rune
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if first, _ := utf8.DecodeRuneInString(word); len(out) < 2 {
			out = append(out, unicode.ToUpper(first))
		}
	}
	return string(out)
}

// count is a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// has reports whether any of the texts has what is searched for in it, whatever its case.
func has(search string, texts ...string) bool {
	for _, text := range texts {
		if strings.Contains(strings.ToLower(text), strings.ToLower(search)) {
			return true
		}
	}
	return false
}
