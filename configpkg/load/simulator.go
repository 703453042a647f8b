package load

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/engine/simulator"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// simulatorFiles compiles all simulators.
func (l *loader) simulatorFiles() {
	for _, u := range l.byKind("simulator") {
		if x := l.simulator(u); x != nil {
			l.bundle.Simulators = append(l.bundle.Simulators, x)
		}
	}
}

// simulatorScope is the scope of a simulator: no document, no param.
func (l *loader) simulatorScope() *scope {
	s := l.base().without("document", "ext", "entity", "context", "param").reader()
	s.decl.Simulator = true
	for name, t := range map[string]formula.Type{
		"keep": formula.Any, "path": formula.Any, "scenario": formula.String, "member": formula.Any, "results": formula.ListOf(formula.Any), "keys": formula.Any,
	} {
		s.decl.Names[name] = t
	}
	return s
}

func (l *loader) simulator(u *unit) *simulator.Simulator {
	o := l.object(u.node, "simulator")
	if !o.ok() {
		return nil
	}
	x := &simulator.Simulator{Name: o.word("simulator"), File: u.path, Pos: u.node.Pos}
	if t := o.get("tls"); t != nil {
		x.ClientTLS = l.object(t, "simulator tls").word("client") == "required"
	}
	for _, e := range o.entries("keep") {
		x.Keep = append(x.Keep, e.Key)
	}
	s := l.simulatorScope()
	for _, e := range o.entries("scenarios") {
		sc := l.object(e.Value, "scenario")
		x.Scenarios = append(x.Scenarios, simulator.Scenario{Name: e.Key, When: s.condition(sc.get("when")), Pos: e.KeyPos})
	}
	names := map[string]bool{}
	for _, n := range o.nodes("routes") {
		r := l.route(x, s, n)
		if names[r.Name] {
			l.fault(n.Pos, RuleTwice, "", "route %q stands twice", r.Name)
		}
		names[r.Name] = true
		x.Routes = append(x.Routes, r)
	}
	return x
}

func (l *loader) route(x *simulator.Simulator, s *scope, n *yml.Node) *simulator.Route {
	o := l.object(n, "route")
	r := &simulator.Route{Name: o.word("name"), Pos: n.Pos}
	if m := o.get("match"); m != nil {
		match := l.object(m, "match")
		r.Method, r.Path, r.SOAPAction = match.word("method"), match.word("path"), match.word("soapAction")
		if r.Path != "" && !strings.HasPrefix(r.Path, "/") {
			l.fault(match.pos("path"), RuleRoute, "begin it with a slash", "%q is no path", r.Path)
		}
	}
	lets, s := s.letting(o)
	r.Let = nodeLets(lets)
	for _, m := range l.one(o.get("limits")) {
		r.Limits = append(r.Limits, l.limit(x, s, m))
	}
	inside := s.with("member", formula.Any)
	if m := o.get("each"); m != nil {
		r.Each, inside = l.each(x, s, m)
	}
	for _, m := range o.nodes("checks") {
		r.Checks = append(r.Checks, l.simulatorCheck(s, inside, m))
	}
	r.Cases = l.cases(x, s, o.nodes("cases"), false)
	return r
}

// one returns the members of a list, or the one map that stands alone.
func (l *loader) one(n *yml.Node) []*yml.Node {
	switch {
	case n == nil:
		return nil
	case n.Kind == yml.List:
		return n.Items
	}
	return []*yml.Node{n}
}

func (l *loader) limit(x *simulator.Simulator, s *scope, n *yml.Node) simulator.Limit {
	o := l.object(n, "limit")
	return simulator.Limit{Count: o.number("count", 1, 1), In: o.duration("in"), Reply: l.reply(x, s, o.get("reply"))}
}

// simulatorCheck compiles a check. One without each is asked of every
// document of the request, and sees what each case of it sees: inside.
func (l *loader) simulatorCheck(s, inside *scope, n *yml.Node) simulator.Check {
	o := l.object(n, "simulator check")
	c := simulator.Check{Schema: o.word("schema"), Signature: o.has("signature"), Code: o.word("code"), Each: s.formula(o.get("each")), Pos: n.Pos}
	if o.has("each") {
		inside = s.with("member", formula.Any)
	}
	c.That, c.Text = inside.condition(o.get("that")), inside.value(o.get("text"))
	if e := o.get("of"); e != nil {
		c.Of = inside.expr(e)
	}
	if e := o.get("sealed"); e != nil {
		c.Sealed = l.sealed(e)
	}
	later := o.bad["schema"] || o.bad["signature"] || o.bad["that"] || o.bad["sealed"]
	if k := count(o.has("schema"), o.has("signature"), o.has("sealed"), o.has("that")); k != 1 && o.ok() && !later {
		l.fault(n.Pos, RuleRoute, "write schema, signature, sealed or that", "a check asks one thing, not %d", k)
	}
	if a := o.get("schema"); a != nil {
		l.artifactNamed(a.Text, a.TextPos())
	}
	return c
}

// sealed compiles the check of a seal.
func (l *loader) sealed(n *yml.Node) *simulator.Sealed {
	o := l.object(n, "sealed")
	c := &simulator.Sealed{Method: o.word("method")}
	paths := &listCompiler{l: l}
	if p := o.get("seal"); p != nil {
		c.Seal = paths.path(p, p.Text, 0)
	}
	if p := o.get("certificate"); p != nil {
		c.Certificate = paths.path(p, p.Text, 0)
	}
	m := o.get("mapping")
	if m == nil {
		return nil
	}
	u := l.lookUp(m.Text, "mapping", m.TextPos())
	if u == nil {
		return nil
	}
	if c.Mapping = l.mapping(u); c.Mapping != nil && c.Mapping.Format != nodes.List {
		l.fault(m.TextPos(), RuleRoute, "", "what is sealed is the text of a list; %s is of format %s", m.Text, c.Mapping.Format)
	}
	if c.Mapping == nil || c.Seal == nil || c.Certificate == nil {
		return nil
	}
	return c
}

