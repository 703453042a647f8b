package xpath

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/internal/decimal"
)

// numberLiteral reads a literal: integer, decimal, or double if it has an exponent.
func numberLiteral(s string) (Item, error) {
	if strings.ContainsAny(s, "eE") {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil && !math.IsInf(f, 0) {
			return Item{}, err
		}
		return doubleItem(f), nil
	}
	d, err := decimal.Parse(s)
	if err != nil {
		return Item{}, err
	}
	if strings.Contains(s, ".") {
		return decItem(d), nil
	}
	return Item{Kind: Integer, Dec: d}, nil
}

// parseDouble reads the lexical space of xs:double (XML Schema part 2, 3.2.5).
func parseDouble(s string) (float64, bool) {
	s = trimSpace(s)
	if f, ok := shortDouble(s); ok {
		return f, true
	}
	switch s {
	case "NaN":
		return math.NaN(), true
	case "INF":
		return math.Inf(1), true
	case "-INF":
		return math.Inf(-1), true
	}
	digits := false
	for i := range len(s) {
		switch c := s[i]; {
		case isDigit(c):
			digits = true
		case c == '.' || c == '-' || c == '+':
		case (c == 'e' || c == 'E') && digits:
		default:
			return 0, false
		}
	}
	if !digits {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// shortDouble reads up to 15 digits with a point; dividing two exact doubles rounds once, correctly.
func shortDouble(s string) (float64, bool) {
	if s == "" || len(s) > 17 {
		return 0, false
	}
	i, neg := 0, s[0] == '-'
	if neg {
		i = 1
	}
	n, digits, point := int64(0), 0, -1
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' && point < 0 {
			point = digits
			continue
		}
		if !isDigit(c) {
			return 0, false
		}
		digits++
		n = n*10 + int64(c-'0')
	}
	if digits == 0 || digits > 15 {
		return 0, false
	}
	f := float64(n)
	if point >= 0 {
		f /= powers[digits-point]
	}
	if neg {
		f = -f
	}
	return f, true
}

// toDouble promotes a numeric item.
func toDouble(it Item) float64 {
	if it.Kind == Integer || it.Kind == Decimal {
		return decimalDouble(it.Dec)
	}
	return it.Num
}

func decimalDouble(d decimal.Decimal) float64 {
	if d.Scale() == 0 {
		if n, ok := d.Int64(); ok {
			return float64(n)
		}
	}
	var buf [32]byte
	s := d.Append(buf[:0])
	if f, ok := shortDouble(string(s)); ok {
		return f
	}
	f, _ := strconv.ParseFloat(string(s), 64)
	return f
}

// doubleDecimal returns the exact value of a double, which is a decimal number.
func doubleDecimal(f float64) (decimal.Decimal, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return decimal.Zero, false
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return decimal.FromInt(int64(f)), true
	}
	mantissa, exp := math.Frexp(f)
	n := big.NewInt(int64(mantissa * (1 << 53)))
	exp -= 53
	for exp < 0 && n.Bit(0) == 0 && n.Sign() != 0 {
		n.Rsh(n, 1)
		exp++
	}
	if exp >= 0 {
		return decimal.FromBig(n.Lsh(n, uint(exp)), 0), true
	}
	if -exp > decimal.MaxScale {
		return decimal.Zero, true // smaller than anything xs:decimal can tell from 0 here
	}
	n.Mul(n, new(big.Int).Exp(big.NewInt(5), big.NewInt(int64(-exp)), nil))
	return decimal.FromBig(n, -exp), true
}

// decimalText is the canonical form: no trailing zeros, no point without digits.
func decimalText(d decimal.Decimal) string {
	s := d.String()
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		if s == "-0" || s == "" {
			s = "0"
		}
	}
	return s
}

// doubleText formats a double as fn:string does (XQuery and XPath functions 1.0, 17.1.2).
func doubleText(f float64, bits int) string {
	switch a := math.Abs(f); {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "INF"
	case math.IsInf(f, -1):
		return "-INF"
	case f == 0:
		if math.Signbit(f) {
			return "-0"
		}
		return "0"
	case a >= 1e-6 && a < 1e6:
		return strconv.FormatFloat(f, 'f', -1, bits)
	}
	s := strconv.FormatFloat(f, 'E', -1, bits)
	m, e, _ := strings.Cut(s, "E")
	if !strings.Contains(m, ".") {
		m += ".0"
	}
	e = strings.TrimPrefix(e, "+")
	neg := strings.HasPrefix(e, "-")
	e = strings.TrimLeft(strings.TrimPrefix(e, "-"), "0")
	if neg {
		e = "-" + e
	}
	return m + "E" + e
}

