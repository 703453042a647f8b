package lint

import (
	"reflect"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

var textType = reflect.TypeFor[engine.Text]()

// literals returns where the long literal values of a package stand. Constants
// are what they should become; what is for people and what a simulator replies
// is left out.
func literals(p *engine.Package) map[string][]diag.Pos {
	at := map[string][]diag.Pos{}
	r := &reads{seen: map[uintptr]bool{}, without: textType}
	for _, x := range []any{p.Flows, p.Mappings, p.Rules, p.Answers} {
		r.walk(reflect.ValueOf(x))
	}
	var note func(v *formula.Value)
	note = func(v *formula.Value) {
		for _, e := range v.Entries() {
			note(e.Value)
		}
		for _, m := range v.Items() {
			note(m)
		}
		x, _ := v.Constant()
		if text, ok := x.(string); ok && long(text) && !strings.HasPrefix(v.Pos().File, "simulator/") {
			at[text] = append(at[text], v.Pos())
		}
	}
	for _, v := range r.values {
		note(v)
	}
	for text, places := range at {
		slices.SortFunc(places, diag.Pos.Compare)
		at[text] = slices.Compact(places)
	}
	return at
}
