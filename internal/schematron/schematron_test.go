package schematron

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

var update = flag.Bool("update", false, "rewrite golden files")

const head = `<schema xmlns="http://purl.oclc.org/dsdl/schematron" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" queryBinding="xslt2" defaultPhase="two">
<title>Test</title><ns prefix="p" uri="urn:p"/><ns prefix="u" uri="urn:u"/>`

// run compiles a schema and judges a document.
func run(t *testing.T, files fstest.MapFS, src string, o Options) *Result {
	t.Helper()
	set, problems := compileFiles(files, o)
	if set == nil {
		t.Fatal(problems)
	}
	d, err := xmltree.Parse([]byte(src), xmltree.Options{Names: set.names})
	if err != nil {
		t.Fatal(err)
	}
	r, err := set.Trace(d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func compileFiles(files fstest.MapFS, o Options) (*RuleSet, diag.List) {
	schema, problems := Read(files, "rules/main.sch")
	if schema == nil {
		return nil, problems
	}
	o.Names, o.Files = &xmltree.Names{}, files
	return Compile(schema, o)
}

func rules(body string) fstest.MapFS {
	return fstest.MapFS{"rules/main.sch": {Data: []byte(head + body + `</schema>`)}}
}

func found(r *Result) string {
	var parts []string
	for i := range r.Findings {
		f := &r.Findings[i]
		s := f.ID() + "@" + f.Location
		if f.Err != nil {
			s += "!"
		}
		parts = append(parts, s)
	}
	return fmt.Sprintf("%d: %s", r.Fired, strings.Join(parts, " "))
}

const doc = `<p:doc xmlns:p="urn:p" k="v"><p:a n="1">x</p:a><p:a n="2"/><p:b>3</p:b><p:b>4</p:b></p:doc>`

func TestSemantics(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, want string }{
		"first match of a pattern": {`<pattern><rule context="p:a[@n='1']"><assert id="A" test="false()"/></rule><rule context="p:a"><assert id="B" test="false()"/></rule></pattern>`,
			"2: A@/p:doc/p:a[1] B@/p:doc/p:a[2]"},
		"each pattern of its own": {`<pattern><rule context="p:b"><report id="A" test=". = 4"/></rule></pattern><pattern><rule context="*"><report id="B" test="self::p:b"/></rule></pattern>`,
			"7: B@/p:doc/p:b[1] A@/p:doc/p:b[2] B@/p:doc/p:b[2]"},
		"root, attribute, text, comment": {`<pattern><rule context="/"><report id="R" test="true()"/></rule><rule context="@n"><report id="N" test=". = 2"/></rule><rule context="text()"><report id="T" test=". = 'x'"/></rule></pattern>`,
			"6: R@/ T@/p:doc/p:a[1]/text() N@/p:doc/p:a[2]/@n"},
		"names without id are numbers": {`<pattern><rule context="p:doc"><assert test="true()"/><assert test="false()"/><report test="true()"/></rule></pattern>`,
			"1: #2@/p:doc #3@/p:doc"},
		"an error is a finding of its check": {`<pattern><rule context="p:doc"><assert id="A" test="xs:decimal(p:a[1]) = 1"/><assert id="B" test="p:b = 9"/><assert id="C" test="p:b = 3"/></rule></pattern>`,
			"1: A@/p:doc! B@/p:doc"},
		"a wrong test is a finding too": {`<pattern><rule context="p:doc"><assert id="A" test="p:b ="/><assert id="B" test="$none"/><assert id="C" test="false()"/></rule></pattern>`,
			"1: A@/p:doc! B@/p:doc! C@/p:doc"},
		"an error in a context is no match": {`<pattern><rule context="p:a[xs:decimal(.) = 1]"><assert id="A" test="false()"/></rule><rule context="p:a"><assert id="B" test="false()"/></rule></pattern>`,
			"2: B@/p:doc/p:a[1] B@/p:doc/p:a[2]"},
		"lets are lazy and in order": {`<let name="g" value="count(//p:b)"/><pattern><let name="pat" value="$g + 1"/><rule context="p:doc"><let name="bad" value="xs:integer('x')"/><let name="l" value="$pat + 1"/><let name="m" value="$l * 2"/>
			<assert id="A" test="$m = 8"/><assert id="B" test="if (p:zzz) then $bad else true()"/><assert id="C" test="$bad = 1"/></rule></pattern>`,
			"1: C@/p:doc!"},
		"lets see the node of the rule": {`<pattern><rule context="p:b"><let name="me" value="."/><assert id="A" test="count(//p:b[. = $me]) = 1 and $me = current()"/><assert id="B" test="$me != 4"/></rule></pattern>`,
			"2: B@/p:doc/p:b[2]"},
		"abstract rules": {`<pattern><rule abstract="true" id="base"><let name="x" value="'x'"/><assert id="A" test=". = $x"/></rule><rule context="p:a"><extends rule="base"/><assert id="B" test="@n = 1"/></rule></pattern>`,
			"2: A@/p:doc/p:a[2] B@/p:doc/p:a[2]"},
		"abstract patterns": {`<pattern abstract="true" id="tpl"><rule context="$ctx"><let name="v" value="$val"/><assert id="A" test="$val-long = $v"/></rule></pattern>
			<pattern is-a="tpl" id="one"><param name="ctx" value="p:b"/><param name="val" value="3"/><param name="val-long" value="number(.)"/></pattern>`,
			"2: A@/p:doc/p:b[2]"},
		"functions": {`<xsl:function name="u:sum" as="xs:integer"><xsl:param name="x" as="xs:integer*"/><xsl:variable name="n" select="count($x)"/>
			<xsl:choose><xsl:when test="$n = 0"><xsl:sequence select="0"/></xsl:when><xsl:otherwise><xsl:sequence select="$x[1] + u:sum($x[position() > 1])"/></xsl:otherwise></xsl:choose></xsl:function>
			<xsl:function name="u:join"><xsl:param name="x"/><xsl:variable name="dash">-</xsl:variable><xsl:value-of select="$x" separator="+"/><xsl:value-of select="$dash"/></xsl:function>
			<pattern><rule context="p:doc"><assert id="A" test="u:sum(p:b/xs:integer(.)) = 7"/><assert id="B" test="string-join(u:join(p:b), '') = '3+4-'"/><assert id="C" test="u:sum('x') = 0"/></rule></pattern>`,
			"1: C@/p:doc!"},
		"keys": {`<xsl:key name="k" match="p:a" use="@n"/><pattern><rule context="p:b"><assert id="A" test="count(key('k', string(. - 2))) = 1"/></rule><rule context="p:a"><assert id="B" test="key('k', @n) is ."/></rule></pattern>`,
			"4: "},
		"union of absolute and other contexts": {`<pattern><rule context="(/p:doc/p:a | p:doc/p:b)[. != ''] | p:zzz"><report id="A" test="true()"/></rule></pattern>`,
			"3: A@/p:doc/p:a[1] A@/p:doc/p:b[1] A@/p:doc/p:b[2]"},
		"a context that is no pattern": {`<pattern><rule context="p:b/preceding-sibling::p:a"><report id="A" test="true()"/></rule></pattern>`,
			"2: A@/p:doc/p:a[1] A@/p:doc/p:a[2]"},
		"positions in contexts": {`<pattern><rule context="p:b[2]"><report id="A" test="true()"/></rule><rule context="p:b[last()]"><report id="B" test="true()"/></rule></pattern>`,
			"1: A@/p:doc/p:b[2]"},
		"contexts by name functions": {`<pattern><rule context="*[ends-with(name(), ':a')]"><report id="A" test="true()"/></rule></pattern>`,
			"2: A@/p:doc/p:a[1] A@/p:doc/p:a[2]"},
		"variables in contexts": {`<let name="want" value="/p:doc/p:b[1]"/><pattern><rule context="p:b[. = $want]"><report id="A" test="true()"/></rule></pattern>`,
			"1: A@/p:doc/p:b[1]"},
		"nothing fires": {`<pattern><rule context="other"><assert test="false()"/></rule></pattern>`, "0: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run(t, rules(c.body), doc, Options{})
			if got := found(r); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if r.Passed() && r.Fired == 0 {
				t.Error("a run in which no rule fires passes")
			}
			if plain := found(run(t, rules(c.body), doc, Options{plain: true})); plain != c.want {
				t.Errorf("plain form %s", plain)
			}
		})
	}
}

