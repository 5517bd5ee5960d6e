package slackpage

import (
	"net/http"
	"slices"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/web/blockkit"
)

// actInMessage clicks a button of a message, or chooses from a menu in it. What comes of it, if it is nothing good, is
// told under the message.
func (p *pages) actInMessage(w http.ResponseWriter, r *http.Request) {
	v := p.visit(w, r)
	if v == nil {
		return
	}
	ts := r.PathValue("ts")
	block, action, choice := blockkit.Press(r.Form, v.blocks(ts))
	seen, err := v.sb.Slack.Use(r.Context(), v.me.ID, v.channel.ID, ts, block, action, choice)
	if n := outcome(seen, err); n != nil {
		n.Person, n.Channel, n.Thread, n.About, n.TS = v.me.ID, v.channel.ID, v.thread, ts, stamp(v.Now())
		v.memory.tell(*n)
	}
	v.back(w, r)
}

// blocks are those of a message that the person can see.
func (v *visit) blocks(ts string) []byte {
	for _, m := range slices.Concat(v.messages(v.channel.ID), v.whispers()) {
		if m.TS == ts {
			return m.Blocks
		}
	}
	return nil
}

// outcome is what Slack says where acting on something came to nothing; nil where the app has heard of it.
func outcome(seen slack.Seen, err error) *notice {
	switch {
	case err != nil:
		return &notice{Text: "Slack did not send this.", Why: sentence(err.Error())}
	case seen.Error != "":
		return &notice{Text: "This app didn't respond: " + seen.Error, Why: silence(seen.Error)}
	}
	return nil
}
