package packages

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	inbound "github.com/fiscus-project/fiscus/engine/reading"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// network is the package of a network invoice, to read and write with it
// without a run.
type network struct {
	pkg    *engine.Package
	cat    *engine.Catalog
	entity string // whose documents are written
	reader *document.Reader
}

func networkOf(t testing.TB, id string) *network {
	t.Helper()
	files, err := Package(id)
	if err != nil {
		t.Fatal(err)
	}
	b, list := load.LoadAll(files, registry(), nil)
	if b == nil {
		t.Fatal(list)
	}
	r, err := document.NewReader(document.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	entities := []*engine.Entity{{ID: "nobody", Fields: map[string]any{"country": "NO"}}}
	for _, e := range b.Entities {
		entities = append(entities, e)
	}
	cat, list := engine.NewCatalog([]*engine.Package{b.Package}, nil, entities)
	if list.Grave() {
		t.Fatal(list)
	}
	return &network{b.Package, cat, "nobody", r}
}

// read reads by all readings of the package.
func (n *network) read(name string, data []byte) (*inbound.Result, error) {
	var all []*inbound.Reading
	for _, file := range []string{"readings/ubl.yaml", "readings/envelope.yaml", "readings/invoice.yaml"} {
		if r := n.pkg.Readings[file]; r != nil {
			all = append(all, r)
		}
	}
	s := n.cat.Outside(n.pkg, engine.Outside{Environment: engine.Test})
	r, _, err := inbound.First(all, name, data, s, nil, n.reader)
	return r, err
}

// write writes a document as the element its type asks for, with the process
// and specification it says itself.
func (n *network) write(doc map[string]any) ([]byte, error) { return n.writeWith(doc, true) }

func (n *network) writeWith(doc map[string]any, beyond bool) ([]byte, error) {
	s := n.scope(doc)
	process, _ := doc["process"].(map[string]any)
	in := map[string]any{"customization": or(process["specification"], "-"), "profile": or(process["type"], "-"), "joinNotes": false, "beyond": beyond}
	out, err := n.mapping(doc).Write(s, nodes.Options{Input: in})
	if err != nil {
		return nil, err
	}
	return out.Bytes, nil
}

func or(a, b any) any {
	if a != nil {
		return a
	}
	return b
}

func (n *network) mapping(doc map[string]any) *nodes.Mapping {
	if doc["type"] == "creditNote" {
		return n.pkg.Mappings["mappings/credit-note.yaml"]
	}
	return n.pkg.Mappings["mappings/invoice.yaml"]
}

func (n *network) scope(doc map[string]any) *formula.Scope {
	s := n.cat.Outside(n.pkg, engine.Outside{Environment: engine.Test, Entity: n.entity, Document: doc}).Child()
	s.Set("param", map[string]any{})
	return s
}

// invoices lists the valid UBL invoices and credit notes of three corpora.
func invoices(t *testing.T) []string {
	t.Helper()
	index := csv.NewReader(strings.NewReader(string(sharedtest.Read(t, "corpus", "INDEX.tsv"))))
	index.Comma, index.LazyQuotes, index.FieldsPerRecord = '\t', true, -1
	rows, err := index.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range rows[1:] {
		family, _, _ := strings.Cut(r[0], "/")
		if (family == "peppol-bis3" || family == "en16931-ubl" || family == "xrechnung") && r[3] == "valid" && (r[8] == "Invoice" || r[8] == "CreditNote") {
			out = append(out, r[0])
		}
	}
	if len(out) < 65 {
		t.Fatalf("only %d invoices", len(out))
	}
	return out
}

// values counts the (path, value) pairs of a document; white space around a
// value says nothing.
func values(t *testing.T, data []byte) map[string]int {
	t.Helper()
	d, err := xmltree.Parse(data, xmltree.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]int{}
	for n := d.Root(); int(n) < d.Len(); n++ {
		switch d.Kind(n) {
		case xmltree.AttributeNode:
			if d.Prefix(n) != "xsi" {
				all[plainPath(d, n)+"="+strings.TrimSpace(d.Text(n))]++
			}
		case xmltree.ElementNode:
			if leaf(d, n) {
				all[plainPath(d, n)+"="+strings.TrimSpace(d.Text(n))]++
			}
		}
	}
	return all
}

func leaf(d *xmltree.Document, n xmltree.Node) bool {
	for range d.Elements(n) {
		return false
	}
	return true
}

func plainPath(d *xmltree.Document, n xmltree.Node) string {
	if n <= 0 {
		return ""
	}
	name := d.Local(n)
	if d.Kind(n) == xmltree.AttributeNode {
		name = "@" + name
	}
	return plainPath(d, d.Parent(n)) + "/" + name
}

// UBL read and written again holds the same values. What is not carried
// stands in a table that may only shrink.
func TestRoundTripKeepsTheValues(t *testing.T) {
	t.Parallel()
	n := networkOf(t, "eu/peppol")
	found := map[string][2]int{} // by path: values lost, values that were not there
	total, lost := 0, 0
	for _, file := range invoices(t) {
		data := sharedtest.Read(t, "corpus", file)
		r, err := n.read(file, data)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		again, err := n.write(r.Values)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if dir := os.Getenv("FISCUS_ROUNDTRIP"); dir != "" {
			_ = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(file, "/", "_")), again, 0o644)
		}
		before, after := values(t, data), values(t, again)
		for v, c := range before {
			total += c
			if d := c - after[v]; d > 0 {
				path, _, _ := strings.Cut(v, "=")
				x := found[path]
				found[path], lost = [2]int{x[0] + d, x[1]}, lost+d
			}
		}
		for v, c := range after {
			if d := c - before[v]; d > 0 {
				path, _, _ := strings.Cut(v, "=")
				x := found[path]
				found[path] = [2]int{x[0], x[1] + d}
			}
		}
	}
	if total < 7000 {
		t.Fatalf("only %d values", total)
	}
	share := float64(lost) * 100 / float64(total)
	t.Logf("%d values, %d not carried: %.2f %%", total, lost, share)
	if share > 2 {
		t.Errorf("%.2f %% of the values are not carried", share)
	}
	compareTable(t, "../testdata/conformance/ubl-roundtrip.csv", found)
}

