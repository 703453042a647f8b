package impact

import (
	"os"
	"slices"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/loadtest"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// A change is acknowledged by its case, or by a changed rule it speaks of, and
// by nothing that only looks like it.
func TestUnsaid(t *testing.T) {
	t.Parallel()
	r := &Report{Changed: []Change{{"accepted", diag.List{{Message: "want accepted, got failed: XZ-1"}}}, {"lost answer", diag.List{{Message: "another call"}}}}}
	for notes, want := range map[string]int{
		"":                                     2,
		"accepted: stricter":                   1,
		"stricter; accepted: the law":          1,
		"accepted by many; lost answers: x":    2,
		"accepted; lost answer":                0,
		"accept*: stricter":                    1,
		"*: all":                               2,
		"rule XZ-1 is new":                     1,
		"rule XZ-11 is new":                    2,
		"XZ-2 is new":                          2,
		"accepted: a; lost answer: b; more: c": 0,
	} {
		if got := r.Unsaid(notes, []string{"slip", "XZ-1", "XZ-2"}); len(got) != want || slices.ContainsFunc(got, func(p diag.Problem) bool { return p.Rule != RuleUnsaid || p.Hint == "" }) {
			t.Errorf("%q: want %d, got %v", notes, want, got)
		}
	}
}

// Cases that the new package can't even load are not passed over.
func TestUnusable(t *testing.T) {
	t.Parallel()
	old := loadtest.Edit(t, os.DirFS("../../cmd/fiscus/testdata/slip"), "README.md", "", "x")
	now := loadtest.Edit(t, old, "package.yaml", "{name: reef, type: string", "{name: rock, type: string")
	now = loadtest.Edit(t, now, "flows/issue.yaml", "param.reef", "param.rock")
	r, err := Cases(t.Context(), old, now, loadtest.Registry(), nil, cover.Options{})
	if err != nil || len(r.Unusable) == 0 || len(r.Unsaid("all: yes", nil)) == 0 {
		t.Error(r, err)
	}
	if _, err := Cases(t.Context(), loadtest.Edit(t, old, "package.yaml", "", ""), now, loadtest.Registry(), nil, cover.Options{}); err == nil {
		t.Error("an old package that does not load tells nothing")
	}
}
