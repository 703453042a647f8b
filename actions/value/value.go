// Package value provides the actions that give values no formula can work out:
// "number.next" draws a number of a counter, "time.now" reads the clock,
// "value.random" draws at random.
//
// Begin with Specs. All of them record: what they gave is journalled and is
// the same in a replay.
package value

import (
	"context"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
)

// Specs returns the actions of this package.
func Specs() []*engine.Spec { return []*engine.Spec{&Next, &Now, &Random} }

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
