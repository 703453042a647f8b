package decimal

import (
	"fmt"
	"math/big"
	"strings"
)

// Parse reads a decimal number as XML Schema writes it: an optional sign,
// digits, an optional point with digits; digits may be missing on one side of
// the point. No blanks, no exponent. The scale is kept; leading zeros, a plus
// and the sign of zero are not. It returns ErrSyntax, or ErrRange for more
// than MaxDigits digits.
// Source: XML Schema 1.1 part 2, clause 3.3.3.1.
func Parse(text string) (Decimal, error) {
	d, rest, err := scan(text, true)
	if err == nil && rest != "" {
		err = ErrSyntax
	}
	if err != nil {
		return Zero, fmt.Errorf("%q: %w", shorten(text), err)
	}
	return d, nil
}

// ParseJSON reads a JSON number token. An exponent is worked out exactly: 1e3
// is 1000 and 1.50e-1 is 0.150. It returns ErrSyntax for anything else, or
// ErrRange beyond MaxDigits digits or an exponent beyond MaxScale.
// Source: RFC 8259, clause 6.
func ParseJSON(token string) (Decimal, error) {
	d, err := parseJSON(token)
	if err != nil {
		return Zero, fmt.Errorf("%q: %w", shorten(token), err)
	}
	return d, nil
}

func parseJSON(token string) (Decimal, error) {
	digits := strings.TrimPrefix(token, "-")
	if digits == "" || digits[0] < '0' || digits[0] > '9' || len(digits) > 1 && digits[0] == '0' && isDigit(digits[1]) {
		return Zero, ErrSyntax
	}
	d, rest, err := scan(token, false)
	if err != nil || rest == "" {
		return d, err
	}
	exp, err := exponent(rest)
	if err != nil {
		return Zero, err
	}
	scale := d.Scale() - exp
	if scale < 0 {
		if !d.IsZero() && d.Digits()-scale > MaxDigits {
			return Zero, ErrRange
		}
		return fromBig(new(big.Int).Mul(d.big(), pow10(-scale)), 0), nil
	}
	if scale > MaxScale {
		return Zero, ErrRange
	}
	return fromBig(d.big(), int32(scale)), nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func exponent(s string) (int, error) {
	if s[0] != 'e' && s[0] != 'E' {
		return 0, ErrSyntax
	}
	s = s[1:]
	negative := strings.HasPrefix(s, "-")
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	if s == "" {
		return 0, ErrSyntax
	}
	n := 0
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, ErrSyntax
		}
		if n = n*10 + int(s[i]-'0'); n > MaxScale {
			n = MaxScale + 1
		}
	}
	if n > MaxScale {
		return 0, ErrRange
	}
	if negative {
		n = -n
	}
	return n, nil
}

// scan reads sign, digits and point from the start of s. In the loose form a
// side of the point may be empty and a plus is allowed.
func scan(s string, loose bool) (Decimal, string, error) {
	i, negative := 0, false
	if s != "" && (s[0] == '-' || loose && s[0] == '+') {
		negative, i = s[0] == '-', 1
	}
	start, coef, point, digits, fits := i, int64(0), -1, 0, true
loop:
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case isDigit(c):
			if digits++; digits > 18 {
				fits = false
			} else {
				coef = coef*10 + int64(c-'0')
			}
		case c == '.' && point < 0:
			point = i
		default:
			break loop
		}
	}
	scale := 0
	if point >= 0 {
		scale = i - point - 1
	}
	if digits == 0 || !loose && (point == start || point >= 0 && scale == 0) {
		return Zero, s, ErrSyntax
	}
	if digits > MaxDigits || scale > MaxScale {
		return Zero, s, ErrRange
	}
	if fits {
		if negative {
			coef = -coef
		}
		return Decimal{coef: coef, scale: int32(scale)}, s[i:], nil
	}
	b, _ := new(big.Int).SetString(strings.Replace(s[start:i], ".", "", 1), 10)
	if negative {
		b.Neg(b)
	}
	return fromBig(b, int32(scale)), s[i:], nil
}

func shorten(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

// MustParse is Parse for constants; it panics when text is no number.
func MustParse(text string) Decimal {
	d, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}
