package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/service/host"
	"github.com/fiscus-project/fiscus/service/workspace"
)

// readiness is one line of a report: green, yellow or red, who has to do
// something about it, and what.
type readiness struct {
	Light       string             `json:"light"`
	Environment engine.Environment `json:"environment,omitempty"`
	Package     string             `json:"package,omitempty"`
	What        string             `json:"what"` // deployment, parameter, certificate, secret, endpoint, number
	Says        string             `json:"says"`
	Owner       string             `json:"owner,omitempty"`
	Fix         string             `json:"fix,omitempty"`
}

// Who has to do something.
const (
	ownerOperations = "operations"
	ownerPublisher  = "package publisher"
)

func newEntityCheckCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check ENTITY",
		Short: "Whether a legal entity is ready: certificates, parameters, endpoints, numbers, deployments",
		Long: "Tell in one line each what is ready (green), what will not be for long (yellow) and what is not (red), with who has\n" +
			"to do something and what. Nothing leaves the machine. Exit: 0 nothing is red, 5 something is.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := a.text(); err != nil {
				return err
			}
			lines, err := a.readiness(c.Context(), args[0], time.Now())
			if err != nil {
				return err
			}
			return a.sayReadiness(args[0], lines)
		},
	}
}

func (a *app) readiness(ctx context.Context, entity string, now time.Time) ([]readiness, error) {
	work, err := a.openWorkspace(&setup{entity: entity})
	var list diag.List
	if errors.As(err, &list) {
		out := []readiness{}
		for _, p := range list {
			out = append(out, readiness{Light: "red", What: "set-up", Says: fmt.Sprintf("%s [%s]", p.Message, p.Rule), Owner: ownerOperations, Fix: p.Hint})
		}
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	store, err := a.keyStore()
	if err != nil {
		return nil, err
	}
	x := &examination{a: a, ctx: ctx, work: work, entity: work.Catalog.Entity(entity), store: store, now: now}
	for _, env := range environments {
		x.environment(env)
	}
	if len(x.out) == 0 {
		x.add(readiness{Light: "red", What: "deployment", Says: "nothing is deployed", Owner: ownerOperations, Fix: "fiscus deploy PACKAGE --environment test --entity " + entity})
	}
	return x.out, nil
}

type examination struct {
	a      *app
	ctx    context.Context
	work   *workspace.Workspace
	entity *engine.Entity
	store  host.Keys
	now    time.Time
	out    []readiness
}

func (x *examination) add(r readiness) { x.out = append(x.out, r) }

func (x *examination) environment(env engine.Environment) {
	for _, p := range x.work.Catalog.Deployed(env, x.entity.ID) {
		at := readiness{Environment: env, Package: p.ID}
		x.deployment(at, p)
		scope := x.work.Catalog.Outside(p, engine.Outside{Environment: env, Entity: x.entity.ID, Keys: x.store})
		for i := range p.Parameters {
			x.parameter(at, p, &p.Parameters[i], scope)
		}
		x.endpoints(at, p)
		x.numbers(at, p)
	}
}

func (x *examination) deployment(at readiness, p *engine.Package) {
	at.What, at.Light, at.Says = "deployment", "green", p.Version+" is deployed"
	if from, ok := x.work.From(p.ID, p.Version, at.Environment, x.entity); ok && from.Compare(civil.DateOf(x.now)) > 0 {
		at.Light, at.Owner, at.Fix = "yellow", ownerOperations, "documents of earlier days take another version, or none"
		at.Says = fmt.Sprintf("%s is in force from %s", p.Version, from)
	}
	x.add(at)
}

func (x *examination) parameter(at readiness, p *engine.Package, d *engine.Parameter, scope *formula.Scope) {
	at.What = "parameter"
	if c := checkParameter(x.work.Catalog, at.Environment, x.entity, p, d, scope, x.store, x.now); c != nil {
		at.What, at.Says, at.Fix = c.Name, c.Says, c.Hint
		at.Light = map[string]string{checkOK: "green", checkWarn: "yellow", checkFail: "red"}[c.Verdict]
		if at.Light != "green" {
			at.Owner = ownerOperations
		}
		x.add(at)
		return
	}
	v, err := parameter(scope, d.Name)
	switch {
	case err != nil:
		at.Light, at.Owner, at.Says = "red", ownerOperations, asProblem(err).Message
		at.Fix = fmt.Sprintf("fiscus entity set %s %s %s VALUE", x.entity.ID, p.Family(), d.Name)
	case v == nil:
		return // not required, and not given
	default:
		at.Light, at.Says = "green", d.Name+" is "+sayValue(v)
	}
	x.add(at)
}

// endpoints looks at the addresses that the tables of a package have for an
// environment.
func (x *examination) endpoints(at readiness, p *engine.Package) {
	at.What = "endpoint"
	good, bad := 0, []string{}
	for _, t := range p.Tables {
		for i := range t.Rows {
			r := &t.Rows[i]
			if r.Environment != "" && r.Environment != "*" && r.Environment != string(at.Environment) {
				continue
			}
			for column, v := range r.Values {
				text, _ := v.(string)
				switch u, err := url.Parse(text); {
				case !addresses(t, column):
				case err != nil || u.Host == "":
				case u.Scheme == "https":
					good++
				case u.Scheme == "http":
					bad = append(bad, text)
				}
			}
		}
	}
	switch {
	case len(bad) > 0:
		slices.Sort(bad)
		at.Light, at.Owner, at.Says, at.Fix = "red", ownerPublisher, "addresses without TLS: "+strings.Join(slices.Compact(bad), ", "), "write https addresses into the tables of the package"
	case good > 0:
		at.Light, at.Says = "green", plural(good, "address", "addresses")+" for this environment"
	default:
		return
	}
	x.add(at)
}

// addresses reports whether a column holds what is called: it is named url, or
// has an address with TLS. Others hold names that only look like addresses, as
// those of XML namespaces do.
func addresses(t *engine.Table, column string) bool {
	return column == "url" || slices.ContainsFunc(t.Rows, func(r engine.Row) bool {
		text, _ := r.Values[column].(string)
		return strings.HasPrefix(text, "https://")
	})
}

// numbers tells where the counters of a package stand.
func (x *examination) numbers(at readiness, p *engine.Package) {
	log, err := x.a.openLog(x.ctx, false)
	if err != nil {
		return // nothing was ever drawn
	}
	defer func() { _ = log.Close() }()
	at.What = "number"
	for i := range p.State {
		s := &p.State[i]
		if s.Kind != "counter" {
			continue
		}
		object, err := x.work.Catalog.ModeObject(p, s.Name, x.entity.ID, at.Environment)
		if err != nil {
			at.Light, at.Says = "green", fmt.Sprintf("counter %s: stands apart for each document's own series", s.Name)
			x.add(at)
			continue
		}
		last, err := log.Get(x.ctx, engine.BucketCounter, object)
		at.Light, at.Says = "green", fmt.Sprintf("counter %s: the last number drawn is %s", s.Name, last)
		switch {
		case err != nil:
			at.Light, at.Owner, at.Says = "red", ownerOperations, err.Error()
		case last == nil:
			at.Says = fmt.Sprintf("counter %s: no number was drawn yet", s.Name)
		}
		x.add(at)
	}
}

func (a *app) sayReadiness(entity string, lines []readiness) error {
	red := slices.ContainsFunc(lines, func(r readiness) bool { return r.Light == "red" })
	if text, _ := a.text(); !text {
		if err := a.json(map[string]any{"entity": entity, "ready": !red, "lines": lines}); err != nil {
			return err
		}
	} else {
		w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
		for _, r := range lines {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Light, r.Environment, r.Package, r.What, r.Says)
			if r.Fix != "" || r.Owner != "" {
				_, _ = fmt.Fprintf(w, "\t\t\t\t%s: %s\n", r.Owner, r.Fix)
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if red {
		return exitQuiet(exitEnvironment)
	}
	return nil
}
