package formula

import (
	"regexp"
	"strings"

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
	a, b := c.node(n.Left), c.node(n.Right)
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
			x = p.plain()
		} else {
			name = q.Name()
		}
		if qok {
			y = q.plain()
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

// class groups kinds that compare with each other; 0 compares with all, -1
// only with nil.
func class(t Type) int {
	switch t.kind {
	case AnyKind, AbsentKind:
		return 0
	case NumberKind, IntegerKind:
		return 1
	case StringKind, TextKind:
		return 2
	case TreeKind, SecretKind, CertificateKind, ConnectionKind:
		return -1
	}
	return 10 + int(t.kind)
}

func (c *compiler) mismatch(op string, a, b *node, from int) *node {
	p := c.fault(from, RuleType, "operator %s cannot compare a %s and a %s", op, a.typ, b.typ)
	for _, t := range []Type{a.typ, b.typ} {
		switch t.kind {
		case DateKind, InstantKind, DurationKind:
			p.Hint = "write " + t.kind.String() + `("...")`
		case NumberKind, IntegerKind:
			p.Hint = "write number(text) or string(number)"
		case TreeKind:
			p.Hint = `write at(tree, ".")`
		}
	}
	return broken(from)
}

func (c *compiler) equality(op string, a, b *node, from int) *node {
	p, q := class(a.typ), class(b.typ)
	literal := a.constant && a.value == nil || b.constant && b.value == nil
	if !literal && (p != 0 && q != 0 && p != q || p < 0 || q < 0) {
		return c.mismatch(op, a, b, from)
	}
	negate := op == "!="
	return &node{typ: Boolean, from: from, run: func(f *frame) (any, error) {
		x, err := a.run(f)
		if err != nil {
			return nil, err
		}
		y, err := b.run(f)
		if err != nil {
			return nil, err
		}
		if x == nil || y == nil {
			if f.three && !literal {
				return nil, nil
			}
			return (x == nil && y == nil) != negate, nil
		}
		equal, ok, err := f.same(from, x, y)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, f.wrongType(from, "operator %s cannot compare a %s and a %s", op, KindOf(x), KindOf(y))
		}
		return equal != negate, nil
	}}
}

func (c *compiler) comparison(op string, a, b *node, from int) *node {
	p, q := class(a.typ), class(b.typ)
	if p != 0 && q != 0 && p != q {
		return c.mismatch(op, a, b, from)
	}
	for _, n := range []*node{a, b} {
		switch n.typ.kind {
		case BooleanKind, BytesKind, ListKind, MapKind, TreeKind, SecretKind, CertificateKind, ConnectionKind:
			return c.bad(from, RuleType, "a %s has no order", n.typ)
		}
	}
	less, equal, greater := op == "<" || op == "<=", op == "<=" || op == ">=", op == ">" || op == ">="
	return &node{typ: Boolean, from: from, run: func(f *frame) (any, error) {
		x, err := a.run(f)
		if err != nil {
			return nil, err
		}
		y, err := b.run(f)
		if err != nil {
			return nil, err
		}
		if x == nil || y == nil {
			return f.unknown(from, op), nil
		}
		n, ok := order(x, y)
		if !ok {
			return nil, f.wrongType(from, "operator %s cannot compare a %s and a %s", op, KindOf(x), KindOf(y))
		}
		return n < 0 && less || n == 0 && equal || n > 0 && greater, nil
	}}
}

// unknown is what a comparison with something absent gives.
func (f *frame) unknown(from int, op string) any {
	if f.three {
		return nil
	}
	f.note(from, op)
	return false
}

// logic compiles and (stop: false) and or (stop: true). An absent operand
// leaves the result absent unless the other one decides.
func (c *compiler) logic(a, b *node, from int, op string, stop bool) *node {
	c.needBoolean(a, "operand of "+op)
	c.needBoolean(b, "operand of "+op)
	operand := func(f *frame, n *node) (known, value bool, err error) {
		v, err := n.run(f)
		if v == nil || err != nil {
			return false, false, err
		}
		value, known = v.(bool)
		if !known {
			err = f.wrongType(from, "operator %s needs true or false, not a %s", op, KindOf(v))
		}
		return known, value, err
	}
	return &node{typ: Boolean, from: from, run: func(f *frame) (any, error) {
		known, value, err := operand(f, a)
		if err != nil {
			return nil, err
		}
		if known && value == stop {
			return stop, nil
		}
		known2, value, err := operand(f, b)
		switch {
		case err != nil:
			return nil, err
		case known2 && value == stop:
			return stop, nil
		case known && known2:
			return !stop, nil
		}
		return nil, nil
	}}
}

func coalesce(a, b *node, from int) *node {
	t := unify(a.typ, b.typ)
	t.required = b.typ.required || b.constant && b.value != nil
	return &node{typ: t, from: from, run: func(f *frame) (any, error) {
		v, err := a.run(f)
		if v != nil || err != nil {
			return v, err
		}
		return b.run(f)
	}}
}

