package slack

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

func menuOf(kind, action string) *slackgo.SelectBlockElement {
	return slackgo.NewOptionsSelectBlockElement(kind, plainOf("Choose"), action,
		slackgo.NewOptionBlockObject("1h", plainOf("An hour"), nil), slackgo.NewOptionBlockObject("1d", plainOf("A day"), nil))
}

// The same action in two blocks, and a menu that takes several: a form names the block, and sends strings alone.
func TestUseOfElementsAsFormsSendIt(t *testing.T) {
	w := start(t, Config{})
	l := w.listen(ack())
	several := slackgo.NewOptionsMultiSelectBlockElement(slackgo.MultiOptTypeStatic, plainOf("Several"), "several",
		slackgo.NewOptionBlockObject("a", plainOf("A"), nil), slackgo.NewOptionBlockObject("b", plainOf("B"), nil))
	_, ts, err := w.api.PostMessage(General, textOf("x"), blocksOf(
		slackgo.NewActionBlock("one", menuOf(slackgo.OptTypeStatic, "later"), slackgo.NewButtonBlockElement("go", "1", plainOf("Go"))),
		slackgo.NewActionBlock("two", menuOf(slackgo.OptTypeStatic, "later"), slackgo.NewButtonBlockElement("go", "2", plainOf("Go"))),
		slackgo.NewSectionBlock(slackgo.NewTextBlockObject("mrkdwn", "some", false, false), nil, slackgo.NewAccessory(several), slackgo.SectionBlockOptionBlockID("three"))))
	if err != nil {
		t.Fatal(err)
	}
	w.must(w.Use(w.ctx, Requester, General, ts, "two", "go", nil))
	w.must(w.Use(w.ctx, Requester, General, ts, "two", "later", "1d"))
	w.must(w.Use(w.ctx, Requester, General, ts, "three", "several", []string{"a", "b"}))
	w.must(w.Use(w.ctx, Requester, General, ts, "three", "several", []string{}))
	w.heard(l, socketmode.EventTypeInteractive, 4)
	var got []string
	for _, e := range l.of(socketmode.EventTypeInteractive) {
		a := e.Data.(slackgo.InteractionCallback).ActionCallback.BlockActions[0]
		line := a.BlockID + " " + a.ActionID + " " + a.Value + a.SelectedOption.Value
		for _, o := range a.SelectedOptions {
			line += o.Value
		}
		got = append(got, line)
	}
	if want := "two go 2,two later 1d,three several ab,three several "; strings.Join(got, ",") != want {
		t.Errorf("the app heard %q, not %q", strings.Join(got, ","), want)
	}
	for _, choice := range []any{nil, "", "never"} {
		if _, err := w.Use(w.ctx, Requester, General, ts, "one", "later", choice); err == nil {
			t.Errorf("%v cannot be chosen", choice)
		}
	}
}

// What somebody typed stays when the form comes back, with errors or after a button in it, and the app hears it.
func TestWhatWasFilledInStays(t *testing.T) {
	w := start(t, Config{})
	w.listen(opener(w, func(c *socketmode.Client, e socketmode.Event) { _ = c.Ack(*e.Request) }))
	w.must(w.Command(w.ctx, Requester, General, "/oktaws", "link"))
	w.wait(func() bool { return len(w.Views(Requester)) == 1 })
	v := w.Views(Requester)[0]
	_, err := w.Submit(w.ctx, Requester, v.ID, map[string]map[string]any{"account": {"id": ""}})
	var field *FieldError
	if !errors.As(err, &field) || field.Block != "account" {
		t.Fatalf("an empty field is named: %v", err)
	}
	_, _ = w.UseView(w.ctx, Requester, v.ID, "", "nothing", nil, map[string]map[string]any{"account": {"id": "1111"}})
	if got := w.Filled(v.ID)["account"]["id"]; got != "1111" {
		t.Errorf("the field holds %v", got)
	}
	for held, want := range map[any]any{"x": "x", json.Number("1700000000"): int64(1700000000), nil: nil} {
		if got := plainValue(held); got != want {
			t.Errorf("%v is %v", held, got)
		}
	}
	if got, _ := plainValue([]any{object{"value": "a"}, "U1"}).([]string); len(got) != 2 || got[0] != "a" || got[1] != "U1" {
		t.Errorf("several are a list of strings: %v", got)
	}
	if w.Filled("V0NONE") != nil {
		t.Error("there is no such view")
	}
}

func TestAnswerInAThread(t *testing.T) {
	w := start(t, Config{})
	first, err := w.Post(Requester, General, "what about <b> & @admin-one?")
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.PostIn(AdminOne, General, first, "this")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.PostIn(AdminTwo, General, second, "and that"); err != nil {
		t.Fatal(err)
	}
	posted := w.Messages(General)
	if want := "what about &lt;b&gt; &amp; <@" + AdminOne + "|admin-one>?"; posted[0].Text != want {
		t.Errorf("%q, not %q", posted[0].Text, want)
	}
	if posted[1].ThreadTS != first || posted[2].ThreadTS != first {
		t.Errorf("answers are in the thread of the first message: %+v", posted)
	}
	if _, err := w.PostIn(AdminOne, General, "1.000000", "?"); err == nil {
		t.Error("there is nothing to answer")
	}
}
