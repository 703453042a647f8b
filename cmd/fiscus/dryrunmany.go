package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/dryrun"
)

// dryRunCode is the exit code of a dry-run: that it stops before a call is as
// planned.
func dryRunCode(r *engine.Report) int {
	if r.Next != nil {
		return exitOK
	}
	return reportCode(r)
}

// sayLine prints one of many documents in one line, its problems below.
func (a *app) sayLine(r dryrun.Result, count map[string]int) (int, error) {
	if r.Err != nil {
		count["refused"]++
		list, ok := r.Problems()
		if !ok {
			_, err := fmt.Fprintf(a.stdout, "%s: %v\n", r.File, r.Err)
			return codeOf(r.Err), err
		}
		_, _ = fmt.Fprintf(a.stdout, "%s: refused\n", r.File)
		writeProblems(indent{a.stdout}, list)
		return exitFindings, nil
	}
	p := r.Report
	count[string(p.Status.Document)]++
	what := fmt.Sprintf("document %s, run %s", p.Status.Document, p.Status.Run)
	if p.Next != nil {
		what = "would " + p.Next.Method + " " + p.Next.URL
	}
	if p.Preview {
		what += " (preview)"
	}
	_, _ = fmt.Fprintf(a.stdout, "%s: %s@%s %s, %s, %s\n", r.File, p.Package, p.Version, p.Flow, p.Status.Document, what)
	if p.Next == nil {
		a.sayTrouble(p)
	}
	return dryRunCode(p), nil
}

func (a *app) sayCount(count map[string]int, n int) {
	_, _ = fmt.Fprintf(a.stdout, "%d documents:", n)
	for _, k := range slices.Sorted(maps.Keys(count)) {
		_, _ = fmt.Fprintf(a.stdout, " %d %s", count[k], k)
	}
	_, _ = fmt.Fprintln(a.stdout, "; nothing left this machine, nothing was kept")
}

// compareFiles takes documents through two configurations.
func (a *app) compareFiles(ctx context.Context, o *dryRun, files []string) error {
	if o.alone() || o.show {
		return exit(exitUsage, errors.New("--why, --loss and --show look at one configuration, --against compares two"))
	}
	here, err := a.side(o, o.packages)
	if err != nil {
		return err
	}
	there, err := a.side(o, []string{o.against})
	if err != nil {
		return err
	}
	name := "deployed"
	if len(o.packages) > 0 {
		name = fmt.Sprint(o.packages)
	}
	return a.compare(ctx, o, dryrun.NewGrouped("["+o.against+"]", name), len(files), func(ctx context.Context, i int) dryrun.Comparison {
		d := fileDocument(files[i])
		return dryrun.Compare(there.Try(ctx, d), here.Try(ctx, d))
	})
}

// compare makes n comparisons, prints the changed documents in ndjson and the
// differences by cause in the end. Differences are exit code 1.
func (a *app) compare(ctx context.Context, o *dryRun, g *dryrun.Grouped, n int, do func(context.Context, int) dryrun.Comparison) error {
	bar := a.progress("compare")
	defer bar.end()
	err := dryrun.Each(ctx, n, o.workers, do, func(i int, c dryrun.Comparison) error {
		bar.set(i+1, n)
		g.Add(c)
		if a.format == "ndjson" && len(c.Changes) > 0 {
			return a.json(c)
		}
		return nil
	})
	if err != nil {
		return err
	}
	bar.end()
	sum := g.Summary()
	if err := writeHTML(o.report, sum); err != nil {
		return err
	}
	if err := a.saySummary(sum); err != nil {
		return err
	}
	if sum.Changed > 0 {
		return exitQuiet(exitFindings)
	}
	return nil
}

func writeHTML(file string, sum dryrun.Summary) error {
	if file == "" {
		return nil
	}
	f, err := os.Create(file)
	if err != nil {
		return exit(exitEnvironment, err)
	}
	if err := errors.Join(sum.HTML(f), f.Close()); err != nil {
		return exit(exitEnvironment, err)
	}
	return nil
}

func (a *app) saySummary(s dryrun.Summary) error {
	if text, _ := a.text(); !text {
		return a.json(s)
	}
	w := a.stdout
	_, _ = fmt.Fprintf(w, "from %s to %s: %d documents, %d the same, %d changed\n", s.Old, s.New, s.Documents, s.Same, s.Changed)
	later := false
	for _, g := range s.Groups {
		if g.Later && !later {
			later = true
			_, _ = fmt.Fprintln(w, "\nseen after another difference of the same document, which may be their cause:")
		}
		sayGroup(w, g)
	}
	if s.Preview > 0 {
		_, _ = fmt.Fprintf(w, "\npreview: in %d documents a stand-in took the place of a key or secret that is not there\n", s.Preview)
	}
	_, _ = fmt.Fprintln(w, "nothing left this machine, nothing was kept")
	return nil
}

func sayGroup(w interface{ Write([]byte) (int, error) }, g *dryrun.Group) {
	_, _ = fmt.Fprintf(w, "\n%s %s", g.Kind, g.How)
	for _, s := range []string{g.Path, g.Rule} {
		if s != "" {
			_, _ = fmt.Fprintf(w, " %s", s)
		}
	}
	where := g.Flow
	if g.Step != "" {
		where += " / " + g.Step
	}
	_, _ = fmt.Fprintf(w, "\n    %s: %d documents, %d differences\n", where, g.Documents, g.Changes)
	for _, e := range g.Examples {
		_, _ = fmt.Fprintf(w, "    %s: %s > %s\n", e.File, orDash(e.Old), orDash(e.New))
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
