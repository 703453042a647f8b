package load

import (
	"flag"
	"fmt"
	"github.com/fiscus-project/fiscus/configpkg/loadtest"
	"os"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/packages"
)

var update = flag.Bool("update", false, "rewrite golden files")

func show(problems diag.List) string {
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&b, "%v\n    hint: %s\n", p, p.Hint)
	}
	return b.String()
}

// The shipped packages load without a problem.
func TestShippedPackages(t *testing.T) {
	t.Parallel()
	for _, id := range packages.List() {
		files, err := packages.Package(id)
		if err != nil {
			t.Fatal(err)
		}
		b, problems := LoadAll(files, loadtest.Registry(), nil)
		if b == nil || len(problems) > 0 {
			t.Errorf("%s:\n%s", id, show(problems))
		}
	}
}

// The examples of the language use constructs that are not built yet and name
// files that are not among them. Nothing else may be wrong with them: the
// golden file lists every problem, with the reasons in its head.
func TestExamplesGolden(t *testing.T) {
	t.Parallel()
	root := sharedtest.Path(t, "notes", "language-examples")
	dirs, err := os.ReadDir(root)
	if err != nil || len(dirs) != 8 {
		t.Fatalf("%d examples, %v", len(dirs), err)
	}
	var got strings.Builder
	for _, d := range dirs {
		_, problems := LoadAll(os.DirFS(root+"/"+d.Name()), loadtest.Registry(), nil)
		for _, p := range problems {
			fmt.Fprintf(&got, "%s/%v\n", d.Name(), p)
		}
	}
	golden(t, "testdata/examples.txt", got.String())
}

// golden compares got with a file, whose first lines may be comments.
func golden(t *testing.T, file, got string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	head, want := "", string(data)
	for strings.HasSuffix(file, ".txt") && strings.HasPrefix(want, "#") {
		line, rest, _ := strings.Cut(want, "\n")
		head, want = head+line+"\n", rest
	}
	if *update {
		if err := os.WriteFile(file, []byte(head+got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != got {
		t.Errorf("%s: run with -update and look at the difference\n%s", file, difference(want, got))
	}
}

func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	var b strings.Builder
	for _, line := range w {
		if !strings.Contains(got, line) {
			b.WriteString("- " + line + "\n")
		}
	}
	for _, line := range g {
		if !strings.Contains(want, line) {
			b.WriteString("+ " + line + "\n")
		}
	}
	return b.String()
}
