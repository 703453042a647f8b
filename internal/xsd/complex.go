package xsd

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// define compiles a complex type; its base first.
func (c *compiler) define(t int32) {
	ct := c.complex[t]
	if ct == nil || ct.state == 2 {
		return
	}
	if ct.state == 1 {
		c.fault(ct.at, "type is derived from itself")
		return
	}
	ct.state = 1
	p := ct.at
	v := typ{Name: c.m.Types[t].Name, Base: typeAny, Simple: none, Machine: none, Wild: none}
	if isTrue(p.attr("abstract")) {
		v.Flags |= flagAbstract
	}
	v.Flags |= c.block(p)
	if in, ok := p.first("simpleContent"); ok {
		c.simpleContent(&v, in)
	} else if in, ok := p.first("complexContent"); ok {
		c.complexContent(&v, ct, in, p)
	} else {
		c.content(&v, ct, p, isTrue(p.attr("mixed")))
		c.uses(&v, p)
	}
	v.permitted()
	c.m.Types[t] = v
	ct.state = 2
}

// base returns the type that a derivation names, defined.
func (c *compiler) base(p place) int32 {
	name, ok := c.qname(p, "base")
	if !ok {
		c.fault(p, "base is missing")
		return typeAny
	}
	t := c.typeNamed(p, name)
	c.define(t)
	return t
}

func (c *compiler) derivation(p place) (d place, extension, ok bool) {
	d, ok = p.first("extension", "restriction")
	if !ok {
		c.fault(p, "neither extension nor restriction")
		return d, false, false
	}
	return d, d.kind() == "extension", true
}

// simpleContent compiles a complex type whose content is text.
func (c *compiler) simpleContent(v *typ, p place) {
	d, extension, ok := c.derivation(p)
	if !ok {
		return
	}
	v.Base, v.Extension, v.Content = c.base(d), extension, contentText
	base := c.m.Types[v.Base]
	v.Simple = base.Simple
	if v.Simple == none {
		if base.Content != contentMixed && v.Base != typeAny {
			c.fault(d, "base has no simple content")
		}
		v.Simple = simpleAny
	}
	if !extension {
		if in, ok := d.first("simpleType"); ok {
			v.Simple = c.simpleType(in)
		}
		v.Simple = c.restrict(d, v.Simple)
	}
	c.inheritUses(v, d)
}

// complexContent compiles a type that extends or restricts a complex type.
func (c *compiler) complexContent(v *typ, ct *complexType, p, whole place) {
	d, extension, ok := c.derivation(p)
	if !ok {
		return
	}
	v.Base, v.Extension = c.base(d), extension
	mixed := isTrue(whole.attr("mixed"))
	if p.has("mixed") {
		mixed = isTrue(p.attr("mixed"))
	}
	c.content(v, ct, d, mixed)
	if extension {
		if b := c.complex[v.Base]; b != nil {
			ct.particle = sequence(b.particle, ct.particle)
			if k := c.m.Types[v.Base].Content; k == contentMixed || k == contentElements {
				v.Content = k
			}
		}
		if v.Base == typeAny {
			v.Content = contentMixed
			ct.particle = sequence(c.anything(), ct.particle)
		}
	}
	if v.Base == typeAny {
		c.uses(v, d)
		return
	}
	c.inheritUses(v, d)
}

// content compiles the particle of p.
func (c *compiler) content(v *typ, ct *complexType, p place, mixed bool) {
	if in, ok := p.first("sequence", "choice", "all", "group"); ok {
		ct.particle = c.particle(in)
	}
	switch {
	case mixed:
		v.Content = contentMixed
	case ct.particle == nil:
		v.Content = contentEmpty
	default:
		v.Content = contentElements
	}
}

// inheritUses adds the attributes of the base to those declared in d, which win.
func (c *compiler) inheritUses(v *typ, d place) {
	c.uses(v, d)
	if v.Extension {
		v.permitted() // prohibited says something about the base in restrictions only
	}
	base := c.m.Types[v.Base]
	for _, u := range base.Uses {
		if c.useNamed(v, c.m.Attrs[u.Attr].Name) == nil {
			v.Uses = append(v.Uses, u)
		}
	}
	if v.Extension && base.Wild != none {
		if v.Wild == none {
			v.Wild = base.Wild
		} else {
			v.Wild = c.unite(v.Wild, base.Wild)
		}
	}
}

// permitted drops the attributes that are only named to be prohibited.
func (v *typ) permitted() {
	v.Uses = slices.DeleteFunc(slices.Clone(v.Uses), func(u use) bool { return u.Flags&flagProhibited != 0 })
}

func (c *compiler) useNamed(v *typ, name int32) *use {
	for i := range v.Uses {
		if c.m.Attrs[v.Uses[i].Attr].Name == name {
			return &v.Uses[i]
		}
	}
	return nil
}

