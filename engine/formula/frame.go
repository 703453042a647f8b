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
	f.p, f.s, f.three = p, s, false
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
	for _, name := range p.path[1:] {
		if v == nil {
			return nil, nil
		}
		if v, err = field(v, name); err != nil {
			return nil, p.problem(0, err)
		}
	}
	return v, nil
}

// EvalBool works out a condition. The value is that of the formula, false if
// it is absent. Known is false if the result is absent or hangs on a
// comparison with something absent: then neither the condition nor its
// opposite may be taken for true where missing data must not decide. A result
// that is neither true, false nor absent is an error.
func (p *Program) EvalBool(s *Scope) (value, known bool, err error) {
	f := p.frame(s)
	defer f.release()
	f.three = true
	v, err := p.run(f)
	if b, ok := v.(bool); ok && err == nil {
		return b, true, nil
	}
	f.three, f.item, f.args = false, nil, f.args[:0]
	f.fuel, f.bytes = s.root.limits.Fuel, s.root.limits.Bytes
	if v, err = p.run(f); err != nil {
		return false, false, err
	}
	switch v := v.(type) {
	case bool:
		return v, false, nil
	case nil:
		return false, false, nil
	}
	return false, false, f.wrongType(0, "a condition needs true or false, not a %s", KindOf(v))
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
