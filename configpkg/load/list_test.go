package load

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

const listHead = "mapping: m\nformat: list\ninputs: {in: tree}\nof: =input.in\n"

func listed(t testing.TB, m *nodes.Mapping, src string) (string, error) {
	t.Helper()
	n, err := formula.ParseTree([]byte(src), "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Write(formula.NewScope(nil), nodes.Options{Input: map[string]any{"in": n}})
	if err != nil {
		return "", err
	}
	return string(r.Bytes), nil
}

func TestLists(t *testing.T) {
	const doc = `<Doc v="1" e="" total=" 5  6 "><L q="2"><N>a</N></L><L q="3"/><X><Pay k="9"/><Other k="8"/></X></Doc>`
	const frame = `list: {start: "|", before: "|", end: "||", space: normalize}` + "\n"
	for name, c := range map[string]struct{ text, want string }{
		"order, optional, empty": {frame + `parts: [{at: /Doc, put: "@v @none? @e @total"}]`, "||1||5 6||"},
		"each and inner":         {frame + `parts: [{at: /Doc, put: "@v", parts: [{each: L, put: "@q N?"}, {put: "@total"}]}]`, "||1|2|a|3|5 6||"},
		"white space stays":      {`parts: [{at: /Doc, put: "@total"}]`, " 5  6 "},
		"missing is empty":       {`list: {before: ";", missing: empty}` + "\n" + `parts: [{at: /Doc, put: "@v @none @e"}]`, ";1;;"},
		"missing is skipped":     {`list: {before: ";", missing: skip}` + "\n" + `parts: [{at: /Doc, put: "@v @none @e"}]`, ";1;"},
		"the node itself":        {`list: {before: "+"}` + "\n" + `parts: [{each: //N, put: .}]`, "+a"},
		"predicate with blanks":  {`list: {before: "+"}` + "\n" + `parts: [{at: /Doc, put: "L[@q = '2']/N @v"}]`, "+a+1"},
		"choice by name":         {frame + `parts: [{each: /Doc/X/*, choose: {Pay: {use: pay}}}]`, "||9||"},
		"json":                   {`parts: [{at: ., put: "a b/c"}]`, "12"},
		"nothing chosen":         {frame + `parts: [{each: /Doc/X/*, choose: {None: {put: "@k"}}}]`, "|||"},
	} {
		t.Run(name, func(t *testing.T) {
			m, problems := mapped(t, listHead+c.text+"\n", map[string]string{"mappings/a-pay.yaml": "mapping: pay\nformat: list\nparts: [{at: ., put: \"@k\"}]\n"})
			if m == nil {
				t.Fatal(problems)
			}
			src := doc
			if name == "json" {
				src = `{"a": 1, "b": {"c": 2}}`
			}
			if got, err := listed(t, m, src); err != nil || got != c.want {
				t.Errorf("want %q, got %q, %v", c.want, got, err)
			}
		})
	}
}

func TestListProblems(t *testing.T) {
	for name, c := range map[string]struct{ text, src, rule string }{
		"missing":     {`parts: [{at: /a, put: "@b"}]`, `<a/>`, nodes.RuleMissing},
		"no place":    {`parts: [{at: /b, put: "@b"}]`, `<a/>`, nodes.RuleMissing},
		"two values":  {`parts: [{at: /a, put: b}]`, `<a><b/><b/></a>`, nodes.RuleMissing},
		"in a circle": {`parts: [{at: ., use: m}]`, `<a/>`, nodes.RuleValue},
	} {
		m, problems := mapped(t, listHead+c.text+"\n", nil)
		if m == nil {
			t.Fatal(problems)
		}
		_, err := listed(t, m, c.src)
		if p := (diag.Problem{}); !errors.As(err, &p) || p.Rule != c.rule {
			t.Errorf("%s: want %s, got %v", name, c.rule, err)
		}
	}
	for text, rule := range map[string]string{
		`parts: [{at: "/a[", put: "@b"}]`: "CFG-PATH", `parts: [{put: "@b p:c"}]`: RulePath, `parts: [{use: none}]`: RuleFileMissing,
		`parts: {at: /a}`: RuleKind, `parts: [{at: /a, each: /b}]`: RuleWord, `list: {missing: never}`: RuleWord, `parts: [{choose: {a: {put: b}}, put: c}]`: RuleWord,
	} {
		if m, problems := mapped(t, listHead+text+"\n", nil); m != nil || problems[0].Rule != rule {
			t.Errorf("%s: want %s, got %v", text, rule, problems)
		}
	}
}

// The lists of the language reference give the strings that official
// stylesheets gave, for the samples without parts that the example leaves out.
func TestListsAgainstOfficialStrings(t *testing.T) {
	example := []string{"notes", "language-examples", "mx-cfdi", "mappings"}
	text := string(sharedtest.Read(t, append(example, "original-string.yaml")...))
	more := map[string]string{"mappings/a-pagos.yaml": string(sharedtest.Read(t, append(example, "original-string-pagos.yaml")...))}
	m, problems := mapped(t, text, more)
	if m == nil {
		t.Fatal(problems)
	}
	r := csv.NewReader(bytes.NewReader(sharedtest.Read(t, "corpus", "cfdi-cadena", "RESULTS.tsv")))
	r.Comma = '\t'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	same, skipped := 0, 0
	for _, row := range rows[1:] {
		if !strings.HasPrefix(row[0], "cfdi/") {
			continue
		}
		src := sharedtest.Read(t, append([]string{"corpus"}, strings.Split(row[0], "/")...)...)
		if out := leftOut(src); out != "" {
			skipped++
			continue
		}
		want := string(sharedtest.Read(t, append([]string{"corpus"}, strings.Split(row[1], "/")...)...))
		got, err := listed(t, m, string(bytes.TrimPrefix(src, []byte("\ufeff"))))
		if err != nil || got != want {
			t.Errorf("%s: %v\nwant %s\n got %s", row[0], err, want, got)
			continue
		}
		same++
	}
	t.Logf("%d strings are the same, %d samples have parts that the example leaves out", same, skipped)
	if same < 20 {
		t.Errorf("only %d samples were compared", same)
	}
}

// leftOut names what a sample has and the example does not put.
func leftOut(src []byte) string {
	for _, name := range []string{"ACuentaTerceros", "InformacionAduanera", "CuentaPredial", ":ComplementoConcepto", "Parte ", "nomina12:", "implocal:", "cce11:", "cce20:", "cartaporte",
		"ine:", "servicioparcial:", "donat:", "leyendasFisc:", "iedu:", "ecc12:", "valesdedespensa:", "detallista:", "gceh:", "hidroyPetro", "notariospublicos", "aerolineas", "pago20:Pago ", "divisas:", "pagoenespecie:", "tpe:"} {
		if bytes.Contains(src, []byte(name)) {
			return name
		}
	}
	return ""
}
