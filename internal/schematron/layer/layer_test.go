package layer

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/internal/artifacts"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/profile"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// library holds files in memory.
type library map[string]string

func (l library) Resolve(_, location string) (string, bool) { return location, true }
func (l library) Has(name string) bool                      { _, ok := l[name]; return ok }
func (l library) StandIn(string) bool                       { return false }
func (l library) Stamp(name string) (string, error)         { return "1", nil }
func (l library) Read(name string) ([]byte, error) {
	if s, ok := l[name]; ok {
		return []byte(s), nil
	}
	return nil, diag.Problemf(diag.Pos{File: name}, artifacts.RuleAbsent, "file %q is not installed", name)
}

var bundle = library{
	"b/rules.sch": `<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><ns prefix="p" uri="urn:p"/>
<include href="more/list.sch"/></schema>`,
	"b/more/list.sch": `<pattern xmlns="http://purl.oclc.org/dsdl/schematron" id="main"><rule context="p:doc">
<assert id="R-1" test="p:total = sum(p:line)" flag="fatal">[R-1]-The total <value-of select="p:total"/> differs.</assert>
<report id="R-2" test="count(p:line) > 1" role="warning">Several lines.</report></rule>
<rule context="p:line"><assert id="R-3" test="document('codes.xml')/codes/c = @code" flag="error">Unknown code.</assert></rule>
</pattern>`,
	"b/codes.xml":    `<codes><c>A</c></codes>`,
	"b/broken.sch":   `<schema xmlns="http://purl.oclc.org/dsdl/schematron"><include href="missing.sch"/></schema>`,
	"b/wrong.sch":    `<schema xmlns="http://purl.oclc.org/dsdl/schematron"><pattern><rule context="a["><assert test="true()"/></rule></pattern></schema>`,
	"b/envelope.xsd": ``,
}

var texts = Texts{Language: "es", Files: fstest.MapFS{"w.tsv": {Data: []byte("rule\tterms\tcause_en\thint_en\tcause_es\thint_es\n" +
	"R-1\tBT-106\tThe sum is wrong.\tAdd the lines.\tLa suma no cuadra.\tSume las líneas.\n")}}}

func engine(t *testing.T, set profile.Ruleset) *profile.Engine {
	t.Helper()
	set.Name, set.Kind, set.Layer, set.Bundle = "r", "schematron", "rules", "b"
	e, probs := profile.New(profile.Options{
		Profiles: []profile.Profile{
			{Name: "doc", Roots: []string{"doc"}, Namespace: "urn:p", Layers: []string{"r"}},
			{Name: "other", Roots: []string{"other"}, Layers: []string{"r"}},
			{Name: "envelope", Roots: []string{"env"}, Inner: "doc"},
		},
		Rulesets: []profile.Ruleset{set}, Library: bundle, Makers: map[string]profile.Maker{"schematron": Maker(texts)},
	})
	if len(probs) > 0 {
		t.Fatal(probs)
	}
	return e
}

func judge(t *testing.T, set profile.Ruleset, src string) profile.Result {
	t.Helper()
	return engine(t, set).Validate(context.Background(), "f.xml", []byte(src), profile.Request{})
}

func list(r profile.Result) string {
	var b strings.Builder
	for _, f := range r.Findings {
		b.WriteString(f.Rule + ":" + string(f.Severity) + "@" + f.Location + " ")
	}
	return strings.TrimSpace(b.String())
}

func TestLayer(t *testing.T) {
	t.Parallel()
	good := profile.Ruleset{Entries: []string{"rules.sch"}, Params: map[string]string{"words": "w"}}
	for name, c := range map[string]struct {
		set    profile.Ruleset
		src    string
		status string
		want   string
	}{
		"passes":            {good, `<doc xmlns="urn:p"><line code="A">2</line><total>2</total></doc>`, profile.Passed, ""},
		"warning passes":    {good, `<doc xmlns="urn:p"><line code="A">2</line><line code="A">1</line><total>3</total></doc>`, profile.Passed, "R-2:warning@/doc"},
		"raised":            {raise(good, "R-2=error"), `<doc xmlns="urn:p"><line code="A">2</line><line code="A">1</line><total>3</total></doc>`, profile.Failed, "R-2:error@/doc"},
		"never lowered":     {raise(good, "R-1=info"), `<doc xmlns="urn:p"><line code="A">2</line><total>3</total></doc>`, profile.Failed, "R-1:fatal@/doc"},
		"fails":             {good, `<doc xmlns="urn:p"><line code="B">2</line><total>2</total></doc>`, profile.Failed, "R-3:error@/doc/line"},
		"error in a check":  {good, `<doc xmlns="urn:p"><line code="A">x</line><total>2</total></doc>`, profile.Failed, "R-1:fatal@/doc"},
		"no rule fires":     {good, `<other/>`, profile.Failed, RuleNothing + ":error@"},
		"entry not there":   {profile.Ruleset{Entries: []string{"none.sch"}}, `<other/>`, profile.Skipped, "ART-XSD-ABSENT:error@"},
		"include not there": {profile.Ruleset{Entries: []string{"broken.sch"}}, `<other/>`, profile.Skipped, artifacts.RuleAbsent + ":error@"},
		"wrong expression":  {profile.Ruleset{Entries: []string{"wrong.sch"}}, `<other/>`, profile.Errored, "ART-SCHEMATRON-EXPRESSION:error@"},
		"unknown severity":  {raise(good, "R-1=terrible"), `<other/>`, profile.Errored, profile.RuleData + ":error@"},
		"words not there":   {profile.Ruleset{Entries: []string{"rules.sch"}, Params: map[string]string{"words": "none"}}, `<other/>`, profile.Errored, profile.RuleData + ":error@"},
		"phase not there":   {profile.Ruleset{Entries: []string{"rules.sch"}, Params: map[string]string{"phase": "none"}}, `<other/>`, profile.Errored, "ART-SCHEMATRON-READ:error@"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := judge(t, c.set, c.src)
			if got := r.Layers[len(r.Layers)-1].Status; got != c.status || list(r) != c.want {
				t.Errorf("got %s, %s; want %s, %s", got, list(r), c.status, c.want)
			}
			if r.Valid != (c.status == profile.Passed) {
				t.Errorf("valid is %v", r.Valid)
			}
		})
	}
}

