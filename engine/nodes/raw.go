package nodes

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// raw puts the bytes of n in this place, as they are. A list is put in member
// by member.
func (w *writer) raw(n *Node, s *formula.Scope) bool {
	if w.track != nil {
		w.track.begin()
	}
	v := w.eval(n.Raw, s)
	if w.track != nil && v != nil {
		w.track.origin(len(w.out), n.Raw, s)
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	any := false
	for _, x := range list {
		any = w.splice(n, x) || any
	}
	return any
}

func (w *writer) splice(n *Node, v any) bool {
	var src []byte
	var around map[string]string
	switch v := v.(type) {
	case nil:
		return false
	case []byte:
		src = v
	case formula.Node:
		src = v.Source()
		if d, at, ok := formula.AsXML(v); ok && at > 0 {
			around = d.InScope(d.Parent(at))
		}
	default:
		w.fault(n.Raw.Pos(), RuleRaw, "$raw takes bytes, not a %s", formula.KindOf(v)).Hint = "bytes(text) makes bytes of a text"
		return false
	}
	if len(src) == 0 {
		return false
	}
	inner, err := Inner(src, around, w.m.spaces)
	if err != nil {
		w.fault(n.Raw.Pos(), RuleRaw, "bytes cannot be put in this place: %s", reason(err))
		return false
	}
	w.out = append(w.out, inner...)
	return true
}

// reason is the message of an error without rule and place.
func reason(err error) string {
	var p diag.Problem
	if errors.As(err, &p) {
		return p.Message
	}
	return err.Error()
}

var byteOrderMark = []byte("\ufeff")

// Inner returns the part of src that is written as children of an element:
// without prolog and what follows the outermost element. around are the
// namespaces src was cut out of by prefix, nil if they are not known; place
// are those of the element.
//
// Bytes whose outermost element declares a namespace, or that have a prolog,
// are a document of their own: an unprefixed name without a declaration is in
// no namespace, and is refused where it would fall into the default namespace
// of the place. Other bytes are a part cut out of a document, as authorities
// send them: undeclared names take the namespaces of the place.
func Inner(src []byte, around, place map[string]string) ([]byte, error) {
	src = bytes.TrimPrefix(src, byteOrderMark)
	d, err := xmltree.Parse(src, xmltree.Options{})
	if err != nil {
		return part(src, around, place, err)
	}
	root := d.Root()
	start, stop := d.Range(root)
	if stop > len(src) || !bytes.Equal(src[start:stop], d.Source(root)) {
		return nil, fmt.Errorf("they are not in UTF-8")
	}
	if place[""] != "" && unqualified(d, root) {
		whole := start > 0 || declares(d, root)
		if around != nil && around[""] != place[""] || around == nil && whole {
			return nil, fmt.Errorf("an element in no namespace would fall into %q", place[""])
		}
	}
	return src[start:stop], nil
}

func declares(d *xmltree.Document, n xmltree.Node) bool {
	for range d.Declared(n) {
		return true
	}
	return false
}

// unqualified reports whether an element inside root is in no namespace
// without saying so by xmlns="".
func unqualified(d *xmltree.Document, root xmltree.Node) bool {
	for n := root; n < d.End(root); n++ {
		if d.Kind(n) == xmltree.ElementNode && d.Space(n) == "" && !undeclared(d, n) {
			return true
		}
	}
	return false
}

func undeclared(d *xmltree.Document, n xmltree.Node) bool {
	for ; n > 0; n = d.Parent(n) {
		for prefix, uri := range d.Declared(n) {
			if prefix == "" {
				return uri == ""
			}
		}
	}
	return false
}

// part takes bytes that are no document on their own: several elements, or
// names whose prefixes are declared around them.
func part(src []byte, around, place map[string]string, why error) ([]byte, error) {
	if bytes.HasPrefix(src, []byte("<?xml")) {
		return nil, why
	}
	head := append(appendDeclarations([]byte("<w"), place), '>')
	d, err := xmltree.Parse(slices.Concat(head, src, []byte("</w>")), xmltree.Options{})
	if err != nil {
		return nil, why
	}
	for n := d.Root() + 1; around != nil && int(n) < d.Len(); n++ {
		if prefix := d.Prefix(n); around[prefix] != place[prefix] && outside(d, n, prefix) {
			return nil, fmt.Errorf("the prefix %q means %q here, not %q", prefix, place[prefix], around[prefix])
		}
	}
	return src, nil
}

// appendDeclarations declares namespaces in canonical order.
func appendDeclarations(dst []byte, spaces map[string]string) []byte {
	for _, prefix := range slices.Sorted(maps.Keys(spaces)) {
		dst = append(dst, " xmlns"...)
		if prefix != "" {
			dst = append(append(dst, ':'), prefix...)
		}
		dst = append(dst, '=', '"')
		dst = append(xmltree.AppendAttribute(dst, spaces[prefix]), '"')
	}
	return dst
}

// outside reports whether the prefix of n is declared by the wrapper alone.
func outside(d *xmltree.Document, n xmltree.Node, prefix string) bool {
	kind := d.Kind(n)
	if kind != xmltree.ElementNode && kind != xmltree.AttributeNode || kind == xmltree.AttributeNode && prefix == "" || prefix == "xml" {
		return false
	}
	for ; n != d.Root(); n = d.Parent(n) {
		for p := range d.Declared(n) {
			if p == prefix {
				return false
			}
		}
	}
	return true
}
