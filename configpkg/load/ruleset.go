package load

import (
	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
)

// ruleSet compiles a rules file once.
func (l *loader) ruleSet(u *unit) *engine.RuleSet {
	if r := l.pkg.Rules[u.path]; r != nil {
		return r
	}
	o := l.object(u.node, "rules")
	r := &engine.RuleSet{Name: o.word("rules"), File: u.path, Inputs: l.declared(o, "inputs")}
	l.pkg.Rules[u.path] = r
	if !o.ok() {
		return r
	}
	s := l.baseOf(u.path).inputs(r.Inputs)
	r.Let, s = s.letting(o)
	ids := map[string]bool{}
	for _, n := range o.nodes("checks") {
		c := l.check(s, n)
		if c.ID != "" && ids[c.ID] {
			l.fault(n.Get("id").TextPos(), RuleTwice, "", "check %q stands twice", c.ID)
		}
		ids[c.ID] = true
		r.Checks = append(r.Checks, c)
	}
	if n := o.get("checks"); n != nil && len(n.Items) == 0 {
		l.fault(n.Pos, RuleCheck, "", "rules without checks")
	}
	return r
}

func (l *loader) check(s *scope, n *yml.Node) engine.Check {
	o := l.object(n, "check")
	c := engine.Check{ID: o.word("id"), Fatal: o.flag("fatal", true), Field: o.word("field"), Source: o.word("source"), Pos: n.Pos}
	if e := o.get("each"); e != nil {
		if c.Item, c.Index, c.Each, s = s.loop(e); c.Item == "" {
			return c // the names of the loop are not known
		}
	}
	if o.has("let") {
		s = s.givenBy(o.get("when"))
	}
	c.Let, s = s.letting(o)
	c.When = s.condition(o.get("when"))
	s = s.given(c.When)
	c.Assert = s.condition(o.get("assert"))
	c.Says, c.Hint = l.people(s, o.get("says")), l.people(s, o.get("hint"))
	if c.Assert != nil {
		if len(c.Assert.Refs())+len(c.Assert.Calls()) == 0 {
			l.fault(c.Assert.Pos(), RuleCheck, "", "a check that depends on nothing")
		}
	}
	return c
}
