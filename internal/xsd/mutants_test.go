package xsd_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// mutate returns a changed copy of a document, by kind of change.
func mutate(r *rand.Rand, doc *xmltree.Document, src []byte) (kind string, out []byte) {
	var elements, leaves, attrs []xmltree.Node
	for n := doc.Root() + 1; int(n) < doc.Len(); n++ {
		switch doc.Kind(n) {
		case xmltree.ElementNode:
			elements = append(elements, n)
			if c := doc.FirstChild(n); c != xmltree.None && doc.Next(c) == xmltree.None && doc.Kind(c) == xmltree.TextNode {
				leaves = append(leaves, n)
			}
		case xmltree.AttributeNode:
			attrs = append(attrs, n)
		}
	}
	pick := func(list []xmltree.Node) (from, to int) {
		if len(list) == 0 {
			return 0, 0
		}
		return doc.Range(list[r.IntN(len(list))])
	}
	text := func() (from, to int) {
		if len(leaves) == 0 {
			return 0, 0
		}
		return doc.Range(doc.FirstChild(leaves[r.IntN(len(leaves))]))
	}
	splice := func(from, to int, with string) []byte {
		return append(append(append([]byte{}, src[:from]...), with...), src[to:]...)
	}
	e0, e1 := pick(elements)
	a0, a1 := pick(attrs)
	t0, t1 := text()
	tag := e0 + bytes.IndexAny(append(src[e0:e1:e1], '>'), "/>")
	bad := []string{"###", "", " ", "-1", "0", "99999999999999999999999", "1.23456789", "2024-13-45", "x", "true", "a b", "ä€", "1e5", "2024-01-01T00:00:00", "AAAA====", "\t7 "}
	switch r.IntN(13) {
	case 0:
		return "delete element", splice(e0, e1, "")
	case 1:
		return "double element", splice(e1, e1, string(src[e0:e1]))
	case 2:
		return "many times", splice(e1, e1, strings.Repeat(string(src[e0:e1]), 1+r.IntN(120)))
	case 3, 4, 5:
		if t1 > t0 {
			return "value", splice(t0, t1, bad[r.IntN(len(bad))])
		}
	case 6:
		if t1 > t0 {
			return "long text", splice(t0, t1, strings.Repeat(string(src[t0:t1]), 1+r.IntN(200)))
		}
	case 7:
		return "unknown attribute", splice(tag, tag, ` zz="1"`)
	case 8:
		return "unknown element", splice(e1, e1, "<zz/>")
	case 9:
		return "stray text", splice(e1, e1, "stray")
	case 10:
		if a1 > a0 {
			return "delete attribute", splice(a0, a1, "")
		}
	case 11:
		if a1 > a0 {
			if at := bytes.IndexAny(src[a0:a1], `"'`); at > 0 {
				return "attribute value", splice(a0+at+1, a1-1, bad[r.IntN(len(bad))])
			}
		}
	case 12:
		f0, f1 := pick(elements)
		if e1 <= f0 {
			return "swap", []byte(string(src[:e0]) + string(src[f0:f1]) + string(src[e1:f0]) + string(src[e0:e1]) + string(src[f1:]))
		}
	}
	return "", nil
}

// explained tells a difference that is a mistake of the oracle, and which.
var explained = []struct {
	what    string
	message *regexp.Regexp // what either says
}{
	{"decimals of more than 24 digits are refused, though a decimal has no limit", regexp.MustCompile(`'[-+]?[0-9]*\.?[0-9]{22,}[^']*' is not a valid value`)},
	{"text that is not base64 is taken for base64", regexp.MustCompile(`not a base64 text`)},
}

// TestMutants compares verdicts on changed documents with libxml2: up to three
// documents of each schema of the table, many changes each.
func TestMutants(t *testing.T) {
	t.Parallel()
	xmllint := sharedtest.Oracle(t, "xmllint")
	each := 5
	if sharedtest.Full() {
		each = 120
	}
	bySchema := map[string][]string{}
	for _, row := range verdicts(t) {
		if !strings.Contains(row.document, "#") && differs[row.document] == "" && len(bySchema[row.schema]) < 3 && row.fault == "no" {
			bySchema[row.schema] = append(bySchema[row.schema], row.document)
		}
	}
	schemas := make([]string, 0, len(bySchema))
	for s := range bySchema {
		schemas = append(schemas, s)
	}
	sort.Strings(schemas)
	total, invalid, wrong := 0, 0, 0
	for k, schema := range schemas {
		dir := t.TempDir()
		r := rand.New(rand.NewPCG(uint64(k), 99))
		kinds, files, docs := mutants(t, r, dir, bySchema[schema], each)
		want, messages := xmllintVerdicts(t, xmllint, dir, schema, files)
		s := compiled.get(t, schema)
		for i, src := range docs {
			doc, err := xmltree.Parse(src, xmltree.Options{Names: compiled.names})
			if err != nil {
				t.Fatal(err)
			}
			probs := s.Validate(doc)
			total++
			if len(probs) > 0 {
				invalid++
			}
			if (len(probs) == 0) != want[files[i]] && !isExplained(messages[files[i]], probs.Error()) {
				wrong++
				t.Errorf("%s, %s: libxml2 valid %v: %s\nours: %.600v", schema, kinds[i], want[files[i]], messages[files[i]], probs)
				if dir := os.Getenv("FISCUS_KEEP"); dir != "" {
					_ = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d-%d.xml", k, i)), src, 0o600)
				}
			}
		}
	}
	t.Logf("%d changed documents by %d schemas, %d invalid, %d differ", total, len(schemas), invalid, wrong)
}

