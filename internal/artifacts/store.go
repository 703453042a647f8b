package artifacts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// Store is a folder of bundles. It is safe for concurrent reading.
type Store struct {
	dir     string
	plain   bool // used in place, not filled by Import
	bundles map[string][]*Manifest
	catalog Catalog
	files   fs.FS
}

const (
	manifestDir = "manifests"
	blobDir     = "blobs"
	catalogFile = "catalog.json"
)

// Open opens the store in a folder. A folder that is not there is an empty
// store; one that cannot be read is an error.
func Open(dir string) (*Store, error) {
	s := &Store{dir: dir, bundles: map[string][]*Manifest{}, files: os.DirFS(dir)}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("artifacts: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() == manifestDir {
			return s, s.readManifests()
		}
	}
	s.plain = len(entries) > 0
	return s, s.readFolder(entries)
}

// Plain reports whether the folder is used in place: nothing in it is pinned.
func (s *Store) Plain() bool { return s.plain }

// Dir returns the folder of the store.
func (s *Store) Dir() string { return s.dir }

func (s *Store) readManifests() error {
	found, err := fs.Glob(s.files, manifestDir+"/*.json")
	if err != nil {
		return err
	}
	for _, name := range found {
		m, err := s.readManifest(name)
		if err != nil {
			return diag.Problemf(diag.Pos{File: filepath.Join(s.dir, name)}, RuleManifest, "%v", err)
		}
		s.bundles[m.ID] = append(s.bundles[m.ID], m)
	}
	for _, list := range s.bundles {
		slices.SortFunc(list, newest)
	}
	src, err := fs.ReadFile(s.files, catalogFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(src, &s.catalog)
	}
	if err != nil {
		return diag.Problemf(diag.Pos{File: filepath.Join(s.dir, catalogFile)}, RuleCatalog, "%v", err)
	}
	return nil
}

func (s *Store) readManifest(name string) (*Manifest, error) {
	src, err := fs.ReadFile(s.files, name)
	if err != nil {
		return nil, err
	}
	m := &Manifest{}
	if err := json.Unmarshal(src, m); err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	if got := digest(m.Files); got != m.Digest {
		return nil, fmt.Errorf("digest is %s, the files give %s", m.Digest, got)
	}
	return m, nil
}

// newest puts the manifest first that began to apply last; equal ones by version.
func newest(a, b *Manifest) int {
	if c := strings.Compare(b.ValidFrom, a.ValidFrom); c != 0 {
		return c
	}
	if c := strings.Compare(b.Version, a.Version); c != 0 {
		return c
	}
	return strings.Compare(a.Digest, b.Digest)
}

// readFolder takes each folder of a plain store as a bundle.
func (s *Store) readFolder(entries []os.DirEntry) error {
	for _, e := range entries {
		if !e.IsDir() || !validID(e.Name()) {
			continue
		}
		m := &Manifest{ID: e.Name()}
		if text, err := fs.ReadFile(s.files, e.Name()+"/SOURCE.md"); err == nil {
			m.sourceTable(string(text))
		}
		s.bundles[m.ID] = []*Manifest{m}
	}
	src, err := fs.ReadFile(s.files, "catalog.xml")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		s.catalog, err = ReadCatalog(src, ".")
	}
	if err != nil {
		return diag.Problemf(diag.Pos{File: filepath.Join(s.dir, "catalog.xml")}, RuleCatalog, "%v", err)
	}
	return nil
}

// Bundles lists all versions of all bundles, by id, the newest first. Those of
// a plain folder have no digest and no list of files.
func (s *Store) Bundles() []*Manifest {
	var out []*Manifest
	for _, list := range s.bundles {
		out = append(out, list...)
	}
	slices.SortStableFunc(out, func(a, b *Manifest) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Addresses lists the absolute addresses that the catalog maps, "*" at the end of a prefix.
func (s *Store) Addresses() []string { return s.catalog.addresses() }

func (s *Store) blob(sha string) string { return blobDir + "/" + sha[:2] + "/" + sha }
