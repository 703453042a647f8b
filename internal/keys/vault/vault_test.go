package vault

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fiscus-project/fiscus/internal/diag"
)

const canary = "canary-3f9a-secret"

func rules(l diag.List) (out []string) {
	for _, p := range l {
		out = append(out, p.Rule)
	}
	return out
}

func open(t *testing.T, dir string, opts ...Option) *Vault {
	t.Helper()
	v, err := Open(dir, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVault(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "vault")
	v := open(t, dir)
	for _, name := range []string{"acme/a1", "b"} {
		if err := errors.Join(v.Set(name, []byte("old")), v.Set(name, []byte(canary))); err != nil {
			t.Fatal(err)
		}
	}
	got, err := open(t, dir).Get("acme/a1")
	if err != nil || string(got) != canary {
		t.Errorf("got %q, %v", got, err)
	}
	if names, _ := v.List(); strings.Join(names, " ") != "acme/a1 b" {
		t.Errorf("list %v", names)
	}
	if found, err := v.Check(); err != nil || len(found) > 0 {
		t.Errorf("check %v %v", found, err)
	}
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, _ error) error {
		if b, _ := os.ReadFile(path); bytes.Contains(b, []byte(canary)) {
			t.Errorf("%s holds the secret in clear", path)
		}
		if info, _ := d.Info(); !d.IsDir() && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		return nil
	})
	if err := v.Remove("b"); err != nil {
		t.Error(err)
	}
	if _, err := v.Get("b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed secret: %v", err)
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	v := open(t, dir)
	if err := errors.Join(v.Set("a", []byte(canary)), v.Set("b", nil), v.Set("c", []byte("x"))); err != nil {
		t.Fatal(err)
	}
	// a takes the place of c; b gets a flipped bit and open permissions.
	if err := os.Rename(filepath.Join(dir, "a.sealed"), filepath.Join(dir, "c.sealed")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "b.sealed")
	sealed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sealed[len(sealed)-1] ^= 1
	if err := errors.Join(os.WriteFile(file, sealed, 0o600), os.Chmod(file, 0o644)); err != nil {
		t.Fatal(err)
	}
	found, err := v.Check()
	if got := strings.Join(rules(found), " "); err != nil || got != RuleSealed+" "+RulePermission+" "+RuleSealed {
		t.Errorf("check found %q, %v", got, err)
	}
	if strings.Contains(found.Error(), canary) {
		t.Error("a problem shows the secret")
	}
	if err := os.Remove(filepath.Join(dir, "key")); err != nil {
		t.Fatal(err)
	}
	var p diag.Problem
	if _, err := Open(dir); !errors.As(err, &p) || p.Rule != RuleKey {
		t.Errorf("secrets without key: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.As(err, &p) || p.Rule != RuleKey {
		t.Errorf("short key: %v", err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	v := open(t, t.TempDir(), WithKeyFile(filepath.Join(t.TempDir(), "elsewhere")))
	for _, name := range []string{"", "/a", "a/", "a//b", "..", "a/../b", ".a", "a b", "a%2Fb", strings.Repeat("a", 121)} {
		var p diag.Problem
		if err := v.Set(name, nil); !errors.As(err, &p) || p.Rule != RuleName {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestOpenTogether(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			v, err := Open(dir)
			if err != nil {
				t.Error(err)
				return
			}
			if err := v.Set("same", []byte(canary)); err != nil {
				t.Error(err)
			}
			if got, err := v.Get("same"); err != nil || string(got) != canary {
				t.Errorf("%q %v", got, err)
			}
		})
	}
	wg.Wait()
}
