package packages

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"gopkg.in/yaml.v3"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/lint"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine/casetest"
)

// The program knows a package by nothing but its files: after every element,
// attribute and code was given another name in all files, lint has nothing to
// say and the package's own tests pass as before.
func TestRenamedPackageWorks(t *testing.T) {
	t.Parallel()
	r := nfeRenamer(t)
	dir := t.TempDir()
	renamed := r.rename(t, nfeFiles(t))
	for name, f := range renamed {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for what, n := range r.hits {
		t.Logf("%5d  %s", n, what)
	}
	nothingLeft(t, r, renamed)
	b, problems := load.LoadAll(os.DirFS(dir), actions.Registry(), nil)
	if b == nil {
		t.Fatal(problems)
	}
	before := lint.Check(loaded(t))
	if after := append(problems, lint.Check(b)...); after.Grave() || len(after) != len(before) {
		t.Errorf("lint: %v\nbefore: %v", after, before)
	}
	as := cover.Run(t.Context(), loaded(t), cover.Options{Only: byMeaning})
	got := cover.Run(t.Context(), b, cover.Options{Only: byMeaning})
	if err := got.Err(); err != nil || got.Passed != as.Passed || got.Passed < 25 {
		t.Errorf("%d of %d tests pass: %v", got.Passed, as.Passed, err)
	}
}

// byMeaning leaves out the tests that hold whole documents or values made of codes, whose names and
// signatures are others after a renaming, and those that name scenarios by codes.
func byMeaning(t *casetest.Test) bool {
	return !slices.Contains([]string{"tests/whole.yaml", "tests/parts.yaml", "tests/codes.yaml", "tests/facts.yaml", "tests/edges.yaml", "tests/waits.yaml"}, t.File)
}

// The check can fail: names that are changed in all files but the answers, or
// in all but those of the simulator, break the tests.
func TestHalfRenamedPackageBreaks(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"answers/", "simulator/"} {
		r := nfeRenamer(t)
		r.skip = func(file string) bool { return strings.HasPrefix(file, folder) }
		b, problems := load.LoadAll(r.rename(t, nfeFiles(t)), actions.Registry(), nil)
		if b == nil {
			t.Fatal(problems)
		}
		if got := cover.Run(t.Context(), b, cover.Options{}); got.Failed == 0 {
			t.Errorf("all tests pass though %s kept the old names", folder)
		}
	}
}

