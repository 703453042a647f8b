// Package overlay puts file systems together out of others and of files in
// memory: a package with one change, with further tests, with another base.
//
// Begin with New for one changed file, Layered for several, NewTree for a
// folder put together file by file. All of them are read-only.
package overlay

import (
	"bytes"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// New returns files in which one file has other content.
func New(files fs.FS, name string, data []byte) fs.FS {
	return Layered(files, map[string][]byte{name: data})
}

// Layered returns files with further ones, which win over those of their name.
func Layered(files fs.FS, more map[string][]byte) fs.FS { return &layered{files, more} }

type layered struct {
	fs.FS
	more map[string][]byte
}

// Open opens a file or folder.
func (l *layered) Open(name string) (fs.File, error) {
	if data, ok := l.more[name]; ok {
		return inMemory(name, data), nil
	}
	return l.FS.Open(name)
}

// ReadDir lists a folder with what was added to it.
func (l *layered) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(l.FS, name)
	seen := map[string]bool{}
	for _, e := range entries {
		seen[e.Name()] = true
	}
	before := ""
	if name != "." {
		before = name + "/"
	}
	for _, file := range slices.Sorted(maps.Keys(l.more)) {
		rest, in := strings.CutPrefix(file, before)
		if !in {
			continue
		}
		first, _, deeper := strings.Cut(rest, "/")
		if seen[first] {
			continue
		}
		seen[first] = true
		info := &node{name: first, size: int64(len(l.more[file])), dir: deeper}
		entries, err = append(entries, fs.FileInfoToDirEntry(info)), nil
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

func inMemory(name string, data []byte) fs.File {
	return &file{node{name: path.Base(name), size: int64(len(data))}, bytes.NewReader(data)}
}
