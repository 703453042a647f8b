package prove

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
)

// space holds all fields a question is about, and the cells of every comparison.
type space struct {
	fields []*field
	index  map[string]int
	cells  map[*engine.Clause]*cells
}

// cells are the sorts of value for which a comparison is false [0] or true [1]:
// for the value that stands for the cell (here), for every value of it
// (certain), for some (maybe). They differ only for comparisons that cannot be
// proved.
type cells struct {
	field                int
	all                  set // every cell of the field
	here, certain, maybe [2]set
}

// newSpace collects the fields of clauses. known says more of a field; it may be nil.
func newSpace(clauses []*engine.Clause, known func(path string) Domain) *space {
	atoms := map[string][]*engine.Clause{}
	for _, c := range clauses {
		walk(c, func(a *engine.Clause) { atoms[a.Path] = append(atoms[a.Path], a) })
	}
	sp := &space{index: map[string]int{}, cells: map[*engine.Clause]*cells{}}
	for _, path := range slices.Sorted(maps.Keys(atoms)) {
		d := Domain{}
		if known != nil {
			d = known(path)
		}
		sp.index[path] = len(sp.fields)
		sp.fields = append(sp.fields, newField(path, atoms[path], d))
	}
	sp.nest()
	for path, list := range atoms {
		i := sp.index[path]
		sp.judgeAll(i, list)
	}
	return sp
}

// judgeAll finds the cells of all comparisons with a field; those that are
// alike share them.
func (sp *space) judgeAll(i int, list []*engine.Clause) {
	j := newJudge(sp.fields[i], i)
	alike := map[string]*cells{}
	for _, a := range list {
		if sp.cells[a] != nil {
			continue
		}
		key, ok := spelled(a)
		if !ok || alike[key] == nil {
			alike[key] = j.cells(a)
		}
		sp.cells[a] = alike[key]
	}
}

func walk(c *engine.Clause, f func(*engine.Clause)) {
	if c == nil {
		return
	}
	if c.Op == "all" || c.Op == "any" || c.Op == "not" {
		for _, sub := range c.Sub {
			walk(sub, f)
		}
		return
	}
	f(c)
}

// nest finds the fields that lie inside others.
func (sp *space) nest() {
	for _, f := range sp.fields {
		for j, up := range sp.fields {
			if strings.HasPrefix(f.path, up.path+".") {
				if up.record < 0 {
					up.records()
				}
				f.above = append(f.above, j)
			}
		}
	}
}

// judge finds the cells of comparisons with one field.
type judge struct {
	field   *field
	index   int
	all     set
	texts   map[string]int // cells of texts that are points
	plain   bool           // every value is absent or a text
	nothing set            // the cell "absent"
}

func newJudge(f *field, index int) *judge {
	j := &judge{field: f, index: index, all: f.possible(), texts: map[string]int{}, plain: true, nothing: newSet(len(f.values))}
	j.nothing.add(0)
	for i, v := range f.values {
		t, ok := v.(string)
		if ok && f.point[i] {
			j.texts[t] = i
		}
		j.plain = j.plain && (ok || v == nil)
	}
	return j
}

func (j *judge) cells(a *engine.Clause) *cells {
	if c := j.listed(a); c != nil {
		return c
	}
	n := len(j.field.values)
	c := &cells{field: j.index, all: j.all}
	for truth := range 2 {
		c.here[truth], c.certain[truth], c.maybe[truth] = newSet(n), newSet(n), newSet(n)
	}
	opaque := a.Op == "matches" || a.Op == "endsWith"
	j.all.each(func(i int) {
		v := j.field.values[i]
		t := a.Compare(v)
		_, text := v.(string)
		open := opaque && text && !j.field.point[i]
		for truth, want := range [2]engine.Truth{engine.False, engine.True} {
			if t == want {
				c.here[truth].add(i)
			}
			if t == want && !open {
				c.certain[truth].add(i)
			}
			if t == want || open {
				c.maybe[truth].add(i)
			}
		}
	})
	return c
}

// listed finds the cells of a comparison with listed texts without looking at
// every cell; nil if it is another one.
func (j *judge) listed(a *engine.Clause) *cells {
	positive := a.Op == "is" || a.Op == "in"
	if !j.plain || !positive && a.Op != "isNot" && a.Op != "notIn" {
		return nil
	}
	hit := newSet(len(j.field.values))
	for _, v := range a.Values {
		t, ok := v.(string)
		if !ok {
			return nil
		}
		if i, found := j.texts[t]; found {
			hit.add(i)
		}
	}
	both := [2]set{j.all.but(j.nothing).but(hit), hit}
	if !positive {
		both[0], both[1] = both[1], both[0]
	}
	return &cells{field: j.index, all: j.all, here: both, certain: both, maybe: both}
}

// of returns the cells that make a comparison what a literal asks.
func (c *cells) of(l literal, sure bool) set {
	truth := 0
	if l.truth {
		truth = 1
	}
	switch {
	case l.not && sure:
		return c.all.but(c.here[truth])
	case l.not:
		return c.all.but(c.certain[truth])
	case sure:
		return c.here[truth]
	}
	return c.maybe[truth]
}

// spelled writes a comparison so that equal texts mean equal comparisons of
// one field; false if it cannot.
func spelled(a *engine.Clause) (string, bool) {
	key := []byte(a.Op)
	for _, v := range a.Values {
		t, err := formula.FormatText(v)
		if err != nil {
			return "", false
		}
		key = append(key, byte(formula.KindOf(v)))
		key = strconv.AppendInt(key, int64(len(t)), 10)
		key = append(append(key, ':'), t...)
	}
	return string(key), true
}

// literal asks that a clause is true (or false), or that it is not.
type literal struct {
	clause *engine.Clause
	truth  bool // true or false
	not    bool // it is anything else: unknown counts
}

// parts returns what a literal of all, any, not asks of the clauses inside:
// every one (and), or one of them.
func (l literal) parts() (list []literal, and bool) {
	truth := l.truth
	op := l.clause.Op
	if op == "not" {
		truth, op = !truth, "all" // several under one not are taken together
	}
	for _, sub := range l.clause.Sub {
		list = append(list, literal{sub, truth, l.not})
	}
	// "all" is true if every one is, false if one is; "any" the other way round;
	// and what is not so is the opposite.
	and = (op == "all") == truth
	return list, and != l.not
}

func (l literal) atomic() bool {
	return l.clause.Op != "all" && l.clause.Op != "any" && l.clause.Op != "not"
}
