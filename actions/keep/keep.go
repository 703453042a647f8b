// Package keep provides the actions that keep something in Fiscus itself:
// "document.status" the status of a document, "store.put" bytes under a name.
//
// Begin with Specs. Both record: they take part in the transaction that
// journals the step.
package keep

import (
	"context"
	"fmt"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// RuleStore says that there is nothing to keep.
const RuleStore = "RUN-STORE"

// Specs returns the actions of this package.
func Specs() []*engine.Spec { return []*engine.Spec{&Status, &Store} }

// Status declares the action "document.status".
var Status = engine.Spec{
	Name:    "document.status",
	Since:   "0.1",
	Effect:  engine.Records,
	Summary: "Move a document to another status. Only moves of the engine's table are made.",
	Params: []engine.Param{
		{Name: "of", Type: formula.String, Default: "own", Values: []string{"own", "original"}, Doc: "Whose status: that of the document itself, or of the document an event flow is about."},
		{Name: "to", Type: formula.String, Required: true, Values: statuses(), Doc: "The new status."},
	},
	Out: []engine.Port{{Name: "out", Type: formula.String.Required(), Doc: "The new status."}},
	Example: `id: mark
action: document.status
with: {to: generated}
`,
	Record: func(_ context.Context, s *engine.Step, tx engine.Tx) (engine.Outputs, error) {
		to := engine.DocStatus(s.Text("to"))
		if err := tx.SetStatus(s.Text("of") == "original", to); err != nil {
			return nil, err
		}
		return engine.Outputs{"out": string(to)}, nil
	},
}

// statuses are the statuses a step may give: all but none.
func statuses() (names []string) {
	for _, s := range engine.DocStatuses[1:] {
		names = append(names, string(s))
	}
	return names
}

// Store declares the action "store.put".
var Store = engine.Spec{
	Name:    "store.put",
	Since:   "0.1",
	Effect:  engine.Records,
	Summary: "Keep bytes as a named artifact of the submission.",
	In:      []engine.Port{{Name: "in", Type: formula.Bytes, Required: true, Doc: "What is kept, byte for byte."}},
	Params: []engine.Param{
		{Name: "name", Type: formula.String, Required: true, Doc: "Name of the artifact."},
		{Name: "file", Type: formula.String, Doc: "Name of the file when it is exported; the name if left out."},
		{Name: "type", Type: formula.String, Default: "application/octet-stream", Doc: "Media type."},
	},
	Out: []engine.Port{{Name: "out", Type: formula.String.Required(), Doc: "The name of the artifact."}},
	Example: `id: copy
action: store.put
with: {in: '=bytes("hello")', name: copy, file: copy.txt, type: text/plain}
`,
	Record: func(_ context.Context, s *engine.Step, tx engine.Tx) (engine.Outputs, error) {
		if _, secret := s.Value("in").(formula.Secret); secret {
			return nil, diag.Problem{Rule: RuleStore, Message: "a secret would be kept in the open"}
		}
		data := s.Bytes("in")
		if data == nil {
			return nil, diag.Problem{Rule: RuleStore, Message: fmt.Sprintf("a %s has no bytes to keep", formula.KindOf(s.Value("in")))}
		}
		name, file := s.Text("name"), s.Text("file")
		if file == "" {
			file = name
		}
		if err := tx.Put(name, file, s.Text("type"), data); err != nil {
			return nil, err
		}
		return engine.Outputs{"out": name}, nil
	},
}
