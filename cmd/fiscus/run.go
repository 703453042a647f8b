package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func newRunCommand(a *app) *cobra.Command {
	var o setup
	var p pace
	var plan string
	var valid time.Duration
	c := &cobra.Command{
		Use:   "run DOCUMENT|DIR...",
		Short: "Take documents through: write, sign, send, understand the answer, keep",
		Long: "Take one or many business documents (JSON) through the flow that applies.\n" +
			"A document that was taken before is not taken again: its run goes on, or its result is told.",
		Example: "  fiscus run invoice.json --entity acme\n  fiscus run outbox/ --entity acme --environment production",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := a.text(); err != nil {
				return err
			}
			files, err := documentFiles(args)
			if err != nil {
				return err
			}
			s, err := a.session(c.Context(), &o)
			if err != nil {
				return err
			}
			if plan != "" {
				err = a.planFile(c.Context(), s, &o, files, plan, valid)
			} else {
				err = a.runFiles(c.Context(), s, o.entity, files, &p)
			}
			return errors.Join(err, s.close())
		},
	}
	o.flags(c)
	o.networkFlags(c)
	p.flags(c, &o)
	c.Flags().StringVar(&plan, "plan", "", "stop before the first call that changes anything and write a signed plan to this file, for \"fiscus apply\"")
	c.Flags().DurationVar(&valid, "plan-for", time.Hour, "how long the plan may be applied")
	return c
}

func (a *app) runFiles(ctx context.Context, s *session, entity string, files []string, p *pace) error {
	ids := make([]string, 0, len(files))
	code := exitOK
	for _, file := range files {
		id, err := submit(ctx, s, entity, file)
		switch {
		case err == nil:
			ids = append(ids, id)
		case codeOf(err) == exitInternal: // not the document's fault: the log cannot be written
			return exit(exitEnvironment, fmt.Errorf("%s was not taken: %w\n    hint: another process may hold the log of %s; what was taken before goes on with the next run", file, err, a.data))
		default:
			a.report(err)
			code = worse(code, codeOf(err))
		}
	}
	through, err := a.through(ctx, s, ids, p)
	if err != nil {
		return err
	}
	return exitQuiet(worse(code, through))
}

// through takes submissions as far as they go, keeps and tells their results,
// and returns the exit code they ask for.
func (a *app) through(ctx context.Context, s *session, ids []string, p *pace) (int, error) {
	if s.owner != nil {
		return a.followed(ctx, s, ids, p.patience)
	}
	stop := a.watch(ctx, s, ids)
	_, err := s.Run(ctx, ids, p.workers, p.patience)
	stop()
	if err != nil {
		return exitOK, err
	}
	return a.results(ctx, s, ids)
}

// followed waits for submissions that another process advances, and tells their
// results.
func (a *app) followed(ctx context.Context, s *session, ids []string, patience time.Duration) (int, error) {
	stop := a.watch(ctx, s, ids)
	err := a.follow(ctx, s, ids, patience)
	stop()
	if err != nil {
		return exitOK, err
	}
	return a.results(ctx, s, ids)
}

func (a *app) results(ctx context.Context, s *session, ids []string) (int, error) {
	code := exitOK
	for _, id := range ids {
		report, err := s.Report(ctx, id)
		if err != nil {
			return code, err
		}
		if err := a.keepResults(ctx, s.store, report); err != nil {
			return code, err
		}
		if err := a.sayReport(report); err != nil {
			return code, err
		}
		code = worse(code, reportCode(report))
	}
	return code, nil
}

func submit(ctx context.Context, s *session, entity, file string) (string, error) {
	data, err := readDocument(file)
	if err != nil {
		return "", err
	}
	r := &engine.Request{Document: data, File: file, Entity: entity, Environment: s.env}
	r.ID = submissionID(s.Engine, r)
	sub, err := s.Submit(ctx, r)
	if err != nil {
		return "", err
	}
	return sub.ID, nil
}