// trimSpace removes XML white space at both ends.
func trimSpace(s string) string {
	for s != "" && isXMLSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isXMLSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isXMLSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// arith computes numeric operators (XPath 2.0, 3.4) on atomic numeric items.
func arith(op byte, a, b Item) Item {
	if a.Kind == Double || b.Kind == Double || a.Kind == Float || b.Kind == Float {
		return floatArith(op, a, b)
	}
	kind := Decimal
	if a.Kind == Integer && b.Kind == Integer {
		kind = Integer
	}
	switch op {
	case '+':
		return Item{Kind: kind, Dec: a.Dec.Add(b.Dec)}
	case '-':
		return Item{Kind: kind, Dec: a.Dec.Sub(b.Dec)}
	case '*':
		return Item{Kind: kind, Dec: a.Dec.Mul(b.Dec)}
	}
	if b.Dec.IsZero() {
		raise("FOAR0001", "division by zero")
	}
	switch op {
	case '/':
		q, err := a.Dec.Quo(b.Dec)
		if err != nil {
			raise("FOAR0002", "%v", err)
		}
		return decItem(q)
	case '%':
		m, err := a.Dec.Mod(b.Dec)
		if err != nil {
			raise("FOAR0002", "%v", err)
		}
		return Item{Kind: kind, Dec: m}
	}
	return Item{Kind: Integer, Dec: intQuo(a.Dec, b.Dec)}
}

// intQuo is idiv: the quotient without its fraction, toward zero.
func intQuo(a, b decimal.Decimal) decimal.Decimal {
	m, err := a.Mod(b)
	if err != nil {
		raise("FOAR0002", "%v", err)
	}
	q, err := a.Sub(m).Quo(b)
	if err != nil {
		raise("FOAR0002", "%v", err)
	}
	return q.Truncate(0)
}

func floatArith(op byte, a, b Item) Item {
	kind := Double
	if a.Kind != Double && b.Kind != Double {
		kind = Float
	}
	x, y := toDouble(a), toDouble(b)
	var f float64
	switch op {
	case '+':
		f = x + y
	case '-':
		f = x - y
	case '*':
		f = x * y
	case '/':
		f = x / y
	case '%':
		f = math.Mod(x, y)
	default:
		if y == 0 {
			raise("FOAR0001", "division by zero")
		}
		if math.IsNaN(x) || math.IsNaN(y) || math.IsInf(x, 0) {
			raise("FOAR0002", "integer division of NaN or INF")
		}
		d, _ := doubleDecimal(math.Trunc(x / y))
		return Item{Kind: Integer, Dec: d}
	}
	if kind == Float {
		f = float64(float32(f))
	}
	return Item{Kind: kind, Num: f}
}

// roundHalfUp rounds as fn:round does: halves toward positive infinity.
func roundHalfUp(it Item, digits int) Item {
	switch it.Kind {
	case Integer:
		if digits >= 0 {
			return it
		}
		return Item{Kind: Integer, Dec: decimalHalfUp(it.Dec, digits)}
	case Decimal:
		return decItem(decimalHalfUp(it.Dec, digits))
	}
	f := it.Num
	if digits != 0 {
		d, ok := doubleDecimal(f)
		if !ok || d.IsZero() {
			return it
		}
		it.Num = decimalDouble(decimalHalfUp(d, digits))
		return it
	}
	if math.IsNaN(f) || math.IsInf(f, 0) || f == 0 || math.Abs(f) >= 1<<52 {
		return it
	}
	r := math.Floor(f)
	if f-r >= 0.5 {
		r++
	}
	it.Num = math.Copysign(r, f)
	if r != 0 {
		it.Num = r
	}
	return it
}

func decimalHalfUp(d decimal.Decimal, digits int) decimal.Decimal {
	if digits < 0 {
		unit := decimal.FromBig(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(min(-digits, decimal.MaxDigits))), nil), 0)
		q, err := d.Quo(unit)
		if err != nil {
			raise("FOAR0002", "%v", err)
		}
		return decimalHalfUp(q, 0).Mul(unit)
	}
	if d.Scale() <= digits {
		return d
	}
	return d.Round(digits, decimal.HalfUp)
}
