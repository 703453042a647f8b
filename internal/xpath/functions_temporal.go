package xpath

import "github.com/fiscus-project/fiscus/internal/decimal"

func temporalFunctions() map[string]builtin {
	return map[string]builtin{
		"year-from-date": datePart(Date, "year"), "month-from-date": datePart(Date, "month"), "day-from-date": datePart(Date, "day"),
		"year-from-dateTime": datePart(DateTime, "year"), "month-from-dateTime": datePart(DateTime, "month"),
		"day-from-dateTime": datePart(DateTime, "day"), "hours-from-dateTime": datePart(DateTime, "hours"),
		"minutes-from-dateTime": datePart(DateTime, "minutes"), "seconds-from-dateTime": datePart(DateTime, "seconds"),
		"hours-from-time": datePart(Time, "hours"), "minutes-from-time": datePart(Time, "minutes"), "seconds-from-time": datePart(Time, "seconds"),
		"days-from-duration": {1, 1, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
			one := args[0].asOne()
			x := fresh(1 << Integer)
			x.some = args[0].some
			x.one = func(r *Run) (Item, bool) {
				it, ok := one(r)
				if !ok {
					return it, false
				}
				it = convert(it, DayTimeDuration, "days-from-duration")
				return Item{Kind: Integer, Dec: intQuo(it.Dec, decimal.FromInt(86400))}, true
			}
			return x
		}, false},
		"current-date":     {0, 0, unsupportedCall, true}, // the clock never enters a verdict
		"current-dateTime": {0, 0, unsupportedCall, true},
		"current-time":     {0, 0, unsupportedCall, true},
	}
}

func datePart(kind Kind, which string) builtin {
	return builtin{1, 1, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
		one := args[0].asOne()
		x := fresh(exactOnly)
		x.some = args[0].some
		x.one = func(r *Run) (Item, bool) {
			it, ok := one(r)
			if !ok {
				return it, false
			}
			return part(convert(it, kind, which+" of a date"), which)
		}
		return x
	}, false}
}
