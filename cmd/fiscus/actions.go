package main

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmldsig"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// registry returns all actions of this program.
func registry() *engine.Registry { return actions.Registry() }

func newActionsCommand(a *app) *cobra.Command {
	c := &cobra.Command{Use: "actions", Short: "The actions that flows are made of"}
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "List the actions with their effect", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.listActions() },
	}, &cobra.Command{
		Use: "show ACTION", Short: "One action: inputs, parameters, outputs, an example", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.showAction(args[0]) },
	})
	return c
}

// actionRow is an action in JSON.
type actionRow struct {
	Name    string       `json:"name"`
	Since   string       `json:"since"`
	Effect  string       `json:"effect"`
	Summary string       `json:"summary"`
	Source  string       `json:"source,omitempty"`
	Params  []actionPort `json:"params"`
	Outputs []actionPort `json:"outputs"`
	Example string       `json:"example,omitempty"`
}

type actionPort struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Required bool     `json:"required"`
	Secret   bool     `json:"secret,omitempty"`
	Default  any      `json:"default,omitempty"`
	Values   []string `json:"values,omitempty"`
	Doc      string   `json:"doc"`
}

func actionOf(s *engine.Spec) actionRow {
	r := actionRow{Name: s.Name, Since: s.Since, Effect: s.Effect.String(), Summary: s.Summary, Source: s.Source, Example: s.Example,
		Params: []actionPort{}, Outputs: []actionPort{}}
	for _, p := range s.In {
		r.Params = append(r.Params, actionPort{Name: p.Name, Type: p.Type.String(), Required: p.Required, Doc: p.Doc})
	}
	for _, p := range s.Params {
		r.Params = append(r.Params, actionPort{Name: p.Name, Type: p.Kind.Name(p.Type), Required: p.Required, Default: p.Default, Values: p.Values,
			Secret: p.Type.Kind() == formula.SecretKind || p.Type.Kind() == formula.CertificateKind, Doc: p.Doc})
	}
	for _, p := range s.Out {
		r.Outputs = append(r.Outputs, actionPort{Name: p.Name, Type: p.Type.String(), Required: p.Required, Doc: p.Doc})
	}
	return r
}

func (a *app) listActions() error {
	text, err := a.text()
	if err != nil {
		return err
	}
	reg := registry()
	rows := []actionRow{}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	for _, name := range reg.Names() {
		r := actionOf(reg.Spec(name))
		rows = append(rows, r)
		if text {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", r.Name, r.Effect, r.Summary)
		}
	}
	if text {
		return w.Flush()
	}
	return a.json(map[string]any{"actions": rows})
}

func (a *app) showAction(name string) error {
	text, err := a.text()
	if err != nil {
		return err
	}
	reg := registry()
	spec := reg.Spec(name)
	if spec == nil {
		return exit(exitNotFound, fmt.Errorf("there is no action %q\n    hint: %s", name, cmp.Or(diag.DidYouMean(name, reg.Names()), "fiscus actions list")))
	}
	r := actionOf(spec)
	if !text {
		return a.json(r)
	}
	_, _ = fmt.Fprintf(a.stdout, "%s (%s, since %s)\n  %s\n", r.Name, r.Effect, r.Since, r.Summary)
	if r.Source != "" {
		_, _ = fmt.Fprintf(a.stdout, "  source: %s\n", r.Source)
	}
	a.showPorts("with", r.Params)
	a.showPorts("gives", r.Outputs)
	if r.Example != "" {
		_, _ = fmt.Fprintf(a.stdout, "\nexample:\n    %s\n", strings.ReplaceAll(strings.TrimSpace(r.Example), "\n", "\n    "))
	}
	return nil
}

func (a *app) showPorts(title string, ports []actionPort) {
	if len(ports) == 0 {
		return
	}
	_, _ = fmt.Fprintf(a.stdout, "\n%s:\n", title)
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	for _, p := range ports {
		need := "optional"
		if p.Required {
			need = "required"
		}
		doc := p.Doc
		if len(p.Values) > 0 {
			doc += " One of: " + strings.Join(p.Values, ", ") + "."
		}
		if p.Default != nil {
			doc += fmt.Sprintf(" Default: %v.", p.Default)
		}
		_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", p.Name, p.Type, need, doc)
	}
	_ = w.Flush()
}

// signed reports what is wrong with the signature of a document.
func signed(data []byte) error {
	d, err := xmltree.Parse(data, xmltree.Options{})
	if err != nil {
		return err
	}
	v, err := xmldsig.Verify(d, xmldsig.Check{Any: true, AllowSHA1: true})
	if err != nil {
		return err
	}
	if root := d.Root(); v.Element != 0 && v.Element != root && v.Element != firstElement(d, root) {
		return diag.Problem{Rule: xmldsig.RuleCoverage, Message: "the signature covers neither the document nor its content"}
	}
	return nil
}

func firstElement(d *xmltree.Document, n xmltree.Node) xmltree.Node {
	for e := range d.Elements(n) {
		return e
	}
	return n
}
