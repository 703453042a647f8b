package host

import (
	"sync"
	"sync/atomic"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
)

// RuleNoReference is raised for a certificate parameter that holds something
// else than a reference.
const RuleNoReference = "SIG-KEY-REFERENCE-TYPE"

// Keys is an engine.KeyStore over the store of a data folder.
type Keys struct{ Store *keys.Store }

// Key returns the key pair that ref, a secret or its name, refers to.
func (k Keys) Key(ref any) (*keys.Pair, error) {
	name, err := reference(ref)
	if err != nil {
		return nil, err
	}
	return k.Store.Pair(name)
}

// Secret returns the bytes of the secret of that name.
func (k Keys) Secret(name string) ([]byte, error) { return k.Store.Secret(name) }

func reference(ref any) (string, error) {
	switch r := ref.(type) {
	case formula.Secret:
		if r.Name() != "" {
			return r.Name(), nil
		}
	case string:
		if r != "" {
			return r, nil
		}
	}
	return "", diag.Problem{Rule: RuleNoReference, Message: "a certificate is given by a reference",
		Hint: `write certificate: =secret("name") in the file of the legal entity`}
}

// StandIns is an engine.KeyStore for dry-runs: a key that is not there is
// replaced by a stand-in, and Used says so. What a stand-in signs is a preview.
type StandIns struct {
	Real     engine.KeyStore // asked first; nil: every key is a stand-in
	Describe func(name string) keys.Describe

	mu   sync.Mutex
	made map[string]*keys.Pair
}

// Key returns the real key pair or its stand-in, always the same for a name.
func (s *StandIns) Key(ref any) (*keys.Pair, error) {
	if s.Real != nil {
		if p, err := s.Real.Key(ref); err == nil {
			return p, nil
		}
	}
	name, err := reference(ref)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.made[name]; p != nil {
		return p, nil
	}
	var d keys.Describe
	if s.Describe != nil {
		d = s.Describe(name)
	}
	p, err := keys.StandIn(name, d)
	if err != nil {
		return nil, err
	}
	if s.made == nil {
		s.made = map[string]*keys.Pair{}
	}
	s.made[name] = p
	return p, nil
}

// Secret returns the real secret, or a text that says it stands in for one.
func (s *StandIns) Secret(name string) ([]byte, error) {
	if s.Real != nil {
		if b, err := s.Real.Secret(name); err == nil {
			return b, nil
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made == nil {
		s.made = map[string]*keys.Pair{}
	}
	if _, ok := s.made[name]; !ok {
		s.made[name] = nil
	}
	return []byte(standInSecret + name), nil
}

// Watched returns the same key store, which knows whether anything stood in
// for a key or secret that was asked for through it.
func (s *StandIns) Watched() *Watched { return &Watched{s: s} }

// Watched is a key store for one dry-run. It is safe for concurrent use.
type Watched struct {
	s    *StandIns
	used atomic.Bool
}

// Key returns the real key pair or its stand-in.
func (w *Watched) Key(ref any) (*keys.Pair, error) {
	p, err := w.s.Key(ref)
	if err == nil && p.StandIn {
		w.used.Store(true)
	}
	return p, err
}

// Secret returns the real secret, or a text that says it stands in for one.
func (w *Watched) Secret(name string) ([]byte, error) {
	b, err := w.s.Secret(name)
	if err == nil && string(b) == standInSecret+name {
		w.used.Store(true)
	}
	return b, err
}

// Used reports whether anything stood in for a key or secret.
func (w *Watched) Used() bool { return w.used.Load() }

const standInSecret = "stand-in:"

// Used reports whether anything stood in for a key or secret.
func (s *StandIns) Used() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.made) > 0
}
