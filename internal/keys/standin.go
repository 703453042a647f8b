package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"sync"
	"time"
)

// StandInMark stands in the organisation of every stand-in certificate.
const StandInMark = "stand-in, not valid for any purpose"

// Describe says what a stand-in certificate shows beside its name, so that a
// package that reads its certificate finds in a dry-run what it looks for.
type Describe struct {
	Curve      bool              // an elliptic curve key (P-256) instead of RSA of 2048 bits
	OtherNames map[string]string // otherName entries: dotted OID to text
	Attributes map[string]string // further subject attributes: dotted OID to text
}

// StandIn returns a key and certificate for the named legal entity that
// everybody can make: the same for the same arguments, on every machine. The
// private key is public knowledge by construction, and all stand-ins of a kind
// share it. It signs previews, never anything that leaves.
//
// The serial number is twenty decimal digits in ASCII, which suits readers
// that take it as a number and readers that take it as text.
func StandIn(name string, d Describe) (*Pair, error) {
	key, err := standInKey(d.Curve)
	if err != nil {
		return nil, err
	}
	template, err := standInTemplate(name, d)
	if err != nil {
		return nil, err
	}
	// Without a source of chance both kinds of signature are deterministic.
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("stand-in certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("stand-in certificate: %w", err)
	}
	return &Pair{Signer: key, Leaf: leaf, StandIn: true}, nil
}

// IsStandIn reports whether a stand-in key belongs to the certificate.
func IsStandIn(c *x509.Certificate) bool {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return k.N.Cmp(standInModulus()) == 0
	case *ecdsa.PublicKey:
		key, err := standInCurve()
		return err == nil && samePublic(key.Public(), k)
	}
	return false
}

func standInKey(curve bool) (crypto.Signer, error) {
	if curve {
		return standInCurve()
	}
	return standInRSA()
}

var standInCurve = sync.OnceValues(func() (crypto.Signer, error) {
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), stream("curve", 32))
})

// The primes are the first ones at or above two numbers cut from a hash
// stream; the distance is written here so that no search is needed.
func standInPrimes() (p, q *big.Int) {
	return standInPrime("p", standInDistP), standInPrime("q", standInDistQ)
}

var standInModulus = sync.OnceValue(func() *big.Int {
	p, q := standInPrimes()
	return p.Mul(p, q)
})

var standInRSA = sync.OnceValues(func() (crypto.Signer, error) {
	p, q := standInPrimes()
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: standInModulus(), E: 65537},
		D:         new(big.Int).ModInverse(big.NewInt(65537), phi),
		Primes:    []*big.Int{p, q},
	}
	key.Precompute()
	return key, nil
})

const standInDistP, standInDistQ = 638, 550

func standInPrime(label string, distance int64) *big.Int {
	b := stream(label, 128)
	b[0] |= 0xc0
	b[127] |= 1
	return new(big.Int).Add(new(big.Int).SetBytes(b), big.NewInt(distance))
}

// stream returns n bytes that follow from the label.
func stream(label string, n int) []byte {
	var out []byte
	for i := uint32(0); len(out) < n; i++ {
		h := sha256.New()
		_, _ = fmt.Fprintf(h, "stand-in key, public by construction: %s ", label)
		_ = binary.Write(h, binary.BigEndian, i)
		out = h.Sum(out)
	}
	return out[:n]
}

func standInTemplate(name string, d Describe) (*x509.Certificate, error) {
	subject := pkix.Name{CommonName: name, Organization: []string{StandInMark}}
	for _, oid := range slices.Sorted(maps.Keys(d.Attributes)) {
		id, err := parseOID(oid)
		if err != nil {
			return nil, err
		}
		subject.ExtraNames = append(subject.ExtraNames, pkix.AttributeTypeAndValue{Type: id, Value: d.Attributes[oid]})
	}
	c := &x509.Certificate{
		SerialNumber:          standInSerial(name),
		Subject:               subject,
		NotBefore:             time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2119, 12, 31, 0, 0, 0, 0, time.UTC),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	if len(d.OtherNames) == 0 {
		return c, nil
	}
	ext, err := otherNamesExtension(d.OtherNames)
	c.ExtraExtensions = []pkix.Extension{ext}
	return c, err
}

func standInSerial(name string) *big.Int {
	sum := sha256.Sum256([]byte(name))
	digits := make([]byte, 20)
	for i := range digits {
		digits[i] = '0' + sum[i]%10
	}
	return new(big.Int).SetBytes(digits)
}

type otherName struct {
	Type  asn1.ObjectIdentifier
	Value string `asn1:"tag:0,explicit,utf8"`
}

func otherNamesExtension(names map[string]string) (pkix.Extension, error) {
	var body []asn1.RawValue
	for _, oid := range slices.Sorted(maps.Keys(names)) {
		id, err := parseOID(oid)
		if err != nil {
			return pkix.Extension{}, err
		}
		der, err := asn1.MarshalWithParams(otherName{id, names[oid]}, "tag:0")
		if err != nil {
			return pkix.Extension{}, fmt.Errorf("otherName %s: %w", oid, err)
		}
		body = append(body, asn1.RawValue{FullBytes: der})
	}
	der, err := asn1.Marshal(body)
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: der}, err
}

func parseOID(text string) (asn1.ObjectIdentifier, error) {
	oid, err := x509.ParseOID(text)
	if err != nil {
		return nil, fmt.Errorf("object identifier %q: %w", text, err)
	}
	var id asn1.ObjectIdentifier
	der, err := oid.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("object identifier %q: %w", text, err)
	}
	_, err = asn1.Unmarshal(append([]byte{6, byte(len(der))}, der...), &id)
	return id, err
}
