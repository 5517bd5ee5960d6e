package roster_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/oktaws/oktaws/internal/roster"
)

var rules = roster.Rules{Partitions: []string{"aws", "aws-us-gov"}, RoleSets: []string{"default", "admins", "read-only"}}

func read(t *testing.T, text string) roster.List {
	t.Helper()
	l, err := rules.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// told writes entries as line:account label role-set.
func told(entries []roster.Entry) string {
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimRight(fmt.Sprintf("%d:%s %s %s", e.Line, e.Account.Typed(), e.Label, e.RoleSet), " "))
	}
	return strings.Join(out, "; ")
}

func TestListsAsPeopleWriteThem(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"CSV":                        {"111122223333,Gmail\n444455556666,Analytics,admins\n", "1:111122223333 Gmail; 2:444455556666 Analytics admins"},
		"with semicolons":            {"111122223333;Gmail\n444455556666;Analytics;Admins", "1:111122223333 Gmail; 2:444455556666 Analytics admins"},
		"with tabs":                  {"111122223333\tGmail\n444455556666\tAnalytics\tread-only", "1:111122223333 Gmail; 2:444455556666 Analytics read-only"},
		"a comma in a name":          {"111122223333;Mail, old\n444455556666;Analytics", "1:111122223333 Mail, old; 2:444455556666 Analytics"},
		"a semicolon in a name":      {"111122223333,Mail;old\n444455556666,Maps;old", "1:111122223333 Mail;old; 2:444455556666 Maps;old"},
		"quotes":                     {"\"111122223333\",\"Mail, \"\"old\"\"\"\n", `1:111122223333 Mail, "old"`},
		"a quote in a cell":          {"111122223333,5\" disks\n", `1:111122223333 5" disks`},
		"curly quotes":               {"“111122223333”,“Gmail”\n", "1:111122223333 Gmail"},
		"a name over two lines":      {"account,name,text\n111122223333,Gmail,\"one\ntwo\"\n444455556666,Maps,x\n", "2:111122223333 Gmail; 4:444455556666 Maps"},
		"spaces and NBSPs":           {" 111122223333 ,\u00a0Gmail\u00a0, admins ", "1:111122223333 Gmail admins"},
		"blank lines":                {"\n\n111122223333,Gmail\n , ,\n\n444455556666,Maps\n\n", "3:111122223333 Gmail; 6:444455556666 Maps"},
		"trailing commas":            {"111122223333,Gmail,,,\n444455556666,,,\n", "1:111122223333 Gmail; 2:444455556666"},
		"lines of Windows":           {"111122223333,Gmail\r\n444455556666,Maps\r\n", "1:111122223333 Gmail; 2:444455556666 Maps"},
		"lines of old Macs":          {"111122223333,Gmail\r444455556666,Maps\r", "1:111122223333 Gmail; 2:444455556666 Maps"},
		"a byte-order mark":          {"\ufeffaccount,name\n111122223333,Gmail", "2:111122223333 Gmail"},
		"UTF-16":                     {wide("account\tname\r\n111122223333\tGmail\r\n", binary.LittleEndian), "2:111122223333 Gmail"},
		"UTF-16, big end first":      {wide("111122223333\tGmail", binary.BigEndian), "1:111122223333 Gmail"},
		"Excel's own line":           {"sep=;\naccount;name\n111122223333;Gmail, old", "3:111122223333 Gmail, old"},
		"IDs alone":                  {"111122223333\n444455556666\n", "1:111122223333; 2:444455556666"},
		"IDs with spaces":            {"111122223333 444455556666\n777788889999", "1:111122223333; 1:444455556666; 2:777788889999"},
		"IDs with commas":            {"111122223333, 444455556666,\n777788889999", "1:111122223333; 1:444455556666; 2:777788889999"},
		"hyphens":                    {"1111-2222-3333,Gmail\n4444–5555‑6666,Maps", "1:111122223333 Gmail; 2:444455556666 Maps"},
		"an ID in three parts":       {"1111 2222 3333", "1:111122223333"},
		"a leading zero":             {"012345678901,Old", "1:012345678901 Old"},
		"kept as text by Excel":      {"=\"012345678901\",Old\n'012345678902,Older", "1:012345678901 Old; 2:012345678902 Older"},
		"a whole number with a dot":  {"111122223333.0,Gmail", "1:111122223333 Gmail"},
		"another partition":          {"aws-us-gov/111122223333,Gov\nAWS/444455556666,Maps", "1:aws-us-gov/111122223333 Gov; 2:444455556666 Maps"},
		"the same ID in two":         {"aws-us-gov/111122223333,Gov\n111122223333,Gmail", "1:aws-us-gov/111122223333 Gov; 2:111122223333 Gmail"},
		"words":                      {"111122223333 Gmail admins\n444455556666 Maps", "1:111122223333 Gmail admins; 2:444455556666 Maps"},
		"as a command has it":        {"111122223333 Gmail role-set=admins", "1:111122223333 Gmail admins"},
		"words among commas":         {"111122223333,Gmail\n444455556666 Maps", "1:111122223333 Gmail; 2:444455556666 Maps"},
		"a list of Slack's":          {"• 111122223333 Gmail\n• 444455556666 Maps\n- 777788889999", "1:111122223333 Gmail; 2:444455556666 Maps; 3:777788889999"},
		"code of Slack's":            {"```\n111122223333,Gmail\n```\n`444455556666`,`Maps`", "2:111122223333 Gmail; 4:444455556666 Maps"},
		"telephone numbers":          {"<tel:111122223333|111122223333>,Gmail\n<tel:4444-5555-6666|4444-5555-6666> <http://maps.example|maps.example>\n<tel:777788889999>", "1:111122223333 Gmail; 2:444455556666 maps.example; 3:777788889999"},
		"what Slack escapes":         {"111122223333,R&amp;D", "1:111122223333 R&D"},
		"what nobody sees":           {"\u200b111122223333\u200e,Gm\u00adail\u2060", "1:111122223333 Gmail"},
		"the usual role set":         {"111122223333,Gmail,Default", "1:111122223333 Gmail"},
		"a heading":                  {"Role Set,Application name,AWS account\nadmins,Gmail,111122223333", "2:111122223333 Gmail admins"},
		"a heading with semicolons":  {"Account ID;Label;Roles\n111122223333;Gmail;admins", "2:111122223333 Gmail admins"},
		"a heading and other things": {"Account ID,ARN,Email,Name,Status\n111122223333,arn:aws:organizations::1:account/o-1/111122223333,a@example.com,Gmail,ACTIVE", "2:111122223333 Gmail"},
		"the better of two headings": {"Name,Account,Label\nMail team,111122223333,Gmail", "2:111122223333 Gmail"},
		"a column of partitions":     {"partition,account,name\naws-us-gov,111122223333,Gov\n,444455556666,Maps", "2:aws-us-gov/111122223333 Gov; 3:444455556666 Maps"},
		"a heading and short rows":   {"account\tname\trole set\n111122223333\n444455556666\t\tadmins", "2:111122223333; 3:444455556666  admins"},
	} {
		t.Run(name, func(t *testing.T) {
			l := read(t, tc.text)
			if got := told(l.Entries); got != tc.want || len(l.Problems) > 0 {
				t.Errorf("read %s\nwant %s\nproblems %v", got, tc.want, l.Problems)
			}
		})
	}
}

