package formula

import (
	_ "embed"
	"math/big"
	"strings"
	"sync"

	"github.com/fiscus-project/fiscus/internal/decimal"
)

// maxDecimals is how many digits after the point round and its kin may ask for.
const maxDecimals = 100

func (k *call) digits(v any) (int, error) {
	n, err := k.f.integer(k.from, v)
	if err == nil && (n > maxDecimals || n < -maxDecimals) {
		err = k.value("%d decimals; at most %d", n, maxDecimals)
	}
	return n, err
}

var numberFunctions = map[string]*function{
	"round": {min: 1, max: 3, args: []want{wantNumber, wantNumber, wantText}, names: []string{"n", "digits", "mode"}, result: Number, call: round, prepare: constantMode},
	"trunc": {min: 1, max: 2, args: []want{wantNumber, wantNumber}, names: []string{"n", "digits"}, result: Number, call: func(k *call, args []any) (any, error) {
		return rounded(k, args, decimal.Down)
	}},
	"fixed":    {min: 2, max: 2, args: []want{wantNumber, wantNumber}, names: []string{"n", "digits"}, result: Number, call: fixed},
	"decimals": {min: 3, max: 3, args: []want{wantNumber, wantNumber, wantNumber}, names: []string{"n", "min", "max"}, result: Number, call: decimals},
	"scale": {min: 1, max: 1, args: []want{wantNumber}, names: []string{"n"}, result: Integer, call: func(_ *call, args []any) (any, error) {
		return decimal.FromInt(int64(args[0].(decimal.Decimal).Scale())), nil
	}},
	"abs":   {min: 1, max: 1, args: []want{wantNumber}, names: []string{"n"}, typeOf: typeOfFirst, call: func(_ *call, args []any) (any, error) { return args[0].(decimal.Decimal).Abs(), nil }},
	"floor": {min: 1, max: 1, args: []want{wantNumber}, names: []string{"n"}, result: Integer, call: func(_ *call, args []any) (any, error) { return args[0].(decimal.Decimal).Round(0, decimal.Floor), nil }},
	"ceil": {min: 1, max: 1, args: []want{wantNumber}, names: []string{"n"}, result: Integer, call: func(_ *call, args []any) (any, error) {
		return args[0].(decimal.Decimal).Round(0, decimal.Ceiling), nil
	}},
	"number":   {min: 1, max: 1, args: []want{wantText | wantNumber}, names: []string{"text"}, result: Number, call: number},
	"integer":  {min: 1, max: 1, args: []want{wantText | wantNumber}, names: []string{"text"}, result: Integer, call: integer},
	"currency": {min: 1, max: 1, args: []want{wantText}, names: []string{"code"}, result: currencyType, call: currency},
	"min":      {min: 1, max: -1, args: []want{wantAll}, names: []string{"n"}, absent: true, gaps: true, typeOf: typeOfExtreme, call: func(k *call, args []any) (any, error) { return extreme(k, args, -1) }},
	"max":      {min: 1, max: -1, args: []want{wantAll}, names: []string{"n"}, absent: true, gaps: true, typeOf: typeOfExtreme, call: func(k *call, args []any) (any, error) { return extreme(k, args, 1) }},
	"mean":     {min: 1, max: -1, args: []want{wantAll}, names: []string{"n"}, absent: true, gaps: true, result: Number, call: mean},
}

func typeOfFirst(_ *compiler, args []*node) Type { return args[0].typ }

func round(k *call, args []any) (any, error) {
	mode := decimal.HalfAway
	if name, ok := argument(args, 2).(string); ok {
		m, ok := decimal.ParseMode(name)
		if !ok {
			return nil, k.value("no mode %q", name)
		}
		mode = m
	}
	return rounded(k, args, mode)
}

// constantMode checks a mode that is written out.
func constantMode(c *compiler, args []*node) (func(*call, []any) (any, error), bool) {
	if len(args) < 3 {
		return nil, true
	}
	name, ok := args[2].value.(string)
	if !ok {
		return nil, true
	}
	mode, ok := decimal.ParseMode(name)
	if !ok {
		c.fault(args[2].from, RuleValue, "no rounding mode %q", name).Hint = "known: " + strings.Join(decimal.Modes(), ", ")
		return nil, false
	}
	return func(k *call, args []any) (any, error) { return rounded(k, args, mode) }, true
}

func rounded(k *call, args []any, mode decimal.Mode) (any, error) {
	digits := 0
	if v := argument(args, 1); v != nil {
		n, err := k.digits(v)
		if err != nil {
			return nil, err
		}
		digits = n
	}
	return k.f.sized(k.from, args[0].(decimal.Decimal).Round(digits, mode))
}

