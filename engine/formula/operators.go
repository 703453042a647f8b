package formula

import (
	"github.com/expr-lang/expr/ast"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

func (c *compiler) unary(n *ast.UnaryNode, from int) *node {
	on := c.node(n.Node)
	if n.Operator == "not" || n.Operator == "!" {
		c.needBoolean(on, "operand of not")
		return &node{typ: Boolean, from: from, run: func(f *frame) (any, error) {
			v, err := on.run(f)
			if v == nil || err != nil {
				return nil, err
			}
			b, ok := v.(bool)
			if !ok {
				return nil, f.wrongType(from, "not needs true or false, not a %s", KindOf(v))
			}
			return !b, nil
		}}
	}
	if k := on.typ.kind; !on.typ.isNumber() && k != AnyKind {
		return c.bad(from, RuleType, "operator %s needs a number, not a %s", n.Operator, on.typ)
	}
	c.maybe(from, n.Operator, on)
	sign := func(d decimal.Decimal) decimal.Decimal { return d }
	if n.Operator == "-" {
		sign = decimal.Decimal.Neg
	}
	if on.constant {
		return constant(sign(on.value.(decimal.Decimal)), on.typ, from)
	}
	return &node{typ: on.typ, from: from, run: func(f *frame) (any, error) {
		v, err := on.run(f)
		if err != nil {
			return nil, err
		}
		d, err := f.operand(from, n.Operator, v)
		return sign(d), err
	}}
}

// operand returns v as a number for an operator.
func (f *frame) operand(from int, op string, v any) (decimal.Decimal, error) {
	if d, ok := v.(decimal.Decimal); ok {
		return d, nil
	}
	if v == nil {
		return decimal.Zero, f.fail(from, RuleAbsent, "operator %s with an absent value", op)
	}
	return decimal.Zero, f.wrongType(from, "operator %s needs numbers, not a %s", op, KindOf(v))
}

func (c *compiler) binary(n *ast.BinaryNode, from int) *node {
	if n.Operator == "^" || n.Operator == "**" {
		return c.banned(from, "a power", "write a product")
	}
	a := c.node(n.Left)
	b := c.under(c.after(n), n.Right)
	at := a.from
	if at > from {
		at = from
	}
	out := c.operation(n.Operator, a, b, from)
	out.from = at
	return out
}

func (c *compiler) operation(op string, a, b *node, from int) *node {
	switch op {
	case "+":
		return c.plus(a, b, from)
	case "-", "*", "/", "%":
		return c.arithmetic(op, a, b, from)
	case "==", "!=":
		return c.equality(op, a, b, from)
	case "<", "<=", ">", ">=":
		return c.comparison(op, a, b, from)
	case "and", "&&":
		return c.logic(a, b, from, op, false)
	case "or", "||":
		return c.logic(a, b, from, op, true)
	case "??":
		return coalesce(a, b, from)
	case "in":
		return c.in(a, b, from)
	case "contains", "startsWith", "endsWith":
		return c.textTest(op, a, b, from)
	case "matches":
		return c.matches(a, b, from)
	case "..":
		return c.span(a, b, from)
	}
	return c.banned(from, "operator "+op, "")
}
