package formula

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Compile compiles the formula src, without a leading "=", that stands at pos.
// Places of problems are pos moved by line and column inside src; later lines
// of src are taken to begin in the column of pos. Without a grave problem the
// program is not nil.
func Compile(src string, pos diag.Pos, d *Decl) (*Program, diag.List) {
	return compileAt(src, pos, pos.Column, d)
}

func compileAt(src string, pos diag.Pos, left int, d *Decl) (*Program, diag.List) {
	if d == nil {
		d = &Decl{}
	}
	c := &compiler{src: newSource(src, pos, left), decl: d}
	var holds []string
	root := c.dotted()
	if root == nil {
		text, ok := c.scan()
		if !ok {
			return nil, c.problems
		}
		tree, ok := c.parse(text)
		if !ok {
			return nil, c.problems
		}
		root = c.node(tree)
		if root.typ.kind == BooleanKind {
			holds, _ = c.holds(tree, true)
		}
	}
	if c.problems.Grave() {
		c.problems.Sort()
		return nil, c.problems
	}
	p := &Program{src: src, at: c.src, typ: root.typ, calls: c.calls, run: root.run, constant: root.constant, value: root.value, path: root.path, places: root.places, holds: holds, gaps: c.gaps}
	p.refs = uniqueRefs(c.refs)
	return p, c.problems
}

type compiler struct {
	src      source
	decl     *Decl
	problems diag.List
	items    []Type // types of # in the predicates around
	refs     [][]string
	calls    []Call
	nodes    int
	depth    int
	gaps     []string // keys of what may be absent and is not known to be there
	known    []string // keys of what is there at this place
}

// evalFn works out a part of a formula.
type evalFn func(f *frame) (any, error)

// node is a compiled part of a formula.
type node struct {
	run      evalFn
	typ      Type
	from     int      // offset in code points
	path     []string // a plain dotted path
	places   []int    // of the names of path
	constant bool
	value    any // if constant
}

func (c *compiler) fault(from int, rule, format string, args ...any) *diag.Problem {
	c.problems.Addf(c.src.at(from), rule, format, args...)
	return &c.problems[len(c.problems)-1]
}

// bad reports a problem and stands in for the part that has it.
func (c *compiler) bad(from int, rule, format string, args ...any) *node {
	c.fault(from, rule, format, args...)
	return broken(from)
}

func broken(from int) *node {
	return &node{typ: Any, from: from, run: func(*frame) (any, error) { return nil, errors.New("formula with problems") }}
}

func (c *compiler) parse(text string) (tree ast.Node, ok bool) {
	defer func() {
		if r := recover(); r != nil { // the parser is not ours: what it cannot take is no formula
			c.fault(0, RuleSyntax, "formula cannot be read")
			tree, ok = nil, false
		}
	}()
	t, err := parser.Parse(text)
	if err != nil {
		c.parseError(err)
		return nil, false
	}
	return t.Node, t.Node != nil
}

func (c *compiler) parseError(err error) {
	var e *file.Error
	if !errors.As(err, &e) {
		c.fault(0, RuleSyntax, "%v", err)
		return
	}
	rule, text := RuleSyntax, strings.TrimSpace(e.Message)
	if strings.Contains(text, "maximum allowed nodes") {
		rule = RuleSize
	}
	text = strings.ToLower(text[:min(1, len(text))]) + text[min(1, len(text)):]
	p := c.fault(e.From, rule, "%s", strings.TrimSuffix(text, "."))
	if strings.Contains(text, "(EOF)") || strings.Contains(text, "token EOF") {
		p.Message = "formula ends too early"
		p.Pos = c.src.at(len([]rune(strings.TrimRight(c.src.text, " \n\t"))))
	}
}

// node compiles one part; it always returns a node.
func (c *compiler) node(n ast.Node) *node {
	from := n.Location().From
	if c.nodes++; c.nodes > MaxNodes {
		if c.nodes == MaxNodes+1 {
			c.fault(from, RuleSize, "more than %d parts", MaxNodes)
		}
		return broken(from)
	}
	if c.depth++; c.depth > MaxDepth {
		if c.depth == MaxDepth+1 && !c.tooDeep() {
			c.fault(from, RuleSize, "more than %d parts inside each other", MaxDepth)
		}
		c.depth--
		return broken(from)
	}
	defer func() { c.depth-- }()
	return c.part(n, from)
}

func (c *compiler) tooDeep() bool {
	return slices.ContainsFunc(c.problems, func(p diag.Problem) bool { return p.Rule == RuleSize })
}

func (c *compiler) part(n ast.Node, from int) *node {
	switch n := n.(type) {
	case *ast.NilNode:
		return constant(nil, Absent, from)
	case *ast.BoolNode:
		return constant(n.Value, Boolean, from)
	case *ast.StringNode:
		return constant(n.Value, String, from)
	case *ast.IntegerNode, *ast.FloatNode:
		return c.number(n.Location())
	case *ast.IdentifierNode:
		return c.marked(c.name(n.Value, from), n)
	case *ast.PointerNode:
		return c.pointer(n, from)
	case *ast.ChainNode:
		return c.node(n.Node)
	case *ast.MemberNode:
		return c.member(n, from)
	case *ast.SliceNode:
		return c.slice(n, from)
	case *ast.UnaryNode:
		return c.unary(n, from)
	case *ast.BinaryNode:
		return c.binary(n, from)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.ArrayNode:
		return c.array(n, from)
	case *ast.MapNode:
		return c.mapping(n, from)
	case *ast.BuiltinNode:
		return c.call(n.Name, n.Arguments, from)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			return c.call(callee.Value, n.Arguments, from)
		}
		return c.banned(from, "a call of a field", "functions stand alone: name(arguments)")
	case *ast.VariableDeclaratorNode:
		return c.banned(from, "let inside a formula", "name it under let of the file")
	case *ast.SequenceNode:
		return c.banned(from, "a sequence with ;", "a formula is one expression")
	case *ast.BytesNode:
		return c.banned(from, "a literal of bytes", `write bytes("text") or unhex("0a0b")`)
	}
	return c.banned(from, fmt.Sprintf("%T", n), "not part of the language")
}

