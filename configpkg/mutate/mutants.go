package mutate

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/overlay"
)

// A Mutant is a package with one change.
type Mutant struct {
	ID       string // file, place and operator: the same as long as these stay
	Operator Operator
	Pos      diag.Pos
	Was      string // what was changed, shortly
	Is       string

	file    string
	selects bool          // it is about which documents a flow takes
	make    func() []byte // the changed file
}

// changed returns the package with the change.
func (m *Mutant) changed(files fs.FS) fs.FS { return overlay.New(files, m.file, m.make()) }

// folders are those whose files are changed; tests, simulators and code lists
// are what the package is judged by.
var folders = []string{"flows", "mappings", "rules", "answers", "readings", "tables"}

// Mutants lists every change the operators can make in a package, in order of
// files and places.
func Mutants(files fs.FS) ([]*Mutant, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, err
	}
	for _, dir := range folders {
		err := fs.WalkDir(files, dir, func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && path.Ext(name) == ".yaml" {
				names = append(names, name)
			}
			return nil // a folder that is not there has no mutants
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(names)
	var all []*Mutant
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		docs, problems := yml.Parse(name, data)
		if err := problems.Err(); err != nil {
			return nil, err
		}
		f := &fileMutants{name: name, docs: docs}
		for i, d := range docs {
			f.doc = i
			f.walk(d, place{kind: kindOf(d)})
		}
		all = append(all, f.list...)
	}
	return all, nil
}

func kindOf(d *yml.Node) string {
	if d.Kind == yml.Map && len(d.Entries) > 0 {
		return d.Entries[0].Key
	}
	return ""
}

// fileMutants collects the mutants of a file.
type fileMutants struct {
	name string
	docs []*yml.Node
	doc  int
	list []*Mutant
}

// place is where a node stands.
type place struct {
	kind  string // of the document: flow, mapping, ...
	path  []int  // members on the way from the document
	names []string
	key   string // of the entry that holds it
	above string // key above that
	nodes bool   // inside the node language of a mapping
}

func (p place) down(i int, name, key string) place {
	q := place{kind: p.kind, key: key, above: p.key, nodes: p.nodes}
	q.path = append(slices.Clone(p.path), i)
	q.names = append(slices.Clone(p.names), name)
	if p.kind == "mapping" || p.kind == "fragments" {
		q.nodes = p.nodes || len(q.names) == 1 && (key == "root" || key == "parts" || key == "fragments")
	}
	return q
}

// add makes a mutant by putting another node in a place.
func (f *fileMutants) add(op Operator, p place, n *yml.Node, detail, was, is string, with func(*yml.Node) *yml.Node) {
	id := fmt.Sprintf("%s#%d/%s %s", f.name, f.doc, strings.Join(p.names, "/"), op)
	if detail != "" {
		id += " " + detail
	}
	docs, doc, at := f.docs, f.doc, p.path
	f.list = append(f.list, &Mutant{ID: id, Operator: op, Pos: n.Pos, Was: short(was), Is: short(is), file: f.name, selects: selecting(p, detail), make: func() []byte {
		changed := slices.Clone(docs)
		changed[doc] = replaced(docs[doc], at, with)
		return yml.Emit(changed)
	}})
}

// selecting reports whether a change is about which documents a flow takes: its
// flow may then be taken where it was not.
func selecting(p place, detail string) bool {
	first := detail
	if len(p.names) > 0 {
		first = p.names[0]
	}
	return p.kind == "flow" && slices.Contains([]string{"applies", "when", "priority", "about", "kind"}, first)
}

// replaced returns a copy of n with another node at a path.
func replaced(n *yml.Node, at []int, with func(*yml.Node) *yml.Node) *yml.Node {
	if len(at) == 0 {
		return with(n)
	}
	c := *n
	if n.Kind == yml.Map {
		c.Entries = slices.Clone(n.Entries)
		c.Entries[at[0]].Value = replaced(n.Entries[at[0]].Value, at[1:], with)
	} else {
		c.Items = slices.Clone(n.Items)
		c.Items[at[0]] = replaced(n.Items[at[0]], at[1:], with)
	}
	return &c
}

func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 80 {
		return string(r[:77]) + "..."
	}
	return text
}

// walk makes the mutants of a node and of everything in it.
func (f *fileMutants) walk(n *yml.Node, p place) {
	if silent[p.key] {
		return
	}
	switch n.Kind {
	case yml.Map:
		f.mapOf(n, p)
	case yml.List:
		f.listOf(n, p)
	default:
		f.scalar(n, p)
	}
}

