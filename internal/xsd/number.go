package xsd

import (
	"cmp"
	"strconv"
	"strings"
)

// number is a decimal cut into sign, whole digits without leading zeros and
// fraction digits without trailing zeros: exact whatever its length.
type number struct {
	negative    bool
	whole, part string
}

// cutNumber reads a decimal or, with integer, an integer.
func cutNumber(s string, integer bool) (n number, ok bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		n.negative = s[0] == '-'
		s = s[1:]
	}
	dot := -1
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b >= '0' && b <= '9':
		case b == '.' && dot < 0 && !integer:
			dot = i
		default:
			return n, false
		}
	}
	n.whole = s
	if dot >= 0 {
		n.whole, n.part = s[:dot], s[dot+1:]
	}
	if n.whole == "" && n.part == "" {
		return n, false
	}
	n.whole, n.part = strings.TrimLeft(n.whole, "0"), strings.TrimRight(n.part, "0")
	if n.whole == "" && n.part == "" {
		n.negative = false
	}
	return n, true
}

func (n number) String() string {
	s := n.whole
	if s == "" {
		s = "0"
	}
	if n.part != "" {
		s += "." + n.part
	}
	if n.negative {
		s = "-" + s
	}
	return s
}

func (n number) compare(m number) int {
	if n.negative != m.negative {
		if n.negative {
			return -1
		}
		return 1
	}
	c := cmp.Compare(len(n.whole), len(m.whole))
	if c == 0 {
		c = strings.Compare(n.whole, m.whole)
	}
	if c == 0 {
		c = strings.Compare(n.part, m.part)
	}
	if n.negative {
		return -c
	}
	return c
}

// float reads the lexical form of float and double. It compares as float64:
// no amount of money has this type in a schema we know, and the schema asks for it.
func float(s string, bits int) (float64, bool) {
	switch s {
	case "INF", "-INF", "NaN":
		s = strings.Replace(s, "INF", "Inf", 1)
	default:
		if strings.Trim(s, "0123456789+-.eE") != "" || s == "" {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(s, bits)
	return f, err == nil || f > 1 || f < -1
}

// order compares two values of an ordered value space. ok is false if it is not
// ordered or one of them is no value; an undecided comparison is never 0.
func order(prim uint8, a, b string) (c int, ok bool) {
	switch prim {
	case primDecimal, primInteger:
		x, ok1 := cutNumber(a, prim == primInteger)
		y, ok2 := cutNumber(b, false)
		return x.compare(y), ok1 && ok2
	case primFloat, primDouble:
		x, ok1 := float(a, 64)
		y, ok2 := float(b, 64)
		switch {
		case x < y:
			return -1, ok1 && ok2
		case x > y:
			return 1, ok1 && ok2
		case x == y:
			return 0, ok1 && ok2
		}
		return 2, ok1 && ok2
	case primDuration:
		x, ok1 := cutDuration(a)
		y, ok2 := cutDuration(b)
		return x.compare(y), ok1 && ok2
	case primDateTime, primTime, primDate, primYearMonth, primYear, primMonthDay, primDay, primMonth:
		x, ok1 := cutMoment(prim, a)
		y, ok2 := cutMoment(prim, b)
		return x.compare(y), ok1 && ok2
	}
	return 0, false
}
