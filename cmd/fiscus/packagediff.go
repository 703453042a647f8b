package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/life"
)

func newPackageDiffCommand(a *app) *cobra.Command {
	cases := false
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "What a package says differently, in words of packages: rules, mappings, answer codes, table rows",
		Long: "What a package says differently, in words of packages, and how far its version has to move for it: a patch for words, tests and comments,\n" +
			"minor for what changes output, verdict or selection, major for what its users have to answer for. --impact runs the cases of the old\n" +
			"package on the new one, takes the documents that it was given in the test environment through both, and tells what comes out otherwise.",
		Example: "  fiscus package diff xx/name ./next\n  fiscus package diff xx/name ./next --impact",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.text()
			if err != nil {
				return err
			}
			x, err := a.packageFiles(args[0])
			if err != nil {
				return err
			}
			y, err := a.packageFiles(args[1])
			if err != nil {
				return err
			}
			list, err := life.Diff(x, y)
			if err != nil {
				return exit(exitEnvironment, err)
			}
			s, err := a.successor(c.Context(), x, y, list, cases)
			if err != nil {
				return err
			}
			if cases {
				if s.Stored, err = a.storedImpact(c.Context(), s.ID, args[0], args[1]); err != nil {
					return err
				}
			}
			if !text {
				if err := a.json(map[string]any{"differences": append([]life.Difference{}, list...), "needs": s.Need.Level.String(), "because": s.Need.Why,
					"step": s.Step.String(), "impact": s.Impact, "stored": s.Stored}); err != nil {
					return err
				}
			} else {
				sayDiff(a, list)
				a.saySuccessor(s)
			}
			if len(list) > 0 {
				return exitQuiet(exitFindings)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&cases, "impact", false, "also run the cases of the old package on the new one")
	return c
}

func sayDiff(a *app, list []life.Difference) {
	for _, d := range list {
		_, _ = fmt.Fprintf(a.stdout, "%s %s %s", d.What, d.Name, d.How)
		switch d.How {
		case "added":
			_, _ = fmt.Fprintf(a.stdout, ": %s", d.New)
		case "removed":
			_, _ = fmt.Fprintf(a.stdout, ": %s", d.Old)
		default:
			_, _ = fmt.Fprintf(a.stdout, ": %s > %s", orDash(d.Old), orDash(d.New))
		}
		place := d.File
		if d.Line > 0 {
			place = fmt.Sprintf("%s:%d", d.File, d.Line)
		}
		_, _ = fmt.Fprintf(a.stdout, "   (%s)\n", place)
	}
	_, _ = fmt.Fprintf(a.stdout, "%d differences\n", len(list))
}
