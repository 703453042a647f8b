// Package value provides the actions that give values no formula can work out:
// "number.next" draws a number of a counter, "cursor.move" says how far was read,
// "time.now" reads the clock,
// "value.random" draws at random.
//
// Begin with Specs. All of them record: what they gave is journalled and is
// the same in a replay.
package value

import (
	"context"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Specs returns the actions of this package.
func Specs() []*engine.Spec { return []*engine.Spec{&Next, &Move, &Now, &Random} }

// Next declares the action "number.next".
var Next = engine.Spec{
	Name:    "number.next",
	Since:   "0.1",
	Effect:  engine.Records,
	Summary: "Draw the next number of a counter. No number is drawn twice.",
	Params: []engine.Param{
		{Name: "counter", Kind: engine.StateParam, Required: true, Doc: "State object of kind counter."},
		{Name: "for", Type: formula.String, Doc: "Key of what the number is for: the same key gets the same number again, in retries and resubmissions."},
	},
	Out: []engine.Port{{Name: "out", Type: formula.Integer.Required(), Doc: "The number."}},
	Example: `id: number
action: number.next
with: {counter: number, for: =document.id}
`,
	Record: next,
}

func next(_ context.Context, s *engine.Step, tx engine.Tx) (engine.Outputs, error) {
	key := ""
	if v := s.Value("for"); v != nil {
		var err error
		if key, err = formula.FormatText(v); err != nil {
			return nil, err
		}
	}
	n, err := tx.Next(s.State("counter"), key)
	if err != nil {
		return nil, err
	}
	return engine.Outputs{"out": n}, nil
}

// Move declares the action "cursor.move".
var Move = engine.Spec{
	Name:    "cursor.move",
	Since:   "0.1",
	Effect:  engine.Records,
	Summary: "Say how far was read of what an authority gives out in order. A cursor never goes back; put the step after those that keep what was read, so that a crash reads it again rather than not at all.",
	Params: []engine.Param{
		{Name: "cursor", Kind: engine.StateParam, Required: true, Doc: "State object of kind cursor."},
		{Name: "to", Type: formula.Number, Required: true, Doc: "The last number that was read. One at or before the present place moves nothing."},
	},
	Out: []engine.Port{
		{Name: "out", Type: formula.Number.Required(), Doc: "Where the cursor stands now."},
		{Name: "moved", Type: formula.Boolean.Required(), Doc: "False if it stood there or beyond already."},
	},
	Example: `id: read
action: cursor.move
with: {cursor: place, to: 17}
`,
	Record: move,
}

func move(_ context.Context, s *engine.Step, tx engine.Tx) (engine.Outputs, error) {
	to, ok := s.Number("to")
	if !ok {
		return nil, diag.Problem{Rule: RuleCursor, Message: "to is absent: how far was read is not known"}
	}
	at, moved, err := tx.Move(s.State("cursor"), to)
	if err != nil {
		return nil, err
	}
	return engine.Outputs{"out": at, "moved": moved}, nil
}

// RuleCursor says that a cursor cannot be moved as asked.
const RuleCursor = "RUN-CURSOR"

// Now declares the action "time.now".
var Now = engine.Spec{
	Name:    "time.now",
	Since:   "0.1",
	Effect:  engine.Records,
	Summary: "Read the clock, the only source of the present time.",
	Out:     []engine.Port{{Name: "out", Type: formula.Instant.Required(), Doc: "The present moment in UTC, the same in a replay."}},
	Example: `id: now
action: time.now
`,
	Record: func(_ context.Context, s *engine.Step, _ engine.Tx) (engine.Outputs, error) {
		return engine.Outputs{"out": s.Now().UTC()}, nil
	},
}
