package awspage

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/beevik/etree"
)

// line is a line of a document, in pieces that look different.
type line []piece

// piece is a part of a line; its kind is key, text, word, or none.
type piece struct{ Kind, Text string }

var jsonPiece = regexp.MustCompile(`"(?:[^"\\]|\\.)*"(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?`)

// lines is a document by line: JSON indented and told apart by its pieces, anything else as it is.
func lines(document string) []line {
	var b bytes.Buffer
	isJSON := json.Indent(&b, []byte(document), "", "  ") == nil
	if isJSON {
		document = b.String()
	}
	var out []line
	for text := range strings.Lines(strings.TrimRight(document, "\n") + "\n") {
		text = strings.TrimRight(text, "\r\n")
		if isJSON {
			out = append(out, pieces(text))
		} else {
			out = append(out, line{{"", text}})
		}
	}
	return out
}

func pieces(text string) line {
	var out line
	from := 0
	for _, at := range jsonPiece.FindAllStringSubmatchIndex(text, -1) {
		start, end, kind := at[0], at[1], "word"
		switch {
		case at[2] >= 0:
			end, kind = at[2], "key" // the colon is no part of the key
		case text[start] == '"':
			kind = "text"
		}
		if start > from {
			out = append(out, piece{"", text[from:start]})
		}
		out = append(out, piece{kind, text[start:end]})
		from = end
	}
	if from < len(text) {
		out = append(out, piece{"", text[from:]})
	}
	return out
}

// indentXML puts each element on a line of its own; what is no XML stays as it is.
func indentXML(document string) string {
	d := etree.NewDocument()
	if d.ReadFromString(document) != nil {
		return document
	}
	d.Indent(2)
	text, err := d.WriteToString()
	if err != nil {
		return document
	}
	return strings.TrimSpace(text)
}
