package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

func clause(t testing.TB, path, op string, values ...any) *engine.Clause {
	return &engine.Clause{Op: op, Path: path, Field: enginetest.Program(t, path), Values: values}
}

func all(sub ...*engine.Clause) *engine.Clause { return &engine.Clause{Op: "all", Sub: sub} }

// A clause over an absent field is unknown, not unknown is unknown, and only
// true selects.
func TestClausesHaveThreeValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for text, c := range map[string]*engine.Clause{
		"true: is":                  clause(t, "document.type", "is", "invoice"),
		"false: is":                 clause(t, "document.type", "is", "receipt"),
		"unknown: is":               clause(t, "document.nothing", "is", "x"),
		"unknown: isNot":            clause(t, "document.nothing", "isNot", "x"),
		"unknown: notIn":            clause(t, "document.nothing", "notIn", "x", "y"),
		"true: notIn":               clause(t, "document.type", "notIn", "x", "y"),
		"unknown: not":              {Op: "not", Sub: []*engine.Clause{clause(t, "document.nothing", "is", "x")}},
		"true: not":                 {Op: "not", Sub: []*engine.Clause{clause(t, "document.type", "is", "x")}},
		"false: all":                all(clause(t, "document.nothing", "is", "x"), clause(t, "document.type", "is", "x")),
		"unknown: all":              all(clause(t, "document.nothing", "is", "x"), clause(t, "document.type", "is", "invoice")),
		"true: any":                 {Op: "any", Sub: []*engine.Clause{clause(t, "document.nothing", "is", "x"), clause(t, "document.type", "is", "invoice")}},
		"unknown: any":              {Op: "any", Sub: []*engine.Clause{clause(t, "document.nothing", "is", "x"), clause(t, "document.type", "is", "x")}},
		"false: exists":             clause(t, "document.nothing", "exists", true),
		"true: exists":              clause(t, "document.nothing", "exists", false),
		"true: empty":               clause(t, "document.nothing", "empty", true),
		"true: numbers of any size": clause(t, "document.totals.payable", "is", decimal.MustParse("7")),
		"true: gte":                 clause(t, "document.totals.payable", "gte", decimal.MustParse("7.000")),
		"false: lt":                 clause(t, "document.totals.payable", "lt", decimal.MustParse("7")),
		"true: between":             clause(t, "document.totals.payable", "between", decimal.MustParse("6"), decimal.MustParse("8")),
		"unknown: gt":               clause(t, "document.nothing", "gt", decimal.MustParse("6")),
		"true: startsWith":          clause(t, "document.type", "startsWith", "inv"),
		"true: endsWith":            clause(t, "document.type", "endsWith", "ice"),
		"true: matches":             clause(t, "document.type", "matches", "^in.*e$"),
		"unknown: wrong type":       clause(t, "document.totals", "startsWith", "x"),
	} {
		w.pkg.Flows[0].Applies = c
		x, err := w.engine().Explain(context.Background(), request(t, "1"))
		if err != nil {
			t.Fatal(err)
		}
		want, _, _ := strings.Cut(text, ":")
		if got := x.Considered[0].Result.String(); got != want {
			t.Errorf("%s: got %s", text, got)
		}
		if (x.Chosen != nil) != (want == "true") {
			t.Errorf("%s: chosen %v", text, x.Chosen)
		}
	}
}

func TestExplainNamesTheSmallestChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pkg.Flows[0].Applies = all(clause(t, "entity.country", "is", "XX"), clause(t, "document.type", "in", "receipt", "ticket"),
		&engine.Clause{Op: "any", Sub: []*engine.Clause{all(clause(t, "document.a", "is", "1"), clause(t, "document.b", "is", "2")), clause(t, "document.currency", "is", "USD")}})
	x, err := w.engine().Explain(context.Background(), request(t, "1"))
	if err != nil {
		t.Fatal(err)
	}
	c := x.Considered[0]
	want := []engine.Change{{Path: "document.type", From: "invoice", To: "in [receipt, ticket]"}, {Path: "document.currency", From: "EUR", To: "is USD"}}
	if fmt.Sprint(c.Change) != fmt.Sprint(want) {
		t.Errorf("want %v, got %v", want, c.Change)
	}
	if x.Problem == nil || x.Problem.Rule != "SEL-NO-FLOW" || x.Chosen != nil || len(c.Clauses) != 9 {
		t.Errorf("problem %v, clauses %d", x.Problem, len(c.Clauses))
	}
}

