package load

import (
	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/nodes"
)

// fragment is a fragment that mappings use by name.
type fragment struct {
	unit
	fragment *nodes.Fragment
}

// fragmentHeads reads the names and inputs of all fragments, so that mappings
// can use them.
func (l *loader) fragmentHeads() {}

// mapping compiles a mapping file once and keeps it under its path.
func (l *loader) mapping(u *unit) *nodes.Mapping {
	l.notBuilt(u.node.Pos, "mappings")
	return nil
}

// mappingGiven returns the mapping that a parameter names, or that stands in
// its place.
func (l *loader) mappingGiven(s *scope, n *yml.Node) *nodes.Mapping {
	if n.Kind != yml.Scalar {
		l.notBuilt(n.Pos, "mappings")
		return nil
	}
	if u := l.lookUp(n.Text, "mapping", n.TextPos()); u != nil {
		return l.mapping(u)
	}
	return nil
}

// inlineMapping compiles a structure that stands where it is used: format xml
// or json, names of s in sight.
func (l *loader) inlineMapping(s *scope, format string, n *yml.Node) *nodes.Mapping {
	l.notBuilt(n.Pos, "mappings")
	return nil
}

// mappingRefs returns the names that an inline mapping reads.
func mappingRefs(m *nodes.Mapping) [][]string { return nil }

// partOf checks that a mapping has the part that is named.
func (l *loader) partOf(m *nodes.Mapping, n *yml.Node) {}

// data compiles a structure in the node language: nil after a problem.
func (l *loader) data(s *scope, n *yml.Node) engine.Expr {
	l.notBuilt(n.Pos, "mappings")
	return nil
}

// reading compiles a reading file.
func (l *loader) reading(u *unit) { l.notBuilt(u.node.Pos, "readings") }
