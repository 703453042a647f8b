package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/actions/transform"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/simulator"
	"github.com/fiscus-project/fiscus/service/dryrun"
	"github.com/fiscus-project/fiscus/service/host"
	"github.com/fiscus-project/fiscus/service/workspace"
)

type dryRun struct {
	setup
	simulate  string
	simulated bool
	why       string
	show      bool
	loss      bool
	at        string
	against   string
	report    string
	workers   int
	now       time.Time
	log       engine.Log // of earlier submissions; nil: none
	seen      lookout
}

func newDryRunCommand(a *app) *cobra.Command {
	var o dryRun
	c := &cobra.Command{
		Use:   "dry-run DOCUMENT|DIR...",
		Short: "Show what a run would do; nothing leaves, nothing is kept",
		Long: "Take documents through on a scratch copy and stop before the first call that would leave.\n" +
			"No network, secrets or clock are needed: a key that is not there is replaced by a stand-in, and what it signed is a preview.\n" +
			"With --simulate the package's own simulated authority answers, so that the rest is seen too.",
		Example: "  fiscus dry-run invoice.json --entity acme --package xx/name\n" +
			"  fiscus dry-run invoice.json --entity acme --simulate lost\n" +
			"  fiscus dry-run invoice.json --entity acme --why //total\n" +
			"  fiscus dry-run outbox/ --entity acme --package ./next --against xx/name --report changes.html",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := a.text(); err != nil {
				return err
			}
			o.simulated = c.Flags().Changed("simulate")
			return a.dryRunFiles(c.Context(), &o, args)
		},
	}
	o.flags(c)
	c.Flags().StringVar(&o.simulate, "simulate", "", "let the package's simulator answer, in this scenario (none: as the document says)")
	c.Flags().StringVar(&o.why, "why", "", "explain this output node: which input, which line of which file")
	c.Flags().StringVar(&o.at, "at", "", "what the clock shows: an instant, or \"now\" (default: the document's own date where that is past)")
	c.Flags().BoolVar(&o.loss, "loss", false, "list the values of the document that no mapping has read")
	c.Flags().StringVar(&o.against, "against", "", "compare with this package (folder or name): what does each document become there, and here")
	c.Flags().StringVar(&o.report, "report", "", "write the comparison as one HTML page to this file")
	c.Flags().IntVar(&o.workers, "workers", runtime.NumCPU(), "documents under way at once")
	c.Flags().BoolVar(&o.show, "show", false, "print every document that was written")
	return c
}

func (a *app) dryRunFiles(ctx context.Context, o *dryRun, args []string) error {
	files, err := documentFiles(args)
	if err != nil {
		return err
	}
	if o.against != "" {
		return a.compareFiles(ctx, o, files)
	}
	if o.report != "" {
		return exit(exitUsage, errors.New("--report tells differences\n    hint: name what to compare with by --against"))
	}
	side, err := a.side(o, o.packages)
	if err != nil {
		return err
	}
	if len(files) == 1 || o.alone() {
		o.workers = 1
	}
	bar := a.progress("dry-run")
	defer bar.end()
	code, count := exitOK, map[string]int{}
	err = dryrun.Each(ctx, len(files), o.workers, func(ctx context.Context, i int) tried {
		o.seen = lookout{}
		r := side.Try(ctx, fileDocument(files[i]))
		return tried{r, o.seen}
	}, func(i int, t tried) error {
		bar.set(i+1, len(files))
		one, err := a.sayTried(o, t, len(files) > 1, count)
		code = worse(code, one)
		return err
	})
	if err != nil {
		return err
	}
	if text, _ := a.text(); text && len(files) > 1 && !o.alone() {
		a.sayCount(count, len(files))
	}
	return exitQuiet(code)
}

// alone reports whether documents are looked at one after the other, each with
// all that is known of it.
func (o *dryRun) alone() bool { return o.why != "" || o.loss }

// tried is a result and what of it the mappings were seen to do.
type tried struct {
	dryrun.Result
	seen lookout
}

func fileDocument(file string) dryrun.Document {
	data, err := readDocument(file)
	return dryrun.Document{File: file, Data: data, Err: err}
}

// side opens a configuration: the packages given, or else what is deployed.
func (a *app) side(o *dryRun, packages []string) (*dryrun.Side, error) {
	env, err := o.env()
	if err != nil {
		return nil, err
	}
	with := o.setup
	with.packages = packages
	if o.alone() {
		with.registry = actions.RegistryWith(transform.Observed(o.seen.tell))
	}
	work, err := a.workspace(&with)
	if err != nil {
		return nil, err
	}
	real, err := a.keyStore()
	if err != nil {
		return nil, err
	}
	if o.now.IsZero() {
		o.now = time.Now()
	}
	d := dryrun.Options{Catalog: work.Catalog, Keys: &host.StandIns{Real: real}, Artifacts: a.artifactStore(), Log: o.log,
		Entity: o.entity, Environment: env, Version: Version, Now: o.now}
	if d.At, err = o.instant(); err != nil {
		return nil, err
	}
	if o.simulated {
		d.Authority = func(ctx context.Context, e *engine.Engine, r *engine.Request) (engine.Transport, error) {
			return a.simulated(ctx, e, work, r, o.simulate)
		}
	}
	return dryrun.New(d)
}

