package xpath

import (
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/internal/decimal"
)

// parseTemporal reads dates, times and durations (XML Schema part 2, 3.2.6 to 3.2.9).
// Dec becomes seconds since year 1 in UTC (a value without zone counts as UTC), the
// seconds of a day-time duration, or months. Str is the form as written.
func parseTemporal(s string, to Kind) (Item, bool) {
	it := Item{Kind: to, Str: s}
	ok := false
	switch to {
	case Date:
		day, zone := splitZone(s)
		var days int64
		if days, ok = parseDay(day); ok {
			it.Dec, ok = shift(decimal.FromInt(days*86400), zone)
		}
	case Time:
		clock, zone := splitZone(s)
		if it.Dec, ok = parseClock(clock); ok {
			it.Dec, ok = shift(it.Dec, zone)
		}
	case DateTime:
		day, rest, cut := strings.Cut(s, "T")
		clock, zone := splitZone(rest)
		days, good := parseDay(day)
		seconds, good2 := parseClock(clock)
		if cut && good && good2 {
			it.Dec, ok = shift(decimal.FromInt(days*86400).Add(seconds), zone)
		}
	case DayTimeDuration, YearMonthDuration:
		it.Dec, ok = parseDuration(s, to)
	}
	return it, ok
}

// splitZone cuts "Z", "+hh:mm" or "-hh:mm" off the end.
func splitZone(s string) (string, string) {
	if strings.HasSuffix(s, "Z") {
		return s[:len(s)-1], "Z"
	}
	if n := len(s) - 6; n > 0 && (s[n] == '+' || s[n] == '-') && s[n+3] == ':' {
		return s[:n], s[n:]
	}
	return s, ""
}

func shift(seconds decimal.Decimal, zone string) (decimal.Decimal, bool) {
	if zone == "" || zone == "Z" {
		return seconds, true
	}
	h, ok1 := fixed(zone[1:3], 2)
	m, ok2 := fixed(zone[4:6], 2)
	if !ok1 || !ok2 || m > 59 || h > 14 || h == 14 && m > 0 {
		return seconds, false
	}
	by := decimal.FromInt(int64(h*3600 + m*60))
	if zone[0] == '+' {
		return seconds.Sub(by), true
	}
	return seconds.Add(by), true
}

// fixed reads exactly n digits.
func fixed(s string, n int) (int, bool) {
	if len(s) != n {
		return 0, false
	}
	v := 0
	for i := range n {
		if !isDigit(s[i]) {
			return 0, false
		}
		v = v*10 + int(s[i]-'0')
	}
	return v, true
}

// parseDay reads [-]yyyy-mm-dd as days since 0001-01-01.
func parseDay(s string) (int64, bool) {
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	year, rest, ok := strings.Cut(s, "-")
	if !ok || len(year) < 4 || len(year) > 9 || len(year) > 4 && year[0] == '0' || len(rest) != 5 || rest[2] != '-' {
		return 0, false
	}
	y, ok1 := fixed(year, len(year))
	m, ok2 := fixed(rest[:2], 2)
	d, ok3 := fixed(rest[3:], 2)
	if !ok1 || !ok2 || !ok3 || y == 0 || m < 1 || m > 12 || d < 1 {
		return 0, false
	}
	if neg {
		y = 1 - y
	}
	if d > daysIn(y, m) {
		return 0, false
	}
	return dayNumber(int64(y), m, d), true
}

var monthDays = [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func daysIn(y, m int) int {
	if m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0) {
		return 29
	}
	return monthDays[m-1]
}

// dayNumber counts days of the proleptic Gregorian calendar from 0001-01-01.
func dayNumber(y int64, m, d int) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400
	if y < 0 && y%400 != 0 {
		era--
	}
	yoe := y - era*400
	doy := int64((153*(m-3)+2)/5 + d - 1)
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 306
}

// parseClock reads hh:mm:ss[.f] as seconds; 24:00:00 is allowed.
func parseClock(s string) (decimal.Decimal, bool) {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' || len(s) > 8 && (s[8] != '.' || len(s) == 9) {
		return decimal.Zero, false
	}
	h, ok1 := fixed(s[:2], 2)
	m, ok2 := fixed(s[3:5], 2)
	whole, ok3 := fixed(s[6:8], 2)
	sec, err := decimal.Parse(s[6:])
	if !ok1 || !ok2 || !ok3 || err != nil || m > 59 || whole > 59 || h > 24 || h == 24 && (m > 0 || !sec.IsZero()) {
		return decimal.Zero, false
	}
	return decimal.FromInt(int64(h*3600 + m*60)).Add(sec), true
}

