package okta

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestCertificatesAreReadWithoutACall(t *testing.T) {
	o := newOrg(t)
	id, path := o.create("Keys")
	o.clock.Advance(time.Hour)
	made := o.want(o.do("POST", path+"/credentials/keys/generate?validityYears=2", ""), 201)
	before := len(o.hub.Calls(0))
	all := o.Certificates(id)
	if len(all) != 2 || len(o.hub.Calls(0)) != before {
		t.Fatalf("got %+v, %d calls", all, len(o.hub.Calls(0))-before)
	}
	first, second := all[0], all[1]
	if !first.Active || second.Active || second.KeyID != made.at("kid") || !first.Expires.Equal(first.Created.AddDate(10, 0, 0)) || !second.Expires.Equal(second.Created.AddDate(2, 0, 0)) {
		t.Errorf("got %+v", all)
	}
	x5c := made.at("x5c").([]any)[0].(string)
	der, err := base64.StdEncoding.DecodeString(x5c)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.ReplaceAll(fmt.Sprintf("% X", sha256.Sum256(der)), " ", ":"); second.Fingerprint != want || first.Fingerprint == want {
		t.Errorf("the fingerprint is %s, not %s", second.Fingerprint, want)
	}
	if none := o.Certificates("0oanone"); len(none) != 0 {
		t.Errorf("got %+v", none)
	}
	if none := o.Certificates(o.AddApplication(NewApplication{Label: "By hand", Console: true})); len(none) != 0 {
		t.Errorf("got %+v", none)
	}
}

func TestSavedKeyIsTestedWhereNoneIsEntered(t *testing.T) {
	o := newOrg(t)
	id, _ := o.create("Keys")
	o.want(o.person(id, "test", `{}`), 400)
	o.want(o.person(id, "api-integration", enter("true")), 200)
	o.want(o.person(id, "test", `{}`), 200)
	o.want(o.person(id, "test", `{"accessKey":"`+goodKey+`"}`), 400) // half a pair is none
	o.want(o.person(id, "api-integration", `{"enabled":true}`), 200)
}
