package nodes

import (
	"fmt"
	"testing"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// bigMapping writes about 50 elements for each line, in the manner of the
// larger national formats: fragments, choices, groups, formats and text rules.
func bigMapping() *Mapping {
	amounts := func(prefix string, n int) (all []*Node) {
		for i := range n {
			all = append(all, el(fmt.Sprintf("%s%d", prefix, i), "=input.line.amount"))
		}
		return all
	}
	item := &Fragment{Name: "item", Inputs: []Input{{Name: "line"}}, Nodes: append([]*Node{el("id", "=input.line.id"), el("name", "=input.line.name"),
		el("unit", "=input.line.unit ?? \"EA\""), el("price", "=input.line.price"), el("none", "=input.line.nothing"), el("fix", "1")}, amounts("v", 8)...)}
	tax := &Fragment{Name: "tax", Inputs: []Input{{Name: "line"}}, Nodes: []*Node{choice("=input.line.code",
		when("00, 01", el("T0", append([]any{el("c", "=input.line.code")}, anys(amounts("t", 6))...)...)),
		when("40, 41", el("T4", el("c", "=input.line.code"))))}}
	line := el("line", each("line", "i", "=document.rows"), at("n", "=i + 1"),
		el("item", use(item, map[string]string{"line": "=line"})),
		el("taxes", el("a", use(tax, map[string]string{"line": "=line"})), el("b", use(tax, map[string]string{"line": "=line"})),
			el("c", iff("line.code == \"00\""), el("d", "=line.amount"), el("e", "=line.amount * 2"))))
	m := xmlMapping(el("doc", el("head", at("id", "1"), el("number", "=document.number"), el("name", "=document.name"), el("sum", "=sum(document.rows, .amount)")), line,
		el("end", el("a", "=document.name"), el("b", "=document.number"))))
	m.Root.Children[0].Children[0].Value = val("N{=document.number}")
	m.Namespaces = []Namespace{{URI: "urn:example:big"}}
	m.Formats = map[string]*Layout{"amount": {Decimals: true, Min: 2, Max: 2}}
	m.Text = &TextRule{Trim: true, Collapse: true, Allow: `\u0021-\u00FF`}
	return m
}

func anys(nodes []*Node) (all []any) {
	for _, n := range nodes {
		all = append(all, n)
	}
	return all
}

func bigDocument(lines int) map[string]any {
	rows := make([]any, lines)
	for i := range rows {
		rows[i] = map[string]any{"id": fmt.Sprintf("P-%d", i), "name": "Produto número " + fmt.Sprint(i), "price": decimal.MustParse("12.345"),
			"amount": decimal.MustParse("120.5"), "code": "00"}
	}
	return map[string]any{"rows": rows, "number": "1234567", "name": "Exemplo Comércio Ltda"}
}

func BenchmarkTableWriteXML(b *testing.B) {
	m := bigMapping()
	if problems := m.Prepare(); problems.Grave() {
		b.Fatal(problems)
	}
	for _, lines := range []int{5, 990} {
		doc := bigDocument(lines)
		b.Run(fmt.Sprintf("%dlines", lines), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s := formula.NewScope(nil)
				s.Set("document", doc)
				r, err := m.Write(s, Options{})
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(r.Bytes)))
			}
		})
	}
}

// Allocations grow with the document, not with its square.
func TestLinear(t *testing.T) {
	m := prepared(t, bigMapping())
	count := func(lines int) float64 {
		doc := bigDocument(lines)
		return testing.AllocsPerRun(3, func() {
			s := formula.NewScope(nil)
			s.Set("document", doc)
			if _, err := m.Write(s, Options{}); err != nil {
				t.Fatal(err)
			}
		})
	}
	few, many := count(100), count(1000)
	if many > 11*few {
		t.Errorf("%.0f allocations for 100 lines, %.0f for 1000", few, many)
	}
}
