package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file:// addresses
	_ "gocloud.dev/blob/memblob"  // mem:// addresses, for tests
	"gocloud.dev/gcerrors"

	"github.com/fiscus-project/fiscus/engine"
)

// Bucket holds documents as objects, each written once under its digest.
type Bucket struct {
	bucket *blob.Bucket
	dir    string // of a file bucket: what is written there is synced
}

// OpenBucket opens the bucket at an address: file:///folder, mem://, and in
// programs built with the tag "cloud" s3:// and azblob://, with "gcs" gs://.
func OpenBucket(ctx context.Context, address string) (*Bucket, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address of the documents: %w", err)
	}
	b := &Bucket{}
	if u.Scheme == "file" {
		if b.dir = u.Path; u.Host == "." {
			b.dir = "." + u.Path
		}
		q := u.Query()
		q.Set("create_dir", "true")
		q.Set("metadata", "skip")
		q.Set("no_tmp_dir", "true") // renamed inside one file system
		u.RawQuery = q.Encode()
	}
	if b.bucket, err = blob.OpenBucket(ctx, u.String()); err != nil {
		return nil, fmt.Errorf("documents at %s://: %w", u.Scheme, err)
	}
	return b, nil
}

// key spreads objects over folders.
func key(name string) string { return name[:2] + "/" + name }

// Put writes an object unless it is there.
func (b *Bucket) Put(ctx context.Context, name string, data []byte) error {
	there, err := b.bucket.Exists(ctx, key(name))
	if err != nil || there {
		return err
	}
	err = b.bucket.WriteAll(ctx, key(name), data, &blob.WriterOptions{IfNotExist: true, ContentType: "application/octet-stream"})
	if gcerrors.Code(err) == gcerrors.FailedPrecondition { // somebody else wrote the same bytes meanwhile
		return nil
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return b.sync(name)
}

// sync makes a file durable: its bytes, and its name in the folder.
func (b *Bucket) sync(name string) error {
	if b.dir == "" {
		return nil
	}
	file := filepath.Join(b.dir, filepath.FromSlash(key(name)))
	for _, p := range []string{file, filepath.Dir(file), b.dir} {
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("sync %s: %w", p, err)
		}
	}
	return nil
}

// Get reads an object and checks that it is what its name says.
func (b *Bucket) Get(ctx context.Context, name string) ([]byte, error) {
	if len(name) < 2 {
		return nil, fmt.Errorf("bytes %s: %w", name, engine.ErrNotFound)
	}
	data, err := b.bucket.ReadAll(ctx, key(name))
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fmt.Errorf("bytes %s: %w", name, engine.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if digest(data) != name {
		return nil, fmt.Errorf("the object %s was changed: its digest is %s", name, digest(data))
	}
	return data, nil
}

// Close closes the bucket.
func (b *Bucket) Close() error { return b.bucket.Close() }
