package xpath

import (
	"math"

	"github.com/fiscus-project/fiscus/internal/decimal"
)

func numberFunctions() map[string]builtin {
	return map[string]builtin{
		"number": {0, 1, func(c *Compiler, _ *callExpr, args []*code, s scope) *code {
			a := c.dotOr(args, s)
			one := a.asOne()
			x := fresh(1 << Double)
			x.deps = a.deps
			x.one = func(r *Run) (Item, bool) {
				it, ok := one(r)
				if ok {
					if f, good := cast(it, Double); good {
						return f, true
					}
				}
				return doubleItem(math.NaN()), true
			}
			return x
		}, false},
		"abs":     numeric(func(it Item) Item { it.Dec, it.Num = it.Dec.Abs(), math.Abs(it.Num); return it }),
		"ceiling": numeric(func(it Item) Item { it.Dec, it.Num = it.Dec.Round(0, decimal.Ceiling), math.Ceil(it.Num); return it }),
		"floor":   numeric(func(it Item) Item { it.Dec, it.Num = it.Dec.Round(0, decimal.Floor), math.Floor(it.Num); return it }),
		"round":   rounding(func(it Item, digits int) Item { return roundHalfUp(it, digits) }, "round"),
		"round-half-to-even": rounding(func(it Item, digits int) Item {
			if it.Kind == Integer || it.Kind == Decimal {
				if it.Dec.Scale() > digits && digits >= 0 {
					it.Dec = it.Dec.Round(digits, decimal.HalfEven)
				} else if digits < 0 {
					it.Dec = it.Dec.Round(digits, decimal.HalfEven)
				}
				return it
			}
			if d, ok := doubleDecimal(it.Num); ok && d.Scale() > digits {
				it.Num = decimalDouble(d.Round(digits, decimal.HalfEven))
			}
			return it
		}, "round-half-to-even"),
		"sum": {1, 2, sumCall, false},
		"avg": {1, 1, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
			fill := args[0].asAtoms()
			x := fresh(anyNumber | 1<<DayTimeDuration)
			x.some = args[0].some
			x.one = func(r *Run) (Item, bool) {
				m := len(r.items)
				fill(r)
				n := len(r.items) - m
				if n == 0 {
					return Item{}, false
				}
				total := sumItems(r.items[m:])
				r.items = r.items[:m]
				if total.Kind == DayTimeDuration {
					v, _ := temporalArith('/', total, intItem(n))
					return v, true
				}
				return arith('/', total, intItem(n)), true
			}
			return x
		}, false},
		"min": extreme(opLt),
		"max": extreme(opGt),
	}
}

func numeric(f func(Item) Item) builtin {
	return rounding(func(it Item, _ int) Item { return f(it) }, "the function")
}

func rounding(f func(Item, int) Item, name string) builtin {
	most := 2
	if name == "the function" {
		most = 1
	}
	return builtin{1, most, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
		one := args[0].asOne()
		digits := func(*Run) (int, bool) { return 0, true }
		if len(args) == 2 {
			digits = c.intArg(args[1], name)
		}
		x := fresh(anyNumber)
		if k := args[0].kinds.atomized(); k.only(anyNumber) {
			x.kinds = k
		}
		x.some = args[0].some
		x.one = func(r *Run) (Item, bool) {
			it, ok := one(r)
			if !ok {
				return it, false
			}
			if it = numericOperand(it); !it.Kind.numeric() {
				raise("XPTY0004", "%s where %s needs a number", it.Kind, name)
			}
			n, _ := digits(r)
			return f(it, min(max(n, -400), 400)), true
		}
		return x
	}, false}
}

func sumCall(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
	fill := args[0].asAtoms()
	x := fresh(anyNumber | 1<<DayTimeDuration)
	switch k := args[0].kinds.atomized(); {
	case k.only(exactOnly):
		x.kinds = exactOnly
	case k.only(1<<Double | 1<<Untyped):
		x.kinds = 1<<Double | 1<<Integer
	}
	zero := func(*Run) (Item, bool) { return intItem(0), true }
	if len(args) == 2 {
		zero = args[1].asOne()
		x.kinds |= args[1].kinds.atomized()
		x.some = args[1].some
	}
	x.one = func(r *Run) (Item, bool) {
		m := len(r.items)
		fill(r)
		if len(r.items) == m {
			return zero(r)
		}
		total := sumItems(r.items[m:])
		r.items = r.items[:m]
		return total, true
	}
	return x
}

func sumItems(items []Item) Item {
	total := numericOperand(items[0])
	if !total.Kind.numeric() && total.Kind != DayTimeDuration {
		raise("FORG0006", "%s can't be summed", total.Kind)
	}
	for _, it := range items[1:] {
		it = numericOperand(it)
		if total.Kind.numeric() && it.Kind.numeric() {
			total = arith('+', total, it)
			continue
		}
		v, ok := temporalArith('+', total, it)
		if !ok {
			raise("FORG0006", "%s and %s can't be summed", total.Kind, it.Kind)
		}
		total = v
	}
	return total
}

// extreme is min or max: untyped values count as doubles.
func extreme(op cmpOp) builtin {
	return builtin{1, 2, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
		if len(args) == 2 {
			codepointCollation([]*code{nil, nil, args[1]})
		}
		fill := args[0].asAtoms()
		x := fresh(args[0].kinds.atomized()&^(1<<Untyped) | 1<<Double)
		x.some = args[0].some
		x.one = func(r *Run) (Item, bool) {
			m := len(r.items)
			fill(r)
			items := r.items[m:]
			r.items = r.items[:m]
			if len(items) == 0 {
				return Item{}, false
			}
			best := numericOperand(items[0])
			float := best.Kind == Double
			for _, it := range items[1:] {
				it = numericOperand(it)
				float = float || it.Kind == Double
				if it.Kind == Double && math.IsNaN(it.Num) {
					best = it
				} else if !(best.Kind == Double && math.IsNaN(best.Num)) && compareAtomic(op, it, best) {
					best = it
				}
			}
			if float && best.Kind.numeric() {
				best = doubleItem(toDouble(best))
			}
			return best, true
		}
		return x
	}, false}
}
