package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/host"
	"github.com/fiscus-project/fiscus/service/plan"
)

// signatureEnd is what the name of a signature has beside that of its file.
const signatureEnd = ".minisig"

// planFile plans a run up to its first call that changes the world.
func (a *app) planFile(ctx context.Context, s *session, o *setup, files []string, to string, valid time.Duration) error {
	if len(files) != 1 {
		return exit(exitUsage, errors.New("a plan is of one document"))
	}
	data, err := readDocument(files[0])
	if err != nil {
		return err
	}
	r := &engine.Request{Document: data, File: files[0], Entity: o.entity, Environment: s.env}
	r.ID = submissionID(s.Engine, r)
	key, err := a.signer(operatorKey)
	if err != nil {
		return err
	}
	planned, err := s.Plan(ctx, r, a.world(s).Facts)
	if err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second)
	p := &plan.Plan{Format: plan.Format, Made: now, Expires: now.Add(valid), Engine: Version, Entity: o.entity, Environment: s.env, Planned: planned}
	text, signature, err := p.Encode(key)
	if err != nil {
		return err
	}
	if err := errors.Join(replaceFile(to, text), replaceFile(to+signatureEnd, signature)); err != nil {
		return exit(exitEnvironment, err)
	}
	return a.say(p, "%s: planned until %s; it would %s %s, %d bytes, sha256 %s\n    the run waits for: fiscus apply %s\n", r.ID,
		p.Expires.Format(time.RFC3339), planned.Call.Method, planned.Call.URL, len(planned.Body), planned.Call.BodySHA256, to)
}

func (a *app) world(s *session) plan.World {
	w := plan.World{Engine: s.Engine, Version: Version}
	if h, ok := s.Hands().Artifacts.(*host.Artifacts); ok {
		w.Artifacts = h
	}
	return w
}

func newApplyCommand(a *app) *cobra.Command {
	var o setup
	var p pace
	c := &cobra.Command{
		Use:   "apply PLAN",
		Short: "Do exactly what a plan says, or tell what is no longer so",
		Long: "Send what \"fiscus run --plan\" planned: the same bytes, by the same package, parameters, keys and numbers.\n" +
			"If anything has changed since, nothing leaves, every difference is told, and the exit code is 7.",
		Example: "  fiscus run invoice.json --entity acme --plan invoice.plan\n  fiscus apply invoice.plan",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := a.text(); err != nil {
				return err
			}
			return a.apply(c.Context(), &o, &p, args[0])
		},
	}
	c.Flags().StringSliceVar(&o.packages, "package", nil, "the package (folder, or name of a shipped one) that was tried when planning")
	o.networkFlags(c)
	p.flags(c, &o)
	return c
}

func (a *app) readPlan(file string) (*plan.Plan, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, exit(exitNotFound, err)
	}
	signature, err := os.ReadFile(file + signatureEnd)
	if err != nil {
		return nil, exit(exitNotFound, err)
	}
	keys, err := a.trusted()
	if err != nil {
		return nil, err
	}
	return plan.Read(text, signature, keys...)
}

func (a *app) apply(ctx context.Context, o *setup, pc *pace, file string) error {
	p, err := a.readPlan(file)
	if err != nil {
		return err
	}
	o.entity, o.environment = p.Entity, string(p.Environment)
	s, err := a.session(ctx, o)
	if err != nil {
		return err
	}
	err = a.applyPlan(ctx, s, pc, p)
	return errors.Join(err, s.close())
}

func (a *app) applyPlan(ctx context.Context, s *session, pc *pace, p *plan.Plan) error {
	drifts, err := s.Drifts(ctx, p.Planned, a.world(s).Facts)
	if err != nil {
		return err
	}
	if now := time.Now(); now.After(p.Expires) || now.Before(p.Made) {
		drifts = append(drifts, engine.Drift{What: "clock", Old: p.Made.Format(time.RFC3339) + " to " + p.Expires.Format(time.RFC3339), New: now.UTC().Format(time.RFC3339)})
	}
	if len(drifts) > 0 {
		return a.sayDrifts(p, drifts)
	}
	h := s.Hands()
	h.Transport = s.Guard(p.Planned)
	guarded := *s
	guarded.Engine = s.With(h)
	if err := guarded.Apply(ctx, p.Planned, "operator"); err != nil {
		return err
	}
	code, err := a.through(ctx, &guarded, []string{p.Planned.Submission}, pc)
	if err != nil {
		return err
	}
	return exitQuiet(code)
}

func (a *app) sayDrifts(p *plan.Plan, drifts []engine.Drift) error {
	if text, _ := a.text(); !text {
		if err := a.json(map[string]any{"submission": p.Planned.Submission, "drift": drifts}); err != nil {
			return err
		}
		return exitQuiet(exitDrift)
	}
	_, _ = fmt.Fprintf(a.stdout, "the plan of submission %s no longer fits; nothing was sent\n", p.Planned.Submission)
	for _, d := range drifts {
		_, _ = fmt.Fprintf(a.stdout, "    %s %s: planned %s, now %s\n", d.What, d.Name, orDash(d.Old), orDash(d.New))
	}
	_, _ = fmt.Fprintln(a.stdout, "    hint: plan again with \"fiscus run --plan\", or give the number back with \"fiscus submission cancel\"")
	return exitQuiet(exitDrift)
}
