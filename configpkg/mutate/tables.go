package mutate

import (
	"bytes"
	"encoding/csv"
	"io/fs"
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// maxRows is how many rows of one table are changed. Of a longer one they are
// spread evenly: the rows of a code list say all the same thing.
const maxRows = 25

// forPeople are the columns that no test can depend on.
var forPeople = map[string]bool{"hint": true, "text": true, "says": true, "title": true, "doc": true, "source": true, "description": true, "lang": true,
	"comment": true, "note": true, "en": true, "es": true, "pt": true}

// TableMutants lists the changes of cells and rows of the CSV files of a
// package, in order of files and places.
func TableMutants(files fs.FS) ([]*Mutant, error) {
	names, err := fs.Glob(files, "tables/*.csv")
	if err != nil {
		return nil, err
	}
	var all []*Mutant
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		all = append(all, tableMutants(name, data)...)
	}
	return all, nil
}

// row is a record of a table with the line it begins in.
type row struct {
	cells []string
	line  int
}

func tableMutants(name string, data []byte) []*Mutant {
	rows := rowsOf(data)
	if len(rows) < 2 {
		return nil
	}
	head := rows[0].cells
	var all []*Mutant
	step := max(1, (len(rows)-1+maxRows-1)/maxRows)
	for i := 1; i < len(rows); i += step {
		r := rows[i]
		pos := diag.Pos{File: name, Line: r.line, Column: 1}
		key := strconv.Itoa(i) + " " + short(r.cells[0])
		all = append(all, &Mutant{ID: name + "#" + key + " " + string(DropRow), Operator: DropRow, Pos: pos, Was: short(strings.Join(r.cells, ",")), Is: "nothing",
			file: name, make: func() []byte { return written(append(append([]row{}, rows[:i]...), rows[i+1:]...)) }})
		for k, cell := range r.cells {
			if k >= len(head) || cell == "" || forPeople[head[k]] {
				continue
			}
			all = append(all, &Mutant{ID: name + "#" + key + "/" + head[k] + " " + string(Cell), Operator: Cell, Pos: pos, Was: short(cell), Is: short(more(cell)),
				file: name, make: func() []byte { return written(withCell(rows, i, k, more(cell))) }})
		}
	}
	return all
}

func withCell(rows []row, i, k int, cell string) []row {
	out := append([]row{}, rows...)
	out[i].cells = append([]string{}, rows[i].cells...)
	out[i].cells[k] = cell
	return out
}

func rowsOf(data []byte) (rows []row) {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comment, r.FieldsPerRecord = '#', -1
	for {
		cells, err := r.Read()
		if err != nil {
			return rows
		}
		line, _ := r.FieldPos(0)
		rows = append(rows, row{cells, line})
	}
}

func written(rows []row) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for _, r := range rows {
		_ = w.Write(r.cells) // a buffer takes everything
	}
	w.Flush()
	return b.Bytes()
}
