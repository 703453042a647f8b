package cover

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/casetest"
	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/engine/reading"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// given tries a mapping or formula alone.
func (w *world) given(context.Context) {
	g := w.test.Given
	s, input, err := w.givenScope()
	if err != nil {
		w.undone(w.test.Pos, err)
		return
	}
	var want any
	if g.Expect != nil {
		if want, err = g.Expect.Eval(w.scope()); err != nil {
			w.undone(w.test.Pos, err)
			return
		}
	}
	if g.Formula != nil {
		w.tryFormula(g.Formula, s, want)
		return
	}
	if g.Reading != nil {
		w.tryReading(g, s, input, want)
		return
	}
	out, err := g.Mapping.Write(s, nodes.Options{Part: g.Part, Input: input})
	if err != nil {
		if code, ok := want.(map[string]any); ok && code["problem"] != nil {
			w.problemWanted(code["problem"], err)
			return
		}
		w.undone(w.test.Pos, err)
		return
	}
	if g.Golden != "" {
		w.compareFile(w.test.Pos, "output", g.Golden, out.Bytes)
	}
	if g.Expect != nil {
		w.compareOutput(out.Bytes, want)
	}
}

// givenScope holds what the test gives: document, input, entity.
func (w *world) givenScope() (*formula.Scope, map[string]any, error) {
	g := w.test.Given
	o := engine.Outside{Environment: w.test.Environment, Entity: w.entity, Keys: w.keys}
	if g.Document != nil {
		var err error
		if o.Document, err = w.givenDocument(g.Document); err != nil {
			return nil, nil, err
		}
	}
	s := w.cat.Outside(w.bundle.Package, o).Child()
	input := map[string]any{}
	for _, l := range g.Input {
		v, err := l.Value.Eval(s)
		if err != nil {
			return nil, nil, err
		}
		input[l.Name] = v
	}
	s.Set("input", input)
	return s, input, nil
}

// givenDocument reads a document named by its file, or written in the test. A
// written one may leave out what is not needed.
func (w *world) givenDocument(x engine.Expr) (map[string]any, error) {
	v, err := x.Eval(formula.NewScope(nil))
	if err != nil {
		return nil, err
	}
	name, isFile := v.(string)
	file := w.test.File
	var data []byte
	if isFile {
		file = path.Join(path.Dir(w.test.File), name)
		data, err = fs.ReadFile(w.bundle.Package.Files, file)
	} else {
		data, err = json.Marshal(plain(v))
	}
	if err != nil {
		return nil, err
	}
	d, list := w.engine.Read(&engine.Request{Document: data, File: file})
	if d != nil && (!isFile || !list.Grave()) {
		return d.Value, nil
	}
	if !isFile && len(list) > 0 {
		list[0].Hint = "give it a type, or name a file"
	}
	return nil, list.Err()
}

