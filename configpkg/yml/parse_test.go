package yml

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// places formats problems as "line:column rule", a line each.
func places(problems diag.List) string {
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&b, "%d:%d %s\n", p.Pos.Line, p.Pos.Column, p.Rule)
	}
	return strings.TrimSpace(b.String())
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"empty":                    {"", "1:1 " + RuleEmpty},
		"blanks only":              {"  \n\n", "1:1 " + RuleEmpty},
		"comment only":             {"# nothing\n", "1:1 " + RuleEmpty},
		"second document empty":    {"a: 1\n---\n", "3:1 " + RuleEmpty},
		"duplicate key":            {"a: 1\nb: 2\na: 3\n", "3:1 " + RuleDuplicate},
		"duplicate key, quoted":    {"x: {a: 1, \"a\": 2}\n", "1:11 " + RuleDuplicate},
		"anchor holds itself":      {"a: &x\n  b: *x\n", "1:4 " + RuleAnchor},
		"merge key":                {"a: &x {b: 1}\nc:\n  <<: *x\n", "3:3 " + RuleMerge},
		"tag":                      {"a: !!str 1\nb: !own {c: 1}\n", "1:4 " + RuleTag + "\n2:4 " + RuleTag},
		"tab as indentation":       {"a:\n\tb: 1\n", "2:1 " + RuleTab},
		"tab behind a value":       {"a: 1\t# x\n", "1:5 " + RuleTab},
		"folded formula":           {"a: >\n  =b +\n  c\n", "1:4 " + RuleFolded},
		"folded hole":              {"a: >\n  x {=b}\n", "1:4 " + RuleFolded},
		"formula over two lines":   {"a: =b +\n  c\n", "1:4 " + RuleFolded},
		"quoted over two lines":    {"a: \"=b +\n  c\"\n", "1:4 " + RuleFolded},
		"condition over lines":     {"if: b ==\n  c\n", "1:5 " + RuleFolded},
		"boolean key":              {"on: 1\n", "1:1 " + RuleKey},
		"boolean key NO":           {"a: {NO: 1}\n", "1:5 " + RuleKey},
		"list as key":              {"[a]: 1\n", "1:1 " + RuleKey},
		"not UTF-8":                {"a: \xff\n", "1:4 " + RuleEncoding},
		"UTF-16":                   {"\xff\xfea\x00:\x00", "1:1 " + RuleEncoding},
		"unclosed bracket":         {"a: [1, 2\nb: 3\n", "1:4 " + RuleSyntax},
		"unclosed quotation mark":  {"a: \"x\nb: 3\n", "1:4 " + RuleSyntax},
		"wrong indentation":        {"a: 1\n  b: 2\n", "2:3 " + RuleSyntax},
		"unknown anchor":           {"a: *b\n", "1:4 " + RuleSyntax},
		"unclosed brace, later":    {"a:\n  - {b: 1, c: =d\n  - {b: 2}\nc: {d: =e(\"f\", 1)}\n", "2:5 " + RuleSyntax},
		"quote closed too late":    {"a: \"x\nb: \"y\"\n", "1:4 " + RuleSyntax},
		"list out of line":         {"a:\n  - b: 1\n   c: 2\n  - b: 3\nd: 4\n", "3:4 " + RuleSyntax},
		"item out of line":         {"a:\n  - b: 1\n - b: 2\nc: 1\n", "3:2 " + RuleSyntax},
		"two colons":               {"a: 1\nb: c: d\ne: 2\n", "2:5 " + RuleSyntax},
		"key without a colon":      {"a: 1\nb\nc: 2\n", "2:1 " + RuleSyntax},
		"anchor further down":      {"a: 1\nb: {c: *x}\n", "2:8 " + RuleSyntax},
		"flow: comma":              {"x: {a: =f(b, c), d: 1}\n", "1:8 " + RuleQuote},
		"flow: index":              {"x: {a: =b[0]}\n", "1:8 " + RuleQuote},
		"flow: braces":             {"x: {a: =if b {1} else {2}}\n", "1:8 " + RuleQuote},
		"flow: question":           {"x: {a: =b ?? c}\n", "1:8 " + RuleQuote},
		"flow: condition":          {"x: {when: a in [1], b: 2}\n", "1:11 " + RuleQuote},
		"flow: condition, comma":   {"x: {when: f(a, b), b: 2}\n", "1:11 " + RuleQuote},
		"flow: for":                {"x: {$for: l, i in d.lines, b: 2}\n", "1:11 " + RuleQuote},
		"flow: list":               {"x: [=f(b, c)]\n", "1:5 " + RuleQuote},
		"flow: over lines":         {"x: {\n  a: =b[0],\n  c: =f(d, 1) }\n", "2:6 " + RuleQuote + "\n3:6 " + RuleQuote},
		"flow: braces in a text":   {"x:\n  - {that: k matches \"^[0-9]{6}$\", code: \"1\"}\n  - {r: {s: a.yaml#b}}\n  - y: =f(b, c)\n", "2:12 " + RuleQuote},
		"block: colon":             {"a: =b == 'x: y'\n", "1:4 " + RuleQuote},
		"block: condition colon":   {"- if: b == 'x: y'\n", "1:7 " + RuleQuote},
		"comment cuts":             {"a: =b + '#' #c\n", "1:12 " + RuleComment},
		"comment cuts a condition": {"when: b == ' # '\n", "1:13 " + RuleComment},
		"too deep":                 {strings.Repeat("[", 102) + strings.Repeat("]", 102), "1:102 " + RuleSize},
		"much too deep":            {strings.Repeat("[", 1_000_000), "1:1001 " + RuleSize},
		"much too deep, maps":      {strings.Repeat("{a: ", 200_000), "1:4001 " + RuleSize},
		"much too deep, block":     {strings.Repeat("- ", 500_000) + "a", "1:0 " + RuleSize},
		"too long":                 {strings.Repeat("a: 1\n", 300_000), "0:0 " + RuleSize},
		"aliases that explode":     {laughs(), "6:10 " + RuleSize},
	} {
		_, problems := Parse("f.yaml", []byte(c.text))
		if got := places(problems); got != c.want {
			t.Errorf("%s: want\n%s\ngot\n%s\n%v", name, c.want, got, problems)
		}
	}
}

