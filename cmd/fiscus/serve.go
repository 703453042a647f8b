package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/service/durable"
	"github.com/fiscus-project/fiscus/service/host"
	"github.com/fiscus-project/fiscus/service/store"
	"github.com/fiscus-project/fiscus/service/workspace"
)

// serving are the flags of "fiscus serve".
type serving struct {
	setup
	role, name string
	workers    int
	late       time.Duration
	http       listening
}

func newServeCommand(a *app) *cobra.Command {
	var o serving
	c := &cobra.Command{
		Use:   "serve",
		Short: "Advance submissions until interrupted",
		Long: "Advance what was taken, by any process, until interrupted: new submissions at once, waiting ones in time, those that\n" +
			"a dead process left at once. On a data folder one process serves; on a PostgreSQL database any number may.\n" +
			"An interrupt lets what is under way come to its next stop. With --listen other systems hand documents over and follow\n" +
			"them over HTTP, with keys of \"fiscus key create\"; --events lets workers elsewhere tell what happens, too.",
		Example: "  fiscus serve --listen 127.0.0.1:8080\n  fiscus serve --role worker\n  fiscus serve --role worker --database postgres://fiscus@db/fiscus --documents file:///srv/documents",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.serve(c.Context(), &o) },
	}
	f := c.Flags()
	f.StringVar(&o.role, "role", "worker", "what this process does: worker")
	f.StringVar(&o.name, "name", "", "name of this worker for people (default: the name of the machine)")
	f.IntVar(&o.workers, "workers", 16, "submissions under way at once")
	f.DurationVar(&o.lease, "lease", 5*time.Minute, "after this time another process may take over what this one has under way, whatever is known of it")
	f.DurationVar(&o.sendFor, "send-within", 30*time.Second, "so long after it was logged a call may still leave")
	f.DurationVar(&o.late, "late", 20*time.Second, "a worker that is not heard of for so long is taken to be gone")
	f.StringVar(&o.http.address, "listen", "", "address of the HTTP interface; without one there is none")
	f.StringVar(&o.http.cert, "tls-cert", "", "PEM file with the certificate of the HTTP interface, and those above it")
	f.StringVar(&o.http.key, "tls-key", "", "PEM file with its key")
	f.StringVar(&o.http.urlFile, "url-file", "", "also write the address to this file, when all is ready")
	f.BoolVar(&o.events, "events", false, "note events for those who listen elsewhere; with --listen they are noted anyway")
	o.networkFlags(c)
	return c
}

func (a *app) serve(ctx context.Context, o *serving) error {
	if _, err := a.text(); err != nil {
		return err
	}
	if o.role != "worker" {
		return exit(exitUsage, fmt.Errorf("unknown role %q\n    hint: worker", o.role))
	}
	lock, owner, err := a.own("serve", false)
	if err != nil {
		return err
	}
	if owner != nil {
		return exit(exitUndecided, fmt.Errorf("process %d (%s) serves this data folder since %s\n    hint: one process serves a data folder; several may serve a PostgreSQL database (--database)",
			owner.PID, owner.Command, owner.Since.Format(time.RFC3339)))
	}
	if lock != nil {
		defer func() { _ = lock.Unlock() }()
	}
	log, err := a.openLog(ctx, true)
	if err != nil {
		return err
	}
	return errors.Join(a.serveLog(ctx, o, log, lock), log.Close())
}

func (a *app) serveLog(ctx context.Context, o *serving, log *store.Store, lock *store.Lock) error {
	pinned, err := pinned(ctx, log)
	if err != nil {
		return err
	}
	o.pinned = pinned
	work, err := a.workspace(&o.setup)
	if err != nil {
		return err
	}
	if o.simulator != "" && work.Deploys(engine.Production) {
		return exit(exitEnvironment, errors.New("a simulator is never called for the production environment, and something is deployed there"))
	}
	keys, err := a.keyStore()
	if err != nil {
		return err
	}
	transport, err := o.transport(keys)
	if err != nil {
		return err
	}
	o.events = o.events || o.http.address != ""
	gone := func(owner string) bool { return host.Gone(owner) || log.Gone(owner) }
	w, err := durable.Open(ctx, durable.Options{Log: log, Place: a.place(), Name: o.name, Workers: o.workers, Late: o.late, Gone: gone,
		Say: slog.New(slog.NewTextHandler(a.stderr, nil)),
		Engine: func(owner string) (*engine.Engine, error) {
			return a.engineOf(ctx, work, log, keys, transport, &o.setup, owner, gone)
		}})
	if err != nil {
		return exit(exitEnvironment, err)
	}
	return errors.Join(a.servedHTTP(ctx, o, log, w, lock), w.Close())
}

// servedHTTP is served with the HTTP interface beside it, if it is asked for.
func (a *app) servedHTTP(ctx context.Context, o *serving, log *store.Store, w *durable.Worker, lock *store.Lock) error {
	if o.http.address == "" {
		return a.served(ctx, w, lock)
	}
	stop, err := a.startHTTP(ctx, o, w.Engine(), log, w)
	if err != nil {
		return err
	}
	return errors.Join(a.served(ctx, w, lock), stop())
}

// served says that all is ready, listens for those who hand over, and returns
// when the end is asked for.
func (a *app) served(ctx context.Context, w *durable.Worker, lock *store.Lock) error {
	socket := ""
	if lock != nil {
		l, path, err := a.listenOwner()
		if err != nil {
			return exit(exitEnvironment, err)
		}
		defer func() { _ = l.Close() }()
		go answer(l, func(id string) error { return w.Wake(ctx, id) })
		socket = path
		if err := lock.Say(store.Holder{PID: os.Getpid(), Command: "serve", Socket: path, Since: time.Now().UTC().Truncate(time.Second)}); err != nil {
			return exit(exitEnvironment, err)
		}
	}
	if err := a.say(map[string]string{"role": "worker", "name": w.Name(), "socket": socket}, "%s is ready\n", strings.TrimSpace("worker "+w.Name())); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// pinned returns the packages that open submissions began with: an old one goes
// on by its old rules.
func pinned(ctx context.Context, log *store.Store) (out []engine.Use, err error) {
	rows, err := log.Find(ctx, engine.Query{Run: []engine.RunStatus{engine.RunScheduled, engine.RunRunning, engine.RunWaiting, engine.RunParked}})
	seen := map[string]bool{}
	for _, s := range rows {
		if key := s.Package + "@" + s.Version; !seen[key] {
			seen[key] = true
			out = append(out, engine.Use{Package: s.Package, Version: s.Version, Pos: diag.Pos{File: workspace.Packages}})
		}
	}
	return out, err
}
