package main

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/load"
)

var update = flag.Bool("update", false, "rewrite generated pages")

var (
	ruleLiteral  = regexp.MustCompile(`"((?:CFG|DOC|READ|SEL|RUN|FMT|SIG|NET|ART)(?:-[A-Z0-9]+)+)"`)
	ruleDeclared = regexp.MustCompile(`(?m)^\s*(?:const )?\w+\s*=\s*"((?:CFG|DOC|READ|SEL|RUN|FMT|SIG|NET|ART)(?:-[A-Z0-9]+)+)"\s*//\s*(.+)$`)
)

// sources visits all Go files outside tests.
func sources(t *testing.T, visit func(file, text string)) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "enginetest" || d.Name() == "loadtest" || strings.HasPrefix(d.Name(), ".") && d.Name() != ".." || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		data, err := os.ReadFile(path)
		if err == nil {
			visit(path, string(data))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// docs/rules.md lists every rule id with its meaning: those of packages from
// the table of the loader, others from the comment where they are declared, or from testdata/rules.tsv.
func TestGeneratedRules(t *testing.T) {
	t.Parallel()
	says, raised := load.Rules(), map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(string(must(t, "testdata/rules.tsv"))), "\n") {
		id, text, _ := strings.Cut(line, "\t")
		says[id] = text
	}
	sources(t, func(_, text string) {
		for _, m := range ruleLiteral.FindAllStringSubmatch(text, -1) {
			raised[m[1]] = true
		}
		for _, m := range ruleDeclared.FindAllStringSubmatch(text, -1) {
			if says[m[1]] == "" {
				says[m[1]] = strings.ToUpper(m[2][:1]) + strings.TrimSuffix(m[2][1:], ".") + "."
			}
		}
	})
	for id := range says {
		if !raised[id] {
			t.Errorf("%s is told of and never raised", id)
		}
	}
	for id := range raised {
		family := slices.ContainsFunc(slices.Collect(maps.Keys(raised)), func(x string) bool { return strings.HasPrefix(x, id+"-") })
		if says[id] == "" && !family { // a family is the beginning of ids, compared with them
			t.Errorf("%s is raised, and nothing tells what it means: declare it as a constant with a comment", id)
		}
	}
	var b strings.Builder
	b.WriteString("# Rules\n\nEvery finding carries a rule id, which never changes its meaning once released. Made from the code; `make generate` writes it.\n")
	for _, family := range [][2]string{{"CFG", "packages and files of the data folder"}, {"DOC", "business documents"}, {"READ", "what came in"}, {"SEL", "selection"}, {"RUN", "runs and formulas at work"},
		{"FMT", "produced formats"}, {"SIG", "signatures"}, {"NET", "transport"}, {"ART", "official files"}} {
		fmt.Fprintf(&b, "\n## %s: %s\n\n| rule | meaning |\n| --- | --- |\n", family[0], family[1])
		for _, id := range slices.Sorted(maps.Keys(says)) {
			if strings.HasPrefix(id, family[0]+"-") {
				fmt.Fprintf(&b, "| `%s` | %s |\n", id, strings.ReplaceAll(says[id], "|", "\\|"))
			}
		}
	}
	page(t, "../../docs/rules.md", b.String())
}

// page compares a generated page with the file.
func page(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("%s is not what the code says: run make generate (%v)", file, err)
	}
}

func must(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
