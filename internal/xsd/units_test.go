package xsd_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xsd"
)

// inline is a Source with one file, a.xsd, whose content is given.
type inline string

func (s inline) Resolve(_, _ string) (string, bool) { return "", false }

func (s inline) Read(string) ([]byte, error) {
	return []byte(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t" elementFormDefault="qualified">` + string(s) + `</xs:schema>`), nil
}

func compileInline(t testing.TB, body string) *xsd.Schema {
	t.Helper()
	s, probs := xsd.Compile(inline(body), &xmltree.Names{}, "a.xsd")
	if probs.Grave() {
		t.Fatalf("%s: %v", body, probs)
	}
	return s
}

// rules returns the rule ids of the problems of a document <a xmlns="urn:t">content</a>.
func rules(t testing.TB, s *xsd.Schema, doc string) string {
	t.Helper()
	d, err := xmltree.Parse([]byte(strings.Replace(doc, "<a", `<a xmlns="urn:t" xmlns:t="urn:t" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`, 1)), xmltree.Options{Names: s.Names()})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range s.Validate(d) {
		out = append(out, strings.TrimPrefix(p.Rule, "FMT-XSD-"))
	}
	return strings.Join(out, " ")
}

func TestContentModels(t *testing.T) {
	t.Parallel()
	wrap := func(model string) string {
		return `<xs:element name="a"><xs:complexType>` + model + `</xs:complexType></xs:element>`
	}
	b := func(occurs string) string { return `<xs:element name="b" ` + occurs + `/>` }
	n := func(k int) string { return strings.Repeat("<b/>", k) }
	for name, c := range map[string]struct{ model, good, bad string }{
		"sequence":        {`<xs:sequence>` + b("") + `<xs:element name="c"/></xs:sequence>`, "<b/><c/>", "<c/>|<b/>|<b/><c/><c/>|<c/><b/>"},
		"choice":          {`<xs:choice>` + b("") + `<xs:element name="c"/></xs:choice>`, "<b/>|<c/>", "|<b/><c/>"},
		"optional":        {`<xs:sequence minOccurs="0">` + b("") + `</xs:sequence>`, "|<b/>", "<b/><b/>"},
		"cap 3":           {`<xs:sequence>` + b(`maxOccurs="3"`) + `</xs:sequence>`, "<b/>|" + n(3), n(4) + "|"},
		"cap 990":         {`<xs:sequence>` + b(`maxOccurs="990"`) + `</xs:sequence>`, n(990), n(991)},
		"cap 50000":       {`<xs:sequence>` + b(`minOccurs="0" maxOccurs="50000"`) + `<xs:element name="c"/></xs:sequence>`, n(50000) + "<c/>|<c/>", n(50001) + "<c/>|" + n(50000)},
		"at least 2":      {`<xs:sequence>` + b(`minOccurs="2" maxOccurs="unbounded"`) + `</xs:sequence>`, n(2) + "|" + n(9), n(1)},
		"group cap":       {`<xs:sequence minOccurs="2" maxOccurs="3">` + b("") + `<xs:element name="c" minOccurs="0" maxOccurs="2"/></xs:sequence>`, "<b/><b/>|<b/><c/><b/><c/><c/><b/>", "<b/>|<b/><b/><b/><b/>|<b/><c/><c/><c/><b/>"},
		"choice cap":      {`<xs:choice maxOccurs="2">` + b("") + `<xs:element name="c"/></xs:choice>`, "<b/>|<c/><b/>|<b/><b/>", "<b/><c/><b/>|"},
		"nullable body":   {`<xs:sequence minOccurs="2" maxOccurs="2">` + b(`minOccurs="0"`) + `</xs:sequence>`, "|<b/>|<b/><b/>", n(3)},
		"all":             {`<xs:all>` + b("") + `<xs:element name="c" minOccurs="0"/></xs:all>`, "<b/>|<c/><b/>|<b/><c/>", "<c/>|<b/><b/>|"},
		"wildcard":        {`<xs:sequence>` + b("") + `<xs:any namespace="##other" processContents="skip" minOccurs="0"/></xs:sequence>`, "<b/>|<b/><x xmlns='u'><y/></x>", "<b/><x/>|<b/><x xmlns=''/>"},
		"strict wildcard": {`<xs:sequence><xs:any/></xs:sequence>`, "<a><a><a><q/></a></a></a>", "<q/>"},
		"lax wildcard":    {`<xs:sequence><xs:any processContents="lax"/></xs:sequence>`, "<q><r/></q>", "<q/><q/>"},
		"empty":           {``, "", "<b/>|x"},
		"never":           {`<xs:sequence>` + b(`minOccurs="0" maxOccurs="0"`) + `</xs:sequence>`, "", "<b/>"},
		"text between":    {`<xs:sequence>` + b("") + `</xs:sequence>`, " <b/> ", "x<b/>"},
		"nested loops":    {`<xs:sequence maxOccurs="unbounded">` + b(`maxOccurs="2"`) + `<xs:element name="c"/></xs:sequence>`, "<b/><c/><b/><b/><c/>", "<b/><b/><b/><c/>|<b/><c/><c/>"},
		"loop ends min":   {`<xs:sequence maxOccurs="unbounded">` + b(`minOccurs="2" maxOccurs="3"`) + `</xs:sequence>`, n(2) + "|" + n(3) + "|" + n(5), n(1)},
	} {
		model := c.model
		if name == "strict wildcard" {
			model = strings.Replace(model, "<xs:any/>", `<xs:any minOccurs="0"/>`, 1)
			c.good, c.bad = "<a/>|<a><a/></a>", "<q/>"
		}
		s := compileInline(t, wrap(model))
		for _, in := range strings.Split(c.good, "|") {
			if got := rules(t, s, "<a>"+in+"</a>"); got != "" {
				t.Errorf("%s: %.60s: want valid, got %s", name, in, got)
			}
		}
		for _, in := range strings.Split(c.bad, "|") {
			if got := rules(t, s, "<a>"+in+"</a>"); got == "" {
				t.Errorf("%s: %.60s: want invalid", name, in)
			}
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	facets := func(base, facets string) string {
		return `<xs:element name="a"><xs:simpleType><xs:restriction base="xs:` + base + `">` + facets + `</xs:restriction></xs:simpleType></xs:element>`
	}
	for _, c := range []struct{ base, facets, good, bad string }{
		{"integer", "", "0|-1|+7|123456789012345678901234567890| 5 ", "|1.0|a|- 1"},
		{"decimal", `<xs:totalDigits value="4"/><xs:fractionDigits value="2"/>`, "12.34|0012.3400|-.5|1.", "123.45|1.234|1e2|."},
		{"decimal", `<xs:minInclusive value="0.01"/><xs:maxExclusive value="100"/>`, "0.01|99.999999999999999999999|000.010", "0.009|100|100.0|-1"},
		{"string", `<xs:minLength value="1"/><xs:maxLength value="3"/>`, "a|äöü| ", "|abcd"},
		{"token", `<xs:length value="3"/>`, " a b |abc", "ab"},
		{"string", `<xs:pattern value="[A-Z]{2}\d+"/>`, "AB1|XY123", "AB|ab1|AB1x|xAB1"},
		{"string", `<xs:pattern value="a|b"/><xs:pattern value="c"/>`, "a|b|c", "d|ab"},
		{"string", `<xs:enumeration value="x"/><xs:enumeration value="y z"/>`, "x|y z", "y|X| x"},
		{"decimal", `<xs:enumeration value="1.0"/><xs:enumeration value="20"/>`, "1|1.00|20.0", "2|0"},
		{"boolean", "", "true|0| false ", "TRUE|2|"},
		{"date", `<xs:minInclusive value="2020-02-29"/>`, "2020-02-29|2024-02-29|2020-03-01Z", "2020-02-28|2021-02-29|2020-13-01|20-01-01|2020-02-29T00:00:00"},
		{"dateTime", "", "2020-01-01T24:00:00|2020-01-01T10:11:12.5-03:00|-0001-01-01T00:00:00Z", "2020-01-01T24:00:01|2020-01-01 10:00:00|2020-01-01T10:00|0000-01-01T00:00:00"},
		{"time", "", "00:00:00|23:59:59.999Z", "24:01:00|1:00:00"},
		{"duration", "", "P1Y|-P1M2DT3H4M5.6S|PT0S", "P|PT|1Y|P1H|P1S|PT1D|P-1D"},
		{"gYearMonth", "", "2020-12|2020-01Z", "2020-00|2020"},
		{"base64Binary", "", "|QUI=|Q U I =|QUJD", "QUI|Q===|QUJ=|***"},
		{"hexBinary", `<xs:length value="2"/>`, "0aFF", "0aF|0aFF00|zz"},
		{"double", "", "1|-1.5E10|INF|NaN", "x|0x1|inf|1_0"},
		{"language", "", "de|pt-BR|x-1", "|1a|toolonglang"},
		{"NMTOKEN", "", "1a|a:b", "a b|"},
		{"anyURI", "", "http://x/y?z#a|urn:x|ä b", "%zz|a#b#c"},
		{"positiveInteger", "", "1|99999999999999999999", "0|-1"},
		{"byte", "", "-128|127", "128"},
		{"unsignedLong", "", "18446744073709551615", "18446744073709551616"},
	} {
		s := compileInline(t, facets(c.base, c.facets))
		for _, in := range strings.Split(c.good, "|") {
			if got := rules(t, s, "<a>"+in+"</a>"); got != "" {
				t.Errorf("%s %s: %q: want valid, got %s", c.base, c.facets, in, got)
			}
		}
		for _, in := range strings.Split(c.bad, "|") {
			if got := rules(t, s, "<a>"+in+"</a>"); got != "VALUE" {
				t.Errorf("%s %s: %q: want VALUE, got %q", c.base, c.facets, in, got)
			}
		}
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pattern, good, bad string }{
		{`a{2,3}`, "aa~aaa", "a~aaaa~"},
		{`(ab|c)*d?`, "~ab~abcd~d", "a~dd"},
		{`[^a-c]+`, "xyz", "xa~"},
		{`[a-z-[aeiou]]+`, "bcd", "abc"},
		{`\p{Lu}\p{Ll}*`, "Äbc~A", "aB"},
		{`\P{L}`, "1~-", "a"},
		{`[\p{IsBasicLatin}\p{IsLatin-1Supplement}]{1,4}`, "aé", "€~aaaaa"},
		{`.`, "a~€", "ab~"},
		{`^a$`, "^a$", "a"},
		{`\i\c*`, "a1~_:", "1a"},
		{`\d\w\s`, "1a ~٣ä ", "a1 "},
		{`[+\-*/.]`, "+~-~*~/~.", "a"},
		{`[-a]`, "-~a", "b"},
		{`[a-]`, "-~a", "b"},
		{`a{0}b`, "b", "ab"},
		{`(a?){3}`, "~a~aaa", "aaaa"},
		{`[0-9]{1,2000}`, "1~" + strings.Repeat("7", 2000), "~" + strings.Repeat("7", 2001)},
		{`(\d{1,3},)*\d{1,3}`, "1~1,22,333", "1,~1234"},
		{`(a*)*b`, "b~aaab", "aaa"},
		{`a\.b|\\|\n?`, "a.b~\\~", "aXb"},
	} {
		s := compileInline(t, `<xs:element name="a"><xs:complexType><xs:attribute name="v"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="`+
			string(xmltree.AppendAttribute(nil, c.pattern))+`"/></xs:restriction></xs:simpleType></xs:attribute></xs:complexType></xs:element>`)
		check := func(in, want string) {
			doc := `<a v="` + string(xmltree.AppendAttribute(nil, in)) + `"/>`
			if got := rules(t, s, doc); got != want {
				t.Errorf("%s on %.40q: want %q, got %q", c.pattern, in, want, got)
			}
		}
		for _, in := range strings.Split(c.good, "~") {
			check(in, "")
		}
		for _, in := range strings.Split(c.bad, "~") {
			check(in, "VALUE")
		}
	}
}

func TestDeclarations(t *testing.T) {
	t.Parallel()
	body := `
	<xs:element name="a" type="t:A"/>
	<xs:complexType name="A"><xs:sequence>
	  <xs:element ref="t:head" minOccurs="0" maxOccurs="9"/>
	  <xs:element name="nil" type="xs:int" nillable="true" minOccurs="0"/>
	  <xs:element name="base" type="t:B" minOccurs="0"/>
	  <xs:element name="fix" type="xs:decimal" fixed="1.0" minOccurs="0"/>
	  <xs:element name="def" type="xs:int" default="7" minOccurs="0"/>
	  <xs:element name="code" minOccurs="0"><xs:complexType><xs:simpleContent><xs:extension base="xs:int"><xs:attribute name="u" use="required"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>
	  <xs:element name="u" minOccurs="0"><xs:simpleType><xs:union memberTypes="xs:int xs:boolean"/></xs:simpleType></xs:element>
	  <xs:element name="l" minOccurs="0"><xs:simpleType><xs:restriction><xs:simpleType><xs:list itemType="xs:int"/></xs:simpleType><xs:maxLength value="2"/></xs:restriction></xs:simpleType></xs:element>
	 </xs:sequence>
	 <xs:attribute name="req" use="required" type="xs:int"/><xs:attribute name="fx" fixed="z"/><xs:attribute ref="t:g"/><xs:anyAttribute namespace="##other" processContents="lax"/></xs:complexType>
	<xs:attribute name="g" type="xs:boolean"/>
	<xs:element name="head" abstract="true" type="xs:string"/>
	<xs:element name="sub" substitutionGroup="t:head"/>
	<xs:element name="subsub" substitutionGroup="t:sub" type="t:S3"/>
	<xs:simpleType name="S3"><xs:restriction base="xs:string"><xs:maxLength value="3"/></xs:restriction></xs:simpleType>
	<xs:complexType name="B" abstract="true"><xs:sequence><xs:element name="x" type="xs:int"/></xs:sequence></xs:complexType>
	<xs:complexType name="C"><xs:complexContent><xs:extension base="t:B"><xs:sequence><xs:element name="y"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>`
	s := compileInline(t, body)
	for _, c := range []struct{ attrs, content, want string }{
		{"", "", "ATTRIBUTE"},
		{"req='1'", "", ""},
		{"req='x'", "", "VALUE"},
		{"req='1' fx='z' t:g='true'", "", ""},
		{"req='1' fx='y'", "", "VALUE"},
		{"req='1' t:g='maybe'", "", "VALUE"},
		{"req='1' zz=''", "", "ATTRIBUTE"},
		{"req='1' q:zz='' xmlns:q='urn:q'", "", ""},
		{"req='1' xsi:schemaLocation='odd'", "", ""},
		{"req='1'", "<head/>", "TYPE"},
		{"req='1'", "<sub/><subsub>abc</subsub>", ""},
		{"req='1'", "<subsub>abcd</subsub>", "VALUE"},
		{"req='1'", "<nil xsi:nil='true'/>", ""},
		{"req='1'", "<nil xsi:nil='true'>1</nil>", "TYPE"},
		{"req='1'", "<nil/>", "VALUE"},
		{"req='1'", "<fix xsi:nil='true'>1</fix>", "TYPE"},
		{"req='1'", "<base><x>1</x></base>", "TYPE"},
		{"req='1'", "<base xsi:type='t:C'><x>1</x><y/></base>", ""},
		{"req='1'", "<base xsi:type='t:C'><x>1</x></base>", "MISSING"},
		{"req='1'", "<base xsi:type='t:A'/>", "MISSING TYPE TYPE"},
		{"req='1'", "<base xsi:type='t:Z'><x>1</x></base>", "TYPE TYPE"},
		{"req='1'", "<fix>1.00</fix>", ""},
		{"req='1'", "<fix>2</fix>", "VALUE"},
		{"req='1'", "<fix/>", ""},
		{"req='1'", "<def/>", ""},
		{"req='1'", "<code u=''>5</code>", ""},
		{"req='1'", "<code>x</code>", "ATTRIBUTE VALUE"},
		{"req='1'", "<code u=''><x/></code>", "ELEMENT"},
		{"req='1'", "<u>12</u>", ""},
		{"req='1'", "<u>true</u>", ""},
		{"req='1'", "<u>x</u>", "VALUE"},
		{"req='1'", "<l>1 2</l>", ""},
		{"req='1'", "<l>1 2 3</l>", "VALUE"},
		{"req='1'", "<l>1 x</l>", "VALUE"},
		{"req='1'", "<q/>", "ELEMENT"},
	} {
		if got := rules(t, s, "<a "+c.attrs+">"+c.content+"</a>"); got != c.want {
			t.Errorf("<a %s>%s: want %q, got %q", c.attrs, c.content, c.want, got)
		}
	}
	if d, err := xmltree.Parse([]byte("<zz/>"), xmltree.Options{Names: s.Names()}); err != nil || s.Validate(d)[0].Rule != xsd.RuleRoot {
		t.Error("an unknown outermost element is accepted")
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	s := compileInline(t, `<xs:element name="a"><xs:complexType><xs:sequence>
	  <xs:element name="i" maxOccurs="unbounded"><xs:complexType><xs:attribute name="k" type="xs:int"/><xs:attribute name="r" type="xs:int"/><xs:attribute name="id" type="xs:ID"/><xs:attribute name="ref" type="xs:IDREF"/></xs:complexType></xs:element>
	 </xs:sequence></xs:complexType>
	 <xs:key name="k"><xs:selector xpath="t:i"/><xs:field xpath="@k"/></xs:key>
	 <xs:keyref name="r" refer="t:k"><xs:selector xpath=".//t:i"/><xs:field xpath="@r"/></xs:keyref></xs:element>`)
	for in, want := range map[string]string{
		"<i k='1'/><i k='2' r='1'/>":          "",
		"<i k='1'/><i k='01'/>":               "IDENTITY",
		"<i/>":                                "IDENTITY",
		"<i k='1' r='3'/>":                    "IDENTITY",
		"<i k='1' id='x'/><i k='2' ref='x'/>": "",
		"<i k='1' id='x'/><i k='2' id='x'/>":  "IDENTITY",
		"<i k='1' ref='z'/>":                  "IDENTITY",
	} {
		if got := rules(t, s, "<a>"+in+"</a>"); got != want {
			t.Errorf("%s: want %q, got %q", in, want, got)
		}
	}
}

func TestProblemSaysWhere(t *testing.T) {
	t.Parallel()
	s := compileInline(t, `<xs:element name="a"><xs:complexType><xs:sequence><xs:element name="b" maxOccurs="2"/><xs:element name="c"/></xs:sequence></xs:complexType></xs:element>`)
	d, err := xmltree.Parse([]byte("<a xmlns='urn:t'>\n <b/>\n <b/>\n <b/></a>"), xmltree.Options{Names: s.Names(), File: "f.xml"})
	if err != nil {
		t.Fatal(err)
	}
	got := s.Validate(d)
	want := `f.xml:4:2 /a/b[3] element b is not expected here; expected: c`
	if len(got) != 1 || fmt.Sprintf("%v %s %s; %s", got[0].Pos, got[0].Path, got[0].Message, got[0].Hint) != want {
		t.Errorf("want %s, got %+v", want, got)
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`<xs:element name="a" type="t:Nope"/>`:                                 "is not declared",
		`<xs:element name="a" type="q:Nope"/>`:                                 "prefix \"q\" is not declared",
		`<xs:redefine schemaLocation="x.xsd"/>`:                                "redefine is not supported",
		`<xs:import namespace="u" schemaLocation="http://example.org/x.xsd"/>`: "no file for import",
		`<xs:simpleType name="s"><xs:restriction base="xs:string"><xs:pattern value="("/></xs:restriction></xs:simpleType>`:     "pattern",
		`<xs:complexType name="x"><xs:complexContent><xs:extension base="t:x"/></xs:complexContent></xs:complexType>`:           "derived from itself",
		`<xs:element name="a"><xs:complexType><xs:sequence><xs:element ref="t:z"/></xs:sequence></xs:complexType></xs:element>`: "is not declared",
	} {
		_, probs := xsd.Compile(inline(body), &xmltree.Names{}, "a.xsd")
		if !probs.Grave() || !strings.Contains(probs.Error(), want) {
			t.Errorf("%s: want %q, got %v", body, want, probs)
		}
	}
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	in := "<?xml version='1.0'?>\n<!DOCTYPE schema PUBLIC \"x\" \"http://example.org/x.dtd\" [\n<!-- ]> -->\n<!ENTITY d 'http://d#'>\n<!ATTLIST x y CDATA #FIXED \"]>\">\n]>\n<a b='&d;x'>&d;&amp;</a>"
	out, err := xsd.Prepare([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	d, err := xmltree.Parse(out, xmltree.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Text(d.Root()); got != "http://d#&" || d.Pos(d.Root()).Line != 7 {
		t.Errorf("got %q in line %d", got, d.Pos(d.Root()).Line)
	}
	for _, bad := range []string{"<!DOCTYPE a [<!ENTITY x '&y;'>]><a/>", "<!DOCTYPE a [", "<!DOCTYPE a [<!ENTITY x '" + strings.Repeat("z", 5000) + "'>]><a>" + strings.Repeat("&x;", 500) + "</a>"} {
		if _, err := xsd.Prepare([]byte(bad)); err == nil {
			t.Errorf("%.50s: accepted", bad)
		}
	}
}

func FuzzPrepare(f *testing.F) {
	f.Add([]byte("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"))
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := xsd.Prepare(in)
		if err == nil && len(out) > len(in)+1<<20 {
			t.Fatalf("%d bytes became %d", len(in), len(out))
		}
	})
}

// FuzzCompile compiles schemas from any bytes and judges a document by them.
func FuzzCompile(f *testing.F) {
	f.Add(`<xs:element name="a" type="t:A"/><xs:complexType name="A"><xs:sequence maxOccurs="3"><xs:element ref="t:a" minOccurs="0"/></xs:sequence></xs:complexType>`)
	f.Add(`<xs:simpleType name="s"><xs:restriction base="xs:string"><xs:pattern value="[a-z-[b]]{2,3}|\p{L}"/></xs:restriction></xs:simpleType><xs:element name="a" type="t:s"/>`)
	f.Fuzz(func(t *testing.T, body string) {
		s, probs := xsd.Compile(inline(body), &xmltree.Names{}, "a.xsd")
		for _, p := range probs {
			if p.Rule == "" || !errors.As(error(p), new(diag.Problem)) {
				t.Fatalf("%+v", p)
			}
		}
		if s == nil {
			return
		}
		d, err := xmltree.Parse([]byte("<a xmlns='urn:t'><a>x</a><b/></a>"), xmltree.Options{Names: s.Names()})
		if err != nil {
			t.Fatal(err)
		}
		s.Validate(d)
	})
}
