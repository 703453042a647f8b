package formula

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
		if t, is := x.(string); is && len(t) > 256 {
			if err := f.tick(from, len(t)/256); err != nil {
				return nil, err
			}
		}
		n, ok := order(x, y)
		if !ok {
			return nil, f.wrongType(from, "operator %s cannot compare a %s and a %s", op, KindOf(x), KindOf(y))
		}
		return n < 0 && less || n == 0 && equal || n > 0 && greater, nil
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
