package slack

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// opener acknowledges every command and opens a form with its trigger; every other thing it leaves to do.
func opener(w *workspace, do func(*socketmode.Client, socketmode.Event)) func(*socketmode.Client, socketmode.Event) {
	return func(c *socketmode.Client, e socketmode.Event) {
		if e.Type != socketmode.EventTypeSlashCommand {
			do(c, e)
			return
		}
		_ = c.Ack(*e.Request)
		if _, err := w.api.OpenView(e.Data.(slackgo.SlashCommand).TriggerID, formOf("Link")); err != nil {
			w.t.Error(err)
		}
	}
}

// opened has the requester ask for the form, and returns it.
func (w *workspace) opened() View {
	w.t.Helper()
	w.must(w.Command(w.ctx, Requester, General, "/oktaws", "link"))
	w.wait(func() bool { return len(w.Views(Requester)) == 1 })
	return w.Views(Requester)[0]
}

func filled(id string) map[string]map[string]any {
	return map[string]map[string]any{"account": {"id": id}}
}

func TestFormIsRefusedThenTaken(t *testing.T) {
	w := start(t, Config{})
	var answer any = slackgo.NewErrorsViewSubmissionResponse(map[string]string{"account": "12 digits, please"})
	l := w.listen(opener(w, func(c *socketmode.Client, e socketmode.Event) { _ = c.Ack(*e.Request, answer) }))
	v := w.opened()
	if v.Title != "Link" || v.Submit != "Send" || v.CallbackID != "link" || v.PrivateMetadata != "meta" {
		t.Errorf("%+v", v)
	}
	seen := w.must(w.Submit(w.ctx, Requester, v.ID, filled("123")))
	if seen.Action != "errors" || seen.Errors["account"] != "12 digits, please" || seen.View.ID != v.ID {
		t.Errorf("%+v", seen)
	}
	sent := l.of(socketmode.EventTypeInteractive)[0]
	form := sent.Data.(slackgo.InteractionCallback)
	if form.Type != slackgo.InteractionTypeViewSubmission || form.View.State.Values["account"]["id"].Value != "123" || form.View.Hash != v.Hash ||
		form.View.PrivateMetadata != "meta" || form.User.TeamID != Team || !sent.Request.AcceptsResponsePayload {
		t.Errorf("%+v", form)
	}
	if _, err := w.Submit(w.ctx, Requester, v.ID, filled("")); err == nil {
		t.Error("Slack does not send a form without what it requires")
	}
	answer = nil
	if seen := w.must(w.Submit(w.ctx, Requester, v.ID, filled("111122223333"))); seen.Action != "close" || seen.View != nil {
		t.Errorf("%+v", seen)
	}
	if got := w.Views(Requester); got != nil {
		t.Error(got)
	}
	_, views := w.AllTexts()
	if len(views) != 1 || !strings.Contains(views[0], "Account") {
		t.Error(views)
	}
}

func TestAnswersToAForm(t *testing.T) {
	w := start(t, Config{})
	var answer any
	w.listen(opener(w, func(c *socketmode.Client, e socketmode.Event) { _ = c.Ack(*e.Request, answer) }))
	v := w.opened()
	second, third := formOf("Second"), formOf("Third")
	wrong := formOf(words(25))
	for _, step := range []struct {
		answer any
		action string
		titles []string
	}{
		{map[string]any{"response_action": "errors", "errors": map[string]string{"nowhere": "x"}}, "", []string{"Link"}},
		{map[string]any{"response_action": "vanish"}, "", []string{"Link"}},
		{slackgo.NewUpdateViewSubmissionResponse(&wrong), "", []string{"Link"}},
		{slackgo.NewUpdateViewSubmissionResponse(&second), "update", []string{"Second"}},
		{slackgo.NewPushViewSubmissionResponse(&third), "push", []string{"Second", "Third"}},
		{slackgo.NewPushViewSubmissionResponse(&third), "push", []string{"Second", "Third", "Third"}},
		{slackgo.NewPushViewSubmissionResponse(&third), "", []string{"Second", "Third", "Third"}},
		{nil, "close", []string{"Second", "Third"}},
		{slackgo.NewClearViewSubmissionResponse(), "clear", nil},
	} {
		answer = step.answer
		stack := w.Views(Requester)
		v = stack[len(stack)-1]
		seen := w.must(w.Submit(w.ctx, Requester, v.ID, filled("1")))
		if seen.Action != step.action || (seen.Error == Trouble) != (step.action == "") {
			t.Errorf("%+v: %+v", step, seen)
		}
		var titles []string
		for _, v := range w.Views(Requester) {
			titles = append(titles, v.Title)
		}
		if !slices.Equal(titles, step.titles) {
			t.Errorf("%+v: %q", step, titles)
		}
	}
	if got := len(w.Complained()); got != 4 {
		t.Error(w.Complained())
	}
}

