package document

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

func reader(t testing.TB) *Reader {
	t.Helper()
	r, err := NewReader(Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const samples = "../../schemas/testdata"

func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(samples, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSamplesAreRead(t *testing.T) {
	t.Parallel()
	r := reader(t)
	files, _ := filepath.Glob(samples + "/*.json")
	if len(files) < 7 {
		t.Fatalf("only %d samples", len(files))
	}
	for _, file := range files {
		d, list := r.Read("d.json", sample(t, filepath.Base(file)), nil)
		if d == nil || len(list) > 0 {
			t.Errorf("%s: %v", file, list)
		}
	}
}

func TestValuesAreThoseOfFormulas(t *testing.T) {
	t.Parallel()
	d, list := reader(t).Read("d.json", sample(t, "invoice-tax-map.json"), nil)
	if list.Grave() {
		t.Fatal(list)
	}
	line := d.Value["lines"].([]any)[0].(map[string]any)
	tax := line["taxes"].(map[string]any)["first"].(map[string]any)
	if got := tax["base"].(decimal.Decimal).String(); got != "100.00" {
		t.Errorf("text became %s", got)
	}
	if got := tax["rate"].(decimal.Decimal).String(); got != "18" {
		t.Errorf("number became %s", got)
	}
	free := line["extensions"].(map[string]any)["xx_test"].(map[string]any)["any"].([]any)
	if got := free[1].(map[string]any)["a"].(decimal.Decimal).String(); got != "1.10" {
		t.Errorf("unknown number became %s", got)
	}
	if at := d.Value["issued"].(time.Time); at.UTC().Hour() != 13 {
		t.Errorf("issued %v", at)
	}
	if len(d.References) != 1 || d.References[0].ID != "doc-1" || d.References[0].Pointer != "/original" {
		t.Errorf("references %v", d.References)
	}
	if p := d.Place("/lines/0/taxes/second/rate"); p.Line != 5 || p.Column != 134 {
		t.Errorf("place %v", p)
	}
	if p := d.Place("/lines/0/nothing"); p.Line != 4 {
		t.Errorf("nearest place %v", p)
	}
}

func TestADayStaysADay(t *testing.T) {
	t.Parallel()
	d, list := reader(t).Read("d.json", sample(t, "invoice-plain.json"), nil)
	if list.Grave() {
		t.Fatal(list)
	}
	if got := d.Value["issued"]; got != (civil.Date{Year: 2026, Month: 11, Day: 23}) {
		t.Errorf("issued %#v", got)
	}
	zone, err := civil.Zone("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	at, ok := d.Date(zone, "issued")
	if !ok || at.UTC().Hour() != 3 {
		t.Errorf("first moment %v %v", at, ok)
	}
	if got := d.Value["attachments"].([]any)[0].(map[string]any)["content"]; string(got.([]byte)) != "A" {
		t.Errorf("content %v", got)
	}
}

func TestNullIsAbsent(t *testing.T) {
	t.Parallel()
	d, list := reader(t).Read("d.json", []byte(`{"type":"cancellation","original":"a","reason":"b","note":null}`), nil)
	if list.Grave() {
		t.Fatal(list)
	}
	if _, there := d.Value["note"]; there {
		t.Error("a null field is there")
	}
	if _, list = reader(t).Read("d.json", []byte(`{"type":"cancellation","original":null,"reason":"b"}`), nil); !list.Grave() {
		t.Error("a null field that must be there passed")
	}
}

const good = `{"type":"invoice","issued":"2026-11-23","currency":"EUR","lines":[{"id":"1","netAmount":1,"item":{"name":"x"}}]`

// Each problem has its rule, its place, its pointer and words that help.
func TestProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, json, rule, place, path, words string }{
		{"unknown field", "{\n \"type\": \"cancellation\", \"original\": \"a\", \"reason\": \"b\",\n \"nummer\": \"1\"}", RuleField, "d.json:3:2", "/nummer", `did you mean "number"?`},
		{"nested unknown field", good + `,"totals":{"paiable":1}}`, RuleField, "d.json:1:123", "/totals/paiable", `did you mean "payable"?`},
		{"missing", `{"type":"cancellation","original":"a"}`, RuleMissing, "d.json:1:1", "/reason", "Reason, as the code"},
		{"wrong type", good + `,"totals":{"payable":[1]}}`, RuleValue, "d.json:1:133", "/totals/payable", "a number or a text, not a list"},
		{"no number", good + `,"totals":{"payable":"1,5"}}`, RuleValue, "d.json:1:133", "/totals/payable", `cannot be "1,5"`},
		{"no such day", good + `,"due":"2026-02-30"}`, RuleValue, "d.json:1:119", "/due", "no such day"},
		{"bad base64", good + `,"attachments":[{"content":"%%"}]}`, RuleValue, "d.json:1:139", "/attachments/0/content", "cannot be read"},
		{"enumeration", `{"type":"response","original":"a","status":"acepted"}`, RuleValue, "d.json:1:44", "/status", `did you mean "accepted"?`},
		{"unknown type", `{"type":"invoise"}`, RuleType, "d.json:1:9", "/type", `did you mean "invoice"?`},
		{"no type", `{"typ":"invoice"}`, RuleType, "d.json:1:1", "/type", "known:"},
		{"schema of another type", `{"type":"invoice","schema":"payment/1"}`, RuleType, "d.json:1:28", "/schema", "follows the schema"},
		{"not an object", `[1]`, RuleType, "d.json:1:1", "", "a list"},
		{"neither list nor map", strings.Replace(good, `"netAmount":1`, `"netAmount":1,"taxes":3`, 1) + "}", RuleValue, "d.json:1:99", "/lines/0/taxes", "a list or an object"},
		{"inside a list of taxes", strings.Replace(good, `"netAmount":1`, `"netAmount":1,"taxes":[{"rat":3}]`, 1) + "}", RuleField, "d.json:1:101", "/lines/0/taxes/0/rat", `"rate"`},
		{"inside a map of taxes", strings.Replace(good, `"netAmount":1`, `"netAmount":1,"taxes":{"x":{"rat":3}}`, 1) + "}", RuleField, "d.json:1:105", "/lines/0/taxes/x/rat", `"rate"`},
		{"empty list", `{"type":"invoice","issued":"2026-11-23","currency":"EUR","lines":[]}`, RuleValue, "d.json:1:66", "/lines", "empty"},
		{"extension name", good + `,"extensions":{"br/nfe":{}}}`, RuleField, "d.json:1:127", "/extensions/br~1nfe", "br_nfe"},
		{"duplicate", "{\"type\":\"cancellation\",\n\"reason\":\"a\",\n \"reason\":\"b\",\"original\":\"c\"}", RuleDuplicate, "d.json:3:2", "", "line 2, column 1"},
		{"empty", "", RuleSyntax, "d.json:1:1", "", "empty"},
		{"blank", " \n ", RuleSyntax, "d.json:2:2", "", "empty"},
		{"truncated", `{"type":"invoice"`, RuleSyntax, "d.json:1:18", "", "too early"},
		{"truncated text", `{"type":"invoi`, RuleSyntax, "d.json:1:9", "", "does not end"},
		{"two values", `{} {}`, RuleSyntax, "d.json:1:4", "", "one document"},
		{"comma", `{"a":1,}`, RuleSyntax, "d.json:1:8", "", "comma"},
		{"comment", "{\n// x\n}", RuleSyntax, "d.json:2:1", "", "name in quotes"},
		{"single quotes", `{'a':1}`, RuleSyntax, "d.json:1:2", "", "name in quotes"},
		{"half surrogate", `{"a":"\ud800"}`, RuleSyntax, "d.json:1:7", "", "no character"},
		{"leading zero", `{"a":012}`, RuleSyntax, "d.json:1:6", "", "exactly"},
		{"huge exponent", `{"revision":1e999999999}`, RuleSyntax, "d.json:1:13", "", "exactly"},
		{"NaN", `{"a":NaN}`, RuleSyntax, "d.json:1:6", "", "a value"},
		{"UTF-16", "\xff\xfe{\x00}\x00", RuleEncoding, "d.json:1:1", "", "UTF-16"},
		{"UTF-16 without mark", "{\x00}\x00", RuleEncoding, "d.json:1:1", "", "UTF-16"},
		{"UTF-8 mark", "\xef\xbb\xbf{}", RuleEncoding, "d.json:1:1", "", "byte order mark"},
		{"Latin-1", "{\"a\":\"é\", \"b\":\"\xe9\"}", RuleEncoding, "d.json:1:16", "", "0xe9"},
		{"control character", "{\"a\":\"\x01\"}", RuleSyntax, "d.json:1:7", "", "control"},
	} {
		d, list := reader(t).Read("d.json", []byte(c.json), nil)
		if d != nil || len(list) == 0 {
			t.Errorf("%s: accepted", c.name)
			continue
		}
		p := list[0]
		text := p.Message + " " + p.Hint
		if p.Rule != c.rule || p.Pos.String() != c.place || p.Path != c.path || !strings.Contains(text, c.words) {
			t.Errorf("%s:\n got %s %s %s %s\nwant %s %s %s %s", c.name, p.Rule, p.Pos, p.Path, text, c.rule, c.place, c.path, c.words)
		}
	}
}

func TestProblemsAreCollected(t *testing.T) {
	t.Parallel()
	_, list := reader(t).Read("d.json", []byte(`{"type":"invoice","a":1,"b":2,"lines":[{"id":1}],"id":"x","id":"y"}`), nil)
	rules := map[string]int{}
	for _, p := range list {
		rules[p.Rule]++
	}
	if rules[RuleField] != 2 || rules[RuleMissing] != 4 || rules[RuleValue] != 1 || rules[RuleDuplicate] != 1 {
		t.Errorf("got %v: %v", rules, list)
	}
}

const extension = `{"type":"object","additionalProperties":false,"required":["model"],
 "properties":{"model":{"type":"string"},"due":{"type":"string","x-type":"date"}},
 "$defs":{"line":{"type":"object","additionalProperties":false,"properties":{"weight":{"type":["string","number"],"x-type":"number"}}}}}`

func TestExtensionsFollowTheSchemaOfTheirPackage(t *testing.T) {
	t.Parallel()
	s, err := CompileSchema("xx/test", []byte(extension))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]*Schema{"xx_test": s}
	doc := func(ext, line string) []byte {
		return []byte(strings.Replace(good, `"netAmount":1`, `"netAmount":1,"extensions":{"xx_test":`+line+`}`, 1) + `,"extensions":{"xx_test":` + ext + `,"yy_other":{"n":1}}}`)
	}
	d, list := reader(t).Read("d.json", doc(`{"model":"55","due":"2026-01-31"}`, `{"weight":"1.50"}`), known)
	if list.Grave() {
		t.Fatal(list)
	}
	ext := d.Value["extensions"].(map[string]any)["xx_test"].(map[string]any)
	line := d.Value["lines"].([]any)[0].(map[string]any)["extensions"].(map[string]any)["xx_test"].(map[string]any)
	if ext["due"] != (civil.Date{Year: 2026, Month: 1, Day: 31}) || line["weight"].(decimal.Decimal).String() != "1.50" {
		t.Errorf("got %v %v", ext, line)
	}
	_, list = reader(t).Read("d.json", doc(`{"modle":"55"}`, `{"weight":true}`), known)
	var got []string
	for _, p := range list {
		got = append(got, p.Rule+" "+p.Path)
	}
	want := "DOC-VALUE /lines/0/extensions/xx_test/weight; DOC-MISSING /extensions/xx_test/model; DOC-FIELD /extensions/xx_test/modle"
	if strings.Join(got, "; ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "; "), want)
	}
	_, list = reader(t).Read("d.json", []byte(good+`,"buyer":{"name":"b","extensions":{"xx_test":{"a":1}}}}`), known)
	if len(list) != 1 || list[0].Path != "/buyer/extensions/xx_test" {
		t.Errorf("data on a party the package does not have: %v", list)
	}
}

func TestSchemasThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "[]", `{"type":"strin"}`, `{"$ref":"https://example.test/x.json"}`, `{"$ref":"#/$defs/none"}`, `{"properties":[]}`} {
		if _, err := CompileSchema("x.json", []byte(text)); err == nil {
			t.Errorf("%s: accepted", text)
		}
	}
}

