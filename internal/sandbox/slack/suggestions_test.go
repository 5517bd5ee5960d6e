package slack

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// suggester answers what a menu asks for with answer, and acknowledges the rest.
func suggester(answer func(asked slackgo.InteractionCallback) any) func(*socketmode.Client, socketmode.Event) {
	return func(c *socketmode.Client, e socketmode.Event) {
		if asked, ok := e.Data.(slackgo.InteractionCallback); ok && asked.Type == slackgo.InteractionTypeBlockSuggestion {
			if given := answer(asked); given != nil {
				_ = c.Ack(*e.Request, given)
				return
			}
		}
		_ = c.Ack(*e.Request)
	}
}

// echo suggests what was typed, twice.
func echo(asked slackgo.InteractionCallback) any {
	return slackgo.OptionsResponse{Options: []*slackgo.OptionBlockObject{
		slackgo.NewOptionBlockObject(asked.Value+"-1", plainOf("First "+asked.Value), nil),
		slackgo.NewOptionBlockObject(asked.Value+"-2", plainOf("Second"), plainOf("described")),
	}}
}

func externalMenu(action string) *slackgo.SelectBlockElement {
	return slackgo.NewOptionsSelectBlockElement(slackgo.OptTypeExternal, plainOf("Which account?"), action)
}

// asks has the app post a message with the element, and returns its time stamp.
func (w *workspace) asks(elements ...slackgo.BlockElement) string {
	w.t.Helper()
	_, ts, err := w.api.PostMessage(General, textOf("x"), blocksOf(slackgo.NewActionBlock("where", elements...)))
	if err != nil {
		w.t.Fatal(err)
	}
	return ts
}

