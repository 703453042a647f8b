package formula

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func TestScopes(t *testing.T) {
	t.Parallel()
	d := &Decl{Reader: true, Names: map[string]Type{"a": Any, "b": Any}}
	p, _ := Compile("string(a) + string(b)", diag.Pos{}, d)
	outer := NewScope(nil)
	outer.Set("a", json.Number("1.10"))
	outer.SetLazy("b", func(s *Scope) (any, error) { return "!", nil })
	inner := outer.Child()
	inner.Set("a", 7)
	for s, want := range map[*Scope]string{outer: "1.10!", inner: "7!"} {
		if got, err := p.Eval(s); got != want || err != nil {
			t.Errorf("%v, %v; want %s", got, err, want)
		}
	}
	outer.Set("a", "again")
	if got, _ := p.Eval(outer); got != "again!" {
		t.Errorf("set anew: %v", got)
	}
	header, _ := Compile(`header("retry-after") ?? "none"`, diag.Pos{}, d)
	if _, err := header.Eval(outer); err == nil || !strings.Contains(err.Error(), RuleHost) {
		t.Errorf("nothing is being read: %v", err)
	}
	host := reading{}
	if got, err := header.Eval(inner.WithHost(host)); got != "5" || err != nil {
		t.Errorf("with a host: %v, %v", got, err)
	}
	if _, err := header.Eval(inner); err == nil {
		t.Error("the host of the parent is as before")
	}
	if _, ok, _ := outer.Lookup("none"); ok {
		t.Error("no such name")
	}
}

func TestWhatAProgramTells(t *testing.T) {
	t.Parallel()
	d := &Decl{Names: map[string]Type{"steps": Any, "document": Any, "k": String}, Tables: testTables}
	src := `steps.send.fields.protocol == document.lines[0].id and any(document.lines, .net > steps.x["y"]) and table("rates", k).rate > 0 and steps[k] == nil`
	p, problems := Compile(src, diag.Pos{Line: 2, Column: 3}, d)
	if p == nil {
		t.Fatal(problems)
	}
	if got := fmt.Sprint(p.Refs()); got != "[[document lines] [k] [steps] [steps send fields protocol] [steps x y]]" {
		t.Error(got)
	}
	calls := p.Calls()
	if len(calls) != 1 || calls[0].Function != "table" || calls[0].Name != "rates" || calls[0].Args != 2 || calls[0].Pos.Column != 3+strings.Index(src, "table") {
		t.Errorf("%+v", calls)
	}
	if p.Source() != src || p.Pos() != (diag.Pos{Line: 2, Column: 3}) || p.Type().Kind() != BooleanKind {
		t.Error(p.Source(), p.Pos(), p.Type())
	}
	if _, ok := p.Constant(); ok {
		t.Error("not constant")
	}
	path, _ := Compile("steps.send.fields", diag.Pos{}, d)
	if got, ok := path.Path(); !ok || strings.Join(got, ".") != "steps.send.fields" {
		t.Error(got, ok)
	}
	literal, _ := Compile("1.50", diag.Pos{}, d)
	if v, ok := literal.Constant(); !ok || fmt.Sprint(v) != "1.50" {
		t.Error(v, ok)
	}
}

func TestWhatAValueTells(t *testing.T) {
	t.Parallel()
	d := &Decl{Names: map[string]Type{"n": Number, "s": SecretType}}
	at := diag.Pos{Line: 4, Column: 2}
	text := func(src string) *Value {
		v, problems := CompileText(src, at, d, false)
		if v == nil {
			t.Fatal(problems)
		}
		return v
	}
	for _, c := range []struct {
		v    *Value
		want string
	}{
		{text("plain"), "string"}, {text("=n"), "number"}, {text("{=n}!"), "string"}, {text("{=s}!"), "secret"}, {Literal(decimal.FromInt(3), at), "integer"}, {Literal(nil, at), "nil"},
		{List([]*Value{text("=n"), text("=1")}, at), "list of number"}, {List(nil, at), "list"}, {Map([]Entry{{Key: "k", Value: text("=n")}}, at), "map"},
	} {
		if got := c.v.Type().String(); got != c.want {
			t.Errorf("%s; want %s", got, c.want)
		}
		if c.v.Pos().Line != 4 {
			t.Errorf("%v", c.v.Pos())
		}
	}
	m := Map([]Entry{{Key: "k", Value: List([]*Value{text("{=n}!")}, at)}}, at)
	if f, ok := m.Type().At("k", "*"); !ok || f.Kind() != StringKind || !m.IsMap() || m.IsList() || !m.Entries()[0].Value.IsList() || len(m.Entries()[0].Value.Items()[0].Parts()) != 2 || len(m.Programs()) != 1 {
		t.Errorf("%v", m.Type())
	}
	if text("=n").Program() == nil || text("x").Program() != nil {
		t.Error("only a formula has a program of its own")
	}
}

