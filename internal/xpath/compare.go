package xpath

import (
	"math"
	"strings"
)

// compareAtomic compares two atomic items as a value comparison does, untyped
// taken as string (XPath 2.0, 3.5.1).
func compareAtomic(op cmpOp, a, b Item) bool {
	switch {
	case a.Kind.textual() && b.Kind.textual():
		return op.holds(strings.Compare(a.Str, b.Str))
	case a.Kind.numeric() && b.Kind.numeric():
		return compareNumbers(op, a, b)
	case a.Kind == Boolean && b.Kind == Boolean:
		return op.holds(int(a.Num - b.Num))
	case a.Kind == b.Kind && a.Kind >= Date && a.Kind <= DayTimeDuration:
		return op.holds(a.Dec.Cmp(b.Dec))
	case a.Kind == QName && b.Kind == QName && op <= opNe:
		return op.holds(strings.Compare(a.Str, b.Str))
	}
	raise("XPTY0004", "%s can't be compared with %s", a.Kind, b.Kind)
	return false
}

func compareNumbers(op cmpOp, a, b Item) bool {
	if a.Kind <= Decimal && b.Kind <= Decimal {
		return op.holds(a.Dec.Cmp(b.Dec))
	}
	return compareDoubles(op, toDouble(a), toDouble(b))
}

func compareDoubles(op cmpOp, x, y float64) bool {
	switch {
	case math.IsNaN(x) || math.IsNaN(y):
		return op == opNe
	case x < y:
		return op.holds(-1)
	case x > y:
		return op.holds(1)
	}
	return op.holds(0)
}

// compareGeneral compares two atomic items as a general comparison does: untyped
// takes the type of the other side, xs:double beside a number (3.5.2).
func compareGeneral(op cmpOp, a, b Item) bool {
	if a.Kind == Untyped {
		a = fromUntyped(a, b.Kind)
	} else if b.Kind == Untyped {
		b = fromUntyped(b, a.Kind)
	}
	return compareAtomic(op, a, b)
}

func fromUntyped(it Item, other Kind) Item {
	switch {
	case other == Untyped || other == String || other == AnyURI:
		return stringItem(it.Str)
	case other.numeric():
		return mustCast(it, Double)
	}
	return mustCast(it, other)
}
