package engine

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// tableCache keeps the rows of tables by their keys. Safe for concurrent use.
type tableCache struct{ m sync.Map } // rowSet -> *tableIndex

type rowSet struct {
	table  *Table
	entity string // whose rows replace some of the table; empty: none does
}

type tableIndex struct {
	rows  []Row
	exact map[string][]int // by all keys joined; rows without "*"
	wild  []int            // rows with "*"
}

// of returns the index of a table as an entity sees it.
func (c *tableCache) of(pkg string, t *Table, e *Entity) *tableIndex {
	var own []Row
	if e != nil {
		own = e.Tables[pkg][t.Name]
	}
	key := rowSet{table: t}
	if own != nil {
		key.entity = e.ID
	}
	if x, ok := c.m.Load(key); ok {
		return x.(*tableIndex)
	}
	x := indexRows(replaceRows(t.Rows, own))
	c.m.Store(key, x)
	return x
}

// replaceRows puts an entity's rows in the place of those with the same keys.
func replaceRows(rows, own []Row) []Row {
	if own == nil {
		return rows
	}
	kept := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool {
		return slices.ContainsFunc(own, func(o Row) bool {
			return slices.Equal(o.Keys, r.Keys) && (o.Environment == "" || o.Environment == r.Environment)
		})
	})
	return append(slices.Clone(own), kept...)
}

func indexRows(rows []Row) *tableIndex {
	x := &tableIndex{rows: rows, exact: map[string][]int{}}
	for i, r := range rows {
		if slices.Contains(r.Keys, "*") {
			x.wild = append(x.wild, i)
		} else {
			k := strings.Join(r.Keys, "\x00")
			x.exact[k] = append(x.exact[k], i)
		}
	}
	return x
}

// when is what rows are matched against besides their keys.
type when struct {
	environment Environment
	day         civil.Date
}

func (w when) fits(r *Row) bool {
	return (r.Environment == "" || r.Environment == "*" || r.Environment == string(w.environment)) &&
		(r.From == civil.Date{} || r.From.Compare(w.day) <= 0) &&
		(r.To == civil.Date{} || w.day.Compare(r.To) <= 0)
}

// row finds the row that keys choose: of those that fit the one with fewest
// "*", then the first; with prefix the one with the longest last key.
func (x *tableIndex) row(w when, keys []string, prefix bool) *Row {
	if prefix {
		return x.longest(w, keys)
	}
	for _, i := range x.exact[strings.Join(keys, "\x00")] {
		if w.fits(&x.rows[i]) {
			return &x.rows[i]
		}
	}
	var best *Row
	stars := 0
	for _, i := range x.wild {
		r := &x.rows[i]
		n, ok := fitKeys(r.Keys, keys)
		if ok && len(r.Keys) == len(keys) && w.fits(r) && (best == nil || n < stars) {
			best, stars = r, n
		}
	}
	return best
}

// fitKeys reports whether keys are those of a row, as far as they are given,
// and how many of the row's are "*".
func fitKeys(row, keys []string) (stars int, ok bool) {
	if len(keys) > len(row) {
		return 0, false
	}
	for i, k := range keys {
		if row[i] == "*" {
			stars++
		} else if row[i] != k {
			return 0, false
		}
	}
	return stars, true
}

func (x *tableIndex) longest(w when, keys []string) *Row {
	var best *Row
	length, stars := -1, 0
	last := len(keys) - 1
	for i := range x.rows {
		r := &x.rows[i]
		if len(r.Keys) != len(keys) || !w.fits(r) {
			continue
		}
		n, ok := fitKeys(r.Keys[:last], keys[:last])
		size := len(r.Keys[last])
		if r.Keys[last] == "*" {
			size = 0
		} else if !strings.HasPrefix(keys[last], r.Keys[last]) {
			continue
		}
		if ok && (size > length || size == length && n < stars) {
			best, length, stars = r, size, n
		}
	}
	return best
}

// keyTexts writes the keys of a look-up as tables have them.
func keyTexts(keys []any) ([]string, error) {
	out := make([]string, len(keys))
	for i, k := range keys {
		if k == nil {
			continue // an absent key fits "*" only
		}
		t, err := formula.FormatText(k)
		if err != nil {
			return nil, err
		}
		out[i] = t
	}
	return out, nil
}

// Table returns the row of the table chosen by keys.
func (h *host) Table(name string, keys []any, mustExist bool) (any, error) {
	t := h.pkg.Tables[name]
	if t == nil {
		return nil, fmt.Errorf("no table %q", name)
	}
	texts, err := keyTexts(keys)
	if err != nil {
		return nil, err
	}
	w, err := h.when()
	if err != nil {
		return nil, err
	}
	if r := h.cat.tables.of(h.pkg.Family(), t, h.entity).row(w, texts, t.Prefix); r != nil {
		return r.Values, nil
	}
	if !mustExist {
		return nil, nil
	}
	return nil, diag.Problem{Rule: "RUN-TABLE-ROW",
		Message: fmt.Sprintf("table %q has no row for %s in environment %s on %s", name, strings.Join(texts, ", "), w.environment, w.day),
		Hint:    "add the row, or use tableOr where it may be missing"}
}

// Rows returns all rows of the table that fit the leading keys.
func (h *host) Rows(name string, keys []any) ([]any, error) {
	t := h.pkg.Tables[name]
	if t == nil {
		return nil, fmt.Errorf("no table %q", name)
	}
	texts, err := keyTexts(keys)
	if err != nil {
		return nil, err
	}
	w, err := h.when()
	if err != nil {
		return nil, err
	}
	var out []any
	x := h.cat.tables.of(h.pkg.Family(), t, h.entity)
	for i := range x.rows {
		r := &x.rows[i]
		if _, ok := fitKeys(r.Keys, texts); ok && w.fits(r) {
			out = append(out, r.Values)
		}
	}
	return out, nil
}

// Holidays returns the calendar made from the column "date" of a table.
func (h *host) Holidays(name string) (formula.Calendar, error) {
	t := h.pkg.Tables[name]
	if t == nil {
		return nil, fmt.Errorf("no table %q", name)
	}
	days := formula.Holidays{}
	x := h.cat.tables.of(h.pkg.Family(), t, h.entity)
	for i := range x.rows {
		// A calendar speaks of many days: its rows count whatever the document's date is.
		r := &x.rows[i]
		if r.Environment != "" && r.Environment != "*" && r.Environment != string(h.environment) {
			continue
		}
		if d, ok := r.Values["date"].(civil.Date); ok {
			days[d] = true
		}
	}
	return days, nil
}
