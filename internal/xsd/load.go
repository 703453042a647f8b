package xsd

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Space is the namespace of XML Schema.
const Space = "http://www.w3.org/2001/XMLSchema"

// A Source gives the files of a schema. Nothing is fetched: an address that the
// source does not know is an error. Implementations are safe for concurrent use.
type Source interface {
	// Resolve returns the name of the file that location, written in the file
	// base, stands for. It reports false if it has none.
	Resolve(base, location string) (name string, ok bool)
	// Read returns the content of a file.
	Read(name string) ([]byte, error)
}

// file is a schema document.
type file struct {
	name  string
	space string // target namespace, of the includer for one without its own
	doc   *xmltree.Document
	root  xmltree.Node

	qualified, attrQualified bool
	block                    uint16
}

// loader reads schema documents and what they include and import.
type loader struct {
	source Source
	files  []*file
	seen   map[[2]string]bool // name, namespace
	spaces map[string]bool    // namespaces for which a file was imported
	bytes  int
	probs  diag.List
}

// limits of a schema set
const (
	maxFiles = 1000
	maxBytes = 256 << 20
)

type wanted struct{ name, space string }

func (l *loader) load(entries []string) {
	var queue []wanted
	for _, e := range entries {
		queue = append(queue, wanted{e, anySpace})
	}
	for len(queue) > 0 {
		w := queue[0]
		queue = queue[1:]
		if l.seen[[2]string{w.name, w.space}] {
			continue
		}
		l.seen[[2]string{w.name, w.space}] = true
		f, err := l.read(w)
		if err != nil {
			l.fault(diag.Pos{File: w.name}, RuleSchema, err)
			continue
		}
		l.seen[[2]string{w.name, f.space}] = true
		l.files = append(l.files, f)
		queue = append(queue, l.needed(f)...)
	}
}

// anySpace marks a file whose namespace is not known before it is read.
const anySpace = "\x00"

func (l *loader) fault(pos diag.Pos, rule string, err error) {
	var p diag.Problem
	if !errors.As(err, &p) {
		p = diag.Problemf(pos, rule, "%v", err)
	}
	l.probs.Add(p)
}

func (l *loader) read(w wanted) (*file, error) {
	src, err := l.source.Read(w.name)
	if err != nil {
		return nil, fmt.Errorf("schema file: %w", err)
	}
	if l.bytes += len(src); l.bytes > maxBytes || len(l.files) >= maxFiles {
		return nil, fmt.Errorf("schema of more than %d files or %d bytes", maxFiles, maxBytes)
	}
	if src, err = Prepare(src); err != nil {
		return nil, err
	}
	doc, err := xmltree.Parse(src, xmltree.Options{File: w.name, Limits: xmltree.Limits{Names: 1 << 20}})
	if err != nil {
		return nil, err
	}
	f := &file{name: w.name, doc: doc, root: doc.Root()}
	if doc.Space(f.root) != Space || doc.Local(f.root) != "schema" {
		return nil, fmt.Errorf("outermost element is %s, not an XML schema", doc.NameOf(doc.Name(f.root)))
	}
	own, has := doc.Attr(f.root, "targetNamespace")
	f.space = own
	if !has && w.space != anySpace {
		f.space = w.space
	}
	if has && w.space != anySpace && own != w.space {
		return nil, fmt.Errorf("target namespace is %q, expected %q", own, w.space)
	}
	f.qualified = attrOr(doc, f.root, "elementFormDefault", "") == "qualified"
	f.attrQualified = attrOr(doc, f.root, "attributeFormDefault", "") == "qualified"
	f.block = blockFlags(attrOr(doc, f.root, "blockDefault", ""))
	return f, nil
}

func attrOr(d *xmltree.Document, n xmltree.Node, name, otherwise string) string {
	if v, ok := d.Attr(n, name); ok {
		return strings.TrimSpace(v)
	}
	return otherwise
}

// needed lists the files that f includes and imports. Of several files for one
// imported namespace the first counts, as in libxml2.
func (l *loader) needed(f *file) []wanted {
	var out []wanted
	for n := range f.doc.Elements(f.root) {
		if f.doc.Space(n) != Space {
			continue
		}
		kind := f.doc.Local(n)
		if kind == "redefine" {
			l.probs.Addf(f.doc.Pos(n), RuleSchema, "redefine is not supported")
		}
		location, ok := f.doc.Attr(n, "schemaLocation")
		if kind != "include" && kind != "import" || !ok {
			continue
		}
		space := f.space
		if kind == "import" {
			space, _ = f.doc.Attr(n, "namespace")
			if l.spaces[space] || space == xmltree.XMLSpace {
				continue
			}
		}
		name, ok := l.source.Resolve(f.name, strings.TrimSpace(location))
		if !ok {
			l.probs.Add(diag.Problemf(f.doc.Pos(n), RuleAbsent, "no file for %s %q", kind, location).
				WithHint("map the address in the catalog of the artifacts; nothing is fetched"))
			continue
		}
		if kind == "import" {
			l.spaces[space] = true
		}
		out = append(out, wanted{name, space})
	}
	return out
}

// RelativePath joins a relative schemaLocation to the file that holds it.
// It is what most implementations of Source.Resolve need.
func RelativePath(base, location string) string {
	location = strings.ReplaceAll(location, `\`, "/")
	return path.Join(path.Dir(base), location)
}
