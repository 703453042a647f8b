package plan

import (
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const document = `{"id": "1", "type": "invoice", "issued": "2026-11-23T10:00:00Z", "currency": "XAU", "seller": {"name": "A"}, "buyer": {"name": "B"},
	"lines": [{"id": "1", "quantity": "1", "unit": "C62", "netAmount": "1.00", "item": {"name": "x"}}], "totals": {"payable": "1.00"}}`

type filed map[string]string

func (f filed) Digest(a *engine.Artifact) string { return f[a.ID] }

// Facts tell another program, another official file and another legal entity
// apart, each under its own name.
func TestFactsTellApart(t *testing.T) {
	t.Parallel()
	facts := func(version, file, name string) map[string]string {
		p := &engine.Package{ID: "xx/a", Version: "1.0", Artifacts: []engine.Artifact{{ID: "xsd"}}}
		e := &engine.Entity{ID: "acme", Fields: map[string]any{"name": name}}
		cat, problems := engine.NewCatalog([]*engine.Package{p}, nil, []*engine.Entity{e})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		log := engine.NewMemory(nil)
		eng, err := engine.New(cat, engine.Hands{Clock: engine.NewVirtual(noon), Log: log}, engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		sub := &engine.Submission{ID: "s", Package: "xx/a", Version: "1.0", Entity: "acme", Environment: engine.Test, Input: []byte(document), Run: engine.RunScheduled, Status: engine.DocNone}
		if err := log.Create(t.Context(), sub); err != nil {
			t.Fatal(err)
		}
		row, err := log.Submission(t.Context(), "s")
		if err != nil {
			t.Fatal(err)
		}
		out, err := World{Engine: eng, Version: version, Artifacts: filed{"xsd": file}}.Facts(t.Context(), row)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	was := facts("0.1", "aa", "Acme")
	for _, c := range []struct{ what, version, file, name string }{{"", "0.1", "aa", "Acme"}, {"engine version", "0.2", "aa", "Acme"}, {"artifact xsd", "0.1", "bb", "Acme"}, {"entity acme", "0.1", "aa", "Acme Ltd"}} {
		now := facts(c.version, c.file, c.name)
		for name := range was {
			if differs := was[name] != now[name]; differs != (name == c.what) {
				t.Errorf("%q changed: %s differs is %v", c.what, name, differs)
			}
		}
	}
}
