package host

import (
	"errors"
	"fmt"
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
type Keys struct {
	Store *keys.Store
	env   engine.Environment // empty: of any
}

// Bound returns a key store that refuses what is kept for another environment.
func (k Keys) Bound(env engine.Environment) engine.KeyStore {
	k.env = env
	return k
}

// Refuses returns why what ref names is not for the environment.
func (k Keys) Refuses(ref any) error {
	name, err := reference(ref)
	if err != nil {
		return nil // said where it is asked for
	}
	return k.fits(name)
}

// Key returns the key pair that ref, a secret or its name, refers to.
func (k Keys) Key(ref any) (*keys.Pair, error) {
	name, err := reference(ref)
	if err != nil {
		return nil, err
	}
	if err := k.fits(name); err != nil {
		return nil, err
	}
	return k.Store.Pair(name)
}

// Secret returns the bytes of the secret of that name.
func (k Keys) Secret(name string) ([]byte, error) {
	if err := k.fits(name); err != nil {
		return nil, err
	}
	return k.Store.Secret(name)
}

// fits refuses a reference to what is kept for another environment.
func (k Keys) fits(ref string) error {
	if k.env == "" {
		return nil
	}
	for _, part := range keys.Parts(ref) {
		if of := engine.Environment(k.Store.Environment(part)); of != "" && of != k.env {
			return diag.Problem{Rule: engine.RuleKeyEnvironment, Message: fmt.Sprintf("%q is kept for %s and is not used in %s", part, of, k.env),
				Hint: "name a secret of this environment under environments in the file of the legal entity"}
		}
	}
	return nil
}

func bound(k engine.KeyStore, env engine.Environment) engine.KeyStore {
	if b, ok := k.(engine.BoundKeys); ok && env != "" {
		return b.Bound(env)
	}
	return k
}

// foreign reports whether a key or secret was refused for its environment;
// nothing stands in for those.
func foreign(err error) bool {
	var p diag.Problem
	return errors.As(err, &p) && p.Rule == engine.RuleKeyEnvironment
}

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
func (s *StandIns) Key(ref any) (*keys.Pair, error) { return s.key(ref, "") }

func (s *StandIns) key(ref any, env engine.Environment) (*keys.Pair, error) {
	if s.Real != nil {
		if p, err := bound(s.Real, env).Key(ref); err == nil || foreign(err) {
			return p, err
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
func (s *StandIns) Secret(name string) ([]byte, error) { return s.secret(name, "") }

func (s *StandIns) secret(name string, env engine.Environment) ([]byte, error) {
	if s.Real != nil {
		if b, err := bound(s.Real, env).Secret(name); err == nil || foreign(err) {
			return b, err
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
func (s *StandIns) Watched() *Watched { return &Watched{s: s, used: new(atomic.Bool)} }

// Watched is a key store for one dry-run. It is safe for concurrent use.
type Watched struct {
	s    *StandIns
	env  engine.Environment
	used *atomic.Bool
}

// Bound returns the same, which refuses what is kept for another environment.
func (w *Watched) Bound(env engine.Environment) engine.KeyStore { return &Watched{w.s, env, w.used} }

// Refuses returns why what ref names is not for the environment.
func (w *Watched) Refuses(ref any) error {
	if b, ok := bound(w.s.Real, w.env).(engine.BoundKeys); ok {
		return b.Refuses(ref)
	}
	return nil
}

// Key returns the real key pair or its stand-in.
func (w *Watched) Key(ref any) (*keys.Pair, error) {
	p, err := w.s.key(ref, w.env)
	if err == nil && p.StandIn {
		w.used.Store(true)
	}
	return p, err
}

// Secret returns the real secret, or a text that says it stands in for one.
func (w *Watched) Secret(name string) ([]byte, error) {
	b, err := w.s.secret(name, w.env)
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
