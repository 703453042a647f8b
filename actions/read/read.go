// Package read provides the actions that understand what came in:
// "transform.read" makes a business document or named values of it by a
// reading of the package; "answer.read" judges news that nobody asked for by
// an answers file.
//
// Begin with Specs. transform.read is pure: the same bytes give the same
// document. answer.read records: the status it finds is written with it.
package read

import (
	"context"
	"fmt"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/reading"
)

// Specs returns the actions of this package.
func Specs() []*engine.Spec { return []*engine.Spec{&Read, &Answer} }

// Read declares the action "transform.read".
var Read = engine.Spec{
	Name:    "transform.read",
	Since:   "0.1",
	Effect:  engine.Pure,
	Summary: "Read a document by the first reading that is for it: XML, JSON, CSV, lines of fixed width.",
	In:      []engine.Port{{Name: "in", Type: formula.Tree, Required: true, Doc: "What came in: bytes, or a tree."}},
	Params: []engine.Param{
		{Name: "reading", Kind: engine.ReadingParam, Required: true, Doc: "Reading file, or a list of them; the first whose match fits is taken."},
		{Name: "name", Type: formula.String, Doc: "Name of the source in problems."},
		{Name: "input", Type: formula.MapOf(nil, true), Doc: "The inputs the reading declares."},
	},
	Out: []engine.Port{
		{Name: "out", Type: formula.Any, Doc: "The business document, or the named values."},
		{Name: "json", Type: formula.Bytes, Doc: "The business document as JSON; absent for named values."},
	},
	Example: `id: read
action: transform.read
with: {in: '=bytes("<Order><No>17</No></Order>")', reading: readings/example.yaml}
`,
	Run: run,
}

func run(_ context.Context, s *engine.Step) (engine.Outputs, error) {
	input, ok := s.Value("input").(map[string]any)
	if !ok && s.Value("input") != nil {
		return nil, fmt.Errorf("input of the reading is a %s, not a map", formula.KindOf(s.Value("input")))
	}
	name := s.Text("name")
	if name == "" {
		name = "in"
	}
	reader, err := document.NewReader(document.Limits{})
	if err != nil {
		return nil, err
	}
	r, _, err := reading.First(s.Readings("reading"), name, s.Bytes("in"), s.Scope(), input, reader)
	if err != nil {
		return nil, err
	}
	out := engine.Outputs{"out": r.Values, "findings": r.Findings}
	if r.JSON != nil {
		out["json"] = r.JSON
	}
	return out, nil
}

// Answer declares the action "answer.read".
var Answer = engine.Spec{
	Name:    "answer.read",
	Since:   "0.1",
	Effect:  engine.Records,
	Summary: "Judge something that came in by itself by the answers file of the step. The status goes to the document the news are about.",
	In:      []engine.Port{{Name: "in", Type: formula.Tree, Required: true, Doc: "What came in: bytes, or a tree."}},
	Out:     []engine.Port{{Name: "out", Type: formula.Bytes, Doc: "The same, as received."}},
	Example: `id: read
action: answer.read
with: {in: '=bytes("<Answer><Code>OK</Code></Answer>")'}
answer: {code: =at("//Code"), codes: {OK: {class: done}}}
`,
	Record: func(_ context.Context, s *engine.Step, _ engine.Tx) (engine.Outputs, error) {
		return engine.Outputs{"out": s.Bytes("in")}, nil
	},
}
