package decimal

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseKeepsTheWrittenScale(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1.10": "1.10", "0": "0", "0.00": "0.00", "-0.00": "0.00", "+5": "5", "007": "7", ".5": "0.5", "5.": "5", "-12.340": "-12.340",
		"123456789012345678":  "123456789012345678",
		"9223372036854775807": "9223372036854775807", "-9223372036854775808": "-9223372036854775808",
		"12345678901234567890.10": "12345678901234567890.10", "-0.00000000000000000000000001": "-0.00000000000000000000000001",
	} {
		d, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := d.String(); got != want {
			t.Errorf("%s: want %s, got %s", text, want, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"": ErrSyntax, "-": ErrSyntax, ".": ErrSyntax, "1e3": ErrSyntax, " 1": ErrSyntax, "1 ": ErrSyntax, "1,5": ErrSyntax, "1.2.3": ErrSyntax,
		"NaN": ErrSyntax, "Infinity": ErrSyntax, "0x10": ErrSyntax, "1_000": ErrSyntax, "--1": ErrSyntax, "٣": ErrSyntax,
		strings.Repeat("1", MaxDigits+1): ErrRange, "0." + strings.Repeat("1", MaxScale+1): ErrRange,
	} {
		if _, err := Parse(text); !errors.Is(err, want) {
			t.Errorf("%.30s: want %v, got %v", text, want, err)
		}
	}
	if _, err := Parse(strings.Repeat("1", MaxDigits)); err != nil {
		t.Errorf("%d digits: %v", MaxDigits, err)
	}
}

func TestParseJSON(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{
		"1.10": "1.10", "1e3": "1000", "1.50e-1": "0.150", "1.5E+1": "15", "-1.25e1": "-12.5", "0e999": "0", "1e0": "1", "12e-30": "0.000000000000000000000000000012",
		"0.0e5": "0",
	} {
		d, err := ParseJSON(token)
		if err != nil {
			t.Errorf("%s: %v", token, err)
		} else if got := d.String(); got != want {
			t.Errorf("%s: want %s, got %s", token, want, got)
		}
	}
	for token, want := range map[string]error{
		"01": ErrSyntax, "+1": ErrSyntax, ".5": ErrSyntax, "5.": ErrSyntax, "1e": ErrSyntax, "1e+": ErrSyntax, "1ee1": ErrSyntax, `"1"`: ErrSyntax, "": ErrSyntax, "1.e1": ErrSyntax,
		"1e1001": ErrRange, "1e-1001": ErrRange, "1e1000": ErrRange, "1e99999999999999999999": ErrRange, "0.1e-1000": ErrRange,
	} {
		if _, err := ParseJSON(token); !errors.Is(err, want) {
			t.Errorf("%s: want %v, got %v", token, want, err)
		}
	}
}

func TestRoundModes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		in     string
		digits int
		want   [8]string // half-away half-even half-up half-down up down ceiling floor
	}{
		{"2.5", 0, [8]string{"3", "2", "3", "2", "3", "2", "3", "2"}},
		{"-2.5", 0, [8]string{"-3", "-2", "-2", "-2", "-3", "-2", "-2", "-3"}},
		{"3.5", 0, [8]string{"4", "4", "4", "3", "4", "3", "4", "3"}},
		{"2.51", 0, [8]string{"3", "3", "3", "3", "3", "2", "3", "2"}},
		{"1.005", 2, [8]string{"1.01", "1.00", "1.01", "1.00", "1.01", "1.00", "1.01", "1.00"}},
		{"-1.001", 2, [8]string{"-1.00", "-1.00", "-1.00", "-1.00", "-1.01", "-1.00", "-1.00", "-1.01"}},
		{"7", 2, [8]string{"7.00", "7.00", "7.00", "7.00", "7.00", "7.00", "7.00", "7.00"}},
		{"1250", -2, [8]string{"1300", "1200", "1300", "1200", "1300", "1200", "1300", "1200"}},
		{"0.4", 0, [8]string{"0", "0", "0", "0", "1", "0", "1", "0"}},
		{"99999999999999999999.995", 2, [8]string{"100000000000000000000.00", "100000000000000000000.00", "100000000000000000000.00", "99999999999999999999.99",
			"100000000000000000000.00", "99999999999999999999.99", "100000000000000000000.00", "99999999999999999999.99"}},
	}
	for _, c := range cases {
		for m, want := range c.want {
			if got := MustParse(c.in).Round(c.digits, Mode(m)).String(); got != want {
				t.Errorf("%s to %d %s: want %s, got %s", c.in, c.digits, Mode(m), want, got)
			}
		}
	}
}

