package load

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/reading"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// readings compiles readings/r.yaml.
func readingOf(t testing.TB, text string) (*reading.Reading, diag.List) {
	t.Helper()
	l := newLoader(fstest.MapFS{"package.yaml": {Data: []byte(head)}, "readings/r.yaml": {Data: []byte(text)}}, nil, nil)
	l.scan()
	if !l.head() {
		t.Fatalf("package.yaml: %v", l.problems)
	}
	var r *reading.Reading
	for _, u := range l.byKind("reading") {
		r = l.reading(u)
	}
	l.problems.Sort()
	return r, l.problems
}

func readBy(t testing.TB, text, data string) (*reading.Result, error) {
	t.Helper()
	r, list := readingOf(t, text)
	if r == nil {
		t.Fatal(list)
	}
	reader, err := document.NewReader(document.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	out, _, err := reading.First([]*reading.Reading{r}, "in", []byte(data), formula.NewScope(nil), map[string]any{"year": "2026"}, reader)
	return out, err
}

func fieldsRead(t *testing.T, text, data string) string {
	t.Helper()
	out, err := readBy(t, text, data)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(out.Values)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The language of readings, construct by construct: YAML, what comes in, and
// what is read.
func TestReadings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, data, want string }{
		{"paths, attributes, blanks", "reading: r\nformat: xml\nfields: {a: string, b: number, c: string}\ndocument: {a: X/@id, b: X/N, c: Gone}\n",
			`<D><X id=" 7 "><N> 1.50
 </N></X></D>`, `{"a":"7","b":1.50}`},
		{"first that is there", "reading: r\nformat: xml\nfields: {a: string}\ndocument: {a: '=at(\"X\") ?? at(\"Y\")'}\n", `<D><Y>y</Y></D>`, `{"a":"y"}`},
		{"each, dot, lists joined", "reading: r\nformat: xml\nfields: {l: list}\ndocument: {l: [{$each: A, $path: .}, {$each: B/@x, $path: .}]}\n",
			`<D><A>1</A><B x="2"/><A>3</A><A/></D>`, `{"l":["1","3","2"]}`},
		{"fragment at a place", "reading: r\nformat: xml\nfields: {m: map}\ndocument: {m: {$use: f, at: X/Y}}\nfragments: {f: {n: N, up: ../Z}}\n", `<D><X><Y><N>1</N></Y><Z>z</Z></X></D>`, `{"m":{"n":"1","up":"z"}}`},
		{"let, if, formula over nodes", "reading: r\nformat: xml\nlet: {big: '=filter(nodes(\"L\"), number(at(#, \"N\")) > 1)'}\nfields: {l: list, none: string}\n" +
			"document: {l: {$each: =big, $let: {n: '=at(\"N\")'}, $if: n != \"3\", n: =n}, none: {$path: L/N, $if: 'has(\"Q\")'}}\n",
			`<D><L><N>1</N></L><L><N>2</N></L><L><N>3</N></L></D>`, `{"l":[{"n":"2"}]}`},
		{"as", "reading: r\nformat: xml\nfields: {d: date, n: number, b: boolean, p: number, i: instant}\n" +
			"document: {d: {$path: D, $as: {pattern: dd.MM.yyyy}}, n: {$path: N, $as: {decimal: \",\"}}, b: {$path: B, $as: {\"true\": J}}, p: {$path: P, $as: {strip: \"%\"}}, i: {$path: I, $as: {pattern: \"yyyyMMdd HHmm\", zone: Europe/Madrid}}}\n",
			`<X><D>24.12.2026</D><N>1.234,50</N><B>J</B><P>19.0 %</P><I>20260701 1230</I></X>`, `{"b":true,"d":"2026-12-24","i":"2026-07-01T12:30:00+02:00","n":1234.50,"p":19.0}`},
		{"inputs and namespaces", "reading: r\nformat: xml\ninputs: {year: string}\nnamespaces: {a: urn:a}\nfields: {x: string}\ndocument: {x: '=at(\"a:N\") + input.year'}\n",
			`<D xmlns:q="urn:a"><N>no</N><q:N>yes</q:N></D>`, `{"x":"yes2026"}`},
		{"json: numbers keep digits, null is nothing", "reading: r\nformat: json\nmatch: {fields: [doc/n]}\nfields: {n: number, t: string, l: list, z: string}\ndocument: {n: doc/n, t: doc/n, l: {$each: doc/l, $path: .}, z: doc/z}\n",
			`{"doc": {"n": 1.10, "l": [1, 2.0], "z": null}}`, `{"l":["1","2.0"],"n":1.10,"t":"1.10"}`},
		{"csv: header, separator, encoding, comma, all rows", "reading: r\nformat: csv\ncsv: {separator: \";\", encoding: windows-1252, decimal: \",\"}\nmatch: {columns: [nr, n]}\nfields: {nr: string, l: list}\n" +
			"document: {nr: nr, l: {$each: ., n: n}}\n", "nr;n\nA;1,5\nA;\"x\xe9\"\n", `{"l":[{"n":"1,5"},{"n":"xé"}],"nr":"A"}`},
		{"fixed", "reading: r\nformat: fixed\ncolumns: [{name: a, width: 3}, {name: n, width: 5}]\nfields: {l: list}\ndocument: {l: {$each: ., a: a, n: n}}\n",
			"A  00012\r\nB  7\r\n", `{"l":[{"a":"A","n":"00012"},{"a":"B","n":"7"}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := fieldsRead(t, c.text, c.data); got != c.want {
				t.Errorf("want %s\n got %s", c.want, got)
			}
		})
	}
}

const toInvoice = `reading: r
format: %s
to: invoice/1
document:
  type: ="invoice"
  number: No
  issued: Date
  currency: ="EUR"
  lines: {$each: Line, id: Id, netAmount: Amount, item: {name: Name}}
unread: {ignore: [Noise]}
`

// What does not fit is told with its place in the source, also when only the
// schema of the document knows; what was not read is a warning.
func TestReadingProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, format, data, want string }{
		{"number", "xml", "<D><No>1</No><Date>2026-01-01</Date>\n<Line><Id>1</Id>\n  <Amount>12x</Amount><Name>n</Name></Line></D>", `in:3:3 READ-VALUE /lines/0/netAmount`},
		{"schema", "xml", "<D><No>1</No><Date>1.1.2026</Date>\n<Line><Id>1</Id><Amount>1</Amount><Name>n</Name></Line></D>", `in:1:14 READ-VALUE /issued`},
		{"missing", "xml", "<D><No>1</No><Date>2026-01-01</Date>\n<Line><Id>1</Id><Amount>1</Amount></Line></D>", `in:2:1 DOC-MISSING /lines/0/item`},
		{"json", "json", "{\"No\": 1, \"Date\": \"2026-01-01\",\n \"Line\": [{\"Id\": 1, \"Name\": \"é\", \"Amount\": true}]}", `in:2:44 READ-VALUE /lines/0/netAmount`},
		{"broken", "xml", "<D>\n<No>1</D>", `in:2:6 READ-SYNTAX `},
		{"unread", "xml", "<D a='1'><No>1</No><Date>2026-01-01</Date><Noise><X>1</X></Noise>\n<Line><Id>1</Id><Amount>1</Amount><Name>n</Name><Extra>e</Extra></Line></D>", `in:1:4 READ-UNREAD /D/@a; in:2:49 READ-UNREAD /D/Line/Extra`},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := readBy(t, strings.Replace(toInvoice, "%s", c.format, 1), c.data)
			var list diag.List
			switch e := err.(type) {
			case diag.List:
				list = e
			case diag.Problem:
				list = diag.List{e}
			case nil:
				list = out.Findings
			}
			var got []string
			for _, p := range list {
				got = append(got, p.Pos.String()+" "+p.Rule+" "+p.Path)
			}
			if s := strings.Join(got, "; "); s != c.want {
				t.Errorf("want %s\n got %s\n(%v)", c.want, s, list)
			}
		})
	}
}

// Mistakes of readings, each with its rule.
func TestReadingMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, rule string }{
		{"reading: r\nformat: xml\ndocument: {a: A}\n", RuleMissing},
		{"reading: r\nformat: xml\nto: invoice/9\ndocument: {number: A}\n", RuleDocument},
		{"reading: r\nformat: xml\nto: invoice/1\ndocument: {numbr: A}\n", RuleInput},
		{"reading: r\nformat: xml\nto: invoice/1\ndocument: {number: \"A[\"}\n", RulePath},
		{"reading: r\nformat: xml\nto: invoice/1\ndocument: {lines: A}\n", RuleType},
		{"reading: r\nformat: xml\nto: invoice/1\ndocument: {number: {$each: A, $path: .}}\n", RuleType},
		{"reading: r\nformat: xml\nto: invoice/1\ndocument: {number: {a: A}}\n", RuleType},
		{"reading: r\nformat: xml\nto: invoice/1\ndocument: {seller: {$use: nobody}}\n", RuleFragment},
		{"reading: r\nformat: xml\nto: invoice/1\ndocument: {seller: {$use: f}}\nfragments: {f: {address: {$use: g}}, g: {city: {$use: f}}}\n", RuleFragment},
		{"reading: r\nformat: xml\nto: invoice/1\ndocument: {number: {$pth: A}}\n", RuleUnknownKey},
		{"reading: r\nformat: xml\nto: invoice/1\ndocument: {number: {$path: A, $as: {pattern: qqq}}}\n", RuleWord},
		{"reading: r\nformat: xml\nto: invoice/1\ndocument: {number: =document.number}\n", formula.RuleName},
		{"reading: r\nformat: csv\ncsv: {encoding: latin-77}\nto: invoice/1\ndocument: {number: n}\n", RuleWord},
		{"reading: r\nformat: fixed\ncolumns: [{name: a}]\nto: invoice/1\ndocument: {number: a}\n", RuleMissing},
		{"reading: r\nformat: json\nmatch: {root: A}\nto: invoice/1\ndocument: {number: a}\n", RuleKind},
	} {
		_, list := readingOf(t, c.text)
		found := false
		for _, p := range list {
			found = found || p.Rule == c.rule && p.Pos.Line > 0
		}
		if !found {
			t.Errorf("%q: want %s, got %v", c.text, c.rule, list)
		}
	}
}
