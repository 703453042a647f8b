package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/overlay"
	"github.com/fiscus-project/fiscus/engine/casetest"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// testOptions are the flags of package test.
type testOptions struct {
	only     string
	junit    string
	update   bool
	coverage bool
	mutate   bool
	mutants  int
	places   string // expression for the ids of mutants
	seed     uint64
	atLeast  float64 // coverage and mutation score, percent
	table    string
}

func newPackageTestCommand(a *app) *cobra.Command {
	o := &testOptions{}
	c := &cobra.Command{
		Use:   "test PACKAGE...",
		Short: "Run the tests of packages against their simulators, on a virtual clock",
		Long: `Run the tests of packages: documents through their flows on a virtual clock, with
the package's simulators as authorities, stand-in keys and fixed chance. Nothing
leaves the process.`,
		Example: "  fiscus package test packages/xx/name\n  fiscus package test . --only 'lost|late' --junit report.xml",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return a.testPackages(c.Context(), args, o) },
	}
	f := c.Flags()
	f.StringVar(&o.only, "only", "", "only tests whose name matches this regular expression")
	f.StringVar(&o.junit, "junit", "", "also write the results to this file, in the form of JUnit")
	f.BoolVar(&o.update, "update", false, "write results that are compared with a file into that file")
	f.BoolVar(&o.coverage, "coverage", false, "tell what of the package no test reaches")
	f.BoolVar(&o.mutate, "mutate", false, "also make mistakes in the package, one at a time, and tell which no test notices")
	f.IntVar(&o.mutants, "mutants", 300, "how many mistakes are made, drawn by --seed; 0: all")
	f.StringVar(&o.places, "mutants-in", "", "only mistakes whose id, as it is printed, matches this regular expression: flows/, answers/x.yaml.*codes")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the draw")
	f.StringVar(&o.table, "table", "", "also write coverage and mutation score to this file, as a page in Markdown")
	f.Float64Var(&o.atLeast, "at-least", 0, "fail below this coverage, or this mutation score, in percent")
	return c
}

func (a *app) testPackages(ctx context.Context, refs []string, o *testOptions) error {
	text, err := a.text()
	if err != nil {
		return err
	}
	options, err := a.testsOf(o)
	if err != nil {
		return err
	}
	var reports []*cover.Report
	var mutations []*mutation
	for _, ref := range refs {
		r, err := a.testPackage(ctx, ref, o, options)
		if err != nil {
			return err
		}
		reports = append(reports, r)
		if o.mutate && r.Failed == 0 {
			m, err := a.mutate(ctx, ref, o)
			if err != nil {
				return err
			}
			mutations = append(mutations, m)
		}
	}
	if o.junit != "" {
		if err := writeJUnit(o.junit, reports); err != nil {
			return exit(exitEnvironment, err)
		}
	}
	if o.table != "" {
		if err := writeTestTable(o.table, reports, mutations); err != nil {
			return exit(exitEnvironment, err)
		}
	}
	if err := a.sayTests(reports, mutations, text); err != nil {
		return err
	}
	return enough(reports, mutations, o.atLeast)
}

// enough asks for the coverage and score that are wanted.
func enough(reports []*cover.Report, mutations []*mutation, percent float64) error {
	for _, r := range reports {
		if r.Coverage != nil && r.Coverage.Percent() < percent {
			return exit(exitFindings, fmt.Errorf("coverage of %s is %.1f %%, below %.1f %%", r.Package, r.Coverage.Percent(), percent))
		}
	}
	for _, m := range mutations {
		if m.Score < percent || len(m.Stale) > 0 {
			return exit(exitFindings, fmt.Errorf("mutation score of %s is %.1f %%, wanted %.1f %% and a list of equivalents that is right", m.Package, m.Score, percent))
		}
	}
	return nil
}

func (a *app) testsOf(o *testOptions) (cover.Options, error) {
	options := cover.Options{Artifacts: a.artifactStore(), Coverage: o.coverage}
	if o.only == "" {
		return options, nil
	}
	re, err := regexp.Compile(o.only)
	if err != nil {
		return options, exit(exitUsage, fmt.Errorf("--only: %w", err))
	}
	options.Only = func(t *casetest.Test) bool { return re.MatchString(t.Name) }
	return options, nil
}

