package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/host"
	"github.com/fiscus-project/fiscus/service/store"
)

// word is what a person says to change the course of a run.
type word struct{ reason string }

func (w *word) flags(c *cobra.Command) {
	c.Flags().StringVar(&w.reason, "reason", "", "why; it stands in the journal (required)")
	_ = c.MarkFlagRequired("reason")
}

// who names the person at the keyboard for the journal.
func who() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "somebody"
}

func newSubmissionResumeCommand(a *app) *cobra.Command {
	var w word
	c := &cobra.Command{
		Use:   "resume SUBMISSION...",
		Short: "Let parked or failed runs go on with the next run; nothing that may be with the authority is sent again",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.intervene(c.Context(), args, func(e *engine.Engine, id string) error {
				return e.Resume(c.Context(), id, who(), w.reason)
			})
		},
	}
	w.flags(c)
	return c
}

func newSubmissionCancelCommand(a *app) *cobra.Command {
	var w word
	c := &cobra.Command{
		Use:   "cancel SUBMISSION...",
		Short: "End runs of which nothing is or may be with the authority",
		Long: "End runs whose document never left. What the authority has, or may have, is canceled there:\n" +
			"by a document of type cancellation, taken through with \"fiscus run\".",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.intervene(c.Context(), args, func(e *engine.Engine, id string) error {
				return e.Cancel(c.Context(), id, who(), w.reason)
			})
		},
	}
	w.flags(c)
	return c
}

// intervene does something about submissions with an engine that can't send.
func (a *app) intervene(ctx context.Context, args []string, do func(*engine.Engine, string) error) error {
	return a.withLog(ctx, func(log *store.Store) error {
		e, err := logEngine(log, nil)
		if err != nil {
			return err
		}
		code := exitOK
		for _, arg := range args {
			s, err := find(ctx, log, arg)
			if err == nil {
				err = heldBy(do(e, s.ID))
			}
			if err == nil {
				if s, err = log.Submission(ctx, s.ID); err == nil {
					err = a.say(rowOf(s), "%s: document %s, run %s\n", s.ID, s.Status, s.Run)
				}
			}
			if err != nil {
				a.report(err)
				code = worse(code, codeOf(err))
			}
		}
		return exitQuiet(code)
	})
}

// logEngine returns an engine for what needs no network, over a catalog or none.
func logEngine(log *store.Store, c *engine.Catalog) (*engine.Engine, error) {
	if c == nil {
		c, _ = engine.NewCatalog(nil, nil, nil)
	}
	return engine.New(c, engine.Hands{Clock: host.Clock{}, Log: sealing(log), Keys: &host.StandIns{}}, engine.Options{Version: Version, Owner: host.Owner(), Gone: host.Gone})
}

// heldBy says what to do about a submission that another process is at.
func heldBy(err error) error {
	if !errors.Is(err, engine.ErrHeld) {
		return err
	}
	return exit(exitUndecided, fmt.Errorf("%w\n    hint: another process has it under way; wait until it is done, or until its lease is over", err))
}

func newSubmissionRetryCommand(a *app) *cobra.Command {
	var w word
	var o setup
	var p pace
	c := &cobra.Command{
		Use:   "retry SUBMISSION...",
		Short: "Resume runs and take them through at once",
		Long: "Resume parked or failed runs and take them on; one that only waits is taken on.\n" +
			"The fence stands: what may be with the authority is asked for, not sent again.",
		Example: "  fiscus submission retry p7hxq2 --reason 'the certificate is renewed'",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := a.text(); err != nil {
				return err
			}
			return a.retry(c.Context(), args, &o, &p, w.reason)
		},
	}
	w.flags(c)
	o.packageFlag(c)
	o.networkFlags(c)
	p.flags(c, &o)
	return c
}

// retry takes submissions on, those of one legal entity and environment at a time.
func (a *app) retry(ctx context.Context, args []string, o *setup, p *pace, reason string) error {
	type place struct{ entity, environment string }
	var order []place
	ids := map[place][]string{}
	err := a.withLog(ctx, func(log *store.Store) error {
		for _, arg := range args {
			s, err := find(ctx, log, arg)
			if err != nil {
				return err
			}
			at := place{s.Entity, string(s.Environment)}
			if ids[at] == nil {
				order = append(order, at)
			}
			ids[at] = append(ids[at], s.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	code := exitOK
	for _, at := range order {
		one := *o
		one.entity, one.environment = at.entity, at.environment
		err := a.retryIn(ctx, &one, p, ids[at], reason)
		a.report(err)
		code = worse(code, codeOf(err))
	}
	return exitQuiet(code)
}

func (a *app) retryIn(ctx context.Context, o *setup, p *pace, ids []string, reason string) error {
	s, err := a.session(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(a.retryThrough(ctx, s, p, ids, reason), s.close())
}

func (a *app) retryThrough(ctx context.Context, s *session, p *pace, ids []string, reason string) error {
	code := exitOK
	var on []string
	for _, id := range ids {
		row, err := s.store.Submission(ctx, id)
		if err == nil && (row.Run == engine.RunParked || row.Run == engine.RunFailed) {
			err = heldBy(s.Resume(ctx, id, who(), reason))
		} else if err == nil && row.Run.Ended() {
			err = exit(exitUsage, fmt.Errorf("%s is %s\n    hint: only what is parked, failed or waiting is tried again", id, row.Run))
		}
		if err != nil {
			a.report(err)
			code = worse(code, codeOf(err))
			continue
		}
		on = append(on, id)
	}
	through, err := a.through(ctx, s, on, p)
	if err != nil {
		return err
	}
	return exitQuiet(worse(code, through))
}

// pace says how many documents are under way at once and for how long.
type pace struct {
	workers  int
	patience time.Duration
}

func (p *pace) flags(c *cobra.Command, o *setup) {
	f := c.Flags()
	f.IntVar(&p.workers, "workers", runtime.NumCPU(), "documents under way at once")
	f.DurationVar(&o.lease, "lease", 5*time.Minute, "after this time another process may take over what this one has under way")
	f.DurationVar(&o.sendFor, "send-within", 30*time.Second, "so long after it was logged a call may still leave; what is asked about it afterwards waits that long for a \"never came\"")
	f.BoolVar(&o.takeOver, "take-over", false, "work on the data folder although another process has it that does nothing any more, such as a stopped one")
	f.DurationVar(&p.patience, "patience", 2*time.Minute, "wait so long for a document at most; after that it goes on with the next command")
}
