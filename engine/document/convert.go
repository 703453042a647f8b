package document

import (
	"encoding/base64"
	"strconv"
	"time"

	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// converter turns a checked tree into values of formulas.
type converter struct {
	schema     *Schema
	refs       []Reference
	faults     []fault
	paths      []string // of faults
	extensions map[string]*Schema
}

// value converts n by the schema raw; at is the JSON Pointer of n.
func (c *converter) value(n *node, raw map[string]any, at string) any {
	raw = c.schema.resolve(raw)
	if where, ok := raw["x-extensions"]; ok && n.kind == mapKind {
		return c.extended(n, where, at)
	}
	raw = c.choose(n, raw)
	switch n.kind {
	case mapKind:
		m := make(map[string]any, len(n.kids))
		for _, k := range n.kids {
			if k.kind != nullKind {
				m[k.name] = c.value(k, property(raw, k.name), pointer(at, k.name))
			}
		}
		return m
	case listKind:
		items, _ := raw["items"].(map[string]any)
		l := make([]any, len(n.kids))
		for i, k := range n.kids {
			l[i] = c.value(k, items, at+"/"+strconv.Itoa(i))
		}
		return l
	case boolKind:
		return n.text == "true"
	case numberKind:
		return n.num
	case stringKind:
		return c.text(n, raw, at)
	}
	return nil
}

// extended converts the data of packages, each by its own schema; what no
// schema is known for stays as JSON says it.
func (c *converter) extended(n *node, where any, at string) any {
	m := make(map[string]any, len(n.kids))
	for _, k := range n.kids {
		inner := converter{schema: &Schema{}}
		var raw map[string]any
		if s := c.extensions[k.name]; s != nil {
			inner.schema = s
			if raw = s.raw; where != true {
				raw = s.at("$defs/" + where.(string))
			}
		}
		m[k.name] = inner.value(k, raw, pointer(at, k.name))
		c.refs = append(c.refs, inner.refs...)
		c.faults = append(c.faults, inner.faults...)
		c.paths = append(c.paths, inner.paths...)
	}
	return m
}

// choose takes the branch of anyOf or oneOf whose JSON type is that of n.
func (c *converter) choose(n *node, raw map[string]any) map[string]any {
	for _, word := range [...]string{"anyOf", "oneOf"} {
		branches, _ := raw[word].([]any)
		for _, b := range branches {
			branch, _ := b.(map[string]any)
			if branch = c.schema.resolve(branch); fits(n, branch["type"]) {
				return branch
			}
		}
	}
	return raw
}

func fits(n *node, types any) bool {
	switch t := types.(type) {
	case string:
		return t == jsonNames[n.kind] || t == "integer" && n.kind == numberKind
	case []any:
		for _, one := range t {
			if fits(n, one) {
				return true
			}
		}
	}
	return false
}

var jsonNames = [...]string{"null", "boolean", "number", "string", "array", "object"}

func property(raw map[string]any, name string) map[string]any {
	props, _ := raw["properties"].(map[string]any)
	if p, ok := props[name].(map[string]any); ok {
		return p
	}
	more, _ := raw["additionalProperties"].(map[string]any)
	return more
}

// text converts a JSON string by its x-type.
func (c *converter) text(n *node, raw map[string]any, at string) any {
	kind, _ := raw["x-type"].(string)
	if kinds, ok := raw["x-types"].([]any); ok && len(kinds) == 2 {
		kind = "instant"
		if len(n.text) == len("2006-01-02") {
			kind = "date"
		}
	}
	switch kind {
	case "number", "integer":
		return c.checked(n, at, func() (any, error) { return decimal.Parse(n.text) })
	case "date":
		return c.checked(n, at, func() (any, error) { return civil.ParseDate(n.text) })
	case "time":
		return c.checked(n, at, func() (any, error) { return civil.ParseClock(n.text) })
	case "instant":
		return c.checked(n, at, func() (any, error) { return civil.ParseInstant(n.text, nil) })
	case "duration":
		return c.checked(n, at, func() (any, error) { return civil.ParseDuration(n.text) })
	case "bytes":
		return c.checked(n, at, func() (any, error) { return base64.StdEncoding.DecodeString(n.text) })
	case "document":
		c.refs = append(c.refs, Reference{Pointer: at, Path: steps(at), ID: n.text})
	}
	return n.text
}

func (c *converter) checked(n *node, at string, convert func() (any, error)) any {
	v, err := convert()
	if err != nil {
		c.faults = append(c.faults, fault{n.off, RuleValue, quote(n.text) + " cannot be read: " + reason(err), ""})
		c.paths = append(c.paths, at)
		return nil
	}
	return v
}

func moment(v any, zone *time.Location) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return v, true
	case civil.Date:
		t, err := v.At(civil.Clock{}, zone)
		return t, err == nil
	}
	return time.Time{}, false
}
