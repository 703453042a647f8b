package nodes

import (
	"slices"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// given returns a record for the inputs of a fragment, one that was used
// before if there is one.
func (w *writer) given(names []Input) *inputs {
	last := len(w.inputs) - 1
	if last < 0 || cap(w.inputs[last].values) < len(names) {
		return &inputs{names: names, values: make([]any, len(names), max(4, len(names)))}
	}
	in := w.inputs[last]
	w.inputs = w.inputs[:last]
	in.names, in.values = names, in.values[:len(names)]
	return in
}

// inside returns the scope of the fragment that n uses, and its inputs.
func (w *writer) inside(n *Node, s *formula.Scope) (*formula.Scope, *inputs) {
	in := w.given(n.Fragment.Inputs)
	if w.track != nil {
		in.origins = make([][]string, len(in.names))
	}
	for _, with := range n.With {
		i := slices.IndexFunc(in.names, func(x Input) bool { return x.Name == with.Name })
		if i < 0 {
			continue // refused by Prepare
		}
		if w.track != nil {
			w.track.begin()
		}
		v, err := with.Value.Eval(s)
		if err != nil {
			w.fail(with.Pos, err)
		}
		in.values[i] = v
		if w.track != nil {
			in.origins[i] = w.track.sources(with.Value, s)
		}
	}
	c := w.child(w.base)
	c.Set("input", in)
	w.lets(n.Fragment.Let, c)
	return c, in
}

// inputs are the inputs of a fragment. They are a record of formulas.
type inputs struct {
	names   []Input
	values  []any
	origins [][]string // what each came from, when that is asked for
}

// Field returns an input.
func (in *inputs) Field(name string) (any, bool, error) {
	for i := range in.names {
		if in.names[i].Name == name {
			return in.values[i], true, nil
		}
	}
	return nil, false, nil
}

// choose finds the case of a choice; nil after an error.
func (w *writer) choose(n *Node, s *formula.Scope) *Case {
	v, err := n.Switch.Eval(s)
	text := ""
	if err == nil && v != nil {
		text, err = formula.FormatText(v)
	}
	if err != nil {
		w.fail(n.Switch.Pos(), err)
		return nil
	}
	c := n.fit(v, text)
	if c != nil {
		s.Note(c.Pos, formula.Chosen)
	}
	if c == nil && v == nil {
		w.fault(n.Switch.Pos(), RuleCase, "an absent value has no case").Hint = "guard the node with $if, or add else"
	} else if c == nil {
		w.fault(n.Switch.Pos(), RuleCase, "the value %q has no case", text).Hint = "add the case, or else"
	}
	return c
}

// fit returns the first case with the value, else the one for all others.
func (n *Node) fit(v any, text string) (otherwise *Case) {
	d, number := v.(decimal.Decimal)
	for i := range n.Cases {
		c := &n.Cases[i]
		if c.Else {
			otherwise = c
		}
		for _, x := range c.Values {
			if v != nil && (x == text || number && equalNumber(x, d)) {
				return c
			}
		}
	}
	return otherwise
}

func equalNumber(text string, d decimal.Decimal) bool {
	e, err := decimal.Parse(text)
	return err == nil && e.Equal(d)
}
