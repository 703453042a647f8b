package nodes

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

var structures = map[string]struct {
	root *Node
	want string
}{
	"members":              {group(el("b", "=document.amount"), el("a", "text"), el("yes", "=document.yes"), el("no", "=document.no")), `{"b":7,"a":"text","yes":true,"no":false}`},
	"digits stay":          {group(el("a", "=document.plain"), el("b", "=document.zero"), el("c", "1.10"), el("d", `=string(document.plain)`)), `{"a":1.50,"b":0,"c":"1.10","d":"1.50"}`},
	"absent and empty":     {group(el("a", "=document.nothing"), el("b", "=document.empty"), el("c", "=document.none"), el("d", el("e", "=document.nothing")), el("f", "1")), `{"f":"1"}`},
	"$keep":                {group(el("a", "=document.nothing", keep), el("b", "=document.empty", keep)), `{"a":null,"b":""}`},
	"nested":               {group(el("a", el("b", el("c", "1")))), `{"a":{"b":{"c":"1"}}}`},
	"list":                 {group(el("a", list(text("1"), group(el("b", "2")), list(text("=document.amount"))))), `{"a":["1",{"b":"2"},[7]]}`},
	"list with $for":       {group(el("a", list(group(each("x", "i", "=document.lines"), el("id", "=x.id"), el("n", "=i")), group(iff("document.no"), el("id", "no"))))), `{"a":[{"id":"1","n":0},{"id":"2","n":1},{"id":"3","n":2}]}`},
	"member with $for":     {group(el("a", each("x", "", "=document.lines"), iff(`x.id == "2"`), el("id", "=x.id"))), `{"a":[{"id":"2"}]}`},
	"list of texts":        {group(el("a", list(group(each("x", "", "=document.lines"), text("=x.id"))))), `{"a":["1","2","3"]}`},
	"$group":               {group(group(iff("document.yes"), el("a", "1")), group(iff("document.no"), el("b", "1"))), `{"a":"1"}`},
	"$switch":              {group(el("a", choice("=document.amount", when("7", el("x", "1")), when("else", el("x", "2"))))), `{"a":{"x":"1"}}`},
	"$switch to a value":   {group(el("a", choice("=document.amount", when("7", text("seven"))))), `{"a":"seven"}`},
	"$use":                 {group(el("a", use(&Fragment{Name: "f", Inputs: []Input{{Name: "v"}}, Nodes: []*Node{el("v", "=input.v")}}, map[string]string{"v": "=document.amount"}))), `{"a":{"v":7}}`},
	"$raw":                 {group(el("a", raw(`=bytes("[1, 2.50]")`))), `{"a":[1, 2.50]}`},
	"top list":             {list(group(each("x", "", "=document.lines"), el("id", "=x.id"))), `[{"id":"1"},{"id":"2"},{"id":"3"}]`},
	"maps of the document": {group(el("a", "=document.buyer"), el("b", "=document.lines[0]")), `{"a":{"city":null,"name":"Buyer"},"b":{"id":"1","kind":"a","net":10.00,"tags":["p","q"]}}`},
	"dates and bytes":      {group(el("a", "=document.day"), el("b", "=document.at"), el("c", "=document.bytes")), `{"a":"2026-03-01","b":"2026-03-01T23:30:00Z","c":"PHI+MTwvcj4="}`},
	"escapes":              {group(el("a", "=\"\\\"\\\\/\\n\\u0001\\u00e9<\"")), `{"a":"\"\\/\n\u0001é<"}`},
	"$let":                 {group(let("y", "=document.amount * 2"), el("a", "=y")), `{"a":14}`},
}

func TestJSON(t *testing.T) {
	for name, c := range structures {
		t.Run(name, func(t *testing.T) {
			reset(c.root)
			got := written(t, &Mapping{Name: "m", Format: JSON, Root: c.root}, Options{})
			if got != c.want {
				t.Errorf("\nwant %s\n got %s", c.want, got)
			}
			if !json.Valid([]byte(got)) {
				t.Error("no JSON")
			}
		})
	}
}

// A structure holds what JSON would be written of it.
func TestDataIsWhatJSONSays(t *testing.T) {
	for name, c := range structures {
		if name == "$raw" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			v, err := (&Data{Node: c.root}).Eval(scope())
			if err != nil {
				t.Fatal(err)
			}
			got, err := AppendJSON(nil, v)
			if err != nil {
				t.Fatal(err)
			}
			var a, b any
			if json.Unmarshal(got, &a) != nil || json.Unmarshal([]byte(c.want), &b) != nil || !reflect.DeepEqual(a, b) {
				t.Errorf("\nwant %s\n got %s", c.want, got)
			}
		})
	}
}

