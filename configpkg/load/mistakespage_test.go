package load

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/loadtest"
)

// leastHinted is how many mistakes are told with what to write instead. It may
// only rise.
const leastHinted = 129

// docs/mistakes.md shows every mistake of the table as a beginner sees it.
func TestMistakesPage(t *testing.T) {
	t.Parallel()
	const page = "../../docs/mistakes.md"
	var b strings.Builder
	hinted := 0
	rows := map[string]*strings.Builder{}
	var order []string
	for _, m := range mistakes {
		_, problems := LoadAll(edit(t, m), loadtest.Registry(), nil)
		if len(problems) == 0 {
			t.Errorf("%s: no problem", m.name)
			continue
		}
		p := problems[0]
		if p.Hint != "" {
			hinted++
		}
		kind, _, found := strings.Cut(m.file, "/")
		if !found {
			kind = "package.yaml"
		}
		if rows[kind] == nil {
			rows[kind], order = &strings.Builder{}, append(order, kind)
		}
		fmt.Fprintf(rows[kind], "| %s | %s | `%s` %s `%s` | %s |\n", m.name, cell(written(m)), p.Pos, cell(p.Message), p.Rule, cell(p.Hint))
	}
	fmt.Fprintf(&b, "# Mistakes, and what is said about them\n\nMade by `make generate` from the table that `TestMistakes` checks: %d mistakes in one small package, each with the place and rule of "+
		"what `fiscus package lint` says first, %d of them with what to write instead.\n", len(mistakes), hinted)
	for _, kind := range order {
		fmt.Fprintf(&b, "\n## %s\n\n| mistake | written | said | hint |\n| --- | --- | --- | --- |\n%s", kind, rows[kind])
	}
	if hinted < leastHinted {
		t.Errorf("%d of %d mistakes have a hint, at least %d", hinted, len(mistakes), leastHinted)
	}
	t.Logf("%d mistakes, %d with a hint", len(mistakes), hinted)
	if *update {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := os.ReadFile(page); err != nil || string(got) != b.String() {
		t.Errorf("%s is stale: make generate (%v)", page, err)
	}
}

func written(m mistake) string {
	switch {
	case m.new == "" && m.old == "":
		return "(no such file)"
	case m.new == "":
		return "(left out) " + m.old
	}
	return m.new
}

// cell writes a text into a cell of a table.
func cell(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	if r := []rune(text); len(r) > 100 {
		text = string(r[:97]) + "..."
	}
	return strings.NewReplacer("|", "\\|", "\n", " ⏎ ", "\t", "(tab)", "<", "&lt;").Replace(strings.ToValidUTF8(text, "?"))
}
