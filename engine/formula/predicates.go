package formula

import (
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// predicates are the built-ins that walk a list; true: the predicate is a
// condition, not a value.
var predicates = map[string]bool{
	"map": false, "filter": true, "all": true, "any": true, "none": true, "one": true, "count": true, "find": true, "sum": false, "sortBy": false,
}

// each is what a predicate built-in sees: the list and its predicate.
type each struct {
	c    *compiler
	name string
	from int
	list *node
	body *node // nil: the member itself
}

func (c *compiler) predicate(name string, args []ast.Node, from int) *node {
	if len(args) == 0 {
		return c.bad(from, RuleType, "%s needs a list", name)
	}
	e := each{c: c, name: name, from: from, list: c.node(args[0])}
	if k := e.list.typ.kind; k != ListKind && k != AnyKind && k != AbsentKind {
		return c.bad(e.list.from, RuleType, "%s needs a list, not a %s", name, e.list.typ)
	}
	if len(args) > 1 {
		e.body = c.body(args[1], e.list.typ.Elem())
		if name == "filter" || name == "find" {
			e.narrow(args[1])
		}
		if predicates[name] {
			c.needBoolean(e.body, "predicate of "+name)
		}
	}
	switch name {
	case "map":
		return e.mapped()
	case "filter":
		return e.filtered()
	case "find":
		return e.found()
	case "count":
		return e.counted()
	case "sum":
		return e.summed()
	case "sortBy":
		return e.sorted(args[2:])
	}
	return e.quantified()
}

// narrow makes what the predicate says is there always there in the members.
func (e *each) narrow(n ast.Node) {
	if p, ok := n.(*ast.PredicateNode); ok {
		n = p.Node
	}
	e.c.items = append(e.c.items, e.list.typ.Elem())
	yes, _ := e.c.holds(n, true)
	prefix := e.c.key(&ast.PointerNode{})
	e.c.items = e.c.items[:len(e.c.items)-1]
	if e.list.typ.kind == ListKind && len(yes) > 0 {
		list := *e.list
		list.typ = list.typ.withElem(narrowed(list.typ.Elem(), yes, prefix))
		e.list = &list
	}
}

func (c *compiler) body(n ast.Node, item Type) *node {
	if p, ok := n.(*ast.PredicateNode); ok {
		n = p.Node
	}
	c.items = append(c.items, item)
	body := c.node(n)
	c.items = c.items[:len(c.items)-1]
	return body
}

// walk evaluates the predicate for every member and hands both to visit until
// it is false. It reports whether there is a list.
func (e *each) walk(f *frame, visit func(i int, member, v any) (bool, error)) (bool, error) {
	v, err := e.list.run(f)
	if v == nil || err != nil {
		return false, err
	}
	list, ok := v.([]any)
	if !ok {
		return false, f.wrongType(e.from, "%s needs a list, not a %s", e.name, KindOf(v))
	}
	outer := f.item
	defer func() { f.item = outer }()
	for i, m := range list {
		if f.fuel--; f.fuel < 0 {
			return true, f.tick(e.from, 0)
		}
		m = plain(m)
		v := m
		if e.body != nil {
			f.item = m
			if v, err = e.body.run(f); f.three && predicates[e.name] && lacking(err) {
				v, err = nil, nil
			}
			if err != nil {
				return true, err
			}
		}
		if more, err := visit(i, m, v); !more || err != nil {
			return true, err
		}
	}
	return true, nil
}

// truth returns a value as a condition; absent is known to be neither.
func (e *each) truth(f *frame, v any) (value, known bool, err error) {
	if v == nil {
		return false, false, nil
	}
	b, ok := v.(bool)
	if !ok {
		return false, false, f.wrongType(e.from, "predicate of %s gives a %s, not true or false", e.name, KindOf(v))
	}
	return b, true, nil
}

func (e *each) node(t Type, run evalFn) *node { return &node{typ: t, from: e.from, run: run} }

func (e *each) mapped() *node {
	return e.node(ListOf(e.body.typ), func(f *frame) (any, error) {
		out := []any{}
		ok, err := e.walk(f, func(_ int, _, v any) (bool, error) {
			if err := f.build(e.from, 16); err != nil {
				return false, err
			}
			out = append(out, v)
			return true, nil
		})
		if !ok || err != nil {
			return nil, err
		}
		return out, nil
	})
}

func (e *each) filtered() *node {
	t := e.list.typ
	if t.kind != ListKind {
		t = ListOf(Any)
	}
	return e.node(t.optional(), func(f *frame) (any, error) {
		out := []any{}
		ok, err := e.walk(f, func(_ int, m, v any) (bool, error) {
			b, _, err := e.truth(f, v)
			if b && err == nil {
				out = append(out, m)
				err = f.build(e.from, 16)
			}
			return true, err
		})
		if !ok || err != nil {
			return nil, err
		}
		return out, nil
	})
}

func (e *each) found() *node {
	return e.node(e.list.typ.Elem().optional(), func(f *frame) (any, error) {
		var out any
		_, err := e.walk(f, func(_ int, m, v any) (bool, error) {
			b, _, err := e.truth(f, v)
			if b {
				out = m
			}
			return !b, err
		})
		if err != nil {
			return nil, err
		}
		return out, nil
	})
}

func (e *each) counted() *node {
	return e.node(Integer, func(f *frame) (any, error) {
		n, unsure := int64(0), false
		ok, err := e.walk(f, func(_ int, _, v any) (bool, error) {
			b, known, err := e.truth(f, v)
			if b {
				n++
			}
			unsure = unsure || !known
			return true, err
		})
		if !ok || err != nil || f.three && unsure {
			return nil, err
		}
		return decimal.FromInt(n), nil
	})
}

// quantified is all, any, none and one. An absent verdict on a member leaves
// the result absent where unknown is told from false, unless the others decide.
func (e *each) quantified() *node {
	return e.node(Boolean, func(f *frame) (any, error) {
		yes, no, unsure := 0, 0, 0
		ok, err := e.walk(f, func(_ int, _, v any) (bool, error) {
			b, known, err := e.truth(f, v)
			switch {
			case !known && f.three:
				unsure++
			case b:
				yes++
			default:
				no++
			}
			decided := e.name == "all" && no > 0 || (e.name == "any" || e.name == "none") && yes > 0 || e.name == "one" && yes > 1
			return !decided, err
		})
		if !ok || err != nil {
			return nil, err
		}
		switch {
		case e.name == "all" && no > 0, e.name == "none" && yes > 0, e.name == "one" && yes > 1:
			return false, nil
		case e.name == "any" && yes > 0:
			return true, nil
		case unsure > 0:
			return nil, nil
		}
		return e.name == "all" || e.name == "none" || e.name == "one" && yes == 1, nil
	})
}

// summed leaves absent members out; the sum of none is 0.
func (e *each) summed() *node {
	t := e.list.typ.Elem()
	if e.body != nil {
		t = e.body.typ
	}
	if !t.isNumber() && t.kind != AnyKind && t.kind != AbsentKind {
		return e.c.bad(e.from, RuleType, "sum needs numbers, not a %s", t)
	}
	if t.kind != IntegerKind {
		t = Number
	}
	return e.node(t.Required(), func(f *frame) (any, error) {
		total := decimal.Zero
		_, err := e.walk(f, func(_ int, _, v any) (bool, error) {
			if v == nil {
				return true, nil
			}
			d, ok := v.(decimal.Decimal)
			if !ok {
				return false, f.wrongType(e.from, "sum needs numbers, not a %s", KindOf(v))
			}
			total = total.Add(d)
			return true, nil
		})
		if err != nil {
			return nil, err
		}
		return f.sized(e.from, total)
	})
}

// sorted is sortBy(list, key, "asc" or "desc"): stable, absent keys last.
func (e *each) sorted(more []ast.Node) *node {
	descending := false
	if len(more) > 0 {
		how := e.c.node(more[0])
		text, ok := how.value.(string)
		if !ok || text != "asc" && text != "desc" {
			return e.c.bad(how.from, RuleValue, `sortBy goes "asc" or "desc"`)
		}
		descending = text == "desc"
	}
	switch e.body.typ.kind {
	case BooleanKind, BytesKind, ListKind, MapKind, TreeKind, SecretKind, CertificateKind, ConnectionKind:
		return e.c.bad(e.body.from, RuleType, "a %s has no order", e.body.typ)
	}
	t := e.list.typ
	if t.kind != ListKind {
		t = ListOf(Any)
	}
	return e.node(t.optional(), func(f *frame) (any, error) {
		type pair struct{ key, member any }
		pairs := []pair{}
		ok, err := e.walk(f, func(_ int, m, v any) (bool, error) {
			pairs = append(pairs, pair{v, m})
			return true, f.build(e.from, 48)
		})
		if !ok || err != nil {
			return nil, err
		}
		var wrong error
		slices.SortStableFunc(pairs, func(a, b pair) int {
			if wrong != nil {
				return 0
			}
			if wrong = f.tick(e.from, 1); wrong != nil {
				return 0
			}
			n, err := e.compare(f, a.key, b.key, descending)
			wrong = err
			return n
		})
		if wrong != nil {
			return nil, wrong
		}
		out := make([]any, len(pairs))
		for i, p := range pairs {
			out[i] = p.member
		}
		return out, nil
	})
}

func (e *each) compare(f *frame, a, b any, descending bool) (int, error) {
	switch {
	case a == nil && b == nil:
		return 0, nil
	case a == nil:
		return 1, nil
	case b == nil:
		return -1, nil
	}
	n, ok := order(a, b)
	if !ok {
		return 0, f.wrongType(e.from, "sortBy cannot order a %s and a %s", KindOf(a), KindOf(b))
	}
	if descending {
		n = -n
	}
	return n, nil
}
