package overlay

import (
	"io/fs"
	"slices"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
	memory "github.com/fiscus-project/fiscus/internal/overlay"
)

// Files are the files of a package that an overlay makes: those of the base
// without its tests, those of the overlay, and those that were changed. It is
// read-only.
type Files struct {
	Warnings diag.List // of the changes

	*memory.Tree

	overlay *Overlay
	digest  string
	nodes   map[string][]*yml.Node
}

var _ load.Derived = (*Files)(nil)

func newFiles(x *Overlay, own fs.FS, ownNames []string, base fs.FS, t *tree) (*Files, error) {
	f := &Files{overlay: x, nodes: map[string][]*yml.Node{}}
	from, made := map[string]fs.FS{}, map[string][]byte{}
	names, err := load.Files(base)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if t.in(name, "test") == nil {
			from[name] = base
		}
	}
	for _, name := range ownNames {
		from[name] = own
	}
	for name := range t.changed {
		if docs := t.docs[name]; docs != nil {
			f.nodes[name], made[name] = docs, yml.Emit(docs)
		} else {
			made[name] = []byte(t.csv[name])
		}
	}
	if f.digest, err = load.Digest(own, append(slices.Clone(ownNames), File)); err != nil {
		return nil, err
	}
	f.Tree = memory.NewTree(from, made)
	return f, nil
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
