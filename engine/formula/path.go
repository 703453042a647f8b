package formula

import (
	"slices"
	"sort"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func (c *compiler) name(name string, from int) *node {
	t, ok := c.decl.Names[name]
	if !ok && name == "now" && c.decl.Simulator {
		t, ok = Instant.Required(), true
	}
	if !ok {
		p := c.fault(from, RuleName, "unknown name %q", name)
		p.Hint = diag.DidYouMean(name, c.names())
		if _, is := functions[name]; is && p.Hint == "" {
			p.Hint = name + " is a function: " + name + "(...)"
		}
		return broken(from)
	}
	c.refs = append(c.refs, []string{name})
	return &node{typ: t, from: from, path: []string{name}, places: []int{from}, run: func(f *frame) (any, error) {
		v, _, err := f.s.lookup(name, f.three)
		if err != nil {
			return nil, f.p.problem(from, err)
		}
		return plain(v), nil
	}}
}

func (c *compiler) names() []string {
	names := make([]string, 0, len(c.decl.Names))
	for n := range c.decl.Names {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

func (c *compiler) pointer(n *ast.PointerNode, from int) *node {
	if n.Name != "" {
		return c.banned(from, "#"+n.Name, "# is the member itself, .name a field of it")
	}
	if len(c.items) == 0 {
		return c.bad(from, RuleName, "# has a meaning only inside a predicate")
	}
	return &node{typ: c.items[len(c.items)-1], from: from, run: func(f *frame) (any, error) { return f.item, nil }}
}

func (c *compiler) member(n *ast.MemberNode, from int) *node {
	on := c.node(n.Node)
	if key, ok := n.Property.(*ast.StringNode); ok {
		return c.marked(c.fieldOf(on, key.Value, key.Location().From, from), n)
	}
	index := c.node(n.Property)
	if index.constant {
		if key, ok := index.value.(string); ok {
			return c.fieldOf(on, key, index.from, from)
		}
	}
	return c.index(on, index, from)
}

// fieldOf compiles on.name. Only a name that follows a plain path lengthens it.
func (c *compiler) fieldOf(on *node, name string, at, from int) *node {
	t, ok := on.typ.At(name)
	switch k := on.typ.kind; {
	case k == ListKind || k == StringKind || k != MapKind && !ok:
		p := c.fault(at, RuleType, "a %s has no field %q", on.typ, name)
		switch k {
		case ListKind:
			p.Hint = "write map(list, ." + name + ") or list[0]." + name
		case CertificateKind:
			p.Hint = "write certificate(x)." + name
		case TreeKind:
			p.Hint = `write at(tree, "` + name + `")`
		}
		return broken(from)
	case !ok && c.decl.Strict:
		c.fault(at, RuleName, "unknown field %q of %s", name, on.typ).Hint = diag.DidYouMean(name, on.typ.Fields())
		return broken(from)
	}
	out := &node{typ: t, from: min(on.from, from)}
	if !on.typ.required || !t.required {
		out.typ.required = false
	}
	out.typ.gap = on.typ.gap || t.gap
	if on.path != nil {
		out.path, out.places = append(slices.Clip(on.path), name), append(slices.Clip(on.places), at)
		c.extendRef(on.path, out.path)
	}
	before := on.run
	out.run = func(f *frame) (any, error) {
		v, err := before(f)
		if v == nil || err != nil {
			return nil, err
		}
		if m, ok := v.(map[string]any); ok {
			return plain(m[name]), nil
		}
		if v, err = field(v, name); err != nil {
			return nil, f.p.problem(at, err)
		}
		return v, nil
	}
	return out
}

// extendRef makes the last reference, which is path, the longer one.
func (c *compiler) extendRef(path, longer []string) {
	for i := len(c.refs) - 1; i >= 0; i-- {
		if slices.Equal(c.refs[i], path) {
			c.refs[i] = longer
			return
		}
	}
}

// index compiles on[index]: a member of a list (from 0; from the end if
// negative; outside: absent) or a field of a map.
func (c *compiler) index(on, index *node, from int) *node {
	t := Any
	switch on.typ.kind {
	case ListKind:
		t = on.typ.Elem().optional()
		if k := index.typ.kind; k != AnyKind && !index.typ.isNumber() {
			return c.bad(index.from, RuleType, "a list is indexed by an integer, not by a %s", index.typ)
		}
	case MapKind:
		if k := index.typ.kind; k != AnyKind && !index.typ.isText() {
			return c.bad(index.from, RuleType, "a map is indexed by a string, not by a %s", index.typ)
		}
		if on.typ.in != nil && on.typ.in.extra != nil {
			t = on.typ.in.extra.optional()
		}
	case AnyKind, AbsentKind:
	default:
		return c.bad(from, RuleType, "a %s has no members", on.typ)
	}
	return &node{typ: t, from: min(on.from, from), run: func(f *frame) (any, error) {
		v, err := on.run(f)
		if v == nil || err != nil {
			return nil, err
		}
		i, err := index.run(f)
		if i == nil || err != nil {
			return nil, err
		}
		return f.member(from, v, i)
	}}
}

func (f *frame) member(from int, v, i any) (any, error) {
	switch i := i.(type) {
	case string:
		x, err := field(v, i)
		if err != nil {
			return nil, f.p.problem(from, err)
		}
		return x, nil
	case decimal.Decimal:
		list, ok := v.([]any)
		if !ok {
			return nil, f.wrongType(from, "a %s is not indexed by a number", KindOf(v))
		}
		n, ok := i.Int64()
		if !ok {
			return nil, f.fail(from, RuleRunValue, "index %s is no integer", i)
		}
		if n < 0 {
			n += int64(len(list))
		}
		if n < 0 || n >= int64(len(list)) {
			return nil, nil
		}
		return plain(list[n]), nil
	}
	return nil, f.wrongType(from, "a %s is no index", KindOf(i))
}

// slice compiles on[from:to] of a list or a string (in code points), cut to
// what there is.
func (c *compiler) slice(n *ast.SliceNode, from int) *node {
	on := c.node(n.Node)
	if k := on.typ.kind; k != ListKind && k != AnyKind && k != AbsentKind && !on.typ.isText() && k != SecretKind {
		return c.bad(from, RuleType, "a %s has no parts", on.typ)
	}
	bounds := [2]*node{}
	for i, b := range []ast.Node{n.From, n.To} {
		if b == nil {
			continue
		}
		bounds[i] = c.node(b)
		if k := bounds[i].typ.kind; k != AnyKind && !bounds[i].typ.isNumber() {
			return c.bad(bounds[i].from, RuleType, "a bound is an integer, not a %s", bounds[i].typ)
		}
	}
	return &node{typ: on.typ.optional(), from: min(on.from, from), run: func(f *frame) (any, error) {
		v, err := on.run(f)
		if v == nil || err != nil {
			return nil, err
		}
		limits := [2]*int{}
		for i, b := range bounds {
			if b == nil {
				continue
			}
			x, err := b.run(f)
			if err != nil {
				return nil, err
			}
			if x == nil {
				return nil, f.fail(b.from, RuleAbsent, "a bound is absent")
			}
			n, err := f.integer(b.from, x)
			if err != nil {
				return nil, err
			}
			limits[i] = &n
		}
		return f.cut(from, v, limits[0], limits[1])
	}}
}

func (f *frame) cut(from int, v any, lo, hi *int) (any, error) {
	switch v := v.(type) {
	case []any:
		a, b := bounds(len(v), lo, hi)
		return v[a:b:b], nil
	case string:
		if err := f.tick(from, len(v)/256); err != nil {
			return nil, err
		}
		if err := f.build(from, len(v)); err != nil {
			return nil, err
		}
		r := []rune(v)
		a, b := bounds(len(r), lo, hi)
		return string(r[a:b]), nil
	case Secret:
		text, ok := v.plain().(string)
		if !ok {
			break
		}
		part, err := f.cut(from, text, lo, hi)
		if err != nil {
			return nil, err
		}
		return NewSecret(v.Name(), part)
	}
	return nil, f.wrongType(from, "a %s has no parts", KindOf(v))
}

func bounds(length int, lo, hi *int) (int, int) {
	at := func(p *int, otherwise int) int {
		if p == nil {
			return otherwise
		}
		n := *p
		if n < 0 {
			n += length
		}
		return max(0, min(n, length))
	}
	a, b := at(lo, 0), at(hi, length)
	return a, max(a, b)
}

// integer returns v as an int.
func (f *frame) integer(from int, v any) (int, error) {
	d, ok := v.(decimal.Decimal)
	if !ok {
		return 0, f.wrongType(from, "an integer is needed, not a %s", KindOf(v))
	}
	n, ok := d.Int64()
	if !ok || n > 1<<40 || n < -1<<40 {
		return 0, f.fail(from, RuleRunValue, "%s is no integer that fits", d)
	}
	return int(n), nil
}

// reserved are words that are no names, or not everywhere.
var reserved = map[string]bool{"nil": true, "true": true, "false": true, "not": true, "and": true, "or": true, "in": true, "let": true, "if": true,
	"else": true, "matches": true, "contains": true, "startsWith": true, "endsWith": true}

// dotted compiles a formula that is nothing but a dotted path, as most are,
// without the parser; nil if it is anything else.
func (c *compiler) dotted() *node {
	text := c.src.text
	if len(text) > 200 || !isDotted(text) {
		return nil
	}
	words := strings.Split(text, ".")
	for _, w := range words {
		if reserved[w] {
			return nil
		}
	}
	at := 0
	n := c.name(words[0], 0)
	for _, w := range words[1:] {
		at += 1 + len(words[0])
		words = words[1:]
		n = c.fieldOf(n, w, at, at)
	}
	if n.typ.gap {
		c.there(n, c.pathKey(text))
	}
	return n
}

// isDotted reports whether text is names of ASCII letters, digits and _ with
// single dots between them.
func isDotted(text string) bool {
	begin := true
	for i := range len(text) {
		switch b := text[i]; {
		case 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b == '_':
			begin = false
		case '0' <= b && b <= '9':
			if begin {
				return false
			}
		case b == '.':
			if begin {
				return false
			}
			begin = true
		default:
			return false
		}
	}
	return !begin
}
