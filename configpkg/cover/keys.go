package cover

import (
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/keys"
)

// testKeys finds a key that an entity names as "file:tests/..." in the package
// and makes a stand-in for every other one. Nothing it signs leaves.
type testKeys struct {
	store *keys.Store
	mu    sync.Mutex
	made  map[string]*keys.Pair
}

// Keys returns the keys of tests of a package: those its entities name as
// "file:tests/...", else stand-ins.
func Keys(files fs.FS) engine.KeyStore { return newTestKeys(files) }

func newTestKeys(files fs.FS) *testKeys {
	return &testKeys{store: keys.NewStore(files, nil), made: map[string]*keys.Pair{}}
}

// Key returns the key pair of that reference.
func (k *testKeys) Key(ref any) (*keys.Pair, error) {
	name := ""
	switch r := ref.(type) {
	case string:
		name = r
	case formula.Secret:
		name = r.Name()
	}
	if name == "" {
		return nil, fmt.Errorf("a certificate is given by a reference, not by %T", ref)
	}
	if strings.HasPrefix(name, "file:") {
		return k.store.Pair(name)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if p := k.made[name]; p != nil {
		return p, nil
	}
	p, err := keys.StandIn(name, keys.Describe{})
	if err == nil {
		k.made[name] = p
	}
	return p, err
}

// Secret returns a text that stands in for a secret, or that of a file.
func (k *testKeys) Secret(name string) ([]byte, error) {
	if strings.HasPrefix(name, "file:") {
		return k.store.Secret(name)
	}
	return []byte("stand-in:" + name), nil
}
