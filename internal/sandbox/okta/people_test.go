package okta

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestPeopleAreReadAndMovedBetweenGroups(t *testing.T) {
	o := newOrg(t)
	id := o.AddGroup("Readers", "")
	person := func() Person {
		all := o.People()
		return all[slices.IndexFunc(all, func(p Person) bool { return p.Login == TestUserLogin })]
	}
	if p := person(); p.FirstName != "Test" || p.LastName != "User" || !slices.Equal(p.Groups, []string{"Everyone"}) {
		t.Errorf("got %+v", p)
	}
	changed := o.Changed()
	if err := o.SetMember(id, TestUserLogin, true); err != nil {
		t.Fatal(err)
	}
	<-changed
	if p := person(); !slices.Equal(p.Groups, []string{"Everyone", "Readers"}) {
		t.Errorf("got %+v", p)
	}
	if err := o.SetMember(id, TestUserLogin, false); err != nil || len(person().Groups) != 1 {
		t.Errorf("got %v, %+v", err, person())
	}
	everyone := o.Groups()[0].ID
	for reason, err := range map[string]error{
		"built-in":              o.SetMember(everyone, TestUserLogin, false),
		"no group 00gnone":      o.SetMember("00gnone", TestUserLogin, true),
		"nobody with the login": o.SetMember(id, "nobody@example.com", true),
	} {
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("got %v, want %s", err, reason)
		}
	}
	if len(person().Groups) != 1 {
		t.Errorf("got %+v", person())
	}
}

func TestABrowserIsSentToThePagesAndATestIsNot(t *testing.T) {
	o := newOrg(t)
	id, _ := o.create("Story")
	console, tile := "/admin/app/amazon_aws/instance/"+id+"/", "/home/amazon_aws/"+id+"/272"
	const browser = "text/html,application/xhtml+xml,*/*;q=0.8"
	once := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(link, accept string) (status int, location string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.url+link, nil)
		if err != nil {
			t.Fatal(err)
		}
		if accept != "" {
			req.Header.Set("Accept", accept)
		}
		res, err := once.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode, res.Header.Get("Location")
	}
	plain := map[string]int{console: 200, tile: 404}
	for link, want := range plain {
		if status, _ := get(link, browser); status != want {
			t.Errorf("%s without pages: got %d", link, status)
		}
	}
	o.SetPages("http://127.0.0.1:4000/")
	for link, page := range map[string]string{console: "/okta/admin/apps/" + id + "/provisioning", tile: "/okta/tile/" + id} {
		if status, to := get(link, browser); status != 303 || to != "http://127.0.0.1:4000"+page {
			t.Errorf("%s: got %d %s", link, status, to)
		}
		for _, accept := range []string{"", "application/json"} {
			if status, _ := get(link, accept); status != plain[link] {
				t.Errorf("%s, %q: got %d", link, accept, status)
			}
		}
	}
	if unknown := o.hub.Unknown(); len(unknown) > 0 {
		t.Errorf("the hub does not know %+v", unknown)
	}
}
