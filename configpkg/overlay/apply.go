package overlay

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// effect is what a change does to a base.
type effect struct {
	name     string // what is changed, in the words of packages
	at       string // by what a choice names it
	old, new string // what is said there before and after
	more     bool   // the change comes beside what the base says, and does not replace it
	widens   []widening
	problems diag.List
}

// widening is one way in which a change lets more through than the base.
type widening struct{ rule, says string }

func (e *effect) widen(rule, format string, args ...any) {
	e.widens = append(e.widens, widening{rule, fmt.Sprintf(format, args...)})
}

func (e *effect) fault(at *yml.Node, rule, hint, format string, args ...any) {
	p := diag.Problemf(at.Pos, rule, format, args...)
	p.Hint = hint
	e.problems.Add(p)
}

// apply makes a change. With problems nothing is changed.
func (t *tree) apply(c *Change) *effect {
	e := &effect{}
	switch c.Op {
	case "addRule":
		t.addRule(c, e)
	case "raiseSeverity":
		t.raiseSeverity(c, e)
	case "addClause":
		t.addClause(c, e)
	case "setDefault":
		t.setDefault(c, e)
	case "setEndpoint":
		t.setEndpoint(c, e)
	case "setMapping":
		t.setMapping(c, e)
	case "addHint":
		t.addHint(c, e)
	case "setText":
		t.setText(c, e)
	}
	return e
}

func (t *tree) addRule(c *Change, e *effect) {
	check, file := c.node.Get("addRule"), c.text("file")
	id := said(check, "id")
	e.name, e.at, e.new, e.more = "rule "+id, id, check.Line(), true
	set := t.in(file, "rules")
	if set == nil {
		e.fault(c.node, RulePlace, diag.DidYouMean(file, t.files("rules")), "the base has no rules in %q", file)
		return
	}
	if old, ok := t.rules[id]; ok {
		e.old = old.node.Line()
		e.fault(check, RuleRefused, "give the rule an id of its own", "rule %q is there already, in %s: a second one of that id would stand for it", id, old.file)
		return
	}
	list := set.Get("checks")
	if check.Kind != yml.Map || id == "" || list == nil || list.Kind != yml.List {
		e.fault(check, RuleForm, "addRule: {id: XX-1, assert: ..., says: ...}", "a rule is a map with id, assert and says")
		return
	}
	list.Items = append(list.Items, check.Clone())
	t.rules[id] = place{file, list.Items[len(list.Items)-1]}
	t.changed[file] = true
}

func (t *tree) raiseSeverity(c *Change, e *effect) {
	r, ok := t.rule(c, e, c.node.Get("raiseSeverity"))
	if !ok {
		return
	}
	to := c.text("to")
	e.name, e.at, e.old, e.new = "severity of rule "+said(r.node, "id"), said(r.node, "id"), "fatal", "fatal"
	if said(r.node, "fatal") == "false" {
		e.old = "warning"
	}
	value := "true"
	if to == "warning" {
		value, e.new = "false", "warning"
		e.widen(RuleSeverity, "lets documents through that break rule %s", e.at)
	}
	t.put(r, "fatal", yml.Text(value, c.node.Get("raiseSeverity").Pos))
}

