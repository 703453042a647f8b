package formula

import (
	"testing"

	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// A let used by a condition of applicability keeps what is unknown, and its
// plain value besides.
func TestUnknownThroughLet(t *testing.T) {
	t.Parallel()
	d := &Decl{Names: map[string]Type{"x": Number, "small": Boolean}}
	let, _ := Compile("x < 5", diag.Pos{}, d)
	use, _ := Compile("not small", diag.Pos{}, d)
	s := NewScope(nil)
	s.Set("x", nil)
	calls := 0
	s.SetLazy("small", func(s *Scope) (any, error) { calls++; return let.Eval(s) })
	for range 2 {
		if v, err := use.Test(s); !v || err != nil {
			t.Errorf("test: %v, %v; a comparison with absent is false", v, err)
		}
		if _, known, err := use.EvalBool(s); known || err != nil {
			t.Errorf("known: %v, %v", known, err)
		}
	}
	if calls != 2 {
		t.Errorf("worked out %d times; once for each mode", calls)
	}
}

func TestCycleOfLets(t *testing.T) {
	t.Parallel()
	d := &Decl{Names: map[string]Type{"a": Any, "b": Any}}
	a, _ := Compile("b", diag.Pos{}, d)
	b, _ := Compile("a + 1", diag.Pos{Line: 3, Column: 7}, d)
	s := NewScope(nil)
	s.SetLazy("a", a.Eval)
	s.SetLazy("b", b.Eval)
	_, err := a.Eval(s)
	var p diag.Problem
	if p, _ = err.(diag.Problem); p.Rule != RuleCycle || p.Pos.Line != 3 {
		t.Error(err)
	}
}

// Arithmetic with something absent is an error in a run and unknown in a
// condition of applicability, which still can be decided by the rest.
func TestArithmeticUnknown(t *testing.T) {
	t.Parallel()
	d := &Decl{Names: map[string]Type{"x": Number, "y": Number, "list": ListOf(Number)}}
	s := NewScope(nil)
	s.Set("x", nil)
	s.Set("y", decimal.FromInt(2))
	s.Set("list", []any{decimal.FromInt(1), nil})
	var notes []Event
	s.SetTrace(func(e Event) { notes = append(notes, e) })
	for src, want := range map[string]string{
		"x + 1 > 0":                   "unknown",
		"x + 1 > 0 or y == 2":         "true",
		"x + 1 > 0 and y == 3":        "false",
		"not (x * 2 == 4)":            "unknown",
		"any(list, # + 1 == 2)":       "true",
		"all(list, # + 1 == 2)":       "unknown",
		"count(list, # > 0) == 1":     "unknown",
		"(x ?? 7) == 7":               "true",
		"if x > 1 {true} else {true}": "unknown",
		"x == nil":                    "true",
		"x != nil":                    "false",
		"x == x":                      "unknown",
	} {
		p, problems := Compile(src, diag.Pos{}, d)
		if p == nil {
			t.Errorf("%s: %v", src, problems)
			continue
		}
		v, known, err := p.EvalBool(s)
		if got := three(v, known); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", src, got, err, want)
		}
	}
	if len(notes) == 0 {
		t.Error("the trace is told what was absent")
	}
	p, _ := Compile("x + 1 > 0", diag.Pos{}, d)
	if _, err := p.Test(s); !lacking(err) {
		t.Errorf("test: %v", err)
	}
}

func three(v, known bool) string {
	switch {
	case !known:
		return "unknown"
	case v:
		return "true"
	}
	return "false"
}
