package blockkit

import (
	"encoding/json"
	"mime/multipart"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fieldName names the value of a field in the form that a modal is.
func fieldName(block, action string) string {
	return "field:" + url.QueryEscape(block) + ":" + url.QueryEscape(action)
}

// uploadName names the files that somebody adds to a field.
func uploadName(block, action string) string {
	return "upload:" + strings.TrimPrefix(fieldName(block, action), "field:")
}

// zoneOf names what says in which time zone the field's moment was typed.
func zoneOf(name string) string { return "zone:" + name }

// Values are a submitted modal's fields as slack.Server.Submit takes them: block ID → action ID → a string, a list of
// strings where several may be chosen, or nil for nothing; a date with time is an int64, in seconds since 1970, as Slack
// has it. Fields of blocks that were not in the form are left out. Of files there are the IDs of those that a field held
// already; see Uploads for new ones.
func Values(form url.Values, blocks json.RawMessage) map[string]map[string]any {
	out := map[string]map[string]any{}
	list, _ := decode(blocks)
	controls(list, func(b, e node) {
		block, action := b.str("block_id"), e.str("action_id")
		name := fieldName(block, action)
		given, there := form[name]
		if b.kind() != "input" || !there {
			return
		}
		if out[block] == nil {
			out[block] = map[string]any{}
		}
		out[block][action] = valueOf(e, given, form.Get(zoneOf(name)))
	})
	return out
}

// Upload is files that somebody adds to a field.
type Upload struct {
	Block, Action string
	Files         []*multipart.FileHeader
}

// Uploads are the files that came with a modal's form, for slack.Server.UploadFor; the IDs that it returns belong to the
// field's Values.
func Uploads(form *multipart.Form, blocks json.RawMessage) []Upload {
	var out []Upload
	list, _ := decode(blocks)
	controls(list, func(b, e node) {
		if form == nil || e.kind() != "file_input" {
			return
		}
		block, action := b.str("block_id"), e.str("action_id")
		if files := form.File[uploadName(block, action)]; len(files) > 0 {
			out = append(out, Upload{block, action, files})
		}
	})
	return out
}

// Press reads what somebody acted on, from what was posted to Surface.Action: http.Request.Form, which holds the query
// too. The choice is nil for a button, and else as slack.Server.Select takes it: a string, a list of strings of a menu
// that takes several, or an int64 of a date with time.
func Press(form url.Values, blocks json.RawMessage) (block, action string, choice any) {
	block, action = form.Get("block"), form.Get("action")
	list, _ := decode(blocks)
	controls(list, func(b, e node) {
		if b.str("block_id") != block || e.str("action_id") != action || strings.HasSuffix(e.kind(), "button") {
			return
		}
		name, zone := "choice", form.Get("zone:choice")
		if !form.Has(name) { // in a modal, without scripts
			name = fieldName(block, action)
			zone = form.Get(zoneOf(name))
		}
		choice = valueOf(e, form[name], zone)
	})
	return block, action, choice
}

// valueOf makes of what a form holds what the element's type says. An empty value only says that the field was there.
func valueOf(e node, given []string, zone string) any {
	given = slices.DeleteFunc(append([]string{}, given...), func(s string) bool { return s == "" })
	kind := e.kind()
	if kind == "checkboxes" || kind == "file_input" || strings.HasPrefix(kind, "multi_") {
		return given
	}
	if len(given) == 0 {
		return nil
	}
	one := given[len(given)-1]
	switch kind {
	case "datetimepicker":
		return moment(one, zone)
	case "plain_text_input", "rich_text_input":
		return strings.ReplaceAll(one, "\r\n", "\n") // forms send line ends so
	}
	return one
}

// moment is what a field of date and time holds, in seconds since 1970; a value that is none stays as it is, for Slack to
// refuse.
func moment(local, zone string) any {
	if sec, err := strconv.ParseInt(local, 10, 64); err == nil {
		return sec
	}
	where, err := time.LoadLocation(zone)
	if err != nil {
		where = time.UTC
	}
	for _, layout := range []string{localTime, localTime + ":05"} {
		if t, err := time.ParseInLocation(layout, local, where); err == nil {
			return t.Unix()
		}
	}
	return local
}
