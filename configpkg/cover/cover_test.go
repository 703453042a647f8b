package cover_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine/casetest"
	"github.com/fiscus-project/fiscus/packages"
	"github.com/rogpeppe/go-internal/txtar"
)

// shells returns the files of the made-up package, with edits: pairs of old
// and new text of a file.
func shells(t testing.TB, file string, edits ...string) fs.FS {
	t.Helper()
	data, err := os.ReadFile("testdata/shells.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, f := range txtar.Parse(data).Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	for i := 0; i+1 < len(edits); i += 2 {
		text := string(files[file].Data)
		if strings.Count(text, edits[i]) == 0 {
			t.Fatalf("%s has no %q", file, edits[i])
		}
		files[file] = &fstest.MapFile{Data: []byte(strings.Replace(text, edits[i], edits[i+1], 1))}
	}
	return files
}

func loaded(t testing.TB, files fs.FS) *load.Bundle {
	t.Helper()
	b, problems := load.LoadAll(files, actions.Registry(), nil)
	if b == nil {
		t.Fatal(problems)
	}
	return b
}

func only(name string) func(*casetest.Test) bool {
	return func(t *casetest.Test) bool { return name == "" || t.Name == name }
}

func TestMadeUpPackagePasses(t *testing.T) {
	t.Parallel()
	r := cover.Run(t.Context(), loaded(t, shells(t, "")), cover.Options{})
	if err := r.Err(); err != nil || r.Passed != len(r.Tests) || r.Failed != 0 || r.Passed < 11 {
		t.Errorf("%d passed, %d failed: %v", r.Passed, r.Failed, err)
	}
}

func TestShippedPackagesPass(t *testing.T) {
	t.Parallel()
	for _, name := range packages.List() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := packages.Package(name)
			if err != nil {
				t.Fatal(err)
			}
			b := loaded(t, files)
			if b.Package.Library && len(b.Tests) == 0 {
				t.Skip("a library without tests of its own")
			}
			r := cover.Run(t.Context(), b, cover.Options{})
			if err := r.Err(); err != nil {
				t.Errorf("%d passed, %d failed:\n%v", r.Passed, r.Failed, err)
			}
		})
	}
}

