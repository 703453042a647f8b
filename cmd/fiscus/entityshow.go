package main

import (
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/service/host"
	"github.com/fiscus-project/fiscus/service/workspace"
)

// effective is a parameter as a run would see it, and where it comes from.
type effective struct {
	Package     string             `json:"package"`
	Environment engine.Environment `json:"environment"`
	Name        string             `json:"name"`
	Type        string             `json:"type"`
	Value       string             `json:"value"` // a secret is told by its name only
	Layer       string             `json:"layer"` // the layer that won: package, group, ..., none
	Of          string             `json:"of,omitempty"`
	From        string             `json:"from,omitempty"`
	Beaten      []beaten           `json:"beaten,omitempty"` // what weaker layers say, the strongest first
	Open        []beaten           `json:"open,omitempty"`   // what stronger layers say for some documents
	Problem     string             `json:"problem,omitempty"`
}

// beaten is what a layer says that did not win.
type beaten struct {
	Layer string `json:"layer"`
	Of    string `json:"of"`
	Value string `json:"value"`
	From  string `json:"from"`
}

type entityShow struct {
	all               bool
	document, channel string
}

func newEntityShowCommand(a *app) *cobra.Command {
	var o entityShow
	c := &cobra.Command{Use: "show ENTITY", Short: "What is set up for a legal entity", Args: cobra.ExactArgs(1),
		Long: "Without --effective: what is set, and what is required. With it every parameter, the layer that won, its place, and what\n" +
			"the layers say that did not: package < group < country < legal entity < branch < channel < receiver.\n" +
			"A branch, channel or receiver is known of a document only: name one with --document or --channel.",
		Example: "  fiscus entity show acme --effective\n  fiscus entity show acme --effective --document invoice.json --format json",
		RunE: func(_ *cobra.Command, args []string) error {
			work, err := a.workspace(&setup{entity: args[0]})
			if err != nil {
				return err
			}
			rows := []effective{}
			for _, env := range environments {
				out, err := o.outside(work, args[0], env)
				if err != nil {
					return err
				}
				for _, p := range work.Catalog.Deployed(env, args[0]) {
					rows = append(rows, o.effective(work, p, out)...)
				}
			}
			return a.sayEffective(work.Catalog.Entity(args[0]), rows, o.all)
		}}
	c.Flags().BoolVar(&o.all, "effective", false, "also parameters that nobody has set, the layer each value comes from, and what it won against")
	c.Flags().StringVar(&o.document, "document", "", "as for this document: its branch and receiver count")
	c.Flags().StringVar(&o.channel, "channel", "", "as for a document that came in by this channel")
	return c
}

func (o *entityShow) outside(work *workspace.Workspace, entity string, env engine.Environment) (engine.Outside, error) {
	out := engine.Outside{Environment: env, Entity: entity, Context: map[string]any{}}
	if o.channel != "" {
		out.Context["channel"] = o.channel
	}
	if o.document == "" {
		return out, nil
	}
	data, err := readDocument(o.document)
	if err != nil {
		return out, err
	}
	reader, err := engine.New(work.Catalog, engine.Hands{Clock: host.Clock{}, Log: engine.NewMemory(nil)}, engine.Options{Version: Version})
	if err != nil {
		return out, err
	}
	d, problems := reader.Read(&engine.Request{Document: data, File: o.document})
	if err := problems.Err(); err != nil {
		return out, err
	}
	if out.Document = d.Value; o.channel == "" {
		out.Context["channel"] = nil
	}
	return out, nil
}

func (o *entityShow) effective(work *workspace.Workspace, p *engine.Package, at engine.Outside) (out []effective) {
	scope := work.Catalog.Outside(p, at)
	for i := range p.Parameters {
		d := &p.Parameters[i]
		r := effective{Package: p.ID, Environment: at.Environment, Name: d.Name, Type: d.Type.Kind().String(), Layer: "none"}
		given, err := work.Catalog.Given(p, d, at)
		r.layers(given, scope)
		if (r.Layer == "none" || r.Layer == engine.LayerPackage) && !o.all && !d.Required {
			continue
		}
		if err == nil {
			var v any
			v, err = parameter(scope, d.Name)
			r.Value = sayValue(v)
		}
		if err != nil {
			r.Problem = asProblem(err).Message
		}
		out = append(out, r)
	}
	return out
}

// layers sorts what the layers say into what won, what lost, and what would win
// for some documents.
func (r *effective) layers(given []engine.Given, scope *formula.Scope) {
	for _, g := range given {
		switch b := (beaten{g.Layer, of(&g), said(g.Value, scope), g.Pos.String()}); {
		case g.Open:
			r.Open = append(r.Open, b)
		case r.Layer == "none":
			r.Layer, r.Of, r.From = b.Layer, b.Of, b.From
		default:
			r.Beaten = append(r.Beaten, b)
		}
	}
}

func of(g *engine.Given) string {
	if g.Environment != "" {
		return g.Name + " in " + string(g.Environment)
	}
	return g.Name
}

// said writes a value as its file has it: a secret is never opened for it.
func said(x engine.Expr, scope *formula.Scope) string {
	v, is := x.(*formula.Value)
	if !is {
		return "(worked out)"
	}
	if v.Program() != nil {
		return "=" + v.Program().Source()
	}
	c, err := v.Eval(scope)
	if err != nil {
		return "(worked out)"
	}
	return sayValue(c)
}

func (a *app) sayEffective(e *engine.Entity, rows []effective, all bool) error {
	if text, err := a.text(); err != nil || !text {
		if err == nil {
			err = a.json(map[string]any{"entity": e.ID, "file": e.File, "parameters": rows})
		}
		return err
	}
	_, _ = fmt.Fprintf(a.stdout, "%s (%s)\n", e.ID, e.File)
	for _, k := range slices.Sorted(maps.Keys(e.Fields)) {
		_, _ = fmt.Fprintf(a.stdout, "  %s: %s\n", k, sayValue(e.Fields[k]))
	}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	for _, r := range rows {
		what, layer := r.Value, r.Layer
		if r.Problem != "" {
			what = "! " + r.Problem
		}
		if r.Of != "" && layer != engine.LayerPackage && r.Of != e.ID {
			layer += " " + r.Of
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Package, r.Environment, r.Name, what, layer, r.From)
		if !all {
			continue
		}
		for _, b := range r.Beaten {
			_, _ = fmt.Fprintf(w, "\t\t\tnot %s\t%s %s\t%s\n", b.Value, b.Layer, b.Of, b.From)
		}
		for _, b := range r.Open {
			_, _ = fmt.Fprintf(w, "\t\t\tor %s\t%s %s\t%s\n", b.Value, b.Layer, b.Of, b.From)
		}
	}
	return w.Flush()
}
