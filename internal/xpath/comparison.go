package xpath

import (
	"cmp"
	"strings"
)

func (c *Compiler) comparison(e *compareExpr, s scope) *code {
	l, r := c.compile(e.l, s), c.compile(e.r, s)
	x := &code{kinds: 1 << Boolean, some: e.general, deps: l.deps.with(r.deps)}
	c.hoist(x.deps, &l, &r)
	if !e.general {
		c.compareValues(x, e.op, l, r)
		return c.folded(x, l, r)
	}
	if l.konst && r.konst {
		c.compareSequences(x, e.op, l, r)
		return c.folded(x, l, r)
	}
	op := e.op
	if op == opEq && !l.konst && r.konst && len(r.val) > 0 && l.kinds.only(anyNode|anyText) && r.kinds.only(1<<String) {
		x.cmpValues, x.cmpConst = l.asAtoms(), r.val
	}
	if l.konst || l.path == nil && l.each == nil && (r.path != nil || r.each != nil) {
		l, r, op = r, l, op.swap()
	}
	switch {
	case c.plain:
	case l.each != nil && r.konst:
		inner := &code{}
		if c.compareConstant(inner, op, l.each, r.val) {
			x.truth = l.eachOf.anyNode(inner.truth)
			return x
		}
	case r.konst && c.compareConstant(x, op, l, r.val):
		return x
	case l.number != nil && r.konst && len(r.val) == 1 && r.val[0].Kind == Integer && l.src == nil:
		if n, ok := r.val[0].Dec.Int64(); ok {
			num := l.number
			x.truth = func(r *Run) bool { return op.holds(cmp.Compare(int64(num(r)), n)) }
			return x
		}
		c.compareSingles(x, op, l, r)
		return x
	case !l.many && !r.many && !(l.nodesOnly() && l.path != nil):
		c.compareSingles(x, op, l, r)
		return x
	case l.nodesOnly() && !r.many:
		c.compareNodes(x, op, l, r)
		return x
	}
	c.compareSequences(x, op, l, r)
	return x
}

func (c *Compiler) compareValues(x *code, op cmpOp, l, r *code) {
	a, b := l.asOne(), r.asOne()
	x.some = l.some && r.some
	x.one = func(r *Run) (Item, bool) {
		p, ok1 := a(r)
		q, ok2 := b(r)
		if !ok1 || !ok2 {
			return Item{}, false
		}
		return boolItem(compareAtomic(op, p, q)), true
	}
	x.truth = func(r *Run) bool {
		p, ok1 := a(r)
		q, ok2 := b(r)
		return ok1 && ok2 && compareAtomic(op, p, q)
	}
}

// textTest returns a test of a text against constant strings.
func textTest(op cmpOp, val []Item) func(string) bool {
	if op == opEq && len(val) > 4 {
		set := make(map[string]struct{}, len(val))
		for _, it := range val {
			set[it.Str] = struct{}{}
		}
		return func(s string) bool { _, ok := set[s]; return ok }
	}
	if len(val) == 1 {
		want := val[0].Str
		switch op {
		case opEq:
			return func(s string) bool { return s == want }
		case opNe:
			return func(s string) bool { return s != want }
		}
	}
	return func(s string) bool {
		for i := range val {
			if op.holds(strings.Compare(s, val[i].Str)) {
				return true
			}
		}
		return false
	}
}

// compareConstant handles a constant on the right: code lists become hash sets.
func (c *Compiler) compareConstant(x *code, op cmpOp, l *code, val []Item) bool {
	var all kinds
	for _, it := range val {
		all |= 1 << it.Kind
	}
	switch {
	case len(val) == 0:
		x.truth = func(*Run) bool { return false }
		return true
	case all.only(1<<String|1<<AnyURI) && l.kinds.only(anyNode|anyText):
		test := textTest(op, val)
		if l.nodesOnly() {
			x.truth = l.anyNode(func(r *Run) bool { return test(r.doc.Text(r.node)) })
			return true
		}
		if !l.many {
			str := l.asStr()
			x.truth = func(r *Run) bool { s, ok := str(r); return ok && test(s) }
			return true
		}
	case len(val) == 1 && l.nodesOnly() && (all.only(anyNumber) || all.only(1<<Boolean)):
		want := val[0]
		if want.Kind.numeric() {
			f := toDouble(want)
			x.truth = l.anyNode(func(r *Run) bool { return compareDoubles(op, nodeDouble(r), f) })
		} else {
			x.truth = l.anyNode(func(r *Run) bool { return compareGeneral(op, untypedItem(r.doc.Text(r.node)), want) })
		}
		return true
	}
	return false
}

