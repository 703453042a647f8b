package schematron

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xpath"
)

// candidate is a rule that can fire at a place of documents.
type candidate struct {
	rule *rule
	sure bool           // no predicate has a say
	rest *xpath.Pattern // the alternatives that can match there
}

// place is a path of element names with the rules that can fire there. Documents
// of one kind share their places: the names of contexts are compared once for a
// place, not for each element of each document.
type place struct {
	name     xmltree.NameID
	list     []candidate
	path     []xmltree.Name
	children atomic.Pointer[[]*place]
}

// maxPlaces bounds what documents can make a rule set remember.
const maxPlaces = 20_000

// places is the tree of all places met so far.
type places struct {
	mu   sync.Mutex
	root place
	size int
}

// below returns the place of a child name. A place beyond the bound, or of a name
// that only this document knows, is made for this document alone.
func (s *RuleSet) below(up *place, id xmltree.NameID, name func(xmltree.NameID) xmltree.Name) *place {
	if list := up.children.Load(); list != nil {
		for _, p := range *list {
			if p.name == id {
				return p
			}
		}
	}
	p := &place{name: id, path: append(slices.Clip(up.path), name(id))}
	rules := s.any[xmltree.ElementNode]
	if named, ok := s.byName[trigger{xmltree.ElementNode, id}]; ok {
		rules = named
	}
	p.list = s.candidates(rules, p.path)
	if id <= 0 || up.name < 0 {
		return p
	}
	s.places.mu.Lock()
	defer s.places.mu.Unlock()
	list := up.children.Load()
	if list != nil {
		for _, old := range *list {
			if old.name == id {
				return old
			}
		}
	}
	if s.places.size >= maxPlaces {
		return p
	}
	s.places.size++
	var next []*place
	if list != nil {
		next = slices.Clone(*list)
	}
	next = append(next, p)
	up.children.Store(&next)
	return p
}

// candidates judges rules for a path. After a rule that fires for sure no later
// rule of its pattern can.
func (s *RuleSet) candidates(rules []*rule, path []xmltree.Name) []candidate {
	var out []candidate
	sure := -1
	for _, r := range rules {
		if r.pattern == sure {
			continue
		}
		rest, fit := r.match.Fit(path)
		if fit == xpath.Never {
			continue
		}
		if fit == xpath.Always {
			sure = r.pattern
		}
		out = append(out, candidate{r, fit == xpath.Always, rest})
	}
	return out
}
