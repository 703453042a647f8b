package nodes

import (
	"slices"

	"github.com/fiscus-project/fiscus/engine/formula"
)

// Type returns the static type of what the structure yields. All members are
// optional, since what is absent vanishes.
func (d *Data) Type() formula.Type { return d.Node.typed().Required() }

func (n *Node) typed() formula.Type {
	switch n.Kind {
	case TextNode:
		return n.Value.Type()
	case Entries:
		t := formula.Absent
		for _, c := range n.Children {
			t = merged(t, c.typed())
		}
		if t.Kind() == formula.AbsentKind {
			t = formula.Any
		}
		return formula.ListOf(t)
	case Element, Group:
		if n.Value != nil {
			return n.Value.Type()
		}
		return fieldsOf(n.Children)
	}
	return formula.Any
}

// fieldsOf is the type of the content the children make up.
func fieldsOf(children []*Node) formula.Type {
	fields := map[string]formula.Type{}
	for _, c := range children {
		switch {
		case c.Kind == Element && c.For != nil:
			fields[c.Name] = formula.ListOf(c.typed())
		case c.Kind == Element:
			fields[c.Name] = c.typed()
		case c.Kind == Group && c.For == nil && c.typed().Kind() == formula.MapKind:
			inner := c.typed()
			for _, name := range inner.Fields() {
				fields[name], _ = inner.At(name)
			}
		case len(children) == 1:
			return c.typed()
		default:
			return formula.Any
		}
	}
	return formula.MapOf(fields, false)
}

// merged is the type of a value that is of type a or b.
func merged(a, b formula.Type) formula.Type {
	number := func(t formula.Type) bool { return t.Kind() == formula.NumberKind || t.Kind() == formula.IntegerKind }
	switch {
	case a.Kind() == formula.AbsentKind:
		return b
	case b.Kind() == formula.AbsentKind:
		return a
	case a.Kind() == formula.MapKind && b.Kind() == formula.MapKind && !a.Open() && !b.Open():
		fields := map[string]formula.Type{}
		names := append(a.Fields(), b.Fields()...)
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			x, inA := a.At(name)
			y, inB := b.At(name)
			switch {
			case inA && inB:
				fields[name] = merged(x, y)
			case inA:
				fields[name] = x
			default:
				fields[name] = y
			}
		}
		return formula.MapOf(fields, false)
	case a.Kind() == b.Kind() && a.Definition() == b.Definition() && a.Kind() != formula.MapKind && a.Kind() != formula.ListKind:
		return a
	case number(a) && number(b):
		return formula.Number
	}
	return formula.Any
}
