package keys

import (
	"bytes"
	"crypto"
	"crypto/x509"
)

// leafOf returns the certificate of the key; of several, the one that is
// valid longest. Files list their certificates in any order.
func leafOf(key crypto.Signer, certs []*x509.Certificate) *x509.Certificate {
	var leaf *x509.Certificate
	for _, c := range certs {
		if samePublic(key.Public(), c.PublicKey) && (leaf == nil || c.NotAfter.After(leaf.NotAfter)) {
			leaf = c
		}
	}
	return leaf
}

func samePublic(a, b crypto.PublicKey) bool {
	eq, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && b != nil && eq.Equal(b)
}

// chainOf orders the certificates above leaf, as far as they are there. What
// does not belong to the chain is left out.
func chainOf(leaf *x509.Certificate, certs []*x509.Certificate) []*x509.Certificate {
	var chain []*x509.Certificate
	at := leaf
	for len(chain) < len(certs) && !bytes.Equal(at.RawIssuer, at.RawSubject) {
		next := issuerOf(at, certs)
		if next == nil {
			break
		}
		chain, at = append(chain, next), next
	}
	return chain
}

func issuerOf(c *x509.Certificate, certs []*x509.Certificate) *x509.Certificate {
	for _, up := range certs {
		if bytes.Equal(up.RawSubject, c.RawIssuer) && !bytes.Equal(up.Raw, c.Raw) && keyIDsFit(up, c) {
			return up
		}
	}
	return nil
}

func keyIDsFit(up, c *x509.Certificate) bool {
	return len(up.SubjectKeyId) == 0 || len(c.AuthorityKeyId) == 0 || bytes.Equal(up.SubjectKeyId, c.AuthorityKeyId)
}
