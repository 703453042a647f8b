package xsd

import "strings"

// moment is a value of one of the date and time types.
type moment struct {
	year                             int64
	month, day, hour, minute, second int
	part                             string // fraction of the second without trailing zeros
	zoned                            bool
	zone                             int // minutes east of UTC
}

// shape of each type: which parts it has, in order.
var shapes = map[uint8]string{
	primDateTime: "Y-M-DTh:m:s", primTime: "h:m:s", primDate: "Y-M-D", primYearMonth: "Y-M",
	primYear: "Y", primMonthDay: "--M-D", primDay: "---D", primMonth: "--M",
}

// cutMoment reads the lexical form of a date or time type (XML Schema part 2, 3.2.7 to 3.2.14).
func cutMoment(prim uint8, s string) (m moment, ok bool) {
	m = moment{year: 2000, month: 1, day: 1}
	shape := shapes[prim]
	for i := 0; i < len(shape); i++ {
		switch b := shape[i]; b {
		case 'Y':
			m.year, s, ok = cutYear(s)
		case 'M':
			m.month, s, ok = twoDigits(s, 1, 12)
		case 'D':
			m.day, s, ok = twoDigits(s, 1, 31)
		case 'h':
			m.hour, s, ok = twoDigits(s, 0, 24)
		case 'm':
			m.minute, s, ok = twoDigits(s, 0, 59)
		case 's':
			if m.second, s, ok = twoDigits(s, 0, 59); ok {
				m.part, s, ok = cutFraction(s)
			}
		default:
			ok = s != "" && s[0] == b
			if ok {
				s = s[1:]
			}
		}
		if !ok {
			return m, false
		}
	}
	if m.hour == 24 && (m.minute != 0 || m.second != 0 || m.part != "") || m.day > daysIn(m.year, m.month) {
		return m, false
	}
	return m.withZone(s)
}

func cutYear(s string) (year int64, rest string, ok bool) {
	negative := strings.HasPrefix(s, "-")
	if negative {
		s = s[1:]
	}
	n := 0
	for n < len(s) && n < 12 && s[n] >= '0' && s[n] <= '9' {
		year = year*10 + int64(s[n]-'0')
		n++
	}
	if n < 4 || n > 4 && s[0] == '0' || year == 0 {
		return 0, s, false
	}
	if negative {
		year = -year
	}
	return year, s[n:], true
}

func twoDigits(s string, low, high int) (n int, rest string, ok bool) {
	if len(s) < 2 || s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9' {
		return 0, s, false
	}
	n = int(s[0]-'0')*10 + int(s[1]-'0')
	return n, s[2:], n >= low && n <= high
}

func cutFraction(s string) (part, rest string, ok bool) {
	if s == "" || s[0] != '.' {
		return "", s, true
	}
	n := 1
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return strings.TrimRight(s[1:n], "0"), s[n:], n > 1
}

func (m moment) withZone(s string) (moment, bool) {
	switch {
	case s == "":
		return m, true
	case s == "Z":
		m.zoned = true
		return m, true
	case s[0] != '+' && s[0] != '-':
		return m, false
	}
	hours, rest, ok := twoDigits(s[1:], 0, 14)
	if !ok || rest == "" || rest[0] != ':' {
		return m, false
	}
	minutes, rest, ok := twoDigits(rest[1:], 0, 59)
	if !ok || rest != "" || hours == 14 && minutes != 0 {
		return m, false
	}
	m.zoned, m.zone = true, hours*60+minutes
	if s[0] == '-' {
		m.zone = -m.zone
	}
	return m, true
}

func daysIn(year int64, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// seconds returns the seconds since year 0, in UTC if there is a zone.
func (m moment) seconds() int64 {
	y := m.year
	if m.month <= 2 {
		y--
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	yoe := y - era*400
	month := int64((m.month + 9) % 12)
	days := era*146097 + yoe*365 + yoe/4 - yoe/100 + (153*month+2)/5 + int64(m.day)
	return days*86400 + int64(m.hour)*3600 + int64(m.minute-m.zone)*60 + int64(m.second)
}

// compare orders two moments; 2 is undecided, because one has a zone and the
// other none and they are less than 14 hours apart (XML Schema part 2, 3.2.7.4).
func (m moment) compare(o moment) int {
	a, b := m.seconds(), o.seconds()
	if m.zoned != o.zoned {
		if d := a - b; d <= 14*3600 && d >= -14*3600 {
			return 2
		}
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return strings.Compare(m.part, o.part)
}

// duration is months and seconds, which do not convert into each other.
type duration struct {
	months  int64
	seconds int64
	part    string
}

// cutDuration reads PnYnMnDTnHnMnS, each part optional but one (XML Schema part 2, 3.2.6).
func cutDuration(s string) (d duration, ok bool) {
	sign := int64(1)
	if strings.HasPrefix(s, "-") {
		sign, s = -1, s[1:]
	}
	if !strings.HasPrefix(s, "P") || len(s) < 3 {
		return d, false
	}
	date, clock, timed := strings.Cut(s[1:], "T")
	if timed && clock == "" {
		return d, false
	}
	for _, u := range []struct {
		text   *string
		unit   byte
		months int64
		second int64
	}{{&date, 'Y', 12, 0}, {&date, 'M', 1, 0}, {&date, 'D', 0, 86400}, {&clock, 'H', 0, 3600}, {&clock, 'M', 0, 60}, {&clock, 'S', 0, 1}} {
		n, part, rest, found := cutQuantity(*u.text, u.unit)
		if found {
			*u.text, d.part = rest, part
			d.months, d.seconds = d.months+sign*n*u.months, d.seconds+sign*n*u.second
		}
	}
	return d, date == "" && clock == ""
}

// cutQuantity reads a number and its unit from the front of s; only seconds have a fraction.
func cutQuantity(s string, unit byte) (n int64, part, rest string, ok bool) {
	i := 0
	for i < len(s) && i < 15 && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + int64(s[i]-'0')
		i++
	}
	if i == 0 {
		return 0, "", s, false
	}
	rest = s[i:]
	if unit == 'S' {
		if part, rest, ok = cutFraction(rest); !ok {
			return 0, "", s, false
		}
	}
	if rest == "" || rest[0] != unit {
		return 0, "", s, false
	}
	return n, part, rest[1:], true
}

// compare orders durations if months and seconds agree; 2 is undecided.
func (d duration) compare(o duration) int {
	a := d.months - o.months
	b := d.seconds - o.seconds
	if b == 0 {
		b = int64(strings.Compare(d.part, o.part))
	}
	switch {
	case a == 0 && b == 0:
		return 0
	case a >= 0 && b >= 0:
		return 1
	case a <= 0 && b <= 0:
		return -1
	}
	return 2
}
