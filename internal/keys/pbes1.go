package keys

import (
	"crypto"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // old key files use it
	"slices"
	"unicode/utf16"
)

// pbes1 is one scheme of password-based encryption of the first generation.
type pbes1 struct {
	hash   crypto.Hash
	size   int // bytes of the key
	block  func([]byte) (cipher.Block, error)
	derive func(s pbes1, password []byte, p pbeParams) (key, iv []byte, err error)
}

var pbes1Schemes = map[string]pbes1{
	"1.2.840.113549.1.5.3":    {crypto.MD5, 8, des.NewCipher, pbkdf1},
	"1.2.840.113549.1.5.10":   {crypto.SHA1, 8, des.NewCipher, pbkdf1},
	"1.2.840.113549.1.12.1.3": {crypto.SHA1, 24, des.NewTripleDESCipher, pkcs12KDF},
	"1.2.840.113549.1.12.1.4": {crypto.SHA1, 16, twoKeyTripleDES, pkcs12KDF},
}

func twoKeyTripleDES(key []byte) (cipher.Block, error) {
	return des.NewTripleDESCipher(slices.Concat(key, key[:8]))
}

// pbkdf1 derives key and initialisation vector from one digest.
// Source: RFC 8018, clauses 5.1 and 6.1.
func pbkdf1(s pbes1, password []byte, p pbeParams) (key, iv []byte, err error) {
	sum := slices.Concat(password, p.Salt)
	for range p.Iterations {
		h := s.hash.New()
		h.Write(sum)
		sum = h.Sum(sum[:0:0])
	}
	return sum[:8], sum[8:16], nil
}

// pkcs12KDF derives key and initialisation vector the way PKCS#12 does.
// Source: RFC 7292, annex B.
func pkcs12KDF(s pbes1, password []byte, p pbeParams) (key, iv []byte, err error) {
	text := bmpString(password)
	key = pkcs12Derive(s.hash, 1, text, p, s.size)
	return key, pkcs12Derive(s.hash, 2, text, p, 8), nil
}

// bmpString writes the password as UTF-16, big-endian, with a final zero.
func bmpString(password []byte) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(string(password))) {
		b = append(b, byte(u>>8), byte(u))
	}
	return append(b, 0, 0)
}

func pkcs12Derive(hash crypto.Hash, id byte, password []byte, p pbeParams, size int) []byte {
	const v = 64 // block of MD5 and SHA-1, in bytes
	d := slices.Repeat([]byte{id}, v)
	in := slices.Concat(fill(p.Salt, v), fill(password, v))
	var out []byte
	for len(out) < size {
		a := slices.Concat(d, in)
		for range p.Iterations {
			h := hash.New()
			h.Write(a)
			a = h.Sum(nil)
		}
		out = append(out, a...)
		b := fill(a, v)[:v]
		for i := 0; i < len(in); i += v {
			addOne(in[i:i+v], b)
		}
	}
	return out[:size]
}

// fill repeats b to the next multiple of v bytes.
func fill(b []byte, v int) []byte {
	if len(b) == 0 {
		return nil
	}
	n := v * ((len(b) + v - 1) / v)
	return slices.Repeat(b, n/len(b)+1)[:n]
}

// addOne sets x to x + b + 1 modulo 2^(8*len(x)).
func addOne(x, b []byte) {
	carry := 1
	for i := len(x) - 1; i >= 0; i-- {
		carry += int(x[i]) + int(b[i])
		x[i] = byte(carry)
		carry >>= 8
	}
}
