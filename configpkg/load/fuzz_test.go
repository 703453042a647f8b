package load

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/configpkg/loadtest"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

// FuzzLoad puts any text in the place of one file of a package: it loads, or
// it is refused with a problem that has a rule and a file.
func FuzzLoad(f *testing.F) {
	base := fstest.MapFS{}
	var names []string
	err := fs.WalkDir(os.DirFS("testdata/base"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(os.DirFS("testdata/base"), name)
		base[name] = &fstest.MapFile{Data: data}
		names = append(names, name)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	slices.Sort(names)
	for i, name := range names {
		f.Add(uint8(i), base[name].Data)
	}
	registry := loadtest.Registry()
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		files := fstest.MapFS{}
		for name, file := range base {
			files[name] = file
		}
		files[names[int(which)%len(names)]] = &fstest.MapFile{Data: data}
		b, problems := LoadAll(files, registry, nil)
		if b == nil && !problems.Grave() {
			t.Fatal("refused without a problem")
		}
		for _, p := range problems {
			if p.Rule == "" || p.Message == "" || p.Pos.File == "" {
				t.Fatalf("%+v", p)
			}
		}
	})
}

// Whatever stands behind a key, the loader takes or refuses it. Each line of
// the package is left out, loses its value, or gets one of another kind; one
// edit in 29 is tried unless FISCUS_FULL=1.
func TestEveryLineMayBeWrong(t *testing.T) {
	t.Parallel()
	base, registry, n := os.DirFS("testdata/base"), loadtest.Registry(), 0
	err := fs.WalkDir(base, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".yaml") {
			return err
		}
		data, err := fs.ReadFile(base, name)
		lines := strings.Split(string(data), "\n")
		for i, line := range lines {
			for _, to := range wrong(line) {
				if n++; n%29 != 0 && !sharedtest.Full() {
					continue
				}
				edited := slices.Clone(lines)
				edited[i] = to
				files := loadtest.Edit(t, base, name, "", strings.Join(edited, "\n"))
				if b, problems := LoadAll(files, registry, nil); b == nil && !problems.Grave() {
					t.Errorf("%s:%d: %s: refused without a problem", name, i+1, to)
				}
			}
		}
		return err
	})
	if err != nil || n < 1000 {
		t.Fatalf("%d edits, %v", n, err)
	}
}

// wrong returns edits of a line.
func wrong(line string) []string {
	edits := []string{""}
	key, _, ok := strings.Cut(line, ": ")
	if !ok {
		return edits
	}
	for _, value := range []string{"", "[]", "{}", "x", "=1", "[x, {a: b}]", "{a: [b]}", `""`} {
		edits = append(edits, key+": "+value)
		if open, rest, inside := strings.Cut(line, "{"); inside && !strings.Contains(open, ": =") {
			first, _, _ := strings.Cut(rest, ":")
			_, others, more := strings.Cut(rest, ", ")
			if more {
				edits = append(edits, open+"{"+first+": "+value+", "+others)
			}
		}
	}
	return edits
}
