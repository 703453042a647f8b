package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/keys/vault"
	"github.com/fiscus-project/fiscus/service/host"
	"github.com/fiscus-project/fiscus/service/store"
)

// Names inside a data folder.
const (
	dataLog         = "fiscus.db"
	dataSecrets     = "secrets"
	dataEntities    = "entities"
	dataDeployments = "deployments"
	dataPackages    = "packages"
)

// place is where the log is: a database, or a file of the data folder.
func (a *app) place() string {
	if a.database != "" {
		return a.database
	}
	return filepath.Join(a.data, dataLog)
}

// openLog opens the log of the data folder. Unless create is true the folder
// must hold one already.
func (a *app) openLog(ctx context.Context, create bool) (*store.Store, error) {
	file := a.place()
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) && !create && !store.IsPostgres(file) {
		return nil, exit(exitNotFound, fmt.Errorf("there is no log in %s\n    hint: name the data folder with --data; \"fiscus run\" makes one", a.data))
	}
	if err := os.MkdirAll(a.data, 0o700); err != nil {
		return nil, exit(exitEnvironment, err)
	}
	var o store.Options
	if a.documents != "" {
		b, err := store.OpenBucket(ctx, a.documents)
		if err != nil {
			return nil, exit(exitEnvironment, err)
		}
		o.Documents = b
	}
	s, err := store.OpenWith(ctx, file, o)
	if err != nil {
		return nil, exit(exitEnvironment, err)
	}
	return s, nil
}

// openVault opens the secrets of the data folder. Unless create is true a
// folder without secrets gives none.
func (a *app) openVault(create bool) (*vault.Vault, error) {
	dir := filepath.Join(a.data, dataSecrets)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) && !create {
		return nil, nil
	}
	v, err := vault.Open(dir)
	if err != nil {
		return nil, exit(exitEnvironment, err)
	}
	return v, nil
}

// keyStore finds keys and secrets in the data folder.
func (a *app) keyStore() (host.Keys, error) {
	v, err := a.openVault(false)
	if err != nil {
		return host.Keys{}, err
	}
	var secrets keys.Secrets
	if v != nil {
		secrets = v
	}
	return host.Keys{Store: keys.NewStore(os.DirFS(a.data), secrets)}, nil
}

// sealer keeps held objects under the key of the vault, which is made when
// there is something to seal.
type sealer struct{ a *app }

// Seal encrypts under the key of the vault.
func (s sealer) Seal(label string, plain []byte) ([]byte, error) {
	v, err := s.a.openVault(true)
	if err != nil {
		return nil, err
	}
	return v.Seal(label, plain)
}

// Open decrypts what Seal gave.
func (s sealer) Open(label string, sealed []byte) ([]byte, error) {
	v, err := s.a.openVault(true)
	if err != nil {
		return nil, err
	}
	return v.Open(label, sealed)
}
