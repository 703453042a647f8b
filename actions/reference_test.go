package actions_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	packing "github.com/fiscus-project/fiscus/actions/bytes"
	"github.com/fiscus-project/fiscus/actions/check"
	"github.com/fiscus-project/fiscus/actions/keep"
	"github.com/fiscus-project/fiscus/actions/read"
	"github.com/fiscus-project/fiscus/actions/render"
	"github.com/fiscus-project/fiscus/actions/seal"
	"github.com/fiscus-project/fiscus/actions/transform"
	"github.com/fiscus-project/fiscus/actions/value"
	"github.com/fiscus-project/fiscus/actions/wire"
	"github.com/fiscus-project/fiscus/actions/xmlsec"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
)

var update = flag.Bool("update", false, "write the reference pages anew")

// families lists the actions of each package.
var families = map[string][]*engine.Spec{
	"bytes": packing.Specs(), "render": render.Specs(), "seal": seal.Specs(), "check": check.Specs(), "keep": keep.Specs(), "read": read.Specs(), "transform": transform.Specs(), "value": value.Specs(), "wire": wire.Specs(), "xmlsec": xmlsec.Specs(),
}

func registry() *engine.Registry {
	var r engine.Registry
	for _, specs := range families {
		r.Register(specs...)
	}
	return &r
}

// A package of actions that is not listed here would have no pages.
func TestFamiliesAreComplete(t *testing.T) {
	source, err := filepath.Glob("*/*.go")
	if err != nil || len(source) < len(families) {
		t.Fatalf("%d files, %v", len(source), err)
	}
	for _, f := range source {
		if families[filepath.Dir(f)] == nil {
			t.Errorf("actions/%s is not among the families of this test", filepath.Dir(f))
		}
	}
}