func TestTriggers(t *testing.T) {
	clock := clockwork.NewFakeClock()
	w := start(t, Config{Clock: clock})
	l := w.listen(ack())
	w.must(w.Command(w.ctx, Requester, General, "/oktaws", "link"))
	w.must(w.Command(w.ctx, Requester, General, "/oktaws", "link"))
	triggers := []string{}
	for _, e := range l.of(socketmode.EventTypeSlashCommand) {
		triggers = append(triggers, e.Data.(slackgo.SlashCommand).TriggerID)
	}
	open := func(trigger string) string { _, err := w.api.OpenView(trigger, formOf("x")); return errorOf(err) }
	if _, err := w.api.OpenView(triggers[0], formOf(words(25))); errorOf(err) != "invalid_arguments" {
		t.Error(err)
	}
	for i, step := range []struct{ trigger, want string }{
		{triggers[0], ""}, {triggers[0], "exchanged_trigger_id"}, {"nonsense", "invalid_trigger_id"}, {"1.2.abc", "expired_trigger_id"},
	} {
		if got := open(step.trigger); got != step.want {
			t.Errorf("%d: %q", i, got)
		}
	}
	clock.Advance(TriggerLife + time.Millisecond)
	if got := open(triggers[1]); got != "expired_trigger_id" {
		t.Error(got)
	}
}

