package check

import (
	"context"
	"errors"
	"testing"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func run(spec *engine.Spec, values, refs map[string]any, files engine.ArtifactStore) (engine.Outputs, error) {
	s := formula.NewScope(nil)
	s.Set("document", map[string]any{"total": decimal.MustParse("10")})
	return spec.Run(context.Background(), engine.NewStep("step", values, refs, s, engine.StepHands{Artifacts: files}))
}

func condition(t *testing.T, src string) *formula.Program {
	t.Helper()
	p, problems := formula.Compile(src, diag.Pos{}, &formula.Decl{Names: map[string]formula.Type{"document": formula.Any, "input": formula.Any}})
	if p == nil {
		t.Fatal(problems)
	}
	return p
}

func TestRules(t *testing.T) {
	rs := &engine.RuleSet{Name: "r", Checks: []engine.Check{
		{ID: "BR-1", Assert: condition(t, "document.total == input.total"), Fatal: true},
		{ID: "BR-2", Assert: condition(t, "document.total > 5")},
	}}
	for total, ok := range map[string]bool{"10": true, "11": false} {
		out, err := run(&Rules, map[string]any{"input": map[string]any{"total": decimal.MustParse(total)}}, map[string]any{"rules": rs}, nil)
		if err != nil || out["out"] != ok {
			t.Errorf("%s: want %v, got %v, %v", total, ok, out, err)
		}
		list := out["findings"].(diag.List)
		if ok != (len(list) == 0) || !ok && (list[0].Rule != "BR-1" || list[0].Path != "/total") {
			t.Errorf("%s: findings %v", total, list)
		}
	}
	if _, err := run(&Rules, map[string]any{"input": "x"}, map[string]any{"rules": rs}, nil); err == nil {
		t.Error("a text is taken for inputs")
	}
	out, err := run(&Rules, nil, map[string]any{"rules": &engine.RuleSet{Name: "silent"}}, nil)
	if err != nil || out["out"] != false {
		t.Errorf("rules that judge nothing pass: %v, %v", out, err)
	}
}

func TestAssert(t *testing.T) {
	for name, c := range map[string]struct {
		that, says any
		want       string // message; empty: holds
	}{
		"holds":     {true, "no", ""},
		"does not":  {false, "no", "no"},
		"absent":    {nil, map[string]any{"pt": "não", "en": "no"}, "no"},
		"says less": {false, nil, "a condition that must hold does not"},
	} {
		out, err := run(&Assert, map[string]any{"that": c.that, "says": c.says}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		list, _ := out["findings"].(diag.List)
		if (c.want == "") != (out["out"] == true) || c.want != "" && (!list.Grave() || list[0].Message != c.want || list[0].Rule != RuleAssert) {
			t.Errorf("%s: %v", name, out)
		}
	}
}

type files struct {
	found []engine.Finding
	err   error
}

func (f files) Validator(*engine.Artifact) (engine.Validator, error) {
	if f.err != nil {
		return nil, f.err
	}
	return f, nil
}

func (f files) Validate(_ context.Context, data []byte) ([]engine.Finding, error) {
	if string(data) != "<a/>" {
		return nil, errors.New("not the document")
	}
	return f.found, nil
}

func TestValidate(t *testing.T) {
	values, refs := map[string]any{"in": []byte("<a/>")}, map[string]any{"schema": &engine.Artifact{ID: "x-xsd"}}
	out, err := run(&Validate, values, refs, files{})
	if err != nil || out["out"] != true {
		t.Errorf("valid: %v, %v", out, err)
	}
	rules := map[string]any{"rules": &engine.Artifact{ID: "x-sch", Kind: "schematron"}}
	out, err = run(&Official, values, rules, files{found: []engine.Finding{{Rule: "R-1", Severity: diag.Warning}}})
	if err != nil || out["out"] != true || len(out["findings"].(diag.List)) != 1 {
		t.Errorf("rules with a warning: %v, %v", out, err)
	}
	out, err = run(&Official, values, rules, files{found: []engine.Finding{{Rule: "R-1", Severity: diag.Fatal}}})
	if err != nil || out["out"] != false {
		t.Errorf("rules that fail: %v, %v", out, err)
	}
	out, err = run(&Validate, values, refs, files{found: []engine.Finding{{Rule: "FMT-XSD", Message: "m"}}})
	if err != nil || out["out"] != false || len(out["findings"].(diag.List)) != 1 {
		t.Errorf("invalid: %v, %v", out, err)
	}
	out, err = run(&Validate, values, refs, files{err: diag.Problem{Rule: "ART-MISSING", Message: "not installed"}})
	list, _ := out["findings"].(diag.List)
	if _, judged := out["out"]; err != nil || judged || len(list) != 1 || list[0].Rule != RuleSkipped || list.Grave() {
		t.Errorf("a document that was not judged: %v, %v", out, err)
	}
	if _, err = run(&Validate, values, refs, files{err: errors.New("unreadable")}); err == nil {
		t.Error("an official file that cannot be read is passed over")
	}
}