// wide writes UTF-16 with a byte-order mark.
func wide(text string, order binary.ByteOrder) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		two := make([]byte, 2)
		order.PutUint16(two, unit)
		b = append(b, two...)
	}
	return string(b)
}

func TestWhatIsWrongWithAListIsSaidWithItsLine(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want []string // of the problems
	}{
		"nothing":                    {" \n\n", []string{"There are no accounts in the list. Write one in each line"}},
		"a heading alone":            {"account,name\n", []string{"There are no accounts in the list."}},
		"a zero lost":                {"111122223333,Gmail\n12345678901,Old", []string{"Line 2: the account ID 12345678901 has 11 digits, not 12. Spreadsheets drop zeros at the beginning: if it is 012345678901, write that. Format"}},
		"two zeros lost":             {"1234567890", []string{"Line 1: the account ID 1234567890 has 10 digits, not 12. Spreadsheets drop zeros at the beginning: if it is 001234567890"}},
		"rounded":                    {"account,name\n1.11122E+11,Gmail\n\"1,11122E+11\",Maps", []string{"Line 2: a spreadsheet has rounded the account ID to “1.11122E+11”. Format the column as text", "Line 3: a spreadsheet has rounded"}},
		"no ID":                      {"account,name\n,Gmail", []string{"Line 2: there is no account ID. Write the account's 12 digits, or remove the line."}},
		"words for an ID":            {"111122223333,Gmail\nMaps,Maps", []string{"Line 2: “Maps” is not an AWS account ID: such an ID has 12 digits and nothing else. Write it as"}},
		"too long":                   {"1111222233334", []string{"Line 1: “1111222233334” is not an AWS account ID: it has 13 digits, not 12."}},
		"another partition":          {"aws-cn/111122223333", []string{"Line 1: oktaws doesn't serve the partition “aws-cn”. It serves: aws, aws-us-gov."}},
		"two partitions":             {"account,partition\naws/111122223333,aws-us-gov", []string{"Line 2: the account “aws/111122223333” is in one partition"}},
		"the name first":             {"Gmail,111122223333\nMaps,444455556666", []string{"Line 1: it doesn't begin with the account. Write the account first, or give the columns a heading: account, name, role set.", "Line 2:"}},
		"too many parts":             {"111122223333,Gmail,admins,more", []string{"Line 1: it has 4 parts, and should have an account, a name and perhaps a role set. Put names"}},
		"a mistyped role set":        {"111122223333,Gmail,admin", []string{"Line 1: there is no role set “admin”; did you mean admins? Write one"}},
		"an unknown role set":        {"111122223333,Gmail,owners-of-it-all", []string{"Line 1: there is no role set “owners-of-it-all”; there are: default, admins, read-only."}},
		"two names":                  {"111122223333,Gmail\n\n1111-2222-3333,Maps", []string{"Line 3: account 111122223333 is in line 1 too, with another name: “Gmail” there, “Maps” here. Leave one of the two out."}},
		"a name and none":            {"111122223333,Gmail\n111122223333,", []string{"Line 2: account 111122223333 is in line 1 too, with another name: “Gmail” there, none here."}},
		"two role sets":              {"111122223333,Gmail\n111122223333,Gmail,admins", []string{"Line 2: account 111122223333 is in line 1 too, with another role set."}},
		"an open quote":              {"111122223333,\"Gmail\n444455556666,Maps\n12,x", []string{"Line 1: a quotation mark is in the middle of a cell, or nobody closes it. Remove it", "Line 3: “12” is not"}},
		"quotes in the middle":       {"111122223333,\"Gm\"ail", []string{"Line 1: a quotation mark is in the middle of a cell"}},
		"a line break in a name":     {"account,name\n111122223333,\"Gm\nail\"", []string{"Line 2: “Gm?ail” has a line break"}},
		"a heading without accounts": {"name;role set\nGmail;admins", []string{"Line 1: no column of the heading is of the accounts. Call that column account"}},
		"a heading twice":            {"account,name,name\n111122223333,a,b", []string{"Line 1: two columns have the heading “name”."}},
		"a workbook":                 {"PK\x03\x04\x00\x00", []string{"This is an Excel workbook (or another zipped file), not a CSV file. Save it as CSV"}},
		"an old workbook":            {"\xd0\xcf\x11\xe0\xa1\xb1", []string{"This is an old Excel workbook"}},
		"other bytes":                {"111122223333\x00\x01", []string{"This isn't a text file. Save it as CSV"}},
		"another encoding":           {"111122223333,Gmail\n444455556666,Z\xfcrich", []string{"Line 2: it has characters in another encoding than UTF-8. Save it as CSV: in Excel, File, Save As, CSV UTF-8"}},
		"all at once":                {"x\n12\n111122223333,Gmail,nobody\nMaps,444455556666", []string{"Line 1: ", "Line 2: ", "Line 3: ", "Line 4: "}},
	} {
		t.Run(name, func(t *testing.T) {
			l := read(t, tc.text)
			if len(l.Problems) != len(tc.want) {
				t.Fatalf("problems: %q", l.Problems)
			}
			for i, want := range tc.want {
				if got := l.Problems[i].String(); !strings.HasPrefix(got, want) {
					t.Errorf("problem %d:\n got %s\nwant %s…", i, got, want)
				}
			}
		})
	}
}

