package formula

import (
	"fmt"
	"slices"
	"testing"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// A watch is told of every formula that is worked out, also in scopes made
// from the watched one, and of notes; constants and faults are not told.
func TestWatch(t *testing.T) {
	t.Parallel()
	d := &Decl{Names: map[string]Type{"a": Number, "b": Boolean}}
	compile := func(src string, line int) *Program {
		p, problems := Compile(src, diag.Pos{Line: line}, d)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	var seen []string
	s := NewScope(nil)
	s.SetWatch(func(pos diag.Pos, what any) { seen = append(seen, fmt.Sprint(pos.Line, " ", what)) })
	s.Set("b", true)
	in := s.WithHost(NoHost{}).Child()
	_, _ = compile("a", 1).Eval(in)
	_, _, _ = compile("b", 2).EvalBool(in)
	_, _ = compile("not b", 3).Test(in)
	_, _ = compile("7", 4).Eval(in)
	_, _ = compile("a + 1", 5).Eval(in)
	in.Note(diag.Pos{Line: 6}, Chosen)
	want := []string{"1 <nil>", "2 true", "3 false", "6 chosen"}
	if !slices.Equal(seen, want) {
		t.Errorf("want %q, got %q", want, seen)
	}
}
