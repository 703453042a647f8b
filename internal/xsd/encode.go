package xsd

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"unsafe"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// formatVersion changes whenever the stored form of a schema or the meaning of
// its parts changes: older files are compiled again.
const formatVersion = 2

const magic = "fiscus-xsd"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Encode returns the compiled schema as bytes for Decode.
func (s *Schema) Encode() []byte {
	c := &codec{writing: true}
	s.m.visit(c)
	head := binary.LittleEndian.AppendUint32([]byte(magic), formatVersion)
	head = binary.LittleEndian.AppendUint32(head, crc32.Checksum(c.buf, castagnoli))
	return append(head, c.buf...)
}

// Decode reads what Encode wrote, by the same version of this program, and makes
// it ready for documents with these names. Bytes that are not intact, or of
// another version, are a problem: compile again. The Schema refers to data.
func Decode(data []byte, names *xmltree.Names) (*Schema, error) {
	const head = len(magic) + 8
	if len(data) < head || string(data[:len(magic)]) != magic || binary.LittleEndian.Uint32(data[len(magic):]) != formatVersion {
		return nil, diag.Problemf(diag.Pos{}, RuleCache, "compiled schema of another version")
	}
	if crc32.Checksum(data[head:], castagnoli) != binary.LittleEndian.Uint32(data[len(magic)+4:]) {
		return nil, diag.Problemf(diag.Pos{}, RuleCache, "compiled schema is damaged")
	}
	c := &codec{buf: data[head:]}
	m := &model{}
	m.visit(c)
	if c.err != nil || len(c.buf) != c.pos {
		return nil, diag.Problemf(diag.Pos{}, RuleCache, "compiled schema is damaged: %v", c.err)
	}
	return assemble(m, names), nil
}

// codec reads or writes plain data; one visit function per type serves both.
type codec struct {
	buf     []byte
	pos     int
	writing bool
	err     error
}

// number visits an integer as a zigzag varint.
func (c *codec) number(v int64) int64 {
	if c.writing {
		c.buf = binary.AppendVarint(c.buf, v)
		return v
	}
	n, size := binary.Varint(c.buf[c.pos:])
	if size <= 0 {
		c.fail()
		return 0
	}
	c.pos += size
	return n
}

func (c *codec) fail() {
	if c.err == nil {
		c.err = fmt.Errorf("at byte %d", c.pos)
	}
	c.pos = len(c.buf)
}

func (c *codec) int(v *int32)   { *v = int32(c.number(int64(*v))) }
func (c *codec) byte(v *uint8)  { *v = uint8(c.number(int64(*v))) }
func (c *codec) word(v *uint16) { *v = uint16(c.number(int64(*v))) }

func (c *codec) bool(v *bool) {
	n := int64(0)
	if *v {
		n = 1
	}
	*v = c.number(n) == 1
}

// length visits a length, which cannot be more than what is left.
func (c *codec) length(n int) int {
	n = int(c.number(int64(n)))
	if !c.writing && (n < 0 || n > len(c.buf)-c.pos) {
		c.fail()
		return 0
	}
	return n
}

// str visits a string; when reading it shares the bytes of the input.
func (c *codec) str(v *string) {
	n := c.length(len(*v))
	if c.writing {
		c.buf = append(c.buf, *v...)
		return
	}
	*v = unsafe.String(unsafe.SliceData(c.buf[c.pos:]), n)
	c.pos += n
}

// fixed visits 32-bit integers as they lie in memory: large tables are read at once.
func (c *codec) fixed(v *[]uint32) {
	n := c.length(len(*v))
	if c.writing {
		for _, x := range *v {
			c.buf = binary.LittleEndian.AppendUint32(c.buf, x)
		}
		return
	}
	if 4*n > len(c.buf)-c.pos {
		c.fail()
		return
	}
	out := make([]uint32, n)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(c.buf[c.pos+4*i:])
	}
	*v, c.pos = out, c.pos+4*n
}

// each visits a slice, element by element.
func each[T any](c *codec, v *[]T, visit func(*T)) {
	n := c.length(len(*v))
	if !c.writing {
		*v = nil
		if n > 0 {
			*v = make([]T, n)
		}
	}
	for i := range *v {
		if visit(&(*v)[i]); c.err != nil {
			return
		}
	}
}

