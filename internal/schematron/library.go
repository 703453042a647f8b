package schematron

import (
	"errors"
	"io/fs"
	"path"
	"sync"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// library opens the documents that rules read with document(): files of the
// bundle, each parsed once.
type library struct {
	files fs.FS
	base  string
	names *xmltree.Names
	mu    sync.Mutex
	docs  map[string]*xmltree.Document
}

func newLibrary(files fs.FS, base string, names *xmltree.Names) *library {
	return &library{files: files, base: base, names: names, docs: map[string]*xmltree.Document{}}
}

var errNoBundle = errors.New("the rule set has no bundle of files")

func (l *library) open(uri string) (*xmltree.Document, error) {
	if l.files == nil {
		return nil, errNoBundle
	}
	name := path.Join(l.base, uri)
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: uri, Err: fs.ErrInvalid}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if d := l.docs[name]; d != nil {
		return d, nil
	}
	b, err := fs.ReadFile(l.files, name)
	if err != nil {
		return nil, err
	}
	d, err := xmltree.Parse(b, xmltree.Options{Names: l.names, File: name})
	if err != nil {
		return nil, err
	}
	l.docs[name] = d
	return d, nil
}
