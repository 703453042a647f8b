package formula

import (
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/internal/civil"
)

var timeFunctions = map[string]*function{
	"date": {min: 1, max: 2, args: []want{wantText | wantMoment, wantText}, names: []string{"t", "pattern"}, result: Date.Required(), call: toDate, prepare: constantPattern(false)},
	"instant": {min: 1, max: 3, args: []want{wantText | kinds(InstantKind), wantText, wantText}, names: []string{"t", "pattern", "zone"}, result: Instant.Required(), call: toInstant,
		prepare: constantPattern(false)},
	"format": {min: 2, max: 3, args: []want{wantMoment | kinds(TimeKind), wantText, wantText}, names: []string{"x", "pattern", "zone"}, result: String.Required(), call: format,
		prepare: constantPattern(true)},
	"addTime":     {min: 2, max: 2, args: []want{kinds(InstantKind), wantText | kinds(DurationKind)}, names: []string{"i", "duration"}, result: Instant.Required(), call: addTime, prepare: constantDuration(1)},
	"addDays":     {min: 2, max: 2, args: []want{wantMoment, wantNumber}, names: []string{"x", "n"}, typeOf: typeOfFirst, call: addDays},
	"addMonths":   {min: 2, max: 2, args: []want{wantMoment, wantNumber}, names: []string{"x", "n"}, typeOf: typeOfFirst, call: addMonths},
	"addWorkdays": {min: 3, max: 3, args: []want{wantMoment, wantNumber, wantText}, names: []string{"x", "n", "calendar"}, typeOf: typeOfFirst, call: addWorkdays},
	"endOfDay":    {min: 2, max: 2, args: []want{wantMoment, wantText}, names: []string{"x", "zone"}, result: Instant.Required(), call: endOfDay, prepare: constantZone(1)},
	"elapsed":     {min: 2, max: 2, args: []want{wantMoment, wantMoment}, names: []string{"a", "b"}, result: Duration.Required(), call: elapsed},
	"duration":    {min: 1, max: 1, args: []want{wantText | kinds(DurationKind)}, names: []string{"t"}, result: Duration.Required(), call: toDuration, prepare: constantDuration(0)},
}

// constantPattern compiles a pattern that is written out, and checks a zone
// that is.
func constantPattern(writes bool) func(*compiler, []*node) (func(*call, []any) (any, error), bool) {
	return func(c *compiler, args []*node) (func(*call, []any) (any, error), bool) {
		if _, ok := constantZone(2)(c, args); !ok {
			return nil, false
		}
		if len(args) < 2 {
			return nil, true
		}
		text, ok := args[1].value.(string)
		if !ok {
			return nil, true
		}
		p, err := civil.Compile(text)
		if err != nil {
			c.fault(args[1].from, RuleValue, "%v", err).Hint = "letters: yyyy yy MM dd HH mm ss SSS xxx XXX DDD; other text in single quotes"
			return nil, false
		}
		if !writes {
			return nil, true
		}
		return func(k *call, args []any) (any, error) { return formatBy(k, p, args) }, true
	}
}

func constantZone(i int) func(*compiler, []*node) (func(*call, []any) (any, error), bool) {
	return func(c *compiler, args []*node) (func(*call, []any) (any, error), bool) {
		if i >= len(args) {
			return nil, true
		}
		if text, ok := args[i].value.(string); ok {
			if _, err := civil.Zone(text); err != nil {
				c.fault(args[i].from, RuleValue, "%v", err).Hint = `write a name such as "Europe/Madrid" or an offset such as "+01:00"`
				return nil, false
			}
		}
		return nil, true
	}
}

func constantDuration(i int) func(*compiler, []*node) (func(*call, []any) (any, error), bool) {
	return func(c *compiler, args []*node) (func(*call, []any) (any, error), bool) {
		if text, ok := args[i].value.(string); ok {
			if _, err := civil.ParseDuration(text); err != nil {
				c.fault(args[i].from, RuleValue, "%v", err).Hint = "write 30s, 5m, 24h or 15d"
				return nil, false
			}
		}
		return nil, true
	}
}

func zoneArgument(args []any, i int) (*time.Location, error) {
	name, ok := argument(args, i).(string)
	if !ok {
		return nil, nil
	}
	return civil.Zone(name)
}

func toDate(_ *call, args []any) (any, error) {
	switch x := args[0].(type) {
	case civil.Date:
		return x, nil
	case time.Time:
		return civil.DateOf(x), nil
	}
	text := strings.TrimSpace(args[0].(string))
	pattern, ok := argument(args, 1).(string)
	if !ok {
		return civil.ParseDate(text)
	}
	p, err := civil.Compile(pattern)
	if err != nil {
		return nil, err
	}
	return p.ParseDate(text)
}

