package main

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/cases"
	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine/casetest"
)

// caseOptions are the flags of package cases.
type caseOptions struct {
	dry  bool
	mask string
	keep []string
	as   string
}

func newPackageCasesCommand(a *app) *cobra.Command {
	o := &caseOptions{}
	c := &cobra.Command{
		Use:   "cases PACKAGE",
		Short: "Make tests for the rules of a package: for each a document that just holds and one that just fails",
		Long: `Make tests for the rules of a package. From the documents of its tests one field, or
two, are changed until a rule says something else; the results are written as
tests/cases.yaml with the documents beside it. With --mask a real document is
copied instead, its texts replaced so that every rule does what it did.`,
		Example: "  fiscus package cases packages/xx/name\n  fiscus package cases . --mask invoice.json > tests/documents/real.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if o.mask != "" {
				return a.maskDocument(args[0], o)
			}
			return a.makeCases(c.Context(), args[0], o)
		},
	}
	f := c.Flags()
	f.BoolVar(&o.dry, "dry", false, "write nothing; tell what would be written and which rules have no case")
	f.StringVar(&o.mask, "mask", "", "print a masked copy of this document")
	f.StringSliceVar(&o.keep, "keep", nil, "with --mask: fields that stay, such as note or lines.0.item.name")
	f.StringVar(&o.as, "entity-of", "", "with --mask: name of the test whose legal entity the document is of (default: the first)")
	return c
}

func (a *app) caseBundle(ref string) (fs.FS, *load.Bundle, error) {
	files, err := a.packageFiles(ref)
	if err != nil {
		return nil, nil, err
	}
	b, problems := load.LoadAll(files, registry(), a.importer())
	if b == nil {
		at(ref, problems)
		return nil, nil, problems
	}
	return files, b, nil
}

func (a *app) makeCases(ctx context.Context, ref string, o *caseOptions) error {
	files, b, err := a.caseBundle(ref)
	if err != nil {
		return err
	}
	r, err := cases.Find(ctx, b, cases.Options{})
	if err != nil {
		return err
	}
	out, err := r.Files(ctx, files, registry(), a.importer(), cover.Options{Artifacts: a.artifactStore()})
	if err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(out))
	for _, name := range names {
		if o.dry {
			break
		}
		if err := writeUnder(ref, name, out[name]); err != nil {
			return exit(exitEnvironment, err)
		}
	}
	return a.sayCases(ref, r, names)
}

func (a *app) sayCases(ref string, r *cases.Report, names []string) error {
	text, err := a.text()
	if err != nil {
		return err
	}
	if !text {
		missing := []map[string]any{}
		for _, m := range r.Failed {
			missing = append(missing, map[string]any{"rule": m.Rule, "why": m.Why})
		}
		return a.json(map[string]any{"cases": len(r.Cases), "files": names, "missing": missing})
	}
	for _, c := range r.Cases {
		how := "fails"
		if c.Holds {
			how = "holds"
		}
		_, _ = fmt.Fprintf(a.stdout, "%s %s: %s\n", c.Rule, how, c.Beside)
	}
	for _, m := range r.Failed {
		_, _ = fmt.Fprintf(a.stdout, "%s/%s: no case for %s: %s\n", ref, m.Pos, m.Rule, m.Why)
	}
	_, _ = fmt.Fprintf(a.stdout, "%d cases, %d files, %d missing\n", len(r.Cases), len(names), len(r.Failed))
	return nil
}

func (a *app) maskDocument(ref string, o *caseOptions) error {
	_, b, err := a.caseBundle(ref)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(o.mask)
	if err != nil {
		return exit(exitNotFound, err)
	}
	i := slices.IndexFunc(b.Tests, func(t *casetest.Test) bool { return b.Entities[t.Entity] != nil && (o.as == "" || t.Name == o.as) })
	if i < 0 {
		return exit(exitNotFound, fmt.Errorf("no test of %s names a legal entity\n    hint: name one with --entity-of", ref))
	}
	m, err := cases.Mask(b, b.Tests[i], data, o.keep)
	if err != nil {
		return exit(exitFindings, fmt.Errorf("%s: %w", o.mask, err))
	}
	if len(m.Kept) > 0 {
		return exit(exitFindings, fmt.Errorf("no other text was found that keeps the rules as they are for: %s\n    hint: look at them, and name those that may stay with --keep", strings.Join(m.Kept, ", ")))
	}
	_, err = a.stdout.Write(m.Document)
	return err
}
