package roster

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/store"
)

// asText is how a spreadsheet keeps an account ID whole.
const asText = "Format the column as text in the spreadsheet, write the ID anew with all its 12 digits, and save it again."

// scientific is what a spreadsheet makes of a long number: 1.11122E+11.
var scientific = regexp.MustCompile(`^\d([.,]\d+)?[eE]\+?\d{1,2}$`)

// bare is an account as a cell has it, without what spreadsheets put around it to keep it a text: '0123… and ="0123…".
func bare(cell string) string {
	cell = strings.TrimSpace(cell)
	cell = strings.TrimPrefix(cell, "=")
	return strings.TrimSpace(strings.Trim(cell, `"'`))
}

// digitsOf takes out of an ID the hyphens, and what programs make of them, and the spaces.
func digitsOf(id string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-‐‑‒–—−  ", r) {
			return -1
		}
		return r
	}, id)
}

// looksLikeAccount says whether a cell is meant to be an account, right or wrong.
func looksLikeAccount(cell string) bool {
	_, id := cutPartition(bare(cell))
	digits := digitsOf(strings.TrimSuffix(id, ".0"))
	return scientific.MatchString(id) || len(digits) >= 9 && len(digits) <= 14 && isDigits(digits)
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// cutPartition takes the partition off an account such as aws-us-gov/111122223333.
func cutPartition(s string) (partition, id string) {
	partition, id, has := strings.Cut(s, "/")
	if !has {
		return "", s
	}
	return strings.ToLower(strings.TrimSpace(partition)), strings.TrimSpace(id)
}

// account reads an account. partition is that of a column of its own, if there is one. What is wrong has no line yet.
func (r Rules) account(cell, partition string) (store.AccountKey, *Problem) {
	own, id := cutPartition(bare(cell))
	switch partition = strings.ToLower(strings.TrimSpace(partition)); {
	case own != "" && partition != "" && own != partition:
		return store.AccountKey{}, &Problem{What: fmt.Sprintf("the account %s is in one partition, and the column of partitions says %s", shown(cell), shown(partition)), Remedy: "Leave one of the two out."}
	case own != "":
		partition = own
	case partition == "":
		partition = r.partitions()[0]
	}
	if !slices.Contains(r.partitions(), partition) {
		return store.AccountKey{}, &Problem{What: "oktaws doesn't serve the partition " + shown(partition), Remedy: "It serves: " + strings.Join(r.partitions(), ", ") + "."}
	}
	digits, problem := twelve(cell, id)
	return store.AccountKey{Partition: partition, ID: digits}, problem
}

// twelve returns the ID's digits. An ID that a spreadsheet has made a number of is not guessed at: a wrong account would
// be linked.
func twelve(cell, id string) (string, *Problem) {
	digits := digitsOf(strings.TrimSuffix(id, ".0")) // programs write whole numbers so at times
	switch {
	case digits == "":
		return "", &Problem{What: "there is no account ID", Remedy: "Write the account's 12 digits, or remove the line."}
	case scientific.MatchString(id):
		return "", &Problem{What: "a spreadsheet has rounded the account ID to " + shown(id), Remedy: asText}
	case !isDigits(digits):
		return "", &Problem{What: shown(cell) + " is not an AWS account ID: such an ID has 12 digits and nothing else", Remedy: "Write it as 111122223333 or 1111-2222-3333."}
	case len(digits) == 12:
		return digits, nil
	case len(digits) >= 9 && len(digits) < 12:
		return "", &Problem{What: fmt.Sprintf("the account ID %s has %d digits, not 12", digits, len(digits)),
			Remedy: "Spreadsheets drop zeros at the beginning: if it is " + strings.Repeat("0", 12-len(digits)) + digits + ", write that. " + asText}
	}
	return "", &Problem{What: fmt.Sprintf("%s is not an AWS account ID: it has %d digits, not 12", shown(cell), len(digits)), Remedy: "Write it as 111122223333 or 1111-2222-3333."}
}
