package formula

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Convert makes a value of type t from decoded JSON (numbers as json.Number)
// or from the text of a YAML scalar: "2026-03-01" becomes a date where t is
// one, "1.10" a number of scale 2, "15d" a duration, base64 bytes. A value of
// formulas that already is of type t stays. Fields that t does not name are
// kept as they are. All that does not fit is returned as a diag.List of
// DOC-VALUE problems, each with the JSON Pointer to its place. Whether a
// required field is there is not asked. The value given is not changed.
func (t Type) Convert(v any) (any, error) {
	c := converter{}
	out := c.value(v, t, "", 0)
	if err := c.problems.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

type converter struct{ problems diag.List }

const maxConvertDepth = 200

func (c *converter) misfit(path, format string, args ...any) any {
	c.problems.Add(diag.Problem{Rule: RuleConversion, Path: path, Message: fmt.Sprintf(format, args...)})
	return nil
}

func (c *converter) value(v any, t Type, path string, depth int) any {
	if depth > maxConvertDepth {
		return c.misfit(path, "more than %d levels", maxConvertDepth)
	}
	switch v := v.(type) {
	case nil:
		return nil
	case float32, float64:
		return c.misfit(path, "a binary number has lost the digits that were written")
	case Secret:
		if t.kind == SecretKind || t.kind == AnyKind {
			return v
		}
		return c.misfit(path, "a secret where %s is wanted", t)
	}
	v = plain(v)
	switch t.kind {
	case AnyKind:
		return c.open(v, t, path, depth)
	case ListKind:
		return c.list(v, t, path, depth)
	case MapKind:
		return c.fields(v, t, path, depth)
	case TextKind:
		return c.textFor(v, t, path)
	}
	out, err := scalar(v, t.kind)
	if err != nil {
		return c.misfit(path, "%v", err)
	}
	return out
}

// open converts what has no declared type: as one of the forms the schema
// allows, the first that fits, otherwise member by member.
func (c *converter) open(v any, t Type, path string, depth int) any {
	if t.in != nil && len(t.in.forms) > 0 {
		return c.either(v, t.in.forms, path, depth)
	}
	switch v.(type) {
	case []any:
		return c.list(v, Type{kind: ListKind}, path, depth)
	case map[string]any:
		return c.fields(v, Type{kind: MapKind}, path, depth)
	}
	if number, ok := v.(json.Number); ok {
		return c.misfit(path, "number %s is out of range", short(string(number)))
	}
	return v
}

func (c *converter) either(v any, forms []Type, path string, depth int) any {
	names := make([]string, len(forms))
	for i, t := range forms {
		if names[i] = t.String(); container(t) {
			if t.kind == KindOf(v) || t.kind == AnyKind {
				return c.value(v, t, path, depth)
			}
		} else if out, err := scalar(v, t.kind); err == nil {
			return out
		}
	}
	return c.misfit(path, "%s is neither %s", shown(v), strings.Join(names, " nor "))
}

func (c *converter) list(v any, t Type, path string, depth int) any {
	in, ok := v.([]any)
	if !ok {
		return c.misfit(path, "a list is wanted, not %s", shown(v))
	}
	out := make([]any, len(in))
	for i, m := range in {
		out[i] = c.value(m, t.Elem(), fmt.Sprintf("%s/%d", path, i), depth+1)
	}
	return out
}

func (c *converter) fields(v any, t Type, path string, depth int) any {
	if record, ok := v.(Fields); ok {
		return record
	}
	in, ok := v.(map[string]any)
	if !ok {
		return c.misfit(path, "a map is wanted, not %s", shown(v))
	}
	out := make(map[string]any, len(in))
	for _, name := range sortedKeys(in) {
		of, _ := t.at(name)
		out[name] = c.value(in[name], of, path+"/"+pointer.Replace(name), depth+1)
	}
	return out
}

var pointer = strings.NewReplacer("~", "~0", "/", "~1")

// textFor converts a text for people: a string, or a map of language to string.
func (c *converter) textFor(v any, t Type, path string) any {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		return c.fields(v, MapOf(nil, false).of(String), path, 0)
	}
	return c.misfit(path, "a text is wanted, not %s", shown(v))
}

// of returns a map type whose fields without a name are of type t.
func (m Type) of(t Type) Type {
	in := parts{open: true, extra: &t}
	if m.in != nil {
		in = *m.in
		in.open, in.extra = true, &t
	}
	m.in = &in
	return m
}

// scalar makes a value of kind k from a value of formulas.
func scalar(v any, k Kind) (any, error) {
	have := KindOf(v)
	switch {
	case k == IntegerKind && have == NumberKind:
		if !v.(decimal.Decimal).IsInteger() {
			return nil, fmt.Errorf("%s is no integer", shown(v))
		}
		return v.(decimal.Decimal).Round(0, decimal.Down), nil
	case have == k:
		return v, nil
	case k == CertificateKind || k == ConnectionKind:
		return v, nil
	case k == SecretKind && (have == StringKind || have == BytesKind):
		return NewSecret("", v)
	case have != StringKind:
		return nil, fmt.Errorf("%s is wanted, not %s", article(k), shown(v))
	}
	out, err := fromText(v.(string), k)
	if err != nil {
		return nil, fmt.Errorf("%s is no %s", shown(v), k)
	}
	return out, nil
}

func article(k Kind) string {
	if k == IntegerKind || k == InstantKind {
		return "an " + k.String()
	}
	return "a " + k.String()
}

func fromText(text string, k Kind) (any, error) {
	switch k {
	case NumberKind:
		return decimal.Parse(text)
	case IntegerKind:
		d, err := decimal.Parse(text)
		if err == nil && d.Scale() > 0 {
			err = decimal.ErrInexact
		}
		return d, err
	case BooleanKind:
		if text == "true" || text == "false" {
			return text == "true", nil
		}
		return nil, civil.ErrSyntax
	case DateKind:
		return civil.ParseDate(text)
	case TimeKind:
		return civil.ParseClock(text)
	case InstantKind:
		return civil.ParseInstant(text, nil)
	case DurationKind:
		return civil.ParseDuration(text)
	case BytesKind:
		return base64.StdEncoding.Strict().DecodeString(text)
	}
	return nil, civil.ErrSyntax
}

// shown describes a value in a message, cut short.
func shown(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q", short(v))
	case decimal.Decimal:
		return short(v.String())
	case civil.Date, civil.Clock, time.Time, time.Duration, bool:
		t, _ := FormatText(v)
		return t
	}
	return article(KindOf(v))
}
