package artifacts

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// Choice says which version of the bundles to use.
type Choice struct {
	Day string            // versions that apply on this day, 2006-01-02; "" for the newest
	Pin map[string]string // bundle id -> digest or version
}

// Library is one version of each bundle: the files that schemas and rules are
// compiled from. Files are named bundle/path. It is safe for concurrent use.
type Library struct {
	s      *Store
	chosen map[string]*Manifest
	index  map[string]map[string]File // by bundle, by path
}

// Library chooses a version of each bundle. A pin that no version fulfils is a problem.
func (s *Store) Library(c Choice) (*Library, error) {
	l := &Library{s: s, chosen: map[string]*Manifest{}, index: map[string]map[string]File{}}
	var probs diag.List
	for id, list := range s.bundles {
		for _, m := range list {
			if pin := c.Pin[id]; pin != "" && pin != m.Digest && pin != m.Version || pin == "" && !m.applies(c.Day) {
				continue
			}
			l.choose(m)
			break
		}
	}
	for id, pin := range c.Pin {
		if l.chosen[id] == nil {
			probs.Add(diag.Problemf(diag.Pos{}, RuleAbsent, "bundle %s is not installed as %s", id, pin).
				WithHint("fiscus artifacts import"))
		}
	}
	return l, probs.Err()
}

func (l *Library) choose(m *Manifest) {
	l.chosen[m.ID] = m
	files := make(map[string]File, len(m.Files))
	for _, f := range m.Files {
		files[f.Path] = f
	}
	l.index[m.ID] = files
}

// Bundle returns the chosen version of a bundle.
func (l *Library) Bundle(id string) (*Manifest, bool) {
	m, ok := l.chosen[id]
	return m, ok
}

// split cuts a file name into bundle and path; the longest bundle id wins.
func (l *Library) split(name string) (m *Manifest, rest string, ok bool) {
	for i := len(name); i > 0; i = strings.LastIndexByte(name[:i], '/') {
		if m, ok = l.chosen[name[:i]]; ok {
			return m, strings.TrimPrefix(name[i:], "/"), true
		}
	}
	return nil, "", false
}

// Resolve returns the file that an address or relative path in the file base
// stands for. Absolute addresses resolve by the catalog only.
func (l *Library) Resolve(base, location string) (string, bool) {
	if name, ok := l.s.catalog.Resolve(location); ok {
		return name, true
	}
	if strings.Contains(location, "://") || strings.HasPrefix(location, "urn:") {
		return "", false
	}
	location = strings.ReplaceAll(location, `\`, "/")
	return path.Join(path.Dir(base), location), true
}

// Has reports whether a file is installed.
func (l *Library) Has(name string) bool {
	_, err := l.Stamp(name)
	return err == nil
}

// Stamp returns a text that changes when the content of a file does: its digest,
// or size and time of change in a plain folder.
func (l *Library) Stamp(name string) (string, error) {
	if l.s.plain {
		info, err := fs.Stat(l.s.files, name)
		if err != nil || info.IsDir() {
			return "", absent(name)
		}
		return fmt.Sprintf("%d %s", info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano)), nil
	}
	m, rest, ok := l.split(name)
	if !ok {
		return "", absent(name)
	}
	f, ok := l.index[m.ID][rest]
	if !ok {
		return "", absent(name)
	}
	return f.SHA256, nil
}

func absent(name string) error {
	return diag.Problemf(diag.Pos{File: name}, RuleAbsent, "file %q is not installed", name).WithHint("fiscus artifacts import")
}

// Read returns the content of a file. Imported content is checked against its digest.
func (l *Library) Read(name string) ([]byte, error) {
	if l.s.plain {
		data, err := fs.ReadFile(l.s.files, name)
		if err != nil {
			return nil, absent(name)
		}
		return data, nil
	}
	sha, err := l.Stamp(name)
	if err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(l.s.files, l.s.blob(sha))
	if err != nil {
		return nil, absent(name)
	}
	if got := sum(data); got != sha {
		return nil, diag.Problemf(diag.Pos{File: name}, RuleDigest, "content of %q has digest %s, the manifest says %s", name, got, sha).
			WithHint("import the bundle again")
	}
	return data, nil
}

// List returns the files of a bundle below a folder, in order.
func (l *Library) List(bundle, under string) []string {
	var out []string
	if l.s.plain {
		_ = fs.WalkDir(l.s.files, path.Join(bundle, under), func(p string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				out = append(out, strings.TrimPrefix(p, bundle+"/"))
			}
			return nil
		})
		return out
	}
	for p := range l.index[bundle] {
		if under == "" || under == "." || strings.HasPrefix(p, under+"/") {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

// StandIn reports whether a file only stands in for an official one: it lies
// below a folder "derived", or in a bundle that says so.
func (l *Library) StandIn(name string) bool {
	m, rest, ok := l.split(name)
	return ok && (m.StandIn || slices.Contains(strings.Split(path.Dir(rest), "/"), "derived"))
}
