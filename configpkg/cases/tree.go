package cases

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
)

// node is a JSON value; the members of an object keep their order.
type node struct {
	names []string // of an object
	nodes []*node  // of an object or list
	list  bool
	value any // of a scalar: string, json.Number, bool, nil
	leaf  bool
}

func parse(data []byte) (*node, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	n, err := read(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something stands behind the document")
	}
	return n, nil
}

func read(d *json.Decoder) (*node, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	open, ok := t.(json.Delim)
	if !ok {
		return &node{value: t, leaf: true}, nil
	}
	n := &node{list: open == '['}
	for d.More() {
		if !n.list {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			n.names = append(n.names, name.(string))
		}
		m, err := read(d)
		if err != nil {
			return nil, err
		}
		n.nodes = append(n.nodes, m)
	}
	_, err = d.Token()
	return n, err
}

// write returns the value as indented JSON.
func (n *node) write() []byte {
	var raw, out bytes.Buffer
	n.append(&raw)
	if err := json.Indent(&out, raw.Bytes(), "", "  "); err != nil {
		return raw.Bytes()
	}
	out.WriteByte('\n')
	return out.Bytes()
}

func (n *node) append(b *bytes.Buffer) {
	if n.leaf {
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		_ = e.Encode(n.value)
		b.Truncate(b.Len() - 1)
		return
	}
	open, end := byte('{'), byte('}')
	if n.list {
		open, end = '[', ']'
	}
	b.WriteByte(open)
	for i, m := range n.nodes {
		if i > 0 {
			b.WriteByte(',')
		}
		if !n.list {
			name, _ := json.Marshal(n.names[i])
			b.Write(name)
			b.WriteByte(':')
		}
		m.append(b)
	}
	b.WriteByte(end)
}

// at returns the value at a path, or nil.
func (n *node) at(path []string) *node {
	for _, name := range path {
		i := n.index(name)
		if i < 0 {
			return nil
		}
		n = n.nodes[i]
	}
	return n
}

// index finds a member by name, or by number in a list.
func (n *node) index(name string) int {
	if n.leaf {
		return -1
	}
	if !n.list {
		return slices.Index(n.names, name)
	}
	i, err := strconv.Atoi(name)
	if err != nil || i < 0 || i >= len(n.nodes) {
		return -1
	}
	return i
}

// with returns a copy with another value at a path; nil takes it out. It makes
// the objects on the way. Nothing of n changes.
func (n *node) with(path []string, value *node) *node {
	if len(path) == 0 {
		return value
	}
	c := *n
	c.names, c.nodes = slices.Clone(n.names), slices.Clone(n.nodes)
	i := n.index(path[0])
	switch {
	case i < 0 && (value == nil || n.leaf || n.list):
		return n
	case i < 0:
		c.names = append(c.names, path[0])
		c.nodes = append(c.nodes, (&node{}).with(path[1:], value))
		return &c
	}
	m := n.nodes[i].with(path[1:], value)
	if m != nil {
		c.nodes[i] = m
		return &c
	}
	c.nodes = slices.Delete(c.nodes, i, i+1)
	if !c.list {
		c.names = slices.Delete(c.names, i, i+1)
	}
	return &c
}

// leaves lists the paths of all scalars below a path, in order.
func (n *node) leaves(path []string, f func(path []string, n *node)) {
	if n.leaf {
		f(path, n)
		return
	}
	for i, m := range n.nodes {
		name := strconv.Itoa(i)
		if !n.list {
			name = n.names[i]
		}
		m.leaves(append(slices.Clone(path), name), f)
	}
}
