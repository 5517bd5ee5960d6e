package okta

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const rulesPath = "/api/v1/groups/rules"

// ruleText is a rule as it is sent.
func ruleText(name, expression string, groups ...string) string {
	return fmt.Sprintf(`{"type":"group_rule","name":%q,"conditions":{"expression":{"type":"urn:okta:expression:1.0","value":%q}},
		"actions":{"assignUserToGroups":{"groupIds":["%s"]}}}`, name, expression, strings.Join(groups, `","`))
}

// rule makes a rule and returns its path.
func (o *org) rule(name, expression string, groups ...string) (id, path string) {
	o.t.Helper()
	r := o.want(o.do("POST", rulesPath, ruleText(name, expression, groups...)), 200)
	return r.id(), rulesPath + "/" + r.id()
}

// members are the logins of a group's people.
func (o *org) members(group string) []string {
	for _, g := range o.Groups() {
		if g.ID == group {
			return g.Members
		}
	}
	return nil
}

func (o *org) holds(group string, logins ...string) {
	o.t.Helper()
	slices.Sort(logins)
	if got := o.members(group); !slices.Equal(got, logins) {
		o.t.Errorf("in the group are %q, want %q", got, logins)
	}
}

// user is the ID of a person.
func (o *org) user(login string) string {
	o.t.Helper()
	for _, p := range o.People() {
		if p.Login == login {
			return p.ID
		}
	}
	o.t.Fatalf("nobody has the login %s", login)
	return ""
}

const rolePrefix = `isMemberOfGroupNameStartsWith("aws#")`

// One group is assigned to a shared application, and a rule puts everybody into it who is in a role group of any
// account: a new account needs no call for that.
func TestRuleGivesEverybodyWithARoleTheTile(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("Shared")
	o.set(path, map[string]any{"identityProviderArn": nil, "useGroupMapping": true, "groupFilter": sharedFilter,
		"roleValuePattern": "arn:aws:iam::${accountid}:saml-provider/Okta,arn:aws:iam::${accountid}:role/${role}"})
	people := o.group("AWS people")
	o.want(o.do("PUT", path+"/groups/"+people, `{}`), 200)
	admins := o.AddGroup("aws#prod#Administrator#111122223333", "", TestUserLogin)
	if _, err := o.SignOn(TestUserLogin, id); err == nil || !strings.Contains(err.Error(), "App Not Assigned") {
		t.Fatalf("got %v: the role group alone is no assignment", err)
	}

	_, rule := o.rule("Everybody with a role", rolePrefix, people)
	o.holds(people) // it is inactive
	o.want(o.do("POST", rule+"/lifecycle/activate", ""), 204)
	o.holds(people, TestUserLogin)
	offers := func(roles ...string) {
		t.Helper()
		if _, r := o.click(TestUserLogin, id); !slices.Equal(told(r, "Role"), roles) {
			t.Errorf("got %q, want %q", told(r, "Role"), roles)
		}
	}
	of := func(account, role string) string {
		return "arn:aws:iam::" + account + ":saml-provider/Okta,arn:aws:iam::" + account + ":role/" + role
	}
	offers(of("111122223333", "Administrator"))

	// Another account, and somebody who joins later.
	readers := o.group("aws#test#Reader#444455556666")
	for _, login := range []string{TestUserLogin, RequesterLogin} {
		o.want(o.do("PUT", "/api/v1/groups/"+readers+"/users/"+o.user(login), ""), 204)
	}
	o.holds(people, TestUserLogin, RequesterLogin)
	offers(of("111122223333", "Administrator"), of("444455556666", "Reader"))
	if tiles := o.Tiles(RequesterLogin); len(tiles) != 1 || tiles[0].AppID != id {
		t.Errorf("the tiles are %v", tiles)
	}

	// Who leaves the last role group leaves the people.
	o.changes(func() error { return o.RemoveMember(admins, TestUserLogin) })
	o.holds(people, TestUserLogin, RequesterLogin)
	o.want(o.do("DELETE", "/api/v1/groups/"+readers+"/users/"+o.user(TestUserLogin), ""), 204)
	o.holds(people, RequesterLogin)
	o.want(o.do("DELETE", "/api/v1/groups/"+readers, ""), 204)
	o.holds(people)
}

