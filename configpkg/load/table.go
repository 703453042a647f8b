package load

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// MaxRows is how many rows a table may have.
const MaxRows = 200_000

// tables reads all tables with their CSV files.
func (l *loader) tables() {
	for _, u := range l.byKind("tables") {
		l.tablesOf(u)
	}
}

func (l *loader) tablesOf(u *unit) {
	for _, e := range l.object(u.node, "tables").entries("tables") {
		name := l.from(e.Key, e.KeyPos)
		if l.pkg.Tables[name] != nil {
			l.fault(e.KeyPos, RuleTwice, "", "table %q is declared twice", e.Key)
			continue
		}
		if t := l.table(u, e); t != nil {
			t.Name = name
			l.pkg.Tables[name] = t
		}
		l.tableTypes[name] = l.rowType(e, l.pkg.Tables[name])
	}
}

// rowType is what formulas know of a table, even of one that has problems.
func (l *loader) rowType(e yml.Entry, t *engine.Table) formula.Table {
	if t == nil {
		return formula.Table{Keys: max(1, len(l.object(e.Value, "table").list("key")))}
	}
	fields := map[string]formula.Type{}
	for name, typ := range t.Columns {
		fields[name] = typ
	}
	return formula.Table{Keys: len(t.Key), Row: formula.MapOf(fields, false).Named("row of " + e.Key)}
}

// The columns that the engine matches itself.
var engineColumns = []string{"environment", "from", "to"}

func (l *loader) table(u *unit, e yml.Entry) *engine.Table {
	o := l.object(e.Value, "table")
	l.name(e.Key, e.KeyPos, "table")
	t := &engine.Table{Name: e.Key, Pos: e.KeyPos, Key: o.list("key"), Columns: map[string]formula.Type{}, Prefix: o.word("match") == "prefix"}
	for _, c := range o.entries("columns") {
		t.Columns[c.Key] = l.typeName(c.Value)
	}
	for _, k := range t.Key {
		if _, typed := t.Columns[k]; !typed {
			t.Columns[k] = formula.String
		}
	}
	file := o.get("file")
	if file == nil || len(t.Key) == 0 {
		return nil
	}
	t.File = l.beside(u.path, file)
	rows, ok := l.csv(t.File, file.TextPos())
	if !ok {
		return nil
	}
	l.rows(t, rows)
	return t
}

// beside returns the path of a file that is named relative to the folder of
// another, or from the top of the package.
func (l *loader) beside(from string, n *yml.Node) string {
	near := path.Join(path.Dir(from), n.Text)
	if slices.Contains(l.all, near) || !slices.Contains(l.all, l.from(n.Text, n.Pos)) {
		return near
	}
	return l.from(n.Text, n.Pos)
}

// line is a row of a CSV file with its places.
type line struct {
	file  string
	cells []string
	spots []spot
}

// spot is where a cell begins.
type spot struct{ line, column int32 }

func (r line) at(i int) diag.Pos {
	return diag.Pos{File: r.file, Line: int(r.spots[i].line), Column: int(r.spots[i].column)}
}

func (r line) pos() diag.Pos { return r.at(0) }

// csv reads a CSV file; the first row names the columns.
func (l *loader) csv(file string, from diag.Pos) ([]line, bool) {
	if !slices.Contains(l.all, file) {
		l.fault(from, RuleFileMissing, diag.DidYouMean(file, l.all), "no file %q in the package", file)
		return nil, false
	}
	data, ok := l.read(file, MaxFile)
	if !ok {
		return nil, false
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		l.fault(diag.Pos{File: file}, yml.RuleEncoding, "save it as UTF-8", "the file is not UTF-8 text")
		return nil, false
	}
	return l.csvLines(file, data)
}

