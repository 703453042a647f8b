package overlay

import (
	"bytes"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"time"
)

// Tree is a file system put together file by file: some are taken from other
// file systems, some are in memory. It is read-only and safe for concurrent use.
type Tree struct {
	from    map[string]fs.FS
	made    map[string][]byte
	folders map[string][]fs.DirEntry
}

// NewTree puts files together: from says for each name where it is taken, made
// has those in memory, which win.
func NewTree(from map[string]fs.FS, made map[string][]byte) *Tree {
	t := &Tree{from: from, made: made, folders: map[string][]fs.DirEntry{}}
	folders := map[string]map[string]fs.DirEntry{".": {}}
	for name := range maps.Keys(from) {
		t.file(folders, name)
	}
	for name := range maps.Keys(made) {
		t.file(folders, name)
	}
	for dir, all := range folders {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			t.folders[dir] = append(t.folders[dir], all[name])
		}
	}
	return t
}

// file enters a file into its folders.
func (t *Tree) file(folders map[string]map[string]fs.DirEntry, name string) {
	entry := fs.FileInfoToDirEntry(t.info(name))
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		if folders[dir] == nil {
			folders[dir] = map[string]fs.DirEntry{}
		}
		folders[dir][entry.Name()] = entry
		if dir == "." {
			return
		}
		entry = fs.FileInfoToDirEntry(&node{name: path.Base(dir), dir: true})
	}
}

func (t *Tree) info(name string) fs.FileInfo {
	if data, ok := t.made[name]; ok {
		return &node{name: path.Base(name), size: int64(len(data))}
	}
	if info, err := fs.Stat(t.from[name], name); err == nil {
		return info
	}
	return &node{name: path.Base(name)} // reading it says what is wrong
}

// Open opens a file or folder.
func (t *Tree) Open(name string) (fs.File, error) {
	if entries, ok := t.folders[name]; ok {
		return &folder{node{name: path.Base(name), dir: true}, entries}, nil
	}
	if data, ok := t.made[name]; ok {
		return inMemory(name, data), nil
	}
	if from := t.from[name]; from != nil {
		return from.Open(name)
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

type node struct {
	name string
	size int64
	dir  bool
}

// Name returns the name of the file.
func (n *node) Name() string { return n.name }

// Size returns its length in bytes.
func (n *node) Size() int64 { return n.size }

// Mode says that it is read.
func (n *node) Mode() fs.FileMode {
	if n.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

// ModTime is not known.
func (n *node) ModTime() time.Time { return time.Time{} }

// IsDir reports whether it is a folder.
func (n *node) IsDir() bool { return n.dir }

// Sys returns nil.
func (n *node) Sys() any { return nil }

// Stat describes it.
func (n *node) Stat() (fs.FileInfo, error) { return n, nil }

// Close does nothing.
func (n *node) Close() error { return nil }

type file struct {
	node
	*bytes.Reader
}

// Size returns its length in bytes.
func (f *file) Size() int64 { return f.node.size }

type folder struct {
	node
	left []fs.DirEntry
}

// Read fails: a folder has no bytes.
func (d *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: fs.ErrInvalid}
}

// ReadDir returns what is in the folder, n at a time.
func (d *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		out := d.left
		d.left = nil
		return out, nil
	}
	if len(d.left) == 0 {
		return nil, io.EOF
	}
	out := d.left[:min(n, len(d.left))]
	d.left = d.left[len(out):]
	return out, nil
}
