package keys

import (
	"crypto/cipher"
	"crypto/rand"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// A Box seals bytes under one key with XChaCha20-Poly1305. What was sealed
// under one label does not open under another. It is safe for concurrent use.
type Box struct{ aead cipher.AEAD }

// NewBox returns a box with that key of 32 bytes; with a random one, which
// nobody else has and which ends with the process, if key is nil.
func NewBox(key []byte) (*Box, error) {
	if key == nil {
		key = make([]byte, chacha20poly1305.KeySize)
		_, _ = rand.Read(key)
	}
	aead, err := chacha20poly1305.NewX(key)
	return &Box{aead}, err
}

// Seal encrypts plain.
func (b *Box) Seal(label string, plain []byte) ([]byte, error) {
	nonce := make([]byte, chacha20poly1305.NonceSizeX, chacha20poly1305.NonceSizeX+len(plain)+chacha20poly1305.Overhead)
	_, _ = rand.Read(nonce)
	return b.aead.Seal(nonce, nonce, plain, []byte(label)), nil
}

// Open decrypts what Seal gave for the same label. Anything else is a problem
// RuleBox.
func (b *Box) Open(label string, sealed []byte) ([]byte, error) {
	n := chacha20poly1305.NonceSizeX
	if len(sealed) >= n {
		if plain, err := b.aead.Open(nil, sealed[:n], sealed[n:], []byte(label)); err == nil {
			return plain, nil
		}
	}
	return nil, diag.Problem{Rule: RuleBox, Message: "sealed bytes do not open with the key that is here",
		Hint: "they were sealed with another key, or damaged"}
}
