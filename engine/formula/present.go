package formula

import (
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// Arithmetic on what may be absent breaks in the middle of a run, so it is
// found when compiling: where a schema says that a field may be left out, a
// condition around the place must say that it is there, or ?? what else.
// What has no schema is not judged.

// Fact is what is known of a name of let.
type Fact struct {
	Path  string   // what it is another name for, if it is nothing but a path
	Holds []string // what is there when it is true
	Needs []string // what it reads that may be absent, if it may be absent itself
}

// Fact returns what is known of a name whose value p works out.
func (p *Program) Fact() Fact {
	f := Fact{Path: strings.Join(p.path, "."), Holds: p.holds}
	if p.typ.gap && p.path == nil {
		f.Needs = p.gaps
	}
	return f
}

// Holds returns the paths of what is there when the formula is true.
func (p *Program) Holds() []string {
	if p == nil {
		return nil
	}
	return p.holds
}

// Holds returns the paths of what is there when the condition src is true,
// as far as its text alone tells it.
func Holds(src string, d *Decl) []string {
	src = strings.TrimPrefix(strings.TrimSpace(src), "=")
	if !strings.ContainsAny(src, "<>=") && !strings.Contains(src, " ") {
		return nil
	}
	tree, err := parser.Parse(src)
	if err != nil {
		return nil
	}
	c := &compiler{decl: d}
	yes, _ := c.holds(tree.Node, true)
	return yes
}

// maybe reports an operand that may be absent.
func (c *compiler) maybe(from int, op string, operands ...*node) {
	if c.decl.Lenient {
		return
	}
	for _, n := range operands {
		if n.typ.gap {
			p := c.fault(n.from, RuleMaybe, "operator %s with what may be absent", op)
			p.Hint = "write (x ?? 0), or ask before: if x != nil {...} else {...}"
			if n.typ.isText() {
				p.Hint = `write (x ?? ""), or ask before: if x != nil {...} else {...}`
			}
		}
	}
}

// there clears the mark of a part that is known to be there.
func (c *compiler) there(n *node, key string) *node {
	switch {
	case !n.typ.gap || key == "":
	case c.present(key, 0):
		n.typ.gap = false
	default:
		c.gaps = append(c.gaps, key)
	}
	return n
}

// maxLets is how many names that need each other are followed.
const maxLets = 20

func (c *compiler) present(key string, depth int) bool {
	if slices.Contains(c.known, key) || c.decl.Present[key] {
		return true
	}
	needs := c.decl.Facts[key].Needs
	return len(needs) > 0 && depth < maxLets && !slices.ContainsFunc(needs, func(k string) bool { return !c.present(k, depth+1) })
}

// under compiles n where the parts named by keys are there.
func (c *compiler) under(keys []string, n ast.Node) *node {
	before := len(c.known)
	c.known = append(c.known, keys...)
	out := c.node(n)
	c.known = c.known[:before]
	return out
}

// after returns what is there when the right side of n is worked out: the left
// one has not decided alone. An absent one does not decide either.
func (c *compiler) after(n *ast.BinaryNode) []string {
	switch n.Operator {
	case "and", "&&":
		yes, _ := c.holds(n.Left, true)
		return yes
	case "or", "||":
		_, no := c.holds(n.Left, true)
		return no
	}
	return nil
}

// key names a part that is the same wherever it stands; empty: it has no name.
func (c *compiler) key(n ast.Node) string {
	switch n := n.(type) {
	case *ast.ChainNode:
		return c.key(n.Node)
	case *ast.IdentifierNode:
		if f := c.decl.Facts[n.Value]; f.Path != "" {
			return f.Path
		}
		return n.Value
	case *ast.PointerNode:
		return "#" + strconv.Itoa(len(c.items))
	case *ast.MemberNode:
		on := c.key(n.Node)
		switch p := n.Property.(type) {
		case *ast.StringNode:
			if on != "" {
				return on + "." + p.Value
			}
		case *ast.IntegerNode:
			if on != "" {
				return on + "." + strconv.Itoa(p.Value)
			}
		}
	}
	return ""
}

// marked is there for a part of the tree.
func (c *compiler) marked(n *node, at ast.Node) *node {
	if !n.typ.gap {
		return n
	}
	return c.there(n, c.key(at))
}

// pathKey is the key of a dotted path.
func (c *compiler) pathKey(text string) string {
	name, rest, _ := strings.Cut(text, ".")
	if f := c.decl.Facts[name]; f.Path != "" {
		return strings.TrimSuffix(f.Path+"."+rest, ".")
	}
	return text
}

// needed is what must be there for n to be more than absent.
func (c *compiler) needed(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.ChainNode:
		return c.needed(n.Node)
	case *ast.UnaryNode:
		return c.needed(n.Node)
	case *ast.BinaryNode:
		if slices.Contains([]string{"+", "-", "*", "/", "%"}, n.Operator) {
			return append(c.needed(n.Left), c.needed(n.Right)...)
		}
	case *ast.BuiltinNode:
		return c.neededBy(n.Name, n.Arguments)
	case *ast.CallNode:
		if name, ok := n.Callee.(*ast.IdentifierNode); ok {
			return c.neededBy(name.Value, n.Arguments)
		}
	case *ast.SliceNode:
		return c.needed(n.Node)
	}
	key := c.key(n)
	if key == "" {
		return nil
	}
	out := []string{key}
	for i := strings.LastIndexByte(key, '.'); i > 0; i = strings.LastIndexByte(key[:i], '.') {
		out = append(out, key[:i])
	}
	return out
}

