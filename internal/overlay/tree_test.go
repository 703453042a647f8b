package overlay

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

// A tree is a file system, and what is in memory wins.
func TestTree(t *testing.T) {
	t.Parallel()
	a := fstest.MapFS{"a": {Data: []byte("1"), Mode: 0o444}, "x/b": {Data: []byte("22"), Mode: 0o444}}
	tree := NewTree(map[string]fs.FS{"a": a, "x/b": a}, map[string][]byte{"a": []byte("333"), "x/y/c": []byte("4444")})
	if err := fstest.TestFS(tree, "a", "x/b", "x/y/c"); err != nil {
		t.Error(err)
	}
	if data, err := fs.ReadFile(tree, "a"); err != nil || string(data) != "333" {
		t.Errorf("%s %v", data, err)
	}
}
