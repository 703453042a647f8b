package main

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/actions/transform"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/simulator"
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
			"  fiscus dry-run invoice.json --entity acme --why //total",
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
	c.Flags().BoolVar(&o.show, "show", false, "print every document that was written")
	return c
}

func (a *app) dryRunFiles(ctx context.Context, o *dryRun, args []string) error {
	files, err := documentFiles(args)
	if err != nil {
		return err
	}
	env, err := o.env()
	if err != nil {
		return err
	}
	if o.why != "" || o.loss {
		o.setup.registry = actions.RegistryWith(transform.Observed(o.seen.tell))
	}
	work, err := a.workspace(&o.setup)
	if err != nil {
		return err
	}
	real, err := a.keyStore()
	if err != nil {
		return err
	}
	keys := &host.StandIns{Real: real}
	code := exitOK
	for _, file := range files {
		one, err := a.dryRunFile(ctx, o, work, keys, env, file)
		if err != nil {
			a.report(err)
			one = codeOf(err)
		}
		code = worse(code, one)
	}
	return exitQuiet(code)
}

func (a *app) dryRunFile(ctx context.Context, o *dryRun, work *workspace.Workspace, keys *host.StandIns, env engine.Environment, file string) (int, error) {
	data, err := readDocument(file)
	if err != nil {
		return 0, err
	}
	o.seen = lookout{}
	h := engine.Hands{Clock: host.Clock{}, Keys: keys, Log: engine.NewMemory(nil), Artifacts: a.artifactStore(), DigestKey: []byte("dry-run")}
	e, err := engine.New(work.Catalog, h, engine.Options{Version: Version, Owner: "dry-run"})
	if err != nil {
		return 0, err
	}
	r := &engine.Request{Document: data, File: file, Entity: o.entity, Environment: env}
	r.ID = submissionID(e, r)
	if e, err = o.moment(e, r); err != nil {
		return 0, err
	}
	var t engine.Transport
	if o.simulated {
		if t, err = a.simulated(ctx, e, work, r, o.simulate); err != nil {
			return 0, err
		}
	}
	report, err := e.DryRun(ctx, r, t, 30*24*time.Hour)
	if err != nil {
		return 0, err
	}
	if o.why != "" {
		return a.sayWhy(&o.seen, o.why)
	}
	return a.sayDryRun(report, keys.Used(), o)
}

// moment gives the engine a clock that stands at the instant of the dry-run.
func (o *dryRun) moment(e *engine.Engine, r *engine.Request) (*engine.Engine, error) {
	at := time.Now()
	switch o.at {
	case "now":
	case "":
		if d, problems := e.Read(r); !problems.Grave() {
			if issued, ok := d.Date(time.UTC, "issued"); ok && issued.Before(at) {
				at = issued
			}
		}
	default:
		var err error
		if at, err = time.Parse(time.RFC3339, o.at); err != nil {
			return nil, exit(exitUsage, fmt.Errorf("--at %q is no instant\n    hint: 2026-11-23T10:00:00-03:00, or now", o.at))
		}
	}
	h := e.Hands()
	h.Clock = engine.NewVirtual(at)
	return e.With(h), nil
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
	authority := simulator.New(b.Simulators[0], simulator.Options{Now: clock.Now, Package: b.Package, Artifacts: a.artifactStore(),
		Signed: signed, Context: map[string]any{"environment": string(r.Environment)}})
	if err := authority.SetScenario(scenario); err != nil {
		return nil, err
	}
	return &simulator.InProcess{Authorities: []*simulator.Authority{authority}, Clock: clock, Keys: e.Hands().Keys}, nil
}

// sayDryRun prints a dry-run and returns its exit code.
func (a *app) sayDryRun(r *engine.Report, preview bool, o *dryRun) (int, error) {
	r.Preview = preview
	code, show := reportCode(r), o.show
	if r.Next != nil {
		code = exitOK
	}
	if text, _ := a.text(); !text {
		if !o.loss {
			return code, a.json(r)
		}
		return code, a.json(struct {
			*engine.Report
			Unread []string `json:"unread"`
		}{r, a.loss(&o.seen)})
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
		_, _ = fmt.Fprintf(w, "  never read: %s\n", strings.Join(a.loss(&o.seen), " "))
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

func newExplainCommand(a *app) *cobra.Command {
	var o setup
	c := &cobra.Command{
		Use:   "explain DOCUMENT",
		Short: "Which flow a document takes, and why not the others: every clause with its value",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			env, err := o.env()
			if err != nil {
				return err
			}
			data, err := readDocument(args[0])
			if err != nil {
				return err
			}
			work, err := a.workspace(&o)
			if err != nil {
				return err
			}
			e, err := engine.New(work.Catalog, engine.Hands{Clock: host.Clock{}, Log: engine.NewMemory(nil), Keys: &host.StandIns{}}, engine.Options{Version: Version})
			if err != nil {
				return err
			}
			x, err := e.Explain(c.Context(), &engine.Request{Document: data, File: args[0], Entity: o.entity, Environment: env})
			if err != nil {
				return err
			}
			return a.sayExplanation(x)
		},
	}
	o.flags(c)
	return c
}

func (a *app) sayExplanation(x *engine.Explanation) error {
	code := exitOK
	if x.Chosen == nil {
		code = exitFindings
	}
	text, err := a.text()
	if err != nil {
		return err
	}
	if !text {
		if err := a.json(x); err != nil {
			return err
		}
		return exitQuiet(code)
	}
	if x.Chosen != nil {
		_, _ = fmt.Fprintf(a.stdout, "chosen: %s@%s %s\n", x.Chosen.Package, x.Chosen.Version, x.Chosen.Flow)
	} else if x.Problem != nil {
		_, _ = fmt.Fprintf(a.stdout, "no flow: %s [%s]\n", x.Problem.Message, x.Problem.Rule)
	}
	for _, c := range x.Considered {
		_, _ = fmt.Fprintf(a.stdout, "\n%s@%s %s: %s\n", c.Package, c.Version, c.Flow, c.Result)
		for _, l := range c.Clauses {
			_, _ = fmt.Fprintf(a.stdout, "  %s%-7s %s", strings.Repeat("  ", l.Depth), l.Result, l.Clause)
			if l.Value != "" {
				_, _ = fmt.Fprintf(a.stdout, "   (it is %s)", l.Value)
			}
			_, _ = fmt.Fprintln(a.stdout)
		}
		for _, change := range c.Change {
			_, _ = fmt.Fprintf(a.stdout, "  would match if %s %s   (it is %s)\n", change.Path, change.To, change.From)
		}
	}
	return exitQuiet(code)
}