func TestRuleLetsGoOfNobodyWhomItDoesNotKeep(t *testing.T) {
	o := newOrg(t)
	people, other := o.group("AWS people"), o.group("Others")
	roles := o.AddGroup("aws#prod#Administrator#111122223333", "", TestUserLogin)
	o.changes(func() error { return o.AddMember(people, AdminLogin) })
	o.changes(func() error { return o.AddMember(people, TestUserLogin) })
	id, path := o.rule("People", rolePrefix, people)
	twin, _ := o.rule("People and others", rolePrefix, people, other)
	o.changes(func() error { return o.ActivateRule(id) })
	o.changes(func() error { return o.ActivateRule(twin) })
	o.holds(other, TestUserLogin)

	// A rule takes over who fits, and leaves who was put there by hand and doesn't.
	o.changes(func() error { return o.RemoveMember(roles, TestUserLogin) })
	o.holds(people, AdminLogin)
	o.holds(other)
	o.changes(func() error { return o.AddMember(roles, TestUserLogin) })

	// Deactivated, it leaves everybody where they are, also those who come to fit no longer; activated, it resumes.
	o.changes(func() error { return o.DeactivateRule(twin) })
	o.changes(func() error { return o.RemoveMember(roles, TestUserLogin) })
	o.holds(other, TestUserLogin)
	o.holds(people, AdminLogin, TestUserLogin) // which the inactive one keeps
	o.changes(func() error { return o.ActivateRule(twin) })
	o.holds(people, AdminLogin)
	o.holds(other)

	// Deleted, it leaves them, or takes them out.
	o.changes(func() error { return o.AddMember(roles, TestUserLogin) })
	o.changes(func() error { return o.DeactivateRule(twin) })
	o.refuses(o.DeleteRule(id, true), "deactivate it first")
	o.changes(func() error { return o.DeleteRule(twin, true) })
	o.holds(other)
	o.holds(people, AdminLogin, TestUserLogin) // the first one keeps them
	o.want(o.do("DELETE", path, ""), 400, "E0000001")
	o.want(o.do("POST", path+"/lifecycle/deactivate", ""), 204)
	if a := o.want(o.do("DELETE", path, ""), 202); a.text != "" {
		t.Errorf("got %s", a.text)
	}
	o.want(o.do("GET", path, ""), 404, "E0000007")
	o.holds(people, AdminLogin, TestUserLogin)
	o.changes(func() error { return o.RemoveMember(roles, TestUserLogin) })
	o.holds(people, AdminLogin, TestUserLogin)
}

func TestRulePassesOverWhomSomebodyTookOut(t *testing.T) {
	o := newOrg(t)
	people := o.group("AWS people")
	roles := o.AddGroup("aws#prod#Administrator#111122223333", "", TestUserLogin)
	id, path := o.rule("People", rolePrefix, people)
	o.changes(func() error { return o.ActivateRule(id) })
	o.changes(func() error { return o.RemoveMember(people, TestUserLogin) })
	o.holds(people)
	if got := o.Rules()[0].Excluded; !slices.Equal(got, []string{TestUserLogin}) {
		t.Errorf("it passes over %q", got)
	}
	o.changes(func() error { return o.AddMember(roles, RequesterLogin) })
	o.holds(people, RequesterLogin)
	if got := o.want(o.do("GET", path, ""), 200).at("conditions", "people", "users", "exclude"); fmt.Sprint(got) != fmt.Sprint([]any{o.user(TestUserLogin)}) {
		t.Errorf("the API says %v", got)
	}
}

// Okta lists what has a rule look at somebody: a new name of a group is not among it.
func TestRuleLooksAtNobodyForANewName(t *testing.T) {
	o := newOrg(t)
	people := o.group("AWS people")
	group := o.AddGroup("Later", "", TestUserLogin)
	id, _ := o.rule("People", rolePrefix, people)
	o.changes(func() error { return o.ActivateRule(id) })
	o.changes(func() error { return o.Rename(group, "aws#prod#Administrator#111122223333") })
	o.holds(people)
	o.changes(func() error { return o.AddMember(group, RequesterLogin) })
	o.holds(people, RequesterLogin)
	o.changes(func() error { return o.DeactivateRule(id) })
	o.changes(func() error { return o.ActivateRule(id) })
	o.holds(people, RequesterLogin, TestUserLogin)
}

func TestRuleThatLostItsGroupCanOnlyBeDeleted(t *testing.T) {
	o := newOrg(t)
	people, other := o.group("AWS people"), o.group("Others")
	o.AddGroup("aws#prod#Administrator#111122223333", "", TestUserLogin)
	id, path := o.rule("People", rolePrefix, people, other)
	o.changes(func() error { return o.ActivateRule(id) })
	o.changes(func() error { return o.DeleteGroup(people) })
	r := o.want(o.do("GET", path+"?expand=groupIdToGroupNameMap", ""), 200)
	if r.at("status") != "INVALID" || r.at("allGroupsValid") != false || r.at("_embedded", "groupIdToGroupNameMap", other) != "Others" {
		t.Errorf("got %s", r.text)
	}
	o.AddGroup("aws#prod#Reader#111122223333", "", RequesterLogin)
	o.holds(other, TestUserLogin)
	for _, how := range []string{"activate", "deactivate"} {
		o.want(o.do("POST", path+"/lifecycle/"+how, ""), 400, "E0000001")
	}
	o.want(o.do("PUT", path, ruleText("People", rolePrefix, people, other)), 400, "E0000001")
	o.want(o.do("DELETE", path+"?removeUsers=true", ""), 202)
	o.holds(other)
}

