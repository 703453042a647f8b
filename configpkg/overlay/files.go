package overlay

import (
	"bytes"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"time"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Files are the files of a package that an overlay makes: those of the base
// without its tests, those of the overlay, and those that were changed. It is
// read-only.
type Files struct {
	Warnings diag.List // of the changes

	overlay *Overlay
	digest  string
	nodes   map[string][]*yml.Node
	from    map[string]fs.FS  // file by file
	made    map[string][]byte // files that were changed
	folders map[string][]fs.DirEntry
}

var _ load.Derived = (*Files)(nil)

func newFiles(x *Overlay, own fs.FS, ownNames []string, base fs.FS, t *tree) (*Files, error) {
	f := &Files{overlay: x, nodes: map[string][]*yml.Node{}, from: map[string]fs.FS{}, made: map[string][]byte{}, folders: map[string][]fs.DirEntry{}}
	names, err := load.Files(base)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if t.in(name, "test") == nil {
			f.from[name] = base
		}
	}
	for _, name := range ownNames {
		f.from[name] = own
	}
	for name := range t.changed {
		if docs := t.docs[name]; docs != nil {
			f.nodes[name], f.made[name] = docs, yml.Emit(docs)
		} else {
			f.made[name] = []byte(t.csv[name])
		}
	}
	if f.digest, err = load.Digest(own, append(slices.Clone(ownNames), File)); err != nil {
		return nil, err
	}
	f.list()
	return f, nil
}

// list makes the folders.
func (f *Files) list() {
	folders := map[string]map[string]fs.DirEntry{".": {}}
	for name := range f.from {
		entry := fs.FileInfoToDirEntry(f.info(name))
		for dir := path.Dir(name); ; dir = path.Dir(dir) {
			if folders[dir] == nil {
				folders[dir] = map[string]fs.DirEntry{}
			}
			folders[dir][entry.Name()] = entry
			if dir == "." {
				break
			}
			entry = fs.FileInfoToDirEntry(&node{name: path.Base(dir), dir: true})
		}
	}
	for dir, all := range folders {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			f.folders[dir] = append(f.folders[dir], all[name])
		}
	}
}

func (f *Files) info(name string) fs.FileInfo {
	if data, ok := f.made[name]; ok {
		return &node{name: path.Base(name), size: int64(len(data))}
	}
	if info, err := fs.Stat(f.from[name], name); err == nil {
		return info
	}
	return &node{name: path.Base(name)} // reading it says what is wrong
}

// Digest covers overlay.yaml, which names the digest of the base, and the
// overlay's own files.
func (f *Files) Digest() string { return f.digest }

// Base names the base.
func (f *Files) Base() engine.Base { return f.overlay.Base }

// Overlay returns what the overlay says.
func (f *Files) Overlay() *Overlay { return f.overlay }

// Nodes returns the documents of a file that was changed.
func (f *Files) Nodes(file string) []*yml.Node { return f.nodes[file] }

// Open opens a file or folder.
func (f *Files) Open(name string) (fs.File, error) {
	if entries, ok := f.folders[name]; ok {
		return &folder{node{name: path.Base(name), dir: true}, entries}, nil
	}
	if data, ok := f.made[name]; ok {
		return &file{node{name: path.Base(name), size: int64(len(data))}, bytes.NewReader(data)}, nil
	}
	if from := f.from[name]; from != nil {
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
