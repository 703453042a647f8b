// Package vault keeps local secrets encrypted at rest in a folder.
//
// Begin with Open. Every secret is one file, sealed with XChaCha20-Poly1305
// under a key that stands in a file of its own, readable by its owner only.
// Who can read the key file can read the secrets: keep it on another volume
// (WithKeyFile) or use a key vault where that matters.
//
// The package promises that a secret is either stored whole or not at all,
// that a sealed file moved to another name does not open, and that no secret
// enters an error.
package vault

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// Rules of problems that this package raises.
const (
	RuleName       = "SIG-VAULT-NAME"       // a name that cannot be a secret's
	RuleKey        = "SIG-VAULT-KEY"        // key file missing beside sealed secrets, or damaged
	RuleSealed     = "SIG-VAULT-SEALED"     // a secret that does not open
	RulePermission = "SIG-VAULT-PERMISSION" // a file that others may read
)

const (
	magic    = "FSV1"
	magicFor = "FSV2" // then the environment, its length first
	suffix   = ".sealed"
	keyName  = "key"
)

// A Vault is an open folder of secrets. It is safe for concurrent use, and
// several processes may have the same folder open.
type Vault struct {
	dir, keyFile string
	mu           sync.Mutex
	aead         cipher.AEAD
}

// An Option changes how a vault is opened.
type Option func(*Vault)

// WithKeyFile keeps the key in that file instead of the vault's own folder.
func WithKeyFile(path string) Option { return func(v *Vault) { v.keyFile = path } }

// Open opens the vault in dir and makes folder and key if there are none. A
// folder that holds secrets but no key is refused with RuleKey.
func Open(dir string, opts ...Option) (*Vault, error) {
	v := &Vault{dir: dir, keyFile: filepath.Join(dir, keyName)}
	for _, o := range opts {
		o(v)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	key, err := v.key()
	if err != nil {
		return nil, err
	}
	v.aead, err = chacha20poly1305.NewX(key)
	return v, err
}

func (v *Vault) key() ([]byte, error) {
	key, err := os.ReadFile(v.keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return v.makeKey()
	}
	if err != nil {
		return nil, fmt.Errorf("key of the vault: %w", err)
	}
	if len(key) != chacha20poly1305.KeySize {
		return nil, diag.Problem{Rule: RuleKey, Message: fmt.Sprintf("key of the vault has %d bytes, want %d", len(key), chacha20poly1305.KeySize)}
	}
	return key, nil
}

func (v *Vault) makeKey() ([]byte, error) {
	names, err := v.List()
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		return nil, diag.Problem{Rule: RuleKey, Message: fmt.Sprintf("the vault holds %d secrets and its key file is missing", len(names)),
			Hint: "put the key file back; without it the secrets cannot be read"}
	}
	key := make([]byte, chacha20poly1305.KeySize)
	_, _ = rand.Read(key)
	if err := writeNew(v.keyFile, key); errors.Is(err, fs.ErrExist) {
		return os.ReadFile(v.keyFile) // another process was first
	} else if err != nil {
		return nil, fmt.Errorf("key of the vault: %w", err)
	}
	return key, nil
}

// Set stores the secret under name and replaces an earlier one; of what
// environment it is stays as it was. When it returns nil the secret is on disk.
func (v *Vault) Set(name string, secret []byte) error {
	return v.SetFor(name, v.Environment(name), secret)
}

// SetFor stores a secret for one environment; empty: for any.
func (v *Vault) SetFor(name, environment string, secret []byte) error {
	file, err := v.file(name)
	if err != nil {
		return err
	}
	if len(environment) > 255 {
		return diag.Problem{Rule: RuleName, Message: "the name of the environment is too long"}
	}
	head := []byte(magic)
	if environment != "" {
		head = append([]byte(magicFor), byte(len(environment)))
		head = append(head, environment...)
	}
	nonce := make([]byte, chacha20poly1305.NonceSizeX, chacha20poly1305.NonceSizeX+len(secret)+chacha20poly1305.Overhead)
	_, _ = rand.Read(nonce)
	sealed := append(head, v.aead.Seal(nonce, nonce, secret, label(name, environment))...)
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := replace(file, sealed); err != nil {
		return fmt.Errorf("secret %q: %w", name, err)
	}
	return nil
}

// Get returns the secret. Without one the error is fs.ErrNotExist; one that
// does not open is a problem RuleSealed.
func (v *Vault) Get(name string) ([]byte, error) {
	plain, _, err := v.open(name)
	return plain, err
}