// testPackage runs the tests of one package; places are told as paths from here.
func (a *app) testPackage(ctx context.Context, ref string, o *testOptions, options cover.Options) (*cover.Report, error) {
	files, err := a.packageFiles(ref)
	if err != nil {
		return nil, err
	}
	b, problems := load.LoadAll(files, registry(), a.importer())
	if b == nil {
		at(ref, problems)
		return nil, problems
	}
	r := cover.Run(ctx, b, options)
	for i := range r.Tests {
		if o.update {
			if err := updateGolden(ref, &r.Tests[i]); err != nil {
				return nil, exit(exitEnvironment, err)
			}
		}
		at(ref, r.Tests[i].Problems)
		r.Tests[i].File = from(ref, r.Tests[i].File)
		r.Tests[i].Pos.File = from(ref, r.Tests[i].Pos.File)
	}
	if r.Coverage != nil {
		for i := range r.Coverage.Missed {
			r.Coverage.Missed[i].Pos.File = from(ref, r.Coverage.Missed[i].Pos.File)
		}
	}
	return r, nil
}

// at tells places as paths from here; what stands in the base of an overlay is
// told as xx/name@version:path.
func at(ref string, problems diag.List) {
	for i := range problems {
		problems[i].Pos.File = from(ref, problems[i].Pos.File)
	}
}

func from(ref, file string) string {
	if file == "" {
		return ""
	}
	if x, err := overlay.Read(os.DirFS(ref)); err == nil {
		if _, err := os.Stat(filepath.Join(ref, filepath.FromSlash(file))); err != nil {
			return x.Base.Package + "@" + x.Base.Version + ":" + file
		}
	}
	return ref + "/" + file
}

// updateGolden writes what a test produced into the files it is compared with.
func updateGolden(ref string, r *cover.Result) error {
	for _, g := range r.Golden {
		file := filepath.Join(ref, filepath.FromSlash(g.File))
		if _, err := os.Stat(file); err != nil {
			return fmt.Errorf("--update needs the package as a folder: %w", err)
		}
		if err := os.WriteFile(file, g.Got, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) sayTests(reports []*cover.Report, mutations []*mutation, text bool) error {
	passed, failed, none := 0, 0, diag.List(nil)
	for _, r := range reports {
		passed, failed = passed+r.Passed, failed+r.Failed
		if len(r.Tests) == 0 {
			none = append(none, cover.NoTests(r))
		}
		if text {
			a.textTests(r)
		} else if a.format == "ndjson" {
			for _, t := range r.Tests {
				if err := a.json(t); err != nil {
					return err
				}
			}
		}
	}
	if text {
		for _, m := range mutations {
			a.textMutation(m)
		}
		writeProblems(a.stdout, none)
		_, _ = fmt.Fprintf(a.stdout, "%d passed, %d failed\n", passed, failed)
	} else if err := a.json(map[string]any{"packages": reports, "findings": append(diag.List{}, none...), "mutation": append([]*mutation{}, mutations...), "passed": passed, "failed": failed}); err != nil {
		return err
	}
	if failed > 0 || len(none) > 0 {
		return exitQuiet(exitFindings)
	}
	return nil
}

func (a *app) textTests(r *cover.Report) {
	_, _ = fmt.Fprintf(a.stdout, "%s@%s\n", r.Package, r.Version)
	for _, t := range r.Tests {
		word := "ok  "
		if !t.Passed {
			word = "FAIL"
		}
		_, _ = fmt.Fprintf(a.stdout, "%s  %s\n", word, t.Name)
		var b strings.Builder
		writeProblems(&b, t.Problems)
		for line := range strings.Lines(b.String()) {
			_, _ = fmt.Fprintf(a.stdout, "      %s", line)
		}
	}
	for _, id := range r.Skipped {
		_, _ = fmt.Fprintf(a.stdout, "skipped: %s is not installed; what asked for it was not judged\n", id)
	}
	if c := r.Coverage; c != nil {
		a.textCoverage(c)
	}
}

func (a *app) textCoverage(c *cover.Coverage) {
	for _, u := range c.Missed {
		_, _ = fmt.Fprintf(a.stdout, "%s: %s\n", u.Pos, u.Says)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', tabwriter.AlignRight)
	for _, k := range c.Kinds {
		_, _ = fmt.Fprintf(w, "  %s\t%d of %d\t\n", k.Kind, k.Covered, k.Total)
	}
	_ = w.Flush()
	_, _ = fmt.Fprintf(a.stdout, "coverage %.1f %%: %d of %d\n", c.Percent(), c.Covered, c.Total)
}
