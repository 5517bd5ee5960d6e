package okta

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	active   = "ACTIVE"
	inactive = "INACTIVE"

	modeSAML   = "SAML_2_0"
	modePlugin = "BROWSER_PLUGIN"

	createUsers      = "PUSH_NEW_USERS"       // [C]
	updateAttributes = "PUSH_PROFILE_UPDATES" // [I]
)

// application is an amazon_aws application.
type application struct {
	number           int
	id, external     string // 0oa…, exk…
	label, status    string
	signOnMode       string
	console          bool // made in the admin console
	created, updated time.Time

	accessibility object
	visibility    object
	userName      object
	settings      object // settings.app
	notes         object
	signOn        object
	implicit      bool

	keys         []*signingKey
	kid          string    // of the key in use; empty unless signOnMode is SAML_2_0
	metadataFrom time.Time // before that it has no metadata; zero: always

	provisioning provisioning
	assignments  map[string]*assignment // by group ID
}

// features are what the ticks of the provisioning tab show as.
func (a *application) features() []string {
	f := []string{}
	if a.provisioning.createUsers {
		f = append(f, createUsers)
	}
	if a.provisioning.updateAttributes {
		f = append(f, updateAttributes)
	}
	return f
}

// key returns the signing key with the ID, or nil.
func (a *application) key(kid string) *signingKey {
	i := slices.IndexFunc(a.keys, func(k *signingKey) bool { return k.kid == kid })
	if i < 0 {
		return nil
	}
	return a.keys[i]
}

// addKey makes a signing key for the application, good for so many years.
func (a *application) addKey(now time.Time, years int) *signingKey {
	k := newSigningKey(pairOf{a.number, len(a.keys)}, now, years)
	a.keys = append(a.keys, k)
	return k
}

// json is the application as the API shows it. A SAML application has the keys of the recordings of 2023, one made in
// the admin console those of 2025, which has a few more [R].
func (a *application) json(base, orgID string) object {
	signing := object{}
	if a.kid != "" {
		signing["kid"] = a.kid
	}
	credentials := object{"userNameTemplate": a.userName, "signing": signing}
	settings := object{
		"app": a.settings,
		"notifications": object{"vpn": object{
			"network": object{"connection": "DISABLED"}, "message": nil, "helpUrl": nil,
		}},
		"manualProvisioning": false,
		"implicitAssignment": a.implicit,
		"notes":              a.notes,
	}
	v := object{
		"id": a.id, "name": "amazon_aws", "label": a.label, "status": a.status,
		"lastUpdated": stamp(a.updated), "created": stamp(a.created),
		"accessibility": a.accessibility, "visibility": a.visibility,
		"features": a.features(), "signOnMode": a.signOnMode,
		"credentials": credentials, "settings": settings, "_links": a.links(base),
	}
	if a.signOnMode == modeSAML {
		settings["signOn"] = a.signOn
	} else {
		credentials["scheme"] = "EDIT_USERNAME_AND_PASSWORD"
		credentials["revealPassword"] = true
	}
	if a.console {
		v["orn"] = "orn:okta:idp:" + orgID + ":apps:amazon_aws:" + a.id
		v["universalLogout"] = object{"status": "UNSUPPORTED"}
		settings["emOptInStatus"] = "NONE"
	}
	return v
}

// links are those of an Identity Engine organization [R]; those of an inactive application are a guess [I].
func (a *application) links(base string) object {
	self := base + "/api/v1/apps/" + a.id
	l := object{
		"uploadLogo":        object{"href": self + "/logo", "hints": object{"allow": []string{"POST"}}},
		"appLinks":          []object{{"name": "login", "href": base + strings.Replace(tilePath, "{appId}", a.id, 1), "type": "text/html"}},
		"profileEnrollment": href(base + "/api/v1/policies/rst5qwjvlxUHivL8a5d7"),
		"policies":          object{"href": self + "/policies", "hints": object{"allow": []string{"PUT"}}},
		"groups":            href(self + "/groups"),
		"logo":              []object{{"name": "medium", "href": base + "/assets/img/logos/amazon_aws.png", "type": "image/png"}},
		"accessPolicy":      href(base + "/api/v1/policies/rst5qwjvlvS3G1WOU5d7"),
		"users":             href(self + "/users"),
	}
	if a.signOnMode == modeSAML {
		l["help"] = object{"href": adminBase(base) + "/app/amazon_aws/" + a.id + "/setup/help/SAML_2_0/external-doc", "type": "text/html"}
		l["metadata"] = object{"href": self + "/sso/saml/metadata", "type": "application/xml"}
	}
	if a.status == active {
		l["deactivate"] = href(self + "/lifecycle/deactivate")
	} else {
		l["activate"] = href(self + "/lifecycle/activate")
		l["delete"] = href(self)
	}
	return l
}

// adminBase is the admin console's URL: the -admin host of an organization with a name, the same host on loopback.
func adminBase(base string) string {
	u, err := url.Parse(base)
	if err != nil || net.ParseIP(u.Hostname()) != nil {
		return base
	}
	name, rest, dotted := strings.Cut(u.Host, ".")
	if !dotted {
		return base
	}
	return u.Scheme + "://" + name + "-admin." + rest
}
