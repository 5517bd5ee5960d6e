package bot

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestTextsAreCutBetweenRunesAndEscapes(t *testing.T) {
	for _, s := range []string{strings.Repeat("é", 50), strings.Repeat("🔑", 50), strings.Repeat("<&>", 50), "short", "", strings.Repeat("a\n", 40)} {
		for limit := 3; limit < 60; limit++ {
			for name, got := range map[string]string{"cut": cut(s, limit), "mrkdwn": mrkdwn(s, limit), "quote": quote(s, limit)} {
				if characters(got) > limit || !utf8.ValidString(got) {
					t.Fatalf("%s(%q, %d) = %q: %d characters", name, s, limit, got, characters(got))
				}
				if i := strings.LastIndexByte(got, '&'); name != "cut" && i >= 0 && !strings.Contains(got[i:], ";") {
					t.Fatalf("%s(%q, %d) = %q ends inside an escape", name, s, limit, got)
				}
			}
		}
	}
	if got := cut("exact", 5); got != "exact" {
		t.Errorf("a text that fits was cut to %q", got)
	}
}

func TestWhatPeopleWriteCannotPingOrLink(t *testing.T) {
	for _, s := range []string{"<!channel>", "<@U0ADMINONE>", "<https://example.com|here>", "a & b"} {
		if got := mrkdwn(s, 100); strings.ContainsAny(got, "<>") || unescape(got) != s {
			t.Errorf("mrkdwn(%q) = %q", s, got)
		}
	}
	if got := quote("first\nsecond", 100); got != "> first\n> second" {
		t.Errorf("quote = %q", got)
	}
	if got := code("a`b"); got != "`a'b`" {
		t.Errorf("code = %q", got)
	}
}

func TestWhatSlackWrapsIsReadAsItWasTyped(t *testing.T) {
	for in, want := range map[string]string{
		"link 111122223333 Mail for <@U0ADMINONE|admin-one> in <#C0GENERAL|general>": "link 111122223333 Mail for @admin-one in #general",
		"see <https://example.com/a?b=1&amp;c=2>":                                    "see https://example.com/a?b=1&c=2",
		"see <http://example.com|example.com>":                                       "see example.com",
		"link <tel:111122223333|111122223333> Mail":                                  "link 111122223333 Mail",
		"<!here> and <!subteam^S1|@mail-team>":                                       "@here and @mail-team",
		"1 &lt; 2 &amp;&amp; &lt;!channel&gt;":                                       "1 < 2 && <!channel>",
	} {
		if got := typed(in); got != want {
			t.Errorf("typed(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestOurOwnMessagesReadAsSentences(t *testing.T) {
	for in, want := range map[string]string{
		"account 1 is linked":             "Account 1 is linked.",
		"asked for by <@U0REQUESTER>":     "Asked for by <@U0REQUESTER>.",
		"no <!channel> here":              "No &lt;!channel&gt; here.",
		"Already. ":                       "Already.",
		"Example: `x`.":                   "Example: `x`.",
		"":                                "",
		"is it?":                          "Is it?",
		"iam:CreateUser is denied":        "iam:CreateUser is denied.",
		"aws.user_name is empty":          "aws.user_name is empty.",
		"oktaws-roles is there":           "oktaws-roles is there.",
		strings.Repeat("x", 400) + " end": "",
	} {
		got := sentence(in, 200)
		if want != "" && got != want || characters(got) > 200 {
			t.Errorf("sentence(%q) = %q, want %q", in, got, want)
		}
	}
	if got := plainSentence("asked for by <@U0REQUESTER> & co", 200); got != "Asked for by somebody & co." {
		t.Errorf("plainSentence = %q", got)
	}
}

func TestParagraphsHoldEveryLineWithinALimit(t *testing.T) {
	var lines []string
	for range 100 {
		lines = append(lines, strings.Repeat("é", 190))
	}
	blocks := paragraphs(lines)
	if len(blocks) < 6 || len(blocks) > 8 {
		t.Errorf("100 lines of 190 characters became %d sections", len(blocks))
	}
}

func TestTomorrowIsInThePersonsOwnTimeZone(t *testing.T) {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC) // the 24th, 5:00 in Tokyo
	got, err := snoozedUntil(snoozeTomorrow, now, tokyo)
	if want := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC); err != nil || !got.Equal(want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	if _, err := snoozedUntil("for ever", now, tokyo); err == nil {
		t.Error("an unknown choice was taken")
	}
}
