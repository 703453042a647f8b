package civil

import (
	"fmt"
	"strings"
	"time"
)

// read is what a text holds, by a pattern.
type read struct {
	year, month, day, yearDay int
	clock                     Clock
	offset                    int
}

func (p *Pattern) parse(text string) (read, error) {
	r, rest := read{}, text
	fits := true
	for i, it := range p.items {
		if it.letter == 0 {
			if rest, fits = strings.CutPrefix(rest, it.text); !fits {
				return r, p.misfit(text)
			}
			continue
		}
		n, err := r.item(it, rest, i+1 < len(p.items) && p.items[i+1].letter != 0)
		if err != nil {
			return r, fmt.Errorf("%q by %q: %w", shorten(text), p.text, err)
		}
		rest = rest[n:]
	}
	if rest != "" {
		return r, p.misfit(text)
	}
	return r, nil
}

func (p *Pattern) misfit(text string) error {
	return fmt.Errorf("%q by %q: %w", shorten(text), p.text, ErrSyntax)
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "..."
	}
	return s
}

// item reads one item from the start of s and returns how many bytes it took.
func (r *read) item(it item, s string, tight bool) (int, error) {
	if it.letter == 'x' || it.letter == 'X' {
		return r.zone(it, s)
	}
	least, most := it.count, it.count
	if it.count == 1 && it.letter != 'S' && !tight {
		most = map[byte]int{'y': 4, 'D': 3}[it.letter]
		most = max(most, 2)
	}
	n := 0
	for n < most && n < len(s) && isDigit(s[n]) {
		n++
	}
	if n < least {
		return 0, ErrSyntax
	}
	v, _ := number(s[:n])
	switch it.letter {
	case 'y':
		if it.count == 2 {
			v += 2000
		}
		r.year = v
	case 'M':
		r.month = v
	case 'd':
		r.day = v
	case 'D':
		r.yearDay = v
	case 'H':
		r.clock.Hour = v
	case 'm':
		r.clock.Minute = v
	case 's':
		r.clock.Second = v
	case 'S':
		for range 9 - n {
			v *= 10
		}
		r.clock.Nano = v
	}
	return n, nil
}

func (r *read) zone(it item, s string) (int, error) {
	if it.letter == 'X' && strings.HasPrefix(s, "Z") {
		return 1, nil
	}
	seconds, n, err := readOffset(s, it.count == 3, false)
	if err == nil && it.count == 2 && n != 5 {
		err = ErrSyntax
	}
	r.offset = seconds
	return n, err
}

func (p *Pattern) date(r read) (Date, error) {
	if p.has&hasYear == 0 || p.has&hasYearDay == 0 && p.has&(hasMonth|hasDay) != hasMonth|hasDay {
		return Date{}, fmt.Errorf("pattern %q has no full date: %w", p.text, ErrMissing)
	}
	if p.has&hasYearDay == 0 {
		return NewDate(r.year, r.month, r.day)
	}
	d, err := NewDate(r.year, 1, 1)
	if err != nil {
		return d, err
	}
	if r.yearDay < 1 {
		return Date{}, fmt.Errorf("day %d of %d: %w", r.yearDay, r.year, ErrRange)
	}
	if d, err = d.AddDays(r.yearDay - 1); err == nil && d.Year != r.year {
		err = fmt.Errorf("day %d of %d: %w", r.yearDay, r.year, ErrRange)
	}
	if err == nil && (p.has&hasMonth != 0 && d.Month != r.month || p.has&hasDay != 0 && d.Day != r.day) {
		err = fmt.Errorf("day %d of %d is not of that month: %w", r.yearDay, r.year, ErrRange)
	}
	return d, err
}

// ParseDate reads a date. A time or offset that the pattern has is read,
// checked and dropped. Errors wrap ErrSyntax, ErrRange or ErrMissing.
func (p *Pattern) ParseDate(text string) (Date, error) {
	r, err := p.parse(text)
	if err != nil {
		return Date{}, err
	}
	d, err := p.date(r)
	if err == nil {
		_, err = NewClock(r.clock.Hour, r.clock.Minute, r.clock.Second, r.clock.Nano)
	}
	return d, err
}

