package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
)

func bucket(t testing.TB, address string) *Bucket {
	t.Helper()
	b, err := OpenBucket(t.Context(), address)
	must(t, err)
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func TestLogKeepsItsPromisesWithDocumentsElsewhere(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{"mem": "mem://", "file": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			enginetest.Log(t, func(t *testing.T) engine.Log {
				if address == "" {
					address = "file://" + filepath.ToSlash(t.TempDir())
				}
				s, err := OpenWith(t.Context(), filepath.Join(t.TempDir(), "log.db"), Options{Documents: bucket(t, address)})
				must(t, err)
				t.Cleanup(func() { _ = s.Close() })
				return s
			})
		})
	}
}

// Bytes are written once, never lie in the log, and are known by their digest.
func TestDocumentsAreWrittenOnceByDigest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := OpenWith(t.Context(), filepath.Join(t.TempDir(), "log.db"), Options{Documents: bucket(t, "file://"+filepath.ToSlash(dir))})
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	must(t, s.Create(t.Context(), row("a")))
	sub, err := s.Submission(t.Context(), "a")
	must(t, err)
	file := filepath.Join(dir, sub.Document[:2], sub.Document)
	before, err := os.Stat(file)
	must(t, err)
	old := before.ModTime().Add(-time.Hour)
	must(t, os.Chtimes(file, old, old))
	must(t, s.Create(t.Context(), row("b"))) // the same bytes
	after, err := os.Stat(file)
	must(t, err)
	if !after.ModTime().Equal(old) {
		t.Error("the bytes were written again")
	}
	if _, err := s.backend.Blob(t.Context(), sub.Document); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("the bytes lie in the log as well: %v", err)
	}
	must(t, os.WriteFile(file, []byte("{ }"), 0o600))
	if _, err := s.Blob(t.Context(), sub.Document); err == nil || !strings.Contains(err.Error(), "was changed") {
		t.Errorf("changed bytes are given as the document: %v", err)
	}
}

// What the log held before documents had a place of their own is found.
func TestBytesOfBeforeAreFoundInTheLog(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "log.db")
	s, err := Open(t.Context(), file)
	must(t, err)
	must(t, s.Create(t.Context(), row("a")))
	must(t, s.Close())
	s, err = OpenWith(t.Context(), file, Options{Documents: bucket(t, "mem://")})
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	sub, err := s.Submission(t.Context(), "a")
	must(t, err)
	data, err := s.Blob(t.Context(), sub.Document)
	must(t, err)
	if string(data) != "{}" {
		t.Errorf("got %q", data)
	}
}
