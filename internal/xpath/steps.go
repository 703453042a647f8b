package xpath

import "github.com/fiscus-project/fiscus/internal/xmltree"

// filtered applies the predicates of a primary expression to its whole sequence.
func (c *Compiler) filtered(base *code, st stepExpr, s scope) *code {
	for _, pe := range st.preds {
		base = c.filter(base, pe, s)
	}
	return base
}

func (c *Compiler) filter(base *code, pe expr, s scope) *code {
	item := base.kinds
	if base.konst && len(base.val) == 0 {
		return base
	}
	px := c.compile(pe, s.within(item))
	d := base.deps.with(outside(px.deps))
	c.hoist(d, &base)
	p := c.predicate(px)
	x := &code{kinds: base.kinds, many: base.many && p.number == 0 && !p.last, deps: d}
	if base.nodesOnly() {
		fill, preds := base.asNodes(), []pred{p}
		x.nodes = func(r *Run) *xmltree.Document {
			m := len(r.nodes)
			d := fill(r)
			if len(r.nodes) > m {
				r.filterNodes(d, m, preds)
			}
			return d
		}
		if p.plain() {
			x.exists = base.anyNode(p.truth)
		}
		return x
	}
	fill := base.asSeq()
	x.seq = func(r *Run) {
		m := len(r.items)
		fill(r)
		n := len(r.items)
		f := r.focus()
		keep := m
		for i := m; i < n; i++ {
			it := r.items[i]
			if it.Kind == NodeItem {
				r.doc, r.node, r.atom = it.Doc, it.Node, nil
			} else {
				r.doc, r.node, r.atom = f.doc, xmltree.None, &it
			}
			r.pos, r.size = i-m+1, n-m
			if p.holds(r) {
				r.items[keep] = it
				keep++
			}
		}
		r.items = r.items[:keep]
		r.restore(f)
	}
	return c.folded(x, base, px)
}

// mapped evaluates a primary expression for each node of cur: E1/E2.
func (c *Compiler) mapped(cur *code, st stepExpr, s scope, last bool) *code {
	if cur.kinds&anyNode == 0 && !(cur.konst && len(cur.val) == 0) {
		raise("XPTY0019", "a step on an atomic value")
	}
	inner := c.filtered(c.compile(st.prim, s.within(anyNode)), st, s.within(anyNode))
	d := cur.deps.with(outside(inner.deps))
	x := &code{kinds: inner.kinds, many: cur.many || inner.many, some: cur.some && inner.some, deps: d}
	c.hoist(d, &cur)
	c.hoist(inner.deps, &inner)
	if inner.kinds&anyNode != 0 && !inner.nodesOnly() && !(inner.konst && len(inner.val) == 0) {
		x.seq = mixed(cur, inner)
		return x
	}
	if !inner.nodesOnly() {
		if !last {
			raise("XPTY0019", "a step on an atomic value")
		}
		return c.mappedAtoms(x, cur, inner)
	}
	fill, each := cur.asNodes(), inner.asNodes()
	x.nodes = func(r *Run) *xmltree.Document {
		m := len(r.nodes)
		f := r.focus()
		d := fill(r)
		n := len(r.nodes)
		out := d
		r.focusNode(d, 0)
		r.size = n - m
		for i := m; i < n; i++ {
			r.node, r.doc, r.pos = r.nodes[i], d, i-m+1
			before := len(r.nodes)
			od := each(r)
			if len(r.nodes) > before {
				if before > n && od != out {
					raise(codeUnsupported, "nodes of several documents in one step")
				}
				out = od
			}
		}
		r.sortNodes(n)
		k := copy(r.nodes[m:], r.nodes[n:])
		r.nodes = r.nodes[:m+k]
		r.restore(f)
		return out
	}
	if !inner.position && !inner.last {
		x.exists = cur.anyNode(inner.asExists())
	}
	return x
}

func (c *Compiler) mappedAtoms(x, cur, inner *code) *code {
	fill, each := cur.asNodes(), inner.asSeq()
	x.seq = func(r *Run) {
		m := len(r.nodes)
		f := r.focus()
		d := fill(r)
		n := len(r.nodes)
		r.focusNode(d, 0)
		for i := m; i < n; i++ {
			r.node, r.doc, r.atom, r.pos, r.size = r.nodes[i], d, nil, i-m+1, n-m
			each(r)
		}
		r.nodes = r.nodes[:m]
		r.restore(f)
	}
	if !x.many {
		one := inner.asOne()
		node := singleNode(fill)
		x.one = func(r *Run) (Item, bool) {
			d, n := node(r)
			if n == xmltree.None {
				return Item{}, false
			}
			f := r.focus()
			r.focusNode(d, n)
			it, ok := one(r)
			r.restore(f)
			return it, ok
		}
		if inner.kinds.only(anyText) {
			str := inner.asStr()
			x.str = func(r *Run) (string, bool) {
				d, n := node(r)
				if n == xmltree.None {
					return "", false
				}
				f := r.focus()
				r.focusNode(d, n)
				s, ok := str(r)
				r.restore(f)
				return s, ok
			}
		}
	}
	if !inner.many && !inner.position && !inner.last {
		x.each, x.eachOf = inner, cur
	}
	return x
}

func singleNode(fill func(*Run) *xmltree.Document) func(*Run) (*xmltree.Document, xmltree.Node) {
	return func(r *Run) (*xmltree.Document, xmltree.Node) {
		m := len(r.nodes)
		d := fill(r)
		if len(r.nodes) == m {
			return d, xmltree.None
		}
		n := r.nodes[m]
		r.nodes = r.nodes[:m]
		return d, n
	}
}

// mixed maps to an expression of which it is not known whether it gives nodes:
// if it gives only nodes they are brought into document order.
func mixed(cur, inner *code) func(*Run) {
	fill, each := cur.asNodes(), inner.asSeq()
	return func(r *Run) {
		m, k := len(r.nodes), len(r.items)
		f := r.focus()
		d := fill(r)
		n := len(r.nodes)
		r.focusNode(d, 0)
		for i := m; i < n; i++ {
			r.node, r.doc, r.atom, r.pos, r.size = r.nodes[i], d, nil, i-m+1, n-m
			each(r)
		}
		r.nodes = r.nodes[:m]
		r.restore(f)
		sortItems(r, k)
	}
}

func sortItems(r *Run, k int) {
	m := len(r.nodes)
	for i, it := range r.items[k:] {
		if (it.Kind == NodeItem) != (r.items[k].Kind == NodeItem) {
			raise("XPTY0018", "a step gives nodes and atomic values")
		}
		if it.Kind != NodeItem {
			continue
		}
		if i > 0 && it.Doc != r.items[k].Doc {
			raise(codeUnsupported, "nodes of several documents in one step")
		}
		r.nodes = append(r.nodes, it.Node)
	}
	if len(r.nodes) == m {
		return
	}
	d := r.items[k].Doc
	r.sortNodes(m)
	r.items = r.items[:k]
	for _, n := range r.nodes[m:] {
		r.items = append(r.items, nodeItem(d, n))
	}
	r.nodes = r.nodes[:m]
}
