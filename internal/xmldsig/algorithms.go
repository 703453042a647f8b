package xmldsig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha1" // required by signatures that the law still asks for
	_ "crypto/sha256"
	_ "crypto/sha512"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

const enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"

// digests are the digest methods by their short name.
var digests = map[string]digest{
	"sha1":   {"http://www.w3.org/2000/09/xmldsig#sha1", crypto.SHA1},
	"sha256": {"http://www.w3.org/2001/04/xmlenc#sha256", crypto.SHA256},
	"sha384": {"http://www.w3.org/2001/04/xmldsig-more#sha384", crypto.SHA384},
	"sha512": {"http://www.w3.org/2001/04/xmlenc#sha512", crypto.SHA512},
}

type digest struct {
	uri  string
	hash crypto.Hash
}

type family uint8

const (
	rsaFamily family = iota
	pssFamily
	ecdsaFamily
)

type method struct {
	uri    string
	family family
	hash   crypto.Hash
}

// methods are the signature methods by their short name.
// Source: XML Signature 1.1, clause 6.4; RFC 9231, clause 2.3.
var methods = map[string]method{
	"rsa-sha1":       {"http://www.w3.org/2000/09/xmldsig#rsa-sha1", rsaFamily, crypto.SHA1},
	"rsa-sha256":     {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", rsaFamily, crypto.SHA256},
	"rsa-sha384":     {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", rsaFamily, crypto.SHA384},
	"rsa-sha512":     {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", rsaFamily, crypto.SHA512},
	"rsa-pss-sha256": {"http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", pssFamily, crypto.SHA256},
	"rsa-pss-sha384": {"http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1", pssFamily, crypto.SHA384},
	"rsa-pss-sha512": {"http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1", pssFamily, crypto.SHA512},
	"ecdsa-sha1":     {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1", ecdsaFamily, crypto.SHA1},
	"ecdsa-sha256":   {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", ecdsaFamily, crypto.SHA256},
	"ecdsa-sha384":   {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", ecdsaFamily, crypto.SHA384},
	"ecdsa-sha512":   {"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512", ecdsaFamily, crypto.SHA512},
}

// canonical are the canonicalisation methods by their short name.
var canonical = map[string]string{
	"c14n10":            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
	"c14n10-comments":   "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
	"c14n11":            "http://www.w3.org/2006/12/xml-c14n11",
	"c14n11-comments":   "http://www.w3.org/2006/12/xml-c14n11#WithComments",
	"exc-c14n":          "http://www.w3.org/2001/10/xml-exc-c14n#",
	"exc-c14n-comments": "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
}

func digestByURI(uri string) (digest, bool) {
	for _, d := range digests {
		if d.uri == uri {
			return d, true
		}
	}
	return digest{}, false
}

func methodByURI(uri string) (method, bool) {
	for _, m := range methods {
		if m.uri == uri {
			return m, true
		}
	}
	return method{}, false
}

func sum(h crypto.Hash, b []byte) []byte {
	w := h.New()
	w.Write(b)
	return w.Sum(nil)
}

// fits reports whether a key can be used with the method.
func (m method) fits(key crypto.PublicKey) bool {
	switch key.(type) {
	case *rsa.PublicKey:
		return m.family != ecdsaFamily
	case *ecdsa.PublicKey:
		return m.family == ecdsaFamily
	case ed25519.PublicKey:
		return false
	}
	return false
}

// verify reports whether value is a signature of text by key.
func (m method) verify(key crypto.PublicKey, text, value []byte) bool {
	if !m.fits(key) {
		return false
	}
	sum := sum(m.hash, text)
	switch k := key.(type) {
	case *rsa.PublicKey:
		if m.family == pssFamily {
			return rsa.VerifyPSS(k, m.hash, sum, value, nil) == nil
		}
		return rsa.VerifyPKCS1v15(k, m.hash, sum, value) == nil
	case *ecdsa.PublicKey:
		size := (k.Curve.Params().BitSize + 7) / 8
		if len(value) != 2*size {
			return false
		}
		return ecdsa.Verify(k, sum, new(big.Int).SetBytes(value[:size]), new(big.Int).SetBytes(value[size:]))
	}
	return false
}

// rawECDSA turns the DER form of an ECDSA value into the two numbers side by
// side, each as long as the order of the curve.
// Source: XML Signature 1.1, clause 6.4.3.
func rawECDSA(key *ecdsa.PublicKey, der []byte) ([]byte, bool) {
	size := (key.Curve.Params().BitSize + 7) / 8
	var body cryptobyte.String
	r, s := new(big.Int), new(big.Int)
	in := cryptobyte.String(der)
	if !in.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1Integer(r) || !body.ReadASN1Integer(s) || r.BitLen() > 8*size || s.BitLen() > 8*size {
		return nil, false
	}
	out := make([]byte, 2*size)
	r.FillBytes(out[:size])
	s.FillBytes(out[size:])
	return out, true
}
