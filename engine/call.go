package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// leaf is what is known of a step that sends, at one path: the fence.
type leaf struct {
	class    Class     // of what was sent last, after look-ups; empty: nothing was sent
	notAfter time.Time // no byte of any attempt is written after it
	may      int       // further attempts that were allowed although something was sent
}

// stands reports whether what was sent may stand with the authority, so that
// nothing else may be sent in its place.
func (l *leaf) stands() bool {
	switch l.class {
	case Unknown, Pending, Done, Duplicate:
		return true
	}
	return false
}

// call makes one attempt of an action that reads or sends, or takes it from
// the journal.
func (t *task) call() (Outcome, error) {
	s, err := t.hands()
	if err != nil {
		return failure(err, "RUN-STEP"), nil
	}
	if t.prepared == nil { // every attempt makes the same call
		if t.prepared, err = t.st.Action.Prepare(t.r.ctx, s); err != nil {
			return failure(err, "RUN-CALL"), nil
		}
	}
	c := *t.prepared
	t.calls++
	x := &attempt{t: t, r: t.r, res: t.res, read: t.st.Action.Read, step: s, call: &c, path: fmt.Sprintf("%s#%d", t.path, t.calls), sends: t.st.Effect() == Sends}
	x.call.Reads, x.call.Environment = !x.sends, x.r.sub.Environment
	if x.sends {
		if x.leaf = t.r.leaves[t.path]; x.leaf == nil {
			x.leaf = &leaf{}
			t.r.leaves[t.path] = x.leaf
		}
		x.prior = x.leaf.class
	}
	return x.make()
}

// attempt is one exchange with somebody outside.
type attempt struct {
	t     *task
	r     *run
	step  *Step
	call  *Call
	path  string
	sends bool
	leaf  *leaf
	prior Class // of the leaf before this attempt
	res   *stepResult
	read  func(*Step, *Response) (Reading, error)
	asked time.Time
}

func (x *attempt) make() (Outcome, error) {
	intent, entry, err := x.r.found(x.path, EntryIntent)
	if err != nil {
		return Outcome{}, err
	}
	if entry != nil {
		if err := x.planned(intent); err != nil {
			return Outcome{}, err
		}
	}
	if v, en, err := x.r.found(x.path, EntryOutcome); err != nil {
		return Outcome{}, err
	} else if en != nil {
		return x.replay(v, en)
	}
	x.r.report.calling(x)
	switch {
	case x.r.peek:
		return Outcome{}, &halt{kind: haltEnd}
	case entry != nil:
		// The log cannot tell whether anything was written: it may have been.
		return x.ended(&Response{Code: CodeBroken, Reason: "the process ended between the intent and the outcome", Received: x.r.e.now()})
	case x.r.ctx.Err() != nil:
		return Outcome{}, x.r.ctx.Err()
	}
	return x.live()
}

// live makes the call.
func (x *attempt) live() (Outcome, error) {
	r := x.r
	if err := r.overdue(x.path, true); err != nil {
		return Outcome{}, err
	}
	if r.e.hands.Transport == nil || r.plan && x.sends {
		return Outcome{}, &halt{kind: haltCall, path: x.path, call: x.call}
	}
	if err := x.queue(); err != nil {
		return Outcome{}, err
	}
	if h, ok := x.t.f.scope.Host().(*host); ok {
		if err := h.interlock(x.call); err != nil {
			return Outcome{Class: Precondition, Code: "RUN-ENVIRONMENT", Text: err.Error(), Findings: problems(err, "RUN-ENVIRONMENT")}, nil
		}
	}
	if p := x.foreignKey(); p != nil {
		return Outcome{Class: Precondition, Code: p.Rule, Text: p.Message, Findings: diag.List{*p}}, nil
	}
	gate := func() error { return nil }
	if x.sends {
		var err error
		if gate, err = x.intend(); err != nil {
			return Outcome{}, err
		}
	}
	var closed error
	x.asked = r.e.now()
	res := r.e.hands.Transport.Do(r.ctx, x.call, func() error {
		closed = gate()
		return closed
	})
	if errors.Is(closed, ErrLostLease) {
		return Outcome{}, closed
	}
	res.Received = r.e.now() // by the one clock of the run, whatever the transport has
	return x.ended(res)
}

// foreignKey refuses a certificate of another environment before a connection
// is made with it.
func (x *attempt) foreignKey() *diag.Problem {
	b, bound := x.r.keys().(BoundKeys)
	if x.call.Certificate == nil || !bound {
		return nil
	}
	if err := b.Refuses(x.call.Certificate); err != nil {
		return &problems(err, RuleKeyEnvironment)[0]
	}
	return nil
}

