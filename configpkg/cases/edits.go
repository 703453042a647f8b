package cases

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// bounds of a search.
const (
	maxMembers = 3  // members of a list that are changed
	maxLeaves  = 40 // fields below one that a rule reads
)

// subject is what a rule reads, as paths into the document, and the words in it.
type subject struct {
	paths [][]string
	words []string
}

var inQuotes = regexp.MustCompile(`"([^"\\]{0,40})"`)

// reads finds what a check reads of the document, lets followed.
func reads(pkg *engine.Package, e *engine.Entity, rs *engine.RuleSet, c *engine.Check, doc *node) subject {
	s := &reader{pkg: pkg, entity: e, lets: map[string]engine.Expr{}, doc: doc, seen: map[string]bool{}, item: map[string][][]string{}}
	for _, l := range append(slices.Clone(rs.Let), c.Let...) {
		s.lets[l.Name] = l.Value
	}
	if c.Each != nil {
		s.each(c)
	}
	for _, p := range []*formula.Program{c.Assert, c.When, c.Each} {
		s.program(p)
	}
	return s.out
}

type reader struct {
	pkg    *engine.Package
	entity *engine.Entity
	lets   map[string]engine.Expr
	doc    *node
	item   map[string][][]string // loop name: the members
	seen   map[string]bool
	out    subject
}

func (r *reader) each(c *engine.Check) {
	path, plain := c.Each.Path()
	if !plain || path[0] != "document" {
		return
	}
	list := r.doc.at(path[1:])
	for i := 0; list != nil && i < min(len(list.nodes), maxMembers); i++ {
		r.item[c.Item] = append(r.item[c.Item], append(slices.Clone(path[1:]), strconv.Itoa(i)))
	}
}

func (r *reader) program(p *formula.Program) {
	if p == nil {
		return
	}
	for _, m := range inQuotes.FindAllStringSubmatch(p.Source(), -1) {
		if !slices.Contains(r.out.words, m[1]) {
			r.out.words = append(r.out.words, m[1])
		}
	}
	for _, ref := range p.Refs() {
		r.ref(ref)
	}
}

func (r *reader) ref(ref []string) {
	switch {
	case ref[0] == "document":
		r.path(ref[1:])
	case ref[0] == "ext":
		r.path(append([]string{"extensions", engine.ExtensionName(r.pkg.Family())}, ref[1:]...))
	case ref[0] == "entity" && len(ref) == 2:
		if t, ok := r.entity.Fields[ref[1]].(string); ok {
			r.out.words = append(r.out.words, t)
		}
	case r.item[ref[0]] != nil:
		for _, at := range r.item[ref[0]] {
			r.path(append(slices.Clone(at), ref[1:]...))
		}
	case r.lets[ref[0]] != nil:
		r.let(ref)
	}
}

// let follows a name to what it stands for; one that is a path goes on from there.
func (r *reader) let(ref []string) {
	v, ok := r.lets[ref[0]].(*formula.Value)
	if !ok || v.Program() == nil {
		return
	}
	if path, plain := v.Program().Path(); plain && path[0] != ref[0] && len(ref) > 1 {
		r.ref(append(slices.Clone(path), ref[1:]...))
	}
	if !r.seen[ref[0]] {
		r.seen[ref[0]] = true
		r.program(v.Program())
	}
}

// path adds a path and, if something stands there, the fields below it.
func (r *reader) path(path []string) {
	r.add(path)
	n := r.doc.at(path)
	if n == nil || n.leaf {
		return
	}
	count := 0
	n.leaves(path, func(p []string, _ *node) {
		if count++; count <= maxLeaves {
			r.add(p)
		}
	})
}

func (r *reader) add(path []string) {
	key := strings.Join(path, "/")
	if len(path) > 0 && !r.seen["/"+key] {
		r.seen["/"+key] = true
		r.out.paths = append(r.out.paths, path)
	}
}

// edit is a document that differs from another in one field.
type edit struct {
	doc  *node
	says string
}

