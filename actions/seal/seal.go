// Package seal provides the action "text.seal": a signature over bytes as they
// are, apart from any document.
//
// Begin with Specs. What is sealed is never read or changed; the certificate
// comes by reference, and what a stand-in key sealed says so.
package seal

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha1" // required by seals that the law still asks for
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
)

// Rules of problems that this package raises.
const (
	RuleMethod = "SIG-SEAL-METHOD" // a method that is not known, or that does not go with the key
	RuleTime   = "SIG-SEAL-TIME"   // the certificate is not valid at this time
)

// Specs returns the actions of this package.
func Specs() []*engine.Spec { return []*engine.Spec{Text()} }

type method struct {
	curve bool
	hash  crypto.Hash
}

// methods are the seals by the short names that xml.sign has for them.
var methods = map[string]method{
	"rsa-sha1": {false, crypto.SHA1}, "rsa-sha256": {false, crypto.SHA256}, "rsa-sha384": {false, crypto.SHA384}, "rsa-sha512": {false, crypto.SHA512},
	"ecdsa-sha256": {true, crypto.SHA256}, "ecdsa-sha384": {true, crypto.SHA384}, "ecdsa-sha512": {true, crypto.SHA512},
}

// Text declares the action "text.seal".
func Text() *engine.Spec {
	return &engine.Spec{
		Name:    "text.seal",
		Since:   "0.1",
		Summary: "Sign bytes with a certificate of the legal entity; the signature stands by itself.",
		Source:  "RFC 8017, clause 8.2; FIPS 186-5, clause 6.4",
		Effect:  engine.Pure,
		Makes:   engine.DocSigned,
		In:      []engine.Port{{Name: "in", Type: formula.Bytes, Required: true, Doc: "What is sealed: bytes, or a text in UTF-8."}},
		Out: []engine.Port{
			{Name: "out", Type: formula.Bytes.Required(), Doc: "The seal."},
			{Name: "value", Type: formula.String.Required(), Doc: "The seal in base64, in one line."},
			{Name: "standIn", Type: formula.Boolean.Required(), Doc: "True if a stand-in key sealed: a preview, valid nowhere."},
		},
		Params: []engine.Param{
			{Name: "certificate", Type: formula.Certificate, Required: true, Doc: "Reference of the certificate, never the key itself."},
			{Name: "method", Type: formula.String, Default: "rsa-sha256", Values: slices.Sorted(maps.Keys(methods)), Doc: "Method of the seal; rsa is PKCS #1 v1.5."},
			{Name: "form", Type: formula.String, Default: "der", Values: []string{"der", "raw"}, Doc: "Form of an ecdsa seal: two numbers in DER, or side by side."},
			{Name: "prehashed", Type: formula.Boolean, Default: false, Doc: "True if the input is the digest of what is sealed."},
		},
		Example: `id: seal
action: text.seal
with: {in: '=bytes("A|1|100.00")', certificate: =param.certificate, method: rsa-sha256}
`,
		Run: sealText,
	}
}

func sealText(_ context.Context, s *engine.Step) (engine.Outputs, error) {
	m, ok := methods[s.Text("method")]
	if !ok {
		return nil, problem(RuleMethod, "seal method %q is not known", s.Text("method"))
	}
	key, err := s.Key("certificate")
	if err != nil {
		return nil, err
	}
	if err := inTime(key, s.Now()); err != nil {
		return nil, err
	}
	sum := s.Bytes("in")
	if !s.Bool("prehashed") {
		sum = m.digest(sum)
	} else if len(sum) != m.hash.Size() {
		return nil, problem(RuleMethod, "a digest of %d bytes is none of method %s", len(sum), s.Text("method"))
	}
	out, err := m.seal(key.Signer, sum, s.Text("form") == "raw")
	if err != nil {
		return nil, err
	}
	return engine.Outputs{"out": out, "value": base64.StdEncoding.EncodeToString(out), "standIn": key.StandIn}, nil
}

func (m method) digest(text []byte) []byte {
	h := m.hash.New()
	h.Write(text)
	return h.Sum(nil)
}

// seal signs a digest. RSA without padding at random and ECDSA without a source of
// chance (RFC 6979) give the same seal for the same text.
func (m method) seal(key crypto.Signer, sum []byte, raw bool) ([]byte, error) {
	switch pub := key.Public().(type) {
	case *rsa.PublicKey:
		if !m.curve {
			return key.Sign(nil, sum, m.hash)
		}
	case *ecdsa.PublicKey:
		if m.curve {
			der, err := key.Sign(nil, sum, m.hash)
			if err != nil || !raw {
				return der, err
			}
			return sideBySide(pub, der)
		}
	}
	return nil, problem(RuleMethod, "the key of the certificate is a %T; the method wants another kind", key.Public())
}

// sideBySide turns an ECDSA value in DER into its two numbers, each as long as
// the order of the curve.
func sideBySide(key *ecdsa.PublicKey, der []byte) ([]byte, error) {
	size := (key.Curve.Params().BitSize + 7) / 8
	r, s := new(big.Int), new(big.Int)
	var body cryptobyte.String
	in := cryptobyte.String(der)
	if !in.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1Integer(r) || !body.ReadASN1Integer(s) {
		return nil, problem(RuleMethod, "the key gave a seal that is not in DER")
	}
	out := make([]byte, 2*size)
	r.FillBytes(out[:size])
	s.FillBytes(out[size:])
	return out, nil
}

// inTime refuses a certificate that nobody would take at this time.
func inTime(p *keys.Pair, now time.Time) error {
	if p.Leaf == nil || p.StandIn || now.IsZero() || !now.Before(p.Leaf.NotBefore) && !now.After(p.Leaf.NotAfter) {
		return nil
	}
	return diag.Problem{Rule: RuleTime, Message: fmt.Sprintf("certificate %s is valid from %s to %s, not at %s", keys.Name(p.Leaf.RawSubject),
		p.Leaf.NotBefore.UTC().Format(time.DateOnly), p.Leaf.NotAfter.UTC().Format(time.DateOnly), now.UTC().Format(time.DateOnly)),
		Hint: "set up the new certificate of the legal entity"}
}

func problem(rule, format string, args ...any) error {
	return diag.Problem{Rule: rule, Message: fmt.Sprintf(format, args...)}
}