func raise(s profile.Ruleset, how string) profile.Ruleset {
	s.Params = map[string]string{"raise": how, "words": "w"}
	return s
}

func TestWordsAndPlace(t *testing.T) {
	t.Parallel()
	set := profile.Ruleset{Entries: []string{"rules.sch"}, Params: map[string]string{"words": "w"}}
	r := judge(t, set, "<env xmlns:q='urn:p'>\n  <q:doc>\n <q:line code='A'>1</q:line><q:line code='C'>1</q:line><q:total>1</q:total></q:doc></env>")
	if list(r) != "R-1:fatal@/env/q:doc R-2:warning@/env/q:doc R-3:error@/env/q:doc/q:line[2]" {
		t.Fatal(list(r))
	}
	f := r.Findings[0]
	if f.Line != 2 || f.Column != 3 || f.Hint != "La suma no cuadra. Sume las líneas. Aquí: total 1." || f.Ref != "BT-106" || f.Message != "The total 1 differs." {
		t.Errorf("%+v", f)
	}
	if f = r.Findings[2]; f.Line != 3 || f.Column != 29 {
		t.Errorf("place in an envelope: %d:%d", f.Line, f.Column)
	}
}

// A package names a file without parameters: those of the known rule set apply.
func TestParametersOfKnownFile(t *testing.T) {
	t.Parallel()
	e := engine(t, profile.Ruleset{Entries: []string{"rules.sch"}, Params: map[string]string{"words": "w"}})
	l, _, err := e.Make(&profile.Ruleset{Name: "artifact", Kind: "schematron", Bundle: "b", Entries: []string{"rules.sch"}})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := xmltree.Parse([]byte(`<doc xmlns="urn:p"><line code="A">2</line><total>3</total></doc>`), xmltree.Options{Names: e.Names()})
	if err != nil {
		t.Fatal(err)
	}
	j, err := l.Judge(context.Background(), doc, doc.Root())
	if err != nil || len(j.Problems) != 1 || j.Problems[0].Ref != "BT-106" {
		t.Errorf("%v, %v", j.Problems, err)
	}
}

type closing struct{ *strings.Builder }

func (closing) Close() error { return nil }

func TestReport(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	var of string
	r := engine(t, profile.Ruleset{Entries: []string{"rules.sch"}}).Validate(context.Background(), "f.xml", []byte(`<doc xmlns="urn:p"><line code="A">2</line><total>3</total></doc>`),
		profile.Request{Report: func(file, set string) (io.WriteCloser, error) { of = file + " " + set; return closing{&b}, nil }})
	if of != "f.xml r" || strings.Count(b.String(), "<svrl:fired-rule") != 2 || strings.Count(b.String(), "<svrl:failed-assert") != 1 || len(r.Findings) != 1 {
		t.Errorf("%s\n%s", of, b.String())
	}
	r = engine(t, profile.Ruleset{Entries: []string{"rules.sch"}}).Validate(context.Background(), "f.xml", []byte(`<doc xmlns="urn:p"><total>0</total></doc>`),
		profile.Request{Report: func(string, string) (io.WriteCloser, error) { return nil, errors.New("full") }})
	if list(r) != profile.RuleReport+":error@" {
		t.Error(list(r))
	}
}

// A document that was parsed with another table of names is refused, not passed.
func TestOtherNames(t *testing.T) {
	t.Parallel()
	l, _, err := engine(t, profile.Ruleset{Entries: []string{"rules.sch"}}).Make(&profile.Ruleset{Name: "x", Kind: "schematron", Bundle: "b", Entries: []string{"rules.sch"}})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := xmltree.Parse([]byte(`<doc xmlns="urn:p"/>`), xmltree.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var p diag.Problem
	if _, err := l.Judge(context.Background(), doc, doc.Root()); !errors.As(err, &p) || p.Rule != RuleNames {
		t.Errorf("%v", err)
	}
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	l, _, err := engine(t, profile.Ruleset{Entries: []string{"rules.sch"}}).Make(&profile.Ruleset{Name: "x", Kind: "schematron", Bundle: "b", Entries: []string{"rules.sch"}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := l.Judge(ctx, nil, 0); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
