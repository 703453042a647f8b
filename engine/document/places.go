package document

import (
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// places turns bytes into lines and columns. It keeps a mark every few
// kilobytes, so that many look-ups in one long line stay cheap.
type places struct {
	file  string
	data  []byte
	marks []mark
}

type mark struct{ off, line, column int }

const stride = 4096

func newPlaces(file string, data []byte) *places { return &places{file: file, data: data} }

func (p *places) index() {
	at := mark{0, 1, 1}
	p.marks = append(p.marks, at)
	for at.off < len(p.data) {
		at = at.walk(p.data, min(at.off+stride, len(p.data)))
		p.marks = append(p.marks, at)
	}
}

// walk moves m to the byte offset to.
func (m mark) walk(data []byte, to int) mark {
	for m.off < to {
		c := data[m.off]
		m.off++
		switch {
		case c == '\n':
			m.line, m.column = m.line+1, 1
		case utf8.RuneStart(c):
			m.column++
		}
	}
	return m
}

// at returns the place of the byte at off.
func (p *places) at(off int) diag.Pos {
	if p.marks == nil {
		p.index()
	}
	i := sort.Search(len(p.marks), func(i int) bool { return p.marks[i].off > off }) - 1
	m := p.marks[i].walk(p.data, min(off, len(p.data)))
	return diag.Pos{File: p.file, Line: m.line, Column: m.column}
}

// find follows a JSON Pointer from n and returns the last node there is on
// the way, and whether it is the one asked for.
func (n *node) find(pointer string) (*node, bool) {
	if pointer == "" {
		return n, true
	}
	for _, token := range strings.Split(pointer, "/")[1:] {
		next := n.step(unescape(token))
		if next == nil {
			return n, false
		}
		n = next
	}
	return n, true
}

func (n *node) step(token string) *node {
	if n.kind == listKind {
		if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(n.kids) {
			return n.kids[i]
		}
		return nil
	}
	return n.kid(token)
}

var (
	escaper   = strings.NewReplacer("~", "~0", "/", "~1")
	unescaper = strings.NewReplacer("~1", "/", "~0", "~")
)

func unescape(token string) string { return unescaper.Replace(token) }

func escape(name string) string { return escaper.Replace(name) }

// pointer builds a JSON Pointer (RFC 6901).
func pointer(base, name string) string { return base + "/" + escape(name) }

// pointerTo returns the JSON Pointer from n to target, found by its place in
// the bytes.
func (n *node) pointerTo(target *node) (string, bool) {
	if n == target {
		return "", true
	}
	i := sort.Search(len(n.kids), func(i int) bool { return n.kids[i].off > target.off }) - 1
	if i < 0 {
		return "", false
	}
	rest, ok := n.kids[i].pointerTo(target)
	if n.kind == listKind {
		return "/" + strconv.Itoa(i) + rest, ok
	}
	return "/" + escape(n.kids[i].name) + rest, ok
}
