package value

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// tx keeps what actions record in maps.
type tx struct {
	engine.Tx
	counter string
	numbers map[string]decimal.Decimal
	kept    map[string]any
}

func (x *tx) Next(c *engine.State, key string) (decimal.Decimal, error) {
	if n, ok := x.numbers[key]; ok && key != "" {
		return n, nil
	}
	x.counter = c.Name
	n := decimal.FromInt(int64(len(x.numbers) + 1))
	x.numbers[key] = n
	return n, nil
}

func (x *tx) Move(c *engine.State, to decimal.Decimal) (decimal.Decimal, bool, error) {
	x.counter = c.Name
	at := x.numbers["at"]
	if to.Cmp(at) <= 0 {
		return at, false, nil
	}
	x.numbers["at"] = to
	return to, true, nil
}

func (x *tx) Keep(name, key string, make func() (any, error)) (any, error) {
	if v, ok := x.kept[name+key]; ok && key != "" {
		return v, nil
	}
	v, err := make()
	if err == nil {
		x.kept[name+key] = v
	}
	return v, err
}

func newTx() *tx { return &tx{numbers: map[string]decimal.Decimal{}, kept: map[string]any{}} }

func record(spec *engine.Spec, x engine.Tx, values, refs map[string]any, seed byte) (engine.Outputs, error) {
	hands := engine.StepHands{Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600)), Random: rand.NewChaCha8([32]byte{seed})}
	return spec.Record(context.Background(), engine.NewStep("step", values, refs, formula.NewScope(nil), hands), x)
}

func TestNext(t *testing.T) {
	x := newTx()
	refs := map[string]any{"counter": &engine.State{Name: "number"}}
	for i, c := range []struct {
		key  any
		want string
	}{{"a", "1"}, {"b", "2"}, {"a", "1"}, {decimal.FromInt(7), "3"}} {
		out, err := record(&Next, x, map[string]any{"for": c.key}, refs, 0)
		if err != nil || out["out"].(decimal.Decimal).String() != c.want {
			t.Errorf("%d: want %s, got %v, %v", i, c.want, out, err)
		}
	}
	if x.counter != "number" {
		t.Errorf("counter %q", x.counter)
	}
	if _, err := record(&Next, x, map[string]any{"for": []any{}}, refs, 0); err == nil {
		t.Error("a list is taken for a key")
	}
}

func TestNow(t *testing.T) {
	out, err := record(&Now, newTx(), nil, nil, 0)
	if now, ok := out["out"].(time.Time); err != nil || !ok || now.Format(time.RFC3339) != "2026-03-01T11:00:00Z" {
		t.Errorf("%v, %v", out, err)
	}
}

func number(n int64) decimal.Decimal { return decimal.FromInt(n) }

func TestRandom(t *testing.T) {
	x := newTx()
	draw := func(seed byte, values map[string]any) any {
		t.Helper()
		out, err := record(&Random, x, values, nil, seed)
		if err != nil {
			t.Fatal(err)
		}
		return out["out"]
	}
	first := draw(1, map[string]any{"digits": number(8), "for": "a"}).(string)
	if len(first) != 8 {
		t.Errorf("%q has not eight digits", first)
	}
	if again := draw(2, map[string]any{"digits": number(8), "for": "a"}); again != first {
		t.Errorf("the same key gave %q and %q", first, again)
	}
	if other := draw(2, map[string]any{"digits": number(8), "for": "b"}); other == first {
		t.Error("another key gave the same digits")
	}
	if other := draw(2, map[string]any{"digits": number(9), "for": "a"}).(string); len(other) != 9 {
		t.Errorf("%q has not nine digits", other)
	}
	if b := draw(3, map[string]any{"bytes": number(16)}).([]byte); len(b) != 16 || bytes.Equal(b, make([]byte, 16)) {
		t.Errorf("bytes %x", b)
	}
}

func TestRandomAvoids(t *testing.T) {
	unwanted := []any{nil}
	for d := '0'; d <= '8'; d++ {
		unwanted = append(unwanted, string(d))
	}
	for seed := range byte(20) {
		out, err := record(&Random, newTx(), map[string]any{"digits": number(1), "not": unwanted}, nil, seed)
		if err != nil || out["out"] != "9" {
			t.Fatalf("want 9, got %v, %v", out, err)
		}
	}
	_, err := record(&Random, newTx(), map[string]any{"digits": number(1), "not": append(unwanted, "9")}, nil, 0)
	if p := (diag.Problem{}); !errors.As(err, &p) || p.Rule != RuleRandom {
		t.Errorf("want %s, got %v", RuleRandom, err)
	}
}

func TestRandomRefuses(t *testing.T) {
	for name, values := range map[string]map[string]any{
		"nothing": {}, "both": {"digits": number(1), "bytes": number(1)}, "zero": {"digits": number(0)}, "many": {"bytes": number(1025)},
		"half": {"digits": decimal.MustParse("1.5")}, "key": {"digits": number(1), "for": []any{}}, "not": {"digits": number(1), "not": []any{[]any{}}},
	} {
		if _, err := record(&Random, newTx(), values, nil, 0); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// Each digit is about as likely as any other.
func TestDigitsAreEven(t *testing.T) {
	var seen [10]int
	r := rand.NewChaCha8([32]byte{7})
	text, err := drawDigits(r, 100_000, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range text {
		seen[c-'0']++
	}
	for d, n := range seen {
		if n < 9_500 || n > 10_500 {
			t.Errorf("digit %d came %d times of 100,000", d, n)
		}
	}
}
