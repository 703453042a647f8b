package xsd

import "slices"

// machine judges the children of an element against a content model: a
// deterministic automaton whose states are the particles last matched, with
// counters where a particle may occur more often than once but not without end.
// A counter is kept as such, however large it is.
//
// State 0 is the beginning; state i+1 is "leaf i was matched last".
type machine struct {
	All    bool // xs:all: each leaf at most once, in any order
	Opt    bool // xs:all that may be left out
	Forked bool // loops inside loops: one name can count in several ways, all are followed
	Leaves []leaf
	Syms   []int32 // names that can match, see Table
	Table  []int32 // state*len(Syms)+symbol: 1 + index of an edge, 0 for none
	Wilds  []wildEdge
	Edges  []edge
	Ops    []op
	Accept []ops // by state; From -1: not accepting
	Bounds []counterBound
}

// leaf is an element or wildcard particle.
type leaf struct {
	Element  int32 // declaration, -1 for a wildcard
	Wild     int32
	Required bool // in xs:all
}

// edge leads to a leaf if its operations succeed, else to the edge Else.
type edge struct {
	Leaf int32
	Ops  ops
	Else int32 // 1 + index, 0 for none
}

// wildEdge is an edge for the names that a wildcard admits.
type wildEdge struct {
	State, Edge int32
}

// ops is a range of operations.
type ops struct{ From, To int32 }

// op works on a counter.
type op struct {
	Kind    uint8
	Counter int32
}

const (
	opSet   uint8 = iota // the particle begins: count 1
	opAgain              // once more: fails at the maximum
	opLeave              // fails below the minimum
)

// counterBound holds the limits of a counter.
type counterBound struct{ Min, Max int32 }

// builder makes a machine from a particle.
type builder struct {
	c      *compiler
	at     place // for problems
	m      *machine
	follow [][]link // by state
	budget int
}

// link is a way to a leaf, or out of a leaf, with what happens on it.
type link struct {
	leaf int32
	ops  []op
}

// part is what the builder knows of a particle: how it begins and ends.
type part struct {
	nullable    bool
	first, last []link
}

// maxLinks bounds the size of a machine.
const maxLinks = 2_000_000

// machines builds the machines of all complex types.
func (c *compiler) machines() {
	known := map[*particle]int32{}
	for t := range c.m.Types {
		ct := c.complex[int32(t)]
		if ct == nil || ct.particle == nil {
			continue
		}
		m, ok := known[ct.particle]
		if !ok {
			b := &builder{c: c, at: ct.at, m: &machine{}, follow: make([][]link, 1)}
			b.build(ct.particle)
			if b.budget > maxLinks {
				c.fault(ct.at, "content model is too large")
			}
			m = int32(len(c.m.Machines))
			c.m.Machines = append(c.m.Machines, *b.m)
			known[ct.particle] = m
		}
		c.m.Types[t].Machine = m
	}
}

func (b *builder) build(p *particle) {
	if p.kind == pSequence && len(p.kids) == 1 && p.min == 1 && p.max == 1 && p.kids[0].kind == pAll {
		p = p.kids[0]
	}
	if p.kind == pAll {
		b.all(p)
		return
	}
	root := b.particle(p)
	b.follow[0] = root.first
	b.m.Accept = make([]ops, len(b.follow))
	for i := range b.m.Accept {
		b.m.Accept[i].From = -1
	}
	if root.nullable {
		b.m.Accept[0] = ops{}
	}
	for _, l := range root.last {
		b.m.Accept[l.leaf+1] = b.ops(l.ops)
	}
	b.table()
}

func (b *builder) all(p *particle) {
	b.m.All, b.m.Opt = true, p.min == 0
	for _, k := range p.kids {
		b.leaf(k)
		b.m.Leaves[len(b.m.Leaves)-1].Required = k.min > 0
	}
	for i, l := range b.m.Leaves {
		for _, name := range b.names(l) {
			b.m.Syms = append(b.m.Syms, name)
			b.m.Table = append(b.m.Table, int32(i+1))
		}
	}
}

func (b *builder) ops(list []op) ops {
	from := int32(len(b.m.Ops))
	b.m.Ops = append(b.m.Ops, list...)
	return ops{from, int32(len(b.m.Ops))}
}

func (b *builder) leaf(p *particle) int32 {
	l := leaf{Element: none, Wild: none}
	if p.kind == pElement {
		l.Element = p.ref
	} else {
		l.Wild = p.ref
	}
	b.m.Leaves = append(b.m.Leaves, l)
	b.follow = append(b.follow, nil)
	return int32(len(b.m.Leaves) - 1)
}

// particle adds the leaves of p and the links inside it.
func (b *builder) particle(p *particle) part {
	var body part
	switch p.kind {
	case pElement, pAny:
		l := b.leaf(p)
		body = part{first: []link{{leaf: l}}, last: []link{{leaf: l}}}
	case pSequence:
		body = b.sequence(p.kids)
	case pChoice:
		for _, k := range p.kids {
			in := b.particle(k)
			body.nullable = body.nullable || in.nullable
			body.first = append(body.first, in.first...)
			body.last = append(body.last, in.last...)
		}
	case pAll:
		b.c.fault(b.at, "all inside another group")
	}
	return b.occurs(p, body)
}

