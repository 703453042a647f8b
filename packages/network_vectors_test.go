package packages

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

const networkInvoice = "eu/peppol"

// document reads a canonical document.
func (n *network) document(t testing.TB, data []byte) map[string]any {
	t.Helper()
	d, list := n.reader.Read("document", data, nil)
	if d == nil {
		t.Fatal(list)
	}
	return d.Value
}

// invoiceOf makes the business document of a calculation vector: totals and
// rows of the tax are left out.
func (v *calculation) invoice(t testing.TB, n *network) map[string]any {
	t.Helper()
	m := map[string]any{"type": "invoice", "number": "1", "issued": "2026-11-01", "currency": "EUR", "buyerReference": "x"}
	var lines, allowances, charges []any
	for i, l := range v.Lines {
		line := map[string]any{"id": fmt.Sprint(i + 1), "quantity": l.Qty, "unit": "C62", "price": l.Price, "netAmount": l.Net,
			"tax": map[string]any{"category": l.VAT, "rate": l.Rate}, "item": map[string]any{"name": "x"}}
		if l.Base != "1" {
			line["priceDetails"] = map[string]any{"quantity": l.Base}
		}
		for _, a := range l.Adjust {
			if amount, less := strings.CutPrefix(a, "-"); less {
				line["allowances"] = []any{map[string]any{"amount": amount, "reason": "x"}}
			} else {
				line["charges"] = []any{map[string]any{"amount": a, "reason": "x"}}
			}
		}
		lines = append(lines, line)
	}
	adjust := func(list [][3]string) (out []any) {
		for _, a := range list {
			out = append(out, map[string]any{"amount": a[0], "reason": "x", "tax": map[string]any{"category": a[1], "rate": a[2]}})
		}
		return out
	}
	m["lines"], allowances, charges = lines, adjust(v.Allowances), adjust(v.Charges)
	if allowances != nil {
		m["allowances"] = allowances
	}
	if charges != nil {
		m["charges"] = charges
	}
	m["totals"] = map[string]any{"paid": v.Paid, "rounding": v.Rounding}
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return n.document(t, data)
}

type calculation struct {
	Name  string
	Lines []struct {
		Qty, Price string
		Base       string `json:"base_qty"`
		VAT        string `json:"vat"`
		Rate, Net  string
		Adjust     []string `json:"line_allowance_charge_signed"`
	}
	Allowances [][3]string                                     `json:"document_allowances"`
	Charges    [][3]string                                     `json:"document_charges"`
	Sum        string                                          `json:"BT-106"`
	Less       string                                          `json:"BT-107"`
	More       string                                          `json:"BT-108"`
	Net        string                                          `json:"BT-109"`
	Rows       []struct{ Category, Rate, Taxable, Tax string } `json:"BG-23"`
	Tax        string                                          `json:"BT-110"`
	Gross      string                                          `json:"BT-112"`
	Paid       string                                          `json:"BT-113"`
	Rounding   string                                          `json:"BT-114"`
	Due        string                                          `json:"BT-115"`
}

// Totals and the breakdown of the tax that a document leaves out are worked
// out as the vectors say; a document that states them passes the rules.
func TestCalculationVectors(t *testing.T) {
	t.Parallel()
	n := networkOf(t, networkInvoice)
	v := vector[struct{ Invoices []calculation }](t, "en16931-calculation.json")
	if len(v.Invoices) < 7 {
		t.Fatalf("only %d vectors", len(v.Invoices))
	}
	for _, c := range v.Invoices {
		doc := c.invoice(t, n)
		out, err := n.write(doc)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		tree := parsed(t, out)
		total := "/Invoice/LegalMonetaryTotal/"
		for path, want := range map[string]string{total + "LineExtensionAmount": c.Sum, total + "AllowanceTotalAmount": c.Less, total + "ChargeTotalAmount": c.More,
			total + "TaxExclusiveAmount": c.Net, "/Invoice/TaxTotal/TaxAmount": c.Tax, total + "TaxInclusiveAmount": c.Gross, total + "PrepaidAmount": c.Paid,
			total + "PayableRoundingAmount": c.Rounding, total + "PayableAmount": c.Due} {
			if got := or(texts(t, tree, path), "0").(string); !same(got, want) {
				t.Errorf("%s: %s is %s, want %s", c.Name, path, got, want)
			}
		}
		rows := follow(t, tree, "/Invoice/TaxTotal/TaxSubtotal")
		if len(rows) != len(c.Rows) {
			t.Errorf("%s: %d rows, want %d", c.Name, len(rows), len(c.Rows))
		}
		for _, want := range c.Rows {
			found := false
			for _, r := range rows {
				found = found || texts(t, r, "TaxCategory/ID") == want.Category && same(texts(t, r, "TaxCategory/Percent").(string), want.Rate) &&
					same(texts(t, r, "TaxableAmount").(string), want.Taxable) && same(texts(t, r, "TaxAmount").(string), want.Tax)
			}
			if !found {
				t.Errorf("%s: no row %v in %s", c.Name, want, out)
			}
		}
		if broken := n.broken(t, doc, "BR-CO", "PEPPOL-EN16931-R120", "BR-RATE"); len(broken) > 0 {
			t.Errorf("%s: %v", c.Name, broken)
		}
	}
}

