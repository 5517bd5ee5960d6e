package blockkit

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

var dateField = regexp.MustCompile(`\{[a-z_]+\}`)

// formatDate fills in the fields of a format such as "{date_short_pretty} at {time}", in English with a clock of twelve
// hours, as Slack does for English (US) (docs.slack.dev/messaging/formatting-message-text [D]). "Today" has its capital
// where the format begins with it [C]. A field that Slack doesn't know stays as it is.
func formatDate(t, now time.Time, format string) string {
	out := dateField.ReplaceAllStringFunc(format, func(field string) string {
		name := strings.Trim(field, "{}")
		base, pretty := strings.CutSuffix(name, "_pretty")
		out := ""
		switch base {
		case "date_num":
			out = t.Format(time.DateOnly)
		case "date_slash":
			out = t.Format("01/02/2006")
		case "date":
			out = t.Format("January ") + ordinal(t.Day()) + t.Format(", 2006")
		case "date_short":
			out = t.Format("Jan 2, 2006")
		case "date_long":
			out = t.Format("Monday, January ") + ordinal(t.Day()) + t.Format(", 2006")
		case "date_long_full":
			out = t.Format("January 2, 2006")
		case "day_divider":
			if out = t.Format("Monday, January ") + ordinal(t.Day()); t.Year() != now.Year() {
				out += t.Format(", 2006")
			}
		case "time":
			return t.Format("3:04 PM")
		case "time_secs":
			return t.Format("3:04:05 PM")
		case "ago":
			return ago(t, now)
		default:
			return field
		}
		if near := nearby(t, now); pretty && near != "" {
			out = near
		}
		return out
	})
	if strings.HasPrefix(format, "{") && out != format {
		out = strings.ToUpper(out[:1]) + out[1:]
	}
	return out
}

// nearby is yesterday, today or tomorrow, where t is that.
func nearby(t, now time.Time) string {
	for word, days := range map[string]int{"yesterday": -1, "today": 0, "tomorrow": 1} {
		if t.Format(time.DateOnly) == now.AddDate(0, 0, days).Format(time.DateOnly) {
			return word
		}
	}
	return ""
}

func ordinal(n int) string {
	suffix := "th"
	if n/10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprint(n, suffix)
}

// ago is how long t lies back or ahead, in the largest unit.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	ahead := d < 0
	if ahead {
		d = -d
	}
	n, unit := int(d/time.Second), "second"
	for _, u := range []struct {
		name string
		is   time.Duration
	}{{"minute", time.Minute}, {"hour", time.Hour}, {"day", 24 * time.Hour}, {"month", 30 * 24 * time.Hour}, {"year", 365 * 24 * time.Hour}} {
		if d >= u.is {
			n, unit = int(d/u.is), u.name
		}
	}
	if n != 1 {
		unit += "s"
	}
	if ahead {
		return fmt.Sprintf("in %d %s", n, unit)
	}
	return fmt.Sprintf("%d %s ago", n, unit)
}
