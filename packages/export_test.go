package packages

import (
	"encoding/csv"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/artifacts"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/profile"
	"github.com/fiscus-project/fiscus/internal/schematron/layer"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/service/host"
)

// pairs lists the exports that somebody else made a UBL document of: from the
// JSON to the XML, as paths below the corpus.
func pairs(t *testing.T) map[string]string {
	t.Helper()
	corpus := sharedtest.Path(t, "corpus")
	out := map[string]string{}
	err := filepath.WalkDir(filepath.Join(corpus, "gobl-ubl"), func(path string, d os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".json") || strings.Contains(path, "/zatca/") {
			return err // that syntax is of another family
		}
		xml := filepath.Join(filepath.Dir(path), "out", strings.TrimSuffix(filepath.Base(path), ".json")+".xml")
		if _, err := os.Stat(xml); err == nil {
			out[strings.TrimPrefix(path, corpus+"/")] = strings.TrimPrefix(xml, corpus+"/")
		}
		return nil
	})
	if err != nil || len(out) < 20 {
		t.Fatalf("%d pairs, %v", len(out), err)
	}
	return out
}

// refused are exports no reading takes, with the reason.
var refused = map[string]string{
	"invoice-prices-include-vat.json": "prices hold the tax; a reading that takes it out would have to round, and the export says not how",
}

// exported reads an export and writes it again as UBL, with the process and
// specification of the other half of its pair.
func exported(t *testing.T, in, ubl *network, from, to string) []byte {
	t.Helper()
	r, err := in.read(from, sharedtest.Read(t, "corpus", from))
	if reason := refused[filepath.Base(from)]; reason != "" {
		if err == nil {
			t.Errorf("%s is read now; take it off the list (%s)", from, reason)
		}
		return nil
	}
	if err != nil {
		t.Errorf("%s: %v", from, err)
		return nil
	}
	tree := parsed(t, sharedtest.Read(t, "corpus", to))
	r.Values["process"] = map[string]any{"specification": texts(t, tree, "//CustomizationID"), "type": or(texts(t, tree, "//ProfileID"), "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0")}
	out, err := ubl.writeWith(r.Values, false)
	if err != nil {
		t.Errorf("%s: %v", from, err)
	}
	return out
}

// An export becomes the UBL document that somebody else made of it. What
// differs stands in a table that may only shrink.
func TestExportsBecomeTheSameInvoices(t *testing.T) {
	t.Parallel()
	in, ubl := networkOf(t, "erp/gobl"), networkOf(t, networkInvoice)
	found := map[string][2]int{}
	total := 0
	for from, to := range pairs(t) {
		out := exported(t, in, ubl, from, to)
		if out == nil {
			continue
		}
		total++
		want, got := values(t, sharedtest.Read(t, "corpus", to)), values(t, out)
		count(found, want, got)
	}
	if total < 20 {
		t.Fatalf("only %d exports", total)
	}
	compareTable(t, "../testdata/conformance/gobl-ubl.csv", found)
}

// For libxml2 too, what is written from an export follows the official schema.
func TestExportsFitTheSchema(t *testing.T) {
	t.Parallel()
	xmllint := sharedtest.Oracle(t, "xmllint")
	in, ubl := networkOf(t, "erp/gobl"), networkOf(t, networkInvoice)
	dir, all, written := t.TempDir(), map[string][]string{}, 0
	for from, to := range pairs(t) {
		out := exported(t, in, ubl, from, to)
		if out == nil {
			continue
		}
		root := "Invoice"
		if strings.Contains(string(out), "<CreditNote") {
			root = "CreditNote"
		}
		file := filepath.Join(dir, itoa(written)+".xml")
		if err := os.WriteFile(file, out, 0o600); err != nil {
			t.Fatal(err)
		}
		all[root] = append(all[root], file)
		written++
	}
	if written < 20 {
		t.Fatalf("only %d exports", written)
	}
	fitSchema(t, xmllint, all)
}

// count adds what of want is not in got, and the other way round, by path.
func count(found map[string][2]int, want, got map[string]int) {
	for v, c := range want {
		path, _, _ := strings.Cut(v, "=")
		if d := c - got[v]; d > 0 {
			found[path] = [2]int{found[path][0] + d, found[path][1]}
		}
	}
	for v, c := range got {
		path, _, _ := strings.Cut(v, "=")
		if d := c - want[v]; d > 0 {
			found[path] = [2]int{found[path][0], found[path][1] + d}
		}
	}
}

