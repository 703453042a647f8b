package xpath

import (
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

func (c *Compiler) sequence(e *seqExpr, s scope) *code {
	x := &code{deps: noDeps()}
	parts := make([]*code, len(e.items))
	for i, it := range e.items {
		p := c.compile(it, s)
		parts[i] = p
		x.kinds |= p.kinds
		x.deps = x.deps.with(p.deps)
		x.some = x.some || p.some
		x.many = x.many || p.many
	}
	x.many = x.many || len(parts) > 1
	fills := make([]func(*Run), len(parts))
	exist := make([]func(*Run) bool, len(parts))
	for i := range parts {
		c.hoist(x.deps, &parts[i])
		fills[i], exist[i] = parts[i].asSeq(), parts[i].asExists()
	}
	x.seq = func(r *Run) {
		for _, f := range fills {
			f(r)
		}
	}
	x.exists = func(r *Run) bool {
		for _, f := range exist {
			if f(r) {
				return true
			}
		}
		return false
	}
	if len(parts) == 0 {
		return constant()
	}
	return c.folded(x, parts...)
}

func (c *Compiler) rangeOf(e *rangeExpr, s scope) *code {
	from, to := c.compile(e.from, s), c.compile(e.to, s)
	x := &code{kinds: 1 << Integer, many: true, deps: from.deps.with(to.deps)}
	a, b := c.intArg(from, "to"), c.intArg(to, "to")
	x.seq = func(r *Run) {
		lo, ok1 := a(r)
		hi, ok2 := b(r)
		if !ok1 || !ok2 {
			return
		}
		if hi-lo > 10_000_000 {
			raise("FOAR0002", "a range of %d numbers", hi-lo+1)
		}
		for i := lo; i <= hi; i++ {
			r.items = append(r.items, intItem(i))
		}
	}
	return c.folded(x, from, to)
}

// intArg converts to xs:integer by the function conversion rules.
func (c *Compiler) intArg(x *code, what string) func(*Run) (int, bool) {
	one := x.asOne()
	return func(r *Run) (int, bool) {
		it, ok := one(r)
		if !ok {
			return 0, false
		}
		n, fits := convert(it, Integer, what).Dec.Int64()
		if !fits {
			raise("FOAR0002", "number out of range")
		}
		return int(n), true
	}
}

func (c *Compiler) logic(e *logicExpr, s scope) *code {
	x := &code{kinds: 1 << Boolean, some: true, deps: noDeps()}
	parts := make([]*code, len(e.parts))
	for i, p := range e.parts {
		parts[i] = c.compile(p, s)
		x.deps = x.deps.with(parts[i].deps)
	}
	tests := make([]func(*Run) bool, len(parts))
	for i := range parts {
		c.hoist(x.deps, &parts[i])
		tests[i] = parts[i].asTruth()
	}
	or := e.or
	if len(tests) == 2 {
		a, b := tests[0], tests[1]
		x.truth = func(r *Run) bool { return a(r) && b(r) }
		if or {
			x.truth = func(r *Run) bool { return a(r) || b(r) }
		}
		return c.folded(x, parts...)
	}
	x.truth = func(r *Run) bool {
		for _, t := range tests {
			if t(r) == or {
				return or
			}
		}
		return !or
	}
	return c.folded(x, parts...)
}

func (c *Compiler) nodeComparison(e *nodeCompareExpr, s scope) *code {
	l, r := c.compile(e.l, s), c.compile(e.r, s)
	x := &code{kinds: 1 << Boolean, deps: l.deps.with(r.deps)}
	a, b := l.asSeq(), r.asSeq()
	node := func(r *Run, fill func(*Run)) (Item, bool) {
		m := len(r.items)
		fill(r)
		it, ok := single(r.items[m:], e.op)
		r.items = r.items[:m]
		if ok && it.Kind != NodeItem {
			raise("XPTY0004", "%s where %s compares nodes", it.Kind, e.op)
		}
		return it, ok
	}
	op := e.op
	x.one = func(r *Run) (Item, bool) {
		p, ok1 := node(r, a)
		q, ok2 := node(r, b)
		if !ok1 || !ok2 {
			return Item{}, false
		}
		switch op {
		case "is":
			return boolItem(p.Doc == q.Doc && p.Node == q.Node), true
		case "<<":
			return boolItem(p.Node < q.Node), true
		}
		return boolItem(p.Node > q.Node), true
	}
	return x
}

func numericOperand(it Item) Item {
	if it.Kind == Untyped {
		return mustCast(it, Double)
	}
	return it
}

func (c *Compiler) arithmetic(e *arithExpr, s scope) *code {
	l, r := c.compile(e.l, s), c.compile(e.r, s)
	x := &code{deps: l.deps.with(r.deps), some: l.some && r.some && !l.many && !r.many}
	x.kinds = arithKinds(e.op, l.kinds.atomized(), r.kinds.atomized())
	c.hoist(x.deps, &l, &r)
	a, b := l.asOne(), r.asOne()
	op := map[string]byte{"+": '+', "-": '-', "*": '*', "div": '/', "idiv": 'i', "mod": '%'}[e.op]
	x.one = func(r *Run) (Item, bool) {
		p, ok := a(r)
		if !ok {
			return p, false
		}
		q, ok := b(r)
		if !ok {
			return q, false
		}
		p, q = numericOperand(p), numericOperand(q)
		if p.Kind.numeric() && q.Kind.numeric() {
			return arith(op, p, q), true
		}
		v, ok := temporalArith(op, p, q)
		if !ok {
			raise("XPTY0004", "%s %s %s can't be computed", p.Kind, e.op, q.Kind)
		}
		return v, true
	}
	return c.folded(x, l, r)
}

// arithKinds predicts the type of a result.
func arithKinds(op string, a, b kinds) kinds {
	if !a.only(anyNumber|1<<Untyped) || !b.only(anyNumber|1<<Untyped) {
		return anyNumber | 1<<DayTimeDuration | 1<<YearMonthDuration | 1<<Date | 1<<Time | 1<<DateTime
	}
	if op == "idiv" {
		return 1 << Integer
	}
	switch {
	case a.only(1<<Integer) && b.only(1<<Integer) && op != "div":
		return 1 << Integer
	case a.only(exactOnly) && b.only(exactOnly):
		return exactOnly
	case a.only(1<<Double|1<<Untyped) || b.only(1<<Double|1<<Untyped):
		return 1 << Double
	}
	return anyNumber
}

func (c *Compiler) negation(e *negExpr, s scope) *code {
	inner := c.compile(e.e, s)
	x := &code{deps: inner.deps, some: inner.some && !inner.many, kinds: anyNumber | 1<<DayTimeDuration}
	if k := inner.kinds.atomized(); k.only(anyNumber) {
		x.kinds = k
	}
	one, neg := inner.asOne(), e.neg
	x.one = func(r *Run) (Item, bool) {
		it, ok := one(r)
		if !ok {
			return it, false
		}
		it = numericOperand(it)
		if !it.Kind.numeric() {
			raise("XPTY0004", "%s has no sign", it.Kind)
		}
		if neg {
			it.Dec, it.Num = it.Dec.Neg(), -it.Num
		}
		return it, true
	}
	return c.folded(x, inner)
}

func (c *Compiler) set(e *setExpr, s scope) *code {
	l, r := c.compile(e.l, s), c.compile(e.r, s)
	if (l.kinds|r.kinds)&anyNode == 0 && !(l.konst && len(l.val) == 0) && !(r.konst && len(r.val) == 0) {
		raise("XPTY0004", "%s takes nodes", e.op)
	}
	x := &code{kinds: anyNode, many: true, deps: l.deps.with(r.deps)}
	c.hoist(x.deps, &l, &r)
	a, b := l.asNodes(), r.asNodes()
	op := e.op
	if op == "union" {
		ea, eb := l.asExists(), r.asExists()
		x.some = l.some || r.some
		x.exists = func(r *Run) bool { return ea(r) || eb(r) }
	}
	x.nodes = func(r *Run) *xmltree.Document {
		m := len(r.nodes)
		d1 := a(r)
		mid := len(r.nodes)
		d2 := b(r)
		if mid > m && len(r.nodes) > mid && d1 != d2 {
			raise(codeUnsupported, "%s of nodes of several documents", op)
		}
		if mid == m {
			d1 = d2
		}
		if op == "union" {
			r.sortNodes(m)
			return d1
		}
		right := r.nodes[mid:]
		keep := m
		for _, n := range r.nodes[m:mid] {
			if containsNode(right, n) == (op == "intersect") {
				r.nodes[keep] = n
				keep++
			}
		}
		r.nodes = r.nodes[:keep]
		return d1
	}
	return x
}
