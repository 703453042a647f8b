package keys

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // old key files use it
	_ "crypto/md5"
	"crypto/pbkdf2"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"hash"

	"golang.org/x/crypto/scrypt"
)

// What a file may ask for at most, so that a hostile one cannot keep the
// machine busy.
const (
	maxIterations = 10_000_000
	maxScryptMem  = 256 << 20 // bytes
)

type encryptedKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

type pbes2 struct{ KDF, Cipher pkix.AlgorithmIdentifier }

type pbeParams struct {
	Salt       []byte
	Iterations int
}

type pbkdf2Params struct {
	Salt       []byte
	Iterations int
	KeyLength  int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

type scryptParams struct {
	Salt      []byte
	N, R, P   int
	KeyLength int `asn1:"optional"`
}

// decryptPKCS8 opens an EncryptedPrivateKeyInfo.
// Source: RFC 5958, clause 3; RFC 8018, clauses 6.1 and 6.2; RFC 7292, annexes B and C.
func decryptPKCS8(der, password []byte) (crypto.Signer, error) {
	var enc encryptedKey
	if rest, err := asn1.Unmarshal(der, &enc); err != nil || len(rest) > 0 {
		return nil, problem(RuleFormat, nil, "encrypted private key is malformed")
	}
	plain, err := decrypt(enc, password)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		// A wrong password leaves bytes that are no key about once in 256 times.
		return nil, passwordProblem(password)
	}
	return signer(key)
}

func decrypt(enc encryptedKey, password []byte) ([]byte, error) {
	block, iv, err := blockFor(enc.Algorithm, password)
	if err != nil {
		return nil, err
	}
	size := block.BlockSize()
	if len(iv) != size || len(enc.Data) == 0 || len(enc.Data)%size != 0 {
		return nil, problem(RuleFormat, nil, "encrypted private key has a wrong length")
	}
	plain := make([]byte, len(enc.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, enc.Data)
	n := int(plain[len(plain)-1])
	if n == 0 || n > size {
		return nil, passwordProblem(password)
	}
	for _, b := range plain[len(plain)-n:] {
		if int(b) != n {
			return nil, passwordProblem(password)
		}
	}
	return plain[:len(plain)-n], nil
}

func blockFor(alg pkix.AlgorithmIdentifier, password []byte) (cipher.Block, []byte, error) {
	oid := alg.Algorithm.String()
	if oid == "1.2.840.113549.1.5.13" {
		return pbes2Block(alg.Parameters.FullBytes, password)
	}
	s, ok := pbes1Schemes[oid]
	if !ok {
		return nil, nil, problem(RuleUnsupported, nil, "private key is encrypted by scheme %s, which is not read", oid).
			WithHint("write it again with: openssl pkcs8 -topk8 -v2 aes-256-cbc")
	}
	var p pbeParams
	if _, err := asn1.Unmarshal(alg.Parameters.FullBytes, &p); err != nil || !sane(p.Iterations) {
		return nil, nil, problem(RuleFormat, nil, "parameters of the encryption are malformed")
	}
	key, iv, err := s.derive(s, password, p)
	if err != nil {
		return nil, nil, err
	}
	block, err := s.block(key)
	return block, iv, err
}

func sane(iterations int) bool { return iterations > 0 && iterations <= maxIterations }

type blockMaker struct {
	size int // bytes of the key
	make func([]byte) (cipher.Block, error)
}

var pbes2Ciphers = map[string]blockMaker{
	"2.16.840.1.101.3.4.1.2":  {16, aes.NewCipher},
	"2.16.840.1.101.3.4.1.22": {24, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42": {32, aes.NewCipher},
	"1.2.840.113549.3.7":      {24, des.NewTripleDESCipher},
	"1.3.14.3.2.7":            {8, des.NewCipher},
}

var prfs = map[string]crypto.Hash{
	"":                    crypto.SHA1, // default of PBKDF2-params
	"1.2.840.113549.2.7":  crypto.SHA1,
	"1.2.840.113549.2.8":  crypto.SHA224,
	"1.2.840.113549.2.9":  crypto.SHA256,
	"1.2.840.113549.2.10": crypto.SHA384,
	"1.2.840.113549.2.11": crypto.SHA512,
	"1.2.840.113549.2.12": crypto.SHA512_224,
	"1.2.840.113549.2.13": crypto.SHA512_256,
}

func pbes2Block(params, password []byte) (cipher.Block, []byte, error) {
	var p pbes2
	if _, err := asn1.Unmarshal(params, &p); err != nil {
		return nil, nil, problem(RuleFormat, nil, "parameters of the encryption are malformed")
	}
	oid := p.Cipher.Algorithm.String()
	c, ok := pbes2Ciphers[oid]
	if !ok {
		return nil, nil, problem(RuleUnsupported, nil, "private key is encrypted by cipher %s, which is not read", oid)
	}
	var iv []byte
	if _, err := asn1.Unmarshal(p.Cipher.Parameters.FullBytes, &iv); err != nil {
		return nil, nil, problem(RuleFormat, nil, "initialisation vector is malformed")
	}
	key, err := deriveKey(p.KDF, password, c.size)
	if err != nil {
		return nil, nil, err
	}
	block, err := c.make(key)
	return block, iv, err
}

func deriveKey(kdf pkix.AlgorithmIdentifier, password []byte, size int) ([]byte, error) {
	switch oid := kdf.Algorithm.String(); oid {
	case "1.2.840.113549.1.5.12":
		return derivePBKDF2(kdf.Parameters.FullBytes, password, size)
	case "1.3.6.1.4.1.11591.4.11":
		return deriveScrypt(kdf.Parameters.FullBytes, password, size)
	default:
		return nil, problem(RuleUnsupported, nil, "key derivation %s is not known", oid)
	}
}

func derivePBKDF2(params, password []byte, size int) ([]byte, error) {
	var p pbkdf2Params
	if _, err := asn1.Unmarshal(params, &p); err != nil || !sane(p.Iterations) {
		return nil, problem(RuleFormat, nil, "parameters of the key derivation are malformed")
	}
	prf, ok := prfs[p.PRF.Algorithm.String()]
	if !ok {
		return nil, problem(RuleUnsupported, nil, "pseudo-random function %s is not known", p.PRF.Algorithm)
	}
	return pbkdf2.Key(func() hash.Hash { return prf.New() }, string(password), p.Salt, p.Iterations, size)
}

func deriveScrypt(params, password []byte, size int) ([]byte, error) {
	var p scryptParams
	_, err := asn1.Unmarshal(params, &p)
	if err != nil || p.N < 2 || p.R < 1 || p.P < 1 || p.P > 16 || p.R > maxScryptMem/128 || p.N > maxScryptMem/(128*p.R) {
		return nil, problem(RuleFormat, nil, "parameters of the key derivation are malformed or too large")
	}
	key, err := scrypt.Key(password, p.Salt, p.N, p.R, p.P, size)
	if err != nil {
		return nil, problem(RuleFormat, nil, "parameters of the key derivation are malformed")
	}
	return key, nil
}
