package treepath

// Find returns the nodes that p leads to from a node, in document order.
func Find[N comparable](p *Path, t Tree[N], from N) []N {
	w := walker[N]{t: t}
	set := w.path(p, from)
	if w.mixed && len(set) > 1 {
		return w.ordered(set, from)
	}
	return set
}

type walker[N comparable] struct {
	t     Tree[N]
	mixed bool // the order of the found nodes may not be that of the document
}

func (w *walker[N]) top(n N) N {
	for {
		up, ok := w.t.Parent(n)
		if !ok {
			return n
		}
		n = up
	}
}

func (w *walker[N]) path(p *Path, from N) []N {
	if p.absolute {
		from = w.top(from)
	}
	set := []N{from}
	nested := false
	for i := range p.steps {
		s := &p.steps[i]
		if s.deep {
			set, nested = w.descend(set), true
		}
		if nested && i < len(p.steps) || s.axis == parent {
			w.mixed = true
		}
		set = w.step(s, set)
		if len(set) == 0 {
			return nil
		}
	}
	return set
}

// descend returns the nodes of set and everything inside them, each once.
func (w *walker[N]) descend(set []N) []N {
	seen := map[N]bool{}
	var out, stack []N
	for _, n := range set {
		stack = append(stack[:0], n)
		for len(stack) > 0 {
			n := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if seen[n] {
				continue
			}
			seen[n] = true
			out = append(out, n)
			from := len(stack)
			for c := range w.t.Children(n) {
				stack = append(stack, c)
			}
			reverse(stack[from:])
		}
	}
	return out
}

func reverse[N any](s []N) {
	for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
		s[i], s[j] = s[j], s[i]
	}
}

// step takes one step from each node of set; only ".." can reach a node twice.
func (w *walker[N]) step(s *step, set []N) []N {
	var out []N
	var seen map[N]bool
	if s.axis == parent && len(set) > 1 {
		seen = map[N]bool{}
	}
	for _, n := range set {
		from := len(out)
		out = w.take(s, n, out)
		kept := out[from:]
		for i := range s.preds {
			kept = w.filter(&s.preds[i], kept)
		}
		out = out[:from+len(kept)]
		if seen != nil && len(kept) == 1 {
			if seen[kept[0]] {
				out = out[:from]
			} else {
				seen[kept[0]] = true
			}
		}
	}
	return out
}

// take appends the nodes one step from n, predicates not applied.
func (w *walker[N]) take(s *step, n N, out []N) []N {
	switch s.axis {
	case self:
		return append(out, n)
	case parent:
		if up, ok := w.t.Parent(n); ok {
			return append(out, up)
		}
		return out
	case attribute:
		for a := range w.t.Attributes(n) {
			if w.matches(s, a) {
				out = append(out, a)
			}
		}
		return out
	}
	for c := range w.t.Children(n) {
		if w.matches(s, c) {
			out = append(out, c)
		}
	}
	return out
}

func (w *walker[N]) matches(s *step, n N) bool {
	if s.any && !s.bound {
		return true
	}
	space, local := w.t.Name(n)
	return (s.any || local == s.local) && (!s.bound || space == s.space)
}

// filter keeps, in place, the nodes for which p holds.
func (w *walker[N]) filter(p *predicate, set []N) []N {
	switch {
	case p.position > len(set) || p.position < 0 && len(set) == 0:
		return set[:0]
	case p.position > 0:
		set[0] = set[p.position-1]
		return set[:1]
	case p.position < 0:
		set[0] = set[len(set)-1]
		return set[:1]
	}
	kept := set[:0]
	for _, n := range set {
		if w.holds(p, n) {
			kept = append(kept, n)
		}
	}
	return kept
}

func (w *walker[N]) holds(p *predicate, n N) bool {
	inner := walker[N]{t: w.t}
	for _, m := range inner.path(p.path, n) {
		if w.t.Text(m) == p.text {
			return true
		}
	}
	return false
}

// ordered sorts set by one walk through the whole tree.
func (w *walker[N]) ordered(set []N, from N) []N {
	in := make(map[N]bool, len(set))
	for _, n := range set {
		in[n] = true
	}
	out := set[:0]
	for _, n := range w.descend([]N{w.top(from)}) {
		if in[n] {
			out = append(out, n)
		}
		for a := range w.t.Attributes(n) {
			if in[a] {
				out = append(out, a)
			}
		}
	}
	return out
}
