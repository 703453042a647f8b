package nodes

import (
	"fmt"
	"slices"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// Eval works the structure out: maps (map[string]any), lists and values of
// formulas. Absent and empty members vanish with their empty parents, except
// the structure itself and what says $keep. The error is a diag.List.
func (d *Data) Eval(s *formula.Scope) (any, error) {
	w := &writer{m: &Mapping{Format: JSON, Pos: d.Pos}, base: s, top: s, limit: defaultLimit}
	v := w.structure(d.Node, s)
	if err := w.problems.Err(); err != nil {
		return nil, err
	}
	if v, err := plainValue(v); err != nil {
		w.fail(d.Pos, err)
		return nil, w.problems.Err()
	} else if v != nil {
		return v, nil
	}
	switch d.Node.Kind {
	case Entries:
		return []any{}, nil
	case Group:
		return map[string]any{}, nil
	}
	return nil, nil
}

// object is a map in written order. A member that stands twice becomes a list.
type object struct {
	names  []string
	values []any
}

// rawJSON is a JSON text that is written as it is.
type rawJSON []byte

// kept marks a value that is written although absent or empty.
type kept struct{ v any }

func (o *object) set(name string, v any) {
	if i := slices.Index(o.names, name); i >= 0 {
		list, ok := o.values[i].(repeated)
		if !ok {
			list = repeated{o.values[i]}
		}
		o.values[i] = append(list, v)
		return
	}
	o.names, o.values = append(o.names, name), append(o.values, v)
}

// repeated are the values of a member with $for.
type repeated []any

// structure works out n: a map, a list or a value; nil if it is empty.
func (w *writer) structure(n *Node, s *formula.Scope) (v any) {
	w.rounds(n, s, func(s *formula.Scope, _ int) { v = w.content(n, s) })
	return v
}

// content is the value of n in one round of its loop.
func (w *writer) content(n *Node, s *formula.Scope) any {
	into := &object{}
	if v := w.put(n, s, into, 0); v != nil {
		return v
	}
	if len(into.names) == 0 {
		return nil
	}
	return into
}

// putAll puts what the nodes stand for into the map; a value, if they stand for one.
func (w *writer) putAll(list []*Node, s *formula.Scope, into *object) (value any) {
	for _, n := range list {
		w.rounds(n, s, func(s *formula.Scope, index int) {
			if v := w.put(n, s, into, index); v != nil {
				value = v
			}
		})
	}
	return value
}

// rounds calls do once, or for each member of the list of $for, where $if holds.
func (w *writer) rounds(n *Node, s *formula.Scope, do func(*formula.Scope, int)) {
	once := func(s *formula.Scope, index int) {
		if len(n.Let) > 0 {
			if index == 0 {
				s = s.Child()
			}
			w.lets(n.Let, s)
		}
		if n.If == nil || w.holds(n.If, s) {
			do(s, index)
		}
	}
	if n.For == nil {
		once(s, 0)
		return
	}
	list, _ := w.listOf(n.For, s)
	round := s.Child()
	for i, x := range list {
		round.Set(n.For.Item, x)
		if n.For.Index != "" {
			round.Set(n.For.Index, decimal.FromInt(int64(i)))
		}
		if once(round, i+1); len(w.problems) >= maxProblems {
			return
		}
	}
}

func (w *writer) put(n *Node, s *formula.Scope, into *object, index int) any {
	switch n.Kind {
	case Element:
		w.member(n, s, into, index)
		return nil
	case Group:
		return w.putAll(n.Children, s, into)
	case Choice:
		if c := w.choose(n, s); c != nil {
			return w.putAll(c.Nodes, s, into)
		}
		return nil
	case Use:
		c, _ := w.inside(n, s)
		return w.putAll(n.Fragment.Nodes, c, into)
	case RawNode:
		return w.rawValue(n, s)
	case TextNode:
		return w.scalar(n, s)
	case Entries:
		return w.entries(n, s)
	}
	w.fault(n.Pos, RuleNode, "an attribute has no place in a structure")
	return nil
}

// member puts a member into the map. One with $for is a list.
func (w *writer) member(n *Node, s *formula.Scope, into *object, index int) {
	w.stack = append(w.stack, level{n, index})
	v := w.inner(n, s)
	w.stack = w.stack[:len(w.stack)-1]
	if v == nil && n.Keep {
		v = kept{}
	}
	if v == nil {
		return
	}
	if n.For != nil && !slices.Contains(into.names, n.Name) {
		v = repeated{v}
	}
	s.Note(n.Pos, formula.Written)
	into.set(n.Name, v)
}

// inner is the value of a member.
func (w *writer) inner(n *Node, s *formula.Scope) any {
	if n.Value != nil {
		return w.scalar(n, s)
	}
	into := &object{}
	if v := w.putAll(n.Children, s, into); v != nil {
		return v
	}
	if len(into.names) == 0 {
		return nil
	}
	return into
}

// entries works out a list.
func (w *writer) entries(n *Node, s *formula.Scope) any {
	var list []any
	for _, c := range n.Children {
		w.rounds(c, s, func(s *formula.Scope, _ int) {
			v := w.content(c, s)
			if v == nil && c.Keep {
				v = kept{}
			}
			if v != nil {
				list = append(list, v)
			}
		})
	}
	if list == nil {
		return nil
	}
	return list
}

// scalar evaluates the value of n: texts by the rule, numbers and dates by
// their format. Absent and empty is nil unless the node says $keep.
func (w *writer) scalar(n *Node, s *formula.Scope) any {
	if w.track != nil {
		w.track.begin()
	}
	v := w.eval(n.Value, s)
	if v == nil {
		return nil
	}
	if w.track != nil {
		w.track.at(w.path(), n.Value, s)
	}
	switch x := v.(type) {
	case string:
		v = w.shaped(n, v)
		if v == "" && n.Keep {
			return kept{""}
		}
		if v == "" {
			return nil
		}
	case decimal.Decimal:
		d, err := n.layout.apply(x)
		if err != nil {
			w.fail(n.Value.Pos(), err)
		}
		v = d
	case formula.Secret:
		if w.slots != nil {
			mark, err := w.slots.put(nil, x, appendJSONString)
			if err != nil {
				w.fail(n.Value.Pos(), err)
			}
			v = rawJSON(mark)
		}
	case []any:
		if len(x) == 0 {
			return nil
		}
	case map[string]any:
		if len(x) == 0 {
			return nil
		}
	default:
		if len(w.m.Formats) > 0 {
			v = w.shaped(n, v)
		}
	}
	return v
}

// shaped applies the text rule and the formats of dates and times.
func (w *writer) shaped(n *Node, v any) any {
	switch v.(type) {
	case bool, []byte, formula.Node, formula.Secret, formula.Fields:
		return v
	case string:
		if w.m.Text == nil {
			return v
		}
	}
	text, _ := w.text(n, v)
	return text
}

// rawValue takes bytes as a JSON value, as they are.
func (w *writer) rawValue(n *Node, s *formula.Scope) any {
	v := w.eval(n.Raw, s)
	var src []byte
	switch v := v.(type) {
	case nil:
		return nil
	case []byte:
		src = v
	case formula.Node:
		src = v.Source()
	default:
		w.fault(n.Raw.Pos(), RuleRaw, "$raw takes bytes, not a %s", formula.KindOf(v))
		return nil
	}
	if _, err := formula.ParseTree(src, "json"); err != nil {
		w.fault(n.Raw.Pos(), RuleRaw, "bytes cannot be put in this place: %s", reason(err))
		return nil
	}
	return rawJSON(src)
}

// plainValue makes values of formulas of what structure gives.
func plainValue(v any) (any, error) {
	switch v := v.(type) {
	case *object:
		m := make(map[string]any, len(v.names))
		for i, name := range v.names {
			x, err := plainValue(v.values[i])
			if err != nil {
				return nil, err
			}
			m[name] = x
		}
		return m, nil
	case repeated:
		return plainList(v)
	case []any:
		return plainList(v)
	case kept:
		return v.v, nil
	case rawJSON:
		return nil, fmt.Errorf("$raw has a place only where bytes are written")
	}
	return v, nil
}

func plainList(in []any) (any, error) {
	out := make([]any, len(in))
	for i, x := range in {
		var err error
		if out[i], err = plainValue(x); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Refs returns the names that the formulas of the structure read, without its
// own loop names and lets; see formula.Program.Refs.
func (d *Data) Refs() [][]string {
	var all [][]string
	d.Node.refs(nil, func(ref []string) { all = append(all, ref) })
	return all
}

// refs calls found with what n reads; hidden are the names of loops and lets
// around it.
func (n *Node) refs(hidden []string, found func([]string)) {
	read := func(e Expr) {
		r, ok := e.(interface{ Refs() [][]string })
		if !ok {
			return
		}
		for _, ref := range r.Refs() {
			if !slices.Contains(hidden, ref[0]) {
				found(ref)
			}
		}
	}
	value := func(v *formula.Value) {
		if v != nil {
			read(v)
		}
	}
	if n.For != nil {
		value(formula.Formula(n.For.In))
		hidden = append(slices.Clip(hidden), n.For.Item, n.For.Index)
	}
	for _, l := range n.Let {
		hidden = append(slices.Clip(hidden), l.Name)
	}
	for _, l := range n.Let {
		read(l.Value)
	}
	if n.If != nil {
		value(formula.Formula(n.If))
	}
	value(n.Value)
	value(n.Switch)
	value(n.Raw)
	for _, l := range n.With {
		read(l.Value)
	}
	if n.Fragment != nil {
		hidden = append(slices.Clip(hidden), "input")
		for _, l := range n.Fragment.Let {
			hidden = append(hidden, l.Name)
		}
		for _, l := range n.Fragment.Let {
			read(l.Value)
		}
	}
	for _, c := range inPlace(n) {
		c.refs(hidden, found)
	}
}
