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
		from := p.jump(r, lo)
		for i := from; i < len(p.steps); i++ {
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

// jump answers the pure steps from a wide start by classes: the start node, the
// only one above lo, gives way to the nodes found. It returns the number of steps done.
func (p *pathCode) jump(r *Run, lo int) int {
	if p.pure == 0 || len(r.nodes) != lo+1 {
		return 0
	}
	n := r.nodes[lo]
	if !r.wide(n) {
		return 0
	}
	var buf [16]int32
	r.nodes = r.nodes[:lo]
	found := r.reach(r.classOf[n], p.steps, p.pure, &buf)
	for _, k := range found {
		r.nodes = append(r.nodes, r.within(n, r.nodesOf(k))...)
	}
	if len(found) > 1 {
		r.sortNodes(lo)
	}
	if last := &p.steps[p.pure-1]; len(last.preds) > 0 && len(r.nodes) > lo {
		r.filterNodes(r.doc, lo, last.preds)
	}
	return p.pure
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
	if test == nil && p.start == nil && !p.absolute && len(p.steps) == 1 && p.steps[0].anyElement() {
		return func(r *Run) bool {
			n := r.contextNode()
			if r.doc == r.main {
				return r.parents[n>>6]&(1<<(n&63)) != 0
			}
			return p.any(r, n, 0, nil)
		}
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
			found := false
			if p.pure > 0 && r.wide(n) {
				found = p.anyOfClasses(r, n, test)
			} else {
				found = p.any(r, n, 0, test)
			}
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

// anyOfClasses answers the pure steps by classes and walks on from there.
func (p *pathCode) anyOfClasses(r *Run, n xmltree.Node, test func(*Run) bool) bool {
	var buf [16]int32
	last := &p.steps[p.pure-1]
	sure := p.pure == len(p.steps) && len(last.preds) == 0 && test == nil
	for _, k := range r.reach(r.classOf[n], p.steps, p.pure, &buf) {
		list := r.within(n, r.nodesOf(k))
		if sure && len(list) > 0 {
			return true
		}
		for _, c := range list {
			if last.keeps(r, c) && p.any(r, c, p.pure, test) {
				return true
			}
		}
	}
	return false
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
		for _, c := d.Attributes(n); c < d.End(n); c = d.End(c) {
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

// anyElement reports whether the step is child::*.
func (s *step) anyElement() bool {
	return s.axis == axisChild && s.test.kind == testName && s.test.anySpace && s.test.anyLocal && len(s.preds) == 0
}

// direct reports whether the path leads from the context node down by names only, so
// that its single node can be looked for without a list.
func (p *pathCode) direct() bool {
	if p.start != nil || p.absolute || !p.plain {
		return false
	}
	for i := range p.steps {
		s := &p.steps[i]
		if s.axis != axisChild && s.axis != axisAttribute || s.test.id <= 0 {
			return false
		}
	}
	return true
}

// theOne returns the only node of a direct path, None if there is none; several are an error.
func (p *pathCode) theOne(r *Run) xmltree.Node {
	n := r.contextNode()
	if p.blocked(r, r.doc) {
		return xmltree.None
	}
	if len(p.steps[len(p.steps)-1].preds) == 0 && len(p.steps) == 1 {
		return p.steps[0].onlyChild(r, n)
	}
	var found [2]xmltree.Node
	count := 0
	f := r.focus()
	p.collect(r, n, 0, &found, &count)
	r.restore(f)
	switch count {
	case 0:
		return xmltree.None
	case 1:
		return found[0]
	}
	raise("XPTY0004", "a sequence of several nodes where one is taken")
	return xmltree.None
}

func (s *step) onlyChild(r *Run, n xmltree.Node) xmltree.Node {
	d, id, found := r.doc, s.test.id, xmltree.None
	first, child := d.Attributes(n)
	if s.axis == axisAttribute {
		for ; first < child; first++ {
			if d.Name(first) == id {
				return first
			}
		}
		return xmltree.None
	}
	if list, ok := r.childrenNamed(n, id); ok {
		if len(list) > 1 {
			raise("XPTY0004", "a sequence of %d nodes where one is taken", len(list))
		}
		if len(list) == 1 {
			return list[0]
		}
		return xmltree.None
	}
	for end := d.End(n); child < end; child = d.End(child) {
		if d.Name(child) == id && d.Kind(child) == xmltree.ElementNode {
			if found != xmltree.None {
				raise("XPTY0004", "a sequence of several nodes where one is taken")
			}
			found = child
		}
	}
	return found
}

// collect walks depth first until a second node is found.
func (p *pathCode) collect(r *Run, n xmltree.Node, i int, found *[2]xmltree.Node, count *int) {
	if i == len(p.steps) {
		if *count < 2 {
			found[*count] = n
		}
		*count++
		return
	}
	s, d := &p.steps[i], r.doc
	if s.axis == axisAttribute {
		for a, end := d.Attributes(n); a < end; a++ {
			if d.Name(a) == s.test.id && s.keeps(r, a) {
				p.collect(r, a, i+1, found, count)
			}
		}
		return
	}
	if list, ok := r.childrenNamed(n, s.test.id); ok {
		for _, c := range list {
			if s.keeps(r, c) {
				p.collect(r, c, i+1, found, count)
			}
			if *count > 1 {
				return
			}
		}
		return
	}
	id := s.test.id
	for _, c := d.Attributes(n); c < d.End(n) && *count < 2; c = d.End(c) {
		if d.Name(c) == id && d.Kind(c) == xmltree.ElementNode && s.keeps(r, c) {
			p.collect(r, c, i+1, found, count)
		}
	}
}
