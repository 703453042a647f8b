package cases

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/packages"
	"github.com/rogpeppe/go-internal/txtar"
)

// shells is the made-up package of the test runner, with more rules.
func shells(t testing.TB) fstest.MapFS {
	t.Helper()
	data, err := os.ReadFile("../cover/testdata/shells.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, f := range txtar.Parse(data).Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	files["rules/shell.yaml"] = &fstest.MapFile{Data: []byte(string(files["rules/shell.yaml"].Data) + `  - {id: XA-2, each: line in document.lines, assert: line.netAmount >= 0, says: negative, source: x}
  - {id: XA-3, when: document.buyer.kind == "foreign", assert: document.buyer.taxId != nil, says: no tax id, source: x}
  - {id: XA-4, assert: document.issued <= instant("2030-01-01T00:00:00Z"), fatal: false, says: too late, source: x}
  - {id: XA-5, assert: entity.name == "Pearl Divers", says: only one diver, source: x}
`)}
	return files
}

func loaded(t testing.TB, files fstest.MapFS) *load.Bundle {
	t.Helper()
	b, problems := load.LoadAll(files, actions.Registry(), nil)
	if b == nil {
		t.Fatal(problems)
	}
	return b
}

func TestFind(t *testing.T) {
	t.Parallel()
	files := shells(t)
	r, err := Find(t.Context(), loaded(t, files), Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range r.Cases {
		got[c.name()] = c.Beside + " " + strings.Join(c.Findings, " ")
	}
	for _, rule := range []string{"XA-1", "XA-2", "XA-3", "XA-4"} {
		if fails := got["case: "+rule+" fails"]; !strings.HasSuffix(fails, " "+rule) {
			t.Errorf("%s fails: %q", rule, fails)
		}
		if _, ok := got["case: "+rule+" just holds"]; !ok {
			t.Errorf("%s never holds: %v", rule, got)
		}
	}
	if len(r.Failed) != 1 || r.Failed[0].Rule != "XA-5" || !strings.Contains(r.Failed[0].Why, "for which it fails") {
		t.Errorf("no document makes XA-5 fail: %v", r.Failed)
	}
}

// The cases are tests of the package that pass, and without the rule fail.
func TestCasesAreTests(t *testing.T) {
	t.Parallel()
	files := shells(t)
	r, err := Find(t.Context(), loaded(t, files), Options{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.Files(t.Context(), files, actions.Registry(), nil, cover.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range out {
		files[name] = &fstest.MapFile{Data: data}
	}
	if files[TestFile] == nil || files[Folder+"/xa-3-fails.json"] == nil {
		t.Fatalf("files %v, %v", out, r.Failed)
	}
	if err := cover.Run(t.Context(), loaded(t, files), cover.Options{}).Err(); err != nil {
		t.Error(err)
	}
	files["rules/shell.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(string(files["rules/shell.yaml"].Data), "line.netAmount >= 0", "line.netAmount >= -1000000", 1))}
	if err := cover.Run(t.Context(), loaded(t, files), cover.Options{}).Err(); err == nil || !strings.Contains(err.Error(), "want [XA-1 /lines, XA-2 /lines/0/netAmount]") {
		t.Errorf("the rule was weakened, and nobody noticed: %v", err)
	}
}

// Most rules of the shipped packages get a document that fails and one that
// holds; the others are told.
func TestShippedRulesHaveCases(t *testing.T) {
	t.Parallel()
	for _, id := range packages.List() {
		files, err := packages.Package(id)
		if err != nil {
			t.Fatal(err)
		}
		b, problems := load.LoadAll(files, actions.Registry(), nil)
		if b == nil {
			t.Fatal(problems)
		}
		rules := 0
		for _, rs := range b.Package.Rules {
			rules += len(rs.Checks)
		}
		if rules == 0 {
			continue
		}
		r, err := Find(t.Context(), b, Options{Tries: 500})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d cases for %d rules; without: %v", id, len(r.Cases), rules, r.Failed)
		if 2*len(r.Failed) > rules {
			t.Errorf("%s: %d of %d rules have no case", id, len(r.Failed), rules)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	files, err := packages.Package("br/nfe")
	if err != nil {
		t.Fatal(err)
	}
	b, problems := load.LoadAll(files, actions.Registry(), nil)
	if b == nil {
		t.Fatal(problems)
	}
	data, err := files.(interface {
		ReadFile(string) ([]byte, error)
	}).ReadFile("tests/documents/plain.json")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Mask(b, b.Tests[0], data, []string{"note"})
	if err != nil {
		t.Fatal(err)
	}
	var was, is struct {
		Note  string
		Buyer struct{ Name, TaxID string }
		Lines []struct {
			NetAmount string
			Item      struct{ Name string }
		}
	}
	if err := json.Unmarshal(data, &was); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(m.Document, &is); err != nil {
		t.Fatal(err)
	}
	if is.Buyer.Name == was.Buyer.Name || len(is.Buyer.Name) != len(was.Buyer.Name) || is.Buyer.TaxID == was.Buyer.TaxID || is.Lines[0].Item.Name == was.Lines[0].Item.Name {
		t.Errorf("not masked: %+v", is)
	}
	if is.Note != was.Note || is.Lines[0].NetAmount != was.Lines[0].NetAmount {
		t.Errorf("masked although it stays: %+v", is)
	}
	if !slices.Contains(m.Changed, "buyer.taxId") || slices.Contains(m.Kept, "buyer.name") {
		t.Errorf("changed %v, kept %v", m.Changed, m.Kept)
	}
	again, err := Mask(b, b.Tests[0], data, []string{"note"})
	if err != nil || string(again.Document) != string(m.Document) {
		t.Errorf("another copy the second time: %v", err)
	}
}

func FuzzTree(f *testing.F) {
	f.Add(`{"a": [1, "x", null, {"b": true}], "c": {}}`)
	f.Fuzz(func(t *testing.T, src string) {
		n, err := parse([]byte(src))
		if err != nil {
			return
		}
		again, err := parse(n.write())
		if err != nil || string(again.write()) != string(n.write()) {
			t.Errorf("%q: %v", src, err)
		}
	})
}