// worse returns the exit code that asks for more attention.
func worse(a, b int) int {
	rank := map[int]int{exitOK: 0, exitRefused: 1, exitUndecided: 2, exitFindings: 3, exitUsage: 4, exitNotFound: 5, exitDrift: 6, exitEnvironment: 7, exitInternal: 8}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// reportCode returns the exit code of a submission.
func reportCode(r *engine.Report) int {
	switch {
	case r.Status.Document == engine.DocRejected || r.Status.Document == engine.DocDenied:
		return exitRefused
	case r.Status.Run == engine.RunFailed:
		return exitFindings
	case r.Status.Run == engine.RunParked && environmental(r.Rule):
		return exitEnvironment
	case r.Status.Run == engine.RunParked, r.Status.Document == engine.DocUnknown:
		return exitUndecided
	case r.Status.Run == engine.RunWaiting && r.Status.Document != engine.DocPending:
		return exitUndecided
	}
	return exitOK
}

// environmental reports whether a problem is one of set-up, not of a document.
func environmental(rule string) bool {
	for _, prefix := range []string{"SIG-KEY", "SIG-VAULT", "NET-", "RUN-ENVIRONMENT", "RUN-PARAMETER"} {
		if len(rule) >= len(prefix) && rule[:len(prefix)] == prefix {
			return true
		}
	}
	return false
}

// keepResults writes kept results as files below results/ of the data folder.
// A file that is there stays: results do not change.
func (a *app) keepResults(ctx context.Context, log engine.Log, r *engine.Report) error {
	for _, k := range r.Results {
		dir := filepath.Join(a.data, "results", r.ID)
		name := filepath.Join(dir, filepath.Base(k.File))
		if _, err := os.Stat(name); err == nil {
			continue
		}
		data, err := log.Blob(ctx, k.SHA256)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return exit(exitEnvironment, err)
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			return exit(exitEnvironment, err)
		}
	}
	return nil
}

// sayReport prints one submission.
func (a *app) sayReport(r *engine.Report) error {
	text, err := a.text()
	if err != nil {
		return err
	}
	if !text {
		return a.json(r)
	}
	name := r.DocumentID
	if name == "" {
		name = r.ID
	}
	line := fmt.Sprintf("%s: %s (run %s)  %s@%s %s  sends %d, look-ups %d", name, r.Status.Document, r.Status.Run, r.Package, r.Version, r.Flow, r.Sends, r.Lookups)
	if r.RecoveredBy != "" {
		line += ", recovered by " + r.RecoveredBy
	}
	_, _ = fmt.Fprintln(a.stdout, line)
	for _, k := range r.Results {
		_, _ = fmt.Fprintf(a.stdout, "    %s: %s\n", k.Name, filepath.Join(a.data, "results", r.ID, k.File))
	}
	a.sayTrouble(r)
	if r.Status.Run == engine.RunParked {
		_, _ = fmt.Fprintf(a.stdout, "    when that is settled: fiscus submission retry %s --reason TEXT\n", r.ID)
	}
	return nil
}

// sayTrouble prints what a person has to know when all is not well.
func (a *app) sayTrouble(r *engine.Report) {
	findings, told := a.told(r)
	if r.Reason != "" && !told {
		_, _ = fmt.Fprintf(a.stdout, "    %s [%s]\n", r.Reason, r.Rule)
	}
	if n := len(r.Steps); n > 0 && (r.Status.Document == engine.DocRejected || r.Status.Document == engine.DocDenied) {
		for i := n - 1; i >= 0; i-- {
			if s := r.Steps[i]; s.Code != "" {
				_, _ = fmt.Fprintf(a.stdout, "    the authority says: %s %s\n", s.Code, s.Text)
				break
			}
		}
	}
	if says := engine.PickText(r.Says, a.language()); says != "" {
		_, _ = fmt.Fprintf(a.stdout, "    %s says: %s\n", r.Entity, says)
	}
	if r.Field != "" {
		_, _ = fmt.Fprintf(a.stdout, "    field: %s\n", r.Field)
	}
	if hint := engine.PickText(r.Hint, a.language()); hint != "" {
		_, _ = fmt.Fprintf(a.stdout, "    hint: %s\n", hint)
	}
	if !r.Until.IsZero() && !r.Status.Run.Ended() {
		_, _ = fmt.Fprintf(a.stdout, "    goes on at %s\n", r.Until.Local().Format(time.DateTime))
	}
	writeProblems(indent{a.stdout}, findings)
}

// told returns the findings to print, and whether one of them says the reason
// why the run stands, with its place.
func (a *app) told(r *engine.Report) (findings diag.List, reason bool) {
	for _, p := range r.Findings {
		if p.Message != r.Reason {
			findings.Add(p)
		} else if p.Pos.File != "" || p.Path != "" || p.Hint != "" {
			findings.Add(p)
			reason = true
		}
	}
	return findings, reason
}

// indent moves lines to the right.
type indent struct {
	w interface{ Write([]byte) (int, error) }
}

// Write writes p with four blanks before it.
func (i indent) Write(p []byte) (int, error) {
	_, err := i.w.Write(append([]byte("    "), p...))
	return len(p), err
}

// language is the language people read: that of LANG.
func (a *app) language() string {
	if l := os.Getenv("LANG"); len(l) >= 2 {
		return l[:2]
	}
	return "en"
}
