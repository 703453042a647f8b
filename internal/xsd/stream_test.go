package xsd_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xsd"
)

var positions = regexp.MustCompile(`\[\d+\]`)

// plain shows problems without the positions in their paths, which streams do not know.
func plain(l diag.List) string {
	var b strings.Builder
	for _, p := range l {
		fmt.Fprintf(&b, "%v %s %s %s; %s\n", p.Pos, p.Rule, positions.ReplaceAllString(p.Path, ""), p.Message, p.Hint)
	}
	return b.String()
}

func sameStreamed(t *testing.T, s *xsd.Schema, name string, src []byte) {
	t.Helper()
	doc, err := xmltree.Parse(src, xmltree.Options{Names: s.Names()})
	if err != nil {
		t.Fatal(err)
	}
	want := plain(s.Validate(doc))
	probs, err := s.ValidateStream(src, xmltree.Options{})
	if got := plain(probs); err != nil || got != want {
		t.Errorf("%s: %v\nwhole:\n%s\nstreamed:\n%s", name, err, want, got)
	}
	doc.Release()
}

// TestStreamEqualsTree compares the problems found while reading with those found
// in the tree, on documents of the table and on changed ones.
func TestStreamEqualsTree(t *testing.T) {
	t.Parallel()
	corpus := sharedtest.Path(t, "corpus")
	r := rand.New(rand.NewPCG(5, 6))
	n := 0
	for i, row := range verdicts(t) {
		if strings.Contains(row.document, "#") || differs[row.document] != "" || !sharedtest.Full() && i%4 != 0 {
			continue
		}
		s := compiled.get(t, row.schema)
		src, err := os.ReadFile(filepath.Join(corpus, row.document))
		if err != nil {
			t.Fatal(err)
		}
		sameStreamed(t, s, row.document, src)
		doc, err := xmltree.Parse(src, xmltree.Options{})
		if err != nil || doc.Encoding != "" && !strings.EqualFold(doc.Encoding, "utf-8") || len(src) > 200_000 || strings.HasPrefix(string(src), "\xEF\xBB\xBF") {
			continue
		}
		for range 3 {
			kind, out := mutate(r, doc, src)
			if _, err := xmltree.Parse(out, xmltree.Options{}); kind != "" && err == nil {
				n++
				sameStreamed(t, s, kind+" of "+row.document, out)
			}
		}
	}
	t.Logf("%d changed documents", n)
}

func TestStreamUnits(t *testing.T) {
	t.Parallel()
	s := compileInline(t, `<xs:element name="a"><xs:complexType><xs:sequence>
	  <xs:element name="i" maxOccurs="unbounded"><xs:complexType><xs:attribute name="k" type="xs:int"/><xs:attribute name="id" type="xs:ID"/><xs:attribute name="ref" type="xs:IDREF"/></xs:complexType></xs:element>
	  <xs:element name="m" fixed="x" minOccurs="0"/><xs:element name="n" nillable="true" type="xs:int" minOccurs="0"/><xs:any minOccurs="0" processContents="skip"/>
	 </xs:sequence></xs:complexType><xs:key name="k"><xs:selector xpath="t:i"/><xs:field xpath="@k"/></xs:key></xs:element>`)
	for _, in := range []string{
		"<i k='1'/>", "<i k='1'/><i k='1'/>", "<i/>", "<i k='1' id='x'/><i k='2' ref='x'/>", "<i k='1' id='x'/><i k='2' id='x' ref='y'/>",
		"<i k='1'/><m>x</m>", "<i k='1'/><m>y</m>", "<i k='1'/><m>x<b/></m>", "<i k='1'/><m/>", "<i k='1'/><n xsi:nil='true'/>", "<i k='1'/><n xsi:nil='true'>1</n>",
		"<i k='1'/><n xsi:nil='true'><b/></n>", "<i k='1'/><n>1<!-- c -->2</n>", "<i k='1'/><n>1<b/></n>", "<i k='1'/><q><r>x</r>y</q>", "<i k='1'><q>x</q></i>", "x<i k='1'/>", "",
	} {
		sameStreamed(t, s, in, []byte(`<a xmlns="urn:t" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`+in+`</a>`))
	}
	sameStreamed(t, s, "other root", []byte("<zz><a/></zz>"))
	if _, err := s.ValidateStream([]byte("<a xmlns='urn:t'><i>"), xmltree.Options{}); ruleOf(err) != xmltree.RuleSyntax {
		t.Errorf("not well-formed: %v", err)
	}
}

// TestStreamMemory asserts that a document of 12 MB is judged in little memory.
func TestStreamMemory(t *testing.T) {
	s := compiled.get(t, ublSchema)
	base := sharedtest.Read(t, "corpus", "peppol-bis3", "peppol-bis-invoice-3", "examples", "base-example.xml")
	src := lines(base, "cac:InvoiceLine", 12_000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	probs, err := s.ValidateStream(src, xmltree.Options{})
	runtime.ReadMemStats(&after)
	if err != nil || len(probs) > 0 {
		t.Fatal(err, probs)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d bytes allocated for a document of %d", used, len(src))
	}
}

func BenchmarkTableXSDStream(b *testing.B) {
	s := compiled.get(b, ublSchema)
	src := samples(b)["ubl/1000"]
	b.Run("parse+validate/ubl/1000", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		b.ReportAllocs()
		for b.Loop() {
			if probs, err := s.ValidateStream(src, xmltree.Options{}); err != nil || len(probs) > 0 {
				b.Fatal(err, probs)
			}
		}
	})
}