func TestRuleMayLookAtWhatAnotherFills(t *testing.T) {
	o := newOrg(t)
	last, middle := o.group("Last"), o.group("Middle")
	first := o.AddGroup("First", "", TestUserLogin)
	for _, r := range [][]string{{"two", `isMemberOfGroupName('Middle')`, last}, {"one", `isMemberOfAnyGroup("00gnone", "` + first + `")`, middle}} {
		id, _ := o.rule(r[0], r[1], r[2])
		o.changes(func() error { return o.ActivateRule(id) })
	}
	o.holds(last, TestUserLogin)
	o.changes(func() error { return o.RemoveMember(first, TestUserLogin) })
	o.holds(last)
	o.holds(middle)
}

func TestRuleExpressions(t *testing.T) {
	o := newOrg(t)
	group := o.AddGroup("aws#prod#Administrator#111122223333", "", TestUserLogin)
	for i, c := range []struct {
		expression string
		fits       bool
	}{
		{rolePrefix, true},
		{` isMemberOfGroupNameStartsWith( 'aws#' ) `, true},
		{`isMemberOfGroupNameStartsWith("AWS#")`, false},
		{`isMemberOfGroupNameContains("Administrator")`, true},
		{`isMemberOfGroupNameContains("Reader")`, false},
		{`isMemberOfGroupNameRegex("aws#.*#111122223333")`, true},
		{`isMemberOfGroupNameRegex("aws#")`, false},
		{`isMemberOfGroup("` + group + `")`, true},
		{`isMemberOfAnyGroup("` + group + `")`, true},
		{`isMemberOfGroupName("aws")`, false},
	} {
		filled := o.group(fmt.Sprint("Filled ", i))
		id, _ := o.rule(fmt.Sprint("Rule ", i), c.expression, filled)
		o.changes(func() error { return o.ActivateRule(id) })
		if got := slices.Contains(o.members(filled), TestUserLogin); got != c.fits {
			t.Errorf("%s: fits %v", c.expression, got)
		}
	}
	people := o.group("AWS people")
	for expression, cause := range map[string]string{
		"":                                   "cannot be left blank",
		`user.role=="Engineer"`:              "Invalid expression",
		`isMemberOfGroupName("a" "b")`:       "Invalid expression",
		`isMemberOfGroupName("a",)`:          "Invalid expression",
		`isMemberOfGroupName("a", "b")`:      "Parameter count",
		`isMemberOfAnyGroup()`:               "isMemberOfAnyGroup is not found",
		`isMemberOfGroupNameEndsWith("a")`:   "isMemberOfGroupNameEndsWith is not found",
		`isMemberOfGroupNameRegex("(")`:      "regular expression",
		`isMemberOfGroupNameContains("a\"")`: "Invalid expression",
	} {
		a := o.want(o.do("POST", rulesPath, ruleText("Refused", expression, people)), 400, "E0000001")
		if causes := a.causes(); len(causes) != 1 || !strings.Contains(causes[0], cause) {
			t.Errorf("%s: got %q", expression, causes)
		}
	}
}

