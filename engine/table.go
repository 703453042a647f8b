package engine

import (
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Table is a code list, a list of endpoints, a calendar: rows chosen by key.
type Table struct {
	Name    string
	File    string
	Pos     diag.Pos
	Key     []string                // columns
	Columns map[string]formula.Type // of every column
	Prefix  bool                    // the longest prefix of the last key
	Rows    []Row
}

// Row is a row of a table. A "*" cell of a key column matches anything.
type Row struct {
	Keys        []string // texts of the key columns, in order
	Values      map[string]any
	Environment string     // empty: all
	From, To    civil.Date // zero: open
	Pos         diag.Pos
}
