package xpath

import (
	"math"
)

func sequenceFunctions() map[string]builtin {
	return map[string]builtin{
		"true":  {0, 0, func(*Compiler, *callExpr, []*code, scope) *code { return constant(boolItem(true)) }, false},
		"false": {0, 0, func(*Compiler, *callExpr, []*code, scope) *code { return constant(boolItem(false)) }, false},
		"not": {1, 1, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
			t := args[0].asTruth()
			return boolCode(func(r *Run) bool { return !t(r) })
		}, false},
		"boolean": {1, 1, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code { return boolCode(args[0].asTruth()) }, false},
		"exists":  {1, 1, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code { return boolCode(args[0].asExists()) }, false},
		"empty": {1, 1, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
			t := args[0].asExists()
			return boolCode(func(r *Run) bool { return !t(r) })
		}, false},
		"count":           {1, 1, countCall, false},
		"position":        {0, 0, positionCall, true},
		"last":            {0, 0, lastCall, true},
		"distinct-values": {1, 2, distinctCall, false},
		"reverse": sequenceOf(func(items []Item) []Item {
			out := make([]Item, len(items))
			for i, it := range items {
				out[len(items)-1-i] = it
			}
			return out
		}),
		"unordered": sequenceOf(func(items []Item) []Item { return items }),
		"data": {0, 1, func(c *Compiler, _ *callExpr, args []*code, s scope) *code {
			a := c.dotOr(args, s)
			x := &code{kinds: a.kinds.atomized(), many: a.many, some: a.some, deps: a.deps, seq: a.asAtoms()}
			return x
		}, false},
		"zero-or-one": checked("zero-or-one", "FORG0003", func(n int) bool { return n <= 1 }, false, false),
		"one-or-more": checked("one-or-more", "FORG0004", func(n int) bool { return n >= 1 }, true, true),
		"exactly-one": checked("exactly-one", "FORG0005", func(n int) bool { return n == 1 }, false, true),
		"index-of": {2, 3, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
			codepointCollation(args)
			fill, one := args[0].asAtoms(), args[1].asOne()
			x := fresh(1 << Integer)
			x.many, x.some = true, false
			x.seq = func(r *Run) {
				m := len(r.items)
				fill(r)
				n := len(r.items)
				want, ok := one(r)
				if !ok {
					raise("XPTY0004", "an empty sequence where index-of needs a value")
				}
				for i := m; i < n; i++ {
					if sameValue(r.items[i], want) {
						r.items = append(r.items, intItem(i-m+1))
					}
				}
				r.items = append(r.items[:m], r.items[n:]...)
			}
			return x
		}, false},
		"subsequence": {2, 3, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
			start := c.double(args[1], "subsequence")
			length := func(*Run) float64 { return math.Inf(1) }
			if len(args) == 3 {
				length = c.double(args[2], "subsequence")
			}
			x := sameItems(args[0])
			fill := args[0].asSeq()
			x.seq = func(r *Run) {
				m := len(r.items)
				fill(r)
				from := roundDouble(start(r))
				to := from + roundDouble(length(r))
				keep := m
				for i := m; i < len(r.items); i++ {
					if pos := float64(i - m + 1); pos >= from && pos < to {
						r.items[keep] = r.items[i]
						keep++
					}
				}
				r.items = r.items[:keep]
			}
			return x
		}, false},
		"remove": {2, 2, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
			at := c.intArg(args[1], "remove")
			x, fill := sameItems(args[0]), args[0].asSeq()
			x.seq = func(r *Run) {
				m := len(r.items)
				fill(r)
				if n, ok := at(r); ok && n >= 1 && n <= len(r.items)-m {
					r.items = append(r.items[:m+n-1], r.items[m+n:]...)
				}
			}
			return x
		}, false},
		"insert-before": {3, 3, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
			at := c.intArg(args[1], "insert-before")
			x, fill, add := sameItems(args[0]), args[0].asSeq(), args[2].asSeq()
			x.kinds |= args[2].kinds
			x.many = true
			x.seq = func(r *Run) {
				m := len(r.items)
				fill(r)
				n := len(r.items)
				p, _ := at(r)
				p = min(max(p, 1), n-m+1) - 1
				add(r)
				tail := append([]Item(nil), r.items[m+p:n]...)
				r.items = append(append(r.items[:m+p], r.items[n:]...), tail...)
			}
			return x
		}, false},
		"deep-equal": {2, 3, unsupportedCall, true},
		"error": {0, 3, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
			msg := func(*Run) string { return "raised by the rule" }
			if len(args) > 1 {
				msg = c.required(args[1], "error")
			}
			x := fresh(anyItem)
			x.seq = func(r *Run) { raise("FOER0000", "%s", msg(r)) }
			return x
		}, true},
		"trace": {2, 2, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code { return args[0] }, true},
	}
}

