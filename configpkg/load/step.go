package load

import (
	"slices"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// stepUnit is a step while it is loaded.
type stepUnit struct {
	o       object
	wait    object // of a step that waits
	step    *engine.FlowStep
	use     *flowUnit
	fields  formula.Type // of its answer
	codes   []string     // that its answer may have; nil: any
	sends   bool
	partial bool // something of it is not built: what it gives is not known
	reads   []string
	extra   [][]string   // names that resolved parts of its parameters read
	lets    []engine.Let // names of let that are in sight
	index   int
}

func (f *flowUnit) step(id string) *stepUnit {
	for _, s := range f.steps {
		if s.step.ID == id {
			return s
		}
	}
	return nil
}

func (f *flowUnit) stepNames() (names []string) {
	for _, s := range f.steps {
		names = append(names, s.step.ID)
	}
	return names
}

// stepHeads reads which steps there are and what each does.
func (l *loader) stepHeads(f *flowUnit) {
	for i, n := range f.o.nodes("steps") {
		o := l.object(n, "step")
		id := o.get("id")
		if id == nil || !l.variable(id.Text, id.TextPos(), "step") {
			continue
		}
		if first := f.step(id.Text); first != nil {
			l.fault(id.TextPos(), RuleTwice, "", "step %q stands here and in line %d", id.Text, first.step.Pos.Line)
			continue
		}
		st := &stepUnit{o: o, fields: formula.Any, index: i, partial: len(o.bad) > 0,
			step: &engine.FlowStep{ID: id.Text, Pos: n.Pos, Title: l.people(l.bare(), o.get("title")), Finally: o.flag("finally", false)}}
		l.does(st)
		f.steps = append(f.steps, st)
	}
	if n := f.o.get("steps"); n != nil && len(n.Items) == 0 {
		l.fault(n.Pos, RuleMissing, "", "a flow without steps")
	}
}

// does finds the action or the flow of a step.
func (l *loader) does(st *stepUnit) {
	action, use := st.o.get("action"), st.o.get("use")
	wait := st.o.node.Entry("wait")
	if n := count(action != nil, use != nil, wait != nil); n != 1 {
		l.fault(st.step.Pos, RuleStepForm, "give an action, a flow under use, or something to wait for", "step %q says %d things to do instead of one", st.step.ID, n)
		st.partial = true
		return
	}
	switch {
	case wait != nil:
		l.waitHead(st)
	case action != nil:
		st.step.Action = l.registry.Spec(action.Text)
		if st.step.Action == nil {
			l.fault(action.TextPos(), RuleAction, diag.DidYouMean(action.Text, l.registry.Names()), "unknown action %q", action.Text)
			st.partial = true
		}
	case use != nil && use.Kind == yml.Map:
		l.byRole(st, use)
	case use != nil && (use.Kind != yml.Scalar || use.Empty()):
		l.fault(use.Pos, RuleKind, "", `"use" takes the name of a flow`)
		st.partial = true
	case use != nil:
		st.step.Use = l.from(use.Text, use.Pos)
		if st.use = l.used(use.Text, use.TextPos()); st.use == nil {
			st.partial = true
			return
		}
		l.usable(st.use, use)
	}
}

// usable reports a flow that cannot be used by a step.
func (l *loader) usable(f *flowUnit, n *yml.Node) {
	if k := f.flow.Kind; k != engine.Part && k != engine.Probe && k != engine.Batch {
		l.fault(n.TextPos(), RuleFlow, "give the flow kind: part", "flow %q is of kind %s; only a part can be used", n.Text, k)
	}
}

func count(all ...bool) (n int) {
	for _, x := range all {
		if x {
			n++
		}
	}
	return n
}

// stepTypes returns the type of steps. The answers of the steps are compiled
// on the way, since they say which fields there are.
func (l *loader) stepTypes(f *flowUnit, s *scope) formula.Type {
	fields := map[string]formula.Type{}
	for _, st := range f.steps {
		l.answerHead(st)
		l.handleHeads(st)
		fields[st.step.ID] = st.typ()
	}
	return formula.MapOf(fields, false).Named("steps").Required()
}

// typ returns what formulas see of a step.
func (st *stepUnit) typ() formula.Type {
	fields := map[string]formula.Type{
		"class": formula.String, "code": formula.String, "text": formula.String, "fields": st.fields, "part": formula.Bytes,
		"response": formula.Any, "at": formula.Instant, "findings": formula.ListOf(formula.Any), "out": formula.Any,
	}
	switch {
	case st.step.Action != nil:
		delete(fields, "out")
		for _, p := range st.step.Action.Out {
			fields[p.Name] = p.Type.Optional()
		}
	case st.step.Wait != nil && st.step.Wait.Event != "":
		fields["item"] = itemType
	case st.step.Wait != nil:
		delete(fields, "out")
	case st.use != nil && st.o.has("forEach"):
		fields["each"] = formula.ListOf(st.use.outputs)
	case st.use != nil:
		for _, name := range st.use.outputs.Fields() {
			t, _ := st.use.outputs.At(name)
			fields[name] = t.Optional()
		}
	}
	if st.o.has("repeat") {
		fields["all"] = formula.ListOf(formula.Any)
	}
	return formula.MapOf(fields, st.partial).Named("step " + st.step.ID)
}

// step compiles what a step is given and how it goes on.
func (l *loader) step(f *flowUnit, st *stepUnit, s *scope) {
	x, o := st.step, st.o
	x.If = s.condition(o.get("if"))
	s = s.given(x.If)
	inner := s
	if n := o.get("forEach"); n != nil {
		inner = l.forEach(st, s, n)
	}
	l.given(st, inner)
	l.waitBody(st, inner)
	if n := o.get("effect"); n != nil {
		if x.Lowered = true; x.Action == nil && !st.partial || x.Action != nil && x.Action.Effect != engine.Sends {
			l.fault(n.TextPos(), RuleStepForm, "", "only an action that sends can be said to read")
		}
	}
	st.sends = x.Effect() == engine.Sends || st.use != nil && st.use.sends
	l.answerGiven(st, inner)
	after := inner.with("class", formula.String.Required()).with("answer", st.answerType())
	l.handling(f, st, after)
	l.pace(st, o.get("pace"))
	l.trying(st, inner, after)
	for _, n := range o.nodes("needs") {
		if f.step(n.Text) == nil {
			l.fault(n.TextPos(), RuleStep, diag.DidYouMean(n.Text, f.stepNames()), "unknown step %q", n.Text)
			continue
		}
		x.Needs = append(x.Needs, n.Text)
	}
	st.lets = s.lets
	l.waits(st)
}

func (l *loader) forEach(st *stepUnit, s *scope, n *yml.Node) *scope {
	o := l.object(n, "forEach")
	if st.step.Use == "" && !st.partial {
		l.fault(n.Pos, RuleStepForm, "", "forEach goes with use")
	}
	st.step.ForEach = &engine.ForEach{In: s.formula(o.get("in")), As: o.word("as")}
	o.number("parallel", 1, 1)
	as := o.get("as")
	if as == nil || !l.variable(as.Text, as.TextPos(), "member") {
		return s
	}
	t := formula.Any
	if in := st.step.ForEach.In; in != nil {
		if k := in.Type().Kind(); k != formula.ListKind && k != formula.AnyKind {
			l.fault(in.Pos(), RuleLoop, "", "forEach goes over a list, not over a %s", in.Type())
		}
		t = in.Type().Elem()
	}
	return s.with(as.Text, t.Required())
}

// answerType is what handle and until see of the answer.
func (st *stepUnit) answerType() formula.Type {
	return formula.MapOf(map[string]formula.Type{
		"class": formula.String.Required(), "code": formula.String, "text": formula.String, "fields": st.fields, "part": formula.Bytes, "at": formula.Instant,
	}, false).Named("answer").Required()
}

// trying compiles retry and repeat.
func (l *loader) trying(st *stepUnit, s, after *scope) {
	if n := st.o.get("retry"); n != nil {
		r := l.retry(s, l.object(n, "retry"))
		st.step.Retry = &r
	}
	n := st.o.get("repeat")
	if n == nil {
		return
	}
	o := l.object(n, "repeat")
	st.step.Repeat = &engine.Repeat{Retry: l.retry(s, o), Until: after.condition(o.get("until")), Deadline: s.formula(o.get("deadline"))}
	l.instant(st.step.Repeat.Deadline, "the deadline")
	if st.step.ForEach != nil {
		l.fault(n.Pos, RuleStepForm, "repeat inside the used flow", "repeat does not go with forEach")
	}
}

func (l *loader) retry(s *scope, o object) engine.Retry {
	r := engine.Retry{Attempts: o.number("attempts", 1, 0)}
	for key, to := range map[string]*engine.Expr{"first": &r.First, "max": &r.Max, "within": &r.Within} {
		if v := l.span(s, o.get(key)); v != nil {
			*to = v
		}
	}
	if n := o.get("factor"); n != nil {
		if v := l.literalOf(s, n, formula.Number, "factor"); v != nil {
			r.Factor = v
		}
	}
	return r
}

// waits finds the steps a step waits for: those it needs and those it reads.
// Where it reads its own answer, it does not wait for itself.
func (l *loader) waits(st *stepUnit) {
	x := st.step
	l.holds(st)
	st.reads = stepsIn(readBefore(st), st.lets, nil)
	for _, id := range stepsIn(readAfter(x), st.lets, nil) {
		if id != x.ID {
			st.reads = append(st.reads, id)
		}
	}
	x.After = append(slices.Clone(x.Needs), st.reads...)
	slices.Sort(x.After)
	x.After = slices.Compact(x.After)
}

// readBefore returns the names that are read before the step does its work.
func readBefore(st *stepUnit) [][]string {
	x := st.step
	refs := slices.Concat(programRefs(x.If), letRefs(x.With), st.extra)
	for _, r := range x.Refs {
		if p, ok := r.(*formula.Program); ok {
			refs = append(refs, p.Refs()...)
		}
	}
	if x.ForEach != nil {
		refs = append(refs, programRefs(x.ForEach.In)...)
	}
	if w := x.Wait; w != nil {
		refs = slices.Concat(refs, refsOf(w.Key), refsOf(w.Or), refsOf(w.Within), refsOf(w.For), programRefs(w.Until))
	}
	if x.Answer != nil {
		refs = append(refs, letRefs(x.Answer.Input)...)
	}
	return refs
}

// readAfter returns the names that are read when the outcome is known.
func readAfter(x *engine.FlowStep) (refs [][]string) {
	if x.Repeat != nil {
		refs = slices.Concat(programRefs(x.Repeat.Deadline), programRefs(x.Repeat.Until))
	}
	for _, h := range x.Handle {
		for _, d := range h.Deeds {
			refs = slices.Concat(refs, programRefs(d.If), refsOf(d.Wait), letRefs(d.With))
		}
	}
	return refs
}

func programRefs(p *formula.Program) [][]string {
	if p == nil {
		return nil
	}
	return p.Refs()
}

func letRefs(lets []engine.Let) (refs [][]string) {
	for _, x := range lets {
		refs = append(refs, refsOf(x.Value)...)
	}
	return refs
}

// stepsIn returns the steps that references lead to, through lets.
func stepsIn(refs [][]string, lets []engine.Let, seen map[string]bool) (ids []string) {
	if seen == nil {
		seen = map[string]bool{}
	}
	for _, ref := range refs {
		if ref[0] == "steps" && len(ref) > 1 {
			ids = append(ids, ref[1])
			continue
		}
		if i := slices.IndexFunc(lets, func(x engine.Let) bool { return x.Name == ref[0] }); i >= 0 && !seen[ref[0]] {
			seen[ref[0]] = true
			ids = append(ids, stepsIn(refsOf(lets[i].Value), lets, seen)...)
		}
	}
	return ids
}
