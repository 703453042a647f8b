package formula

import (
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// Every problem of compiling points at the part that has it: the arrow stands
// below the first character of the place.
func TestPositions(t *testing.T) {
	t.Parallel()
	d := &Decl{Strict: true, Tables: testTables, Names: map[string]Type{
		"any": Any, "n": Number, "t": String, "b": Boolean, "d": Date, "i": Instant, "by": Bytes, "x": Tree, "s": SecretType, "c": Certificate, "con": Connection, "txt": Text,
		"l": ListOf(MapOf(map[string]Type{"id": Integer, "name": String}, false).Named("line")), "m": MapOf(map[string]Type{"k": Number}, false).Named("thing"),
	}}
	for _, c := range []struct{ src, arrow, rule, says string }{
		{`n + nn`, `    ^`, RuleName, `unknown name "nn"`},
		{`left`, `^`, RuleName, `unknown name "left"`},
		{`m.q`, `  ^`, RuleName, `unknown field "q" of thing`},
		{`l[0].idd`, `     ^`, RuleName, `unknown field "idd" of line`},
		{`l.id`, `  ^`, RuleType, `has no field "id"`},
		{`t.id`, `  ^`, RuleType, `has no field "id"`},
		{`x.id`, `  ^`, RuleType, `has no field "id"`},
		{`c.serial`, `  ^`, RuleType, `has no field "serial"`},
		{`map(l, .nam)`, `        ^`, RuleName, `unknown field "nam"`},
		{`groups(l, "nam")`, `          ^`, RuleName, `unknown field "nam"`},
		{`groups(l, "id", "x.y")`, `                ^`, RuleName, `unknown field "x"`},
		{`lefft(t, 1)`, `^`, RuleName, `unknown function "lefft"`},
		{`serial("a")`, `^`, RuleName, `simulators only`},
		{`at("a")`, `^`, RuleName, `nothing to read here`},
		{`at(n)`, `   ^`, RuleType, `is a string, not a number`},
		{`source(n)`, `       ^`, RuleType, `a tree or bytes, not a number`},
		{`table("rats", "S")`, `      ^`, RuleName, `unknown table "rats"`},
		{`table("rates", "S", 1)`, `      ^`, RuleType, `has 1 key(s), not 2`},
		{`n + t`, `  ^`, RuleType, `cannot join a number and a string`},
		{`(n * t)`, `   ^`, RuleType, `needs numbers, not a string`},
		{`-t`, `^`, RuleType, `needs a number, not a string`},
		{`n == t`, `  ^`, RuleType, `cannot compare a number and a string`},
		{`d == "2026-01-01"`, `  ^`, RuleType, `cannot compare a date and a string`},
		{`s == "a"`, `  ^`, RuleType, `cannot compare a secret`},
		{`x == "a"`, `  ^`, RuleType, `cannot compare a tree`},
		{`d < i`, `  ^`, RuleType, `cannot compare a date and a instant`},
		{`b < true`, `  ^`, RuleType, `has no order`},
		{`n in t`, `  ^`, RuleType, `needs a list or a map, not a string`},
		{`n in ["a"]`, `  ^`, RuleType, `cannot compare`},
		{`n contains "a"`, `  ^`, RuleType, `needs texts, not a number`},
		{`n matches "a"`, `  ^`, RuleType, `needs texts, not a number`},
		{`t matches "("`, `          ^`, RuleValue, `missing closing )`},
		{`t matches "` + strings.Repeat("a", 1001) + `"`, `          ^`, RuleValue, `more than 1000 characters`},
		{`b and n`, `      ^`, RuleType, `operand of and is a number`},
		{`n or b`, `^`, RuleType, `operand of or is a number`},
		{`not n`, `    ^`, RuleType, `operand of not is a number`},
		{`if n {1} else {2}`, `   ^`, RuleType, `condition is a number`},
		{`n ? 1 : 2`, `^`, RuleType, `condition is a number`},
		{`t..n`, ` ^`, RuleType, `from integer to integer, not a string`},
		{`l["a"]`, `  ^`, RuleType, `has no field "a"`},
		{`m[n]`, `  ^`, RuleType, `indexed by a string`},
		{`n[any]`, ` ^`, RuleType, `has no members`},
		{`n[1:2]`, ` ^`, RuleType, `has no parts`},
		{`l["a":]`, `  ^`, RuleType, `a bound is an integer`},
		{`map(n, #)`, `    ^`, RuleType, `needs a list, not a number`},
		{`filter(l, .id)`, `          ^`, RuleType, `predicate of filter is a integer`},
		{`sum(l, .name)`, `^`, RuleType, `sum needs numbers`},
		{`sortBy(l, .id, "up")`, `               ^`, RuleValue, `"asc" or "desc"`},
		{`sortBy(l, #)`, `          ^`, RuleType, `has no order`},
		{`left(n, 2)`, `     ^`, RuleType, `argument "t" of left is a string, not a number`},
		{`left(t, t)`, `        ^`, RuleType, `argument "n" of left`},
		{`left(t)`, `^`, RuleType, `left takes 2 arguments, not 1`},
		{`round(1, 2, "x", 4)`, `^`, RuleType, `round takes 1 to 3 arguments, not 4`},
		{`min()`, `^`, RuleType, `min takes 1 or more arguments, not 0`},
		{`split(s, ",")`, `      ^`, RuleType, `not a secret`},
		{`round(n, 2, "x")`, `            ^`, RuleValue, `no rounding mode "x"`},
		{`escape(t, "html")`, `          ^`, RuleValue, `"html" is none of them`},
		{`date(t, "QQ")`, `        ^`, RuleValue, `no such pattern`},
		{`format(i, "HH", "Mars")`, `                ^`, RuleValue, `no such time zone`},
		{`endOfDay(d, "Mars")`, `            ^`, RuleValue, `no such time zone`},
		{`duration("soon")`, `         ^`, RuleValue, `does not fit`},
		{`match(t, "[")`, `         ^`, RuleValue, `missing closing ]`},
		{`at(x, "a[")`, `      ^`, RuleValue, `a[`},
		{`at(x, "p:a")`, `      ^`, RuleValue, `p`},
		{`currency("EUR").x`, `                ^`, RuleName, `unknown field "x" of currency`},
		{`certificate(c).x`, `               ^`, RuleName, `unknown field "x" of certificate`},
		{`{a: 1, "a": 2}`, `       ^`, RuleSyntax, `key "a" stands twice`},
		{`{(t): 1}`, `^`, RuleBanned, `a map key that is worked out`},
		{`now()`, `^`, RuleBanned, `now() is not part`},
		{`1 + reduce(l, #)`, `    ^`, RuleBanned, `reduce() is not part`},
		{`let a = 1; a`, `    ^`, RuleBanned, `let inside a formula`},
		{`1; 2`, `^`, RuleBanned, `a sequence`},
		{`m.f(1)`, `  ^`, RuleBanned, `a call of a field`},
		{`map(l, #index)`, `       ^`, RuleBanned, `#index is not part`},
		{`n ^ 2`, `  ^`, RuleBanned, `a power is not part`},
		{`b"raw"`, `^`, RuleBanned, `a literal of bytes`},
		{`1e5 + 1`, `^`, RuleSyntax, `number "1e5"`},
		{`n + 0xff`, `    ^`, RuleSyntax, `number "0xff"`},
		{`n +`, `   ^`, RuleSyntax, `ends too early`},
		{`n + * 2`, `    ^`, RuleSyntax, `unexpected token`},
		{`n n`, `  ^`, RuleSyntax, `unexpected token`},
		{`t + "x`, `      ^`, RuleSyntax, `literal not terminated`},
		{"t + \"\xff\"", `^`, RuleSyntax, `no valid UTF-8`},
		{strings.Repeat("(", 151) + "1", strings.Repeat(" ", 150) + `^`, RuleSize, `more than 150 brackets`},
		{strings.Repeat("-", 200) + "1", strings.Repeat(" ", 150) + `^`, RuleSize, `more than 150 parts inside each other`},
		{strings.Repeat(" ", 16<<10) + "1", `^`, RuleSize, `at most 16384`},
		{`"é" + zz`, `      ^`, RuleName, `"zz"`},
		{`"😀" + zz`, `      ^`, RuleName, `"zz"`},
	} {
		_, problems := Compile(c.src, diag.Pos{Line: 1, Column: 1}, d)
		if len(problems) == 0 {
			t.Errorf("%.60s: no problem; want %s", c.src, c.rule)
			continue
		}
		p := problems[0]
		if p.Rule != c.rule || p.Pos.Column != len(c.arrow) || p.Pos.Line != 1 || !strings.Contains(p.Message, c.says) {
			t.Errorf("%.60s: %s %v %q; want %s at %d: %s", c.src, p.Rule, p.Pos, p.Message, c.rule, len(c.arrow), c.says)
		}
	}
}

// Each rule of compiling is in the conformance tables or above; all problems
// are collected, in order of their places.
func TestAllProblemsAreCollected(t *testing.T) {
	t.Parallel()
	_, problems := Compile("aa + bb(1) +\n  left(1, \"x\") + cc", diag.Pos{File: "f.yaml", Line: 7, Column: 12}, &Decl{})
	places := []string{}
	for _, p := range problems {
		places = append(places, p.Pos.String())
	}
	want := "f.yaml:7:12 f.yaml:7:17 f.yaml:8:19 f.yaml:8:22 f.yaml:8:29"
	if got := strings.Join(places, " "); got != want {
		t.Errorf("%s; want %s\n%v", got, want, problems)
	}
}

func TestHints(t *testing.T) {
	t.Parallel()
	d := &Decl{Strict: true, Names: map[string]Type{"doc": MapOf(map[string]Type{"payable": Number}, false), "d": Date, "n": Number, "t": String}}
	for src, hint := range map[string]string{
		"dok.payable": `doc`, "doc.paiable": "payable", "lft(t, 1)": "left", `d == "2026-01-01"`: `date("...")`, `"a" + n`: "string(x)", "upper(n)": "string(x)", `round(t, 2)`: "number(text)", "now()": "time.now",
	} {
		_, problems := Compile(src, diag.Pos{}, d)
		if len(problems) == 0 || !strings.Contains(problems[0].Hint, hint) {
			t.Errorf("%s: %+v; want a hint with %q", src, problems, hint)
		}
	}
}
