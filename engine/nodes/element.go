package nodes

import (
	"cmp"
	"slices"

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

// allAttributes writes the attributes of n in canonical order; it reports
// whether one was written that is no default.
func (w *writer) allAttributes(n *Node, s *formula.Scope) bool {
	any := false
	if !n.loose {
		for _, a := range n.attributes {
			if w.attribute(a, s, a.If) && !a.fallback {
				any = true
			}
		}
		return any
	}
	base := len(w.scratch)
	var where []*formula.Scope
	w.collect(n.content, s, &where)
	found := slices.Clone(w.scratch[base:])
	w.scratch = w.scratch[:base]
	return w.loose(n, found, where, s)
}

// loose writes attributes that come in part from groups, choices and fragments.
func (w *writer) loose(n *Node, found []*Node, where []*formula.Scope, s *formula.Scope) bool {
	type placed struct {
		n *Node
		s *formula.Scope
	}
	var all []placed
	for _, a := range n.attributes {
		if !(a.fallback && slices.ContainsFunc(found, func(f *Node) bool { return f.Name == a.Name })) {
			all = append(all, placed{a, s})
		}
	}
	for i, a := range found {
		all = append(all, placed{a, where[i]})
	}
	slices.SortStableFunc(all, func(a, b placed) int { return attributeOrder(a.n, b.n) })
	any, last := false, ""
	for _, a := range all {
		if !w.attribute(a.n, a.s, a.n.If) {
			continue
		}
		if a.n.Name == last {
			w.fault(a.n.Pos, RuleTwice, "attribute %q stands twice in %q", a.n.Name, n.Name)
		}
		last = a.n.Name
		any = any || !a.n.fallback
	}
	return any
}

// attributeOrder is that of Canonical XML: by namespace, then local name.
func attributeOrder(a, b *Node) int {
	return cmp.Or(cmp.Compare(a.space, b.space), cmp.Compare(a.local, b.local))
}

// collect finds the attributes in what stands in the place of groups, choices
// and fragments, each with its scope.
func (w *writer) collect(list []*Node, s *formula.Scope, where *[]*formula.Scope) {
	for _, n := range list {
		at := s
		switch n.Kind {
		case Attribute:
			w.scratch = append(w.scratch, n)
			*where = append(*where, s)
			continue
		case Group, Choice, Use:
		default:
			continue
		}
		if n.For != nil || !n.loose {
			continue
		}
		if len(n.Let) > 0 {
			at = s.Child()
			w.lets(n.Let, at)
		}
		if n.If != nil && !w.holds(n.If, at) {
			continue
		}
		switch n.Kind {
		case Group:
			w.collect(n.Children, at, where)
		case Choice:
			if c := w.choose(n, at); c != nil {
				w.collect(c.Nodes, at, where)
			}
		case Use:
			c, _ := w.inside(n, at)
			w.collect(n.Fragment.Nodes, c, where)
		}
	}
}

func (w *writer) attribute(a *Node, s *formula.Scope, condition *formula.Program) bool {
	if a.fallback {
		s = w.top
	}
	if condition != nil && !w.holds(condition, s) {
		return false
	}
	start, mark := len(w.out), w.track.mark()
	w.stack = append(w.stack, level{a, 0})
	w.out = append(w.out, a.open...)
	full := w.value(a, s, appendAttribute)
	w.stack = w.stack[:len(w.stack)-1]
	if !full && !a.Keep {
		w.out = w.out[:start]
		w.track.forget(mark)
		return false
	}
	w.out = append(w.out, '"')
	s.Note(a.Pos, formula.Written)
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
