package xsd

import (
	"encoding/binary"
	"slices"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// way is one of several ways in which the children so far fit a forked model.
type way struct {
	state    int32
	counters []int32
}

// maxWays bounds how many ways are followed; a model that needs more is judged
// by the first ones.
const maxWays = 1024

// advanceForked moves every way over an element. All that go on lead to the same
// leaf, because a content model must not be ambiguous in that.
func (v *run) advanceForked(f *frame, m *machine, sym int32, c xmltree.Node) int32 {
	if f.ways == nil {
		f.ways = []way{{f.state, slices.Clone(v.counters[f.counters:])}}
	}
	var next []way
	seen := map[string]bool{}
	leaf := none
	for _, w := range f.ways {
		for _, e := range v.edges(m, w.state, sym, c) {
			copy(v.counters[f.counters:], w.counters)
			if !v.try(f, m, m.Edges[e].Ops) {
				continue
			}
			leaf = m.Edges[e].Leaf
			if key := wayKey(leaf, v.counters[f.counters:]); len(next) < maxWays && !seen[key] {
				seen[key] = true
				next = append(next, way{leaf + 1, slices.Clone(v.counters[f.counters:])})
			}
		}
	}
	if leaf != none {
		f.ways, f.state = next, next[0].state
	}
	copy(v.counters[f.counters:], f.ways[0].counters)
	return leaf
}

func wayKey(leaf int32, counters []int32) string {
	b := binary.LittleEndian.AppendUint32(make([]byte, 0, 4+4*len(counters)), uint32(leaf))
	for _, c := range counters {
		b = binary.LittleEndian.AppendUint32(b, uint32(c))
	}
	return string(b)
}

// edges lists the edges for a name in a state.
func (v *run) edges(m *machine, state, sym int32, c xmltree.Node) []int32 {
	var out []int32
	if sym != none {
		for e := m.Table[int(state)*len(m.Syms)+int(sym)]; e != 0; e = m.Edges[e-1].Else {
			out = append(out, e-1)
		}
	}
	for _, w := range m.Wilds {
		if w.State == state && v.s.m.Wilds[m.Leaves[m.Edges[w.Edge].Leaf].Wild].admits(v.doc.Space(c)) {
			out = append(out, w.Edge)
		}
	}
	return out
}

func (v *run) completeForked(f *frame, m *machine) bool {
	if f.ways == nil {
		f.ways = []way{{f.state, slices.Clone(v.counters[f.counters:])}}
	}
	for _, w := range f.ways {
		copy(v.counters[f.counters:], w.counters)
		if a := m.Accept[w.state]; a.From >= 0 && v.allowed(f, m, a) {
			return true
		}
	}
	return false
}
