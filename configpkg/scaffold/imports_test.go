package scaffold

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/lint"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/loadtest"
)

type one struct{ files fs.FS }

func (o one) Import(string, string) (fs.FS, error) { return o.files, nil }

// library holds what the new package wrote itself: rules, a flow that writes,
// and a mapping with a fragment and a table.
func library(t *testing.T, own fstest.MapFS) fstest.MapFS {
	t.Helper()
	mapping := loadtest.Edit(t, own, "mappings/invoice.yaml", "Seller: =entity.name", "Seller: {$use: seller, with: {kind: '=table(\"kinds\", \"s\").word'}}")
	text, err := fs.ReadFile(mapping, "mappings/invoice.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{
		"package.yaml":          {Data: []byte("package: xa/parts\nversion: 1.0.0\nlibrary: true\ndocuments: [invoice/1]\n")},
		"rules/invoice.yaml":    own["rules/invoice.yaml"],
		"mappings/invoice.yaml": {Data: text},
		"mappings/parts.yaml":   {Data: []byte("fragments:\n  seller:\n    inputs: {kind: string}\n    nodes: {\"@kind\": =input.kind, $text: =entity.name}\n")},
		"tables/tables.yaml":    {Data: []byte("tables:\n  kinds: {file: kinds.csv, key: [code], columns: {word: string}}\n")},
		"tables/kinds.csv":      {Data: []byte("code,word\ns,seller\n")},
		"flows/write.yaml": {Data: []byte("flow: write\nkind: part\ninputs: {number: string}\nsteps:\n  - id: write\n    action: transform.write\n" +
			"    with: {mapping: mappings/invoice.yaml, input: {number: =input.number}}\noutputs: {bytes: =steps.write.out}\n")},
	}
}

// A package whose rules, mapping and writing flow stand in another one passes
// the same tests, and what it writes comes from there.
func TestAPackageRunsOnWhatItImports(t *testing.T) {
	t.Parallel()
	own := made(t, "xa/shell-post", "Shells")
	parts := library(t, own)
	files := loadtest.Edit(t, own, "package.yaml", "engine:", "imports: {parts: xa/parts@1}\nengine:")
	for _, c := range [][3]string{
		{"flows/issue.yaml", "rules/invoice.yaml", "parts:rules/invoice.yaml"},
		{"flows/issue.yaml", "action: transform.write\n    with: {mapping: mappings/invoice.yaml, input: {number: =number}}", "use: parts:write\n    with: {number: =number}"},
		{"flows/issue.yaml", "=steps.write.out,", "=steps.write.bytes,"},
		{"tests/first.yaml", `"//Seller": Acme Trading`, `"//Seller": Acme Trading, "//Seller/@kind": seller`},
		{"mappings/invoice.yaml", "", ""}, {"rules/invoice.yaml", "", ""},
	} {
		files = loadtest.Edit(t, files, c[0], c[1], c[2])
	}
	b, problems := load.LoadAll(files, actions.Registry(), one{parts})
	if b == nil || len(problems) > 0 {
		t.Fatal(problems)
	}
	if doubts := lint.Check(b); len(doubts) > 0 {
		t.Error(doubts)
	}
	r := cover.Run(t.Context(), b, cover.Options{})
	if err := r.Err(); err != nil || r.Passed != 2 {
		t.Errorf("%d passed: %v", r.Passed, err)
	}
	if r.Digest != b.Package.Digest {
		t.Error("the report names another digest")
	}
}
