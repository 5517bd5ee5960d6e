package life_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/store"
)

// strangersUntouched fails where something changed that isn't ours.
func (l *life) strangersUntouched(e *expected) {
	for _, s := range strangers(l.model) {
		before, there := e.foreign[s.name]
		if !there {
			continue
		}
		if now := s.see(l.world, e); now != before {
			l.wrong("the %s in account %s, which isn't ours, has changed\nfrom %s\nto   %s", s.name, e.key.ID, before, now)
		}
	}
}

// whole fails unless everything that linking makes is there, once, and the test user signs on with the roles of their groups.
func (l *life) whole(e *expected) {
	a, id, label := l.record(e.key), e.key.ID, e.wish.AppLabel()
	var apps []okta.Application
	for _, app := range l.Okta.Applications() {
		if app.Label == label {
			apps = append(apps, app)
		}
	}
	stacks, providers := l.AWS.Stacks(id), l.AWS.Providers(id)
	ours := func(tags map[string]string) bool { return tags["managed-by"] == "oktaws" }
	users := slices.DeleteFunc(l.AWS.Users(id), func(u aws.User) bool { return !ours(u.Tags) })
	people := map[store.Mode]int{store.ModeAPI: 1}[e.wish.Mode]
	keys := 0
	if len(users) == 1 {
		keys = len(l.AWS.AccessKeys(id, users[0].Name))
	}
	switch {
	case len(apps) != 1 || len(stacks) != 1 || len(providers) != 1 || len(users) != people || keys != people:
		l.wrong("account %s has %d applications, %d stacks, %d identity providers, %d users, %d keys", id, len(apps), len(stacks), len(providers), len(users), keys)
	case apps[0].Status != "ACTIVE" || !strings.Contains(apps[0].Note, "Managed by oktaws") || apps[0].ID != a.Known.AppID:
		l.wrong("account %s has the application %+v", id, apps[0])
	case !ours(stacks[0].Tags) || !slices.Contains([]string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}, stacks[0].Status):
		l.wrong("account %s has the stack %+v", id, stacks[0])
	case !ours(providers[0].Tags) || strings.Count(providers[0].Metadata, "<ds:X509Certificate>") != 1:
		l.wrong("account %s has the identity provider %+v", id, providers[0])
	}
	for _, k := range l.AWS.AccessKeys(id, "OktaSSOuser") {
		if people == 1 && (!k.Active || k.ID != apps[0].Provisioning.AccessKeyID) {
			l.wrong("account %s has the access key %+v, and Okta holds %s", id, k, apps[0].Provisioning.AccessKeyID)
		}
	}
	// The groups: those that are assigned, and those that were made for the account.
	byID := map[string]okta.Group{}
	made := 0
	for _, g := range l.Okta.Groups() {
		byID[g.ID] = g
		if strings.Contains(g.Description, id) {
			made++
		}
	}
	wantMade := len(e.roles())
	if _, ok := e.foreign["group"]; ok {
		for _, g := range a.Known.Groups {
			if byID[g].Description == "made by hand" {
				wantMade--
			}
		}
	}
	if made != wantMade {
		l.wrong("account %s has %d groups, want %d", id, made, wantMade)
	}
	assigned := map[string]bool{}
	for _, n := range l.Okta.Assignments(apps[0].ID) {
		assigned[n.GroupID] = true
	}
	if e.wish.Shared != "" {
		l.peopleWhole(e, assigned)
	} else {
		for _, g := range a.Known.Groups {
			if !assigned[g] {
				l.wrong("account %s: the group %s is not assigned", id, g)
			}
			delete(assigned, g)
		}
		if len(assigned) > 0 {
			l.wrong("account %s: the groups %v are assigned too", id, assigned)
		}
	}
	l.signsOn(e, a, apps[0].ID, len(l.did)%3)
}

// peopleWhole fails unless the application that accounts share has one group of people, which is all that is assigned to it,
// and one active rule that puts in it whoever is in a role group.
func (l *life) peopleWhole(e *expected, assigned map[string]bool) {
	shared, rules := l.sharedApplication(e.wish.Shared), l.Okta.Rules()
	made := slices.DeleteFunc(l.Okta.Groups(), func(g okta.Group) bool { return !isOfPeople(g) })
	switch {
	case len(made) != 1 || made[0].ID != shared.PeopleID || made[0].Name != e.wish.Shared+" people":
		l.wrong("the application %s has the people %+v, and %+v is known", e.wish.Shared, made, shared)
	case len(assigned) != 1 || !assigned[shared.PeopleID]:
		l.wrong("the groups %v are assigned to the application %s, want its people alone", assigned, e.wish.Shared)
	case len(rules) != 1 || rules[0].ID != shared.RuleID || rules[0].Status != "ACTIVE" ||
		rules[0].Expression != `isMemberOfGroupNameStartsWith("aws#")` || !slices.Equal(rules[0].Groups, []string{made[0].Name}):
		l.wrong("the people of the application %s have the rules %+v, and %+v is known", e.wish.Shared, rules, shared)
	}
}

// isOfPeople says whether the group is one that oktaws has made for everybody who has a shared application.
func isOfPeople(g okta.Group) bool {
	return strings.HasPrefix(g.Description, "Has the Okta application")
}

