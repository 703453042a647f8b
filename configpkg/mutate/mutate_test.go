package mutate

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/internal/overlay"
	"github.com/fiscus-project/fiscus/packages"
	"github.com/rogpeppe/go-internal/txtar"
)

// shells is the made-up package of the test runner.
func shells(t testing.TB) fstest.MapFS {
	t.Helper()
	data, err := os.ReadFile("../cover/testdata/shells.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, f := range txtar.Parse(data).Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return files
}

// A package whose files are all written anew is the same package: so a mutant
// differs in its change alone.
func TestEmittedPackagesAreTheSame(t *testing.T) {
	t.Parallel()
	for _, id := range append(packages.List(), "") {
		files := fs.FS(shells(t))
		if id != "" {
			var err error
			if files, err = packages.Package(id); err != nil {
				t.Fatal(err)
			}
		}
		again := rewritten(t, files)
		b, problems := load.LoadAll(again, actions.Registry(), nil)
		if b == nil {
			t.Fatalf("%s: %v", id, problems)
		}
		if b.Package.Library && len(b.Tests) == 0 {
			continue // it loads: there is no more to ask
		}
		if err := cover.Run(t.Context(), b, cover.Options{}).Err(); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func rewritten(t *testing.T, files fs.FS) fs.FS {
	t.Helper()
	mutants, err := Mutants(files)
	if err != nil {
		t.Fatal(err)
	}
	done := map[string]bool{}
	for _, m := range mutants {
		if done[m.file] {
			continue
		}
		done[m.file] = true
		data, err := fs.ReadFile(files, m.file)
		if err != nil {
			t.Fatal(err)
		}
		docs, _ := yml.Parse(m.file, data)
		files = overlay.New(files, m.file, yml.Emit(docs))
	}
	return files
}

// Each operator is seen at work, with what it makes of what.
func TestOperators(t *testing.T) {
	t.Parallel()
	const src = "flow: a\napplies: {field: document.type, is: invoice}\nsteps:\n  - id: s\n    action: x\n    if: a == 1 and not b\n" +
		"    with: {f: '=-n + 2 * m', g: \"t\", wait: 9m, set: true}\n    handle: {unknown: [{if: c, then: park}, {then: stop}], duplicate: continue}\n"
	const tree = "mapping: m\nroot: {Doc: {A: 1, '@x': 2, B: 3}}\n"
	mutants, err := Mutants(fstest.MapFS{"flows/a.yaml": {Data: []byte(src)}, "mappings/m.yaml": {Data: []byte(tree)}, "tests/t.yaml": {Data: []byte("test: no\n")}})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[Operator]bool{}
	var got []string
	for _, m := range mutants {
		seen[m.Operator] = true
		got = append(got, m.ID+": "+m.Was+" -> "+m.Is)
		if docs, problems := yml.Parse("x", m.make()); problems.Grave() || len(docs) != 1 {
			t.Errorf("%s: %v", m.ID, problems)
		}
	}
	for _, want := range []string{
		"flows/a.yaml#0/ drop-entry applies: applies -> nothing",
		"flows/a.yaml#0/applies/is literal: invoice -> invoicex",
		"flows/a.yaml#0/steps drop-item s: s -> nothing",
		"flows/a.yaml#0/steps/s/if negate: a == 1 and not b -> not (a == 1 and not b)",
		"flows/a.yaml#0/steps/s/if compare 2: a == 1 and not b -> a != 1 and not b",
		"flows/a.yaml#0/steps/s/if logic 7: a == 1 and not b -> a == 1 or not b",
		"flows/a.yaml#0/steps/s/if logic 11: a == 1 and not b -> a == 1 and b",
		"flows/a.yaml#0/steps/s/if number 5: a == 1 and not b -> a == 2 and not b",
		"flows/a.yaml#0/steps/s/with/f arithmetic 3: -n + 2 * m -> -n - 2 * m",
		"flows/a.yaml#0/steps/s/with/wait literal: 9m -> 10m",
		"flows/a.yaml#0/steps/s/with/set flag: true -> false",
		"flows/a.yaml#0/steps/s/handle/unknown swap-items 1: 0, 1 -> the other way round",
		"flows/a.yaml#0/steps/s/handle/unknown/0/then word: park -> stop",
		"flows/a.yaml#0/steps/s/handle/duplicate word: continue -> stop",
		"mappings/m.yaml#0/root/Doc drop-entry @x: @x -> nothing",
	} {
		if !slices.Contains(got, strings.Join(strings.Fields(want), " ")) {
			t.Errorf("%q is not among\n%s", want, strings.Join(got, "\n"))
		}
	}
	for _, o := range Operators {
		if !seen[o.Name] && o.Name != SwapNodes && o.Name != Text && o.Name != Cell && o.Name != DropRow {
			t.Errorf("operator %s did nothing", o.Name)
		}
	}
	if slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "tests/") || strings.Contains(s, "/id literal") }) {
		t.Errorf("tests and ids of steps are not changed:\n%s", strings.Join(got, "\n"))
	}
}