func TestAnAccountThatIsThereTwiceCountsOnce(t *testing.T) {
	l := read(t, "111122223333,Gmail\n444455556666\n1111-2222-3333,Gmail\n")
	if told(l.Entries) != "1:111122223333 Gmail; 2:444455556666" || len(l.Problems) > 0 {
		t.Errorf("read %s, %v", told(l.Entries), l.Problems)
	}
	want := []roster.Note{{Line: 3, Text: "account 111122223333 is in line 1 already, and counts once"}}
	if !slices.Equal(l.Notes, want) {
		t.Errorf("notes: %+v", l.Notes)
	}
}

func TestColumnsThatAreNotReadAreNamed(t *testing.T) {
	l := read(t, "Account,E-mail,Name,Owner,Account name\n111122223333,a,Gmail,b,c")
	want := []roster.Note{{Line: 1, Text: "these columns aren't read: “E-mail”, “Owner”, “Account name”"}}
	if !slices.Equal(l.Notes, want) {
		t.Errorf("notes: %+v", l.Notes)
	}
}

func TestAListIsNoLongerThanAnOrganization(t *testing.T) {
	var b strings.Builder
	for i := range roster.MaxEntries {
		fmt.Fprintf(&b, "%012d,Team-%d\n", i+1, i)
	}
	if l := read(t, b.String()); len(l.Entries) != roster.MaxEntries || len(l.Problems) > 0 {
		t.Errorf("%d entries, %v", len(l.Entries), l.Problems)
	}
	b.WriteString("999999999999\nnobody")
	l := read(t, b.String())
	if len(l.Entries) != 0 || len(l.Problems) != 1 || l.Problems[0].String() != "The list has 10002 accounts, and may have 10000. Give them in several lists." {
		t.Errorf("%d entries, %q", len(l.Entries), l.Problems)
	}
	l = read(t, strings.Repeat("111122223333,Gmail and a long name\n", roster.MaxBytes/32))
	if len(l.Entries) != 0 || len(l.Problems) != 1 || !strings.HasPrefix(l.Problems[0].String(), "The list is longer than 4 MB. Leave out the columns") {
		t.Errorf("%d entries, %q", len(l.Entries), l.Problems)
	}
}

func TestAListThatCannotBeReadIsAnError(t *testing.T) {
	broken := errors.New("the line is cut")
	if _, err := rules.Read(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
}

func TestWithoutRulesAccountsAreOfThePartitionAWS(t *testing.T) {
	l, err := roster.Rules{}.Read(strings.NewReader("111122223333 Gmail"))
	if err != nil || told(l.Entries) != "1:111122223333 Gmail" {
		t.Errorf("read %s, %v", told(l.Entries), err)
	}
}
