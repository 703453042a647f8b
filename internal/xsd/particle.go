package xsd

import "github.com/fiscus-project/fiscus/internal/xmltree"

const unbounded = 1<<31 - 1

// kinds of particles
const (
	pElement uint8 = iota
	pAny
	pSequence
	pChoice
	pAll
)

// particle is a part of a content model.
type particle struct {
	kind     uint8
	min, max int
	ref      int32 // element or wildcard
	kids     []*particle
}

// sequence puts a before b; either may be nil.
func sequence(a, b *particle) *particle {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &particle{kind: pSequence, min: 1, max: 1, kids: []*particle{a, b}}
}

// anything is the content of the ur-type.
func (c *compiler) anything() *particle {
	return &particle{kind: pAny, min: 0, max: unbounded, ref: c.wild(wildcard{Any: true, Process: processLax})}
}

// particle compiles element, any, sequence, choice, all or a reference to a
// group. It returns nil for what may not occur.
func (c *compiler) particle(p place) *particle {
	if c.depth++; c.depth > 200 {
		c.fault(p, "content model nested deeper than 200, or groups in a circle")
		return nil
	}
	defer func() { c.depth-- }()
	out := &particle{min: count(p, "minOccurs", 1), max: count(p, "maxOccurs", 1)}
	if out.max == 0 {
		return nil
	}
	switch p.kind() {
	case "element":
		out.kind, out.ref = pElement, c.localElement(p)
		if out.ref == none {
			return nil
		}
		return out
	case "any":
		out.kind, out.ref = pAny, c.wildcard(p)
		return out
	case "group":
		in := c.group(p)
		if in == nil {
			return nil
		}
		if out.min == 1 && out.max == 1 {
			return in
		}
		out.kind, out.kids = pSequence, []*particle{in}
		return out
	case "sequence":
		out.kind = pSequence
	case "choice":
		out.kind = pChoice
	case "all":
		out.kind = pAll
	}
	for k := range p.kids {
		if in := c.particle(k); in != nil {
			out.kids = append(out.kids, in)
		}
	}
	if len(out.kids) == 0 && out.kind != pChoice {
		return nil
	}
	if len(out.kids) == 0 && out.min == 0 {
		return nil
	}
	return out
}

func (c *compiler) group(p place) *particle {
	name, ok := c.qname(p, "ref")
	if !ok {
		return nil
	}
	if g, ok := c.groups[name]; ok {
		return g
	}
	def, ok := c.globals[kindGroup][name]
	if !ok {
		c.missing(p, "group", name)
		return nil
	}
	var out *particle
	if in, ok := def.first("sequence", "choice", "all"); ok {
		out = c.particle(in)
	}
	c.groups[name] = out
	return out
}

// localElement returns the declaration that an element particle refers to or makes.
func (c *compiler) localElement(p place) int32 {
	if p.has("ref") {
		name, ok := c.qname(p, "ref")
		if !ok {
			return none
		}
		return c.elementNamed(p, name)
	}
	key := xmltree.Name{Local: p.attr("name")}
	if form := p.attr("form"); form == "qualified" || form == "" && p.f.qualified {
		key.Space = p.f.space
	}
	e := c.newElement(key)
	c.declare(e, p)
	return e
}
