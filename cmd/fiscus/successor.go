package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/impact"
	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/packages"
	"github.com/fiscus-project/fiscus/service/workspace"
)

// ruleStep is raised for a version that says less than changed.
const ruleStep = "CFG-RELEASE-STEP" // a version moves less than its changes need

// successor is what a new version changes.
type successor struct {
	From, To string // versions; empty: not told
	Need     life.Need
	Step     life.Level // between the versions
	Impact   *impact.Report
	Rules    []string // ids of rules that differ
}

// successor judges what package y changes in x.
func (a *app) successor(ctx context.Context, x, y fs.FS, list []life.Difference, cases bool) (*successor, error) {
	old, problems := load.Load(x, registry(), nil)
	if old == nil {
		return nil, problems
	}
	now, problems := load.Load(y, registry(), nil)
	if now == nil {
		return nil, problems
	}
	s := &successor{From: old.Version, To: now.Version, Need: life.NeedOf(list), Step: life.Step(old.Version, now.Version)}
	for _, d := range list {
		if d.What == "rule" {
			s.Rules = append(s.Rules, strings.Fields(d.Name)...)
		}
	}
	if !cases {
		return s, nil
	}
	var err error
	if s.Impact, err = impact.Cases(ctx, x, y, registry(), cover.Options{Artifacts: a.artifactStore()}); err != nil {
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
		if p, _ := load.Load(files, registry(), nil); p != nil {
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
