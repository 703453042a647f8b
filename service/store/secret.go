package store

import (
	"context"
	"crypto/rand"

	"github.com/fiscus-project/fiscus/engine"
)

// Secret returns 32 random bytes that belong to this log under a name: drawn
// once, the same ever after.
func (s *Store) Secret(ctx context.Context, name string) ([]byte, error) {
	const bucket = "log.secret"
	if key, err := s.Get(ctx, bucket, name); key != nil || err != nil {
		return key, err
	}
	var key []byte
	err := s.Write(ctx, engine.Lease{}, func(tx engine.LogTx) error {
		var err error
		if key, err = tx.Get(bucket, name); key != nil || err != nil {
			return err
		}
		key = make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return err
		}
		return tx.Set(bucket, name, key)
	})
	return key, err
}
