package slack

import (
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	slackgo "github.com/slack-go/slack"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

func TestTokensAndScopes(t *testing.T) {
	w := start(t, Config{})
	who, err := w.api.AuthTestContext(w.ctx)
	if err != nil || who.UserID != BotUser || who.TeamID != Team || who.BotID != Bot {
		t.Fatalf("%+v %v", who, err)
	}
	if got := who.Header.Get("X-OAuth-Scopes"); got != strings.Join(DefaultScopes, ",") {
		t.Error("scopes:", got)
	}
	for name, test := range map[string]struct {
		bot, app string
		call     func(*slackgo.Client) error
		want     string
	}{
		"no token":         {"", "", func(c *slackgo.Client) error { _, err := c.AuthTest(); return err }, "not_authed"},
		"wrong token":      {"xoxb-other", "", func(c *slackgo.Client) error { _, err := c.AuthTest(); return err }, "invalid_auth"},
		"bot for a socket": {DefaultBotToken, DefaultBotToken, func(c *slackgo.Client) error { _, _, err := c.StartSocketModeContext(w.ctx); return err }, "not_allowed_token_type"},
		"app for a method": {DefaultAppToken, "", func(c *slackgo.Client) error { _, err := c.AuthTest(); return err }, "not_allowed_token_type"},
		"app for a view":   {DefaultAppToken, "", func(c *slackgo.Client) error { _, err := c.OpenView("1.2.3", formOf("x")); return err }, "not_allowed_token_type"},
		"no such scope":    {DefaultBotToken, "", func(c *slackgo.Client) error { _, err := c.GetUserByEmail("requester@example.com"); return err }, "missing_scope"},
	} {
		if got := errorOf(test.call(w.client(test.bot, test.app))); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	_, err = w.api.GetUserByEmail("requester@example.com")
	var refused slackgo.SlackErrorResponse
	if !errors.As(err, &refused) || refused.Needed != "users:read.email" || !strings.Contains(refused.Provided, "chat:write") {
		t.Errorf("%+v", err)
	}
}

func TestUnknownMethodIsRefusedAndRecorded(t *testing.T) {
	w := start(t, Config{})
	resp, err := web.PostForm(w.url+"/api/chat.shout", url.Values{"token": {DefaultBotToken}, "channel": {General}})
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != 200 || !strings.Contains(string(body), `"unknown_method"`) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	calls := w.hub.Calls(0)
	if len(calls) != 1 || calls[0].Service != "slack" || calls[0].Operation != "chat.shout" || calls[0].Subject != General {
		t.Errorf("%+v", calls)
	}
}

func TestMessages(t *testing.T) {
	w := start(t, Config{})
	channel, ts, sent, err := w.api.PostMessageWithResponse(AdminChannel, textOf("Please approve"), blocksOf(approveBlock("Approve")))
	if err != nil || channel != AdminChannel || sent.User != BotUser || sent.BotID != Bot {
		t.Fatal(err, sent)
	}
	_, reply, err := w.api.PostMessage(AdminChannel, textOf("step 1"), slackgo.MsgOptionTS(ts))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := w.api.UpdateMessage(AdminChannel, ts, textOf("Approved")); err != nil {
		t.Fatal(err)
	}
	got := w.Messages("aws-admins")
	if len(got) != 2 || got[0].Text != "Approved" || got[0].Blocks != nil || len(got[0].Earlier) != 1 || !strings.Contains(string(got[0].Earlier[0].Blocks), "Approve") {
		t.Errorf("an update without blocks removes them: %+v", got)
	}
	if got[1].ThreadTS != ts || got[1].TS != reply {
		t.Errorf("%+v", got[1])
	}
	link, err := w.api.GetPermalink(&slackgo.PermalinkParameters{Channel: AdminChannel, Ts: reply})
	if err != nil || !strings.HasSuffix(link, "?thread_ts="+ts+"&cid="+AdminChannel) {
		t.Error(link, err)
	}
	if _, _, err := w.api.DeleteMessage(AdminChannel, reply); err != nil {
		t.Error(err)
	}
	if _, err := w.api.PostEphemeral(General, Requester, textOf("only you")); err != nil {
		t.Error(err)
	}
	if got := w.Ephemerals(Requester); len(got) != 1 || got[0].Text != "only you" || got[0].For != Requester {
		t.Errorf("%+v", got)
	}
	if len(w.Messages(General)) != 0 {
		t.Error("what one person is shown is not in the channel")
	}
	messages, _ := w.AllTexts()
	if all := strings.Join(messages, "\n"); !strings.Contains(all, "Please approve") || !strings.Contains(all, "only you") || !strings.Contains(all, "step 1") {
		t.Error(all)
	}
}

func TestMessagesThatSlackRefuses(t *testing.T) {
	w := start(t, Config{RateFactor: -1})
	theirs, err := w.Post(AdminOne, AdminChannel, "hello")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Leave(BotUser, General); err != nil {
		t.Fatal(err)
	}
	post := func(channel string, options ...slackgo.MsgOption) func() error {
		return func() error { _, _, err := w.api.PostMessage(channel, options...); return err }
	}
	update := func(channel, ts, text string) func() error {
		return func() error { _, _, _, err := w.api.UpdateMessage(channel, ts, textOf(text)); return err }
	}
	_, ours, err := w.api.PostMessage(AdminChannel, textOf("x"))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		call func() error
		want string
	}{
		"no channel":             {post("C0NOWHERE0", textOf("x")), "channel_not_found"},
		"not in it":              {post(General, textOf("x")), "not_in_channel"},
		"nothing to say":         {post(AdminChannel), "no_text"},
		"too long":               {post(AdminChannel, textOf(words(PostTextLimit+1))), "msg_too_long"},
		"wrong block":            {post(AdminChannel, blocksOf(approveBlock(words(76)))), "invalid_blocks"},
		"somebody else's":        {update(AdminChannel, theirs, "x"), "cant_update_message"},
		"no such message":        {update(AdminChannel, "1.000001", "x"), "message_not_found"},
		"update too long":        {update(AdminChannel, ours, words(UpdateTextLimit+1)), "msg_too_long"},
		"delete another's":       {func() error { _, _, err := w.api.DeleteMessage(AdminChannel, theirs); return err }, "cant_delete_message"},
		"shown to an absent one": {func() error { _, err := w.api.PostEphemeral(AdminChannel, Requester, textOf("x")); return err }, "user_not_in_channel"},
		"link to nothing": {func() error {
			_, err := w.api.GetPermalink(&slackgo.PermalinkParameters{Channel: AdminChannel, Ts: "1.1"})
			return err
		}, "message_not_found"},
		"blocks that are no list": {func() error {
			return w.raw("chat.postMessage", url.Values{"channel": {AdminChannel}, "blocks": {`{"type":"divider"}`}})
		}, "invalid_blocks_format"},
		"no argument": {func() error { return w.raw("chat.update", url.Values{"channel": {AdminChannel}}) }, "invalid_arguments"},
	} {
		if got := errorOf(test.call()); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	_, _, err = w.api.PostMessage(AdminChannel, blocksOf(approveBlock(words(76))))
	var refused slackgo.SlackErrorResponse
	if !errors.As(err, &refused) || !slices.Equal(refused.ResponseMetadata.Messages, []string{"[ERROR] must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"}) {
		t.Errorf("%+v", refused)
	}
}

// raw calls a method with a form, as the library would not.
func (w *workspace) raw(method string, form url.Values) error {
	form.Set("token", DefaultBotToken)
	resp, err := web.PostForm(w.url+"/api/"+method, form)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	_, code, _ := strings.Cut(string(body), `"error":"`)
	code, _, _ = strings.Cut(code, `"`)
	return errors.New(code)
}

func TestConversations(t *testing.T) {
	w := start(t, Config{RateFactor: -1})
	c, _, already, err := w.api.OpenConversation(&slackgo.OpenConversationParameters{Users: []string{Requester}, ReturnIM: true})
	if err != nil || already || c.ID != w.DM(Requester) || !c.IsIM {
		t.Fatalf("%+v %v", c, err)
	}
	if _, _, already, _ = w.api.OpenConversation(&slackgo.OpenConversationParameters{Users: []string{Requester}}); !already {
		t.Error("opening twice says so")
	}
	for user, want := range map[string]string{Former: "user_disabled", "U0NOBODY00": "user_not_found", Stranger: "user_not_visible"} {
		if _, _, _, err := w.api.OpenConversation(&slackgo.OpenConversationParameters{Users: []string{user}}); errorOf(err) != want {
			t.Errorf("%s: %v", user, err)
		}
	}
	var members []string
	pages := 0
	for cursor := ""; ; pages++ {
		page, next, err := w.api.GetUsersInConversation(&slackgo.GetUsersInConversationParameters{ChannelID: AdminChannel, Limit: 100, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, page...)
		if cursor = next; cursor == "" {
			break
		}
	}
	if pages == 0 || !slices.Equal(members, []string{BotUser, AdminOne, AdminTwo}) {
		t.Error("members come in pages:", pages, members)
	}
	if _, _, err := w.api.GetUsersInConversation(&slackgo.GetUsersInConversationParameters{ChannelID: AdminChannel, Cursor: "x"}); errorOf(err) != "invalid_cursor" {
		t.Error(err)
	}
	info, err := w.api.GetConversationInfo(&slackgo.GetConversationInfoInput{ChannelID: AdminChannel})
	if err != nil || !info.IsPrivate || !info.IsMember || info.Name != "aws-admins" {
		t.Errorf("%+v %v", info, err)
	}
	if err := w.Leave(BotUser, AdminChannel); err != nil {
		t.Fatal(err)
	}
	if _, err := w.api.GetConversationInfo(&slackgo.GetConversationInfoInput{ChannelID: AdminChannel}); errorOf(err) != "channel_not_found" {
		t.Error("a private channel that the bot left is not there:", err)
	}
	all, err := w.api.GetAllConversationsContext(w.ctx)
	if err != nil || len(all) != 2 {
		t.Error(len(all), err)
	}
	few := start(t, Config{Scopes: []string{"channels:read"}})
	if _, err := few.api.GetConversationInfo(&slackgo.GetConversationInfoInput{ChannelID: AdminChannel}); errorOf(err) != "missing_scope" {
		t.Error(err)
	}
}

func TestPeople(t *testing.T) {
	w := start(t, Config{Clock: clockwork.NewFakeClockAt(time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC))})
	for id, looks := range map[string]func(*slackgo.User) bool{
		Requester: func(u *slackgo.User) bool {
			return u.TZ == "Europe/London" && u.TZOffset == 3600 && u.Profile.Email == ""
		},
		AdminOne:     func(u *slackgo.User) bool { return u.IsAdmin && u.TZOffset == -4*3600 },
		Guest:        func(u *slackgo.User) bool { return u.IsRestricted && !u.IsUltraRestricted },
		ChannelGuest: func(u *slackgo.User) bool { return u.IsRestricted && u.IsUltraRestricted },
		Stranger:     func(u *slackgo.User) bool { return u.IsStranger && u.TeamID == OtherTeam },
		Former:       func(u *slackgo.User) bool { return u.Deleted },
		BotUser:      func(u *slackgo.User) bool { return u.IsBot },
	} {
		u, err := w.api.GetUserInfo(id)
		if err != nil || !looks(u) {
			t.Errorf("%s: %+v %v", id, u, err)
		}
	}
	if _, err := w.api.GetUserInfo("U0NOBODY00"); errorOf(err) != "user_not_found" {
		t.Error(err)
	}
	if _, err := w.api.GetUserGroupMembers("S0APPROVERS"); errorOf(err) != "missing_scope" {
		t.Error(err)
	}
	more := append([]string{"users:read.email", "usergroups:read"}, DefaultScopes...)
	if _, err := start(t, Config{Scopes: more}).api.GetUserGroupMembers("S0APPROVERS"); errorOf(err) != "plan_upgrade_required" {
		t.Error(err)
	}
	paid := start(t, Config{UserGroups: map[string][]string{"S0APPROVERS": {AdminOne}}, Scopes: more})
	if got, err := paid.api.GetUserGroupMembers("S0APPROVERS"); err != nil || !slices.Equal(got, []string{AdminOne}) {
		t.Error(got, err)
	}
	if u, err := paid.api.GetUserByEmail("requester@example.com"); err != nil || u.ID != Requester {
		t.Error(err)
	}
}

func TestRateLimits(t *testing.T) {
	clock := clockwork.NewFakeClock()
	w := start(t, Config{Clock: clock})
	post := func(channel string) error { _, _, err := w.api.PostMessage(channel, textOf("x")); return err }
	for range postsAtOnce {
		if err := post(AdminChannel); err != nil {
			t.Fatal("a short burst passes:", err)
		}
	}
	var limited *slackgo.RateLimitedError
	if err := post(AdminChannel); !errors.As(err, &limited) || limited.RetryAfter != time.Second {
		t.Fatal(err)
	}
	if err := post(General); err != nil {
		t.Error("each channel counts for itself:", err)
	}
	clock.Advance(time.Second)
	if err := post(AdminChannel); err != nil {
		t.Error("a second later one more passes:", err)
	}
	for i := range tier2 + 1 {
		_, _, err := w.api.GetConversations(&slackgo.GetConversationsParameters{})
		if limits := errors.As(err, &limited); limits != (i == tier2) || limits && limited.RetryAfter != 3*time.Second {
			t.Fatal(i, err)
		}
	}
	clock.Advance(3 * time.Second)
	if _, _, err := w.api.GetConversations(&slackgo.GetConversationsParameters{}); err != nil {
		t.Error(err)
	}
}

func TestFaultsLookLikeSlack(t *testing.T) {
	w := start(t, Config{})
	w.hub.Add(wire.Fault{Operation: "chat.*", Times: 1, Status: 429, RetryAfter: 7})
	var limited *slackgo.RateLimitedError
	if _, _, err := w.api.PostMessage(AdminChannel, textOf("x")); !errors.As(err, &limited) || limited.RetryAfter != 7*time.Second {
		t.Error(err)
	}
	w.hub.Add(wire.Fault{Operation: "chat.*", Times: 1, Status: 503})
	var status slackgo.StatusCodeError
	if _, _, err := w.api.PostMessage(AdminChannel, textOf("x")); !errors.As(err, &status) || status.Code != 503 {
		t.Error(err)
	}
	w.hub.Add(wire.Fault{Operation: "chat.*", Times: 1, Status: 200, Code: "restricted_action"})
	if _, _, err := w.api.PostMessage(AdminChannel, textOf("x")); errorOf(err) != "restricted_action" {
		t.Error(err)
	}
	w.hub.Add(wire.Fault{Operation: "chat.*", Times: 1, Cut: "after"})
	if _, _, err := w.api.PostMessage(AdminChannel, textOf("said")); err == nil {
		t.Error("a cut connection is an error")
	}
	if got := w.Messages(AdminChannel); len(got) != 1 || got[0].Text != "said" {
		t.Errorf("the effect was there before the cut: %+v", got)
	}
}
