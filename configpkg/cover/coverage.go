package cover

import (
	"fmt"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Coverage is what the tests of a package reach of what it says.
type Coverage struct {
	Total   int     `json:"total"`
	Covered int     `json:"covered"`
	Kinds   []Count `json:"kinds"`
	Missed  []Unit  `json:"missed"` // by place
}

// Count is the coverage of one kind of unit.
type Count struct {
	Kind    string `json:"kind"`
	Total   int    `json:"total"`
	Covered int    `json:"covered"`
}

// Percent returns the share that is covered, 0 to 100, and 100 of nothing.
func (c *Coverage) Percent() float64 {
	if c.Total == 0 {
		return 100
	}
	return 100 * float64(c.Covered) / float64(c.Total)
}

// tracker notes what one test reaches. It belongs to one goroutine.
type tracker map[hit]bool

// note is the watch of a catalog.
func (t tracker) note(pos diag.Pos, what any) {
	h := hit{pos: pos}
	switch v := what.(type) {
	case bool:
		h.what = fmt.Sprint(v)
	case formula.Mark:
		h.what = string(v)
		t[hit{diag.Pos{File: pos.File}, h.what}] = true // a table counts as a whole
	case nil:
		h.what = "absent"
	}
	t[h] = true
}

// coverage compares what all tests reached with what there is.
func coverage(pkg *engine.Package, tests []*Result) *Coverage {
	c := &Coverage{}
	counts := map[string]*Count{}
	for _, k := range Kinds {
		counts[k] = &Count{Kind: k}
	}
	for _, u := range units(pkg) {
		met := false
		for _, t := range tests {
			met = met || t != nil && t.hits[u.met]
		}
		n := counts[u.Kind]
		n.Total++
		if met {
			n.Covered++
		} else {
			c.Missed = append(c.Missed, u)
		}
	}
	for _, k := range Kinds {
		c.Kinds = append(c.Kinds, *counts[k])
		c.Total += counts[k].Total
		c.Covered += counts[k].Covered
	}
	return c
}
