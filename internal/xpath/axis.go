package xpath

import (
	"slices"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// push adds the nodes that a step finds from n, in the order of its axis, filtered.
func (s *step) push(r *Run, d *xmltree.Document, n xmltree.Node) {
	m := len(r.nodes)
	s.candidates(r, d, n)
	if len(s.preds) > 0 && len(r.nodes) > m {
		r.filterNodes(d, m, s.preds)
	}
}

func (s *step) candidates(r *Run, d *xmltree.Document, n xmltree.Node) {
	switch s.axis {
	case axisChild:
		s.children(r, d, n)
	case axisAttribute:
		for a, end := d.Attributes(n); a < end; a++ {
			if s.test.matches(d, a, axisAttribute) {
				r.nodes = append(r.nodes, a)
			}
		}
	case axisSelf:
		s.add(r, d, n)
	case axisParent:
		if p := d.Parent(n); p != xmltree.None {
			s.add(r, d, p)
		}
	case axisDescendantOrSelf:
		s.add(r, d, n)
		s.descendants(r, d, n)
	case axisDescendant:
		s.descendants(r, d, n)
	case axisAncestorOrSelf, axisAncestor:
		if s.axis == axisAncestor {
			n = d.Parent(n)
		}
		for ; n != xmltree.None; n = d.Parent(n) {
			s.add(r, d, n)
		}
	case axisFollowingSibling:
		for n = d.Next(n); n != xmltree.None; n = d.Next(n) {
			s.add(r, d, n)
		}
	case axisPrecedingSibling:
		for n = d.Prev(n); n != xmltree.None; n = d.Prev(n) {
			s.add(r, d, n)
		}
	case axisFollowing:
		s.following(r, d, n)
	case axisPreceding:
		s.preceding(r, d, n)
	}
}

func (s *step) add(r *Run, d *xmltree.Document, n xmltree.Node) {
	if s.test.matches(d, n, s.axis) {
		r.nodes = append(r.nodes, n)
	}
}

func (s *step) children(r *Run, d *xmltree.Document, n xmltree.Node) {
	if id := s.test.id; id != 0 {
		if list, ok := r.childrenNamed(n, id); ok {
			r.nodes = append(r.nodes, list...)
			return
		}
		for _, c := d.Attributes(n); c < d.End(n); c = d.End(c) {
			if d.Name(c) == id && d.Kind(c) == xmltree.ElementNode {
				r.nodes = append(r.nodes, c)
			}
		}
		return
	}
	for _, c := d.Attributes(n); c < d.End(n); c = d.End(c) {
		s.add(r, d, c)
	}
}

func (s *step) descendants(r *Run, d *xmltree.Document, n xmltree.Node) {
	if s.test.ids != nil {
		m := len(r.nodes)
		for _, id := range s.test.ids {
			r.nodes = append(r.nodes, d.Inside(n, d.ByName(id))...)
		}
		r.sortNodes(m)
		return
	}
	if s.test.kind == testName && s.test.id != 0 && d.Kind(n) <= xmltree.ElementNode {
		r.nodes = append(r.nodes, d.Inside(n, d.ByName(s.test.id))...)
		return
	}
	for c, end := n+1, d.End(n); c < end; c++ {
		if d.Kind(c) != xmltree.AttributeNode {
			s.add(r, d, c)
		}
	}
}

func (s *step) following(r *Run, d *xmltree.Document, n xmltree.Node) {
	from := d.End(n)
	if d.Kind(n) == xmltree.AttributeNode {
		_, from = d.Attributes(d.Parent(n))
	}
	for c, end := from, xmltree.Node(d.Len()); c < end; c++ {
		if d.Kind(c) != xmltree.AttributeNode {
			s.add(r, d, c)
		}
	}
}

// preceding gives the nodes before n that are no ancestors, the nearest first.
func (s *step) preceding(r *Run, d *xmltree.Document, n xmltree.Node) {
	m := len(r.nodes)
	if s.test.kind == testName && s.test.id != 0 {
		for _, c := range d.ByName(s.test.id) {
			if c >= n {
				break
			}
			if d.End(c) <= n {
				r.nodes = append(r.nodes, c)
			}
		}
		slices.Reverse(r.nodes[m:])
		return
	}
	for c := n - 1; c > 0; c-- {
		if d.Kind(c) != xmltree.AttributeNode && d.End(c) <= n {
			s.add(r, d, c)
		}
	}
}
