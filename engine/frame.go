package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// frame is one run of a flow: the submission's own, or a used one.
type frame struct {
	r     *run
	part         // the flow and the package it belongs to
	path  string // of this instance, with "/" at the end; empty for the submission's own
	depth int
	scope *formula.Scope
	steps *stepRecord
	task  task // the step under way: one at a time

	held    map[string]*held // by name: the instance this run has
	renewed bool             // it began again
	secret  bool             // what its flows exchange is kept sealed, and not about the document

	blocked map[string]bool // steps that are not run because of what went before
	ended   *Outcome        // what stopped the flow or part of it
	failed  bool
	gave    *Outcome // of the last step of gives that ran
}

// maxDepth bounds flows that use flows.
const maxDepth = 16

// frame makes an instance of a flow whose inputs are already worked out.
func (r *run) frame(p part, path string, input map[string]any, depth int) *frame {
	flow := p.flow
	f := &frame{r: r, part: p, path: path, depth: depth}
	f.steps = &stepRecord{results: make([]stepResult, len(flow.Steps)), flow: flow}
	f.scope = p.scope(r).Child()
	f.scope.Set("steps", f.steps)
	if input != nil || len(flow.Inputs) > 0 {
		f.scope.Set("input", input)
	}
	f.scope.Set("state", &stateFields{f})
	if r.sub.Channel != "" {
		f.scope.SetLazy("item", func(*formula.Scope) (any, error) {
			in, err := r.arrived()
			if in == nil || err != nil {
				return nil, err
			}
			return in.record(), nil
		})
	}
	if flow.Kind == Event || r.sub.Original != "" {
		f.scope.SetLazy("original", func(*formula.Scope) (any, error) { return r.original() })
	}
	setLets(f.scope, flow.Let)
	return f
}

// run runs all steps in their order, those under finally at the end, and
// returns the answer of the flow.
func (f *frame) run() (Outcome, error) {
	for _, last := range []bool{false, true} {
		for i, st := range f.flow.Steps {
			if st.Finally != last || f.failed && !last {
				continue
			}
			err := f.step(st, &f.steps.results[i])
			var stop *stopRun
			if errors.As(err, &stop) && f.depth == 0 {
				// The deadline ends the flow: only what comes at the end is run.
				f.ended = &Outcome{Class: Expired, Code: stop.problem.Rule, Text: stop.problem.Message, Findings: diag.List{stop.problem}}
				break
			}
			if err != nil {
				return Outcome{}, err
			}
		}
	}
	switch {
	case f.ended != nil:
		return *f.ended, nil
	case f.gave != nil:
		return *f.gave, nil
	}
	return Outcome{Class: Done}, nil
}

// step runs one step, unless what it needs was stopped or its if is false.
func (f *frame) step(st *FlowStep, res *stepResult) error {
	if !st.Finally && f.isBlocked(st) {
		f.block(st)
		f.r.report.skip(f.path+st.ID, st, "not run")
		return nil
	}
	state := f.r.report.step(f.path+st.ID, st)
	state.secret = f.secret
	if st.If != nil {
		on, _, err := st.If.EvalBool(f.scope)
		if err != nil {
			o := failure(err, "RUN-STEP")
			return f.conclude(state, res, &o, disposeFail)
		}
		if !on {
			state.how = "skipped"
			return nil
		}
	}
	f.scope.Note(st.Pos, formula.Ran)
	o, how, err := f.settle(state, res)
	if err != nil {
		return err
	}
	return f.conclude(state, res, &o, how)
}

// settle runs a step, or takes it up where this pass has left it.
func (f *frame) settle(state *pathState, res *stepResult) (o Outcome, how disposition, err error) {
	if s := state.saved; s != nil {
		*res, f.task = s.res, s.task
		f.task.f, f.task.res = f, res
		o, how, err = f.task.rejoin(s)
	} else {
		f.task = task{f: f, r: f.r, st: state.st, path: state.path, state: state, res: res}
		o, how, err = f.task.settle()
	}
	if err == nil && f.depth > 0 && (state.st.Use != "" || f.task.calls > 0) {
		state.saved = &savedTask{f.task, *res, o, how}
	}
	return o, how, err
}

func (f *frame) isBlocked(st *FlowStep) bool {
	if f.blocked == nil {
		return false
	}
	for _, id := range st.After {
		if f.blocked[id] {
			return true
		}
	}
	return false
}

func (f *frame) block(st *FlowStep) {
	if f.blocked == nil {
		f.blocked = map[string]bool{}
	}
	f.blocked[st.ID] = true
}

type disposition uint8

const (
	disposeOn   disposition = iota // steps after it go on
	disposeStop                    // steps that need it are not run
	disposeFail                    // nothing but finally is run any more
)

func (f *frame) conclude(state *pathState, res *stepResult, o *Outcome, how disposition) error {
	res.ran, res.outcome = true, *o
	f.r.report.finish(state, o, res)
	if how != disposeOn {
		f.block(state.st)
		if f.ended == nil || how == disposeFail {
			f.ended = &res.outcome
		}
		f.failed = f.failed || how == disposeFail
	}
	if f.gives(state.st) {
		f.gave = &res.outcome
		if how == disposeStop && f.ended.leaf == o.leaf {
			f.ended = f.gave
		}
	}
	return nil
}

