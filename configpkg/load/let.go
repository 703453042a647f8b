package load

import (
	"maps"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
)

// letting reads the names of let under o. It returns them in written order
// and the scope in which they are in sight.
func (s *scope) letting(o object) ([]engine.Let, *scope) {
	n := o.get("let")
	if n == nil {
		return nil, s
	}
	var entries []yml.Entry
	for _, e := range n.Entries {
		if !s.l.variable(e.Key, e.KeyPos, "let") {
			continue
		}
		if _, taken := s.decl.Names[e.Key]; taken {
			s.l.fault(e.KeyPos, RuleTwice, "use another name", "%q hides a name that is in sight already", e.Key)
			continue
		}
		entries = append(entries, e)
	}
	lets, types, facts := s.l.letGraph(s, entries, "")
	c := s.clone()
	for name, t := range types {
		c.decl.Names[name] = t
	}
	c.know(facts)
	c.lets = append(slices.Clip(s.lets), lets...)
	return lets, c
}

// know adds what is known of names.
func (s *scope) know(facts map[string]formula.Fact) {
	if len(facts) == 0 {
		return
	}
	s.decl.Facts = maps.Clone(s.decl.Facts)
	if s.decl.Facts == nil {
		s.decl.Facts = map[string]formula.Fact{}
	}
	maps.Copy(s.decl.Facts, facts)
}

// graph is a set of names that may need each other.
type graph struct {
	l       *loader
	s       *scope
	prefix  string // "const." when the names are seen as fields of const
	entries []yml.Entry
	index   map[string]int
	needs   [][]int // what the text of each mentions
	mark    []uint8 // 0 new, 1 on the way, 2 done
	order   []int
	circle  bool
	types   map[string]formula.Type
	facts   map[string]formula.Fact
}

// letGraph compiles names that may need each other, in any order. It returns
// them in written order with their types.
func (l *loader) letGraph(s *scope, entries []yml.Entry, prefix string) ([]engine.Let, map[string]formula.Type, map[string]formula.Fact) {
	g := &graph{l: l, s: s, prefix: prefix, entries: entries, index: map[string]int{}, types: map[string]formula.Type{}, facts: map[string]formula.Fact{}}
	for i, e := range entries {
		g.index[e.Key] = i
		g.types[e.Key] = formula.Any
	}
	g.needs, g.mark = make([][]int, len(entries)), make([]uint8, len(entries))
	for i, e := range entries {
		g.needs[i] = g.mentions(e.Value, nil)
	}
	for i := range entries {
		g.visit(i)
	}
	values := make([]engine.Expr, len(entries))
	for _, i := range g.order {
		if values[i] = g.scope().expr(entries[i].Value); values[i] != nil {
			g.types[entries[i].Key] = typeOf(values[i])
			if f, ok := factOf(values[i]); ok {
				g.facts[entries[i].Key] = f
			}
		}
	}
	if g.circle {
		g.circles(values)
	}
	var lets []engine.Let
	for i, e := range entries {
		if values[i] != nil {
			lets = append(lets, engine.Let{Name: e.Key, Value: values[i], Pos: e.KeyPos})
		}
	}
	return lets, g.types, g.facts
}

// scope returns the scope in which the names have the types known so far.
func (g *graph) scope() *scope {
	c := g.s.clone()
	if g.prefix != "" {
		c.decl.Names[strings.TrimSuffix(g.prefix, ".")] = formula.MapOf(g.types, false).Required()
		return c
	}
	for name, t := range g.types {
		c.decl.Names[name] = t
	}
	c.know(g.facts)
	return c
}

func (g *graph) visit(i int) {
	if g.mark[i] == 1 {
		g.circle = true
	}
	if g.mark[i] != 0 {
		return
	}
	g.mark[i] = 1
	for _, j := range g.needs[i] {
		g.visit(j)
	}
	g.mark[i] = 2
	g.order = append(g.order, i)
}

// mentions returns the names that stand in the texts of n, at least all that
// its formulas read.
func (g *graph) mentions(n *yml.Node, found []int) []int {
	for _, e := range n.Entries {
		found = g.mentions(e.Value, found)
	}
	for _, m := range n.Items {
		found = g.mentions(m, found)
	}
	for text := n.Text; text != ""; {
		i := strings.IndexFunc(text, letter)
		if i < 0 {
			break
		}
		end := strings.IndexFunc(text[i:], func(r rune) bool { return !letter(r) })
		if end < 0 {
			end = len(text) - i
		}
		field := i > 0 && text[i-1] == '.'
		word := text[i : i+end]
		if g.prefix != "" && word == strings.TrimSuffix(g.prefix, ".") && !field {
			rest := strings.TrimPrefix(text[i+end:], ".")
			if k := strings.IndexFunc(rest, func(r rune) bool { return !letter(r) }); k >= 0 {
				rest = rest[:k]
			}
			word = rest
		} else if g.prefix != "" {
			word = ""
		}
		if j, ok := g.index[word]; ok && !field && !slices.Contains(found, j) {
			found = append(found, j)
		}
		text = text[i+end:]
	}
	return found
}

func letter(r rune) bool {
	return r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// circles reports the names that really need themselves, by what their
// compiled formulas read.
func (g *graph) circles(values []engine.Expr) {
	reads := make([][]int, len(values))
	for i, v := range values {
		for _, ref := range refsOf(v) {
			if g.prefix != "" {
				if ref[0]+"." != g.prefix || len(ref) < 2 {
					continue
				}
				ref = ref[1:]
			}
			if j, ok := g.index[ref[0]]; ok {
				reads[i] = append(reads[i], j)
			}
		}
	}
	for i, e := range g.entries {
		if way := circle(reads, i); way != nil {
			names := make([]string, len(way))
			for k, j := range way {
				names[k] = g.entries[j].Key
			}
			g.l.fault(e.KeyPos, RuleLetCycle, "", "%q needs itself: %s", e.Key, strings.Join(names, " > "))
		}
	}
}

// circle returns a way from i back to i, or nil.
func circle(next [][]int, i int) []int {
	seen := make([]bool, len(next))
	var walk func(at int, way []int) []int
	walk = func(at int, way []int) []int {
		for _, j := range next[at] {
			if j == i {
				return append(slices.Clone(way), i)
			}
			if !seen[j] {
				seen[j] = true
				if found := walk(j, append(way, j)); found != nil {
					return found
				}
			}
		}
		return nil
	}
	return walk(i, []int{i})
}

// nodeLets returns lets as those of a mapping or simulator.
func nodeLets(lets []engine.Let) []nodes.Let {
	out := make([]nodes.Let, len(lets))
	for i, x := range lets {
		out[i] = nodes.Let{Name: x.Name, Value: x.Value, Pos: x.Pos}
	}
	return out
}
