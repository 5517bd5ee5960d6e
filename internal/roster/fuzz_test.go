package roster_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzRead holds that whatever is pasted is read without harm and without loss: every line that isn't blank is an entry,
// in a note, in a problem, or the heading; and what was read is written and read again as the same.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "\ufeff", "account,name\n111122223333,Gmail\n", "111122223333;Gmail;admins\r\n444455556666;Maps", "111122223333 444455556666\r777788889999",
		"\"111122223333\",\"a\nb\"\n12", "sep=;\n1;2", "<tel:111122223333|111122223333>\t“Gmail”", "1.1E+11,a\n=\"0123\",b", "aws-us-gov/1111-2222-3333,,,",
		"PK\x03\x04", "\xff\xfe1\x002\x00", "\xfe\xff\x00", "• 111122223333", "account\taccount\n", "`111122223333`, x\u00a0y, default\n,\n;\n\t", "x\n12\n\"",
		wide("Konto;Name\n1;2", binary.BigEndian),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		l, err := rules.Read(strings.NewReader(string(content)))
		if err != nil {
			t.Fatal(err)
		}
		told := map[int]bool{}
		whole := false
		for _, e := range l.Entries {
			told[e.Line] = true
			if e.Line < 1 || len(e.Account.ID) != 12 || strings.Trim(e.Account.ID, "0123456789") != "" || e.Account.Partition == "" || strings.TrimSpace(e.Label) != e.Label {
				t.Errorf("entry %+v", e)
			}
			if strings.ContainsFunc(e.Label, unicode.IsControl) || !utf8.ValidString(e.Label) {
				t.Errorf("label %q", e.Label)
			}
		}
		for _, n := range l.Notes {
			told[n.Line] = true
		}
		for _, p := range l.Problems {
			told[p.Line] = true
			whole = whole || p.Line == 0 || strings.Contains(p.What, "heading") || strings.Contains(p.What, "encoding")
			if p.What == "" || p.Remedy == "" || !utf8.ValidString(p.String()) {
				t.Errorf("problem %+v", p)
			}
		}
		if len(l.Entries)+len(l.Problems) == 0 {
			t.Error("nothing was read, and nothing is said of it")
		}
		plain := utf8.Valid(content) && !strings.ContainsAny(string(content), "\"\r“”„‟\u0085\u2028\u2029\ufeff\x00")
		if whole || !plain {
			return
		}
		heading := true
		for i, line := range strings.Split(string(content), "\n") {
			if !strings.ContainsFunc(line, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
				continue
			}
			if !told[i+1] && !heading && !strings.Contains(line, "<") {
				t.Errorf("line %d is lost: %q", i+1, line)
			}
			heading = heading && strings.HasPrefix(strings.ToLower(strings.Trim(line, " ")), "sep=")
		}
	})
}