// broken returns the rules of those families that a document breaks.
func (n *network) broken(t testing.TB, doc map[string]any, families ...string) (ids []string) {
	t.Helper()
	s := n.scope(doc)
	s.Set("param", map[string]any{"participant": "0192:991820000"})
	list, err := engine.CheckRules(n.pkg.Rules["rules/billing.yaml"], s)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		for _, f := range families {
			if strings.HasPrefix(p.Rule, f) {
				ids = append(ids, p.Rule)
			}
		}
	}
	return ids
}

func parsed(t testing.TB, data []byte) formula.Node {
	t.Helper()
	n, err := formula.ParseTree(data, "xml")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func follow(t testing.TB, n formula.Node, path string) []formula.Node {
	t.Helper()
	found, err := n.Find(path)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// texts is the first text at a path, nil if there is none.
func texts(t testing.TB, n formula.Node, path string) any {
	for _, m := range follow(t, n, path) {
		return m.Text()
	}
	return nil
}

func same(a, b string) bool {
	x, err1 := decimal.Parse(a)
	y, err2 := decimal.Parse(b)
	return err1 == nil && err2 == nil && x.Cmp(y) == 0
}

// What the sender states wrongly is refused by the rules: no slack but on the
// net amount of a line.
func TestToleranceVectors(t *testing.T) {
	t.Parallel()
	n := networkOf(t, networkInvoice)
	v := vector[struct {
		Cases []struct {
			Rule, Qty, Price, Base, Net, Percent, Amount string
			Accepted                                     bool
		} `json:"tolerance_cases"`
	}](t, "en16931-calculation.json")
	asked := 0
	for _, c := range v.Cases {
		var rule, text string
		switch c.Rule {
		case "PEPPOL R120":
			rule = "PEPPOL-EN16931-R120"
			text = fmt.Sprintf(`"lines": [{"id": "1", "quantity": %q, "unit": "C62", "price": %q, "netAmount": %q, "tax": {"category": "S", "rate": 25}, "item": {"name": "x"}}]`, c.Qty, c.Price, c.Net)
		case "PEPPOL R040":
			rule = "PEPPOL-EN16931-R040"
			text = fmt.Sprintf(`"allowances": [{"base": %q, "percent": %q, "amount": %q, "reason": "x", "tax": {"category": "S", "rate": 25}}],
				"lines": [{"id": "1", "quantity": 1, "unit": "C62", "price": 500, "netAmount": 500, "tax": {"category": "S", "rate": 25}, "item": {"name": "x"}}]`, c.Base, c.Percent, c.Amount)
		default:
			continue // the official rule sets have the slack; the sender's own document has none
		}
		asked++
		doc := n.document(t, []byte(`{"type": "invoice", "number": "1", "issued": "2026-11-01", "currency": "EUR", "buyerReference": "x", `+text+`}`))
		if broken := n.broken(t, doc, rule); (len(broken) == 0) != c.Accepted {
			t.Errorf("%+v: broken %v", c, broken)
		}
	}
	if asked != 4 {
		t.Errorf("%d of 4 cases", asked)
	}
}

// The name a participant is listed under, and the path of its services.
func TestAddressingVectors(t *testing.T) {
	t.Parallel()
	n := networkOf(t, networkInvoice)
	v := vector[struct {
		Vectors []struct {
			Participant string
			Production  string `json:"naptr_prod"`
			Test        string `json:"naptr_test"`
		}
		URLs struct {
			Base     string
			Metadata string `json:"service_metadata"`
		} `json:"smp_urls"`
	}](t, "peppol-addressing.json")
	if len(v.Vectors) < 10 {
		t.Fatalf("only %d vectors", len(v.Vectors))
	}
	out := func(env engine.Environment, participant, name string) string {
		t.Helper()
		s := n.cat.Outside(n.pkg, engine.Outside{Environment: env}).Child()
		kind := "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2::Invoice##urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0::2.1"
		s.Set("input", map[string]any{"participant": participant, "kind": kind})
		flow := n.pkg.Flow("address")
		for _, l := range flow.Let {
			s.SetLazy(l.Name, func(s *formula.Scope) (any, error) { return l.Value.Eval(s) })
		}
		for _, l := range flow.Outputs {
			if l.Name == name {
				got, err := l.Value.Eval(s)
				if err != nil {
					t.Fatal(err)
				}
				return got.(string)
			}
		}
		t.Fatalf("the flow gives no %q", name)
		return ""
	}
	for _, c := range v.Vectors {
		value := strings.TrimPrefix(c.Participant, "iso6523-actorid-upis::")
		if got := out(engine.Production, value, "name"); got != c.Production {
			t.Errorf("%s: %s, want %s", value, got, c.Production)
		}
		if got := out(engine.Test, value, "name"); got != c.Test {
			t.Errorf("%s: %s, want %s", value, got, c.Test)
		}
	}
	if got := v.URLs.Base + out(engine.Test, "0192:991825827", "path"); got != v.URLs.Metadata {
		t.Errorf("path: %s\nwant %s", got, v.URLs.Metadata)
	}
}

// The check digits of electronic addresses.
func TestIdentifierVectors(t *testing.T) {
	t.Parallel()
	n := networkOf(t, networkInvoice)
	v := vector[struct {
		Vectors []struct{ Scheme, Valid, Invalid string }
	}](t, "identifier-checks.json")
	asked := 0
	for _, c := range v.Vectors {
		scheme, _, _ := strings.Cut(c.Scheme, " ")
		if scheme == "0210" || scheme == "0211" || scheme == "PL" {
			continue // not among the schemes of the network, or judged by its own package
		}
		asked++
		for value, ok := range map[string]bool{c.Valid: true, c.Invalid: false} {
			doc := n.document(t, []byte(fmt.Sprintf(`{"type": "invoice", "number": "1", "issued": "2026-11-01", "currency": "EUR", "buyer": {"endpoint": {"scheme": %q, "value": %q}},
				"lines": [{"id": "1", "netAmount": 1, "item": {"name": "x"}}]}`, scheme, value)))
			if broken := n.broken(t, doc, "CHECK"); (len(broken) == 0) != ok {
				t.Errorf("%s %s: broken %v", scheme, value, broken)
			}
		}
	}
	if asked != 7 {
		t.Errorf("%d of 7 schemes", asked)
	}
}

// What is written from every document of the package, and what is written
// again from the corpora, holds for libxml2 and the official schema.
func TestWrittenInvoicesFitTheSchema(t *testing.T) {
	t.Parallel()
	xmllint := sharedtest.Oracle(t, "xmllint")
	n := networkOf(t, networkInvoice)
	dir := t.TempDir()
	all := map[string][]string{}
	put := func(name string, doc map[string]any) {
		out, err := n.write(doc)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		file := filepath.Join(dir, strings.ReplaceAll(name, "/", "_")+".xml")
		if err := os.WriteFile(file, out, 0o600); err != nil {
			t.Fatal(err)
		}
		root := "Invoice"
		if doc["type"] == "creditNote" {
			root = "CreditNote"
		}
		all[root] = append(all[root], file)
	}
	files, _ := filepath.Glob("eu/peppol/tests/documents/*.json")
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if doc := n.document(t, data); doc["type"] != "response" && filepath.Base(f) != "bad.json" {
			n.entity = "nordkant"
			put(filepath.Base(f), doc)
		}
	}
	n.entity = "nobody"
	for _, f := range invoices(t) {
		r, err := n.read(f, sharedtest.Read(t, "corpus", f))
		if err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		put(f, r.Values)
	}
	if len(all["Invoice"]) < 75 || len(all["CreditNote"]) < 5 {
		t.Fatalf("only %d and %d files", len(all["Invoice"]), len(all["CreditNote"]))
	}
	fitSchema(t, xmllint, all)
}

// fitSchema asks libxml2 for findings of the official schema, by root element.
func fitSchema(t *testing.T, xmllint string, all map[string][]string) {
	t.Helper()
	for root, files := range all {
		schema := sharedtest.Path(t, "artifacts", "ubl-2.1", "maindoc", "UBL-"+root+"-2.1.xsd")
		out, err := exec.Command(xmllint, append([]string{"--nonet", "--noout", "--schema", schema}, files...)...).CombinedOutput()
		if err != nil {
			for line := range strings.Lines(string(out)) {
				if !strings.HasSuffix(strings.TrimSpace(line), "validates") {
					t.Error(strings.TrimSpace(line))
				}
			}
		}
	}
}

// A term of the semantic model that the mapping does not write would be lost:
// every path of the list of terms is written by one of two documents that hold
// everything.
func TestEveryTermIsWritten(t *testing.T) {
	t.Parallel()
	n := networkOf(t, networkInvoice)
	written := map[string]bool{}
	for _, f := range []string{"full", "plain", "card", "reverse"} {
		data, err := os.ReadFile("eu/peppol/tests/documents/" + f + ".json")
		if err != nil {
			t.Fatal(err)
		}
		out, err := n.write(n.document(t, data))
		if err != nil {
			t.Fatal(err)
		}
		d, err := xmltree.Parse(out, xmltree.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for at := d.Root(); int(at) < d.Len(); at++ {
			if k := d.Kind(at); k == xmltree.ElementNode || k == xmltree.AttributeNode {
				written[plainPath(d, at)] = true
			}
		}
	}
	terms := 0
	for i, line := range strings.Split(strings.TrimSpace(string(sharedtest.Read(t, "specs", "en16931-terms.tsv"))), "\n") {
		cells := strings.Split(line, "\t")
		if i == 0 || len(cells) < 6 {
			continue
		}
		terms++
		if path := termPath(cells[5]); !written[path] {
			t.Errorf("%s %s: nothing is written at %s", cells[0], cells[2], path)
		}
	}
	if terms < 200 {
		t.Errorf("only %d terms", terms)
	}
}

// termPath makes a plain path of that of the list: no prefixes, predicates and
// remarks.
func termPath(text string) string {
	text, _, _ = strings.Cut(text, " or ")
	text, _, _ = strings.Cut(text, " (")
	var out strings.Builder
	depth := 0
	for _, r := range text {
		switch {
		case r == '[':
			depth++
		case r == ']':
			depth--
		case depth == 0:
			out.WriteRune(r)
		}
	}
	return strings.NewReplacer("cac:", "", "cbc:", "").Replace(out.String())
}

// BenchmarkTableUBLWrite is a business document to a UBL invoice, totals and
// breakdown worked out on the way.
func BenchmarkTableUBLWrite(b *testing.B) {
	n := networkOf(b, networkInvoice)
	data, err := os.ReadFile("eu/peppol/tests/documents/full.json")
	if err != nil {
		b.Fatal(err)
	}
	for _, lines := range []int{5, 1000} {
		doc := repeated(n.document(b, data), lines)
		b.Run(itoa(lines), func(b *testing.B) {
			s, m := n.scope(doc), n.mapping(doc)
			in := map[string]any{"customization": "c", "profile": "p", "joinNotes": true, "beyond": false}
			out, err := m.Write(s, nodes.Options{Input: in})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(out.Bytes)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Write(s, nodes.Options{Input: in}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// repeated gives a document so many lines, its own again and again.
func repeated(doc map[string]any, lines int) map[string]any {
	of, all := doc["lines"].([]any), make([]any, lines)
	for i := range all {
		line := map[string]any{}
		for k, v := range of[i%len(of)].(map[string]any) {
			line[k] = v
		}
		line["id"] = itoa(i + 1)
		all[i] = line
	}
	doc["lines"] = all
	return doc
}

func itoa(n int) string { return strconv.Itoa(n) }
