package blockkit

import (
	"html"
	"html/template"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	aTag       = regexp.MustCompile(`<(/?)([a-zA-Z0-9]+)((?:\s+[a-zA-Z0-9-]+(?:="[^"]*")?)*)\s*(/?)>`)
	anAttr     = regexp.MustCompile(`([a-zA-Z0-9-]+)(?:="([^"]*)")?`)
	tagsDrawn  = strings.Fields("a blockquote br button caption code del details dialog div em figcaption figure form hr input label li line mark ol optgroup option p path polyline pre rect select span strong summary svg table tbody td text textarea th thead time title tr u ul")
	voidTags   = []string{"br", "hr", "input"}
	addresses  = regexp.MustCompile(`^(?:https?:|mailto:|tel:|/act|\?|$)`)
	attrsDrawn = regexp.MustCompile(`^(?:class|id|role|href|target|rel|title|name|value|type|for|action|method|formaction|formmethod|formnovalidate|selected|checked|disabled|required|multiple|hidden|open|datetime|tabindex|label|start|scope|autofocus|autocomplete|spellcheck|placeholder|rows|minlength|maxlength|min|max|step|accept|command|commandfor|aria-[a-z]+|data-[a-z-]+|fill|width|height|rx|x|y|x1|x2|y1|y2|d|points|viewBox|text-anchor)$`)
)

// sound fails where HTML is not what the templates alone could have made: an unknown tag or attribute, an address that
// is a script, or tags that do not close as they opened.
func sound(t *testing.T, drawn template.HTML) {
	t.Helper()
	text := string(drawn)
	var open []string
	for _, m := range aTag.FindAllStringSubmatch(text, -1) {
		closing, name, attrs, self := m[1] != "", m[2], m[3], m[4] != ""
		if !slices.Contains(tagsDrawn, name) {
			t.Fatalf("tag %q in %s", m[0], text)
		}
		for _, a := range anAttr.FindAllStringSubmatch(attrs, -1) {
			if !attrsDrawn.MatchString(a[1]) {
				t.Fatalf("attribute %q of %q in %s", a[1], m[0], text)
			}
			if slices.Contains([]string{"href", "action", "formaction"}, a[1]) && !addresses.MatchString(html.UnescapeString(a[2])) {
				t.Fatalf("address %q of %q in %s", a[2], m[0], text)
			}
		}
		switch {
		case closing:
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("</%s> closes nothing (open: %v) in %s", name, open, text)
			}
			open = open[:len(open)-1]
		case !self && !slices.Contains(voidTags, name):
			open = append(open, name)
		}
	}
	if len(open) > 0 {
		t.Fatalf("open at the end: %v in %s", open, text)
	}
	if rest := aTag.ReplaceAllString(text, ""); strings.ContainsAny(rest, "<") {
		t.Fatalf("a bare < is left in %s", text)
	}
}

var between = regexp.MustCompile(`>\s+<`)

// holds fails where a drawing lacks one of the pieces, or has one that begins with "not: ".
func holds(t *testing.T, drawn template.HTML, pieces ...string) {
	t.Helper()
	sound(t, drawn)
	text := between.ReplaceAllString(string(drawn), "><")
	for _, piece := range pieces {
		unwanted, not := strings.CutPrefix(piece, "not: ")
		if not && strings.Contains(text, unwanted) {
			t.Errorf("%s\nis in\n%s", unwanted, text)
		}
		if !not && !strings.Contains(text, piece) {
			t.Errorf("%s\nis not in\n%s", piece, text)
		}
	}
}

type people struct{}

func (people) Person(id string) (string, bool) {
	name, ok := map[string]string{"U0REQUESTER": "requester", "U0ADMINONE": "admin-one", "U0HOSTILE": `<img src=x onerror="x">`}[id]
	return name, ok
}

func (people) Channel(id string) (string, bool) {
	name, ok := map[string]string{"C0GENERAL0": "general"}[id]
	return name, ok
}
