package vault

import (
	"crypto/rand"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// Seal encrypts bytes that are kept elsewhere under the key of the vault,
// bound to a label.
func (v *Vault) Seal(label string, plain []byte) ([]byte, error) {
	nonce := make([]byte, chacha20poly1305.NonceSizeX, chacha20poly1305.NonceSizeX+len(plain)+chacha20poly1305.Overhead)
	_, _ = rand.Read(nonce)
	return v.aead.Seal(nonce, nonce, plain, elsewhere(label)), nil
}

// Open decrypts what Seal gave for the same label. Anything else is a problem
// RuleSealed.
func (v *Vault) Open(label string, sealed []byte) ([]byte, error) {
	n := chacha20poly1305.NonceSizeX
	if len(sealed) >= n {
		if plain, err := v.aead.Open(nil, sealed[:n], sealed[n:], elsewhere(label)); err == nil {
			return plain, nil
		}
	}
	return nil, diag.Problem{Rule: RuleSealed, Message: "sealed bytes do not open with the key of this vault",
		Hint: "they were sealed with another key, or damaged"}
}

// elsewhere is a label that no file of the vault has.
func elsewhere(label string) []byte { return []byte(magic + "\x01" + label) }
