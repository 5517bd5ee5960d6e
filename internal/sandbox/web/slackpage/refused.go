package slackpage

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// refusal is something that Slack did not take from the app, or waited for in vain.
type refusal struct {
	ID       string // of the element
	At       time.Time
	What     string   // method, or what was sent to the app
	Code     string   // Slack's error code
	Messages []string // Slack's words, with the JSON pointers of what they are about
	Part     string   // the part of the request that they are about
	Fault    string   // ID of the fault that made Slack refuse; empty: none
	Channel  string   // that a message was meant for, as the app names it; empty: it was none
	Thread   string   // and the message that it was to answer
}

// paced is Slack's code for a call that came too soon. It is no fault in what was sent: the app waits and sends it again.
const paced = "ratelimited"

// mostListed is how many refusals are listed; older ones are in the wire log.
const mostListed = 50

// refusedList is what stands below the messages.
type refusedList struct {
	Newest []refusal
	Count  int // of all
	Older  int // how many of them are not listed
}

// listed is the refusals as they are listed: those of one method that came too soon are one.
func listed(all []refusal) refusedList {
	var l refusedList
	at, times := map[[2]string]int{}, map[int]int{}
	for _, r := range all {
		key := [2]string{r.What, r.Fault}
		i, before := at[key]
		switch {
		case r.Code != paced:
			l.Newest = append(l.Newest, r)
		case before:
			times[i]++
		default:
			r.Part = ""
			at[key], times[len(l.Newest)] = len(l.Newest), 1
			l.Newest = append(l.Newest, r)
		}
	}
	for i, n := range times {
		l.Newest[i].Messages = append(l.Newest[i].Messages, "Too many calls at once, "+counted(n, "time", "times")+": Slack says how long to wait, and the app tries again.")
	}
	l.Count = len(l.Newest)
	l.Older = max(0, l.Count-mostListed)
	l.Newest = l.Newest[:l.Count-l.Older]
	return l
}

// refusals are those at the time of the visit.
func (v *visit) refusals() []refusal {
	if v.refused == nil {
		v.refused = refusals(v.sb)
	}
	return v.refused
}

// refusals is all that was refused in the sandbox, the newest first.
func refusals(sb *sandbox.Sandbox) []refusal {
	var out []refusal
	for _, c := range sb.Hub.Calls(0) {
		if c.Service == "slack" {
			if r, refused := ofCall(c); refused {
				out = append(out, r)
			}
		}
	}
	for i, m := range sb.Slack.Missed() {
		out = append(out, refusal{ID: "missed-" + strconv.Itoa(i), At: moment(m.At), What: describe(m), Code: m.Error, Messages: []string{silence(m.Error)}})
	}
	for i, c := range sb.Slack.Complained() {
		out = append(out, refusal{ID: "dropped-" + strconv.Itoa(i), At: moment(c.At), What: "dropped without a word", Messages: []string{c.Text}})
	}
	slices.SortStableFunc(out, func(a, b refusal) int { return b.At.Compare(a.At) })
	return out
}

// ofCall is what Slack refused of a call, where it did: by ok:false, by a status, or by cutting the connection as a
// fault had it.
func ofCall(c wire.Call) (refusal, bool) {
	r := refusal{ID: "refused-" + strconv.Itoa(c.Seq), At: c.At, What: c.Operation, Fault: c.Fault}
	switch {
	case c.Status == 0:
		r.Code = "no answer"
		return r, true
	case c.Status < 400 && !strings.Contains(c.Response, `"ok":false`):
		return r, false
	}
	var answer struct {
		OK       bool
		Error    string
		Needed   string
		Provided string
		Metadata struct{ Messages []string } `json:"response_metadata"`
	}
	if json.Unmarshal([]byte(c.Response), &answer) != nil { // a response URL answers with a word, and trouble with a page
		r.Code = fmt.Sprintf("%d %s", c.Status, http.StatusText(c.Status))
		if text := strings.TrimSpace(c.Response); text != "" && !strings.HasPrefix(text, "<") {
			r.Code = text
		}
	} else if answer.OK {
		return r, false
	} else {
		r.Code = answer.Error
	}
	for _, m := range answer.Metadata.Messages {
		r.Messages = append(r.Messages, strings.TrimPrefix(m, "[ERROR] "))
	}
	if answer.Needed != "" {
		r.Messages = append(r.Messages, "needs the scope "+answer.Needed+"; the token has "+answer.Provided)
	}
	request := arguments(c.Request)
	r.Part = request.offending(r.Messages)
	switch c.Operation {
	case "chat.postMessage", "chat.postEphemeral", "chat.update":
		r.Channel, r.Thread = c.Subject, request.text("thread_ts")
	}
	return r, true
}

// describe is an envelope in a few words.
func describe(m slack.Missed) string {
	var p struct {
		Type, Command, Text string
		UserName            string `json:"user_name"`
		User                struct{ Name string }
		Actions             []struct {
			ID string `json:"action_id"`
		}
		View struct {
			Callback string `json:"callback_id"`
		}
		Event struct{ Type string }
	}
	_ = json.Unmarshal(m.Payload, &p)
	switch m.Type {
	case "slash_commands":
		return strings.TrimSpace(p.Command+" "+p.Text) + " by " + p.UserName
	case "events_api":
		return "event " + p.Event.Type
	}
	switch {
	case p.Type == "block_actions" && len(p.Actions) > 0:
		return "click on " + p.Actions[0].ID + " by " + p.User.Name
	case p.Type == "view_submission":
		return "form " + p.View.Callback + " by " + p.User.Name
	case p.Type == "view_closed":
		return "closing of " + p.View.Callback + " by " + p.User.Name
	}
	return m.Type
}
