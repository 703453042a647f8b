package xmltree_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// dump shows a tree in one line, for tests.
func dump(d *xmltree.Document) string {
	var b strings.Builder
	for n := xmltree.Node(0); int(n) < d.Len(); n++ {
		switch d.Kind(n) {
		case xmltree.ElementNode:
			fmt.Fprintf(&b, "<%s", d.NameOf(d.Name(n)))
		case xmltree.AttributeNode:
			fmt.Fprintf(&b, "@%s=%q", d.NameOf(d.Name(n)), d.Value(n))
		case xmltree.TextNode:
			fmt.Fprintf(&b, "%q", d.Value(n))
		case xmltree.CommentNode:
			fmt.Fprintf(&b, "!%q", d.Value(n))
		case xmltree.InstructionNode:
			fmt.Fprintf(&b, "?%s %q", d.Local(n), d.Value(n))
		}
		for up := n; up > 0 && d.Kind(n) != xmltree.AttributeNode && d.End(up) == n+1+attrs(d, n); up = d.Parent(up) {
			if d.Kind(up) == xmltree.ElementNode && attrs(d, n) == 0 {
				b.WriteByte('>')
			}
		}
	}
	return b.String()
}

func attrs(d *xmltree.Document, n xmltree.Node) xmltree.Node {
	first, end := d.Attributes(n)
	return end - first
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{`<a/>`, `<a>`},
		{`<?xml version="1.0" encoding="UTF-8"?><a>x</a>`, `<a"x">`},
		{"<a>1 &lt; 2 &#x41;<![CDATA[<&]]>\r\ny\rz</a>", `<a"1 < 2 A<&\ny\nz">`},
		{"<a b=' x\ty\r\nz&#10;'/>", `<a@b=" x y z\n"`},
		{`<p:a xmlns:p="u" p:c="1" c="2"/>`, `<{u}a@{u}c="1"@c="2"`},
		{`<a xmlns="u"><b xmlns=""><c xmlns="v"/></b><d/></a>`, `<{u}a<b<{v}c>><{u}d>>`},
		{`<!--x--><?t y z?><a><!-- - --></a><!--e-->`, `!"x"?t "y z"<a!" - ">!"e"`},
		{`<a xml:lang='de'/>`, `<a@{http://www.w3.org/XML/1998/namespace}lang="de"`},
		{`<a><![CDATA[]]></a>`, `<a>`},
		{"\xEF\xBB\xBF<ä é='ü'>\uFFFD</ä>", `<ä@é="ü""�">`},
		{`<a>]]</a>`, `<a"]]">`},
	} {
		d, err := xmltree.Parse([]byte(c.in), xmltree.Options{})
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if got := dump(d); got != c.want {
			t.Errorf("%s:\nwant %s\n got %s", c.in, c.want, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{``, "1:1 FMT-XML-SYNTAX"},
		{`  `, "1:3 FMT-XML-SYNTAX"},
		{`x<a/>`, "1:1 FMT-XML-SYNTAX"},
		{`<a/>x`, "1:5 FMT-XML-SYNTAX"},
		{`<a/><b/>`, "1:5 FMT-XML-SYNTAX"},
		{"<a>\n<b></a>", "2:4 FMT-XML-SYNTAX"},
		{`<a><b></b`, "1:10 FMT-XML-SYNTAX"},
		{`<a></ab>`, "1:4 FMT-XML-SYNTAX"},
		{`<a b="1" b="2"/>`, "1:10 FMT-XML-SYNTAX"},
		{`<a b="1"c="2"/>`, "1:9 FMT-XML-SYNTAX"},
		{`<a b=1/>`, "1:6 FMT-XML-SYNTAX"},
		{`<a b="<"/>`, "1:7 FMT-XML-SYNTAX"},
		{`<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>`, "1:36 FMT-XML-SYNTAX"},
		{`<p:a/>`, "1:1 FMT-XML-NAMESPACE"},
		{`<a:b:c xmlns:a="u"/>`, "1:2 FMT-XML-NAMESPACE"},
		{`<a xmlns:p=""/>`, "1:4 FMT-XML-NAMESPACE"},
		{`<a xmlns:xml="u"/>`, "1:4 FMT-XML-NAMESPACE"},
		{`<a xmlns:xmlns="u"/>`, "1:4 FMT-XML-NAMESPACE"},
		{`<a xmlns="http://www.w3.org/2000/xmlns/"/>`, "1:4 FMT-XML-NAMESPACE"},
		{`<1a/>`, "1:2 FMT-XML-SYNTAX"},
		{`<a>ü]]></a>`, "1:5 FMT-XML-SYNTAX"},
		{`<a>&nbsp;</a>`, "1:4 FMT-XML-ENTITY"},
		{`<a>&#0;</a>`, "1:4 FMT-XML-SYNTAX"},
		{`<a>& </a>`, "1:4 FMT-XML-SYNTAX"},
		{"<a>\x01</a>", "1:4 FMT-XML-SYNTAX"},
		{"<a>\uFFFF</a>", "1:4 FMT-XML-SYNTAX"},
		{"<a>\xff</a>", "1:4 FMT-XML-ENCODING"},
		{`<!DOCTYPE a><a/>`, "1:1 FMT-XML-DTD"},
		{`<a><!-- -- --></a>`, "1:9 FMT-XML-SYNTAX"},
		{`<a/><?xml version="1.0"?>`, "1:5 FMT-XML-SYNTAX"},
		{`<?xml encoding="UTF-8"?><a/>`, "1:1 FMT-XML-SYNTAX"},
		{`<?xml version="1.0" encoding="EBCDIC"?><a/>`, "1:1 FMT-XML-ENCODING"},
		{`<a`, "1:3 FMT-XML-SYNTAX"},
		{`<`, "1:1 FMT-XML-SYNTAX"},
	} {
		_, err := xmltree.Parse([]byte(c.in), xmltree.Options{})
		var p diag.Problem
		if !errors.As(err, &p) {
			t.Errorf("%q: accepted", c.in)
			continue
		}
		if got := p.Pos.String() + " " + p.Rule; got != c.want {
			t.Errorf("%q: want %s, got %s (%s)", c.in, c.want, got, p.Message)
		}
	}
}

func TestParseLimits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in string
		l  xmltree.Limits
	}{
		"bytes":      {"<a>12345</a>", xmltree.Limits{Bytes: 5}},
		"depth":      {strings.Repeat("<a>", 600), xmltree.Limits{}},
		"nodes":      {"<a>" + strings.Repeat("<b/>", 100) + "</a>", xmltree.Limits{Nodes: 50}},
		"names":      {"<a b='' c='' d='' e=''/>", xmltree.Limits{Names: 3}},
		"attributes": {"<a b='' c='' d='' e=''/>", xmltree.Limits{Attributes: 3}},
		"prefixes":   {"<a xmlns:b='1' xmlns:c='2' xmlns:d='3'/>", xmltree.Limits{Names: 6}},
	} {
		_, err := xmltree.Parse([]byte(c.in), xmltree.Options{Limits: c.l})
		var p diag.Problem
		if !errors.As(err, &p) || p.Rule != xmltree.RuleLimit {
			t.Errorf("%s: want %s, got %v", name, xmltree.RuleLimit, err)
		}
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	text := "<a>äöü €😀</a>"
	utf16Of := func(order binary.AppendByteOrder, bom bool) []byte {
		var out []byte
		if bom {
			out = order.AppendUint16(out, 0xFEFF)
		}
		for _, u := range utf16.Encode([]rune(`<?xml version="1.0" encoding="UTF-16"?>` + text)) {
			out = order.AppendUint16(out, u)
		}
		return out
	}
	for name, c := range map[string]struct {
		in   []byte
		want string
	}{
		"utf-16le":      {utf16Of(binary.LittleEndian, true), "äöü €😀"},
		"utf-16be":      {utf16Of(binary.BigEndian, true), "äöü €😀"},
		"utf-16le bare": {utf16Of(binary.LittleEndian, false), "äöü €😀"},
		"latin1":        {[]byte("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4\x80</a>"), "ä\u0080"},
		"cp1252":        {[]byte("<?xml version='1.0' encoding='windows-1252'?><a>\xe4\x80</a>"), "ä€"},
	} {
		d, err := xmltree.Parse(c.in, xmltree.Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := d.Text(d.Root()); got != c.want {
			t.Errorf("%s: want %q, got %q", name, c.want, got)
		}
	}
}

func TestTree(t *testing.T) {
	t.Parallel()
	in := "<r xmlns='u' xmlns:p='v'>\n <p:a x='1'>é<b>2</b></p:a><p:a/><!--c--></r>"
	names := &xmltree.Names{}
	id := names.Intern("v", "a")
	d, err := xmltree.Parse([]byte(in), xmltree.Options{Names: names, File: "f.xml"})
	if err != nil {
		t.Fatal(err)
	}
	list := d.ByName(id)
	if len(list) != 2 || d.Name(list[0]) != id || d.Lookup("v", "a") != id || d.Lookup("v", "z") != 0 {
		t.Fatalf("elements by name: %v", list)
	}
	a := list[0]
	if got := string(d.Source(a)); got != "<p:a x='1'>é<b>2</b></p:a>" {
		t.Errorf("source %q", got)
	}
	if got := d.Text(a); got != "é2" {
		t.Errorf("text %q", got)
	}
	b := d.ByName(d.Lookup("u", "b"))[0]
	if got := d.Pos(b).String(); got != "f.xml:2:14" {
		t.Errorf("place %s", got)
	}
	if d.Parent(b) != a || d.LastChild(a) != b || d.Prev(b) == xmltree.None || d.Next(a) != list[1] || d.Prev(list[1]) != a {
		t.Error("links")
	}
	if v, ok := d.Attr(a, "x"); !ok || v != "1" || d.Prefix(a) != "p" || d.QName(a) != "p:a" {
		t.Error("attribute or prefix")
	}
	if uri, ok := d.LookupPrefix(b, "p"); !ok || uri != "v" || len(d.InScope(b)) != 2 {
		t.Error("namespaces in scope")
	}
	if got := d.Inside(a, d.ByName(d.Lookup("u", "b"))); len(got) != 1 {
		t.Errorf("inside: %v", got)
	}
	late := names.Intern("u", "b")
	if d.Name(b) == late || !d.Sync() || d.Name(b) != late || d.Lookup("u", "b") != late || d.ByName(late)[0] != b {
		t.Error("sync does not renumber")
	}
}

// TestCorpus parses each document of the corpora and compares with what INDEX.tsv says.
func TestCorpus(t *testing.T) {
	t.Parallel()
	root := sharedtest.Path(t, "corpus")
	index := string(sharedtest.Read(t, "corpus", "INDEX.tsv"))
	read, refused := 0, 0
	for _, line := range strings.Split(index, "\n")[1:] {
		f := strings.Split(line, "\t")
		if len(f) < 6 || !strings.HasSuffix(f[0], ".xml") || !sharedtest.Full() && read%5 != 0 && f[5] == "yes" {
			read++
			continue
		}
		read++
		src, err := os.ReadFile(filepath.Join(root, f[0]))
		if errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is in the index, not in the folder", f[0])
			continue
		}
		d, err := xmltree.Parse(src, xmltree.Options{})
		if err == nil {
			if f[5] == "no" {
				t.Errorf("%s: read, though not well-formed", f[0])
			}
			if got := d.Local(d.Root()); got != f[8] && f[8] != "" {
				t.Errorf("%s: root %s, want %s", f[0], got, f[8])
			}
			d.Release()
			continue
		}
		refused++
		var p diag.Problem
		if !errors.As(err, &p) || f[5] == "yes" && p.Rule != xmltree.RuleDTD {
			t.Errorf("%s: %v", f[0], err)
		}
	}
	t.Logf("%d documents, %d refused", read, refused)
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`<a b="c">d&amp;<![CDATA[x]]><!--y--><?z w?></a>`, "<p:a xmlns:p='u' p:b=''/>", "\xff\xfe<\x00a\x00/\x00>\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		d, err := xmltree.Parse(in, xmltree.Options{Limits: xmltree.Limits{Bytes: 1 << 16, Depth: 64}})
		if err != nil {
			var p diag.Problem
			if !errors.As(err, &p) || !strings.HasPrefix(p.Rule, "FMT-XML-") {
				t.Fatalf("no problem: %v", err)
			}
			return
		}
		for n := xmltree.Node(1); int(n) < d.Len(); n++ {
			if up := d.Parent(n); up >= n || d.End(n) > d.End(up) || d.End(n) <= n {
				t.Fatalf("node %d: parent %d, end %d", n, up, d.End(n))
			}
		}
	})
}
