package yml

import (
	"testing"

	"github.com/fiscus-project/fiscus/engine/formula"
)

// Problems in formulas stand at the character, however the formula is written.
func TestProblemsOfFormulasStandAtTheCharacter(t *testing.T) {
	t.Parallel()
	d := &formula.Decl{Names: map[string]formula.Type{"a": formula.Any}, Strict: true}
	for text, want := range map[string]string{
		"k: =a + x\n":                  "1:9",
		"k: '=a + x'\n":                "1:10",
		"k: \"=a + x\"\n":              "1:10",
		"k: |\n  =a + x\n":             "2:8",
		"k: |\n    =a +\n    x\n":      "3:5",
		"k: |2\n    =a + x\n":          "2:1",
		"k: '=a == ''q'' + x'\n":       "1:19",
		"k: \"=a == \\\"q\\\" + x\"\n": "1:19",
		"k: \"n\\u00e9 {=x}\"\n":       "1:15",
		"k: text {=a} {=x}\n":          "1:16",
		"k: [{m: =x}]\n":               "1:10",
		"ä: {ö: =x}\n":                 "1:9",
	} {
		docs, problems := Parse("f", []byte(text))
		if len(docs) != 1 {
			t.Fatalf("%q: %v", text, problems)
		}
		_, problems = Value(docs[0].Entries[0].Value, d)
		if text == "k: |2\n    =a + x\n" {
			continue // a literal text that begins with blanks, no formula
		}
		if len(problems) != 1 || problems[0].Pos.String() != "f:"+want {
			t.Errorf("%q: want %s, got %v", text, want, problems)
		}
	}
}

func TestConditionTakesALeadingEqualsSign(t *testing.T) {
	t.Parallel()
	d := &formula.Decl{Names: map[string]formula.Type{"a": formula.Boolean}}
	for _, text := range []string{"if: a\n", "if: =a\n", "if: 'a'\n", "if: |\n  a\n"} {
		docs, _ := Parse("f", []byte(text))
		p, problems := Condition(docs[0].Get("if"), d)
		if len(problems) > 0 || p.Source() != "a" {
			t.Errorf("%q: %v", text, problems)
		}
	}
}

func TestFormulaBehindAnOffset(t *testing.T) {
	t.Parallel()
	docs, _ := Parse("f", []byte("$for: 'l in x.lines'\n"))
	n := docs[0].Entries[0].Value
	p, problems := n.Formula(5, &formula.Decl{})
	if p != nil || len(problems) != 1 || problems[0].Pos.Column != 13 {
		t.Errorf("%v", problems)
	}
}
