package scaffold

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/lint"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/mutate"
	"github.com/fiscus-project/fiscus/configpkg/schema"
	"github.com/fiscus-project/fiscus/configpkg/tidy"
)

func made(t *testing.T, id, title string) fstest.MapFS {
	t.Helper()
	schemas, err := schema.All(actions.Registry())
	if err != nil {
		t.Fatal(err)
	}
	files, err := Files(id, title, schemas)
	if err != nil {
		t.Fatal(err)
	}
	out := fstest.MapFS{}
	for name, data := range files {
		out[name] = &fstest.MapFile{Data: data}
	}
	return out
}

// A new package is clean, passes its tests, leaves nothing uncovered, is in the
// one form, and finds its schemas.
func TestANewPackagePassesItsFirstTests(t *testing.T) {
	t.Parallel()
	files := made(t, "xa/shell-post", `Shells & "Pearls"`)
	b, problems := load.LoadAll(files, actions.Registry(), nil)
	if b == nil || len(problems) > 0 {
		t.Fatal(problems)
	}
	if doubts := lint.Check(b); len(doubts) > 0 {
		t.Error(doubts)
	}
	r := cover.Run(t.Context(), b, cover.Options{Coverage: true})
	if err := r.Err(); err != nil || r.Passed != 2 {
		t.Errorf("%d passed: %v", r.Passed, err)
	}
	if r.Coverage.Percent() < 100 {
		t.Errorf("not reached: %v", r.Coverage.Missed)
	}
	for name, f := range files {
		if !strings.HasSuffix(name, ".yaml") {
			continue
		}
		if got, problems := tidy.Format(name, f.Data); string(got) != string(f.Data) || len(problems) > 0 {
			t.Errorf("%s is not in the one form: %v\n%s", name, problems, got)
		}
		head, _, _ := strings.Cut(string(f.Data), "\n")
		at := strings.TrimLeft(strings.TrimPrefix(head, "# yaml-language-server: $schema="), "./")
		if files["."+at] == nil {
			t.Errorf("%s begins with %q", name, head)
		}
	}
}

// A mistake in a new package is mostly noticed by its own two tests.
func TestMistakesInANewPackageAreNoticed(t *testing.T) {
	t.Parallel()
	r, err := mutate.Run(t.Context(), made(t, "xa/b", ""), mutate.Options{Registry: actions.Registry(), Limit: 40, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if r.Noticed() < 60 {
		t.Errorf("only %.0f %% noticed: %d survivors", r.Noticed(), len(r.Survivors))
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "xa", "XA/b", "xa/", "xa/b/c", "xa/B", "x/b", "xa/-b", "../b"} {
		if _, err := Files(id, "", nil); err == nil {
			t.Errorf("%q is taken for an id", id)
		}
	}
}
