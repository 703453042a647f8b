package enginetest

import (
	"testing"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
)

// Flow is a flow of steps that each need the one before.
func Flow(name string, kind engine.FlowKind, steps ...*engine.FlowStep) *engine.Flow {
	for i, s := range steps {
		if i > 0 && s.After == nil {
			s.After = []string{steps[i-1].ID}
		}
	}
	return &engine.Flow{Name: name, Kind: kind, Steps: steps}
}

// Issue is a package whose flow most tests run: number, make, sign, send, with a look-up
// for what is unknown.
func Issue(t testing.TB) *engine.Package {
	counter := &engine.State{Name: "number", Kind: "counter", GapFree: true, Per: []*formula.Program{Program(t, "entity")}}
	send := &engine.FlowStep{ID: "send", Action: Send, With: With(t, "url", "https://authority.test/send", "body", "=steps.sign.out"),
		Answer: &engine.AnswerRef{Answers: SendAnswers(t)},
		Handle: []engine.Handler{engine.Handler{On: "unknown", Deeds: []engine.Deed{engine.Deed{Use: "lookup", With: With(t, "body", "=steps.sign.out")}}},
			engine.Handler{On: "duplicate", Deeds: []engine.Deed{engine.Deed{Use: "lookup", With: With(t, "body", "=steps.sign.out")}}}}}
	f := Flow("issue", engine.Outbound,
		&engine.FlowStep{ID: "number", Action: Number, With: With(t, "for", "=document.id"), Refs: map[string]any{"counter": counter}},
		&engine.FlowStep{ID: "make", Action: Make, With: With(t, "in", "=steps.number.out")},
		&engine.FlowStep{ID: "sign", Action: Sign, With: With(t, "in", "=steps.make.out")},
		send,
		&engine.FlowStep{ID: "legal", Action: Make, With: With(t, "in", `=text(steps.sign.out) + (steps.send.fields.protocol ?? "none")`)},
		&engine.FlowStep{ID: "last", Action: Make, Finally: true, After: []string{}, With: With(t, "in", `=steps.send.class ?? "none"`)},
	)
	f.Fields = With(t, "protocol", "=steps.send.fields.protocol", "number", "=steps.number.out")
	f.Results = []engine.Result{{Name: "legal", From: Program(t, "steps.legal.out"), File: Value(t, "{=document.id}.xml"), Legal: true}}
	return &engine.Package{ID: "xx/test", Version: "1.0.0", Digest: "h1:test", Documents: []string{"invoice/1", "cancellation/1"}, Date: Program(t, "document.issued"),
		State: []engine.State{*counter}, Flows: []*engine.Flow{f, Lookup(t)}}
}

// Lookup is the flow that asks the authority for what was sent.
func Lookup(t testing.TB) *engine.Flow {
	f := Flow("lookup", engine.Part, &engine.FlowStep{ID: "ask", Action: Ask, With: With(t, "url", "https://authority.test/ask", "body", "=input.body"),
		Answer: &engine.AnswerRef{Answers: AskAnswers(t)}})
	f.Gives = []string{"ask"}
	return f
}
