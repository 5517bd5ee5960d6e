package okta

import (
	"strconv"
	"sync"
	"testing"
	"time"
)

func (a answer) limit(t *testing.T, what string) int {
	t.Helper()
	n, err := strconv.Atoi(a.Header.Get("X-Rate-Limit-" + what))
	if err != nil {
		t.Fatalf("X-Rate-Limit-%s: %v", what, err)
	}
	return n
}

func TestATokenGetsHalfOfABucketAMinute(t *testing.T) {
	o := newOrg(t)
	o.clock.Advance(300 * time.Millisecond)
	start := o.clock.Now()
	for i := range 50 {
		a := o.want(o.do("GET", "/api/v1/apps", ""), 200)
		if a.limit(t, "Limit") != 50 || a.limit(t, "Remaining") != 49-i || a.limit(t, "Reset") != int(start.Unix())+61 {
			t.Fatalf("call %d: %v", i+1, a.Header)
		}
	}
	a := o.want(o.do("GET", "/api/v1/apps", ""), 429, "E0000047")
	date, err := time.Parse(time.RFC1123, a.Header.Get("Date"))
	if err != nil || a.limit(t, "Remaining") != 0 || a.limit(t, "Reset")-int(date.Unix()) != 61 {
		t.Errorf("got %v", a.Header)
	}
	o.want(o.do("GET", "/api/v1/groups", ""), 200) // another bucket
	o.clock.Advance(59 * time.Second)
	o.want(o.do("GET", "/api/v1/apps", ""), 429)
	o.clock.Advance(2 * time.Second)
	o.want(o.do("GET", "/api/v1/apps", ""), 200)
}

func TestTheOrganizationHasTheWholeBucket(t *testing.T) {
	o := newOrg(t, func(c *Config) { c.Plan = Free })
	o.AddToken("second", nil)
	o.AddToken("third", nil)
	for _, token := range []string{testToken, "second"} {
		o.auth = "SSWS " + token
		for range 10 {
			o.want(o.do("GET", "/api/v1/apps", ""), 200)
		}
	}
	o.auth = "SSWS third"
	if a := o.want(o.do("GET", "/api/v1/apps", ""), 429); a.limit(t, "Limit") != 20 {
		t.Errorf("got %v", a.Header)
	}
}

func TestRelaxedLimitsAreAThousandTimesAsWide(t *testing.T) {
	o := newOrg(t, func(c *Config) { c.RelaxedLimits = true })
	if a := o.want(o.do("GET", "/api/v1/apps", ""), 200); a.limit(t, "Limit") != 50000 {
		t.Errorf("got %v", a.Header)
	}
}

func TestSeventyFiveCallsAtOnce(t *testing.T) {
	o := newOrg(t)
	var leave []func()
	for range 75 {
		l, ok := o.limits.enter()
		if !ok {
			t.Fatal("refused too early")
		}
		leave = append(leave, l)
	}
	a := o.want(o.do("GET", "/api/v1/groups", ""), 429, "E0000047")
	if a.limit(t, "Limit") != 0 || a.limit(t, "Remaining") != 0 || a.limit(t, "Reset") <= int(o.clock.Now().Unix()) {
		t.Errorf("got %v", a.Header)
	}
	for _, l := range leave {
		l()
	}
	o.want(o.do("GET", "/api/v1/groups", ""), 200)
}

func TestManyCallsAtOnceKeepOrder(t *testing.T) {
	o := newOrg(t, func(c *Config) { c.RelaxedLimits = true })
	id, path := o.create("Busy")
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			g := o.AddGroup("Busy-"+strconv.Itoa(i), "")
			if a := o.do("PUT", path+"/groups/"+g, `{}`); a.StatusCode != 200 {
				t.Errorf("got %d %s", a.StatusCode, a.text)
			}
			o.do("GET", path+"/sso/saml/metadata", "")
			o.Assignments(id)
		})
	}
	wg.Wait()
	for i, n := range o.Assignments(id) {
		if n.Priority != i {
			t.Fatalf("priorities %+v", o.Assignments(id))
		}
	}
}