func TestPhases(t *testing.T) {
	t.Parallel()
	body := `<phase id="one"><active pattern="a"/></phase><phase id="two"><let name="x" value="2"/><active pattern="b"/></phase>
<pattern id="a"><rule context="p:doc"><report id="A" test="true()"/></rule></pattern><pattern id="b"><rule context="p:doc"><report id="B" test="$x = 2"/></rule></pattern>`
	for phase, want := range map[string]string{"one": "1: A@/p:doc", "two": "1: B@/p:doc", "#DEFAULT": "1: B@/p:doc", "": "2: A@/p:doc B@/p:doc!", "#ALL": "2: A@/p:doc B@/p:doc!"} {
		if got := found(run(t, rules(body), doc, Options{Phase: phase})); got != want {
			t.Errorf("phase %q: got %s, want %s", phase, got, want)
		}
	}
	if set, problems := compileFiles(rules(body), Options{Phase: "three"}); set != nil || len(problems) != 1 {
		t.Errorf("an unknown phase: %v", problems)
	}
}

func TestIncludesAndDocuments(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"rules/main.sch":      {Data: []byte(head + `<include href="parts/one.sch"/><include href="parts/fn.xml"/><include href="parts/two.sch#p2"/></schema>`)},
		"rules/parts/one.sch": {Data: []byte(`<pattern xmlns="http://purl.oclc.org/dsdl/schematron"><include href="../rule.sch"/></pattern>`)},
		"rules/rule.sch":      {Data: []byte(`<rule xmlns="http://purl.oclc.org/dsdl/schematron" context="p:b"><assert id="A" test="u:known(.)"/></rule>`)},
		"rules/parts/fn.xml":  {Data: []byte(`<function xmlns="http://www.w3.org/1999/XSL/Transform" name="u:known" as="xs:boolean"><param name="x"/><sequence select="document('codes.xml')/list/c = $x"/></function>`)},
		"rules/parts/two.sch": {Data: []byte(`<x xmlns="http://purl.oclc.org/dsdl/schematron"><pattern id="p1"/><pattern id="p2"><rule context="p:a"><assert id="B" test="document('../outside.xml')"/><assert id="C" test="document('http://example.org/')"/></rule></pattern></x>`)},
		"rules/codes.xml":     {Data: []byte(`<list><c>3</c></list>`)},
		"outside.xml":         {Data: []byte(`<o/>`)},
	}
	if got, want := found(run(t, files, doc, Options{})), "4: C@/p:doc/p:a[1]! C@/p:doc/p:a[2]! A@/p:doc/p:b[2]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files fstest.MapFS
		rule  string
		line  int
	}{
		"no entry":            {fstest.MapFS{}, RuleRead, 0},
		"not well-formed":     {fstest.MapFS{"rules/main.sch": {Data: []byte("<schema")}}, RuleRead, 1},
		"not a schema":        {fstest.MapFS{"rules/main.sch": {Data: []byte("<x/>")}}, RuleRead, 1},
		"include not there":   {rules("\n<include href='none.sch'/>"), RuleRead, 0},
		"includes itself":     {rules("\n<include href='main.sch#x'/>"), RuleRead, 3},
		"loop of includes":    {fstest.MapFS{"rules/main.sch": {Data: []byte(head + `<include href="l.sch"/></schema>`)}, "rules/l.sch": {Data: []byte(`<pattern xmlns="http://purl.oclc.org/dsdl/schematron"><include href="l.sch"/></pattern>`)}}, RuleRead, 1},
		"query language":      {fstest.MapFS{"rules/main.sch": {Data: []byte(`<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="stx"/>`)}}, RuleUnsupported, 1},
		"abstract rule":       {rules(`<pattern><rule context="a"><extends rule="none"/></rule></pattern>`), RuleRead, 2},
		"abstract pattern":    {rules(`<pattern is-a="none"/>`), RuleRead, 0},
		"rule extends itself": {rules(`<pattern><rule abstract="true" id="r"><extends rule="r"/></rule><rule context="a"><extends rule="r"/></rule></pattern>`), RuleRead, 2},
		"context":             {rules("\n<pattern>\n<rule context='a['/></pattern>"), RuleExpression, 4},
		"global":              {rules("\n<let name='x' value='1 +'/>"), RuleExpression, 0},
		"global twice":        {rules("<let name='x' value='1'/>\n<let name='x' value='2'/>"), RuleExpression, 3},
		"prefix":              {rules("<pattern><rule context='q:a'/></pattern>"), RuleExpression, 2},
		"function":            {rules("<xsl:function name='u:f'><xsl:for-each select='1'/></xsl:function>"), RuleUnsupported, 2},
		"xslt":                {rules("<xsl:template match='a'/>"), RuleUnsupported, 2},
		"unknown element":     {rules("<oddity/>"), RuleUnsupported, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, problems := compileFiles(c.files, Options{})
			if set != nil || len(problems) == 0 {
				t.Fatalf("taken, %v", problems)
			}
			if p := problems[0]; p.Rule != c.rule || p.Pos.Line != c.line {
				t.Errorf("%v, line %d", p, p.Pos.Line)
			}
		})
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	const src = `<p:doc xmlns:p="urn:p" on="2024-01-31"><p:total cur="X">12.50</p:total><p:line><p:net>7</p:net></p:line><p:name>Ann Other</p:name><p:flag>true</p:flag><p:b>1</p:b><p:b>2</p:b></p:doc>`
	r := run(t, rules(`<pattern><rule context="p:doc"><assert id="A" test="p:total = p:line/p:net + p:b and p:name = 'x' and p:flag and @on = p:total/@cur and p:total = 1 and //p:net = 1 and p:line[p:net = 1]"/></rule></pattern>`), src, Options{})
	if got, want := fmt.Sprint(r.Findings[0].Values), "[{total 12.50} {net 7} {flag true} {on 2024-01-31}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSeverity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flag, role string
		want       diag.Severity
	}{{"fatal", "", diag.Fatal}, {"", "error", diag.Error}, {"warning", "error", diag.Warning}, {"", "", diag.Error}, {"information", "", diag.Info}, {"odd", "warning", diag.Warning}} {
		if got := (&Check{Flag: c.flag, Role: c.role}).Severity(); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// A document that was parsed before the rule set was compiled is refused, not passed.
func TestStaleDocument(t *testing.T) {
	t.Parallel()
	files := rules(`<pattern><rule context="p:b"><assert id="A" test="false()"/></rule></pattern>`)
	schema, _ := Read(files, "rules/main.sch")
	var names xmltree.Names
	d, err := xmltree.Parse([]byte(doc), xmltree.Options{Names: &names})
	if err != nil {
		t.Fatal(err)
	}
	set, problems := Compile(schema, Options{Names: &names})
	if set == nil {
		t.Fatal(problems)
	}
	if _, err := set.Validate(d); err == nil {
		t.Fatal("a stale document is judged")
	}
	d.Sync()
	if r, err := set.Validate(d); err != nil || found(r) != "2: A@/p:doc/p:b[1] A@/p:doc/p:b[2]" {
		t.Errorf("%v, %v", r, err)
	}
}

func TestSVRL(t *testing.T) {
	t.Parallel()
	body := `<pattern id="main"><title>The main one</title><rule context="p:b" id="r" role="warning"><assert id="A" test="&lt;none" flag="fatal" diagnostics="d1">No</assert>
<report id="B" test=". > 3" see="https://example.org/a?b&amp;c">It is <value-of select="."/> in <name/> &amp; <emph>more</emph>: <value-of select="1 +"/></report>
<assert id="C" test="xs:date(.)">A date</assert></rule></pattern><pattern id="idle"/><diagnostics><diagnostic id="d1">Value <value-of select="."/></diagnostic></diagnostics>`
	body = strings.Replace(body, "&lt;none", "p:none", 1)
	r := run(t, rules(body), doc, Options{})
	var b bytes.Buffer
	if err := r.WriteSVRL(&b); err != nil {
		t.Fatal(err)
	}
	if err := wellFormed(b.Bytes()); err != nil {
		t.Error(err)
	}
	const golden = "testdata/report.svrl.xml"
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, b.Bytes()) {
		t.Errorf("got\n%s\nwant\n%s", b.Bytes(), want)
	}
	if err := r.WriteSVRL(brokenWriter{}); err == nil {
		t.Error("an error of the writer is lost")
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("full") }

func wellFormed(b []byte) error {
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// FuzzRead checks that no file makes the reader or the compiler panic.
func FuzzRead(f *testing.F) {
	f.Add(head + `<pattern><rule context="p:a"><let name="x" value="."/><assert test="$x">t<value-of select="."/></assert></rule></pattern></schema>`)
	f.Add(head + `<xsl:function name="u:f"><xsl:param name="a"/><xsl:sequence select="$a"/></xsl:function><include href="main.sch"/></schema>`)
	f.Add(head + `<pattern abstract="true" id="a"><rule context="$c"/></pattern><pattern is-a="a"><param name="c" value="p:b"/></pattern></schema>`)
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 4000 {
			return
		}
		files := fstest.MapFS{"rules/main.sch": {Data: []byte(src)}}
		set, problems := compileFiles(files, Options{})
		if set == nil {
			if len(problems) == 0 {
				t.Error("refused without a problem")
			}
			return
		}
		d, err := xmltree.Parse([]byte(doc), xmltree.Options{Names: set.names})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := set.Validate(d); err != nil {
			t.Error(err)
		}
	})
}