// ParseClock reads a time of day.
func (p *Pattern) ParseClock(text string) (Clock, error) {
	r, err := p.parse(text)
	if err != nil {
		return Clock{}, err
	}
	if p.has&hasHour == 0 {
		return Clock{}, fmt.Errorf("pattern %q has no hour: %w", p.text, ErrMissing)
	}
	return NewClock(r.clock.Hour, r.clock.Minute, r.clock.Second, r.clock.Nano)
}

// ParseInstant reads an instant. Without an offset in the pattern the time is
// one of zone; a nil zone is then ErrMissing. An instant with an offset keeps
// it; a zone, if given, converts it.
func (p *Pattern) ParseInstant(text string, zone *time.Location) (time.Time, error) {
	r, err := p.parse(text)
	if err != nil {
		return time.Time{}, err
	}
	d, err := p.date(r)
	if err != nil {
		return time.Time{}, err
	}
	c, err := NewClock(r.clock.Hour, r.clock.Minute, r.clock.Second, r.clock.Nano)
	if err != nil {
		return time.Time{}, err
	}
	if p.has&hasOffset == 0 {
		if zone == nil {
			return time.Time{}, fmt.Errorf("%q without offset or zone: %w", shorten(text), ErrMissing)
		}
		return d.At(c, zone)
	}
	t, err := d.At(c, Offset(r.offset))
	if err == nil && zone != nil {
		t = t.In(zone)
	}
	return t, err
}

// ParseInstant reads an instant as ISO 8601 and XML Schema write it:
// yyyy-MM-ddTHH:mm:ss with an optional fraction of up to nine digits and Z or
// an offset. Without an offset the time is one of zone; a nil zone is then
// ErrMissing.
// Source: XML Schema 1.1 part 2, clause 3.3.7; RFC 3339.
func ParseInstant(text string, zone *time.Location) (time.Time, error) {
	d, c, rest, err := isoParts(text)
	if err != nil {
		return time.Time{}, err
	}
	switch {
	case rest == "Z":
		return d.At(c, time.UTC)
	case rest != "":
		seconds, n, err := readOffset(rest, false, true)
		if err != nil || n != len(rest) {
			return time.Time{}, fmt.Errorf("%q is no instant: %w", shorten(text), ErrSyntax)
		}
		return d.At(c, Offset(seconds))
	case zone == nil:
		return time.Time{}, fmt.Errorf("%q without offset or zone: %w", shorten(text), ErrMissing)
	}
	return d.At(c, zone)
}

func isoParts(text string) (d Date, c Clock, rest string, err error) {
	bad := fmt.Errorf("%q is no instant: %w", shorten(text), ErrSyntax)
	if len(text) < 19 || text[10] != 'T' {
		return d, c, "", bad
	}
	if d, err = ParseDate(text[:10]); err != nil {
		return d, c, "", err
	}
	if c, rest, err = isoClock(text[11:]); err != nil {
		return d, c, "", err
	}
	return d, c, rest, nil
}

// ParseClock reads HH:mm:ss with an optional fraction of up to nine digits.
func ParseClock(text string) (Clock, error) {
	c, rest, err := isoClock(text)
	if err == nil && rest != "" {
		err = fmt.Errorf("%q is no time of day: %w", shorten(text), ErrSyntax)
	}
	return c, err
}

var isoTime = mustCompile("HH:mm:ss")

func isoClock(s string) (Clock, string, error) {
	if len(s) < 8 {
		return Clock{}, "", fmt.Errorf("%q is no time of day: %w", shorten(s), ErrSyntax)
	}
	c, err := isoTime.ParseClock(s[:8])
	rest := s[8:]
	if err != nil || !strings.HasPrefix(rest, ".") {
		return c, rest, err
	}
	n := 1
	for n < len(rest) && isDigit(rest[n]) {
		n++
	}
	if n == 1 || n > 10 {
		return c, rest, fmt.Errorf("%q is no time of day: %w", shorten(s), ErrSyntax)
	}
	c.Nano, _ = number((rest[1:n] + "000000000")[:9])
	return c, rest[n:], nil
}

// FormatInstant writes t as RFC 3339 in the zone it carries, with a fraction
// only if there is one.
func FormatInstant(t time.Time) string {
	return isoInstant.FormatInstant(t) + fraction(t.Nanosecond()) + zoneText(t)
}

var isoInstant = mustCompile("yyyy-MM-dd'T'HH:mm:ss")

func zoneText(t time.Time) string {
	_, offset := t.Zone()
	if offset == 0 {
		return "Z"
	}
	return offsetText(offset, 3)
}
