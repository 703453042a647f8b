package overlay

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/loadtest"
	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

var today = civil.Date{Year: 2026, Month: 11, Day: 25}

// base is the small package that tests of commands use, with a second rule, a
// parameter that nothing decides by, and one that a rule goes by.
func base(t testing.TB) fs.FS {
	t.Helper()
	files := loadtest.Edit(t, os.DirFS("../../cmd/fiscus/testdata/slip"), "rules/slip.yaml", "checks:\n", `let: {most: =param.most}
checks:
  - {id: XZ-2, assert: document.currency == 'XAU', fatal: false, says: another currency}
  - {id: XZ-3, assert: document.totals.payable <= most, says: too much}
`)
	files = loadtest.Edit(t, files, "package.yaml", "const:\n", `  - {name: note, type: string, default: thanks, doc: last line}
  - {name: most, type: number, default: 1000, doc: greatest worth}
const:
`)
	files = loadtest.Edit(t, files, "mappings/slip.yaml", "    Sum:", "    Note: =param.note\n    Tail: {A: one, B: two}\n    Sum:")
	return files
}

func over(t testing.TB, base fs.FS, changes string) []byte {
	t.Helper()
	digest, err := load.DigestOf(base)
	if err != nil {
		t.Fatal(err)
	}
	id, version := identity(base)
	return []byte("overlay: acme/slip\nversion: 1.0.0\nbase: " + id + "@" + version + "\ndigest: " + digest + "\nchange:\n" + changes)
}

func open(t testing.TB, base fs.FS, changes string) (*Files, error) {
	t.Helper()
	own := fstest.MapFS{File: &fstest.MapFile{Data: over(t, base, changes)}}
	return Open(own, Options{Today: today, Base: func(string, string) (fs.FS, error) { return base, nil }})
}

// listed tells problems in one line each.
func listed(err error) string {
	var out []string
	for _, p := range asList(err) {
		out = append(out, p.Error())
	}
	return strings.Join(out, "\n")
}

