// Package transform provides the actions that make documents: "transform.write"
// writes one by a mapping, "xml.put" puts a value or a piece into one that is
// written already.
//
// Begin with Specs. Both are pure: the same inputs give the same bytes.
package transform

import (
	"context"
	"fmt"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
)

// The rule ids this package raises itself.
const (
	RulePut = "RUN-PUT" // nothing, or more than one thing, is where something is to be put
)

// Specs returns the actions of this package.
func Specs() []*engine.Spec { return []*engine.Spec{&Write, &Put} }

// Write declares the action "transform.write".
var Write = engine.Spec{
	Name:    "transform.write",
	Since:   "0.1",
	Effect:  engine.Pure,
	Summary: "Write a document by a mapping: XML, JSON, text.",
	Source:  "Canonical XML 1.0: the output is its own canonical form",
	Params: []engine.Param{
		{Name: "mapping", Kind: engine.MappingParam, Required: true, Doc: "Mapping file, or a small mapping in its place."},
		{Name: "part", Type: formula.String, Doc: "Which of the small messages of the mapping is written."},
		{Name: "input", Type: formula.MapOf(nil, true), Doc: "The inputs the mapping declares."},
	},
	Out: []engine.Port{{Name: "out", Type: formula.Bytes.Required(), Doc: "The document as it is written, UTF-8, without XML declaration."}},
	Example: `id: map
action: transform.write
with: {mapping: {format: xml, inputs: {key: string}, root: {Doc: {"@id": =input.key, number: =document.number}}}, input: {key: K-1}}
`,
	Makes: engine.DocGenerated,
	Run:   write,
}

func write(_ context.Context, s *engine.Step) (engine.Outputs, error) {
	r, err := writeWith(s, nodes.Options{})
	if err != nil {
		return nil, err
	}
	m, scope, o := s.Mapping("mapping"), s.Scope(), nodes.Options{Part: s.Text("part"), Lineage: true}
	o.Input, _ = inputs(s.Value("input"))
	s.Wrote(func() []nodes.Origin {
		if r, err := m.Write(scope, o); err == nil {
			return r.Lineage
		}
		return nil
	})
	return engine.Outputs{"out": r.Bytes}, nil
}

func writeWith(s *engine.Step, o nodes.Options) (*nodes.Result, error) {
	input, err := inputs(s.Value("input"))
	if err != nil {
		return nil, err
	}
	o.Part, o.Input = s.Text("part"), input
	return s.Mapping("mapping").Write(s.Scope(), o)
}

// Observed is Specs for looking closely: tell is given what transform.write
// wrote in a step, by which mapping, with lineage and what was never read.
func Observed(tell func(step string, m *nodes.Mapping, r *nodes.Result)) []*engine.Spec {
	w := Write
	w.Run = func(_ context.Context, s *engine.Step) (engine.Outputs, error) {
		r, err := writeWith(s, nodes.Options{Lineage: true, Unread: true})
		if err != nil {
			return nil, err
		}
		tell(s.ID(), s.Mapping("mapping"), r)
		return engine.Outputs{"out": r.Bytes}, nil
	}
	return []*engine.Spec{&w, &Put}
}

func inputs(v any) (map[string]any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return v, nil
	}
	return nil, fmt.Errorf("input of the mapping is a %s, not a map", formula.KindOf(v))
}
