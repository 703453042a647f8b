package nodes

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

func amountFragment() *Fragment {
	return &Fragment{Name: "amount", Inputs: []Input{{Name: "value", Required: true}, {Name: "unit"}},
		Nodes: []*Node{at("unit", "=input.unit"), el("v", "=input.value")}}
}

var constructs = map[string]struct {
	root *Node
	want string
}{
	"text is escaped":            {el("a", "=document.name"), `<a>A &amp; B &lt;Ltd&gt;</a>`},
	"attribute is escaped":       {el("a", at("n", `=document.name + "\"\n"`)), `<a n="A &amp; B &lt;Ltd>&quot;&#xA;"></a>`},
	"no self-closing tag":        {el("a", el("b", keep)), `<a><b></b></a>`},
	"holes":                      {el("a", "x{=document.amount}y"), `<a>x7y</a>`},
	"booleans":                   {el("a", el("y", "=document.yes"), el("n", "=document.no")), `<a><y>true</y><n>false</n></a>`},
	"attributes are sorted":      {el("a", at("b", "1"), at("a", "2"), at("B", "3")), `<a B="3" a="2" b="1"></a>`},
	"absent vanishes":            {el("a", el("b", "=document.nothing"), el("c", "1")), `<a><c>1</c></a>`},
	"empty vanishes":             {el("a", el("b", "=document.empty"), at("x", "=document.empty"), el("c", "1")), `<a><c>1</c></a>`},
	"parents vanish":             {el("a", el("b", el("c", el("d", "=document.nothing"))), el("e", "1")), `<a><e>1</e></a>`},
	"attribute keeps its parent": {el("a", el("b", at("x", "1"))), `<a><b x="1"></b></a>`},
	"attributes go with $text":   {el("a", el("b", at("x", "1"), "=document.nothing"), el("e", "1")), `<a><e>1</e></a>`},
	"$keep":                      {el("a", el("b", "=document.nothing", keep), &Node{Kind: Attribute, Name: "x", Value: val(""), Keep: true}), `<a x=""><b></b></a>`},
	"zero is not empty":          {el("a", "=document.zero"), `<a>0</a>`},
	"$if":                        {el("a", el("b", "1", iff("document.yes")), el("c", "2", iff("document.no")), el("d", "3", iff("document.nothing"))), `<a><b>1</b></a>`},
	"$for":                       {el("a", el("b", "=x.id", each("x", "", "=document.lines"))), `<a><b>1</b><b>2</b><b>3</b></a>`},
	"$for with index":            {el("a", el("b", at("n", "=i + 1"), "=x.id", each("x", "i", "=document.lines"))), `<a><b n="1">1</b><b n="2">2</b><b n="3">3</b></a>`},
	"$for over nothing":          {el("a", el("b", "1", each("x", "", "=document.none")), el("c", "1", each("x", "", "=document.nothing")), el("d", "1")), `<a><d>1</d></a>`},
	"$for, then $let, then $if":  {el("a", el("b", "=y", each("x", "", "=document.lines"), let("y", "=x.kind + x.id"), iff(`y != "b2"`))), `<a><b>a1</b><b>c3</b></a>`},
	"$for in $for":               {el("a", el("b", each("x", "", "=document.lines"), el("c", "=x.id + y", each("y", "", "=x.tags")))), `<a><b><c>1p</c><c>1q</c></b></a>`},
	"$let":                       {el("a", let("y", "=document.name + z"), let("z", `="!"`), el("b", "=y")), `<a><b>A &amp; B &lt;Ltd&gt;!</b></a>`},
	"$group":                     {el("a", el("b", "1"), group(iff("document.yes"), el("c", "2"), el("d", "3")), group(iff("document.no"), el("e", "4"))), `<a><b>1</b><c>2</c><d>3</d></a>`},
	"$group with attributes":     {el("a", at("b", "1"), group(iff("document.yes"), at("a", "2"), el("c", "3"))), `<a a="2" b="1"><c>3</c></a>`},
	"$group repeated":            {el("a", group(each("x", "", "=document.lines"), el("k", "=x.kind"), el("i", "=x.id"))), `<a><k>a</k><i>1</i><k>b</k><i>2</i><k>c</k><i>3</i></a>`},
	"$switch":                    {el("a", el("b", each("x", "", "=document.lines"), choice("=x.kind", when("a, b", el("ab", "=x.id")), when("else", el("o", "=x.id"))))), `<a><b><ab>1</ab></b><b><ab>2</ab></b><b><o>3</o></b></a>`},
	"$switch to text":            {el("a", choice("=document.amount", when("7.00", text("seven")), when("else", text("other")))), `<a>seven</a>`},
	"$use":                       {el("a", el("b", use(amountFragment(), map[string]string{"value": "=document.amount", "unit": "kg"}))), `<a><b unit="kg"><v>7</v></b></a>`},
	"$use twice":                 {el("a", use(amountFragment(), map[string]string{"value": "1"}), use(amountFragment(), map[string]string{"value": "2"})), `<a><v>1</v><v>2</v></a>`},
	"$raw":                       {el("a", el("b", "1"), raw("=document.bytes")), `<a><b>1</b><r>1</r></a>`},
	"$raw drops the prolog":      {el("a", raw("=document.doc")), `<a><r xmlns="urn:r"><s/></r></a>`},
	"$raw of nothing":            {el("a", raw("=document.nothing"), el("b", "1")), `<a><b>1</b></a>`},
	"$seq":                       {el("a", group(text("one "), el("b", "two"), text(" three"), el("b", "four"))), `<a>one <b>two</b> three<b>four</b></a>`},
}

