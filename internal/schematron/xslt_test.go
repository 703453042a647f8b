package schematron

import (
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xpath"
)

// stylesheet writes a schema as XSLT 2.0, for a second processor: a mode for each
// pattern, a template for each rule, the id of each failed check as text.
func stylesheet(s *Schema) string {
	var b strings.Builder
	esc := func(v string) string {
		var e strings.Builder
		_ = xml.EscapeText(&e, []byte(v))
		return e.String()
	}
	b.WriteString(`<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:xs="http://www.w3.org/2001/XMLSchema"`)
	for _, p := range sortedKeys(s.ns) {
		if p != "xs" {
			fmt.Fprintf(&b, ` xmlns:%s="%s"`, p, esc(s.ns[p]))
		}
	}
	b.WriteString(">\n<xsl:output method=\"text\"/>\n")
	lets := s.Lets
	for _, p := range s.Patterns {
		lets = append(lets, p.Lets...)
	}
	for _, l := range lets {
		fmt.Fprintf(&b, "<xsl:variable name=%q select=\"%s\"/>\n", l.Name, esc(l.Value))
	}
	for _, f := range s.Functions {
		fmt.Fprintf(&b, "<xsl:function name=%q%s>", f.Name, as(f.As))
		for _, p := range f.Params {
			fmt.Fprintf(&b, "<xsl:param name=%q%s/>", p.Name, as(p.As))
		}
		instructions(&b, f.Body, esc)
		b.WriteString("</xsl:function>\n")
	}
	b.WriteString("<xsl:template match=\"/\">")
	for i := range s.Patterns {
		fmt.Fprintf(&b, "<xsl:apply-templates select=\"/\" mode=\"m%d\"/>", i)
	}
	b.WriteString("</xsl:template>\n")
	for i, p := range s.Patterns {
		next := fmt.Sprintf("<xsl:apply-templates select=\"@*|node()\" mode=\"m%d\"/></xsl:template>\n", i)
		for k, r := range p.Rules {
			fmt.Fprintf(&b, "<xsl:template match=\"%s\" mode=\"m%d\" priority=\"%d\">", esc(r.Context), i, 10000-k)
			for _, l := range r.Lets {
				fmt.Fprintf(&b, "<xsl:variable name=%q select=\"%s\"/>", l.Name, esc(l.Value))
			}
			for _, c := range r.Checks {
				test := "not(" + c.Test + ")"
				if c.Report {
					test = c.Test
				}
				fmt.Fprintf(&b, "<xsl:if test=\"%s\">%s </xsl:if>", esc(test), c.Name())
			}
			b.WriteString(next)
		}
		fmt.Fprintf(&b, "<xsl:template match=\"@*|node()|/\" mode=\"m%d\" priority=\"-5\">%s", i, next)
	}
	b.WriteString("</xsl:stylesheet>\n")
	return b.String()
}

func as(t string) string {
	if t == "" {
		return ""
	}
	return " as=\"" + t + "\""
}

func instructions(b *strings.Builder, body []xpath.Instruction, esc func(string) string) {
	for _, in := range body {
		switch in.Kind {
		case xpath.InstrVariable:
			fmt.Fprintf(b, "<xsl:variable name=%q%s", in.Name, as(in.As))
			if in.Select != "" {
				fmt.Fprintf(b, " select=\"%s\"/>", esc(in.Select))
				continue
			}
			b.WriteString(">")
			instructions(b, in.Body, esc)
			b.WriteString("</xsl:variable>")
		case xpath.InstrSequence:
			fmt.Fprintf(b, "<xsl:sequence select=\"%s\"/>", esc(in.Select))
		case xpath.InstrValueOf:
			fmt.Fprintf(b, "<xsl:value-of select=\"%s\" separator=\"%s\"/>", esc(in.Select), esc(in.Sep))
		case xpath.InstrText:
			b.WriteString(esc(in.Text))
		case xpath.InstrChoose:
			b.WriteString("<xsl:choose>")
			instructions(b, in.Body, esc)
			b.WriteString("</xsl:choose>")
		case xpath.InstrWhen:
			fmt.Fprintf(b, "<xsl:when test=\"%s\">", esc(in.Select))
			instructions(b, in.Body, esc)
			b.WriteString("</xsl:when>")
		case xpath.InstrOtherwise:
			b.WriteString("<xsl:otherwise>")
			instructions(b, in.Body, esc)
			b.WriteString("</xsl:otherwise>")
		}
	}
}

// saxon finds the reference processor, Debian's libsaxonhe-java.
func saxon(t testing.TB) (jar string) {
	jar = "/usr/share/java/Saxon-HE.jar"
	if _, err := os.Stat(jar); err != nil {
		t.Skip("Saxon-HE is not installed (libsaxonhe-java)")
	}
	if _, err := exec.LookPath("java"); err != nil {
		t.Skip("java is not installed")
	}
	return jar
}

var averageTime = regexp.MustCompile(`Average execution time[^:]*: ([0-9.]+)ms`)

// saxonRun runs the rule set on a document n times: failed checks, and milliseconds
// of a warm run, parsing included.
func saxonRun(t testing.TB, name string, src []byte, n int) (failed []string, ms float64) {
	jar := saxon(t)
	schema, problems := Read(os.DirFS(sharedtest.Root(t)), ruleSets[name])
	if schema == nil {
		t.Fatal(problems)
	}
	dir := t.TempDir()
	xsl, doc, out := filepath.Join(dir, "rules.xsl"), filepath.Join(dir, "doc.xml"), filepath.Join(dir, "out.txt")
	if err := os.WriteFile(xsl, []byte(stylesheet(schema)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(doc, src, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("java", "-Xss16m", "-cp", jar, "net.sf.saxon.Transform", "-t", "-repeat:"+strconv.Itoa(n), "-xsl:"+xsl, "-s:"+doc, "-o:"+out)
	report, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, report)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if m := averageTime.FindSubmatch(report); m != nil {
		ms, _ = strconv.ParseFloat(string(m[1]), 64)
	}
	return strings.Fields(string(text)), ms
}

// TestSaxon compares verdicts on changed documents with the reference processor
// itself, where it is installed. It starts a JVM for each document, so there are few.
func TestSaxon(t *testing.T) {
	if !sharedtest.Full() {
		t.Skip("starts a JVM: FISCUS_FULL=1 runs it")
	}
	saxon(t)
	for _, c := range []struct{ set, file string }{
		{"en16931-ubl", "peppol-bis3/peppol-bis-invoice-3/examples/Allowance-example.xml"},
		{"peppol-bis3-ubl", "peppol-bis3/peppol-bis-invoice-3/examples/base-example.xml"},
	} {
		src := sharedtest.Read(t, "corpus", c.file)
		for seed := range uint64(4) {
			changed, err := scrambled(newRand(77, seed), src)
			if err != nil {
				t.Fatal(err)
			}
			d, err := xmltree.Parse(changed, xmltree.Options{Names: &names})
			if err != nil {
				t.Fatal(err)
			}
			set := ruleSet(t, c.set)
			d.Sync()
			r, err := set.Validate(d)
			if err != nil {
				t.Fatal(err)
			}
			ours := map[string]int{}
			bad := false
			for i := range r.Findings {
				ours[r.Findings[i].ID()]++
				bad = bad || r.Findings[i].Err != nil
			}
			if bad {
				continue
			}
			theirs, _ := saxonRun(t, c.set, changed, 1)
			for _, id := range theirs {
				ours[id]--
			}
			for id, n := range ours {
				if n != 0 {
					t.Errorf("%s seed %d: %s differs by %d", c.set, seed, id, n)
				}
			}
		}
	}
}
