package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fiscus-project/fiscus/internal/minisign"
)

const (
	operatorKey = "fiscus/operator" // name of the signing key in the vault
	dataTrust   = "trust"           // folder of public keys (.pub) of others that are trusted
)

// signer returns the signing key of that name from the vault, made on its
// first use; its public half is written to the data folder.
func (a *app) signer(name string) (*minisign.Key, error) {
	v, err := a.openVault(true)
	if err != nil {
		return nil, err
	}
	if b, err := v.Get(name); err == nil {
		return minisign.ParseKey(b)
	} else if names, e2 := v.List(); e2 != nil || contains(names, name) {
		return nil, exit(exitEnvironment, errors.Join(err, e2))
	}
	k, err := minisign.Generate(rand.Reader)
	if err != nil {
		return nil, exit(exitEnvironment, err)
	}
	if err := v.Set(name, k.Bytes()); err != nil {
		return nil, exit(exitEnvironment, err)
	}
	file := filepath.Join(a.data, strings.ReplaceAll(name, "/", "-")+".pub")
	if err := os.WriteFile(file, k.Public().Text(), 0o644); err != nil {
		return nil, exit(exitEnvironment, err)
	}
	_, _ = fmt.Fprintf(a.stderr, "signing key %s was made; its public key is in %s\n", k.Public().Name(), file)
	return k, nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// trusted returns the public keys that are believed here: of the own signing
// key, and those in the folder trust.
func (a *app) trusted() (out []minisign.PublicKey, err error) {
	v, err := a.openVault(false)
	if err != nil {
		return nil, err
	}
	if v != nil {
		if b, err := v.Get(operatorKey); err == nil {
			k, err := minisign.ParseKey(b)
			if err != nil {
				return nil, err
			}
			out = append(out, k.Public())
		}
	}
	dir := os.DirFS(a.data)
	names, err := fs.Glob(dir, dataTrust+"/*.pub")
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		text, err := fs.ReadFile(dir, n)
		if err != nil {
			return nil, exit(exitEnvironment, err)
		}
		k, err := minisign.ParsePublic(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n, err)
		}
		out = append(out, k)
	}
	return out, nil
}