func TestConstructs(t *testing.T) {
	for name, c := range constructs {
		t.Run(name, func(t *testing.T) {
			if got := written(t, xmlMapping(c.root), Options{}); got != c.want {
				t.Errorf("\nwant %s\n got %s", c.want, got)
			}
		})
	}
}

// What is written is its own canonical form.
func TestCanonicalAsWritten(t *testing.T) {
	oracle, missing := exec.LookPath("xmllint")
	if missing != nil && os.Getenv("FISCUS_ORACLES") == "required" {
		t.Fatal(missing)
	}
	for name, c := range constructs {
		if strings.HasPrefix(name, "$raw") {
			continue // its bytes stay what they were
		}
		t.Run(name, func(t *testing.T) {
			m := xmlMapping(c.root)
			m.Namespaces = []Namespace{{Prefix: "z", URI: "urn:z"}, {Prefix: "", URI: "urn:none"}, {Prefix: "b", URI: "urn:b"}}
			reset(c.root)
			out := []byte(written(t, m, Options{}))
			d, err := xmltree.Parse(out, xmltree.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := (xmltree.C14N{}).Append(nil, d, 0); !bytes.Equal(got, out) {
				t.Errorf("\nwritten   %s\ncanonical %s", out, got)
			}
			if oracle == "" {
				t.Skip("xmllint is not installed: nothing is compared with it")
			}
			cmd := exec.Command(oracle, "--c14n", "-")
			cmd.Stdin = bytes.NewReader(out)
			got, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, out) {
				t.Errorf("\nwritten %s\nxmllint %s", out, got)
			}
		})
	}
}

// reset makes a tree that was prepared for one mapping fit for another.
func reset(n *Node) {
	n.open, n.close, n.attributes, n.content, n.loose, n.constant = nil, nil, nil, nil, false, false
	for _, c := range inPlace(n) {
		reset(c)
	}
}

func TestNamespacesAndDefaults(t *testing.T) {
	m := xmlMapping(el("p:Doc", at("xsi:type", "t"), at("b", "1"), at("xml:lang", "en"),
		el("c:Amount", "=document.plain"), el("c:TaxAmount", at("cur", "XXX"), "1"), el("c:NoAmount", "=document.nothing"), el("q:x", "1")))
	m.Namespaces = []Namespace{{Prefix: "q", URI: "urn:q"}, {Prefix: "p", URI: "urn:p"}, {Prefix: "c", URI: "urn:c"}, {Prefix: "xsi", URI: "http://www.w3.org/2001/XMLSchema-instance"}}
	m.Defaults = []Default{{Pattern: "c:*Amount", Attributes: []*Node{at("cur", "EUR")}}, {Pattern: "q:*", Attributes: []*Node{at("d", "=document.nothing")}}}
	want := `<p:Doc xmlns:c="urn:c" xmlns:p="urn:p" xmlns:q="urn:q" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"` +
		` b="1" xsi:type="t" xml:lang="en"><c:Amount cur="EUR">1.50</c:Amount><c:TaxAmount cur="XXX">1</c:TaxAmount><q:x>1</q:x></p:Doc>`
	if got := written(t, m, Options{}); got != want {
		t.Errorf("\nwant %s\n got %s", want, got)
	}
}

