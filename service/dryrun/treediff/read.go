package treediff

import (
	"bytes"
	"encoding/json"
	"errors"
	"hash/maphash"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

var seed = maphash.MakeSeed()

// sealed works out the hash of an item whose children are sealed.
func (i *item) sealed() *item {
	var h maphash.Hash
	h.SetSeed(seed)
	_, _ = h.WriteString(i.name + "\x00" + i.space + "\x00" + i.text + "\x00" + strconv.FormatBool(i.leaf))
	for _, c := range i.children {
		_, _ = h.WriteString(strconv.FormatUint(c.hash, 36) + ",")
	}
	i.hash = h.Sum64()
	return i
}

func xmlItem(data []byte) (*item, error) {
	d, err := xmltree.Parse(data, xmltree.Options{})
	if err != nil {
		return nil, err
	}
	return element(d, d.Root()), nil
}

func element(d *xmltree.Document, n xmltree.Node) *item {
	it := &item{name: d.Local(n), space: d.Space(n)}
	first, end := d.Attributes(n)
	for a := first; a < end; a++ {
		it.children = append(it.children, (&item{name: "@" + qualified(d, a), text: d.Value(a), leaf: true}).sealed())
	}
	slices.SortFunc(it.children, func(a, b *item) int { return strings.Compare(a.name, b.name) })
	var text strings.Builder
	elements := 0
	for c := range d.Children(n) {
		switch d.Kind(c) {
		case xmltree.ElementNode:
			it.children = append(it.children, element(d, c))
			elements++
		case xmltree.TextNode:
			text.WriteString(d.Text(c))
		}
	}
	if it.text = text.String(); elements > 0 && strings.TrimSpace(it.text) == "" {
		it.text = ""
	}
	it.leaf = elements == 0 || it.text != ""
	return it.sealed()
}

func qualified(d *xmltree.Document, n xmltree.Node) string {
	if s := d.Space(n); s != "" {
		return "{" + s + "}" + d.Local(n)
	}
	return d.Local(n)
}

func jsonItem(data []byte) (*item, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	it, err := value(dec, "", 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("more after the end")
	}
	return it, nil
}

func value(dec *json.Decoder, name string, depth int) (*item, error) {
	t, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if depth > 1000 {
		return nil, errors.New("too deep")
	}
	it := &item{name: name}
	switch t {
	case json.Delim('{'):
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			k, _ := key.(string)
			c, err := value(dec, k, depth+1)
			if err != nil {
				return nil, err
			}
			it.children = append(it.children, c)
		}
		slices.SortStableFunc(it.children, func(a, b *item) int { return strings.Compare(a.name, b.name) })
	case json.Delim('['):
		it.list = true
		for dec.More() {
			c, err := value(dec, "*", depth+1)
			if err != nil {
				return nil, err
			}
			it.children = append(it.children, c)
		}
	default:
		raw, err := json.Marshal(t)
		if err != nil {
			return nil, err
		}
		it.text, it.leaf = string(raw), true
		return it.sealed(), nil
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	it.text = map[bool]string{true: "[]", false: "{}"}[it.list]
	return it.sealed(), nil
}
