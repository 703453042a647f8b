package decimal

import (
	"math/big"
	"math/bits"
)

// Add returns d + e in the larger of both scales.
func (d Decimal) Add(e Decimal) Decimal {
	if a, b, scale, ok := align(d, e); ok {
		if sum := a + b; (sum > a) == (b > 0) {
			return make64(sum, scale)
		}
	}
	return fromShop(d.shop().Add(e.shop()))
}

// Sub returns d - e in the larger of both scales.
func (d Decimal) Sub(e Decimal) Decimal { return d.Add(e.Neg()) }

// Mul returns d * e, exactly; the scales add up.
func (d Decimal) Mul(e Decimal) Decimal {
	if d.long == nil && e.long == nil {
		hi, lo := bits.Mul64(uint64(abs64(d.coef)), uint64(abs64(e.coef)))
		if hi == 0 && lo < 1<<63 {
			n := int64(lo)
			if (d.coef < 0) != (e.coef < 0) {
				n = -n
			}
			return Decimal{coef: n, scale: d.scale + e.scale}
		}
	}
	return fromShop(d.shop().Mul(e.shop()))
}

// Cmp returns -1, 0 or 1 as d is less than, equal to or greater than e.
func (d Decimal) Cmp(e Decimal) int {
	if d.long == nil && e.long == nil && d.scale == e.scale {
		return compare64(d.coef, e.coef)
	}
	if a, b, _, ok := align(d, e); ok {
		return compare64(a, b)
	}
	if s, t := d.Sign(), e.Sign(); s != t {
		return compare64(int64(s), int64(t))
	}
	return d.shop().Cmp(e.shop())
}

// Equal reports whether d and e are the same number, whatever their scales.
func (d Decimal) Equal(e Decimal) bool { return d.Cmp(e) == 0 }

func compare64(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// align returns both coefficients in the larger scale, if they fit.
func align(d, e Decimal) (a, b int64, scale int32, ok bool) {
	if d.long != nil || e.long != nil {
		return 0, 0, 0, false
	}
	switch {
	case d.scale == e.scale:
		return d.coef, e.coef, d.scale, true
	case d.scale < e.scale:
		a, ok = grow(d.coef, e.scale-d.scale)
		return a, e.coef, e.scale, ok
	}
	b, ok = grow(e.coef, d.scale-e.scale)
	return d.coef, b, d.scale, ok
}

func grow(n int64, by int32) (int64, bool) {
	if n == 0 {
		return 0, true
	}
	if by >= int32(len(powers)) {
		return 0, false
	}
	hi, lo := bits.Mul64(uint64(abs64(n)), uint64(powers[by]))
	if hi != 0 || lo >= 1<<63 {
		return 0, false
	}
	if n < 0 {
		return -int64(lo), true
	}
	return int64(lo), true
}

// Digits of a quotient that does not end: at least this many after the point
// and at least this many significant ones.
const (
	QuoScale  = 28
	QuoDigits = 34
)

// Quo returns d / e. A quotient that ends within MaxScale digits is exact, in
// the scale of d less that of e if that is enough, otherwise in the smallest
// that is. Any other is rounded half away from zero to QuoScale digits after
// the point, or more if it needs them to have QuoDigits significant ones. It
// returns ErrDivide if e is 0.
func (d Decimal) Quo(e Decimal) (Decimal, error) {
	if e.IsZero() {
		return Zero, ErrDivide
	}
	ideal := max(0, d.Scale()-e.Scale())
	if d.IsZero() {
		return fromBig(new(big.Int), int32(ideal)), nil
	}
	if q, ok := quo64(d, e, ideal); ok {
		return q, nil
	}
	num := new(big.Int).Mul(d.big(), pow10(e.Scale()))
	den := new(big.Int).Mul(e.big(), pow10(d.Scale()))
	if den.Sign() < 0 {
		num.Neg(num)
		den.Neg(den)
	}
	common := new(big.Int).GCD(nil, nil, new(big.Int).Abs(num), den)
	num.Quo(num, common)
	den.Quo(den, common)
	if scale := max(ideal, places(den)); places(den) >= 0 && scale <= MaxScale {
		num.Mul(num, pow10(scale))
		return fromBig(num.Quo(num, den), int32(scale)), nil
	}
	whole := wholeDigits(num, den)
	scale := min(max(QuoScale, QuoDigits-whole), MaxScale)
	return divide(num, den, scale, HalfAway), nil
}

// quo64 is the common case: d in a scale the quotient fits without remainder.
func quo64(d, e Decimal, ideal int) (Decimal, bool) {
	if d.long != nil || e.long != nil {
		return Zero, false
	}
	// d/e = (dc / ec) * 10^(es - ds); want scale ideal: n = dc * 10^(ideal - ds + es) / ec
	n, ok := grow(d.coef, int32(ideal)-d.scale+e.scale)
	if !ok || n%e.coef != 0 {
		return Zero, false
	}
	return make64(n/e.coef, int32(ideal)), true
}

// places returns how many digits after the point 1/den has, or -1 if it does
// not end.
func places(den *big.Int) int {
	twos := int(den.TrailingZeroBits())
	rest := new(big.Int).Rsh(den, uint(twos))
	fives, five, r := 0, big.NewInt(5), new(big.Int)
	for q := new(big.Int); ; fives++ {
		if q.QuoRem(rest, five, r); r.Sign() != 0 {
			break
		}
		rest.Set(q)
	}
	if !rest.IsInt64() || rest.Int64() != 1 {
		return -1
	}
	return max(twos, fives)
}

func decimalLength(n *big.Int) int { return len(new(big.Int).Abs(n).Text(10)) }

// Mod returns what is left of d after taking away e as often as it goes; the
// sign is that of d, the scale the larger of both. ErrDivide if e is 0.
func (d Decimal) Mod(e Decimal) (Decimal, error) {
	if e.IsZero() {
		return Zero, ErrDivide
	}
	if a, b, scale, ok := align(d, e); ok {
		return make64(a%b, scale), nil
	}
	scale := max(d.Scale(), e.Scale())
	a := new(big.Int).Mul(d.big(), pow10(scale-d.Scale()))
	b := new(big.Int).Mul(e.big(), pow10(scale-e.Scale()))
	return fromBig(a.Rem(a, b), int32(scale)), nil
}

// wholeDigits returns how many digits num / den has before the point, negative
// for the zeros after it: 1 for 7/3, 0 for 2/3, -1 for 1/30.
func wholeDigits(num, den *big.Int) int {
	n := decimalLength(num) - decimalLength(den)
	if n >= 0 {
		den = new(big.Int).Mul(den, pow10(n))
	} else {
		num = new(big.Int).Mul(num, pow10(-n))
	}
	if num.CmpAbs(den) >= 0 {
		n++
	}
	return n
}
