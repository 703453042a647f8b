package formula

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/diag"
)

const orderXML = `<?xml version="1.0"?><o:order xmlns:o="urn:o" id="7"><o:line n="1">A &amp; B</o:line><x:line xmlns:x="urn:x" n="2"><![CDATA[C]]></x:line><note/></o:order>`

const orderJSON = `{"id": 7.00, "gone": null, "ok": true, "lines": [{"n": 1, "t": "a\"\\"}, {"n": 2}], "grid": [[1, 2], [3]], "empty": []}`

// reading answers one-argument functions from a tree.
type reading struct {
	NoHost
	tree Node
}

func (r reading) Response() Response { return r }

func (r reading) Tree() (Node, error) { return r.tree, nil }

func (r reading) Header(name string) (string, bool) {
	if strings.EqualFold(name, "retry-after") {
		return "5", true
	}
	return "", false
}

func TestTrees(t *testing.T) {
	t.Parallel()
	decl := &Decl{Reader: true, Names: map[string]Type{"x": Tree, "j": Tree, "b": Bytes, "p": String, "none": Tree}, Spaces: map[string]string{"q": "urn:x"}}
	xml, err := ParseTree([]byte(orderXML), "")
	if err != nil {
		t.Fatal(err)
	}
	json, err := ParseTree([]byte("\ufeff"+orderJSON), "json")
	if err != nil {
		t.Fatal(err)
	}
	s := NewScope(reading{tree: xml})
	s.Set("x", xml)
	s.Set("j", json)
	s.Set("b", []byte(orderXML))
	s.Set("p", "order/line[@n='2']")
	for src, want := range map[string]string{
		`at(x, "order/line")`:                       "A & B",
		`at(x, "order/line[2]")`:                    "C",
		`at(x, "order/q:line")`:                     "C",
		`at(x, p)`:                                  "C",
		`at(x, "//line[last()]/@n")`:                "2",
		`at(x, "order/@id")`:                        "7",
		`at(x, "order/none")`:                       "<nil>",
		`at(x, "order/note")`:                       "",
		`at(none, "order")`:                         "<nil>",
		`has(none, "order")`:                        "false",
		`has(x, "order/note")`:                      "true",
		`len(nodes(x, "order/line"))`:               "2",
		`len(nodes(x, "order/none"))`:               "0",
		`map(nodes(x, "//line"), at(#, "@n"))`:      "[1 2]",
		`text(source(x))`:                           orderXML,
		`text(source(nodes(x, "//line")[0]))`:       `<o:line n="1">A &amp; B</o:line>`,
		`source(x) == b`:                            "true",
		`sha256(x) == sha256(b)`:                    "true",
		`at("order/line")`:                          "A & B",
		`len(nodes("order/*"))`:                     "3",
		`has("order/gone")`:                         "false",
		`text(source("order/note"))`:                "<note/>",
		`header("Retry-After")`:                     "5",
		`header("x-none")`:                          "<nil>",
		`at(xml(b), "order/@id")`:                   "7",
		`at(b, "order/@id")`:                        "7",
		`at(j, "id")`:                               "7.00",
		`at(j, "ok")`:                               "true",
		`has(j, "gone")`:                            "false",
		`has(j, "empty")`:                           "false",
		`at(j, "lines[2]/n")`:                       "2",
		`at(j, "lines[n='1']/t")`:                   `a"\`,
		`text(source(nodes(j, "lines")[0]))`:        `{"n": 1, "t": "a\"\\"}`,
		`text(source(nodes(j, "lines/t")[0]))`:      `"a\"\\"`,
		`map(nodes(j, "grid"), len(nodes(#, "*")))`: "[2 1]",
		`text(source(nodes(j, "grid")[1]))`:         "[3]",
		`at(json(bytes("[1,[2,3]]")), "*[2]/*[1]")`: "2",
		`at(json(bytes("\"s\"")), ".")`:             "s",
		`len(source(j))`:                            fmt.Sprint(len(orderJSON) + 3),
	} {
		p, problems := Compile(src, diag.Pos{}, decl)
		if p == nil {
			t.Errorf("%s: %v", src, problems)
			continue
		}
		got, err := p.Eval(s)
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s = %v, %v; want %s", src, got, err, want)
		}
	}
}

func TestTreesRefused(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"", "x", "<a>", "<a/><b/>", "{", `{"a":1} 2`, `[1,]`, "<!DOCTYPE a []><a/>", strings.Repeat("[", 600) + strings.Repeat("]", 600), `{"a":` + strings.Repeat("[", 600)} {
		for _, format := range []string{"", "xml", "json"} {
			if n, err := ParseTree([]byte(data), format); err == nil || !strings.Contains(err.Error(), RuleRunValue) {
				t.Errorf("%.20q as %q: %v, %v", data, format, n, err)
			}
		}
	}
	if _, err := ParseTree([]byte("<a/>"), "csv"); err == nil {
		t.Error("csv is no tree")
	}
}

// A node of XML is what other packages walk.
func TestAsXML(t *testing.T) {
	t.Parallel()
	root, err := ParseTree([]byte(orderXML), "xml")
	if err != nil {
		t.Fatal(err)
	}
	found, err := root.Find("order/line")
	if err != nil || len(found) != 2 {
		t.Fatal(found, err)
	}
	doc, n, ok := AsXML(found[1])
	if !ok || doc.Local(n) != "line" || doc.Space(n) != "urn:x" {
		t.Error(doc.QName(n), ok)
	}
	if _, err := root.Find("order["); err == nil {
		t.Error("a broken path is an error")
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{orderJSON, "[1,[2,[3]],{}]", `"a"`, "null", `{"a":[[],[[]]]}`, `{"":{"\u0000":1}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := parseJSON(data)
		if err != nil {
			return
		}
		if string(n.Source()) != string(data) {
			t.Error("the source of the root is what was read")
		}
		_ = n.Text()
		if _, err := n.Find("//*"); err != nil {
			t.Error(err)
		}
	})
}