// Environment returns the environment that a secret is kept for; empty: for
// any, or there is none that opens.
func (v *Vault) Environment(name string) string {
	_, environment, _ := v.open(name)
	return environment
}

func (v *Vault) open(name string) (plain []byte, environment string, err error) {
	file, err := v.file(name)
	if err != nil {
		return nil, "", err
	}
	sealed, err := os.ReadFile(file)
	if err != nil {
		return nil, "", fmt.Errorf("secret %q: %w", name, err)
	}
	environment, body, ok := unpacked(sealed)
	if !ok || len(body) < chacha20poly1305.NonceSizeX {
		return nil, "", damaged(name)
	}
	n := chacha20poly1305.NonceSizeX
	plain, err = v.aead.Open(nil, body[:n], body[n:], label(name, environment))
	if err != nil {
		return nil, "", damaged(name)
	}
	return plain, environment, nil
}

// unpacked cuts a sealed file into its environment and what is sealed.
func unpacked(sealed []byte) (environment string, body []byte, ok bool) {
	if body, ok = bytes.CutPrefix(sealed, []byte(magic)); ok {
		return "", body, true
	}
	body, ok = bytes.CutPrefix(sealed, []byte(magicFor))
	if !ok || len(body) == 0 || len(body) <= int(body[0]) {
		return "", nil, false
	}
	n := 1 + int(body[0])
	return string(body[1:n]), body[n:], true
}

func damaged(name string) error {
	return diag.Problem{Rule: RuleSealed, Message: fmt.Sprintf("secret %q does not open with the key of this vault", name),
		Hint: "it was damaged, renamed or sealed with another key; set it again"}
}

// label binds a sealed file to its name and environment.
func label(name, environment string) []byte {
	if environment == "" {
		return []byte(magic + "\x00" + name)
	}
	return []byte(magicFor + "\x00" + environment + "\x00" + name)
}

// Remove deletes the secret. Without one the error is fs.ErrNotExist.
func (v *Vault) Remove(name string) error {
	file, err := v.file(name)
	if err != nil {
		return err
	}
	if err := os.Remove(file); err != nil {
		return fmt.Errorf("secret %q: %w", name, err)
	}
	return nil
}

// List returns the names of all secrets, sorted.
func (v *Vault) List() ([]string, error) {
	entries, err := os.ReadDir(v.dir)
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	var names []string
	for _, e := range entries {
		if base, ok := strings.CutSuffix(e.Name(), suffix); ok && !strings.HasPrefix(base, ".") {
			names = append(names, strings.ReplaceAll(base, "%2F", "/"))
		}
	}
	slices.Sort(names)
	return names, nil
}

// Check opens every secret and looks at who may read the files. It returns
// what it found; an error means the folder itself cannot be read.
func (v *Vault) Check() (diag.List, error) {
	names, err := v.List()
	if err != nil {
		return nil, err
	}
	found := private(v.keyFile, "key of the vault")
	for _, name := range names {
		if _, err := v.Get(name); err != nil {
			var p diag.Problem
			if !errors.As(err, &p) {
				p = diag.Problem{Rule: RuleSealed, Message: fmt.Sprintf("secret %q cannot be read", name), Err: err}
			}
			found.Add(p)
		}
		if file, err := v.file(name); err == nil {
			found = append(found, private(file, fmt.Sprintf("secret %q", name))...)
		}
	}
	return found, nil
}

func private(file, what string) (found diag.List) {
	info, err := os.Stat(file)
	if err != nil {
		found.Add(diag.Problem{Rule: RuleKey, Message: what + " is missing", Err: err})
		return found
	}
	if info.Mode().Perm()&0o077 != 0 {
		found.Add(diag.Problem{Rule: RulePermission, Message: fmt.Sprintf("%s may be read by others (%o)", what, info.Mode().Perm()),
			Hint: "chmod 600"})
	}
	return found
}

func (v *Vault) file(name string) (string, error) {
	if !validName(name) {
		return "", diag.Problem{Rule: RuleName, Message: fmt.Sprintf("%q cannot name a secret", name),
			Hint: "use letters, digits, full stop, hyphen, underscore and slash, at most 120 characters"}
	}
	return filepath.Join(v.dir, strings.ReplaceAll(name, "/", "%2F")+suffix), nil
}

func validName(name string) bool {
	if name == "" || len(name) > 120 {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' {
			return false
		}
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-/", r))
	})
}
