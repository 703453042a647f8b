package prove

import (
	"slices"

	"github.com/fiscus-project/fiscus/engine"
)

// Entry is a rule among others: the one of highest priority is taken.
type Entry struct {
	Rule
	Priority int
}

// Conflict are two rules of the same priority that select one document.
type Conflict struct {
	A, B int // places in the table, A before B
	Finding
}

// Verdict is what a table of rules shows.
type Verdict struct {
	Conflicts   []Conflict // Yes or NotProved, by A and B
	Impossible  []int      // no document is selected
	Unreachable []int      // every document it selects goes to rules of higher priority
}

// Table looks for conflicts and for rules that are never reached, among all
// rules at once. Pairs that one field tells apart are not compared one by one:
// two thousand rules take some ten milliseconds.
func (p *Prover) Table(entries []Entry) Verdict {
	var v Verdict
	t := newTable(p, entries)
	above := map[int][]int{}
	for _, pair := range t.pairs() {
		a, b := pair[0], pair[1]
		switch {
		case entries[a].Priority > entries[b].Priority:
			above[b] = append(above[b], a)
		case entries[a].Priority < entries[b].Priority:
			above[a] = append(above[a], b)
		default:
			if f := p.Overlap(entries[a].Rule, entries[b].Rule); f.Answer != No {
				v.Conflicts = append(v.Conflicts, Conflict{a, b, f})
			}
		}
	}
	for i, e := range entries {
		if t.impossible(i) {
			v.Impossible = append(v.Impossible, i)
			continue
		}
		if len(above[i]) == 0 {
			continue
		}
		var others []Rule
		for _, j := range above[i] {
			others = append(others, entries[j].Rule)
		}
		if p.Reached(e.Rule, others...).Answer == No {
			v.Unreachable = append(v.Unreachable, i)
		}
	}
	return v
}

// box is a conjunction: the cells each field may be in. A field that is not in
// it may be in all.
type box struct {
	rule  int
	sides []side // by field
}

type side struct {
	field int
	set   set
}

func (b *box) side(field int) set {
	i, ok := slices.BinarySearchFunc(b.sides, field, func(s side, f int) int { return s.field - f })
	if !ok {
		return nil
	}
	return b.sides[i].set
}

// meets reports whether a document may lie in both.
func (b *box) meets(c *box) bool {
	for i, j := 0, 0; i < len(b.sides) && j < len(c.sides); {
		switch d := b.sides[i].field - c.sides[j].field; {
		case d < 0:
			i++
		case d > 0:
			j++
		case !b.sides[i].set.meets(c.sides[j].set):
			return false
		default:
			i, j = i+1, j+1
		}
	}
	return true
}

// and returns the intersection, or nil if it is empty.
func (b *box) and(c *box) *box {
	out := &box{rule: b.rule, sides: make([]side, 0, len(b.sides)+len(c.sides))}
	i, j := 0, 0
	for i < len(b.sides) || j < len(c.sides) {
		switch {
		case j == len(c.sides) || i < len(b.sides) && b.sides[i].field < c.sides[j].field:
			out.sides = append(out.sides, b.sides[i])
			i++
		case i == len(b.sides) || c.sides[j].field < b.sides[i].field:
			out.sides = append(out.sides, c.sides[j])
			j++
		default:
			s := b.sides[i].set.and(c.sides[j].set)
			if s.empty() {
				return nil
			}
			out.sides = append(out.sides, side{b.sides[i].field, s})
			i, j = i+1, j+1
		}
	}
	return out
}

// maxBoxes bounds the boxes of one rule; one that needs more is compared with
// every other.
const maxBoxes = 64

type table struct {
	space *space
	boxes []*box
	none  []bool // rules without a document
	found map[[2]int]bool
}

