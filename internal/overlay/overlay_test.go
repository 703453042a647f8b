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
