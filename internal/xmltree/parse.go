package xmltree

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// parser is the state of one parse. It is kept in a pool for its tables.
type parser struct {
	*Document
	limits Limits
	pos    int
	cur    Node    // element that is open, 0 at the outside
	rooted bool    // the outermost element has begun
	open   []int32 // lengths of the names of the open elements
	names  qnames
	bound  []binding // by prefix id
	ids    map[string]int32
	spaces map[string]int32
	sink   Sink   // nil when the whole tree is kept
	marks  []mark // of the open elements, with a sink
	err    error
}

// binding is what a prefix means at the place of the parser; -1 is unbound.
type binding struct{ uri int32 }

var parsers = sync.Pool{New: func() any { return newParser() }}

// Parse reads a document. The tree refers to src: it must not change while the
// Document is used. The error is a diag.Problem with line and column.
func Parse(src []byte, o Options) (*Document, error) {
	p := parsers.Get().(*parser)
	defer parsers.Put(p)
	p.start(o)
	if p.decode(src) && p.declaration() {
		p.content()
	}
	d, err := p.Document, p.err
	p.finish()
	if err != nil {
		d.Release()
		return nil, err
	}
	return d, nil
}

// Stream reads a document without keeping it: the sink sees each element when
// its start tag and when its end tag was read, and says what of the tree must
// stay. What a strict parse refuses is refused here too, after the sink has seen
// what comes before. Memory is the open elements and what the sink keeps.
func Stream(src []byte, o Options, sink Sink) error {
	p := parsers.Get().(*parser)
	defer parsers.Put(p)
	p.start(o)
	p.sink = sink
	if p.decode(src) && p.declaration() {
		p.content()
	}
	d, err := p.Document, p.err
	p.finish()
	d.Release()
	if errors.Is(err, ErrStop) {
		return nil
	}
	return err
}

func (p *parser) start(o Options) {
	d := documents.Get().(*Document)
	d.table, d.base, d.file = o.Names, o.Names.view(), o.File
	p.Document, p.limits = d, o.Limits.withDefaults()
	p.pos, p.cur, p.rooted, p.err = 0, 0, false, nil
	d.nodes = append(d.nodes, node{kind: DocumentNode, parent: None, prev: None, ns: -1, val: int32(None)})
	p.reset()
}

func (p *parser) finish() {
	p.Document, p.sink, p.marks = nil, nil, p.marks[:0]
	p.names.clear()
}

// decode checks size and encoding of the input and takes it as source.
func (p *parser) decode(in []byte) bool {
	if len(in) > p.limits.Bytes {
		return p.fail(0, RuleLimit, "document of %d bytes, at most %d are read", len(in), p.limits.Bytes)
	}
	src, encoding, failure := decode(in)
	if failure != "" {
		return p.fail(0, RuleEncoding, "%s", failure)
	}
	if len(src) > 1<<30 {
		return p.fail(0, RuleLimit, "document of %d bytes as utf-8, at most %d are read", len(src), 1<<30)
	}
	if len(src) > 0 {
		p.src = unsafe.String(&src[0], len(src))
	}
	if encoding == "us-ascii" || !utf8.Valid(src) {
		for i, r := range p.src {
			_, size := utf8.DecodeRuneInString(p.src[i:])
			if r == utf8.RuneError && size == 1 || r > 0x7F && encoding == "us-ascii" {
				return p.fail(i, RuleEncoding, "byte 0x%02X is not valid in %s", p.src[i], encoding)
			}
		}
	}
	if p.sink == nil {
		p.reserve(src)
	}
	return true
}

// reserve makes room for about as many nodes as src has: growing the array
// would cost several times its size.
func (p *parser) reserve(src []byte) {
	if cap(p.nodes) >= len(src)/4 {
		return
	}
	n := 16 + bytes.Count(src, []byte("<"))*3/2 + bytes.Count(src, []byte("="))
	// "<b/>" is the shortest node: there cannot be more than one in four bytes.
	if n = min(n, 16+len(src)/4, p.limits.Nodes); cap(p.nodes) < n {
		p.nodes = append(make([]node, 0, n), p.nodes...)
	}
}

