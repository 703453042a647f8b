package xsd

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// maxProblems is how many problems of one document are listed.
const maxProblems = 200

// Validate judges a document that was parsed with the names of the schema, and
// returns what is wrong: nothing means valid. It renumbers the names of doc if
// the schema is younger (xmltree.Document.Sync).
func (s *Schema) Validate(doc *xmltree.Document) diag.List {
	return s.ValidateElement(doc, doc.Root())
}

// ValidateElement judges one element and all inside it, as if it were a document.
func (s *Schema) ValidateElement(doc *xmltree.Document, n xmltree.Node) diag.List {
	if !doc.Prepared(s.names, s.top) {
		return diag.List{diag.Problemf(doc.Pos(n), RuleRoot, "document was read with other names than the schema")}
	}
	v := s.runs.Get().(*run)
	defer v.release()
	v.doc = doc
	decl := s.elements.get(doc.Name(n))
	if decl == none {
		v.problem(n, RuleRoot, "the schema does not declare element %s", doc.NameOf(doc.Name(n))).Hint = hintRoot(s, doc.Local(n))
		return v.probs
	}
	v.element(n, decl)
	v.walk()
	v.references()
	v.probs.Sort()
	return v.probs
}

func hintRoot(s *Schema, local string) string {
	for _, r := range s.m.ByElement {
		if n := s.m.Names[r.Name]; n.Local == local {
			return "the namespace of " + local + " is " + n.Space + " in this schema"
		}
	}
	return "choose the schema of this kind of document"
}

// run is the state of one validation, kept for the next.
type run struct {
	s        *Schema
	doc      *xmltree.Document
	probs    diag.List
	more     bool
	stack    []frame
	counters []int32
	seen     []bool
	ids      map[string]int // identifier -> place of the value in the text
	idrefs   []idref
	keys     map[int32]map[string]bool
	typed    []int32 // by node: 1 + simple type, while an identity constraint is open
	tracking int
	pushed   bool // elements are judged while they are read (Stream)
}

type idref struct {
	at          int // place in the text
	path, value string
}

// frame is an open element.
type frame struct {
	n, next, end xmltree.Node
	decl, typ    int32
	machine      int32
	state        int32
	counters     int // where its counters begin
	mixed        bool
	simple       int32 // 1 + simple type of its text, when it is judged at the end tag
	lax          bool  // no type is known: children are judged if they are declared
	skip         bool  // nothing inside is judged
	null         bool  // xsi:nil: nothing may be inside
	ways         []way
	failed       bool // a problem of the content was reported
	wordy        bool // text where none may be was reported
}

func (v *run) release() {
	v.doc, v.probs, v.more, v.tracking, v.pushed = nil, nil, false, 0, false
	v.stack, v.counters, v.idrefs = v.stack[:0], v.counters[:0], v.idrefs[:0]
	v.typed = v.typed[:0]
	clear(v.ids)
	clear(v.keys)
	v.s.runs.Put(v)
}

// problem reports a problem at a node.
func (v *run) problem(n xmltree.Node, rule, format string, args ...any) *diag.Problem {
	if len(v.probs) >= maxProblems {
		if !v.more {
			v.more = true
			v.probs.Add(diag.Problemf(v.doc.Pos(n), RuleProblems, "more than %d problems; the rest is not listed", maxProblems))
		}
		return &diag.Problem{}
	}
	p := diag.Problemf(v.doc.Pos(n), rule, format, args...)
	p.Path = v.doc.Path(n)
	v.probs.Add(p)
	return &v.probs[len(v.probs)-1]
}

// walk judges what is inside the open elements until none is left.
func (v *run) walk() {
	for len(v.stack) > 0 {
		f := &v.stack[len(v.stack)-1]
		if f.next >= f.end {
			v.close(f)
			v.counters = v.counters[:f.counters]
			v.stack = v.stack[:len(v.stack)-1]
			continue
		}
		c := f.next
		f.next = v.doc.End(c)
		switch v.doc.Kind(c) {
		case xmltree.ElementNode:
			v.child(f, c)
		case xmltree.TextNode:
			if !f.mixed && !f.wordy && !v.doc.IsWhite(c) {
				f.wordy = true
				v.problem(c, RuleText, "text %s inside element %s, which may only hold elements", short(v.doc.Value(c)), v.doc.QName(f.n))
			}
		}
	}
}

