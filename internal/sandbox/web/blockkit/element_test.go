package blockkit

import (
	"fmt"
	"strings"
	"testing"
)

const option = `{"text":{"type":"plain_text","text":"%s"},"value":"%s"}`

func options(names ...string) string {
	var out []string
	for _, n := range names {
		out = append(out, fmt.Sprintf(option, strings.ToUpper(n), n))
	}
	return "[" + strings.Join(out, ",") + "]"
}

func actions(elements string) string {
	return `[{"type":"actions","block_id":"b","elements":[` + elements + `]}]`
}

const confirmed = `"confirm":{"title":{"type":"plain_text","text":"Sure?"},"text":{"type":"mrkdwn","text":"*Really*"},"confirm":{"type":"plain_text","text":"Do it"},"deny":{"type":"plain_text","text":"Stop"},"style":"danger"}`

func TestElementsOfAMessageAreFormsOfTheirOwn(t *testing.T) {
	hidden := `<input type="hidden" name="block" value="b"><input type="hidden" name="action" value="a">`
	for name, c := range map[string]struct {
		element string
		want    []string
	}{
		"button": {`{"type":"button","action_id":"a","text":{"type":"plain_text","text":"Go <on>"},"style":"primary","accessibility_label":"Go on now"}`,
			[]string{`<form class="bk-act" id="m1-b-a-act" method="post" action="/act">` + hidden + `<button class="bk-button primary" id="m1-b-a" type="submit" aria-label="Go on now">Go &lt;on&gt;</button></form>`}},
		"confirmed button": {`{"type":"button","action_id":"a","text":{"type":"plain_text","text":"Go"},` + confirmed + `}`,
			[]string{`type="button" command="show-modal" commandfor="m1-b-a-confirm"`, `<dialog class="bk-confirm" id="m1-b-a-confirm" aria-labelledby="m1-b-a-confirm-title"`, ">Sure?</div>", "<strong>Really</strong>",
				`command="close" commandfor="m1-b-a-confirm">Stop</button>`, `<button class="bk-button danger" data-bk-yes type="submit">Do it</button>`}},
		"link": {`{"type":"button","action_id":"a","url":"https://a.example/?x=1&y=2","text":{"type":"plain_text","text":"Open"}}`,
			[]string{`href="https://a.example/?x=1&amp;y=2" target="_blank" rel="noopener noreferrer" data-bk-tells>Open</a><button hidden type="submit"></button>`}},
		"hostile link": {`{"type":"button","action_id":"a","url":"javascript:alert(1)","text":{"type":"plain_text","text":"Open"}}`, []string{"not: javascript", ">Open</button>"}},
		"overflow": {`{"type":"overflow","action_id":"a","options":` + options("x", "y") + `}`,
			[]string{`<summary class="bk-button" aria-label="More actions">`, `<button class="bk-item" id="m1-b-a-1" type="submit" name="choice" value="y">Y</button>`}},
		"select": {`{"type":"static_select","action_id":"a","placeholder":{"type":"plain_text","text":"Snooze"},"initial_option":` + fmt.Sprintf(option, "Y", "y") + `,"options":` + options("x", "y") + `}`,
			[]string{"data-bk-now", `<select id="m1-b-a" name="choice" aria-label="Snooze"><option value="">Snooze</option><option value="x">X</option><option value="y" selected>Y</option></select>`,
				`role="combobox" aria-autocomplete="list" aria-expanded="false" aria-controls="m1-b-a-list"`, `value="Y"`, `role="listbox"`, ">Choose</button>"}},
		"groups": {`{"type":"multi_static_select","action_id":"a","max_selected_items":2,"option_groups":[{"label":{"type":"plain_text","text":"G"},"options":` + options("x") + `}]}`,
			[]string{`data-most="2"`, `<select id="m1-b-a" name="choice" multiple aria-label="Select options"><optgroup label="G"><option value="x">X</option></optgroup></select>`}},
		"people":           {`{"type":"users_select","action_id":"a","initial_user":"U0ADMINONE"}`, []string{`<option value="U1">One</option><option value="U0ADMINONE" selected>@admin-one</option>`}},
		"conversations":    {`{"type":"conversations_select","action_id":"a","default_to_current_conversation":true}`, []string{`<option value="C1" selected>#one</option>`}},
		"channels":         {`{"type":"multi_channels_select","action_id":"a","initial_channels":["C1"]}`, []string{`<option value="C1" selected>#one</option>`}},
		"of the app":       {`{"type":"external_select","action_id":"a","initial_option":` + fmt.Sprintf(option, "Z", "z") + `}`, []string{`<option value="z" selected>Z</option>`, "Nobody asks the app"}},
		"checkboxes":       {`{"type":"checkboxes","action_id":"a","options":` + options("x", "y") + `,"initial_options":` + options("y") + `}`, []string{"data-bk-now", `role="group"`, `<label class="bk-box" for="m1-b-a-1"><input type="checkbox" id="m1-b-a-1" name="choice" value="y" checked>`}},
		"radio":            {`{"type":"radio_buttons","action_id":"a","options":` + options("x", "y") + `}`, []string{`role="radiogroup"`, `<input type="radio" id="m1-b-a-0" name="choice" value="x">`}},
		"date":             {`{"type":"datepicker","action_id":"a","initial_date":"2026-01-02"}`, []string{`type="date" id="m1-b-a" name="choice" value="2026-01-02"`, `aria-label="Date"`}},
		"time":             {`{"type":"timepicker","action_id":"a","initial_time":"09:30","timezone":"Europe/London"}`, []string{`type="time"`, `value="09:30"`, "Europe/London"}},
		"moment":           {`{"type":"datetimepicker","action_id":"a","initial_date_time":1782949500}`, []string{`type="datetime-local"`, `value="2026-07-01T23:45"`, `<input type="hidden" name="zone:choice" value="UTC">`}},
		"feedback":         {`{"type":"feedback_buttons","action_id":"a","positive_button":{"text":{"type":"plain_text","text":"Good"},"value":"g"},"negative_button":{"text":{"type":"plain_text","text":"Bad"},"value":"b"}}`, []string{`name="choice" value="g" aria-label="Good"`, `name="choice" value="b" aria-label="Bad"`}},
		"icon":             {`{"type":"icon_button","action_id":"a","icon":"trash","text":{"type":"plain_text","text":"Delete"}}`, []string{`aria-label="Delete"`}},
		"workflow":         {`{"type":"workflow_button","action_id":"a","text":{"type":"plain_text","text":"Run"},"workflow":{}}`, []string{"disabled", ">Run</button>"}},
		"quotes in values": {`{"type":"overflow","action_id":"a\"><script>","options":[{"text":{"type":"plain_text","text":"\"<"},"value":"\" autofocus onfocus=\"x"}]}`, []string{`value="&#34; autofocus onfocus=&#34;x"`, "not: <script"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := inMessage()
			s.People, s.Channels, s.Conversation = []Option{{"U1", "One"}}, []Option{{"C1", "#one"}}, "C1"
			holds(t, blocks(s, actions(c.element)), c.want...)
		})
	}
}

