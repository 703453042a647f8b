package yml

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

// Every file of the language's examples is read without a finding.
func TestExamplesAreRead(t *testing.T) {
	t.Parallel()
	files := os.DirFS(sharedtest.Path(t, "notes", "language-examples"))
	n := 0
	err := fs.WalkDir(files, ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		data, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		n++
		docs, problems := Parse(path, data)
		if len(docs) == 0 || len(problems) > 0 {
			t.Errorf("%s: %v", path, problems)
		}
		return nil
	})
	if err != nil || n < 70 {
		t.Fatalf("%d files, %v", n, err)
	}
}