// element judges the tag of n, declared by decl, and opens it if there is more to judge.
func (v *run) element(n xmltree.Node, decl int32) {
	d := &v.s.m.Elements[decl]
	if d.Flags&flagAbstract != 0 {
		v.problem(n, RuleType, "element %s is abstract: another must stand for it", v.doc.QName(n))
	}
	t, null := v.instance(n, d)
	if v.s.m.Types[t].Flags&flagAbstract != 0 {
		v.problem(n, RuleType, "the type of element %s is abstract", v.doc.QName(n)).Hint = "name a type that is derived from it with xsi:type"
	}
	if len(d.Idents) > 0 {
		v.track()
	}
	v.content(n, decl, t, null)
}

// instance reads xsi:type and xsi:nil.
func (v *run) instance(n xmltree.Node, d *element) (t int32, null bool) {
	t = d.Type
	for a, end := v.doc.Attributes(n); a < end; a++ {
		switch v.doc.Name(a) {
		case v.s.xsi.typ:
			t = v.substitute(a, d, t)
		case v.s.xsi.null:
			value := normalize(v.doc.Value(a), collapse)
			switch {
			case !lexical(primBoolean, value):
				v.problem(a, RuleType, "xsi:nil is %s, not a boolean", short(value))
			case d.Flags&flagNillable == 0:
				v.problem(a, RuleType, "element %s may not have xsi:nil", v.doc.QName(n))
			default:
				null = isTrue(value)
			}
		}
	}
	return t, null
}

// substitute returns the type that xsi:type names in place of t.
func (v *run) substitute(a xmltree.Node, d *element, t int32) int32 {
	prefix, local, ok := strings.Cut(normalize(v.doc.Value(a), collapse), ":")
	if !ok {
		prefix, local = "", prefix
	}
	space, bound := v.doc.LookupPrefix(a, prefix)
	named := none
	if bound {
		named = v.s.types.get(v.doc.Lookup(space, local))
	}
	if named == none {
		v.problem(a, RuleType, "xsi:type names %s, which is not defined", short(v.doc.Value(a)))
		return t
	}
	if !v.s.m.derived(named, t, d.Flags|v.s.m.Types[t].Flags) {
		v.problem(a, RuleType, "xsi:type names %s, which may not stand for the declared type", short(v.doc.Value(a)))
		return t
	}
	return named
}

// derived reports whether type t is base or derived from it by no blocked method.
func (m *model) derived(t, base int32, block uint16) bool {
	for range m.Types {
		if t == base {
			return true
		}
		d := &m.Types[t]
		if m.memberOf(t, base) {
			return block&flagBlockRestriction == 0
		}
		if d.Extension && block&flagBlockExtension != 0 || !d.Extension && block&flagBlockRestriction != 0 {
			return false
		}
		if t == typeAny || d.Base == none {
			return false
		}
		t = d.Base
	}
	return false
}

// memberOf reports whether type t is a member of the union base.
func (m *model) memberOf(t, base int32) bool {
	u := m.Types[base].Simple
	if u == none || m.Types[base].Content != contentSimple || m.Simples[u].Variety != union || len(m.Simples[u].Patterns) > 0 || m.Simples[u].Enum != none {
		return false
	}
	return slices.ContainsFunc(m.Simples[u].Members, func(s int32) bool { return m.Simples[s].Type == t })
}

// content judges attributes and simple content of n, and opens it for its children.
func (v *run) content(n xmltree.Node, decl, t int32, null bool) {
	v.attributes(n, t)
	d := &v.s.m.Types[t]
	f := frame{n: n, decl: decl, typ: t, machine: none, counters: len(v.counters), end: v.doc.End(n)}
	_, f.next = v.doc.Attributes(n)
	switch {
	case null:
		if decl != none && v.s.m.Elements[decl].Flags&flagFixed != 0 {
			v.problem(n, RuleType, "element %s has a fixed value and may not be nil", v.doc.QName(n))
		}
		f.null = true
		if f.next < f.end {
			v.notNil(&f)
		}
		f.next = f.end
	case d.Content == contentSimple || d.Content == contentText:
		f.simple = d.Simple + 1
		if !v.pushed {
			v.text(n, decl, d.Simple)
		}
		f.next = f.end
	case d.Content == contentEmpty:
	case d.Content == contentAny:
		f.mixed, f.lax = true, true
	default:
		f.mixed, f.machine = d.Content == contentMixed, d.Machine
		if f.machine != none {
			v.counters = append(v.counters, make([]int32, v.s.m.Machines[f.machine].counters())...)
		}
	}
	if v.pushed || f.next < f.end || f.machine != none || decl != none && len(v.s.m.Elements[decl].Idents) > 0 {
		v.stack = append(v.stack, f)
	}
}

