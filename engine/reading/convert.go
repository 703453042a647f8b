package reading

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// object is a map that keeps its order.
type object []member

type member struct {
	name  string
	value any
}

// values returns the object as values of formulas.
func (o object) values() map[string]any {
	m := make(map[string]any, len(o))
	for _, x := range o {
		m[x.name] = plain(x.value)
	}
	return m
}

func plain(v any) any {
	switch v := v.(type) {
	case object:
		return v.values()
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = plain(x)
		}
		return out
	}
	return v
}

// value converts a text to the type of its field.
func (a *As) value(text string, t formula.Type, point string) (any, error) {
	if a != nil {
		if a.Decimal != "" {
			point = a.Decimal
		}
		if a.Strip != "" {
			text = strings.TrimSpace(strings.TrimSuffix(text, a.Strip))
		}
	}
	switch t.Kind() {
	case formula.NumberKind, formula.IntegerKind:
		return number(text, point)
	case formula.BooleanKind:
		return a.boolean(text)
	case formula.DateKind:
		if a != nil && a.Pattern != nil {
			return a.Pattern.ParseDate(text)
		}
		return civil.ParseDate(text)
	case formula.InstantKind:
		return a.instant(text)
	case formula.TimeKind:
		if a != nil && a.Pattern != nil {
			return a.Pattern.ParseClock(text)
		}
		return civil.ParseClock(text)
	case formula.DurationKind:
		return civil.ParseDuration(text)
	case formula.BytesKind:
		return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	}
	if a != nil && a.Pattern != nil { // a day or a moment, whichever the pattern has
		if d, err := a.Pattern.ParseDate(text); err == nil {
			return d, nil
		}
		return a.instant(text)
	}
	return text, nil
}

func number(text, point string) (any, error) {
	if point != "" && point != "." {
		text = strings.ReplaceAll(text, ".", "")
		text = strings.Replace(text, point, ".", 1)
	}
	return decimal.Parse(text)
}

func (a *As) boolean(text string) (any, error) {
	if a != nil && a.True != "" {
		return text == a.True, nil
	}
	switch text {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return nil, errors.New("neither true nor false")
}

func (a *As) instant(text string) (any, error) {
	var zone *time.Location
	if a != nil && a.Zone != "" {
		var err error
		if zone, err = civil.Zone(a.Zone); err != nil {
			return nil, err
		}
	}
	if a != nil && a.Pattern != nil {
		return a.Pattern.ParseInstant(text, zone)
	}
	return civil.ParseInstant(text, zone)
}

// appendJSON writes a value as JSON, indented; numbers keep their digits.
func appendJSON(out []byte, v any, indent string) []byte {
	inner := indent + "  "
	switch v := v.(type) {
	case object:
		return block(out, '{', '}', indent, len(v), func(out []byte, i int) []byte {
			out = append(appendText(out, v[i].name), ": "...)
			return appendJSON(out, v[i].value, inner)
		})
	case []any:
		return block(out, '[', ']', indent, len(v), func(out []byte, i int) []byte { return appendJSON(out, v[i], inner) })
	case map[string]any:
		names := make([]string, 0, len(v))
		for n := range v {
			names = append(names, n)
		}
		slices.Sort(names)
		return block(out, '{', '}', indent, len(names), func(out []byte, i int) []byte {
			out = append(appendText(out, names[i]), ": "...)
			return appendJSON(out, v[names[i]], inner)
		})
	case bool:
		return strconv.AppendBool(out, v)
	case decimal.Decimal:
		return append(out, v.String()...)
	case []byte:
		return appendText(out, base64.StdEncoding.EncodeToString(v))
	case time.Time:
		return appendText(out, civil.FormatInstant(v))
	case nil:
		return append(out, "null"...)
	case string:
		return appendText(out, v)
	}
	text, err := formula.FormatText(v)
	if err != nil {
		text = fmt.Sprint(v)
	}
	return appendText(out, text)
}

func block(out []byte, open, end byte, indent string, n int, write func([]byte, int) []byte) []byte {
	out = append(out, open)
	for i := range n {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, '\n'), indent...), "  "...)
		out = write(out, i)
	}
	if n > 0 {
		out = append(append(out, '\n'), indent...)
	}
	return append(out, end)
}

func appendText(out []byte, text string) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // of a string it cannot fail
	return append(out, strings.TrimSuffix(b.String(), "\n")...)
}

// quoted shows the beginning of a text in messages.
func quoted(text string) string {
	if r := []rune(text); len(r) > 40 {
		text = string(r[:40]) + "..."
	}
	return strconv.Quote(text)
}

// asProblems returns the problems an error holds, at pos where they say no place.
func asProblems(err error, pos diag.Pos) diag.List {
	var list diag.List
	var p diag.Problem
	switch {
	case errors.As(err, &list):
		return list
	case errors.As(err, &p):
		if p.Pos.IsZero() {
			p.Pos = pos
		}
		return diag.List{p}
	}
	return diag.List{diag.Problemf(pos, RuleValue, "%v", err)}
}
