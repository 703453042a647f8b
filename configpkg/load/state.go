package load

import (
	"slices"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

var modeType = formula.MapOf(map[string]formula.Type{
	"value": formula.String.Required(), "since": formula.Instant, "reason": formula.String,
}, false).Named("mode").Required()

// declareStates gives flows the name state, a map of the declared objects.
func (l *loader) declareStates(o object) {
	fields := map[string]formula.Type{}
	for _, e := range o.entries("state") {
		switch k := e.Value.Get("kind"); {
		case k != nil && k.Text == "mode":
			fields[e.Key] = modeType
		case k != nil && k.Text == "held":
			fields[e.Key] = l.heldType(e.Value.Get("make"))
		case k != nil && k.Text == "pace":
			fields[e.Key] = paceType
		case k != nil && k.Text == "cursor":
			fields[e.Key] = cursorType
		case k != nil && k.Text == "counter":
			fields[e.Key] = formula.MapOf(map[string]formula.Type{}, false).Named("counter").Required()
		default:
			fields[e.Key] = formula.Any
		}
	}
	l.stateType = formula.MapOf(fields, false).Named("state").Required()
}

// stateList reads the declared objects; flows that probe are looked up later.
func (l *loader) stateList(o object) {
	for _, e := range o.entries("state") {
		if !l.variable(e.Key, e.KeyPos, "state object") {
			continue
		}
		if k := e.Value.Get("kind"); k != nil && shapes["state"].key("kind").Later[k.Text] != "" {
			l.notBuilt(k.TextPos(), "state kind "+k.Text)
			continue
		}
		m := l.object(e.Value, "state")
		x := engine.State{Name: e.Key, Kind: m.word("kind"), Pos: e.KeyPos}
		s := l.base().without("ext", "context")
		for _, n := range m.nodes("per") {
			if p := s.path(n); p != nil {
				x.Per, x.PerBy = append(x.Per, p), append(x.PerBy, n.Text)
			}
		}
		switch x.Kind {
		case "counter":
			l.counter(&x, m, s)
		case "mode":
			l.mode(&x, m, s)
		case "held":
			l.held(&x, m, s)
		case "pace":
			l.lane(&x, m, s)
		case "cursor":
			l.cursor(&x, m)
		}
		l.pkg.State = append(l.pkg.State, x)
		l.states[e.Key] = &x
	}
}

func (l *loader) counter(x *engine.State, m object, s *scope) {
	l.onlyFor(m, x.Kind, "from", "to", "gaps")
	s = s.without("document")
	if n := m.get("from"); n != nil {
		x.From = l.literalOf(s, n, formula.Integer, "from")
	}
	if n := m.get("to"); n != nil {
		x.To = l.literalOf(s, n, formula.Integer, "to")
	}
	x.GapFree = m.word("gaps") == "none"
}

// cursorType is what flows see of a cursor.
var cursorType = formula.MapOf(map[string]formula.Type{"value": formula.Number.Required()}, false).Named("cursor").Required()

func (l *loader) cursor(x *engine.State, m object) {
	l.onlyFor(m, x.Kind, "start")
	if x.Start = m.word("start"); x.Start == "" {
		return
	}
	if _, err := decimal.Parse(x.Start); err != nil {
		l.fault(m.pos("start"), RuleKind, "", "the start of a cursor is a number, not %q", x.Start)
	}
}

func (l *loader) mode(x *engine.State, m object, s *scope) {
	l.onlyFor(m, x.Kind, "values", "start", "enter", "leave", "warn")
	x.Values, x.Start, x.Enter = m.list("values"), m.word("start"), map[string]*engine.ModeEnter{}
	for _, key := range []string{"values", "start"} {
		if !m.has(key) && m.node.Entry(key) == nil {
			l.fault(m.node.Pos, RuleMissing, "", "a state object of kind mode without %q", key)
		}
	}
	if m.has("start") && !slices.Contains(x.Values, x.Start) {
		l.fault(m.pos("start"), RuleWord, diag.DidYouMean(x.Start, x.Values), "%q is none of values", x.Start)
	}
	x.Warn = l.span(s, m.get("warn"))
	for _, e := range m.entries("enter") {
		if !slices.Contains(x.Values, e.Key) {
			l.fault(e.KeyPos, RuleWord, diag.DidYouMean(e.Key, x.Values), "%q is none of values", e.Key)
		}
		x.Enter[e.Key] = l.enter(s, e.Value)
	}
	if n := m.get("leave"); n != nil {
		o := l.object(n, "leave")
		x.Leave = &engine.ModeLeave{Every: l.span(s, o.get("every")), Probe: o.word("probe"), By: o.list("by")}
		l.later(func() { l.probe(o.get("probe")) })
	}
}

func (l *loader) enter(s *scope, n *yml.Node) *engine.ModeEnter {
	o := l.object(n, "enter")
	x := &engine.ModeEnter{Probe: o.word("probe"), By: o.list("by"), Required: o.word("reason") == "required"}
	if a := o.get("after"); a != nil {
		after := l.object(a, "after")
		x.Raised, x.Count, x.In = after.word("raised"), after.number("count", 1, 1), l.span(s, after.get("in"))
	}
	l.later(func() { l.probe(o.get("probe")) })
	return x
}

// probe checks that a name is that of a flow of kind probe.
func (l *loader) probe(n *yml.Node) {
	if n == nil {
		return
	}
	if f := l.flowNamed(n.Text, n.TextPos()); f != nil && f.flow.Kind != engine.Probe {
		l.fault(n.TextPos(), RuleFlow, "give the flow kind: probe", "flow %q is of kind %s, not probe", n.Text, f.flow.Kind)
	}
}

// onlyFor reports keys of a state object that belong to another kind.
func (l *loader) onlyFor(m object, kind string, keys ...string) {
	for _, e := range m.node.Entries {
		if e.Key != "kind" && e.Key != "per" && m.shape.key(e.Key) != nil && !slices.Contains(keys, e.Key) {
			l.fault(e.KeyPos, RuleUnknownKey, "", "a state object of kind %s has no %q", kind, e.Key)
		}
	}
}

// span compiles a duration: a literal such as 30s, or a formula.
func (l *loader) span(s *scope, n *yml.Node) *formula.Value {
	if n == nil {
		return nil
	}
	return l.literalOf(s, n, formula.Duration, "the duration")
}

// later puts off a check until all flows are known.
func (l *loader) later(check func()) { l.checks = append(l.checks, check) }
