package awspage

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// span is a duration in hours and minutes, or in seconds where it is shorter than a minute.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	hours, minutes := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d/time.Second))
	case hours == 0:
		return fmt.Sprintf("%d min", minutes)
	case minutes == 0:
		return fmt.Sprintf("%d h", hours)
	}
	return fmt.Sprintf("%d h %d min", hours, minutes)
}

// state is how a CloudFormation status, or what was found of drift, is coloured: good, bad, busy or off.
func state(status string) string {
	switch {
	case strings.HasSuffix(status, "_IN_PROGRESS"):
		if strings.Contains(status, "ROLLBACK") {
			return "bad"
		}
		return "busy"
	case strings.Contains(status, "ROLLBACK"), strings.HasSuffix(status, "_FAILED"):
		return "bad"
	case status == "DRIFTED":
		return "bad"
	case status == "DELETE_COMPLETE", status == "NOT_CHECKED", status == "UNKNOWN":
		return "off"
	}
	return "good"
}

// dashed is an account's ID as the console writes it, 1234-5678-9012.
func dashed(id string) string {
	if len(id) != 12 {
		return id
	}
	return id[:4] + "-" + id[4:8] + "-" + id[8:]
}

// pair is a line of a map, such as a tag.
type pair struct{ Key, Value string }

func pairs(m map[string]string) []pair {
	out := make([]pair, 0, len(m))
	for _, k := range sortedKeys(m) {
		out = append(out, pair{k, m[k]})
	}
	return out
}

// count is a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// list is an enumeration: a, b and c.
func list(items []string, last string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	n := len(items) - 1
	return strings.Join(items[:n], ", ") + " " + last + " " + items[n]
}
