package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/configpkg/tidy"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func newPackageFmtCommand(a *app) *cobra.Command {
	check := false
	c := &cobra.Command{
		Use:   "fmt FILE|FOLDER...",
		Short: "Write YAML files in one form: quotation marks where they are needed, blanks, indentation",
		Long: `Write YAML files in one form. Comments stay, and no file says anything else
afterwards: one that would is left as it is and reported.`,
		Example: "  fiscus package fmt .\n  fiscus package fmt --check packages/xx/name",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.formatPackages(args, check) },
	}
	c.Flags().BoolVar(&check, "check", false, "change nothing; fail if a file is not in the one form")
	return c
}

func (a *app) formatPackages(args []string, check bool) error {
	if _, err := a.text(); err != nil {
		return err
	}
	if err := a.mayChange(args, check); err != nil {
		return err
	}
	files, err := yamlFiles(args)
	if err != nil {
		return exit(exitNotFound, err)
	}
	changed, problems := []string{}, diag.List{}
	for _, file := range files {
		differs, found, err := formatFile(file, check)
		if err != nil {
			return exit(exitEnvironment, err)
		}
		problems = append(problems, found...)
		if differs {
			changed = append(changed, file)
		}
	}
	return a.sayFormat(changed, problems, check)
}

func (a *app) sayFormat(changed []string, problems diag.List, check bool) error {
	text, _ := a.text()
	if text {
		for _, f := range changed {
			_, _ = fmt.Fprintln(a.stdout, f)
		}
		writeProblems(a.stderr, problems)
	} else if err := a.json(map[string]any{"changed": changed, "findings": problems}); err != nil {
		return err
	}
	if problems.Grave() || check && len(changed) > 0 {
		return exitQuiet(exitFindings)
	}
	return nil
}

// mayChange refuses to write into packages that are no longer drafts, and to
// read those that are not what their release or the lock says.
func (a *app) mayChange(refs []string, only bool) error {
	for _, ref := range refs {
		if !packageFolder(ref) {
			continue
		}
		parent, dir, err := a.packagePlace(ref)
		if err != nil {
			return err
		}
		x, err := a.released(parent, dir)
		if err != nil {
			return err
		}
		if x != nil && !only && x.Record.State != life.Draft {
			return diag.Problemf(diag.Pos{File: ref + life.RecordEnd}, life.RuleState, "the release is %s; its files do not change", x.Record.State).
				WithHint("give the change a version of its own; --check writes nothing")
		}
	}
	return nil
}

// yamlFiles lists the files that are named, and those below named folders;
// what begins with a dot is no part of a package.
func yamlFiles(args []string) (files []string, err error) {
	for _, arg := range args {
		err := filepath.WalkDir(arg, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != arg:
				return fs.SkipDir
			case !d.IsDir() && (name == arg || filepath.Ext(name) == ".yaml"):
				files = append(files, name)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

func formatFile(file string, check bool) (differs bool, problems diag.List, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return false, nil, err
	}
	out, problems := tidy.Format(file, data)
	if bytes.Equal(out, data) {
		return false, problems, nil
	}
	if check {
		return true, problems, nil
	}
	return true, problems, os.WriteFile(file, out, 0o644)
}