// gives reports whether classes of the step that nothing handles go up to
// whoever uses the flow.
func (f *frame) gives(st *FlowStep) bool {
	return (f.depth > 0 || f.flow.Kind == Probe) && slices.Contains(f.flow.Gives, st.ID)
}

// failure is the outcome of a step that broke.
func failure(err error, rule string) Outcome {
	list := problems(err, rule)
	o := Outcome{Class: Failed, Findings: list}
	if len(list) > 0 {
		o.Code, o.Text = list[0].Rule, list[0].Message
	}
	return o
}

// stepRecord is the name "steps".
type stepRecord struct {
	results []stepResult
	flow    *Flow
	index   map[string]int // of long flows, made when first needed
}

// longFlow is from how many steps on an index is quicker than looking.
const longFlow = 16

func (s *stepRecord) find(name string) int {
	if len(s.results) < longFlow {
		for i, st := range s.flow.Steps {
			if st.ID == name {
				return i
			}
		}
		return -1
	}
	if s.index == nil {
		s.index = make(map[string]int, len(s.flow.Steps))
		for i, st := range s.flow.Steps {
			s.index[st.ID] = i
		}
	}
	if i, ok := s.index[name]; ok {
		return i
	}
	return -1
}

// Field returns the state of a step; one that has not run is absent.
func (s *stepRecord) Field(name string) (any, bool, error) {
	i := s.find(name)
	if i < 0 {
		return nil, false, nil
	}
	if !s.results[i].ran {
		return nil, true, nil
	}
	return &s.results[i], true, nil
}

// stepResult is steps.x: the state of a step after handling.
type stepResult struct {
	ran      bool
	outcome  Outcome
	outs     Outputs
	response *Exchange
	read     func() // reads the answer of an earlier pass when somebody looks at it
	all      []any
	each     []any
}

// Field returns an output or a part of the answer.
func (s *stepResult) Field(name string) (any, bool, error) {
	s.load()
	if v, ok := s.outs[name]; ok && name != "findings" {
		return v, true, nil
	}
	switch name {
	case "all":
		return listOrNil(s.all), true, nil
	case "each":
		return listOrNil(s.each), true, nil
	case "response":
		if s.response == nil {
			return nil, true, nil
		}
		return s.response.record(), true, nil
	}
	return s.outcome.field(name), true, nil
}

func (s *stepResult) load() {
	if s.read != nil {
		f := s.read
		s.read = nil
		f()
	}
}

func listOrNil(l []any) any {
	if l == nil {
		return nil
	}
	return l
}

// field returns a part of an answer by its name in formulas.
func (o *Outcome) field(name string) any {
	switch name {
	case "class":
		return string(o.Class)
	case "code":
		return textOrNil(o.Code)
	case "text":
		return textOrNil(o.Text)
	case "fields":
		if o.Fields != nil {
			return o.Fields
		}
	case "part":
		if o.Part != nil {
			return o.Part
		}
	case "at":
		if !o.At.IsZero() {
			return o.At
		}
	case "findings":
		return findingValues(o.Findings)
	}
	return nil
}

func textOrNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// answerFields is an outcome as the name "answer".
type answerFields struct{ o Outcome }

// Field returns a part of the answer.
func (a answerFields) Field(name string) (any, bool, error) { return a.o.field(name), true, nil }

func findingValues(l diag.List) []any {
	out := make([]any, len(l))
	for i, p := range l {
		out[i] = map[string]any{"rule": p.Rule, "message": p.Message, "path": p.Path, "fatal": p.Grave()}
	}
	return out
}

// use runs another flow and returns its answer and its outputs.
func (f *frame) use(name, path string, with map[string]any) (Outcome, Outputs, error) {
	flow := f.pkg.Flow(name)
	if flow == nil {
		return failure(diag.Problem{Rule: "RUN-FLOW", Message: fmt.Sprintf("no flow %q", name)}, ""), nil, nil
	}
	return f.call(part{f.pkg, flow}, path, with)
}

// call runs a flow of this or another package.
func (f *frame) call(p part, path string, with map[string]any) (Outcome, Outputs, error) {
	if f.depth >= maxDepth {
		return failure(diag.Problem{Rule: "RUN-DEPTH", Message: fmt.Sprintf("flows use each other more than %d deep", maxDepth)}, ""), nil, nil
	}
	in := f.r.frame(p, path, with, f.depth+1)
	in.secret = f.secret
	in, o, err := f.r.through(in, with)
	if err != nil {
		return o, nil, err
	}
	outs := Outputs{}
	for _, l := range p.flow.Outputs {
		v, err := l.Value.Eval(in.scope)
		if err != nil {
			if o.Class == Done {
				return failure(err, "RUN-OUTPUT"), outs, nil
			}
			continue // an output of a flow that did not come through is absent
		}
		outs[l.Name] = v
	}
	return o, outs, nil
}
