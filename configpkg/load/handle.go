package load

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

var deedWords = []string{"continue", "stop", "park", "resend"}

// handleHeads finds the flows that handle names, since the fields of their
// answers become those of the step.
func (l *loader) handleHeads(st *stepUnit) {
	types := []formula.Type{st.fields}
	for _, e := range st.o.entries("handle") {
		for _, n := range deedNodes(e.Value) {
			use := n.Get("use")
			if use == nil || use.Kind != yml.Scalar {
				continue
			}
			if f := l.used(use.Text, use.TextPos()); f != nil {
				types = append(types, f.answer)
				if f.codes == nil {
					st.codes = nil
				} else if st.codes != nil {
					st.codes = append(st.codes, f.codes...)
				}
			} else {
				types = append(types, formula.Any)
			}
		}
	}
	st.fields = merged(types)
}

// deedNodes returns the nodes that say a deed: one, or those of a list of
// alternatives.
func deedNodes(n *yml.Node) (all []*yml.Node) {
	if n.Kind != yml.List {
		return []*yml.Node{n}
	}
	for _, m := range n.Items {
		if then := m.Get("then"); then != nil {
			all = append(all, then)
		}
	}
	return all
}

// handling compiles what a step does about each outcome.
func (l *loader) handling(f *flowUnit, st *stepUnit, s *scope) {
	for _, e := range st.o.entries("handle") {
		h := engine.Handler{On: e.Key, Pos: e.KeyPos}
		l.outcome(st, e)
		if e.Value.Kind == yml.List {
			for _, m := range e.Value.Items {
				h.Deeds = append(h.Deeds, l.alternative(st, s, e.Key, m))
			}
		} else {
			h.Deeds = []engine.Deed{l.deed(st, s, e.Key, e.Value)}
		}
		if len(h.Deeds) == 0 {
			l.fault(e.Value.Pos, RuleDeed, "", "%q names no deed", e.Key)
		}
		st.step.Handle = append(st.step.Handle, h)
	}
}

// outcome checks that a key of handle is a class, or a code of the answers.
func (l *loader) outcome(st *stepUnit, e yml.Entry) {
	if slices.Contains(texts(engine.Classes), e.Key) || transport(e.Key) || slices.Contains(st.codes, e.Key) {
		return
	}
	known := append(texts(engine.Classes), st.codes...)
	hint := diag.Suggest(e.Key, known)
	if st.codes == nil && hint == "" {
		return
	}
	if hint != "" {
		hint = `did you mean "` + hint + `"?`
	}
	l.fault(e.KeyPos, RuleDeed, hint, "%q is neither a class nor a code of the answers", e.Key)
}

// transport reports whether a code is one of those the engine itself gives.
func transport(code string) bool {
	switch code {
	case engine.CodeConnect, engine.CodeTimeout, engine.CodeBroken, engine.CodeUnreadable, engine.CodeNoName, engine.CodeFault:
		return true
	}
	return strings.HasPrefix(code, engine.CodeHTTP) || strings.HasPrefix(code, "EVENT-")
}

func (l *loader) alternative(st *stepUnit, s *scope, on string, n *yml.Node) engine.Deed {
	o := l.object(n, "alternative")
	if !o.has("then") {
		return engine.Deed{Pos: n.Pos}
	}
	when := s.condition(o.get("if"))
	d := l.deed(st, s.given(when), on, o.get("then"))
	d.If = when
	return d
}

func (l *loader) deed(st *stepUnit, s *scope, on string, n *yml.Node) engine.Deed {
	d := engine.Deed{Pos: n.Pos}
	if n.Kind == yml.Scalar {
		l.deedWord(st, &d, on, n)
		return d
	}
	o := l.object(n, "deed")
	if !o.ok() {
		return d
	}
	if k := count(n.Entry("use") != nil, n.Entry("renew") != nil, n.Entry("wait") != nil); k != 1 {
		l.fault(n.Pos, RuleDeed, "write {use: flow}, {wait: 5m} or a word", "a deed says one thing to do, not %d", k)
		return d
	}
	if w := l.span(s, o.get("wait")); w != nil {
		if d.Wait = w; on == string(engine.Unknown) && st.sends {
			l.fault(n.Pos, RuleFence, "ask with {use: lookup}", "a step that sends is not tried again after unknown")
		}
	}
	for _, n := range renewed(o.get("renew")) {
		if x := l.stateNamed(n.Text, n.TextPos()); x != nil {
			l.mustBe(x, "held", n)
			d.Renew = append(d.Renew, n.Text)
		}
	}
	if use := o.get("use"); use != nil {
		l.asking(st, &d, s, on, o, use)
	}
	return d
}

// renewed returns the names under renew: one, or a list.
func renewed(n *yml.Node) []*yml.Node {
	switch {
	case n == nil:
		return nil
	case n.Kind == yml.List:
		return n.Items
	}
	return []*yml.Node{n}
}

func (l *loader) deedWord(st *stepUnit, d *engine.Deed, on string, n *yml.Node) {
	switch {
	case slices.Contains(deedWords, n.Text):
		d.Do = n.Text
		if d.Do == "resend" && st.step.Action != nil && !st.sends {
			l.fault(n.TextPos(), RuleDeed, "a step that reads is tried again by retry", "resend is for a step that sends")
		}
	case slices.Contains(texts(engine.Classes), n.Text):
		d.Class = engine.Class(n.Text)
		l.fence(st, on, n)
	default:
		l.fault(n.TextPos(), RuleDeed, diag.DidYouMean(n.Text, append(slices.Clone(deedWords), texts(engine.Classes)...)), "%q is no deed", n.Text)
	}
}

// fence refuses to take an unknown outcome for one that lets other bytes go.
func (l *loader) fence(st *stepUnit, on string, n *yml.Node) {
	if on != string(engine.Unknown) || st.step.Action != nil && !st.sends {
		return
	}
	switch engine.Class(n.Text) {
	case engine.Transient, engine.Missing, engine.Done, engine.Quota:
		l.fault(n.TextPos(), RuleFence, "ask with {use: lookup}, or park", "unknown cannot be turned into %s", n.Text)
	}
}

// asking compiles a deed that runs another flow.
func (l *loader) asking(st *stepUnit, d *engine.Deed, s *scope, on string, o object, use *yml.Node) {
	if use.Kind != yml.Scalar {
		return
	}
	d.Use = l.from(use.Text, use.Pos)
	f := l.flows[d.Use]
	if f == nil {
		d.With = s.letAll(o.entries("with"), nil)
		return
	}
	l.usable(f, use)
	if len(f.flow.Gives) == 0 {
		l.fault(use.TextPos(), RuleDeed, "add gives to it", "flow %q gives no answer", use.Text)
	}
	if on == string(engine.Unknown) && f.sends {
		l.fault(use.TextPos(), RuleFence, "a flow that asks may only read", "flow %q sends; after unknown only a question may follow", use.Text)
	}
	d.With = l.inputsGiven(s, o.get("with"), f.flow.Inputs, use.Pos, "flow "+use.Text)
}
