package store

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckSaysWhatIsDamaged(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "log.db")
	s, err := Open(context.Background(), file)
	must(t, err)
	h, err := s.Check(context.Background())
	if must(t, err); h.Submissions != 0 || !h.Newest.IsZero() {
		t.Errorf("a new log has %+v", h)
	}
	if _, err := s.backend.(*sqliteLog).write.Exec("DROP TABLE kept"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Check(context.Background()); err == nil || !strings.Contains(err.Error(), "table kept") {
		t.Errorf("a missing table: %v", err)
	}
	must(t, s.Close())

	data, err := os.ReadFile(file)
	must(t, err)
	for i := 5000; i < len(data); i += 7 {
		data[i] ^= 0x55
	}
	must(t, os.WriteFile(file, data, 0o600))
	s, err = Open(context.Background(), file)
	if err == nil {
		_, err = s.Check(context.Background())
		_ = s.Close()
	}
	if err == nil {
		t.Error("a damaged file is called sound")
	}
}
