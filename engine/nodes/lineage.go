package nodes

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Origin says what a value of the output came from.
type Origin struct {
	Path    string   `json:"path"`              // in the output: "/Doc/Line[2]/Amount", "/Doc/@id"
	Pos     diag.Pos `json:"pos"`               // in the mapping
	Formula string   `json:"formula,omitempty"` // empty: literal text
	From    []string `json:"from,omitempty"`    // JSON Pointers into the document, sorted
}

// tracker notes what is read of the document while one is written. It stands
// in for the document with records that tell it of every field read.
type tracker struct {
	document *record
	ext      *record
	reads    []string        // since begin
	seen     map[string]bool // pointers of scalars that were read
	origins  []found
}

// found is an origin whose path is not known yet.
type found struct {
	offset int
	Origin
}

// hidden is the prefix of names under which a scope keeps what its names came
// from. No formula can say them.
const hidden = "\x00"

func newTracker(s *formula.Scope) *tracker {
	t := &tracker{seen: map[string]bool{}}
	doc, _, _ := s.Lookup("document")
	if m, ok := doc.(map[string]any); ok {
		t.document = &record{t: t, m: m}
	}
	ext, _, _ := s.Lookup("ext")
	if m, ok := ext.(map[string]any); ok {
		t.ext = &record{t: t, m: m, path: extensionPath(doc, m)}
	}
	return t
}

// extensionPath finds which member of the document's extensions is m.
func extensionPath(doc any, m map[string]any) string {
	d, _ := doc.(map[string]any)
	all, _ := d["extensions"].(map[string]any)
	for name, x := range all {
		if x, ok := x.(map[string]any); ok && reflect.ValueOf(x).Pointer() == reflect.ValueOf(m).Pointer() {
			return "/extensions/" + escapePointer(name)
		}
	}
	return "/extensions"
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func escapePointer(name string) string { return pointerEscapes.Replace(name) }

// scope returns a child of s in which the document tells what is read of it.
func (t *tracker) scope(s *formula.Scope) *formula.Scope {
	c := s.Child()
	if t.document != nil {
		c.Set("document", t.document)
	}
	if t.ext != nil {
		c.Set("ext", t.ext)
	}
	return c
}

// record is a map of the document that notes which fields are read.
type record struct {
	t      *tracker
	path   string
	m      map[string]any
	fields map[string]any
}

// Field returns a field; one that is not there is absent.
func (r *record) Field(name string) (any, bool, error) {
	x, ok := r.m[name]
	if !ok {
		return nil, true, nil
	}
	path := r.path + "/" + escapePointer(name)
	r.t.reads = append(r.t.reads, path)
	if v, ok := r.fields[name]; ok {
		r.t.note(path, v)
		return v, true, nil
	}
	v := r.t.wrap(path, x)
	if r.fields == nil {
		r.fields = map[string]any{}
	}
	r.fields[name] = v
	r.t.note(path, v)
	return v, true, nil
}

func (t *tracker) wrap(path string, x any) any {
	switch x := x.(type) {
	case map[string]any:
		return &record{t: t, path: path, m: x}
	case []any:
		list := make([]any, len(x))
		for i, m := range x {
			list[i] = t.wrap(path+"/"+strconv.Itoa(i), m)
		}
		return list
	}
	return x
}

// note marks a scalar, or the scalars of a list, as read.
func (t *tracker) note(path string, v any) {
	switch v := v.(type) {
	case *record:
	case []any:
		for i, x := range v {
			t.note(path+"/"+strconv.Itoa(i), x)
		}
	default:
		t.seen[path] = true
	}
}

// whole returns the map itself and marks all in it as read.
func (r *record) whole() any {
	leaves(r.path, r.m, func(path string) { r.t.seen[path] = true })
	return r.m
}

// leaves calls do with the pointer of each scalar inside v.
func leaves(path string, v any, do func(string)) {
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for name, x := range v {
			leaves(path+"/"+escapePointer(name), x, do)
		}
	case []any:
		for i, x := range v {
			leaves(path+"/"+strconv.Itoa(i), x, do)
		}
	default:
		do(path)
	}
}

// begin forgets the reads so far: a new value is about to be worked out.
func (t *tracker) begin() { t.reads = t.reads[:0] }

func (t *tracker) mark() int {
	if t == nil {
		return 0
	}
	return len(t.origins)
}

// forget drops the origins since mark: what they were written for vanished.
func (t *tracker) forget(mark int) {
	if t != nil {
		t.origins = t.origins[:mark]
	}
}

