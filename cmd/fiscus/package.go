package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/lint"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/overlay"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func newPackageCommand(a *app) *cobra.Command {
	c := &cobra.Command{Use: "package", Short: "Feature packages: make, check, test, look at"}
	c.AddCommand(newPackageDiffCommand(a), newPackageBuildCommand(a), newPackagePushCommand(a), newPackagePullCommand(a), newPackageVersionsCommand(a), newPackageLockCommand(a), newPackageVerifyCommand(a))
	c.AddCommand(releaseCommands(a)...)
	c.AddCommand(newPackageLintCommand(a), newPackageGraphCommand(a), newPackageTestCommand(a), newPackageNewCommand(a), newPackageDeriveCommand(a), newPackageRebaseCommand(a), newPackageFmtCommand(a), newPackageCasesCommand(a))
	return c
}

func newPackageLintCommand(a *app) *cobra.Command {
	gaps, mend, dry := false, false, false
	c := &cobra.Command{
		Use:   "lint PACKAGE...",
		Short: "Check packages: every problem with its place, and what to do",
		Long: "Check packages: every problem with its place, and what to do. --format also takes junit and sarif.\n" +
			"--fix mends what can mean one thing only (words misspelt, quotation marks, names that nothing reads), tells what, and leaves every other byte as it is.",
		Example: "  fiscus package lint packages/xx/name\n  fiscus package lint . --format json\n  fiscus package lint . --fix --dry-run",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			table := a.format == "junit" || a.format == "sarif"
			if _, err := a.text(); err != nil && !table {
				return err
			}
			if dry && !mend || mend && table {
				return exit(exitUsage, errors.New("--dry-run goes with --fix, and --fix with text or json"))
			}
			var all diag.List
			for _, ref := range args {
				if mend {
					if err := a.fixPackage(ref, dry); err != nil {
						return err
					}
					if text, _ := a.text(); dry || !text {
						continue
					}
				}
				problems, err := a.lint(ref, gaps)
				if err != nil {
					return err
				}
				all = append(all, problems...)
			}
			if text, _ := a.text(); mend && (dry || !text) {
				return nil
			}
			if table {
				return a.sayLintAs(args, all)
			}
			return a.sayLint(all)
		},
	}
	c.Flags().BoolVar(&mend, "fix", false, "mend what can mean one thing only")
	c.Flags().BoolVar(&dry, "dry-run", false, "with --fix: show the difference, write nothing")
	c.Flags().BoolVar(&gaps, "gaps", false, "also tell which types of document no flow takes")
	return c
}

// lint checks one package; places are told as paths from here.
func (a *app) lint(ref string, gaps bool) (diag.List, error) {
	files, err := a.packageFiles(ref)
	if err != nil {
		return nil, err
	}
	b, problems := load.LoadAll(files, registry(), a.importer())
	if made, ok := files.(*overlay.Files); ok {
		problems = append(problems, made.Warnings...)
	}
	if b != nil {
		problems = append(problems, lint.Check(b)...)
	}
	if b != nil && gaps {
		problems = append(problems, lint.Gaps(b.Package)...)
	}
	at(ref, problems)
	return problems, nil
}

func (a *app) sayLint(all diag.List) error {
	all.Sort()
	if text, _ := a.text(); text {
		writeProblems(a.stdout, all)
	} else if err := a.json(map[string]any{"findings": append(diag.List{}, all...)}); err != nil {
		return err
	}
	if all.Grave() {
		if text, _ := a.text(); text {
			_, _ = fmt.Fprintln(a.stderr, plural(len(all), "problem", "problems"))
		}
		return exitQuiet(exitFindings)
	}
	return nil
}

func newPackageGraphCommand(a *app) *cobra.Command {
	var flow, svg string
	c := &cobra.Command{
		Use:   "graph PACKAGE",
		Short: "Draw the flows of a package: steps, effects, what follows an outcome",
		Long: "Draw the flows of a package in the language of Graphviz, or as SVG, which needs no other program.\n" +
			"With --flow one flow is drawn, with those it uses.",
		Example: "  fiscus package graph packages/xx/name --flow issue --svg issue.svg\n  fiscus package graph packages/xx/name | dot -Tpdf > flows.pdf",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			files, err := a.packageFiles(args[0])
			if err != nil {
				return err
			}
			p, problems := load.Load(files, registry(), a.importer())
			if p == nil {
				at(args[0], problems)
				return a.sayLint(problems)
			}
			if p, err = oneFlow(p, flow); err != nil {
				return err
			}
			return a.draw(p, svg)
		},
	}
	c.Flags().StringVar(&flow, "flow", "", "draw this flow and those it uses; empty: all")
	c.Flags().StringVar(&svg, "svg", "", "write SVG to this file, - for standard output")
	return c
}

func oneFlow(p *engine.Package, flow string) (*engine.Package, error) {
	if flow == "" {
		return p, nil
	}
	if part := lint.Only(p, flow); part != nil {
		return part, nil
	}
	names := make([]string, len(p.Flows))
	for i, f := range p.Flows {
		names[i] = f.Name
	}
	return nil, exit(exitNotFound, fmt.Errorf("package %s has no flow %q\n    hint: %s", p.ID, flow,
		cmp.Or(diag.DidYouMean(flow, names), "one of "+strings.Join(names, ", "))))
}

// draw writes the picture to standard output or, as SVG, to a file.
func (a *app) draw(p *engine.Package, svg string) error {
	if svg == "" {
		_, err := io.WriteString(a.stdout, lint.DOT(p))
		return err
	}
	if svg == "-" {
		_, err := io.WriteString(a.stdout, lint.SVG(p))
		return err
	}
	if err := replaceFile(svg, []byte(lint.SVG(p))); err != nil {
		return exit(exitEnvironment, err)
	}
	return nil
}
