package xmltree

import "strings"

// startTag reads a start tag or an empty-element tag with its attributes.
func (p *parser) startTag() bool {
	start := p.pos
	i := start + 1
	for i < len(p.src) && class[p.src[i]]&isName != 0 {
		i++
	}
	if i == start+1 {
		return p.fail(start, RuleSyntax, "\"<\" is not followed by a name")
	}
	if p.cur == 0 && p.rooted {
		return p.fail(start, RuleSyntax, "second outermost element")
	}
	if len(p.open) >= p.limits.Depth {
		return p.fail(start, RuleLimit, "elements nested deeper than %d", p.limits.Depth)
	}
	e := p.qname(start+1, p.src[start+1:i])
	n, before := None, p.mark()
	if e >= 0 {
		n = p.add(ElementNode, start)
	}
	if n == None {
		return false
	}
	scope := p.nodes[p.cur].ns
	el := &p.nodes[n]
	el.ns, el.val, el.size = scope, int32(None), p.names.list[e].prefix
	p.open = append(p.open, int32(i-start-1))
	p.cur, p.rooted, p.pos = n, true, i
	empty, ok := p.attributes(n)
	if !ok || !p.resolveNames(n, e) || p.sink != nil && !p.began(n, before) {
		return false
	}
	if empty {
		p.close(n)
	}
	return p.err == nil
}

// attributes reads up to the end of the start tag and reports whether it was an empty-element tag.
func (p *parser) attributes(n Node) (empty, ok bool) {
	count := 0
	for {
		i := p.space(p.pos)
		if i >= len(p.src) {
			return false, p.fail(i, RuleSyntax, "end of document inside a tag")
		}
		switch p.src[i] {
		case '>':
			p.pos = i + 1
			return false, true
		case '/':
			if i+1 < len(p.src) && p.src[i+1] == '>' {
				p.pos = i + 2
				return true, true
			}
			return false, p.fail(i, RuleSyntax, "\"/\" inside a tag")
		}
		if i == p.pos {
			return false, p.fail(i, RuleSyntax, "no white space before an attribute")
		}
		if count++; count > p.limits.Attributes {
			return false, p.fail(i, RuleLimit, "more than %d attributes on one element", p.limits.Attributes)
		}
		if p.pos = i; !p.attribute(n) {
			return false, false
		}
	}
}

// attribute reads one attribute or namespace declaration of element n.
func (p *parser) attribute(n Node) bool {
	start := p.pos
	i := start
	for i < len(p.src) && class[p.src[i]]&isName != 0 {
		i++
	}
	name := p.src[start:i]
	i = p.space(i)
	if name == "" || i >= len(p.src) || p.src[i] != '=' {
		return p.fail(i, RuleSyntax, "attribute without name or without \"=\"")
	}
	i = p.space(i + 1)
	if i >= len(p.src) || p.src[i] != '"' && p.src[i] != '\'' {
		return p.fail(i, RuleSyntax, "value of attribute %s is not quoted", quoted(name))
	}
	v, ok := p.attributeValue(i)
	if !ok {
		return false
	}
	if len(name) >= 5 && name[:5] == "xmlns" && (len(name) == 5 || name[5] == ':') {
		return p.declare(n, start, name, v)
	}
	e := p.qname(start, name)
	if e < 0 {
		return false
	}
	a := Node(len(p.nodes))
	if int(a) >= p.limits.Nodes {
		return p.fail(start, RuleLimit, "more than %d nodes", p.limits.Nodes)
	}
	p.nodes[n].attrs++
	p.nodes[n].end++
	p.nodes = append(p.nodes, node{
		kind: AttributeNode, flags: v.flags, name: NameID(e), parent: n, end: a + 1, prev: None,
		ns: p.names.list[e].prefix, start: int32(start), stop: int32(p.pos), val: v.at, size: v.size,
	})
	return true
}

// declare binds a prefix for element n.
func (p *parser) declare(n Node, at int, name string, v value) bool {
	prefix, uri := "", p.valueText(v)
	if len(name) > 5 {
		prefix = name[6:]
		if !IsNCName(prefix) {
			return p.fail(at, RuleNamespace, "%s is not a prefix", quoted(prefix))
		}
		if uri == "" {
			return p.fail(at, RuleNamespace, "prefix %s is declared without a namespace", quoted(prefix))
		}
	}
	if prefix == "xmlns" || uri == XMLNSSpace || (prefix == "xml") != (uri == XMLSpace) {
		return p.fail(at, RuleNamespace, "prefix %s may not be bound to %s", quoted(prefix), quoted(uri))
	}
	id := p.prefixID(prefix)
	el := &p.nodes[n]
	for i, outer := el.ns, p.nodes[el.parent].ns; i != outer; i = p.decls[i].prev {
		if p.decls[i].prefix == id {
			return p.fail(at, RuleSyntax, "namespace %s is declared twice", quoted(name))
		}
	}
	if len(p.decls) >= p.limits.Nodes || len(p.uris)+len(p.prefix) >= p.limits.Names {
		return p.fail(at, RuleLimit, "too many namespace declarations")
	}
	space := p.spaceID(uri)
	p.decls = append(p.decls, decl{id, space, el.ns, p.bound[id].uri})
	el.ns = int32(len(p.decls) - 1)
	p.bound[id].uri = space
	return true
}

