package load

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/configpkg/loadtest"
	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

func TestEntityTakesTheTypesOfItsPackages(t *testing.T) {
	t.Parallel()
	p, problems := Load(os.DirFS("testdata/base"), loadtest.Registry(), nil)
	if p == nil {
		t.Fatal(problems)
	}
	const text = "entity: shop\ncountry: ZZ\nname: Shop\nbranch: \"012\"\nparameters:\n  zz/notes: {certificate: =secret(\"a\"), series: 2}\n  other/one: {x: 1}\n" +
		"tables:\n  zz/notes: {endpoints: [{service: send, region: N, url: u, weight: \"1.50\"}]}\n"
	e, problems := LoadEntity("shop.yaml", []byte(text), p)
	if e == nil {
		t.Fatal(problems)
	}
	if e.Fields["id"] != "shop" || e.Fields["branch"] != "012" || e.Fields["parameters"] != nil {
		t.Errorf("fields %v", e.Fields)
	}
	v, err := e.Parameters["zz/notes"]["series"].Eval(formula.NewScope(nil))
	if d, ok := v.(decimal.Decimal); err != nil || !ok || d.String() != "2" {
		t.Errorf("series is %v (%T), %v", v, v, err)
	}
	row := e.Tables["zz/notes"]["endpoints"][0]
	if d, ok := row.Values["weight"].(decimal.Decimal); !ok || d.String() != "1.50" || strings.Join(row.Keys, " ") != "send N" {
		t.Errorf("row %v", row)
	}
}

// Own words are read by code and rule; a name the package does not have is
// warned of, and does not hinder anybody.
func TestEntityHasItsOwnWords(t *testing.T) {
	t.Parallel()
	p, problems := Load(os.DirFS("testdata/base"), loadtest.Registry(), nil)
	if p == nil {
		t.Fatal(problems)
	}
	known := p.Codes()
	if len(known) == 0 {
		t.Fatal("the package names no code")
	}
	text := "entity: shop\ncountry: ZZ\nname: Shop\nparameters:\n  zz/notes: {certificate: =secret(\"a\")}\n" +
		"texts:\n  zz/notes:\n    \"" + known[0] + "\": {says: not ours, hint: {en: ask Ana, es: pregunte a Ana}}\n    HTTP-503: {hint: wait}\n    NO-SUCH: {hint: x}\n"
	e, problems := LoadEntity("shop.yaml", []byte(text), p)
	if e == nil || places(problems) != "shop.yaml:10:5 CFG-ENTITY-WORDS" {
		t.Fatal(show(problems))
	}
	w := e.Texts["zz/notes"][known[0]]
	if len(w.Says) != 1 || len(w.Hint) != 2 || e.Fields["texts"] != nil {
		t.Errorf("words %+v, fields %v", w, e.Fields)
	}
	for text, want := range map[string]string{
		"texts: {zz/notes: {A: {hnit: x}}}":        "f.yaml:4:24 CFG-KEY-UNKNOWN",
		"texts: {zz/notes: [x]}":                   "f.yaml:4:19 CFG-VALUE-KIND",
		"texts: {zz/notes: {HTTP-1: {hint: =no}}}": "f.yaml:4:36 CFG-FORMULA-NAME",
	} {
		_, problems := LoadEntity("f.yaml", []byte("entity: a\ncountry: ZZ\nname: A\n"+text+"\n"))
		if got := places(problems); got != want {
			t.Errorf("%s: want %s, got %s", text, want, got)
		}
	}
}

