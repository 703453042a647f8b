package workspace

import (
	"io/fs"
	"path"

	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/configpkg/overlay"
	"github.com/fiscus-project/fiscus/internal/civil"
)

// Shelf says where packages stand, and by what they are judged.
type Shelf struct {
	Data, Shipped fs.FS
	Verify        func(parent fs.FS, dir string) (*life.Record, error) // nil: nothing is judged
	Today         civil.Date                                           // waivers of overlays count up to their day
}

// Files returns the files of the package in a folder, once it was judged. An
// overlay is put over its base, which is judged too.
func (s Shelf) Files(parent fs.FS, dir string) (fs.FS, error) {
	files, err := fs.Sub(parent, dir)
	if err == nil && s.Verify != nil {
		_, err = s.Verify(parent, dir)
	}
	if err != nil || !overlay.Is(files) {
		return files, err
	}
	made, err := overlay.Open(files, overlay.Options{Today: s.Today, Base: s.Base})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// Base returns the files of a package that an overlay stands over.
func (s Shelf) Base(id, version string) (fs.FS, error) {
	parent, dir, _, err := Place(s.Data, s.Shipped, id, version)
	if err != nil {
		return nil, err
	}
	if s.Verify != nil {
		if _, err := s.Verify(parent, dir); err != nil {
			return nil, err
		}
	}
	return fs.Sub(parent, dir)
}

// isPackage reports whether a folder is one of a package or overlay.
func isPackage(files fs.FS, dir string) bool {
	for _, name := range []string{"package.yaml", overlay.File} {
		if _, err := fs.Stat(files, path.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}
