package xmltree

import (
	"hash/maphash"
	"strings"
)

// qname is a name as written, checked once per document.
type qname struct {
	raw    string
	prefix int32 // prefix id, 0 for none
	size   int32 // length of the prefix
	uri    int32 // namespace for which elem is known, -2 for none
	elem   NameID
	attr   NameID // as attribute without prefix, 0 if not known yet
}

// qnames is a hash table of names as written, by their text.
type qnames struct {
	seed  maphash.Seed
	slots []int32 // 1 + index in list, 0 for free; a power of two
	list  []qname
}

// find returns the entry of raw, or the slot to put it in.
func (t *qnames) find(raw string) (entry int32, slot int) {
	mask := len(t.slots) - 1
	for i := int(maphash.String(t.seed, raw)) & mask; ; i = (i + 1) & mask {
		e := t.slots[i] - 1
		if e < 0 {
			return -1, i
		}
		if t.list[e].raw == raw {
			return e, i
		}
	}
}

func (t *qnames) put(slot int, q qname) int32 {
	t.list = append(t.list, q)
	t.slots[slot] = int32(len(t.list))
	if 2*len(t.list) > len(t.slots) {
		t.grow()
	}
	return int32(len(t.list) - 1)
}

func (t *qnames) grow() {
	t.slots = make([]int32, 2*len(t.slots))
	for i := range t.list {
		_, slot := t.find(t.list[i].raw)
		t.slots[slot] = int32(i + 1)
	}
}

// clear forgets all names, so that a pooled table does not keep a document alive.
func (t *qnames) clear() {
	if len(t.slots) > 1024 {
		t.slots, t.list = make([]int32, 256), nil
		return
	}
	clear(t.slots)
	clear(t.list)
	t.list = t.list[:0]
}

func newParser() *parser {
	return &parser{
		names: qnames{seed: maphash.MakeSeed(), slots: make([]int32, 256)},
		ids:   map[string]int32{}, spaces: map[string]int32{},
	}
}

// reset prepares the tables of prefixes and namespaces: id 0 is none, id 1 is xml.
func (p *parser) reset() {
	clear(p.ids)
	clear(p.spaces)
	p.open = p.open[:0]
	p.ids["xml"], p.ids[""], p.spaces[XMLSpace], p.spaces[""] = 1, 0, 1, 0
	p.prefix = append(p.prefix, "", "xml")
	p.uris = append(p.uris, "", XMLSpace)
	p.bound = append(p.bound[:0], binding{0}, binding{1})
}

// qname returns the entry of a name as written, -1 after a failure.
func (p *parser) qname(at int, raw string) int32 {
	e, slot := p.names.find(raw)
	if e >= 0 {
		return e
	}
	if len(p.names.list) >= p.limits.Names {
		p.fail(at, RuleLimit, "more than %d different names", p.limits.Names)
		return -1
	}
	prefix, local, colon := strings.Cut(raw, ":")
	if !colon {
		prefix, local = "", raw
	}
	if !IsNCName(local) || colon && !IsNCName(prefix) {
		rule := RuleSyntax
		if strings.Contains(raw, ":") {
			rule = RuleNamespace
		}
		p.fail(at, rule, "%s is not a name", quoted(raw))
		return -1
	}
	return p.names.put(slot, qname{raw: raw, prefix: p.prefixID(prefix), size: int32(len(prefix)), uri: -2})
}

func (p *parser) prefixID(prefix string) int32 {
	id, ok := p.ids[prefix]
	if !ok {
		id = int32(len(p.prefix))
		p.ids[prefix] = id
		p.prefix = append(p.prefix, prefix)
		p.bound = append(p.bound, binding{-1})
	}
	return id
}

func (p *parser) spaceID(uri string) int32 {
	id, ok := p.spaces[uri]
	if !ok {
		id = int32(len(p.uris))
		p.spaces[uri] = id
		p.uris = append(p.uris, uri)
	}
	return id
}

// resolve returns the expanded name of entry e at the current place, 0 after a failure.
func (p *parser) resolve(e int32, at int, attribute bool) NameID {
	q := &p.names.list[e]
	if attribute && q.prefix == 0 {
		if q.attr == 0 {
			q.attr = p.intern(Name{"", q.raw})
		}
		return q.attr
	}
	uri := p.bound[q.prefix].uri
	if uri == q.uri {
		return q.elem
	}
	if uri < 0 {
		p.fail(at, RuleNamespace, "prefix %s is not declared", quoted(p.prefix[q.prefix]))
		return 0
	}
	local := q.raw
	if q.prefix != 0 {
		local = q.raw[q.size+1:]
	}
	q.uri, q.elem = uri, p.intern(Name{p.uris[uri], local})
	return q.elem
}