func TestDataKeepsItself(t *testing.T) {
	for want, n := range map[string]*Node{"{}": group(el("a", "=document.nothing")), "[]": list(text("=document.nothing")), "null": text("=document.nothing")} {
		v, err := (&Data{Node: n}).Eval(scope())
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := AppendJSON(nil, v); string(got) != want {
			t.Errorf("want %s, got %s", want, got)
		}
	}
}

func TestDataProblems(t *testing.T) {
	for rule, n := range map[string]*Node{
		RuleCase: group(el("a", choice("=document.name", when("x", text("1"))))),
		RuleNode: group(el("a", at("x", "1"))),
		RuleRaw:  group(el("a", raw(`=bytes("{")`))),
	} {
		_, err := (&Data{Node: n}).Eval(scope())
		if p := (diag.Problem{}); !errors.As(err, &p) || p.Rule != rule || p.Path != "/a" {
			t.Errorf("want %s, got %v", rule, err)
		}
	}
	if _, err := (&Data{Node: group(el("a", raw(`=bytes("1")`)))}).Eval(scope()); err == nil {
		t.Error("$raw is taken in a structure")
	}
	secret, _ := formula.NewSecret("s", "x")
	if _, err := AppendJSON(nil, map[string]any{"a": []any{secret}}); err == nil {
		t.Error("a secret is written")
	}
}

func TestJSONFormats(t *testing.T) {
	m := &Mapping{Name: "m", Format: JSON, Root: group(el("a", "=document.amount"), el("b", "=document.name")),
		Formats: map[string]*Layout{"amount": {Decimals: true, Min: 2, Max: 2}}, Text: &TextRule{Allow: "A-Za-z &<>", Replace: map[rune]string{'&': "and"}}}
	if got, want := written(t, m, Options{}), `{"a":7.00,"b":"A and B <Ltd>"}`; got != want {
		t.Errorf("want %s, got %s", want, got)
	}
}

func TestTemplate(t *testing.T) {
	m := &Mapping{Name: "m", Format: Text, Template: val("  a {=document.amount}\n  {{=x} <b>{=document.name}</b>")}
	if got, want := written(t, m, Options{}), "  a 7\n  {=x} <b>A & B <Ltd></b>"; got != want {
		t.Errorf("want %q, got %q", want, got)
	}
	secret := &Mapping{Name: "m", Format: Text, Template: val(`x{=secret("s")}`)}
	_, err := prepared(t, secret).Write(scope(), Options{})
	if p := (diag.Problem{}); !errors.As(err, &p) || p.Rule != RuleSecret {
		t.Errorf("want %s, got %v", RuleSecret, err)
	}
}

func TestLineage(t *testing.T) {
	f := &Fragment{Name: "f", Inputs: []Input{{Name: "line"}, {Name: "double"}}, Nodes: []*Node{el("k", "=input.line.kind"), el("d", "=input.double")}}
	m := xmlMapping(el("a", at("n", "=document.name"),
		el("gone", el("x", "=document.empty")),
		el("line", each("line", "i", "=document.lines"), at("id", "=line.id"), el("net", "=line.net"), use(f, map[string]string{"line": "=line", "double": "=line.id + line.id"})),
		el("sum", `=sum(document.lines, .net ?? 0)`), el("lit", "literal"),
		el("let", let("y", "=document.amount * 2"), el("v", "=y + 1"), el("w", "=y"))))
	r, err := prepared(t, m).Write(scope(), Options{Lineage: true, Unread: true})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, o := range r.Lineage {
		got[o.Path] = o.From
	}
	want := map[string][]string{
		"/a/@n": {"/name"}, "/a/line[1]/@id": {"/lines/0/id"}, "/a/line[1]/net": {"/lines/0/net"}, "/a/line[1]/k": {"/lines/0/kind"}, "/a/line[1]/d": {"/lines/0/id"},
		"/a/line[2]/@id": {"/lines/1/id"}, "/a/line[2]/net": {"/lines/1/net"}, "/a/line[2]/k": {"/lines/1/kind"}, "/a/line[2]/d": {"/lines/1/id"},
		"/a/line[3]/@id": {"/lines/2/id"}, "/a/line[3]/k": {"/lines/2/kind"}, "/a/line[3]/d": {"/lines/2/id"},
		"/a/sum": {"/lines/0/net", "/lines/1/net"}, "/a/lit": {}, "/a/let/v": {"/amount"}, "/a/let/w": {"/amount"},
	}
	for path, from := range want {
		if len(got[path]) != len(from) || len(from) > 0 && !reflect.DeepEqual(got[path], from) {
			t.Errorf("%s: want %q, got %q", path, from, got[path])
		}
		delete(got, path)
	}
	if len(got) > 0 {
		t.Errorf("more than wanted: %q", got)
	}
	unread := []string{"/at", "/buyer/name", "/bytes", "/clock", "/day", "/doc", "/lines/0/tags/0", "/lines/0/tags/1", "/long", "/no", "/plain", "/yes", "/zero"}
	if !reflect.DeepEqual(r.Unread, unread) {
		t.Errorf("unread: want %q\n got %q", unread, r.Unread)
	}
}

