package engine

import (
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// A scope without a run sees tables, the entity and constants.
func TestOutsideARun(t *testing.T) {
	t.Parallel()
	compile := func(src string) *formula.Program {
		p, problems := formula.Compile(src, diag.Pos{}, &formula.Decl{Names: map[string]formula.Type{"entity": formula.Any, "const": formula.Any, "context": formula.Any}})
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	from := func(y int) civil.Date { return civil.DateOf(time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)) }
	pkg := &Package{ID: "xx/a", Version: "1", Const: []Let{{Name: "zone", Value: formula.Literal("east", diag.Pos{})}},
		State: []State{{Name: "service", Kind: "mode", Per: []*formula.Program{compile("entity.region")}}},
		Tables: map[string]*Table{"doors": {Name: "doors", Key: []string{"door"}, Rows: []Row{
			{Keys: []string{"in"}, Values: map[string]any{"url": "old"}, To: from(2025)},
			{Keys: []string{"in"}, Values: map[string]any{"url": "new"}, From: from(2026)}}}}}
	cat, problems := NewCatalog([]*Package{pkg}, nil, []*Entity{{ID: "e", Fields: map[string]any{"region": "R1"}}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	s := cat.Outside(pkg, Outside{Environment: Test, Entity: "e", Day: func() civil.Date { return from(2027) }})
	for src, want := range map[string]string{`table("doors", "in").url`: "new", `entity.region`: "R1", `const.zone`: "east", `context.environment`: "test"} {
		if got, err := compile(src).Eval(s); err != nil || got != want {
			t.Errorf("%s: want %q, got %v, %v", src, want, got, err)
		}
	}
	if got, err := cat.ModeObject(pkg, "service", "e", Test); err != nil || got != "test\x1fxx/a\x1fservice\x1fR1" {
		t.Errorf("object %q, %v", got, err)
	}
	if _, err := cat.ModeObject(pkg, "none", "e", Test); err == nil {
		t.Error("a state that is not there has no object")
	}
}
