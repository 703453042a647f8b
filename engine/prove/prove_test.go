package prove

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
	"pgregory.net/rapid"
)

var documentType = formula.MapOf(map[string]formula.Type{"text": formula.String, "whole": formula.Integer, "flag": formula.Boolean,
	"day": formula.Date, "part": formula.MapOf(map[string]formula.Type{"code": formula.String}, false)}, false)

func path(name string) *formula.Program {
	p, problems := formula.Compile("document."+name, diag.Pos{}, &formula.Decl{Names: map[string]formula.Type{"document": documentType}, Strict: true})
	if err := problems.Err(); err != nil {
		panic(err)
	}
	return p
}

// is makes a comparison; values are converted to the type of the field.
func is(t testing.TB, field, op string, values ...any) *engine.Clause {
	c := &engine.Clause{Op: op, Field: path(field), Path: "document." + field}
	for _, v := range values {
		if op != "exists" && op != "empty" && op != "startsWith" {
			converted, err := c.Field.Type().Convert(v)
			if err != nil {
				t.Fatal(err)
			}
			v = converted
		}
		c.Values = append(c.Values, v)
	}
	return c
}

func group(op string, sub ...*engine.Clause) *engine.Clause { return &engine.Clause{Op: op, Sub: sub} }

func rule(c *engine.Clause) Rule { return Rule{Applies: c} }

func TestOverlap(t *testing.T) {
	t.Parallel()
	always := Rule{}
	tests := []struct {
		name string
		a, b Rule
		want Answer
	}{
		{"two values", rule(is(t, "text", "is", "a")), rule(is(t, "text", "is", "b")), No},
		{"lists that share one", rule(is(t, "text", "in", "a", "b")), rule(is(t, "text", "in", "b", "c")), Yes},
		{"nothing lies between two whole numbers", rule(is(t, "whole", "gt", "3")), rule(is(t, "whole", "lt", "4")), No},
		{"and three does", rule(is(t, "whole", "gte", "3")), rule(is(t, "whole", "lt", "4")), Yes},
		{"days side by side", rule(is(t, "day", "lte", "2026-12-31")), rule(is(t, "day", "gte", "2027-01-01")), No},
		{"days that touch", rule(is(t, "day", "between", "2026-01-01", "2026-06-30")), rule(is(t, "day", "gte", "2026-06-30")), Yes},
		{"prefixes", rule(is(t, "text", "startsWith", "ab")), rule(is(t, "text", "startsWith", "ac")), No},
		{"a prefix of a prefix", rule(is(t, "text", "startsWith", "a")), rule(is(t, "text", "startsWith", "ac")), Yes},
		{"a prefix and an order", rule(is(t, "text", "startsWith", "b")), rule(is(t, "text", "lt", "b")), No},
		{"absent is not unequal", rule(is(t, "text", "isNot", "a")), rule(is(t, "text", "exists", false)), No},
		{"not of unknown is unknown", rule(group("not", is(t, "text", "is", "a"))), rule(is(t, "text", "exists", false)), No},
		{"empty may be absent", rule(is(t, "text", "empty", true)), rule(is(t, "text", "exists", false)), Yes},
		{"something in a part that is absent", rule(is(t, "part.code", "is", "x")), rule(is(t, "part", "exists", false)), No},
		{"something in a part that is empty", rule(is(t, "part.code", "is", "x")), rule(is(t, "part", "empty", true)), No},
		{"different fields", rule(is(t, "text", "is", "a")), rule(is(t, "whole", "is", "1")), Yes},
		{"always", always, rule(is(t, "flag", "is", true)), Yes},
		{"a formula decides too", Rule{Applies: is(t, "text", "is", "a"), Formula: true}, rule(is(t, "text", "is", "a")), NotProved},
		{"a formula cannot save it", Rule{Applies: is(t, "text", "is", "a"), Formula: true}, rule(is(t, "text", "is", "b")), No},
		{"an ending, by a witness", rule(is(t, "text", "endsWith", "b")), rule(is(t, "text", "in", "a", "ab")), Yes},
		{"an ending, refuted", rule(is(t, "text", "endsWith", "c")), rule(is(t, "text", "in", "a", "ab")), No},
		{"an expression is not proved", rule(is(t, "text", "matches", "^[x-z]{7}$")), rule(is(t, "text", "startsWith", "zz")), NotProved},
		{"an expression on a listed value", rule(is(t, "text", "matches", "^[0-9]+$")), rule(is(t, "text", "in", "a", "17")), Yes},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var p Prover
			got := p.Overlap(tt.a, tt.b)
			if got.Answer != tt.want {
				t.Fatalf("want %v, got %v with %v", tt.want, got.Answer, got.Witness)
			}
			if got.Answer == Yes {
				selects(t, tt.a, got.Witness, true)
				selects(t, tt.b, got.Witness, true)
			}
		})
	}
}

