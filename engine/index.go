package engine

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// candidate is a flow that may be chosen.
type candidate struct {
	pkg    *Package
	flow   *Flow
	common bool // applies reads only what is the same for all packages
}

// flowIndex finds the flows whose "is" and "in" clauses fit a document without
// looking at the others: a tree that asks one field at each level. A flow that
// does not ask the field is found whatever its value is.
type flowIndex struct {
	field *formula.Program
	by    map[any]*flowIndex // by value; nil in a leaf
	other *flowIndex         // flows that do not ask the field
	flows []candidate        // of a leaf
}

// leafSize is how many flows are simply tried one by one.
const leafSize = 3

func newFlowIndex(all []candidate) *flowIndex {
	facts := make([]map[string]fact, len(all))
	for i, c := range all {
		facts[i] = map[string]fact{}
		collectFacts(c.flow.Applies, facts[i])
	}
	return buildIndex(all, facts, nil)
}

// fact is what a flow asks of a field: one of these values.
type fact struct {
	field  *formula.Program
	values []any
}

// collectFacts finds comparisons that must hold for c to hold.
func collectFacts(c *Clause, into map[string]fact) {
	if c == nil {
		return
	}
	if c.Op == "all" {
		for _, sub := range c.Sub {
			collectFacts(sub, into)
		}
	}
	if (c.Op == "is" || c.Op == "in") && shared(c.Path) && plainPath(c.Field) && !slices.ContainsFunc(c.Values, noKey) {
		if _, twice := into[c.Path]; !twice {
			into[c.Path] = fact{c.Field, c.Values}
		}
	}
}

func plainPath(p *formula.Program) bool { _, plain := p.Path(); return plain }

// shared reports whether the field has the same value for all packages.
func shared(path string) bool {
	first, _, _ := strings.Cut(path, ".")
	return first == "document" || first == "entity" || first == "context"
}

// common reports whether the clause reads only what is the same for all packages.
func (c *Clause) common() bool {
	if c.Field != nil {
		_, plain := c.Field.Path()
		return plain && shared(c.Path)
	}
	return !slices.ContainsFunc(c.Sub, func(sub *Clause) bool { return !sub.common() })
}

func buildIndex(all []candidate, facts []map[string]fact, asked []string) *flowIndex {
	path := bestField(facts, asked)
	if len(all) <= leafSize || path == "" {
		return &flowIndex{flows: all}
	}
	x := &flowIndex{by: map[any]*flowIndex{}}
	parts := map[any][]int{}
	var other []int
	for i := range all {
		f, ok := facts[i][path]
		if !ok {
			other = append(other, i)
			continue
		}
		x.field = f.field
		for _, v := range f.values {
			if k, ok := indexKey(v); ok && !slices.Contains(parts[k], i) {
				parts[k] = append(parts[k], i)
			}
		}
	}
	asked = append(slices.Clone(asked), path)
	build := func(part []int) *flowIndex {
		c, f := make([]candidate, len(part)), make([]map[string]fact, len(part))
		for n, i := range part {
			c[n], f[n] = all[i], facts[i]
		}
		return buildIndex(c, f, asked)
	}
	for k, part := range parts {
		x.by[k] = build(part)
	}
	if len(other) > 0 {
		x.other = build(other)
	}
	return x
}

// bestField returns the field that most flows ask and that tells most apart.
func bestField(facts []map[string]fact, asked []string) string {
	count, values := map[string]int{}, map[string]map[any]bool{}
	for _, m := range facts {
		for path, f := range m {
			count[path]++
			if values[path] == nil {
				values[path] = map[any]bool{}
			}
			for _, v := range f.values {
				if k, ok := indexKey(v); ok {
					values[path][k] = true
				}
			}
		}
	}
	best, score := "", 0
	for path, n := range count {
		s := n * len(values[path])
		if slices.Contains(asked, path) || len(values[path]) < 2 && n == len(facts) {
			continue
		}
		if s > score || s == score && path < best {
			best, score = path, s
		}
	}
	return best
}

// indexKey returns a key that is equal for values that are the same.
func indexKey(v any) (any, bool) {
	switch v := v.(type) {
	case string, bool, civil.Date:
		return v, true
	case decimal.Decimal:
		return numberKey(v.Key()), true
	}
	return nil, false
}

func noKey(v any) bool { _, ok := indexKey(v); return !ok }

type numberKey string

// find calls visit for every flow that may fit.
func (x *flowIndex) find(s *formula.Scope, visit func(candidate)) {
	for x != nil {
		if x.by == nil {
			for _, c := range x.flows {
				visit(c)
			}
			return
		}
		if v, err := x.field.Eval(s); err == nil && v != nil {
			if k, ok := indexKey(v); ok {
				if sub := x.by[k]; sub != nil {
					sub.find(s, visit)
				}
			}
		}
		x = x.other
	}
}

// all returns every flow of the index once.
func (x *flowIndex) all() []candidate {
	seen := map[*Flow]bool{}
	var out []candidate
	var walk func(*flowIndex)
	walk = func(x *flowIndex) {
		if x == nil {
			return
		}
		for _, c := range x.flows {
			if !seen[c.flow] {
				seen[c.flow] = true
				out = append(out, c)
			}
		}
		for _, sub := range x.by {
			walk(sub)
		}
		walk(x.other)
	}
	walk(x)
	slices.SortFunc(out, func(a, b candidate) int {
		return strings.Compare(a.pkg.ID+"\x00"+a.flow.Name, b.pkg.ID+"\x00"+b.flow.Name)
	})
	return out
}
