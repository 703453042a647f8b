package cover

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/casetest"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// result compares a kept result of the last submission.
func (l *looker) result(x *casetest.Result) {
	data, k, ok := l.kept(x.Name)
	if !ok {
		return
	}
	l.same("file of result "+x.Name, x.File, k.File)
	if x.Legal != nil && *x.Legal != k.Legal {
		l.missed("legal of result "+x.Name, fmt.Sprint(*x.Legal), fmt.Sprint(k.Legal))
	}
	if len(x.At) > 0 {
		l.paths("result "+x.Name, data, x.At)
	}
	if x.Signature {
		if err := signed(data); err != nil {
			l.missed("signature of result "+x.Name, "valid", err.Error())
		}
	}
	if x.Schema != nil {
		l.schema(x, data)
	}
	if x.Golden != "" {
		l.golden(x, data)
	}
}

// kept returns the bytes of a result, and how it is kept.
func (l *looker) kept(name string) ([]byte, engine.Kept, bool) {
	var names []string
	if l.last != nil && l.last.refused == nil {
		kept, err := l.w.log.Kept(l.ctx, l.last.id)
		if err != nil {
			l.w.undone(l.x.At(l.key), err)
			return nil, engine.Kept{}, false
		}
		for _, k := range kept {
			if k.Name == name {
				data, err := l.w.log.Blob(l.ctx, k.SHA256)
				if err != nil {
					l.w.undone(l.x.At(l.key), err)
				}
				return data, k, err == nil
			}
			names = append(names, k.Name)
		}
	}
	l.missed("result "+name, "kept", "only "+list(names))
	return nil, engine.Kept{}, false
}

// paths compares texts at paths of a document.
func (l *looker) paths(what string, data []byte, want map[string]string) {
	tree, err := formula.ParseTree(data, "")
	if err != nil {
		l.missed(what, "a document with paths", err.Error())
		return
	}
	for _, path := range slices.Sorted(maps.Keys(want)) {
		found, err := tree.Find(path)
		switch {
		case err != nil:
			l.w.undone(l.x.At(l.key), fmt.Errorf("path %q: %w", path, err))
		case len(found) == 0:
			l.missed(what+" at "+path, want[path], "nothing there")
		case found[0].Text() != want[path]:
			l.missed(what+" at "+path, want[path], found[0].Text())
		}
	}
}

// schema judges a result by an official file, or says that it was not judged.
func (l *looker) schema(x *casetest.Result, data []byte) {
	if l.w.o.Artifacts == nil {
		l.w.skip(x.Schema.ID)
		return
	}
	v, err := l.w.o.Artifacts.Validator(x.Schema)
	var p diag.Problem
	if errors.As(err, &p) && p.Rule == "ART-MISSING" {
		l.w.skip(x.Schema.ID)
		return
	}
	if err != nil {
		l.w.undone(l.x.At(l.key), err)
		return
	}
	found, err := v.Validate(l.ctx, data)
	if err != nil {
		l.w.undone(l.x.At(l.key), err)
		return
	}
	if list := diag.List(found); list.Grave() {
		l.missed("result "+x.Name+" by "+x.Schema.ID, "valid", oneLine(list))
	}
}

// golden compares a result with a file of the package.
func (l *looker) golden(x *casetest.Result, data []byte) {
	l.w.compareFile(l.x.At(l.key), "result "+x.Name, x.Golden, data)
}

// compareFile compares bytes with a file of the package, which may be rewritten
// with them.
func (w *world) compareFile(pos diag.Pos, what, file string, got []byte) {
	w.golden = append(w.golden, Golden{file, got})
	want, err := fs.ReadFile(w.bundle.Package.Files, file)
	if err != nil {
		w.undone(pos, err)
		return
	}
	if !bytes.Equal(want, got) {
		a, b := difference(want, got)
		w.addf(pos, RuleExpect, "%s beside %s: want %s, got %s", what, file, a, b)
	}
}

// difference returns the surroundings of the first byte that differs.
func difference(want, got []byte) (string, string) {
	i := 0
	for i < len(want) && i < len(got) && want[i] == got[i] {
		i++
	}
	cut := func(b []byte) string {
		from, to := max(0, i-20), min(len(b), i+40)
		if from >= to {
			return "the end"
		}
		return fmt.Sprintf("%q", b[from:to])
	}
	return cut(want) + fmt.Sprintf(" at byte %d", i), cut(got)
}

// trees returns the results of the last submission by name: as trees where
// they are documents, else as bytes.
func (l *looker) trees() map[string]any {
	kept, err := l.w.log.Kept(l.ctx, l.last.id)
	if err != nil {
		return nil
	}
	out := map[string]any{}
	for _, k := range kept {
		data, err := l.w.log.Blob(l.ctx, k.SHA256)
		if err != nil {
			continue
		}
		out[k.Name] = data
		if tree, err := formula.ParseTree(data, ""); err == nil {
			out[k.Name] = tree
		}
	}
	return out
}

// scope returns the scope of formulas in tests.
func (w *world) scope() *formula.Scope {
	return w.cat.Outside(w.bundle.Package, engine.Outside{Environment: w.test.Environment, Entity: w.entity, Keys: w.keys}).Child()
}

// mode returns the value of a mode: the one all its objects have.
func (w *world) mode(ctx context.Context, name string) (string, error) {
	var state *engine.State
	for i := range w.bundle.Package.State {
		if s := &w.bundle.Package.State[i]; s.Name == name {
			state = s
		}
	}
	if state == nil || state.Kind != "mode" {
		return "", fmt.Errorf("the package has no mode %q", name)
	}
	pairs, err := w.log.Pairs(ctx, engine.BucketMode, strings.Join([]string{string(w.test.Environment), w.bundle.Package.Family(), name}, "\x1f"))
	if err != nil {
		return "", err
	}
	var values []string
	for _, p := range pairs {
		var row engine.ModeRow
		if err := json.Unmarshal(p.Value, &row); err != nil {
			return "", err
		}
		if row.State == name && !slices.Contains(values, row.Value) {
			values = append(values, row.Value)
		}
	}
	if len(values) == 0 {
		return state.Start, nil
	}
	return strings.Join(values, " and "), nil
}