func newTable(p *Prover, entries []Entry) *table {
	clauses := make([]*engine.Clause, len(entries))
	for i, e := range entries {
		clauses[i] = e.Applies
	}
	t := &table{space: newSpace(clauses, p.Known), none: make([]bool, len(entries)), found: map[[2]int]bool{}}
	for i, c := range clauses {
		boxes, ok := []*box{{}}, true
		if c != nil {
			boxes, ok = t.expand(literal{clause: c, truth: true})
		}
		if !ok {
			boxes = []*box{{}}
		}
		t.none[i] = !slices.ContainsFunc(boxes, t.possible)
		for _, b := range boxes {
			t.boxes = append(t.boxes, &box{i, b.sides})
		}
	}
	return t
}

func (t *table) impossible(i int) bool { return t.none[i] }

// possible reports whether a document lies in a box, the parts of paths
// considered.
func (t *table) possible(b *box) bool {
	all := make([]set, len(t.space.fields))
	for i, f := range t.space.fields {
		if all[i] = b.side(i); all[i] == nil {
			all[i] = f.possible()
		}
	}
	return t.space.place(all) != nil
}

// expand writes a literal as boxes; false if there are too many.
func (t *table) expand(l literal) ([]*box, bool) {
	if l.atomic() {
		c := t.space.cells[l.clause]
		s := c.of(l, false)
		if s.empty() {
			return nil, true
		}
		return []*box{{sides: []side{{c.field, s}}}}, true
	}
	parts, and := l.parts()
	var out []*box
	if and {
		out = []*box{{}}
	}
	for _, p := range parts {
		boxes, ok := t.expand(p)
		if !ok {
			return nil, false
		}
		if and {
			boxes = product(out, boxes)
		} else {
			boxes = append(out, boxes...)
		}
		if out = boxes; len(out) > maxBoxes {
			return nil, false
		}
	}
	return out, true
}

func product(a, b []*box) []*box {
	var out []*box
	for _, x := range a {
		for _, y := range b {
			if z := x.and(y); z != nil {
				out = append(out, z)
			}
		}
	}
	return out
}

// pairs returns the pairs of rules whose boxes meet, in order.
func (t *table) pairs() [][2]int {
	t.collect(t.boxes, nil)
	out := make([][2]int, 0, len(t.found))
	for p := range t.found {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b [2]int) int {
		if a[0] != b[0] {
			return a[0] - b[0]
		}
		return a[1] - b[1]
	})
	return out
}

func (t *table) note(a, b *box) {
	if a.rule != b.rule && a.meets(b) {
		t.found[[2]int{min(a.rule, b.rule), max(a.rule, b.rule)}] = true
	}
}

// collect finds the pairs among boxes: it groups them by the cells of a field
// that tells many apart.
func (t *table) collect(boxes []*box, asked []int) {
	field := -1
	if len(boxes) > 8 {
		field = t.telling(boxes, asked)
	}
	if field < 0 {
		for i, a := range boxes {
			for _, b := range boxes[i+1:] {
				t.note(a, b)
			}
		}
		return
	}
	groups := map[int][]*box{}
	var free []*box
	for _, b := range boxes {
		if s := b.side(field); s != nil && narrow(s) {
			s.each(func(c int) { groups[c] = append(groups[c], b) })
		} else {
			free = append(free, b)
		}
	}
	asked = append(asked[:len(asked):len(asked)], field)
	for _, g := range groups {
		t.collect(g, asked)
		for _, a := range g {
			for _, b := range free {
				t.note(a, b)
			}
		}
	}
	t.collect(free, asked)
}

// narrow reports whether a set is small enough to group by its cells.
func narrow(s set) bool {
	n := 0
	s.each(func(int) { n++ })
	return n <= 8
}

// telling returns the field that the most boxes narrow, or -1.
func (t *table) telling(boxes []*box, asked []int) int {
	count := make([]int, len(t.space.fields))
	values := make([]map[int]bool, len(t.space.fields))
	for _, b := range boxes {
		for _, s := range b.sides {
			if !narrow(s.set) || slices.Contains(asked, s.field) {
				continue
			}
			count[s.field]++
			if values[s.field] == nil {
				values[s.field] = map[int]bool{}
			}
			values[s.field][s.set.first()] = true
		}
	}
	best, most := -1, 0
	for i := range count {
		if n := count[i] * (len(values[i]) - 1); n > most {
			best, most = i, n
		}
	}
	return best
}
