package xsd

import "github.com/fiscus-project/fiscus/internal/xmltree"

// attributes judges the attributes of n against type t.
func (v *run) attributes(n xmltree.Node, t int32) {
	first, end := v.doc.Attributes(n)
	d, r := &v.s.m.Types[t], &v.s.run[t]
	if first == end && len(r.required) == 0 {
		return
	}
	if cap(v.seen) < len(d.Uses) {
		v.seen = make([]bool, len(d.Uses))
	}
	seen := v.seen[:len(d.Uses)]
	clear(seen)
	for a := first; a < end; a++ {
		name := v.doc.Name(a)
		switch name {
		case v.s.xsi.typ, v.s.xsi.null, v.s.xsi.location, v.s.xsi.noLocation:
			continue
		}
		if i := r.uses.get(name); i != none {
			seen[i] = true
			v.attribute(n, a, &d.Uses[i])
			continue
		}
		v.wildAttribute(n, a, d.Wild)
	}
	for _, i := range r.required {
		if !seen[i] {
			v.problem(n, RuleAttribute, "element %s has no attribute %s", v.doc.QName(n), v.s.m.Names[v.s.m.Attrs[d.Uses[i].Attr].Name])
		}
	}
}

func (v *run) attribute(n, a xmltree.Node, u *use) {
	decl := &v.s.m.Attrs[u.Attr]
	value := v.doc.Value(a)
	if u.Flags&flagFixed != 0 && !v.equal(a, decl.Simple, value, u.Value) {
		v.problem(a, RuleValue, "attribute %s is %s, the schema fixes it to %s", v.doc.QName(a), short(value), short(u.Value))
		return
	}
	v.value(n, a, decl.Simple, value)
}

// wildAttribute judges an attribute that the type does not name.
func (v *run) wildAttribute(n, a xmltree.Node, wild int32) {
	if wild == none || !v.s.m.Wilds[wild].admits(v.doc.Space(a)) {
		v.problem(a, RuleAttribute, "attribute %s is not allowed on element %s", v.doc.QName(a), v.doc.QName(n))
		return
	}
	process := v.s.m.Wilds[wild].Process
	if process == processSkip {
		return
	}
	if i := v.s.attrs.get(v.doc.Name(a)); i != none {
		v.attribute(n, a, &use{Attr: i, Flags: v.s.m.Attrs[i].Flags, Value: v.s.m.Attrs[i].Value})
	} else if process == processStrict {
		v.problem(a, RuleAttribute, "no schema declares attribute %s", v.doc.NameOf(v.doc.Name(a)))
	}
}
