package prove

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// Domain is what is known of a field besides its type.
type Domain struct {
	Values   []any // the only values it can have; nil: any of its type
	Required bool  // it is always there
}

// field is a path that clauses ask, with its cells. Cell 0 is "absent".
type field struct {
	path   string
	names  []string
	values []any  // one value of each cell
	point  []bool // the cell has no other value
	absent bool   // may be absent
	record int    // the cell of records with something in them, or -1
	above  []int  // fields whose path this one's begins with
}

// possible holds the cells the field can be in.
func (f *field) possible() set {
	s := newSet(len(f.values))
	for i := range f.values {
		if i > 0 || f.absent {
			s.add(i)
		}
	}
	return s
}

func (f *field) add(v any, point bool) {
	f.values = append(f.values, v)
	f.point = append(f.point, point)
}

// newField finds the cells of a path from all comparisons with it.
func newField(path string, atoms []*engine.Clause, d Domain) *field {
	f := &field{path: path, names: strings.Split(path, "."), absent: !d.Required, record: -1}
	f.add(nil, true)
	if d.Values != nil {
		for _, v := range d.Values {
			f.add(v, true)
		}
		return f
	}
	c := collect(atoms)
	kind := formula.AnyKind
	for _, a := range atoms {
		if a.Field != nil {
			kind = a.Field.Type().Kind()
		}
	}
	f.scalars(c, kind)
	return f
}

// constants are the values that comparisons of a path mention, by their sort.
type constants struct {
	texts     []string
	numbers   []decimal.Decimal
	dates     []civil.Date
	instants  []time.Time
	clocks    []civil.Clock
	durations []time.Duration
}

func collect(atoms []*engine.Clause) *constants {
	c := &constants{}
	for _, a := range atoms {
		if a.Op == "exists" || a.Op == "empty" || a.Op == "matches" {
			continue
		}
		for _, v := range a.Values {
			c.take(a.Op, v)
		}
	}
	return c
}

func (c *constants) take(op string, v any) {
	switch x := v.(type) {
	case string:
		c.texts = append(c.texts, x)
		if after, ok := successor(x); ok && op == "startsWith" {
			c.texts = append(c.texts, after)
		}
	case decimal.Decimal:
		c.numbers = append(c.numbers, x)
	case civil.Date:
		c.dates = append(c.dates, x)
	case time.Time:
		c.instants = append(c.instants, x)
	case civil.Clock:
		c.clocks = append(c.clocks, x)
	case time.Duration:
		c.durations = append(c.durations, x)
	}
}

// scalars adds the cells of values of a kind. A field of any kind has the
// cells of all kinds it is compared with.
func (f *field) scalars(c *constants, kind formula.Kind) {
	every := kind == formula.AnyKind
	is := func(k formula.Kind, n int) bool { return kind == k || every && n > 0 }
	if is(formula.StringKind, len(c.texts)) || kind == formula.TextKind || every {
		f.texts(append(c.texts, ""))
	}
	if is(formula.NumberKind, len(c.numbers)) {
		f.numbers(c.numbers, false)
	}
	if kind == formula.IntegerKind {
		f.numbers(c.numbers, true)
	}
	if kind == formula.BooleanKind || every {
		f.add(false, true)
		f.add(true, true)
	}
	if is(formula.DateKind, len(c.dates)) {
		f.dates(c.dates)
	}
	if is(formula.InstantKind, len(c.instants)) {
		f.instants(c.instants, c.dates)
	}
	if is(formula.TimeKind, len(c.clocks)) {
		f.clocks(c.clocks)
	}
	if is(formula.DurationKind, len(c.durations)) {
		f.durations(c.durations)
	}
	if every || kind == formula.ListKind {
		f.add([]any{}, true)
		f.add([]any{"..."}, false)
	}
	if every || kind == formula.MapKind {
		f.records()
	}
	if len(f.values) == 1 {
		f.add("...", false) // bytes and the like: only whether it is there can be asked
	}
}

// records adds the cells of maps.
func (f *field) records() {
	f.add(map[string]any{}, true)
	f.record = len(f.values)
	f.add(map[string]any{"...": "..."}, false)
}

// texts adds every constant and a text of each gap. Texts are ordered by code
// points; between a text and itself with U+0000 behind there is none.
func (f *field) texts(list []string) {
	slices.Sort(list)
	list = slices.Compact(list)
	for i, t := range list {
		f.add(t, true)
		next, bounded := "", i+1 < len(list)
		if bounded {
			next = list[i+1]
		}
		if v, ok := between(t, next, bounded); ok {
			f.add(v, false)
		}
	}
}

