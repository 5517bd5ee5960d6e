package main

import (
	"math"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// The buckets of Okta that linking asks something of.
const (
	bucketApps   = "/api/v1/apps"
	bucketApp    = "/api/v1/apps/{id}"
	bucketGroups = "/api/v1/groups"
)

// benchMode is a way in which Okta learns the roles.
type benchMode struct {
	name     string
	settings []string
	speed    float64        // of the clock, so that two cores keep up with it
	person   bool           // somebody enables provisioning of each account
	fewest   map[string]int // of each bucket, the calls that an account can't do without, with three roles
}

// benchModes are those of docs/adr/0014: making an application, its metadata, and three assignments are five calls of the
// narrowest bucket; its settings are looked at once it is there; three groups are made.
var benchModes = []benchMode{
	{name: "api", settings: []string{byKey}, speed: 15, person: true,
		fewest: map[string]int{bucketApps: 5, bucketApp: 1, bucketGroups: 3}},
	{name: "groups", settings: []string{"OKTAWS_OKTA_INTEGRATION_MODE=groups"}, speed: 15,
		fewest: map[string]int{bucketApps: 5, bucketApp: 1, bucketGroups: 3}},
	{name: "shared", settings: []string{"OKTAWS_OKTA_INTEGRATION_MODE=groups", "OKTAWS_OKTA_SHARED_APPLICATION=" + sharedLabel}, speed: 5,
		fewest: map[string]int{bucketApp: 1, bucketGroups: 3}},
}

// floor is how long linking so many accounts takes at least, in whole windows of a minute, and the bucket that says so.
func (m benchMode) floor(accounts int) (least time.Duration, by string) {
	for bucket, each := range m.fewest {
		windows := math.Ceil(float64(each*accounts) / float64(okta.Workforce.PerToken(bucket)))
		if d := time.Duration(windows) * time.Minute; d > least {
			least, by = d, bucket
		}
	}
	return least, by
}

// stackTime is how long CloudFormation takes for a role: three take half a minute.
const stackTime = 10 * time.Second

// latency is how long the other side takes to answer a call: Okta from 0.2 to 0.5 s, evenly.
func latency(c wire.Call) time.Duration {
	switch c.Service {
	case "okta":
		return time.Duration(200+c.Seq*97%301) * time.Millisecond
	case "slack":
		return 150 * time.Millisecond
	}
	return 100 * time.Millisecond
}

// slow has the hub take the time of the real services, by a clock that runs so many times as fast.
func slow(h *wire.Hub, speed float64) {
	h.Hook(func(c wire.Call) *wire.Fault {
		return &wire.Fault{DelayMillis: int(math.Round(float64(latency(c)) / speed / float64(time.Millisecond)))}
	})
}