func (c *compiler) banned(from int, what, hint string) *node {
	c.fault(from, RuleBanned, "%s is not part of the language", what).Hint = hint
	return broken(from)
}

func constant(v any, t Type, from int) *node {
	return &node{typ: t, from: from, constant: true, value: v, run: func(*frame) (any, error) { return v, nil }}
}

func (c *compiler) number(loc file.Location) *node {
	text := c.src.slice(loc.From, loc.To)
	v, err := decimal.Parse(text)
	if err != nil {
		return c.bad(loc.From, RuleSyntax, "number %q", text)
	}
	if strings.Contains(text, ".") {
		return constant(v, Number, loc.From)
	}
	return constant(v, Integer, loc.From)
}

func (c *compiler) conditional(n *ast.ConditionalNode) *node {
	cond := c.node(n.Cond)
	there, otherwise := c.holds(n.Cond, false)
	yes, no := c.under(there, n.Exp1), c.under(otherwise, n.Exp2)
	c.needBoolean(cond, "condition")
	at := cond.from
	return &node{typ: unify(yes.typ, no.typ), from: at, run: func(f *frame) (any, error) {
		v, err := cond.run(f)
		if err != nil {
			return nil, err
		}
		switch v {
		case true:
			return yes.run(f)
		case false:
			return no.run(f)
		case nil:
			if f.three {
				return nil, nil
			}
			return no.run(f)
		}
		return nil, f.wrongType(at, "a condition needs true or false, not a %s", KindOf(v))
	}}
}

func (c *compiler) needBoolean(n *node, what string) {
	if k := n.typ.kind; k != BooleanKind && k != AnyKind && k != AbsentKind {
		c.fault(n.from, RuleType, "%s is a %s, not true or false", what, n.typ)
	}
}

// unify returns the type of a value that is of one of both types.
func unify(a, b Type) Type {
	switch {
	case a.kind == AbsentKind:
		return b.Gap()
	case b.kind == AbsentKind:
		return a.Gap()
	case a.kind == b.kind && a.in == b.in:
		if a.def != b.def {
			a.def = ""
		}
		a.gap = a.gap || b.gap
		return a
	case a.isNumber() && b.isNumber():
		n := Number
		n.gap = a.gap || b.gap
		return n
	case a.kind == SecretKind && b.isText() || b.kind == SecretKind && a.isText():
		return SecretType
	case a.kind == ListKind && b.kind == ListKind:
		return ListOf(unify(a.Elem(), b.Elem()))
	}
	return Any
}

func (c *compiler) array(n *ast.ArrayNode, from int) *node {
	members, typ, fixed := make([]*node, len(n.Nodes)), Absent, true
	for i, m := range n.Nodes {
		members[i] = c.node(m)
		fixed = fixed && members[i].constant
		if i == 0 {
			typ = members[i].typ
		} else {
			typ = unify(typ, members[i].typ)
		}
	}
	if len(members) == 0 {
		typ = Any
	}
	t := ListOf(typ)
	if fixed {
		list := make([]any, len(members))
		for i, m := range members {
			list[i] = m.value
		}
		return constant(list, t, from)
	}
	return &node{typ: t, from: from, run: func(f *frame) (any, error) {
		if err := f.build(from, 16*len(members)); err != nil {
			return nil, err
		}
		list := make([]any, len(members))
		for i, m := range members {
			v, err := m.run(f)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	}}
}

func (c *compiler) mapping(n *ast.MapNode, from int) *node {
	keys, values, fields := []string{}, []*node{}, map[string]Type{}
	for _, p := range n.Pairs {
		pair := p.(*ast.PairNode)
		key, ok := pair.Key.(*ast.StringNode)
		if !ok {
			return c.banned(from, "a map key that is worked out", "write a name or a quoted text")
		}
		name := key.Value
		if at := key.Location(); name != "" && strings.Trim(name, "0.") == "" {
			name = c.src.slice(at.From, at.To)
			name = strings.Trim(name, `"'`)
		}
		if slices.Contains(keys, name) {
			c.fault(key.Location().From, RuleSyntax, "key %q stands twice", name)
		}
		v := c.node(pair.Value)
		keys, values = append(keys, name), append(values, v)
		fields[name] = v.typ
	}
	return &node{typ: MapOf(fields, false), from: from, run: func(f *frame) (any, error) {
		if err := f.build(from, 48*len(keys)); err != nil {
			return nil, err
		}
		out := make(map[string]any, len(keys))
		for i, v := range values {
			x, err := v.run(f)
			if err != nil {
				return nil, err
			}
			out[keys[i]] = x
		}
		return out, nil
	}}
}

func uniqueRefs(refs [][]string) [][]string {
	slices.SortFunc(refs, slices.Compare[[]string])
	return slices.CompactFunc(refs, slices.Equal[[]string])
}