func TestReferencePages(t *testing.T) {
	dir := filepath.Join("..", "docs", "actions")
	r := registry()
	for _, name := range r.Names() {
		page := filepath.Join(dir, name+".md")
		want := r.Spec(name).Markdown()
		if *update {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(page, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(page)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the spec says: go test ./actions -update (%v)", page, err)
		}
	}
	pages, _ := filepath.Glob(filepath.Join(dir, "*.md"))
	for _, p := range pages {
		if name := strings.TrimSuffix(filepath.Base(p), ".md"); r.Spec(name) == nil {
			t.Errorf("%s describes no action", p)
		}
	}
}

// The spec says everything a reader needs.
func TestSpecsAreDescribed(t *testing.T) {
	r := registry()
	for _, name := range r.Names() {
		s := r.Spec(name)
		if s.Since == "" || s.Example == "" || !strings.HasSuffix(s.Summary, ".") {
			t.Errorf("%s lacks its version, its example, or a sentence that says what it does", name)
		}
		for _, p := range append(append([]engine.Port{}, s.In...), s.Out...) {
			if p.Doc == "" {
				t.Errorf("%s: %s has no meaning", name, p.Name)
			}
		}
		for _, p := range s.Params {
			if p.Doc == "" {
				t.Errorf("%s: %s has no meaning", name, p.Name)
			}
		}
	}
}

type clock struct{ at time.Time }

func (c *clock) Now() time.Time { return c.at }

func (c *clock) Sleep(ctx context.Context, t time.Time) error { c.at = t; return ctx.Err() }

const document = `{"type": "invoice", "id": "doc-1", "number": "A-1", "issued": "2026-03-01", "currency": "EUR", "lines": [{"id": "1", "quantity": 1, "netAmount": 5, "item": {"name": "Thing"}}]}`

// example is a package whose one flow is the example of an action.
func example(s *engine.Spec) fstest.MapFS {
	step := "  - " + strings.ReplaceAll(strings.TrimRight(s.Example, "\n"), "\n", "\n    ") + "\n"
	return fstest.MapFS{
		"package.yaml": {Data: []byte("package: xx/example\nversion: 1.0.0\nengine: \">=0.1 <1\"\ndocuments: [invoice/1]\ndate: document.issued\n" +
			"state: {number: {kind: counter, per: [entity], from: 1}, place: {kind: cursor, per: [entity]}}\n" +
			"artifacts: [{id: example-json, kind: jsonschema, bundle: xx/none, entry: example.json}, {id: example-xsd, kind: xsd, bundle: xx/none, entry: example.xsd}, {id: example-sch, kind: schematron, bundle: xx/none, entry: example.sch}]\n")},
		"flows/issue.yaml":      {Data: []byte("flow: issue\napplies: {all: [{field: document.type, is: invoice}]}\nsteps:\n" + step)},
		"readings/example.yaml": {Data: []byte("reading: example\nformat: xml\nmatch: {root: Order}\nfields: {number: string, quantity: {type: number, required: false}}\ndocument: {number: No, quantity: Quantity}\n")},
		"rules/example.yaml":    {Data: []byte("rules: example\nchecks:\n  - {id: EX-1, assert: document.currency == \"EUR\", says: \"the currency is {=document.currency}\"}\n")},
	}
}

// The example of each action is a step that runs. Those of actions/xmlsec,
// actions/seal and actions/wire need a key and somebody who answers: their own tests run them,
// and TestSignAndSend runs such steps through the engine.
func TestExamples(t *testing.T) {
	for family, specs := range families {
		if family == "xmlsec" || family == "wire" || family == "seal" {
			continue
		}
		for _, s := range specs {
			t.Run(s.Name, func(t *testing.T) { runExample(t, s) })
		}
	}
}

func runExample(t *testing.T, s *engine.Spec) {
	report := ran(t, example(s), nil)
	if len(report.Steps) != 1 || report.Steps[0].Outcome != "done" || report.Status.Run != engine.RunCompleted {
		t.Errorf("the example ended so: %+v, %+v, %v", report.Steps, report.Status, report.Findings)
	}
}

// ran submits a document to the one flow of a package.
func ran(t *testing.T, files fstest.MapFS, official engine.ArtifactStore) *engine.Report {
	t.Helper()
	p, problems := load.Load(files, registry(), nil)
	if p == nil {
		t.Fatal(problems)
	}
	cat, list := engine.NewCatalog([]*engine.Package{p},
		[]*engine.Deployment{{Name: "d", Environment: engine.Test, Use: []engine.Use{{Package: p.ID, Entities: []string{"acme"}}}}},
		[]*engine.Entity{{ID: "acme", Fields: map[string]any{"id": "acme", "country": "XX", "zone": "UTC"}}})
	if list.Grave() {
		t.Fatal(list)
	}
	hands := engine.Hands{Clock: &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, Log: engine.NewMemory(nil), Artifacts: official}
	e, err := engine.New(cat, hands, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := e.Submit(t.Context(), &engine.Request{Document: []byte(document), File: "doc.json", Entity: "acme", Environment: engine.Test})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(t.Context(), []string{sub.ID}, 1, time.Minute); err != nil {
		t.Fatal(err)
	}
	report, err := e.Report(t.Context(), sub.ID)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// official is an official file that finds fault with two places.
type official struct{}

func (official) Validator(*engine.Artifact) (engine.Validator, error) { return official{}, nil }

func (official) Validate(context.Context, []byte) ([]engine.Finding, error) {
	return []engine.Finding{{Rule: "FMT-XSD", Path: "/Lot/Doc/Line[1]/Name", Message: "too long"}, {Rule: "FMT-XSD", Path: "/Lot/Other", Message: "not expected"}}, nil
}

// What an official file finds on a value is told by the business field the
// value came from, also when the document stands inside another one.
func TestFindingsNameTheBusinessField(t *testing.T) {
	files := example(&transform.Write)
	files["flows/issue.yaml"].Data = []byte(`flow: issue
applies: {all: [{field: document.type, is: invoice}]}
steps:
  - id: map
    action: transform.write
    with: {mapping: {format: xml, root: {Doc: {Line: [{$for: x in document.lines, Name: =x.item.name}, {Name: last}]}}}}
  - id: lot
    action: transform.write
    with: {mapping: {format: xml, inputs: {doc: bytes}, root: {Lot: {$raw: =input.doc}}}, input: {doc: =steps.map.out}}
  - id: check
    action: xml.validate
    with: {in: =steps.lot.out, schema: example-xsd}
`)
	report := ran(t, files, official{})
	if report.Status.Run != engine.RunFailed || len(report.Findings) != 2 {
		t.Fatalf("%+v %v", report.Status, report.Findings)
	}
	for _, f := range report.Findings {
		switch {
		case strings.HasPrefix(f.Message, "too long"):
			if f.Path != "/lines/0/item/name" || !strings.Contains(f.Message, "/Lot/Doc/Line[1]/Name, written by flows/issue.yaml:6:") {
				t.Errorf("%+v", f)
			}
		case f.Path != "/Lot/Other":
			t.Errorf("%+v", f)
		}
	}
}
