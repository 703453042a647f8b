package main

import (
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/store"
)

// query are the flags that choose submissions.
type query struct {
	q              engine.Query
	runs, statuses []string
	environment    string
}

func (q *query) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&q.q.Entity, "entity", "", "only of this legal entity")
	f.StringVar(&q.environment, "environment", "", "only of this environment: test, production")
	f.StringSliceVar(&q.runs, "run", nil, "only with these run statuses")
	f.StringSliceVar(&q.statuses, "document", nil, "only with these document statuses")
	f.StringVar(&q.q.DocumentID, "id", "", "only of the document with this id")
	f.IntVar(&q.q.Limit, "limit", 0, "at most so many")
}

func (q *query) query() (engine.Query, error) {
	out := q.q
	out.Environment = engine.Environment(q.environment)
	for _, r := range q.runs {
		if !slices.Contains(runStatuses, engine.RunStatus(r)) {
			return out, exit(exitUsage, fmt.Errorf("unknown run status %q\n    hint: one of %v", r, runStatuses))
		}
		out.Run = append(out.Run, engine.RunStatus(r))
	}
	for _, s := range q.statuses {
		if !slices.Contains(engine.DocStatuses, engine.DocStatus(s)) {
			return out, exit(exitUsage, fmt.Errorf("unknown document status %q\n    hint: one of %v", s, engine.DocStatuses))
		}
		out.Status = append(out.Status, engine.DocStatus(s))
	}
	return out, nil
}

var runStatuses = []engine.RunStatus{engine.RunScheduled, engine.RunRunning, engine.RunWaiting, engine.RunParked, engine.RunCompleted, engine.RunFailed, engine.RunCanceled}

func newSubmissionListCommand(a *app) *cobra.Command {
	var q query
	c := &cobra.Command{
		Use:     "list",
		Short:   "List submissions, the oldest first",
		Example: "  fiscus submission list --run parked,waiting\n  fiscus submission list --entity acme --document rejected",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			wanted, err := q.query()
			if err != nil {
				return err
			}
			return a.withLog(c.Context(), func(log *store.Store) error {
				found, err := log.Find(c.Context(), wanted)
				if err != nil {
					return err
				}
				return a.list(found)
			})
		},
	}
	q.flags(c)
	return c
}

func (a *app) list(found []*engine.Submission) error {
	if text, _ := a.text(); text {
		w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "SUBMISSION\tENTITY\tFLOW\tDOCUMENT\tRUN\tSTATUS\tCHANGED\tREASON")
		for _, s := range found {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s %s\t%s\t%s\t%s\t%s\t%s\n", s.ID, s.Entity, s.Package, s.Flow, s.DocumentID, s.Run, s.Status,
				s.Changed.Local().Format(time.DateTime), cutText(s.Reason, 60))
		}
		return w.Flush()
	}
	if a.format == "ndjson" {
		for _, s := range found {
			if err := a.json(rowOf(s)); err != nil {
				return err
			}
		}
		return nil
	}
	rows := make([]row, len(found))
	for i, s := range found {
		rows[i] = rowOf(s)
	}
	return a.json(map[string]any{"submissions": rows})
}
