package mutate

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// EquivalentsFile lists the mutants of a package that cannot be noticed, with
// the reason of each. The list may only shrink.
const EquivalentsFile = "tests/equivalents.csv"

// RuleEquivalents is raised for a list of equivalent mutants that cannot be read.
const RuleEquivalents = "CFG-EQUIVALENTS"

// Equivalence is a line of the list.
type Equivalence struct {
	Mutant string
	Reason string
	Pos    diag.Pos
}

// Equivalences reads the list of a package: by mutant. Without a file it is empty.
func Equivalences(files fs.FS) (map[string]Equivalence, error) {
	out := map[string]Equivalence{}
	f, err := files.Open(EquivalentsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.FieldsPerRecord = 2
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", EquivalentsFile, err)
	}
	for i, row := range rows {
		pos := diag.Pos{File: EquivalentsFile, Line: i + 1, Column: 1}
		if i == 0 && row[0] == "mutant" {
			continue
		}
		if strings.TrimSpace(row[1]) == "" || out[row[0]].Mutant != "" {
			return nil, diag.Problemf(pos, RuleEquivalents, "a mutant stands once, with its reason")
		}
		out[row[0]] = Equivalence{row[0], row[1], pos}
	}
	return out, nil
}

// stale returns the lines of the list that are no longer right: no such mutant,
// or one that was noticed.
func (w *workshop) stale(all []*Mutant, outcomes []Outcome) []Equivalence {
	exists := map[string]bool{}
	for _, m := range all {
		exists[m.ID] = true
	}
	var out []Equivalence
	for _, x := range outcomes {
		if e, listed := w.known[x.ID]; listed && x.Fate != Equivalent {
			out = append(out, e)
		}
	}
	for id, e := range w.known {
		if !exists[id] {
			out = append(out, e)
		}
	}
	return out
}