func (l *loader) each(x *simulator.Simulator, s *scope, n *yml.Node) (*simulator.Each, *scope) {
	o := l.object(n, "each")
	e := &simulator.Each{In: s.formula(o.get("in"))}
	s = s.with("member", formula.Any)
	e.Key = s.formula(o.get("key"))
	s = s.with("key", formula.Any)
	lets, s := s.letting(o)
	e.Let = nodeLets(lets)
	e.Cases = l.cases(x, s, o.nodes("cases"), true)
	return e, s
}

func (l *loader) cases(x *simulator.Simulator, s *scope, list []*yml.Node, member bool) []simulator.Case {
	var all []simulator.Case
	for i, n := range list {
		c := l.simulatorCase(x, s, n, member)
		if c.When == nil && i < len(list)-1 && n.Entry("when") == nil {
			l.fault(n.Pos, RuleRoute, "put it last, or give it a when", "what stands behind a case without when is never reached")
		}
		all = append(all, c)
	}
	return all
}

func (l *loader) simulatorCase(x *simulator.Simulator, s *scope, n *yml.Node, member bool) simulator.Case {
	o := l.object(n, "case")
	c := simulator.Case{When: s.condition(o.get("when")), Code: o.word("code"), Text: s.value(o.get("text")), Lose: o.flag("lose", false),
		Drop: o.has("refuse"), Garble: o.flag("garble", false), Delay: o.duration("delay"), Pos: n.Pos}
	for _, e := range o.entries("put") {
		c.Put = append(c.Put, l.remembered(x, s, e, member))
	}
	if r := o.get("reply"); r != nil {
		c.Reply = l.reply(x, s, r)
	}
	if member && !o.has("code") && o.ok() {
		l.fault(n.Pos, RuleRoute, "", "a case of a document without a code")
	}
	return c
}

// remembered compiles an entry of put: {key, value, ready}, or the value
// itself, which is then kept under the key of the member.
func (l *loader) remembered(x *simulator.Simulator, s *scope, e yml.Entry, member bool) simulator.Put {
	p := simulator.Put{Map: e.Key, Pos: e.KeyPos}
	if !slices.Contains(x.Keep, e.Key) {
		l.fault(e.KeyPos, RuleRoute, diag.DidYouMean(e.Key, x.Keep), "the simulator keeps no %q", e.Key)
	}
	key, value, ready := e.Value.Get("key"), e.Value.Get("value"), e.Value.Get("ready")
	if key == nil && (value == nil || ready == nil && len(e.Value.Entries) > 1) {
		p.Value = s.expr(e.Value)
	} else {
		o := l.object(e.Value, "put")
		p.Key, p.Value, p.Ready = s.value(key), s.expr(value), o.duration("ready")
	}
	if p.Key == nil && !member {
		l.fault(e.KeyPos, RuleRoute, "write {key: ..., value: ...}", "%q is put without a key", e.Key)
	}
	return p
}

var replyFormats = []string{"xml", "soap", "json", "text"}

// reply compiles an answer: a structure in its place, or file#part of a
// mapping beside the simulator.
func (l *loader) reply(x *simulator.Simulator, s *scope, n *yml.Node) *simulator.Reply {
	if n == nil {
		return nil
	}
	o := l.object(n, "reply")
	r := &simulator.Reply{Status: o.number("status", 100, 0), Pos: n.Pos}
	for _, e := range o.entries("headers") {
		if r.Headers == nil {
			r.Headers = map[string]string{}
		}
		r.Headers[e.Key] = e.Value.Text
	}
	for _, f := range replyFormats {
		b := o.get(f)
		if b == nil {
			continue
		}
		if r.Format != "" {
			l.fault(o.pos(f), RuleRoute, "leave out one of them", "a reply is %s or %s, not both", r.Format, f)
			continue
		}
		r.Format = f
		l.replyBody(x, s, r, b)
	}
	return r
}

func (l *loader) replyBody(x *simulator.Simulator, s *scope, r *simulator.Reply, n *yml.Node) {
	file, part, named := strings.Cut(n.Text, "#")
	switch {
	case n.Kind == yml.Scalar && named && !strings.HasPrefix(n.Text, "="):
		u := l.lookUp(l.beside(x.File, &yml.Node{Text: file}), "mapping", n.TextPos())
		if u == nil {
			return
		}
		r.Mapping, r.Part = l.mapping(u), part
		if r.Mapping != nil && r.Mapping.Parts[part] == nil {
			var known []string
			for name := range r.Mapping.Parts {
				known = append(known, name)
			}
			slices.Sort(known)
			l.fault(n.TextPos(), RuleInput, diag.DidYouMean(part, known), "%s has no part %q", file, part)
		}
	case r.Format == "text":
		r.Data = l.orNil(s.value(n))
	case n.Kind == yml.Scalar && strings.HasPrefix(n.Text, "="):
		r.Data = l.orNil(s.value(n))
	default:
		format := r.Format
		if format == "soap" {
			format = "xml"
		}
		r.Mapping = l.inlineMapping(s, format, n)
	}
}

func (l *loader) orNil(v *formula.Value) engine.Expr {
	if v == nil {
		return nil
	}
	return v
}
