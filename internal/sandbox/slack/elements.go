package slack

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// The types of element that each block takes (docs.slack.dev/reference/block-kit/block-elements).
var (
	menus = []string{
		"static_select", "external_select", "users_select", "conversations_select", "channels_select",
		"multi_static_select", "multi_external_select", "multi_users_select", "multi_conversations_select", "multi_channels_select",
	}
	pickers          = []string{"checkboxes", "radio_buttons", "datepicker", "timepicker"}
	actionElements   = join(menus, pickers, []string{"button", "workflow_button", "overflow", "datetimepicker"})
	sectionElements  = join(menus, pickers, []string{"button", "workflow_button", "overflow", "image"})
	inputElements    = join(menus, pickers, []string{"datetimepicker", "plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input"})
	feedbackElements = []string{"feedback_buttons", "icon_button"}
)

func join(lists ...[]string) []string {
	var out []string
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// Fields that many elements share.
var (
	acts    = fields{"action_id": actionID, "confirm": confirm}
	prompts = fields{"placeholder": plain(150), "focus_on_load": focus}
	ids     = list(0, 100, str(1, 255))
	filter  = shape{may: fields{
		"include":                          list(1, 4, enum("im", "mpim", "private", "public")),
		"exclude_external_shared_channels": flag,
		"exclude_bot_users":                flag,
	}}.is
	dispatch = shape{may: fields{"trigger_actions_on": list(1, 2, enum("on_enter_pressed", "on_character_entered"))}}.is
	some     = fields{"max_selected_items": integer(1, math.MaxInt32)}
	button   = fields{
		"action_id": actionID, "confirm": confirm, "value": str(0, 2000),
		"accessibility_label": str(0, 75), "visible_to_user_ids": list(1, 10, str(1, 255)),
	}
	feedback = shape{
		need: fields{"text": plain(75), "value": str(1, 2000)},
		may:  fields{"accessibility_label": str(0, 75)},
	}.is
	date     = pattern("a date such as 2006-01-02", func(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil })
	clock    = pattern("a time such as 15:04", func(s string) bool { _, err := time.Parse("15:04", s); return err == nil })
	timezone = pattern("a time zone such as Europe/London", func(s string) bool { _, err := time.LoadLocation(s); return err == nil })
	decimal  = pattern("a number in a string", func(s string) bool { _, err := strconv.ParseFloat(s, 64); return err == nil })
)

var elementTable = map[string]shape{
	"button": {
		need: fields{"type": anything, "text": plain(75)},
		may:  button.and(fields{"url": link(), "style": enum("primary", "danger"), "agent_prompt": str(0, 3000), "agent_prompt_display": str(0, 3000)}),
	},
	"workflow_button": {
		need: fields{"type": anything, "text": plain(75), "workflow": anything},
		may:  fields{"action_id": actionID, "style": enum("primary", "danger"), "accessibility_label": str(0, 75)},
	},
	"icon_button":      {need: fields{"type": anything, "text": plain(75), "icon": str(1, 255)}, may: button},
	"feedback_buttons": {need: fields{"type": anything, "positive_button": feedback, "negative_button": feedback}, may: fields{"action_id": actionID}},
	"image":            imageShape,
	"overflow":         {need: fields{"type": anything, "options": list(1, 5, option(plain, fields{"url": link()}))}, may: acts},

	"static_select": {
		need: fields{"type": anything},
		may:  acts.and(prompts).and(choices).and(fields{"initial_option": anything}),
		also: oneSource,
	},
	"external_select": {
		need: fields{"type": anything},
		may:  acts.and(prompts).and(fields{"initial_option": option(plain, nil), "min_query_length": integer(0, 255)}),
	},
	"users_select": {need: fields{"type": anything}, may: acts.and(prompts).and(fields{"initial_user": str(1, 255)})},
	"conversations_select": {need: fields{"type": anything}, may: acts.and(prompts).and(fields{
		"initial_conversation": str(1, 255), "default_to_current_conversation": flag, "response_url_enabled": flag, "filter": filter,
	})},
	"channels_select": {need: fields{"type": anything}, may: acts.and(prompts).and(fields{"initial_channel": str(1, 255), "response_url_enabled": flag})},

	"multi_static_select": {
		need: fields{"type": anything},
		may:  acts.and(prompts).and(choices).and(some).and(fields{"initial_options": list(1, 100, anything)}),
		also: oneSource,
	},
	"multi_external_select": {
		need: fields{"type": anything},
		may:  acts.and(prompts).and(some).and(fields{"initial_options": list(1, 100, option(plain, nil)), "min_query_length": integer(0, 255)}),
	},
	"multi_users_select": {need: fields{"type": anything}, may: acts.and(prompts).and(some).and(fields{"initial_users": ids})},
	"multi_conversations_select": {need: fields{"type": anything}, may: acts.and(prompts).and(some).and(fields{
		"initial_conversations": ids, "default_to_current_conversation": flag, "filter": filter,
	})},
	"multi_channels_select": {need: fields{"type": anything}, may: acts.and(prompts).and(some).and(fields{"initial_channels": ids})},

	"checkboxes": {
		need: fields{"type": anything, "options": list(1, 10, option(text, nil))},
		may:  acts.and(fields{"initial_options": list(1, 10, anything), "focus_on_load": focus, "visible_to_user_ids": list(1, 10, str(1, 255))}),
		also: initialAmong,
	},
	"radio_buttons": {
		need: fields{"type": anything, "options": list(1, 10, option(text, nil))},
		may:  acts.and(fields{"initial_option": anything, "focus_on_load": focus}),
		also: initialAmong,
	},
	"datepicker":     {need: fields{"type": anything}, may: acts.and(prompts).and(fields{"initial_date": date})},
	"timepicker":     {need: fields{"type": anything}, may: acts.and(prompts).and(fields{"initial_time": clock, "timezone": timezone})},
	"datetimepicker": {need: fields{"type": anything}, may: acts.and(fields{"initial_date_time": integer(1_000_000_000, 9_999_999_999), "focus_on_load": focus})},

	"plain_text_input": {
		need: fields{"type": anything},
		may: prompts.and(fields{
			"action_id": actionID, "initial_value": str(0, 3000), "multiline": flag,
			"min_length": integer(0, 3000), "max_length": integer(1, 3000), "dispatch_action_config": dispatch,
		}),
		also: inOrder("min_length", "max_length"),
	},
	"email_text_input": {need: fields{"type": anything}, may: prompts.and(fields{"action_id": actionID, "initial_value": str(0, 3000), "dispatch_action_config": dispatch})},
	"url_text_input":   {need: fields{"type": anything}, may: prompts.and(fields{"action_id": actionID, "initial_value": str(0, 3000), "dispatch_action_config": dispatch})},
	"number_input": {
		need: fields{"type": anything, "is_decimal_allowed": flag},
		may: prompts.and(fields{
			"action_id": actionID, "initial_value": decimal, "min_value": decimal, "max_value": decimal, "dispatch_action_config": dispatch,
		}),
		also: inOrder("min_value", "max_value"),
	},
	"rich_text_input": {need: fields{"type": anything}, may: prompts.and(fields{
		"action_id": actionID, "initial_value": blockOf("rich_text"), "dispatch_action_config": dispatch, "min_lines": integer(1, 100), "max_lines": integer(1, 100),
	})},
	"file_input": {need: fields{"type": anything}, may: fields{"action_id": actionID, "filetypes": list(1, 100, str(1, 255)), "max_files": integer(1, 10)}},
}

// imageShape is an image inside another block.
var imageShape = shape{
	need: fields{"type": anything, "alt_text": str(1, 2000)},
	may:  fields{"image_url": link("http", "https"), "slack_file": slackFile},
	also: oneImage,
}

var slackFile = shape{
	may: fields{"id": str(1, 255), "url": link("http", "https")},
	also: func(c *check, at string, o object) {
		if (o["id"] == nil) == (o["url"] == nil) {
			c.fail(at, "must have either id or url")
		}
	},
}.is

func oneImage(c *check, at string, o object) {
	if (o["image_url"] == nil) == (o["slack_file"] == nil) {
		c.fail(at, "must have either image_url or slack_file")
	}
}

// inOrder holds where the one field, a number or a number in a string, is at most the other.
func inOrder(low, high string) func(*check, string, object) {
	return func(c *check, at string, o object) {
		a, okA := numeric(o[low])
		b, okB := numeric(o[high])
		if okA && okB && a > b {
			c.fail(at+"/"+low, "must be no more than %s", high)
		}
	}
}

func numeric(v any) (float64, bool) {
	s := ""
	switch v := v.(type) {
	case string:
		s = v
	case json.Number:
		s = v.String()
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}
