package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/configpkg/lint"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/overlay"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// rebaseOptions are the flags of package rebase.
type rebaseOptions struct {
	onto  string
	check bool
}

func newPackageRebaseCommand(a *app) *cobra.Command {
	o := &rebaseOptions{}
	var take []string
	c := &cobra.Command{
		Use:   "rebase OVERLAY --onto REF [--take ours|theirs PATH]...",
		Short: "Carry an overlay over to another version of its base, and tell what becomes of each change",
		Long: "Carry an overlay over to another version of its base. Old base, new base and overlay are compared: what carries over, what the vendor has\n" +
			"done as well, what conflicts and has to be decided (--take ours PATH, --take theirs PATH). It is written only when no conflict is left and\n" +
			"the overlay's own cases pass on the new base; comments stay.",
		Example: "  fiscus package rebase acme-name --onto xx/name@2.0.0\n  fiscus package rebase acme-name --onto xx/name@2.0.0 --take theirs root/Name/Seller",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			choices, err := choicesOf(take, args[1:])
			if err != nil {
				return err
			}
			return a.rebase(c.Context(), args[0], o, choices)
		},
	}
	c.Flags().StringVar(&o.onto, "onto", "", "new base (required)")
	c.Flags().StringArrayVar(&take, "take", nil, "decide the conflict at the path behind it: ours keeps the change, theirs drops it")
	c.Flags().BoolVar(&o.check, "check", false, "write nothing")
	_ = c.MarkFlagRequired("onto")
	return c
}

// choicesOf puts each --take together with the path that stands behind it.
func choicesOf(take, paths []string) (out []overlay.Choice, err error) {
	if len(take) != len(paths) {
		return nil, exit(exitUsage, fmt.Errorf("%d choices and %d paths\n    hint: --take ours PATH, or --take theirs PATH", len(take), len(paths)))
	}
	for i, who := range take {
		if who != "ours" && who != "theirs" {
			return nil, exit(exitUsage, fmt.Errorf("--take %q\n    hint: --take ours PATH, or --take theirs PATH", who))
		}
		out = append(out, overlay.Choice{Ours: who == "ours", At: paths[i]})
	}
	return out, nil
}

// rebased is what a rebase came to.
type rebased struct {
	*overlay.Plan
	Findings []overlay.Finding `json:"findings"`
	Vendor   int               `json:"vendorChanges"`
	Problems diag.List         `json:"problems"`
	Failed   []string          `json:"failed"`
	Passed   int               `json:"passed"`
	Written  bool              `json:"written"`
}

func (a *app) rebase(ctx context.Context, dir string, o *rebaseOptions, choices []overlay.Choice) error {
	own := os.DirFS(dir)
	x, err := overlay.Read(own)
	if err != nil {
		return exit(exitNotFound, fmt.Errorf("there is no overlay in %s: %w", dir, err))
	}
	if _, err := a.packageFiles(dir); err != nil { // it must stand where it is
		return err
	}
	old, err := a.shelf().Base(x.Base.Package, x.Base.Version)
	if err != nil {
		return exit(exitNotFound, err)
	}
	now, err := a.packageFiles(o.onto)
	if err != nil {
		return err
	}
	plan, err := x.Rebase(old, now, choices)
	if err != nil {
		return err
	}
	changes, err := life.Diff(old, now)
	if err != nil {
		return exit(exitEnvironment, err)
	}
	r := &rebased{Plan: plan, Findings: plan.Findings, Vendor: len(changes), Problems: diag.List{}, Failed: []string{}}
	if plan.Open() == 0 {
		if err := a.tryRebased(ctx, dir, own, now, r); err != nil {
			return err
		}
	}
	if r.accepted() && !o.check {
		if err := replaceFile(filepath.Join(dir, overlay.File), plan.Text); err != nil {
			return exit(exitEnvironment, err)
		}
		r.Written = true
	}
	return a.sayRebase(dir, r)
}

func (r *rebased) accepted() bool {
	return r.Open() == 0 && !r.Problems.Grave() && len(r.Failed) == 0 && r.Passed > 0
}

// tryRebased loads the overlay over the new base, checks it and runs its own
// cases.
func (a *app) tryRebased(ctx context.Context, dir string, own, now fs.FS, r *rebased) error {
	next, err := overlay.Parse(r.Text)
	if err != nil {
		return err
	}
	made, err := next.Over(own, now, a.shelf().Today)
	if err != nil {
		var list diag.List
		if errors.As(err, &list) {
			at(dir, list)
			r.Problems = list
			return nil
		}
		return err
	}
	b, problems := load.LoadAll(made, registry(), a.importer())
	if b != nil {
		problems = append(problems, lint.Check(b)...)
	}
	at(dir, problems)
	if r.Problems = append(r.Problems, problems...); b == nil {
		return nil
	}
	report := cover.Run(ctx, b, cover.Options{Artifacts: a.artifactStore()})
	r.Passed = report.Passed
	for _, t := range report.Tests {
		if !t.Passed {
			at(dir, t.Problems)
			r.Failed, r.Problems = append(r.Failed, t.Name), append(r.Problems, t.Problems...)
		}
	}
	return nil
}

func (a *app) sayRebase(dir string, r *rebased) error {
	text, err := a.text()
	if err != nil {
		return err
	}
	if !text {
		if err := a.json(r); err != nil {
			return err
		}
	} else {
		a.textRebase(dir, r)
	}
	if r.accepted() {
		return nil
	}
	return exitQuiet(exitFindings)
}

func (a *app) textRebase(dir string, r *rebased) {
	_, _ = fmt.Fprintf(a.stdout, "%s: from %s@%s to %s, where the vendor changed %s\n", dir, r.From.Package, r.From.Version, r.To.Version, plural(r.Vendor, "thing", "things"))
	for _, f := range r.Findings {
		_, _ = fmt.Fprintln(a.stdout, f)
	}
	writeProblems(a.stdout, r.Problems)
	switch {
	case r.Open() > 0:
		_, _ = fmt.Fprintf(a.stdout, "nothing is written: %s to decide\n", plural(r.Open(), "conflict", "conflicts"))
	case len(r.Failed) > 0:
		_, _ = fmt.Fprintf(a.stdout, "nothing is written: on %s these cases fail: %s\n", r.To.Version, strings.Join(r.Failed, ", "))
	case r.Problems.Grave():
		_, _ = fmt.Fprintf(a.stdout, "nothing is written: on %s the overlay has problems\n", r.To.Version)
	case r.Passed == 0:
		_, _ = fmt.Fprintf(a.stdout, "nothing is written: the overlay has no cases of its own that show that it works\n")
	case r.Written:
		_, _ = fmt.Fprintf(a.stdout, "written: %s of its own pass on %s\n", plural(r.Passed, "case", "cases"), r.To.Version)
	default:
		_, _ = fmt.Fprintf(a.stdout, "nothing is written, as asked: %s of its own pass on %s\n", plural(r.Passed, "case", "cases"), r.To.Version)
	}
}