func fixed(k *call, args []any) (any, error) {
	n, err := k.digits(args[1])
	if err != nil || n < 0 {
		return nil, orValue(err, k, "negative number of decimals")
	}
	return args[0].(decimal.Decimal).Fixed(n)
}

func decimals(k *call, args []any) (any, error) {
	least, err := k.digits(args[1])
	if err != nil {
		return nil, err
	}
	most, err := k.digits(args[2])
	if err != nil || least < 0 || most < least {
		return nil, orValue(err, k, "decimals from %d to %d", least, most)
	}
	return args[0].(decimal.Decimal).Between(least, most)
}

func orValue(err error, k *call, format string, args ...any) error {
	if err != nil {
		return err
	}
	return k.value(format, args...)
}

func number(_ *call, args []any) (any, error) {
	if d, ok := args[0].(decimal.Decimal); ok {
		return d, nil
	}
	return decimal.Parse(strings.TrimSpace(args[0].(string)))
}

func integer(k *call, args []any) (any, error) {
	v, err := number(k, args)
	if err != nil {
		return nil, err
	}
	d := v.(decimal.Decimal)
	if !d.IsInteger() {
		return nil, k.value("%s is no integer", d)
	}
	return d.Round(0, decimal.Down), nil
}

// typeOfExtreme is the type of min and max: of the members of a list, or of
// the arguments.
func typeOfExtreme(_ *compiler, args []*node) Type {
	if len(args) == 1 && args[0].typ.kind == ListKind {
		return args[0].typ.Elem().optional()
	}
	t := args[0].typ
	for _, a := range args[1:] {
		t = unify(t, a.typ)
	}
	if t.kind == ListKind {
		return Any
	}
	return t.optional()
}

// members returns the values min, max and mean look at, without absent ones:
// those of a single list, or the arguments, of which lists are opened.
func members(k *call, args []any) ([]any, error) {
	out := make([]any, 0, len(args))
	for _, a := range args {
		list, ok := a.([]any)
		if !ok {
			list = []any{a}
		}
		if err := k.build(16 * len(list)); err != nil {
			return nil, err
		}
		for _, v := range list {
			if v = plain(v); v != nil {
				out = append(out, v)
			}
		}
	}
	return out, nil
}

func extreme(k *call, args []any, sign int) (any, error) {
	list, err := members(k, args)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	best := list[0]
	for _, v := range list {
		n, ok := order(v, best)
		if !ok {
			return nil, k.fail(RuleRunType, "%s cannot compare a %s and a %s", k.name, KindOf(v), KindOf(best))
		}
		if n == sign {
			best = v
		}
	}
	return best, nil
}

func mean(k *call, args []any) (any, error) {
	list, err := members(k, args)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	total := decimal.Zero
	for _, v := range list {
		d, ok := v.(decimal.Decimal)
		if !ok {
			return nil, k.fail(RuleRunType, "mean needs numbers, not a %s", KindOf(v))
		}
		total = total.Add(d)
	}
	return total.Quo(decimal.FromInt(int64(len(list))))
}

//go:embed currencies.csv
var currencyTable string

var currencyType = MapOf(map[string]Type{"code": String.Required(), "decimals": Integer.Required()}, false).Named("currency").Required()

var currencies = sync.OnceValue(func() map[string]any {
	all := map[string]any{}
	for line := range strings.Lines(currencyTable) {
		code, digits, ok := strings.Cut(strings.TrimSpace(line), ",")
		if !ok || code == "code" {
			continue
		}
		all[code] = map[string]any{"code": code, "decimals": decimal.MustParse(digits)}
	}
	return all
})

// currency returns the record of an ISO 4217 code.
func currency(k *call, args []any) (any, error) {
	c, ok := currencies()[args[0].(string)]
	if !ok {
		return nil, k.value("no currency %q", short(args[0].(string)))
	}
	return c, nil
}

func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "..."
	}
	return s
}

// base writes an integer in a base from 2 to 36, letters in upper case.
func base(k *call, args []any) (any, error) {
	n, ok := args[0].(decimal.Decimal).BigInt()
	to, err := k.f.integer(k.from, args[1])
	if err != nil || !ok || n.Sign() < 0 || to < 2 || to > 36 {
		return nil, orValue(err, k, "needs an integer from 0 and a base from 2 to 36")
	}
	return strings.ToUpper((*big.Int)(n).Text(to)), nil
}
