package reading

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/treepath"
)

// cell is a row, or a cell of one.
type cell struct {
	name  string
	text  string
	pos   diag.Pos
	row   *cell
	cells []*cell
}

// Bounds of a table.
const (
	maxRows    = 1_000_000
	maxColumns = 10_000
)

// Find finds by a path without namespaces.
func (c *cell) Find(path string) ([]formula.Node, error) {
	p, err := treepath.Compile(path, nil)
	if err != nil {
		return nil, err
	}
	return c.Follow(p), nil
}

// Follow finds by a compiled path.
func (c *cell) Follow(p *treepath.Path) []formula.Node {
	found := treepath.Find(p, cells{}, c)
	out := make([]formula.Node, len(found))
	for i, n := range found {
		out[i] = n
	}
	return out
}

// Text returns the text of a cell, of a row its line.
func (c *cell) Text() string { return c.text }

// Source returns the text as bytes.
func (c *cell) Source() []byte { return []byte(c.text) }

// cells is how paths see a row.
type cells struct{}

func (cells) Parent(c *cell) (*cell, bool)       { return c.row, c.row != nil }
func (cells) Children(c *cell) iter.Seq[*cell]   { return slices.Values(c.cells) }
func (cells) Attributes(*cell) iter.Seq[*cell]   { return func(func(*cell) bool) {} }
func (cells) Name(c *cell) (space, local string) { return "", c.name }
func (cells) Text(c *cell) string                { return c.text }

// decoded returns the bytes as UTF-8, without byte order mark.
func (r *Rows) decoded(data []byte) ([]byte, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if r.Encoding == "" || strings.EqualFold(r.Encoding, "utf-8") {
		if !utf8.Valid(data) {
			return nil, errors.New("the bytes are no UTF-8")
		}
		return data, nil
	}
	e, err := htmlindex.Get(r.Encoding)
	if err != nil {
		return nil, fmt.Errorf("encoding %q is not known", r.Encoding)
	}
	return e.NewDecoder().Bytes(data)
}

// KnownEncoding reports whether texts can be read in that encoding.
func KnownEncoding(name string) bool { _, err := htmlindex.Get(name); return err == nil }

func (r *Rows) csv(s *Source) error {
	data, err := r.decoded(s.data)
	if err != nil {
		return err
	}
	in := csv.NewReader(bytes.NewReader(data))
	in.FieldsPerRecord = -1
	if in.Comma = r.Separator; in.Comma == 0 {
		in.Comma = ','
	}
	for _, c := range r.Columns {
		s.names = append(s.names, c.Name)
	}
	for first := true; ; first = false {
		record, err := in.Read()
		switch {
		case err != nil && record == nil && errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case first && r.Header:
			if err := r.header(s, record); err != nil {
				return err
			}
			continue
		case len(s.start) == maxRows:
			return fmt.Errorf("more than %d rows", maxRows)
		}
		row := &cell{name: "*", text: strings.Join(record, string(in.Comma))}
		for i, text := range record {
			line, column := in.FieldPos(i)
			row.add(s, i, text, diag.Pos{Line: line, Column: column})
		}
		s.start = append(s.start, row)
	}
}

func (r *Rows) header(s *Source, record []string) error {
	if len(record) > maxColumns {
		return fmt.Errorf("more than %d columns", maxColumns)
	}
	s.names = nil
	for _, name := range record {
		if name = strings.TrimSpace(name); name != "" && slices.Contains(s.names, name) {
			return fmt.Errorf("two columns are called %q", name)
		}
		s.names = append(s.names, name)
	}
	return nil
}

// add puts a cell into the row; one without column gets no name.
func (c *cell) add(s *Source, i int, text string, at diag.Pos) {
	name := ""
	if i < len(s.names) {
		name = s.names[i]
	}
	if c.pos.Line == 0 {
		c.pos = at
	}
	c.cells = append(c.cells, &cell{name: name, text: text, pos: at, row: c})
}

func (r *Rows) fixed(s *Source) error {
	data, err := r.decoded(s.data)
	if err != nil {
		return err
	}
	for _, c := range r.Columns {
		s.names = append(s.names, c.Name)
	}
	for i, line := range strings.Split(strings.TrimRight(string(data), "\r\n\x1a"), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if len(s.start) == maxRows {
			return fmt.Errorf("more than %d rows", maxRows)
		}
		row := &cell{name: "*", text: line}
		r.cut(s, row, []rune(line), i+1)
		s.start = append(s.start, row)
	}
	return nil
}

// cut takes the columns off a line; what is longer than all of them is a cell
// without name, so that it is told as not read.
func (r *Rows) cut(s *Source, row *cell, line []rune, number int) {
	at := 0
	for i, c := range r.Columns {
		end := min(at+c.Width, len(line))
		row.add(s, i, string(line[min(at, len(line)):end]), diag.Pos{Line: number, Column: at + 1})
		at += c.Width
	}
	if at < len(line) {
		row.add(s, len(r.Columns), string(line[at:]), diag.Pos{Line: number, Column: at + 1})
	}
}