func (l *loader) csvLines(file string, data []byte) (rows []line, ok bool) {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comment = '#'
	text := strings.Split(string(data), "\n")
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			pos, hint := diag.Pos{File: file, Line: bad.Line, Column: bad.Column}, ""
			if bad.StartLine < bad.Line { // a cell went on over lines: the author looks where its row begins
				pos, hint = diag.Pos{File: file, Line: bad.StartLine, Column: 1}, "a cell of this row begins with a quotation mark that is not closed"
			}
			l.fault(pos, RuleTable, hint, "row of a table: %v", bad.Err)
			return nil, false
		}
		if len(rows) > MaxRows {
			l.fault(diag.Pos{File: file}, yml.RuleSize, "", "more than %d rows", MaxRows)
			return nil, false
		}
		at := make([]spot, len(cells))
		for i := range cells {
			row, column := r.FieldPos(i)
			if row <= len(text) {
				column = utf8.RuneCountInString(text[row-1][:min(column-1, len(text[row-1]))]) + 1
			}
			at[i] = spot{int32(row), int32(column)}
		}
		rows = append(rows, line{file, cells, at})
	}
	if len(rows) == 0 {
		l.fault(diag.Pos{File: file, Line: 1, Column: 1}, RuleTable, "the first row names the columns", "the file is empty")
		return nil, false
	}
	return rows, true
}

// columns finds where each column stands; all in must have to be there.
func (l *loader) columns(rows []line, must, may []string) (map[string]int, bool) {
	at, ok := map[string]int{}, true
	for i, name := range rows[0].cells {
		name = strings.TrimSpace(name)
		if _, twice := at[name]; twice {
			l.fault(rows[0].at(i), RuleTwice, "", "column %q stands twice", name)
		}
		if !slices.Contains(must, name) && !slices.Contains(may, name) {
			l.fault(rows[0].at(i), RuleTable, diag.DidYouMean(name, append(slices.Clone(must), may...)), "column %q is not declared", name)
		}
		at[name] = i
	}
	for _, name := range must {
		if _, there := at[name]; !there {
			l.fault(rows[0].pos(), RuleTable, "", "no column %q", name)
			ok = false
		}
	}
	return at, ok
}

func (l *loader) rows(t *engine.Table, rows []line) {
	names := make([]string, 0, len(t.Columns))
	for name := range t.Columns {
		names = append(names, name)
	}
	slices.Sort(names)
	at, ok := l.columns(rows, names, engineColumns)
	if !ok {
		return
	}
	t.Rows = make([]engine.Row, 0, len(rows)-1)
	for _, r := range rows[1:] {
		row := engine.Row{Values: make(map[string]any, len(names)), Pos: r.pos()}
		for _, k := range t.Key {
			row.Keys = append(row.Keys, r.cells[at[k]])
		}
		for _, name := range names {
			l.cell(&row, t, name, r, at[name])
		}
		l.engineCells(&row, t, r, at)
		t.Rows = append(t.Rows, row)
	}
}

// engineCells reads the columns that the engine matches itself, unless the
// table declares a column of that name.
func (l *loader) engineCells(row *engine.Row, t *engine.Table, r line, at map[string]int) {
	for _, name := range engineColumns {
		i, there := at[name]
		if _, declared := t.Columns[name]; declared || !there {
			continue
		}
		switch name {
		case "environment":
			row.Environment = l.environment(r, i)
		case "from":
			row.From = l.day(r, i, name)
		case "to":
			row.To = l.day(r, i, name)
		}
	}
}

func (l *loader) cell(row *engine.Row, t *engine.Table, name string, r line, i int) {
	text := r.cells[i]
	if text == "" || text == "*" && slices.Contains(t.Key, name) {
		if text == "*" {
			row.Values[name] = text
		}
		return
	}
	typ := t.Columns[name]
	if k := typ.Kind(); k == formula.StringKind || k == formula.TextKind || k == formula.AnyKind {
		row.Values[name] = text
		return
	}
	v, err := typ.Convert(text)
	if err != nil {
		l.fault(r.at(i), RuleCell, "", "column %q: %s", name, cause(err))
		return
	}
	row.Values[name] = v
}

func (l *loader) environment(r line, i int) string {
	switch text := r.cells[i]; text {
	case "", "test", "production":
		return text
	case "*":
		return ""
	default:
		l.fault(r.at(i), RuleCell, "write test, production, or nothing for both", "%q is no environment", text)
		return ""
	}
}

func (l *loader) day(r line, i int, column string) civil.Date {
	if r.cells[i] == "" {
		return civil.Date{}
	}
	d, err := formula.Date.Convert(r.cells[i])
	if err != nil {
		l.fault(r.at(i), RuleCell, "write yyyy-MM-dd", "column %q: %s", column, cause(err))
		return civil.Date{}
	}
	return d.(civil.Date)
}
