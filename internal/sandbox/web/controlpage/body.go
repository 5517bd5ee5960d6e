package controlpage

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"github.com/beevik/etree"
)

// Longer bodies than these are shown as they came, and cut off.
const (
	longestNeat  = 1 << 20
	longestShown = 200 << 10
)

// body is a request's or a response's, made readable.
type body struct {
	Kind   string // JSON, XML, form, text; empty: there is none
	Text   string
	Fields []field // of a form, in its order
	Cut    int     // so many bytes are not shown
}

// field is one of a form.
type field struct {
	Name string
	body
}

func newBody(raw string) body {
	text := strings.TrimSpace(raw)
	switch {
	case text == "":
		return body{}
	case len(text) > longestNeat:
		return plain("text", text)
	}
	if neat, ok := neatJSON(text); ok {
		return plain("JSON", neat)
	}
	if neat, ok := neatXML(text); ok {
		return plain("XML", neat)
	}
	if fields, ok := formFields(text); ok {
		return body{Kind: "form", Fields: fields}
	}
	return plain("text", text)
}

func plain(kind, text string) body {
	b := body{Kind: kind, Text: text}
	if len(text) > longestShown {
		b.Text = strings.ToValidUTF8(text[:longestShown], "")
		b.Cut = len(text) - len(b.Text)
	}
	return b
}

func neatJSON(text string) (string, bool) {
	if text[0] != '{' && text[0] != '[' {
		return "", false
	}
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return "", false
	}
	return b.String(), true
}

func neatXML(text string) (string, bool) {
	if text[0] != '<' {
		return "", false
	}
	d := etree.NewDocument()
	if d.ReadFromString(text) != nil || d.Root() == nil {
		return "", false
	}
	d.Indent(2)
	neat, err := d.WriteToString()
	return strings.TrimSpace(neat), err == nil
}

var formStart = regexp.MustCompile(`^[A-Za-z0-9_.%\-\[\]]+=`)

// formFields reads a form. A value that is JSON or XML itself, as a policy or a message's blocks are, is made readable
// too.
func formFields(text string) ([]field, bool) {
	if !formStart.MatchString(text) || strings.ContainsAny(text, " \n") {
		return nil, false
	}
	var out []field
	for part := range strings.SplitSeq(text, "&") {
		name, value, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return nil, false
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return nil, false
		}
		f := field{Name: name, body: plain("text", value)}
		if inner := strings.TrimSpace(value); inner != "" {
			if neat, ok := neatJSON(inner); ok {
				f.body = plain("JSON", neat)
			} else if neat, ok := neatXML(inner); ok {
				f.body = plain("XML", neat)
			}
		}
		out = append(out, f)
	}
	return out, true
}
