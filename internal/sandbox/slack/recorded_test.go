package slack

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func recorded(t *testing.T, path string) []byte {
	t.Helper()
	root := os.Getenv("OKTAWS_RECORDED")
	if root == "" {
		t.Skip("OKTAWS_RECORDED is not set: nothing recorded to compare with")
	}
	if !filepath.IsAbs(root) { // it is given from the project's root
		root = filepath.Join("..", "..", "..", root)
	}
	data, err := os.ReadFile(filepath.Join(root, "slack", path))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// unattainable are limits at which something else is wrong: no URL has one character, and 0 itself is excluded.
var unattainable = map[string]bool{"url_source.url.min_length": true, "data_visualization.segment.value.exclusive_min": true}

// TestRecordedInvalidCases builds a violation of every constraint on the recorded list, by one more or less than the
// recorded limit, and has it refused.
func TestRecordedInvalidCases(t *testing.T) {
	var manifest struct {
		Cases []struct{ ID, Constraint, Description string }
	}
	if err := json.Unmarshal(recorded(t, "blockkit/slackblocks-invalid-cases.json"), &manifest); err != nil {
		t.Fatal(err)
	}
	var limits any
	if err := json.Unmarshal(recorded(t, "blockkit/slackblocks-limits.json"), &limits); err != nil {
		t.Fatal(err)
	}
	for _, c := range manifest.Cases {
		limit := 0
		at := limits
		for _, name := range strings.Split(c.Constraint, ".") {
			o, _ := at.(object)
			at = o[name]
		}
		if n, ok := at.(float64); ok {
			limit = int(n)
		}
		build, known := violations[c.ID]
		if !known {
			t.Errorf("no case for %s: %s", c.ID, c.Description)
			continue
		}
		within, beyond := build(limit), build(limit+1)
		if strings.Contains(c.Constraint, ".min") {
			beyond = build(limit - 1)
		}
		check := func(v any) []string {
			if o, ok := v.(object); ok && (o["type"] == "modal" || o["type"] == "home") {
				return ValidateView(raw(t, v))
			}
			return ValidateMessage("", raw(t, v))
		}
		if got := check(beyond); len(got) == 0 {
			t.Errorf("%s passes: %s", c.ID, c.Description)
		}
		if _, hasLimit := at.(float64); hasLimit {
			if got := check(within); got != nil && !unattainable[c.Constraint] {
				t.Errorf("%s at its limit of %d is refused: %q", c.ID, limit, got)
			}
		}
	}
	t.Logf("%d constraints", len(manifest.Cases))
}

func TestRecordedViewsPass(t *testing.T) {
	for _, name := range []string{"view_modal_001.json", "view_modal_002.json", "view_modal_003.json", "view_home_001.json"} {
		var v object
		if err := json.Unmarshal(recorded(t, "views/"+name), &v); err != nil {
			t.Fatal(err)
		}
		if got := ValidateView(raw(t, v)); got != nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// violations makes, for each constraint, a message or view with n of what it limits; where there is no number, one that
// is wrong.
var violations = map[string]func(n int) any{
	"text-empty":                    func(n int) any { return []any{section(object{"text": markdown(words(n))})} },
	"text-too-long":                 func(n int) any { return []any{section(object{"text": markdown(words(n))})} },
	"button-action-id-too-long":     func(n int) any { return []any{actions(press(object{"action_id": words(n)}))} },
	"button-text-too-long":          func(n int) any { return []any{actions(press(object{"text": plainText(words(n))}))} },
	"button-url-too-long":           func(n int) any { return []any{actions(press(object{"url": address(n)}))} },
	"button-value-too-long":         func(n int) any { return []any{actions(press(object{"value": words(n)}))} },
	"confirmation-title-too-long":   func(n int) any { return asking(object{"title": plainText(words(n))}) },
	"confirmation-text-too-long":    func(n int) any { return asking(object{"text": plainText(words(n))}) },
	"confirmation-confirm-too-long": func(n int) any { return asking(object{"confirm": plainText(words(n))}) },
	"confirmation-deny-too-long":    func(n int) any { return asking(object{"deny": plainText(words(n))}) },
	"option-text-too-long":          func(n int) any { return choosing(choice(object{"text": plainText(words(n))})) },
	"option-value-too-long":         func(n int) any { return choosing(choice(object{"value": words(n)})) },
	"option-description-too-long":   func(n int) any { return choosing(choice(object{"description": plainText(words(n))})) },
	"option-url-too-long": func(n int) any {
		return []any{actions(menu("overflow", object{"options": []any{choice(object{"url": "x:" + strings.Repeat("😀", n-2)})}}))}
	},
	"option-group-label-too-long": func(n int) any {
		return grouped(1, object{"label": plainText(words(n)), "options": []any{choice(nil)}})
	},
	"option-group-empty":            func(n int) any { return grouped(1, object{"label": plainText("x"), "options": repeat(n, choice(nil))}) },
	"option-group-too-many-options": func(n int) any { return grouped(1, object{"label": plainText("x"), "options": repeat(n, choice(nil))}) },
	"select-placeholder-too-long": func(n int) any {
		return []any{actions(menu("users_select", object{"placeholder": plainText(words(n))}))}
	},
	"select-too-many-options": func(n int) any {
		return []any{actions(menu("static_select", object{"options": repeat(n, choice(nil))}))}
	},
	"select-too-many-option-groups":  func(n int) any { return grouped(n, object{"label": plainText("x"), "options": []any{choice(nil)}}) },
	"overflow-empty":                 offering("overflow"),
	"overflow-too-many-options":      offering("overflow"),
	"checkboxes-empty":               offering("checkboxes"),
	"checkboxes-too-many-options":    offering("checkboxes"),
	"radio-buttons-empty":            offering("radio_buttons"),
	"radio-buttons-too-many-options": offering("radio_buttons"),
	"url-source-url-empty":           func(n int) any { return sourced(address(n)) },
	"url-source-url-too-long":        func(n int) any { return sourced(address(n)) },
	"table-too-many-rows":            func(int) any { return []any{object{"type": "table", "rows": repeat(101, repeat(1, rawText("x")))}} },
	"table-ragged-rows": func(int) any {
		return []any{object{"type": "table", "rows": []any{repeat(1, rawText("x")), repeat(2, rawText("x"))}}}
	},
	"table-column-settings-mismatch": func(int) any {
		return []any{object{"type": "table", "rows": []any{repeat(2, rawText("x"))}, "column_settings": []any{object{"align": "left"}}}}
	},
	"file-input-max-files-too-small":        field("file_input", "max_files"),
	"file-input-max-files-too-large":        field("file_input", "max_files"),
	"plain-text-input-max-length-too-large": field("plain_text_input", "max_length"),
	"actions-too-many-elements":             func(n int) any { return []any{actions(repeat(n, object{"type": "button", "text": plainText("x")})...)} },
	"context-too-many-elements":             func(n int) any { return []any{object{"type": "context", "elements": repeat(n, markdown("x"))}} },
	"header-text-too-long":                  func(n int) any { return []any{object{"type": "header", "text": plainText(words(n))}} },
	"image-url-too-long":                    func(n int) any { return []any{picture(object{"image_url": address(n)})} },
	"image-alt-text-too-long":               func(n int) any { return []any{picture(object{"alt_text": words(n)})} },
	"input-label-too-long": func(n int) any {
		return modal(nil, merge(inputOf(menu("plain_text_input", nil)), object{"label": plainText(words(n))}))
	},
	"input-hint-too-long": func(n int) any {
		return modal(nil, merge(inputOf(menu("plain_text_input", nil)), object{"hint": plainText(words(n))}))
	},
	"markdown-empty":                 func(n int) any { return []any{object{"type": "markdown", "text": words(n)}} },
	"markdown-too-long":              func(n int) any { return []any{object{"type": "markdown", "text": words(n)}} },
	"section-text-too-long":          func(n int) any { return []any{section(object{"text": plainText(words(n))})} },
	"section-too-many-fields":        func(n int) any { return []any{section(object{"fields": repeat(n, markdown("x"))})} },
	"section-field-too-long":         func(n int) any { return []any{section(object{"fields": []any{markdown(words(n))}})} },
	"video-alt-text-empty":           func(n int) any { return film(object{"alt_text": words(n)}) },
	"video-alt-text-too-long":        func(n int) any { return film(object{"alt_text": words(n)}) },
	"video-title-too-long":           func(n int) any { return film(object{"title": plainText(words(n))}) },
	"video-author-name-too-long":     func(n int) any { return film(object{"author_name": words(n)}) },
	"video-description-too-long":     func(n int) any { return film(object{"description": plainText(words(n))}) },
	"video-provider-name-too-long":   func(n int) any { return film(object{"provider_name": words(n)}) },
	"view-missing-blocks":            func(n int) any { return merge(modal(nil), object{"blocks": repeat(n, section(nil))}) },
	"view-too-many-blocks":           func(n int) any { return merge(modal(nil), object{"blocks": repeat(n, section(nil))}) },
	"view-private-metadata-too-long": func(n int) any { return modal(object{"private_metadata": words(n)}) },
	"view-callback-id-too-long":      func(n int) any { return modal(object{"callback_id": words(n)}) },
	"view-title-too-long":            func(n int) any { return modal(object{"title": plainText(words(n))}) },
	"view-close-too-long":            func(n int) any { return modal(object{"close": plainText(words(n))}) },
	"view-submit-too-long":           func(n int) any { return modal(object{"submit": plainText(words(n))}) },
	"section-missing-content":        func(int) any { return []any{object{"type": "section"}} },
	"static-select-options-and-groups": func(int) any {
		return []any{actions(menu("static_select", object{"options": []any{choice(nil)}, "option_groups": []any{object{"label": plainText("x"), "options": []any{choice(nil)}}}}))}
	},
	"image-url-and-slack-file": func(int) any { return []any{picture(object{"slack_file": object{"id": "F1"}})} },
	"number-input-inverted-range": func(int) any {
		return modal(nil, inputOf(menu("number_input", object{"is_decimal_allowed": false, "min_value": "5", "max_value": "4"})))
	},
	"context-invalid-element":             func(int) any { return []any{object{"type": "context", "elements": []any{press(nil)}}} },
	"input-invalid-element":               func(int) any { return modal(nil, inputOf(press(nil))) },
	"block-id-too-long":                   func(n int) any { return []any{section(object{"block_id": words(n)})} },
	"button-accessibility-label-too-long": func(n int) any { return []any{actions(press(object{"accessibility_label": words(n)}))} },
	"alert-text-too-long":                 func(n int) any { return modal(nil, object{"type": "alert", "text": plainText(words(n))}) },
	"card-title-too-long":                 func(n int) any { return []any{card(object{"title": plainText(words(n))})} },
	"card-subtitle-too-long":              func(n int) any { return []any{card(object{"subtitle": plainText(words(n))})} },
	"card-body-too-long":                  func(n int) any { return []any{card(object{"body": plainText(words(n))})} },
	"card-subtext-too-long":               func(n int) any { return []any{card(object{"subtext": plainText(words(n))})} },
	"card-too-many-actions": func(n int) any {
		return []any{card(object{"actions": repeat(n, object{"type": "button", "text": plainText("x")})})}
	},
	"carousel-empty":                  func(n int) any { return []any{object{"type": "carousel", "elements": repeat(n, card(nil))}} },
	"carousel-too-many-cards":         func(n int) any { return []any{object{"type": "carousel", "elements": repeat(n, card(nil))}} },
	"container-title-too-long":        func(n int) any { return []any{container(object{"title": plainText(words(n))})} },
	"container-subtitle-too-long":     func(n int) any { return []any{container(object{"subtitle": plainText(words(n))})} },
	"container-too-many-child-blocks": func(n int) any { return []any{container(object{"child_blocks": repeat(n, object{"type": "divider"})})} },
	"context-actions-too-many-elements": func(n int) any {
		return []any{object{"type": "context_actions", "elements": repeat(n, object{"type": "icon_button", "icon": "trash", "text": plainText("x")})}}
	},
	"feedback-button-text-too-long":                func(n int) any { return rated(object{"text": plainText(words(n))}) },
	"feedback-button-value-too-long":               func(n int) any { return rated(object{"value": words(n)}) },
	"feedback-button-accessibility-label-too-long": func(n int) any { return rated(object{"accessibility_label": words(n)}) },
	"icon-button-too-many-visible-users": func(n int) any {
		return []any{object{"type": "context_actions", "elements": []any{object{"type": "icon_button", "icon": "trash", "text": plainText("x"), "visible_to_user_ids": repeat(n, Requester)}}}}
	},
	"data-table-too-few-rows":        func(n int) any { return []any{data(repeat(n, repeat(1, rawText("x"))), nil)} },
	"data-table-too-many-rows":       func(n int) any { return []any{data(repeat(n, repeat(1, rawText("x"))), nil)} },
	"data-table-too-few-columns":     func(n int) any { return []any{data(repeat(2, repeat(n, rawText("x"))), nil)} },
	"data-table-too-many-columns":    func(n int) any { return []any{data(repeat(2, repeat(n, rawText("x"))), nil)} },
	"data-table-page-size-too-small": func(n int) any { return []any{data(repeat(2, repeat(1, rawText("x"))), object{"page_size": n})} },
	"data-table-page-size-too-large": func(n int) any { return []any{data(repeat(2, repeat(1, rawText("x"))), object{"page_size": n})} },
	"data-table-cell-text-empty":     func(n int) any { return []any{data(repeat(2, repeat(1, rawText(words(n)))), nil)} },
	"data-table-content-too-long": func(n int) any {
		return []any{data([]any{repeat(1, rawText("x")), repeat(1, rawText(words(n-1)))}, nil)}
	},
	"data-visualization-title-too-long": func(n int) any { return []any{merge(pie(1, nil), object{"title": words(n)})} },
	"pie-chart-empty":                   func(n int) any { return []any{pie(n, nil)} },
	"pie-chart-too-many-segments":       func(n int) any { return []any{pie(n, nil)} },
	"chart-segment-label-too-long":      func(n int) any { return []any{pie(1, object{"label": words(n)})} },
	"chart-segment-value-not-positive":  func(int) any { return []any{pie(1, object{"value": 0})} },
	"chart-series-empty":                func(n int) any { return bars(n, nil, nil) },
	"chart-too-many-series":             func(n int) any { return bars(n, nil, nil) },
	"data-series-name-too-long":         func(n int) any { return bars(1, object{"name": words(n)}, nil) },
	"data-series-empty":                 func(n int) any { return bars(1, object{"data": repeat(n, object{"label": "x", "value": 1})}, nil) },
	"data-series-too-many-points":       func(n int) any { return bars(1, object{"data": repeat(n, object{"label": "x", "value": 1})}, nil) },
	"data-point-label-too-long":         func(n int) any { return bars(1, object{"data": []any{object{"label": words(n), "value": 1}}}, nil) },
	"axis-categories-empty":             func(n int) any { return bars(1, nil, object{"categories": repeat(n, "x")}) },
	"axis-too-many-categories":          func(n int) any { return bars(1, nil, object{"categories": repeat(n, "x")}) },
	"axis-category-label-too-long":      func(n int) any { return bars(1, nil, object{"categories": []any{words(n)}}) },
	"axis-label-too-long":               func(n int) any { return bars(1, nil, object{"x_label": words(n)}) },
}

// address is a URL of n characters, where so many can be one.
func address(n int) string {
	if n < 10 {
		return words(n)
	}
	return "https://x/" + strings.Repeat("x", n-10)
}

func asking(with object) any {
	return []any{actions(press(object{"confirm": merge(object{"title": plainText("x"), "text": plainText("x")}, with)}))}
}

func choosing(option object) any {
	return []any{actions(menu("static_select", object{"options": []any{option}}))}
}

func grouped(n int, group object) any {
	return []any{actions(menu("static_select", object{"option_groups": repeat(n, group)}))}
}

func offering(kind string) func(int) any {
	return func(n int) any { return []any{actions(menu(kind, object{"options": repeat(n, choice(nil))}))} }
}

func field(kind, name string) func(int) any {
	return func(n int) any { return modal(nil, inputOf(menu(kind, object{name: n}))) }
}

func sourced(url string) any {
	return []any{object{"type": "task_card", "task_id": "1", "title": "x", "sources": []any{object{"type": "url", "url": url, "text": "x"}}}}
}

func rawText(s string) object { return object{"type": "raw_text", "text": s} }

func picture(with object) object {
	return merge(object{"type": "image", "image_url": "https://example.com/x.png", "alt_text": "x"}, with)
}

func film(with object) any {
	return []any{merge(object{"type": "video", "video_url": "https://x", "thumbnail_url": "https://x", "alt_text": "x", "title": plainText("x")}, with)}
}

func card(with object) object { return merge(object{"type": "card", "title": plainText("x")}, with) }

func container(with object) object {
	return merge(object{"type": "container", "title": plainText("x"), "child_blocks": []any{object{"type": "divider"}}}, with)
}

func rated(with object) any {
	button := object{"text": plainText("x"), "value": "x"}
	return []any{object{"type": "context_actions", "elements": []any{object{"type": "feedback_buttons", "positive_button": merge(button, with), "negative_button": button}}}}
}

func data(rows []any, with object) object {
	return merge(object{"type": "data_table", "caption": "x", "rows": rows}, with)
}

func pie(n int, with object) object {
	segment := merge(object{"label": "x", "value": 1}, with)
	return object{"type": "data_visualization", "title": "x", "chart": object{"type": "pie", "segments": repeat(n, segment)}}
}

func bars(n int, series, axis object) any {
	each := merge(object{"name": "x", "data": []any{object{"label": "x", "value": 1}}}, series)
	chart := object{"type": "bar", "series": repeat(n, each), "axis_config": merge(object{"categories": []any{"x"}}, axis)}
	return []any{object{"type": "data_visualization", "title": "x", "chart": chart}}
}
