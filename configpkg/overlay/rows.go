package overlay

import (
	"bytes"
	"encoding/csv"
	"path"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// row is a line of a table.
type row struct {
	file  string
	text  string // of the whole file
	line  int    // of the row, from 0, in lines of text
	head  []string
	cells []string
}

func (r *row) cell(column string) string {
	if i := slices.Index(r.head, column); i >= 0 && i < len(r.cells) {
		return r.cells[i]
	}
	return ""
}

// with returns the file with another cell; all other lines stay as they are.
func (r *row) with(column, value string) string {
	cells := slices.Clone(r.cells)
	cells[slices.Index(r.head, column)] = value
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(cells) // into memory
	w.Flush()
	lines := strings.Split(r.text, "\n")
	lines[r.line] = strings.TrimSuffix(b.String(), "\n")
	return strings.Join(lines, "\n")
}

// rows reads the lines of a CSV file; cells with line breaks are not read, as
// no address has one.
func (t *tree) rows(file string) (out []*row) {
	var head []string
	for i, line := range strings.Split(t.csv[file], "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells, err := csv.NewReader(strings.NewReader(line)).Read()
		if err != nil {
			continue
		}
		if head == nil {
			head = cells
			continue
		}
		out = append(out, &row{file, t.csv[file], i, head, cells})
	}
	return out
}

// row finds the one row a change speaks of.
func (t *tree) row(c *Change, e *effect, table string, keys []string, env, column string) *row {
	for _, p := range t.kind("tables") {
		x := p.node.Get("tables").Get(table)
		if x == nil {
			continue
		}
		var columns []string
		if k := x.Get("key"); k != nil {
			for _, i := range k.Items {
				columns = append(columns, i.Text)
			}
		}
		return t.chosen(c, e, t.rows(path.Join(path.Dir(p.file), said(x, "file"))), columns, keys, env, column)
	}
	e.fault(c.node.Get("table"), RulePlace, "", "the base has no table %q", table)
	return nil
}

func (t *tree) chosen(c *Change, e *effect, rows []*row, columns, keys []string, env, column string) *row {
	if len(rows) > 0 && !slices.Contains(rows[0].head, column) || slices.Contains(columns, column) || column == "environment" {
		e.fault(c.node, RulePlace, "column: name", "the table has no column %q of addresses", column)
		return nil
	}
	if len(rows) > 0 && slices.Contains(rows[0].head, "environment") && env == "" {
		e.fault(c.node, RuleForm, "environment: test", "the table has rows by environment")
		return nil
	}
	var found []*row
	for _, r := range rows {
		match := len(keys) == len(columns)
		for i := range columns {
			match = match && r.cell(columns[i]) == keys[i]
		}
		if here := r.cell("environment"); match && (here == env || here == "*") {
			found = append(found, r)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	p := diag.Problemf(c.node.Get("key").Pos, RulePlace, "%d rows have the key %s in environment %q", len(found), strings.Join(keys, ", "), env)
	p.Hint = "write all columns of the key, as in the file"
	e.problems.Add(p)
	return nil
}
