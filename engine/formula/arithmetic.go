package formula

import (
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// plus adds numbers and joins texts; with a secret the result is a secret.
func (c *compiler) plus(a, b *node, from int) *node {
	typ, ok := plusType(a.typ, b.typ)
	if !ok {
		p := c.fault(from, RuleType, "operator + cannot join a %s and a %s", a.typ, b.typ)
		if a.typ.isText() || b.typ.isText() {
			p.Hint = "write string(x) around what is no text"
		}
		return broken(from)
	}
	c.maybe(from, "+", a, b)
	return &node{typ: typ, from: from, run: func(f *frame) (any, error) {
		x, err := a.run(f)
		if err != nil {
			return nil, err
		}
		y, err := b.run(f)
		if err != nil {
			return nil, err
		}
		switch x := x.(type) {
		case decimal.Decimal:
			if y, ok := y.(decimal.Decimal); ok {
				if err := f.weigh(from, x, y); err != nil {
					return nil, err
				}
				return f.sized(from, x.Add(y))
			}
		case string:
			if y, ok := y.(string); ok {
				return f.join(from, x, y)
			}
		}
		return f.plusOther(from, x, y)
	}}
}

func plusType(a, b Type) (Type, bool) {
	switch {
	case a.kind == AbsentKind || b.kind == AbsentKind:
		return Any, false
	case a.kind == SecretKind && (b.isText() || b.kind == SecretKind || b.kind == AnyKind), b.kind == SecretKind && (a.isText() || a.kind == AnyKind):
		return SecretType, true
	case a.kind == IntegerKind && b.kind == IntegerKind:
		return Integer, true
	case a.isNumber() && b.isNumber():
		return Number, true
	case a.isText() && b.isText():
		return String, true
	case a.kind == AnyKind && b.kind == AnyKind:
		return Any, true
	case a.kind == AnyKind && (b.isNumber() || b.isText()), b.kind == AnyKind && (a.isNumber() || a.isText()):
		return Any, true
	}
	return Any, false
}

func (f *frame) join(from int, x, y string) (any, error) {
	if err := f.build(from, len(x)+len(y)); err != nil {
		return nil, err
	}
	return x + y, nil
}

func (f *frame) plusOther(from int, x, y any) (any, error) {
	if x == nil || y == nil {
		return nil, f.fail(from, RuleAbsent, "operator + with an absent value")
	}
	p, pok := x.(Secret)
	q, qok := y.(Secret)
	if pok || qok {
		name := p.Name()
		if pok {
			x = p.joined()
		} else {
			name = q.Name()
		}
		if qok {
			y = q.joined()
		}
		left, lok := x.(string)
		right, rok := y.(string)
		if lok && rok {
			joined, err := f.join(from, left, right)
			if err != nil {
				return nil, err
			}
			return NewSecret(name, joined)
		}
	}
	return nil, f.wrongType(from, "operator + cannot join a %s and a %s", KindOf(x), KindOf(y))
}

// weigh pays for a calculation with long numbers.
func (f *frame) weigh(from int, x, y decimal.Decimal) error {
	if !x.Long() && !y.Long() {
		return nil
	}
	return f.tick(from, 4+(x.Digits()+y.Digits())/16)
}

// sized returns d, or an error if it has grown out of range.
func (f *frame) sized(from int, d decimal.Decimal) (any, error) {
	if err := d.InRange(); err != nil {
		return nil, f.fail(from, RuleRunValue, "number of more than %d digits", decimal.MaxDigits)
	}
	return d, nil
}

func (c *compiler) arithmetic(op string, a, b *node, from int) *node {
	for _, n := range []*node{a, b} {
		if !n.typ.isNumber() && n.typ.kind != AnyKind {
			return c.bad(from, RuleType, "operator %s needs numbers, not a %s", op, n.typ)
		}
	}
	c.maybe(from, op, a, b)
	typ := Number
	if op != "/" && a.typ.kind == IntegerKind && b.typ.kind == IntegerKind {
		typ = Integer
	}
	return &node{typ: typ, from: from, run: func(f *frame) (any, error) {
		v, err := a.run(f)
		if err != nil {
			return nil, err
		}
		x, err := f.operand(from, op, v)
		if err != nil {
			return nil, err
		}
		if v, err = b.run(f); err != nil {
			return nil, err
		}
		y, err := f.operand(from, op, v)
		if err != nil {
			return nil, err
		}
		if err := f.weigh(from, x, y); err != nil {
			return nil, err
		}
		switch op {
		case "-":
			return f.sized(from, x.Sub(y))
		case "*":
			return f.sized(from, x.Mul(y))
		case "/":
			x, err = x.Quo(y)
		case "%":
			x, err = x.Mod(y)
		}
		if err != nil {
			return nil, f.p.problem(from, err)
		}
		return x, nil
	}}
}

// maxSpan is how many members a..b may have.
const maxSpan = 100_000

func (c *compiler) span(a, b *node, from int) *node {
	for _, n := range []*node{a, b} {
		if !n.typ.isNumber() && n.typ.kind != AnyKind {
			return c.bad(from, RuleType, "a range goes from integer to integer, not a %s", n.typ)
		}
	}
	c.maybe(from, "..", a, b)
	return &node{typ: ListOf(Integer), from: from, run: func(f *frame) (any, error) {
		var ends [2]int
		for i, n := range []*node{a, b} {
			v, err := n.run(f)
			if err != nil {
				return nil, err
			}
			if v == nil {
				return nil, f.fail(from, RuleAbsent, "operator .. with an absent value")
			}
			if ends[i], err = f.integer(from, v); err != nil {
				return nil, err
			}
		}
		n := max(0, ends[1]-ends[0]+1)
		if n > maxSpan {
			return nil, f.fail(from, RuleBytes, "range of more than %d members", maxSpan)
		}
		if err := f.tick(from, n); err != nil {
			return nil, err
		}
		if err := f.build(from, 40*n); err != nil {
			return nil, err
		}
		list := make([]any, n)
		for i := range list {
			list[i] = decimal.FromInt(int64(ends[0] + i))
		}
		return list, nil
	}}
}