func TestQuo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, want string }{
		{"10.00", "4", "2.50"}, {"7.00", "7", "1.00"}, {"1", "8", "0.125"}, {"1900.00", "100", "19.00"}, {"1", "3", "0.3333333333333333333333333333333333"}, {"7", "3", "2.333333333333333333333333333333333"}, {"-1", "30", "-0.03333333333333333333333333333333333"},
		{"2", "3", "0.6666666666666666666666666666666667"}, {"-2", "3", "-0.6666666666666666666666666666666667"},
		{"100000000000000000000", "3", "33333333333333333333.3333333333333333333333333333"},
		{"0.00", "3", "0.00"}, {"6", "0.5", "12"}, {"0.15", "100", "0.0015"}, {"1", "1.10", "0.9090909090909090909090909090909091"},
		{"22", "1.1", "20"}, {"99999999999999999999", "0.01", "9999999999999999999900"},
	} {
		got, err := MustParse(c.a).Quo(MustParse(c.b))
		if err != nil || got.String() != c.want {
			t.Errorf("%s / %s: want %s, got %s %v", c.a, c.b, c.want, got, err)
		}
	}
	if _, err := FromInt(1).Quo(MustParse("0.00")); !errors.Is(err, ErrDivide) {
		t.Errorf("want ErrDivide, got %v", err)
	}
	if _, err := FromInt(1).Mod(Zero); !errors.Is(err, ErrDivide) {
		t.Errorf("want ErrDivide, got %v", err)
	}
}

func TestFixedAndBetween(t *testing.T) {
	t.Parallel()
	if got, err := MustParse("1.5").Fixed(2); err != nil || got.String() != "1.50" {
		t.Errorf("got %s %v", got, err)
	}
	if got, err := MustParse("1.500").Fixed(2); err != nil || got.String() != "1.50" {
		t.Errorf("got %s %v", got, err)
	}
	if _, err := MustParse("1.505").Fixed(2); !errors.Is(err, ErrInexact) {
		t.Errorf("want ErrInexact, got %v", err)
	}
	for in, want := range map[string]string{"1": "1.00", "1.234": "1.234", "1.23400": "1.2340", "1.2": "1.20"} {
		if got, err := MustParse(in).Between(2, 4); err != nil || got.String() != want {
			t.Errorf("%s: want %s, got %s %v", in, want, got, err)
		}
	}
	if _, err := MustParse("1.23456").Between(2, 4); !errors.Is(err, ErrInexact) {
		t.Errorf("want ErrInexact, got %v", err)
	}
}

func TestIntegers(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{"7.00": 7, "-3": -3, "0.000": 0, "9223372036854775807.0": 1<<63 - 1} {
		if got, ok := MustParse(in).Int64(); !ok || got != want {
			t.Errorf("%s: want %d, got %d %v", in, want, got, ok)
		}
	}
	for _, in := range []string{"7.01", "9223372036854775808", "0.5"} {
		if got, ok := MustParse(in).Int64(); ok {
			t.Errorf("%s: got %d", in, got)
		}
	}
}

func TestJSONIsANumberToken(t *testing.T) {
	t.Parallel()
	var v struct{ A Decimal }
	if err := json.Unmarshal([]byte(`{"A":1.10}`), &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if want := `{"A":1.10}`; err != nil || string(out) != want {
		t.Errorf("want %s, got %s %v", want, out, err)
	}
	if err := json.Unmarshal([]byte(`{"A":"1.10"}`), &v); !errors.Is(err, ErrSyntax) {
		t.Errorf("a string: want ErrSyntax, got %v", err)
	}
}

func TestKeyIsOneForEqualNumbers(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"7.00": "7", "7": "7", "70": "70", "0.00": "0", "-1.50": "-1.5"} {
		if got := MustParse(in).Key(); got != want {
			t.Errorf("%s: want %s, got %s", in, want, got)
		}
	}
}

var anyNumber = rapid.Custom(func(t *rapid.T) Decimal {
	return MustParse(rapid.StringMatching(`-?[0-9]{1,25}(\.[0-9]{1,25})?`).Draw(t, "number"))
})

func rat(d Decimal) *big.Rat {
	r, _ := new(big.Rat).SetString(d.String())
	return r
}

