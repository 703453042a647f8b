package schematron

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lestrrat-go/helium"
	"github.com/lestrrat-go/helium/xpath3"

	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xpath"
)

// scrambled changes a document in random places: texts, attributes, missing and
// doubled elements.
func scrambled(g *rand.Rand, src []byte) ([]byte, error) {
	src = bytes.TrimPrefix(src, []byte("\xEF\xBB\xBF"))
	d, err := xmltree.Parse(src, xmltree.Options{})
	if err != nil {
		return nil, err
	}
	var all []xmltree.Node
	for n := range xmltree.Node(d.Len()) {
		if d.Kind(n) == xmltree.ElementNode && n != d.Root() {
			all = append(all, n)
		}
	}
	values := []string{"", "0", "-1", "1.005", "12.34", "abc", "2024-02-30", "2024-01-31", "S", "Z", "E", "AE", "O", "VAT", "true", "false", "EUR", "XXX", "  x  y ", "1e3", "380", "DE", "NO", "0088"}
	var edits []edit
	for range 1 + g.IntN(4) {
		e := all[g.IntN(len(all))]
		from, to := d.Range(e)
		switch g.IntN(5) {
		case 0:
			edits = append(edits, edit{from, to, ""})
		case 1:
			edits = append(edits, edit{to, to, string(d.Source(e))})
		case 2:
			if x, ok := setAttr(d, src, e, []string{"currencyID", "schemeID", "unitCode", "listID"}[g.IntN(4)], values[g.IntN(len(values))], g.IntN(3) == 0); ok {
				edits = append(edits, x)
			}
		default:
			edits = append(edits, setText(d, src, e, values[g.IntN(len(values))]))
		}
	}
	return apply(src, edits), nil
}

// verdict writes all a run found.
func verdict(r *Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "fired %d", r.Fired)
	for i := range r.Findings {
		f := &r.Findings[i]
		fmt.Fprintf(&b, "\n%s %s", f.ID(), f.Location)
		if f.Err != nil {
			b.WriteString(" error")
		}
	}
	return b.String()
}

// scrambleBases are documents of all kinds of the rule sets below.
var scrambleBases = []struct{ set, file string }{
	{"en16931-ubl", "peppol-bis3/peppol-bis-invoice-3/examples/base-example.xml"},
	{"peppol-bis3-ubl", "peppol-bis3/peppol-bis-invoice-3/examples/base-example.xml"},
	{"peppol-bis3-ubl", "peppol-bis3/peppol-bis-invoice-3/examples/Allowance-example.xml"},
	{"en16931-cii", "xrechnung/xrechnung-testsuite/business-cases/standard/03.03a-INVOICE_uncefact.xml"},
	{"xrechnung-cii", "xrechnung/xrechnung-testsuite/business-cases/standard/03.03a-INVOICE_uncefact.xml"},
	{"xrechnung-ubl", "peppol-bis3/peppol-bis-invoice-3/examples/base-example.xml"},
	{"facturx-en16931", "xrechnung/xrechnung-testsuite/business-cases/standard/03.03a-INVOICE_uncefact.xml"},
	{"pint-eu-aligned", "peppol-bis3/peppol-bis-invoice-3/examples/base-example.xml"},
}

// TestScrambled compares whole rule sets on changed documents: compiled against
// generic forms, and the asserts of fired rules against an independent processor.
func TestScrambled(t *testing.T) {
	root := sharedtest.Root(t)
	count := 12
	if sharedtest.Full() {
		count = 400
	}
	passed, asserts := 0, 0
	for k, base := range scrambleBases {
		src, err := os.ReadFile(filepath.Join(root, "corpus", base.file))
		if err != nil {
			t.Fatal(err)
		}
		set := ruleSet(t, base.set)
		schema, _ := Read(os.DirFS(root), ruleSets[base.set])
		plain, problems := Compile(schema, Options{Names: &names, Files: os.DirFS(root), plain: true})
		if plain == nil {
			t.Fatal(problems)
		}
		for i := range count {
			g := newRand(uint64(k), uint64(i))
			changed, err := scrambled(g, src)
			if err != nil {
				t.Fatal(err)
			}
			d, err := xmltree.Parse(changed, xmltree.Options{Names: &names})
			if err != nil {
				t.Fatalf("%s seed %d: %v", base.set, i, err)
			}
			a, err1 := set.Validate(d)
			b, err2 := plain.Validate(d)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			if verdict(a) != verdict(b) {
				t.Errorf("%s %s seed %d:\n%s\ngeneric form:\n%s", base.set, base.file, i, verdict(a), verdict(b))
				continue
			}
			if i < count/3 && strings.HasPrefix(base.set, "en16931") {
				asserts += secondOpinion(t, set, d, changed)
			}
			passed++
		}
	}
	t.Logf("%d documents passed, %d asserts with a second opinion", passed, asserts)
}

// secondOpinion evaluates the asserts of fired rules with an independent processor.
func secondOpinion(t *testing.T, set *RuleSet, d *xmltree.Document, src []byte) int {
	doc, err := helium.NewParser().Parse(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	spaces := map[string]string{"xs": "http://www.w3.org/2001/XMLSchema"}
	for _, p := range set.patterns {
		for _, r := range p.Rules {
			for prefix, uri := range r.ns.(scopeNS).schema {
				spaces[prefix] = uri
			}
		}
	}
	eval := xpath3.NewEvaluator(xpath3.DefaultEvaluatorOptions).Namespaces(spaces)
	boolean := func(e string, n helium.Node) (bool, error) {
		x, err := xpath3.NewCompiler().Compile("boolean(" + e + ")")
		if err != nil {
			return false, err
		}
		r, err := eval.Evaluate(context.Background(), x, n)
		if err != nil {
			return false, err
		}
		b, _ := r.IsBoolean()
		return b, nil
	}
	v := &validation{set: set, run: new(xpath.Run), doc: d, result: &Result{}}
	if err := set.program.Start(v.run, d, set.files.open); err != nil {
		t.Fatal(err)
	}
	type firing struct {
		r *rule
		n xmltree.Node
	}
	var all []firing
	v.fired = func(r *rule, n xmltree.Node) { all = append(all, firing{r, n}) }
	v.walk()
	found := map[string]bool{}
	for i := range v.result.Findings {
		f := &v.result.Findings[i]
		found[fmt.Sprint(f.Check.Number, " ", f.Node)] = true
	}
	count := 0
	for _, f := range all {
		x, err := xpath3.NewCompiler().Compile(xpath.Path(d, f.n))
		if err != nil {
			t.Fatal(err)
		}
		at, err := eval.Evaluate(context.Background(), x, doc)
		if err != nil {
			t.Fatal(err)
		}
		nodes, err := at.Nodes()
		if err != nil || len(nodes) != 1 {
			t.Fatalf("%s: %d nodes, %v", xpath.Path(d, f.n), len(nodes), err)
		}
		for _, c := range f.r.source.Checks {
			if strings.Contains(c.Test, "current()") || len(f.r.source.Lets) > 0 {
				continue
			}
			ok, err := boolean(c.Test, nodes[0])
			if err != nil {
				continue // where one stops at an error another may have an answer
			}
			count++
			ours := found[fmt.Sprint(c.Number, " ", f.n)]
			if ours == (ok != c.Report) {
				t.Errorf("%s at %s: ours raised %v, the test is %v there", c.Name(), Location(d, f.n), ours, ok)
			}
		}
	}
	return count
}

func newRand(a, b uint64) *rand.Rand { return rand.New(rand.NewPCG(a, b)) }
