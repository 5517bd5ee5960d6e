package export

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oktaws/oktaws/provision"
)

// columns are the table's, each with what stands in it.
var columns = []struct {
	name string
	of   func(Record, provision.Config) string
}{
	{"partition", func(r Record, _ provision.Config) string { return r.Partition }},
	{"account", func(r Record, _ provision.Config) string { return r.ID }},
	{"alias", func(r Record, _ provision.Config) string { return r.Known.Alias }},
	{"name", func(r Record, _ provision.Config) string { return r.Label }},
	{"state", func(r Record, _ provision.Config) string { return r.State.Word() }},
	{"integration mode", func(r Record, _ provision.Config) string { return string(r.Mode) }},
	{"role set", func(r Record, _ provision.Config) string { return r.RoleSetName() }},
	{"application ID", func(r Record, _ provision.Config) string { return r.Known.AppID }},
	{"application name", func(r Record, _ provision.Config) string { return r.AppLabel() }},
	{"shared", func(r Record, _ provision.Config) string { return strconv.FormatBool(r.Shared != "") }},
	{"identity provider ARN", func(r Record, _ provision.Config) string { return r.Known.ProviderARN }},
	{"stack", func(r Record, _ provision.Config) string { return r.Known.StackID }},
	{"Okta groups", groupNames},
	{"linked since", func(r Record, _ provision.Config) string { return moment(r.Since) }},
	{"last checked", func(r Record, _ provision.Config) string { return moment(r.Checked) }},
	{"findings", findings},
}

// CSV writes a table of all the records, sorted by partition and account: RFC 4180, with a header row, times in RFC 3339 and
// UTC, several values in a cell with "; " between them. A cell that a spreadsheet would take for a formula has an apostrophe
// before it. It fails as w does.
func CSV(w io.Writer, c provision.Config, records []Record) error {
	var table bytes.Buffer // written at once: what looks at all that is printed sees whole cells
	out := csv.NewWriter(&table)
	out.UseCRLF = true
	row := make([]string, len(columns))
	for i, column := range columns {
		row[i] = column.name
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for _, r := range sorted(records) {
		for i, column := range columns {
			row[i] = cell(column.of(r, c))
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	_, err := w.Write(table.Bytes())
	return err
}

// cell is a text as a spreadsheet may have it (https://owasp.org/www-community/attacks/CSV_Injection).
func cell(s string) string {
	if first, _ := utf8.DecodeRuneInString(s); strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + s
	}
	return s
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// groupNames are the account's groups by the names that the configuration gives them.
func groupNames(r Record, c provision.Config) string {
	var names []string
	for _, spec := range c.RoleSets[r.RoleSetName()] {
		name := c.GroupName(spec, r.Wish, r.ID, r.Known.Alias)
		if r.Known.Groups[spec.Name] != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, "; ")
}

func findings(r Record, _ provision.Config) string {
	var out []string
	for _, f := range r.Open {
		out = append(out, f.What)
	}
	return strings.Join(out, "; ")
}
