package main

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/impact"
	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/packages"
	"github.com/fiscus-project/fiscus/service/dryrun"
	"github.com/fiscus-project/fiscus/service/workspace"
)

// ruleStep is raised for a version that says less than changed.
const ruleStep = "CFG-RELEASE-STEP" // a version moves less than its changes need

// successor is what a new version changes.
type successor struct {
	ID       string // of the old package
	From, To string // versions
	Need     life.Need
	Step     life.Level // between the versions
	Impact   *impact.Report
	Rules    []string // ids of rules that differ
	Stored   []stored
}

// stored tells what changes for the stored documents of a legal entity.
type stored struct {
	Entity  string         `json:"entity"`
	Summary dryrun.Summary `json:"summary"`
}

// storedImpact takes the documents of the data folder that went through
// package id in the test environment through both versions.
func (a *app) storedImpact(ctx context.Context, id, old, now string) (out []stored, err error) {
	log, err := a.openLog(ctx, false)
	if codeOf(err) == exitNotFound {
		return nil, nil // nothing was submitted
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	rows, err := replayed(ctx, log, engine.Query{Environment: engine.Test})
	if err != nil {
		return nil, err
	}
	by := map[string][]*engine.Submission{}
	for _, r := range rows {
		if r.Package == id {
			by[r.Entity] = append(by[r.Entity], r)
		}
	}
	for _, entity := range slices.Sorted(maps.Keys(by)) {
		o := &dryRun{setup: setup{entity: entity, environment: string(engine.Test), packages: []string{now}}, against: old, log: log}
		again, g, err := a.replaying(o, log, by[entity])
		if err != nil {
			return nil, err
		}
		err = dryrun.Each(ctx, len(by[entity]), runtime.NumCPU(), again, func(_ int, c dryrun.Comparison) error { g.Add(c); return nil })
		if err != nil {
			return nil, err
		}
		out = append(out, stored{entity, g.Summary()})
	}
	return out, nil
}

// successor judges what package y changes in x.
func (a *app) successor(ctx context.Context, x, y fs.FS, list []life.Difference, cases bool) (*successor, error) {
	old, problems := load.Load(x, registry(), a.importer())
	if old == nil {
		return nil, problems
	}
	now, problems := load.Load(y, registry(), a.importer())
	if now == nil {
		return nil, problems
	}
	s := &successor{ID: old.ID, From: old.Version, To: now.Version, Need: life.NeedOf(list), Step: life.Step(old.Version, now.Version)}
	for _, d := range list {
		if d.What == "rule" {
			s.Rules = append(s.Rules, strings.Fields(d.Name)...)
		}
	}
	if !cases {
		return s, nil
	}
	var err error
	if s.Impact, err = impact.Cases(ctx, x, y, registry(), a.importer(), cover.Options{Artifacts: a.artifactStore()}); err != nil {
		return nil, err
	}
	if n := len(s.Impact.Changed); n > 0 && s.Need.Level < life.Minor {
		s.Need = life.Need{Level: life.Minor, Why: "case " + s.Impact.Changed[0].Case + " comes out otherwise"}
	}
	return s, nil
}

// problems are what stands against s as the next version.
func (s *successor) problems(notes string) (list diag.List) {
	if engine.CompareVersions(s.To, s.From) <= 0 {
		return nil
	}
	if s.Need.Level > s.Step {
		list.Add(diag.Problemf(diag.Pos{File: "package.yaml"}, ruleStep, "%s > %s is a %s step, and the change is %s: %s", s.From, s.To, s.Step, s.Need.Level, s.Need.Why).
			WithHint("give it the next %s version", s.Need.Level))
	}
	return append(list, s.Impact.Unsaid(notes, s.Rules)...)
}

func (a *app) saySuccessor(s *successor) {
	if s.Need.Level > life.Same {
		_, _ = fmt.Fprintf(a.stdout, "the change is %s: %s\n", s.Need.Level, s.Need.Why)
	}
	if s.From != s.To && s.Step < s.Need.Level {
		_, _ = fmt.Fprintf(a.stdout, "%s > %s is too small a step: %s\n", s.From, s.To, s.Step)
	}
	if s.Impact == nil {
		return
	}
	for _, c := range s.Impact.Changed {
		_, _ = fmt.Fprintf(a.stdout, "case %s comes out otherwise\n", c.Case)
		for _, p := range c.Says {
			_, _ = fmt.Fprintf(a.stdout, "    %s\n", p.Message)
		}
	}
	for _, name := range s.Impact.Failing {
		_, _ = fmt.Fprintf(a.stdout, "case %s tells nothing: the old package does not pass it\n", name)
	}
	writeProblems(a.stdout, s.Impact.Unusable)
	for _, d := range s.Stored {
		_, _ = fmt.Fprintf(a.stdout, "stored documents of %s: ", d.Entity)
		_ = a.saySummary(d.Summary)
	}
	_, _ = fmt.Fprintf(a.stdout, "%s changed, %d as before\n", plural(len(s.Impact.Changed), "case", "cases"), s.Impact.Same)
}

// predecessor finds the newest earlier version of a package that is known
// here; nil if there is none. What is known is judged by its record.
func (a *app) predecessor(id, version string) (fs.FS, string, error) {
	data, best := os.DirFS(a.data), ""
	consider := func(v string) {
		if engine.CompareVersions(v, version) < 0 && (best == "" || engine.CompareVersions(v, best) > 0) {
			best = v
		}
	}
	entries, _ := fs.ReadDir(data, path.Join(workspace.Packages, path.Dir(id))) // none: no packages
	for _, e := range entries {
		if v, ok := strings.CutPrefix(e.Name(), path.Base(id)+"@"); ok && e.IsDir() && load.ValidVersion(v) {
			consider(v)
		}
	}
	if files, err := fs.Sub(packages.Files(), id); err == nil {
		if p, _ := load.Load(files, registry(), a.importer()); p != nil {
			consider(p.Version)
		}
	}
	if best == "" {
		return nil, "", nil
	}
	files, err := a.packageFiles(id + "@" + best)
	return files, best, err
}

// follows judges a package that is to be completed by the version before it.
func (a *app) follows(ctx context.Context, ref string, p *engine.Package, notes string) error {
	old, version, err := a.predecessor(p.ID, p.Version)
	if err != nil {
		return err
	}
	if old == nil {
		return nil
	}
	list, err := life.Diff(old, p.Files)
	if err != nil {
		return exit(exitEnvironment, err)
	}
	s, err := a.successor(ctx, old, p.Files, list, true)
	if err != nil {
		return fmt.Errorf("compare with %s@%s: %w", p.ID, version, err)
	}
	problems := s.problems(notes)
	at(ref, problems)
	return problems.Err()
}

// noted joins what is said of a version to the one line of its record.
func noted(notes string, each []string) string {
	if notes != "" {
		each = append([]string{notes}, each...)
	}
	return strings.Join(each, "; ")
}
