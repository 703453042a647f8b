// Package impact tells what a new version of a package changes for the cases of
// the old one: the tests of the old package are run on the new one.
//
// Begin with Cases. It promises: a case that the old package does not pass
// itself tells nothing and is named as such; the tests of the new package, in
// which expectations may have been changed with it, are not asked.
package impact

import (
	"context"
	"io/fs"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/overlay"
)

// RuleUnsaid is raised for changes that nobody acknowledged.
const RuleUnsaid = "CFG-RELEASE-IMPACT" // a new version changes cases of the old one, and its notes do not say so

// Change is a case for which something changes.
type Change struct {
	Case string    `json:"case"`
	Says diag.List `json:"says"` // what the old package did and the new one does not
}

// Report tells what changes for which cases.
type Report struct {
	Same     int       `json:"same"`               // cases for which nothing changes
	Changed  []Change  `json:"changed"`            // in order of the old package
	Failing  []string  `json:"failing,omitempty"`  // cases that the old package does not pass itself
	Unusable diag.List `json:"unusable,omitempty"` // why the cases can't be run on the new package at all
}

// Cases runs the tests of an old package on a new one.
func Cases(ctx context.Context, old, now fs.FS, registry *engine.Registry, imports load.Importer, o cover.Options) (*Report, error) {
	r := &Report{Changed: []Change{}}
	a, problems := load.LoadAll(old, registry, imports)
	if a == nil {
		return nil, problems
	}
	files, err := with(now, old)
	if err != nil {
		return nil, err
	}
	b, problems := load.LoadAll(files, registry, imports)
	if b == nil {
		r.Unusable = problems
		return r, nil
	}
	before := map[string]bool{}
	for _, t := range cover.Run(ctx, a, o).Tests {
		if before[t.Name] = t.Passed; !t.Passed {
			r.Failing = append(r.Failing, t.Name)
		}
	}
	for _, t := range cover.Run(ctx, b, o).Tests {
		switch {
		case !before[t.Name]:
		case t.Passed:
			r.Same++
		default:
			r.Changed = append(r.Changed, Change{t.Name, t.Problems})
		}
	}
	return r, ctx.Err()
}

// with returns the files of a package with the tests of another one.
func with(now, tests fs.FS) (fs.FS, error) {
	from := map[string]fs.FS{}
	for _, x := range []struct {
		files fs.FS
		tests bool
	}{{now, false}, {tests, true}} {
		names, err := load.Files(x.files)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if strings.HasPrefix(name, "tests/") == x.tests {
				from[name] = x.files
			}
		}
	}
	tree := overlay.NewTree(from, nil)
	if d, ok := now.(load.Derived); ok {
		return &derived{tree, d}, nil
	}
	return tree, nil
}

// derived keeps what is known of an overlay.
type derived struct {
	*overlay.Tree
	load.Derived
}

// Open opens a file or folder.
func (d *derived) Open(name string) (fs.File, error) { return d.Tree.Open(name) }

// Unsaid returns a problem for each change that the notes of a release do not
// acknowledge: "CASE: why", apart by semicolons (a * at the end of CASE: each
// that begins so), or the id of a changed rule
// that is named in what is said of the case.
func (r *Report) Unsaid(notes string, rules []string) (problems diag.List) {
	for _, p := range r.Unusable {
		p.Message = "the cases of the version before can't be run on this one: " + p.Message
		problems.Add(p)
	}
	for _, c := range r.Changed {
		acknowledged := slices.ContainsFunc(strings.Split(notes, ";"), func(note string) bool {
			name, _, _ := strings.Cut(note, ":")
			return same(strings.TrimSpace(name), strings.TrimSpace(c.Case))
		}) || slices.ContainsFunc(rules, func(id string) bool {
			return named(notes, id) && slices.ContainsFunc(c.Says, func(p diag.Problem) bool { return named(p.Message, id) })
		})
		if !acknowledged {
			problems.Add(diag.Problemf(c.Says[0].Pos, RuleUnsaid, "case %q of the version before comes out otherwise: %s", c.Case, c.Says[0].Message).
				WithHint("say in the notes what changes for it: --note %q", c.Case+": why"))
		}
	}
	return problems
}

// same reports whether a note's name is that of a case; "whole *" is each that
// begins with "whole ".
func same(name, of string) bool {
	begins, many := strings.CutSuffix(name, "*")
	return name == of || many && begins != "" && strings.HasPrefix(of, begins)
}

// named reports whether a text holds an id as a whole word.
func named(text, id string) bool {
	return slices.Contains(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;:\"'()[]", r) }), id)
}
