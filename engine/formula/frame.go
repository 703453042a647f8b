package formula

import (
	"errors"
	"sync"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// frame is the state of one evaluation.
type frame struct {
	p     *Program
	s     *Scope
	fuel  int
	bytes int
	item  any   // value of # in the innermost predicate
	args  []any // arguments of the calls under way
	three bool  // a comparison with something absent is unknown, not false
}

var frames = sync.Pool{New: func() any { return &frame{args: make([]any, 0, 16)} }}

func (p *Program) frame(s *Scope) *frame {
	f := frames.Get().(*frame)
	f.p, f.s, f.three = p, s, s.root.three
	f.fuel, f.bytes = s.root.limits.Fuel, s.root.limits.Bytes
	return f
}

func (f *frame) release() {
	clear(f.args[:cap(f.args)])
	if cap(f.args) > 256 {
		f.args = make([]any, 0, 16)
	}
	f.p, f.s, f.item, f.args = nil, nil, nil, f.args[:0]
	frames.Put(f)
}

// Eval works the formula out. The result is one of the values listed in the
// package comment; the caller must not change it. An error is a diag.Problem
// with its place.
func (p *Program) Eval(s *Scope) (any, error) {
	if p.constant {
		return p.value, nil
	}
	if s.root.watch != nil {
		v, err := p.eval(s)
		s.watched(p, v, err)
		return v, err
	}
	return p.eval(s)
}

func (p *Program) eval(s *Scope) (any, error) {
	if p.path != nil {
		return p.follow(s)
	}
	f := p.frame(s)
	v, err := p.run(f)
	f.release()
	return v, err
}

// follow evaluates a plain dotted path.
func (p *Program) follow(s *Scope) (any, error) {
	v, _, err := s.Lookup(p.path[0])
	if err != nil {
		return nil, p.problem(0, err)
	}
	v = plain(v)
	for i, name := range p.path[1:] {
		if v == nil {
			return nil, nil
		}
		if v, err = field(v, name); err != nil {
			return nil, p.problem(p.places[i+1], err)
		}
	}
	return v, nil
}

// Test works out a condition of a run: if, when, until, assert. Absent counts
// as false. A result that is neither true, false nor absent is an error, and
// so is arithmetic with something absent.
func (p *Program) Test(s *Scope) (bool, error) {
	f := p.frame(s)
	defer f.release()
	f.three = false
	ok, err := f.test()
	if s.root.watch != nil {
		s.watched(p, ok, err)
	}
	return ok, err
}

func (f *frame) test() (bool, error) {
	v, err := f.p.run(f)
	if err != nil {
		return false, err
	}
	switch v := v.(type) {
	case bool:
		return v, nil
	case nil:
		return false, nil
	}
	return false, f.wrongType(0, "a condition needs true or false, not a %s", KindOf(v))
}

// EvalBool works out a condition of applicability, where missing data must not
// decide. Known is false if the result is absent or hangs on an operation with
// something absent: then neither the condition nor its opposite holds. The
// value is then what Test gives, false where that is an error for something
// absent; and the trace is told what was absent.
func (p *Program) EvalBool(s *Scope) (value, known bool, err error) {
	value, known, err = p.evalBool(s)
	if s.root.watch != nil {
		s.watched(p, value, err)
	}
	return value, known, err
}

func (p *Program) evalBool(s *Scope) (value, known bool, err error) {
	f := p.frame(s)
	defer f.release()
	f.three = true
	v, err := p.run(f)
	if b, ok := v.(bool); ok && err == nil {
		return b, true, nil
	}
	if err != nil && !lacking(err) {
		return false, false, err
	}
	f.three, f.item, f.args = false, nil, f.args[:0]
	f.fuel, f.bytes = s.root.limits.Fuel, s.root.limits.Bytes
	value, err = f.test()
	if lacking(err) {
		f.tell(err)
		return false, false, nil
	}
	return value, false, err
}

// lacking reports whether err says that something needed is absent.
func lacking(err error) bool { return err != nil && ruleOf(err) == RuleAbsent }

// tell tells the trace of something absent.
func (f *frame) tell(err error) {
	var d diag.Problem
	if t := f.s.root.trace; t != nil && errors.As(err, &d) {
		t(Event{Pos: d.Pos, Source: f.p.src, Note: d.Message})
	}
}

// problem gives err the place of an offset in the formula, unless it has one.
func (p *Program) problem(from int, err error) error {
	var d diag.Problem
	if !errors.As(err, &d) {
		d = diag.Problem{Rule: RuleRunValue, Message: err.Error(), Err: err}
	}
	if d.Pos.IsZero() {
		d.Pos = p.at.at(from)
	}
	return d
}

func (f *frame) fail(from int, rule, format string, args ...any) error {
	return diag.Problemf(f.p.at.at(from), rule, format, args...)
}

func (f *frame) wrongType(from int, format string, args ...any) error {
	return f.fail(from, RuleRunType, format, args...)
}

// tick pays for n steps.
func (f *frame) tick(from, n int) error {
	if f.fuel -= n; f.fuel < 0 {
		return f.fail(from, RuleFuel, "formula takes more than %d steps", f.s.root.limits.Fuel)
	}
	return nil
}

// build pays for n bytes that are about to be built.
func (f *frame) build(from, n int) error {
	if n < 0 || n > f.bytes {
		return f.fail(from, RuleBytes, "formula builds more than %d bytes", f.s.root.limits.Bytes)
	}
	f.bytes -= n
	return nil
}

// note tells the trace of a comparison that met something absent.
func (f *frame) note(from int, op string) {
	if t := f.s.root.trace; t != nil && !f.three {
		t(Event{Pos: f.p.at.at(from), Source: f.p.src, Note: op + " with an absent value is false"})
	}
}
