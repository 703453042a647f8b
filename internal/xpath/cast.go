package xpath

import (
	"math"
	"strings"

	"github.com/fiscus-project/fiscus/internal/decimal"
)

// atomicTypes are the types that rules cast to. Those derived from xs:integer or
// xs:string are checked on casting and then behave as their base.
var atomicTypes = map[string]Kind{
	"untypedAtomic": Untyped, "string": String, "anyURI": AnyURI, "boolean": Boolean, "integer": Integer, "decimal": Decimal,
	"float": Float, "double": Double, "date": Date, "time": Time, "dateTime": DateTime,
	"yearMonthDuration": YearMonthDuration, "dayTimeDuration": DayTimeDuration, "QName": QName,
}

// atomicType returns the kind of a type named with the prefix of XML Schema.
// any is true for xs:anyAtomicType.
func atomicType(name string) (kind Kind, any bool) {
	prefix, local, ok := strings.Cut(name, ":")
	if !ok || prefix != "xs" && prefix != "xsd" && prefix != "xdt" {
		return 0, false
	}
	return atomicTypes[local], local == "anyAtomicType"
}

// cast converts an atomic item to a type (XQuery and XPath functions 1.0, 17).
// ok is false when the value is not in the type; an error of type is raised.
func cast(it Item, to Kind) (out Item, ok bool) {
	if it.Kind == to {
		return it, true
	}
	if it.Kind == Untyped || it.Kind == String || it.Kind == AnyURI && (to == String || to == Untyped) {
		return castText(it.Str, to)
	}
	switch {
	case to == String || to == Untyped:
		return Item{Kind: to, Str: it.text()}, true
	case to == Boolean && it.Kind.numeric():
		return boolItem(it.truth()), true
	case it.Kind == Boolean && to.numeric():
		return castNumber(Item{Kind: Integer, Dec: decimal.FromInt(int64(it.Num))}, to)
	case it.Kind.numeric() && to.numeric():
		return castNumber(it, to)
	case it.Kind == DateTime && (to == Date || to == Time):
		return partOfDateTime(it, to)
	case it.Kind == Date && to == DateTime:
		day, zone := splitZone(it.Str)
		return parseTemporal(day+"T00:00:00"+zone, DateTime)
	}
	return Item{}, false
}

// castable says whether a cast between two types exists at all (17.1).
func castAllowed(from, to Kind) bool {
	switch {
	case from == to, from == Untyped, from == String, to == String, to == Untyped:
		return from != QName && to != QName || from == to || to == String || to == Untyped || from == String
	case from.numeric() || from == Boolean:
		return to.numeric() || to == Boolean
	case from == DateTime:
		return to == Date || to == Time
	case from == Date:
		return to == DateTime
	}
	return false
}

func castText(s string, to Kind) (Item, bool) {
	switch to {
	case String, Untyped:
		return Item{Kind: to, Str: s}, true
	case AnyURI:
		return Item{Kind: to, Str: trimSpace(s)}, true
	case Boolean:
		switch trimSpace(s) {
		case "true", "1":
			return boolItem(true), true
		case "false", "0":
			return boolItem(false), true
		}
		return Item{}, false
	case Decimal, Integer:
		d, err := decimal.Parse(trimSpace(s))
		if err != nil || to == Integer && strings.Contains(s, ".") {
			return Item{}, false
		}
		return Item{Kind: to, Dec: d}, true
	case Double, Float:
		f, ok := parseDouble(s)
		if to == Float {
			f = float64(float32(f))
		}
		return Item{Kind: to, Num: f}, ok
	case QName:
		return Item{}, false
	}
	return parseTemporal(trimSpace(s), to)
}

func castNumber(it Item, to Kind) (Item, bool) {
	switch to {
	case Double:
		return doubleItem(toDouble(it)), true
	case Float:
		return Item{Kind: Float, Num: float64(float32(toDouble(it)))}, true
	}
	d := it.Dec
	if it.Kind == Double || it.Kind == Float {
		var ok bool
		if d, ok = doubleDecimal(it.Num); !ok {
			return Item{}, false
		}
	}
	if to == Integer {
		d = d.Truncate(0)
	}
	return Item{Kind: to, Dec: d}, true
}

// mustCast casts and raises the error of the standard when it can't.
func mustCast(it Item, to Kind) Item {
	if out, ok := cast(it, to); ok {
		return out
	}
	if !castAllowed(it.Kind, to) {
		raise("XPTY0004", "%s can't be cast to %s", it.Kind, to)
	}
	if (it.Kind == Double || it.Kind == Float) && (math.IsNaN(it.Num) || math.IsInf(it.Num, 0)) {
		raise("FOCA0002", "%s can't be cast to %s", it.text(), to)
	}
	raise("FORG0001", "%s can't be cast to %s", shown(it.text()), to)
	return Item{}
}

// convert applies the function conversion rules (XPath 2.0, 3.1.5) to one item.
func convert(it Item, to Kind, what string) Item {
	it = atomize(it)
	switch {
	case it.Kind == to, to == Decimal && it.Kind == Integer:
		return it
	case it.Kind == Untyped:
		return mustCast(it, to)
	case to == Double && it.Kind.numeric(), to == Float && (it.Kind == Integer || it.Kind == Decimal):
		return mustCast(it, to)
	case to == String && it.Kind == AnyURI:
		return stringItem(it.Str)
	}
	raise("XPTY0004", "%s where %s needs %s", it.Kind, what, to)
	return Item{}
}

// instance says whether an item is of a type.
func (it Item) instance(k Kind) bool {
	return it.Kind == k || k == Decimal && it.Kind == Integer
}
