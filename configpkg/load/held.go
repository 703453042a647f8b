package load

import (
	"slices"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
)

// paceType is what flows see of a lane.
var paceType = formula.MapOf(map[string]formula.Type{"free": formula.Instant.Required()}, false).Named("pace").Required()

// heldType is what flows see of a held object: the outputs of the flow that
// makes it. Which there are is known before the flows are compiled, of what
// type is not.
func (l *loader) heldType(flow *yml.Node) formula.Type {
	fields := map[string]formula.Type{}
	for _, u := range l.byKind("flow") {
		if flow != nil && u.name.Text == flow.Text {
			for _, e := range entriesOf(u.node.Get("outputs")) {
				fields[e.Key] = formula.Any
			}
			return formula.MapOf(fields, false).Named("held")
		}
	}
	return formula.Any
}

func entriesOf(n *yml.Node) []yml.Entry {
	if n == nil {
		return nil
	}
	return n.Entries
}

func (l *loader) held(x *engine.State, m object, s *scope) {
	l.onlyFor(m, x.Kind, "make", "renew", "end", "until", "uses", "idle")
	if !m.has("make") {
		l.fault(m.node.Pos, RuleMissing, "", "a state object of kind held without %q", "make")
	}
	x.Make, x.Renew, x.End, x.Uses = m.word("make"), m.word("renew"), m.word("end"), m.number("uses", 1, 0)
	x.Idle = l.span(s.without("document"), m.get("idle"))
	x.Until = s.without("document").with("made", l.heldType(m.get("make"))).formula(m.get("until"))
	l.instant(x.Until, "until")
	for _, key := range []string{"make", "renew", "end"} {
		n := m.get(key)
		l.later(func() { l.aside(x.Name, key, n) })
	}
}

// aside checks a flow that is run for a held object: it is a part; make needs
// no inputs, and the others at most the earlier instance, as held.
func (l *loader) aside(state, key string, n *yml.Node) {
	if n == nil {
		return
	}
	f := l.flowNamed(n.Text, n.TextPos())
	if f == nil {
		return
	}
	l.usable(f, n)
	for _, in := range f.flow.Inputs {
		if in.Required && (in.Name != "held" || key == "make") {
			l.fault(n.TextPos(), RuleInput, "renew and end are given the earlier instance as input held, make nothing", "flow %q needs input %q, which %s of %q has not", n.Text, in.Name, key, state)
		}
	}
}

// lane compiles a state object of kind pace.
func (l *loader) lane(x *engine.State, m object, s *scope) {
	l.onlyFor(m, x.Kind, "limits")
	for _, n := range m.nodes("limits") {
		o := l.object(n, "pace limit")
		x.Limits = append(x.Limits, engine.PaceLimit{Count: o.number("count", 1, 1), In: l.span(s.without("document"), o.get("in"))})
	}
}

// pace finds the lane of a step.
func (l *loader) pace(st *stepUnit, n *yml.Node) {
	if n == nil {
		return
	}
	x := l.stateNamed(n.Text, n.TextPos())
	if x == nil {
		return
	}
	l.mustBe(x, "pace", n)
	if a := st.step.Action; a != nil && a.Effect != engine.Reads && a.Effect != engine.Sends || a == nil && !st.partial {
		l.fault(n.TextPos(), RuleStepForm, "", "pace goes with an action that makes a call")
	}
	st.step.Pace = n.Text
}

func (l *loader) mustBe(x *engine.State, kind string, n *yml.Node) {
	if x.Kind != kind {
		l.fault(n.TextPos(), RuleState, "", "state object %q is of kind %s, not %s", x.Name, x.Kind, kind)
	}
}

// heldIn returns the held objects that references lead to, through lets.
func (l *loader) heldIn(refs [][]string, lets []engine.Let, seen map[string]bool) (names []string) {
	if seen == nil {
		seen = map[string]bool{}
	}
	for _, ref := range refs {
		if ref[0] == "state" && len(ref) > 1 {
			if x := l.states[ref[1]]; x != nil && x.Kind == "held" {
				names = append(names, ref[1])
			}
			continue
		}
		if i := slices.IndexFunc(lets, func(x engine.Let) bool { return x.Name == ref[0] }); i >= 0 && !seen[ref[0]] {
			seen[ref[0]] = true
			names = append(names, l.heldIn(refsOf(lets[i].Value), lets, seen)...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// holds notes which held objects a step reads. They are made before its values
// are worked out, so its if cannot read them.
func (l *loader) holds(st *stepUnit) {
	x := st.step
	x.Held = l.heldIn(append(readBefore(st), readAfter(x)...), st.lets, nil)
	if x.If == nil {
		return
	}
	for _, name := range l.heldIn(x.If.Refs(), st.lets, nil) {
		l.fault(x.If.Pos(), RuleState, "put the step into a flow that is used", "if cannot read %q: it is made for a step that runs", name)
	}
}
