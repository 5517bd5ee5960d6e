package aws

import (
	"fmt"
	"testing"
)

const functionsTemplate = `
Parameters:
  Names: {Type: CommaDelimitedList, Default: "one, two"}
  Stage: {Type: String, Default: prod}
Mappings:
  Sizes: {prod: {Count: 3}}
Conditions:
  Prod: {"Fn::Equals": [{Ref: Stage}, prod]}
  NotProd: !Not [!Condition Prod]
  Both: !And [!Condition Prod, !Not [!Condition NotProd]]
  Either: !Or [!Condition NotProd, !Equals [!Ref "AWS::Region", us-east-1]]
Resources:
  R: {Type: "AWS::IAM::Role"}
Outputs:
  Select: {Value: !Select [1, !Ref Names]}
  Split: {Value: !Join ["+", !Split ["-", a-b-c]]}
  Base64: {Value: !Base64 hello}
  Sub: {Value: !Sub ["${Who} of ${AWS::AccountId} is ${R}", {Who: !Ref Stage}]}
  Map: {Value: !FindInMap [Sizes, !Ref Stage, Count]}
  Both: {Value: !If [Both, "yes", "no"]}
  Either: {Condition: Either, Value: "here"}
  Not: {Condition: NotProd, Value: "never"}
`

func TestFunctionsAreWorkedOut(t *testing.T) {
	tmpl, err := parseTemplate(functionsTemplate)
	if err != nil {
		t.Fatal(err)
	}
	values, err := tmpl.bind(nil)
	if err != nil {
		t.Fatal(err)
	}
	st := &stack{account: &account{id: "111122223333", partition: partitions[Commercial]}, region: "us-east-1", name: "s", template: tmpl, resources: []*resource{{logical: "R", physical: "role-r"}}}
	got, err := st.outputsOf(tmpl, values)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Select": "two", "Split": "a+b+c", "Base64": "aGVsbG8=", "Sub": "prod of 111122223333 is role-r", "Map": "3", "Both": "yes", "Either": "here",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("outputs are\n%v, want\n%v", got, want)
	}
}

func TestWrongFunctionsAreRefused(t *testing.T) {
	for _, test := range []struct{ function, message string }{
		{"!Select [7, [a, b]]", "ValidationError: Template error: Fn::Select cannot select nonexistent value at index 7"},
		{"!FindInMap [Nowhere, a, b]", "ValidationError: Template error: Mapping named 'Nowhere' is not present in the 'Mappings' section of template."},
		{"!If [Nowhere, a, b]", "ValidationError: Template format error: Unresolved condition dependency Nowhere in the Conditions block of the template"},
		{"!GetAtt R.Colour", "ValidationError: Template error: resource R does not support attribute type Colour in Fn::GetAtt"},
		{"!ImportValue x", "ValidationError: Template error: every Fn::ImportValue object has the wrong arguments: x"},
	} {
		tmpl, err := parseTemplate("Resources: {R: {Type: 'AWS::IAM::Role'}}\nOutputs: {O: {Value: " + test.function + "}}")
		if err != nil {
			t.Fatal(err)
		}
		a := &account{id: "111122223333", partition: partitions[Commercial], roles: map[string]*role{}}
		a.put(&role{name: "role-r", path: "/"})
		st := &stack{account: a, template: tmpl, resources: []*resource{{logical: "R", physical: "role-r"}}}
		if _, err := st.outputsOf(tmpl, nil); err == nil || err.Error() != test.message {
			t.Errorf("%s gives %v, want %s", test.function, err, test.message)
		}
	}
}