func (m *model) visit(c *codec) {
	each(c, &m.Names, func(n *xmltree.Name) { c.str(&n.Space); c.str(&n.Local) })
	each(c, &m.Elements, func(e *element) {
		c.int(&e.Name)
		c.int(&e.Type)
		c.word(&e.Flags)
		c.str(&e.Value)
		each(c, &e.Idents, c.int)
		c.int(&e.Head)
	})
	each(c, &m.Types, func(t *typ) {
		c.int(&t.Name)
		c.int(&t.Base)
		c.bool(&t.Extension)
		c.word(&t.Flags)
		c.byte(&t.Content)
		c.int(&t.Simple)
		c.int(&t.Machine)
		each(c, &t.Uses, func(u *use) { c.int(&u.Attr); c.word(&u.Flags); c.str(&u.Value) })
		c.int(&t.Wild)
	})
	each(c, &m.Simples, func(s *simple) { s.visit(c) })
	each(c, &m.Machines, func(x *machine) { x.visit(c) })
	each(c, &m.Wilds, func(w *wildcard) {
		c.bool(&w.Any)
		c.bool(&w.Not)
		each(c, &w.Spaces, c.str)
		c.byte(&w.Process)
	})
	each(c, &m.Attrs, func(a *attribute) { c.int(&a.Name); c.int(&a.Simple); c.word(&a.Flags); c.str(&a.Value) })
	each(c, &m.Enums, func(e *enum) { c.fixed(&e.Slots); c.fixed(&e.Ends); c.str(&e.Text) })
	each(c, &m.Patterns, c.str)
	each(c, &m.Idents, func(i *identity) { i.visit(c) })
	for _, refs := range []*[]ref{&m.ByElement, &m.ByType, &m.ByAttr, &m.Members} {
		each(c, refs, func(r *ref) { c.int(&r.Name); c.int(&r.To) })
	}
	each(c, &m.Files, c.str)
}

func (s *simple) visit(c *codec) {
	for _, v := range []*int32{&s.Name, &s.Type, &s.Base, &s.Item, &s.Length, &s.MinLength, &s.MaxLength, &s.Total, &s.Fraction, &s.Enum} {
		c.int(v)
	}
	for _, v := range []*uint8{&s.Variety, &s.Prim, &s.White} {
		c.byte(v)
	}
	each(c, &s.Members, c.int)
	each(c, &s.Patterns, c.int)
	each(c, &s.Bounds, func(b *bound) { c.byte(&b.Kind); c.str(&b.Value) })
}

func (m *machine) visit(c *codec) {
	c.bool(&m.All)
	c.bool(&m.Opt)
	c.bool(&m.Forked)
	each(c, &m.Leaves, func(l *leaf) { c.int(&l.Element); c.int(&l.Wild); c.bool(&l.Required) })
	each(c, &m.Syms, c.int)
	each(c, &m.Table, c.int)
	each(c, &m.Wilds, func(w *wildEdge) { c.int(&w.State); c.int(&w.Edge) })
	each(c, &m.Edges, func(e *edge) { c.int(&e.Leaf); c.int(&e.Ops.From); c.int(&e.Ops.To); c.int(&e.Else) })
	each(c, &m.Ops, func(o *op) { c.byte(&o.Kind); c.int(&o.Counter) })
	each(c, &m.Accept, func(o *ops) { c.int(&o.From); c.int(&o.To) })
	each(c, &m.Bounds, func(b *counterBound) { c.int(&b.Min); c.int(&b.Max) })
}

func (i *identity) visit(c *codec) {
	path := func(p *idPath) {
		c.bool(&p.Deep)
		c.bool(&p.Attribute)
		each(c, &p.Steps, func(s *idStep) { c.int(&s.Name); c.bool(&s.Any); c.str(&s.Space); c.bool(&s.In) })
	}
	c.int(&i.Name)
	c.byte(&i.Kind)
	c.int(&i.Refer)
	each(c, &i.Selector, path)
	each(c, &i.Fields, func(f *[]idPath) { each(c, f, path) })
}