func TestEditsOfFormulas(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`table("a", 'b')`:     {`table("ax", 'b')`, `table("a", "bx")`},
		`x in [1, 99] or - 1`: {"x in [2, 99] or - 1", "x in [1, 100] or - 1", "x in [1, 99] and - 1", "x in [1, 99] or - 2"},
		`é != "ü"`:            {`é == "ü"`, `é != "üx"`},
		`a not in b`:          nil,
		`"`:                   nil,
	} {
		var got []string
		for _, e := range edits(text) {
			got = append(got, e.text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: want %q, got %q", text, want, got)
		}
	}
}

// The mutants of a package fall to the loader, to lint, to a test, to the list
// of equivalents, or survive; a line of the list that is wrong is told.
func TestRun(t *testing.T) {
	t.Parallel()
	const refused, killed, lives = "flows/issue.yaml#0/steps/send/handle drop-entry unknown", "answers/drop.yaml#0/codes/HIGH/status word", "mappings/shell.yaml#0/root/Shell drop-entry Day"
	files := shells(t)
	files[EquivalentsFile] = &fstest.MapFile{Data: []byte("mutant,reason\n" + killed + ",it is not\nnowhere literal,gone\n" +
		"flows/issue.yaml#0/steps/number drop-entry needs,the order is the same\n")}
	few := func(m *Mutant) bool {
		return strings.HasPrefix(m.ID, "answers/drop") || strings.Contains(m.ID, "/steps/number ") || m.ID == refused || m.ID == lives
	}
	fates := map[string]Outcome{}
	r, err := Run(t.Context(), files, Options{Registry: actions.Registry(), Only: few, Done: func(o Outcome, n int) { fates[o.ID] = o }})
	if err != nil {
		t.Fatal(err)
	}
	if f := fates[refused]; f.Fate != Refused || f.By != "CFG-LINT-UNKNOWN" {
		t.Errorf("%s: %v by %s", refused, f.Fate, f.By)
	}
	if f := fates[killed]; f.Fate != Killed || f.By == "" {
		t.Errorf("%s: %v by %s", killed, f.Fate, f.By)
	}
	if f := fates[lives]; f.Fate != Survived {
		t.Errorf("%s: %v by %s", lives, f.Fate, f.By)
	}
	if len(r.Equal) != 1 || r.Equal[0].Reason != "the order is the same" {
		t.Errorf("equivalent: %v", r.Equal)
	}
	if len(r.Stale) != 2 {
		t.Errorf("stale: %v", r.Stale)
	}
	if n := r.Refused + r.Killed + len(r.Survivors) + len(r.Equal); n != r.Tried || r.Tried != len(fates) || r.Score() <= 0 || r.Score() >= 100 || r.Noticed() <= r.Score() {
		t.Errorf("%d of %d, score %.1f, noticed %.1f", n, r.Tried, r.Score(), r.Noticed())
	}
}

// The same seed draws the same mutants.
func TestDrawn(t *testing.T) {
	t.Parallel()
	all, err := Mutants(shells(t))
	if err != nil {
		t.Fatal(err)
	}
	a, b, c := drawn(all, Options{Limit: 20, Seed: 1}), drawn(all, Options{Limit: 20, Seed: 1}), drawn(all, Options{Limit: 20, Seed: 2})
	if !slices.Equal(a, b) || slices.Equal(a, c) || len(a) != 20 {
		t.Error("the seed does not decide")
	}
	if len(drawn(all, Options{})) != len(all) {
		t.Error("without a limit all are tried")
	}
}

func TestAPackageThatFailsIsNotMutated(t *testing.T) {
	t.Parallel()
	files := shells(t)
	files["tests/shell.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(string(files["tests/shell.yaml"].Data), "document: rejected", "document: accepted", 1))}
	if _, err := Run(t.Context(), files, Options{Registry: actions.Registry(), Limit: 1}); err == nil || !strings.Contains(err.Error(), "the tests must pass") {
		t.Errorf("got %v", err)
	}
}
