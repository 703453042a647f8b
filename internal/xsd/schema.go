package xsd

import (
	"sync"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Schema is a compiled schema, ready to judge documents. It is read-only and
// safe for concurrent use.
type Schema struct {
	m        *model
	names    *xmltree.Names
	top      int              // length of names that documents must know
	ids      []xmltree.NameID // by model name
	elements nameTable
	types    nameTable
	attrs    nameTable
	run      []runType
	syms     []nameTable // by machine
	patterns []lazyPattern
	xsi      xsiNames
	runs     sync.Pool
}

type xsiNames struct{ typ, null, location, noLocation xmltree.NameID }

// runType is what a type needs at run time beside its definition.
type runType struct {
	uses     nameTable
	required []int32 // uses that must be there
}

type lazyPattern struct {
	once sync.Once
	a    *automaton
}

func (p *lazyPattern) get(text string) *automaton {
	p.once.Do(func() { p.a = newAutomaton(text) })
	return p.a
}

// nameTable maps names to indices with open addressing.
type nameTable struct {
	keys []xmltree.NameID
	vals []int32
}

func newNameTable(n int) nameTable {
	size := 2
	for size < 2*n {
		size *= 2
	}
	return nameTable{make([]xmltree.NameID, size), make([]int32, size)}
}

func (t *nameTable) put(key xmltree.NameID, val int32) {
	mask := len(t.keys) - 1
	for i := spread(key) & mask; ; i = (i + 1) & mask {
		if t.keys[i] == key {
			return
		}
		if t.keys[i] == 0 {
			t.keys[i], t.vals[i] = key, val
			return
		}
	}
}

func (t *nameTable) get(key xmltree.NameID) int32 {
	if len(t.keys) == 0 || key == 0 {
		return none
	}
	mask := len(t.keys) - 1
	for i := spread(key) & mask; t.keys[i] != 0; i = (i + 1) & mask {
		if t.keys[i] == key {
			return t.vals[i]
		}
	}
	return none
}

func spread(key xmltree.NameID) int { return int(uint32(key) * 2654435761 >> 8) }

// Compile reads and compiles the schema that begins in the entry files: what
// they include and import belongs to it. Problems are of the schema; there is no
// Schema if one of them is grave.
func Compile(source Source, names *xmltree.Names, entries ...string) (*Schema, diag.List) {
	m, probs := compileModel(source, entries)
	if probs.Grave() {
		return nil, probs
	}
	return assemble(m, names), probs
}

func compileModel(source Source, entries []string) (*model, diag.List) {
	l := &loader{source: source, seen: map[[2]string]bool{}, spaces: map[string]bool{}}
	l.load(entries)
	m := compile(l.files, &l.probs)
	l.probs.Sort()
	return m, l.probs
}

// assemble makes a model ready to run with a table of names.
func assemble(m *model, names *xmltree.Names) *Schema {
	s := &Schema{m: m, names: names, ids: make([]xmltree.NameID, len(m.Names))}
	for i, n := range m.Names {
		if i > 0 {
			s.ids[i] = names.Intern(n.Space, n.Local)
		}
	}
	const instance = "http://www.w3.org/2001/XMLSchema-instance"
	s.xsi = xsiNames{names.Intern(instance, "type"), names.Intern(instance, "nil"), names.Intern(instance, "schemaLocation"), names.Intern(instance, "noNamespaceSchemaLocation")}
	s.top = names.Len()
	s.elements, s.types, s.attrs = s.table(m.ByElement), s.table(m.ByType), s.table(m.ByAttr)
	s.run = make([]runType, len(m.Types))
	for i := range m.Types {
		s.run[i] = s.runType(&m.Types[i])
	}
	s.syms = make([]nameTable, len(m.Machines))
	for i := range m.Machines {
		syms := m.Machines[i].Syms
		s.syms[i] = newNameTable(len(syms))
		for k, name := range syms {
			s.syms[i].put(s.ids[name], int32(k))
		}
	}
	s.patterns = make([]lazyPattern, len(m.Patterns))
	s.runs.New = func() any { return &run{s: s} }
	return s
}

func (s *Schema) table(refs []ref) nameTable {
	t := newNameTable(len(refs))
	for _, r := range refs {
		t.put(s.ids[r.Name], r.To)
	}
	return t
}

func (s *Schema) runType(t *typ) runType {
	r := runType{}
	if len(t.Uses) == 0 {
		return r
	}
	r.uses = newNameTable(len(t.Uses))
	for i, u := range t.Uses {
		r.uses.put(s.ids[s.m.Attrs[u.Attr].Name], int32(i))
		if u.Flags&flagRequired != 0 {
			r.required = append(r.required, int32(i))
		}
	}
	return r
}

// Files lists the files the schema was made of.
func (s *Schema) Files() []string { return s.m.Files }

// Names returns the table that documents must be parsed with.
func (s *Schema) Names() *xmltree.Names { return s.names }

// Declares reports whether the schema has a global element of this name.
func (s *Schema) Declares(space, local string) bool {
	return s.elements.get(s.names.Intern(space, local)) != none
}