// plain writes a value of formulas as JSON has it.
func plain(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, m := range x {
			out[k] = plain(m)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, m := range x {
			out[i] = plain(m)
		}
		return out
	case nil, bool, string:
		return x
	}
	t, err := formula.FormatText(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return t
}

// tryReading reads a file and compares the document that is made of it.
func (w *world) tryReading(g *casetest.Given, s *formula.Scope, input map[string]any, want any) {
	data, err := fs.ReadFile(w.bundle.Package.Files, g.Source)
	if err != nil {
		w.undone(w.test.Pos, err)
		return
	}
	reader, err := document.NewReader(document.Limits{})
	if err != nil {
		w.undone(w.test.Pos, err)
		return
	}
	if len(input) == 0 {
		input = nil
	}
	r, _, err := reading.First(g.Reading, g.Source, data, s, input, reader)
	switch m, ok := want.(map[string]any); {
	case ok && m["problem"] != nil && err == nil:
		w.addf(w.test.Pos, RuleExpect, "reading: want problem %v, and it was read", m["problem"])
	case ok && m["problem"] != nil:
		w.problemWanted(m["problem"], err)
	case err != nil:
		w.undone(w.test.Pos, err)
	default:
		w.compareRead(g, r, want)
	}
}

// compareRead compares what a reading made: as a whole with a file, or with
// what is expected of it.
func (w *world) compareRead(g *casetest.Given, r *reading.Result, want any) {
	if g.Golden != "" {
		whole, err := readWhole(r)
		if err != nil {
			w.undone(w.test.Pos, err)
			return
		}
		w.compareFile(w.test.Pos, "reading", g.Golden, whole)
	}
	switch {
	case g.Expect == nil:
	case r.JSON != nil:
		w.compareOutput(r.JSON, want)
	case !alike(want, r.Values):
		w.addf(w.test.Pos, RuleExpect, "reading: want %s, got %s", shown(want), shown(r.Values))
	}
}

// readWhole writes a document that was read, one member a line, and the places
// of what was not read.
func readWhole(r *reading.Result) ([]byte, error) {
	whole := struct {
		Document json.RawMessage `json:"document,omitempty"`
		Values   any             `json:"values,omitempty"`
		Unread   []string        `json:"unread,omitempty"`
	}{Document: r.JSON}
	if r.JSON == nil {
		whole.Values = plain(r.Values)
	}
	for _, p := range r.Findings {
		whole.Unread = append(whole.Unread, p.Path)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(whole)
	return b.Bytes(), err
}

func (w *world) tryFormula(p *formula.Program, s *formula.Scope, want any) {
	got, err := p.Eval(s)
	if m, ok := want.(map[string]any); ok && len(m) == 1 && m["problem"] != nil {
		if err == nil {
			w.addf(w.test.Pos, RuleExpect, "formula: want problem %v, got %s", m["problem"], shown(got))
			return
		}
		w.problemWanted(m["problem"], err)
		return
	}
	if err != nil {
		w.undone(w.test.Pos, err)
		return
	}
	if !alike(want, got) {
		w.addf(w.test.Pos, RuleExpect, "formula: want %s, got %s", shown(want), shown(got))
	}
}

// problemWanted compares an error with the rule id that was expected.
func (w *world) problemWanted(want any, err error) {
	list := findings(err)
	if !slices.ContainsFunc(list, func(p diag.Problem) bool { return p.Rule == want }) {
		w.addf(w.test.Pos, RuleExpect, "want problem %v, got %v", want, err)
	}
}

// compareOutput compares what a mapping wrote: as a whole with a text, or at
// paths with a map of path to text.
func (w *world) compareOutput(got []byte, want any) {
	switch x := want.(type) {
	case string:
		if strings.TrimRight(x, "\n") != strings.TrimRight(string(got), "\n") {
			a, b := difference([]byte(strings.TrimRight(x, "\n")), got)
			p := diag.Problemf(w.test.Pos, RuleExpect, "output: want %s, got %s", a, b)
			if len(got) <= 2000 {
				p.Hint = "the whole output: " + string(got)
			}
			w.problems.Add(p)
		}
	case map[string]any:
		w.comparePaths(got, x)
	default:
		w.addf(w.test.Pos, RuleExpect, "output: want %s, got %d bytes", shown(want), len(got))
	}
}

func (w *world) comparePaths(data []byte, want map[string]any) {
	tree, err := formula.ParseTree(data, "")
	if err != nil {
		w.undone(w.test.Pos, err)
		return
	}
	for _, p := range slices.Sorted(maps.Keys(want)) {
		found, err := tree.Find(p)
		got := any(nil)
		if len(found) > 0 {
			got = found[0].Text()
		}
		if err != nil {
			w.undone(w.test.Pos, fmt.Errorf("path %q: %w", p, err))
		} else if !alike(want[p], got) {
			w.addf(w.test.Pos, RuleExpect, "output at %s: want %s, got %s", p, shown(want[p]), shown(got))
		}
	}
}

// alike compares a value written in a test with one that came out. A text
// stands for every value that is written so.
func alike(want, got any) bool {
	switch w := want.(type) {
	case nil:
		return got == nil
	case map[string]any:
		g, ok := got.(map[string]any)
		return ok && len(g) == len(w) && all(w, func(k string, v any) bool { return alike(v, g[k]) })
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for i := range w {
			if !alike(w[i], g[i]) {
				return false
			}
		}
		return true
	case string:
		if got == nil {
			return false
		}
		t, err := formula.FormatText(got)
		return err == nil && t == w
	}
	return engine.Same(want, got)
}

func all(m map[string]any, f func(string, any) bool) bool {
	for k, v := range m {
		if !f(k, v) {
			return false
		}
	}
	return true
}

// shown writes a value for people.
func shown(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case map[string]any, []any:
		b, err := json.Marshal(plain(v))
		if err == nil {
			return string(b)
		}
	}
	t, err := formula.FormatText(v)
	if err != nil {
		return fmt.Sprintf("a value of type %s", formula.KindOf(v))
	}
	return fmt.Sprintf("%q", t)
}
