package schematron

import (
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xpath"
)

// validation is one run of a rule set on a document.
type validation struct {
	set    *RuleSet
	run    *xpath.Run
	doc    *xmltree.Document
	result *Result
	places []*place // by class of element

	// where the walk is, so that it can go on after an error
	node    xmltree.Node
	list    []candidate
	next    int   // next candidate of list
	pattern int   // pattern that has fired for node, -1 for none
	rule    *rule // whose checks are running, nil while contexts are matched
	check   int   // running check

	fired func(*rule, xmltree.Node) // told of each fired rule
}

// walk visits each node once and offers it to the rules that can match it. It
// goes on after each error.
func (v *validation) walk() {
	v.prepare()
	v.node, v.pattern = -1, -1
	for {
		err := v.run.Guard(v.proceed)
		if err == nil {
			return
		}
		if v.rule == nil {
			r := v.list[v.next-1].rule
			v.result.Notes = append(v.result.Notes, r.source.Pos.String()+": context "+r.source.Context+": "+err.Error())
			continue
		}
		v.report(err)
		v.check++
		v.run.Enter(v.rule.scope, v.node)
	}
}

// prepare finds the place of each class of elements.
func (v *validation) prepare() {
	n := v.run.Classes()
	v.places = append(v.places[:0], &v.set.places.root)
	for k := 1; k < n; k++ {
		id, up := v.run.ClassName(k)
		v.places = append(v.places, v.set.below(v.places[up], id, v.doc.NameOf))
	}
}

func (v *validation) proceed() {
	if v.rule != nil {
		v.checks()
	}
	v.candidates()
	for end := xmltree.Node(v.doc.Len()); v.node+1 < end; {
		v.node++
		v.next, v.pattern = 0, -1
		if k := v.run.Class(v.node); k > 0 {
			v.list = v.places[k].list
		} else {
			v.list = v.others()
		}
		if len(v.list) > 0 {
			v.candidates()
		}
	}
}

// others returns the candidates for a node that is no element.
func (v *validation) others() []candidate {
	kind := v.doc.Kind(v.node)
	if !v.set.beyond[kind] {
		return nil
	}
	if name := v.doc.Name(v.node); name > 0 {
		if named, ok := v.set.byName[trigger{kind, name}]; ok {
			return everything(named)
		}
	}
	return everything(v.set.any[kind])
}

func everything(rules []*rule) []candidate {
	out := make([]candidate, len(rules))
	for i, r := range rules {
		out[i] = candidate{rule: r, rest: r.match}
	}
	return out
}

// candidates goes on with the candidates of the node.
func (v *validation) candidates() {
	for v.next < len(v.list) {
		c := &v.list[v.next]
		v.next++
		if c.rule.pattern == v.pattern || !c.sure && !v.run.Matches(c.rest, v.node) {
			continue
		}
		v.pattern = c.rule.pattern
		v.result.Fired++
		if v.fired != nil {
			v.fired(c.rule, v.node)
		}
		if len(c.rule.tests) > 0 {
			v.rule, v.check = c.rule, 0
			v.run.Enter(c.rule.scope, v.node)
			v.checks()
		}
	}
}

// checks goes on with the checks of the rule.
func (v *validation) checks() {
	r := v.rule
	for v.check < len(r.tests) {
		if e := r.checks[v.check].err; e != nil {
			v.report(e)
			v.check++
			continue
		}
		until := r.checks[v.check].until
		if v.run.Tests(r.tests[:until], &v.check); v.check < until {
			v.report(nil)
			v.check++
		}
	}
	v.rule = nil
}

// report adds a finding for the running check.
func (v *validation) report(err *xpath.Error) {
	c := &v.rule.checks[v.check]
	f := Finding{Check: c.source, Node: v.node, Pattern: v.set.patterns[v.rule.pattern].ID, Pos: v.doc.Pos(v.node), Location: Location(v.doc, v.node)}
	if err != nil {
		f.Err = err
		v.run.Enter(v.rule.scope, v.node)
	}
	f.Values = v.values(c)
	f.Message = v.text(c.parts)
	for _, d := range c.notes {
		f.Notes = append(f.Notes, v.text(d))
	}
	v.result.Findings = append(v.result.Findings, f)
}

func (v *validation) text(parts []part) string {
	var b strings.Builder
	for _, p := range parts {
		if p.expr == nil {
			b.WriteString(p.text)
			continue
		}
		s, err := v.run.Text(p.expr)
		if err != nil {
			s = "{" + err.Error() + "}"
		}
		b.WriteString(s)
	}
	return squeeze(b.String())
}
