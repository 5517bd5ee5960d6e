package blockkit

import (
	"strings"
	"testing"
	"time"
)

type frozen struct{ people }

func (frozen) Now() time.Time { return time.Date(2026, 7, 1, 22, 30, 0, 0, time.UTC) }

func TestMrkdwnReadsAsInSlack(t *testing.T) {
	for text, want := range map[string]string{
		"*bold* _slanted_ ~struck~ `code`":                   "<strong>bold</strong> <em>slanted</em> <del>struck</del> <code>code</code>",
		"*_both_*":                                           "<strong><em>both</em></strong>",
		"2*3*4 and snake_case_name":                          "2*3*4 and snake_case_name",
		"* not bold * and *open":                             "* not bold * and *open",
		"`*as it is* &lt;b&gt;`":                             "<code>*as it is* &lt;b&gt;</code>",
		"*a\nb*":                                             "*a<br>b*",
		"a\n\nb":                                             `a<span class="bk-gap"></span>b`,
		"```\nx *y* &amp; <b>\n```\nafter":                   "<pre>x *y* &amp; &lt;b&gt;</pre>after",
		"before ```one``` after":                             "before <pre>one</pre> after",
		"> one\n&gt; two\nout":                               "<blockquote>one<br>two</blockquote>out",
		">>> all\nof it":                                     "<blockquote>all<br>of it</blockquote>",
		"• one\n• *two*\nend":                                `<ul class="bk-lines"><li><span class="bk-mark">•</span> <span>one</span></li><li><span class="bk-mark">•</span> <span><strong>two</strong></span></li></ul>end`,
		"1. first":                                           `<ul class="bk-lines"><li><span class="bk-mark">1.</span> <span>first</span></li></ul>`,
		"<@U0REQUESTER> <@U0NOBODY|them>":                    `<span class="bk-mention">@requester</span> <span class="bk-mention">@them</span>`,
		"<@U0NOBODY>":                                        `<span class="bk-mention">@U0NOBODY</span>`,
		"<#C0GENERAL0> <#C0X|x>":                             `<span class="bk-mention">#general</span> <span class="bk-mention">#x</span>`,
		"<!here> <!subteam^S1|@cloud>":                       `<span class="bk-mention bk-broadcast">@here</span> <span class="bk-mention">@cloud</span>`,
		"<https://a.example/?a=1&amp;b=2|a &amp; b>":         `<a href="https://a.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">a &amp; b</a>`,
		"see https://a.example/x. Then":                      `see <a href="https://a.example/x" target="_blank" rel="noopener noreferrer">https://a.example/x</a>. Then`,
		"<mailto:a@b.example|a@b.example>":                   `<a href="mailto:a@b.example" target="_blank" rel="noopener noreferrer">a@b.example</a>`,
		"<fakelink.toUrl.com|PR>":                            `<a href="http://fakelink.toUrl.com" target="_blank" rel="noopener noreferrer">PR</a>`,
		":tada: :no_such_thing: 10:30:00":                    `<span class="bk-emoji" role="img" aria-label="tada">🎉</span> :no_such_thing: 10:30:00`,
		":wave::skin-tone-3:":                                `<span class="bk-emoji" role="img" aria-label="wave::skin-tone-3">👋🏼</span>`,
		"&amp;lt; &copy; & &":                                "&amp;lt; &amp;copy; &amp; &amp;",
		"<!date^1782949500^{date_num} {time_secs}|x>":        `<time datetime="2026-07-01T23:45:00Z" title="x">2026-07-01 11:45:00 PM</time>`,
		"<!date^1782949500^{date_short_pretty} at {time}|x>": `<time datetime="2026-07-01T23:45:00Z" title="x">Today at 11:45 PM</time>`,
		"<!date^1782949500^seen {date_pretty}|x>":            `<time datetime="2026-07-01T23:45:00Z" title="x">seen today</time>`,
		"<!date^1782949500^{date}^https://a.example|x>":      `<a href="https://a.example" target="_blank" rel="noopener noreferrer"><time datetime="2026-07-01T23:45:00Z" title="x">July 1st, 2026</time></a>`,
		"<!date^soon^{date}|in the &lt;end&gt;>":             "in the &lt;end&gt;",
		"<!date^99999999999999999^{date}|never>":             "never",
		"<script>alert(1)</script>":                          "&lt;script&gt;alert(1)&lt;/script&gt;",
		"<javascript:alert(1)|click>":                        "click",
		"<JaVaScRiPt:alert(1)>":                              "&lt;JaVaScRiPt:alert(1)&gt;",
		"<data:text/html,x|y>":                               "y",
		"<https://a.example/\" onclick=\"x|y>":               `<a href="https://a.example/%22%20onclick=%22x" target="_blank" rel="noopener noreferrer">y</a>`,
		"<@U0HOSTILE>":                                       `<span class="bk-mention">@&lt;img src=x onerror=&#34;x&#34;&gt;</span>`,
		"<|x> <> <<@U0REQUESTER>":                            `&lt;|x&gt; &lt;&gt; &lt;<span class="bk-mention">@requester</span>`,
		"<!unknown^x>":                                       "&lt;!unknown^x&gt;",
	} {
		got := Mrkdwn(text, frozen{}, time.UTC)
		sound(t, got)
		if string(got) != `<div class="bk-mrkdwn">`+want+"</div>" {
			t.Errorf("%q\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestDatesGoByThePersonsClock(t *testing.T) {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	holds(t, Mrkdwn("<!date^1782949500^{date_short_pretty} at {time}|x>", frozen{}, tokyo), "Today at 8:45 AM") // 2 July there
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for format, want := range map[string]string{
		"{date_num}": "2026-07-02", "{date_slash}": "07/02/2026", "{date}": "July 2nd, 2026", "{date_short}": "Jul 2, 2026",
		"{date_long}": "Thursday, July 2nd, 2026", "{date_long_full}": "July 2, 2026", "{date_pretty}": "Tomorrow", "by {date_long_pretty}": "by tomorrow",
		"{day_divider_pretty}": "Tomorrow", "{time}": "3:04 PM", "{time_secs}": "3:04:05 PM", "{ago}": "In 1 day", "{nonsense}": "{nonsense}",
	} {
		if got := formatDate(time.Date(2026, 7, 2, 15, 4, 5, 0, time.UTC), now, format); got != want {
			t.Errorf("%s: %s, not %s", format, got, want)
		}
	}
	for _, c := range []struct {
		day  int
		want string
	}{{1, "1st"}, {2, "2nd"}, {3, "3rd"}, {4, "4th"}, {11, "11th"}, {12, "12th"}, {13, "13th"}, {21, "21st"}, {22, "22nd"}, {30, "30th"}} {
		if got := ordinal(c.day); got != c.want {
			t.Errorf("%s, not %s", got, c.want)
		}
	}
	if got := ago(now.Add(-3*time.Minute), now); got != "3 minutes ago" {
		t.Error(got)
	}
}

func TestPlainTextIsPlain(t *testing.T) {
	for text, want := range map[string]string{
		"*a* <b> & :key:\n`c`": "*a* &lt;b&gt; &amp; 🔑<br>`c`",
		"&amp;":                "&amp;amp;",
	} {
		if got := Plain(text); string(got) != want {
			t.Errorf("%q: %s", text, got)
		}
	}
}

func TestMarkdown(t *testing.T) {
	for text, want := range map[string]string{
		"# Big *one*":                `<div class="bk-md-head" role="heading" aria-level="3">Big <em>one</em></div>`,
		"**a** _b_ ~~c~~ `d*`":       "<p><strong>a</strong> <em>b</em> <del>c</del> <code>d*</code></p>",
		"[x](https://a.example)":     `<p><a href="https://a.example" target="_blank" rel="noopener noreferrer">x</a></p>`,
		"[x](javascript:alert(1))":   "<p>x)</p>",
		"<b onclick=x>":              "<p>&lt;b onclick=x&gt;</p>",
		`\*not\*`:                    "<p>*not*</p>",
		"- a\n- b\n  - c":            `<ul class="bk-list bk-mark-0"><li>a</li><li>b<ul class="bk-list bk-mark-1"><li>c</li></ul></li></ul>`,
		"3. a\n4. b":                 `<ol class="bk-list bk-mark-0" start="3"><li>a</li><li>b</li></ol>`,
		"- [x] a":                    `<ul class="bk-list bk-mark-0"><li><span role="img" aria-label="done">☑</span> a</li></ul>`,
		"> a\n> b\n\nc":              "<blockquote><p>a<br>b</p></blockquote><p>c</p>",
		"```go\n<b>\n```\nx":         "<pre>&lt;b&gt;</pre><p>x</p>",
		"a\n\n---":                   "<p>a</p><hr>",
		"| a | b |\n|---|--:|\n|1|2": `<div class="bk-table" role="group" aria-label="Table" tabindex="0"><table><thead><tr><th scope="col" class="left">a</th><th scope="col" class="right">b</th></tr></thead><tbody><tr><td class="left">1</td><td class="right">2</td></tr></tbody></table></div>`,
		"hello <@U0REQUESTER> :key:": `<p>hello <span class="bk-mention">@requester</span> 🔑</p>`,
		"snake_case_name 2*3":        "<p>snake_case_name 2*3</p>",
	} {
		got := newPen(Surface{Names: people{}}).markdown(text)
		sound(t, got)
		if string(got) != `<div class="bk-md">`+want+"</div>" {
			t.Errorf("%q\n got %s\nwant %s", text, got, want)
		}
	}
}

// A text may be 40,000 characters of the worst.
func TestHostileTextsTakeNoTime(t *testing.T) {
	for _, piece := range []string{"*a ", "_", "<", "`", "*_~", "> ", ":a", "&lt;", "[", "**a", "- ", "|-", "http://", "```", "\n\n", "<!date^1^{date}", "• *x\n"} {
		text := strings.Repeat(piece, 40_000/len(piece))
		began := time.Now()
		Mrkdwn(text, nil, nil)
		newPen(Surface{}).markdown(text[:12_000])
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%q: %s", piece, took)
		}
		sound(t, Mrkdwn(text[:3000], nil, nil))
	}
}
