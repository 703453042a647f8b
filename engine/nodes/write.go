package nodes

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Options say what to write.
type Options struct {
	Part    string         // name of the part, of a mapping that has parts
	Input   map[string]any // the inputs, values of formulas
	Lineage bool           // fill Result.Lineage
	Unread  bool           // fill Result.Unread
	Slots   bool           // secrets may be written; they come out as slots in Result.Pieces
	Attach  bool           // with Slots: bytes as the value of an element come out as pieces of their own
	Inline  bool           // the mapping stands inline in a step: "input" is that of the scope
	Limit   int            // bytes that may be written; zero: 256 MiB
}

// Result is what was written.
type Result struct {
	Bytes   []byte
	Pieces  []Piece  // with Options.Slots: what was written, instead of Bytes
	Lineage []Origin // in order of the output
	Unread  []string // JSON Pointers of the document's values that nothing has read, sorted
}

const defaultLimit = 256 << 20

// maxProblems bounds how many problems of one document are collected.
const maxProblems = 100

// Write writes the document. The scope has the names a mapping sees:
// document, ext, entity, context, param, const. The error is a diag.List: each
// problem has the place in the mapping and, as its path, the place in the
// output. Nothing is returned with an error.
func (m *Mapping) Write(s *formula.Scope, o Options) (*Result, error) {
	w, root, err := m.writer(s, o)
	if err != nil {
		return nil, err
	}
	w.run(root)
	if err := w.problems.Err(); err != nil {
		return nil, err
	}
	m.size.Store(int64(len(w.out)) + int64(len(w.out))/8)
	r := &Result{Bytes: slices.Clip(w.out)}
	if o.Slots {
		r.Bytes, r.Pieces = nil, w.slots.cut(w.out)
	}
	if w.track != nil {
		w.track.finish(w, r, o)
	}
	return r, nil
}

// writer is the state of one Write.
type writer struct {
	m        *Mapping
	base     *formula.Scope // what is in sight everywhere
	top      *formula.Scope // the scope of the mapping: base, input, let
	out      []byte
	limit    int
	stack    []level
	scratch  []*Node
	spare    []*formula.Scope // of loops and fragments that are written
	inputs   []*inputs
	problems diag.List
	zones    map[*Layout]*time.Location
	track    *tracker // nil: neither lineage nor losses
	slots    *slots   // nil: no secret may be written
	roots    int
}

// level is an element that is open; index counts the rounds of its loop.
type level struct {
	n     *Node
	index int // from 1; 0: no loop
}

func (m *Mapping) writer(s *formula.Scope, o Options) (*writer, *Node, error) {
	if !m.prepared {
		return nil, nil, fmt.Errorf("mapping %q was not prepared", m.Name)
	}
	inputs, lets, root := m.Inputs, m.Let, m.Root
	if len(m.Parts) > 0 || o.Part != "" {
		p := m.Parts[o.Part]
		if p == nil {
			return nil, nil, diag.Problemf(m.Pos, RulePart, "mapping %q has no part %q", m.Name, o.Part).WithHint("%s", diag.DidYouMean(o.Part, m.partNames()))
		}
		inputs, lets, root = slices.Concat(inputs, p.Inputs), slices.Concat(lets, p.Let), p.Root
	}
	if problems := checkInputs(m, inputs, o.Input); problems != nil {
		return nil, nil, problems.Err()
	}
	w := &writer{m: m, base: s, limit: o.Limit}
	if w.limit == 0 {
		w.limit = defaultLimit
	}
	if o.Slots {
		w.slots = &slots{attach: o.Attach}
	}
	if o.Lineage || o.Unread {
		w.track = newTracker(s)
		w.base = w.track.scope(s)
	}
	w.top = w.base.Child()
	if !o.Inline {
		w.top.Set("input", o.Input)
	}
	if len(m.Given) > 0 {
		w.top.Set("input", w.withGiven(o.Input))
	}
	w.lets(lets, w.top)
	return w, root, nil
}

// withGiven adds what the mapping gives itself to the inputs.
func (w *writer) withGiven(input map[string]any) map[string]any {
	all := make(map[string]any, len(input)+len(w.m.Given))
	maps.Copy(all, input)
	for _, l := range w.m.Given {
		v, err := l.Value.Eval(w.top)
		if err != nil {
			w.fail(l.Pos, err)
		}
		all[l.Name] = v
	}
	return all
}