// What is written does not hang on whether lineage is asked for.
func TestLineageChangesNothing(t *testing.T) {
	for name, c := range constructs {
		t.Run(name, func(t *testing.T) {
			reset(c.root)
			m := prepared(t, xmlMapping(c.root))
			r, err := m.Write(scope(), Options{Lineage: true, Unread: true})
			if err != nil || string(r.Bytes) != c.want {
				t.Errorf("\nwant %s\n got %s, %v", c.want, r.Bytes, err)
			}
			for _, o := range r.Lineage {
				if o.Path == "" {
					t.Errorf("no path: %+v", o)
				}
			}
		})
	}
}

func TestUnreadSeesExtensions(t *testing.T) {
	own := map[string]any{"a": "1", "b": "2"}
	s := formula.NewScope(nil)
	s.Set("document", map[string]any{"n": decimal.MustParse("1"), "extensions": map[string]any{"xx_own": own, "yy": map[string]any{"c": "3"}}})
	s.Set("ext", own)
	v, _ := formula.CompileText("=ext.a", diag.Pos{}, &formula.Decl{Names: map[string]formula.Type{"ext": formula.Any}}, false)
	m := prepared(t, xmlMapping(&Node{Kind: Element, Name: "a", Value: v}))
	r, err := m.Write(s, Options{Lineage: true, Unread: true})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"/extensions/xx_own/b", "/extensions/yy/c", "/n"}; !reflect.DeepEqual(r.Unread, want) {
		t.Errorf("want %q, got %q", want, r.Unread)
	}
	if got := r.Lineage[0].From; len(got) != 1 || got[0] != "/extensions/xx_own/a" {
		t.Errorf("lineage %q", got)
	}
}

func TestDataType(t *testing.T) {
	d := &Data{Node: list(
		group(each("x", "", "=document.lines"), el("kind", "=x.kind"), el("amount", "=document.amount"), el("n", "=document.amount + 1")),
		group(el("amount", "=document.long"), el("n", "text"), el("only", "=document.amount")))}
	typ := d.Type()
	if typ.Kind() != formula.ListKind {
		t.Fatalf("a list is wanted, not %s", typ)
	}
	for name, want := range map[string]struct {
		kind formula.Kind
		def  string
	}{"kind": {formula.AnyKind, ""}, "amount": {formula.NumberKind, "amount"}, "n": {formula.AnyKind, ""}, "only": {formula.NumberKind, "amount"}} {
		got, ok := typ.Elem().At(name)
		if !ok || got.Kind() != want.kind || got.Definition() != want.def {
			t.Errorf("%s: want %v, got %s %q", name, want, got, got.Definition())
		}
	}
	if _, ok := typ.Elem().At("other"); ok {
		t.Error("a field that nothing gives is known")
	}
}

func TestDataRefs(t *testing.T) {
	d := &Data{Node: group(each("x", "i", "=document.lines"), let("y", "=x.id + z"), el("a", "=y"), el("b", iff("named.c"), "=i"), el("c", list(text("=line"))))}
	var got []string
	for _, ref := range d.Refs() {
		got = append(got, ref[0])
	}
	if want := []string{"document", "z", "named", "line"}; !reflect.DeepEqual(got, want) {
		t.Errorf("want %q, got %q", want, got)
	}
}