func (c *compiler) neededBy(name string, args []ast.Node) []string {
	fn, ok := functions[name]
	if !ok || fn.absent || len(args) == 0 {
		return nil
	}
	return c.needed(args[0])
}

// holds returns what is there when n is true, and when it is false. strict:
// only what is also sure of "not false" and "not true", which an absent n is.
func (c *compiler) holds(n ast.Node, strict bool) (yes, no []string) {
	switch n := n.(type) {
	case *ast.ChainNode:
		return c.holds(n.Node, strict)
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			no, yes = c.holds(n.Node, strict)
		}
		return yes, no
	case *ast.BinaryNode:
		return c.compared(n, strict)
	case *ast.ConditionalNode:
		if b, ok := n.Exp2.(*ast.BoolNode); ok && !b.Value {
			one, _ := c.holds(n.Cond, false)
			two, _ := c.holds(n.Exp1, strict)
			return append(one, two...), nil
		}
	case *ast.CallNode, *ast.BuiltinNode:
		if !strict {
			return c.needed(n), nil
		}
	case *ast.IdentifierNode, *ast.MemberNode:
		if id, ok := n.(*ast.IdentifierNode); ok {
			yes = slices.Clone(c.decl.Facts[id.Value].Holds)
		}
		if !strict {
			yes = append(yes, c.needed(n)...)
		}
	}
	return yes, nil
}

func (c *compiler) compared(n *ast.BinaryNode, strict bool) (yes, no []string) {
	switch n.Operator {
	case "and", "&&", "or", "||":
		ly, ln := c.holds(n.Left, strict)
		ry, rn := c.holds(n.Right, strict)
		if n.Operator == "or" || n.Operator == "||" {
			return shared(ly, ry), append(ln, rn...)
		}
		return append(ly, ry...), shared(ln, rn)
	case "??":
		if b, ok := n.Right.(*ast.BoolNode); ok && !b.Value {
			yes, _ = c.holds(n.Left, false)
		}
		return yes, nil
	case "==", "!=":
		yes, no = c.equals(n)
		if n.Operator == "!=" {
			yes, no = no, yes
		}
		return yes, no
	case "<", "<=", ">", ">=":
		yes = append(c.operand(n.Operator, n.Left, n.Right), c.operand(mirrored[n.Operator], n.Right, n.Left)...)
		return yes, nil
	case "in", "contains", "startsWith", "endsWith", "matches":
		return append(c.needed(n.Left), c.needed(n.Right)...), nil
	}
	return nil, nil
}

var mirrored = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