// Arguments that are not written out are checked when they are used.
func TestArgumentsThatAreNotConstant(t *testing.T) {
	t.Parallel()
	s := NewScope(nil)
	for name, v := range map[string]any{"p": "yyyy-MM", "bad": "QQ", "z": "Mars", "d": civil.Date{Year: 2026, Month: 3, Day: 1}, "i": time.Unix(0, 0).UTC(), "e": "iso-8859-1", "b": []byte{0xe9}, "m": "half-even", "l": []any{map[string]any{"k": "v"}}, "k": "k", "u": "url", "c": "lower"} {
		s.Set(name, v)
	}
	d := &Decl{Names: map[string]Type{}}
	for _, n := range strings.Fields("p bad z d i e b m l k u c") {
		d.Names[n] = Any
	}
	for src, want := range map[string]string{
		`format(d, p)`: "2026-03", `format(d, bad)`: RuleRunValue, `date("2026", bad)`: RuleRunValue, `format(i, p, z)`: RuleRunValue, `endOfDay(d, z)`: RuleRunValue, `text(b, e)`: "é", `round(2.5, 0, m)`: "2", `groups(l, k)[0].k`: "v", `distinct(l, k)[0]`: "v",
		`escape(" ", u)`: "%20", `escape(" ", k)`: RuleRunValue, `base32("a", c)`: "me", `base32("a", k)`: RuleRunValue, `text(b, k)`: RuleRunValue, `hmac(k, "a", "b")`: RuleRunValue, `weightedSum("1", [1], k)`: RuleRunValue, `duration(p)`: RuleRunValue, `addTime(i, p)`: RuleRunValue, `instant(p, bad)`: RuleRunValue,
	} {
		p, problems := Compile(src, diag.Pos{}, d)
		if p == nil {
			t.Errorf("%s: %v", src, problems)
			continue
		}
		got, err := p.Eval(s)
		if err != nil && !strings.Contains(err.Error(), want) || err == nil && fmt.Sprint(got) != want {
			t.Errorf("%s = %v, %v; want %s", src, got, err, want)
		}
	}
}

func TestTextsForPeopleConvert(t *testing.T) {
	t.Parallel()
	got, err := Text.Convert(map[string]any{"en": "Yes", "pt": "Sim"})
	if m, ok := got.(map[string]any); err != nil || !ok || m["pt"] != "Sim" {
		t.Error(got, err)
	}
	if _, err := Text.Convert(map[string]any{"en": json.Number("1")}); err == nil {
		t.Error("a language has a text")
	}
}

func TestNoHostRefuses(t *testing.T) {
	t.Parallel()
	d := &Decl{Reader: true, Simulator: true}
	for _, src := range []string{`table("a", 1)`, `tableOr("a", 1)`, `rows("a")`, `entityBy("a", 1)`, `certificate("a")`, `serial("a")`, `uuid("a")`, `decrypt("a", "b", "c")`, `addWorkdays(date("2026-01-01"), 1, "a")`, `at("a")`, `header("a")`} {
		p, problems := Compile(src, diag.Pos{Line: 1, Column: 1}, d)
		if p == nil {
			t.Errorf("%s: %v", src, problems)
			continue
		}
		if v, err := p.Eval(NewScope(nil)); err == nil || !strings.Contains(err.Error(), RuleHost) {
			t.Errorf("%s = %v, %v", src, v, err)
		}
	}
}