func TestFormats(t *testing.T) {
	pattern := func(p string) *civil.Pattern {
		c, err := civil.Compile(p)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	m := xmlMapping(el("a", el("amount", "=document.amount"), el("sum", "=document.amount + 0"), el("plain", "=document.plain"),
		el("day", "=document.day"), el("at", "=document.at"), el("clock", "=document.clock")))
	m.Formats = map[string]*Layout{"amount": {Decimals: true, Min: 2, Max: 2}, "date": {Pattern: pattern("dd.MM.yyyy")}, "time": {Pattern: pattern("HH:mm")},
		"instant": {Pattern: pattern("yyyy-MM-dd'T'HH:mm:ssxxx"), Zone: val("America/Sao_Paulo")}}
	want := `<a><amount>7.00</amount><sum>7</sum><plain>1.50</plain><day>01.03.2026</day><at>2026-03-01T20:30:00-03:00</at><clock>09:05</clock></a>`
	if got := written(t, m, Options{}); got != want {
		t.Errorf("\nwant %s\n got %s", want, got)
	}
	bare := xmlMapping(el("a", el("day", "=document.day"), el("at", "=document.at"), el("clock", "=document.clock")))
	if got, want := written(t, bare, Options{}), `<a><day>2026-03-01</day><at>2026-03-01T23:30:00Z</at><clock>09:05:00</clock></a>`; got != want {
		t.Errorf("\nwant %s\n got %s", want, got)
	}
}

func TestParts(t *testing.T) {
	m := &Mapping{Name: "m", Format: XML, Namespaces: []Namespace{{URI: "urn:x"}}, Parts: map[string]*Part{
		"ask":  {Name: "ask", Inputs: []Input{{Name: "id", Required: true}}, Root: el("ask", "=input.id")},
		"ping": {Name: "ping", Root: el("ping", keep)},
	}}
	prepared(t, m)
	r, err := m.Write(scope(), Options{Part: "ask", Input: map[string]any{"id": "7"}})
	if err != nil || string(r.Bytes) != `<ask xmlns="urn:x">7</ask>` {
		t.Errorf("%v %s", err, r.Bytes)
	}
	for name, o := range map[string]Options{
		RulePart: {Part: "pong"}, RuleInput: {Part: "ask"},
	} {
		_, err := m.Write(scope(), o)
		if p := (diag.Problem{}); !errors.As(err, &p) || p.Rule != name {
			t.Errorf("want %s, got %v", name, err)
		}
	}
	if _, err := m.Write(scope(), Options{Part: "ping", Input: map[string]any{"what": "1"}}); err == nil {
		t.Error("an unknown input is taken")
	}
}

func TestProblemsWhileWriting(t *testing.T) {
	decimals := func(m *Mapping) { m.Formats = map[string]*Layout{"amount": {Decimals: true, Min: 0, Max: 0}} }
	narrow := func(m *Mapping) { m.Text = &TextRule{Allow: "a-z"} }
	inside := func(m *Mapping) { m.Namespaces = []Namespace{{URI: "urn:x"}} }
	for name, c := range map[string]struct {
		root *Node
		set  func(*Mapping)
		rule string
		path string
	}{
		"too many decimals":  {el("a", el("b", "=document.long")), decimals, RuleDecimals, "/a/b"},
		"character":          {el("a", el("b", "=document.name", each("x", "", "=document.lines"))), narrow, RuleCharacter, "/a/b[1]"},
		"control character":  {el("a", at("b", `=document.name + "\u0001"`)), nil, RuleCharacter, "/a/@b"},
		"list has no text":   {el("a", el("b", "=document.lines")), nil, RuleValue, "/a/b"},
		"bytes have no text": {el("a", el("b", "=document.bytes")), nil, formula.RuleRunType, "/a/b"},
		"nothing left":       {el("a", el("b", "=document.nothing")), nil, RuleEmpty, ""},
		"no case":            {el("a", el("b", choice("=document.name", when("x", el("c", "1"))))), nil, RuleCase, "/a/b"},
		"absent case":        {el("a", el("b", choice("=document.nothing", when("x", el("c", "1"))))), nil, RuleCase, "/a/b"},
		"loop over text":     {el("a", el("b", "1", each("x", "", "=document.name"))), nil, RuleValue, "/a"},
		"two roots":          {group(el("a", "1"), el("b", "2")), nil, RuleRoots, ""},
		"secret":             {el("a", el("b", `=secret("x")`)), nil, RuleSecret, "/a/b"},
		"raw is broken":      {el("a", raw(`=bytes("<b>")`)), nil, RuleRaw, "/a"},
		"raw is text":        {el("a", raw(`="<b/>"`)), nil, RuleRaw, "/a"},
		"raw moves names":    {el("a", raw(`=bytes("<x:b xmlns:x='urn:y'><c/></x:b>")`)), inside, RuleRaw, "/a"},
		"raw document moves": {el("a", raw(`=bytes("<?xml version='1.0'?><c/>")`)), inside, RuleRaw, "/a"},
		"raw tree moves":     {el("a", raw(`=nodes(bytes("<d><c/></d>"), "//c")`)), inside, RuleRaw, "/a"},
		"raw is latin":       {el("a", raw("=unbase64(\"PD94bWwgdmVyc2lvbj0iMS4wIiBlbmNvZGluZz0iSVNPLTg4NTktMSI/PjxiPuk8L2I+\")")), nil, RuleRaw, "/a"},
		"absent hole":        {el("a", el("b", "x{=document.nothing}")), nil, formula.RuleAbsent, "/a/b"},
	} {
		t.Run(name, func(t *testing.T) {
			m := xmlMapping(c.root)
			if c.set != nil {
				c.set(m)
			}
			r, err := prepared(t, m).Write(scope(), Options{})
			var list diag.List
			if !errors.As(err, &list) || r != nil {
				t.Fatalf("want problems, got %v", err)
			}
			if p := list[0]; p.Rule != c.rule || p.Path != c.path {
				t.Errorf("want %s at %q, got %s at %q: %v", c.rule, c.path, p.Rule, p.Path, p)
			}
		})
	}
}

// All problems of a document are told, not only the first.
func TestAllProblems(t *testing.T) {
	m := xmlMapping(el("a", el("b", "=document.lines"), el("c", "=document.bytes"), el("d", "x{=document.nothing}")))
	_, err := prepared(t, m).Write(scope(), Options{})
	var list diag.List
	if !errors.As(err, &list) || len(list) != 3 {
		t.Errorf("want three problems, got %v", err)
	}
}

func TestRawFits(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"part of a document":    {`=bytes("<b v='1'><c/></b>")`, `<b v='1'><c/></b>`},
		"its own namespace":     {`=bytes("<b xmlns='urn:y'/>")`, `<b xmlns='urn:y'/>`},
		"no namespace said":     {`=bytes("<b xmlns=''><c/></b>")`, `<b xmlns=''><c/></b>`},
		"tree of the namespace": {`=nodes(bytes("<d xmlns='urn:x'><c/></d>"), "//c")`, `<c/>`},
		"prefix of the place":   {`=bytes("<p:b/>")`, `<p:b/>`},
		"several elements":      {`=bytes("<b/> <c/>")`, `<b/> <c/>`},
		"list":                  {`=[bytes("<b/>"), bytes("<c/>")]`, `<b/><c/>`},
		"order of attributes":   {`=bytes("<b  y='1' x = \"2\"></b>\n<!-- end -->")`, `<b  y='1' x = "2"></b>`},
		"byte order mark":       {`=bytes("\ufeff<b/>")`, `<b/>`},
		"character reference":   {`=bytes("<b>&#233;</b>")`, `<b>&#233;</b>`},
	} {
		t.Run(name, func(t *testing.T) {
			m := xmlMapping(el("a", raw(c.src)))
			m.Namespaces = []Namespace{{URI: "urn:x"}, {Prefix: "p", URI: "urn:p"}}
			want := `<a xmlns="urn:x" xmlns:p="urn:p">` + c.want + `</a>`
			if got := written(t, m, Options{}); got != want {
				t.Errorf("\nwant %s\n got %s", want, got)
			}
		})
	}
}

func TestPrepareRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		m    *Mapping
		rule string
	}{
		"prefix":              {xmlMapping(el("p:a", "1")), RulePrefix},
		"prefix of attribute": {xmlMapping(el("a", at("p:b", "1"))), RulePrefix},
		"name":                {xmlMapping(el("1a", "1")), RuleName},
		"two colons":          {xmlMapping(el("a:b:c", "1")), RuleName},
		"namespace":           {&Mapping{Format: XML, Root: el("a", "1"), Namespaces: []Namespace{{Prefix: "p"}}}, RuleNamespace},
		"reserved prefix":     {&Mapping{Format: XML, Root: el("a", "1"), Namespaces: []Namespace{{Prefix: "xml", URI: "u"}}}, RuleNamespace},
		"text outside":        {xmlMapping(group(text("1"), el("a", "1"))), RuleNode},
		"raw outside":         {xmlMapping(raw("=x")), RuleNode},
		"repeated attribute":  {xmlMapping(el("a", group(each("x", "", "=document.lines"), at("b", "1")))), RuleNode},
		"unknown input":       {xmlMapping(el("a", &Node{Kind: Use, Fragment: amountFragment(), With: []Let{{Name: "value", Value: val("1")}, {Name: "vlaue", Value: val("1")}}})), RuleNode},
		"missing input":       {xmlMapping(el("a", use(amountFragment(), nil))), RuleNode},
		"nothing":             {&Mapping{Format: Text}, RuleNode},
		"constant character":  {&Mapping{Format: XML, Root: el("a", "é"), Text: &TextRule{Allow: "a-z"}}, RuleCharacter},
		"replacement":         {&Mapping{Format: XML, Root: el("a", "1"), Text: &TextRule{Allow: "0-9", Replace: map[rune]string{'x': "y"}}}, RuleReplace},
		"allow":               {&Mapping{Format: XML, Root: el("a", "1"), Text: &TextRule{Allow: "z-a"}}, RuleAllow},
		"same attribute":      {&Mapping{Format: XML, Root: el("a", at("p:x", "1"), at("q:x", "1")), Namespaces: []Namespace{{Prefix: "p", URI: "u"}, {Prefix: "q", URI: "u"}}}, RuleTwice},
	} {
		t.Run(name, func(t *testing.T) {
			problems := c.m.Prepare()
			if len(problems) == 0 || problems[0].Rule != c.rule {
				t.Fatalf("want %s, got %v", c.rule, problems)
			}
			if _, err := c.m.Write(scope(), Options{}); err == nil {
				t.Error("a refused mapping writes")
			}
		})
	}
}

