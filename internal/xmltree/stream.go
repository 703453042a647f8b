package xmltree

import "errors"

// Sink sees a document while it is read (Stream). The document it is given holds
// the open elements, with their attributes, and what was kept; its nodes are
// numbered anew where something was dropped, so a node number is good only until
// the end of the element that holds it. Texts and names are good as long as the
// input is, apart from those that needed unescaping: they are good until the
// element ends. An error stops reading; ErrStop does so without being an error.
type Sink interface {
	// Start is called when the start tag of element n was read.
	Start(d *Document, n Node) error
	// Text is called for each text; keep says whether it must stay until its element ends.
	Text(d *Document, n Node) (keep bool)
	// End is called when the end tag of element n was read; keep says whether n
	// and what is kept inside it must stay until its parent ends.
	End(d *Document, n Node) (keep bool)
}

// ErrStop stops Stream without an error.
var ErrStop = errors.New("enough was read")

// mark is what the arena held before an element.
type mark struct{ buf, decls int }

func (p *parser) mark() mark { return mark{len(p.buf), len(p.decls)} }

// began tells the sink of an element.
func (p *parser) began(n Node, before mark) bool {
	p.marks = append(p.marks, before)
	if err := p.sink.Start(p.Document, n); err != nil {
		p.err = err
		return false
	}
	return true
}

// ended tells the sink, and drops the element if it need not stay.
func (p *parser) ended(n Node) {
	before := p.marks[len(p.marks)-1]
	p.marks = p.marks[:len(p.marks)-1]
	if p.sink.End(p.Document, n) || n == 0 {
		return
	}
	p.drop(n)
	p.buf, p.decls = p.buf[:before.buf], p.decls[:before.decls]
}

// drop takes the last child of its parent out of the tree.
func (p *parser) drop(n Node) {
	v := &p.nodes[n]
	p.nodes[v.parent].val = int32(v.prev)
	p.nodes = p.nodes[:n]
}

// wrote tells the sink of a text.
func (p *parser) wrote(n Node) bool {
	if !p.sink.Text(p.Document, n) {
		p.dropLeaf(n)
	}
	return true
}

// aside drops a comment or instruction: sinks do not see them.
func (p *parser) aside(n Node) {
	if p.sink != nil {
		p.dropLeaf(n)
	}
}

func (p *parser) dropLeaf(n Node) {
	v := p.nodes[n]
	p.drop(n)
	if v.flags&inBuffer != 0 {
		p.buf = p.buf[:v.val]
	}
}

// Head reads the first nodes of a document, about as many as asked for: enough to
// see what kind it is. Elements that are still open then end where reading ended.
// The document must be well-formed as far as it is read.
func Head(src []byte, o Options, nodes int) (*Document, error) {
	h := &head{left: nodes}
	p := parsers.Get().(*parser)
	defer parsers.Put(p)
	p.start(o)
	p.sink = h
	if p.decode(src) && p.declaration() {
		p.content()
	}
	d, err := p.Document, p.err
	if errors.Is(err, ErrStop) {
		err = nil
		for n := p.cur; n >= 0; n = p.nodes[n].parent {
			p.nodes[n].end, p.nodes[n].stop = Node(len(p.nodes)), int32(p.pos)
		}
	}
	p.finish()
	if err != nil {
		d.Release()
		return nil, err
	}
	return d, nil
}

// head keeps everything until it has seen enough.
type head struct{ left int }

func (h *head) Start(*Document, Node) error {
	if h.left--; h.left < 0 {
		return ErrStop
	}
	return nil
}

func (h *head) Text(*Document, Node) bool { return true }
func (h *head) End(*Document, Node) bool  { return true }
