package formula

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

var open = Decl{Names: map[string]Type{"a": Any, "b": Any, "name": String, "s": SecretType, "data": Bytes, "list": ListOf(Number)}}

func TestCompileText(t *testing.T) {
	t.Parallel()
	scope := NewScope(nil)
	scope.Set("a", decimal.MustParse("1.10"))
	scope.Set("name", "x}y")
	hidden, _ := NewSecret("ref", "canary")
	scope.Set("s", hidden)
	for _, c := range []struct{ text, want string }{
		{"plain", "plain"},
		{"", ""},
		{"012", "012"},
		{"=a + 1", "2.10"},
		{"{=a}-proc.xml", "1.10-proc.xml"},
		{"<{=name}{=a}>", "<x}y1.10>"},
		{`{="}" + name}`, "}x}y"},
		{`{={"k": "v"}.k}!`, "v!"},
		{"{{=a}", "{=a}"},
		{"{{={=a}", "{=1.10"},
		{"{a}", "{a}"},
		{"pre {=s}", "***"},
	} {
		v, problems := CompileText(c.text, diag.Pos{}, &open, false)
		if v == nil {
			t.Errorf("%s: %v", c.text, problems)
			continue
		}
		got, err := v.Eval(scope)
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%s = %v, %v; want %s", c.text, got, err, c.want)
		}
	}
}

func TestTemplateAbsent(t *testing.T) {
	t.Parallel()
	v, _ := CompileText("line {=a} of {=s}", diag.Pos{Line: 3, Column: 9}, &open, true)
	scope := NewScope(nil)
	hidden, _ := NewSecret("ref", "canary")
	scope.Set("s", hidden)
	if _, err := v.Eval(scope); err == nil || !strings.HasPrefix(err.Error(), "3:17: ") || !strings.Contains(err.Error(), RuleAbsent) {
		t.Errorf("absent hole: %v", err)
	}
	if got, err := v.EvalText(scope); err != nil || got != "line - of ***" {
		t.Errorf("text for people: %q, %v", got, err)
	}
}

func TestCompileTextProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, at, rule string }{
		{"x {=a", "1:7", RuleSyntax},
		{"x {=c}", "1:9", RuleName},
		{"x {=data}", "1:9", RuleType},
		{"x {=nil}", "1:9", RuleType},
		{"=c", "1:6", RuleName},
		{"é\n {=c}", "2:8", RuleName},
	} {
		v, problems := CompileText(c.text, diag.Pos{Line: 1, Column: 5}, &open, false)
		if v != nil || len(problems) != 1 || problems[0].Rule != c.rule || problems[0].Pos.String() != c.at {
			t.Errorf("%q: %v; want %s at %s", c.text, problems, c.rule, c.at)
		}
	}
}

func TestCompileCondition(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{"a == 1": true, "=a == 1": true, "not a": true, "a": true, "1": false, "name": false} {
		p, problems := CompileCondition(text, diag.Pos{}, &open, false)
		if (p != nil) != ok {
			t.Errorf("%q: %v", text, problems)
		}
	}
}

func TestValueStructure(t *testing.T) {
	t.Parallel()
	a, _ := CompileText("=a", diag.Pos{}, &open, false)
	b, _ := CompileText("{=b.c}!", diag.Pos{}, &open, false)
	v := Map([]Entry{{Key: "x", Value: List([]*Value{a, b}, diag.Pos{})}, {Key: "y", Value: Literal("z", diag.Pos{})}}, diag.Pos{})
	if got := fmt.Sprint(v.Refs()); got != "[[a] [b c]]" {
		t.Error(got)
	}
	if _, ok := v.Constant(); ok {
		t.Error("a map with formulas is not constant")
	}
	scope := NewScope(nil)
	scope.Set("a", json.Number("7.00"))
	scope.Set("b", map[string]any{"c": "d"})
	got, err := v.Eval(scope)
	if err != nil || fmt.Sprint(got) != "map[x:[7.00 d!] y:z]" {
		t.Error(got, err)
	}
	if c, ok := List([]*Value{Literal("z", diag.Pos{})}, diag.Pos{}).Constant(); !ok || fmt.Sprint(c) != "[z]" {
		t.Error(c, ok)
	}
}
