package xpath

import "github.com/fiscus-project/fiscus/internal/decimal"

// coerce applies a declared type to a value (function conversion rules).
func (c *Compiler) coerce(x *code, as seqType, what string) *code {
	if as.item && as.occurs == '*' {
		return x
	}
	fill := x.asSeq()
	y := &code{kinds: x.kinds, many: as.occurs == '*' || as.occurs == '+', some: as.occurs == 0 || as.occurs == '+', deps: x.deps}
	if as.atomic != 0 {
		y.kinds = 1 << as.atomic
		if as.atomic == Decimal {
			y.kinds = exactOnly
		}
	}
	y.seq = func(r *Run) {
		m := len(r.items)
		fill(r)
		if as.atomic != 0 || as.any {
			for i := m; i < len(r.items); i++ {
				if r.items[i] = atomize(r.items[i]); as.atomic != 0 {
					r.items[i] = convert(r.items[i], as.atomic, what)
				}
			}
		}
		checkOccurs(len(r.items)-m, as, what)
	}
	return y
}

func checkOccurs(n int, as seqType, what string) {
	switch {
	case n > 1 && (as.occurs == 0 || as.occurs == '?'), n == 0 && (as.occurs == 0 || as.occurs == '+') && !as.empty, n > 0 && as.empty:
		raise("XPTY0004", "%d items for %s", n, what)
	}
}

// typed compiles instance of, treat as, castable as and cast as.
func (c *Compiler) typed(e *typeExpr, s scope) *code {
	inner := c.compile(e.e, s)
	x := &code{kinds: 1 << Boolean, some: true, deps: inner.deps}
	t := e.typ
	switch e.op {
	case "castable":
		fill := inner.asAtoms()
		x.truth = func(r *Run) bool {
			m := len(r.items)
			fill(r)
			items := r.items[m:]
			r.items = r.items[:m]
			if len(items) != 1 {
				return len(items) == 0 && t.occurs == '?'
			}
			_, ok := cast(items[0], t.atomic)
			return ok
		}
		return c.folded(x, inner)
	case "cast":
		return c.castTo(inner, t.atomic, t.occurs == '?')
	case "treat":
		fill := inner.asSeq()
		y := &code{kinds: inner.kinds, many: inner.many, deps: inner.deps}
		y.seq = func(r *Run) {
			m := len(r.items)
			fill(r)
			if !matchesType(r.items[m:], t) {
				raise("XPDY0050", "the value is not of the type that treat as demands")
			}
		}
		return y
	}
	fill := inner.asSeq()
	x.truth = func(r *Run) bool {
		m := len(r.items)
		fill(r)
		ok := matchesType(r.items[m:], t)
		r.items = r.items[:m]
		return ok
	}
	return x
}

func matchesType(items []Item, t seqType) bool {
	n := len(items)
	if n > 1 && (t.occurs == 0 || t.occurs == '?') || n == 0 && !t.empty && (t.occurs == 0 || t.occurs == '+') || n > 0 && t.empty {
		return false
	}
	for _, it := range items {
		switch {
		case t.item:
		case t.atomic != 0:
			if !it.instance(t.atomic) {
				return false
			}
		case t.any:
			if it.Kind == NodeItem {
				return false
			}
		default:
			if it.Kind != NodeItem || !kindMatches(it.Doc.Kind(it.Node), t.test.kind) {
				return false
			}
		}
	}
	return true
}

// castTo is "cast as" and the constructor functions such as xs:decimal().
func (c *Compiler) castTo(inner *code, to Kind, optional bool) *code {
	x := &code{kinds: 1 << to, some: !optional || inner.some, deps: inner.deps}
	empty := func() {
		if !optional {
			raise("XPTY0004", "an empty sequence can't be cast to %s", to)
		}
	}
	if (to == Decimal || to == Integer) && inner.kinds.only(anyNode|anyText) {
		str := inner.asStr()
		x.one = func(r *Run) (Item, bool) {
			s, ok := str(r)
			if !ok {
				empty()
				return Item{}, false
			}
			if to == Decimal {
				if d, err := decimal.Parse(s); err == nil {
					return decItem(d), true
				}
			}
			return mustCast(untypedItem(s), to), true
		}
		return c.folded(x, inner)
	}
	one := inner.asOne()
	if to == String && inner.kinds.only(anyNode|anyText) {
		x.str = inner.asStr()
	}
	x.one = func(r *Run) (Item, bool) {
		it, ok := one(r)
		if !ok {
			empty()
			return Item{}, false
		}
		return mustCast(it, to), true
	}
	return c.folded(x, inner)
}