func (c *compiler) in(a, b *node, from int) *node {
	if k := b.typ.kind; k != ListKind && k != MapKind && k != AnyKind && k != AbsentKind {
		return c.bad(from, RuleType, "operator in needs a list or a map, not a %s", b.typ)
	}
	if p, q := class(a.typ), class(b.typ.Elem()); b.typ.kind == ListKind && p != 0 && q != 0 && p != q {
		return c.mismatch("in", a, &node{typ: b.typ.Elem()}, from)
	}
	return &node{typ: Boolean, from: from, run: func(f *frame) (any, error) {
		x, err := a.run(f)
		if err != nil {
			return nil, err
		}
		y, err := b.run(f)
		if err != nil {
			return nil, err
		}
		if x == nil || y == nil {
			return f.unknown(from, "in"), nil
		}
		return f.inside(from, x, y)
	}}
}

func (f *frame) inside(from int, x, y any) (any, error) {
	switch y := y.(type) {
	case []any:
		if err := f.tick(from, 1+len(y)/4); err != nil {
			return nil, err
		}
		for _, m := range y {
			if equal, _, err := f.same(from, x, plain(m)); equal || err != nil {
				return equal, err
			}
		}
		return false, nil
	case map[string]any:
		if key, ok := x.(string); ok {
			_, found := y[key]
			return found, nil
		}
	case Fields:
		if key, ok := x.(string); ok {
			v, found, err := y.Field(key)
			if err != nil {
				return nil, f.p.problem(from, err)
			}
			return found && v != nil, nil
		}
	}
	return nil, f.wrongType(from, "a %s is not looked for in a %s", KindOf(x), KindOf(y))
}

// texts evaluates both operands of a test on texts; ok is false when one is
// absent.
func (f *frame) texts(from int, op string, a, b *node) (x, y string, ok bool, err error) {
	v, err := a.run(f)
	if err != nil {
		return "", "", false, err
	}
	w, err := b.run(f)
	if v == nil || w == nil || err != nil {
		return "", "", false, err
	}
	x, xok := v.(string)
	y, yok := w.(string)
	if !xok || !yok {
		return "", "", false, f.wrongType(from, "operator %s needs texts, not a %s and a %s", op, KindOf(v), KindOf(w))
	}
	return x, y, true, f.tick(from, (len(x)+len(y))/256)
}

func (c *compiler) needTexts(op string, a, b *node, from int) bool {
	for _, n := range []*node{a, b} {
		if k := n.typ.kind; !n.typ.isText() && k != AnyKind && k != AbsentKind {
			c.fault(from, RuleType, "operator %s needs texts, not a %s", op, n.typ)
			return false
		}
	}
	return true
}

func (c *compiler) textTest(op string, a, b *node, from int) *node {
	if !c.needTexts(op, a, b, from) {
		return broken(from)
	}
	test := map[string]func(string, string) bool{"contains": strings.Contains, "startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix}[op]
	return &node{typ: Boolean, from: from, run: func(f *frame) (any, error) {
		x, y, ok, err := f.texts(from, op, a, b)
		if err != nil {
			return nil, err
		}
		if !ok {
			return f.unknown(from, op), nil
		}
		return test(x, y), nil
	}}
}

func (c *compiler) matches(a, b *node, from int) *node {
	if !c.needTexts("matches", a, b, from) {
		return broken(from)
	}
	fixed, ok := c.pattern(b)
	if !ok {
		return broken(from)
	}
	return &node{typ: Boolean, from: from, run: func(f *frame) (any, error) {
		x, y, ok, err := f.texts(from, "matches", a, b)
		if err != nil {
			return nil, err
		}
		if !ok {
			return f.unknown(from, "matches"), nil
		}
		re := fixed
		if re == nil {
			if re, err = f.pattern(from, y); err != nil {
				return nil, err
			}
		}
		return re.MatchString(x), f.tick(from, len(x)/16)
	}}
}

// maxPattern is the length of a regular expression, in bytes.
const maxPattern = 1000

// pattern compiles a constant regular expression; nil for one that is not
// constant, not ok if it is wrong.
func (c *compiler) pattern(n *node) (*regexp.Regexp, bool) {
	text, ok := n.value.(string)
	if !n.constant || !ok {
		return nil, true
	}
	re, err := regexp.Compile(text)
	if err == nil && len(text) <= maxPattern {
		return re, true
	}
	if err == nil {
		c.fault(n.from, RuleValue, "regular expression of more than %d characters", maxPattern)
		return nil, false
	}
	c.fault(n.from, RuleValue, "%v", err).Hint = "regular expressions are RE2: no back-references, no look-around"
	return nil, false
}

func (f *frame) pattern(from int, text string) (*regexp.Regexp, error) {
	if err := f.tick(from, 200+10*len(text)); err != nil {
		return nil, err
	}
	if len(text) > maxPattern {
		return nil, f.fail(from, RuleRunValue, "regular expression of more than %d characters", maxPattern)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, f.p.problem(from, err)
	}
	return re, nil
}

// maxSpan is how many members a..b may have.
const maxSpan = 100_000

func (c *compiler) span(a, b *node, from int) *node {
	for _, n := range []*node{a, b} {
		if !n.typ.isNumber() && n.typ.kind != AnyKind {
			return c.bad(from, RuleType, "a range goes from integer to integer, not a %s", n.typ)
		}
	}
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
