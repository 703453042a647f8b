package xpath

import "github.com/fiscus-project/fiscus/internal/xmltree"

// A remembered expression has the same value everywhere in a document. It is
// computed on first use and shared by all expressions with the same text. Inside
// a foreign document (opened by document()) it is computed anew.

func (c *code) rememberBool(mode byte, form func(*code) func(*Run) bool) func(*Run) bool {
	compute, at := form(c.src), c.memoize(mode)
	return func(r *Run) bool {
		if r.doc != r.main {
			return compute(r)
		}
		switch r.truths[at] {
		case 1:
			return false
		case 2:
			return true
		}
		v := compute(r)
		r.truths[at] = 1
		if v {
			r.truths[at] = 2
		}
		return v
	}
}

func (c *code) rememberOne() func(*Run) (Item, bool) {
	compute, at := c.src.asOne(), c.memoize('o')
	return func(r *Run) (Item, bool) {
		if r.doc != r.main {
			return compute(r)
		}
		s := &r.memo[at]
		switch s.state {
		case slotOne:
			return s.one, true
		case slotItems:
			return Item{}, false
		}
		it, ok := compute(r)
		s = &r.memo[at]
		if s.state = slotItems; ok {
			s.state, s.one = slotOne, it
		}
		return it, ok
	}
}

func (c *code) rememberNodes() func(*Run) *xmltree.Document {
	compute, at := c.src.asNodes(), c.memoize('n')
	return func(r *Run) *xmltree.Document {
		if r.doc != r.main {
			return compute(r)
		}
		s := &r.memo[at]
		if s.state != slotNodes {
			m := len(r.nodes)
			d := compute(r)
			s = &r.memo[at]
			s.state, s.doc = slotNodes, d
			s.nodes = append(s.nodes[:0], r.nodes[m:]...)
			return d
		}
		r.nodes = append(r.nodes, s.nodes...)
		return s.doc
	}
}

func (c *code) rememberSeq() func(*Run) {
	if c.nodesOnly() {
		fill := c.asNodes()
		return func(r *Run) {
			m := len(r.nodes)
			d := fill(r)
			for _, n := range r.nodes[m:] {
				r.items = append(r.items, nodeItem(d, n))
			}
			r.nodes = r.nodes[:m]
		}
	}
	compute, at := c.src.asSeq(), c.memoize('s')
	return func(r *Run) {
		if r.doc != r.main {
			compute(r)
			return
		}
		s := &r.memo[at]
		if s.state == slotUnset {
			m := len(r.items)
			compute(r)
			v := slot{state: slotItems, items: append([]Item(nil), r.items[m:]...)}
			r.memo[at] = v
			return
		}
		r.pushSlot(s)
	}
}