func TestReachedGapAndCovered(t *testing.T) {
	t.Parallel()
	var p Prover
	low, high := rule(is(t, "whole", "lte", "10")), rule(is(t, "whole", "gt", "10"))
	if f := p.Reached(rule(is(t, "whole", "is", "4")), low, high); f.Answer != No {
		t.Errorf("4 is taken by the others: %v %v", f.Answer, f.Witness)
	}
	if f := p.Covered(rule(is(t, "whole", "exists", true)), low, high); f.Answer != Yes {
		t.Errorf("the two cover every number: %v %v", f.Answer, f.Witness)
	}
	if f := p.Gap(nil, low, high); f.Answer != Yes || len(f.Witness) != 0 {
		t.Errorf("without the number none applies: %v %v", f.Answer, f.Witness)
	}
	if f := p.Gap(is(t, "whole", "exists", true), low, rule(is(t, "whole", "gt", "11"))); f.Answer != Yes || !engine.Same(f.Witness["document.whole"], decimal.FromInt(11)) {
		t.Errorf("11 is left: %v %v", f.Answer, f.Witness)
	}
	if f := p.Reached(low, Rule{Applies: low.Applies, Formula: true}); f.Answer != NotProved {
		t.Errorf("a formula may leave something: %v", f.Answer)
	}
	known := Prover{Known: func(string) Domain { return Domain{Values: []any{"a", "b"}, Required: true} }}
	if f := known.Gap(nil, rule(is(t, "text", "is", "a")), rule(is(t, "text", "isNot", "a"))); f.Answer != No {
		t.Errorf("there are only a and b: %v %v", f.Answer, f.Witness)
	}
}

func TestWitnessIsAFragmentOfADocument(t *testing.T) {
	t.Parallel()
	var p Prover
	f := p.Overlap(rule(group("all", is(t, "part.code", "is", "x"), is(t, "part", "exists", true), is(t, "whole", "gte", "3"), is(t, "day", "is", "2026-01-02"))))
	if got, want := f.Witness.String(), `{"document":{"day":"2026-01-02","part":{"code":"x"},"whole":3}}`; got != want {
		t.Errorf("want %s, got %s", want, got)
	}
}

// selects checks a witness with the interpreter's own judgement.
func selects(t interface{ Fatalf(string, ...any) }, r Rule, w Witness, want bool) {
	if r.Applies == nil {
		return
	}
	data, err := json.Marshal(w)
	if err != nil {
		t.Fatalf("witness: %v", err)
	}
	s := formula.NewScope(nil)
	s.Set("document", document(w))
	if got := r.Applies.Judge(s) == engine.True; got != want {
		t.Fatalf("witness %s: selected %v, want %v", data, got, want)
	}
}

func document(w Witness) map[string]any {
	doc := map[string]any{}
	for _, name := range []string{"text", "whole", "flag", "day"} {
		if v, ok := w["document."+name]; ok {
			doc[name] = v
		}
	}
	if v, ok := w["document.part"]; ok {
		doc["part"] = v
	}
	if v, ok := w["document.part.code"]; ok {
		doc["part"] = map[string]any{"code": v}
	}
	return doc
}

// universe lists small values of every field; every cell that the generated
// constants make has one of them in it.
var universe = map[string][]any{"text": texts(), "whole": wholes(), "flag": {nil, true, false}, "day": days(), "part": parts()}

func texts() []any {
	out := []any{nil}
	level := []string{""}
	for range 4 {
		var next []string
		for _, t := range level {
			out = append(out, t)
			for _, c := range []string{"-", "a", "b", "c"} {
				next = append(next, t+c)
			}
		}
		level = next
	}
	return out
}

func wholes() []any {
	out := []any{nil}
	for i := -2; i <= 6; i++ {
		out = append(out, decimal.FromInt(int64(i)))
	}
	return out
}

func days() []any {
	out := []any{nil}
	d, _ := civil.NewDate(2026, 1, 1)
	for i := -2; i <= 6; i++ {
		e, _ := d.AddDays(i)
		out = append(out, e)
	}
	return out
}

func parts() []any {
	out := []any{nil, map[string]any{}, map[string]any{"...": "..."}}
	for _, t := range []string{"", "-", "a", "b", "c"} {
		out = append(out, map[string]any{"code": t})
	}
	return out
}

var leaves = []func(*rapid.T) *engine.Clause{
	func(r *rapid.T) *engine.Clause {
		return atom(r, "text", []string{"is", "isNot", "in", "notIn", "lt", "lte", "gt", "gte", "between", "startsWith", "exists", "empty"}, []any{"a", "b", "aa", "ab", "ba", ""})
	},
	func(r *rapid.T) *engine.Clause {
		return atom(r, "whole", []string{"is", "isNot", "in", "notIn", "lt", "lte", "gt", "gte", "between", "exists", "empty"}, []any{"0", "1", "2", "4"})
	},
	func(r *rapid.T) *engine.Clause {
		return atom(r, "flag", []string{"is", "isNot", "exists"}, []any{true, false})
	},
	func(r *rapid.T) *engine.Clause {
		return atom(r, "day", []string{"is", "in", "lt", "lte", "gt", "gte", "between"}, []any{"2026-01-01", "2026-01-02", "2026-01-04"})
	},
	func(r *rapid.T) *engine.Clause {
		return atom(r, "part.code", []string{"is", "isNot", "exists", "empty"}, []any{"a", "b"})
	},
	func(r *rapid.T) *engine.Clause { return atom(r, "part", []string{"exists", "empty"}, nil) },
}