func (m *Mapping) partNames() []string {
	names := make([]string, 0, len(m.Parts))
	for n := range m.Parts {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func checkInputs(m *Mapping, inputs []Input, given map[string]any) (problems diag.List) {
	for _, in := range inputs {
		if in.Required && given[in.Name] == nil {
			problems.Addf(m.Pos, RuleInput, "mapping %q needs the input %q", m.Name, in.Name)
		}
	}
	names := make([]string, 0, len(given))
	for name := range given {
		if !slices.ContainsFunc(inputs, func(in Input) bool { return in.Name == name }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		problems.Addf(m.Pos, RuleInput, "mapping %q has no input %q", m.Name, name)
	}
	return problems
}

func (w *writer) run(root *Node) {
	switch w.m.Format {
	case XML:
		w.out = make([]byte, 0, min(max(4096, w.m.size.Load()), 256<<10))
		w.node(root, w.top)
		if w.roots == 0 && len(w.problems) == 0 {
			w.fault(w.m.Pos, RuleEmpty, "nothing is left of the document: all values are absent")
		}
	case JSON:
		w.json(root)
	case Text:
		w.template()
	case List:
		w.list()
	case CSV, Fix:
		w.rows()
	}
	w.full()
}

// template writes a text with holes, every blank as written.
func (w *writer) template() {
	v, err := w.m.Template.Eval(w.top)
	switch v := v.(type) {
	case string:
		if w.m.Text != nil {
			if v, err = w.m.Text.Apply(v); err != nil {
				w.fail(w.m.Template.Pos(), err)
			}
		}
		w.out = append(w.out, v...)
	case nil:
		w.fail(w.m.Template.Pos(), err)
	default:
		w.unwritable(w.m.Template.Pos(), v)
	}
}

// child returns an empty child of s, which leave takes back.
func (w *writer) child(s *formula.Scope) *formula.Scope {
	n := len(w.spare)
	if n == 0 {
		return s.Child()
	}
	c := w.spare[n-1]
	w.spare = w.spare[:n-1]
	c.Reset(s)
	return c
}

// leave takes back a scope that nothing works with any more.
func (w *writer) leave(s *formula.Scope) { w.spare = append(w.spare, s) }

// lets puts named values into s, each worked out when it is first used.
func (w *writer) lets(lets []Let, s *formula.Scope) {
	for _, l := range lets {
		value := l.Value
		switch {
		case w.track != nil:
		case l.work != nil:
			s.SetLazy(l.Name, l.work)
			continue
		default:
			s.SetLazy(l.Name, value.Eval)
			continue
		}
		name := l.Name
		s.SetLazy(name, func(s *formula.Scope) (any, error) { return w.track.let(s, name, value) })
	}
}

// fault records a problem at a place of the mapping and the current place of
// the output.
func (w *writer) fault(pos diag.Pos, rule, format string, args ...any) *diag.Problem {
	return w.add(diag.Problemf(pos, rule, format, args...))
}

func (w *writer) add(p diag.Problem) *diag.Problem {
	if p.Path == "" {
		p.Path = w.path()
	}
	if len(w.problems) < maxProblems {
		w.problems.Add(p)
	}
	return &w.problems[len(w.problems)-1]
}

// fail records an error of a formula or of a text.
func (w *writer) fail(pos diag.Pos, err error) {
	var list diag.List
	var p diag.Problem
	var bad badCharacter
	switch {
	case err == nil:
	case errors.As(err, &list):
		for _, p := range list {
			w.add(p)
		}
	case errors.As(err, &p):
		if p.Pos.IsZero() {
			p.Pos = pos
		}
		w.add(p)
	case errors.As(err, &bad):
		w.fault(pos, RuleCharacter, "%v", err).Hint = "replace it in the mapping's text rule, or in the document"
	case errors.Is(err, decimal.ErrInexact):
		w.fault(pos, RuleDecimals, "%v", err).Hint = "write round(...) where the law says how to round"
	default:
		w.fault(pos, RuleValue, "%v", err)
	}
}

func (w *writer) unwritable(pos diag.Pos, v any) {
	switch v.(type) {
	case formula.Secret:
		w.fault(pos, RuleSecret, "a secret would be written in the open")
	case []any:
		w.fault(pos, RuleValue, "a list has no text").Hint = `repeat the element: {$for: x in list, $text: =x}`
	default:
		_, err := formula.FormatText(v)
		if err == nil {
			err = fmt.Errorf("a %s has no text", formula.KindOf(v))
		}
		w.fail(pos, err)
	}
}

// path returns where the writer is: "/Doc/Line[2]/@id".
func (w *writer) path() string {
	var b strings.Builder
	for _, l := range w.stack {
		b.WriteByte('/')
		if l.n.Kind == Attribute {
			b.WriteByte('@')
		}
		b.WriteString(l.n.Name)
		if i := max(l.index, l.n.Nth); i > 0 {
			b.WriteByte('[')
			b.WriteString(strconv.Itoa(i))
			b.WriteByte(']')
		}
	}
	return b.String()
}

// eval works a value out; nil after an error, which is recorded.
func (w *writer) eval(v *formula.Value, s *formula.Scope) any {
	x, err := v.Eval(s)
	if err != nil {
		w.fail(v.Pos(), err)
		return nil
	}
	return x
}

func (w *writer) holds(p *formula.Program, s *formula.Scope) bool {
	ok, err := p.Test(s)
	if err != nil {
		w.fail(p.Pos(), err)
	}
	return ok && err == nil
}
