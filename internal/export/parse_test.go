package export_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// configuration is what was written, read back as Terraform reads it.
type configuration struct {
	providers map[string]map[string]cty.Value // by alias
	resources map[string]map[string]cty.Value // by type.name: what is written, its references as ${type.name.attribute}
	imports   map[string]string               // IDs, by type.name
	locals    map[string]string
}

// idShapes are the import IDs of each type (sources: comments in account.go).
var idShapes = map[string]string{
	"okta_app_saml":             `^0oa\w+$`,
	"okta_group":                `^00g\w+$`,
	"okta_app_group_assignment": `^0oa\w+/00g\w+$`,
	"aws_iam_saml_provider":     `^arn:aws[a-z-]*:iam::\d{12}:saml-provider/[\w.-]+$`,
	"aws_cloudformation_stack":  `^[A-Za-z][A-Za-z0-9-]*$`,
	"aws_iam_user":              `^[\w+=,.@-]+$`,
	"aws_iam_user_policy":       `^[\w+=,.@-]+:[\w+=,.@-]+$`,
}

// read parses the configuration and holds it to what Terraform asks of every one: valid syntax, in the usual format, every
// block once, every reference to something that is there, every import into a resource that is there and of the right ID.
func read(t *testing.T, text string) configuration {
	t.Helper()
	file, problems := hclparse.NewParser().ParseHCL([]byte(text), "accounts.tf")
	if problems.HasErrors() {
		t.Fatalf("not valid: %s\n%s", problems, text)
	}
	if string(hclwrite.Format([]byte(text))) != text {
		t.Error("not in the usual format")
	}
	c := configuration{map[string]map[string]cty.Value{}, map[string]map[string]cty.Value{}, map[string]string{}, map[string]string{}}
	body := file.Body.(*hclsyntax.Body)
	for _, b := range body.Blocks {
		if b.Type == "resource" {
			name := strings.Join(b.Labels, ".")
			if c.resources[name] != nil {
				t.Errorf("%s is there twice", name)
			}
			c.resources[name] = map[string]cty.Value{}
		}
		if b.Type == "provider" && b.Labels[0] == "aws" {
			alias := c.attributes(t, b.Body)["alias"].AsString()
			if c.providers[alias] != nil {
				t.Errorf("the provider aws.%s is there twice", alias)
			}
			c.providers[alias] = c.attributes(t, b.Body)
			for _, role := range b.Body.Blocks {
				for name, v := range c.attributes(t, role.Body) {
					c.providers[alias][role.Type+"."+name] = v
				}
			}
		}
		if b.Type == "locals" {
			for name, v := range c.attributes(t, b.Body) {
				c.locals[name] = v.AsString()
			}
		}
	}
	for _, b := range body.Blocks {
		switch b.Type {
		case "resource":
			c.resources[strings.Join(b.Labels, ".")] = c.attributes(t, b.Body)
			for _, inner := range b.Body.Blocks {
				if inner.Type != "lifecycle" {
					t.Errorf("%v has a block %s", b.Labels, inner.Type)
				}
			}
		case "import":
			to := reference(b.Body.Attributes["to"].Expr)
			if c.resources[to] == nil {
				t.Errorf("imports into %s, which is not there", to)
			}
			if c.imports[to] != "" {
				t.Errorf("imports into %s twice", to)
			}
			if b.Body.Attributes["provider"] != nil {
				t.Error("an import block must not name a provider where the resource is there")
			}
			c.imports[to] = c.attributes(t, b.Body)["id"].AsString()
			if shape := idShapes[strings.Split(to, ".")[0]]; !regexp.MustCompile(shape).MatchString(c.imports[to]) {
				t.Errorf("imports %q into %s: not of the shape %s", c.imports[to], to, shape)
			}
		}
	}
	for name := range c.resources {
		if c.imports[name] == "" {
			t.Errorf("%s is not imported: Terraform would make another", name)
		}
	}
	return c
}

// attributes evaluates the arguments of a block with jsonencode alone; a reference becomes its own text.
func (c configuration) attributes(t *testing.T, body *hclsyntax.Body) map[string]cty.Value {
	t.Helper()
	out := map[string]cty.Value{}
	functions := map[string]function.Function{"jsonencode": stdlib.JSONEncodeFunc}
	for name, a := range body.Attributes {
		variables := map[string]cty.Value{}
		for _, v := range a.Expr.Variables() {
			c.known(t, v)
			merge(variables, v)
		}
		if name == "to" {
			continue
		}
		value, problems := a.Expr.Value(&hcl.EvalContext{Variables: variables, Functions: functions})
		if problems.HasErrors() {
			t.Fatalf("%s can't be evaluated: %s", name, problems)
		}
		out[name] = value
	}
	return out
}

// known fails the test where a reference leads nowhere.
func (c configuration) known(t *testing.T, v hcl.Traversal) {
	t.Helper()
	parts := steps(v)
	switch parts[0] {
	case "local":
		if c.locals[parts[1]] == "" {
			t.Errorf("there is no %s", strings.Join(parts, "."))
		}
	case "aws":
		if c.providers[parts[1]] == nil {
			t.Errorf("there is no provider %s", strings.Join(parts, "."))
		}
	case "admin_note", "enduser_note":
	default:
		if len(parts) < 2 || c.resources[parts[0]+"."+parts[1]] == nil {
			t.Errorf("there is no %s", strings.Join(parts, "."))
		}
	}
}

func steps(v hcl.Traversal) []string {
	out := []string{v.RootName()}
	for _, step := range v[1:] {
		out = append(out, step.(hcl.TraverseAttr).Name)
	}
	return out
}

// merge adds a reference to the variables, such that it evaluates to its own text.
func merge(variables map[string]cty.Value, v hcl.Traversal) {
	parts := steps(v)
	value := cty.StringVal("${" + strings.Join(parts, ".") + "}")
	for i := len(parts) - 1; i > 0; i-- {
		value = cty.ObjectVal(map[string]cty.Value{parts[i]: value})
	}
	variables[parts[0]] = value
}

func reference(e hcl.Expression) string { return strings.Join(steps(e.Variables()[0]), ".") }