// uses compiles the attributes declared in p.
func (c *compiler) uses(v *typ, p place) {
	for k := range p.kids {
		switch k.kind() {
		case "attribute":
			c.use(v, k)
		case "attributeGroup":
			c.attributeGroup(v, k)
		case "anyAttribute":
			w := c.wildcard(k)
			if v.Wild != none {
				w = c.intersect(v.Wild, w)
			}
			v.Wild = w
		}
	}
}

func (c *compiler) use(v *typ, p place) {
	u := use{}
	if p.has("ref") {
		name, ok := c.qname(p, "ref")
		if !ok {
			return
		}
		if u.Attr = c.attributeNamed(p, name); u.Attr == none {
			return
		}
		u.Flags, u.Value = c.m.Attrs[u.Attr].Flags, c.m.Attrs[u.Attr].Value
	} else {
		key := xmltree.Name{Local: p.attr("name")}
		if form := p.attr("form"); form == "qualified" || form == "" && p.f.attrQualified {
			key.Space = p.f.space
		}
		u.Attr = c.newAttribute(key, p)
	}
	if flags, value := valueFlags(p); flags != 0 {
		u.Flags, u.Value = flags, value
	}
	switch p.attr("use") {
	case "required":
		u.Flags |= flagRequired
	case "prohibited":
		u.Flags |= flagProhibited
	}
	if c.useNamed(v, c.m.Attrs[u.Attr].Name) != nil {
		c.fault(p, "attribute %s is declared twice", c.m.Names[c.m.Attrs[u.Attr].Name])
		return
	}
	v.Uses = append(v.Uses, u)
}

func (c *compiler) attributeNamed(p place, name xmltree.Name) int32 {
	if a, ok := c.attrs[name]; ok {
		return a
	}
	g, ok := c.globals[kindAttribute][name]
	if !ok {
		c.missing(p, "attribute", name)
		return none
	}
	return c.globalAttribute(name, g)
}

func (c *compiler) attributeGroup(v *typ, p place) {
	name, ok := c.qname(p, "ref")
	if !ok {
		return
	}
	g, ok := c.globals[kindAttributeGroup][name]
	if !ok {
		c.missing(p, "attribute group", name)
		return
	}
	if c.depth++; c.depth > 100 {
		c.fault(p, "attribute groups in a circle")
		return
	}
	c.uses(v, g)
	c.depth--
}

// wildcard compiles any or anyAttribute.
func (c *compiler) wildcard(p place) int32 {
	w := wildcard{}
	switch p.attr("processContents") {
	case "lax":
		w.Process = processLax
	case "skip":
		w.Process = processSkip
	}
	switch spaces := attrOr(p.f.doc, p.n, "namespace", "##any"); spaces {
	case "##any":
		w.Any = true
	case "##other":
		w.Not, w.Spaces = true, []string{p.f.space}
	default:
		for _, s := range strings.Fields(spaces) {
			switch s {
			case "##targetNamespace":
				s = p.f.space
			case "##local":
				s = ""
			}
			w.Spaces = append(w.Spaces, s)
		}
	}
	return c.wild(w)
}

func (c *compiler) wild(w wildcard) int32 {
	c.m.Wilds = append(c.m.Wilds, w)
	return int32(len(c.m.Wilds) - 1)
}

// unite returns the wildcard that admits what a or b admits, as strict as a.
func (c *compiler) unite(a, b int32) int32 {
	x, y := c.m.Wilds[a], c.m.Wilds[b]
	switch {
	case x.Any || y.Any:
		return c.wild(wildcard{Any: true, Process: x.Process})
	case !x.Not && !y.Not:
		return c.wild(wildcard{Spaces: append(append([]string{}, x.Spaces...), y.Spaces...), Process: x.Process})
	case x.Not && y.Not && len(x.Spaces) == 1 && len(y.Spaces) == 1 && x.Spaces[0] == y.Spaces[0]:
		return a
	}
	return c.wild(wildcard{Any: true, Process: x.Process})
}

// intersect returns the wildcard that admits what both admit, as strict as a.
func (c *compiler) intersect(a, b int32) int32 {
	x, y := c.m.Wilds[a], c.m.Wilds[b]
	switch {
	case x.Any:
		y.Process = x.Process
		return c.wild(y)
	case y.Any:
		return a
	case x.Not && y.Not:
		return a
	case x.Not:
		x, y = y, x
		y.Process, x.Process = x.Process, y.Process
	}
	w := wildcard{Process: c.m.Wilds[a].Process}
	for _, s := range x.Spaces {
		if y.admits(s) {
			w.Spaces = append(w.Spaces, s)
		}
	}
	return c.wild(w)
}
