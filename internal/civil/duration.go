package civil

import (
	"fmt"
	"strings"
	"time"
)

// Day is 24 hours.
const Day = 24 * time.Hour

var units = []struct {
	name string
	is   time.Duration
}{{"ms", time.Millisecond}, {"d", Day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

// ParseDuration reads a duration as the package language writes it: 30s, 5m,
// 24h, 15d, 500ms, several together as 1h30m, a sign in front. A day is 24
// hours. Numbers may have a decimal fraction.
func ParseDuration(text string) (time.Duration, error) {
	bad := fmt.Errorf("%q is no duration: %w", shorten(text), ErrSyntax)
	s, negative := strings.CutPrefix(text, "-")
	if s == "" || len(s) > 60 {
		return 0, bad
	}
	total := time.Duration(0)
	for s != "" {
		n := 0
		for n < len(s) && (isDigit(s[n]) || s[n] == '.') {
			n++
		}
		unit, rest := cutUnit(s[n:])
		part, ok := times(s[:n], unit)
		if !ok {
			return 0, bad
		}
		if total += part; total < 0 {
			return 0, fmt.Errorf("%q: %w", shorten(text), ErrRange)
		}
		s = rest
	}
	if negative {
		total = -total
	}
	return total, nil
}

func cutUnit(s string) (time.Duration, string) {
	for _, u := range units {
		if rest, ok := strings.CutPrefix(s, u.name); ok {
			return u.is, rest
		}
	}
	return 0, s
}

// times multiplies the decimal number text by unit, exactly.
func times(text string, unit time.Duration) (time.Duration, bool) {
	whole, part, dotted := strings.Cut(text, ".")
	n, ok := number(whole)
	if !ok || unit == 0 || len(whole) > 15 || int64(n) > (1<<63-1)/int64(unit) {
		return 0, false
	}
	total := time.Duration(n) * unit
	if !dotted {
		return total, true
	}
	f, ok := number(part)
	if !ok || len(part) > 9 {
		return 0, false
	}
	scale := time.Duration(1)
	for range len(part) {
		scale *= 10
	}
	return total + time.Duration(f)*(unit/scale), unit%scale == 0
}

// FormatDuration writes d in days, hours, minutes and seconds, leaving out what
// is zero: 1d12h, 90 minutes as 1h30m, 500 milliseconds as 0.5s, nothing as 0s.
func FormatDuration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	var b strings.Builder
	if d < 0 {
		b.WriteByte('-')
	}
	rest := d.Abs()
	for _, u := range []int{1, 2, 3, 4} {
		if n := rest / units[u].is; n > 0 {
			if units[u].is == time.Second && rest%time.Second != 0 {
				break
			}
			fmt.Fprintf(&b, "%d%s", n, units[u].name)
			rest %= units[u].is
		}
	}
	if rest > 0 {
		fmt.Fprintf(&b, "%s%s", seconds(rest), "s")
	}
	return b.String()
}

func seconds(d time.Duration) string {
	s := fmt.Sprintf("%d.%09d", d/time.Second, d%time.Second)
	return strings.TrimRight(s, "0")
}
