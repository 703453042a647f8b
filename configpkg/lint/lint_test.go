package lint

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/loadtest"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/packages"
)

func base() fs.FS { return os.DirFS("../load/testdata/base") }

func check(t testing.TB, files fs.FS) diag.List {
	t.Helper()
	b, problems := load.LoadAll(files, loadtest.Registry(), nil)
	if b == nil {
		t.Fatal(problems)
	}
	return Check(b)
}

func places(problems diag.List) string {
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = fmt.Sprintf("%s %s", p.Pos, p.Rule)
	}
	return strings.Join(lines, "\n")
}

func TestBaseIsClean(t *testing.T) {
	t.Parallel()
	if problems := check(t, base()); len(problems) > 0 {
		t.Fatal(problems)
	}
}

// Each case changes one thing in a clean package and names the place and rule
// of everything that follows.
func TestDoubts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, old, new, want string }{
		"send without unknown":        {"flows/issue.yaml", "      unknown: {use: lookup, with: {label: =label}}\n", "", "flows/issue.yaml:23:5 CFG-LINT-UNKNOWN"},
		"send without handle":         {"flows/cancel.yaml", "    handle: {unknown: park}\n", "", "flows/cancel.yaml:7:5 CFG-LINT-UNKNOWN"},
		"pending of a part":           {"flows/issue.yaml", "      pending: {use: lookup, with: {label: '=answer.fields.receipt ?? label'}}\n", "", "flows/issue.yaml:23:5 CFG-LINT-PENDING"},
		"pending asked again":         {"flows/issue.yaml", "      pending: {use: lookup, with: {label: '=answer.fields.receipt ?? label'}}\n      \"204\": [{if: answer.text == nil, then: continue}, {then: park}]\n      expired: park\n", "      expired: park\n    repeat: {first: 1s}\n", ""},
		"duplicate":                   {"flows/issue.yaml", "      duplicate: {use: lookup, with: {label: =label, note: again}}\n      pending: {use: lookup, with: {label: '=answer.fields.receipt ?? label'}}\n      \"204\": [{if: answer.text == nil, then: continue}, {then: park}]\n", "      pending: {use: lookup, with: {label: =label, note: again}}\n", "flows/issue.yaml:23:5 CFG-LINT-DUPLICATE"},
		"duplicate by its code":       {"flows/issue.yaml", "      duplicate: {use: lookup, with: {label: =label, note: again}}\n", "", "flows/lookup.yaml:3:25 CFG-LINT-GIVEN"},
		"goes up to the caller":       {"flows/line.yaml", "", "flow: line\nkind: part\ninputs: {id: string}\nsteps:\n  - id: tell\n    action: http.call\n    with: {url: =input.id}\ngives: tell\noutputs: {id: =input.id}\n", "flows/issue.yaml:40:5 CFG-LINT-UNKNOWN"},
		"code without entry":          {"tables/rejections.csv", "555,", "556,", "tables/codes.csv:5:1 CFG-LINT-CODE"},
		"secret as default":           {"package.yaml", "name: apiKey, type: secret", "name: apiKey, type: secret, default: s3cr3t", "package.yaml:13:43 CFG-LINT-SECRET"},
		"secret as constant":          {"package.yaml", "profile: {position: after,", "profile: {position: after, password: hunter22,", "package.yaml:18:40 CFG-LINT-SECRET"},
		"secret in a call":            {"flows/issue.yaml", "auth: {bearer: =param.apiKey}", "auth: {bearer: eyJhbGciOi}", "flows/issue.yaml:29:22 CFG-LINT-SECRET\npackage.yaml:13:5 CFG-LINT-UNUSED"},
		"secret in a list":            {"flows/issue.yaml", "auth: {bearer: =param.apiKey}", "auth: {basic: [=param.apiKey, hunter22]}", "flows/issue.yaml:29:37 CFG-LINT-SECRET"},
		"flow that nothing uses":      {"flows/extra.yaml", "", "flow: extra\nkind: part\nsteps: [{id: now, action: time.now}]\n", "flows/extra.yaml:1:1 CFG-LINT-REACHED"},
		"step that never runs":        {"flows/issue.yaml", `if: param.mode != "slow"`, "if: false", "flows/issue.yaml:25:9 CFG-LINT-REACHED\npackage.yaml:12:5 CFG-LINT-UNUSED"},
		"deed that never comes":       {"flows/issue.yaml", "[{if: answer.text == nil, then: continue}, {then: park}]", "[{then: continue}, {then: park}]", "flows/issue.yaml:38:40 CFG-LINT-REACHED"},
		"let that nothing reads":      {"rules/core.yaml", "  net: =sum", "  gross: =1 + 1\n  net: =sum", "rules/core.yaml:4:3 CFG-LINT-UNUSED"},
		"table that nothing reads":    {"tables/more.yaml", "", "tables:\n  more: {file: characters.csv, key: [from], columns: {to: string}}\n", "tables/more.yaml:2:3 CFG-LINT-UNUSED"},
		"mapping that nothing uses":   {"mappings/more.yaml", "", "mapping: more\nformat: xml\nroot: {a: x}\n", "mappings/more.yaml:1:1 CFG-LINT-UNUSED"},
		"rules that nothing uses":     {"rules/more.yaml", "", "rules: more\nchecks: [{id: M-1, assert: document.number != nil, says: no number, source: notes 9}]\n", "rules/more.yaml:1:1 CFG-LINT-UNUSED"},
		"answers that nothing uses":   {"answers/more.yaml", "", "answers: more\ncodes: {A: {class: done}}\n", "answers/more.yaml:1:1 CFG-LINT-UNUSED"},
		"artifact that nothing uses":  {"package.yaml", "artifacts:\n", "artifacts:\n  - {id: more-xsd, kind: xsd, bundle: b, entry: e}\n", "package.yaml:20:5 CFG-LINT-UNUSED"},
		"counter that nothing draws":  {"package.yaml", "state:\n", "state:\n  more: {kind: counter, per: []}\n", "package.yaml:22:3 CFG-LINT-UNUSED"},
		"constant that nothing reads": {"package.yaml", "const:\n", "const:\n  more: x\n", "package.yaml:15:3 CFG-LINT-UNUSED"},
		"check without source":        {"rules/core.yaml", ", says: too many lines, source: notes 1.3", ", says: too many lines", "rules/core.yaml:14:5 CFG-LINT-SOURCE"},
		"refusal without hint":        {"flows/cancel.yaml", ", hint: ask the office", "", "flows/cancel.yaml:16:62 CFG-LINT-HINT"},
		"package without tests":       {"tests/issue.yaml", "", "", "package.yaml:1:1 CFG-LINT-TESTS"},
		"number drawn twice":          {"flows/issue.yaml", "  - id: number\n", "  - {id: again, action: number.next, with: {counter: number, for: =document.id}}\n  - id: number\n", "flows/issue.yaml:18:5 CFG-LINT-DRAWN"},
		"literal in many places":      {"mappings/more.yaml", "", "mapping: more\nformat: xml\nroot: {a: {b: part 7 of 2026, c: part 7 of 2026, d: part 7 of 2026, e: part 7 of 2026}}\n", "mappings/more.yaml:1:1 CFG-LINT-UNUSED\nmappings/more.yaml:3:72 CFG-LINT-REPEATED"},
		"input that nobody gives":     {"answers/send.yaml", "inputs: {limit: integer}", "inputs: {limit: integer, more: {type: string, required: false}}", "answers/send.yaml:2:26 CFG-LINT-GIVEN\nanswers/send.yaml:2:26 CFG-LINT-UNUSED"},
	} {
		problems := check(t, loadtest.Edit(t, base(), c.file, c.old, c.new))
		if got := places(problems); got != c.want {
			t.Errorf("%s: want\n%s\ngot\n%v", name, c.want, problems)
		}
	}
}

// The shipped packages have no error, and warnings only of what they keep for
// later.
func TestShippedPackages(t *testing.T) {
	t.Parallel()
	for _, id := range packages.List() {
		files, err := packages.Package(id)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range check(t, files) {
			if p.Grave() || p.Rule != RuleUnused {
				t.Errorf("%s: %v", id, p)
			}
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	files, err := packages.Package(packages.List()[0])
	if err != nil {
		b.Fatal(err)
	}
	bundle, problems := load.LoadAll(files, loadtest.Registry(), nil)
	if bundle == nil {
		b.Fatal(problems)
	}
	b.ReportAllocs()
	for b.Loop() {
		Check(bundle)
	}
}
