package slack

import (
	"math"
	"unicode/utf8"
)

// The newer blocks for messages: cards, containers, tables and charts.

var cardShape = shape{
	need: fields{"type": anything},
	may: fields{
		"block_id": blockID, "hero_image": element("image"), "icon": element("image"), "slack_icon": anything,
		"title": text(150), "subtitle": text(150), "body": text(200), "subtext": text(200),
		"actions": list(1, 3, element("button")),
	},
	also: func(c *check, at string, o object) {
		if o["icon"] != nil && o["slack_icon"] != nil {
			c.fail(at, "must have only one of icon and slack_icon")
		}
		if o["hero_image"] == nil && o["title"] == nil && o["body"] == nil && o["actions"] == nil {
			c.fail(at, "must have at least one of hero_image, title, body and actions")
		}
	},
}

var containerShape = shape{
	need: fields{"type": anything, "child_blocks": list(1, 10, block)},
	may: fields{
		"block_id": blockID, "title": plain(150), "rich_text_title": blockOf("rich_text"), "subtitle": text(150), "icon": element("image"),
		"width": enum("narrow", "standard", "wide", "full"), "is_collapsible": flag, "default_collapsed": flag, "has_header_divider": flag,
	},
}

var taskCardShape = shape{
	need: fields{"type": anything, "task_id": str(1, 255), "title": str(1, 255)},
	may: fields{
		"block_id": blockID, "status": enum("pending", "in_progress", "complete", "error"), "hide_title": flag,
		"details": blockOf("rich_text"), "output": blockOf("rich_text"),
		"sources": list(0, 100, shape{need: fields{"type": enum("url"), "url": link(), "text": str(1, 3000)}}.is),
	},
}

// cell is a cell of a table; the types say which it may be of.
func cell(types ...string) rule {
	return func(c *check, at string, v any) {
		if v == nil {
			return
		}
		o, _ := v.(object)
		name, _ := o["type"].(string)
		enum(types...)(c, at+"/type", o["type"])
		switch name {
		case "raw_text":
			shape{need: fields{"type": anything, "text": str(1, math.MaxInt32)}}.check(c, at, o)
		case "raw_number":
			shape{need: fields{"type": anything, "value": number(-math.MaxFloat64, math.MaxFloat64)}, may: fields{"text": str(0, 255)}}.check(c, at, o)
		case "rich_text":
			shape{need: fields{"type": anything, "elements": list(0, math.MaxInt32, richText)}}.check(c, at, o)
		case "action_cell":
			shape{need: fields{"type": anything, "element": element("button")}, may: fields{"fallback": cell("raw_text", "raw_number", "rich_text")}}.check(c, at, o)
		}
	}
}

// even holds where every row has as many cells as the first; it returns that number.
func even(c *check, at string, o object) int {
	rows, _ := o["rows"].([]any)
	width := 0
	for i, r := range rows {
		cells, _ := r.([]any)
		if i == 0 {
			width = len(cells)
		}
		if len(cells) != width {
			c.fail(item(at+"/rows", i), "must have %d cells, as the first row has", width)
		}
	}
	return width
}

var tableShape = shape{
	need: fields{"type": anything, "rows": list(1, 100, list(1, 20, cell("raw_text", "raw_number", "rich_text")))},
	may: fields{
		"block_id": blockID,
		"column_settings": list(1, 20, func(c *check, at string, v any) {
			if v != nil {
				shape{may: fields{"align": enum("left", "center", "right"), "is_wrapped": flag}}.is(c, at, v)
			}
		}),
	},
	also: func(c *check, at string, o object) {
		if c.tables++; c.tables > 1 {
			c.fail(at, "only one table is allowed in a message")
		}
		width := even(c, at, o)
		if settings, ok := o["column_settings"].([]any); ok && len(settings) != width {
			c.fail(at+"/column_settings", "must have %d items, one for each column", width)
		}
	},
}

var dataTableShape = shape{
	need: fields{
		"type": anything, "caption": str(1, 255),
		"rows": list(2, 201, list(1, 20, cell("raw_text", "raw_number", "rich_text", "action_cell"))),
	},
	may: fields{"block_id": blockID, "page_size": integer(1, 100), "row_header_column_index": integer(0, 19)},
	also: func(c *check, at string, o object) {
		even(c, at, o)
		if n := characters(o["rows"]); n > 20_000 {
			c.fail(at+"/rows", "must be less than 20001 characters in all")
		}
	},
}

// characters counts those of every text inside v.
func characters(v any) int {
	n := 0
	switch v := v.(type) {
	case []any:
		for _, each := range v {
			n += characters(each)
		}
	case object:
		for name, each := range v {
			if s, ok := each.(string); ok && name == "text" {
				n += utf8.RuneCountInString(s)
				continue
			}
			n += characters(each)
		}
	}
	return n
}

var chartShape = shape{
	need: fields{"type": anything, "title": str(1, 50), "chart": chart},
	may:  fields{"block_id": blockID},
}

func chart(c *check, at string, v any) {
	o, _ := v.(object)
	switch o["type"] {
	case "pie":
		shape{need: fields{"type": anything, "segments": list(1, 12, shape{need: fields{
			"label": str(1, 20), "value": number(math.SmallestNonzeroFloat64, math.MaxFloat64),
		}}.is)}}.check(c, at, o)
	case "bar", "area", "line":
		point := shape{need: fields{"label": str(1, 20), "value": number(-math.MaxFloat64, math.MaxFloat64)}}.is
		shape{need: fields{
			"type":   anything,
			"series": list(1, 12, shape{need: fields{"name": str(1, 20), "data": list(1, 20, point)}}.is),
			"axis_config": shape{
				need: fields{"categories": list(1, 20, str(1, 20))},
				may:  fields{"x_label": str(0, 50), "y_label": str(0, 50)},
			}.is,
		}}.check(c, at, o)
	default:
		c.fail(at+"/type", "unsupported type: %v", o["type"])
	}
}
