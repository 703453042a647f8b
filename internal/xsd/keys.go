package xsd

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// track begins to note the types of values: an identity constraint is open.
func (v *run) track() {
	if v.tracking == 0 {
		clear(v.typed)
	}
	v.tracking++
}

// note remembers the type of the value of n while an identity constraint is open.
func (v *run) note(n xmltree.Node, simple int32) {
	if v.tracking == 0 {
		return
	}
	if int(n) >= len(v.typed) {
		v.typed = append(v.typed, make([]int32, v.doc.Len()-len(v.typed))...)
	}
	v.typed[n] = simple + 1
}

// typeAt returns 1 + the simple type of the value of n, 0 if it has none.
func (v *run) typeAt(n xmltree.Node) int32 {
	if int(n) < len(v.typed) {
		return v.typed[n]
	}
	return 0
}

// identities judges the constraints of element n, keys before references to them.
func (v *run) identities(n xmltree.Node, list []int32) {
	for _, kind := range []bool{false, true} {
		for _, i := range list {
			if id := &v.s.m.Idents[i]; (id.Kind == idKeyref) == kind {
				v.identity(n, id)
			}
		}
	}
}

func (v *run) identity(n xmltree.Node, id *identity) {
	if v.keys == nil {
		v.keys = map[int32]map[string]bool{}
	}
	name := v.s.m.Names[id.Name].Local
	here := map[string]bool{}
	for _, sel := range v.selected(n, id.Selector) {
		tuple, complete := v.tuple(sel, id)
		if !complete {
			if id.Kind == idKey {
				v.problem(sel, RuleIdentity, "a field of key %s is missing", name)
			}
			continue
		}
		if id.Kind == idKeyref {
			if !v.keys[id.Refer][tuple] {
				v.problem(sel, RuleIdentity, "%s refers to %s, which no key holds", name, short(shown(tuple)))
			}
			continue
		}
		if here[tuple] {
			v.problem(sel, RuleIdentity, "%s is not unique: %s occurs before", name, short(shown(tuple)))
		}
		here[tuple] = true
	}
	if id.Kind == idKeyref {
		return
	}
	if v.keys[id.Name] == nil {
		v.keys[id.Name] = here
		return
	}
	for t := range here {
		v.keys[id.Name][t] = true
	}
}

// shown makes a tuple readable.
func shown(tuple string) string {
	return strings.ReplaceAll(strings.TrimSuffix(tuple, "\x00"), "\x00", ", ")
}

// tuple returns the values of the fields of sel. A field leads to one node with
// a simple type, or to none (XML Schema part 1, 3.11.4).
func (v *run) tuple(sel xmltree.Node, id *identity) (tuple string, complete bool) {
	var b strings.Builder
	complete = true
	for _, field := range id.Fields {
		found := v.selected(sel, field)
		switch {
		case len(found) > 1:
			v.problem(sel, RuleIdentity, "a field of %s leads to %d nodes, at most one is allowed", v.s.m.Names[id.Name].Local, len(found))
			return "", false
		case len(found) == 0:
			complete = false
			continue
		}
		t := v.typeAt(found[0])
		if t == 0 {
			v.problem(found[0], RuleIdentity, "a field of %s leads to %s, which is no single value", v.s.m.Names[id.Name].Local, v.doc.QName(found[0]))
			return "", false
		}
		b.WriteString(v.canonical(found[0], t-1, v.doc.Text(found[0])))
		b.WriteByte(0)
	}
	return b.String(), complete
}

// selected returns the nodes that paths lead to from n.
func (v *run) selected(n xmltree.Node, paths []idPath) []xmltree.Node {
	var out []xmltree.Node
	for i := range paths {
		p := &paths[i]
		if !p.Deep {
			out = v.steps(n, p, p.Steps, out)
			continue
		}
		for d := n; d < v.doc.End(n); d++ {
			if v.doc.Kind(d) == xmltree.ElementNode {
				out = v.steps(d, p, p.Steps, out)
			}
		}
	}
	if len(paths) > 1 {
		slices.Sort(out)
		out = slices.Compact(out)
	}
	return out
}

func (v *run) steps(n xmltree.Node, p *idPath, steps []idStep, out []xmltree.Node) []xmltree.Node {
	if len(steps) == 0 {
		return append(out, n)
	}
	if p.Attribute && len(steps) == 1 {
		for a, end := v.doc.Attributes(n); a < end; a++ {
			if v.passes(a, &steps[0]) {
				out = append(out, a)
			}
		}
		return out
	}
	for c := range v.doc.Elements(n) {
		if v.passes(c, &steps[0]) {
			out = v.steps(c, p, steps[1:], out)
		}
	}
	return out
}

func (v *run) passes(n xmltree.Node, s *idStep) bool {
	if s.Any {
		return !s.In || v.doc.Space(n) == s.Space
	}
	return v.doc.Name(n) == v.s.ids[s.Name]
}