func TestElementsOfAModalPostItsForm(t *testing.T) {
	s := inMessage()
	s.Modal, s.Action = true, "/act?x=1"
	to := `/act?x=1&amp;action=a&amp;block=b`
	holds(t, blocks(s, actions(`{"type":"button","action_id":"a","text":{"type":"plain_text","text":"Go"}}`)),
		`type="submit" formaction="`+to+`" formmethod="post" formnovalidate>Go</button>`, "not: <form")
	holds(t, blocks(s, actions(`{"type":"button","action_id":"a","text":{"type":"plain_text","text":"Go"},`+confirmed+`}`)), `data-bk-yes type="submit" formaction="`+to+`"`)
	holds(t, blocks(s, actions(`{"type":"overflow","action_id":"a","options":`+options("x")+`}`)), `formaction="`+to+`&amp;choice=x"`)
	holds(t, blocks(s, actions(`{"type":"static_select","action_id":"a","options":`+options("x")+`}`)), `data-bk-post="`+to+`"`, `name="field:b:a"`)
	s.Suggest = "/ask"
	holds(t, blocks(s, actions(`{"type":"external_select","action_id":"a"}`)), `data-bk-suggest="/ask?action=a&amp;block=b"`, "not: Nobody asks")
	field := `[{"type":"input","block_id":"b","dispatch_action":%t,"label":{"type":"plain_text","text":"L"},"element":{"type":"plain_text_input","action_id":"a"}}]`
	holds(t, blocks(s, fmt.Sprintf(field, true)), `data-bk-enter="`+to+`"`, `name="field:b:a"`, `<button type="submit" hidden></button>`)
	holds(t, blocks(s, fmt.Sprintf(field, false)), "not: data-bk-enter")
}

