package fix

import (
	"bytes"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/loadtest"
	"github.com/fiscus-project/fiscus/internal/overlay"
	"github.com/fiscus-project/fiscus/packages"
)

// Each mend is one place; every other byte stays, and a second run finds nothing.
func TestFix(t *testing.T) {
	t.Parallel()
	base := os.DirFS("../load/testdata/base")
	for name, c := range map[string]struct{ file, old, bad, want string }{
		"action misspelt":    {"flows/issue.yaml", "action: number.next", "action: number.nxt   # draws", "action: number.next   # draws"},
		"key misspelt":       {"rules/core.yaml", "    assert: line.netAmount", "    asert: line.netAmount", ""},
		"function misspelt":  {"rules/core.yaml", "=round(line", "=rond(line", ""},
		"word misspelt":      {"package.yaml", "default: fast", "default: fats", ""},
		"formula unquoted":   {"rules/core.yaml", "{exact: '=round(line.quantity * line.price, 2)'}", "{exact: =round(line.quantity * line.price, 2)}", ""},
		"let read by nobody": {"rules/core.yaml", "  net: =sum", "  # kept\n  gross: =1 + 1   # gone\n  net: =sum", "  # kept\n  net: =sum"},
		"constant unread":    {"package.yaml", "const:\n", "const:\n  more: |\n    =1\n    + 1\n", "const:\n"},
		"parameter unread":   {"package.yaml", "parameters:\n", "parameters:\n  - {name: spare, type: string}\n", "parameters:\n"},
		"two at once":        {"rules/core.yaml", "assert: net >= 0, fatal: false", "assert: nett >= 0, fatl: false", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broken := loadtest.Edit(t, base, c.file, c.old, c.bad)
			if c.want == "" {
				c.want = c.old
			}
			want, _ := fs.ReadFile(loadtest.Edit(t, base, c.file, c.old, c.want), c.file)
			changed, done := Fix(broken, loadtest.Registry(), nil)
			if len(changed) != 1 || !bytes.Equal(changed[c.file], want) {
				t.Fatalf("mended %v\nwant\n%s\ngot\n%s", done, want, changed[c.file])
			}
			if more, again := Fix(overlay.New(broken, c.file, changed[c.file]), loadtest.Registry(), nil); len(more)+len(again) > 0 {
				t.Errorf("a second run changes %v", again)
			}
		})
	}
}

// What may be meant in several ways, and what would bring another problem, stays.
func TestWhatIsNotMended(t *testing.T) {
	t.Parallel()
	base := os.DirFS("../load/testdata/base")
	for name, c := range map[string]struct{ file, old, bad string }{
		"nothing near":         {"flows/issue.yaml", "action: number.next", "action: something.else"},
		"only entry of a map":  {"flows/cancel.yaml", "let: {", "let: {spare: 1, "},
		"send without unknown": {"flows/cancel.yaml", "    handle: {unknown: park}\n", ""},
	} {
		fsys := base
		if data, _ := fs.ReadFile(base, c.file); !strings.Contains(string(data), c.old) {
			continue
		}
		changed, done := Fix(loadtest.Edit(t, fsys, c.file, c.old, c.bad), loadtest.Registry(), nil)
		if len(changed)+len(done) > 0 {
			t.Errorf("%s: mended %v", name, done)
		}
	}
}

// There is nothing to mend in what ships.
func TestShippedPackagesStay(t *testing.T) {
	t.Parallel()
	files, err := packages.Package("br/nfe")
	if err != nil {
		t.Fatal(err)
	}
	if changed, done := Fix(files, loadtest.Registry(), nil); len(changed) > 0 {
		t.Errorf("mended %v", done)
	}
}
