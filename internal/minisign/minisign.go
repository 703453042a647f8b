// Package minisign signs files as minisign does: Ed25519 over the BLAKE2b-512
// digest of the file, with a trusted comment that is signed too.
//
// Begin with Generate and Key.Sign; PublicKey.Verify judges. What it writes is
// read by the minisign program, and it reads what that program writes.
//
// It promises: every byte of a signature counts. A signature that is not written
// exactly as it has to be is refused, its untrusted comment included.
//
// Source: https://jedisct1.github.io/minisign/, "Signature format".
package minisign

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/blake2b"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// The rule ids of this package.
const (
	RuleFormat = "SIG-FILE-FORMAT" // a signature, or a public key, that is not written as it has to be
	RuleKey    = "SIG-FILE-KEY"    // the signature of a file is by a key that is not trusted
	RuleWrong  = "SIG-FILE-WRONG"  // a file is not what was signed
)

const (
	untrusted = "untrusted comment: "
	trusted   = "trusted comment: "
	algorithm = "Ed" // of keys; of signatures over a digest: "ED"
	prehashed = "ED"
)

// comments are the untrusted comments a signature may have: of this program
// and of minisign.
var comments = []string{"signature from fiscus secret key", "signature from minisign secret key"}

// PublicKey is the key that signatures are judged with.
type PublicKey struct {
	ID  [8]byte
	key ed25519.PublicKey
}

// Key signs. It must not be printed.
type Key struct {
	id   [8]byte
	seed []byte
}

// Generate draws a key.
func Generate(random io.Reader) (*Key, error) {
	k := &Key{seed: make([]byte, ed25519.SeedSize)}
	if _, err := io.ReadFull(random, k.seed); err != nil {
		return nil, err
	}
	_, err := io.ReadFull(random, k.id[:])
	return k, err
}

// Bytes returns the key as it is kept: under lock.
func (k *Key) Bytes() []byte {
	return []byte("fiscus-signing-key:" + base64.StdEncoding.EncodeToString(append(k.id[:], k.seed...)))
}

// ParseKey reads what Bytes wrote.
func ParseKey(b []byte) (*Key, error) {
	text, ok := strings.CutPrefix(string(b), "fiscus-signing-key:")
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if !ok || err != nil || len(raw) != 8+ed25519.SeedSize {
		return nil, diag.Problem{Rule: RuleFormat, Message: "this is no signing key"}
	}
	return &Key{[8]byte(raw[:8]), raw[8:]}, nil
}

func (k *Key) private() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(k.seed) }

// Public returns the other half.
func (k *Key) Public() PublicKey {
	return PublicKey{k.id, k.private().Public().(ed25519.PublicKey)}
}

// Sign returns the signature of data as the text of a .minisig file. The
// comment, one line, is signed too.
func (k *Key) Sign(data []byte, comment string) []byte {
	comment = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, comment)
	digest := blake2b.Sum512(data)
	sig := ed25519.Sign(k.private(), digest[:])
	global := ed25519.Sign(k.private(), append(bytes.Clone(sig), comment...))
	return encode(comments[0], k.id, sig, comment, global)
}

func encode(note string, id [8]byte, sig []byte, comment string, global []byte) []byte {
	line := append(append([]byte(prehashed), id[:]...), sig...)
	return fmt.Appendf(nil, "%s%s\n%s\n%s%s\n%s\n", untrusted, note, base64.StdEncoding.EncodeToString(line), trusted, comment, base64.StdEncoding.EncodeToString(global))
}

// Verify returns the trusted comment of a signature of data by one of the
// keys, or a diag.Problem.
func Verify(data, signature []byte, keys ...PublicKey) (comment string, key PublicKey, err error) {
	lines := strings.Split(string(signature), "\n")
	if len(lines) != 5 {
		return "", key, malformed("a signature has four lines")
	}
	line, err1 := base64.StdEncoding.Strict().DecodeString(lines[1])
	global, err2 := base64.StdEncoding.Strict().DecodeString(lines[3])
	if err1 != nil || err2 != nil || len(line) != 2+8+ed25519.SignatureSize || len(global) != ed25519.SignatureSize {
		return "", key, malformed("a line of the signature is no signature")
	}
	comment = strings.TrimPrefix(lines[2], trusted)
	sig := line[10:]
	if !canonical(signature, [8]byte(line[2:10]), sig, comment, global) {
		return "", key, malformed("the signature is not written as it has to be")
	}
	for _, k := range keys {
		if k.ID != [8]byte(line[2:10]) {
			continue
		}
		digest := blake2b.Sum512(data)
		if !ed25519.Verify(k.key, digest[:], sig) || !ed25519.Verify(k.key, append(bytes.Clone(sig), comment...), global) {
			return "", key, diag.Problem{Rule: RuleWrong, Message: "the file or its signature was changed after signing",
				Hint: "get both again from whoever signed them"}
		}
		return comment, k, nil
	}
	id := PublicKey{ID: [8]byte(line[2:10])}
	return "", key, diag.Problem{Rule: RuleKey, Message: fmt.Sprintf("signed by key %s, which is not trusted here", id.Name()),
		Hint: "if you trust it, put its public key as a .pub file into the folder trust of the data folder"}
}

// canonical reports whether a signature is exactly what its parts are written as.
func canonical(signature []byte, id [8]byte, sig []byte, comment string, global []byte) bool {
	for _, note := range comments {
		if bytes.Equal(signature, encode(note, id, sig, comment, global)) {
			return true
		}
	}
	return false
}

func malformed(what string) error { return diag.Problem{Rule: RuleFormat, Message: what} }

// Name is the key's number as people write it: 16 hexadecimal digits.
func (p PublicKey) Name() string { return fmt.Sprintf("%016X", binary.LittleEndian.Uint64(p.ID[:])) }

// Text returns the public key as the text of a .pub file.
func (p PublicKey) Text() []byte {
	raw := append(append([]byte(algorithm), p.ID[:]...), p.key...)
	return fmt.Appendf(nil, "%sminisign public key %s\n%s\n", untrusted, p.Name(), base64.StdEncoding.EncodeToString(raw))
}

// ParsePublic reads the text of a .pub file, or its second line alone.
func ParsePublic(text []byte) (PublicKey, error) {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(lines[len(lines)-1]))
	if err != nil || len(lines) > 2 || len(raw) != 2+8+ed25519.PublicKeySize || string(raw[:2]) != algorithm {
		return PublicKey{}, malformed("this is no minisign public key")
	}
	return PublicKey{[8]byte(raw[2:10]), raw[10:]}, nil
}
