package xpath

import (
	"slices"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// predicate chooses the cheapest form of a predicate.
func (c *Compiler) predicate(x *code) pred {
	p := pred{places: x.position || x.last}
	if x.kinds&anyNumber == 0 && costly(x) && (x.path != nil || x.key != "" || x.many) {
		x = c.remember(x)
	}
	switch {
	case x.konst && len(x.val) == 1 && x.val[0].Kind.numeric():
		n, ok := x.val[0].Dec.Int64()
		if v := x.val[0]; v.Kind >= Float {
			n, ok = int64(v.Num), v.Num == float64(int64(v.Num))
		} else if !v.Dec.IsInteger() {
			ok = false
		}
		if !ok || n < 1 || n > 1<<30 {
			p.truth = func(*Run) bool { return false }
			return p
		}
		p.number = int(n)
	case x.isLast():
		p.last = true
	case x.kinds&anyNumber == 0:
		p.truth = x.asTruth()
	case !x.many && x.kinds&anyNode == 0:
		p.item, p.places = x.asOne(), true
	default:
		p.seq, p.places = x.asSeq(), true
	}
	return p
}

func (c *code) isLast() bool { return c.key == "last ( ) " && c.last }

// holds evaluates a predicate for the focus of r.
func (p *pred) holds(r *Run) bool {
	switch {
	case p.truth != nil:
		return p.truth(r)
	case p.number > 0:
		return r.pos == p.number
	case p.last:
		return r.pos == r.size
	case p.item != nil:
		it, ok := p.item(r)
		return ok && p.chosen(r, it)
	}
	m := len(r.items)
	p.seq(r)
	items := r.items[m:]
	r.items = r.items[:m]
	if len(items) == 1 {
		return p.chosen(r, items[0])
	}
	return truth(items)
}

func (p *pred) chosen(r *Run, it Item) bool {
	if it.Kind.numeric() {
		return compareNumbers(opEq, it, intItem(r.pos))
	}
	return it.truth()
}

// filterNodes keeps the nodes above m that satisfy all predicates, in the order they are in.
func (r *Run) filterNodes(d *xmltree.Document, m int, preds []pred) {
	f := r.focus()
	r.focusNode(d, 0)
	for i := range preds {
		p := &preds[i]
		keep, n := m, len(r.nodes)
		r.size = n - m
		switch {
		case p.number > 0:
			if p.number <= n-m {
				r.nodes[m] = r.nodes[m+p.number-1]
				keep = m + 1
			}
		case p.last:
			if n > m {
				r.nodes[m] = r.nodes[n-1]
				keep = m + 1
			}
		default:
			for j := m; j < n; j++ {
				r.node, r.pos, r.size, r.doc, r.atom = r.nodes[j], j-m+1, n-m, d, nil
				if p.holds(r) {
					r.nodes[keep] = r.nodes[j]
					keep++
				}
			}
		}
		r.nodes = r.nodes[:keep]
	}
	r.restore(f)
}

// sortNodes brings the nodes above m into document order without repetitions.
func (r *Run) sortNodes(m int) {
	list := r.nodes[m:]
	for i := 1; i < len(list); i++ {
		if list[i] <= list[i-1] {
			slices.Sort(list)
			r.nodes = r.nodes[:m+len(slices.Compact(list))]
			return
		}
	}
}

func containsNode(sorted []xmltree.Node, n xmltree.Node) bool {
	_, ok := slices.BinarySearch(sorted, n)
	return ok
}