func isExplained(message, ours string) bool {
	for _, e := range explained {
		if e.message.MatchString(message) || e.message.MatchString(ours) {
			return true
		}
	}
	return false
}

func mutants(t *testing.T, r *rand.Rand, dir string, documents []string, each int) (kinds, files []string, docs [][]byte) {
	for _, name := range documents {
		src := sharedtest.Read(t, append([]string{"corpus"}, strings.Split(name, "/")...)...)
		doc, err := xmltree.Parse(src, xmltree.Options{})
		if err != nil || len(src) > 200_000 || strings.Contains(doc.Encoding, "8859") || doc.Encoding != "" && !strings.EqualFold(doc.Encoding, "utf-8") {
			continue
		}
		src = bytes.TrimPrefix(src, []byte("\xEF\xBB\xBF"))
		for range each {
			kind, out := mutate(r, doc, src)
			if kind == "" {
				continue
			}
			if _, err := xmltree.Parse(out, xmltree.Options{}); err != nil {
				continue // a change that hit a declaration of a namespace in use
			}
			file := filepath.Join(dir, fmt.Sprintf("%d.xml", len(files)))
			if err := os.WriteFile(file, out, 0o600); err != nil {
				t.Fatal(err)
			}
			kinds, files, docs = append(kinds, kind+" of "+name), append(files, file), append(docs, out)
		}
	}
	return kinds, files, docs
}

// xmllintVerdicts judges all files in one process. Imports that the artifacts
// map by catalog come from there; the network is off.
func xmllintVerdicts(t *testing.T, xmllint, dir, schema string, files []string) (valid map[string]bool, messages map[string]string) {
	root := sharedtest.Path(t, "artifacts")
	entry := filepath.Join(root, schema)
	if list := entries(schema); len(list) > 1 {
		entry = driver(t, dir, root, list)
	}
	cmd := exec.Command(xmllint, append([]string{"--noout", "--nonet", "--schema", entry}, files...)...)
	cmd.Env = append(os.Environ(), "XML_CATALOG_FILES="+filepath.Join(root, "catalog.xml"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	valid, messages = map[string]bool{}, map[string]string{}
	for _, line := range strings.Split(stderr.String(), "\n") {
		if name, ok := strings.CutSuffix(line, " validates"); ok {
			valid[name] = true
		} else if name, rest, ok := strings.Cut(line, ".xml:"); ok && messages[name+".xml"] == "" {
			messages[name+".xml"] = rest
		}
	}
	if len(files) > 0 && !strings.Contains(stderr.String(), "validate") {
		t.Fatalf("xmllint did not judge by %s: %.500s", entry, stderr.String())
	}
	return valid, messages
}

// driver writes a schema that imports several entries, and the stand-in where
// the entries expect the catalogue.
func driver(t testing.TB, dir, root string, list []string) string {
	var b strings.Builder
	b.WriteString(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">`)
	derived := filepath.Join(root, "cfdi/derived/catCFDI.derived.xsd")
	fmt.Fprintf(&b, `<xs:import namespace="http://www.sat.gob.mx/sitio_internet/cfd/catalogos" schemaLocation="%s"/>`, derived)
	for _, e := range list {
		src := sharedtest.Read(t, append([]string{"artifacts"}, strings.Split(e, "/")...)...)
		doc, err := xmltree.Parse(src, xmltree.Options{})
		if err != nil {
			t.Fatal(err)
		}
		space, _ := doc.Attr(doc.Root(), "targetNamespace")
		fmt.Fprintf(&b, `<xs:import namespace="%s" schemaLocation="%s"/>`, space, filepath.Join(root, e))
	}
	b.WriteString(`</xs:schema>`)
	file := filepath.Join(dir, "driver.xsd")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
