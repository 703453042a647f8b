package engine

import (
	"strings"

	"github.com/fiscus-project/fiscus/engine/nodes"
)

// origins knows of the documents a run wrote, the last one last, what their
// values came from. That is worked out when it is asked for: a run in which
// nothing is found fault with does not pay for it.
type origins struct {
	work  []func() []nodes.Origin
	known map[int][]nodes.Origin
}

// Wrote tells the run that the action wrote a document; lineage works out what
// its values came from. It may be called later, or never.
func (s *Step) Wrote(lineage func() []nodes.Origin) {
	s.origins.work = append(s.origins.work, lineage)
}

// OriginOf returns what the value at a path came from, as a finding of a judge
// names it, in a document that this run wrote: itself, or inside another one.
// The document written last wins.
func (s *Step) OriginOf(path string) (nodes.Origin, bool) {
	path = strings.TrimSuffix(path, "/text()")
	for i := len(s.origins.work) - 1; i >= 0 && path != ""; i-- {
		for _, o := range s.origins.of(i) {
			if strings.HasSuffix(path, o.Path) {
				return o, true
			}
		}
	}
	return nodes.Origin{}, false
}

func (o *origins) of(i int) []nodes.Origin {
	if list, ok := o.known[i]; ok {
		return list
	}
	if o.known == nil {
		o.known = map[int][]nodes.Origin{}
	}
	o.known[i] = o.work[i]()
	return o.known[i]
}
