package overlay

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

func TestNew(t *testing.T) {
	t.Parallel()
	base := fstest.MapFS{"a/x": {Data: []byte("x")}, "a/y": {Data: []byte("y")}}
	over := New(base, "a/x", []byte("other"))
	for name, want := range map[string]string{"a/x": "other", "a/y": "y"} {
		if got, err := fs.ReadFile(over, name); err != nil || string(got) != want {
			t.Errorf("%s: want %q, got %q, %v", name, want, got, err)
		}
	}
	if i, err := fs.Stat(over, "a/x"); err != nil || i.Size() != 5 || i.Name() != "x" || i.IsDir() {
		t.Errorf("%v, %v", i, err)
	}
	if _, err := fs.ReadFile(over, "a/z"); err == nil {
		t.Error("a file that is not there is read")
	}
}

func TestLayered(t *testing.T) {
	t.Parallel()
	base := fstest.MapFS{"a/x": {Data: []byte("x")}, "b/y": {Data: []byte("y")}}
	over := Layered(base, map[string][]byte{"a/x": []byte("other"), "a/new": []byte("n"), "c/deep/z": []byte("z"), "top": nil})
	for dir, want := range map[string]string{".": "a/ b/ c/ top ", "a": "new x ", "b": "y ", "c": "deep/ ", "c/deep": "z "} {
		entries, err := fs.ReadDir(over, dir)
		got := ""
		for _, e := range entries {
			if got += e.Name(); e.IsDir() {
				got += "/"
			}
			got += " "
		}
		if err != nil || got != want {
			t.Errorf("%s: got %q, want %q, %v", dir, got, want, err)
		}
	}
	if _, err := fs.ReadDir(over, "nowhere"); err == nil {
		t.Error("a folder that is not there is listed")
	}
	if b, err := fs.ReadFile(over, "a/x"); err != nil || string(b) != "other" {
		t.Errorf("%q, %v", b, err)
	}
}
