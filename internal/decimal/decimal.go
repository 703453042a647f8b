// Package decimal holds exact decimal numbers that keep their written scale:
// what was read as "1.10" is written as "1.10".
//
// Begin with Parse (text), ParseJSON (number token) or FromInt. Nothing in
// this package goes through a binary floating-point number, and nothing is
// rounded unless Round, Truncate or a quotient without end asks for it.
//
// A coefficient of up to 18 digits is held in a machine word; longer ones in
// shopspring/decimal.
package decimal

import (
	"errors"
	"math/big"
	"strconv"
	"strings"

	shop "github.com/shopspring/decimal"
)

// Limits of what is read. Results of Add, Sub and Mul may be longer; InRange
// says whether they still are within them.
const (
	MaxDigits = 1000 // digits of the coefficient
	MaxScale  = 1000 // digits after the point; also the largest exponent read
)

// The errors of this package.
var (
	ErrSyntax  = errors.New("no decimal number")
	ErrRange   = errors.New("decimal number out of range")
	ErrInexact = errors.New("digits would be lost")
	ErrDivide  = errors.New("division by zero")
)

// Decimal is an exact decimal number. The zero value is 0. Compare with Equal
// or Cmp: the Go operator == compares the written form.
type Decimal struct {
	coef  int64
	scale int32 // digits after the point, never negative
	long  *shop.Decimal
}

// Zero is 0.
var Zero = Decimal{}

// FromInt returns n.
func FromInt(n int64) Decimal { return make64(n, 0) }

// New returns coef divided by ten to the power of scale; scale is 0 to MaxScale.
func New(coef int64, scale int) Decimal {
	if scale < 0 || scale > MaxScale {
		panic("decimal: scale out of range")
	}
	return make64(coef, int32(scale))
}

// FromBig returns coef divided by ten to the power of scale (0 to MaxScale).
func FromBig(coef *big.Int, scale int) Decimal {
	if scale < 0 || scale > MaxScale {
		panic("decimal: scale out of range")
	}
	return fromBig(coef, int32(scale))
}

const minCoef = -1 << 63 // kept out of the short form so that negation cannot overflow

func make64(coef int64, scale int32) Decimal {
	if coef == minCoef {
		d := shop.New(coef, -scale)
		return Decimal{long: &d}
	}
	return Decimal{coef: coef, scale: scale}
}

func fromBig(coef *big.Int, scale int32) Decimal {
	if coef.IsInt64() {
		return make64(coef.Int64(), scale)
	}
	d := shop.NewFromBigInt(coef, -scale)
	return Decimal{long: &d}
}

func (d Decimal) big() *big.Int {
	if d.long != nil {
		return d.long.Coefficient()
	}
	return big.NewInt(d.coef)
}

func (d Decimal) shop() shop.Decimal {
	if d.long != nil {
		return *d.long
	}
	return shop.New(d.coef, -d.scale)
}

func fromShop(d shop.Decimal) Decimal {
	if e := d.Exponent(); e > 0 {
		return fromBig(new(big.Int).Mul(d.Coefficient(), pow10(int(e))), 0)
	}
	return fromBig(d.Coefficient(), -d.Exponent())
}

// Scale returns the number of digits after the point, as written.
func (d Decimal) Scale() int {
	if d.long != nil {
		return int(-d.long.Exponent())
	}
	return int(d.scale)
}

// Long reports whether the coefficient does not fit a machine word: then a
// calculation takes memory, and time by the number of digits.
func (d Decimal) Long() bool { return d.long != nil }

// Digits returns the number of digits of the coefficient, at least 1.
func (d Decimal) Digits() int {
	if d.long != nil {
		return d.long.NumDigits()
	}
	n := 1
	for c := abs64(d.coef); c >= 10; c /= 10 {
		n++
	}
	return n
}