// Hostile bytes are refused with bounded memory.
func TestHostileInputIsBounded(t *testing.T) {
	r := reader(t)
	deep := 1_000_000
	many := strings.Repeat("[],", 2_000_000)
	double := strings.Repeat(`"a":1,`, 100_000)
	for name, data := range map[string][]byte{
		"deep lists":        []byte(strings.Repeat("[", deep)),
		"deep objects":      []byte(strings.Repeat(`{"a":`, deep)),
		"deep in a field":   []byte(good + `,"extensions":{"xx_t":{"a":` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + "}}}"),
		"many values":       []byte("[" + many[:len(many)-1] + "]"),
		"many duplicates":   []byte("{" + double + `"b":1}`),
		"too long":          bytes.Repeat([]byte(" "), 33<<20),
		"one unfinished":    []byte(`{"a":"` + strings.Repeat("x", 1<<20)),
		"many unknown":      []byte(good + "," + unknown(50_000) + "}"),
		"digits":            []byte(`{"a":` + strings.Repeat("9", 1<<20) + `}`),
		"backslashes":       []byte(`{"a":"` + strings.Repeat(`\`, 1<<20)),
		"truncated at many": sample(t, "invoice-plain.json")[:700],
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d, list := r.Read("d.json", data, nil)
		runtime.ReadMemStats(&after)
		if d != nil || !list.Grave() || list[0].Pos.File != "d.json" {
			t.Errorf("%s: %v %v", name, d != nil, len(list))
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 300<<20 {
			t.Errorf("%s: %d MiB", name, grown>>20)
		}
		if len(list) > 2*maxProblems {
			t.Errorf("%s: %d problems", name, len(list))
		}
	}
}

func unknown(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = `"u` + string(rune('a'+i%26)) + strings.Repeat("x", i%7) + json.Number(itoa(i)).String() + `":1`
	}
	return strings.Join(names, ",")
}

func itoa(n int) string { return decimal.FromInt(int64(n)).String() }

func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob(samples + "/*.json")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"type":"invoice","lines":[{"taxes":[1]}],"extensions":{"A":1}}`))
	f.Add([]byte("{\"a\":\"\\ud83d\\ude00\"}"))
	r, err := NewReader(Limits{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, list := r.Read("d.json", data, nil)
		if root, _ := scan(data, r.limits); root != nil && root.kind == mapKind {
			agree(t, r, "invoice/1", root)
		}
		if (d == nil) != list.Grave() {
			t.Fatalf("document %v, problems %v", d != nil, list)
		}
		for _, p := range list {
			if p.Pos.Line < 1 || p.Pos.Column < 1 {
				t.Fatalf("no place: %v", p)
			}
		}
		if d != nil && !json.Valid(data) {
			t.Fatalf("read what is no JSON: %q", data)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	r := reader(b)
	data := sample(b, "invoice-plain.json")
	b.ReportAllocs()
	for b.Loop() {
		if d, list := r.Read("d.json", data, nil); d == nil {
			b.Fatal(list)
		}
	}
}

// Reading 1,000 lines takes about 200 times what reading 5 lines takes.
func BenchmarkReadLines(b *testing.B) {
	r := reader(b)
	line := `{"id":"1","quantity":"1.000","unit":"C62","price":"10.00","netAmount":"10.00","tax":{"category":"S","rate":"19"},"item":{"name":"x","id":"y"}}`
	for _, n := range []int{5, 1000} {
		data := []byte(`{"type":"invoice","issued":"2026-11-23","currency":"EUR","lines":[` + strings.Repeat(line+",", n-1) + line + `]}`)
		b.Run(itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d, list := r.Read("d.json", data, nil); d == nil {
					b.Fatal(list)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if s, err := reader(b).schema("invoice/1"); err != nil || s == nil {
			b.Fatal(err)
		}
	}
}