// equals returns what is there when both sides are equal, and when they differ.
func (c *compiler) equals(n *ast.BinaryNode) (equal, differ []string) {
	for _, side := range [][2]ast.Node{{n.Left, n.Right}, {n.Right, n.Left}} {
		if _, ok := side[1].(*ast.NilNode); ok {
			return nil, c.needed(side[0])
		}
		if _, ok := literal(side[1]); !ok {
			continue
		}
		equal = append(equal, c.operand("==", side[0], side[1])...)
		differ = append(differ, c.instead("!=", side[0], side[1])...)
		if list := lengthOf(side[0]); list != nil && isZero(side[1]) {
			differ = append(differ, c.needed(list)...)
		}
	}
	return equal, differ
}

// operand returns what must be there for "n op other" to be true.
func (c *compiler) operand(op string, n, other ast.Node) []string {
	if list := lengthOf(n); list != nil {
		if v, ok := literal(other); ok && !holdsFor(op, decimal.Zero, v) {
			return c.needed(list)
		}
		return nil
	}
	if b, ok := n.(*ast.BinaryNode); ok && b.Operator == "??" {
		return c.instead(op, n, other)
	}
	return c.needed(n)
}

// instead returns what "a ?? b op other" says of a: when b would not do.
func (c *compiler) instead(op string, n, other ast.Node) []string {
	b, ok := n.(*ast.BinaryNode)
	if !ok || b.Operator != "??" {
		return nil
	}
	x, ok := literal(b.Right)
	y, also := literal(other)
	if !ok || !also || holdsFor(op, x, y) {
		return nil
	}
	return c.needed(b.Left)
}

func lengthOf(n ast.Node) ast.Node {
	if b, ok := n.(*ast.BuiltinNode); ok && b.Name == "len" && len(b.Arguments) == 1 {
		return b.Arguments[0]
	}
	return nil
}

func literal(n ast.Node) (any, bool) {
	switch n := n.(type) {
	case *ast.BoolNode:
		return n.Value, true
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode:
		return decimal.FromInt(int64(n.Value)), true
	case *ast.FloatNode, *ast.UnaryNode:
		d, err := decimal.Parse(n.String())
		return d, err == nil
	}
	return nil, false
}

func isZero(n ast.Node) bool {
	v, _ := literal(n)
	d, ok := v.(decimal.Decimal)
	return ok && d.IsZero()
}

// holdsFor reports whether x op y is true, or may be.
func holdsFor(op string, x, y any) bool {
	switch op {
	case "==":
		return x == y || isNumber(x) && isNumber(y) && x.(decimal.Decimal).Cmp(y.(decimal.Decimal)) == 0
	case "!=":
		return !holdsFor("==", x, y)
	}
	n, ok := order(x, y)
	return !ok || n < 0 && op[0] == '<' || n > 0 && op[0] == '>' || n == 0 && len(op) == 2
}

func isNumber(v any) bool { _, ok := v.(decimal.Decimal); return ok }

func shared(a, b []string) (both []string) {
	for _, x := range a {
		if slices.Contains(b, x) {
			both = append(both, x)
		}
	}
	return both
}

// narrowed returns t, the type of a member, with the fields that keys name
// always there.
func narrowed(t Type, keys []string, prefix string) Type {
	for _, key := range keys {
		if rest, ok := strings.CutPrefix(key, prefix+"."); ok {
			t = t.with(strings.Split(rest, "."))
		}
	}
	return t
}

// withElem returns the list type t with other members.
func (t Type) withElem(elem Type) Type {
	in := *t.in
	in.elem = elem
	t.in = &in
	return t
}

func (t Type) with(path []string) Type {
	f, ok := t.at(path[0])
	if !ok || t.kind != MapKind || t.in == nil || t.in.fields == nil {
		return t
	}
	if len(path) > 1 {
		f = f.with(path[1:])
	}
	in := *t.in
	in.fields = make(map[string]Type, len(t.in.fields)+1)
	for name, old := range t.in.fields {
		in.fields[name] = old
	}
	if f.gap || len(path) > 1 {
		f.gap = false
		in.fields[path[0]] = f
	}
	t.in = &in
	return t
}
