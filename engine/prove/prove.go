package prove

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// Rule is what selects: clauses, and perhaps a formula beside them.
type Rule struct {
	Applies *engine.Clause // nil: always
	Formula bool           // a formula decides too: what Applies says is necessary, not enough
}

// Finding is an answer with a document that shows it.
type Finding struct {
	Answer  Answer
	Witness Witness // nil with No; with NotProved it may not be one
}

// Witness is a document in parts: values by path. A path that is not in it is
// absent.
type Witness map[string]any

// Prover answers questions about rules. The zero value knows fields by their
// types alone.
type Prover struct {
	// Known says more of a field than its type; nil: nothing.
	Known func(path string) Domain
}

// Overlap says whether a document exists that all rules select.
func (p *Prover) Overlap(rules ...Rule) Finding { return p.ask(rules, nil, nil) }

// Reached says whether a document exists that r selects and none of others
// does. No means that the others take everything first.
func (p *Prover) Reached(r Rule, others ...Rule) Finding { return p.ask([]Rule{r}, others, nil) }

// Covered says whether others select every document that r selects; with No
// the witness is one they leave out.
func (p *Prover) Covered(r Rule, others ...Rule) Finding {
	f := p.Reached(r, others...)
	f.Answer = Yes - f.Answer
	return f
}

// Gap says whether a document exists for which within holds and that no rule
// selects.
func (p *Prover) Gap(within *engine.Clause, rules ...Rule) Finding {
	return p.ask([]Rule{{Applies: within}}, rules, nil)
}

// ask looks for a document that all of in select and none of out.
func (p *Prover) ask(in, out []Rule, sp *space) Finding {
	if sp == nil {
		var clauses []*engine.Clause
		for _, r := range append(in[:len(in):len(in)], out...) {
			clauses = append(clauses, r.Applies)
		}
		sp = newSpace(clauses, p.Known)
	}
	may, possible := literals(in, out, false)
	if !possible {
		return Finding{}
	}
	perhaps := sp.solve(may, false)
	if perhaps == nil {
		return Finding{}
	}
	if must, ok := literals(in, out, true); ok {
		if sure := sp.solve(must, true); sure != nil {
			return Finding{Yes, sp.witness(sure)}
		}
	}
	return Finding{NotProved, sp.witness(perhaps)}
}

// literals says what is asked of the clauses; false if it cannot be. Sure: a
// rule with a formula selects for certain never, and leaves out for certain
// only what its clauses leave out.
func literals(in, out []Rule, sure bool) (list []literal, possible bool) {
	for _, r := range in {
		if r.Formula && sure {
			return nil, false
		}
		if r.Applies != nil {
			list = append(list, literal{clause: r.Applies, truth: true})
		}
	}
	for _, r := range out {
		switch {
		case r.Formula && !sure: // it may leave out everything
		case r.Applies == nil:
			return nil, false
		default:
			list = append(list, literal{clause: r.Applies, truth: true, not: true})
		}
	}
	return list, true
}

func (sp *space) witness(cells []int) Witness {
	w := Witness{}
	for i, f := range sp.fields {
		if v := f.values[cells[i]]; v != nil {
			w[f.path] = v
		}
	}
	return w
}

// MarshalJSON writes the witness as a fragment of what formulas see:
// {"document": {"type": "invoice"}}.
func (w Witness) MarshalJSON() ([]byte, error) {
	root := map[string]any{}
	for _, path := range slices.Sorted(maps.Keys(w)) {
		names := strings.Split(path, ".")
		in := root
		for _, n := range names[:len(names)-1] {
			next, ok := in[n].(map[string]any)
			if !ok {
				next = map[string]any{}
				in[n] = next
			}
			delete(next, "...")
			in = next
		}
		last := names[len(names)-1]
		if _, record := w[path].(map[string]any); record && in[last] != nil {
			continue
		}
		in[last] = plain(w[path])
	}
	return json.Marshal(root)
}

// String returns the JSON form.
func (w Witness) String() string {
	b, err := w.MarshalJSON()
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func plain(v any) any {
	switch x := v.(type) {
	case string, bool, []any:
		return x
	case map[string]any:
		return maps.Clone(x)
	case decimal.Decimal:
		return x
	}
	t, err := formula.FormatText(v)
	if err != nil {
		return "..."
	}
	return t
}