// parseDuration reads P..D T.. as seconds or P..Y..M as months.
func parseDuration(s string, to Kind) (decimal.Decimal, bool) {
	neg := strings.HasPrefix(s, "-")
	s, ok := strings.CutPrefix(strings.TrimPrefix(s, "-"), "P")
	if !ok || s == "" {
		return decimal.Zero, false
	}
	units, weight := "YM", []int64{12, 1}
	if to == DayTimeDuration {
		units, weight = "DTHMS", []int64{86400, 0, 3600, 60, 1}
	}
	total, next := decimal.Zero, 0
	for s != "" {
		if s[0] == 'T' && units[next:] != "" && strings.IndexByte(units[next:], 'T') >= 0 {
			next += strings.IndexByte(units[next:], 'T') + 1
			if s = s[1:]; s == "" {
				return decimal.Zero, false
			}
			continue
		}
		n := 0
		for n < len(s) && (isDigit(s[n]) || s[n] == '.') {
			n++
		}
		if n == 0 || n == len(s) {
			return decimal.Zero, false
		}
		at := strings.IndexByte(units[next:], s[n])
		v, err := decimal.Parse(s[:n])
		if at < 0 || err != nil || s[n] != 'S' && strings.Contains(s[:n], ".") ||
			strings.Contains(units[next:next+at], "T") {
			return decimal.Zero, false
		}
		next += at
		total = total.Add(v.Mul(decimal.FromInt(weight[next])))
		next++
		s = s[n+1:]
	}
	if neg {
		total = total.Neg()
	}
	return total, true
}

func partOfDateTime(it Item, to Kind) (Item, bool) {
	day, rest, _ := strings.Cut(it.Str, "T")
	clock, zone := splitZone(rest)
	if to == Date {
		return parseTemporal(day+zone, Date)
	}
	return parseTemporal(clock+zone, Time)
}

// part returns a component of a date or time for year-from-date and its like.
func part(it Item, which string) (Item, bool) {
	day, clock := it.Str, it.Str
	if it.Kind == DateTime {
		day, clock, _ = strings.Cut(it.Str, "T")
	}
	day, _ = splitZone(day)
	clock, _ = splitZone(clock)
	number := func(s string) Item {
		n, _ := strconv.Atoi(s)
		return intItem(n)
	}
	n := len(day)
	switch which {
	case "year":
		return number(day[:n-6]), true
	case "month":
		return number(day[n-5 : n-3]), true
	case "day":
		return number(day[n-2:]), true
	case "hours":
		return number(clock[:2]), true
	case "minutes":
		return number(clock[3:5]), true
	case "seconds":
		d, _ := decimal.Parse(clock[6:])
		return decItem(d), true
	}
	return Item{}, false
}

// temporalArith computes + and - and, for durations, * and div (XPath functions 1.0, 10).
func temporalArith(op byte, a, b Item) (Item, bool) {
	dur := func(k Kind) bool { return k == DayTimeDuration || k == YearMonthDuration }
	switch {
	case op == '-' && a.Kind == b.Kind && !dur(a.Kind) && a.Kind >= Date && a.Kind <= DateTime:
		return secondsDuration(a.Dec.Sub(b.Dec)), true
	case op == '+' && dur(a.Kind) && b.Kind >= Date && b.Kind <= DateTime:
		return temporalArith(op, b, a)
	case (op == '+' || op == '-') && a.Kind == DayTimeDuration && b.Kind == DayTimeDuration:
		if op == '-' {
			return secondsDuration(a.Dec.Sub(b.Dec)), true
		}
		return secondsDuration(a.Dec.Add(b.Dec)), true
	case op == '*' && a.Kind.numeric() && b.Kind == DayTimeDuration:
		return temporalArith(op, b, a)
	case (op == '*' || op == '/') && a.Kind == DayTimeDuration && b.Kind.numeric():
		n := arith(op, decItem(a.Dec), mustCast(b, Decimal))
		return secondsDuration(n.Dec), true
	case op == '/' && a.Kind == DayTimeDuration && b.Kind == DayTimeDuration:
		return arith('/', decItem(a.Dec), decItem(b.Dec)), true
	}
	return Item{}, false
}

// secondsDuration makes a day-time duration in canonical form.
func secondsDuration(sec decimal.Decimal) Item {
	it := Item{Kind: DayTimeDuration, Dec: sec}
	var b strings.Builder
	if sec.Sign() < 0 {
		b.WriteByte('-')
	}
	b.WriteByte('P')
	abs := sec.Abs()
	whole, _ := abs.Truncate(0).Int64()
	if d := whole / 86400; d > 0 {
		b.WriteString(strconv.FormatInt(d, 10) + "D")
	}
	rest := whole % 86400
	secs := decimal.FromInt(rest % 60).Add(abs.Sub(decimal.FromInt(whole)))
	if rest != 0 || !secs.IsZero() || whole == 0 {
		b.WriteByte('T')
	}
	if h := rest / 3600; h > 0 {
		b.WriteString(strconv.FormatInt(h, 10) + "H")
	}
	if m := rest % 3600 / 60; m > 0 {
		b.WriteString(strconv.FormatInt(m, 10) + "M")
	}
	if !secs.IsZero() || whole == 0 {
		b.WriteString(decimalText(secs) + "S")
	}
	it.Str = b.String()
	return it
}
