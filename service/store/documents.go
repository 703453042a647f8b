package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/fiscus-project/fiscus/engine"
)

// Documents hold bytes by their SHA-256 in hex. Safe for concurrent use.
type Documents interface {
	// Put keeps bytes; it returns when they are durable. Bytes that are there
	// already are not written again.
	Put(ctx context.Context, sha256 string, data []byte) error
	// Get returns bytes, or engine.ErrNotFound.
	Get(ctx context.Context, sha256 string) ([]byte, error)
}

// Create writes a new submission.
func (s *Store) Create(ctx context.Context, row *engine.Submission) error {
	if s.documents == nil || row.Input == nil {
		return s.backend.Create(ctx, row)
	}
	c := *row
	c.Document, c.Input = digest(row.Input), nil
	if err := s.documents.Put(ctx, c.Document, row.Input); err != nil {
		return fmt.Errorf("document of %q: %w", row.ID, err)
	}
	return s.backend.Create(ctx, &c)
}

// Blob returns bytes by their SHA-256 in hex, or engine.ErrNotFound. What the
// log held before documents had a place of their own is found in the log.
func (s *Store) Blob(ctx context.Context, name string) ([]byte, error) {
	if s.documents == nil {
		return s.backend.Blob(ctx, name)
	}
	data, err := s.documents.Get(ctx, name)
	if errors.Is(err, engine.ErrNotFound) {
		return s.backend.Blob(ctx, name)
	}
	return data, err
}

// Write runs f in a transaction that is durable when Write returns nil. Bytes
// are put among the documents before the commit that names them: a transaction
// that fails leaves bytes that nobody names, never a name without bytes.
func (s *Store) Write(ctx context.Context, l engine.Lease, f func(engine.LogTx) error) error {
	if s.documents == nil {
		return s.backend.Write(ctx, l, f)
	}
	return s.backend.Write(ctx, l, func(tx engine.LogTx) error { return f(&documentTx{tx, ctx, s.documents}) })
}

// documentTx is a transaction whose bytes are kept elsewhere.
type documentTx struct {
	engine.LogTx
	ctx       context.Context
	documents Documents
}

func (t *documentTx) Blob(data []byte) (string, error) {
	name := digest(data)
	return name, t.documents.Put(t.ctx, name, data)
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