func (f *fileMutants) mapOf(n *yml.Node, p place) {
	top := len(p.path) == 0
	for i, e := range n.Entries {
		if top && i == 0 {
			continue // the kind and name of the file
		}
		if !silent[e.Key] {
			f.add(DropEntry, p, &yml.Node{Pos: e.KeyPos}, e.Key, e.Key, "nothing", func(m *yml.Node) *yml.Node {
				c := *m
				c.Entries = slices.Delete(slices.Clone(m.Entries), i, i+1)
				return &c
			})
		}
		if p.nodes && !unordered[stem(p.key)] && p.above != "parts" && p.above != "fragments" && p.above != "inputs" && i > 0 && element(e.Key) && element(n.Entries[i-1].Key) {
			f.add(SwapNodes, p, &yml.Node{Pos: e.KeyPos}, e.Key, n.Entries[i-1].Key+", "+e.Key, e.Key+", "+n.Entries[i-1].Key, func(m *yml.Node) *yml.Node {
				c := *m
				c.Entries = slices.Clone(m.Entries)
				c.Entries[i-1], c.Entries[i] = c.Entries[i], c.Entries[i-1]
				return &c
			})
		}
		f.walk(e.Value, p.down(i, e.Key, e.Key))
	}
}

// unordered are the keys of maps in the node language whose order means nothing.
var unordered = map[string]bool{"inputs": true, "with": true, "$let": true, "let": true, "parts": true, "fragments": true, "type": true}

// element tells whether a key is written, in its place: no attribute, no
// instruction and nothing that is given to a fragment.
func element(key string) bool {
	return !strings.HasPrefix(key, "@") && !strings.HasPrefix(key, "$") && stem(key) != "with"
}

// stem is a key without its suffix: with.parties is a with.
func stem(key string) string {
	key, _, _ = strings.Cut(key, ".")
	return key
}

// ordered are the keys whose lists are tried from the first on.
func ordered(p place) bool {
	return p.above == "codes" || p.above == "handle" || p.key == "cases"
}

func (f *fileMutants) listOf(n *yml.Node, p place) {
	for i, m := range n.Items {
		name := itemName(m, i)
		f.add(DropItem, p, m, name, name, "nothing", func(l *yml.Node) *yml.Node {
			c := *l
			c.Items = slices.Delete(slices.Clone(l.Items), i, i+1)
			return &c
		})
		if i > 0 && ordered(p) {
			f.add(SwapItems, p, m, name, itemName(n.Items[i-1], i-1)+", "+name, "the other way round", func(l *yml.Node) *yml.Node {
				c := *l
				c.Items = slices.Clone(l.Items)
				c.Items[i-1], c.Items[i] = c.Items[i], c.Items[i-1]
				return &c
			})
		}
		f.walk(m, p.down(i, name, p.key))
	}
}

// itemName names a member of a list by its id or name, as overlays do.
func itemName(m *yml.Node, i int) string {
	for _, key := range []string{"id", "name"} {
		if n := m.Get(key); n != nil && n.Kind == yml.Scalar {
			return n.Text
		}
	}
	return strconv.Itoa(i)
}

func (f *fileMutants) scalar(n *yml.Node, p place) {
	if n.Empty() || p.key == "id" && p.kind == "flow" || p.key == "$for" || p.key == "each" {
		return
	}
	set := func(text string) func(*yml.Node) *yml.Node {
		return func(old *yml.Node) *yml.Node {
			return &yml.Node{Kind: yml.Scalar, Style: yml.Double, Pos: old.Pos, Text: text}
		}
	}
	body, isFormula := strings.CutPrefix(n.Text, "=")
	switch {
	case conditions[p.key]:
		f.add(Negate, p, n, "", n.Text, negated(n.Text), set(negated(n.Text)))
		f.formula(n, p, "", body, set)
	case isFormula:
		f.formula(n, p, "=", body, set)
	case n.Text == "true" || n.Text == "false":
		other := map[string]string{"true": "false", "false": "true"}[n.Text]
		f.add(Flag, p, n, "", n.Text, other, set(other))
	default:
		f.literal(n, p, set)
	}
}

func (f *fileMutants) formula(n *yml.Node, p place, sign, body string, set func(string) func(*yml.Node) *yml.Node) {
	for _, e := range edits(body) {
		f.add(e.op, p, n, strconv.Itoa(e.at), body, e.text, set(sign+e.text))
	}
}

func (f *fileMutants) literal(n *yml.Node, p place, set func(string) func(*yml.Node) *yml.Node) {
	kind := p.key
	if p.above == "handle" || p.key == "then" {
		kind = "deed"
	}
	if other := words[kind][n.Text]; other != "" {
		f.add(Word, p, n, "", n.Text, other, set(other))
		return
	}
	f.add(Literal, p, n, "", n.Text, more(n.Text), set(more(n.Text)))
}