// InRange returns ErrRange if d is longer than what Parse accepts.
func (d Decimal) InRange() error {
	if d.long == nil && d.scale <= MaxScale {
		return nil
	}
	if d.Scale() > MaxScale || d.Digits() > MaxDigits {
		return ErrRange
	}
	return nil
}

// Sign returns -1, 0 or 1.
func (d Decimal) Sign() int {
	switch {
	case d.long != nil:
		return d.long.Sign()
	case d.coef < 0:
		return -1
	case d.coef > 0:
		return 1
	}
	return 0
}

// IsZero reports whether d is 0, in any scale.
func (d Decimal) IsZero() bool { return d.Sign() == 0 }

// Neg returns -d, in the same scale. There is no negative zero.
func (d Decimal) Neg() Decimal {
	if d.long != nil {
		return fromShop(d.long.Neg())
	}
	return Decimal{coef: -d.coef, scale: d.scale}
}

// Abs returns d without its sign.
func (d Decimal) Abs() Decimal {
	if d.Sign() < 0 {
		return d.Neg()
	}
	return d
}

// IsInteger reports whether nothing but zeros stands after the point.
func (d Decimal) IsInteger() bool {
	if d.long != nil {
		return d.long.IsInteger()
	}
	if d.scale == 0 || d.coef == 0 {
		return true
	}
	return d.scale < int32(len(powers)) && d.coef%powers[d.scale] == 0
}

// Int64 returns d as an int64; false if d is no integer or does not fit.
func (d Decimal) Int64() (int64, bool) {
	if !d.IsInteger() {
		return 0, false
	}
	if d.long == nil {
		if d.coef == 0 {
			return 0, true
		}
		return d.coef / powers[d.scale], true
	}
	n := new(big.Int).Quo(d.big(), pow10(d.Scale()))
	return n.Int64(), n.IsInt64()
}

// BigInt returns d as an integer; false if d is no integer.
func (d Decimal) BigInt() (*big.Int, bool) {
	if !d.IsInteger() {
		return nil, false
	}
	return new(big.Int).Quo(d.big(), pow10(d.Scale())), true
}

// String writes d in plain digits with its scale, never with an exponent.
func (d Decimal) String() string { return string(d.Append(make([]byte, 0, 24))) }

// Append appends the text of String to dst.
func (d Decimal) Append(dst []byte) []byte {
	if d.Sign() < 0 {
		dst = append(dst, '-')
	}
	var digits []byte
	var room [24]byte
	if d.long == nil {
		digits = strconv.AppendInt(room[:0], abs64(d.coef), 10)
	} else {
		digits = d.long.Coefficient().Append(nil, 10)
		digits = digits[len(digits)-d.long.NumDigits():] // without a sign
	}
	scale := d.Scale()
	if scale == 0 {
		return append(dst, digits...)
	}
	whole := len(digits) - scale
	if whole <= 0 {
		dst = append(dst, '0', '.')
		for ; whole < 0; whole++ {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	dst = append(dst, digits[:whole]...)
	dst = append(dst, '.')
	return append(dst, digits[whole:]...)
}

// Key returns a text that is equal for equal numbers: 7 and 7.00 have one key.
func (d Decimal) Key() string {
	s := d.String()
	if strings.IndexByte(s, '.') < 0 {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// MarshalJSON writes d as a number token.
func (d Decimal) MarshalJSON() ([]byte, error) { return d.Append(nil), nil }

// UnmarshalJSON reads a number token; a string is refused with ErrSyntax.
func (d *Decimal) UnmarshalJSON(token []byte) error {
	v, err := ParseJSON(string(token))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// MarshalText writes the text of String.
func (d Decimal) MarshalText() ([]byte, error) { return d.Append(nil), nil }

func abs64(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

var powers = func() (p [19]int64) {
	n := int64(1)
	for i := range p {
		p[i] = n
		n *= 10
	}
	return p
}()

func pow10(n int) *big.Int {
	if n < len(powers) {
		return big.NewInt(powers[n])
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}