func laughs() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return b.String()
}

func TestParseTakes(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"plain formula in a block":      "a: =if b {1} else {2}\n",
		"quoted formula in a flow":      "a: {b: '=f(c, d)', e: =f.g}\n",
		"comment behind two blanks":     "a: =b  # that\n",
		"comment behind a text":         "a: b # that\n",
		"literal block":                 "a: |\n  =b +\n    c: d # e\n",
		"folded text":                   "a: >\n  b\n  c\n",
		"anchor used twice":             "a: &x {b: 1}\nc: *x\nd: *x\n",
		"several documents":             "a: 1\n---\nb: 2\n",
		"boolean key in quotes":         "'NO': 1\n",
		"empty value in a flow":         "a: {b: , c: 1}\n",
		"empty value behind a formula":  "a: {b: =c, d: }\n",
		"parenthesis in a flow":         "a: {b: =f(c), d: =g(e.f)}\n",
		"byte order mark":               "\xef\xbb\xbfa: 1\n",
		"lines that end in CR LF":       "a: =b\r\nc: |\r\n  x\r\n",
		"number of holes":               "a: \"{=b}-{=c}.xml\"\n",
		"quotation mark inside a plain": "a: =b == \"it's\"\n",
	} {
		if _, problems := Parse("f.yaml", []byte(text)); len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func TestTextsAreKeptAsWritten(t *testing.T) {
	t.Parallel()
	docs, problems := Parse("f.yaml", []byte("a: 1.10\nb: NO\nc: 012\nd: 2024-03-01\ne: ~\nf: null\ng: 1e3\nh:\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := ""
	for _, e := range docs[0].Entries {
		got += e.Value.Text + "|"
	}
	if want := "1.10|NO|012|2024-03-01|~|null|1e3||"; got != want {
		t.Errorf("want %s, got %s", want, got)
	}
}

func TestHintQuotesTheWholeFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"x: {a: =f(b, 'c'), d: 1}\n":          `write '=f(b, ''c'')'`,
		"x: {$for: l, i in d.lines, b: 2}\n":  `write 'l, i in d.lines'`,
		"x: {a: =if b {1} else {2}, c: =d}\n": `write '=if b {1} else {2}'`,
		"x: {a: =b ?? c}\n":                   `write '=b ?? c'`,
		"a: =b == 'x: y'\n":                   `write '=b == ''x: y'''`,
	} {
		if _, problems := Parse("f.yaml", []byte(text)); len(problems) != 1 || problems[0].Hint != want {
			t.Errorf("%s: %+v", text, problems)
		}
	}
}

func TestAliasIsTheSameNode(t *testing.T) {
	t.Parallel()
	docs, _ := Parse("f.yaml", []byte("a: &x {b: 1}\nc: *x\n"))
	if docs[0].Get("a") != docs[0].Get("c") {
		t.Error("two nodes")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a: {b: =f(c, d)}", "a: &x [*x]", "- |\n  =a\n", "? [a]\n: b", "a: \"\\u0041{=b}\"", "a: 'it''s {=b}'", "{a: =b[0]", laughs()} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		docs, problems := Parse("f", data)
		for _, d := range docs {
			walk(t, d, 0)
			Value(d, nil)
		}
		if len(docs) == 0 && len(problems) == 0 {
			t.Error("neither documents nor problems")
		}
	})
}

func walk(t *testing.T, n *Node, depth int) {
	if depth > 2*MaxDepth {
		t.Fatal("too deep")
	}
	if n.Pos.Line < 1 || n.Pos.Column < 1 {
		t.Fatalf("no place: %+v", n)
	}
	keys := map[string]bool{}
	for _, e := range n.Entries {
		if keys[e.Key] {
			t.Fatalf("key %q twice", e.Key)
		}
		keys[e.Key] = true
		walk(t, e.Value, depth+1)
	}
	for _, m := range n.Items {
		walk(t, m, depth+1)
	}
}
