package document

import (
	"encoding/json"
	"regexp"
	"strconv"
	"unicode/utf8"
)

// plan is a schema made ready for one walk: it says whether a value fits and
// how it is converted. Only what the structural schemas use is known to it; a
// schema with another keyword is marked, and its values are judged by the
// JSON Schema validator alone.
type plan struct {
	kinds      uint8 // bit set of kind; zero: any
	integer    bool
	props      map[string]*plan
	extra      *plan // of properties without a name of their own; nil: any
	closed     bool
	required   []string
	items      *plan
	branches   []*plan // anyOf
	pattern    *regexp.Regexp
	names      *regexp.Regexp // propertyNames
	choices    map[string]bool
	least      int // length or number of items
	most       int // -1: no bound
	floor      *int64
	xType      string
	dateOr     bool // a date or an instant, whichever is written
	extensions any  // true or the place: "line"
	other      bool
}

type planner struct {
	schema *Schema
	done   map[string]*plan // by definition
}

func (p *planner) of(raw map[string]any) *plan {
	if ref, ok := raw["$ref"].(string); ok {
		if known := p.done[ref]; known != nil {
			return known
		}
		out := &plan{}
		p.done[ref] = out
		p.fill(out, p.schema.resolve(raw))
		for key := range raw {
			out.other = out.other || !harmless[key] && key != "$ref"
		}
		return out
	}
	out := &plan{}
	p.fill(out, raw)
	return out
}

// harmless keywords say nothing about whether a value fits.
var harmless = map[string]bool{"$schema": true, "$id": true, "$defs": true, "$comment": true, "title": true, "description": true, "x-term": true,
	"x-terms": true, "contentEncoding": true, "examples": true, "default": true}

func (p *planner) fill(out *plan, raw map[string]any) {
	out.most = -1
	for key, v := range raw {
		if !harmless[key] && !p.keyword(out, key, v) {
			out.other = true
		}
	}
}

func (p *planner) keyword(out *plan, key string, v any) (known bool) {
	switch key {
	case "type":
		return out.types(v)
	case "properties":
		out.props = map[string]*plan{}
		of, ok := v.(map[string]any)
		for name, s := range of {
			inner, isMap := s.(map[string]any)
			if ok = ok && isMap; isMap {
				out.props[name] = p.of(inner)
			}
		}
		return ok
	case "additionalProperties":
		if closed, ok := v.(bool); ok {
			out.closed = !closed
			return true
		}
		return p.sub(&out.extra, v)
	case "items":
		return p.sub(&out.items, v)
	case "anyOf":
		list, ok := v.([]any)
		for _, b := range list {
			var one *plan
			ok = ok && p.sub(&one, b)
			out.branches = append(out.branches, one)
		}
		return ok
	case "required":
		list, ok := v.([]any)
		for _, r := range list {
			name, isText := r.(string)
			ok, out.required = ok && isText, append(out.required, name)
		}
		return ok
	}
	return out.bound(key, v)
}

func (p *planner) sub(into **plan, v any) bool {
	raw, ok := v.(map[string]any)
	if ok {
		*into = p.of(raw)
	}
	return ok
}

func (out *plan) bound(key string, v any) bool {
	switch key {
	case "pattern":
		return compiled(&out.pattern, v)
	case "propertyNames":
		raw, ok := v.(map[string]any)
		return ok && len(raw) == 1 && compiled(&out.names, raw["pattern"])
	case "enum":
		list, ok := v.([]any)
		for _, c := range list {
			ok = out.choice(c) && ok
		}
		return ok
	case "const":
		return out.choice(v)
	case "minLength", "minItems":
		return number(&out.least, v)
	case "maxLength", "maxItems":
		return number(&out.most, v)
	case "minimum":
		n := 0
		ok := number(&n, v)
		at := int64(n)
		out.floor = &at
		return ok
	case "x-type":
		out.xType, _ = v.(string)
		return true
	case "x-types":
		list, _ := v.([]any)
		out.dateOr = len(list) == 2
		return true
	case "x-extensions":
		out.extensions = v
		return true
	}
	return false
}