func TestRuleIsRefused(t *testing.T) {
	o := newOrg(t)
	people := o.group("AWS people")
	everyone := o.Groups()[0].ID
	_, path := o.rule("People", rolePrefix, people)
	good := ruleText("Other", rolePrefix, people)
	for cause, body := range map[string]string{
		"name: Policy rule name already in use": ruleText("People", rolePrefix, people),
		"name: The field cannot be left blank":  ruleText("", rolePrefix, people),
		"name: The field is too long":           ruleText(strings.Repeat("é", 51), rolePrefix, people),
		"type: The field must be group_rule":    strings.Replace(good, "group_rule", "rule", 1),
		"conditions.expression.type":            strings.Replace(good, "expression:1.0", "expression:2.0", 1),
		"groupIds: The field cannot be left":    strings.Replace(good, `["`+people+`"]`, "[]", 1),
		"Invalid group 00gnone":                 ruleText("Other", rolePrefix, "00gnone"),
		"Invalid group " + everyone:             ruleText("Other", rolePrefix, everyone),
		"100 groups":                            ruleText("Other", rolePrefix, slices.Repeat([]string{people}, 101)...),
		"Invalid user 00unone":                  strings.Replace(good, `{"expression"`, `{"people":{"users":{"exclude":["00unone"]}},"expression"`, 1),
		"Excluding groups is not supported":     strings.Replace(good, `{"expression"`, `{"people":{"groups":{"exclude":["00g1"]}},"expression"`, 1),
		"priority: The field is not known":      strings.Replace(good, `{"type"`, `{"priority":1,"type"`, 1),
	} {
		a := o.want(o.do("POST", rulesPath, body), 400, "E0000001")
		if causes := a.causes(); len(causes) != 1 || !strings.Contains(causes[0], cause) {
			t.Errorf("want %q, got %q", cause, causes)
		}
	}
	o.want(o.do("POST", rulesPath, `{"name":1}`), 400, "E0000003")
	o.want(o.do("GET", rulesPath+"?limit=201", ""), 400, "E0000001")
	for _, call := range []string{"GET ", "DELETE ", "PUT ", "POST /lifecycle/activate", "POST /lifecycle/deactivate"} {
		method, more, _ := strings.Cut(call, " ")
		body := ""
		if method == "PUT" {
			body = good
		}
		o.want(o.do(method, rulesPath+"/0prnone"+more, body), 404, "E0000007")
	}

	// What was read can be put back, with another name and expression, while the rule is inactive.
	whole := o.want(o.do("GET", path+"?expand=groupIdToGroupNameMap", ""), 200).text
	o.want(o.do("PUT", path, strings.NewReplacer(`"People"`, `"Renamed"`, "StartsWith", "Contains").Replace(whole)), 200)
	if r := o.Rules()[0]; r.Name != "Renamed" || r.Expression != `isMemberOfGroupNameContains("aws#")` || r.Status != "INACTIVE" {
		t.Errorf("got %+v", r)
	}
	o.want(o.do("PUT", path, ruleText("Renamed", rolePrefix, o.group("Others"))), 400, "E0000001")
	o.want(o.do("POST", path+"/lifecycle/activate", ""), 204)
	o.want(o.do("POST", path+"/lifecycle/activate", ""), 204)
	o.want(o.do("PUT", path, whole), 400, "E0000001")
	if n := len(o.Rules()); n != 1 {
		t.Errorf("there are %d rules", n)
	}
}

func TestRulesAreFoundByAKeyword(t *testing.T) {
	o := newOrg(t)
	people := o.group("AWS people")
	for _, name := range []string{"oktaws people", "oktaws people of old", "Others"} {
		o.rule(name, rolePrefix, people)
	}
	var found []string
	for _, r := range o.want(o.do("GET", rulesPath+"?search=Oktaws+People&limit=200", ""), 200).json.([]any) {
		found = append(found, r.(map[string]any)["name"].(string))
	}
	if !slices.Equal(found, []string{"oktaws people", "oktaws people of old"}) {
		t.Errorf("found %q", found)
	}
	first := o.want(o.do("GET", rulesPath+"?limit=2", ""), 200)
	if link := strings.Join(first.Header.Values("Link"), " "); len(first.json.([]any)) != 2 || !strings.Contains(link, `rel="next"`) {
		t.Errorf("got %s, %s", first.text, link)
	}
}

func TestRuleMadeByHandIsLikeOneOfTheAPI(t *testing.T) {
	o := newOrg(t)
	people := o.group("AWS people")
	api, _ := o.rule("By the API", rolePrefix, people)
	var hand string
	o.changes(func() (err error) { hand, err = o.MakeRule("By hand", `isMemberOfGroup("x")`, people); return err })
	o.changes(func() error { return o.SetExpression(hand, rolePrefix) })
	found := map[string]string{}
	compare(found, "$", o.want(o.do("GET", rulesPath+"/"+api, ""), 200).json, o.want(o.do("GET", rulesPath+"/"+hand, ""), 200).json)
	if len(found) > 1 || found["$.name"] == "" {
		t.Errorf("they differ: %v", found)
	}
	_, err := o.MakeRule("By hand", rolePrefix, people)
	o.refuses(err, "already in use")
	o.refuses(o.SetExpression(hand, ""), "cannot be left blank")
	o.refuses(o.ActivateRule("0prnone"), "0prnone (GroupRule)")
}

func TestRulesNeedTheScopesOfGroups(t *testing.T) {
	o := newOrg(t)
	people := o.group("AWS people")
	_, path := o.rule("People", rolePrefix, people)
	o.AddToken("00reader", []string{groupsRead})
	o.auth = "SSWS 00reader"
	o.want(o.do("GET", path, ""), 200)
	o.want(o.do("POST", path+"/lifecycle/activate", ""), 403, "E0000006")
}
