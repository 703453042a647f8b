package formula

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
		if f.three && lacking(err) {
			return false, false, nil
		}
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
	t.gap = b.typ.gap || b.typ.kind == AbsentKind
	t.required = b.typ.required || b.constant && b.value != nil
	return &node{typ: t, from: from, run: func(f *frame) (any, error) {
		v, err := a.run(f)
		if v != nil || err != nil {
			return v, err
		}
		return b.run(f)
	}}
}
