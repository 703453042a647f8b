package main

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/fiscus-project/fiscus/configpkg/fix"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// fixed is one mend, as it is printed in JSON.
type fixed struct {
	Pos  diag.Pos `json:"pos"`
	Rule string   `json:"rule"`
	Was  string   `json:"was"`
	Is   string   `json:"is"`
}

// fixPackage mends a package folder and says what it did; dry: it shows the
// difference and writes nothing.
func (a *app) fixPackage(ref string, dry bool) error {
	files, err := a.packageFiles(ref)
	if err != nil {
		return err
	}
	changed, done := fix.Fix(files, registry(), a.importer())
	list := []fixed{}
	for _, m := range done {
		pos := m.Problem.Pos
		pos.File = ref + "/" + pos.File
		list = append(list, fixed{pos, m.Problem.Rule, m.Was, m.Is})
	}
	text, err := a.text()
	if err != nil {
		return err
	}
	if !text {
		err = a.json(map[string]any{"fixed": list, "written": !dry})
	}
	for _, f := range list {
		if text {
			_, _ = fmt.Fprintln(a.stdout, f.line())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		if dry && text {
			was, _ := fs.ReadFile(files, name) // it was read before
			_, _ = fmt.Fprint(a.stdout, fix.Diff(ref+"/"+name, was, changed[name]))
		}
		if dry {
			continue
		}
		if err := writeUnder(ref, name, changed[name]); err != nil {
			return exit(exitEnvironment, err)
		}
	}
	return err
}

func (f fixed) line() string {
	if f.Is == "" {
		return fmt.Sprintf("%s: deleted: %s [%s]", f.Pos, f.Was, f.Rule)
	}
	return fmt.Sprintf("%s: %s -> %s [%s]", f.Pos, f.Was, f.Is, f.Rule)
}
