package document

import (
	"encoding/base64"
	"time"

	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// converter turns a checked tree into values of formulas.
type converter struct {
	refs       []*node
	faults     []fault
	at         []*node // of faults
	extensions map[string]*Schema
}

// value converts n by its plan.
func (c *converter) value(n *node, p *plan) any {
	if p != nil && p.extensions != nil && n.kind == mapKind {
		return c.extended(n, p.extensions)
	}
	p = p.meant(n)
	switch n.kind {
	case mapKind:
		m := make(map[string]any, len(n.kids))
		for _, k := range n.kids {
			if k.kind != nullKind {
				m[k.name] = c.value(k, p.property(k.name))
			}
		}
		return m
	case listKind:
		var items *plan
		if p != nil {
			items = p.items
		}
		l := make([]any, len(n.kids))
		for i, k := range n.kids {
			l[i] = c.value(k, items)
		}
		return l
	case boolKind:
		return n.text == "true"
	case numberKind:
		return n.num
	case stringKind:
		return c.text(n, p)
	}
	return nil
}

// extended converts the data of packages, each by its own schema; what no
// schema is known for stays as JSON says it.
func (c *converter) extended(n *node, where any) any {
	m := make(map[string]any, len(n.kids))
	for _, k := range n.kids {
		if k.kind == nullKind {
			continue
		}
		inner := converter{}
		var p *plan
		if s := c.extensions[k.name]; s != nil {
			p = s.planAt(where)
		}
		m[k.name] = inner.value(k, p)
		c.refs = append(c.refs, inner.refs...)
		c.faults = append(c.faults, inner.faults...)
		c.at = append(c.at, inner.at...)
	}
	return m
}

var jsonNames = [...]string{"null", "boolean", "number", "string", "array", "object"}

// text converts a JSON string by its x-type.
func (c *converter) text(n *node, p *plan) any {
	if p == nil {
		return n.text
	}
	kind := p.xType
	if p.dateOr {
		kind = "instant"
		if len(n.text) == len("2006-01-02") {
			kind = "date"
		}
	}
	switch kind {
	case "number", "integer":
		return c.checked(n, func() (any, error) { return decimal.Parse(n.text) })
	case "date":
		return c.checked(n, func() (any, error) { return civil.ParseDate(n.text) })
	case "time":
		return c.checked(n, func() (any, error) { return civil.ParseClock(n.text) })
	case "instant":
		return c.checked(n, func() (any, error) { return civil.ParseInstant(n.text, nil) })
	case "duration":
		return c.checked(n, func() (any, error) { return civil.ParseDuration(n.text) })
	case "bytes":
		return c.checked(n, func() (any, error) { return base64.StdEncoding.DecodeString(n.text) })
	case "document":
		c.refs = append(c.refs, n)
	}
	return n.text
}

func (c *converter) checked(n *node, convert func() (any, error)) any {
	v, err := convert()
	if err != nil && len(c.faults) < maxProblems {
		c.faults = append(c.faults, fault{n.off, RuleValue, quote(n.text) + " cannot be read: " + reason(err), ""})
		c.at = append(c.at, n)
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
