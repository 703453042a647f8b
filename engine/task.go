package engine

import (
	"fmt"
	"strconv"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// task is a step under way: its attempts, its waits and its handling.
type task struct {
	f    *frame
	r    *run
	st   *FlowStep
	path string
	res  *stepResult

	state  *pathState
	step   Step
	random stepRandom

	values   []named // of with; worked out once
	prepared *Call   // the own call
	digest   string  // of the own call
	calls    int     // attempts made of the own call
	fresh    int     // rounds of a used flow, each with fresh steps
	tries    int     // transient outcomes that were tried again
	rounds   int     // deeds about the present outcome
	repeats  int
	resent   int // because the authority never got it, or deed resend
	timers   int
	lookups  int
	makes    int // attempts to make a held object
	heard    int // events taken or waited for
	first    time.Time
}

// settle makes the step's attempts and handles how they end.
func (t *task) settle() (Outcome, disposition, error) {
	o, err := t.attempt()
	if err == nil && o.Class == Done && t.st.Handle == nil && t.st.Repeat == nil && !t.r.granted(t.path) {
		return o, disposeOn, nil // the usual case: there is nothing to handle
	}
	return t.follow(o, err)
}

// follow handles how an attempt ended, and makes others where that is the deed.
func (t *task) follow(o Outcome, err error) (Outcome, disposition, error) {
	for err == nil {
		if o, err = t.pursue(o); err != nil {
			break
		}
		t.res.ran, t.res.outcome = true, o // the author's own handling sees its outputs
		var how disposition
		var again bool
		if o, how, again, err = t.handle(o); err != nil {
			break
		}
		if !again && !t.r.granted(t.path) {
			return o, how, nil
		}
		o, err = t.attempt()
	}
	return o, disposeFail, err
}

// savedTask is a step of a used flow as this pass has left it. When a caller
// has the flow go on, it is taken up where it stood.
type savedTask struct {
	task    task
	res     stepResult
	outcome Outcome
	how     disposition
}

// rejoin takes up a step where this pass has left it: it is attempted again
// only if a caller has granted that to it or to a step inside.
func (t *task) rejoin(s *savedTask) (Outcome, disposition, error) {
	if t.r.granted(t.path) || t.st.Use != "" && t.r.grantsUnder(t.path) {
		o, err := t.attempt()
		return t.follow(o, err)
	}
	return s.outcome, s.how, nil
}

// granted uses up a further attempt that a caller allows the call at a path.
func (r *run) granted(path string) bool {
	if r.grants[path] == 0 {
		return false
	}
	r.grants[path]--
	return true
}

func (r *run) grantsUnder(path string) bool {
	for p, n := range r.grants {
		if n > 0 && under(p, path) {
			return true
		}
	}
	return false
}

// attempt runs the step once more.
func (t *task) attempt() (o Outcome, err error) {
	t.r.step = t.path
	if t.st.Held != nil {
		if o, ok, err := t.hold(); !ok || err != nil {
			return o, err
		}
	}
	switch {
	case t.st.ForEach != nil:
		o, err = t.members()
	case t.st.Use != "":
		o, err = t.used()
	case t.st.Wait != nil:
		o, err = t.waited()
	case t.st.Action.Effect == Pure:
		o, err = t.compute()
	case t.st.Action.Effect == Records:
		o, err = t.record()
	default:
		o, err = t.call()
	}
	if err == nil && t.first.IsZero() {
		if t.first = o.At; t.first.IsZero() {
			t.first = t.r.clock
		}
	}
	return o, err
}

// used runs the flow the step uses: the present round's instance.
func (t *task) used() (Outcome, error) {
	with, err := t.inputs(t.st.With, t.f.scope)
	if err != nil {
		return failure(err, "RUN-STEP"), nil
	}
	if t.fresh == 0 {
		t.fresh = 1
	}
	if o, ok, err := t.over(); ok || err != nil {
		return o, err
	}
	o, outs, err := t.run(t.path+"#"+strconv.Itoa(t.fresh)+"/", with)
	t.res.outs = outs
	return o, err
}

// over returns the outcome of a round that an earlier pass has left behind:
// it is not gone through again, unless a report is wanted.
func (t *task) over() (Outcome, bool, error) {
	if t.st.Repeat == nil || t.r.peek {
		return Outcome{}, false, nil
	}
	v, _, err := t.r.found(t.path+"#"+strconv.Itoa(t.fresh), EntryRound)
	m, ok := v.(map[string]any)
	if !ok || err != nil {
		return Outcome{}, false, err
	}
	status, _ := m["document"].(string)
	t.r.virtual = DocStatus(status)
	t.r.clock, _ = m["clock"].(time.Time)
	return outcomeOf(m), true, nil
}

// leave journals that a round is left behind and another one begins.
func (t *task) leave(o *Outcome) error {
	path := t.path + "#" + strconv.Itoa(t.fresh)
	if t.r.peek || t.f.secret || t.r.journal[entryKey{path, EntryRound}] != nil {
		return nil
	}
	m := outcomeValue(o)
	m["document"], m["clock"] = string(t.r.virtual), t.r.clock
	return t.r.note(Entry{Path: path, Kind: EntryRound}, m)
}

// members runs the used flow for each member of a list. One that goes wrong
// does not stop the others; the class of the step is that of the first.
func (t *task) members() (Outcome, error) {
	list, err := t.st.ForEach.In.Eval(t.f.scope)
	if err != nil {
		return failure(err, "RUN-STEP"), nil
	}
	all, _ := list.([]any)
	answer := Outcome{Class: Done}
	t.res.each = make([]any, 0, len(all))
	for i, m := range all {
		in := t.f.scope.Child()
		in.Set(t.st.ForEach.As, m)
		with, err := t.inputs(t.st.With, in)
		o, outs := failure(err, "RUN-STEP"), Outputs(nil)
		if err == nil {
			if o, outs, err = t.run(fmt.Sprintf("%s[%d]/", t.path, i+1), with); err != nil {
				return o, err
			}
		}
		if answer.Class == Done && o.Class != Done {
			answer = o
		}
		t.res.each = append(t.res.each, &stepResult{ran: true, outcome: o, outs: outs})
	}
	return answer, nil
}

// inputs works out values given under with.
func (t *task) inputs(with []Let, s *formula.Scope) (map[string]any, error) {
	m := make(map[string]any, len(with))
	for i := range with {
		v, err := with[i].Value.Eval(s)
		if err != nil {
			return nil, err
		}
		if v != nil {
			m[with[i].Name] = v
		}
	}
	return m, nil
}

// hands works out the inputs and parameters of the action once and returns
// what it sees of the run.
func (t *task) hands() (*Step, error) {
	if t.values == nil {
		values := make([]named, 0, len(t.st.With)+len(t.st.Action.Params))
		for i := range t.st.With {
			v, err := t.st.With[i].Value.Eval(t.f.scope)
			if err != nil {
				return nil, err
			}
			if v != nil {
				values = append(values, named{t.st.With[i].Name, v})
			}
		}
		values, err := t.st.Action.complete(values, t.st)
		if err != nil {
			return nil, err
		}
		t.values = values
	}
	r := t.r
	if t.state.clock.IsZero() {
		t.state.clock = r.clock
	}
	t.random = stepRandom{seed: r.seed, path: t.path}
	t.step = Step{id: t.st.ID, values: t.values, refs: t.st.Refs, scope: t.f.part.scope(r), flow: t.f.scope, now: t.state.clock, random: &t.random, keys: r.keys(), files: r.artifacts(), origins: &r.origins}
	return &t.step, nil
}

// complete puts defaults in and refuses what is missing.
func (s *Spec) complete(values []named, st *FlowStep) ([]named, error) {
	for i := range s.Params {
		p := &s.Params[i]
		if lookUp(values, p.Name) != nil || st.Refs[p.Name] != nil {
			continue
		}
		if p.Default != nil {
			values = append(values, named{p.Name, p.Default})
		} else if p.Required {
			return nil, diag.Problemf(st.Pos, "RUN-INPUT", "step %q has no value for %q", st.ID, p.Name)
		}
	}
	for i := range s.In {
		if p := &s.In[i]; p.Required && lookUp(values, p.Name) == nil {
			return nil, diag.Problemf(st.Pos, "RUN-INPUT", "step %q has no value for %q", st.ID, p.Name)
		}
	}
	return values, nil
}

// compute runs a pure action, or takes its outputs from this pass or, if they
// were kept, from the journal.
func (t *task) compute() (Outcome, error) {
	r := t.r
	if t.state.computed {
		return t.computed(t.state.outs), nil
	}
	keep := t.st.Action.Makes == DocSigned
	if keep {
		v, _, err := r.found(t.path, EntryKept)
		if err != nil {
			return Outcome{}, err
		}
		if m, ok := v.(map[string]any); ok {
			return t.computed(m), r.made(t.path, t.st.Action.Makes)
		}
	}
	s, err := t.hands()
	if err != nil {
		return failure(err, "RUN-STEP"), nil
	}
	outs, err := t.st.Action.Run(r.ctx, s)
	if err != nil {
		if r.ctx.Err() != nil {
			return Outcome{}, r.ctx.Err()
		}
		o := failure(err, "RUN-STEP")
		t.res.outs = outs
		return o, nil
	}
	o := t.computed(outs)
	if o.Class != Done {
		return o, nil
	}
	if keep && !r.peek {
		if err := r.note(Entry{Path: t.path, Kind: EntryKept}, map[string]any(without(outs, "findings"))); err != nil {
			return failure(err, "RUN-STEP"), nil
		}
	} else {
		r.pure = append(r.pure, pureOutput{t.path, outs})
	}
	return o, r.made(t.path, t.st.Action.Makes)
}

func without(o Outputs, name string) Outputs {
	if _, ok := o[name]; !ok {
		return o
	}
	c := make(Outputs, len(o))
	for k, v := range o {
		if k != name {
			c[k] = v
		}
	}
	return c
}

// computed takes outputs; a grave finding makes the step failed.
func (t *task) computed(outs Outputs) Outcome {
	t.res.outs = outs
	t.state.outs, t.state.computed = outs, true
	o := Outcome{Class: Done}
	if list, ok := outs["findings"].(diag.List); ok {
		o.Findings = list
		if list.Grave() {
			o.Class = Failed
			for _, p := range list {
				if p.Grave() {
					o.Code, o.Text = p.Rule, p.Message
					break
				}
			}
		}
	}
	return o
}