// Every sort of expectation says what it wanted, what it got, and where.
func TestWhatIsNotAsExpected(t *testing.T) {
	t.Parallel()
	const file = "tests/shell.yaml"
	tests := []struct {
		name, test, old, new string
		place                string
		want                 string
	}{
		{"flow", "accepted", "flow: issue", "flow: ask", "8:13", "flow: want ask, got issue"},
		{"run", "refused", "run: completed, document: rejected", "run: parked, document: rejected", "24:19", "run: want parked, got completed"},
		{"document", "refused", "document: rejected", "document: accepted", "24:40", "document: want accepted, got rejected"},
		{"calls", "the answer is lost in a storm", "calls: [drop, ask]", "calls: [drop, drop]", "33:41", "calls: want [drop, drop], got [drop, ask]"},
		{"no calls", "refused", "calls: [drop]}", "calls: []}", "24:57", "calls: want [], got [drop]"},
		{"count of calls", "the engine dies before the answer", "{drop: 1, ask: 1}", "{drop: 2, ask: 1}", "43:57", "calls of drop: want 2, got 1"},
		{"time between calls", "a person cleans the shell", "apart: 0s", "apart: 5s", "62:58", "time between two calls of drop: want at least 5s, got 0s"},
		{"field", "accepted", "mark: SH-NORTH-00001, p", "mark: SH-NORTH-00007, p", "12:15", `field mark: want "SH-NORTH-00007", got "SH-NORTH-00001"`},
		{"field that is not there", "accepted", "pearl: exists", "perl: exists", "12:15", "field perl: want any value, got none"},
		{"findings", "a wrong sum never leaves", "findings: [XA-1]", "findings: []", "51:64", "findings: want [], got [XA-1]"},
		{"no findings", "accepted", "run: completed\n      d", "findings: [XA-1]\n      d", "9:17", "findings: want [XA-1], got []"},
		{"of", "a person cleans the shell", "of: {m: submitted}", "of: {m: accepted}", "59:31", "document of m: want accepted, got submitted"},
		{"result", "accepted", "name: legal", "name: leagl", "13:15", "result leagl: want kept, got only [legal]"},
		{"file of a result", "accepted", "name: legal,", "name: legal, file: a.xml,", "13:15", "file of result legal: want a.xml, got SH-NORTH-00001.xml"},
		{"legal result", "accepted", "name: legal,", "name: legal, legal: false,", "13:15", "legal of result legal: want false, got true"},
		{"path of a result", "accepted", `"//Sum": "12.50"`, `"//Sum": "12.5"`, "13:15", "result legal at //Sum: want 12.5, got 12.50"},
		{"check", "accepted", `== "Pearl Divers"`, `== "Pearl Thieves"`, "16:19", `does not hold: at(results.legal, "//Diver") == "Pearl Thieves"`},
		{"formula", "a formula alone", "SH-00007", "SH-7", "97:1", `formula: want "SH-7", got "SH-00007"`},
		{"mapping", "the mapping alone", "//What: pearl", "//What: shell", "91:1", `output at //What: want "shell", got "pearl"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := cover.Run(t.Context(), loaded(t, shells(t, file, tt.old, tt.new)), cover.Options{Only: only(tt.test)})
			if len(r.Tests) != 1 || r.Failed != 1 || len(r.Tests[0].Problems) != 1 {
				t.Fatalf("want one problem, got %+v", r.Tests)
			}
			p := r.Tests[0].Problems[0]
			if p.Message != tt.want || p.Pos.String() != file+":"+tt.place || p.Rule != cover.RuleExpect {
				t.Errorf("want %s: %s\ngot  %v", tt.place, tt.want, p)
			}
		})
	}
}

// What goes wrong without being asked about is told all the same.
func TestWhatNobodyAskedAbout(t *testing.T) {
	t.Parallel()
	const silent = "---\ntest: new\ndocument: documents/plain.json\nentity: entities/pearl.yaml\ntime: 2026-11-23T10:00:00Z\nscript:\n"
	tests := []struct{ name, file, old, new, rule string }{
		{"nothing is expected", "tests/shell.yaml", "", silent + "  - submit: {}\n", cover.RuleSilent},
		{"the document is not taken", "tests/documents/plain.json", `"currency": "XAU"`, `"currency": 7`, cover.RuleRefused},
		{"nothing is parked", "tests/shell.yaml", "", silent + "  - submit: {}\n  - person: {choose: resume}\n  - expect: {run: completed}\n", cover.RuleStep},
		{"the simulator knows no answer", "simulator/tide.yaml", "      - {reply: {json: replies.yaml#drop}}\n", "", cover.RuleSimulator},
		{"a mode that is not there", "tests/shell.yaml", "", silent + "  - submit: {}\n  - expect: {document: accepted}\n  - advance: 300000h\n  - restart: soft\n  - expect: {document: rejected}\n", cover.RuleExpect},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := shells(t, tt.file).(fstest.MapFS)
			name := "accepted"
			if tt.old == "" {
				files[tt.file] = &fstest.MapFile{Data: append(append([]byte{}, files[tt.file].Data...), tt.new...)}
				name = "new"
			} else {
				files = shells(t, tt.file, tt.old, tt.new).(fstest.MapFS)
			}
			r := cover.Run(t.Context(), loaded(t, files), cover.Options{Only: only(name)})
			for _, p := range r.Tests[0].Problems {
				if p.Rule == tt.rule {
					return
				}
			}
			t.Errorf("want %s, got %v", tt.rule, r.Tests[0].Problems)
		})
	}
}

// The engine is killed when the answer is on its way: the log holds an intent
// without an outcome, and the look-up settles it.
func TestAKilledEngineAsksInsteadOfSendingAgain(t *testing.T) {
	t.Parallel()
	files := shells(t, "tests/shell.yaml", "  - restart: hard\n  - advance: 1m\n", "  - restart: soft\n  - advance: 1m\n")
	r := cover.Run(t.Context(), loaded(t, files), cover.Options{Only: only("the engine dies before the answer")})
	if p := r.Tests[0].Problems; len(p) != 1 || p[0].Message != "calls of ask: want 1, got 0" {
		t.Errorf("a soft restart finds the outcome in the log: %v", p)
	}
}

func TestTheSameEveryTime(t *testing.T) {
	t.Parallel()
	b := loaded(t, shells(t, "tests/shell.yaml", "mark: SH-NORTH-00001, p", "mark: x, p"))
	first := cover.Run(t.Context(), b, cover.Options{Workers: 1})
	for range 3 {
		again := cover.Run(t.Context(), b, cover.Options{Workers: 4})
		for i := range first.Tests {
			if a, c := first.Tests[i].Problems.Error(), again.Tests[i].Problems.Error(); a != c || first.Tests[i].Name != again.Tests[i].Name {
				t.Errorf("test %q: %s, then %s", first.Tests[i].Name, a, c)
			}
		}
	}
}

func TestAPackageWithoutTestsFails(t *testing.T) {
	t.Parallel()
	files := shells(t, "").(fstest.MapFS)
	delete(files, "tests/shell.yaml")
	if err := cover.Run(t.Context(), loaded(t, files), cover.Options{}).Err(); err == nil {
		t.Error("nothing was shown, and that is fine?")
	}
}

func BenchmarkRun(b *testing.B) {
	files, err := packages.Package("br/nfe")
	if err != nil {
		b.Fatal(err)
	}
	bundle := loaded(b, files)
	for b.Loop() {
		cover.Run(b.Context(), bundle, cover.Options{})
	}
}
