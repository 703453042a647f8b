package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/schemas"
)

const root = "../.."

func load(t *testing.T) []Import {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []Import
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, Import{strings.TrimPrefix(p.ImportPath, Module+"/"), p.Imports})
	}
	if len(all) < 5 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}

func TestImportsOnlyGoDown(t *testing.T) {
	for _, w := range Directions(load(t)) {
		t.Error(w)
	}
}

func TestEffectsOnlyThroughHands(t *testing.T) {
	for _, w := range Effects(load(t)) {
		t.Error(w)
	}
}

// The checks refuse what they are for.
func TestHostileArrowsAreRefused(t *testing.T) {
	bad := []Import{
		{"engine", []string{Module + "/configpkg/load"}},
		{"actions/wire", []string{Module + "/configpkg/load"}},
		{"service/store", []string{Module + "/actions/wire"}},
		{"internal/xsd", []string{Module + "/engine"}},
		{"unheard/of", []string{Module + "/engine"}},
	}
	if got := Directions(bad); len(got) != len(bad) {
		t.Errorf("want %d refusals, got %q", len(bad), got)
	}
	dials := []Import{{"actions/hostile", []string{"net"}}, {"engine", []string{"os"}}, {"internal/wirecutter", []string{"net/http"}}}
	if got := Effects(dials); len(got) != len(dials) {
		t.Errorf("want %d refusals, got %q", len(dials), got)
	}
	if got := Effects([]Import{{"service/store", []string{"os"}}, {"internal/wire", []string{"net"}}}); got != nil {
		t.Errorf("hands themselves are refused: %q", got)
	}
}

func words(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("testdata/words.txt")
	if err != nil {
		t.Fatal(err)
	}
	set := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			set[line] = true
		}
	}
	return set
}

var elementKey = regexp.MustCompile(`(?:^|[{,\s])"?@?([A-Za-z]+:)?([a-z]{1,6}[A-Z][A-Za-z0-9]*|[A-Z][a-z0-9]+[A-Z][A-Za-z0-9]*)"?:(?:\s|$)`)

// ours are keys of the package language itself that look like element names.
var ours = map[string]bool{"soapAction": true, "keyInfo": true, "forEach": true}

// elements returns the element names that the mappings of all packages write.
func elements(t *testing.T) map[string]bool {
	t.Helper()
	names, fields := map[string]bool{}, canonicalFields(t)
	files, _ := filepath.Glob(filepath.Join(root, "packages/*/*/mappings/*.yaml"))
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range elementKey.FindAllStringSubmatch(string(text), -1) {
			if !ours[m[2]] && !fields[m[2]] && m[1] != "xsi:" { // attributes of XML Schema itself are of no country
				names[m[2]] = true
			}
		}
	}
	return names
}

// canonicalFields returns the names of fields of the canonical documents: a let
// of a mapping may have them.
func canonicalFields(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, id := range schemas.Documents() {
		fields, err := schemas.Fields(id)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fields {
			name := f.Path[strings.LastIndexByte(f.Path, '.')+1:]
			all[strings.Trim(name, "[]{}")] = true
		}
	}
	return all
}

func TestNoCountryInGo(t *testing.T) {
	words, names := words(t), elements(t)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		found, err := Countries(path, src, words, names)
		for _, f := range found {
			t.Errorf("%s:%d: %s", strings.TrimPrefix(path, root+"/"), f.Line, f.What)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCountryInGoIsFound(t *testing.T) {
	src := `package x
// Send talks to SEFAZ.
// Source: the CFDI guide, clause 1.
var a, cnpj = "infNFe", 1
`
	found, err := Countries("x.go", []byte(src), words(t), map[string]bool{"infNFe": true})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 3 {
		t.Errorf("want SEFAZ, infNFe and cnpj, got %v", found)
	}
}
