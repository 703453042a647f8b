package artifacts

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Compiled is a folder of compiled schemas and rules: only a cache, each entry
// can be made again. It is safe for concurrent use, also by several processes.
type Compiled struct{ store Store }

// NewCompiled returns the cache in a folder, which need not exist yet.
func NewCompiled(dir string) *Compiled {
	return &Compiled{Store{dir: dir, files: os.DirFS(dir)}}
}

// Get returns the entry for a key.
func (c *Compiled) Get(key string) ([]byte, bool) {
	data, err := fs.ReadFile(c.store.files, c.name(key))
	return data, err == nil
}

// Put stores an entry. That it cannot be stored is no reason to stop: the error is for a log.
func (c *Compiled) Put(key string, data []byte) error { return c.store.replace(c.name(key), data) }

// Clear removes all entries.
func (c *Compiled) Clear() error { return os.RemoveAll(filepath.Clean(c.store.dir)) }

func (c *Compiled) name(key string) string { return sum([]byte(key))[:32] + ".bin" }
