package export

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// block is a block of configuration that is being written.
type block struct{ body *hclwrite.Body }

func (b block) block(kind string, labels ...string) block {
	return block{b.body.AppendNewBlock(kind, labels).Body()}
}

func (b block) text(name, s string) { b.body.SetAttributeValue(name, cty.StringVal(s)) }

func (b block) flag(name string, v bool) { b.body.SetAttributeValue(name, cty.BoolVal(v)) }

func (b block) texts(name string, list ...string) { b.body.SetAttributeValue(name, texts(list)) }

// ref sets an argument to another's value, such as okta_app_saml.payments.id.
func (b block) ref(name string, path ...string) { b.body.SetAttributeTraversal(name, traversal(path)) }

// refIn sets an argument to a list of another's value alone.
func (b block) refIn(name string, path ...string) {
	b.body.SetAttributeRaw(name, hclwrite.TokensForTuple([]hclwrite.Tokens{hclwrite.TokensForTraversal(traversal(path))}))
}

// refs sets an argument to a list of names.
func (b block) refs(name string, list ...string) {
	var elements []hclwrite.Tokens
	for _, s := range list {
		elements = append(elements, hclwrite.TokensForIdentifier(s))
	}
	b.body.SetAttributeRaw(name, hclwrite.TokensForTuple(elements))
}

// json sets an argument to the JSON of a value.
func (b block) json(name string, v cty.Value) {
	b.body.SetAttributeRaw(name, hclwrite.TokensForFunctionCall("jsonencode", hclwrite.TokensForValue(v)))
}

// object sets an argument to an object, in the order of its keys.
func (b block) object(name string, of map[string]hclwrite.Tokens) {
	var attributes []hclwrite.ObjectAttrTokens
	for _, key := range slices.Sorted(maps.Keys(of)) {
		attributes = append(attributes, hclwrite.ObjectAttrTokens{Name: hclwrite.TokensForIdentifier(key), Value: of[key]})
	}
	b.body.SetAttributeRaw(name, hclwrite.TokensForObject(attributes))
}

// lines sets an argument to a text of several lines, which ends with a line break, as a heredoc.
func (b block) lines(name, mark, s string) {
	for slices.ContainsFunc(strings.Split(s, "\n"), func(line string) bool { return strings.TrimSpace(line) == mark }) {
		mark += "_"
	}
	s = strings.NewReplacer("${", "$${", "%{", "%%{").Replace(s)
	b.body.SetAttributeRaw(name, hclwrite.Tokens{
		{Type: hclsyntax.TokenOHeredoc, Bytes: []byte("<<" + mark + "\n")},
		{Type: hclsyntax.TokenStringLit, Bytes: []byte(s)},
		{Type: hclsyntax.TokenCHeredoc, Bytes: []byte(mark)},
	})
}

// note writes lines of comment.
func (b block) note(format string, args ...any) {
	for line := range strings.SplitSeq(fmt.Sprintf(format, args...), "\n") {
		b.body.AppendUnstructuredTokens(hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte(strings.TrimRight("# "+line, " ") + "\n")}})
	}
}

func (b block) gap() { b.body.AppendNewline() }

// imported writes the import block of a resource. The provider is the resource's own: an import block must not name one
// where the resource is in the configuration (https://developer.hashicorp.com/terraform/language/import).
func (b block) imported(kind, name, id string) {
	i := b.block("import")
	i.ref("to", kind, name)
	i.text("id", id)
	b.gap()
}

// part is a file, or a part of one.
type part struct {
	block
	file *hclwrite.File
}

func newPart() part {
	f := hclwrite.NewEmptyFile()
	return part{block{f.Body()}, f}
}

func (p part) bytes() []byte {
	return append(bytes.TrimRight(hclwrite.Format(p.file.Bytes()), "\n"), '\n')
}

// plain is a text as it may stand in a comment: on one line.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

func traversal(path []string) hcl.Traversal {
	out := hcl.Traversal{hcl.TraverseRoot{Name: path[0]}}
	for _, name := range path[1:] {
		out = append(out, hcl.TraverseAttr{Name: name})
	}
	return out
}

func texts(list []string) cty.Value {
	var out []cty.Value
	for _, s := range list {
		out = append(out, cty.StringVal(s))
	}
	return cty.TupleVal(out)
}

// settings are the settings of an application as a value.
func settings(of map[string]any) (cty.Value, error) {
	out := map[string]cty.Value{}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		switch v := of[name].(type) {
		case string:
			out[name] = cty.StringVal(v)
		case bool:
			out[name] = cty.BoolVal(v)
		case int:
			out[name] = cty.NumberIntVal(int64(v))
		default:
			return cty.NilVal, fmt.Errorf("the setting %s is a %T, which can't be written", name, v)
		}
	}
	return cty.ObjectVal(out), nil
}