func TestPushAndUpdate(t *testing.T) {
	w := start(t, Config{})
	l := w.listen(opener(w, ack()))
	v := w.opened()
	form := formOf("New")
	form.Blocks.BlockSet = append(form.Blocks.BlockSet, slackgo.NewActionBlock("more", slackgo.NewButtonBlockElement("next", "", plainOf("Next"))))
	if _, err := w.api.UpdateView(form, "", "1.stale", v.ID); errorOf(err) != "hash_conflict" {
		t.Error(err)
	}
	if _, err := w.api.UpdateView(form, "", v.Hash, v.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.api.UpdateView(form, "", "", "V0NOWHERE"); errorOf(err) != "not_found" {
		t.Error(err)
	}
	push := func() error {
		stack := w.Views(Requester)
		w.must(w.UseView(w.ctx, Requester, stack[len(stack)-1].ID, "", "next", nil, nil))
		clicks := l.of(socketmode.EventTypeInteractive)
		click := clicks[len(clicks)-1].Data.(slackgo.InteractionCallback)
		if click.Container.Type != "view" || click.View.ID != stack[len(stack)-1].ID {
			t.Errorf("%+v", click.Container)
		}
		_, err := w.api.PushView(click.TriggerID, form)
		return err
	}
	for _, want := range []string{"", "", "push_limit_reached"} {
		if got := errorOf(push()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	top := w.Views(Requester)[2]
	if err := w.CloseView(w.ctx, Requester, top.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.UseView(w.ctx, Requester, v.ID, "", "next", nil, nil); err == nil {
		t.Error("what is under another modal cannot be clicked")
	}
	if got := len(w.Views(Requester)); got != 2 {
		t.Error(got)
	}
	large := formOf("Large")
	for range 99 {
		large.Blocks.BlockSet = append(large.Blocks.BlockSet, slackgo.NewSectionBlock(plainOf(words(3000)), nil, nil))
	}
	if _, err := w.api.UpdateView(large, "", "", v.ID); errorOf(err) != "view_too_large" {
		t.Error(err)
	}
	var refused slackgo.SlackErrorResponse
	if _, err := w.api.UpdateView(formOf(words(25)), "", "", v.ID); !errors.As(err, &refused) ||
		!slices.Equal(refused.ResponseMetadata.Messages, []string{"[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"}) {
		t.Errorf("%+v", err)
	}
}

func TestExternalIDIsUnique(t *testing.T) {
	w := start(t, Config{})
	l := w.listen(ack())
	form := formOf("x")
	form.ExternalID = "one"
	for i, want := range []string{"", "duplicate_external_id"} {
		user := []string{Requester, AdminOne}[i]
		w.must(w.Command(w.ctx, user, General, "/oktaws", ""))
		_, err := w.api.OpenView(l.of(socketmode.EventTypeSlashCommand)[i].Data.(slackgo.SlashCommand).TriggerID, form)
		if errorOf(err) != want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := w.api.UpdateView(form, "one", "", ""); err != nil {
		t.Error("a view may be found by its external_id:", err)
	}
}

func TestClosingIsTold(t *testing.T) {
	w := start(t, Config{})
	l := w.listen(ack())
	w.must(w.Command(w.ctx, Requester, General, "/oktaws", ""))
	form := formOf("x")
	form.NotifyOnClose = true
	v, err := w.api.OpenView(l.of(socketmode.EventTypeSlashCommand)[0].Data.(slackgo.SlashCommand).TriggerID, form)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.CloseView(w.ctx, Requester, v.ID); err != nil {
		t.Fatal(err)
	}
	closed := l.of(socketmode.EventTypeInteractive)[0].Data.(slackgo.InteractionCallback)
	if closed.Type != slackgo.InteractionTypeViewClosed || closed.View.ID != v.ID || closed.IsCleared {
		t.Errorf("%+v", closed)
	}
}

func TestEveryKindOfField(t *testing.T) {
	w := start(t, Config{})
	l := w.listen(ack())
	w.must(w.Command(w.ctx, Requester, General, "/oktaws", ""))
	one, two := slackgo.NewOptionBlockObject("1", plainOf("One"), nil), slackgo.NewOptionBlockObject("2", plainOf("Two"), nil)
	input := func(id string, e slackgo.BlockElement) *slackgo.InputBlock {
		return slackgo.NewInputBlock(id, plainOf(id), nil, e)
	}
	optional := input("note", slackgo.NewPlainTextInputBlockElement(nil, "x"))
	optional.Optional = true
	first := slackgo.NewOptionsSelectBlockElement("static_select", nil, "x", one, two)
	first.InitialOption = one
	form := formOf("All")
	form.Blocks.BlockSet = []slackgo.Block{
		input("kept", first),
		input("radio", slackgo.NewRadioButtonsBlockElement("x", one, two)),
		input("boxes", slackgo.NewCheckboxGroupsBlockElement("x", one, two)),
		input("several", slackgo.NewOptionsMultiSelectBlockElement("multi_static_select", nil, "x", one, two)),
		input("who", slackgo.NewOptionsSelectBlockElement("users_select", nil, "x")),
		input("when", slackgo.NewDatePickerBlockElement("x")),
		input("mail", slackgo.NewEmailTextInputBlockElement(nil, "x")),
		input("number", slackgo.NewNumberInputBlockElement(nil, "x", false)),
		optional,
	}
	v, err := w.api.OpenView(l.of(socketmode.EventTypeSlashCommand)[0].Data.(slackgo.SlashCommand).TriggerID, form)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]map[string]any{
		"radio": {"x": "2"}, "boxes": {"x": []string{"1", "2"}}, "several": {"x": []any{"2"}}, "who": {"x": AdminOne},
		"when": {"x": "2026-07-01"}, "mail": {"x": "requester@example.com"}, "number": {"x": "12"},
	}
	for block, bad := range map[string]any{"radio": "3", "mail": "nobody", "number": "many", "who": 1, "nowhere": "x"} {
		wrong := map[string]map[string]any{}
		for k, v := range values {
			wrong[k] = v
		}
		wrong[block] = map[string]any{"x": bad}
		if _, err := w.Submit(w.ctx, Requester, v.ID, wrong); err == nil {
			t.Errorf("%s: %v is taken", block, bad)
		}
	}
	w.must(w.Submit(w.ctx, Requester, v.ID, values))
	state := l.of(socketmode.EventTypeInteractive)[0].Data.(slackgo.InteractionCallback).View.State.Values
	if state["kept"]["x"].SelectedOption.Value != "1" || state["radio"]["x"].SelectedOption.Value != "2" || len(state["boxes"]["x"].SelectedOptions) != 2 ||
		state["several"]["x"].SelectedOptions[0].Value != "2" || state["who"]["x"].SelectedUser != AdminOne || state["when"]["x"].SelectedDate != "2026-07-01" ||
		state["number"]["x"].Value != "12" || state["note"]["x"].Value != "" {
		t.Errorf("%+v", state)
	}
}