// nothingLeft looks for old names and codes in the renamed package.
func nothingLeft(t *testing.T, r *renamer, files fstest.MapFS) {
	t.Helper()
	codes := words(t, "tables/codes.csv", "code", nil)
	for name, f := range files {
		if !strings.HasPrefix(name, "mappings/") && !strings.HasPrefix(name, "simulator/") && !strings.HasPrefix(name, "answers/") {
			continue
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(f.Data, &doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		written(&doc, func(n *yaml.Node) {
			if s := n.Value[strings.LastIndexAny(n.Value, "@:")+1:]; r.names[s] {
				t.Errorf("%s:%d: %s is written as before", name, n.Line, s)
			}
		})
		if strings.HasPrefix(name, "mappings/") {
			continue
		}
		for code := range codes {
			if strings.Contains(string(f.Data), `"`+code+`"`) {
				t.Errorf("%s: code %s is there as before", name, code)
			}
		}
	}
}

// words returns the cells of a column, renamed by change.
func words(t *testing.T, file, column string, change func(string) string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, row := range rows(t, file) {
		if change == nil {
			out[row[column]] = row[column]
		} else {
			out[row[column]] = change(row[column])
		}
	}
	delete(out, "")
	return out
}

func backwards(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

func prefixed(p string) func(string) string { return func(s string) string { return p + backwards(s) } }

// complement gives codes of states, two digits as keys need them, other digits.
func complement(s string) string {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return strconv.Itoa(110 - n)
}

func oneOf(pairs ...string) func(string) string {
	return func(s string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if s == pairs[i] {
				return pairs[i+1]
			}
		}
		return s
	}
}

// nfeRenamer is the vocabulary of the package, by where its words stand.
func nfeRenamer(t *testing.T) *renamer {
	t.Helper()
	statuses := words(t, "tables/codes.csv", "code", prefixed("K"))
	for code, to := range words(t, "tables/rejections.csv", "code", prefixed("K")) {
		statuses[code] = to
	}
	taxes := words(t, "tables/icms.csv", "code", prefixed("T"))
	for code, to := range words(t, "tables/cbs.csv", "code", prefixed("T")) {
		taxes[code] = to
	}
	for _, code := range strings.Fields("01 02 03 04 05 06 07 08 09 15 49 52 53 54 55 99") { // of taxes without a table
		taxes[code] = "T" + backwards(code)
	}
	states := words(t, "tables/states.csv", "region", prefixed("P"))
	stateCodes := words(t, "tables/states.csv", "code", complement)
	r := &renamer{names: map[string]bool{}, skip: func(string) bool { return false }, edits: nfeEdits(stateCodes),
		words: []vocabulary{
			{"codes of answers", "answers/*", "", "", statuses},
			{"codes of the simulator", "simulator/*", "", "status", statuses},
			{"codes in tests", "tests/*.yaml", "", "", statuses},
			{"codes in constants", "package.yaml", "denied", "", statuses},
			{"codes of taxes in mappings", "mappings/taxes.yaml", "", "", taxes},
			{"codes of taxes in rules", "rules/*", "when", "", taxes},
			{"codes of taxes in documents", "tests/*/*.json", "taxes code", "", taxes},
			{"states of legal entities", "tests/entities/*", "region", "", states},
			{"states of documents", "tests/*/*.json", "region", "", states},
			{"codes of states in tests", "tests/*.yaml", "//ide/cUF", "", stateCodes},
			{"country of legal entities", "tests/entities/*", "country", "", map[string]string{"BR": "XB"}},
			{"country of documents", "tests/*/*.json", "country", "", map[string]string{"BR": "XB"}},
			{"country in flows", "flows/*", "", "", map[string]string{"BR": "XB"}},
			{"country in mappings", "mappings/*", "", "", map[string]string{"BR": "XB"}},
			{"country in rules", "rules/*", "let", "", map[string]string{"BR": "XB"}},
			{"regimes of legal entities", "tests/entities/*", "taxRegime", "", map[string]string{"1": "R1", "3": "R3"}},
			{"kinds in tests", "tests/*.yaml", "//ide/tpEmis", "", map[string]string{"1": "4", "6": "5"}},
		},
		table: map[string]column{
			"codes.csv code": prefixed("K"), "rejections.csv code": prefixed("K"),
			"icms.csv code": prefixed("T"), "icms.csv regime": oneOf("simples", "small", "normal", "large"), "icms.csv own": oneOf("yes", "oui", "no", "non"),
			"cbs.csv code": prefixed("T"), "cbs.csv group": oneOf("rates", "setar", "none", "enon"),
			"states.csv region": prefixed("P"), "states.csv code": complement, "states.csv authorizer": backwards,
			"states.csv standby":   oneOf("6", "5", "7", "8"),
			"endpoints.csv region": prefixed("P"), "endpoints.csv kind": oneOf("1", "4", "6", "5", "7", "8"), "endpoints.csv service": func(s string) string { return "do-" + s },
			"countries.csv country": oneOf("BR", "XB"), "countries.csv code": prefixed("9"),
			"reform.csv regime": prefixed("R"), "reform.csv required": oneOf("yes", "oui", "no", "non"), "reform.csv onTop": oneOf("yes", "oui", "no", "non"),
			"trivial-codes.csv code": backwards,
		}}
	err := fs.WalkDir(nfeFiles(t), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".yaml" || !strings.HasPrefix(name, "mappings/") && !strings.HasPrefix(name, "simulator/") {
			return err
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(read(t, name), &doc); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		written(&doc, func(n *yaml.Node) { r.names[n.Value[strings.LastIndexAny(n.Value, "@:")+1:]] = true })
		return nil
	})
	delete(r.names, "Id") // how a simulator knows which attribute a signature refers to
	if err != nil || len(r.names) < 200 {
		t.Fatalf("only %d names: %v", len(r.names), err)
	}
	return r
}

// nfeEdits are the words that stand in the middle of formulas and texts.
func nfeEdits(stateCodes map[string]string) []edit {
	edits := []edit{
		{"*", "portalfiscal.inf.br/nfe", "portal.example/oar"}, {"*", "br/nfe", "xb/oar"}, {"*", "br_nfe", "xb_oar"}, {"*", "110111", "770777"},
		{"package.yaml", `["1", "2", "3", "4"]`, "[R1, R2, R3, R4]"},
		{"rules/nfe.yaml", `(if param.taxRegime in ["1", "4"] {"simples"} else {"normal"})`, `(if param.taxRegime in ["R1", "R4"] {"small"} else {"large"})`},
		{"rules/nfe.yaml", `reform.required == "yes"`, `reform.required == "oui"`}, {"rules/nfe.yaml", `"rates"`, `"setar"`},
		{"mappings/*", `"rates"`, `"setar"`}, {"mappings/nfe.yaml", `.own == "yes"`, `.own == "oui"`}, {"mappings/nfe.yaml", `reform.onTop == "no"`, `reform.onTop == "non"`},
		{"mappings/nfe.yaml", `input.kind != "1"`, `input.kind != "4"`},
		{"flows/attempt.yaml", `"normal" {"1"} else`, `"normal" {"4"} else`}, {"flows/probe-normal.yaml", `entity.region, "1"`, `entity.region, "4"`},
		{"flows/*", `table("endpoints", "`, `table("endpoints", "do-`},
		{"simulator/authority.yaml", `ide/tpEmis") == "1"`, `ide/tpEmis") == "4"`},
	}
	cities := map[string]string{"35": "50308", "31": "06200"}
	for code, to := range stateCodes { // a city's code begins with its state's
		if cities[code] != "" {
			edits = append(edits, edit{"tests/*", `"` + code + cities[code], `"` + to + cities[code]})
		}
	}
	return edits
}