// instant returns what --at says; zero: the document decides.
func (o *dryRun) instant() (time.Time, error) {
	switch o.at {
	case "now":
		return o.now, nil
	case "":
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, o.at)
	if err != nil {
		return at, exit(exitUsage, fmt.Errorf("--at %q is no instant\n    hint: 2026-11-23T10:00:00-03:00, or now", o.at))
	}
	return at, nil
}

// sayTried prints what became of one document and returns its exit code.
func (a *app) sayTried(o *dryRun, t tried, many bool, count map[string]int) (int, error) {
	text, _ := a.text()
	switch {
	case t.Err != nil && text && many:
		return a.sayLine(t.Result, count)
	case t.Err != nil:
		a.report(t.Err)
		count["refused"]++
		return codeOf(t.Err), nil
	case o.why != "":
		return a.sayWhy(&t.seen, o.why)
	case !text || !many || o.alone() || o.show:
		return a.sayDryRun(t, o)
	}
	return a.sayLine(t.Result, count)
}

// simulated returns the simulator of the package that the document goes to.
func (a *app) simulated(ctx context.Context, e *engine.Engine, work *workspace.Workspace, r *engine.Request, scenario string) (engine.Transport, error) {
	x, err := e.Explain(ctx, r)
	if err != nil || x.Chosen == nil {
		return nil, err // the run itself says why there is no flow
	}
	b := work.Bundle(x.Chosen.Package, x.Chosen.Version)
	if b == nil || len(b.Simulators) == 0 {
		return nil, exit(exitNotFound, fmt.Errorf("package %s has no simulator", x.Chosen.Package))
	}
	clock := e.Hands().Clock
	host, err := tablesOf(b.Package, clock.Now)
	if err != nil {
		return nil, err
	}
	authority := simulator.New(b.Simulators[0], simulator.Options{Now: clock.Now, Package: b.Package, Host: host, Artifacts: a.artifactStore(),
		Signed: signed, Context: map[string]any{"environment": string(r.Environment)}})
	if err := authority.SetScenario(scenario); err != nil {
		return nil, err
	}
	return &simulator.InProcess{Authorities: []*simulator.Authority{authority}, Clock: clock, Keys: e.Hands().Keys}, nil
}

// sayDryRun prints a dry-run and returns its exit code.
func (a *app) sayDryRun(t tried, o *dryRun) (int, error) {
	r, preview, show := t.Report, t.Report.Preview, o.show
	code := dryRunCode(r)
	if text, _ := a.text(); !text {
		if !o.loss {
			return code, a.json(struct {
				File string `json:"file"`
				*engine.Report
			}{t.File, r})
		}
		return code, a.json(struct {
			File string `json:"file"`
			*engine.Report
			Unread []string `json:"unread"`
		}{t.File, r, a.loss(&t.seen)})
	}
	w := a.stdout
	_, _ = fmt.Fprintf(w, "%s: %s@%s %s for %s (%s), the clock at %s\n", r.DocumentID, r.Package, r.Version, r.Flow, r.Entity, r.Environment, r.Accepted.Format(time.RFC3339))
	for _, s := range r.Steps {
		_, _ = fmt.Fprintf(w, "  %-28s %-16s %-8s %s\n", s.ID, s.Action, s.Effect, outcomeText(&s))
		for _, out := range s.Outputs {
			if show && out.Name == "out" && utf8.Valid(out.Data) {
				_, _ = fmt.Fprintf(w, "%s\n", out.Data)
			}
		}
	}
	if c := r.Next; c != nil {
		_, _ = fmt.Fprintf(w, "  would now %s %s\n", c.Method, c.URL)
		for _, h := range c.Headers {
			_, _ = fmt.Fprintf(w, "    %s: %s\n", h[0], h[1])
		}
		_, _ = fmt.Fprintf(w, "    body: %d bytes, sha256 %s\n", len(c.Body), c.BodySHA256)
		if show && utf8.Valid(c.Body) {
			_, _ = fmt.Fprintf(w, "%s\n", c.Body)
		}
	} else {
		_, _ = fmt.Fprintf(w, "  document %s, run %s, sends %d, look-ups %d\n", r.Status.Document, r.Status.Run, r.Sends, r.Lookups)
		a.sayTrouble(r)
	}
	if o.loss {
		_, _ = fmt.Fprintf(w, "  never read: %s\n", strings.Join(a.loss(&t.seen), " "))
	}
	if preview {
		_, _ = fmt.Fprintln(w, "  preview: a stand-in took the place of a key or secret that is not there")
	}
	_, _ = fmt.Fprintln(w, "  nothing left this machine, nothing was kept")
	return code, nil
}

func outcomeText(s *engine.StepReport) string {
	out := s.Outcome
	if s.Code != "" {
		out += " (" + strings.TrimSpace(s.Code+" "+s.Text) + ")"
	}
	return out
}
