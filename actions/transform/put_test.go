package transform

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

func run(spec *engine.Spec, values, refs map[string]any) (engine.Outputs, error) {
	s := formula.NewScope(nil)
	s.Set("document", map[string]any{"number": "A-1"})
	return spec.Run(context.Background(), engine.NewStep("step", values, refs, s, engine.StepHands{}))
}

func TestPut(t *testing.T) {
	tree := func(src, path string) formula.Node {
		n, err := formula.ParseTree([]byte(src), "xml")
		if err != nil {
			t.Fatal(err)
		}
		found, err := n.Find(path)
		if err != nil || len(found) != 1 {
			t.Fatal(err, found)
		}
		return found[0]
	}
	for name, c := range map[string]struct {
		in, at         string
		value, content any
		want           string // "" is an error
	}{
		"attribute":                {in: `<a  x='1' seal="" y = "2"><b/></a>`, at: "/a/@seal", value: `x"<&`, want: `<a  x='1' seal="x&quot;&lt;&amp;" y = "2"><b/></a>`},
		"single quotes":            {in: `<a x='1'/>`, at: "/a/@x", value: `it's`, want: `<a x='it&apos;s'/>`},
		"blanks around the equals": {in: "<a x\n=  \"1\"/>", at: "/a/@x", value: "2", want: "<a x\n=  \"2\"/>"},
		"prefixed attribute":       {in: `<p:a xmlns:p="u" p:x="1" x="2"/>`, at: "/a/@p:x", value: "3", want: `<p:a xmlns:p="u" p:x="3" x="2"/>`},
		"text into an element":     {in: "<a>\n <b></b>\n</a>", at: "//b", content: "1 < 2", want: "<a>\n <b>1 &lt; 2</b>\n</a>"},
		"text into an empty tag":   {in: `<a><b c="1" /></a>`, at: "//b", content: "x", want: `<a><b c="1" >x</b></a>`},
		"bytes":                    {in: `<a xmlns="u"><b><c/></b></a>`, at: "//b", content: []byte(`<?xml version="1.0"?><d xmlns="v"/>`), want: `<a xmlns="u"><b><c/><d xmlns="v"/></b></a>`},
		"tree":                     {in: `<a xmlns="u"><b/></a>`, at: "//b", content: tree(`<x xmlns="u"><y>1</y></x>`, "//y"), want: `<a xmlns="u"><b><y>1</y></b></a>`},
		"predicate":                {in: `<a><b><i>1</i><t></t></b><b><i>2</i><t></t></b></a>`, at: "//b[i='2']/t", content: "x", want: `<a><b><i>1</i><t></t></b><b><i>2</i><t>x</t></b></a>`},
		"declaration stays":        {in: "<?xml version=\"1.0\"?>\r\n<a x=\"\"/>", at: "/a/@x", value: "1", want: "<?xml version=\"1.0\"?>\r\n<a x=\"1\"/>"},
		"nothing there":            {in: `<a/>`, at: "/a/@x", value: "1"},
		"two there":                {in: `<a><b/><b/></a>`, at: "//b", content: "1"},
		"value and content":        {in: `<a x=""/>`, at: "/a/@x", value: "1", content: "2"},
		"neither":                  {in: `<a x=""/>`, at: "/a/@x"},
		"value of an element":      {in: `<a/>`, at: "/a", value: "1"},
		"content of an attribute":  {in: `<a x=""/>`, at: "/a/@x", content: "1"},
		"text into a full element": {in: `<a>1</a>`, at: "/a", content: "2"},
		"names would move":         {in: `<a xmlns="u"/>`, at: "/a", content: tree(`<x><y/></x>`, "//y")},
		"broken bytes":             {in: `<a/>`, at: "/a", content: []byte("<b>")},
		"broken document":          {in: `<a>`, at: "/a", content: "1"},
		"no path":                  {in: `<a/>`, at: "/a[", content: "1"},
		"no character of XML":      {in: `<a/>`, at: "/a", content: "\x01"},
		"other encoding":           {in: "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a x=\"\xe9\" y=\"\"/>", at: "/a/@y", value: "1"},
	} {
		t.Run(name, func(t *testing.T) {
			values := map[string]any{"in": []byte(c.in), "at": c.at}
			if c.value != nil {
				values["value"] = c.value
			}
			if c.content != nil {
				values["content"] = c.content
			}
			out, err := run(&Put, values, nil)
			if c.want == "" {
				if err == nil {
					t.Errorf("taken: %s", out["out"])
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := string(out["out"].([]byte)); got != c.want {
				t.Errorf("\nwant %s\n got %s", c.want, got)
			}
		})
	}
}

func TestPutRefusesSecrets(t *testing.T) {
	secret, _ := formula.NewSecret("s", "hidden")
	_, err := run(&Put, map[string]any{"in": []byte(`<a x=""/>`), "at": "/a/@x", "value": secret}, nil)
	if p := (diag.Problem{}); !errors.As(err, &p) || p.Rule != RulePut {
		t.Errorf("want %s, got %v", RulePut, err)
	}
}

// What is put in is read again, and all other bytes are where they were.
func TestPutMovesNothingElse(t *testing.T) {
	const before, after = "<?xml version='1.0'?>\n<a  b='x' seal=\"", "\">&#233;<c/>  </a >\n<!-- end -->"
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.String().Draw(t, "value")
		out, err := run(&Put, map[string]any{"in": []byte(before + "old" + after), "at": "/a/@seal", "value": v}, nil)
		if err != nil {
			return
		}
		got := out["out"].([]byte)
		if !bytes.HasPrefix(got, []byte(before)) || !bytes.HasSuffix(got, []byte(after)) {
			t.Fatalf("%q moved something: %s", v, got)
		}
		d, err := xmltree.Parse(got, xmltree.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if read, _ := d.Attr(d.Root(), "seal"); read != v {
			t.Fatalf("want %q, got %q", v, read)
		}
	})
}

func TestWrite(t *testing.T) {
	d := &formula.Decl{Names: map[string]formula.Type{"document": formula.Any, "input": formula.Any}}
	text := func(src string) *formula.Value {
		v, problems := formula.CompileText(src, diag.Pos{}, d, false)
		if problems.Grave() {
			t.Fatal(problems)
		}
		return v
	}
	m := &nodes.Mapping{Name: "m", Format: nodes.XML, Inputs: []nodes.Input{{Name: "key", Required: true}}, Root: &nodes.Node{Kind: nodes.Element, Name: "Doc",
		Children: []*nodes.Node{{Kind: nodes.Attribute, Name: "id", Value: text("=input.key")}, {Kind: nodes.Element, Name: "n", Value: text("=document.number")}}}}
	if problems := m.Prepare(); problems.Grave() {
		t.Fatal(problems)
	}
	out, err := run(&Write, map[string]any{"input": map[string]any{"key": "K-1"}}, map[string]any{"mapping": m})
	if err != nil || string(out["out"].([]byte)) != `<Doc id="K-1"><n>A-1</n></Doc>` {
		t.Errorf("%s, %v", out["out"], err)
	}
	if _, err := run(&Write, nil, map[string]any{"mapping": m}); err == nil {
		t.Error("a missing input is taken")
	}
	if _, err := run(&Write, map[string]any{"input": "x"}, map[string]any{"mapping": m}); err == nil {
		t.Error("a text is taken for inputs")
	}
}