func TestDataFilesAreRefused(t *testing.T) {
	t.Parallel()
	p, _ := Load(os.DirFS("testdata/base"), loadtest.Registry(), nil)
	for name, c := range map[string]struct{ text, want string }{
		"other kind":              {"flow: x\n", "f.yaml:1:1 CFG-FILE-KIND"},
		"empty":                   {"", "f.yaml:1:1 CFG-YAML-EMPTY"},
		"two in a file":           {"entity: a\ncountry: ZZ\nname: A\n---\nentity: b\ncountry: ZZ\nname: B\n", "f.yaml:5:1 CFG-NAME-TWICE"},
		"no name":                 {"entity: a\ncountry: ZZ\n", "f.yaml:1:1 CFG-KEY-MISSING"},
		"formula as field":        {"entity: a\ncountry: ZZ\nname: =secret(\"x\")\n", "f.yaml:3:7 CFG-VALUE-FORMULA"},
		"secret in the file":      {"entity: a\ncountry: ZZ\nname: A\nparameters:\n  zz/notes: {certificate: =secret(\"c\"), apiKey: abc}\n", "f.yaml:5:49 CFG-ENTITY"},
		"certificate in the file": {"entity: a\ncountry: ZZ\nname: A\nparameters:\n  zz/notes: {certificate: MIIEvQIBADANBg}\n", "f.yaml:5:27 CFG-ENTITY"},
		"parameter":               {"entity: a\ncountry: ZZ\nname: A\nparameters:\n  zz/notes: {certificate: =secret(\"c\"), mode: slwo}\n", "f.yaml:5:47 CFG-PARAMETER"},
	} {
		e, problems := LoadEntity("f.yaml", []byte(c.text), p)
		if got := places(problems); e != nil && problems.Grave() || got != c.want {
			t.Errorf("%s: want %s, got\n%s", name, c.want, show(problems))
		}
	}
	for name, c := range map[string]struct{ text, want string }{
		"version":     {"deployment: d\nenvironment: test\nuse: [{package: zz/notes@one, entities: [a]}]\n", "f.yaml:3:17 CFG-ENTITY"},
		"date":        {"deployment: d\nenvironment: test\nuse: [{package: zz/notes, entities: [a], from: 2026-13-01}]\n", "f.yaml:3:48 CFG-ENTITY"},
		"environment": {"deployment: d\nenvironment: prod\nuse: [{package: zz/notes, entities: [a]}]\n", "f.yaml:2:14 CFG-VALUE-WORD"},
		"entities":    {"deployment: d\nenvironment: test\nuse: [{package: zz/notes}]\n", "f.yaml:3:7 CFG-KEY-MISSING"},
	} {
		if d, problems := LoadDeployment("f.yaml", []byte(c.text)); d != nil || places(problems) != c.want {
			t.Errorf("%s: want %s, got\n%s", name, c.want, show(problems))
		}
	}
	d, problems := LoadDeployment("f.yaml", []byte("deployment: d\nenvironment: test\nuse: [{package: zz/notes@1.2.0, entities: [a], from: 2026-06-01}]\n"))
	if d == nil || d.Use[0].Package != "zz/notes" || d.Use[0].Version != "1.2.0" || d.Use[0].From.String() != "2026-06-01" {
		t.Errorf("%+v %v", d, problems)
	}
}

// The digest is that of the Go module hash over sorted paths.
func TestDigest(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"b/x": {Data: []byte("two")}, "a": {Data: []byte("one")}}
	lines := fmt.Sprintf("%x  a\n%x  b/x\n", sha256.Sum256([]byte("one")), sha256.Sum256([]byte("two")))
	sum := sha256.Sum256([]byte(lines))
	got, err := Digest(files, []string{"b/x", "a"})
	if want := "h1:" + base64.StdEncoding.EncodeToString(sum[:]); err != nil || got != want {
		t.Errorf("want %s, got %s, %v", want, got, err)
	}
	if _, err := Digest(files, []string{"c"}); err == nil {
		t.Error("a file that is not there has a digest")
	}
}

// Hostile packages end with a problem in bounded time.
func TestHostilePackages(t *testing.T) {
	t.Parallel()
	head := func(more fstest.MapFS) fstest.MapFS {
		more["package.yaml"] = &fstest.MapFile{Data: []byte("package: zz/x\nversion: 1.0.0\ndocuments: [invoice/1]\n")}
		return more
	}
	many := fstest.MapFS{}
	for i := range MaxFiles + 10 {
		many[fmt.Sprintf("docs/f%d.txt", i)] = &fstest.MapFile{}
	}
	chain := strings.Builder{}
	for i := range 300 {
		fmt.Fprintf(&chain, "---\nflow: f%d\nkind: part\nsteps: [{id: s, use: f%d}]\n", i, (i+1)%300)
	}
	lets := strings.Builder{}
	lets.WriteString("flow: f\nlet:\n")
	for i := range 500 {
		fmt.Fprintf(&lets, "  a%d: =a%d\n", i, (i+1)%500)
	}
	lets.WriteString("steps: [{id: s, action: time.now}]\n")
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"many files":          {many, RuleFile},
		"a large file":        {fstest.MapFS{"flows/a.yaml": {Data: []byte(strings.Repeat("a", yml.MaxBytes+1))}}, yml.RuleSize},
		"a deep file":         {fstest.MapFS{"flows/a.yaml": {Data: []byte(strings.Repeat("[", 1_000_000))}}, yml.RuleSize},
		"flows in a circle":   {fstest.MapFS{"flows/a.yaml": {Data: []byte(chain.String())}}, RuleFlowCycle},
		"lets in a circle":    {fstest.MapFS{"flows/a.yaml": {Data: []byte(lets.String())}}, RuleLetCycle},
		"a truncated file":    {fstest.MapFS{"flows/a.yaml": {Data: []byte("flow: f\nsteps:\n  - {id: a, act")}}, yml.RuleSyntax},
		"a table without end": {fstest.MapFS{"tables/tables.yaml": {Data: []byte("tables: {a: {file: a.csv, key: [a]}}\n")}, "tables/a.csv": {Data: []byte("a\n\"x\n")}}, RuleTable},
		"a large table":       {fstest.MapFS{"tables/tables.yaml": {Data: []byte("tables: {a: {file: a.csv, key: [a]}}\n")}, "tables/a.csv": {Data: []byte("a\n" + strings.Repeat("x\n", MaxRows+2))}}, yml.RuleSize},
	} {
		p, problems := Load(head(c.files), loadtest.Registry(), nil)
		if p != nil || !strings.Contains(places(problems), c.want) {
			t.Errorf("%s: want %s, got %d problems, first %v", name, c.want, len(problems), problems[:min(3, len(problems))])
		}
	}
}