func (b *builder) sequence(kids []*particle) part {
	out := part{nullable: true}
	for _, k := range kids {
		in := b.particle(k)
		b.connect(out.last, in.first, nil)
		if out.nullable {
			out.first = append(out.first, in.first...)
		}
		if in.nullable {
			out.last = append(out.last, in.last...)
		} else {
			out.last = in.last
		}
		out.nullable = out.nullable && in.nullable
	}
	return out
}

// connect adds links from each end to each beginning.
func (b *builder) connect(ends, begins []link, between []op) {
	b.budget += len(ends) * len(begins)
	if b.budget > maxLinks {
		return
	}
	for _, e := range ends {
		for _, f := range begins {
			list := make([]op, 0, len(e.ops)+len(between)+len(f.ops))
			list = append(append(append(list, e.ops...), between...), f.ops...)
			b.follow[e.leaf+1] = append(b.follow[e.leaf+1], link{f.leaf, list})
		}
	}
}

// occurs applies minOccurs and maxOccurs to a body. Counters are needed only
// if the number matters beyond "none, one, many".
func (b *builder) occurs(p *particle, body part) part {
	low, high := p.min, p.max
	if body.nullable {
		low = 0
	}
	body.nullable = body.nullable || low == 0
	switch {
	case high == 1:
		return body
	case high == unbounded && low <= 1:
		b.connect(body.last, body.first, nil)
		return body
	}
	counter := int32(len(b.m.Bounds))
	b.m.Bounds = append(b.m.Bounds, counterBound{int32(low), int32(high)})
	b.connect(body.last, body.first, []op{{opAgain, counter}})
	body.first = withOps(body.first, []op{{opSet, counter}}, true)
	body.last = withOps(body.last, []op{{opLeave, counter}}, false)
	return body
}

func withOps(links []link, list []op, before bool) []link {
	out := make([]link, len(links))
	for i, l := range links {
		joined := append([]op{}, list...)
		if before {
			joined = append(joined, l.ops...)
		} else {
			joined = append(append([]op{}, l.ops...), list...)
		}
		out[i] = link{l.leaf, joined}
	}
	return out
}

// names lists the names that can match a leaf: its element, and what may stand for it.
func (b *builder) names(l leaf) []int32 {
	if l.Element == none {
		return nil
	}
	head := &b.c.m.Elements[l.Element]
	out := []int32{head.Name}
	if head.Flags&flagBlockSubstitution != 0 {
		return out
	}
	block := head.Flags | b.c.m.Types[head.Type].Flags
	heads := []int32{l.Element}
	for i := 0; i < len(heads); i++ {
		for _, r := range b.c.m.Members {
			if r.Name != heads[i] {
				continue
			}
			member := &b.c.m.Elements[r.To]
			if b.c.m.derived(member.Type, head.Type, block) && !slices.Contains(out, member.Name) {
				out = append(out, member.Name)
			}
			heads = append(heads, r.To)
			if len(heads) > len(b.c.m.Elements) {
				return out // substitution groups in a circle
			}
		}
	}
	return out
}

// table lays the links out by state and name.
func (b *builder) table() {
	symbol := map[int32]int{}
	for _, l := range b.m.Leaves {
		for _, name := range b.names(l) {
			if _, ok := symbol[name]; !ok {
				symbol[name] = len(b.m.Syms)
				b.m.Syms = append(b.m.Syms, name)
			}
		}
	}
	width := len(b.m.Syms)
	b.m.Table = make([]int32, len(b.follow)*width)
	for state, links := range b.follow {
		for i, l := range links {
			if repeated(links[:i], l) {
				continue
			}
			b.m.Edges = append(b.m.Edges, edge{Leaf: l.leaf, Ops: b.ops(l.ops)})
			id := int32(len(b.m.Edges))
			target := b.m.Leaves[l.leaf]
			if target.Element == none {
				b.m.Wilds = append(b.m.Wilds, wildEdge{int32(state), id - 1})
				continue
			}
			for k, name := range b.names(target) {
				if k > 0 { // an edge of its own for each name: Else differs
					b.m.Edges = append(b.m.Edges, b.m.Edges[id-1])
					b.m.Edges[len(b.m.Edges)-1].Else = 0
					id = int32(len(b.m.Edges))
				}
				b.chain(&b.m.Table[state*width+symbol[name]], id)
			}
		}
	}
}

// repeated reports whether a link that does the same is among links.
func repeated(links []link, l link) bool {
	return slices.ContainsFunc(links, func(k link) bool { return k.leaf == l.leaf && slices.Equal(k.ops, l.ops) })
}

// chain puts edge id behind those that start at slot.
func (b *builder) chain(slot *int32, id int32) {
	for *slot != 0 {
		b.m.Forked = true
		slot = &b.m.Edges[*slot-1].Else
	}
	*slot = id
}
