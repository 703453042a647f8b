package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/simulator"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/service/simulate"
)

func newSimulateCommand(a *app) *cobra.Command {
	var listen, log, trust, scenario, urlFile string
	c := &cobra.Command{
		Use:   "simulate PACKAGE",
		Short: "Serve a package's simulated authority over HTTPS until interrupted",
		Long: "Serve the simulated authority of a package on this machine. Its own log, one line a request, is written and\n" +
			"synced before each answer: it is the judge of what was sent and how often.",
		Example: "  fiscus simulate xx/name --listen 127.0.0.1:8443 --trust simulator.pem --log simulator.ndjson\n" +
			"  fiscus run invoice.json --entity acme --simulator https://127.0.0.1:8443 --trust simulator.pem",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			b, err := a.bundle(args[0])
			if err != nil {
				return err
			}
			s, err := a.startSimulator(b, listen, log)
			if err != nil {
				return err
			}
			defer func() { _ = s.Close() }()
			if err := s.Authority().SetScenario(scenario); err != nil {
				return exit(exitUsage, err)
			}
			if trust != "" {
				if err := os.WriteFile(trust, s.RootPEM(), 0o644); err != nil {
					return exit(exitEnvironment, err)
				}
			}
			if urlFile != "" {
				if err := replaceFile(urlFile, []byte(s.URL())); err != nil {
					return exit(exitEnvironment, err)
				}
			}
			if err := a.say(map[string]string{"package": b.Package.ID, "url": s.URL()}, "%s is served at %s\n", b.Package.ID, s.URL()); err != nil {
				return err
			}
			<-c.Context().Done()
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&listen, "listen", "127.0.0.1:0", "address to listen on")
	f.StringVar(&log, "log", "", "file the authority's own log is appended to")
	f.StringVar(&trust, "trust", "", "write the certificate to trust to this file")
	f.StringVar(&urlFile, "url-file", "", "write the address to this file as soon as it is served, for scripts")
	f.StringVar(&scenario, "scenario", "none", "how the authority behaves; none: as the documents say")
	return c
}

// bundle loads one package with its simulators.
func (a *app) bundle(ref string) (*load.Bundle, error) {
	files, err := a.packageFiles(ref)
	if err != nil {
		return nil, err
	}
	b, problems := load.LoadAll(files, registry(), a.importer())
	at(ref, problems)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return b, nil
}

// startSimulator serves the simulator of a package in the test environment.
func (a *app) startSimulator(b *load.Bundle, listen, log string) (*simulate.Server, error) {
	if len(b.Simulators) == 0 {
		return nil, exit(exitNotFound, fmt.Errorf("package %s has no simulator", b.Package.ID))
	}
	sim := b.Simulators[0]
	host, err := tablesOf(b.Package, time.Now)
	if err != nil {
		return nil, err
	}
	s, err := simulate.Start(simulate.Config{Address: listen, ClientTLS: sim.ClientTLS, Log: log,
		New: func(observe func(context.Context, simulator.Event) error) *simulator.Authority {
			return simulator.New(sim, simulator.Options{Now: time.Now, Package: b.Package, Host: host, Artifacts: a.artifactStore(), Signed: signed,
				Context: map[string]any{"environment": string(engine.Test)}, Observe: observe})
		}})
	if err != nil {
		return nil, exit(exitEnvironment, err)
	}
	return s, nil
}

// replaceFile writes a file that is there either whole or not at all.
func replaceFile(name string, data []byte) error {
	part := name + ".part"
	if err := os.WriteFile(part, data, 0o644); err != nil {
		return err
	}
	return os.Rename(part, name)
}

// tablesOf answers look-ups in the tables of a package, for its simulator: by
// the day the clock shows, in the test environment.
func tablesOf(p *engine.Package, now func() time.Time) (formula.Host, error) {
	catalog, problems := engine.NewCatalog([]*engine.Package{p}, nil, nil)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	day := func() civil.Date { return civil.DateOf(now()) }
	return catalog.Outside(p, engine.Outside{Environment: engine.Test, Day: day}).Host(), nil
}
