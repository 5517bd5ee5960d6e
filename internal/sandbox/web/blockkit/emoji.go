package blockkit

import (
	_ "embed"
	"regexp"
	"strconv"
	"strings"
)

// The usual emoji by Slack's names; others stay as they are written.
//
//go:embed emoji.txt
var emojiList string

var emojiNamed = func() map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(emojiList) {
		words := strings.Fields(line)
		for _, name := range words[1:] {
			out[name] = words[0]
		}
	}
	return out
}()

var (
	emojiName = regexp.MustCompile(`:[a-z0-9_+'-]{1,100}:(?::skin-tone-[2-6]:)?`)
	skinTones = []string{"\U0001F3FB", "\U0001F3FC", "\U0001F3FD", "\U0001F3FE", "\U0001F3FF"} // skin-tone-2 to 6
)

// emojiIn puts the emoji in the place of their names.
func emojiIn(text string) string {
	if !strings.Contains(text, ":") {
		return text
	}
	var out strings.Builder
	for text != "" {
		at := strings.IndexByte(text, ':')
		if at < 0 {
			break
		}
		out.WriteString(text[:at])
		text = text[at:]
		glyph, length := emojiAt(text)
		if length == 0 {
			glyph, length = ":", 1
		}
		out.WriteString(glyph)
		text = text[length:]
	}
	return out.String() + text
}

// emojiAt reads the emoji's name that s begins with; length is 0 where there is none, or none that is known.
func emojiAt(s string) (glyph string, length int) {
	end := min(len(s), 120)
	found := emojiName.FindStringIndex(s[:end])
	if found == nil || found[0] != 0 {
		return "", 0
	}
	name, tone, _ := strings.Cut(s[1:found[1]-1], "::skin-tone-")
	glyph, known := emojiNamed[name]
	if !known {
		return "", 0
	}
	if n, err := strconv.Atoi(tone); err == nil {
		glyph = strings.TrimSuffix(glyph, "\uFE0F") + skinTones[n-2]
	}
	return glyph, found[1]
}

// emoji writes one, which a screen reader calls by its name.
func (w *inline) emoji(glyph, name string) {
	w.WriteString(`<span class="bk-emoji" role="img" aria-label="`)
	w.escape(strings.ReplaceAll(strings.Trim(name, ":"), "_", " "))
	w.WriteString(`">`)
	w.escape(glyph)
	w.WriteString("</span>")
}

// emojiOf is an emoji of rich text: by its code points, such as 1f468-200d-1f4bb, or by its name.
func emojiOf(n node) (glyph string, ok bool) {
	for _, part := range strings.Split(n.str("unicode"), "-") {
		code, err := strconv.ParseUint(part, 16, 21)
		if err != nil {
			glyph = ""
			break
		}
		glyph += string(rune(code))
	}
	if glyph != "" {
		return glyph, true
	}
	glyph, ok = emojiNamed[n.str("name")]
	return glyph, ok
}
