package load

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// use compiles $use with its inputs.
func (c *nodeCompiler) use(y *yml.Node, e yml.Entry, s *scope) *nodes.Node {
	name := e.Value
	if name.Kind != yml.Scalar || name.Empty() || strings.HasPrefix(name.Text, "=") {
		c.l.fault(name.Pos, RuleKind, "", "$use takes the name of a fragment")
		return nil
	}
	with := y.Get("with" + suffixOf(e.Key))
	f := c.fragment(name)
	if f == nil {
		return nil
	}
	inputs := f.Inputs
	lets := c.l.inputsGiven(s, with, inputs, e.KeyPos, "fragment "+f.Name)
	return &nodes.Node{Kind: nodes.Use, Pos: e.KeyPos, Fragment: f, With: nodeLets(lets)}
}

// fragment finds and compiles the fragment a $use names.
func (c *nodeCompiler) fragment(name *yml.Node) *nodes.Fragment {
	full := c.l.from(name.Text, name.Pos)
	f := c.own[name.Text]
	if f == nil {
		f = c.l.fragments[full]
	}
	if f == nil && c.l.unknownAlias(full, name.TextPos()) {
		return nil
	}
	if f == nil {
		var known []string
		for n := range c.own {
			known = append(known, n)
		}
		for n := range c.l.fragments {
			known = append(known, n)
		}
		slices.Sort(known)
		c.l.fault(name.TextPos(), RuleFragment, diag.DidYouMean(name.Text, known), "unknown fragment %q", name.Text)
		return nil
	}
	if slices.Contains(c.busy, f) {
		c.l.fault(name.TextPos(), RuleFragment, "", "fragment %q uses itself", name.Text)
		return nil
	}
	return c.compiled(f)
}

// compiled compiles a fragment once for this mapping.
func (c *nodeCompiler) compiled(f *fragment) *nodes.Fragment {
	if done := c.done[f]; done != nil {
		return done
	}
	if c.done == nil {
		c.done = map[*fragment]*nodes.Fragment{}
	}
	if c.l.usedFragments == nil {
		c.l.usedFragments = map[*fragment]bool{}
	}
	c.l.usedFragments[f] = true
	c.busy = append(c.busy, f)
	o := c.l.object(f.node, "fragment")
	out := &nodes.Fragment{Name: f.name, Pos: f.pos}
	c.done[f] = out
	if o.ok() {
		out.Inputs = c.l.declared(o, "inputs")
		s := c.base.foreign(f.pos.File).inputs(out.Inputs)
		lets, s := s.letting(o)
		out.Let = nodeLets(lets)
		if n := o.get("nodes"); n != nil {
			out.Nodes = []*nodes.Node{c.caseOf(n, s)}
		}
	}
	c.busy = c.busy[:len(c.busy)-1]
	return out
}

// fragment is a piece of the node language before it is compiled: it is
// compiled anew for each mapping, whose formats and prefixes it takes.
type fragment struct {
	name string
	node *yml.Node
	pos  diag.Pos
}

// fragmentHeads reads the names of all fragments of the package.
func (l *loader) fragmentHeads() {
	for _, u := range append(l.byKind("fragments"), l.foreignOf("fragments")...) {
		if folderOf(u.path) == "readings" {
			continue // these are of another language: readingFragments
		}
		if u.name.Kind != yml.Map {
			l.fault(u.name.Pos, RuleKind, "write fragments: {name: {inputs: ..., nodes: ...}}", "fragments is a map, not a %s", u.name.Kind)
			continue
		}
		for name, f := range l.fragmentMap(u.name) {
			if name = l.from(name, f.pos); l.fragments[name] != nil {
				first := l.fragments[name]
				l.fault(f.pos, RuleTwice, "", "fragment %q stands here and in %s", name, first.pos)
				continue
			}
			l.fragments[name] = f
		}
	}
}

func (l *loader) fragmentMap(n *yml.Node) map[string]*fragment {
	all := map[string]*fragment{}
	if n == nil {
		return all
	}
	for _, e := range n.Entries {
		all[l.name(e.Key, e.KeyPos, "fragment")] = &fragment{e.Key, e.Value, e.KeyPos}
	}
	return all
}

// checkFragments compiles the fragments that no mapping uses, so that their
// problems are found too.
func (l *loader) checkFragments(s *scope) {
	c := &nodeCompiler{l: l, xml: true, base: s}
	for _, u := range l.byKind("fragments") {
		if folderOf(u.path) == "readings" {
			continue
		}
		for _, e := range u.name.Entries {
			if f := l.fragments[e.Key]; f != nil && !l.usedFragments[f] {
				c.compiled(f)
			}
		}
	}
}