// judge makes validators of the installed official files.
func judge(t testing.TB) *host.Artifacts {
	t.Helper()
	store, err := artifacts.Open(sharedtest.Path(t, "artifacts"))
	if err != nil {
		t.Fatal(err)
	}
	lib, err := store.Library(artifacts.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	e, list := profile.New(profile.Options{Library: lib, Makers: map[string]profile.Maker{"schematron": layer.Maker(layer.Texts{})}})
	if list.Grave() {
		t.Fatal(list)
	}
	return &host.Artifacts{Library: lib, Judge: e}
}

// fatal returns the rules that a document breaks gravely.
func fatal(t *testing.T, a *host.Artifacts, pkg *engine.Package, artifact string, data []byte) []string {
	t.Helper()
	i := slices.IndexFunc(pkg.Artifacts, func(x engine.Artifact) bool { return x.ID == artifact })
	v, err := a.Validator(&pkg.Artifacts[i])
	if err != nil {
		t.Fatal(err)
	}
	list, err := v.Validate(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, p := range list {
		if diag.Problem(p).Grave() {
			ids[p.Rule] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

// verdicts returns what an independent engine said of the documents of a
// corpus: the rules broken fatally, by document.
func verdicts(t *testing.T, ruleset string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, file := range []string{"en16931.tsv", "peppol-bis3.tsv"} {
		r := csv.NewReader(strings.NewReader(string(sharedtest.Read(t, "corpus", "verdicts", file))))
		r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows[1:] {
			if row[1] != ruleset {
				continue
			}
			out[row[0]] = []string{}
			for _, f := range strings.Split(row[4], ";") {
				if id, severity, _ := strings.Cut(f, ":"); strings.HasPrefix(severity, "fatal") {
					out[row[0]] = append(out[row[0]], id)
				}
			}
			slices.Sort(out[row[0]])
		}
	}
	return out
}

// different are exports whose UBL document of ours has another verdict than
// that of the pair: by file, the rules that one of both breaks, and why.
var different = map[string]string{}

// The official rules say of an invoice written from an export what they say
// of the other half of its pair.
func TestExportsHaveTheVerdictOfTheirPair(t *testing.T) {
	t.Parallel()
	in, ubl, a := networkOf(t, "erp/gobl"), networkOf(t, networkInvoice), judge(t)
	known := verdicts(t, "en16931-ubl")
	asked := 0
	for from, to := range pairs(t) {
		want, judged := known[to]
		out := exported(t, in, ubl, from, to)
		if !judged || out == nil {
			continue
		}
		asked++
		schema := "ubl-invoice-xsd"
		if strings.Contains(string(out), "<CreditNote") {
			schema = "ubl-credit-note-xsd"
		}
		if broken := fatal(t, a, ubl.pkg, schema, out); len(broken) > 0 {
			t.Errorf("%s: schema: %v", from, broken)
		}
		got := fatal(t, a, ubl.pkg, "core-rules", out)
		if why := different[filepath.Base(from)]; !slices.Equal(got, want) && why == "" {
			t.Errorf("%s breaks %v, the other half of its pair %v", from, got, want)
		} else if slices.Equal(got, want) && why != "" {
			t.Errorf("%s no longer differs (%s)", from, why)
		}
	}
	if asked < 18 {
		t.Errorf("only %d exports judged", asked)
	}
}

// Every invoice among the exports of all countries is read, or refused for a
// reason that is known.
func TestExportsOfAllCountriesAreRead(t *testing.T) {
	t.Parallel()
	in := networkOf(t, "erp/gobl")
	root := sharedtest.Path(t, "corpus", "gobl-json")
	read, invoices := 0, 0
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".json") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(data), "draft-0/bill/invoice\"") {
			return err
		}
		invoices++
		r, err := in.read(filepath.Base(path), data)
		why := unread[filepath.Base(path)]
		switch {
		case err == nil && why == "":
			read++
			if _, ok := r.Values["lines"].([]any); !ok {
				t.Errorf("%s: no lines", path)
			}
		case err == nil:
			t.Errorf("%s is read now; take it off the list", path)
		case why == "" || !strings.Contains(err.Error(), why):
			t.Errorf("%s: %v", path, err)
		}
		return nil
	})
	if err != nil || read < 40 {
		t.Errorf("%d of %d read, %v", read, invoices, err)
	}
	t.Logf("%d of %d read", read, invoices)
}

// unread are invoices no reading takes, with what is said of them.
var unread = map[string]string{ // no lines at all, or prices that hold the tax
	"invoice-es-es-only-charges.json": "READ-MATCH", "invoice-es-es-vateqs-retailer.json": "READ-MATCH",
	"b2c-corrective.json": "READ-MATCH", "b2c.json": "READ-MATCH", "hotel-b2c.json": "READ-MATCH",
}
