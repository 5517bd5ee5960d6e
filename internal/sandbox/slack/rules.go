package slack

import (
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

func anything(*check, string, any) {}

func nothing(c *check, at string, _ any) { c.fail(at, "is not allowed here") }

// str is a string of least to most characters (Unicode code points, as Slack counts them).
func str(least, most int) rule {
	return func(c *check, at string, v any) {
		s, ok := v.(string)
		n := utf8.RuneCountInString(s)
		switch {
		case !ok:
			c.fail(at, "must be a string")
		case n < least:
			c.fail(at, "must be more than %d characters", least-1)
		case n > most:
			c.fail(at, "must be less than %d characters", most+1)
		}
	}
}

func flag(c *check, at string, v any) {
	if _, ok := v.(bool); !ok {
		c.fail(at, "must be a boolean")
	}
}

// number is a number of least to most.
func number(least, most float64) rule {
	return func(c *check, at string, v any) {
		n, ok := v.(json.Number)
		f, err := n.Float64()
		switch {
		case !ok || err != nil:
			c.fail(at, "must be a number")
		case f < least:
			c.fail(at, "must be at least %v", least)
		case f > most:
			c.fail(at, "must be at most %v", most)
		}
	}
}

// integer is a whole number of least to most.
func integer(least, most int64) rule {
	return func(c *check, at string, v any) {
		n, ok := v.(json.Number)
		if _, err := n.Int64(); !ok || err != nil {
			c.fail(at, "must be an integer")
			return
		}
		number(float64(least), float64(most))(c, at, v)
	}
}

// list is a list of least to most values that each keep to the rule.
func list(least, most int, each rule) rule {
	return func(c *check, at string, v any) {
		items, ok := v.([]any)
		switch {
		case !ok:
			c.fail(at, "must be an array")
			return
		case len(items) < least:
			c.fail(at, "no fewer than %d items allowed", least)
		case len(items) > most:
			c.fail(at, "no more than %d items allowed", most)
		}
		for i, v := range items {
			each(c, item(at, i), v)
		}
	}
}

func enum(values ...string) rule {
	return func(c *check, at string, v any) {
		if s, ok := v.(string); !ok || !slices.Contains(values, s) {
			c.fail(at, "must be one of: %s", strings.Join(values, ", "))
		}
	}
}

// link is a URL of at most 3000 characters with one of the schemes, or with any where there are none.
func link(schemes ...string) rule {
	return func(c *check, at string, v any) {
		before := len(c.problems)
		str(1, 3000)(c, at, v)
		if len(c.problems) > before {
			return
		}
		u, err := url.Parse(v.(string))
		if err != nil || u.Scheme == "" || len(schemes) > 0 && !slices.Contains(schemes, u.Scheme) {
			c.fail(at, "must be a valid URL")
		}
	}
}

func pattern(what string, ok func(string) bool) rule {
	return func(c *check, at string, v any) {
		if s, isString := v.(string); !isString || !ok(s) {
			c.fail(at, "must be %s", what)
		}
	}
}

// plain is a plain_text object of 1 to most characters.
func plain(most int) rule { return textObject(most, "plain_text") }

// text is a text object of either type, of 1 to most characters.
func text(most int) rule { return textObject(most, "plain_text", "mrkdwn") }

func textObject(most int, types ...string) rule {
	return shape{
		need: fields{"type": enum(types...), "text": str(1, most)},
		may:  fields{"emoji": flag, "verbatim": flag},
		also: func(c *check, at string, o object) {
			if o["type"] == "mrkdwn" && o["emoji"] == true {
				c.fail(at+"/emoji", "is for plain_text only")
			}
			if o["type"] == "plain_text" && o["verbatim"] == true {
				c.fail(at+"/verbatim", "is for mrkdwn only")
			}
		},
	}.is
}

// blockID is unique in a message or view.
func blockID(c *check, at string, v any) {
	str(1, 255)(c, at, v)
	if id, ok := v.(string); ok {
		if c.blockIDs[id] {
			c.fail(at, "block_id %q already exists", id)
		}
		c.blockIDs[id] = true
	}
}

// actionID is unique in its block.
func actionID(c *check, at string, v any) {
	str(1, 255)(c, at, v)
	if id, ok := v.(string); ok {
		if c.actionIDs[id] {
			c.fail(at, "action_id %q already exists in this block", id)
		}
		c.actionIDs[id] = true
	}
}

// focus is focus_on_load, which one element of a view may have.
func focus(c *check, at string, v any) {
	flag(c, at, v)
	if v == true {
		if c.focused++; c.focused > 1 {
			c.fail(at, "only one element may have focus_on_load")
		}
	}
}

// confirm is the dialog that asks once more.
var confirm = shape{
	need: fields{"title": plain(100), "text": text(300)},
	may:  fields{"confirm": plain(30), "deny": plain(30), "style": enum("primary", "danger")},
}.is

// option is a choice of a menu; label is the rule of its text and description.
func option(label func(int) rule, more fields) rule {
	return shape{
		need: fields{"text": label(75), "value": str(1, 150)},
		may:  fields{"description": label(75)}.and(more),
	}.is
}

var optionGroup = shape{need: fields{"label": plain(75), "options": list(1, 100, option(plain, nil))}}.is

// choices are the options of a menu, in groups or not.
var choices = fields{
	"options":       list(1, 100, option(plain, nil)),
	"option_groups": list(1, 100, optionGroup),
}

// oneSource holds for a menu with options: either the one or the other, and what is chosen at first is among them.
func oneSource(c *check, at string, o object) {
	if (o["options"] == nil) == (o["option_groups"] == nil) {
		c.fail(at, "must have either options or option_groups")
	}
	initialAmong(c, at, o)
}

// initialAmong holds for what is chosen at first.
func initialAmong(c *check, at string, o object) {
	offered := optionsOf(o)
	look := func(at string, v any) {
		if !slices.ContainsFunc(offered, func(have any) bool { return reflect.DeepEqual(have, v) }) {
			c.fail(at, "must be one of the options")
		}
	}
	if v := o["initial_option"]; v != nil {
		look(at+"/initial_option", v)
	}
	many, _ := o["initial_options"].([]any)
	for i, v := range many {
		look(item(at+"/initial_options", i), v)
	}
}

// optionsOf returns the options that an element offers, those in groups too.
func optionsOf(o object) []any {
	out, _ := o["options"].([]any)
	groups, _ := o["option_groups"].([]any)
	for _, g := range groups {
		group, _ := g.(object)
		more, _ := group["options"].([]any)
		out = append(slices.Clone(out), more...)
	}
	return out
}
