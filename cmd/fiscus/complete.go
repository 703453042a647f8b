package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/configpkg/lint"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func newCompleteCommand(a *app) *cobra.Command {
	var notes string
	var each []string
	var untested bool
	var m moveOptions
	c := &cobra.Command{
		Use:   "complete FOLDER",
		Short: "Fix the digest of a package: from now on its files may not change",
		Long: "Fix the digest of a package: from now on its files may not change. Lint must have nothing grave to say and no test may fail;\n" +
			"the release record keeps by what it was judged: the version of this program, the digest of what lint said, tests and coverage.\n" +
			"If an earlier version is known here, the version must move as far as the changes need, and each case of the earlier version that comes\n" +
			"out otherwise must be named in the notes.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.complete(c.Context(), args[0], noted(notes, each), untested, &m)
		}}
	c.Flags().StringVar(&notes, "notes", "", "what is new, in one line")
	c.Flags().StringArrayVar(&each, "note", nil, "CASE: why - a case of the version before that comes out otherwise; CASE* is each that begins so (may be given more than once)")
	c.Flags().BoolVar(&untested, "without-tests", false, "do not run the tests; the record says so")
	m.flags(c)
	return c
}

func (a *app) complete(ctx context.Context, ref, notes string, untested bool, m *moveOptions) error {
	parent, dir, err := a.folder(ref)
	if err != nil {
		return err
	}
	x, err := a.released(parent, dir)
	if err != nil {
		return err
	}
	var before *life.Record
	if x == nil {
		x = &life.Release{}
	} else if before = x.Record; before.May(life.Completed) != nil {
		return before.May(life.Completed)
	}
	b, err := a.bundle(ref)
	if err != nil {
		return err
	}
	by, err := a.provenance(ctx, ref, b, untested)
	if err != nil {
		return err
	}
	if err := a.follows(ctx, ref, b.Package, notes); err != nil {
		return err
	}
	if x.Record, err = life.Complete(b.Package, before, notes, by); err != nil {
		return err
	}
	state := life.State("")
	if before != nil {
		state = before.State
	}
	return a.writeRecord(ref, x, state, m)
}

// provenance judges a package, and says by what.
func (a *app) provenance(ctx context.Context, ref string, b *load.Bundle, untested bool) (by life.Provenance, err error) {
	problems := lint.Check(b)
	problems.Sort()
	text, err := json.Marshal(append(diag.List{}, problems...))
	if err != nil {
		return by, err
	}
	sum := sha256.Sum256(text)
	by = life.Provenance{Engine: Version, Lint: "sha256:" + hex.EncodeToString(sum[:]), Tests: "not run"}
	if problems.Grave() {
		at(ref, problems)
		return by, problems.Err()
	}
	if untested {
		return by, nil
	}
	r := cover.Run(ctx, b, cover.Options{Artifacts: a.artifactStore(), Coverage: true})
	by.Tests = testSummary(r)
	if r.Failed > 0 {
		var all diag.List
		for _, t := range r.Tests {
			at(ref, t.Problems)
			all = append(all, t.Problems...)
		}
		return by, all.Err()
	}
	if len(r.Tests) == 0 {
		_, _ = fmt.Fprintf(a.stderr, "%s has no tests; the release record says so\n", ref)
	}
	return by, nil
}

// testSummary says in one line what the tests showed.
func testSummary(r *cover.Report) string {
	if len(r.Tests) == 0 {
		return "none"
	}
	out := fmt.Sprintf("%d passed, coverage %.1f %%", r.Passed, r.Coverage.Percent())
	if n := len(r.Skipped); n > 0 {
		out += fmt.Sprintf(", %s not installed", plural(n, "official file", "official files"))
	}
	return out
}
