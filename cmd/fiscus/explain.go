package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/host"
)

func newExplainCommand(a *app) *cobra.Command {
	var o setup
	c := &cobra.Command{
		Use:   "explain DOCUMENT",
		Short: "Which flow a document takes, and why not the others: every clause with its value",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			env, err := o.env()
			if err != nil {
				return err
			}
			data, err := readDocument(args[0])
			if err != nil {
				return err
			}
			work, err := a.workspace(&o)
			if err != nil {
				return err
			}
			e, err := engine.New(work.Catalog, engine.Hands{Clock: host.Clock{}, Log: engine.NewMemory(nil), Keys: &host.StandIns{}}, engine.Options{Version: Version})
			if err != nil {
				return err
			}
			x, err := e.Explain(c.Context(), &engine.Request{Document: data, File: args[0], Entity: o.entity, Environment: env})
			if err != nil {
				return err
			}
			return a.sayExplanation(x)
		},
	}
	o.flags(c)
	return c
}

func (a *app) sayExplanation(x *engine.Explanation) error {
	code := exitOK
	if x.Chosen == nil {
		code = exitFindings
	}
	text, err := a.text()
	if err != nil {
		return err
	}
	if !text {
		if err := a.json(x); err != nil {
			return err
		}
		return exitQuiet(code)
	}
	if x.Chosen != nil {
		_, _ = fmt.Fprintf(a.stdout, "chosen: %s@%s %s\n", x.Chosen.Package, x.Chosen.Version, x.Chosen.Flow)
	} else if x.Problem != nil {
		_, _ = fmt.Fprintf(a.stdout, "no flow: %s [%s]\n", x.Problem.Message, x.Problem.Rule)
	}
	for _, c := range x.Considered {
		_, _ = fmt.Fprintf(a.stdout, "\n%s@%s %s: %s\n", c.Package, c.Version, c.Flow, c.Result)
		for _, l := range c.Clauses {
			_, _ = fmt.Fprintf(a.stdout, "  %s%-7s %s", strings.Repeat("  ", l.Depth), l.Result, l.Clause)
			if l.Value != "" {
				_, _ = fmt.Fprintf(a.stdout, "   (it is %s)", l.Value)
			}
			_, _ = fmt.Fprintln(a.stdout)
		}
		for _, change := range c.Change {
			_, _ = fmt.Fprintf(a.stdout, "  would match if %s %s   (it is %s)\n", change.Path, change.To, change.From)
		}
	}
	return exitQuiet(code)
}
