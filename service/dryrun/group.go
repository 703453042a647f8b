package dryrun

import (
	"cmp"
	"maps"
	"slices"
)

// Summary is what a comparison of many documents comes to. Its size depends on
// how many causes there are, not on how many documents.
type Summary struct {
	Old       string   `json:"old"` // the configurations, as people name them
	New       string   `json:"new"`
	Documents int      `json:"documents"`
	Same      int      `json:"same"`
	Changed   int      `json:"changed"`
	Preview   int      `json:"preview"` // documents in which a stand-in took part
	Groups    []*Group `json:"groups"`
}

// Group is all differences of one cause.
type Group struct {
	Cause
	Changes   int       `json:"changes"`
	Documents int       `json:"documents"`
	Examples  []Example `json:"examples"`
	last      int       // number of the last document counted
}

// Example is one difference of a group.
type Example struct {
	File string `json:"file"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

// examples is how many examples a group keeps.
const examples = 3

// Grouped collects comparisons. Not safe for concurrent use.
type Grouped struct {
	sum    Summary
	groups map[Cause]*Group
}

// NewGrouped returns an empty collection for two configurations.
func NewGrouped(old, new string) *Grouped {
	return &Grouped{sum: Summary{Old: old, New: new}, groups: map[Cause]*Group{}}
}

// Add takes in the comparison of one document.
func (g *Grouped) Add(c Comparison) {
	g.sum.Documents++
	if c.Preview {
		g.sum.Preview++
	}
	if len(c.Changes) == 0 {
		g.sum.Same++
		return
	}
	g.sum.Changed++
	for i := range c.Changes {
		x := &c.Changes[i]
		cause := x.cause()
		of := g.groups[cause]
		if of == nil {
			of = &Group{Cause: cause, Examples: []Example{}}
			g.groups[cause] = of
		}
		of.Changes++
		if of.last != g.sum.Documents {
			of.last = g.sum.Documents
			of.Documents++
			if len(of.Examples) < examples {
				of.Examples = append(of.Examples, Example{c.File, x.Old, x.New})
			}
		}
	}
}

var kinds = map[string]int{KindSelection: 0, KindFinding: 1, KindStatus: 2, KindStep: 3, KindArtifact: 4, KindCall: 5, KindResult: 6}

// Summary returns what was collected: what may follow from something else
// last, else by kind, the most frequent first.
func (g *Grouped) Summary() Summary {
	out := g.sum
	out.Groups = slices.SortedFunc(maps.Values(g.groups), func(a, b *Group) int {
		later := func(x *Group) int { return map[bool]int{true: 1}[x.Later] }
		return cmp.Or(cmp.Compare(later(a), later(b)), cmp.Compare(kinds[a.Kind], kinds[b.Kind]), cmp.Compare(b.Documents, a.Documents),
			cmp.Compare(a.Flow, b.Flow), cmp.Compare(a.Step, b.Step), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.How, b.How))
	})
	return out
}
