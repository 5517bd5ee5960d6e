package app

import (
	"strings"

	"github.com/agext/levenshtein"
)

// didYouMean proposes the one of names that is most like name, or else lists them where they are few.
func didYouMean(name string, names []string) string {
	best, score := "", 0.6
	for _, n := range names {
		if s := levenshtein.Match(strings.ToLower(name), strings.ToLower(n), nil); s > score {
			best, score = n, s
		}
	}
	switch {
	case best != "":
		return "Did you mean " + best + "?"
	case len(names) < 8:
		return "Known are " + strings.Join(names, ", ") + "."
	}
	return "oktaws.example.yaml lists all of them."
}
