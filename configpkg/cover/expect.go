package cover

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/casetest"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// looker compares what is expected with what is.
type looker struct {
	w    *world
	ctx  context.Context
	x    *casetest.Expect
	last *submission
	r    *engine.Report // of last; nil if it was not taken
	key  string         // that is being compared
}

// expect compares what a step of a script expects with what is.
func (w *world) expect(ctx context.Context, x *casetest.Expect) {
	l := &looker{w: w, ctx: ctx, x: x}
	if n := len(w.submissions); n > 0 {
		l.last = w.submissions[n-1]
		r, err := l.report(l.last)
		if err != nil {
			w.undone(x.Pos, err)
			return
		}
		l.r = r
	}
	l.own()
	l.asks("of").others()
	l.asks("calls").calls()
	l.asks("state").states()
	l.asks("items").items()
	if x.Result != nil {
		l.asks("result").result(x.Result)
	}
	for _, p := range x.Check {
		l.check(p)
	}
}

// items compares what became of what came in.
func (l *looker) items() {
	count, rules := map[string]int{}, []string{}
	for _, i := range l.w.items {
		count[string(i.Status)]++
		if i.Status == engine.ItemParked {
			rules = append(rules, i.Rule)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.x.Items)) {
		if want := l.x.Items[name]; count[name] != want {
			l.missed("items "+name, fmt.Sprint(want), fmt.Sprintf("%d (%v)", count[name], rules))
		}
	}
	want := slices.Sorted(slices.Values(l.x.Reasons))
	slices.Sort(rules)
	if l.x.Reasons != nil && !slices.Equal(want, rules) {
		l.asks("reasons").missed("reasons", fmt.Sprint(want), fmt.Sprint(rules))
	}
}

func (l *looker) report(s *submission) (*engine.Report, error) {
	if s.refused != nil {
		return nil, nil
	}
	return l.w.engine.Report(l.ctx, s.id)
}

// missed reports that something is not as expected.
func (l *looker) missed(what, want, got string) {
	p := diag.Problemf(l.x.At(l.key), RuleExpect, "%s: want %s, got %s", what, want, got)
	if why := l.why(); why != "" {
		p.Hint = why
	}
	l.w.problems.Add(p)
}

// why tells what is known of the last submission, for hints.
func (l *looker) why() string {
	if l.last != nil && l.last.refused != nil {
		return "it was not taken: " + oneLine(l.last.refused)
	}
	if l.r == nil {
		return ""
	}
	var parts []string
	if l.r.Reason != "" {
		parts = append(parts, l.r.Reason+" ["+l.r.Rule+"]")
	}
	if len(l.r.Findings) > 0 {
		parts = append(parts, "findings: "+oneLine(l.r.Findings))
	}
	if n := len(l.r.Calls); n > 0 && l.r.Calls[n-1].Code != "" {
		c := l.r.Calls[n-1]
		parts = append(parts, fmt.Sprintf("last answer of %s: %s (%s)", c.Step, c.Code, c.Class))
	}
	return strings.Join(parts, "; ")
}

// asks says which key is compared from here on.
func (l *looker) asks(key string) *looker {
	l.key = key
	return l
}