func atom(r *rapid.T, field string, ops []string, pool []any) *engine.Clause {
	c := &engine.Clause{Op: rapid.SampledFrom(ops).Draw(r, "op"), Field: programs[field], Path: "document." + field}
	n := 1
	switch c.Op {
	case "exists", "empty":
		c.Values = []any{rapid.Bool().Draw(r, "wanted")}
		return c
	case "in", "notIn":
		n = rapid.IntRange(1, 3).Draw(r, "n")
	case "between":
		n = 2
	}
	for range n {
		v, err := c.Field.Type().Convert(rapid.SampledFrom(pool).Draw(r, "value"))
		if err != nil {
			r.Fatal(err)
		}
		c.Values = append(c.Values, v)
	}
	return c
}

var programs = func() map[string]*formula.Program {
	out := map[string]*formula.Program{}
	for _, f := range []string{"text", "whole", "flag", "day", "part", "part.code"} {
		out[f] = path(f)
	}
	return out
}()

func clause(r *rapid.T, depth int) *engine.Clause {
	if depth == 0 || rapid.IntRange(0, 2).Draw(r, "leaf") == 0 {
		return rapid.SampledFrom(leaves).Draw(r, "field")(r)
	}
	c := &engine.Clause{Op: rapid.SampledFrom([]string{"all", "any", "not"}).Draw(r, "group")}
	n := 1
	if c.Op != "not" {
		n = rapid.IntRange(0, 3).Draw(r, "size")
	}
	for range n {
		c.Sub = append(c.Sub, clause(r, depth-1))
	}
	return c
}

// brute tries every document of the universe.
type brute struct {
	fields []string
	judged map[*engine.Clause][]engine.Truth // by value of the field
}

func newBrute(clauses ...*engine.Clause) *brute {
	b := &brute{judged: map[*engine.Clause][]engine.Truth{}}
	for _, c := range clauses {
		walk(c, func(a *engine.Clause) {
			name := a.Path[len("document."):]
			top := name
			if name == "part.code" {
				top = "part"
			}
			if !slices.Contains(b.fields, top) {
				b.fields = append(b.fields, top)
			}
			for _, v := range universe[top] {
				s := formula.NewScope(nil)
				s.Set("document", map[string]any{top: v})
				b.judged[a] = append(b.judged[a], a.Judge(s))
			}
		})
	}
	return b
}

func (b *brute) truth(c *engine.Clause, at map[string]int) engine.Truth {
	switch c.Op {
	case "all", "not":
		t := engine.True
		for _, sub := range c.Sub {
			t = min(t, b.truth(sub, at))
		}
		if c.Op == "not" {
			return engine.True - t
		}
		return t
	case "any":
		t := engine.False
		for _, sub := range c.Sub {
			t = max(t, b.truth(sub, at))
		}
		return t
	}
	name := c.Path[len("document."):]
	if name == "part.code" {
		name = "part"
	}
	return b.judged[c][at[name]]
}

// exists looks for a document that a selects and b does or does not.
func (b *brute) exists(a, c *engine.Clause, both bool) bool {
	at := map[string]int{}
	var try func(i int) bool
	try = func(i int) bool {
		if i == len(b.fields) {
			return b.truth(a, at) == engine.True && (b.truth(c, at) == engine.True) == both
		}
		for n := range universe[b.fields[i]] {
			at[b.fields[i]] = n
			if try(i + 1) {
				return true
			}
		}
		return false
	}
	return try(0)
}

// The prover says of generated pairs what trying every document says, and its
// witness is one for the interpreter.
func TestConformanceEqualsBruteForce(t *testing.T) {
	t.Parallel()
	pairs := 0
	rapid.Check(t, func(r *rapid.T) {
		for i := range 70 {
			a, c := clause(r, 2), clause(r, 2)
			b := newBrute(a, c)
			if len(b.fields) > 3 {
				continue
			}
			pairs++
			var p Prover
			for _, both := range []bool{true, false} {
				f := p.Overlap(rule(a), rule(c))
				if !both {
					f = p.Reached(rule(a), rule(c))
				}
				want := No
				if b.exists(a, c, both) {
					want = Yes
				}
				if f.Answer != want {
					r.Fatalf("pair %d, both %v: want %v, got %v with %v\n%s\n%s", i, both, want, f.Answer, f.Witness, written(a), written(c))
				}
				if f.Answer == Yes {
					selects(r, rule(a), f.Witness, true)
					selects(r, rule(c), f.Witness, both)
				}
			}
		}
	})
	if t.Logf("passed: %d pairs, each asked twice, none not decided", pairs); pairs < 5000 {
		t.Errorf("only %d pairs", pairs)
	}
}

func written(c *engine.Clause) string {
	if len(c.Sub) == 0 {
		return c.String()
	}
	out := c.Op + "("
	for _, sub := range c.Sub {
		out += fmt.Sprintf(" %s;", written(sub))
	}
	return out + " )"
}
