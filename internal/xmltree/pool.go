package xmltree

import "sync"

var documents = sync.Pool{New: func() any { return new(Document) }}

// keep is the largest arena, in nodes, that is kept for the next document.
const keep = 1 << 20

// Release gives the memory of d back for the next Parse. Nobody may use d, a
// node of it or a string from it afterwards. Calling it is optional.
func (d *Document) Release() {
	if d == nil || cap(d.nodes) > keep {
		return
	}
	clear(d.prefix)
	clear(d.uris)
	clear(d.own)
	clear(d.ownIDs)
	*d = Document{
		nodes: d.nodes[:0], buf: d.buf[:0], decls: d.decls[:0],
		uris: d.uris[:0], prefix: d.prefix[:0], own: d.own[:0], ownIDs: d.ownIDs,
	}
	documents.Put(d)
}