// origin notes that the value just worked out is written at offset.
func (t *tracker) origin(offset int, v *formula.Value, s *formula.Scope) {
	t.origins = append(t.origins, found{offset, t.made(v, s)})
}

// at notes that the value just worked out is written at a known path.
func (t *tracker) at(path string, v *formula.Value, s *formula.Scope) {
	o := t.made(v, s)
	o.Path = path
	t.origins = append(t.origins, found{-1, o})
}

func (t *tracker) made(v *formula.Value, s *formula.Scope) Origin {
	o := Origin{Pos: v.Pos(), From: t.sources(v, s)}
	if p := v.Program(); p != nil {
		o.Formula = p.Source()
	}
	return o
}

// sources returns the pointers that the value just worked out came from: what
// was read meanwhile, and what the names it uses came from.
func (t *tracker) sources(e Expr, s *formula.Scope) []string {
	all := slices.Clone(t.reads)
	if v, ok := e.(*formula.Value); ok {
		for _, ref := range v.Refs() {
			all = append(all, t.behind(ref, s)...)
		}
	}
	return deepest(all)
}

// behind returns what the name at the head of ref came from.
func (t *tracker) behind(ref []string, s *formula.Scope) []string {
	if ref[0] == "input" && len(ref) > 1 {
		v, _, _ := s.Lookup("input")
		if in, ok := v.(*inputs); ok && in.origins != nil {
			for i := range in.names {
				if in.names[i].Name == ref[1] {
					if _, tracked := in.values[i].(*record); !tracked {
						return in.origins[i]
					}
				}
			}
		}
		return nil
	}
	v, _, _ := s.Lookup(ref[0])
	if _, tracked := v.(*record); tracked {
		return nil // its own reads tell more
	}
	from, _, _ := s.Lookup(hidden + ref[0])
	list, _ := from.([]string)
	return list
}

// deepest sorts pointers and drops those that lead to others.
func deepest(all []string) []string {
	slices.Sort(all)
	all = slices.Compact(all)
	out := all[:0]
	for i, p := range all {
		leads := false
		for _, q := range all[i+1:] {
			if !strings.HasPrefix(q, p) {
				break
			}
			if leads = q[len(p)] == '/'; leads {
				break
			}
		}
		if !leads {
			out = append(out, p)
		}
	}
	return slices.Clip(out)
}

// let works a named value out and notes what it came from.
func (t *tracker) let(s *formula.Scope, name string, e Expr) (any, error) {
	outer := t.reads
	t.reads = nil
	v, err := e.Eval(s)
	s.Set(hidden+name, t.sources(e, s))
	t.reads = append(outer, t.reads...)
	return v, err
}

// loop works out the list of a loop and notes what its members came from.
func (t *tracker) loop(f *For, s *formula.Scope) (any, error) {
	t.begin()
	v, err := f.In.Eval(s)
	s.Set(hidden+f.Item, t.sources(formula.Formula(f.In), s))
	return v, err
}

// finish gives the origins their paths and lists what was not read.
func (t *tracker) finish(w *writer, r *Result, o Options) {
	if o.Unread && t.document != nil {
		leaves("", t.document.m, func(path string) {
			if !t.seen[path] {
				r.Unread = append(r.Unread, path)
			}
		})
		slices.Sort(r.Unread)
	}
	if !o.Lineage {
		return
	}
	if w.m.Format == XML {
		t.paths(w.out)
	}
	for _, f := range t.origins {
		r.Lineage = append(r.Lineage, f.Origin)
	}
}

// paths finds the nodes of the output that begin at the offsets.
func (t *tracker) paths(out []byte) {
	d, err := xmltree.Parse(out, xmltree.Options{})
	if err != nil {
		return
	}
	i := 0
	for n := d.Root(); int(n) < d.Len() && i < len(t.origins); n++ {
		start, stop := d.Range(n)
		if d.Kind(n) == xmltree.ElementNode {
			stop = start + 1
		}
		for i < len(t.origins) && t.origins[i].offset >= start && t.origins[i].offset < stop {
			t.origins[i].Path = XMLPath(d, n)
			i++
		}
	}
}

// XMLPath returns the path of a node as lineage writes it: "/Doc/Line[2]/@id".
// Elements have a number where a sibling has the same name; a text has the
// path of its element.
func XMLPath(d *xmltree.Document, n xmltree.Node) string {
	if d.Kind(n) == xmltree.TextNode {
		n = d.Parent(n)
	}
	if n == 0 {
		return ""
	}
	return d.Path(n)
}