func TestMenuOfAMessageAsksTheApp(t *testing.T) {
	w := start(t, Config{})
	l := w.listen(suggester(echo))
	ts := w.asks(externalMenu("account"))
	if got, err := w.Suggest(w.ctx, Requester, General, ts, "", "account", "pr"); err != nil || !reflect.DeepEqual(got, Suggestions{Least: 3}) {
		t.Errorf("three characters are needed: %+v %v", got, err)
	}
	if n := len(l.of(socketmode.EventTypeInteractive)); n != 0 {
		t.Errorf("the app was asked %d times", n)
	}
	got, err := w.Suggest(w.ctx, Requester, General, ts, "", "account", "prod")
	want := Suggestions{Groups: []OptionGroup{{Options: []Option{{Text: "First prod", Value: "prod-1"}, {Text: "Second", Value: "prod-2", Description: "described"}}}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%+v %v", got, err)
	}
	asked := l.of(socketmode.EventTypeInteractive)[0]
	payload := asked.Data.(slackgo.InteractionCallback)
	if payload.Value != "prod" || payload.ActionID != "account" || payload.BlockID != "where" || payload.User.ID != Requester ||
		payload.Container.MessageTs != ts || payload.Channel.ID != General || payload.TriggerID != "" || !asked.Request.AcceptsResponsePayload {
		t.Errorf("%s", asked.Request.Payload)
	}

	w.must(w.Use(w.ctx, Requester, General, ts, "where", "account", "prod-2"))
	chosen := l.of(socketmode.EventTypeInteractive)[1].Data.(slackgo.InteractionCallback).ActionCallback.BlockActions[0]
	if chosen.SelectedOption.Value != "prod-2" || chosen.SelectedOption.Text.Text != "Second" || chosen.SelectedOption.Description.Text != "described" {
		t.Errorf("%+v", chosen)
	}
	if _, err := w.Use(w.ctx, Requester, General, ts, "where", "account", "prod-3"); err == nil {
		t.Error("what was not suggested cannot be chosen")
	}
	if _, err := w.Use(w.ctx, AdminOne, General, ts, "where", "account", "prod-2"); err == nil {
		t.Error("what somebody else was suggested cannot be chosen")
	}
}

func TestWhoCannotBeSuggestedAnything(t *testing.T) {
	w := start(t, Config{})
	w.listen(suggester(echo))
	ts := w.asks(menuOf(slackgo.OptTypeStatic, "later"), externalMenu("account"))
	for _, c := range []struct{ user, channel, ts, block, action string }{
		{Stranger, General, ts, "", "account"},
		{Requester, General, "1.000000", "", "account"},
		{Requester, General, ts, "", "later"},
		{Requester, General, ts, "", "nothing"},
		{Requester, General, ts, "elsewhere", "account"},
	} {
		if got, err := w.Suggest(w.ctx, c.user, c.channel, c.ts, c.block, c.action, "prod"); err == nil {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	if _, err := w.SuggestView(w.ctx, Requester, "V0NONE", "", "account", "prod"); err == nil {
		t.Error("there is no such view")
	}
}

func TestAnswersToAMenu(t *testing.T) {
	w := start(t, Config{})
	var answer any
	w.listen(suggester(func(slackgo.InteractionCallback) any { return answer }))
	menu := externalMenu("account")
	least := 0
	menu.MinQueryLength = &least
	ts := w.asks(menu)
	one := object{"text": plainText("One"), "value": "1"}
	group := func(n int) object { return object{"label": plainText("Group"), "options": repeat(n, one)} }
	for _, c := range []struct {
		name   string
		answer any
		groups int // -1: dropped
	}{
		{"nothing", nil, 0},
		{"no options", object{"options": []any{}}, 0},
		{"100 options", object{"options": repeat(100, one)}, 1},
		{"101 options", object{"options": repeat(101, one)}, -1},
		{"100 groups", object{"option_groups": repeat(100, group(1))}, 100},
		{"101 groups", object{"option_groups": repeat(101, group(1))}, -1},
		{"101 options in a group", object{"option_groups": []any{group(101)}}, -1},
		{"a group without options", object{"option_groups": []any{group(0)}}, -1},
		{"both", object{"options": []any{one}, "option_groups": []any{group(1)}}, -1},
		{"no value", object{"options": []any{object{"text": plainText("One")}}}, -1},
		{"a text too long", object{"options": []any{merge(one, object{"text": plainText(words(76))})}}, -1},
		{"mrkdwn", object{"options": []any{merge(one, object{"text": markdown("x")})}}, -1},
		{"the answer to a form", object{"response_action": "clear"}, -1},
		{"a list", []any{one}, -1},
	} {
		answer = c.answer
		before := len(w.Complained())
		got, err := w.Suggest(w.ctx, Requester, General, ts, "", "account", "")
		if err != nil {
			t.Fatal(err)
		}
		dropped := got.Error == Trouble && len(w.Complained()) == before+1
		if dropped != (c.groups < 0) || !dropped && (got.Error != "" || len(got.Groups) != c.groups) {
			t.Errorf("%s: %+v %q", c.name, got, w.Complained()[before:])
		}
	}
}

func TestNobodyAnswersAMenu(t *testing.T) {
	w := start(t, Config{})
	ts := w.asks(externalMenu("account"))
	if got, err := w.Suggest(w.ctx, Requester, General, ts, "", "account", "prod"); err != nil || got.Error != DispatchFailed {
		t.Errorf("%+v %v", got, err)
	}
	if missed := w.Missed(); len(missed) != 1 || missed[0].Type != "interactive" {
		t.Errorf("%+v", missed)
	}
}

// A form keeps what was picked after an earlier search, and what the app put there.
func TestMenuOfAFormAsksTheApp(t *testing.T) {
	w := start(t, Config{})
	l := w.listen(opener(w, suggester(echo)))
	v := w.opened()
	one := externalMenu("account")
	one.InitialOption = slackgo.NewOptionBlockObject("before", plainOf("Before"), nil)
	several := slackgo.NewOptionsMultiSelectBlockElement(slackgo.MultiOptTypeExternal, plainOf("Several"), "groups")
	form := formOf("Where")
	form.Blocks.BlockSet = []slackgo.Block{slackgo.NewInputBlock("one", plainOf("Account"), nil, one), slackgo.NewInputBlock("many", plainOf("Groups"), nil, several)}
	if _, err := w.api.UpdateView(form, "", "", v.ID); err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{"dev", "prod"} {
		got, err := w.SuggestView(w.ctx, Requester, v.ID, "many", "groups", typed)
		if err != nil || len(got.Groups) != 1 || got.Groups[0].Options[0].Value != typed+"-1" {
			t.Fatalf("%+v %v", got, err)
		}
	}
	payload := l.of(socketmode.EventTypeInteractive)[0].Data.(slackgo.InteractionCallback)
	if payload.View.ID != v.ID || payload.Container.ViewID != v.ID || payload.BlockID != "many" {
		t.Errorf("%+v", payload)
	}
	values := func(one any, many ...string) map[string]map[string]any {
		return map[string]map[string]any{"one": {"account": one}, "many": {"groups": many}}
	}
	for _, wrong := range []map[string]map[string]any{values("dev-1", "dev-1"), values("before", "test-1")} {
		if _, err := w.Submit(w.ctx, Requester, v.ID, wrong); err == nil {
			t.Errorf("%v passes", wrong)
		}
	}
	if seen := w.must(w.Submit(w.ctx, Requester, v.ID, values("before", "dev-2", "prod-1"))); seen.Action != "close" {
		t.Errorf("%+v", seen)
	}
	sent := l.of(socketmode.EventTypeInteractive)[2].Data.(slackgo.InteractionCallback).View.State.Values
	var groups []string
	for _, o := range sent["many"]["groups"].SelectedOptions {
		groups = append(groups, o.Value)
	}
	if sent["one"]["account"].SelectedOption.Value != "before" || !slices.Equal(groups, []string{"dev-2", "prod-1"}) {
		t.Errorf("%+v", sent)
	}
}

func TestMenusOverHTTP(t *testing.T) {
	w := start(t, Config{})
	w.listen(suggester(echo))
	ts := w.asks(externalMenu("account"))
	got := ask[Suggestions](w, "suggest", object{"user": "requester", "channel": "general", "ts": ts, "action": "account", "text": "prod"})
	if len(got.Groups) != 1 || got.Groups[0].Options[1].Value != "prod-2" {
		t.Errorf("%+v", got)
	}
	if seen := ask[Seen](w, "select", object{"user": "requester", "channel": "general", "ts": ts, "action": "account", "choice": "prod-2"}); seen.Error != "" {
		t.Errorf("%+v", seen)
	}
}

// The payload of a view's menu has the fields that Slack's own framework is tested with (bolt-python,
// tests/scenario_tests/test_block_suggestion.py), and no other.
func TestFieldsOfASuggestion(t *testing.T) {
	w := start(t, Config{})
	l := w.listen(opener(w, suggester(echo)))
	v := w.opened()
	form := formOf("Where")
	form.Blocks.BlockSet = []slackgo.Block{slackgo.NewInputBlock("one", plainOf("Account"), nil, externalMenu("account"))}
	if _, err := w.api.UpdateView(form, "", "", v.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SuggestView(w.ctx, Requester, v.ID, "", "account", "search word"); err != nil {
		t.Fatal(err)
	}
	var payload object
	if err := json.Unmarshal(l.of(socketmode.EventTypeInteractive)[0].Request.Payload, &payload); err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range payload {
		names = append(names, name)
	}
	slices.Sort(names)
	if want := "action_id api_app_id block_id container enterprise is_enterprise_install team token type user value view"; strings.Join(names, " ") != want {
		t.Errorf("%s, not %s", strings.Join(names, " "), want)
	}
}