func (c *Compiler) dotOr(args []*code, s scope) *code {
	if len(args) > 0 {
		return args[0]
	}
	return c.dot(s)
}

func sameItems(a *code) *code { return &code{kinds: a.kinds, many: a.many, deps: noDeps()} }

func sequenceOf(f func([]Item) []Item) builtin {
	return builtin{1, 1, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
		x, fill := sameItems(args[0]), args[0].asSeq()
		x.some = args[0].some
		x.seq = func(r *Run) {
			m := len(r.items)
			fill(r)
			r.items = append(r.items[:m], f(r.items[m:])...)
		}
		return x
	}, false}
}

func checked(name, errorCode string, ok func(int) bool, many, some bool) builtin {
	return builtin{1, 1, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
		x, fill := sameItems(args[0]), args[0].asSeq()
		x.many, x.some = many && args[0].many, some
		x.seq = func(r *Run) {
			m := len(r.items)
			fill(r)
			if n := len(r.items) - m; !ok(n) {
				raise(errorCode, "%s of %d items", name, n)
			}
		}
		return x
	}, false}
}

func countCall(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
	if args[0].nodesOnly() {
		fill := args[0].asNodes()
		return intCode(func(r *Run) int {
			m := len(r.nodes)
			fill(r)
			n := len(r.nodes) - m
			r.nodes = r.nodes[:m]
			return n
		})
	}
	fill := args[0].asSeq()
	return intCode(func(r *Run) int {
		m := len(r.items)
		fill(r)
		n := len(r.items) - m
		r.items = r.items[:m]
		return n
	})
}

func positionCall(*Compiler, *callExpr, []*code, scope) *code {
	x := intCode(func(r *Run) int { return r.pos })
	x.position = true
	return x
}

func lastCall(*Compiler, *callExpr, []*code, scope) *code {
	x := intCode(func(r *Run) int { return r.size })
	x.last = true
	return x
}

// sameValue is the eq of index-of and distinct-values: values that can't be compared differ.
func sameValue(a, b Item) (same bool) {
	if a.Kind.textual() != b.Kind.textual() || a.Kind.numeric() != b.Kind.numeric() {
		return false
	}
	if a.Kind.numeric() && math.IsNaN(toDouble(a)) && math.IsNaN(toDouble(b)) {
		return true
	}
	if !a.Kind.textual() && !a.Kind.numeric() && a.Kind != b.Kind {
		return false
	}
	return compareAtomic(opEq, a, b)
}

func distinctCall(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
	if len(args) == 2 {
		codepointCollation([]*code{nil, nil, args[1]})
	}
	fill := args[0].asAtoms()
	x := &code{kinds: args[0].kinds.atomized(), many: args[0].many, some: args[0].some, deps: noDeps()}
	x.seq = func(r *Run) {
		m := len(r.items)
		fill(r)
		seen := map[string]bool{}
		keep := m
	next:
		for i := m; i < len(r.items); i++ {
			it := r.items[i]
			if it.Kind.textual() {
				if seen[it.Str] {
					continue
				}
				seen[it.Str] = true
			} else {
				for _, have := range r.items[m:keep] {
					if sameValue(have, it) {
						continue next
					}
				}
			}
			r.items[keep] = it
			keep++
		}
		r.items = r.items[:keep]
	}
	return x
}
