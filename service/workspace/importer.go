package workspace

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
)

// Importer finds the packages that others import, where packages are found
// that deployments name: packages/ of the data folder, then those shipped.
type Importer struct {
	Data    fs.FS // data folder; nil: none
	Shipped fs.FS // nil: none
	// Verify judges a package by the release record beside it, as in Options.
	Verify func(parent fs.FS, dir string) (*life.Record, error)
}

// Import returns the files of the newest package of that id in the range; of
// the same version the one in the data folder. A package whose files are not
// those of its release record is an error.
func (i Importer) Import(id, versions string) (fs.FS, error) {
	var best fs.FS
	var newest string
	var others []string
	for _, c := range i.candidates(id) {
		files, err := fs.Sub(c.parent, c.dir)
		if err != nil {
			return nil, err
		}
		version, err := load.VersionOf(files)
		switch {
		case err != nil:
			continue // no package stands there
		case !load.InRange(version, versions):
			others = append(others, version)
			continue
		case best != nil && engine.CompareVersions(version, newest) <= 0:
			continue
		}
		if i.Verify != nil {
			if _, err := i.Verify(c.parent, c.dir); err != nil {
				return nil, err
			}
		}
		best, newest = files, version
	}
	switch {
	case best != nil:
		return best, nil
	case len(others) > 0:
		return nil, fmt.Errorf("there is version %s", strings.Join(others, ", "))
	}
	return nil, fmt.Errorf("package %s is not there", id)
}

type candidate struct {
	parent fs.FS
	dir    string
}

// candidates returns the folders in which a package may stand.
func (i Importer) candidates(id string) (all []candidate) {
	if i.Data != nil {
		if entries, err := fs.ReadDir(i.Data, path.Join(Packages, path.Dir(id))); err == nil {
			for _, e := range entries {
				if e.IsDir() && strings.HasPrefix(e.Name(), path.Base(id)+"@") {
					all = append(all, candidate{i.Data, path.Join(Packages, path.Dir(id), e.Name())})
				}
			}
		}
		all = append(all, candidate{i.Data, path.Join(Packages, id)})
	}
	if i.Shipped != nil {
		all = append(all, candidate{i.Shipped, id})
	}
	return all
}
