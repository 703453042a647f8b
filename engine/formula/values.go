package formula

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// KindOf returns the kind of a value; AnyKind if it is none of formulas.
func KindOf(v any) Kind {
	switch v.(type) {
	case nil:
		return AbsentKind
	case string:
		return StringKind
	case decimal.Decimal:
		return NumberKind
	case bool:
		return BooleanKind
	case map[string]any, Fields:
		return MapKind
	case []any:
		return ListKind
	case civil.Date:
		return DateKind
	case civil.Clock:
		return TimeKind
	case time.Time:
		return InstantKind
	case time.Duration:
		return DurationKind
	case []byte:
		return BytesKind
	case Node:
		return TreeKind
	case Secret:
		return SecretKind
	}
	return AnyKind
}

// plain makes a value of formulas from what decoders and hosts give.
func plain(v any) any {
	switch v := v.(type) {
	case nil, string, bool, decimal.Decimal, map[string]any, []any:
		return v
	case json.Number:
		if d, err := decimal.ParseJSON(string(v)); err == nil {
			return d
		}
	case int:
		return decimal.FromInt(int64(v))
	case int64:
		return decimal.FromInt(v)
	case []string:
		return listOf(v)
	case []map[string]any:
		return listOf(v)
	case map[string]string:
		m := make(map[string]any, len(v))
		for k, x := range v {
			m[k] = x
		}
		return m
	}
	return v
}

func listOf[T any](in []T) []any {
	out := make([]any, len(in))
	for i, x := range in {
		out[i] = x
	}
	return out
}

// field returns the named field of a record.
func field(v any, name string) (any, error) {
	switch m := v.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return plain(m[name]), nil
	case Fields:
		x, ok, err := m.Field(name)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, diag.Problem{Rule: RuleRunType, Message: fmt.Sprintf("no field %q", name)}
		}
		return plain(x), nil
	}
	return nil, diag.Problem{Rule: RuleRunType, Message: fmt.Sprintf("a %s has no field %q", KindOf(v), name)}
}

// FormatText writes a value as string(x) and holes do: numbers with their
// digits, dates and instants as ISO 8601, durations as 1d12h. Bytes, trees,
// lists, maps, secrets and absent values have no text: an error.
func FormatText(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case decimal.Decimal:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	case civil.Date:
		return v.String(), nil
	case civil.Clock:
		return v.String(), nil
	case time.Time:
		return civil.FormatInstant(v), nil
	case time.Duration:
		return civil.FormatDuration(v), nil
	case []byte:
		return "", diag.Problem{Rule: RuleRunType, Message: "bytes are no text", Hint: "use text(bytes), base64 or hex"}
	case Node:
		return "", diag.Problem{Rule: RuleRunType, Message: "a tree is no text", Hint: `use at(tree, ".")`}
	}
	return "", diag.Problem{Rule: RuleRunType, Message: fmt.Sprintf("a %s is no text", KindOf(v))}
}

// same reports whether two values are equal; ok is false if they cannot be
// compared. A list or map costs fuel by its length.
func (f *frame) same(from int, a, b any) (equal, ok bool, err error) {
	switch a := a.(type) {
	case nil:
		return b == nil, true, nil
	case string:
		b, ok := b.(string)
		if len(a) > 256 && len(a) == len(b) {
			err = f.tick(from, len(a)/256)
		}
		return a == b, ok, err
	case decimal.Decimal:
		b, ok := b.(decimal.Decimal)
		return ok && a.Equal(b), ok, nil
	case bool:
		b, ok := b.(bool)
		return a == b, ok, nil
	case civil.Date:
		b, ok := b.(civil.Date)
		return a == b, ok, nil
	case civil.Clock:
		b, ok := b.(civil.Clock)
		return a == b, ok, nil
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Equal(b), ok, nil
	case time.Duration:
		b, ok := b.(time.Duration)
		return a == b, ok, nil
	case []byte:
		b, ok := b.([]byte)
		return ok && string(a) == string(b), ok, f.tick(from, len(a)/256)
	case []any:
		b, ok := b.([]any)
		if !ok {
			return false, false, nil
		}
		return f.sameList(from, a, b)
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok {
			return false, false, nil
		}
		return f.sameMap(from, a, b)
	}
	return false, false, nil
}

func (f *frame) sameList(from int, a, b []any) (bool, bool, error) {
	if err := f.tick(from, 1+len(a)); err != nil || len(a) != len(b) {
		return false, true, err
	}
	for i := range a {
		if equal, ok, err := f.same(from, plain(a[i]), plain(b[i])); !equal || err != nil {
			return false, ok || b[i] == nil, err
		}
	}
	return true, true, nil
}

func (f *frame) sameMap(from int, a, b map[string]any) (bool, bool, error) {
	if err := f.tick(from, 1+len(a)+len(b)); err != nil {
		return false, true, err
	}
	for _, m := range []map[string]any{a, b} {
		for k := range m {
			if equal, ok, err := f.same(from, plain(a[k]), plain(b[k])); !equal || err != nil {
				return false, ok || a[k] == nil || b[k] == nil, err
			}
		}
	}
	return true, true, nil
}

// order compares two values that have an order; ok is false if they have none.
func order(a, b any) (int, bool) {
	switch a := a.(type) {
	case decimal.Decimal:
		if b, ok := b.(decimal.Decimal); ok {
			return a.Cmp(b), true
		}
	case string:
		if b, ok := b.(string); ok {
			switch {
			case a < b:
				return -1, true
			case a > b:
				return 1, true
			}
			return 0, true
		}
	case civil.Date:
		if b, ok := b.(civil.Date); ok {
			return a.Compare(b), true
		}
	case civil.Clock:
		if b, ok := b.(civil.Clock); ok {
			return a.Compare(b), true
		}
	case time.Time:
		if b, ok := b.(time.Time); ok {
			return a.Compare(b), true
		}
	case time.Duration:
		if b, ok := b.(time.Duration); ok {
			switch {
			case a < b:
				return -1, true
			case a > b:
				return 1, true
			}
			return 0, true
		}
	}
	return 0, false
}
