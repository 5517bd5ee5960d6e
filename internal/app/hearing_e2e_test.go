package app_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// How stories go through the front door: people type and click in Slack, and read what comes of it.

// quick is how fast the clock of these stories runs: a stack takes a tenth of a second.
const quick = 300

// inModeGroups is the setting of the mode in which nothing is done by hand.
const inModeGroups = "OKTAWS_OKTA_INTEGRATION_MODE=groups"

// unasked is the setting by which accounts are looked at only when somebody asks.
const unasked = "OKTAWS_DRIFT_CHECK_EVERY=0s"

// read is a message as a person reads it: the texts of its blocks, one after the other.
func read(m slack.Message) string {
	var blocks any
	if json.Unmarshal(m.Blocks, &blocks) != nil || blocks == nil {
		return m.Text
	}
	return strings.Join(texts(blocks), "\n")
}

func texts(v any) (out []string) {
	switch v := v.(type) {
	case []any:
		for _, each := range v {
			out = append(out, texts(each)...)
		}
	case map[string]any:
		if s, ok := v["text"].(string); ok {
			return []string{s}
		}
		for _, key := range []string{"text", "label", "hint", "fields", "elements", "element", "placeholder", "options"} {
			out = append(out, texts(v[key])...)
		}
	}
	return out
}

// saying are the messages of a channel that have all the words, the oldest first.
func (r *rig) saying(channel string, words ...string) []slack.Message {
	return slices.DeleteFunc(r.Slack.Messages(channel), func(m slack.Message) bool {
		return m.Deleted || slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(m.Text+"\n"+read(m), w) })
	})
}

// hears waits for one more message with all the words in a channel than there were before do, and returns it.
func (r *rig) hears(channel string, do func(), words ...string) (m slack.Message) {
	r.Helper()
	before := len(r.saying(channel, words...))
	do()
	r.until(fmt.Sprintf("a message with %q in %s", words, channel), func() bool {
		found := r.saying(channel, words...)
		if len(found) > before {
			m = found[len(found)-1]
		}
		return len(found) > before
	})
	r.Logf("in %s: %s\n%s", channel, m.Text, read(m))
	return m
}

// asksFor has the requester type a command that asks for something about an account, and returns the request in the
// admin channel once it says what would change.
func (r *rig) asksFor(account, command string) (m slack.Message) {
	r.Helper()
	r.until("no request for "+account, func() bool { return !r.waits(account) })
	mustSay(r.T, r.types(slack.Requester, command), "You asked to", account)
	m = r.request(account)
	r.until("the plan of "+command, func() bool {
		m = r.request(account)
		return !strings.Contains(read(m), "is looking at")
	})
	r.Logf("the admins read: %s", read(m))
	return m
}

// waits says whether a request for the account can be decided.
func (r *rig) waits(account string) bool {
	return slices.ContainsFunc(r.Slack.Messages(slack.AdminChannel), func(m slack.Message) bool {
		return m.ThreadTS == "" && strings.Contains(words(m), account) && has(m, "approve")
	})
}

// carries has the requester ask, an admin approve, and returns what the requester reads at the end, which has the words.
func (r *rig) carries(account, command string, words ...string) slack.Message {
	r.Helper()
	return r.hears(r.Slack.DM(slack.Requester), func() { r.clicks(slack.AdminOne, r.asksFor(account, command), "approve") }, append(words, account)...)
}

// offered has the test user click a tile, and returns the roles that they may have, as account/role, and why they may
// not have others. A response is good for five minutes, which pass while a busy machine looks at it: then it is another
// click.
func (r *rig) offered(label string) (roles []string, refused string) {
	for range 10 {
		in, err := r.clickTile(okta.TestUserLogin, label)
		if err != nil {
			return nil, err.Error()
		}
		roles, refused = nil, in.Refused
		for _, role := range in.Roles {
			if name := role.Account.ID + "/" + role.Role; role.Refused == "" {
				roles = append(roles, name)
			} else {
				refused += " " + name + ": " + role.Refused
			}
		}
		if !strings.Contains(refused, "ExpiredTokenException") {
			break
		}
	}
	slices.Sort(roles)
	return roles, refused
}

// atEveryMoment does something, and has the test user sign on before every single call to Okta or AWS that the program
// makes meanwhile, so after every effect of the one before: each time they must be offered just these roles. The clock all
// but stands still at that moment.
func (r *rig) atEveryMoment(label string, want []string, do func()) {
	r.Helper()
	var mu sync.Mutex
	var times int
	var wrong []string
	r.Hub.Hook(func(c wire.Call) *wire.Fault {
		if !fromUs(c) || !slices.Contains([]string{"okta", "sts", "iam", "cloudformation", "organizations"}, c.Service) {
			return nil // the sign-on's own calls are none of these
		}
		mu.Lock()
		defer mu.Unlock()
		r.clock.SetSpeed(1)
		defer r.clock.SetSpeed(quick)
		got, refused := r.offered(label)
		times++
		if !slices.Equal(got, want) {
			wrong = append(wrong, fmt.Sprintf("before %s %s: %v (%s)", c.Service, c.Operation, got, refused))
		}
		return nil
	})
	do()
	r.Hub.Hook(nil)
	r.mayBe(label, want...)
	mu.Lock()
	defer mu.Unlock()
	if len(wrong) > 0 || times == 0 {
		r.Errorf("of %d sign-ons by the tile %s, %d were not as %v: %s", times, label, len(wrong), want, strings.Join(wrong, "; "))
	}
	r.Logf("signed on %d times meanwhile", times)
}

// mayBe fails unless the test user, after a click on the tile, may be just these, as account/role.
func (r *rig) mayBe(label string, want ...string) {
	r.Helper()
	slices.Sort(want)
	if got, refused := r.offered(label); !slices.Equal(got, want) {
		r.Errorf("by the tile %s the test user may be %v (%s), want %v", label, got, refused, want)
	}
}

// inAccount is all that there is in an account, a line a thing.
func (r *rig) inAccount(account string) (lines []string) {
	for _, x := range r.AWS.Providers(account) {
		lines = append(lines, fmt.Sprintf("provider %+v", x))
	}
	for _, x := range r.AWS.Roles(account) {
		lines = append(lines, fmt.Sprintf("role %+v", x))
	}
	for _, x := range r.AWS.Stacks(account) {
		lines = append(lines, fmt.Sprintf("stack %+v", x))
	}
	for _, x := range r.AWS.Users(account) {
		lines = append(lines, fmt.Sprintf("user %+v", x))
		for _, k := range r.AWS.AccessKeys(account, x.Name) {
			lines = append(lines, fmt.Sprintf("key %+v", k))
		}
	}
	return lines
}

// untouched fails where something that was in an account is no more, or is another.
func untouched(t *testing.T, before, now []string) {
	t.Helper()
	for _, line := range before {
		if !slices.Contains(now, line) {
			t.Errorf("this was changed: %s", line)
		}
	}
}

// reads has a person type a command, and returns all that they read in answer.
func (r *rig) reads(user, text string) string {
	r.Helper()
	before := len(r.Slack.Ephemerals(user))
	r.types(user, text)
	answer := read(r.Slack.Ephemerals(user)[before])
	r.Logf("in full: %s", answer)
	return answer
}

// namedGroup is the Okta group of a role in mode groups, of an account without an alias.
func namedGroup(account, role string) string { return "aws#" + account + "#" + role + "#" + account }
