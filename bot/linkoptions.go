package bot

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// linkOptions is what follows /oktaws link, as it was typed.
type linkOptions struct {
	all, list bool
	hasUnit   bool
	unit      string // organizational unit: name, path or ID
	roleSet   string
	reason    string
	rest      string // what is of no option
}

// The options of /oktaws link.
const (
	optionAll     = "all"
	optionUnit    = "ou"
	optionList    = "list"
	optionReason  = "reason"
	optionRoleSet = "role-set"
)

// readLinkOptions takes the options out of what was typed, in whatever order they come. They stand in the first line;
// further lines are a list, or the rest of a reason.
func readLinkOptions(typed string) (o linkOptions, err error) {
	left, more, _ := strings.Cut(strings.TrimSpace(typed), "\n")
	var rest, reason []string
	into, found := &rest, false
	for left = strings.TrimSpace(left); left != ""; {
		w, after := word(left)
		name, value, err := linkOption(w, len(rest) == 0 && into == &rest)
		if err != nil {
			return o, err
		}
		if left = after; name == "" {
			*into = append(*into, w)
			continue
		}
		into, found = &rest, true
		switch name {
		case optionAll:
			o.all = true
		case optionList:
			o.list = true
		case optionUnit:
			o.hasUnit = true
			o.unit, left = optionValue(value, left)
		case optionRoleSet:
			o.roleSet, left = optionValue(value, left)
		case optionReason:
			if into = &reason; value != "" {
				reason = append(reason, value)
			}
		}
	}
	o.rest, o.reason = strings.Join(rest, " ")+"\n"+more, strings.Trim(strings.Join(reason, " "), `"“”`)
	if !found {
		o.rest = typed // as it is: a list may have tabs
	}
	o.rest = strings.TrimSpace(o.rest)
	return o, nil
}

// optionValue takes an option's value off what follows it; where another option follows, it has none.
func optionValue(given, left string) (value, rest string) {
	if given != "" {
		return quoted(given + " " + left)
	}
	if next, _ := word(left); next != "" {
		if another, _, _ := linkOption(next, false); another != "" {
			return "", left
		}
	}
	return quoted(left)
}

// linkOption reads a word as an option, with what follows its equals sign. Slack's clients make one dash of two. A word
// with dashes that is no option is a word of a reason, unless it stands where an option would, or is nearly one.
func linkOption(w string, first bool) (name, value string, err error) {
	bare := strings.TrimLeft(w, "-—–−‐‑")
	if r, _ := utf8.DecodeRuneInString(bare); bare == w || !unicode.IsLetter(r) {
		return "", "", nil
	}
	name, value, _ = strings.Cut(bare, "=")
	known := []string{optionAll, optionUnit, optionList, optionReason, optionRoleSet}
	for _, option := range known {
		if strings.EqualFold(name, option) {
			return option, value, nil
		}
	}
	near := nearest(name, known)
	if near == "" && !first {
		return "", "", nil
	}
	message := fmt.Sprintf("`/oktaws link` has no option %s.", ticked(w))
	if near != "" {
		return "", "", invalid(message, fmt.Sprintf("Did you mean `--%s`? There are: `--all`, `--ou`, `--list`, `--role-set`, `--reason`.", near))
	}
	return "", "", invalid(message, "There are: `--all`, `--ou`, `--list`, `--role-set`, `--reason`.")
}

// quoted takes the first word off s, or what is in quotation marks there, straight or curly.
func quoted(s string) (value, rest string) {
	s = strings.TrimSpace(s)
	const marks = `"“”„`
	if r, n := utf8.DecodeRuneInString(s); strings.ContainsRune(marks, r) {
		if end := strings.IndexAny(s[n:], marks); end >= 0 {
			_, m := utf8.DecodeRuneInString(s[n+end:])
			return s[n : n+end], strings.TrimSpace(s[n+end+m:])
		}
	}
	return word(s)
}

// isList says whether what was typed is several accounts: lines that begin with one, or nothing but accounts in one line.
func isList(typed string) bool {
	separated := func(r rune) bool { return isSpace(r) || r == ',' || r == ';' }
	lines, accounts, others := 0, 0, 0
	for line := range strings.Lines(typed) {
		for i, w := range strings.FieldsFunc(strings.TrimLeft(line, " •◦▪*-\"'"), separated) {
			switch {
			case !isAccount(w):
				others++
			case i == 0:
				lines++
				accounts++
			default:
				accounts++
			}
		}
	}
	return lines > 1 || accounts > 1 && others == 0
}

// isAccount says whether a word is an account's ID, or nearly, as in a list with a mistake in it.
func isAccount(w string) bool {
	if _, id, has := strings.Cut(w, "/"); has {
		w = id
	}
	digits := strings.Trim(strings.NewReplacer("-", "", "–", "", "‑", "", "\"", "", "'", "", "`", "").Replace(w), "<>")
	return len(digits) >= 9 && len(digits) <= 14 && strings.Trim(digits, "0123456789") == ""
}