func (l *looker) same(what, want, got string) {
	if want != "" && want != got {
		l.missed(what, want, orNone(got))
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// own compares what is said of the last submission.
func (l *looker) own() {
	x := l.x
	if l.last == nil {
		if x.Flow != "" || x.Run != "" || x.Document != "" || x.Fields != nil || x.Findings != nil {
			l.missed("submission", "one", "none")
		}
		return
	}
	r := l.r
	if r == nil {
		r = &engine.Report{Findings: l.last.refused, Status: engine.StatusReport{Document: engine.DocNone}}
	}
	l.asks("flow").same("flow", x.Flow, r.Flow)
	l.asks("run").same("run", string(x.Run), string(r.Status.Run))
	l.asks("document").same("document", string(x.Document), string(r.Status.Document))
	for _, name := range slices.Sorted(maps.Keys(x.Fields)) {
		l.asks("fields").field(name, x.Fields[name], r.Fields[name])
	}
	for _, name := range slices.Sorted(maps.Keys(x.Deadlines)) {
		l.asks("deadlines").same("deadline "+name, x.Deadlines[name], deadline(r, name))
	}
	if x.Findings != nil {
		l.last.asked = true
		l.asks("findings").findings(r.Findings)
	}
}

func deadline(r *engine.Report, name string) string {
	for _, d := range r.Deadlines {
		if d.Name == name {
			return d.State
		}
	}
	return ""
}

// findings compares rule ids, with their places where these are asked for. What hangs on the official files that are installed
// here is no finding about the document: it is told as skipped.
func (l *looker) findings(got diag.List) {
	got = slices.DeleteFunc(slices.Clone(got), func(p diag.Problem) bool { return p.Rule == "ART-SKIPPED" || p.Rule == "ART-STAND-IN" })
	want := slices.Sorted(slices.Values(l.x.Findings))
	have := make([]string, len(got))
	for i, p := range got {
		if have[i] = p.Rule; slices.Contains(want, p.Rule+" "+p.Path) {
			have[i] += " " + p.Path
		}
	}
	slices.Sort(have)
	have = slices.Compact(have)
	if !slices.Equal(want, have) {
		l.missed("findings", list(want), list(have))
	}
}

func list(l []string) string { return "[" + strings.Join(l, ", ") + "]" }

func (l *looker) field(name string, want *formula.Value, got any) {
	if text, ok := want.Constant(); ok && text == "exists" {
		if got == nil {
			l.missed("field "+name, "any value", "none")
		}
		return
	}
	w, err := want.Eval(l.w.scope())
	if err != nil {
		l.w.undone(l.x.At(l.key), err)
		return
	}
	if !alike(w, got) {
		l.missed("field "+name, shown(w), shown(got))
	}
}

// others compares the document status of named submissions.
func (l *looker) others() {
	for _, name := range slices.Sorted(maps.Keys(l.x.Of)) {
		for _, s := range l.w.submissions {
			if name != "all" && s != l.w.named(name) {
				continue
			}
			got := engine.DocNone
			if r, err := l.report(s); err != nil {
				l.w.undone(l.x.At(l.key), err)
			} else if r != nil {
				got = r.Status.Document
			}
			l.same("document of "+s.id, string(l.x.Of[name]), string(got))
		}
	}
}

// calls compares what reached the authorities since the test began.
func (l *looker) calls() {
	c := l.x.Calls
	if c == nil {
		return
	}
	var got []string
	count := map[string]int{}
	for _, e := range l.w.events {
		got = append(got, e.Route)
		count[e.Route]++
	}
	if c.List != nil && !slices.Equal(c.List, got) {
		l.missed("calls", list(c.List), list(got))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Count)) {
		if count[name] != c.Count[name] {
			l.missed("calls of "+name, fmt.Sprint(c.Count[name]), fmt.Sprint(count[name]))
		}
		if c.Apart > 0 {
			l.apart(name)
		}
	}
}

func (l *looker) apart(name string) {
	for i, e := range l.w.events {
		if e.Route != name {
			continue
		}
		for _, next := range l.w.events[i+1:] {
			if next.Route != name {
				continue
			}
			if d := next.At.Sub(e.At); d < l.x.Calls.Apart {
				l.missed("time between two calls of "+name, "at least "+l.x.Calls.Apart.String(), d.String())
			}
			break
		}
	}
}

// states compares modes: every object of that name, or where the mode begins.
func (l *looker) states() {
	for _, name := range slices.Sorted(maps.Keys(l.x.State)) {
		got, err := l.w.mode(l.ctx, name)
		if err != nil {
			l.w.undone(l.x.At(l.key), err)
			continue
		}
		l.same("state "+name, l.x.State[name], got)
	}
}

// check asks a formula about everything that was handed in.
func (l *looker) check(p *formula.Program) {
	s := l.w.scope()
	of := map[string]any{}
	for _, sub := range l.w.submissions {
		r, err := l.report(sub)
		if err != nil {
			l.w.undone(p.Pos(), err)
			return
		}
		of[sub.id] = summary(r)
	}
	s.Set("of", of)
	if l.r != nil {
		s.Set("fields", l.r.Fields)
		s.Set("results", l.trees())
	}
	ok, known, err := p.EvalBool(s)
	switch {
	case err != nil:
		l.w.undone(p.Pos(), err)
	case !known:
		l.w.problems.Add(diag.Problemf(p.Pos(), RuleExpect, "unknown, since something in it is absent: %s", p.Source()).WithHint("%s", l.why()))
	case !ok:
		l.w.problems.Add(diag.Problemf(p.Pos(), RuleExpect, "does not hold: %s", p.Source()).WithHint("%s", l.why()))
	}
}

func summary(r *engine.Report) map[string]any {
	if r == nil {
		return map[string]any{"run": "none", "document": string(engine.DocNone)}
	}
	return map[string]any{"flow": r.Flow, "run": string(r.Status.Run), "document": string(r.Status.Document), "fields": r.Fields}
}
