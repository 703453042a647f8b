package xmltree_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

const withComments = "#WithComments"

var methods = []string{
	"http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2006/12/xml-c14n11", "http://www.w3.org/2001/10/xml-exc-c14n",
}

func method(t testing.TB, uri string) xmltree.C14N {
	c, ok := xmltree.C14NByURI(uri)
	if !ok {
		t.Fatalf("no method %s", uri)
	}
	return c
}

func parse(t testing.TB, src string) *xmltree.Document {
	t.Helper()
	d, err := xmltree.Parse([]byte(src), xmltree.Options{})
	if err != nil {
		t.Fatalf("%v in\n%s", err, src)
	}
	return d
}

func TestC14NSpecification(t *testing.T) {
	t.Parallel()
	src := "<?xml version=\"1.0\"?>\n\n<?xml-stylesheet   href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n\n<doc>Hello, world!<!-- Comment 1 --></doc>\n\n<?pi-without-data     ?>\n\n<!-- Comment 2 -->\n"
	want := "<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n<doc>Hello, world!</doc>\n<?pi-without-data?>"
	if got := string(xmltree.C14N{}.Append(nil, parse(t, src), 0)); got != want {
		t.Errorf("without comments:\nwant %q\n got %q", want, got)
	}
	want = "<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n<doc>Hello, world!<!-- Comment 1 --></doc>\n<?pi-without-data?>\n<!-- Comment 2 -->"
	if got := string(xmltree.C14N{Comments: true}.Append(nil, parse(t, src), 0)); got != want {
		t.Errorf("with comments:\nwant %q\n got %q", want, got)
	}
}

func TestC14NOmit(t *testing.T) {
	t.Parallel()
	d := parse(t, `<a xmlns="u" xml:lang="x"><b><c/>t</b><s:S xmlns:s="v">x</s:S>end</a>`)
	s := d.ByName(d.Lookup("v", "S"))[0]
	c := xmltree.C14N{Omit: func(n xmltree.Node) bool { return n == s }}
	want := `<a xmlns="u" xml:lang="x"><b><c></c>t</b>end</a>`
	if got := string(c.Append(nil, d, d.Root())); got != want {
		t.Errorf("want %s, got %s", want, got)
	}
}

func TestC14NBase(t *testing.T) {
	t.Parallel()
	d := parse(t, `<a xml:base="http://h/x/y" xml:id="1" xml:lang="de"><b xml:base="../z/"><c xml:base="w?q"/></b></a>`)
	for name, want := range map[string]string{
		"c": `<c xml:base="http://h/z/w?q" xml:lang="de"></c>`,
		"b": `<b xml:base="http://h/z/" xml:lang="de"><c xml:base="w?q"></c></b>`,
	} {
		n := d.ByName(d.Lookup("", name))[0]
		if got := string(xmltree.C14N{Version11: true}.Append(nil, d, n)); got != want {
			t.Errorf("%s:\nwant %s\n got %s", name, want, got)
		}
	}
}

// TestConformanceC14N compares whole documents byte for byte with libxml2.
func TestConformanceC14N(t *testing.T) {
	t.Parallel()
	xmllint := sharedtest.Oracle(t, "xmllint")
	const count, chunk = 1000, 100
	for from := 0; from < count; from += chunk {
		dir := t.TempDir()
		var files []string
		var docs []*xmltree.Document
		for i := from; i < from+chunk; i++ {
			src := newHostile(uint64(i))
			file := filepath.Join(dir, fmt.Sprintf("%d.xml", i))
			if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
				t.Fatal(err)
			}
			files, docs = append(files, file), append(docs, parse(t, src))
		}
		for option, uri := range map[string]string{"--c14n": methods[0], "--c14n11": methods[1], "--exc-c14n": methods[2] + "#"} {
			c := method(t, uri)
			c.Comments = true
			want := runOracle(t, xmllint, append([]string{option}, files...)...)
			var got []byte
			for _, d := range docs {
				got = c.Append(got, d, 0)
			}
			if !bytes.Equal(got, want) {
				reportFirst(t, xmllint, option, files, docs, c)
			}
		}
	}
	t.Logf("canonical XML 1.0, 1.1 and exclusive by libxml2: %d passed, 0 skipped, 0 failed", 3*count)
}

func runOracle(t *testing.T, program string, args ...string) []byte {
	out, err := exec.Command(program, args...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, stderr(err))
	}
	return out
}

func reportFirst(t *testing.T, xmllint, option string, files []string, docs []*xmltree.Document, c xmltree.C14N) {
	for i, f := range files {
		want, got := runOracle(t, xmllint, option, f), c.Append(nil, docs[i], 0)
		if !bytes.Equal(got, want) {
			src, _ := os.ReadFile(f)
			t.Fatalf("%s of\n%s\nwant %q\n got %q", option, src, want, got)
		}
	}
}

// TestC14NSubtreesEqualXmlsec compares digests of elements in the context of their document.
func TestC14NSubtreesEqualXmlsec(t *testing.T) {
	t.Parallel()
	xmlsec := sharedtest.Oracle(t, "xmlsec1")
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	if err := os.WriteFile(key, []byte("not a secret, only to make a digest"), 0o600); err != nil {
		t.Fatal(err)
	}
	for seed := uint64(0); seed < 40; seed++ {
		checkSubtrees(t, xmlsec, dir, key, seed)
	}
}

