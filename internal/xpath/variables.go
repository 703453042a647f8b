package xpath

import "github.com/fiscus-project/fiscus/internal/xmltree"

func (c *Compiler) variable(e *varExpr, s scope) *code {
	for l := s.vars; l != nil; l = l.outer {
		if l.name == e.name {
			return c.localRef(l)
		}
	}
	g := c.globals[e.name]
	if g == nil {
		raise("XPST0008", "variable $%s is not declared", e.name)
	}
	if err := c.compileGlobal(g); err != nil {
		panic(err)
	}
	if g.code == nil { // it is being compiled: it refers to itself
		raise("XTDE0640", "variable $%s depends on itself", e.name)
	}
	if g.code.konst {
		return constant(g.code.val...)
	}
	return slotCode(g.code.kinds, g.code.many, g.code.some, noDeps(), func(r *Run) *slot { return r.global(g) })
}

func (c *Compiler) localRef(l *local) *code {
	if l.code != nil {
		if l.code.konst {
			return constant(l.code.val...)
		}
		if !c.plain && !l.code.impure && l.code.ofDocument() {
			return c.remember(l.code)
		}
	}
	d := noDeps()
	d.local = l.id
	if l.code != nil {
		return slotCode(l.kinds, l.many, l.some, d, func(r *Run) *slot { return r.local(l) })
	}
	at := l.index
	return slotCode(l.kinds, l.many, l.some, d, func(r *Run) *slot { return &r.vars[r.base+at] })
}

// slotCode reads a variable.
func slotCode(k kinds, many, some bool, d deps, get func(*Run) *slot) *code {
	x := &code{kinds: k, many: many, some: some, deps: d}
	x.seq = func(r *Run) { r.pushSlot(get(r)) }
	x.exists = func(r *Run) bool {
		s := get(r)
		return s.state == slotOne || len(s.items) > 0 && s.state == slotItems || len(s.nodes) > 0 && s.state == slotNodes
	}
	x.one = func(r *Run) (Item, bool) {
		s := get(r)
		switch s.state {
		case slotOne:
			return atomize(s.one), true
		case slotNodes:
			if len(s.nodes) == 1 {
				return atomize(nodeItem(s.doc, s.nodes[0])), true
			}
			if len(s.nodes) == 0 {
				return Item{}, false
			}
			raise("XPTY0004", "a sequence of %d nodes where one is taken", len(s.nodes))
		}
		it, ok := single(s.items, "the expression")
		return atomize(it), ok
	}
	x.truth = func(r *Run) bool {
		s := get(r)
		switch s.state {
		case slotOne:
			return s.one.truth()
		case slotNodes:
			return len(s.nodes) > 0
		}
		return truth(s.items)
	}
	if k == anyNode {
		x.nodes = func(r *Run) *xmltree.Document {
			s := get(r)
			if s.state == slotNodes {
				r.nodes = append(r.nodes, s.nodes...)
				return s.doc
			}
			doc := r.doc
			m := len(r.items)
			r.pushSlot(s)
			for i, it := range r.items[m:] {
				if i > 0 && it.Doc != doc {
					raise(codeUnsupported, "nodes of several documents in one variable")
				}
				doc = it.Doc
				r.nodes = append(r.nodes, it.Node)
			}
			r.items = r.items[:m]
			return doc
		}
	}
	return x
}

func (c *Compiler) dot(s scope) *code {
	d := noDeps()
	d.item = true
	if s.item == 0 {
		raise("XPDY0002", "there is no context item here")
	}
	x := &code{kinds: s.item, some: true, deps: d}
	if s.item == anyNode {
		x.nodes = func(r *Run) *xmltree.Document {
			r.nodes = append(r.nodes, r.contextNode())
			return r.doc
		}
		x.exists = func(r *Run) bool { r.contextNode(); return true }
		x.str = func(r *Run) (string, bool) { return r.doc.Text(r.contextNode()), true }
	}
	x.seq = func(r *Run) {
		if r.atom != nil {
			r.items = append(r.items, *r.atom)
			return
		}
		r.items = append(r.items, nodeItem(r.doc, r.contextNode()))
	}
	return x
}

func (c *Compiler) root(s scope) *code {
	x := &code{kinds: anyNode, some: true, deps: noDeps()}
	x.nodes = func(r *Run) *xmltree.Document {
		r.contextNode()
		r.nodes = append(r.nodes, 0)
		return r.doc
	}
	return x
}
