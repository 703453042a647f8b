package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"math/rand/v2"
)

// stepRandom gives the same bytes for the same run and step: it is seeded
// when it is first read, from the seed the journal holds.
type stepRandom struct {
	seed   []byte
	path   string
	source *rand.ChaCha8
}

// Read fills p.
func (s *stepRandom) Read(p []byte) (int, error) {
	if s.source == nil {
		s.source = rand.NewChaCha8(derive(s.seed, s.path))
	}
	return s.source.Read(p)
}

func derive(seed []byte, path string) (key [32]byte) {
	h := hmac.New(sha256.New, seed)
	h.Write([]byte(path))
	h.Sum(key[:0])
	return key
}
