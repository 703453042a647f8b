// Package overlay gives one file of a file system another content. Begin with New.
package overlay

import (
	"bytes"
	"io/fs"
	"path"
	"time"
)

// overlay is a file system in which one file has another content.
type overlay struct {
	fs.FS
	name string
	data []byte
}

// New returns files with data as the content of the file name.
func New(files fs.FS, name string, data []byte) fs.FS { return overlay{files, name, data} }

// Open opens a file.
func (o overlay) Open(name string) (fs.File, error) {
	if name != o.name {
		return o.FS.Open(name)
	}
	return &memFile{Reader: bytes.NewReader(o.data), name: path.Base(name), size: int64(len(o.data))}, nil
}

type memFile struct {
	*bytes.Reader
	name string
	size int64
}

// Stat describes the file; with the methods below it is its own description.
func (f *memFile) Stat() (fs.FileInfo, error) { return f, nil }

// Close does nothing.
func (f *memFile) Close() error { return nil }

// Name returns the name of the file.
func (f *memFile) Name() string { return f.name }

// Size returns the length in bytes.
func (f *memFile) Size() int64 { return f.size }

// Mode says that it is a file that is read.
func (f *memFile) Mode() fs.FileMode { return 0o444 }

// ModTime is not known.
func (f *memFile) ModTime() time.Time { return time.Time{} }

// IsDir returns false.
func (f *memFile) IsDir() bool { return false }

// Sys returns nil.
func (f *memFile) Sys() any { return nil }
