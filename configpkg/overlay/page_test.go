package overlay

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/loadtest"
)

// The overlay of docs/overlays.md is one, and every operation and rule stands on
// the page.
func TestPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/overlays.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	text, _, found := strings.Cut(rest, "```")
	b := os.DirFS("../../cmd/fiscus/testdata/slip")
	digest, err := load.DigestOf(b)
	if err != nil || !found {
		t.Fatal(err, found)
	}
	own := fstest.MapFS{File: &fstest.MapFile{Data: []byte(strings.Replace(text, "digest: BASE", "digest: "+digest, 1))}}
	f, err := Open(own, Options{Today: today, Base: func(string, string) (fs.FS, error) { return b, nil }})
	if err != nil {
		t.Fatal(listed(err))
	}
	if p, problems := load.Load(f, loadtest.Registry(), nil); p == nil || len(f.Warnings) > 0 || len(f.Overlay().Changes) < 8 {
		t.Error(problems, f.Warnings)
	}
	for _, word := range append(Operations(), RuleFile, RuleSeverity, RuleClause, RuleDefault, RuleEndpoint, RuleMapping, RuleWaiver, RuleRefused) {
		if !strings.Contains(string(page), word) {
			t.Errorf("the page does not tell of %s", word)
		}
	}
}
