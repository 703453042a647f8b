package xpath

import (
	"strings"
)

func (c *Compiler) conditional(e *ifExpr, s scope) *code {
	cond, then, other := c.compile(e.cond, s), c.compile(e.then, s), c.compile(e.other, s)
	if cond.konst {
		if have, err := false, safely(func() { truth(cond.val) }); err == nil {
			if have = truth(cond.val); have {
				return then
			}
			return other
		}
	}
	x := &code{deps: cond.deps.with(then.deps).with(other.deps), kinds: then.kinds | other.kinds,
		many: then.many || other.many, some: then.some && other.some}
	c.hoist(x.deps, &cond, &then, &other)
	test := cond.asTruth()
	{
		a, b := then.asTruth(), other.asTruth()
		x.truth = func(r *Run) bool {
			if test(r) {
				return a(r)
			}
			return b(r)
		}
	}
	if !x.many {
		a, b := then.asOne(), other.asOne()
		x.one = func(r *Run) (Item, bool) {
			if test(r) {
				return a(r)
			}
			return b(r)
		}
	}
	a, b := then.asSeq(), other.asSeq()
	x.seq = func(r *Run) {
		if test(r) {
			a(r)
			return
		}
		b(r)
	}
	return x
}

func (c *Compiler) loop(e *forExpr, s scope) *code {
	in := c.compile(e.in, s)
	v := &local{name: e.name, kinds: in.kinds, some: true}
	do := c.compile(e.do, c.bind(s, v))
	x := &code{deps: in.deps.with(unbind(do.deps, v.id)), kinds: do.kinds, many: in.many || do.many, some: in.some && do.some}
	c.hoist(x.deps, &in)
	c.hoist(do.deps, &do)
	fill, body, at := in.asSeq(), do.asSeq(), v.index
	x.seq = func(r *Run) {
		m := len(r.items)
		fill(r)
		n := len(r.items)
		for i := m; i < n; i++ {
			r.vars[r.base+at] = slot{state: slotOne, one: r.items[i]}
			body(r)
		}
		r.items = append(r.items[:m], r.items[n:]...)
	}
	return x
}

func (c *Compiler) quantified(e *quantExpr, s scope) *code {
	if flat := flattenSome(e); flat != nil && !c.plain {
		return c.compile(flat, s)
	}
	in := c.compile(e.in, s)
	v := &local{name: e.name, kinds: in.kinds, some: true}
	do := c.compile(e.do, c.bind(s, v))
	x := &code{deps: in.deps.with(unbind(do.deps, v.id)), kinds: 1 << Boolean, some: true}
	c.hoist(x.deps, &in)
	c.hoist(do.deps, &do)
	test, at, every := do.asTruth(), v.index, e.every
	if in.nodesOnly() {
		fill := in.asNodes()
		x.truth = func(r *Run) bool {
			m := len(r.nodes)
			d := fill(r)
			n := len(r.nodes)
			result := every
			for i := m; i < n; i++ {
				r.vars[r.base+at] = slot{state: slotOne, one: nodeItem(d, r.nodes[i])}
				if test(r) != every {
					result = !every
					break
				}
			}
			r.nodes = r.nodes[:m]
			return result
		}
		return x
	}
	fill := in.asSeq()
	x.truth = func(r *Run) bool {
		m := len(r.items)
		fill(r)
		n := len(r.items)
		result := every
		for i := m; i < n; i++ {
			r.vars[r.base+at] = slot{state: slotOne, one: r.items[i]}
			if test(r) != every {
				result = !every
				break
			}
		}
		r.items = r.items[:m]
		return result
	}
	return x
}

// flattenSome turns "some $x in S satisfies E = $x" into "E = S", which finds a
// constant S in a hash set.
func flattenSome(e *quantExpr) expr {
	cmp, ok := e.do.(*compareExpr)
	if !ok || e.every || cmp.op != opEq || !cmp.general {
		return nil
	}
	is := func(x expr) bool { v, ok := x.(*varExpr); return ok && v.name == e.name }
	other := cmp.l
	if is(cmp.l) {
		other = cmp.r
	} else if !is(cmp.r) {
		return nil
	}
	if mentions(other, e.name) {
		return nil
	}
	return &compareExpr{op: opEq, general: true, l: other, r: e.in}
}

func (c *Compiler) let(e *letExpr, s scope) *code {
	val := c.compile(e.val, s)
	if e.as != nil {
		val = c.coerce(val, *e.as, "$"+e.name)
	}
	v := &local{name: e.name, kinds: val.kinds, many: val.many, some: val.some, code: val}
	in := c.compile(e.in, c.bind(s, v))
	val.prepare()
	x := *in
	x.src, x.key, x.path = nil, "", nil
	x.deps = unbind(in.deps, v.id).with(val.deps)
	at := v.index
	fill := in.asSeq()
	x.nodes, x.exists, x.truth, x.str, x.one, x.konst = nil, nil, nil, nil, nil, false
	x.seq = func(r *Run) {
		r.vars[r.base+at].state = slotUnset
		fill(r)
	}
	if !in.many {
		one := in.asOne()
		if in.kinds&anyNode == 0 {
			x.one = func(r *Run) (Item, bool) {
				r.vars[r.base+at].state = slotUnset
				return one(r)
			}
		}
	}
	return &x
}

// valueOf is the text node of xsl:value-of, which is untyped once its value is taken.
func (c *Compiler) valueOf(e *valueOfExpr, s scope) *code {
	inner := c.compile(e.e, s)
	fill, sep := inner.asAtoms(), e.sep
	x := &code{kinds: 1 << Untyped, some: true, deps: inner.deps}
	x.one = func(r *Run) (Item, bool) {
		m := len(r.items)
		fill(r)
		var b strings.Builder
		for i, it := range r.items[m:] {
			if i > 0 {
				b.WriteString(sep)
			}
			b.WriteString(it.text())
		}
		r.items = r.items[:m]
		return untypedItem(b.String()), true
	}
	return x
}