// between returns a text after low and before high.
func between(low, high string, bounded bool) (string, bool) {
	for _, tail := range []string{"-", "0", "A", "a", " ", "\x00"} {
		if v := low + tail; !bounded || v < high {
			return v, true
		}
	}
	return "", false
}

// successor returns the smallest text behind all that begin with t.
func successor(t string) (string, bool) {
	for t != "" {
		r, n := utf8.DecodeLastRuneInString(t)
		t = t[:len(t)-n]
		if r == 0xD7FF {
			r = 0xDFFF // the next one is no surrogate
		}
		if r < utf8.MaxRune {
			return t + string(r+1), true
		}
	}
	return "", false
}

// numbers adds every constant, a number of each gap, and one on both sides.
func (f *field) numbers(list []decimal.Decimal, whole bool) {
	slices.SortFunc(list, decimal.Decimal.Cmp)
	list = slices.CompactFunc(list, decimal.Decimal.Equal)
	one := decimal.FromInt(1)
	if len(list) == 0 {
		f.add(decimal.FromInt(1), false)
		return
	}
	floor := func(d decimal.Decimal) decimal.Decimal { return d.Round(0, decimal.Floor) }
	f.add(floor(list[0]).Sub(one), false)
	for i, d := range list {
		if !whole || d.IsInteger() {
			f.add(d, true)
		}
		if i+1 == len(list) {
			f.add(floor(d).Add(one), false)
			continue
		}
		if v := floor(d).Add(one); v.Cmp(list[i+1]) < 0 {
			f.add(v, false)
		} else if mid, err := d.Add(list[i+1]).Quo(decimal.FromInt(2)); err == nil && !whole {
			f.add(mid, false)
		}
	}
}

func (f *field) dates(list []civil.Date) {
	if len(list) == 0 {
		d, _ := civil.NewDate(2026, 1, 1)
		f.add(d, false)
		return
	}
	steps(f, list, civil.Date.Compare, func(d civil.Date, n int) (civil.Date, bool) {
		e, err := d.AddDays(n)
		return e, err == nil
	})
}

func (f *field) clocks(list []civil.Clock) {
	if len(list) == 0 {
		f.add(civil.Clock{}, false)
		return
	}
	day := 24 * time.Hour
	steps(f, list, civil.Clock.Compare, func(c civil.Clock, n int) (civil.Clock, bool) {
		at := time.Duration(c.Hour)*time.Hour + time.Duration(c.Minute)*time.Minute + time.Duration(c.Second)*time.Second + time.Duration(c.Nano) + time.Duration(n)
		if at < 0 || at >= day {
			return c, false
		}
		return civil.ClockOf(time.Unix(0, int64(at)).UTC()), true
	})
}

func (f *field) durations(list []time.Duration) {
	if len(list) == 0 {
		f.add(time.Hour, false)
		return
	}
	steps(f, list, cmp.Compare[time.Duration], func(d time.Duration, n int) (time.Duration, bool) { return d + time.Duration(n), true })
}

// steps adds the cells of values that have a next one.
func steps[T any](f *field, list []T, compare func(a, b T) int, move func(T, int) (T, bool)) {
	slices.SortFunc(list, compare)
	list = slices.CompactFunc(list, func(a, b T) bool { return compare(a, b) == 0 })
	if v, ok := move(list[0], -1); ok {
		f.add(v, false)
	}
	for i, x := range list {
		f.add(x, true)
		if v, ok := move(x, 1); ok && (i+1 == len(list) || compare(v, list[i+1]) < 0) {
			f.add(v, false)
		}
	}
}

// instants adds instants around every constant and every beginning of a day, in
// the zones at both ends and in the middle: a date that an instant is compared
// with is a day in the zone of the instant.
func (f *field) instants(list []time.Time, days []civil.Date) {
	for _, d := range days {
		for _, day := range []int{0, 1} {
			for _, hours := range []int{-12, 0, 14} {
				if e, err := d.AddDays(day); err == nil {
					list = append(list, time.Date(e.Year, time.Month(e.Month), e.Day, 0, 0, 0, 0, civil.Offset(hours*3600)))
				}
			}
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	list = slices.CompactFunc(list, time.Time.Equal)
	if len(list) == 0 {
		list = []time.Time{time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}
	}
	zones := []*time.Location{time.UTC}
	if len(days) > 0 {
		zones = append(zones, civil.Offset(-12*3600), civil.Offset(14*3600))
	}
	for _, t := range list {
		for _, zone := range zones {
			f.add(t.Add(-1).In(zone), false)
			f.add(t.In(zone), true)
			f.add(t.Add(1).In(zone), false)
		}
	}
}
