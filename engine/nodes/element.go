package nodes

import (
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// all writes nodes; it reports whether something was written.
func (w *writer) all(list []*Node, s *formula.Scope) bool {
	any := false
	for _, n := range list {
		if n.Kind != Attribute && w.node(n, s) {
			any = true
		}
	}
	return any
}

func (w *writer) node(n *Node, s *formula.Scope) bool {
	if n.For != nil {
		return w.loop(n, s)
	}
	return w.once(n, s, 0)
}

// loop writes n once for each member of the list. The scope of the rounds is
// the same one, its names set anew.
func (w *writer) loop(n *Node, s *formula.Scope) bool {
	list, ok := w.listOf(n.For, s)
	if !ok {
		return false
	}
	any, round := false, w.child(s)
	for i, x := range list {
		round.Set(n.For.Item, x)
		if n.For.Index != "" {
			round.Set(n.For.Index, decimal.FromInt(int64(i)))
		}
		if w.once(n, round, i+1) {
			any = true
		}
		if len(w.problems) >= maxProblems || w.full() {
			break
		}
	}
	w.leave(round)
	return any
}

// listOf returns the list of a loop; false if there is nothing to loop over.
func (w *writer) listOf(f *For, s *formula.Scope) ([]any, bool) {
	var v any
	var err error
	if w.track == nil {
		v, err = f.In.Eval(s)
	} else {
		v, err = w.track.loop(f, s)
	}
	if err != nil {
		w.fail(f.In.Pos(), err)
		return nil, false
	}
	if v == nil {
		return nil, false
	}
	list, ok := v.([]any)
	if !ok {
		w.fault(f.In.Pos(), RuleValue, "$for goes over a list, not a %s", formula.KindOf(v))
	}
	return list, ok
}

// full reports, once, that more was written than the limit.
func (w *writer) full() bool {
	if len(w.out) <= w.limit {
		return false
	}
	if len(w.problems) == 0 || w.problems[len(w.problems)-1].Rule != RuleSize {
		w.fault(w.m.Pos, RuleSize, "more than %d bytes are written", w.limit)
	}
	return true
}

// once writes n, whose loop, if any, is in its round of that index.
func (w *writer) once(n *Node, s *formula.Scope, index int) bool {
	written := w.one(n, s, index)
	if written {
		s.Note(n.Pos, formula.Written)
	}
	return written
}

func (w *writer) one(n *Node, s *formula.Scope, index int) bool {
	if len(n.Let) > 0 {
		if index == 0 {
			s = w.child(s)
			defer w.leave(s)
		}
		w.lets(n.Let, s)
	}
	if n.If != nil && !w.holds(n.If, s) {
		return false
	}
	switch n.Kind {
	case Element:
		return w.element(n, s, index)
	case Group, Entries:
		return w.all(n.Children, s)
	case Choice:
		c := w.choose(n, s)
		return c != nil && w.all(c.Nodes, s)
	case Use:
		c, in := w.inside(n, s)
		any := w.all(n.Fragment.Nodes, c)
		w.leave(c)
		clear(in.values)
		w.inputs = append(w.inputs, in)
		return any
	case RawNode:
		return w.raw(n, s)
	case TextNode:
		return w.value(n, s, appendText)
	}
	return false
}

func (w *writer) element(n *Node, s *formula.Scope, index int) bool {
	start, mark := len(w.out), w.track.mark()
	outermost := len(w.stack) == 0
	w.stack = append(w.stack, level{n, index})
	w.out = append(w.out, n.open...)
	if outermost {
		w.out = append(w.out, w.m.declarations...)
	}
	full := w.allAttributes(n, s)
	w.out = append(w.out, '>')
	if n.Value != nil {
		full = w.value(n, s, appendText)
	}
	if w.all(n.content, s) {
		full = true
	}
	w.stack = w.stack[:len(w.stack)-1]
	if !full && !n.Keep {
		w.out = w.out[:start]
		w.track.forget(mark)
		return false
	}
	w.out = append(w.out, n.close...)
	if outermost {
		if w.roots++; w.roots == 2 {
			w.fault(n.Pos, RuleRoots, "a second outermost element %q", n.Name)
		}
	}
	return true
}

// value writes the text of n; it reports whether there is one.
func (w *writer) value(n *Node, s *formula.Scope, write func([]byte, string) ([]byte, error)) bool {
	if w.track != nil {
		w.track.begin()
	}
	if n.constant {
		if w.track != nil {
			w.track.origin(len(w.out), n.Value, s)
		}
		w.out = append(w.out, n.text...)
		return len(n.text) > 0
	}
	v := w.eval(n.Value, s)
	if d, ok := v.(decimal.Decimal); ok && w.track == nil {
		return w.digits(n, d)
	}
	var err error
	if secret, ok := v.(formula.Secret); ok && w.slots != nil {
		if w.out, err = w.slots.put(w.out, secret, write); err != nil {
			w.fail(n.Value.Pos(), err)
		}
		return err == nil
	}
	if b, ok := w.slots.attached(v); ok {
		w.out = w.slots.mark(w.out, Piece{Attached: b})
		return true
	}
	text, ok := w.text(n, v)
	if !ok {
		return false
	}
	if w.track != nil {
		w.track.origin(len(w.out), n.Value, s)
	}
	if w.out, err = write(w.out, text); err != nil {
		w.fail(n.Value.Pos(), err)
		return false
	}
	return true
}

// digits writes a number without a text in between.
func (w *writer) digits(n *Node, d decimal.Decimal) bool {
	d, err := n.layout.apply(d)
	if err != nil {
		w.fail(n.Value.Pos(), err)
		return false
	}
	w.out = d.Append(w.out)
	return true
}
