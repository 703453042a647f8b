package engine

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// Truth is the value of a clause: a missing value makes it Uncertain, and only
// True selects.
type Truth uint8

// The three values of logic.
const (
	False Truth = iota
	Uncertain
	True
)

// String returns "false", "unknown" or "true".
func (t Truth) String() string { return [...]string{"false", "unknown", "true"}[t] }

// MarshalText writes the text of String.
func (t Truth) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

func truth(b bool) Truth {
	if b {
		return True
	}
	return False
}

func (t Truth) not() Truth { return True - t }

// Judge works out c in a scope.
func (c *Clause) Judge(s *formula.Scope) Truth {
	switch c.Op {
	case "all":
		t := True
		for _, sub := range c.Sub {
			if t = min(t, sub.Judge(s)); t == False {
				break
			}
		}
		return t
	case "any":
		t := False
		for _, sub := range c.Sub {
			if t = max(t, sub.Judge(s)); t == True {
				break
			}
		}
		return t
	case "not":
		// Several under one "not" are taken together, as under "all".
		return (&Clause{Op: "all", Sub: c.Sub}).Judge(s).not()
	}
	v, err := c.Field.Eval(s)
	if err != nil {
		return Uncertain
	}
	return c.compare(v)
}

// Compare judges a comparison for a value of its field; nil is an absent one.
func (c *Clause) Compare(v any) Truth { return c.compare(v) }

// compare judges the value of the field.
func (c *Clause) compare(v any) Truth {
	switch c.Op {
	case "exists":
		return truth((v != nil) == c.wants())
	case "empty":
		return truth(isEmpty(v) == c.wants())
	}
	if v == nil {
		return Uncertain
	}
	switch c.Op {
	case "is", "in":
		return c.oneOf(v)
	case "isNot", "notIn":
		return c.oneOf(v).not()
	case "startsWith", "endsWith", "matches":
		return c.text(v)
	}
	return c.order(v)
}

func (c *Clause) wants() bool {
	if len(c.Values) == 0 {
		return true
	}
	b, ok := c.Values[0].(bool)
	return b || !ok
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

func (c *Clause) oneOf(v any) Truth {
	for _, w := range c.Values {
		if Same(v, w) {
			return True
		}
	}
	return False
}

// Same reports whether two values are equal as == of formulas has it: numbers
// whatever their scale, instants whatever their zone.
func Same(a, b any) bool {
	switch x := a.(type) {
	case string:
		y, ok := b.(string)
		return ok && x == y
	case decimal.Decimal:
		y, ok := b.(decimal.Decimal)
		return ok && x.Equal(y)
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	case bool, civil.Date, civil.Clock, time.Duration:
		return a == b
	}
	return a == nil && b == nil
}

func (c *Clause) text(v any) Truth {
	t, ok := v.(string)
	if !ok {
		return Uncertain
	}
	for _, w := range c.Values {
		p, _ := w.(string)
		if c.Op == "startsWith" && strings.HasPrefix(t, p) || c.Op == "endsWith" && strings.HasSuffix(t, p) ||
			c.Op == "matches" && c.matcher(p).MatchString(t) {
			return True
		}
	}
	return False
}

// matcher is slow: it is for explanations and flows that index cannot tell apart.
func (c *Clause) matcher(p string) *regexp.Regexp {
	re, err := regexp.Compile(p)
	if err != nil {
		return regexp.MustCompile(`[^\s\S]`) // the loader refuses it; here it fits nothing
	}
	return re
}

func (c *Clause) order(v any) Truth {
	low, ok := compareValues(v, at(c.Values, 0))
	if !ok {
		return Uncertain
	}
	switch c.Op {
	case "lt":
		return truth(low < 0)
	case "lte":
		return truth(low <= 0)
	case "gt":
		return truth(low > 0)
	case "gte":
		return truth(low >= 0)
	case "between":
		high, ok := compareValues(v, at(c.Values, 1))
		if !ok {
			return Uncertain
		}
		return truth(low >= 0 && high <= 0)
	}
	return Uncertain
}

func at(l []any, i int) any {
	if i < len(l) {
		return l[i]
	}
	return nil
}

// compareValues orders two values of one type; false if they have no order.
func compareValues(a, b any) (int, bool) {
	switch x := a.(type) {
	case decimal.Decimal:
		if y, ok := b.(decimal.Decimal); ok {
			return x.Cmp(y), true
		}
	case civil.Date:
		if y, ok := b.(civil.Date); ok {
			return x.Compare(y), true
		}
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return x.Compare(y), true
		}
		if y, ok := b.(civil.Date); ok {
			return civil.DateOf(x).Compare(y), true
		}
	case civil.Clock:
		if y, ok := b.(civil.Clock); ok {
			return x.Compare(y), true
		}
	case time.Duration:
		if y, ok := b.(time.Duration); ok {
			return int(max(-1, min(1, x-y))), true
		}
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y), true
		}
	}
	return 0, false
}

// String writes a comparison as an author reads it: "document.type in [a, b]".
func (c *Clause) String() string {
	switch c.Op {
	case "all", "any", "not":
		return c.Op
	case "exists", "empty":
		if !c.wants() {
			return c.Path + " not " + c.Op
		}
		return c.Path + " " + c.Op
	case "in", "notIn", "between":
		return c.Path + " " + c.Op + " [" + showAll(c.Values) + "]"
	}
	return c.Path + " " + c.Op + " " + showAll(c.Values)
}

func showAll(l []any) string {
	texts := make([]string, len(l))
	for i, v := range l {
		texts[i] = show(v)
	}
	return strings.Join(texts, ", ")
}

// show writes a value for people, shortly.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "(absent)"
	case []byte:
		return fmt.Sprintf("(%d bytes)", len(v))
	case []any:
		return fmt.Sprintf("(list of %d)", len(v))
	case map[string]any:
		return "(record)"
	case formula.Secret:
		return v.String()
	}
	t, err := formula.FormatText(v)
	if err != nil {
		return "(" + formula.KindOf(v).String() + ")"
	}
	if r := []rune(t); len(r) > 60 {
		return string(r[:57]) + "..."
	}
	return t
}
