package keys

import (
	"errors"
	"io/fs"
	"net/url"
	"strings"
	"sync"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// Secrets gives the secrets that are kept under a name. An error that is
// fs.ErrNotExist means there is none.
type Secrets interface {
	Get(name string) ([]byte, error)
}

// Labelled are Secrets that know for which environment one is kept; empty: for
// any, or there is none.
type Labelled interface {
	Secrets
	Environment(name string) string
}

// A Reference says where a key pair stands. Each part is a reference as
// Store.Secret takes it; Certificate and Password may be empty.
type Reference struct {
	Key         string // file with the key, or with key and certificates
	Certificate string // file with certificates, if not in Key
	Password    string
}

// ParseReference reads "REF", "REF?password=REF" or
// "REF?certificate=REF&password=REF".
func ParseReference(text string) (Reference, error) {
	key, query, _ := strings.Cut(text, "?")
	r := Reference{Key: key}
	values, err := url.ParseQuery(query)
	if err != nil || key == "" {
		return r, problem(RuleReference, nil, "reference of a certificate is malformed")
	}
	for name, v := range values {
		switch name {
		case "certificate":
			r.Certificate = v[0]
		case "password":
			r.Password = v[0]
		default:
			return r, problem(RuleReference, nil, "reference of a certificate has an unknown part %q", name).
				WithHint("known parts are certificate and password")
		}
	}
	return r, nil
}

// Parts returns the references that stand in the reference of a key pair or
// secret.
func Parts(text string) []string {
	r, err := ParseReference(text)
	if err != nil {
		return []string{text}
	}
	var out []string
	for _, part := range []string{r.Key, r.Certificate, r.Password} {
		if part != "" {
			out = append(out, part)
		}
	}
	return out
}

// A Store finds secrets and key pairs by their reference:
//
//	acme/a1          the secret of that name in the vault
//	vault:acme/a1    the same
//	file:PATH        a file of the data folder, PATH relative to it
//
// Pairs are opened once and kept. A Store is safe for concurrent use.
type Store struct {
	files fs.FS
	vault Secrets
	mu    sync.Mutex
	pairs map[Reference]*Pair
}

// NewStore returns a Store over the data folder's files and a vault; either
// may be nil, which refuses references of its kind.
func NewStore(files fs.FS, vault Secrets) *Store {
	return &Store{files: files, vault: vault, pairs: map[Reference]*Pair{}}
}

// Secret returns the bytes that ref names, or a problem RuleReference.
func (s *Store) Secret(ref string) ([]byte, error) {
	kind, name, found := strings.Cut(ref, ":")
	switch {
	case !found:
		return s.fromVault(ref)
	case kind == "vault":
		return s.fromVault(name)
	case kind == "file":
		return s.fromFile(name)
	}
	return nil, problem(RuleReference, nil, "reference of kind %q is not known", kind).
		WithHint("known kinds are file: and vault:")
}

// Environment returns the environment that what ref names is kept for; empty:
// for any.
func (s *Store) Environment(ref string) string {
	name, ok := strings.CutPrefix(ref, "vault:")
	v, labelled := s.vault.(Labelled)
	if !labelled || !ok && strings.Contains(ref, ":") {
		return ""
	}
	return v.Environment(name)
}

func (s *Store) fromVault(name string) ([]byte, error) {
	if s.vault == nil {
		return nil, problem(RuleReference, nil, "secret %q: there is no vault", name).
			WithHint("fiscus secret set %s", name)
	}
	b, err := s.vault.Get(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, problem(RuleReference, nil, "secret %q is not in the vault", name).
			WithHint("fiscus secret set %s", name)
	}
	return b, err
}

func (s *Store) fromFile(name string) ([]byte, error) {
	if s.files == nil || !fs.ValidPath(name) {
		return nil, problem(RuleReference, nil, "file %q is not a path in the data folder", name)
	}
	b, err := fs.ReadFile(s.files, name)
	if err != nil {
		return nil, problem(RuleReference, err, "file %q in the data folder cannot be read", name)
	}
	return b, nil
}

// Pair returns the key pair that ref names (see ParseReference).
func (s *Store) Pair(ref string) (*Pair, error) {
	r, err := ParseReference(ref)
	if err != nil {
		return nil, err
	}
	return s.PairAt(r)
}

// PairAt returns the key pair at r. Problems name the reference, nothing of
// what it leads to.
func (s *Store) PairAt(r Reference) (*Pair, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.pairs[r]; p != nil {
		return p, nil
	}
	p, err := s.read(r)
	if err != nil {
		return nil, atReference(err, r.Key)
	}
	s.pairs[r] = p
	return p, nil
}

func (s *Store) read(r Reference) (*Pair, error) {
	var password []byte
	blobs := make([][]byte, 0, 2)
	for _, ref := range []string{r.Key, r.Certificate} {
		if ref == "" {
			continue
		}
		b, err := s.Secret(ref)
		if err != nil {
			return nil, err
		}
		blobs = append(blobs, b)
	}
	if r.Password != "" {
		b, err := s.Secret(r.Password)
		if err != nil {
			return nil, err
		}
		password = []byte(strings.TrimRight(string(b), "\r\n"))
	}
	return Read(password, blobs...)
}

func atReference(err error, ref string) error {
	var p diag.Problem
	if !errors.As(err, &p) || p.Rule == RuleReference {
		return err
	}
	p.Message = "certificate " + ref + ": " + p.Message
	return p
}