func toInstant(_ *call, args []any) (any, error) {
	zone, err := zoneArgument(args, 2)
	if err != nil {
		return nil, err
	}
	if t, ok := args[0].(time.Time); ok {
		if zone != nil {
			t = t.In(zone)
		}
		return t, nil
	}
	text := strings.TrimSpace(args[0].(string))
	pattern, ok := argument(args, 1).(string)
	if !ok {
		t, err := civil.ParseInstant(text, zone)
		if err == nil && zone != nil {
			t = t.In(zone)
		}
		return t, err
	}
	p, err := civil.Compile(pattern)
	if err != nil {
		return nil, err
	}
	return p.ParseInstant(text, zone)
}

func format(k *call, args []any) (any, error) {
	p, err := civil.Compile(args[1].(string))
	if err != nil {
		return nil, err
	}
	return formatBy(k, p, args)
}

func formatBy(k *call, p *civil.Pattern, args []any) (any, error) {
	if err := k.build(64); err != nil {
		return nil, err
	}
	switch x := args[0].(type) {
	case civil.Date:
		return p.FormatDate(x)
	case civil.Clock:
		return p.FormatClock(x)
	}
	zone, err := zoneArgument(args, 2)
	if err != nil {
		return nil, err
	}
	t := args[0].(time.Time)
	if zone != nil {
		t = t.In(zone)
	}
	return p.FormatInstant(t), nil
}

func toDuration(_ *call, args []any) (any, error) {
	if d, ok := args[0].(time.Duration); ok {
		return d, nil
	}
	return civil.ParseDuration(strings.TrimSpace(args[0].(string)))
}

func addTime(k *call, args []any) (any, error) {
	d, err := toDuration(k, args[1:])
	if err != nil {
		return nil, err
	}
	return checked(k, args[0].(time.Time).Add(d.(time.Duration)))
}

func checked(k *call, t time.Time) (any, error) {
	if y := t.Year(); y < 1 || y > 9999 {
		return nil, k.value("year %d", y)
	}
	return t, nil
}

// moveDate moves the day of a date or an instant; the instant keeps its time
// of day and the zone it carries.
func moveDate(x any, move func(civil.Date) (civil.Date, error)) (any, error) {
	switch x := x.(type) {
	case civil.Date:
		return move(x)
	case time.Time:
		d, err := move(civil.DateOf(x))
		if err != nil {
			return nil, err
		}
		return d.At(civil.ClockOf(x), x.Location())
	}
	return nil, nil
}

func addDays(k *call, args []any) (any, error) {
	n, err := k.f.integer(k.from, args[1])
	if err != nil {
		return nil, err
	}
	return moveDate(args[0], func(d civil.Date) (civil.Date, error) { return d.AddDays(n) })
}

func addMonths(k *call, args []any) (any, error) {
	n, err := k.f.integer(k.from, args[1])
	if err != nil {
		return nil, err
	}
	return moveDate(args[0], func(d civil.Date) (civil.Date, error) { return d.AddMonths(n) })
}

// addWorkdays moves n worked days on (or back, if n is negative); with 0 a day
// that is not worked becomes the next one that is.
func addWorkdays(k *call, args []any) (any, error) {
	n, err := k.f.integer(k.from, args[1])
	if err != nil {
		return nil, err
	}
	if n > 10_000 || n < -10_000 {
		return nil, k.value("%d working days; at most 10000", n)
	}
	calendar, err := k.f.s.root.host.Holidays(args[2].(string))
	if err != nil {
		return nil, err
	}
	return moveDate(args[0], func(d civil.Date) (civil.Date, error) { return workdays(k, d, n, calendar) })
}

func workdays(k *call, d civil.Date, n int, calendar Calendar) (civil.Date, error) {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	if n == 0 && !calendar.Worked(d) {
		n = 1
	}
	for idle := 0; n > 0; {
		next, err := d.AddDays(step)
		if err != nil {
			return d, err
		}
		if d = next; calendar.Worked(d) {
			n, idle = n-1, 0
		} else if idle++; idle > 366 {
			return d, k.value("no working day within a year")
		}
		if err := k.tick(1); err != nil {
			return d, err
		}
	}
	return d, nil
}

func endOfDay(_ *call, args []any) (any, error) {
	zone, err := zoneArgument(args, 1)
	if err != nil {
		return nil, err
	}
	d, ok := args[0].(civil.Date)
	if !ok {
		d = civil.DateOf(args[0].(time.Time).In(zone))
	}
	return d.EndOfDay(zone)
}

// elapsed is the time from a to b; both are instants, or both dates.
func elapsed(k *call, args []any) (any, error) {
	switch a := args[0].(type) {
	case civil.Date:
		if b, ok := args[1].(civil.Date); ok {
			return time.Duration(a.DaysUntil(b)) * civil.Day, nil
		}
	case time.Time:
		if b, ok := args[1].(time.Time); ok {
			return b.Sub(a), nil
		}
	}
	return nil, k.fail(RuleRunType, "elapsed needs two instants or two dates")
}
