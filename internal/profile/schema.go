package profile

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xsd"
)

// schemaLayer judges by an XML Schema.
type schemaLayer struct{ s *xsd.Schema }

func (l schemaLayer) Judge(_ context.Context, doc *xmltree.Document, n xmltree.Node) (Judgement, error) {
	return Judgement{Problems: l.s.ValidateElement(doc, n)}, nil
}

// makeSchema compiles a schema, or reads it from the cache if none of the files
// it was made of has changed since.
func makeSchema(o Order) (Layer, error) {
	key := "xsd\x00" + strings.Join(o.Files, "\x00")
	if s := cached(o, key); s != nil {
		return schemaLayer{s}, nil
	}
	s, probs := xsd.Compile(o.Library, o.Names, o.Files...)
	if probs.Grave() {
		for _, p := range probs {
			if notInstalled(p.Rule) {
				return nil, p
			}
		}
		return nil, probs
	}
	if o.Cache != nil {
		if head, ok := stamps(o.Library, s.Files()); ok {
			// A cache that cannot be written only costs time.
			_ = o.Cache.Put(key, append(head, s.Encode()...))
		}
	}
	return schemaLayer{s}, nil
}

// stamps writes a line "stamp name" for each file, and an empty line.
func stamps(lib Library, files []string) ([]byte, bool) {
	var b bytes.Buffer
	for _, f := range files {
		stamp, err := lib.Stamp(f)
		if err != nil {
			return nil, false
		}
		b.WriteString(stamp + "\t" + f + "\n")
	}
	b.WriteString("\n")
	return b.Bytes(), true
}

func cached(o Order, key string) *xsd.Schema {
	if o.Cache == nil {
		return nil
	}
	data, ok := o.Cache.Get(key)
	if !ok {
		return nil
	}
	end := bytes.Index(data, []byte("\n\n"))
	if end < 0 {
		return nil
	}
	var names []string
	for line := range strings.Lines(string(data[:end+1])) {
		stamp, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if now, err := o.Library.Stamp(name); err != nil || now != stamp {
			return nil
		}
		names = append(names, name)
	}
	// An official file that was missing may have been installed since.
	for missing, other := range o.StandIn {
		if slices.Contains(names, o.Bundle+"/"+other) && o.Library.Has(o.Bundle+"/"+missing) {
			return nil
		}
	}
	s, err := xsd.Decode(data[end+2:], o.Names)
	if err != nil {
		return nil
	}
	if w, ok := o.Library.(*withStandIns); ok {
		for _, name := range names {
			w.note(name)
		}
	}
	return s
}
