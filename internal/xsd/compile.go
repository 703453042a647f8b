package xsd

import (
	"fmt"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// kinds of global components
const (
	kindElement = iota
	kindType
	kindAttribute
	kindGroup
	kindAttributeGroup
	kinds
)

// place is a component in its file.
type place struct {
	f *file
	n xmltree.Node
}

func (p place) attr(name string) string { return attrOr(p.f.doc, p.n, name, "") }

func (p place) has(name string) bool {
	_, ok := p.f.doc.Attr(p.n, name)
	return ok
}

func (p place) pos() diag.Pos { return p.f.doc.Pos(p.n) }
func (p place) kind() string  { return p.f.doc.Local(p.n) }

// kids yields the schema elements inside p, annotations left out.
func (p place) kids(yield func(place) bool) {
	for n := range p.f.doc.Elements(p.n) {
		if p.f.doc.Space(n) == Space && p.f.doc.Local(n) != "annotation" && !yield(place{p.f, n}) {
			return
		}
	}
}

// first returns the first schema element inside p with one of the names.
func (p place) first(names ...string) (place, bool) {
	for k := range p.kids {
		for _, name := range names {
			if k.kind() == name {
				return k, true
			}
		}
	}
	return place{}, false
}

// compiler turns schema documents into a model.
type compiler struct {
	m        *model
	probs    *diag.List
	globals  [kinds]map[xmltree.Name]place
	names    map[xmltree.Name]int32
	elements map[xmltree.Name]int32
	types    map[xmltree.Name]int32
	attrs    map[xmltree.Name]int32
	groups   map[xmltree.Name]*particle
	complex  map[int32]*complexType
	queue    []int32
	spaces   map[string]bool // namespaces of which a file was read
	depth    int
}

// complexType is a complex type while it is compiled.
type complexType struct {
	at       place
	state    uint8 // 0 not begun, 1 begun, 2 done
	particle *particle
}

func compile(files []*file, probs *diag.List) *model {
	c := &compiler{
		m: &model{Names: []xmltree.Name{{}}}, probs: probs, names: map[xmltree.Name]int32{{}: 0},
		elements: map[xmltree.Name]int32{}, types: map[xmltree.Name]int32{}, attrs: map[xmltree.Name]int32{},
		groups: map[xmltree.Name]*particle{}, complex: map[int32]*complexType{}, spaces: map[string]bool{},
	}
	for k := range c.globals {
		c.globals[k] = map[xmltree.Name]place{}
	}
	c.builtins()
	for _, f := range files {
		c.spaces[f.space] = true
		c.m.Files = append(c.m.Files, f.name)
		c.register(f)
	}
	for _, f := range files {
		c.components(f)
	}
	c.drain()
	c.machines()
	return c.m
}

func (c *compiler) fault(p place, format string, args ...any) {
	c.probs.Addf(p.pos(), RuleSchema, format, args...)
}

// missing reports a component that is referred to and not there. If no file of
// its namespace was read, what is missing is that file.
func (c *compiler) missing(p place, what string, name xmltree.Name) {
	if name.Space != Space && !c.spaces[name.Space] {
		c.probs.Add(diag.Problemf(p.pos(), RuleAbsent, "%s %s: no schema of this namespace is installed", what, name).
			WithHint("add its file to the files of the schema"))
		return
	}
	c.fault(p, "%s %s is not declared", what, name)
}

func (c *compiler) name(n xmltree.Name) int32 {
	id, ok := c.names[n]
	if !ok {
		id = int32(len(c.m.Names))
		c.names[n] = id
		c.m.Names = append(c.m.Names, n)
	}
	return id
}

var kindOf = map[string]int{
	"element": kindElement, "complexType": kindType, "simpleType": kindType,
	"attribute": kindAttribute, "group": kindGroup, "attributeGroup": kindAttributeGroup,
}

// register notes the global components of a file. A name declared twice is an
// error, unless the second file only repeats the first.
func (c *compiler) register(f *file) {
	for p := range (place{f, f.root}).kids {
		kind, ok := kindOf[p.kind()]
		if !ok {
			continue
		}
		key := xmltree.Name{Space: f.space, Local: p.attr("name")}
		if old, twice := c.globals[kind][key]; twice {
			if string(old.f.doc.Source(old.n)) != string(p.f.doc.Source(p.n)) {
				c.fault(p, "%s %s is declared twice, first in %s", p.kind(), key, old.f.name)
			}
			continue
		}
		c.globals[kind][key] = p
	}
}

// components compiles the global components of a file.
func (c *compiler) components(f *file) {
	for p := range (place{f, f.root}).kids {
		key := xmltree.Name{Space: f.space, Local: p.attr("name")}
		switch p.kind() {
		case "element":
			c.globalElement(key, p)
		case "complexType", "simpleType":
			c.globalType(key, p)
		case "attribute":
			c.globalAttribute(key, p)
		}
	}
}

// drain compiles the complex types that were named but not yet defined.
func (c *compiler) drain() {
	for len(c.queue) > 0 {
		t := c.queue[0]
		c.queue = c.queue[1:]
		c.define(t)
	}
}

// qname resolves the value of an attribute that holds a QName.
func (c *compiler) qname(p place, attr string) (xmltree.Name, bool) {
	return c.resolve(p, p.attr(attr))
}

func (c *compiler) resolve(p place, value string) (xmltree.Name, bool) {
	prefix, local, ok := strings.Cut(value, ":")
	if !ok {
		prefix, local = "", value
	}
	space, bound := p.f.doc.LookupPrefix(p.n, prefix)
	if !bound {
		c.fault(p, "prefix %q is not declared", prefix)
		return xmltree.Name{}, false
	}
	if space == "" && prefix == "" && p.f.space != "" && !p.f.hasOwnSpace() {
		space = p.f.space // included without a namespace of its own
	}
	return xmltree.Name{Space: space, Local: local}, local != ""
}

func (f *file) hasOwnSpace() bool {
	_, ok := f.doc.Attr(f.root, "targetNamespace")
	return ok
}

// blockFlags reads block or blockDefault.
func blockFlags(s string) (flags uint16) {
	for _, word := range strings.Fields(s) {
		switch word {
		case "extension":
			flags |= flagBlockExtension
		case "restriction":
			flags |= flagBlockRestriction
		case "substitution":
			flags |= flagBlockSubstitution
		case "#all":
			flags |= flagBlockExtension | flagBlockRestriction | flagBlockSubstitution
		}
	}
	return flags
}

func (c *compiler) block(p place) uint16 {
	if p.has("block") {
		return blockFlags(p.attr("block"))
	}
	return p.f.block
}

// valueFlags reads default and fixed.
func valueFlags(p place) (flags uint16, value string) {
	if v, ok := p.f.doc.Attr(p.n, "fixed"); ok {
		return flagFixed, v
	}
	if v, ok := p.f.doc.Attr(p.n, "default"); ok {
		return flagDefault, v
	}
	return 0, ""
}

func isTrue(s string) bool { return s == "true" || s == "1" }

// globalElement returns the index of a global element declaration.
func (c *compiler) globalElement(key xmltree.Name, p place) int32 {
	if e, ok := c.elements[key]; ok {
		return e
	}
	e := c.newElement(key)
	c.elements[key] = e
	c.m.ByElement = append(c.m.ByElement, ref{c.m.Elements[e].Name, e})
	c.declare(e, p)
	if head, ok := c.qname(p, "substitutionGroup"); ok && p.has("substitutionGroup") {
		if h := c.elementNamed(p, head); h != none {
			c.m.Elements[e].Head = h
			c.m.Members = append(c.m.Members, ref{h, e})
			if !p.has("type") && !typed(p) {
				c.m.Elements[e].Type = c.m.Elements[h].Type
			}
		}
	}
	return e
}

func typed(p place) bool {
	_, ok := p.first("simpleType", "complexType")
	return ok
}

func (c *compiler) newElement(key xmltree.Name) int32 {
	c.m.Elements = append(c.m.Elements, element{Name: c.name(key), Type: typeAny, Head: none})
	return int32(len(c.m.Elements) - 1)
}

func (c *compiler) elementNamed(p place, name xmltree.Name) int32 {
	g, ok := c.globals[kindElement][name]
	if !ok {
		c.missing(p, "element", name)
		return none
	}
	return c.globalElement(name, g)
}

// declare fills element e from its declaration.
func (c *compiler) declare(e int32, p place) {
	flags, value := valueFlags(p)
	if isTrue(p.attr("nillable")) {
		flags |= flagNillable
	}
	if isTrue(p.attr("abstract")) {
		flags |= flagAbstract
	}
	t := c.typeOf(p)
	var idents []int32
	for k := range p.kids {
		switch k.kind() {
		case "unique", "key", "keyref":
			if id, ok := c.identity(k); ok {
				idents = append(idents, id)
			}
		}
	}
	d := &c.m.Elements[e]
	d.Type, d.Flags, d.Value, d.Idents = t, flags|c.block(p), value, idents
}

// typeOf returns the type of an element: named, or defined inside it.
func (c *compiler) typeOf(p place) int32 {
	if p.has("type") {
		if name, ok := c.qname(p, "type"); ok {
			return c.typeNamed(p, name)
		}
		return typeAny
	}
	if in, ok := p.first("simpleType", "complexType"); ok {
		return c.newType(in, none)
	}
	return typeAny
}

func (c *compiler) typeNamed(p place, name xmltree.Name) int32 {
	if t, ok := c.types[name]; ok {
		return t
	}
	g, ok := c.globals[kindType][name]
	if !ok {
		c.missing(p, "type", name)
		return typeAny
	}
	return c.globalType(name, g)
}

func (c *compiler) globalType(key xmltree.Name, p place) int32 {
	if t, ok := c.types[key]; ok {
		return t
	}
	name := c.name(key)
	t := c.newType(p, name)
	c.m.ByType = append(c.m.ByType, ref{name, t})
	return t
}

// newType returns the index of a type. A complex one is defined later: types
// refer to each other in circles. A simple one cannot, so it is defined now.
func (c *compiler) newType(p place, name int32) int32 {
	t := int32(len(c.m.Types))
	c.m.Types = append(c.m.Types, typ{Name: name, Base: typeAny, Simple: none, Machine: none, Wild: none})
	if name != none {
		c.types[c.m.Names[name]] = t
	}
	if p.kind() == "complexType" {
		c.complex[t] = &complexType{at: p}
		c.queue = append(c.queue, t)
		return t
	}
	if c.depth++; c.depth > 100 {
		c.fault(p, "types nested deeper than 100, or in a circle")
		return t
	}
	s := c.simpleType(p)
	c.depth--
	v := &c.m.Types[t]
	v.Simple, v.Base, v.Content = s, c.typeOfSimple(c.m.Simples[s].Base), contentSimple
	c.m.Simples[s].Type = t
	return t
}

// typeOfSimple returns the type that stands for a simple type.
func (c *compiler) typeOfSimple(s int32) int32 {
	if s == none || c.m.Simples[s].Type == none {
		return typeAny
	}
	return c.m.Simples[s].Type
}

func (c *compiler) globalAttribute(key xmltree.Name, p place) int32 {
	if a, ok := c.attrs[key]; ok {
		return a
	}
	a := c.newAttribute(key, p)
	c.attrs[key] = a
	c.m.ByAttr = append(c.m.ByAttr, ref{c.m.Attrs[a].Name, a})
	return a
}

func (c *compiler) newAttribute(key xmltree.Name, p place) int32 {
	flags, value := valueFlags(p)
	a := attribute{Name: c.name(key), Simple: simpleAny, Flags: flags, Value: value}
	if p.has("type") {
		if name, ok := c.qname(p, "type"); ok {
			a.Simple = c.simpleNamed(p, name)
		}
	} else if in, ok := p.first("simpleType"); ok {
		a.Simple = c.simpleType(in)
	}
	c.m.Attrs = append(c.m.Attrs, a)
	return int32(len(c.m.Attrs) - 1)
}

// simpleNamed returns the simple type with this name.
func (c *compiler) simpleNamed(p place, name xmltree.Name) int32 {
	t := c.typeNamed(p, name)
	if s := c.m.Types[t].Simple; s != none && c.m.Types[t].Content == contentSimple {
		return s
	}
	if t != typeAny {
		c.fault(p, "type %s is not simple", name)
	}
	return simpleAny
}

func count(p place, attr string, otherwise int) int {
	v := p.attr(attr)
	if v == "unbounded" {
		return unbounded
	}
	n := 0
	if _, err := fmt.Sscanf(v, "%d", &n); err != nil || n < 0 {
		return otherwise
	}
	return min(n, 1<<30)
}
