package formula

import (
	"testing"

	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// invoiceScope is a document with n lines.
func invoiceScope(n int) (*Decl, *Scope) {
	line := MapOf(map[string]Type{"quantity": Number, "price": Number, "net": Number}, false)
	seller := MapOf(map[string]Type{"country": String, "taxId": String}, false)
	doc := MapOf(map[string]Type{"type": String, "payable": Number, "seller": seller, "lines": ListOf(line)}, false)
	lines := make([]any, n)
	for i := range lines {
		lines[i] = map[string]any{"quantity": decimal.MustParse("2.000"), "price": decimal.MustParse("10.15"), "net": decimal.MustParse("20.30")}
	}
	s := NewScope(nil)
	s.Set("document", map[string]any{"type": "invoice", "payable": decimal.MustParse("1250.00"), "seller": map[string]any{"country": "XX", "taxId": "1"}, "lines": lines})
	s.Set("context", map[string]any{"environment": "test"})
	return &Decl{Strict: true, Names: map[string]Type{"document": doc, "context": MapOf(map[string]Type{"environment": String}, false)}}, s
}

func compiled(b testing.TB, src string, d *Decl) *Program {
	b.Helper()
	p, problems := Compile(src, diag.Pos{}, d)
	if p == nil {
		b.Fatalf("%s: %v", src, problems)
	}
	return p
}

func BenchmarkEval(b *testing.B) {
	d, s := invoiceScope(1)
	for _, c := range []struct{ name, src string }{
		{"path", `document.seller.country`},
		{"equality", `document.seller.country == "XX"`},
		{"comparison", `document.payable > 1000`},
		{"applicability", `document.type == "invoice" and document.seller.country == "XX" and document.payable >= 1000.00`},
		{"in", `document.seller.country in ["AA", "BB", "XX"]`},
		{"line arithmetic", `document.lines[0].quantity * document.lines[0].price == document.lines[0].net`},
		{"round", `round(document.payable * 0.21, 2)`},
		{"pad", `pad(string(document.payable), 15)`},
	} {
		p := compiled(b, c.src, d)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Eval(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEvalBool(b *testing.B) {
	d, s := invoiceScope(1)
	p := compiled(b, `document.type == "invoice" and document.seller.country == "XX"`, d)
	b.ReportAllocs()
	for b.Loop() {
		if v, known, err := p.EvalBool(s); !v || !known || err != nil {
			b.Fatal(v, known, err)
		}
	}
}

func BenchmarkLines(b *testing.B) {
	d, s := invoiceScope(1000)
	for _, src := range []string{`all(document.lines, .quantity * .price == .net)`, `sum(document.lines, .net)`, `map(groups(document.lines, "price"), sum(.items, .net))`} {
		p := compiled(b, src, d)
		b.Run(src, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Eval(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	d, _ := invoiceScope(1)
	b.ReportAllocs()
	for b.Loop() {
		compiled(b, `document.type == "invoice" and document.seller.country == "XX" and document.payable >= 1000.00`, d)
	}
}

// A comparison costs no memory: conditions are worked out for each document
// and each flow.
func TestComparisonAllocatesNothing(t *testing.T) {
	d, s := invoiceScope(1)
	for _, src := range []string{`document.seller.country == "XX"`, `document.payable > 1000`, `document.type == "invoice" and document.payable >= 1000.00`, `document.seller.country in ["AA", "XX"]`, `all(document.lines, .net > 0)`} {
		p := compiled(t, src, d)
		if n := testing.AllocsPerRun(100, func() {
			if v, err := p.Eval(s); v != true || err != nil {
				t.Fatal(v, err)
			}
		}); n > 0 {
			t.Errorf("%s: %v allocations", src, n)
		}
	}
}
