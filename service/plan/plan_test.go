package plan

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/minisign"
)

func signed(t *testing.T) (text, signature []byte, key *minisign.Key) {
	t.Helper()
	key, err := minisign.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	p := &Plan{Format: Format, Made: noon, Expires: noon.Add(time.Hour), Engine: "0.1", Entity: "a", Environment: engine.Test,
		Planned: &engine.Planned{Submission: "s", Held: map[string]string{"number n#1": "x"}, Facts: map[string]string{"entity a": "y"}, Body: []byte("<a/>")}}
	text, signature, err = p.Encode(key)
	if err != nil {
		t.Fatal(err)
	}
	return text, signature, key
}

func TestRead(t *testing.T) {
	t.Parallel()
	text, signature, key := signed(t)
	p, err := Read(text, signature, key.Public())
	if err != nil || p.Planned.Submission != "s" || string(p.Planned.Body) != "<a/>" || !p.Expires.Equal(p.Made.Add(time.Hour)) {
		t.Fatal(p, err)
	}
	if _, err := Read(text, signature); err == nil {
		t.Error("no key is trusted")
	}
	for _, other := range []string{`{"format":"fiscus-plan/1"}`, `{"format":"fiscus-plan/2","planned":{}}`, `{"format":"fiscus-plan/1","planned":{},"more":1}`, `x`} {
		if _, err := Read([]byte(other), key.Sign([]byte(other), "release"), key.Public()); err == nil {
			t.Errorf("%s is a plan", other)
		}
	}
}

// Whatever byte of a plan or of its signature is changed, it is refused.
func TestAnyByteCounts(t *testing.T) {
	t.Parallel()
	text, signature, key := signed(t)
	for _, part := range [][]byte{text, signature} {
		for i := range part {
			for _, by := range []byte{1, 32, 128} {
				part[i] ^= by
				if _, err := Read(text, signature, key.Public()); err == nil {
					t.Errorf("byte %d of %q", i, part)
				}
				part[i] ^= by
			}
		}
	}
}
