package bot

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

// The settings whose fault a refusal can be.
const (
	botToken = "SLACK_BOT_TOKEN"
	appToken = "SLACK_APP_TOKEN"
)

func misconfigured(setting, what, remedy string, cause error) *store.Error {
	return &store.Error{Kind: store.Permanent, Message: setting + " " + what, Remedy: remedy, Err: cause}
}

// reason returns Slack's error code, or "" where err isn't Slack's answer.
func reason(err error) string {
	if refused, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return refused.Err
	}
	return ""
}

// fatalReason returns the error to end with where Slack's refusal of a call with the token never ends by trying again,
// and nil otherwise (https://docs.slack.dev/reference/methods/auth.test, errors common to all methods).
func fatalReason(token string, err error) error {
	where := "the Slack app's page OAuth & Permissions"
	if token == appToken {
		where = "the Slack app's page Basic Information, App-Level Tokens"
	}
	bad := func(what, remedy string) error { return misconfigured(token, what, remedy, err) }
	switch reason(err) {
	case "invalid_auth", "not_authed", "missing_args":
		return bad("is not a token that Slack knows", "Copy it anew from "+where+".")
	case "token_revoked", "token_expired":
		return bad("is no longer valid", "Make a new one on "+where+".")
	case "account_inactive":
		return bad("belongs to an app or a workspace that was removed or disabled", "Install the Slack app anew, and use the new token.")
	case "not_allowed_token_type":
		return bad("is a token of the wrong kind", "SLACK_BOT_TOKEN begins with xoxb-, SLACK_APP_TOKEN with xapp-. Copy it anew from "+where+".")
	case "missing_scope":
		return bad("lacks a scope that oktaws needs"+scopes(err), "Add the scopes of manifest.yml, install the Slack app again, and use the new token.")
	case "link_disabled":
		return bad("belongs to a Slack app whose Socket Mode is not enabled", "Enable it on the Slack app's page Socket Mode.")
	case "forbidden_team", "team_access_not_granted", "org_login_required":
		return bad("may not be used in this workspace", "Ask the workspace's administrators to allow the Slack app.")
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok && status.Code == http.StatusNotFound {
		return misconfigured("SLACK_API_URL", "doesn't lead to Slack's Web API", "Leave it unset for Slack itself.", err)
	}
	return nil
}

func scopes(err error) string {
	refused, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok || refused.Needed == "" {
		return ""
	}
	return fmt.Sprintf(" (%s)", refused.Needed)
}

// unreachable are the refusals that stay until somebody changes something about the place, or the person, that a
// message is for.
var unreachable = []string{
	"channel_not_found", "is_archived", "is_inactive", "not_in_channel", "restricted_action",
	"restricted_action_read_only_channel", "restricted_action_thread_only_channel", "restricted_action_non_threadable_channel",
	"restricted_action_thread_locked", "messages_tab_disabled", "cannot_dm_bot", "user_disabled", "user_not_found",
	"user_not_visible", "app_access_restricted", "access_denied", "no_permission", "ekm_access_denied", "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long",
	"msg_too_long", "no_text",
}

// gone are the refusals of an edit that say that the message itself can't be edited any more.
var gone = []string{"message_not_found", "cant_update_message", "edit_window_closed", "block_mismatch"}

// retryAfter says how long to leave a message alone after an attempt (0, 1, …) that failed with err.
func retryAfter(err error, attempt int) time.Duration {
	if slices.Contains(unreachable, reason(err)) {
		return backoff(attempt, 10*time.Minute, 6*time.Hour)
	}
	return backoff(attempt, time.Second, 5*time.Minute)
}
