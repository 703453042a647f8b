package xsd

import (
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// child judges element c as next child of the open element f.
func (v *run) child(f *frame, c xmltree.Node) {
	switch {
	case f.skip:
		return
	case f.null:
		v.notNil(f)
		return
	case f.simple > 0:
		if !f.failed {
			f.failed = true
			v.problem(c, RuleElement, "element %s inside %s, which may only hold text", v.doc.QName(c), v.doc.QName(f.n))
		}
		return
	case f.lax:
		v.lax(c)
		return
	}
	name := v.doc.Name(c)
	if f.machine == none {
		if !f.failed {
			f.failed = true
			v.problem(c, RuleElement, "element %s inside %s, which must be empty", v.doc.QName(c), v.doc.QName(f.n))
		}
		return
	}
	m := &v.s.m.Machines[f.machine]
	sym := v.s.syms[f.machine].get(name)
	if e := v.advance(f, m, sym, c); e != none {
		v.enter(c, &m.Leaves[e])
		return
	}
	if !f.failed {
		f.failed = true
		expected := v.expected(f, m)
		p := v.problem(c, RuleElement, "element %s is not expected here", v.doc.QName(c))
		p.Hint = "expected: " + expected
	}
	v.recover(m, name, c)
}

// advance moves f over an element and returns the leaf that matched, or none.
func (v *run) advance(f *frame, m *machine, sym int32, c xmltree.Node) int32 {
	if m.All {
		return v.advanceAll(f, m, sym)
	}
	if m.Forked {
		return v.advanceForked(f, m, sym, c)
	}
	if sym != none {
		for e := m.Table[int(f.state)*len(m.Syms)+int(sym)]; e != 0; e = m.Edges[e-1].Else {
			if v.try(f, m, m.Edges[e-1].Ops) {
				f.state = m.Edges[e-1].Leaf + 1
				return m.Edges[e-1].Leaf
			}
		}
	}
	if len(m.Wilds) == 0 {
		return none
	}
	space := v.doc.Space(c)
	for _, w := range m.Wilds {
		e := &m.Edges[w.Edge]
		if w.State == f.state && v.s.m.Wilds[m.Leaves[e.Leaf].Wild].admits(space) && v.try(f, m, e.Ops) {
			f.state = e.Leaf + 1
			return e.Leaf
		}
	}
	return none
}

func (v *run) advanceAll(f *frame, m *machine, sym int32) int32 {
	if sym == none {
		return none
	}
	leaf := m.Table[sym] - 1
	if used := &v.counters[f.counters+int(leaf)]; *used == 0 {
		*used, f.state = 1, 1
		return leaf
	}
	return none
}

// try carries out operations if all of them succeed, else none of them.
func (v *run) try(f *frame, m *machine, o ops) bool {
	if o.From == o.To {
		return true
	}
	if !v.allowed(f, m, o) {
		return false
	}
	for _, x := range m.Ops[o.From:o.To] {
		switch x.Kind {
		case opSet:
			v.counters[f.counters+int(x.Counter)] = 1
		case opAgain:
			v.counters[f.counters+int(x.Counter)]++
		}
	}
	return true
}

// allowed reports whether operations would succeed. An operation never tests a
// counter that an earlier one of the same list has set.
func (v *run) allowed(f *frame, m *machine, o ops) bool {
	for _, x := range m.Ops[o.From:o.To] {
		have, b := v.counters[f.counters+int(x.Counter)], m.Bounds[x.Counter]
		if x.Kind == opAgain && have >= b.Max || x.Kind == opLeave && have < b.Min {
			return false
		}
	}
	return true
}

// close judges whether the content of f is complete, and its identity constraints.
func (v *run) close(f *frame) {
	if f.mixed && !f.skip {
		v.fixedMixed(f.n, f.decl)
	}
	if f.machine != none && !f.failed {
		m := &v.s.m.Machines[f.machine]
		if !v.complete(f, m) {
			v.problem(f.n, RuleMissing, "element %s is not complete", v.doc.QName(f.n)).Hint = "expected: " + v.expected(f, m)
		}
	}
	if f.decl != none && len(v.s.m.Elements[f.decl].Idents) > 0 {
		v.identities(f.n, v.s.m.Elements[f.decl].Idents)
		v.tracking--
	}
}

func (v *run) complete(f *frame, m *machine) bool {
	if m.Forked {
		return v.completeForked(f, m)
	}
	if !m.All {
		a := m.Accept[f.state]
		return a.From >= 0 && v.allowed(f, m, a)
	}
	if f.state == 0 && m.Opt {
		return true
	}
	for i, l := range m.Leaves {
		if l.Required && v.counters[f.counters+i] == 0 {
			return false
		}
	}
	return true
}

// enter judges c against the leaf that it matched.
func (v *run) enter(c xmltree.Node, l *leaf) {
	if l.Element == none {
		v.wild(c, l.Wild)
		return
	}
	decl := l.Element
	if v.s.ids[v.s.m.Elements[decl].Name] != v.doc.Name(c) {
		decl = v.s.elements.get(v.doc.Name(c)) // a member of the substitution group
	}
	v.element(c, decl)
}

// wild judges c, which a wildcard admitted.
func (v *run) wild(c xmltree.Node, wild int32) {
	switch v.s.m.Wilds[wild].Process {
	case processSkip:
	case processLax:
		v.lax(c)
	default:
		decl := v.s.elements.get(v.doc.Name(c))
		if decl == none && v.doc.Attribute(c, v.s.xsi.typ) != xmltree.None {
			v.lax(c)
			return
		}
		if decl == none {
			v.problem(c, RuleElement, "no schema declares element %s", v.doc.NameOf(v.doc.Name(c)))
			return
		}
		v.element(c, decl)
	}
}

// lax judges c if it is declared, else what is inside it.
func (v *run) lax(c xmltree.Node) {
	if decl := v.s.elements.get(v.doc.Name(c)); decl != none {
		v.element(c, decl)
		return
	}
	t := typeAny
	if a := v.doc.Attribute(c, v.s.xsi.typ); a != xmltree.None {
		t = v.substitute(a, &element{}, t)
	}
	v.content(c, none, t, false)
}

// recover judges an element that was not expected by the declaration that its
// parent has for the name elsewhere, so that its own problems are found too.
func (v *run) recover(m *machine, name xmltree.NameID, c xmltree.Node) {
	for i := range m.Leaves {
		if e := m.Leaves[i].Element; e != none && v.s.ids[v.s.m.Elements[e].Name] == name {
			v.element(c, e)
			return
		}
	}
}

// expected lists what may come next in f.
func (v *run) expected(f *frame, m *machine) string {
	var out []string
	add := func(l *leaf) {
		if l.Element == none {
			out = append(out, "any element the schema admits here")
			return
		}
		out = append(out, v.s.m.Names[v.s.m.Elements[l.Element].Name].Local)
	}
	if m.All {
		for i := range m.Leaves {
			if v.counters[f.counters+i] == 0 {
				add(&m.Leaves[i])
			}
		}
		return listed(out)
	}
	for sym := range m.Syms {
		for e := m.Table[int(f.state)*len(m.Syms)+sym]; e != 0; e = m.Edges[e-1].Else {
			if v.allowed(f, m, m.Edges[e-1].Ops) {
				add(&m.Leaves[m.Edges[e-1].Leaf])
				break
			}
		}
	}
	for _, w := range m.Wilds {
		if w.State == f.state {
			add(&m.Leaves[m.Edges[w.Edge].Leaf])
		}
	}
	if a := m.Accept[f.state]; a.From >= 0 && v.allowed(f, m, a) {
		out = append(out, "the end of "+v.doc.QName(f.n))
	}
	return listed(out)
}

func listed(words []string) string {
	const most = 8
	if len(words) > most {
		words = append(words[:most:most], "...")
	}
	return strings.Join(words, ", ")
}
