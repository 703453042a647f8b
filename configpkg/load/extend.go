package load

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// extended returns the mapping that n makes of another one, as if it had been
// written whole: keys of maps that n has win or are added, then its changes
// are made. given are the inputs of the other one that n gives itself.
func (l *loader) extended(n *yml.Node, way []string) (whole *yml.Node, given []*yml.Node) {
	e := n.Entry("extends")
	if e == nil || e.Value.Kind != yml.Scalar {
		return n, nil
	}
	name := e.Value.Text
	u := l.lookUp(name, "mapping", e.Value.TextPos())
	if u == nil {
		return nil, nil
	}
	if slices.Contains(way, name) || u.path == n.Pos.File {
		l.fault(e.Value.TextPos(), RuleChange, "", "mapping %s extends itself", name)
		return nil, nil
	}
	base, outer := l.extended(u.node, append(way, name))
	if base == nil {
		return nil, nil
	}
	out := merge(base, n)
	if c := n.Get("change"); c != nil {
		l.changes(out, c)
	}
	if w := n.Get("with"); w != nil {
		given = append(given, w)
	}
	return out, append(outer, given...)
}

// mergedKeys are the keys whose maps are put together; others are taken whole.
var mergedKeys = []string{"inputs", "namespaces", "formats", "defaults", "let", "fragments", "parts"}

// merge returns a copy of base with what top has.
func merge(base, top *yml.Node) *yml.Node {
	out := base.Clone()
	for _, e := range top.Entries {
		if slices.Contains([]string{"extends", "with", "change"}, e.Key) {
			continue
		}
		old := out.Entry(e.Key)
		switch {
		case old == nil:
			out.Entries = append(out.Entries, e)
		case slices.Contains(mergedKeys, e.Key) && old.Value.Kind == yml.Map && e.Value.Kind == yml.Map:
			old.Value = merge(old.Value, e.Value)
		default:
			*old = e
		}
	}
	out.Pos = top.Pos
	return out
}

// changes makes the changes of a list, in order.
func (l *loader) changes(m, list *yml.Node) {
	if list.Kind != yml.List {
		l.fault(list.Pos, RuleKind, "write change: [{at: path, put: ...}]", "change is a list, not a %s", list.Kind)
		return
	}
	for _, n := range list.Items {
		if o := l.object(n, "change"); o.ok() && o.has("at") {
			l.change(m, o)
		}
	}
}

var changeWords = []string{"put", "before", "after", "replace", "remove"}

func (l *loader) change(m *yml.Node, o object) {
	deed := ""
	for _, w := range changeWords {
		if o.has(w) && deed != "" {
			l.fault(o.pos(w), RuleChange, "write another change", "a change does one thing, not %s and %s", deed, w)
			return
		} else if o.has(w) {
			deed = w
		}
	}
	if deed == "" {
		l.fault(o.node.Pos, RuleChange, "write one of "+strings.Join(changeWords, ", "), "a change that does nothing")
		return
	}
	parent, i := l.changed(m, o.get("at"))
	if parent == nil {
		return
	}
	value := o.get(deed).Clone() // a later change may go into it
	if deed != "replace" && deed != "remove" && value.Kind != yml.Map {
		l.fault(value.Pos, RuleKind, "write {name: content}", "%q takes a map, not a %s", deed, value.Kind)
		return
	}
	switch deed {
	case "put":
		parent.set(i, put(parent.get(i), value))
	case "replace":
		parent.set(i, value)
	case "remove":
		parent.remove(i)
	case "before":
		l.insert(parent, i, value)
	case "after":
		l.insert(parent, i+1, value)
	}
}

// put adds entries to an element; a text becomes its $text.
func put(n, more *yml.Node) *yml.Node {
	if n.Kind == yml.Scalar {
		n = &yml.Node{Kind: yml.Map, Pos: n.Pos, Entries: []yml.Entry{{Key: "$text", KeyPos: n.Pos, Value: n}}}
	}
	for _, e := range more.Entries {
		if old := n.Entry(e.Key); old != nil {
			*old = e
		} else {
			n.Entries = append(n.Entries, e)
		}
	}
	return n
}

func (l *loader) insert(parent *member, i int, more *yml.Node) {
	if parent.n.Kind != yml.Map {
		l.fault(more.Pos, RuleChange, "name the element itself", "nothing can stand before or after one of a list")
		return
	}
	parent.n.Entries = slices.Insert(parent.n.Entries, i, more.Entries...)
}

// member is a map or list whose member is changed.
type member struct{ n *yml.Node }

func (s *member) get(i int) *yml.Node {
	if s.n.Kind == yml.List {
		return s.n.Items[i]
	}
	return s.n.Entries[i].Value
}

func (s *member) set(i int, v *yml.Node) {
	if s.n.Kind == yml.List {
		s.n.Items[i] = v
	} else {
		s.n.Entries[i].Value = v
	}
}

func (s *member) remove(i int) {
	if s.n.Kind == yml.List {
		s.n.Items = slices.Delete(s.n.Items, i, i+1)
	} else {
		s.n.Entries = slices.Delete(s.n.Entries, i, i+1)
	}
}

// changed finds the place a path leads to: names of elements from the root
// on, [2] for one of a list.
func (l *loader) changed(m, at *yml.Node) (*member, int) {
	path := strings.Split(strings.TrimPrefix(at.Text, "root/"), "/")
	here := m.Get("root")
	if here == nil {
		l.fault(at.TextPos(), RuleChange, "", "the other mapping has no root")
		return nil, 0
	}
	var parent *member
	i := 0
	for _, step := range path {
		name, index, ok := cutIndex(step)
		if !ok {
			l.fault(at.TextPos(), RuleChange, "write Name[2]", "%q is no step of a path", step)
			return nil, 0
		}
		i = slices.IndexFunc(here.Entries, func(e yml.Entry) bool { return e.Key == name })
		if i < 0 {
			var known []string
			for _, e := range here.Entries {
				known = append(known, e.Key)
			}
			l.fault(at.TextPos(), RuleChange, diag.DidYouMean(name, known), "path %q no longer fits: there is no %q", at.Text, name)
			return nil, 0
		}
		parent = &member{here}
		if here = parent.get(i); index > 0 {
			if here.Kind != yml.List || index > len(here.Items) {
				l.fault(at.TextPos(), RuleChange, "", "path %q no longer fits: there is no %q", at.Text, step)
				return nil, 0
			}
			parent, i = &member{here}, index-1
			here = parent.get(i)
		}
	}
	return parent, i
}

func cutIndex(step string) (name string, index int, ok bool) {
	name, rest, found := strings.Cut(step, "[")
	if !found {
		return name, 0, name != ""
	}
	digits, found := strings.CutSuffix(rest, "]")
	index, err := strconv.Atoi(digits)
	return name, index, found && err == nil && index > 0 && name != ""
}

// allowed returns the inputs that are given in n, or all if one is not known,
// so that it is reported.
func allowed(inputs []engine.Input, n *yml.Node) (out []engine.Input) {
	for _, in := range inputs {
		if n.Get(in.Name) != nil {
			out = append(out, in)
		}
	}
	if len(out) < len(n.Entries) {
		return inputs
	}
	return out
}

// withoutGiven returns the inputs that are not given.
func withoutGiven(inputs []engine.Input, given []engine.Let) (out []engine.Input) {
	for _, in := range inputs {
		if !slices.ContainsFunc(given, func(l engine.Let) bool { return l.Name == in.Name }) {
			out = append(out, in)
		}
	}
	return out
}
