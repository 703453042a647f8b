package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/dryrun"
	"github.com/fiscus-project/fiscus/service/store"
)

func newReplayCommand(a *app) *cobra.Command {
	var o dryRun
	var since string
	c := &cobra.Command{
		Use:   "replay",
		Short: "What would another package make of the documents that were submitted",
		Long: "Take the documents of stored submissions through what is deployed and through a candidate, each at the time it was\n" +
			"submitted and with the number it has, and tell the differences by cause. Nothing leaves, nothing is kept.",
		Example: "  fiscus replay --since 2026-10-01 --package ./next --entity acme --report october.html",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if _, err := a.text(); err != nil {
				return err
			}
			o.simulated = c.Flags().Changed("simulate")
			return a.replay(c.Context(), &o, since)
		},
	}
	o.flags(c)
	f := c.Flags()
	f.StringVar(&since, "since", "", "documents submitted on or after this day (UTC) or instant (required)")
	f.StringVar(&o.against, "against", "", "compare with this package instead of what is deployed")
	f.StringVar(&o.simulate, "simulate", "", "let the packages' simulators answer, in this scenario (none: as the document says)")
	f.StringVar(&o.report, "report", "", "write the comparison as one HTML page to this file")
	f.IntVar(&o.workers, "workers", runtime.NumCPU(), "documents under way at once")
	_ = c.MarkFlagRequired("since")
	_ = c.MarkFlagRequired("package")
	return c
}

func (a *app) replay(ctx context.Context, o *dryRun, since string) error {
	from, err := dayOrInstant(since)
	if err != nil {
		return err
	}
	env, err := o.env()
	if err != nil {
		return err
	}
	log, err := a.openLog(ctx, false)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	rows, err := replayed(ctx, log, engine.Query{Entity: o.entity, Environment: env, Since: from})
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return exit(exitNotFound, fmt.Errorf("%s has submitted nothing since %s in the %s environment", o.entity, since, env))
	}
	o.log = log
	return a.replayRows(ctx, o, log, rows)
}

func (a *app) replayRows(ctx context.Context, o *dryRun, log *store.Store, rows []*engine.Submission) error {
	again, g, err := a.replaying(o, log, rows)
	if err != nil {
		return err
	}
	return a.compare(ctx, o, g, len(rows), again)
}

// replaying returns what takes a stored document through both sides.
func (a *app) replaying(o *dryRun, log *store.Store, rows []*engine.Submission) (func(context.Context, int) dryrun.Comparison, *dryrun.Grouped, error) {
	name, before := "deployed", []string(nil)
	if o.against != "" {
		name, before = fmt.Sprintf("[%s]", o.against), []string{o.against}
	}
	candidate, err := a.side(o, o.packages)
	if err != nil {
		return nil, nil, err
	}
	present, err := a.side(o, before)
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context, i int) dryrun.Comparison {
		row := rows[i]
		data, err := log.Blob(ctx, row.Document)
		d := dryrun.Document{ID: row.ID, File: row.ID, Data: data, Err: err, At: row.Accepted, Entity: row.Entity, Environment: row.Environment, Channel: row.Channel}
		if row.DocumentID != "" {
			d.File = row.DocumentID
		}
		return dryrun.Compare(present.Try(ctx, d), candidate.Try(ctx, d))
	}, dryrun.NewGrouped(name, fmt.Sprint(o.packages)), nil
}

// replayed returns the submissions that hold a document, in pages.
func replayed(ctx context.Context, log engine.Log, q engine.Query) (out []*engine.Submission, err error) {
	for q.Limit = 1000; ; {
		rows, err := log.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if q.After = r.ID; r.Document != "" {
				out = append(out, r)
			}
		}
		if len(rows) < q.Limit {
			return out, nil
		}
	}
}

func dayOrInstant(s string) (time.Time, error) {
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, exit(exitUsage, errors.New("--since "+s+" is no day\n    hint: 2026-10-01, or 2026-10-01T08:00:00Z"))
}