// notNil reports, once, that a nil element holds something.
func (v *run) notNil(f *frame) {
	if !f.failed {
		f.failed = true
		v.problem(f.n, RuleType, "element %s is nil, yet not empty", v.doc.QName(f.n))
	}
}

func (m *machine) counters() int {
	if m.All {
		return len(m.Leaves)
	}
	return len(m.Bounds)
}

// text judges the content of an element with a simple type.
func (v *run) text(n xmltree.Node, decl, simple int32) {
	for c := range v.doc.Elements(n) {
		v.problem(c, RuleElement, "element %s inside %s, which may only hold text", v.doc.QName(c), v.doc.QName(n))
		return
	}
	value := v.doc.Text(n)
	v.note(n, simple)
	if decl != none {
		d := &v.s.m.Elements[decl]
		if value == "" && d.Flags&(flagDefault|flagFixed) != 0 {
			return
		}
		if d.Flags&flagFixed != 0 && !v.equal(n, simple, value, d.Value) {
			v.problem(n, RuleValue, "element %s is %s, the schema fixes it to %s", v.doc.QName(n), short(value), short(d.Value))
			return
		}
	}
	v.value(n, n, simple, value)
}

// fixedMixed judges the fixed value of an element with mixed content: it may hold
// nothing else (XML Schema part 1, 3.3.4, Element Locally Valid, 5.2.2).
func (v *run) fixedMixed(n xmltree.Node, decl int32) {
	if decl == none || v.s.m.Elements[decl].Flags&flagFixed == 0 || v.doc.FirstChild(n) == xmltree.None {
		return
	}
	want := v.s.m.Elements[decl].Value
	for range v.doc.Elements(n) {
		v.problem(n, RuleValue, "element %s holds elements, the schema fixes it to %s", v.doc.QName(n), short(want))
		return
	}
	if got := v.doc.Text(n); got != want {
		v.problem(n, RuleValue, "element %s is %s, the schema fixes it to %s", v.doc.QName(n), short(got), short(want))
	}
}

// equal reports whether two texts are the same value of a simple type at n.
func (v *run) equal(n xmltree.Node, simple int32, a, b string) bool {
	return v.canonical(n, simple, a) == v.canonical(n, simple, b)
}

// canonical gives equal values of a simple type the same text, values of
// different value spaces a different one.
func (v *run) canonical(n xmltree.Node, simple int32, text string) string {
	t := &v.s.m.Simples[simple]
	text = normalize(text, t.White)
	switch t.Variety {
	case union:
		for _, m := range t.Members {
			member := &v.s.m.Simples[m]
			if v.quiet(n, member, normalize(text, member.White)) {
				return v.canonical(n, m, text)
			}
		}
		return text
	case list:
		items := strings.Fields(text)
		for i, item := range items {
			items[i] = v.canonical(n, t.Item, item)
		}
		return strings.Join(items, " ")
	}
	if t.Prim == primQName {
		text = v.expanded(n, text)
	}
	return string(rune('A'+spaceOf(t.Prim))) + canonicalValue(atomic, t.Prim, text)
}

// spaceOf returns the primitive type that a value space belongs to.
func spaceOf(prim uint8) uint8 {
	switch {
	case prim == primInteger:
		return primDecimal
	case prim >= primLanguage && prim <= primIDREF:
		return primString
	}
	return prim
}

// quiet reports whether a text is a value of a type, without noting identifiers.
func (v *run) quiet(n xmltree.Node, s *simple, text string) bool {
	if s.Variety == atomic && (s.Prim == primID || s.Prim == primIDREF) {
		return lexical(s.Prim, text)
	}
	return v.fault(n, s, text) == ""
}

// short shows a piece of the document in a message.
func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "..."
	}
	return `"` + strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s) + `"`
}
