// Package civil holds calendar dates, times of day and the patterns of Unicode
// LDML that write and read them. It never reads the clock.
//
// Begin with Date, Clock and Compile (a pattern). Nothing overflows silently:
// 30 February is an error, and a month added to 31 January ends on the last
// day of February.
package civil

import (
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // zones are known on a machine that has none installed
)

// The errors of this package.
var (
	ErrSyntax  = errors.New("does not fit the pattern")
	ErrRange   = errors.New("no such date or time")
	ErrPattern = errors.New("no such pattern")
	ErrZone    = errors.New("no such time zone")
	ErrMissing = errors.New("the value lacks what the pattern asks for")
)

// Date is a day of the Gregorian calendar, years 1 to 9999. The zero Date is
// no day.
type Date struct {
	Year  int
	Month int // 1 to 12
	Day   int // 1 to 31
}

// NewDate returns the date, or ErrRange if there is no such day.
func NewDate(year, month, day int) (Date, error) {
	d := Date{year, month, day}
	if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > DaysIn(year, month) {
		return Date{}, fmt.Errorf("%04d-%02d-%02d: %w", year, month, day, ErrRange)
	}
	return d, nil
}

// DateOf returns the day of t in the zone t carries.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, int(m), d}
}

// DaysIn returns the number of days of a month.
func DaysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// ParseDate reads yyyy-MM-dd.
func ParseDate(text string) (Date, error) { return isoDate.ParseDate(text) }

// String writes yyyy-MM-dd.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// MarshalText writes yyyy-MM-dd.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads yyyy-MM-dd.
func (d *Date) UnmarshalText(text []byte) error {
	v, err := ParseDate(string(text))
	if err == nil {
		*d = v
	}
	return err
}

// Compare returns -1, 0 or 1 as d is before, the same as or after e.
func (d Date) Compare(e Date) int { return d.midnight().Compare(e.midnight()) }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.midnight().Weekday() }

// YearDay returns the day of the year, from 1.
func (d Date) YearDay() int { return d.midnight().YearDay() }

func (d Date) midnight() time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
}

// AddDays returns the date n days later; ErrRange outside years 1 to 9999.
func (d Date) AddDays(n int) (Date, error) {
	if n > 4_000_000 || n < -4_000_000 {
		return Date{}, fmt.Errorf("%d days: %w", n, ErrRange)
	}
	e := DateOf(d.midnight().AddDate(0, 0, n))
	return NewDate(e.Year, e.Month, e.Day)
}

// AddMonths returns the date n months later. A day the month does not have
// becomes its last day. ErrRange outside years 1 to 9999.
func (d Date) AddMonths(n int) (Date, error) {
	if n > 120_000 || n < -120_000 {
		return Date{}, fmt.Errorf("%d months: %w", n, ErrRange)
	}
	months := d.Year*12 + d.Month - 1 + n
	year, month := months/12, months%12+1
	if months < 12 {
		return Date{}, fmt.Errorf("%s and %d months: %w", d, n, ErrRange)
	}
	return NewDate(year, month, min(d.Day, DaysIn(year, month)))
}

// DaysUntil returns the number of days from d to e.
func (d Date) DaysUntil(e Date) int { return int(e.midnight().Sub(d.midnight()) / (24 * time.Hour)) }

// At returns the instant of the time of day on d in zone. A time that the
// zone skips is ErrRange; of a time that comes twice it is the first.
func (d Date) At(c Clock, zone *time.Location) (time.Time, error) {
	guess := time.Date(d.Year, time.Month(d.Month), d.Day, c.Hour, c.Minute, c.Second, c.Nano, zone)
	first := time.Time{}
	for _, near := range []time.Time{guess.Add(-26 * time.Hour), guess, guess.Add(26 * time.Hour)} {
		_, offset := near.Zone()
		wall := time.Date(d.Year, time.Month(d.Month), d.Day, c.Hour, c.Minute, c.Second, c.Nano, time.UTC)
		t := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if ClockOf(t) == c && DateOf(t) == d && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	if first.IsZero() {
		return first, fmt.Errorf("%s %s in %s: %w", d, c, zone, ErrRange)
	}
	return first, nil
}

// EndOfDay returns the last nanosecond of d in zone.
func (d Date) EndOfDay(zone *time.Location) (time.Time, error) {
	wall := time.Date(d.Year, time.Month(d.Month), d.Day+1, 0, 0, 0, 0, time.UTC)
	last := time.Time{}
	for _, near := range []time.Duration{-26 * time.Hour, 0, 26 * time.Hour} {
		_, offset := wall.Add(near).In(zone).Zone()
		t := wall.Add(-time.Duration(offset)*time.Second - 1).In(zone)
		if DateOf(t) == d && t.After(last) {
			last = t
		}
	}
	if last.IsZero() {
		return last, fmt.Errorf("end of %s in %s: %w", d, zone, ErrRange)
	}
	return last, nil
}

// Clock is a time of day without zone.
type Clock struct {
	Hour, Minute, Second int
	Nano                 int // nanoseconds, 0 to 999,999,999
}

// NewClock returns the time of day, or ErrRange. A leap second is refused.
func NewClock(hour, minute, second, nano int) (Clock, error) {
	c := Clock{hour, minute, second, nano}
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || nano < 0 || nano > 999_999_999 {
		return Clock{}, fmt.Errorf("%02d:%02d:%02d: %w", hour, minute, second, ErrRange)
	}
	return c, nil
}

// ClockOf returns the time of day of t in the zone t carries.
func ClockOf(t time.Time) Clock {
	return Clock{t.Hour(), t.Minute(), t.Second(), t.Nanosecond()}
}

// String writes HH:mm:ss, with a fraction if there is one.
func (c Clock) String() string {
	s := fmt.Sprintf("%02d:%02d:%02d", c.Hour, c.Minute, c.Second)
	return s + fraction(c.Nano)
}

// MarshalText writes the text of String.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Compare returns -1, 0 or 1 as c is before, the same as or after d.
func (c Clock) Compare(d Clock) int {
	a, b := c.sinceMidnight(), d.sinceMidnight()
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (c Clock) sinceMidnight() time.Duration {
	return time.Duration(c.Hour)*time.Hour + time.Duration(c.Minute)*time.Minute + time.Duration(c.Second)*time.Second + time.Duration(c.Nano)
}

func fraction(nano int) string {
	if nano == 0 {
		return ""
	}
	s := fmt.Sprintf(".%09d", nano)
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	return s
}