// resolveNames resolves the names of element n and its attributes after all
// declarations of the tag are known, and refuses an attribute given twice.
func (p *parser) resolveNames(n Node, e int32) bool {
	id := p.resolve(e, int(p.nodes[n].start), false)
	if id == 0 {
		return false
	}
	p.nodes[n].name = id
	first, end := n+1, n+1+Node(p.nodes[n].attrs)
	for a := first; a < end; a++ {
		v := &p.nodes[a]
		if v.name = p.resolve(int32(v.name), int(v.start), true); v.name == 0 {
			return false
		}
	}
	if twice := p.twice(first, end); twice != None {
		return p.fail(int(p.nodes[twice].start), RuleSyntax, "attribute %s is given twice", quoted(p.QName(twice)))
	}
	return true
}

// twice returns an attribute whose name an earlier one has, or None.
func (p *parser) twice(first, end Node) Node {
	if end-first > 16 {
		seen := make(map[NameID]bool, end-first)
		for a := first; a < end; a++ {
			if seen[p.nodes[a].name] {
				return a
			}
			seen[p.nodes[a].name] = true
		}
		return None
	}
	for a := first + 1; a < end; a++ {
		for b := first; b < a; b++ {
			if p.nodes[a].name == p.nodes[b].name {
				return a
			}
		}
	}
	return None
}

// instruction reads a processing instruction.
func (p *parser) instruction() bool {
	start := p.pos
	i := start + 2
	for i < len(p.src) && class[p.src[i]]&isName != 0 {
		i++
	}
	target := p.src[start+2 : i]
	end := strings.Index(p.src[i:], "?>")
	if end < 0 {
		return p.fail(start, RuleSyntax, "processing instruction is not closed")
	}
	if !IsNCName(target) {
		return p.fail(start, RuleSyntax, "%s is not the name of a processing instruction", quoted(target))
	}
	if strings.EqualFold(target, "xml") {
		return p.fail(start, RuleSyntax, "XML declaration is not at the very beginning")
	}
	data := p.src[i : i+end]
	if data != "" && class[data[0]]&isSpace == 0 {
		return p.fail(i, RuleSyntax, "no white space after the name of a processing instruction")
	}
	n := p.special(InstructionNode, start, p.space(i), i+end)
	if n == None {
		return false
	}
	e := p.qname(start, target)
	if e < 0 {
		return false
	}
	p.nodes[n].name = p.resolve(e, start, true)
	p.pos = i + end + 2
	p.nodes[n].stop = int32(p.pos)
	p.aside(n)
	return true
}

// comment reads a comment.
func (p *parser) comment() bool {
	start := p.pos
	end := strings.Index(p.src[start+4:], "--")
	if end < 0 {
		return p.fail(start, RuleSyntax, "comment is not closed")
	}
	end += start + 4
	if !strings.HasPrefix(p.src[end:], "-->") {
		return p.fail(end, RuleSyntax, "\"--\" inside a comment")
	}
	n := p.special(CommentNode, start, start+4, end)
	if n == None {
		return false
	}
	p.pos = end + 3
	p.nodes[n].stop = int32(p.pos)
	p.aside(n)
	return true
}

// special adds a comment or instruction whose text is src[from:to].
func (p *parser) special(kind Kind, start, from, to int) Node {
	if from > to {
		from = to
	}
	if bad := firstBad(p.src[from:to]); bad >= 0 {
		p.badChar(from + bad)
		return None
	}
	n := p.add(kind, start)
	if n == None {
		return None
	}
	v := &p.nodes[n]
	v.val, v.size = int32(from), int32(to-from)
	if strings.IndexByte(p.src[from:to], '\r') >= 0 {
		v.val, v.flags = int32(len(p.buf)), inBuffer
		p.buf = appendLines(p.buf, p.src[from:to])
		v.size = int32(len(p.buf)) - v.val
	}
	return n
}
