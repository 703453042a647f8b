package reading

import (
	"errors"
	"fmt"
	"slices"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/treepath"
)

// Source is what came in, made ready to be walked.
type Source struct {
	format Format
	data   []byte
	top    formula.Node   // of xml and json: the document
	start  []formula.Node // where paths begin: the outermost element, the top value, the rows
	names  []string       // of the columns
}

// Sniff tells what bytes look like: XML, JSON, or, of anything else, CSV.
func Sniff(data []byte) Format {
	for i, b := range data {
		switch {
		case b == ' ' || b == '\t' || b == '\r' || b == '\n', i < 3 && (b == 0xEF || b == 0xBB || b == 0xBF):
		case b == '<':
			return XML
		case b == '{' || b == '[':
			return JSON
		default:
			return CSV
		}
	}
	return CSV
}

// Open parses bytes by the format of r.
func (r *Reading) Open(file string, data []byte) (*Source, error) {
	s := &Source{format: r.Format, data: data}
	var err error
	switch r.Format {
	case XML, JSON:
		s.top, err = formula.ParseTree(data, string(r.Format))
	case CSV:
		err = r.Rows.csv(s)
	case Fixed:
		err = r.Rows.fixed(s)
	default:
		err = fmt.Errorf("format %q", r.Format)
	}
	if err != nil {
		return nil, Syntax(file, err)
	}
	if doc, _, ok := formula.AsXML(s.top); ok {
		s.start = []formula.Node{formula.NewXML(doc, doc.Root(), data)}
	} else if s.top != nil {
		s.start = []formula.Node{s.top}
	}
	return s, nil
}

// Fits reports whether r is for the source. An error is that of a formula.
func (r *Reading) Fits(s *Source, scope *formula.Scope) (bool, error) {
	m := &r.Match
	if doc, _, ok := formula.AsXML(s.top); ok {
		root := doc.Root()
		if len(m.Roots) > 0 && !slices.Contains(m.Roots, doc.Local(root)) || len(m.Namespaces) > 0 && !slices.Contains(m.Namespaces, doc.Space(root)) {
			return false, nil
		}
	}
	for _, p := range m.Fields {
		if len(follow(s.start, p)) == 0 {
			return false, nil
		}
	}
	for _, name := range m.Columns {
		if !slices.Contains(s.names, name) {
			return false, nil
		}
	}
	for _, at := range m.At {
		found := follow(s.start, at.Path)
		if len(found) == 0 || found[0].Text() != at.Text {
			return false, nil
		}
	}
	if m.When == nil {
		return true, nil
	}
	w := r.walk(s, scope, nil)
	holds := w.holds(m.When, w.scope, s.start)
	return holds, w.problems.Err()
}

// follow returns the nodes a path leads to from any of several.
func follow(from []formula.Node, p *treepath.Path) []formula.Node {
	if len(from) == 1 {
		return from[0].Follow(p)
	}
	var all []formula.Node
	for _, n := range from {
		all = append(all, n.Follow(p)...)
	}
	return all
}

// place returns where a node stands in the source.
func (s *Source) place(file string, n formula.Node) diag.Pos {
	p := diag.Pos{}
	if doc, at, ok := formula.AsXML(n); ok {
		p = doc.Pos(at)
	} else if row, ok := n.(*cell); ok {
		p = row.pos
	} else if n != nil {
		p = formula.PosOf(n)
	}
	p.File = file
	return p
}

// Syntax says of bytes that cannot be parsed where they cannot: READ-SYNTAX.
func Syntax(file string, err error) error {
	p := diag.Problem{Rule: RuleSyntax, Message: err.Error(), Err: err}
	var inner, cause diag.Problem
	if errors.As(err, &inner) {
		p.Message = inner.Message
		if p.Pos = inner.Pos; inner.Err != nil && errors.As(inner.Err, &cause) {
			p.Pos, p.Message = cause.Pos, cause.Message
		}
	}
	p.Pos.File = file
	return p
}
