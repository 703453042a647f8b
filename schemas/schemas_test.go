package schemas

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

var update = flag.Bool("update", false, "rewrite the generated pages under docs")

func TestDocumentSchemasCompile(t *testing.T) {
	t.Parallel()
	if got := strings.Join(Documents(), " "); got != "cancellation/1 correction/1 invoice/1 payment/1 response/1" {
		t.Fatalf("documents: %s", got)
	}
	for _, id := range Documents() {
		compile(t, id)
	}
}

func TestUnknownDocumentNamesTheKnown(t *testing.T) {
	t.Parallel()
	if _, err := Document("invoice/9"); err == nil || !strings.Contains(err.Error(), "invoice/1") {
		t.Fatalf("got %v", err)
	}
}

func TestEveryFieldIsDescribed(t *testing.T) {
	t.Parallel()
	for _, id := range Documents() {
		for _, f := range fields(t, id) {
			if !strings.HasSuffix(f.Doc, ".") {
				t.Errorf("%s %s: description %q", id, f.Path, f.Doc)
			}
		}
	}
}

// Terms of EN 16931-1 that have no field of their own, with the reason.
var noField = map[string]string{}

// Every business term and group has exactly one place in the invoice.
func TestInvoiceHasAPlaceForEachBusinessTerm(t *testing.T) {
	t.Parallel()
	places := map[string][]string{}
	for _, f := range fields(t, "invoice/1") {
		if f.Term != "" {
			places[f.Term] = append(places[f.Term], f.Path)
		}
	}
	known := map[string]bool{}
	for i, row := range strings.Split(strings.TrimSpace(string(sharedtest.Read(t, "specs", "en16931-terms.tsv"))), "\n") {
		term, _, _ := strings.Cut(row, "\t")
		if i == 0 {
			continue
		}
		known[term] = true
		if n := len(places[term]); n != 1 && noField[term] == "" {
			t.Errorf("%s has %d places: %v", term, n, places[term])
		}
	}
	if len(known) < 150 {
		t.Fatalf("only %d terms read", len(known))
	}
	for term, at := range places {
		if !known[term] {
			t.Errorf("%v: no term %s", at, term)
		}
	}
}

func TestSamplesFollowTheirSchema(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("testdata/*.json")
	if len(files) < 7 {
		t.Fatalf("only %d samples", len(files))
	}
	for _, file := range files {
		kind, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".json"), "-")
		if err := compile(t, kind+"/1").Validate(decode(t, file)); err != nil {
			t.Errorf("%s: %#v", file, err)
		}
	}
}

func TestInvoiceRefuses(t *testing.T) {
	t.Parallel()
	s := compile(t, "invoice/1")
	for name, change := range map[string]func(map[string]any){
		"unknown field":         func(d map[string]any) { d["totl"] = "1" },
		"no lines":              func(d map[string]any) { d["lines"] = []any{} },
		"no issue date":         func(d map[string]any) { delete(d, "issued") },
		"word as amount":        func(d map[string]any) { d["totals"].(map[string]any)["payable"] = "much" },
		"exponent in text":      func(d map[string]any) { d["totals"].(map[string]any)["payable"] = "1e3" },
		"other type":            func(d map[string]any) { d["type"] = "order" },
		"time without offset":   func(d map[string]any) { d["issued"] = "2026-11-23T10:00:00" },
		"extension by wrong id": func(d map[string]any) { d["extensions"] = map[string]any{"br/nfe": map[string]any{}} },
		"tax as a number":       func(d map[string]any) { d["lines"].([]any)[0].(map[string]any)["taxes"] = json.Number("1") },
	} {
		doc := decode(t, "testdata/invoice-plain.json").(map[string]any)
		change(doc)
		if s.Validate(doc) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// The pages under docs list every field; "go test ./schemas -update" writes them.
func TestFieldTables(t *testing.T) {
	t.Parallel()
	for _, id := range Documents() {
		file := filepath.Join("..", "docs", "document-"+strings.TrimSuffix(id, "/1")+".md")
		want := page(t, id)
		if *update {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the schema says: go test ./schemas -update", file)
		}
	}
}

func page(t *testing.T, id string) []byte {
	var s schema
	data, _ := Document(id)
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Document %s\n\n%s\n\n", id, s.Doc)
	b.WriteString("Generated from `schemas/document/" + id + ".json`. `[]` marks a list, `{}` a map, **bold** a field that must be there.\n" +
		"Amounts, prices, quantities, percentages and rates are exact: a JSON number or a text of digits, kept as written.\n\n")
	b.WriteString("| Field | Type | EN 16931 | Meaning |\n| --- | --- | --- | --- |\n")
	for _, f := range fields(t, id) {
		name := "`" + f.Path + "`"
		if f.Required {
			name = "**" + name + "**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, f.Type, f.Term, f.Doc)
	}
	return b.Bytes()
}

func fields(t *testing.T, id string) []Field {
	t.Helper()
	list, err := Fields(id)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func compile(t *testing.T, id string) *jsonschema.Schema {
	t.Helper()
	data, err := Document(id)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(id, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(id)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	return s
}

func decode(t *testing.T, file string) any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return v
}