// rule finds the rule a change speaks of.
func (t *tree) rule(c *Change, e *effect, n *yml.Node) (place, bool) {
	r, ok := t.rules[n.Text]
	e.name, e.at = "rule "+n.Text, n.Text
	if !ok {
		var ids []string
		for id := range t.rules {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		e.fault(n, RulePlace, diag.DidYouMean(n.Text, ids), "the base has no rule %q", n.Text)
	}
	return r, ok
}

func (t *tree) put(p place, key string, v *yml.Node) {
	set(p.node, key, v)
	t.changed[p.file] = true
}

func (t *tree) addClause(c *Change, e *effect) {
	clause := c.node.Get("addClause")
	if flow := c.node.Get("flow"); flow != nil {
		t.flowClause(c, e, clause, flow)
		return
	}
	r, ok := t.rule(c, e, c.node.Get("rule"))
	if !ok || !t.condition(e, clause) {
		return
	}
	key := "assert"
	if c.node.Get("when") != nil {
		e.fault(c.node.Get("when"), RuleForm, "addClause: {when: ...}", "when stands inside addClause")
		return
	}
	if clause.Kind == yml.Map {
		key, clause = "when", clause.Get("when")
		e.widen(RuleClause, "has rule %s asked only when something more holds", e.at)
	}
	e.name, e.more = "clause of rule "+e.at, true
	t.conjoin(r, key, clause, e)
}

// condition checks that what is added is one condition by itself, so that
// nothing in it can close the brackets around it.
func (t *tree) condition(e *effect, n *yml.Node) bool {
	if n.Kind == yml.Map && len(n.Entries) == 1 && n.Get("when") != nil {
		n = n.Get("when")
	}
	if n.Kind != yml.Scalar || strings.TrimSpace(n.Text) == "" {
		e.fault(n, RuleForm, "addClause: document.currency == 'EUR'", "a clause of a rule is a condition")
		return false
	}
	_, problems := formula.Compile(strings.TrimPrefix(n.Text, "="), n.TextPos(), nil)
	for _, p := range problems {
		if p.Rule == formula.RuleSyntax || p.Rule == formula.RuleBanned {
			p.Rule, p.Hint = RuleRefused, "a clause is one whole condition"
			e.problems.Add(p)
		}
	}
	if strings.ContainsAny(n.Text, "#\n") || strings.Contains(n.Text, "//") || strings.Contains(n.Text, "/*") {
		e.fault(n, RuleRefused, "leave the comment out", "a clause with a comment could swallow what stands behind it")
	}
	return len(e.problems) == 0
}

// conjoin has both hold: what is new, then what was there.
func (t *tree) conjoin(p place, key string, n *yml.Node, e *effect) {
	added := strings.TrimSpace(strings.TrimPrefix(n.Text, "="))
	old := p.node.Get(key)
	if old == nil {
		e.new = added
		t.put(p, key, yml.Text(added, n.TextPos()))
		return
	}
	e.old = strings.TrimPrefix(old.Line(), "=")
	e.new = "(" + added + ") and (" + strings.TrimSpace(strings.TrimPrefix(old.Text, "=")) + ")"
	if asked(e.old, added) {
		e.new = e.old
		return
	}
	t.put(p, key, yml.Text(e.new, n.TextPos().Right(-1)))
}

// asked reports whether a condition asks for something already, as one of the
// things that must all hold.
func asked(old, added string) bool {
	if old == added || strings.HasPrefix(old, "("+added+") and (") {
		return true
	}
	for _, other := range []string{" or ", "||", "?", "("} {
		if strings.Contains(old, other) {
			return false
		}
	}
	return slices.Contains(strings.Split(old, " and "), added)
}

func (t *tree) flowClause(c *Change, e *effect, clause, flow *yml.Node) {
	e.name, e.at, e.more = "clause of flow "+flow.Text, flow.Text, true
	var f place
	var names []string
	for _, p := range t.kind("flow") {
		if names = append(names, said(p.node, "flow")); said(p.node, "flow") == flow.Text {
			f = p
		}
	}
	if f.node == nil {
		e.fault(flow, RulePlace, diag.DidYouMean(flow.Text, names), "the base has no flow %q", flow.Text)
		return
	}
	if clause.Kind == yml.Scalar {
		if t.condition(e, clause) {
			t.conjoin(f, "when", clause, e)
		}
		return
	}
	old := f.node.Get("applies")
	if old == nil {
		e.fault(flow, RuleRefused, "", "flow %q is not chosen by clauses: with one it would take documents that it does not take now", flow.Text)
		return
	}
	e.old = old.Line()
	all := old.Get("all")
	if all == nil || all.Kind != yml.List {
		all = &yml.Node{Kind: yml.List, Pos: old.Pos, Items: []*yml.Node{old}}
		t.put(f, "applies", &yml.Node{Kind: yml.Map, Pos: old.Pos, Entries: []yml.Entry{{Key: "all", KeyPos: old.Pos, Value: all}}})
	}
	if !slices.ContainsFunc(all.Items, func(n *yml.Node) bool { return n.Line() == clause.Line() }) {
		all.Items = append(all.Items, clause.Clone())
	}
	t.changed[f.file] = true
	e.new = f.node.Get("applies").Line()
}

func (t *tree) files(kinds ...string) (out []string) {
	for _, p := range t.kind(kinds...) {
		out = append(out, p.file)
	}
	return slices.Compact(out)
}
