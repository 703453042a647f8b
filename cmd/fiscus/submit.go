package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/service/durable"
	"github.com/fiscus-project/fiscus/service/store"
)

func newSubmitCommand(a *app) *cobra.Command {
	var o setup
	var wait time.Duration
	c := &cobra.Command{
		Use:   "submit DOCUMENT|DIR...",
		Short: "Hand documents to the running service",
		Long: "Take documents into the log for the service that runs on this data folder, or for the workers on the database.\n" +
			"Without --wait the command ends when all are taken; nothing is sent by it. Taking a document twice takes it once.",
		Example: "  fiscus submit outbox/ --entity acme\n  fiscus submit outbox/ --entity acme --wait 5m --database postgres://fiscus@db/fiscus",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := a.text(); err != nil {
				return err
			}
			files, err := documentFiles(args)
			if err != nil {
				return err
			}
			o.handOver = true
			s, err := a.session(c.Context(), &o)
			if err != nil {
				return err
			}
			return errors.Join(a.submitFiles(c.Context(), s, o.entity, files, wait), s.close())
		},
	}
	o.flags(c)
	c.Flags().DurationVar(&wait, "wait", 0, "wait so long for the results and print them")
	return c
}

func (a *app) submitFiles(ctx context.Context, s *session, entity string, files []string, wait time.Duration) error {
	starter, err := a.starter(ctx, s)
	if err != nil {
		return err
	}
	defer func() { _ = starter.Close() }()
	var ids []string
	code := exitOK
	bar := a.progress("documents taken")
	for n, file := range files {
		id, err := submit(ctx, s, entity, file)
		if err == nil {
			ids = append(ids, id)
			err = starter.start(ctx, id)
		}
		if err != nil {
			bar.end()
			a.report(err)
			code = worse(code, codeOf(err))
		}
		bar.set(n+1, len(files))
	}
	bar.end()
	if wait > 0 {
		through, err := a.followed(ctx, s, ids, wait)
		return errors.Join(err, exitQuiet(worse(code, through)))
	}
	for _, id := range ids {
		row, err := s.store.Submission(ctx, id)
		if err == nil {
			err = a.say(rowOf(row), "%s: taken as %s, run %s\n", row.DocumentID, row.ID, row.Run)
		}
		if err != nil {
			return err
		}
	}
	if s.owner == nil && starter.queue == nil {
		_, _ = fmt.Fprintln(a.stderr, "nobody serves this data folder now: \"fiscus serve\" goes on with what was taken, and so does \"fiscus run\"")
	}
	return exitQuiet(code)
}

// starter tells whoever advances submissions of a new one.
type starter struct {
	a     *app
	s     *session
	queue *durable.Sender // on PostgreSQL
}

func (a *app) starter(ctx context.Context, s *session) (*starter, error) {
	t := &starter{a: a, s: s}
	var err error
	if store.IsPostgres(a.place()) {
		if t.queue, err = durable.Connect(ctx, a.place()); err != nil {
			return nil, exit(exitEnvironment, err)
		}
	}
	return t, nil
}

func (t *starter) start(ctx context.Context, id string) error {
	switch {
	case t.queue != nil:
		row, err := t.s.store.Submission(ctx, id)
		if err != nil {
			return err
		}
		return t.queue.Start(ctx, durable.ItemOf(row))
	case t.s.owner != nil:
		return t.a.wake(t.s.owner, id)
	}
	return nil
}

// Close closes the line to the queue.
func (t *starter) Close() error {
	if t.queue == nil {
		return nil
	}
	return t.queue.Close()
}