// The operations do what they say, and the result loads.
func TestOperations(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ change, file, want string }{
		"add rule":        {"  - {addRule: {id: AC-1, assert: document.totals.payable > 0, says: nothing to pay}, file: rules/slip.yaml}", "rules/slip.yaml", `"AC-1"`},
		"raise severity":  {"  - {raiseSeverity: XZ-2}", "rules/slip.yaml", `"fatal": "true"`},
		"add clause":      {"  - {addClause: document.currency == 'XAU', rule: XZ-3}", "rules/slip.yaml", `(document.currency == 'XAU') and (document.totals.payable <= most)`},
		"clause of flow":  {"  - {addClause: {field: document.currency, is: XAU}, flow: issue}", "flows/issue.yaml", `{"field": "document.currency", "is": "XAU"}`},
		"when of flow":    {"  - {addClause: document.currency == 'XAU', flow: issue}", "flows/issue.yaml", `"when": "document.currency == 'XAU'"`},
		"default":         {"  - {parameter: note, default: bye}", "package.yaml", `"default": "bye"`},
		"default, long":   {"  - {setDefault: bye, parameter: note}", "package.yaml", `"default": "bye"`},
		"endpoint":        {"  - {setEndpoint: https://gate.example/slips, table: doors, key: [drop], environment: test}", "tables/doors.csv", "drop,test,https://gate.example/slips\ndrop,production,https://deep"},
		"mapping replace": {"  - {file: mappings/slip.yaml, at: root/Slip/Seller, replace: =upper(document.seller.name)}", "mappings/slip.yaml", `"Seller": "=upper(document.seller.name)"`},
		"mapping put":     {"  - {file: mappings/slip.yaml, at: root/Slip, put: {Extra: x}}", "mappings/slip.yaml", `"Extra": "x"`},
		"put into a text": {"  - {file: mappings/slip.yaml, at: root/Slip/Seller, put: {\"@n\": \"1\"}}", "mappings/slip.yaml", `"Seller": {"$text": "=document.seller.name", "@n": "1"}`},
		"before":          {"  - {file: mappings/slip.yaml, at: root/Slip/Buyer, before: {Extra: x}}", "mappings/slip.yaml", `"Extra": "x", "Buyer"`},
		"after":           {"  - {setMapping: mappings/slip.yaml, at: root/Slip/Buyer, after: {Extra: x}}", "mappings/slip.yaml", `"Buyer": "=document.buyer.name", "Extra": "x"`},
		"hint of rule":    {"  - {addHint: look again, rule: XZ-1}", "rules/slip.yaml", `"hint": "look again"`},
		"hint of code":    {"  - {addHint: {en: wait, de: warte}, answers: answers/drop.yaml, code: HIGH}", "answers/drop.yaml", `"hint": {"en": "wait"`},
		"text":            {"  - {setText: dear, file: rules/slip.yaml, at: checks/XZ-3/says}", "rules/slip.yaml", `"says": "dear"`},
		"title":           {"  - {setText: Ours, file: package.yaml, at: title/en}", "package.yaml", `"en": "Ours"`},
		"waived":          {"  - {raiseSeverity: XZ-1, to: warning, waive: {rule: CFG-OVERLAY-SEVERITY, reason: r, signer: s, until: 2026-11-25}}", "rules/slip.yaml", `"fatal": "false"`},
		"nothing":         {"", "package.yaml", `"package": "acme/slip", "version": "1.0.0"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := base(t)
			f, err := open(t, b, c.change)
			if err != nil {
				t.Fatal(listed(err))
			}
			data, err := fs.ReadFile(f, c.file)
			if err != nil || !strings.Contains(string(data), c.want) {
				t.Errorf("want %s\n got %s, %v", c.want, data, err)
			}
			bundle, problems := load.LoadAll(f, loadtest.Registry(), nil)
			if bundle == nil {
				t.Fatal(problems)
			}
			p := bundle.Package
			digest, _ := load.DigestOf(b)
			if p.ID != "acme/slip" || p.Family() != "xz/slip" || p.Base.Digest != digest || p.Digest == digest || len(bundle.Tests) != 0 {
				t.Errorf("%s %s %+v %s", p.ID, p.Family(), p.Base, p.Digest)
			}
			// what loads by nodes loads the same by text
			plain, problems := load.LoadAll(struct{ fs.FS }{f}, loadtest.Registry(), nil)
			if plain == nil || len(plain.Package.Flows) != len(p.Flows) {
				t.Error(problems)
			}
			for file, nodes := range f.nodes {
				made := map[string][]byte{}
				made[file], _ = fs.ReadFile(f, file)
				docs, _ := yml.Parse(file, made[file])
				for i := range nodes {
					if docs[i].Line() != nodes[i].Line() {
						t.Errorf("%s: %s\n%s", file, docs[i].Line(), nodes[i].Line())
					}
				}
			}
		})
	}
}

// What widens, and what no overlay may do, is refused.
func TestWideningIsRefused(t *testing.T) {
	t.Parallel()
	const sign = "reason: r, signer: s, until: 2027-01-01}"
	for name, c := range map[string]struct{ change, want string }{
		"lower a severity":                   {"{raiseSeverity: XZ-1, to: warning}", RuleSeverity},
		"ask a rule less often":              {"{addClause: {when: document.currency == 'XAU'}, rule: XZ-1}", RuleClause},
		"clause that closes the brackets":    {"{addClause: 'true) or (true', rule: XZ-1}", RuleRefused},
		"clause that hides what follows":     {"{addClause: 'true /*', rule: XZ-1}", RuleRefused},
		"clause with a comment of a line":    {"{addClause: 'true //', rule: XZ-1}", RuleRefused},
		"clause joined by or":                {"{addClause: 'true', rule: XZ-1, or: true}", load.RuleUnknownKey},
		"clause of several":                  {"{addClause: [a, b], rule: XZ-1}", RuleForm},
		"assert as a clause":                 {"{addClause: {assert: true}, rule: XZ-1}", RuleForm},
		"rule of the same id":                {"{addRule: {id: XZ-1, assert: 'true', says: x}, file: rules/slip.yaml}", RuleRefused},
		"rule of the same id elsewhere":      {"{addRule: {id: XZ-1, assert: 'true', says: x}, file: flows/issue.yaml}", RulePlace},
		"mapping inside rules":               {"{file: rules/slip.yaml, at: checks/XZ-1/assert, replace: 'true'}", RuleRefused},
		"mapping inside a flow":              {"{file: flows/issue.yaml, at: steps/rules/if, replace: 'false'}", RuleRefused},
		"mapping inside answers":             {"{file: answers/drop.yaml, at: codes/LOW/class, replace: done}", RuleRefused},
		"mapping inside the package":         {"{file: package.yaml, at: const/signature/digest, replace: sha1}", RuleRefused},
		"mapping of the simulator":           {"{file: simulator/replies.yaml, at: parts/drop/root/song, replace: x}", RuleRefused},
		"mapping of an entity":               {"{file: tests/entities/plain.yaml, at: parameters, replace: x}", RuleRefused},
		"inputs of a mapping":                {"{file: mappings/slip.yaml, at: inputs/mark, replace: any}", RuleRefused},
		"formats of a mapping":               {"{file: mappings/slip.yaml, at: formats/amount/decimals, replace: [\"0\", \"0\"]}", RuleRefused},
		"element left out":                   {"{file: mappings/slip.yaml, at: root/Slip/Seller, replace: }", RuleMapping},
		"element of nothing":                 {"{file: mappings/slip.yaml, at: root/Slip/Seller, replace: '=nil'}", RuleMapping},
		"element of an empty text":           {"{file: mappings/slip.yaml, at: root/Slip/Seller, replace: '=\"\"'}", RuleMapping},
		"element left out by put":            {"{file: mappings/slip.yaml, at: root/Slip, put: {Seller: ''}}", RuleMapping},
		"element without its members":        {"{file: mappings/slip.yaml, at: root/Slip/Tail, replace: {A: one}}", RuleMapping},
		"element that becomes a text":        {"{file: mappings/slip.yaml, at: root/Slip/Tail, replace: one}", RuleMapping},
		"element under a condition":          {"{file: mappings/slip.yaml, at: root/Slip/Tail, replace: {$if: 'false', A: one, B: two}}", RuleMapping},
		"condition put into an element":      {"{file: mappings/slip.yaml, at: root/Slip, put: {$if: 'false'}}", RuleMapping},
		"fewer lines":                        {"{file: mappings/slip.yaml, at: root/Slip/Line/$for, replace: 'line, i in []'}", RuleMapping},
		"default that a rule goes by":        {"{parameter: most, default: 999999}", RuleDefault},
		"default that a step goes by":        {"{parameter: signed, default: false}", RuleDefault},
		"default of what must be set":        {"{parameter: reef, default: NORTH}", RuleDefault},
		"default of a secret":                {"{parameter: certificate, default: abc}", RuleRefused},
		"constant as a parameter":            {"{parameter: signature, default: {digest: sha1}}", RulePlace},
		"test sends to production":           {"{setEndpoint: https://deep.example/slips, table: doors, key: [drop], environment: test}", RuleRefused},
		"production sends to test":           {"{setEndpoint: 'https://TIDE.example:444/x', table: doors, key: [drop], environment: production}", RuleRefused},
		"production sends elsewhere":         {"{setEndpoint: https://gate.example/slips, table: doors, key: [drop], environment: production}", RuleEndpoint},
		"without encryption":                 {"{setEndpoint: http://gate.example/slips, table: doors, key: [drop], environment: test}", RuleEndpoint},
		"address with a password":            {"{setEndpoint: 'https://a:b@gate.example/slips', table: doors, key: [drop], environment: test}", RuleRefused},
		"environment of a row":               {"{setEndpoint: production, table: doors, key: [drop], environment: test, column: environment}", RulePlace},
		"key of a row":                       {"{setEndpoint: https://x.example, table: doors, key: [drop], environment: test, column: door}", RulePlace},
		"address of no environment":          {"{setEndpoint: https://x.example, table: doors, key: [drop]}", RuleForm},
		"hint that is no fatal":              {"{addHint: {fatal: 'false', says: x}, rule: XZ-1}", RuleRefused},
		"hint over a hint":                   {"{addHint: x, answers: answers/drop.yaml, code: LOW}", RuleRefused},
		"text that is a condition":           {"{setText: 'true', file: rules/slip.yaml, at: checks/XZ-1/assert}", RuleRefused},
		"text that is a severity":            {"{setText: 'false', file: rules/slip.yaml, at: checks/XZ-2/fatal}", RuleRefused},
		"text that is a class":               {"{setText: done, file: answers/drop.yaml, at: codes/LOW/class}", RuleRefused},
		"text that is a constant":            {"{setText: sha1, file: package.yaml, at: const/signature/digest}", RuleRefused},
		"text that is a table":               {"{setText: x, file: tables/tables.yaml, at: tables/doors/file}", RuleRefused},
		"text that is nothing":               {"{setText: '', file: rules/slip.yaml, at: checks/XZ-1/says}", RuleRefused},
		"two operations at once":             {"{raiseSeverity: XZ-2, setText: x, file: rules/slip.yaml, at: checks/XZ-1/says}", RuleForm},
		"key of another operation":           {"{addHint: x, rule: XZ-1, to: warning}", RuleForm},
		"remove":                             {"{file: mappings/slip.yaml, at: root/Slip/Seller, remove: true}", load.RuleUnknownKey},
		"operation that is none":             {"{removeRule: XZ-1}", load.RuleUnknownKey},
		"waiver of another rule":             {"{raiseSeverity: XZ-1, to: warning, waive: {rule: CFG-OVERLAY-CLAUSE, " + sign + "}", RuleSeverity},
		"waiver past its day":                {"{raiseSeverity: XZ-1, to: warning, waive: {rule: CFG-OVERLAY-SEVERITY, reason: r, signer: s, until: 2026-11-24}}", RuleWaiver},
		"waiver that nobody signed":          {"{raiseSeverity: XZ-1, to: warning, waive: {rule: CFG-OVERLAY-SEVERITY, reason: r, signer: '', until: 2027-01-01}}", RuleWaiver},
		"waiver without reason":              {"{raiseSeverity: XZ-1, to: warning, waive: {rule: CFG-OVERLAY-SEVERITY, signer: s, until: 2027-01-01}}", load.RuleMissing},
		"waiver without end":                 {"{raiseSeverity: XZ-1, to: warning, waive: {rule: CFG-OVERLAY-SEVERITY, reason: r, signer: s, until: never}}", RuleWaiver},
		"waiver of what is never allowed":    {"{addRule: {id: XZ-1, assert: 'true', says: x}, file: rules/slip.yaml, waive: {rule: CFG-OVERLAY-REFUSED, " + sign + "}", RuleRefused},
		"flow that is chosen by nothing yet": {"{addClause: {field: document.type, is: invoice}, flow: ask}", RuleRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := open(t, base(t), "  - "+c.change+"\n")
			list := asList(err)
			if err == nil || !slices.ContainsFunc(list, func(p diag.Problem) bool { return p.Rule == c.want }) || list[0].Pos.File != File || list[0].Pos.Line == 0 {
				t.Errorf("want %s, got %s", c.want, listed(err))
			}
		})
	}
}

// An overlay has no file of the base, stands over no other package, and not
// over an overlay.
func TestFilesAndBaseAreRefused(t *testing.T) {
	t.Parallel()
	b := base(t)
	none := func(string, string) (fs.FS, error) { return nil, errors.New("is not there") }
	is := func(f fs.FS) func(string, string) (fs.FS, error) {
		return func(string, string) (fs.FS, error) { return f, nil }
	}
	text := over(t, b, "")
	f, err := open(t, b, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file, text string
		base       func(string, string) (fs.FS, error)
		want       string
	}{
		"rules of its own":    {"rules/slip.yaml", "rules: slip", is(b), RuleFile},
		"table of its own":    {"tables/doors.csv", "x", is(b), RuleFile},
		"package of its own":  {"package.yaml", "package: a/b", is(b), RuleFile},
		"flow among tests":    {"flows/tests/x.yaml", "x", is(b), RuleFile},
		"base is gone":        {"README.md", "x", none, RuleBase},
		"base was changed":    {"README.md", "x", is(loadtest.Edit(t, b, "rules/slip.yaml", "clause 7", "clause 8")), RuleBase},
		"base of another age": {"README.md", "x", is(loadtest.Edit(t, b, "package.yaml", "1.9.0", "1.9.1")), RuleBase},
		"over an overlay":     {"README.md", "x", is(fstest.MapFS{File: &fstest.MapFile{Data: text}}), RuleBase},
		"over its own result": {"README.md", "x", is(f), RuleBase},
	} {
		own := fstest.MapFS{File: &fstest.MapFile{Data: text}, c.file: &fstest.MapFile{Data: []byte(c.text)}}
		_, err := Open(own, Options{Today: today, Base: c.base})
		if list := asList(err); err == nil || list[0].Rule != c.want {
			t.Errorf("%s: want %s, got %s", name, c.want, listed(err))
		}
	}
}

// A place in a problem is where the text was written: overlay or base.
func TestPlaces(t *testing.T) {
	t.Parallel()
	f, err := open(t, base(t), "  - {addClause: documnt.currency == 'XAU', rule: XZ-3}\n  - {file: mappings/slip.yaml, at: root/Slip/Seller, replace: =document.sellr.name}\n")
	if err != nil {
		t.Fatal(listed(err))
	}
	_, problems := load.LoadAll(f, loadtest.Registry(), nil)
	if len(problems) != 2 || problems[0].Pos != (diag.Pos{File: File, Line: 6, Column: 17}) || problems[1].Pos.File != File || problems[1].Pos.Line != 7 {
		t.Error(problems)
	}
}

// A waiver of nothing is told, and in nobody's way.
func TestWaiverOfNothing(t *testing.T) {
	t.Parallel()
	f, err := open(t, base(t), "  - {raiseSeverity: XZ-2, waive: {rule: CFG-OVERLAY-SEVERITY, reason: r, signer: s, until: 2027-01-01}}\n")
	if err != nil || len(f.Warnings) != 1 || f.Warnings[0].Rule != RuleWaiver || f.Warnings.Grave() {
		t.Error(err, f)
	}
}

// What the files say of themselves is what a file system has to say.
func TestFilesAreAFileSystem(t *testing.T) {
	t.Parallel()
	f, err := open(t, base(t), "  - {raiseSeverity: XZ-2}\n")
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(f, "package.yaml", "rules/slip.yaml", "tests/documents/one.json"); err != nil {
		t.Error(err)
	}
	if _, err := fs.Stat(f, File); err == nil {
		t.Error("overlay.yaml is no file of the package")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(string(over(f, os.DirFS("../../cmd/fiscus/testdata/slip"), "  - {raiseSeverity: XZ-1}\n  - {parameter: signed, default: true}\n")))
	f.Add("overlay: a/b\nversion: 1\nbase: x/y@1\ndigest: h1:x\nchange: [{addClause: a, rule: b}]")
	b := base(f)
	f.Fuzz(func(t *testing.T, text string) {
		x, err := Parse([]byte(text))
		if err != nil {
			return
		}
		tr, err := newTree(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range x.Changes {
			c.judged(tr.apply(c).widens, today)
		}
	})
}
