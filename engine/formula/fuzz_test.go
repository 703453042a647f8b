package formula

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func seeds(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "formula", "*.csv"))
	if err != nil || len(files) == 0 {
		f.Fatal("no tables", err)
	}
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			f.Fatal(err)
		}
		rows, err := csv.NewReader(file).ReadAll()
		_ = file.Close()
		if err != nil {
			f.Fatal(err)
		}
		for _, r := range rows[1:] {
			if len(r[0]) < 400 {
				f.Add(r[0])
			}
		}
	}
}

var fuzzDecl = &Decl{Reader: true, Simulator: true, Names: map[string]Type{
	"x": Any, "y": Any, "n": Number, "t": String, "l": ListOf(Any), "lines": ListOf(Any), "s": SecretType, "b": Bytes, "doc": MapOf(map[string]Type{"id": String, "lines": ListOf(Any)}, true),
}}

// Nothing that is written as a formula makes the compiler fail, and each
// problem has a place inside the text.
func FuzzCompile(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src string) {
		for _, d := range []*Decl{nil, fuzzDecl} {
			p, problems := Compile(src, diag.Pos{File: "f", Line: 1, Column: 1}, d)
			if (p == nil) != problems.Grave() {
				t.Fatalf("program %v with %v", p != nil, problems)
			}
			for _, found := range problems {
				if found.Rule == "" || found.Pos.Line < 1 || found.Pos.Column < 1 || found.Message == "" {
					t.Fatalf("problem %+v", found)
				}
			}
		}
		CompileText(src, diag.Pos{}, fuzzDecl, true)
	})
}

// Nothing that compiles makes the evaluation fail in another way than by a
// problem with a place, and a secret never shows.
func FuzzEval(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src string) {
		p, _ := Compile(src, diag.Pos{Line: 1, Column: 1}, fuzzDecl)
		if p == nil {
			return
		}
		tree, err := ParseTree([]byte(orderXML), "xml")
		if err != nil {
			t.Fatal(err)
		}
		s := NewScope(reading{tree: tree})
		s.SetLimits(Limits{Fuel: 5000, Bytes: 1 << 16})
		hidden, _ := NewSecret("ref", canary)
		line := map[string]any{"id": decimal.FromInt(1), "net": decimal.MustParse("1.10"), "cat": "S"}
		for name, v := range map[string]any{"x": map[string]any{"a": "b"}, "y": nil, "n": decimal.MustParse("-0.05"), "t": "a-b", "l": []any{decimal.FromInt(3), "c", nil}, "lines": []any{line, line}, "s": hidden, "b": []byte{0xff, 0}, "doc": map[string]any{"id": "1"}} {
			s.Set(name, v)
		}
		v, err := p.Eval(s)
		if err != nil {
			var found diag.Problem
			if !errors.As(err, &found) || found.Pos.IsZero() || found.Rule == "" {
				t.Fatalf("error %v", err)
			}
			if tells(err.Error()) {
				t.Fatalf("the error shows the secret: %v", err)
			}
		} else if KindOf(v) == AnyKind {
			t.Fatalf("a value of no kind: %T", v)
		} else if tells(everyForm(v)) && !tells(src) {
			t.Fatalf("shows the secret: %v", v)
		}
		if _, _, err := p.EvalBool(s); lacking(err) {
			t.Fatalf("absent is unknown: %v", err)
		}
	})
}