func TestNobodyActsWhereTheyOnlyLookOn(t *testing.T) {
	for _, raw := range []string{"message.json", "modal.json"} {
		for _, s := range []Surface{{ID: "m", Action: "/act", Disabled: true}, {ID: "m", Action: "/act", Disabled: true, Modal: true}} {
			drawn := string(Blocks(every(t, raw), s))
			for _, m := range aTag.FindAllString(drawn, -1) {
				control := strings.HasPrefix(m, "<button") || strings.HasPrefix(m, "<select") || strings.HasPrefix(m, "<textarea") || strings.HasPrefix(m, "<input") && !strings.Contains(m, "hidden")
				if control && !strings.Contains(m, " disabled") && !strings.Contains(m, `command="close"`) && m != `<button type="submit" hidden>` {
					t.Errorf("%s may be used", m)
				}
			}
		}
	}
}

func TestFieldsAreLabelled(t *testing.T) {
	s := inMessage()
	s.Modal, s.Errors = true, map[string]string{"b": "No <such> account."}
	input := func(element, more string) string {
		return `[{"type":"input","block_id":"b","label":{"type":"plain_text","text":"L"},"hint":{"type":"plain_text","text":"H"}` + more + `,"element":{"action_id":"a",` + element + `}}]`
	}
	about := ` aria-labelledby="m1-b-a-label" aria-describedby="m1-b-a-error m1-b-a-hint" aria-invalid="true"`
	for name, c := range map[string]struct {
		element string
		want    []string
	}{
		"text":   {`"type":"plain_text_input","min_length":2,"max_length":9,"initial_value":"a\"b","focus_on_load":true`, []string{`type="text" id="m1-b-a" name="field:b:a" value="a&#34;b"`, `minlength="2" maxlength="9" required autofocus` + about}},
		"lines":  {`"type":"plain_text_input","multiline":true,"initial_value":"</textarea><b>"`, []string{`rows="4"`, "&lt;/textarea&gt;&lt;b&gt;</textarea>"}},
		"mail":   {`"type":"email_text_input"`, []string{`type="email"`}},
		"url":    {`"type":"url_text_input"`, []string{`type="url"`}},
		"number": {`"type":"number_input","is_decimal_allowed":false,"min_value":"1","max_value":"5"`, []string{`type="number"`, `min="1" max="5" step="1"`}},
		"part":   {`"type":"number_input","is_decimal_allowed":true`, []string{`step="any"`}},
		"rich":   {`"type":"rich_text_input","initial_value":{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"was"}]}]}`, []string{"<textarea", "\nwas</textarea>"}},
		"files":  {`"type":"file_input","filetypes":["csv",".txt"],"max_files":1`, []string{`type="file"`, `name="upload:b:a"`, `accept=".csv,.txt"`, "not:  multiple"}},
		"select": {`"type":"static_select","options":` + options("x"), []string{`for="m1-b-a-in"`, `<select id="m1-b-a" name="field:b:a" required` + about, `aria-required="true"` + about}},
		"radio":  {`"type":"radio_buttons","options":` + options("x"), []string{`<span class="bk-label" id="m1-b-a-label">L</span>`, `role="radiogroup"` + about, `name="field:b:a" value="x" required`}},
	} {
		t.Run(name, func(t *testing.T) {
			holds(t, blocks(s, input(c.element, "")), append(c.want, `id="m1-b-a-label"`, `id="m1-b-a-error" role="alert"><span aria-hidden="true">⚠ </span>No &lt;such&gt; account.`, `id="m1-b-a-hint">H</span>`, "not: (optional)")...)
			holds(t, blocks(s, input(c.element, `,"optional":true`)), "(optional)", "not:  required", "not: aria-required")
		})
	}
}

func TestWhatWasFilledInStays(t *testing.T) {
	s := inMessage()
	s.Modal = true
	s.Filled = map[string]map[string]any{
		"name": {"value": "typed"}, "one": {"value": "eu-west-1"}, "boxes": {"value": []string{"create"}}, "moment": {"value": int64(1782949500)}, "day": {"value": nil},
		"files": {"value": []string{"F1"}},
		"note2": {"value": map[string]any{"type": "rich_text", "elements": []any{map[string]any{"type": "text", "text": "put there"}}}},
	}
	s.FileName = func(id string) string { return id + ".csv" }
	holds(t, Blocks(every(t, "modal.json"), s), `value="typed"`, `name="field:files:value" value="F1" checked><span>F1.csv</span>`, `<option value="eu-west-1" selected`, `value="Ireland"`, `value="create" checked`, "not: value=\"update\" checked", `value="2026-07-01T23:45"`, "not: 2026-11-23", "\nput there</textarea>")
}
