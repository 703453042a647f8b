package loadtest

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// Edit returns files with one thing changed: in file, old becomes new once. An
// empty old makes new the whole file; when both are empty the file is left
// out. It fails the test when old is not in the file.
func Edit(t testing.TB, files fs.FS, file, old, new string) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		out[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case old == "" && new == "":
		delete(out, file)
	case old == "":
		out[file] = &fstest.MapFile{Data: []byte(new)}
	case out[file] == nil || !strings.Contains(string(out[file].Data), old):
		t.Fatalf("%q is not in %s", old, file)
	default:
		out[file].Data = []byte(strings.Replace(string(out[file].Data), old, new, 1))
	}
	return out
}
