// Package keys reads private keys and certificates, keeps them encrypted at
// rest and hands them out by reference.
//
// Begin with Pair. No error and no text of this package contains a secret.
package keys

import (
	"crypto"
	"crypto/x509"
)

// Pair is a private key with its certificate.
type Pair struct {
	Signer  crypto.Signer
	Leaf    *x509.Certificate
	Chain   []*x509.Certificate // from the leaf's issuer upwards; may be empty
	StandIn bool                // made for a dry-run: what it signs is a preview
}
