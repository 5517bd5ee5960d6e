package bot_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/oktaws/oktaws/bot"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

func TestEverythingThatTheBotCanShowIsWithinSlacksLimits(t *testing.T) {
	messages, views := bot.Samples(t)
	for _, m := range messages {
		for _, problem := range slack.ValidateMessage(m.Text, m.JSON) {
			t.Errorf("%s: %s", m.Name, problem)
		}
		if n := written(t, m.JSON); n > 11_200 {
			t.Errorf("%s: %d characters, which Slack may refuse with msg_blocks_too_long", m.Name, n)
		}
		switch n := utf8.RuneCountInString(m.Text); {
		case m.Text == "":
			t.Errorf("%s: nothing for a screen reader", m.Name)
		case n > slack.UpdateTextLimit*3/4:
			t.Errorf("%s: a text of %d characters can't be edited", m.Name, n)
		case !utf8.ValidString(m.Text):
			t.Errorf("%s: cut inside a letter", m.Name)
		}
		if n := strings.Count(string(m.JSON), `"type":"mrkdwn"`); n != strings.Count(string(m.JSON), `"verbatim":true`) {
			t.Errorf("%s: Slack may make a mention of a plain @channel in it", m.Name)
		}
		if all := m.Text + string(m.JSON); strings.Contains(all, "<!channel>") || strings.Contains(all, `\u003c!channel\u003e`) {
			t.Errorf("%s: what a person wrote would notify a whole channel", m.Name)
		}
	}
	for _, v := range views {
		for _, problem := range slack.ValidateView(v.JSON) {
			t.Errorf("%s: %s", v.Name, problem)
		}
	}
	t.Logf("%d messages and %d views", len(messages), len(views))
}

// written counts the characters of all texts of a message.
func written(t *testing.T, blocks json.RawMessage) int {
	var all any
	if err := json.Unmarshal(blocks, &all); err != nil {
		t.Fatal(err)
	}
	n := 0
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if s, ok := v["text"].(string); ok {
				n += utf8.RuneCountInString(s)
			}
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(all)
	return n
}
