package load

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
)

const head = "package: xx/test\nversion: 1.0.0\nengine: \">=0.1 <1\"\ndocuments: [invoice/1]\ndate: document.issued\n"

// mapped compiles mappings/m.yaml with the files beside it.
func mapped(t testing.TB, text string, more map[string]string) (*nodes.Mapping, diag.List) {
	t.Helper()
	files := fstest.MapFS{"package.yaml": {Data: []byte(head)}, "mappings/m.yaml": {Data: []byte(text)}}
	for name, text := range more {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	l := newLoader(files, nil, nil)
	l.scan()
	if !l.head() {
		t.Fatalf("package.yaml: %v", l.problems)
	}
	l.fragmentHeads()
	var m *nodes.Mapping
	for _, u := range l.byKind("mapping") {
		m = l.mapping(u)
	}
	l.problems.Sort()
	return m, l.problems
}

const invoice = `{"type": "invoice", "id": "doc-1", "number": "A-1", "issued": "2026-03-01T10:30:00Z", "currency": "EUR", "due": "2026-04-01",
  "seller": {"name": "Example & Sons", "vatId": "XX1"}, "buyer": {"name": "Buyer", "address": {"city": "Town"}},
  "lines": [{"id": "1", "quantity": 2, "price": "50.125", "netAmount": "100.25", "tax": {"category": "S", "rate": 19}, "item": {"name": "Thing"}},
            {"id": "2", "quantity": 1, "price": 3, "netAmount": 3, "tax": {"category": "Z", "rate": 0}, "item": {"name": "  Other \u201cthing\u201d "}}],
  "allowances": [{"amount": 5, "tax": {"category": "S", "rate": 19}}],
  "totals": {"payable": "121.35"}}`

func invoiceScope(t testing.TB) *formula.Scope {
	t.Helper()
	r, err := document.NewReader(document.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	doc, problems := r.Read("invoice.json", []byte(invoice), nil)
	if problems.Grave() {
		t.Fatal(problems)
	}
	s := formula.NewScope(nil)
	s.Set("document", doc.Value)
	s.Set("entity", map[string]any{"id": "acme", "zone": "America/Sao_Paulo"})
	return s
}

// The node language, construct by construct: YAML and what it writes.
func TestMappings(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		more map[string]string
		want string
	}{
		"formats by schema type": {`
mapping: m
format: xml
namespaces: {"": "urn:x"}
formats: {amount: {decimals: [2, 2]}, price: {decimals: [2, 10]}, date: {pattern: dd.MM.yyyy}, instant: {pattern: "yyyy-MM-dd'T'HH:mm:ssxxx", zone: =entity.zone}}
root: {Doc: {"@at": =document.issued, due: =document.due, line: {$for: "line, i in document.lines", "@n": =i + 1, price: =line.price, net: =line.netAmount, double: =line.netAmount * 2, qty: =line.quantity}}}
`, nil, `<Doc xmlns="urn:x" at="2026-03-01T07:30:00-03:00"><due>01.04.2026</due><line n="1"><price>50.125</price><net>100.25</net><double>200.50</double><qty>2</qty></line>` +
			`<line n="2"><price>3.00</price><net>3.00</net><double>6</double><qty>1</qty></line></Doc>`},
		"text rule": {`
mapping: m
format: xml
text: {trim: true, collapse: true, allow: "\\u0021-\\u00FF", replace: tables/c.csv}
root: {a: {b: {$for: x in document.lines, $text: =x.item.name}}}
`, map[string]string{"tables/c.csv": "from,to\nU+201C,'\n\u201d,'\n"}, `<a><b>Thing</b><b>Other 'thing'</b></a>`},
		"fragments, switch, suffixes": {`
mapping: m
format: xml
root:
  a:
    $group.one: {$if: document.number == "A-1", b: "1"}
    $group.two: {$if: document.number == "A-2", b: "2"}
    c: {$use: party, with: {p: =document.seller, unit: kg}}
    d: {$for: x in document.lines, $switch: =x.tax.category, $cases: {"S, A": {s: =x.tax.rate}, else: {o: "-"}}}
    $use.x: own
    with.x: {v: =document.currency}
fragments:
  own: {inputs: {v: string}, nodes: {own: =input.v}}
`, map[string]string{"mappings/parts.yaml": "fragments:\n  party:\n    inputs: {p: invoice/1#party, unit: {type: string, required: false}}\n    let: {n: =input.p.name}\n    nodes: {\"@unit\": =input.unit, name: =n, vat: =input.p.vatId}\n"},
			`<a><b>1</b><c unit="kg"><name>Example &amp; Sons</name><vat>XX1</vat></c><d><s>19</s></d><d><o>-</o></d><own>EUR</own></a>`},
		"list repeats, seq, keep, let structures": {`
mapping: m
format: xml
defaults: {"*Amount": {"@currency": =document.currency}}
formats: {amount: {decimals: [2, 2]}}
let:
  both:
    - {$for: x in document.lines, category: =x.tax.category, amount: =x.netAmount}
    - {$for: x in document.allowances, category: =x.tax.category, amount: =0 - x.amount}
  rows: =groups(both, "category")
root:
  a:
    b:
      - {c: =document.number}
      - {$if: document.number == "none", c: "2"}
      - =document.currency
    row: {$for: g in rows, "@c": =g.category, Amount: '=sum(g.items, .amount)'}
    first: {Amount: '=both[0].amount'}
    mixed: {$seq: [{$text: "x "}, {i: y}, " z"]}
    empty: {$text: "", $keep: true}
`, nil, `<a><b><c>A-1</c></b><b>EUR</b><row c="S"><Amount currency="EUR">95.25</Amount></row><row c="Z"><Amount currency="EUR">3</Amount></row>` +
			`<first><Amount currency="EUR">100.25</Amount></first><mixed>x <i>y</i> z</mixed><empty></empty></a>`},
		"json": {`
mapping: m
format: json
formats: {amount: {decimals: [2, 2]}}
root:
  number: =document.number
  version: 1.10
  lines: {$for: x in document.lines, id: =x.id, net: =x.netAmount}
  tags: [a, =document.currency, {$for: x in document.lines, n: =x.quantity}]
  none: =document.series
`, nil, `{"number":"A-1","version":"1.10","lines":[{"id":"1","net":100.25},{"id":"2","net":3.00}],"tags":["a","EUR",{"n":2},{"n":1}]}`},
		"text": {"mapping: m\nformat: text\ntext: |-\n  <x>\n      {=document.number}\n  </x>\n", nil, "<x>\n    A-1\n</x>"},
	} {
		t.Run(name, func(t *testing.T) {
			m, problems := mapped(t, strings.TrimPrefix(c.text, "\n"), c.more)
			if m == nil {
				t.Fatal(problems)
			}
			r, err := m.Write(invoiceScope(t), nodes.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if string(r.Bytes) != c.want {
				t.Errorf("\nwant %s\n got %s", c.want, r.Bytes)
			}
		})
	}
}
