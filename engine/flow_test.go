package engine

import (
	"testing"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func TestEffectOfACallThatReads(t *testing.T) {
	t.Parallel()
	asks := &Spec{Effect: Sends, ReadsWhen: map[string][]string{"method": {"GET"}}, Params: []Param{{Name: "method", Default: "GET"}}}
	with := func(v string) []Let {
		x, problems := formula.CompileText(v, diag.Pos{}, &formula.Decl{Names: map[string]formula.Type{"m": formula.String}}, false)
		if problems.Grave() {
			t.Fatal(problems)
		}
		return []Let{{Name: "method", Value: x}}
	}
	for name, test := range map[string]struct {
		step FlowStep
		want Effect
	}{
		"default":         {FlowStep{Action: asks}, Reads},
		"literal":         {FlowStep{Action: asks, With: with("GET")}, Reads},
		"other literal":   {FlowStep{Action: asks, With: with("POST")}, Sends},
		"worked out":      {FlowStep{Action: asks, With: with("=m")}, Sends},
		"author's word":   {FlowStep{Action: asks, With: with("POST"), Lowered: true}, Reads},
		"nothing to tell": {FlowStep{Action: &Spec{Effect: Sends}}, Sends},
		"pure":            {FlowStep{Action: &Spec{Effect: Pure}, Lowered: true}, Pure},
	} {
		if got := test.step.Effect(); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
