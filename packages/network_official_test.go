package packages

import (
	"os"
	"slices"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

// The package's own tests pass with the official schemas and rule sets
// installed: nothing that is sent breaks one of them.
func TestNetworkPassesWithOfficialFiles(t *testing.T) {
	t.Parallel()
	files, err := Package(networkInvoice)
	if err != nil {
		t.Fatal(err)
	}
	b, problems := load.LoadAll(files, registry(), nil)
	if b == nil {
		t.Fatal(problems)
	}
	r := cover.Run(t.Context(), b, cover.Options{Artifacts: judge(t)})
	if err := r.Err(); err != nil {
		t.Error(err)
	}
}

// worse are documents of the corpora that, read and written again, break rules
// the document itself does not: by file, which and why.
var worse = map[string]string{}

// What the official rules say of a document they say of it when it was read
// and written again.
func TestWrittenAgainHasTheSameVerdict(t *testing.T) {
	t.Parallel()
	n, a := networkOf(t, networkInvoice), judge(t)
	known := verdicts(t, "en16931-ubl")
	asked := 0
	for _, file := range invoices(t) {
		want, judged := known[file]
		if !judged {
			continue
		}
		asked++
		r, err := n.read(file, sharedtest.Read(t, "corpus", file))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		out, err := n.writeWith(r.Values, false)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		got := fatal(t, a, n.pkg, "core-rules", out)
		more := slices.DeleteFunc(slices.Clone(got), func(id string) bool { return slices.Contains(want, id) })
		if why := worse[file]; len(more) > 0 && why == "" {
			t.Errorf("%s: breaks %v", file, more)
		} else if len(more) == 0 && why != "" {
			t.Errorf("%s no longer breaks more (%s)", file, why)
		}
	}
	if asked < 60 {
		t.Errorf("only %d documents", asked)
	}
}

// BenchmarkTableUBLChecked is a business document to a UBL invoice that was
// judged by the schema and the rules of core and network.
func BenchmarkTableUBLChecked(b *testing.B) {
	n := networkOf(b, networkInvoice)
	a := judge(b)
	data, err := os.ReadFile("eu/peppol/tests/documents/plain.json")
	if err != nil {
		b.Fatal(err)
	}
	var layers []engine.Validator
	for _, id := range []string{"ubl-invoice-xsd", "core-rules", "billing-rules"} {
		i := slices.IndexFunc(n.pkg.Artifacts, func(x engine.Artifact) bool { return x.ID == id })
		v, err := a.Validator(&n.pkg.Artifacts[i])
		if err != nil {
			b.Fatal(err)
		}
		layers = append(layers, v)
	}
	n.entity = "nordkant"
	for _, lines := range []int{5, 1000} {
		doc := repeated(n.document(b, data), lines)
		b.Run(itoa(lines), func(b *testing.B) {
			s, m := n.scope(doc), n.mapping(doc)
			s.Set("param", map[string]any{"participant": "0192:991820000"})
			in := map[string]any{"customization": "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0", "profile": "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0", "joinNotes": true, "beyond": false}
			b.ReportAllocs()
			for b.Loop() {
				out, err := m.Write(s, nodes.Options{Input: in})
				if err != nil {
					b.Fatal(err)
				}
				for _, v := range layers {
					list, err := v.Validate(b.Context(), out.Bytes)
					if err != nil {
						b.Fatal(err)
					}
					for _, p := range list {
						if p.Grave() {
							b.Fatal(p)
						}
					}
				}
			}
		})
	}
}
