package slack

import "math"

// placed is a block's shape and where it may be shown.
type placed struct {
	in    surface
	shape shape
}

// blockTable is Block Kit (docs.slack.dev/reference/block-kit/blocks). Tables, cards and charts are for messages; an
// alert is for modals.
var blockTable = map[string]placed{
	"section": {anywhere, shape{
		need: fields{"type": anything},
		may: fields{
			"block_id": blockID, "text": text(3000), "fields": list(1, 10, text(2000)),
			"accessory": element(sectionElements...), "expand": flag,
		},
		also: func(c *check, at string, o object) {
			if o["text"] == nil && o["fields"] == nil {
				c.fail(at, "missing required field: text (or fields)")
			}
		},
	}},
	"divider": {anywhere, shape{need: fields{"type": anything}, may: fields{"block_id": blockID}}},
	"header": {anywhere, shape{
		need: fields{"type": anything, "text": plain(150)},
		may:  fields{"block_id": blockID, "level": integer(1, 6)},
	}},
	"image": {anywhere, shape{
		need: fields{"type": anything, "alt_text": str(1, 2000)},
		may:  fields{"block_id": blockID, "image_url": link("http", "https"), "slack_file": slackFile, "title": plain(2000)},
		also: oneImage,
	}},
	"actions": {anywhere, shape{
		need: fields{"type": anything, "elements": list(1, 25, element(actionElements...))},
		may:  fields{"block_id": blockID},
	}},
	"context": {anywhere, shape{
		need: fields{"type": anything, "elements": list(1, 10, contextElement)},
		may:  fields{"block_id": blockID},
	}},
	"context_actions": {inMessage, shape{
		need: fields{"type": anything, "elements": list(1, 5, element(feedbackElements...))},
		may:  fields{"block_id": blockID},
	}},
	"input": {anywhere, shape{
		need: fields{"type": anything, "label": plain(2000), "element": element(inputElements...)},
		may:  fields{"block_id": blockID, "hint": plain(2000), "optional": flag, "dispatch_action": flag},
		also: func(c *check, _ string, _ object) { c.inputs++ },
	}},
	"rich_text": {anywhere, shape{
		need: fields{"type": anything, "elements": list(0, math.MaxInt32, richText)},
		may:  fields{"block_id": blockID},
	}},
	"video": {anywhere, shape{
		need: fields{"type": anything, "video_url": link("https"), "thumbnail_url": link("https"), "alt_text": str(1, 200), "title": plain(200)},
		may: fields{
			"block_id": blockID, "title_url": link("https"), "author_name": str(0, 50), "provider_name": str(0, 50),
			"provider_icon_url": link("https"), "description": plain(200),
		},
	}},
	"file": {inMessage, shape{
		need: fields{"type": anything, "external_id": str(1, 255), "source": enum("remote")},
		may:  fields{"block_id": blockID},
	}},
	"markdown": {inMessage, shape{
		need: fields{"type": anything, "text": str(1, 12_000)},
		may:  fields{"block_id": blockID},
	}},
	"alert": {inModal, shape{
		need: fields{"type": anything, "text": text(200)},
		may:  fields{"block_id": blockID, "level": enum("default", "info", "warning", "error", "success")},
	}},
	"card":               {inMessage, cardShape},
	"carousel":           {inMessage, shape{need: fields{"type": anything, "elements": list(1, 10, blockOf("card"))}, may: fields{"block_id": blockID}}},
	"container":          {inMessage, containerShape},
	"table":              {inMessage, tableShape},
	"data_table":         {inMessage, dataTableShape},
	"data_visualization": {inMessage, chartShape},
	"task_card":          {inMessage, taskCardShape},
	"plan": {inMessage, shape{
		need: fields{"type": anything, "title": str(1, 255)},
		may:  fields{"block_id": blockID, "tasks": list(0, MessageBlocks, blockOf("task_card"))},
	}},
}

func contextElement(c *check, at string, v any) {
	o, _ := v.(object)
	switch o["type"] {
	case "image":
		imageShape.check(c, at, o)
	case "plain_text", "mrkdwn":
		text(3000)(c, at, v)
	default:
		c.fail(at+"/type", "unsupported type: %v", o["type"])
	}
}

// richText looks at the outline alone: what stands in a paragraph is Slack's own format, which clients write.
func richText(c *check, at string, v any) {
	o, _ := v.(object)
	switch o["type"] {
	case "rich_text_list":
		list(0, math.MaxInt32, richText)(c, at+"/elements", o["elements"])
		enum("bullet", "ordered")(c, at+"/style", o["style"])
	case "rich_text_section", "rich_text_preformatted", "rich_text_quote":
		list(0, math.MaxInt32, shape{need: fields{"type": str(1, 255)}, may: fields{}}.open)(c, at+"/elements", o["elements"])
	default:
		c.fail(at+"/type", "unsupported type: %v", o["type"])
	}
}

// open is the rule of an object that may have any other fields.
func (s shape) open(c *check, at string, v any) {
	o, ok := v.(object)
	if !ok {
		c.fail(at, "must be an object")
		return
	}
	for name, r := range s.need {
		if o[name] == nil {
			c.fail(at, "missing required field: %s", name)
			continue
		}
		r(c, at+"/"+name, o[name])
	}
}