func selection(t testing.TB, flows []*engine.Flow, deployments ...engine.Use) (*engine.Catalog, *engine.Question) {
	t.Helper()
	var pkgs []*engine.Package
	for _, v := range []string{"1.9.0", "1.10.0", "2.0.0"} {
		pkgs = append(pkgs, &engine.Package{ID: "xx/a", Version: v, Documents: []string{"invoice/1"}, Date: enginetest.Program(t, "document.issued"), Flows: flows})
	}
	pkgs = append(pkgs, &engine.Package{ID: "xx/b", Version: "1", Flows: flows})
	e := &engine.Entity{ID: "acme", Fields: map[string]any{"zone": "America/Sao_Paulo", "country": "XX", "groups": []any{"latam"}}}
	c, list := engine.NewCatalog(pkgs, []*engine.Deployment{{Environment: engine.Test, Use: deployments}}, []*engine.Entity{e})
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	r, err := document.NewReader(document.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	d, list := r.Read("doc", enginetest.Document(t, "1"), nil)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return c, &engine.Question{Document: d, Entity: "acme", Environment: engine.Test}
}

func day(t testing.TB, text string) civil.Date {
	t.Helper()
	d, err := civil.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The newest version that is in force on the document's date is taken.
func TestVersionInForceOnTheDateOfTheDocument(t *testing.T) {
	t.Parallel()
	flows := []*engine.Flow{{Name: "f", Kind: engine.Outbound}}
	use := func(version, from string) engine.Use {
		return engine.Use{Package: "xx/a", Version: version, Entities: []string{"latam"}, From: day(t, from)}
	}
	for name, c := range map[string]struct {
		uses []engine.Use
		want string
	}{
		"the last one begun":                 {[]engine.Use{use("1.9.0", "2026-01-01"), use("1.10.0", "2026-11-23"), use("2.0.0", "2026-11-24")}, "1.10.0"},
		"the highest of one day, as numbers": {[]engine.Use{use("1.10.0", "2026-01-01"), use("1.9.0", "2026-01-01")}, "1.10.0"},
		"a return to an older one":           {[]engine.Use{use("2.0.0", "2026-01-01"), use("1.9.0", "2026-06-01")}, "1.9.0"},
		"none yet":                           {[]engine.Use{use("2.0.0", "2026-11-24")}, ""},
	} {
		cat, q := selection(t, flows, c.uses...)
		got, err := cat.Select(q)
		if c.want == "" {
			if err == nil || !strings.Contains(err.Error(), "SEL-NO-FLOW") {
				t.Errorf("%s: got %v", name, err)
			}
			continue
		}
		if err != nil || got.Package.Version != c.want {
			t.Errorf("%s: want %s, got %v %v", name, c.want, got.Package, err)
		}
	}
}

func TestSeveralFlowsThatApply(t *testing.T) {
	t.Parallel()
	both := []*engine.Flow{{Name: "f"}, {Name: "g"}}
	cat, q := selection(t, both, engine.Use{Package: "xx/a", Entities: []string{"acme"}})
	if _, err := cat.Select(q); err == nil || !strings.Contains(err.Error(), "SEL-AMBIGUOUS") {
		t.Errorf("got %v", err)
	}
	both[1].Priority = 1
	if got, err := cat.Select(q); err != nil || got.Flow.Name != "g" || got.Package.Version != "2.0.0" {
		t.Errorf("got %v %v", got, err)
	}
	// Priority says nothing about flows of another package.
	cat, q = selection(t, both, engine.Use{Package: "xx/a", Entities: []string{"acme"}}, engine.Use{Package: "xx/b", Entities: []string{"acme"}})
	if _, err := cat.Select(q); err == nil || !strings.Contains(err.Error(), "SEL-AMBIGUOUS") {
		t.Errorf("got %v", err)
	}
	q.Entity = "other"
	if _, err := cat.Select(q); err == nil || !strings.Contains(err.Error(), "SEL-ENTITY") {
		t.Errorf("got %v", err)
	}
}

// The index finds what trying every flow finds.
func TestIndexFindsWhatAScanFinds(t *testing.T) {
	t.Parallel()
	fields := []string{"document.type", "entity.country", "document.currency", "document.none", "document.id"}
	values := []any{"invoice", "XX", "EUR", "a", "1"}
	rapid.Check(t, func(rt *rapid.T) {
		var flows []*engine.Flow
		for i := range rapid.IntRange(1, 40).Draw(rt, "flows") {
			var sub []*engine.Clause
			for range rapid.IntRange(0, 3).Draw(rt, "clauses") {
				op := rapid.SampledFrom([]string{"is", "in", "isNot"}).Draw(rt, "op")
				v := rapid.SliceOfN(rapid.SampledFrom(values), 1, 2).Draw(rt, "values")
				sub = append(sub, clause(t, rapid.SampledFrom(fields).Draw(rt, "field"), op, v...))
			}
			flows = append(flows, &engine.Flow{Name: fmt.Sprint(i), Applies: all(sub...)})
		}
		cat, q := selection(t, flows, engine.Use{Package: "xx/a", Entities: []string{"acme"}})
		fit := 0
		for _, c := range cat.Explain(q).Considered {
			fit += map[bool]int{true: 1}[c.Result == engine.True]
		}
		_, err := cat.Select(q)
		if (fit == 1) != (err == nil) || fit > 1 && !strings.Contains(err.Error(), "SEL-AMBIGUOUS") {
			rt.Fatalf("%d fit, select says %v", fit, err)
		}
	})
}

// BenchmarkTableSelect2000 chooses one of 2,000 deployed flows.
func BenchmarkTableSelect2000(b *testing.B) {
	var flows []*engine.Flow
	for i := range 2000 {
		flows = append(flows, &engine.Flow{Name: fmt.Sprintf("f%d", i), Applies: all(clause(b, "entity.country", "is", fmt.Sprintf("C%d", i/40)),
			clause(b, "document.type", "in", "invoice", "creditNote"), clause(b, "document.currency", "is", fmt.Sprintf("K%d", i%40)), clause(b, "document.totals.payable", "gte", decimal.Zero))})
	}
	flows[1234].Applies = all(clause(b, "entity.country", "is", "XX"), clause(b, "document.type", "in", "invoice", "creditNote"), clause(b, "document.currency", "is", "EUR"), clause(b, "document.totals.payable", "gte", decimal.Zero))
	cat, q := selection(b, flows, engine.Use{Package: "xx/a", Entities: []string{"acme"}})
	b.ReportAllocs()
	for b.Loop() {
		if got, err := cat.Select(q); err != nil || got.Flow != flows[1234] {
			b.Fatal(got, err)
		}
	}
}
