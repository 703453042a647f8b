// Package keys reads private keys and certificates, keeps local secrets, and
// makes stand-in keys for dry-runs.
//
// Begin with Read, which takes files as they come (PEM, DER, PKCS#8 plain or
// encrypted, PKCS#12) and returns a Pair; Store finds a Pair or a secret by
// its reference; StandIn makes a marked key that is worth nothing. A Pair ends
// in crypto.Signer, so a key in a token or a vault can stand in its place.
//
// The package promises that no password, key or secret enters an error, a log
// or any other output.
package keys

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// Rules of problems that this package raises.
const (
	RuleFormat      = "SIG-KEY-FORMAT"      // bytes that are no key and no certificate
	RulePassword    = "SIG-KEY-PASSWORD"    // password missing or wrong
	RuleUnsupported = "SIG-KEY-UNSUPPORTED" // well formed, but of a kind that is not read
	RuleAbsent      = "SIG-KEY-ABSENT"      // no private key where one is needed
	RuleCertificate = "SIG-KEY-CERTIFICATE" // no certificate where one is needed
	RuleMismatch    = "SIG-KEY-MISMATCH"    // no certificate belongs to the key
	RuleSeveral     = "SIG-KEY-SEVERAL"     // several private keys in one place
	RuleReference   = "SIG-KEY-REFERENCE"   // a reference that names nothing
	RuleBox         = "SIG-KEY-SEALED"      // sealed bytes that do not open with the key that is here
)

// A Pair is a private key with its certificate. The key is reached only
// through Signer. A Pair is safe for concurrent use as far as its Signer is.
type Pair struct {
	Signer  crypto.Signer
	Leaf    *x509.Certificate
	Chain   []*x509.Certificate // from the leaf's issuer upwards; may be empty
	StandIn bool                // made for a dry-run: what it signs is a preview
}

// TLS returns the pair in the form the TLS client and server take.
func (p *Pair) TLS() tls.Certificate {
	c := tls.Certificate{PrivateKey: p.Signer, Leaf: p.Leaf, Certificate: [][]byte{p.Leaf.Raw}}
	for _, cert := range p.Chain {
		c.Certificate = append(c.Certificate, cert.Raw)
	}
	return c
}

// PEM writes the pair as PKCS#8 and certificates, the form a vault holds.
// The result is a secret. It returns a problem RuleUnsupported if the key
// cannot leave its place.
func (p *Pair) PEM() ([]byte, error) {
	der, err := marshalKey(p.Signer)
	if err != nil {
		return nil, problem(RuleUnsupported, nil, "a key of type %T cannot be written", p.Signer)
	}
	var b bytes.Buffer
	certs := p.Chain
	if p.Leaf != nil {
		certs = append([]*x509.Certificate{p.Leaf}, certs...)
	}
	_ = pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	for _, cert := range certs {
		_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	}
	return b.Bytes(), nil
}

// String names the certificate, never the key.
func (p *Pair) String() string {
	if p == nil || p.Leaf == nil {
		return "key without certificate"
	}
	return "key of " + Name(p.Leaf.RawSubject)
}

// GoString is String, so that no verb prints the key.
func (p *Pair) GoString() string { return p.String() }

// Format writes String for every verb.
func (p *Pair) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(p.String())) }

// MarshalJSON writes String as a JSON string.
func (p *Pair) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", p.String()), nil }

// LogValue is String.
func (p *Pair) LogValue() slog.Value { return slog.StringValue(p.String()) }

// problem makes a problem of a rule. The cause is kept for errors.Is only when
// it cannot hold anything secret.
func problem(rule string, cause error, format string, args ...any) diag.Problem {
	p := diag.Problemf(diag.Pos{}, rule, format, args...)
	p.Err = cause
	return p
}
