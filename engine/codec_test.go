package engine_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// values generates values of formulas.
func values(depth int) *rapid.Generator[any] {
	simple := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.String().AsAny(),
		rapid.Map(rapid.Int64(), func(n int64) any { return decimal.New(n, 3) }),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) any { return append([]byte{}, b...) }),
		rapid.Map(rapid.IntRange(1, 28), func(n int) any { return civil.Date{Year: 2026, Month: 2, Day: n} }),
		rapid.Map(rapid.IntRange(0, 59), func(n int) any { return civil.Clock{Hour: 1, Minute: n, Nano: n} }),
		rapid.Map(rapid.Int64(), func(n int64) any { return time.Duration(n) }),
		rapid.Map(rapid.Int64Range(0, 1<<37), func(n int64) any { return time.Unix(n, n%1e9).UTC() }),
	}
	if depth > 0 {
		simple = append(simple,
			rapid.Map(rapid.SliceOfN(values(depth-1), 0, 4), func(l []any) any { return append([]any{}, l...) }),
			rapid.Map(rapid.MapOfN(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"$date", "$map", "$bytes"})), values(depth-1), 0, 4), func(m map[string]any) any { return m }))
	}
	return rapid.OneOf(simple...)
}

func TestValuesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		v := values(3).Draw(rt, "value")
		kept := map[string][]byte{}
		enc := engine.Encoder{Blob: func(b []byte) (string, error) {
			name := strings.Repeat("x", len(kept)+1)
			kept[name] = bytes.Clone(b)
			return name, nil
		}}
		data, err := enc.Encode(v)
		if err != nil {
			rt.Fatal(err)
		}
		dec := engine.Decoder{Blob: func(name string) ([]byte, error) { return kept[name], nil }}
		got, err := dec.Decode(data)
		if err != nil {
			rt.Fatalf("%s: %v", data, err)
		}
		again, err := engine.EncodeValue(got)
		plain, _ := engine.EncodeValue(v)
		if err != nil || string(again) != string(plain) || !reflect.DeepEqual(got, v) {
			rt.Fatalf("want %#v\n got %#v\n(%s)", v, got, data)
		}
	})
}

func TestSecretIsKeptByItsName(t *testing.T) {
	t.Parallel()
	s, err := formula.NewSecret("acme/token", "canary")
	if err != nil {
		t.Fatal(err)
	}
	data, err := engine.EncodeValue(map[string]any{"a": s})
	if err != nil || strings.Contains(string(data), "canary") {
		t.Fatalf("%s %v", data, err)
	}
	d := engine.Decoder{Secret: func(name string) (formula.Secret, error) { return formula.NewSecret(name, "fetched "+name) }}
	v, err := d.Decode(data)
	if err != nil || v.(map[string]any)["a"].(formula.Secret).Reveal() != "fetched acme/token" {
		t.Errorf("got %v %v", v, err)
	}
	if _, err := engine.EncodeValue(struct{}{}); err == nil {
		t.Error("kept what is no value")
	}
}

func FuzzDecodeValue(f *testing.F) {
	for _, s := range []string{`null`, `{"$date":"2026-02-30"}`, `{"$bytes":"YQ=="}`, `{"$map":{"$x":1}}`, `[1.10,{"a":{"$instant":"2026-01-01T00:00:00Z"}}]`, `{"$treeBlob":"x"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := engine.DecodeValue(data)
		if err != nil {
			return
		}
		if _, err := engine.EncodeValue(v); err != nil {
			t.Errorf("%q was read and cannot be written: %v", data, err)
		}
	})
}
