package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/configpkg/overlay"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/wire"
	"github.com/fiscus-project/fiscus/packages"
	"github.com/fiscus-project/fiscus/service/events"
	"github.com/fiscus-project/fiscus/service/evidence"
	"github.com/fiscus-project/fiscus/service/host"
	"github.com/fiscus-project/fiscus/service/store"
	"github.com/fiscus-project/fiscus/service/workspace"
)

// setup are the flags that say who a document is for and what it goes through.
type setup struct {
	entity      string
	environment string
	packages    []string // folders, or names of shipped packages
	simulator   string
	trust       string
	lease       time.Duration
	sendFor     time.Duration
	events      bool             // note them
	takeOver    bool             // own the data folder whoever owns it
	handOver    bool             // documents are only taken: the data folder need not be owned
	pinned      []engine.Use     // packages that are needed beside what is deployed
	registry    *engine.Registry // nil: registry()
}

func (o *setup) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.entity, "entity", "", "legal entity (required)")
	f.StringVar(&o.environment, "environment", "test", "environment: test, production")
	o.packageFlag(c)
	_ = c.MarkFlagRequired("entity")
}

func (o *setup) packageFlag(c *cobra.Command) {
	c.Flags().StringSliceVar(&o.packages, "package", nil, "try this package (folder, or name of a shipped one) whatever is deployed")
}

func (o *setup) networkFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.simulator, "simulator", "", "address of a running simulator that is called instead of the authority (test environment only)")
	f.StringVar(&o.trust, "trust", "", "PEM file with the roots the other side's certificate must come from")
}

func (o *setup) env() (engine.Environment, error) {
	e := engine.Environment(o.environment)
	switch {
	case e != engine.Test && e != engine.Production:
		return "", exit(exitUsage, fmt.Errorf("unknown environment %q\n    hint: test or production", o.environment))
	case o.simulator != "" && e == engine.Production:
		return "", exit(exitEnvironment, fmt.Errorf("a simulator is never called for the production environment"))
	}
	return e, nil
}

// packageFiles returns the files of a package given as a folder or by name.
// The release record beside it, if there is one, must fit.
func (a *app) packageFiles(ref string) (fs.FS, error) {
	parent, dir, err := a.packagePlace(ref)
	if err != nil {
		return nil, err
	}
	files, err := a.shelf().Files(parent, dir)
	var list diag.List
	if errors.As(err, &list) { // of an overlay
		at(ref, list)
		return nil, list
	}
	return files, err
}

// shelf is where packages stand.
func (a *app) shelf() workspace.Shelf {
	return workspace.Shelf{Data: os.DirFS(a.data), Shipped: packages.Files(), Verify: a.verifyRelease, Today: civil.DateOf(time.Now())}
}

// packageFolder reports whether a folder is one of a package or overlay.
func packageFolder(dir string) bool {
	return slices.ContainsFunc([]string{"package.yaml", overlay.File}, func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	})
}

// packagePlace finds the folder of a package.
func (a *app) packagePlace(ref string) (fs.FS, string, error) {
	if packageFolder(ref) {
		full, err := filepath.Abs(ref)
		if err != nil {
			return nil, "", exit(exitEnvironment, err)
		}
		return os.DirFS(filepath.Dir(full)), filepath.Base(full), nil
	}
	id, version, _ := strings.Cut(ref, "@")
	parent, dir, _, err := workspace.Place(os.DirFS(a.data), packages.Files(), filepath.ToSlash(id), version)
	if err != nil {
		err = exit(exitNotFound, fmt.Errorf("%w\n    hint: a folder with a package.yaml, or one of %s", err, strings.Join(packages.List(), ", ")))
	}
	return parent, dir, err
}

// importer finds the packages that others import.
func (a *app) importer() workspace.Importer {
	return workspace.Importer{Data: os.DirFS(a.data), Shipped: packages.Files(), Verify: a.verifyRelease}
}

// workspace opens what is set up for o and prints warnings.
func (a *app) workspace(o *setup) (*workspace.Workspace, error) {
	out, err := a.openWorkspace(o)
	var list diag.List
	if errors.As(err, &list) && solely(list, workspace.RuleNoEntity) {
		return nil, exit(exitNotFound, err)
	}
	if err != nil {
		return nil, err
	}
	writeProblems(a.stderr, out.Warnings)
	return out, nil
}

func (a *app) openWorkspace(o *setup) (*workspace.Workspace, error) {
	return a.openJudging(o, a.verifyInUse)
}

