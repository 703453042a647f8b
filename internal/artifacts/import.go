package artifacts

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// limits of one import
const (
	maxFiles = 100_000
	maxFile  = 512 << 20
	maxTotal = 4 << 30
)

// Progress is told how far an import is.
type Progress func(done, total int)

// ImportZip imports a ZIP archive, see Import.
func (s *Store) ImportZip(archive []byte, like Manifest, progress Progress) ([]*Manifest, error) {
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, diag.Problemf(diag.Pos{}, RuleImport, "archive: %v", err)
	}
	return s.Import(single(z), like, progress)
}

// single goes into the only folder of an archive.
func single(tree fs.FS) fs.FS {
	entries, err := fs.ReadDir(tree, ".")
	if err != nil || len(entries) != 1 || !entries[0].IsDir() {
		return tree
	}
	sub, err := fs.Sub(tree, entries[0].Name())
	if err != nil {
		return tree
	}
	return sub
}

// Import copies the files of a tree into the store. With an id in like, the tree
// is one bundle with this description; without, each of its folders is a bundle
// named after the folder and described by its SOURCE.md. A catalog.xml at the
// top adds to the catalog. What is stored already is not stored again; nothing
// stored is ever changed.
func (s *Store) Import(tree fs.FS, like Manifest, progress Progress) ([]*Manifest, error) {
	if s.plain {
		return nil, diag.Problemf(diag.Pos{File: s.dir}, RuleImport, "the folder is a plain collection, not a store").
			WithHint("name an empty folder with --artifacts or FISCUS_ARTIFACTS")
	}
	im := &importer{s: s, tree: tree, progress: progress}
	plans, err := im.plans(like)
	if err != nil {
		return nil, err
	}
	var out []*Manifest
	for _, p := range plans {
		m, err := im.bundle(p)
		if err != nil {
			return out, err
		}
		out = append(out, m)
	}
	return out, im.takeCatalog(like.ID)
}

type importer struct {
	s           *Store
	tree        fs.FS
	progress    Progress
	done, total int
	bytes       int64
}

// plan is a bundle to be: its description and where its files are.
type plan struct {
	m     Manifest
	under string
	paths []string
}

func (im *importer) plans(like Manifest) ([]plan, error) {
	var plans []plan
	if like.ID != "" {
		if err := like.check(); err != nil {
			return nil, diag.Problemf(diag.Pos{}, RuleImport, "%v", err)
		}
		plans = []plan{{m: like, under: "."}}
	} else {
		entries, err := fs.ReadDir(im.tree, ".")
		if err != nil {
			return nil, diag.Problemf(diag.Pos{}, RuleImport, "%v", err)
		}
		for _, e := range entries {
			if e.IsDir() && validID(e.Name()) {
				m := like
				m.ID = e.Name()
				plans = append(plans, plan{m: m, under: e.Name()})
			}
		}
	}
	for i := range plans {
		if err := im.collect(&plans[i]); err != nil {
			return nil, err
		}
	}
	if im.total == 0 {
		return nil, diag.Problemf(diag.Pos{}, RuleImport, "nothing to import: no folder with files").
			WithHint("name a bundle with --id to import a folder of files")
	}
	return plans, nil
}

// collect lists the files of a plan.
func (im *importer) collect(p *plan) error {
	return fs.WalkDir(im.tree, p.under, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return diag.Problemf(diag.Pos{File: name}, RuleImport, "%v", err)
		}
		if base := path.Base(name); strings.HasPrefix(base, ".") && base != "." {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		if im.total++; im.total > maxFiles {
			return diag.Problemf(diag.Pos{File: name}, RuleImport, "more than %d files", maxFiles)
		}
		p.paths = append(p.paths, name)
		return nil
	})
}

// bundle stores the files of a plan, then its manifest.
func (im *importer) bundle(p plan) (*Manifest, error) {
	m := p.m
	for _, name := range p.paths {
		data, err := im.read(name)
		if err != nil {
			return nil, err
		}
		rel := name
		if p.under != "." {
			rel = strings.TrimPrefix(name, p.under+"/")
		}
		if rel == "SOURCE.md" && m.Source == "" && m.Version == "" && m.Licence == "" {
			m.sourceTable(string(data))
		}
		sha := sum(data)
		if err := im.s.keep(im.s.blob(sha), data); err != nil {
			return nil, err
		}
		m.Files = append(m.Files, File{rel, sha, int64(len(data))})
		if im.done++; im.progress != nil {
			im.progress(im.done, im.total)
		}
	}
	m.Digest = digest(m.Files)
	if err := m.check(); err != nil {
		return nil, diag.Problemf(diag.Pos{}, RuleImport, "%v", err)
	}
	return im.s.addManifest(&m)
}

func (im *importer) read(name string) ([]byte, error) {
	f, err := im.tree.Open(name)
	if err != nil {
		return nil, diag.Problemf(diag.Pos{File: name}, RuleImport, "%v", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, diag.Problemf(diag.Pos{File: name}, RuleImport, "%v", err)
	}
	if im.bytes += int64(len(data)); len(data) > maxFile || im.bytes > maxTotal {
		return nil, diag.Problemf(diag.Pos{File: name}, RuleImport, "more than %d bytes in a file or %d in all", maxFile, int64(maxTotal))
	}
	return data, nil
}

// addManifest stores a manifest under a name that its digest fixes.
func (s *Store) addManifest(m *Manifest) (*Manifest, error) {
	for _, known := range s.bundles[m.ID] {
		if known.Digest == m.Digest {
			return known, nil
		}
	}
	src, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	name := strings.ReplaceAll(m.ID, "/", "_") + "@" + sum([]byte(m.Digest))[:16] + ".json"
	if err := s.keep(manifestDir+"/"+name, append(src, '\n')); err != nil {
		return nil, err
	}
	s.bundles[m.ID] = append(s.bundles[m.ID], m)
	return m, nil
}

// takeCatalog adds the catalog of the tree to that of the store.
func (im *importer) takeCatalog(bundle string) error {
	src, err := fs.ReadFile(im.tree, "catalog.xml")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return diag.Problemf(diag.Pos{File: "catalog.xml"}, RuleCatalog, "%v", err)
	}
	base := "."
	if bundle != "" {
		base = bundle
	}
	c, err := ReadCatalog(src, base)
	if err != nil {
		return diag.Problemf(diag.Pos{File: "catalog.xml"}, RuleCatalog, "%v", err)
	}
	im.s.catalog.merge(c)
	out, err := json.MarshalIndent(im.s.catalog, "", "  ")
	if err != nil {
		return err
	}
	return im.s.replace(catalogFile, append(out, '\n'))
}

// keep stores a file that never changes; one that is there stays.
func (s *Store) keep(name string, data []byte) error {
	if _, err := fs.Stat(s.files, name); err == nil {
		return nil
	}
	return s.replace(name, data)
}

// replace writes a file whole or not at all.
func (s *Store) replace(name string, data []byte) error {
	full := filepath.Join(s.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return fmt.Errorf("artifacts: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(full), ".new-*")
	if err != nil {
		return fmt.Errorf("artifacts: %w", err)
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), full)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("artifacts: %w", err)
	}
	return nil
}