// edits returns the documents that differ from doc in one field a rule reads:
// small differences first.
func (s *subject) edits(doc *node) []edit {
	var near, far []edit
	for _, path := range s.paths {
		name := strings.Join(path, ".")
		old := doc.at(path)
		put := func(list *[]edit, v *node, says string) {
			if d := doc.with(path, v); d != doc {
				*list = append(*list, edit{d, name + " " + says})
			}
		}
		if old == nil {
			for _, w := range append(append([]string{"x", "1"}, s.words...), amounts(doc)...) {
				put(&far, text(w), "is "+w)
			}
			put(&far, &node{leaf: true, value: true}, "is true")
			for _, name := range []string{"amount", "id"} {
				put(&far, &node{list: true, nodes: []*node{{names: []string{name}, nodes: []*node{text("1.00")}}}}, "has one member")
			}
			continue
		}
		for _, v := range s.others(old) {
			put(&near, v, "is "+shown(v))
		}
		put(&far, nil, "is left out")
		if old.list && len(old.nodes) > 0 {
			put(&far, &node{list: true}, "is empty")
			put(&far, &node{list: true, nodes: append(slices.Clone(old.nodes), old.nodes[0])}, "has its first member twice")
		}
	}
	return append(near, far...)
}

// amounts returns numbers of a document, of which another field may be the same.
func amounts(doc *node) (out []string) {
	out = append(out, "0.00")
	doc.leaves(nil, func(_ []string, n *node) {
		if t, ok := n.value.(string); ok && len(out) < 12 && strings.Contains(t, ".") && numeric.MatchString(t) && !slices.Contains(out, t) {
			out = append(out, t)
		}
	})
	return out
}

func text(s string) *node { return &node{leaf: true, value: s} }

func shown(n *node) string {
	t := strings.TrimSpace(string(n.write()))
	if r := []rune(t); len(r) > 40 {
		return string(r[:37]) + "..."
	}
	return t
}

var numeric = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// others returns values beside one: a little more and less, words of the rule,
// other lengths.
func (s *subject) others(old *node) (out []*node) {
	switch v := old.value.(type) {
	case bool:
		return []*node{{leaf: true, value: !v}}
	case json.Number:
		for _, t := range numbers(v.String()) {
			out = append(out, &node{leaf: true, value: json.Number(t)})
		}
	case string:
		out = append(out, s.texts(v)...)
	}
	return out
}

func (s *subject) texts(v string) (out []*node) {
	add := func(t string) {
		if t != v {
			out = append(out, text(t))
		}
	}
	if numeric.MatchString(v) && len(v) < 16 {
		for _, t := range numbers(v) {
			add(t)
		}
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, v); err == nil {
			for _, days := range []int{1, -1, 40, -40, 400, -400, 4000} {
				add(at.AddDate(0, 0, days).Format(layout))
			}
			add(at.Format(time.DateOnly))
			return out
		}
	}
	for _, w := range s.words {
		add(w)
	}
	if v != "" {
		last := v[len(v)-1]
		add(v + "1")
		add(v[:len(v)-1])
		if last >= '0' && last <= '9' {
			add(v[:len(v)-1] + string('0'+(last-'0'+1)%10))
		}
		add(strings.Repeat(v, 1+80/len(v)))
	}
	add("x")
	add("ZZ")  // codes that nobody uses: of a country,
	add("XTS") // of a currency
	return out
}

// numbers returns a number a little greater and smaller in its last digit, one
// more and less, nothing, its opposite and much more.
func numbers(t string) (out []string) {
	d, err := decimal.Parse(t)
	if err != nil {
		return nil
	}
	step := decimal.New(1, d.Scale())
	for _, e := range []decimal.Decimal{d.Add(step), d.Sub(step), d.Add(decimal.FromInt(1)), d.Sub(decimal.FromInt(1)), decimal.FromInt(0), d.Neg(), d.Mul(decimal.FromInt(1000))} {
		if !e.Equal(d) && !slices.Contains(out, e.String()) {
			out = append(out, e.String())
		}
	}
	return out
}
