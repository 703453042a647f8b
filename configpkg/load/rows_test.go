package load

import (
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
	"pgregory.net/rapid"
)

func TestRows(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"csv": {`
format: csv
formats: {amount: {decimals: [2, 2]}}
rows: {$for: "x, i in document.lines", columns: [{name: n, value: =i + 1}, {name: item, value: =x.item.name}, {name: net, value: =x.netAmount}, {name: note, value: =x.note}]}
`, "n,item,net,note\r\n1,Thing,100.25,\r\n2,\"  Other \u201cthing\u201d \",3.00,\r\n"},
		"csv by other rules": {`
format: csv
lines: {separator: ";", header: false, end: lf}
rows:
  - {columns: [{value: H}, {value: '=(document.seller.name ?? "") + ";"'}]}
  - {$for: x in document.lines, $let: {a: '=(x.netAmount ?? 0) * 2'}, $if: x.id != "1", columns: [{value: L}, {value: =a}, {value: '="say \"" + (x.id ?? "") + "\""'}]}
`, "H;\"Example & Sons;\"\nL;6;\"say \"\"2\"\"\"\n"},
		"fixed": {`
format: fixed
formats: {amount: {decimals: [2, 2]}, date: {pattern: yyyyMMdd}}
lines: {end: lf}
rows:
  - {columns: [{value: H, width: 2}, {value: =document.due, width: 8}, {value: =document.series, width: 3}]}
  - {$for: x in document.lines, columns: [{value: =x.id, width: 4, align: right, pad: "0"}, {value: =x.netAmount, width: 8, align: right}, {value: =x.tax.category, width: 3, pad: "."}]}
`, "H 20260401   \n0001  100.25S..\n0002    3.00Z..\n"},
	} {
		t.Run(name, func(t *testing.T) {
			m, problems := mapped(t, "mapping: m"+c.text, nil)
			if m == nil {
				t.Fatal(problems)
			}
			r, err := m.Write(invoiceScope(t), nodes.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if string(r.Bytes) != c.want {
				t.Errorf("\nwant %q\n got %q", c.want, r.Bytes)
			}
		})
	}
}

func TestRowProblems(t *testing.T) {
	m, problems := mapped(t, "mapping: m\nformat: fixed\nrows: {columns: [{name: who, value: =document.seller.name, width: 3}]}\n", nil)
	if m == nil {
		t.Fatal(problems)
	}
	_, err := m.Write(invoiceScope(t), nodes.Options{})
	if p := (diag.Problem{}); !errors.As(err, &p) || p.Rule != nodes.RuleWidth {
		t.Errorf("want %s, got %v", nodes.RuleWidth, err)
	}
	for text, rule := range map[string]string{
		"format: fixed\nrows: {columns: [{value: x}]}": nodes.RuleNode, "format: csv": nodes.RuleNode, "format: csv\nrows: {columns: [{name: x}]}": RuleMissing,
		"format: csv\nlines: {separator: ab}\nrows: {columns: [{value: x}]}": RuleWord, "format: csv\nrows: {columns: [{value: x, align: middle}]}": RuleWord,
		"format: csv\nrows: {$for: x, columns: [{value: x}]}": RuleLoop,
	} {
		if m, problems := mapped(t, "mapping: m\n"+text+"\n", nil); m != nil || len(problems) == 0 || problems[0].Rule != rule {
			t.Errorf("%s: want %s, got %v", text, rule, problems)
		}
	}
}

// What is written as CSV is read again as the same values.
func TestCSVIsReadAgain(t *testing.T) {
	m, problems := mapped(t, "mapping: m\nformat: csv\ninputs: {a: string, b: string}\nlines: {header: false}\nrows: {columns: [{value: =input.a}, {value: =input.b}, {value: end}]}\n", nil)
	if m == nil {
		t.Fatal(problems)
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		r, err := m.Write(formula.NewScope(nil), nodes.Options{Input: map[string]any{"a": a, "b": b}})
		if err != nil {
			t.Fatal(err)
		}
		row, err := csv.NewReader(strings.NewReader(string(r.Bytes))).Read()
		lines := strings.NewReplacer("\r\n", "\n") // the reader makes one line break of two characters
		if err != nil || len(row) != 3 || row[0] != lines.Replace(a) || row[1] != lines.Replace(b) {
			t.Fatalf("%q %q became %q, read as %q, %v", a, b, r.Bytes, row, err)
		}
	})
}
