package xpath

import (
	"slices"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// fill returns the evaluator that pushes all nodes in document order.
func (p *pathCode) fill() func(*Run) *xmltree.Document {
	if p.start == nil && !p.absolute && len(p.steps) == 1 {
		s := &p.steps[0]
		if s.axis == axisAttribute && s.test.id != 0 && len(s.preds) == 0 {
			id := s.test.id
			return func(r *Run) *xmltree.Document {
				n := r.contextNode()
				for a, end := r.doc.Attributes(n); a < end; a++ {
					if r.doc.Name(a) == id {
						r.nodes = append(r.nodes, a)
						break
					}
				}
				return r.doc
			}
		}
	}
	return func(r *Run) *xmltree.Document {
		lo := len(r.nodes)
		d := r.doc
		switch {
		case p.start != nil:
			d = p.start(r)
		case p.absolute:
			r.contextNode()
			r.nodes = append(r.nodes, 0)
		default:
			r.nodes = append(r.nodes, r.contextNode())
		}
		if p.blocked(r, d) {
			r.nodes = r.nodes[:lo]
			return d
		}
		saved := r.doc
		r.doc = d
		for i := range p.steps {
			s := &p.steps[i]
			hi := len(r.nodes)
			for j := lo; j < hi; j++ {
				m := len(r.nodes)
				s.push(r, d, r.nodes[j])
				if s.axis.reverse() {
					slices.Reverse(r.nodes[m:])
				}
			}
			if hi-lo > 1 {
				r.sortNodes(hi)
			}
			n := copy(r.nodes[lo:], r.nodes[hi:])
			r.nodes = r.nodes[:lo+n]
			if n == 0 {
				break
			}
		}
		r.doc = saved
		return d
	}
}

// blocked reports whether a name of the path does not occur at all.
func (p *pathCode) blocked(r *Run, d *xmltree.Document) bool {
	if d != r.main {
		return false
	}
	for _, id := range p.need {
		if r.present[id>>6]&(1<<(id&63)) == 0 {
			return true
		}
	}
	return false
}

// anyWhere returns an evaluator that stops at the first node satisfying test (nil:
// any), which sees it as context node. It returns nil if a predicate counts.
func (p *pathCode) anyWhere(test func(*Run) bool) func(*Run) bool {
	if !p.plain {
		return nil
	}
	return func(r *Run) bool {
		if p.start == nil {
			n := xmltree.Node(0)
			if c := r.contextNode(); !p.absolute {
				n = c
			}
			if p.blocked(r, r.doc) {
				return false
			}
			f := r.focus()
			found := p.any(r, n, 0, test)
			r.restore(f)
			return found
		}
		m := len(r.nodes)
		f := r.focus()
		d := p.start(r)
		found := false
		if len(r.nodes) > m && !p.blocked(r, d) {
			r.focusNode(d, 0)
			for i, end := m, len(r.nodes); i < end && !found; i++ {
				found = p.any(r, r.nodes[i], 0, test)
			}
		}
		r.nodes = r.nodes[:m]
		r.restore(f)
		return found
	}
}

// any walks depth first. The caller saves the focus.
func (p *pathCode) any(r *Run, n xmltree.Node, i int, test func(*Run) bool) bool {
	if i == len(p.steps) {
		if test == nil {
			return true
		}
		r.node, r.atom = n, nil
		return test(r)
	}
	s, d := &p.steps[i], r.doc
	switch {
	case s.axis == axisChild && s.test.id != 0:
		if list, ok := r.childrenNamed(n, s.test.id); ok {
			for _, c := range list {
				if s.keeps(r, c) && p.any(r, c, i+1, test) {
					return true
				}
			}
			return false
		}
		id := s.test.id
		for c := d.FirstChild(n); c != xmltree.None; c = d.Next(c) {
			if d.Name(c) == id && d.Kind(c) == xmltree.ElementNode && s.keeps(r, c) && p.any(r, c, i+1, test) {
				return true
			}
		}
		return false
	case s.axis == axisSelf:
		return s.test.matches(d, n, s.axis) && s.keeps(r, n) && p.any(r, n, i+1, test)
	case s.axis == axisParent:
		up := d.Parent(n)
		return up != xmltree.None && s.test.matches(d, up, s.axis) && s.keeps(r, up) && p.any(r, up, i+1, test)
	case s.axis == axisAttribute:
		for a, end := d.Attributes(n); a < end; a++ {
			if s.test.matches(d, a, axisAttribute) && s.keeps(r, a) && p.any(r, a, i+1, test) {
				return true
			}
		}
		return false
	}
	m := len(r.nodes)
	s.candidates(r, d, n)
	found := false
	for j, end := m, len(r.nodes); j < end && !found; j++ {
		c := r.nodes[j]
		found = s.keeps(r, c) && p.any(r, c, i+1, test)
	}
	r.nodes = r.nodes[:m]
	return found
}

// keeps tests the plain predicates of a step on a node.
func (s *step) keeps(r *Run, n xmltree.Node) bool {
	for i := range s.preds {
		r.node, r.atom = n, nil
		if !s.preds[i].truth(r) {
			return false
		}
	}
	return true
}
