package xmldsig

import "github.com/fiscus-project/fiscus/internal/xmltree"

// writer writes elements of a Signature: attributes in canonical order,
// nothing between the tags.
type writer struct {
	b      []byte
	prefix string // of the Signature's namespace, with colon
}

func newWriter(prefix string) *writer {
	if prefix != "" {
		prefix += ":"
	}
	return &writer{b: make([]byte, 0, 4096), prefix: prefix}
}

func (w *writer) raw(s string) { w.b = append(w.b, s...) }

func (w *writer) open(local string) {
	w.b = append(append(append(append(w.b, '<'), w.prefix...), local...), '>')
}

func (w *writer) close(local string) {
	w.b = append(append(append(append(w.b, "</"...), w.prefix...), local...), '>')
}

func (w *writer) element(local, text string) {
	w.open(local)
	w.text(text)
	w.close(local)
}

func (w *writer) text(s string) { w.b = xmltree.AppendText(w.b, s) }

// with writes a start tag with attributes, given as name, value, name, value.
// Attributes without value are left out.
func (w *writer) with(local string, attributes ...string) {
	w.b = append(append(append(w.b, '<'), w.prefix...), local...)
	for i := 0; i < len(attributes); i += 2 {
		if attributes[i+1] != "" {
			w.b = append(append(append(w.b, ' '), attributes[i]...), `="`...)
			w.b = append(xmltree.AppendAttribute(w.b, attributes[i+1]), '"')
		}
	}
	w.b = append(w.b, '>')
}

// algorithm writes an element that only names an algorithm.
func (w *writer) algorithm(local, uri string) {
	w.with(local, "Algorithm", uri)
	w.empty()
}

// empty turns the start tag just written into an empty-element tag.
func (w *writer) empty() { w.b = append(w.b[:len(w.b)-1], "/>"...) }

// qualified writes an element of another prefix.
func (w *writer) qualified(name string, inside func()) {
	w.raw("<" + name + ">")
	inside()
	w.raw("</" + name + ">")
}