// compareTable compares what differs with a table: path, values lost, values
// that were not there before, and why. It fails when more is lost than the table says, and when it
// says more than is lost: it may only shrink. FISCUS_UPDATE=1 writes the
// smaller numbers down; it never adds a line.
func compareTable(t *testing.T, table string, found map[string][2]int) {
	t.Helper()
	data, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var kept [][]string
	known := map[string]bool{}
	for _, r := range rows[1:] {
		if len(r[3]) < 10 || known[r[0]] {
			t.Errorf("%s: no reason is given, or it stands twice", r[0])
		}
		known[r[0]] = true
		x := found[r[0]]
		lost, added := atoi(t, r[1]), atoi(t, r[2])
		if x[0] > lost || x[1] > added {
			t.Errorf("%s: %d lost and %d added, the table allows %d and %d", r[0], x[0], x[1], lost, added)
		}
		if x != [2]int{lost, added} {
			if os.Getenv("FISCUS_UPDATE") == "" {
				t.Errorf("%s: only %d lost and %d added; shrink the table (FISCUS_UPDATE=1)", r[0], x[0], x[1])
			}
		}
		if x != [2]int{} {
			kept = append(kept, []string{r[0], strconv.Itoa(min(x[0], lost)), strconv.Itoa(min(x[1], added)), r[3]})
		}
	}
	for p, x := range found {
		if !known[p] {
			t.Errorf("%s: %d lost and %d added, and the table does not know it", p, x[0], x[1])
		}
	}
	if os.Getenv("FISCUS_UPDATE") != "" {
		var out strings.Builder
		w := csv.NewWriter(&out)
		if err := w.WriteAll(append(rows[:1], kept...)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(table, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
