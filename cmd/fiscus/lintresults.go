package main

import (
	"cmp"
	"path"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/profile"
)

// lintResults gives problems of packages the form of verdicts, a file each, for
// the formats that build servers and code hosts read.
func lintResults(refs []string, all diag.List) []profile.Result {
	by := map[string]int{}
	var out []profile.Result
	add := func(file string) int {
		i, seen := by[file]
		if !seen {
			i = len(out)
			by[file] = i
			out = append(out, profile.Result{File: file, Valid: true, Layers: []profile.LayerResult{{Name: "lint", Status: profile.Passed}}})
		}
		return i
	}
	for _, ref := range refs { // a package without problems is a passed case
		add(path.Join(ref, "package.yaml"))
	}
	for _, p := range all {
		r := &out[add(path.Clean(p.Pos.File))]
		r.Findings = append(r.Findings, profile.Finding{Layer: "lint", Rule: p.Rule, Severity: cmp.Or(p.Severity, diag.Error), Message: p.Message,
			Location: p.Path, Line: p.Pos.Line, Column: p.Pos.Column, Hint: p.Hint, Ref: p.Ref})
		if p.Grave() {
			r.Valid, r.Layers[0].Status = false, profile.Failed
		}
	}
	return out
}

// sayLintAs prints problems as JUnit or SARIF.
func (a *app) sayLintAs(refs []string, all diag.List) error {
	w, err := a.resultWriter(nil)
	if err != nil {
		return err
	}
	all.Sort()
	for _, r := range lintResults(refs, all) {
		w.add(r)
	}
	if err := w.end(); err != nil {
		return err
	}
	if all.Grave() {
		return exitQuiet(exitFindings)
	}
	return nil
}
