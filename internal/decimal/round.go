package decimal

import (
	"fmt"
	"math/big"
)

// Mode says which neighbour a number is rounded to.
type Mode uint8

// The modes. The zero Mode is HalfAway.
const (
	HalfAway Mode = iota // nearest; a half away from zero
	HalfEven             // nearest; a half to the even neighbour
	HalfUp               // nearest; a half towards positive infinity
	HalfDown             // nearest; a half towards zero
	Up                   // away from zero
	Down                 // towards zero
	Ceiling              // towards positive infinity
	Floor                // towards negative infinity
)

var modeNames = []string{"half-away", "half-even", "half-up", "half-down", "up", "down", "ceiling", "floor"}

// String returns the name ParseMode knows.
func (m Mode) String() string { return modeNames[m] }

// Modes returns the names of all modes.
func Modes() []string { return append([]string(nil), modeNames...) }

// ParseMode returns the mode of that name, such as "half-away".
func ParseMode(name string) (Mode, bool) {
	for i, n := range modeNames {
		if n == name {
			return Mode(i), true
		}
	}
	return HalfAway, false
}

// Round returns d with exactly digits digits after the point: 7 rounded to 2
// is 7.00. Negative digits round to tens, hundreds and so on, in scale 0. It
// panics if digits is beyond MaxScale either way.
func (d Decimal) Round(digits int, mode Mode) Decimal {
	if digits > MaxScale || digits < -MaxScale {
		panic("decimal: digits out of range")
	}
	cut := d.Scale() - digits
	if cut <= 0 {
		return d.extend(digits)
	}
	if q, ok := d.round64(cut, mode); ok {
		return q.withoutNegative(digits)
	}
	return divide(d.big(), pow10(cut), 0, mode).rescaled(digits)
}

func (d Decimal) extend(scale int) Decimal {
	if d.Scale() == scale {
		return d
	}
	if d.long == nil {
		if n, ok := grow(d.coef, int32(scale)-d.scale); ok {
			return make64(n, int32(scale))
		}
	}
	return fromBig(new(big.Int).Mul(d.big(), pow10(scale-d.Scale())), int32(scale))
}

func (d Decimal) round64(cut int, mode Mode) (Decimal, bool) {
	if d.long != nil || cut >= len(powers) {
		return Zero, false
	}
	p := powers[cut]
	q, r := d.coef/p, d.coef%p
	if r != 0 {
		q += int64(step(d.Sign(), compare64(abs64(r), p-abs64(r)), q&1 != 0, mode))
	}
	return make64(q, 0), true
}

// withoutNegative gives the integer q the scale digits, or multiplies it back
// when digits is negative.
func (d Decimal) withoutNegative(digits int) Decimal {
	if digits >= 0 && d.long == nil {
		return make64(d.coef, int32(digits))
	}
	return d.rescaled(digits)
}

func (d Decimal) rescaled(digits int) Decimal {
	if digits >= 0 {
		return fromBig(d.big(), int32(digits))
	}
	return fromBig(new(big.Int).Mul(d.big(), pow10(-digits)), 0)
}

// divide returns num / den (den > 0) rounded to scale digits.
func divide(num, den *big.Int, scale int, mode Mode) Decimal {
	n := new(big.Int).Mul(num, pow10(scale))
	q, r := new(big.Int).QuoRem(n, den, new(big.Int))
	if r.Sign() != 0 {
		twice := new(big.Int).Abs(r)
		half := twice.Lsh(twice, 1).Cmp(den)
		q.Add(q, big.NewInt(int64(step(num.Sign(), half, q.Bit(0) == 1, mode))))
	}
	return fromBig(q, int32(scale))
}

// step returns what to add to a quotient cut towards zero that left a
// remainder: sign is that of the number, half compares the remainder with a
// half, odd is the parity of the cut quotient.
func step(sign, half int, odd bool, mode Mode) int {
	away := false
	switch mode {
	case HalfAway:
		away = half >= 0
	case HalfEven:
		away = half > 0 || half == 0 && odd
	case HalfUp:
		away = half > 0 || half == 0 && sign > 0
	case HalfDown:
		away = half > 0
	case Up:
		away = true
	case Ceiling:
		away = sign > 0
	case Floor:
		away = sign < 0
	}
	if away {
		return sign
	}
	return 0
}

// Truncate returns d cut to exactly digits digits after the point.
func (d Decimal) Truncate(digits int) Decimal { return d.Round(digits, Down) }

// Fixed returns d with exactly digits digits after the point, or ErrInexact
// if that would drop digits other than zero.
func (d Decimal) Fixed(digits int) (Decimal, error) {
	r := d.Round(digits, Down)
	if !r.Equal(d) {
		return Zero, fmt.Errorf("%s with %d decimals: %w", shorten(d.String()), digits, ErrInexact)
	}
	return r, nil
}

// Between returns d with at least least and at most most digits after the
// point: zeros are added or dropped, and ErrInexact is returned if other
// digits would have to be.
func (d Decimal) Between(least, most int) (Decimal, error) {
	switch scale := d.Scale(); {
	case scale < least:
		return d.Fixed(least)
	case scale > most:
		return d.Fixed(most)
	}
	return d, nil
}