func compiled(into **regexp.Regexp, v any) bool {
	text, ok := v.(string)
	if !ok {
		return false
	}
	re, err := regexp.Compile(text)
	*into = re
	return err == nil
}

func number(into *int, v any) bool {
	n, ok := v.(json.Number)
	if !ok {
		return false
	}
	i, err := strconv.Atoi(string(n))
	*into = i
	return err == nil
}

// choice adds one of the allowed texts.
func (out *plan) choice(v any) bool {
	text, ok := v.(string)
	if out.choices == nil {
		out.choices = map[string]bool{}
	}
	out.choices[text] = true
	return ok
}

func (out *plan) types(v any) bool {
	names, ok := v.([]any)
	if name, isText := v.(string); isText {
		names, ok = []any{name}, true
	}
	for _, n := range names {
		known := false
		for i, name := range jsonNames {
			if n == name {
				out.kinds |= 1 << i
				known = true
			}
		}
		if n == "integer" {
			out.kinds |= 1 << numberKind
			out.integer, known = true, len(names) == 1
		}
		ok = ok && known
	}
	return ok
}

// fits reports whether n is what p says. False may also mean that p cannot
// tell: then the validator has the word.
func (p *plan) fits(n *node) bool {
	if p == nil {
		return true
	}
	if p.other || p.kinds != 0 && p.kinds&(1<<n.kind) == 0 || p.choices != nil && !(n.kind == stringKind && p.choices[n.text]) {
		return false
	}
	switch n.kind {
	case stringKind:
		return (p.pattern == nil || p.pattern.MatchString(n.text)) && p.long(n.text) && p.branch(n)
	case numberKind:
		return (!p.integer || n.num.IsInteger()) && p.above(n) && p.branch(n)
	case listKind:
		for _, k := range n.kids {
			if !p.items.fits(k) {
				return false
			}
		}
		return len(n.kids) >= p.least && (p.most < 0 || len(n.kids) <= p.most) && p.branch(n)
	case mapKind:
		return p.members(n) && p.branch(n)
	}
	return p.branch(n)
}

func (p *plan) above(n *node) bool {
	if p.floor == nil {
		return true
	}
	i, ok := n.num.Int64()
	return ok && i >= *p.floor
}

func (p *plan) long(text string) bool {
	if p.least == 0 && p.most < 0 {
		return true
	}
	n := utf8.RuneCountInString(text)
	return n >= p.least && (p.most < 0 || n <= p.most)
}

func (p *plan) members(n *node) bool {
	for _, k := range n.kids {
		if k.kind == nullKind {
			continue
		}
		if p.names != nil && !p.names.MatchString(k.name) {
			return false
		}
		if of, ok := p.props[k.name]; ok {
			if !of.fits(k) {
				return false
			}
		} else if p.closed || !p.extra.fits(k) {
			return false
		}
	}
	for _, r := range p.required {
		if k := n.kid(r); k == nil || k.kind == nullKind {
			return false
		}
	}
	return true
}

func (p *plan) branch(n *node) bool {
	if p.branches == nil {
		return true
	}
	for _, b := range p.branches {
		if b.fits(n) {
			return true
		}
	}
	return false
}

// property returns the plan of a member; nil: nothing is said about it.
func (p *plan) property(name string) *plan {
	if p == nil {
		return nil
	}
	if of, ok := p.props[name]; ok {
		return of
	}
	return p.extra
}

// meant returns the branch whose JSON type is that of n, or p.
func (p *plan) meant(n *node) *plan {
	if p != nil {
		for _, b := range p.branches {
			if b.kinds&(1<<n.kind) != 0 {
				return b
			}
		}
	}
	return p
}