// fail records the problem that ends the parse and returns false.
func (p *parser) fail(at int, rule, format string, args ...any) bool {
	if p.err == nil {
		at = min(at, len(p.src))
		for at > 0 && at < len(p.src) && !utf8.RuneStart(p.src[at]) {
			at--
		}
		p.err = diag.Problemf(p.PosAt(at), rule, format, args...)
	}
	return false
}

// content reads everything after the XML declaration.
func (p *parser) content() bool {
	for p.pos < len(p.src) {
		ok := false
		if p.src[p.pos] == '<' {
			ok = p.markup()
		} else {
			ok = p.text()
		}
		if !ok {
			return false
		}
	}
	if p.cur != 0 {
		return p.fail(p.pos, RuleSyntax, "end of document inside element %s", quoted(p.QName(p.cur)))
	}
	if !p.rooted {
		return p.fail(p.pos, RuleSyntax, "no element in the document")
	}
	p.nodes[0].end, p.nodes[0].stop = Node(len(p.nodes)), int32(len(p.src))
	return true
}

// markup reads what begins with "<".
func (p *parser) markup() bool {
	rest := p.src[p.pos+1:]
	if rest == "" {
		return p.fail(p.pos, RuleSyntax, "end of document after \"<\"")
	}
	switch rest[0] {
	case '/':
		return p.endTag()
	case '?':
		return p.instruction()
	case '!':
		switch {
		case strings.HasPrefix(rest, "!--"):
			return p.comment()
		case strings.HasPrefix(rest, "![CDATA["):
			return p.text()
		case strings.HasPrefix(rest, "!DOCTYPE"):
			return p.fail(p.pos, RuleDTD, "document type declaration is not accepted")
		}
		return p.fail(p.pos, RuleSyntax, "unknown markup %s", quoted(rest[:min(len(rest), 8)]))
	}
	return p.startTag()
}

// add appends a node as next child of the current element. It returns None when there are too many.
func (p *parser) add(kind Kind, start int) Node {
	n := Node(len(p.nodes))
	if int(n) >= p.limits.Nodes {
		p.fail(start, RuleLimit, "more than %d nodes", p.limits.Nodes)
		return None
	}
	up := &p.nodes[p.cur]
	prev := Node(up.val)
	up.val = int32(n)
	p.nodes = append(p.nodes, node{kind: kind, parent: p.cur, prev: prev, end: n + 1, start: int32(start)})
	return n
}

func (p *parser) endTag() bool {
	if p.cur == 0 {
		return p.fail(p.pos, RuleSyntax, "end tag without start tag")
	}
	el := &p.nodes[p.cur]
	length := int(p.open[len(p.open)-1])
	name := p.src[el.start+1 : int(el.start)+1+length]
	i := p.pos + 2
	if !strings.HasPrefix(p.src[i:], name) || i+length < len(p.src) && class[p.src[i+length]]&isName != 0 {
		return p.fail(p.pos, RuleSyntax, "end tag does not match start tag %s of line %d", quoted(name), p.PosAt(int(el.start)).Line)
	}
	i = p.space(i + length)
	if i >= len(p.src) || p.src[i] != '>' {
		return p.fail(i, RuleSyntax, "end tag of %s is not closed", quoted(name))
	}
	p.pos = i + 1
	p.close(p.cur)
	return p.err == nil
}

// close ends element n at the current place.
func (p *parser) close(n Node) {
	el := &p.nodes[n]
	el.end, el.stop = Node(len(p.nodes)), int32(p.pos)
	p.cur = el.parent
	p.open = p.open[:len(p.open)-1]
	outer := p.nodes[el.parent].ns
	for i := el.ns; i != outer; i = p.decls[i].prev {
		p.bound[p.decls[i].prefix].uri = p.decls[i].hidden
	}
	if p.sink != nil {
		p.ended(n)
	}
}

// space returns the first place from i that is no white space.
func (p *parser) space(i int) int {
	for i < len(p.src) && class[p.src[i]]&isSpace != 0 {
		i++
	}
	return i
}