// openJudging opens what is set up for o; judge judges every package that is
// read because it is deployed.
func (a *app) openJudging(o *setup, judge func(fs.FS, string) (*life.Record, error)) (*workspace.Workspace, error) {
	w := workspace.Options{Data: os.DirFS(a.data), Place: a.data, Shipped: packages.Files(), Registry: o.registry, Verify: judge, Today: civil.DateOf(time.Now()), Entity: o.entity, Also: o.pinned, Try: len(o.packages) > 0}
	if w.Registry == nil {
		w.Registry = registry()
	}
	for _, ref := range o.packages {
		files, err := a.packageFiles(ref)
		if err != nil {
			return nil, err
		}
		w.Packages = append(w.Packages, workspace.Given{Place: ref, Files: files})
	}
	return workspace.Open(w)
}

// session is an engine with a log, to be closed.
type session struct {
	*engine.Engine
	work  *workspace.Workspace
	store *store.Store
	env   engine.Environment
	lock  *store.Lock   // of the data folder; nil: there is none, or another has it
	owner *store.Holder // the service that owns the data folder; nil: none does
}

func (s *session) close() error {
	err := s.store.Close()
	if s.lock != nil {
		err = errors.Join(err, s.lock.Unlock())
	}
	return err
}

// session opens the data folder for runs that may leave the machine.
func (a *app) session(ctx context.Context, o *setup) (*session, error) {
	env, err := o.env()
	if err != nil {
		return nil, err
	}
	work, err := a.workspace(o)
	if err != nil {
		return nil, err
	}
	keys, err := a.keyStore()
	if err != nil {
		return nil, err
	}
	transport, err := o.transport(keys)
	if err != nil {
		return nil, err
	}
	out := &session{work: work, env: env}
	if out.lock, out.owner, err = a.own("run", o.takeOver); err != nil {
		if !o.handOver {
			return nil, err
		}
		out.lock, out.owner = nil, nil // a run has the folder: what is taken is for later
	}
	if o.handOver && out.lock != nil {
		_ = out.lock.Unlock() // nothing is advanced by this process
		out.lock = nil
	}
	if out.store, err = a.openLog(ctx, true); err != nil {
		return nil, out.unlock(err)
	}
	if out.Engine, err = a.engine(ctx, work, out.store, keys, transport, o); err != nil {
		return nil, errors.Join(err, out.close())
	}
	return out, nil
}

func (s *session) unlock(err error) error {
	if s.lock != nil {
		err = errors.Join(err, s.lock.Unlock())
	}
	return err
}

func (a *app) engine(ctx context.Context, work *workspace.Workspace, log *store.Store, keys engine.KeyStore, t engine.Transport, o *setup) (*engine.Engine, error) {
	gone := func(owner string) bool { return host.Gone(owner) || log.Gone(owner) }
	return a.engineOf(ctx, work, log, keys, t, o, host.Owner(), gone)
}

// engineOf returns an engine whose leases have an owner of that name; gone tells
// whether the owner of a lease lives no more.
func (a *app) engineOf(ctx context.Context, work *workspace.Workspace, log *store.Store, keys engine.KeyStore, t engine.Transport, o *setup, owner string, gone func(string) bool) (*engine.Engine, error) {
	if owner == "" {
		owner = host.Owner()
	}
	digestKey, err := log.Secret(ctx, "digest")
	if err != nil {
		return nil, err
	}
	h := engine.Hands{Clock: host.Clock{}, Keys: keys, Transport: t, Log: o.noting(log), Sealer: sealer{a}, DigestKey: digestKey, Artifacts: a.artifactStore()}
	return engine.New(work.Catalog, h, engine.Options{Version: Version, Owner: owner, Gone: gone, LeaseTTL: o.lease, SendFor: o.sendFor})
}

// noting is the log of the engines of o: evidence is sealed and, where it is
// asked for, events are noted.
func (o *setup) noting(log engine.Log) engine.Log {
	log = sealing(log)
	if o.events {
		log = &events.Telling{Log: log, Now: time.Now}
	}
	return log
}

// sealing is the log of engines that may end runs: evidence of them is sealed.
func sealing(log engine.Log) engine.Log {
	return &evidence.Sealing{Log: log, Version: Version, Now: time.Now}
}

func (o *setup) transport(keys engine.KeyStore) (*host.Transport, error) {
	t := &host.Transport{Client: &wire.Client{UserAgent: "fiscus/" + Version, Now: time.Now}, Keys: keys, Simulator: o.simulator}
	if o.simulator != "" {
		t.Client.Policy.AllowPrivate = wire.Loopback
	}
	var err error
	t.Roots, err = rootsOf(o.trust)
	return t, err
}

// rootsOf reads the roots of a PEM file; nil, those of the system, without one.
func rootsOf(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, exit(exitEnvironment, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, exit(exitEnvironment, fmt.Errorf("no certificate in %s", file))
	}
	return roots, nil
}
