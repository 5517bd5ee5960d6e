package awspage

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// reading is a sentence that says what a statement of a trust policy means: Before, then Name, which has a page where
// Link isn't empty, then After.
type reading struct {
	Before, Name, Link, After string
	Bad                       bool // it cannot come to pass, or forbids
}

// trustPolicy is as much of a trust policy as is put into words.
type trustPolicy struct {
	Statement many[struct {
		Effect    string
		Principal principals
		Action    many[string]
		Condition map[string]map[string]many[string]
	}]
}

// many is one value or a list of them.
type many[T any] []T

func (m *many[T]) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, (*[]T)(m))
	}
	var one T
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	*m = many[T]{one}
	return nil
}

// principals are who a statement speaks of, by their kind: AWS, Federated, Service. "*" is everybody.
type principals map[string]many[string]

func (p *principals) UnmarshalJSON(b []byte) error {
	if string(b) == `"*"` {
		*p = principals{"AWS": {"*"}}
		return nil
	}
	return json.Unmarshal(b, (*map[string]many[string])(p))
}

// readTrust says who may take a role, in a few words each and in sentences.
func (p pages) readTrust(r aws.Role) (short []string, long []reading) {
	var policy trustPolicy
	if err := json.Unmarshal([]byte(r.Trust), &policy); err != nil {
		return nil, []reading{{Before: "This trust policy has a form that is not put into words here.", Bad: true}}
	}
	for _, st := range policy.Statement {
		for _, kind := range []string{"Federated", "AWS", "Service"} {
			for _, value := range st.Principal[kind] {
				one, reading := p.principal(r, kind, value, st.Action)
				if !slices.Contains(short, one) && st.Effect == "Allow" {
					short = append(short, one)
				}
				reading.After = may(st.Effect, st.Action) + upTo(r, st.Effect, kind) + conditions(st.Condition) + "." + reading.After
				reading.Bad = reading.Bad || st.Effect != "Allow"
				long = append(long, reading)
			}
		}
	}
	return short, long
}

// principal names who a principal is. What is added to After belongs behind the sentence.
func (p pages) principal(r aws.Role, kind, value string, actions []string) (short string, long reading) {
	account := field(r.ARN, 4)
	switch name, isProvider := strings.CutPrefix(field(value, 5), "saml-provider/"); {
	case kind == "Service":
		return "AWS service: " + value, reading{Before: "The AWS service ", Name: value}
	case kind == "Federated" && isProvider:
		long = reading{Before: "People who sign on through the identity provider ", Name: name, Link: "/aws/" + field(value, 4) + "/providers/" + name}
		there := slices.ContainsFunc(p.aws().Providers(field(value, 4)), func(sp aws.Provider) bool { return sp.ARN == value })
		switch {
		case !there:
			long.Link, long.Bad, long.After = "", true, " But this account has no such provider, so nobody can."
		case !slices.ContainsFunc(actions, signsOn):
			long.Bad, long.After = true, " But sts:AssumeRoleWithSAML is not among the actions, so nobody can sign on to it."
		}
		return "Identity provider: " + name, long
	case kind == "Federated":
		return "Web identity: " + value, reading{Before: "People and programs with a token of ", Name: value}
	case value == "*":
		return "Everybody in AWS", reading{Name: "Everybody in AWS", Bad: true}
	}
	of := value // an account's bare ID
	if field(value, 4) != "" {
		of = field(value, 4)
	}
	if resource := field(value, 5); resource != "" && resource != "root" {
		kind, name, _ := strings.Cut(resource, "/")
		return "AWS: " + resource, reading{Before: "The " + strings.ReplaceAll(kind, "-", " ") + " ", Name: name, After: ""}
	}
	where, name := "account", p.accountName(of)
	if of == account {
		where = "this account"
	}
	return "Account: " + of, reading{Before: "Users and roles of " + where + " ", Name: name, Link: "/aws/" + of, After: " Their own policies must allow it too."}
}

// field is the n-th field of an ARN, from 0; empty where there is none.
func field(arn string, n int) string {
	parts := strings.SplitN(arn, ":", 6)
	if n < len(parts) {
		return parts[n]
	}
	return ""
}

func (p pages) accountName(id string) string {
	for _, a := range p.aws().Accounts() {
		if a.ID == id {
			return a.Name + " (" + a.ID + ")"
		}
	}
	return id
}

func signsOn(action string) bool {
	action = strings.ToLower(action)
	return action == "sts:assumerolewithsaml" || action == "sts:*" || action == "sts:assumerole*"
}

// may says what the statement allows: to take the role, or the bare actions where it is about something else.
func may(effect string, actions []string) string {
	verb := " may "
	if effect != "Allow" {
		verb = " may never "
	}
	what := ""
	var others []string
	for _, a := range actions {
		switch strings.ToLower(a) {
		case "sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity", "sts:*", "sts:assumerole*":
			what = "take this role"
		case "sts:tagsession":
			others = append(others, "pass tags into the session")
		case "sts:setsourceidentity":
			others = append(others, "say who is behind it")
		default:
			others = append(others, a)
		}
	}
	if what != "" {
		others = append([]string{what}, others...)
	}
	return verb + list(others, "and")
}

// upTo is the longest session that the role itself grants.
func upTo(r aws.Role, effect, kind string) string {
	if effect != "Allow" || kind == "Service" {
		return ""
	}
	return " for up to " + span(r.MaxSession)
}

// verbs are the condition operators in words; others stay as they are.
var verbs = map[string]string{
	"StringEquals": "is", "StringEqualsIgnoreCase": "is", "StringLike": "looks like", "StringNotEquals": "is not", "StringNotLike": "does not look like",
	"ArnEquals": "is", "ArnLike": "looks like", "ArnNotEquals": "is not", "ArnNotLike": "does not look like", "Bool": "is",
}

// conditions puts the conditions of a statement into words.
func conditions(all map[string]map[string]many[string]) string {
	var out []string
	for _, operator := range sortedKeys(all) {
		for _, key := range sortedKeys(all[operator]) {
			values := list(all[operator][key], "or")
			if strings.EqualFold(key, "SAML:aud") && operator == "StringEquals" {
				out = append(out, "if the sign-on is addressed to "+values)
			} else {
				out = append(out, fmt.Sprintf("if %s %s %s", key, cmp.Or(verbs[operator], operator), values))
			}
		}
	}
	if len(out) == 0 {
		return ""
	}
	return ", " + list(out, "and")
}
