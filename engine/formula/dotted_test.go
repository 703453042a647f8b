package formula

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/diag"
	"pgregory.net/rapid"
)

// A dotted path compiled without the parser is what the parser makes of it.
func TestDottedPathsNeedNoParser(t *testing.T) {
	d := &Decl{Strict: true, Names: map[string]Type{
		"a": MapOf(map[string]Type{"b": MapOf(map[string]Type{"c": Number.Required()}, false).Required(), "l": ListOf(String), "t": Text, "x": Any}, false).Named("a").Required(),
		"s": String, "certificate": CertificateType, "any": Any,
	}}
	word := rapid.SampledFrom([]string{"a", "b", "c", "l", "t", "x", "s", "any", "certificate", "serial", "nope", "now", "len", "in", "not", "nil", "true", "1", "_u", "x1"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(word, 1, 5).Draw(t, "words"), ".")
		pos := diag.Pos{File: "f", Line: 3, Column: 7}
		p, problems := Compile(text, pos, d)
		q, want := Compile(text+" ", pos, d)
		if got := fmt.Sprint(problems); got != fmt.Sprint(want) {
			t.Fatalf("%s: want %v, got %s", text, want, got)
		}
		if (p == nil) != (q == nil) {
			t.Fatalf("%s: %v %v", text, p, q)
		}
		if p == nil {
			return
		}
		path, _ := p.Path()
		other, _ := q.Path()
		if p.Type() != q.Type() || !slices.Equal(path, other) || fmt.Sprint(p.Refs()) != fmt.Sprint(q.Refs()) {
			t.Fatalf("%s: %v %v, %v %v", text, p.Type(), q.Type(), path, other)
		}
	})
}
