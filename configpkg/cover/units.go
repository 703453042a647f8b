package cover

import (
	"maps"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// The kinds of unit that coverage counts.
const (
	KindStep    = "steps"         // a step is run
	KindBranch  = "branches"      // a condition is true once, and false once
	KindRule    = "rules"         // a rule holds once, and fails once
	KindMapping = "mapping lines" // an element, attribute, member or column is written
	KindAnswer  = "answer codes"  // a code is met; a table counts once
	KindHandle  = "handle"        // a deed is done
	KindLookUp  = "look-ups"      // a deed that asks is done
	KindRetry   = "retry"         // a step is tried again, or asks again
)

// Kinds lists the kinds in the order of reports.
var Kinds = []string{KindStep, KindBranch, KindRule, KindMapping, KindAnswer, KindHandle, KindLookUp, KindRetry}

// Unit is something a package says that its tests ought to reach.
type Unit struct {
	Kind string   `json:"kind"`
	Pos  diag.Pos `json:"pos"`
	Says string   `json:"says"` // what did not happen, if it did not

	met hit
}

// hit is something that happened at a place; of a table the whole file.
type hit struct {
	pos  diag.Pos
	what string // "true", "false", "", or a mark
}

// units lists what the tests of a package ought to reach, by place.
func units(pkg *engine.Package) []Unit {
	c := &collector{seen: map[hit]bool{}, nodes: map[*nodes.Node]bool{}}
	for _, f := range pkg.Flows {
		c.branch(f.When, "when of flow "+f.Name)
		for _, s := range f.Steps {
			c.step(s)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(pkg.Answers)) {
		c.answers(pkg.Answers[name])
	}
	for _, name := range slices.Sorted(maps.Keys(pkg.Rules)) {
		c.rules(pkg.Rules[name])
	}
	for _, name := range slices.Sorted(maps.Keys(pkg.Mappings)) {
		if !strings.HasPrefix(name, "simulator/") {
			c.mapping(pkg.Mappings[name])
		}
	}
	slices.SortStableFunc(c.units, func(a, b Unit) int { return a.Pos.Compare(b.Pos) })
	return c.units
}

type collector struct {
	units []Unit
	seen  map[hit]bool
	nodes map[*nodes.Node]bool
}

func (c *collector) add(kind string, pos diag.Pos, what, says string) {
	h := hit{pos, what}
	if !c.seen[h] {
		c.seen[h] = true
		c.units = append(c.units, Unit{Kind: kind, Pos: pos, Says: says, met: h})
	}
}

func (c *collector) branch(p *formula.Program, name string) {
	if p == nil {
		return
	}
	if _, constant := p.Constant(); constant {
		return
	}
	c.add(KindBranch, p.Pos(), "true", name+" is never true: "+p.Source())
	c.add(KindBranch, p.Pos(), "false", name+" is never false: "+p.Source())
}

func (c *collector) step(s *engine.FlowStep) {
	c.add(KindStep, s.Pos, string(formula.Ran), "step "+s.ID+" never runs")
	c.branch(s.If, "if of step "+s.ID)
	for _, h := range s.Handle {
		for _, d := range h.Deeds {
			kind := KindHandle
			if d.Use != "" {
				kind = KindLookUp
			}
			c.add(kind, d.Pos, string(formula.Chosen), "the deed of step "+s.ID+" for "+h.On+" is never done")
			c.branch(d.If, "if of a deed for "+h.On)
		}
	}
	if s.Retry != nil {
		c.add(KindRetry, s.Pos, string(formula.Retried), "step "+s.ID+" is never tried again")
	}
	if s.Repeat != nil {
		c.add(KindRetry, s.Pos, string(formula.Asked), "step "+s.ID+" never asks again")
	}
	if s.Answer != nil && s.Answer.Answers != nil {
		c.answers(s.Answer.Answers)
	}
}

func (c *collector) answers(a *engine.Answers) {
	for _, code := range slices.Sorted(maps.Keys(a.Codes)) {
		for _, alt := range a.Codes[code] {
			c.answer(alt, "code "+code)
		}
	}
	for _, r := range a.Ranges {
		c.answer(r.Answer, "a code of the range")
	}
	if a.Default != nil {
		c.answer(a.Default, "another code")
	}
	if len(a.Table) > 0 {
		row := a.Table[slices.Sorted(maps.Keys(a.Table))[0]]
		c.add(KindAnswer, diag.Pos{File: row.Pos.File}, string(formula.Chosen), "no code of the table is ever met")
	}
}

func (c *collector) answer(a *engine.Answer, what string) {
	c.add(KindAnswer, a.Pos, string(formula.Chosen), what+" is never met")
	c.branch(a.If, "if of "+what)
}

func (c *collector) rules(rs *engine.RuleSet) {
	for i := range rs.Checks {
		r := &rs.Checks[i]
		c.branch(r.When, "when of rule "+r.ID)
		c.add(KindRule, r.Assert.Pos(), "true", "rule "+r.ID+" never holds")
		c.add(KindRule, r.Assert.Pos(), "false", "rule "+r.ID+" never fails")
	}
}

func (c *collector) mapping(m *nodes.Mapping) {
	c.node(m.Root)
	for _, name := range slices.Sorted(maps.Keys(m.Parts)) {
		c.node(m.Parts[name].Root)
	}
	if m.List != nil {
		c.listParts(m.List.Parts)
	}
	if m.Rows == nil {
		return
	}
	for _, b := range m.Rows.Blocks {
		c.branch(b.Node.If, "$if")
		for _, col := range b.Columns {
			c.add(KindMapping, col.Pos, string(formula.Written), "column "+col.Name+" is never written")
		}
	}
}

// listParts adds the parts of a list that write values, or have another list
// write them.
func (c *collector) listParts(parts []*nodes.ListPart) {
	for _, p := range parts {
		if len(p.Put) > 0 || p.Use != nil {
			c.add(KindMapping, p.Pos, string(formula.Written), "a part of the list is never written")
		}
		c.listParts(p.Parts)
		for _, name := range slices.Sorted(maps.Keys(p.Choose)) {
			c.listParts([]*nodes.ListPart{p.Choose[name]})
		}
	}
}

func (c *collector) node(n *nodes.Node) {
	if n == nil || c.nodes[n] {
		return
	}
	c.nodes[n] = true
	switch n.Kind {
	case nodes.Element:
		c.add(KindMapping, n.Pos, string(formula.Written), n.Name+" is never written")
	case nodes.Attribute:
		c.add(KindMapping, n.Pos, string(formula.Written), "@"+n.Name+" is never written")
	}
	c.branch(n.If, strings.TrimSuffix("$if of "+n.Name, " of "))
	for _, sub := range n.Children {
		c.node(sub)
	}
	for i := range n.Cases {
		c.add(KindBranch, n.Cases[i].Pos, string(formula.Chosen), "case "+caseName(&n.Cases[i])+" is never met")
		for _, sub := range n.Cases[i].Nodes {
			c.node(sub)
		}
	}
	if n.Fragment != nil {
		for _, sub := range n.Fragment.Nodes {
			c.node(sub)
		}
	}
}

func caseName(c *nodes.Case) string {
	if c.Else {
		return "else"
	}
	return strings.Join(c.Values, ", ")
}
