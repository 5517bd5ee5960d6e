package app_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// TestSharedApplication has three accounts behind one tile: it offers the roles of all; its certificate is rotated for all
// of them as one request, during which people sign on at every moment; and after one is unlinked, the others go on.
func TestSharedApplication(t *testing.T) {
	t.Parallel()
	const tile = "AWS"
	r := newRigAt(t, quick, inModeGroups, unasked, "OKTAWS_OKTA_SHARED_APPLICATION="+tile)
	r.serve()
	names := map[string]string{gmail: label, aws.AccountAnalytics: "Analytics", aws.AccountBilling: "Billing"}
	accounts := []string{gmail, aws.AccountAnalytics, aws.AccountBilling}
	var roles []string
	for _, id := range accounts {
		linked := r.carries(id, "link "+id+" "+names[id], "is linked to Okta")
		mustSay(t, read(linked), namedGroup(id, "ReadOnlyAccess"))
		r.join(okta.TestUserLogin, namedGroup(id, "ReadOnlyAccess"))
		roles = append(roles, id+"/ReadOnlyAccess")
		r.mayBe(tile, roles...)
	}
	r.join(okta.TestUserLogin, namedGroup(gmail, "Administrator"))
	roles = append(roles, gmail+"/Administrator")
	slices.Sort(roles)
	r.mayBe(tile, roles...)
	for _, id := range accounts {
		if slices.ContainsFunc(r.Okta.Applications(), func(a okta.Application) bool { return a.Label == names[id] }) {
			t.Errorf("%s has an application of its own", names[id])
		}
	}

	// certificates are what the identity providers hold, each once.
	certificates := func() (all []string) {
		for _, id := range accounts {
			for _, p := range r.AWS.Providers(id) {
				for _, part := range strings.Split(p.Metadata, "<ds:X509Certificate>")[1:] {
					certificate, _, _ := strings.Cut(part, "<")
					all = append(all, certificate)
				}
			}
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	before := certificates()
	r.atEveryMoment(tile, roles, func() {
		said := r.reads(slack.Requester, "rotate "+aws.AccountAnalytics+" certificate they say it leaked")
		mustSay(t, said, "rotate the SAML certificate of the Okta application", tile, "3 linked AWS accounts")
		asked := r.find(slack.AdminChannel, "rotate the SAML certificate of the Okta application")
		r.until("the buttons", func() bool {
			asked = r.find(slack.AdminChannel, "rotate the SAML certificate of the Okta application")
			return has(asked, "approve")
		})
		for _, id := range accounts {
			mustSay(t, read(asked), id, names[id])
		}
		ended := r.hears(r.Slack.DM(slack.Requester), func() { r.clicks(slack.AdminOne, asked, "approve") }, "Rotating the SAML certificate", tile, "has ended")
		mustSay(t, read(ended), "3 done")
		r.until("the former certificate gone", func() bool { return len(certificates()) == 1 })
	})
	if now := certificates(); len(before) != 1 || now[0] == before[0] {
		t.Errorf("there were %d certificates, and the one now is new: %t", len(before), now[0] != before[0])
	}

	unlinked := r.carries(aws.AccountAnalytics, "unlink "+aws.AccountAnalytics, "is unlinked")
	mustSay(t, read(unlinked), "Left alone", tile, "other accounts share")
	roles = slices.DeleteFunc(roles, func(s string) bool { return strings.HasPrefix(s, aws.AccountAnalytics) })
	r.mayBe(tile, roles...)
	for _, id := range []string{gmail, aws.AccountBilling} {
		mustSay(t, r.looksAt(id), "all as it shall be")
	}
	for _, id := range []string{gmail, aws.AccountBilling} {
		r.carries(id, "unlink "+id, "is unlinked")
	}
	if slices.ContainsFunc(r.Okta.Applications(), func(a okta.Application) bool { return a.Label == tile }) {
		t.Error("the application is left, with nobody behind it")
	}
	r.carries(gmail, "link "+gmail+" "+label, "is linked to Okta")
	r.join(okta.TestUserLogin, namedGroup(gmail, "ReadOnlyAccess"))
	r.mayBe(tile, gmail+"/ReadOnlyAccess")
}
