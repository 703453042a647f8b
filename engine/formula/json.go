package formula

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// jsonNode is a value of a JSON text. Members are children with their name; an
// array repeats the name of its member; members of other arrays are named "*".
// null is no node.
type jsonNode struct {
	name     string
	text     string // of a scalar
	source   []byte
	parent   *jsonNode
	children []*jsonNode
}

// maxJSONDepth is how many arrays and objects may be inside each other.
const maxJSONDepth = 500

// parseJSON reads one JSON text. The root node holds the top value.
func parseJSON(data []byte) (Node, error) {
	text := bytes.TrimPrefix(data, []byte("\ufeff"))
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	root := &jsonNode{source: data}
	r := jsonReader{d: d, data: text}
	if err := r.value(root, "", true); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("text after the JSON value")
	}
	return root, nil
}

type jsonReader struct {
	d     *json.Decoder
	data  []byte
	depth int
}

// value reads the next value into a child of parent, or into parent itself.
func (r *jsonReader) value(parent *jsonNode, name string, self bool) error {
	t, err := r.d.Token()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	if err != nil || t == nil {
		return err
	}
	start := r.d.InputOffset()
	n := parent
	if !self {
		n = &jsonNode{name: name, parent: parent}
	}
	switch t := t.(type) {
	case json.Delim:
		start--
		if r.depth++; r.depth > maxJSONDepth {
			return fmt.Errorf("more than %d levels", maxJSONDepth)
		}
		if t == '[' {
			err = r.array(n, parent, name, self)
			r.depth--
			return err
		}
		if err = r.object(n); err != nil {
			return err
		}
		r.depth--
	case string:
		n.text = t
		start = int64(lastQuote(r.data[:start-1]))
	case json.Number:
		n.text = t.String()
		start -= int64(len(n.text))
	case bool:
		n.text = fmt.Sprint(t)
		start -= int64(len(n.text))
	}
	if !self {
		n.source = r.data[start:r.d.InputOffset()]
		parent.children = append(parent.children, n)
	}
	return nil
}

// lastQuote returns where the string that ends data begins.
func lastQuote(data []byte) int {
	for i := len(data) - 1; i >= 0; i-- {
		if data[i] != '"' {
			continue
		}
		slashes := 0
		for i-slashes > 0 && data[i-slashes-1] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return i
		}
	}
	return 0
}

func (r *jsonReader) object(n *jsonNode) error {
	for r.d.More() {
		key, err := r.d.Token()
		if err != nil {
			return err
		}
		if err := r.value(n, key.(string), false); err != nil {
			return err
		}
	}
	_, err := r.d.Token()
	return err
}

// array reads members: as children of the parent under the array's own name,
// except at the top and in an array of arrays.
func (r *jsonReader) array(n, parent *jsonNode, name string, self bool) error {
	if self || name == "*" {
		name = "*"
		if !self {
			parent.children = append(parent.children, n)
		}
		parent = n
	}
	start := r.d.InputOffset() - 1
	for r.d.More() {
		member := r.value
		if name != "*" && r.next() == '[' {
			member = r.row
		}
		if err := member(parent, name, false); err != nil {
			return err
		}
	}
	_, err := r.d.Token()
	if n == parent && !self {
		n.source = r.data[start:r.d.InputOffset()]
	}
	return err
}

// row reads an array in an array that has a name: its members are kept apart
// from those of the next.
func (r *jsonReader) row(parent *jsonNode, name string, _ bool) error {
	n := &jsonNode{name: name, parent: parent}
	at := r.d.InputOffset()
	if err := r.value(n, "*", true); err != nil {
		return err
	}
	n.source = bytes.TrimLeft(r.data[at:r.d.InputOffset()], " \t\r\n,")
	parent.children = append(parent.children, n)
	return nil
}

// next returns the first character of the next value.
func (r *jsonReader) next() byte {
	rest := bytes.TrimLeft(r.data[r.d.InputOffset():], " \t\r\n,")
	if len(rest) == 0 {
		return 0
	}
	return rest[0]
}

// Text returns the text of a scalar, or that of all scalars inside.
func (n *jsonNode) Text() string {
	if len(n.children) == 0 {
		return n.text
	}
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *jsonNode) write(b *strings.Builder) {
	b.WriteString(n.text)
	for _, c := range n.children {
		c.write(b)
	}
}

// Source returns the bytes of the value as received.
func (n *jsonNode) Source() []byte { return n.source }