// Every operation equals the same operation on fractions of integers.
func TestArithmeticEqualsFractions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyNumber.Draw(t, "a"), anyNumber.Draw(t, "b")
		same := func(op string, got Decimal, want *big.Rat) {
			if rat(got).Cmp(want) != 0 {
				t.Fatalf("%s %s %s: want %s, got %s", a, op, b, want.FloatString(60), got)
			}
		}
		same("+", a.Add(b), new(big.Rat).Add(rat(a), rat(b)))
		same("-", a.Sub(b), new(big.Rat).Sub(rat(a), rat(b)))
		same("*", a.Mul(b), new(big.Rat).Mul(rat(a), rat(b)))
		if want, got := rat(a).Cmp(rat(b)), a.Cmp(b); want != got {
			t.Fatalf("%s cmp %s: want %d, got %d", a, b, want, got)
		}
		if want, got := max(a.Scale(), b.Scale()), a.Add(b).Scale(); want != got {
			t.Fatalf("scale of sum: want %d, got %d", want, got)
		}
		if b.IsZero() {
			return
		}
		q, _ := a.Quo(b)
		off := new(big.Rat).Sub(rat(q), new(big.Rat).Quo(rat(a), rat(b)))
		if off.Abs(off).Cmp(big.NewRat(1, 1)) > 0 || off.Mul(off, new(big.Rat).SetInt(pow10(QuoScale))).Cmp(big.NewRat(1, 2)) > 0 {
			t.Fatalf("%s / %s = %s is off by %s", a, b, q, off)
		}
		m, _ := a.Mod(b)
		if back := rat(a.Sub(m)); m.Abs().Cmp(b.Abs()) >= 0 || m.Sign()*a.Sign() < 0 || !back.Quo(back, rat(b)).IsInt() {
			t.Fatalf("%s %% %s = %s", a, b, m)
		}
	})
}

// Rounding leaves at most a half (nearest modes) or one unit (directed modes).
func TestRoundStaysNear(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, digits := anyNumber.Draw(t, "d"), rapid.IntRange(-5, 30).Draw(t, "digits")
		mode := Mode(rapid.IntRange(0, 7).Draw(t, "mode"))
		r := d.Round(digits, mode)
		if want, got := max(digits, 0), r.Scale(); want != got {
			t.Fatalf("scale: want %d, got %d", want, got)
		}
		unit := new(big.Rat).SetInt(pow10(max(-digits, 0)))
		unit.Quo(unit, new(big.Rat).SetInt(pow10(max(digits, 0))))
		if mode <= HalfDown {
			unit.Quo(unit, big.NewRat(2, 1))
		}
		off := new(big.Rat).Sub(rat(r), rat(d))
		if cmp := new(big.Rat).Abs(off).Cmp(unit); cmp > 0 || cmp == 0 && mode > HalfDown {
			t.Fatalf("%s to %d %s = %s", d, digits, mode, r)
		}
		switch {
		case mode == Ceiling && off.Sign() < 0, mode == Floor && off.Sign() > 0,
			mode == Up && off.Sign()*d.Sign() < 0, mode == Down && off.Sign()*d.Sign() > 0:
			t.Fatalf("%s to %d %s = %s goes the wrong way", d, digits, mode, r)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"1.10", "-0", "1e3", ".5", "12345678901234567890"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, parse := range []func(string) (Decimal, error){Parse, ParseJSON} {
			d, err := parse(s)
			if err != nil {
				continue
			}
			again, err := Parse(d.String())
			if err != nil || again.String() != d.String() || !again.Equal(d) {
				t.Fatalf("%q: %s, then %s %v", s, d, again, err)
			}
		}
	})
}

func BenchmarkCmp(b *testing.B) {
	x, y := MustParse("1234.50"), FromInt(0)
	for b.Loop() {
		if x.Cmp(y) <= 0 {
			b.Fatal("order")
		}
	}
}

func BenchmarkAddMulRound(b *testing.B) {
	x, y := MustParse("1234.50"), MustParse("0.19")
	for b.Loop() {
		if x.Add(y).Mul(y).Round(2, HalfAway).IsZero() {
			b.Fatal("zero")
		}
	}
}

func TestLong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"0": false, "-1.10": false, "999999999999999999": false, "1234567890123456789012": true, "0.1234567890123456789012": true} {
		if got := MustParse(text).Long(); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