type reference struct {
	id string
	c  xmltree.C14N
}

func checkSubtrees(t *testing.T, xmlsec, dir, key string, seed uint64) {
	inner := newHostile(seed)
	if strings.HasPrefix(inner, "<?xml version") {
		inner = inner[strings.Index(inner, "?>")+2:]
	}
	before := `<env xmlns="urn:e" xmlns:a="urn:1" xmlns:q="urn:q" xml:lang="en" xml:zz="1">`
	probe := parse(t, before+inner+"</env>")
	var refs []reference
	var template strings.Builder
	template.WriteString(`<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1"/>`)
	for n := probe.Root() + 1; int(n) < probe.Len() && len(refs) < 60; n++ {
		if probe.Kind(n) != xmltree.ElementNode {
			continue
		}
		id, _ := probe.Attr(n, "Id")
		for _, uri := range []string{methods[0], methods[0] + withComments, methods[2] + "#", methods[2] + withComments, methods[1]} {
			c, list := method(t, uri), ""
			if c.Exclusive && len(refs)%2 == 0 {
				c.Prefixes = []string{"a", "#default"}
				list = `<InclusiveNamespaces xmlns="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="a #default"/>`
			}
			// A reference by bare name drops comments before any transform (XML Signature, 4.4.3.3).
			c.Comments = false
			fmt.Fprintf(&template, `<Reference URI="#%s"><Transforms><Transform Algorithm="%s">%s</Transform></Transforms><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference>`, id, uri, list)
			refs = append(refs, reference{id, c})
		}
	}
	template.WriteString("</SignedInfo><SignatureValue/></Signature>")
	file := filepath.Join(dir, fmt.Sprintf("%d.xml", seed))
	src := before + inner + template.String() + "</env>"
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	signed := parse(t, string(runOracle(t, xmlsec, append(append([]string{"--sign", "--hmackey", key}, idArguments()...), file)...)))
	values := signed.ByName(signed.Lookup("http://www.w3.org/2000/09/xmldsig#", "DigestValue"))
	if len(values) != len(refs) {
		t.Fatalf("%d digests for %d references", len(values), len(refs))
	}
	doc := parse(t, src)
	for i, r := range refs {
		sum := sha256.Sum256(r.c.Append(nil, doc, byID(doc, r.id)))
		if got := base64.StdEncoding.EncodeToString(sum[:]); got != signed.Text(values[i]) {
			t.Errorf("seed %d, %s, %+v: digest differs for\n%s", seed, r.id, r.c, r.c.Append(nil, doc, byID(doc, r.id)))
		}
	}
}

// idArguments tells xmlsec1 which attributes are ids, for each name a hostile document can have.
func idArguments() []string {
	args := []string{}
	for _, space := range []string{"", "urn:e:", "urn:1:", "urn:2:", "urn:0?a=b:"} {
		for _, local := range []string{"x", "y", "é", "z-1"} {
			args = append(args, "--id-attr:Id", space+local)
		}
	}
	return args
}

func byID(d *xmltree.Document, id string) xmltree.Node {
	for n := xmltree.Node(1); int(n) < d.Len(); n++ {
		if d.Kind(n) == xmltree.ElementNode {
			if v, _ := d.Attr(n, "Id"); v == id {
				return n
			}
		}
	}
	return xmltree.None
}

func FuzzC14N(f *testing.F) {
	for i := range uint64(5) {
		f.Add([]byte(newHostile(i)))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		d, err := xmltree.Parse(in, xmltree.Options{Limits: xmltree.Limits{Bytes: 1 << 16, Depth: 64}})
		if err != nil {
			return
		}
		for _, uri := range methods[:2] {
			c := method(t, uri)
			c.Comments = true
			once := c.Append(nil, d, 0)
			again, err := xmltree.Parse(once, xmltree.Options{})
			if err != nil {
				t.Fatalf("canonical form is not well-formed: %v\n%s", err, once)
			}
			if twice := c.Append(nil, again, 0); !bytes.Equal(once, twice) {
				t.Fatalf("canonical form of the canonical form differs:\n%s\n%s", once, twice)
			}
		}
	})
}

func BenchmarkTableC14N(b *testing.B) {
	for _, size := range []int{7 << 10, 1 << 20} {
		src := sample(b, size)
		d := parse(b, string(src))
		for _, uri := range methods {
			c, ok := xmltree.C14NByURI(uri)
			if !ok {
				c = xmltree.C14N{Exclusive: true}
			}
			b.Run(fmt.Sprintf("%s/%dKB", uri[strings.LastIndexByte(uri, '/')+1:], size>>10), func(b *testing.B) {
				b.SetBytes(int64(len(src)))
				b.ReportAllocs()
				var buf []byte
				for b.Loop() {
					buf = c.Append(buf[:0], d, 0)
				}
			})
		}
	}
}

func stderr(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(exit.Stderr)
	}
	return ""
}