func TestLimit(t *testing.T) {
	m := prepared(t, xmlMapping(el("a", el("b", "=x.id", each("x", "", "=document.lines")))))
	_, err := m.Write(scope(), Options{Limit: 10})
	if p := (diag.Problem{}); !errors.As(err, &p) || p.Rule != RuleSize {
		t.Errorf("want %s, got %v", RuleSize, err)
	}
}

// What is written and read again gives the same values.
func TestWriteThenParse(t *testing.T) {
	m := prepared(t, xmlMapping(el("a", at("x", "=x"), el("b", "=y", keep))))
	rapid.Check(t, func(t *rapid.T) {
		x, y := rapid.String().Draw(t, "x"), rapid.String().Draw(t, "y")
		s := formula.NewScope(nil)
		s.Set("x", x)
		s.Set("y", y)
		r, err := m.Write(s, Options{})
		if bad := wellFormed(x) != nil || wellFormed(y) != nil; bad || err != nil {
			if !bad || err == nil {
				t.Fatalf("%q %q: %v", x, y, err)
			}
			return
		}
		d, err := xmltree.Parse(r.Bytes, xmltree.Options{})
		if err != nil {
			t.Fatal(err)
		}
		gotX, _ := d.Attr(d.Root(), "x")
		if gotY := d.Text(d.Root()); gotX != x || gotY != y {
			t.Fatalf("want %q %q, got %q %q in %s", x, y, gotX, gotY, r.Bytes)
		}
	})
}

func FuzzEscaping(f *testing.F) {
	f.Add("a&b<c>\"\r\n\t", "\ufffe\x00")
	m := prepared(f, xmlMapping(el("a", at("x", "=x"), el("b", "=y", keep))))
	f.Fuzz(func(t *testing.T, x, y string) {
		s := formula.NewScope(nil)
		s.Set("x", x)
		s.Set("y", y)
		r, err := m.Write(s, Options{})
		if err != nil {
			return
		}
		d, err := xmltree.Parse(r.Bytes, xmltree.Options{})
		if err != nil {
			t.Fatalf("%q %q: %v", x, y, err)
		}
		if c := (xmltree.C14N{}).Append(nil, d, 0); !bytes.Equal(c, r.Bytes) {
			t.Fatalf("not canonical: %s", r.Bytes)
		}
	})
}
