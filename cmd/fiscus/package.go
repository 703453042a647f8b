package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func newPackageCommand(a *app) *cobra.Command {
	c := &cobra.Command{Use: "package", Short: "Feature packages: check, look at"}
	c.AddCommand(newPackageLintCommand(a))
	return c
}

func newPackageLintCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "lint PACKAGE...",
		Short:   "Check packages: every problem with its place, and what to do",
		Example: "  fiscus package lint packages/xx/name\n  fiscus package lint . --format json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := a.text(); err != nil {
				return err
			}
			var all diag.List
			for _, ref := range args {
				problems, err := a.lint(ref)
				if err != nil {
					return err
				}
				all = append(all, problems...)
			}
			return a.sayLint(all)
		},
	}
}

// lint checks one package; places are told as paths from here.
func (a *app) lint(ref string) (diag.List, error) {
	files, err := a.packageFiles(ref)
	if err != nil {
		return nil, err
	}
	_, problems := load.LoadAll(files, registry(), nil)
	for i := range problems {
		problems[i].Pos.File = ref + "/" + problems[i].Pos.File
	}
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
			_, _ = fmt.Fprintf(a.stderr, "%d problems\n", len(all))
		}
		return exitQuiet(exitFindings)
	}
	return nil
}
