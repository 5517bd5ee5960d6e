package blockkit

import (
	"encoding/json"
	"html/template"
	"os"
	"strings"
	"testing"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

func inMessage() Surface { return Surface{Names: frozen{}, ID: "m1", Action: "/act"} }

func blocks(s Surface, raw string) template.HTML { return Blocks(json.RawMessage(raw), s) }

// every reads one of the lists of blocks in testdata, which have one of each.
func every(t testing.TB, name string) json.RawMessage {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestEverythingThatSlackTakesIsDrawn(t *testing.T) {
	if problems := slack.ValidateMessage("", every(t, "message.json")); problems != nil {
		t.Error(problems)
	}
	view, err := json.Marshal(map[string]any{"type": "modal", "title": map[string]any{"type": "plain_text", "text": "x"}, "submit": map[string]any{"type": "plain_text", "text": "x"}, "blocks": every(t, "modal.json")})
	if err != nil {
		t.Fatal(err)
	}
	if problems := slack.ValidateView(view); problems != nil {
		t.Error(problems)
	}
	holds(t, Blocks(every(t, "message.json"), inMessage()), "not: bk-refused")
	modal := inMessage()
	modal.Modal = true
	holds(t, Blocks(every(t, "modal.json"), modal), "not: bk-refused", "not: <form")
	home := inMessage()
	holds(t, Blocks(every(t, "modal.json"), home), "not: bk-refused")
}

func TestBlocks(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		want []string
	}{
		"nothing": {`null`, []string{`<div class="bk"></div>`}},
		"section": {`[{"type":"section","block_id":"a b","text":{"type":"mrkdwn","text":"*x*"},"fields":[{"type":"plain_text","text":"*y*"}]}]`,
			[]string{`id="m1-a&#43;b"`, `<strong>x</strong>`, `<div class="bk-fields"><div class="bk-text">*y*</div></div>`}},
		"verbatim":        {`[{"type":"section","text":{"type":"mrkdwn","text":"https://a.example <https://b.example>","verbatim":true}}]`, []string{`>https://a.example <a href="https://b.example"`}},
		"emoji unwanted":  {`[{"type":"section","text":{"type":"plain_text","text":":key:","emoji":false}}]`, []string{`>:key:<`}},
		"header":          {`[{"type":"header","text":{"type":"plain_text","text":"Big"}}]`, []string{`role="heading" aria-level="3">Big</div>`}},
		"divider":         {`[{"type":"divider"}]`, []string{"<hr>"}},
		"context":         {`[{"type":"context","elements":[{"type":"image","image_url":"https://a.example/i.png","alt_text":"an i"},{"type":"mrkdwn","text":"_x_"}]}]`, []string{`role="img" aria-label="an i"`, "<em>x</em>", "not: <img", "not: src="}},
		"image":           {`[{"type":"image","image_url":"https://a.example/i.png","alt_text":"a \"view\"","title":{"type":"plain_text","text":"View"}}]`, []string{"<figcaption>View</figcaption>", `aria-label="a &#34;view&#34;"`, "not fetched: https://a.example/i.png"}},
		"image of Slack":  {`[{"type":"image","slack_file":{"id":"F1"},"alt_text":"x"}]`, []string{"not fetched: F1"}},
		"rich text":       {`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a<b\nc","style":{"bold":true,"code":true}},{"type":"user","user_id":"U0ADMINONE"},{"type":"link","url":"javascript:x","text":"no"},{"type":"emoji","name":"x1","unicode":"1f389"},{"type":"color","value":"#fff"},{"type":"color","value":"red\"/>"}]}]}]`, []string{"<strong><code>a&lt;b<br>c</code></strong>", "@admin-one", "not: javascript", "🎉", `fill="#fff"`, "red&#34;/&gt;"}},
		"rich list":       {`[{"type":"rich_text","elements":[{"type":"rich_text_list","style":"ordered","offset":4,"indent":1,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"e"}]}]}]}]`, []string{`<ol start="5" class="bk-list bk-indent-1 bk-mark-1"><li>e</li></ol>`}},
		"rich date":       {`[{"type":"rich_text","elements":[{"type":"rich_text_quote","elements":[{"type":"date","timestamp":1782949500,"format":"{date_pretty}","fallback":"f"}]}]}]`, []string{"<blockquote><time", ">Today</time></blockquote>"}},
		"alert":           {`[{"type":"alert","level":"error","text":{"type":"plain_text","text":"No"}}]`, []string{`class="bk-alert error" role="note"`, "No"}},
		"video":           {`[{"type":"video","video_url":"https://a.example/v","thumbnail_url":"https://a.example/t","alt_text":"alt","title":{"type":"plain_text","text":"How"}}]`, []string{`href="https://a.example/v"`, ">How</a>", `aria-label="alt"`}},
		"file":            {`[{"type":"file","external_id":"ABC","source":"remote"}]`, []string{"<strong>ABC</strong>"}},
		"call":            {`[{"type":"call","call_id":"R1","call":{"v1":{"name":"Standup","join_url":"https://a.example/j"}}}]`, []string{"<strong>Standup</strong>", `href="https://a.example/j"`}},
		"table":           {`[{"type":"table","column_settings":[{"align":"right"}],"rows":[[{"type":"raw_text","text":"A"}],[{"type":"raw_number","value":7}]]}]`, []string{`<th scope="col" class="right">A</th>`, `<td class="right">7</td>`}},
		"data table":      {`[{"type":"data_table","caption":"C","row_header_column_index":0,"rows":[[{"type":"raw_text","text":"A"}],[{"type":"raw_text","text":"r"}]]}]`, []string{"<caption>C</caption>", `<th scope="row" class="left">r</th>`}},
		"chart":           {`[{"type":"data_visualization","title":"T","chart":{"type":"pie","segments":[{"label":"a","value":1},{"label":"b","value":3}]}}]`, []string{"<figcaption>T</figcaption>", "<title>b: 3</title>", `<th scope="row">a</th><td>1</td>`}},
		"container":       {`[{"type":"container","title":{"type":"plain_text","text":"T"},"is_collapsible":true,"default_collapsed":true,"child_blocks":[{"type":"divider"}]}]`, []string{"<details", "<summary>", "not:  open>", "<hr>"}},
		"card":            {`[{"type":"card","title":{"type":"mrkdwn","text":"*T*"},"actions":[{"type":"button","action_id":"a","text":{"type":"plain_text","text":"Go"}}]}]`, []string{"<strong>T</strong>", ">Go</button>"}},
		"plan":            {`[{"type":"plan","title":"P","tasks":[{"type":"task_card","task_id":"1","title":"T","status":"error"}]}]`, []string{">P</div>", `aria-label="Error"`, ">T</div>"}},
		"unknown block":   {`[{"type":"<hologram>"},{"type":"divider"}]`, []string{`role="alert">Slack knows no such block here: &#34;&lt;hologram&gt;&#34;</span>`, "<hr>"}},
		"no object":       {`[7,null,"x"]`, []string{"it is no object"}},
		"no type":         {`[{"text":"x"}]`, []string{"it has no type"}},
		"unknown element": {`[{"type":"actions","elements":[{"type":"lever"}]}]`, []string{"Slack knows no such element here: &#34;lever&#34;"}},
		"unknown text":    {`[{"type":"section","text":{"type":"html","text":"<b>"}}]`, []string{"Slack knows no such text here: &#34;html&#34;"}},
		"unknown piece":   {`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"sound"}]},{"type":"song"}]}]`, []string{"&#34;sound&#34;", "&#34;song&#34;"}},
		"broken":          {`[{"type":`, []string{"cannot be read"}},
		"no list":         {`{"type":"divider"}`, []string{"they are no list"}},
		"wrong types":     {`[{"type":"section","text":[1],"fields":{"a":1},"accessory":"x","block_id":5},{"type":"actions","elements":{"a":[]}},{"type":"input","label":3,"element":{"type":"static_select","options":[1,{"text":2,"value":{}}],"initial_option":"x"}},{"type":"table","rows":[1]},{"type":"data_visualization","chart":{"type":"bar","series":[{"data":[{"value":"1e999"}]}],"axis_config":7}}]`, []string{"bk-refused"}},
	} {
		t.Run(name, func(t *testing.T) { holds(t, blocks(inMessage(), c.raw), c.want...) })
	}
}

func TestBlocksWithoutEndAreCutShort(t *testing.T) {
	deep := strings.Repeat(`{"type":"container","child_blocks":[`, 500) + `{"type":"divider"}` + strings.Repeat(`]}`, 500)
	holds(t, blocks(inMessage(), "["+deep+"]"), "as deep as this", "not: <hr>")
}

func TestIDsAreUniqueAndStable(t *testing.T) {
	raw := `[{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"},{"type":"divider"}]`
	drawn := blocks(inMessage(), raw)
	holds(t, drawn, `id="m1-a"`, `id="m1-a-again2"`, `id="m1-b2"`)
	if again := blocks(inMessage(), raw); again != drawn {
		t.Error("drawn otherwise the second time")
	}
}

func FuzzBlocks(f *testing.F) {
	for _, name := range []string{"message.json", "modal.json"} {
		var list []json.RawMessage
		if err := json.Unmarshal(every(f, name), &list); err != nil {
			f.Fatal(err)
		}
		for _, b := range list {
			f.Add([]byte("["+string(b)+"]"), name == "modal.json")
		}
	}
	f.Add([]byte(`[{"type":"section","text":{"type":"mrkdwn","text":"<javascript:x|\"y> *a _b* c_ <!date^1^{ago}|>"}},7,{"type":"input","element":{"type":"multi_users_select"}}]`), false)
	f.Fuzz(func(t *testing.T, raw []byte, modal bool) {
		s := inMessage()
		s.Modal = modal
		sound(t, Blocks(raw, s))
		Values(nil, raw)
	})
}

func FuzzMrkdwn(f *testing.F) {
	for _, text := range []string{"*a _b* c_ `d` ~e~ <@U1|x> <#C1> <!here> <!date^1^{date}^https://x.example|y> :tada: &lt; > q", "```\nx```<javascript:x|y>\n• a\n>>> b", "<a href=\"x\" onclick='y'>", "[x](<y>) ![z](javascript:1) **a** | b |\n|---|"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, Mrkdwn(text, frozen{}, nil))
		sound(t, Plain(text))
		sound(t, newPen(Surface{}).markdown(text))
	})
}
