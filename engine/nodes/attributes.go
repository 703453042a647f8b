package nodes

import (
	"cmp"
	"slices"

	"github.com/fiscus-project/fiscus/engine/formula"
)

// allAttributes writes the attributes of n in canonical order; it reports
// whether one was written that is no default.
func (w *writer) allAttributes(n *Node, s *formula.Scope) bool {
	any := false
	if !n.loose {
		for _, a := range n.attributes {
			if w.attribute(a, s, a.If) && !a.fallback {
				any = true
			}
		}
		return any
	}
	base := len(w.scratch)
	var where []*formula.Scope
	w.collect(n.content, s, &where)
	found := slices.Clone(w.scratch[base:])
	w.scratch = w.scratch[:base]
	return w.loose(n, found, where, s)
}

// loose writes attributes that come in part from groups, choices and fragments.
func (w *writer) loose(n *Node, found []*Node, where []*formula.Scope, s *formula.Scope) bool {
	type placed struct {
		n *Node
		s *formula.Scope
	}
	var all []placed
	for _, a := range n.attributes {
		if !(a.fallback && slices.ContainsFunc(found, func(f *Node) bool { return f.Name == a.Name })) {
			all = append(all, placed{a, s})
		}
	}
	for i, a := range found {
		all = append(all, placed{a, where[i]})
	}
	slices.SortStableFunc(all, func(a, b placed) int { return attributeOrder(a.n, b.n) })
	any, last := false, ""
	for _, a := range all {
		if !w.attribute(a.n, a.s, a.n.If) {
			continue
		}
		if a.n.Name == last {
			w.fault(a.n.Pos, RuleTwice, "attribute %q stands twice in %q", a.n.Name, n.Name)
		}
		last = a.n.Name
		any = any || !a.n.fallback
	}
	return any
}

// attributeOrder is that of Canonical XML: by namespace, then local name.
func attributeOrder(a, b *Node) int {
	return cmp.Or(cmp.Compare(a.space, b.space), cmp.Compare(a.local, b.local))
}

// collect finds the attributes in what stands in the place of groups, choices
// and fragments, each with its scope.
func (w *writer) collect(list []*Node, s *formula.Scope, where *[]*formula.Scope) {
	for _, n := range list {
		at := s
		switch n.Kind {
		case Attribute:
			w.scratch = append(w.scratch, n)
			*where = append(*where, s)
			continue
		case Group, Choice, Use:
		default:
			continue
		}
		if n.For != nil || !n.loose {
			continue
		}
		if len(n.Let) > 0 {
			at = s.Child()
			w.lets(n.Let, at)
		}
		if n.If != nil && !w.holds(n.If, at) {
			continue
		}
		switch n.Kind {
		case Group:
			w.collect(n.Children, at, where)
		case Choice:
			if c := w.choose(n, at); c != nil {
				w.collect(c.Nodes, at, where)
			}
		case Use:
			c, _ := w.inside(n, at)
			w.collect(n.Fragment.Nodes, c, where)
		}
	}
}

func (w *writer) attribute(a *Node, s *formula.Scope, condition *formula.Program) bool {
	if a.fallback {
		s = w.top
	}
	if condition != nil && !w.holds(condition, s) {
		return false
	}
	start, mark := len(w.out), w.track.mark()
	w.stack = append(w.stack, level{a, 0})
	w.out = append(w.out, a.open...)
	full := w.value(a, s, appendAttribute)
	w.stack = w.stack[:len(w.stack)-1]
	if !full && !a.Keep {
		w.out = w.out[:start]
		w.track.forget(mark)
		return false
	}
	w.out = append(w.out, '"')
	s.Note(a.Pos, formula.Written)
	return true
}
