package load

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/configpkg/loadtest"
)

// shelf is an importer that holds packages by id.
type shelf map[string]fs.FS

func (s shelf) Import(id, versions string) (fs.FS, error) {
	if s[id] == nil {
		return nil, errors.New("package " + id + " is not there")
	}
	return s[id], nil
}

func inMemory(all map[string]string) fs.FS {
	out := fstest.MapFS{}
	for name, text := range all {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

// letters is a library that others import.
var letters = map[string]string{
	"package.yaml":        "package: zz/letters\nversion: 1.4.0\nlibrary: true\ndocuments: [invoice/1]\n",
	"mappings/parts.yaml": "fragments:\n  seller:\n    inputs: {party: invoice/1#party}\n    nodes:\n      name: {$use: plain, with: {text: =input.party.name}}\n  plain:\n    inputs: {text: string}\n    nodes:\n      \"@kind\": =table(\"kinds\", \"a\").word\n      $text: =input.text\n",
	"mappings/base.yaml":  "mapping: base\nformat: xml\nroot:\n  base:\n    kind: =table(\"kinds\", \"a\").word\n    name: {$use: plain, with: {text: =document.seller.name}}\n",
	"readings/note.yaml":  "reading: note\nformat: json\nfields: {id: string}\nlet: {kind: '=table(\"kinds\", \"a\").word'}\ndocument: {id: id}\n",
	"flows/check.yaml":    "flow: check\nkind: part\ninputs: {id: string}\nsteps:\n  - id: check\n    use: inner\n    with: {id: =input.id}\n---\nflow: inner\nkind: part\ninputs: {id: string}\nsteps:\n  - id: check\n    action: rules.check\n    with: {rules: rules/own.yaml}\n",
	"rules/own.yaml":      "rules: own\nchecks:\n  - {id: ZZ-L1, assert: 'rows(\"kinds\") != nil', says: no kinds, source: none}\n",
	"tables/tables.yaml":  "tables:\n  kinds: {file: kinds.csv, key: [code], columns: {word: string}}\n",
	"tables/kinds.csv":    "code,word\na,alpha\n",
	"tests/broken.yaml":   "nonsense: true\n",
}

// importing is the base package with more files, importing zz/letters.
func importing(t *testing.T, more map[string]string) fs.FS {
	t.Helper()
	files := loadtest.Edit(t, os.DirFS("testdata/base"), "package.yaml", "engine:", "imports: {ltr: zz/letters@>=1.2 <2}\nengine:")
	for name, text := range more {
		files = loadtest.Edit(t, files, name, "", text)
	}
	return files
}

var users = map[string]string{
	"mappings/extra.yaml": "mapping: extra\nformat: xml\nroot:\n  extra:\n    seller: {$use: \"ltr:seller\", with: {party: =document.seller}}\n    word: =table(\"ltr:kinds\", \"a\").word\n",
	"mappings/more.yaml":  "mapping: more\nextends: ltr:mappings/base.yaml\nchange:\n  - {at: base/kind, after: {stage: =const.stage}}\n",
	"flows/extra.yaml":    "flow: extra\nkind: part\nsteps:\n  - {id: a, action: transform.write, with: {mapping: mappings/extra.yaml}}\n  - {id: b, use: \"ltr:check\", with: {id: =document.id}}\n",
}

func TestImports(t *testing.T) {
	t.Parallel()
	files := importing(t, users)
	b, problems := LoadAll(files, loadtest.Registry(), shelf{"zz/letters": inMemory(letters)})
	if b == nil || len(problems) > 0 {
		t.Fatal(show(problems))
	}
	p := b.Package
	if len(p.Imports) != 1 || p.Imports[0].Package != "zz/letters" || p.Imports[0].Version != "1.4.0" || p.Imports[0].Alias != "ltr" {
		t.Fatalf("%+v", p.Imports)
	}
	if want, _ := DigestOf(inMemory(letters)); p.Imports[0].Digest != want {
		t.Errorf("digest of the import %s, not %s", p.Imports[0].Digest, want)
	}
	for _, name := range []string{"ltr:check", "ltr:inner"} {
		if p.Flow(name) == nil {
			t.Errorf("no flow %s", name)
		}
	}
	if p.Tables["ltr:kinds"] == nil || p.Rules["ltr:rules/own.yaml"] == nil {
		t.Error("tables or rules of the import are not there")
	}
	if p.Flow("ltr:check").Steps[0].Use != "ltr:inner" {
		t.Error("a flow of the import names another by its own name:", p.Flow("ltr:check").Steps[0].Use)
	}
}

// What a package runs with is named by its digest: another byte of what it
// imports is another digest.
func TestImportDigest(t *testing.T) {
	t.Parallel()
	digest := func(l map[string]string) string {
		b, problems := LoadAll(importing(t, users), loadtest.Registry(), shelf{"zz/letters": inMemory(l)})
		if b == nil {
			t.Fatal(show(problems))
		}
		return b.Package.Digest
	}
	other := changed(letters, "tables/kinds.csv", "code,word\na,aleph\n")
	one, again := digest(letters), digest(letters)
	if one != again || one == digest(other) {
		t.Error("the digest does not tell what was imported")
	}
}

func changed(all map[string]string, name, text string) map[string]string {
	out := map[string]string{name: text}
	for n, x := range all {
		if n != name {
			out[n] = x
		}
	}
	return out
}

var wrongImports = []struct {
	name    string
	more    map[string]string
	letters map[string]string
	want    string // "place RULE" of the problems
	says    string
}{
	{"version out of range", nil, changed(letters, "package.yaml", "package: zz/letters\nversion: 2.0.0\n"), "package.yaml:5:16 CFG-VERSION", "does not lie in the range >=1.2 <2"},
	{"another package", nil, changed(letters, "package.yaml", "package: zz/mail\nversion: 1.4.0\n"), "package.yaml:5:16 CFG-IMPORT", "what is there is zz/mail"},
	{"in a circle", nil, changed(letters, "package.yaml", "package: zz/letters\nversion: 1.4.0\nimports: {n: zz/notes@>=1}\n"), "ltr:package.yaml:3:14 CFG-IMPORT", "zz/notes -> zz/letters -> zz/notes"},
	{"not there", nil, nil, "package.yaml:5:16 CFG-IMPORT", "is not there"},
	{"mistake in the imported file", users, changed(letters, "mappings/base.yaml", "mapping: base\nformat: xml\nroot:\n  base:\n    kind: =table(\"kind\", \"a\").word\n"),
		"ltr:mappings/base.yaml:5:18 CFG-FORMULA-NAME", "unknown table"},
	{"constant of the importing package", users, changed(letters, "mappings/base.yaml", "mapping: base\nformat: xml\nroot:\n  base:\n    kind: =const.stage\n"),
		"ltr:mappings/base.yaml:5:12 CFG-FORMULA-NAME", "const"},
	{"alias misspelt", changed(users, "mappings/more.yaml", "mapping: more\nextends: ltrs:mappings/base.yaml\n"), letters, "mappings/more.yaml:2:10 CFG-IMPORT", `did you mean "ltr"?`},
	{"file misspelt", changed(users, "mappings/more.yaml", "mapping: more\nextends: ltr:mappings/bas.yaml\n"), letters, "mappings/more.yaml:2:10 CFG-FILE-MISSING", `did you mean "ltr:mappings/base.yaml"?`},
	{"fragment misspelt", changed(users, "mappings/more.yaml", "mapping: more\nformat: xml\nroot:\n  a: {$use: \"ltr:sellr\"}\n"), letters, "mappings/more.yaml:4:14 CFG-FRAGMENT-UNKNOWN", `did you mean "ltr:seller"?`},
	{"flow misspelt", changed(users, "flows/extra.yaml", "flow: extra\nkind: part\nsteps:\n  - {id: b, use: \"ltr:chek\"}\n"), letters, "flows/extra.yaml:4:19 CFG-FLOW-UNKNOWN", `did you mean "ltr:check"?`},
}

func TestWrongImports(t *testing.T) {
	t.Parallel()
	for _, c := range wrongImports {
		s := shelf{}
		if c.letters != nil {
			s["zz/letters"] = inMemory(c.letters)
		}
		b, problems := LoadAll(importing(t, c.more), loadtest.Registry(), s)
		if got := places(problems); got != c.want || b != nil || !strings.Contains(show(problems), c.says) {
			t.Errorf("%s: want\n%s\ngot\n%s\n%s", c.name, c.want, got, show(problems))
		}
	}
}

func TestInRange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version, versions string
		in                bool
	}{
		{"1.2", ">=1.2 <2", true}, {"1.10.1", ">=1.2 <2", true}, {"2.0", ">=1.2 <2", false}, {"1.1.9", ">=1.2 <2", false},
		{"1.2", "1.2", true}, {"1.2.0", "=1.2", true}, {"1.3", "=1.2", false}, {"1.3", "<=1.3", true}, {"1.3", ">1.3", false}, {"1", "", false}, {"x", ">=1", false},
	} {
		if InRange(c.version, c.versions) != c.in {
			t.Errorf("%s in %q: want %v", c.version, c.versions, c.in)
		}
	}
}
