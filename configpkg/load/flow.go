package load

import (
	"slices"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// flowUnit is a flow while it is loaded: first its head, so that others can
// use it, then its body, when it is first needed.
type flowUnit struct {
	unit
	o       object
	flow    *engine.Flow
	busy    bool
	done    bool
	steps   []*stepUnit
	answer  formula.Type // of the fields of its answer
	outputs formula.Type
	fields  formula.Type
	codes   []string // that its answer may have; nil: any
	sends   bool     // a step of it, or of a flow it uses, sends
}

// flowHeads reads the names, kinds and inputs of all flows.
func (l *loader) flowHeads() {
	for _, u := range append(l.byKind("flow"), l.foreignOf("flow")...) {
		o := l.object(u.node, "flow")
		name := o.word("flow")
		if name == "" || l.importedBy(u.path) != "" && o.word("kind") != string(engine.Part) {
			continue // of an imported package only parts can be used
		}
		l.name(name, o.pos("flow"), "flow")
		name = l.from(name, u.node.Pos)
		if first := l.flows[name]; first != nil {
			l.fault(o.pos("flow"), RuleTwice, "", "flow %q stands here and in %s", name, first.flow.Pos)
			continue
		}
		f := &engine.Flow{Name: name, Kind: engine.Outbound, Title: l.people(l.bare(), o.get("title")), File: u.path, Pos: u.node.Pos,
			Priority: o.number("priority", -1_000_000, 0), Role: o.word("role"), Inputs: l.declared(o, "inputs"), Gives: o.list("gives")}
		if k := o.node.Get("kind"); k != nil && k.Text != "" {
			f.Kind = engine.FlowKind(k.Text)
		}
		l.flows[name] = &flowUnit{unit: *u, o: o, flow: f, answer: formula.Any, outputs: formula.Any, fields: formula.Any}
		l.pkg.Flows = append(l.pkg.Flows, f)
		l.kindKeys(l.flows[name])
	}
	slices.SortFunc(l.pkg.Flows, func(a, b *engine.Flow) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
}

// keysOf says which keys only flows of certain kinds have.
var keysOf = map[string][]engine.FlowKind{
	"about": {engine.Event}, "role": {engine.Part}, "inputs": {engine.Part, engine.Probe, engine.Batch, engine.Setup}, "gives": {engine.Part, engine.Probe, engine.Batch},
	"outputs": {engine.Part, engine.Setup}, "fields": {engine.Outbound, engine.Event, engine.Inbound}, "deadlines": {engine.Outbound, engine.Event, engine.Inbound},
	"results": {engine.Outbound, engine.Event, engine.Inbound},
}

func (l *loader) kindKeys(f *flowUnit) {
	for _, e := range f.node.Entries {
		if kinds := keysOf[e.Key]; kinds != nil && !slices.Contains(kinds, f.flow.Kind) {
			l.fault(e.KeyPos, RuleUnknownKey, "", "a flow of kind %s has no %q", f.flow.Kind, e.Key)
		}
	}
}

// flowNamed returns the flow of a name that is referred to from pos.
func (l *loader) flowNamed(name string, pos diag.Pos) *flowUnit {
	name = l.from(name, pos)
	if f := l.flows[name]; f != nil {
		return f
	}
	if l.unknownAlias(name, pos) {
		return nil
	}
	var known []string
	for _, f := range l.pkg.Flows {
		known = append(known, f.Name)
	}
	if !l.anyBroken("flow") {
		l.fault(pos, RuleFlow, diag.DidYouMean(name, known), "unknown flow %q", name)
	}
	return nil
}

// anyBroken reports whether a file that may be of that kind could not be read.
func (l *loader) anyBroken(kind string) bool {
	for file, broken := range l.broken {
		if broken && folderOf(file) == folders[kind] {
			return true
		}
	}
	return false
}

// used returns the flow of that name, whole. A flow that is on the way already
// uses itself, which is reported.
func (l *loader) used(name string, pos diag.Pos) *flowUnit {
	f := l.flowNamed(name, pos)
	if f == nil {
		return nil
	}
	if f.busy {
		l.fault(pos, RuleFlowCycle, "", "flow %q uses itself", name)
		return nil
	}
	l.body(f)
	return f
}

// body compiles the body of a flow.
func (l *loader) body(f *flowUnit) {
	if f.done {
		return
	}
	f.busy = true
	defer func() { f.busy, f.done = false, true }()
	s := l.flowScope(f)
	l.applying(f, s)
	s = s.given(f.flow.When).present(sure(f.flow.Applies))
	l.stepHeads(f)
	s = s.with("steps", l.stepTypes(f, s))
	f.flow.Let, s = s.letting(f.o)
	for _, st := range f.steps {
		l.step(f, st, s)
	}
	l.order(f)
	l.giving(f)
	l.ending(f, s)
}

// flowScope returns the scope of a flow, without its steps and lets.
func (l *loader) flowScope(f *flowUnit) *scope {
	s := l.baseOf(f.path).with("state", l.stateType)
	if t, ok := l.narrowed(f.o.get("applies")); ok {
		s.decl.Names["document"] = t
	}
	s = s.inputs(f.flow.Inputs)
	switch f.flow.Kind {
	case engine.Event:
		s = s.with("original", l.original(f))
		s.decl.Names["item"], s.decl.Names["envelope"] = formula.Any, formula.Any
	case engine.Batch:
		s = s.with("members", formula.Any).with("batch", formula.Any)
	case engine.Inbound:
		s = s.with("item", formula.Any).with("envelope", formula.Any)
	case engine.Setup:
		s = s.with("input", formula.Any)
	}
	return s
}

// original is the type of the document an event flow speaks of.
func (l *loader) original(f *flowUnit) formula.Type {
	fields, document := formula.Any, l.anyDocument(l.pkg.Documents)
	if n := f.o.get("about"); n != nil {
		o := l.object(n, "about")
		f.flow.About = &engine.About{Flow: o.word("flow")}
		for _, s := range o.list("status") {
			f.flow.About.Status = append(f.flow.About.Status, engine.DocStatus(s))
		}
		if name := o.get("flow"); name != nil {
			if of := l.used(name.Text, name.TextPos()); of != nil {
				fields = of.fields
				if t, ok := l.narrowed(of.o.get("applies")); ok {
					document = t
				}
			}
		}
	}
	return formula.MapOf(map[string]formula.Type{
		"status": formula.String.Required(), "fields": fields.Required(), "results": formula.Any, "document": document.Required(),
	}, false).Named("original").Required()
}

// giving finds what the answer of a flow may be.
func (l *loader) giving(f *flowUnit) {
	for _, st := range f.steps {
		f.sends = f.sends || st.sends
	}
	var types []formula.Type
	open := false
	for _, n := range f.o.nodes("gives") {
		st := f.step(n.Text)
		if st == nil {
			l.fault(n.TextPos(), RuleStep, diag.DidYouMean(n.Text, f.stepNames()), "unknown step %q", n.Text)
			continue
		}
		types = append(types, st.fields)
		if st.codes == nil {
			open = true
		}
		f.codes = append(f.codes, st.codes...)
	}
	f.answer = merged(types)
	if open {
		f.codes = nil
	}
}

// merged returns the type of fields that come from one of several answers.
func merged(types []formula.Type) formula.Type {
	if len(types) == 0 {
		return formula.MapOf(map[string]formula.Type{}, false).Named("fields").Required()
	}
	fields := map[string]formula.Type{}
	for _, t := range types {
		if t.Open() {
			return formula.Any
		}
		for _, name := range t.Fields() {
			x, _ := t.At(name)
			if y, ok := fields[name]; ok && y != x {
				x = either(x.Optional(), y.Optional(), 0)
			}
			fields[name] = x.Optional()
		}
	}
	return formula.MapOf(fields, false).Named("fields").Required()
}

// ending compiles what a flow publishes and keeps.
func (l *loader) ending(f *flowUnit, s *scope) {
	f.flow.Outputs = s.letAll(f.o.entries("outputs"), nil)
	f.flow.Fields = s.letAll(f.o.entries("fields"), nil)
	f.outputs, f.fields = l.typesOf(f.flow.Outputs), l.typesOf(f.flow.Fields)
	for _, n := range f.o.nodes("deadlines") {
		f.flow.Deadline = append(f.flow.Deadline, l.deadline(f, s, n))
	}
	names := map[string]bool{}
	for _, n := range f.o.nodes("results") {
		r := l.result(s, n)
		if names[r.Name] {
			l.fault(n.Pos, RuleTwice, "", "result %q stands twice", r.Name)
		}
		names[r.Name] = true
		f.flow.Results = append(f.flow.Results, r)
	}
}

func (l *loader) typesOf(lets []engine.Let) formula.Type {
	fields := map[string]formula.Type{}
	for _, x := range lets {
		fields[x.Name] = typeOf(x.Value).Optional()
	}
	return formula.MapOf(fields, false)
}

func (l *loader) deadline(f *flowUnit, s *scope, n *yml.Node) engine.Deadline {
	o := l.object(n, "deadline")
	d := engine.Deadline{Name: o.word("name"), If: s.condition(o.get("if")), At: s.formula(o.get("at")), Met: o.word("met"),
		Missed: o.word("missed"), Pos: n.Pos}
	if w := l.span(s, o.get("warn")); w != nil {
		d.Warn = w
	}
	if d.Missed == "" {
		d.Missed = "continue"
	}
	l.instant(d.At, "at")
	if m := o.get("met"); m != nil && d.Met != "resubmission" && f.step(d.Met) == nil {
		l.fault(m.TextPos(), RuleStep, diag.DidYouMean(d.Met, append(f.stepNames(), "resubmission")), "unknown step %q", d.Met)
	}
	return d
}

// instant reports a formula that can give no instant.
func (l *loader) instant(p *formula.Program, what string) {
	if p != nil && !fits(p.Type(), formula.Instant) {
		l.fault(p.Pos(), RuleType, "", "%s is an instant, not a %s", what, p.Type())
	}
}

func (l *loader) result(s *scope, n *yml.Node) engine.Result {
	o := l.object(n, "result")
	r := engine.Result{Name: o.word("name"), From: s.formula(o.get("from")), Legal: o.flag("legal", false), Pos: n.Pos}
	if r.From != nil {
		switch k := r.From.Type().Kind(); k {
		case formula.BytesKind, formula.TreeKind, formula.AnyKind, formula.StringKind, formula.AbsentKind:
		case formula.ListKind:
			s = s.with("item", r.From.Type().Elem()).with("index", formula.Integer.Required())
		default:
			l.fault(r.From.Pos(), RuleType, "", "a result is bytes or a tree, not a %s", r.From.Type())
		}
	}
	r.File = s.value(o.get("file"))
	return r
}