// signsOn has the test user be in the groups of some of the roles, click the tile, and be offered those and no others.
func (l *life) signsOn(e *expected, a store.Account, app string, some int) {
	roles := e.roles()
	roles = roles[:1+some%len(roles)]
	for _, role := range roles {
		l.member(a.Known.Groups[role], true)
		defer l.member(a.Known.Groups[role], false)
	}
	var in aws.SignIn
	for try := 0; try == 0 || try < 5 && strings.Contains(in.Refused, "ExpiredTokenException"); try++ { // the clock runs so fast that a busy machine may need five minutes
		on, err := l.Okta.SignOn(okta.TestUserLogin, app)
		if err != nil {
			l.wrong("account %s: the test user does not sign on: %v", e.key.ID, err)
		}
		in = l.response(on)
	}
	var offered []string
	for _, r := range in.Roles {
		offered = append(offered, r.Account.ID+" "+r.Role+" "+r.Refused)
	}
	var want []string
	for _, role := range roles {
		want = append(want, e.key.ID+" "+role+" ")
	}
	slices.Sort(offered)
	slices.Sort(want)
	if in.Refused != "" || !slices.Equal(offered, want) {
		l.wrong("account %s: the test user is offered %q, want %q (%s)", e.key.ID, offered, want, in.Refused)
	}
}

func (l *life) response(on okta.SignOn) (in aws.SignIn) {
	form := url.Values{"SAMLResponse": {on.Response}, "RelayState": {on.RelayState}}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, l.AWSURL+"/saml", strings.NewReader(form.Encode()))
	if err != nil {
		l.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		l.wrong("AWS does not answer: %v", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&in); err != nil {
		l.wrong("AWS answers %s: %v", resp.Status, err)
	}
	return in
}

// nothingLeft fails where anything of ours is left of an account that was unlinked.
func (l *life) nothingLeft(e *expected) {
	id := e.key.ID
	needed := l.shared != "" && slices.ContainsFunc(l.accounts, func(o *expected) bool { return o.want == store.WantLinked })
	if people, rules := slices.ContainsFunc(l.Okta.Groups(), isOfPeople), l.Okta.Rules(); !needed && (people || len(rules) > 0) {
		l.wrong("nobody has the application %s any more, and its people are left: %t, and the rules %+v", l.shared, people, rules)
	}
	for _, a := range l.Okta.Applications() {
		if strings.Contains(a.Note, "Managed by oktaws") && (strings.Contains(a.Note, id) || l.shared != "" && !needed) {
			l.wrong("the application %+v of account %s is left", a, id)
		}
	}
	for _, g := range l.Okta.Groups() {
		if strings.Contains(g.Description, id) {
			l.wrong("the group %+v of account %s is left", g, id)
		}
	}
	for _, r := range l.AWS.Roles(id) {
		if slices.Contains([]string{"Administrator", "PowerUsers", "ReadOnlyAccess", "Auditor"}, r.Name) && !has(e.foreign, "role") && !has(e.foreign, "stack") {
			l.wrong("the role %+v of account %s is left", r, id)
		}
	}
	if s := l.AWS.Stacks(id); len(s) > 0 && !has(e.foreign, "stack") {
		l.wrong("the stacks %+v of account %s are left", s, id)
	}
	if p := l.AWS.Providers(id); len(p) > 0 && !has(e.foreign, "provider") {
		l.wrong("the identity providers %+v of account %s are left", p, id)
	}
	for _, u := range l.AWS.Users(id) {
		if u.Name == "OktaSSOuser" && !has(e.foreign, "user") {
			l.wrong("the user %+v of account %s is left", u, id)
		}
	}
}

// onRecord fails unless every request has ended once, and its events are on record.
func (l *life) onRecord() {
	events := map[string][]string{} // by request
	l.view(func(tx *store.ReadTx) error {
		return tx.Events(func(e store.Event) bool {
			events[e.Request] = append(events[e.Request], e.What)
			return true
		})
	})
	times := func(of []string, what string) (n int) {
		for _, e := range of {
			if e == what {
				n++
			}
		}
		return n
	}
	for _, e := range l.accounts {
		for id, k := range e.kinds {
			var q store.Request
			l.view(func(tx *store.ReadTx) (err error) { q, err = tx.Request(id); return err })
			decisions := 0
			for _, what := range []string{"request.approved", "request.denied", "request.withdrawn", "request.expired"} {
				decisions += times(events[id], what)
			}
			switch {
			case times(events[id], "request.opened") != 1 || decisions != 1 || times(events[id], "request."+k.outcome) != 1:
				l.wrong("request %s, which was %s, has the events %v", id, k.outcome, events[id])
			case string(q.State) != k.outcome:
				l.wrong("request %s was %s, and is %s", id, k.outcome, q.State)
			case k.outcome != "approved" && !q.Ended.IsZero():
				l.wrong("request %s was %s, and was carried out", id, k.outcome)
			case !q.Ended.IsZero() && times(events[id], "account.linked")+times(events[id], "account.unlinked") == 0:
				l.wrong("request %s was carried out, and has the events %v", id, events[id])
			case id == e.request && q.Ended.IsZero() != (e.state() == store.Failed):
				l.wrong("request %s of account %s, which is %s, ended %v", id, e.key.ID, e.state(), q.Ended)
			}
		}
	}
}