// ended judges what came back and journals it.
func (x *attempt) ended(res *Response) (Outcome, error) {
	r := x.r
	ex := x.exchange(res)
	o := x.judge(ex)
	x.known(&o)
	m := outcomeValue(&o)
	m["response"], m["asked"] = responseValue(res), x.asked
	if !x.sends {
		m["call"] = x.record()
		m["pure"] = r.outputDigests()
	}
	if err := x.note(m); err != nil {
		return o, err
	}
	if err := x.closing(&o); err != nil {
		return o, err
	}
	if o.Raise != "" {
		if err := x.t.f.raised(o.Raise); err != nil {
			return o, err
		}
	}
	if err := r.flush(nil); err != nil {
		return o, err
	}
	r.clock = r.journal[entryKey{x.path, EntryOutcome}].At
	x.finish(ex, &o)
	return o, x.t.f.enterModes()
}

// replay takes an outcome from the journal.
func (x *attempt) replay(v any, en *Entry) (Outcome, error) {
	m, err := x.noted(v)
	if err != nil {
		return Outcome{}, err
	}
	if !x.sends {
		if err := x.r.sameOutputs(x.path, m["pure"]); err != nil {
			return Outcome{}, err
		}
	}
	o := outcomeOf(m)
	x.asked, _ = m["asked"].(time.Time)
	res := responseOf(m["response"])
	x.r.report.calling(x)
	if x.sends && x.leaf.may > 0 && (x.leaf.stands() || x.leaf.class == Missing || x.leaf.class == Verdict) {
		x.leaf.may--
	}
	x.known(&o)
	x.r.clock = en.At
	x.later(res, &o)
	return o, nil
}

// later puts off reading the answer until somebody looks at it: of many
// attempts only the last one is looked at.
func (x *attempt) later(res *Response, o *Outcome) {
	x.r.report.called(x, &Exchange{Response: res}, o)
	y, seen := *x, *x.step // the task behind them goes on to other steps
	y.step = &seen
	x.t.res.read = func() { y.see(y.exchange(res)) }
	x.t.res.outs, x.t.res.response = nil, nil
}

func (x *attempt) exchange(res *Response) *Exchange {
	ex := &Exchange{Response: res, Sends: x.sends, Now: x.r.e.now()}
	if res.Code != "" {
		return ex
	}
	reading, err := x.read(x.step, res)
	if err != nil {
		unreadable := *res
		unreadable.Code, unreadable.Reason = CodeUnreadable, err.Error()
		ex.Response = &unreadable
		return ex
	}
	ex.Reading = reading
	return ex
}

func (x *attempt) judge(ex *Exchange) Outcome {
	ref := x.t.st.Answer
	if ref == nil || ref.Answers == nil {
		o := ex.Plain()
		if ex.Response.Status/100 == 2 && ex.Response.Code == "" && ex.Reading.Code == "" && !x.sends {
			o.Class = Done // without an answers file a question that is answered is done
		}
		return o
	}
	in, err := x.t.inputs(ref.Input, x.t.f.scope)
	if err != nil {
		o := Outcome{Class: Unknown, Code: CodeUnreadable, At: ex.Response.Received}
		o.Findings = problems(err, "RUN-ANSWER")
		return o
	}
	s := x.t.f.part.scope(x.r).Child()
	s.Set("input", in)
	return ref.Answers.Judge(s, ex)
}

// known takes in what an outcome says of what was sent, and of the document.
func (x *attempt) known(o *Outcome) {
	o.from, o.asked = x.t.path, x.asked
	if x.sends {
		o.leaf = x.t.path
		x.settle(o)
	}
	if !x.t.f.secret {
		x.r.judged(x.path, x.leaf, o)
	}
}

// settle keeps what an earlier attempt left open: that this one was not taken
// says nothing of that one.
func (x *attempt) settle(o *Outcome) {
	before := leaf{class: x.prior}
	switch o.Class {
	case Transient, Quota, Precondition, Failed, Expired:
		if before.stands() {
			o.Class = x.prior
		}
	}
	x.leaf.class = o.Class
}

// finish makes the exchange what formulas see of the step.
func (x *attempt) finish(ex *Exchange, o *Outcome) {
	x.see(ex)
	x.r.report.called(x, ex, o)
}

func (x *attempt) see(ex *Exchange) {
	out := ex.Reading.Out
	if out == nil {
		if out = any(ex.Response.Body); ex.Reading.Tree != nil {
			out = ex.Reading.Tree
		}
	}
	x.res.response, x.res.read = ex, nil
	x.res.outs = Outputs{"out": out}
}