// nodeDouble is the value of the context node as a double; what is none raises an error.
func nodeDouble(r *Run) float64 {
	s := r.doc.Text(r.node)
	if f, ok := shortDouble(s); ok {
		return f
	}
	return mustCast(untypedItem(s), Double).Num
}

// anyNode tests whether one of the nodes satisfies a test, which finds it as context node.
func (c *code) anyNode(test func(*Run) bool) func(*Run) bool {
	if c.staged != nil {
		direct, tail := c.path.anyWhere(test), c.tail.anyNode(test)
		if direct == nil {
			return tail
		}
		return func(r *Run) bool {
			if c.staged() {
				return tail(r)
			}
			return direct(r)
		}
	}
	if c.path != nil && c.src == nil {
		if t := c.path.anyWhere(test); t != nil {
			return t
		}
	}
	fill := c.asNodes()
	return func(r *Run) bool {
		f := r.focus()
		m := len(r.nodes)
		d := fill(r)
		found := false
		r.focusNode(d, 0)
		for i, n := m, len(r.nodes); i < n; i++ {
			r.node = r.nodes[i]
			if test(r) {
				found = true
				break
			}
		}
		r.nodes = r.nodes[:m]
		r.restore(f)
		return found
	}
}

func (c *Compiler) compareSingles(x *code, op cmpOp, l, r *code) {
	text := anyNode | anyText
	if l.kinds.only(text) && r.kinds.only(text) {
		a, b := l.asStr(), r.asStr()
		x.truth = func(r *Run) bool {
			p, ok1 := a(r)
			if !ok1 {
				return false
			}
			q, ok2 := b(r)
			return ok2 && op.holds(strings.Compare(p, q))
		}
		return
	}
	a, b := l.asOne(), r.asOne()
	x.truth = func(r *Run) bool {
		p, ok := a(r)
		if !ok {
			return false
		}
		q, ok := b(r)
		if !ok {
			return false
		}
		if p.Kind <= Decimal && q.Kind <= Decimal && p.Kind >= Integer && q.Kind >= Integer {
			return op.holds(p.Dec.Cmp(q.Dec))
		}
		return compareGeneral(op, p, q)
	}
}

// compareNodes compares nodes with one value.
func (c *Compiler) compareNodes(x *code, op cmpOp, l, r *code) {
	fill, one := l.asNodes(), r.asOne()
	x.truth = func(r *Run) bool {
		m := len(r.nodes)
		d := fill(r)
		if len(r.nodes) == m {
			return false
		}
		v, ok := one(r)
		found := false
		for i, n := m, len(r.nodes); ok && !found && i < n; i++ {
			found = compareGeneral(op, atomize(nodeItem(d, r.nodes[i])), v)
		}
		r.nodes = r.nodes[:m]
		return found
	}
}

// hashFrom is the number of pairs from which two sequences are compared by hash.
const hashFrom = 200

// compareSequences compares each pair.
func (c *Compiler) compareSequences(x *code, op cmpOp, l, r *code) {
	a, b := l.asAtoms(), r.asAtoms()
	allText := (l.kinds | r.kinds).atomized().only(anyText)
	x.truth = func(r *Run) bool {
		m := len(r.items)
		a(r)
		mid := len(r.items)
		if mid == m {
			return false
		}
		b(r)
		left, right := r.items[m:mid], r.items[mid:]
		r.items = r.items[:m]
		if allText && op == opEq && len(left)*len(right) > hashFrom {
			return intersects(left, right)
		}
		for i := range left {
			for j := range right {
				if compareGeneral(op, left[i], right[j]) {
					return true
				}
			}
		}
		return false
	}
}

func intersects(left, right []Item) bool {
	if len(left) > len(right) {
		left, right = right, left
	}
	set := make(map[string]struct{}, len(left))
	for i := range left {
		set[left[i].Str] = struct{}{}
	}
	for i := range right {
		if _, ok := set[right[i].Str]; ok {
			return true
		}
	}
	return false
}
