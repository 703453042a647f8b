package xmldsig

import (
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Limits of a signature that is verified.
const (
	maxReferences   = 16
	maxTransforms   = 4
	maxCertificates = 10
)

// Check says what a signature must be.
type Check struct {
	// Covers is the element that the signature must be about; zero is the whole
	// document. With Any it may be about anything: use what Verified names.
	Covers xmltree.Node
	Any    bool
	// ID are the names of identifier attributes; nil: Id, ID, id and xml:id.
	ID        []string
	AllowSHA1 bool
	// Certificate is the signer's, if it is known; else it comes from KeyInfo.
	Certificate *x509.Certificate
	// Roots are the authorities that the signer must come from at the instant
	// At; nil: the signer is not judged.
	Roots *x509.CertPool
	At    time.Time
}

// Verified is a signature that holds.
type Verified struct {
	Signature   xmltree.Node
	Element     xmltree.Node // what it covers: as asked for, else by its first reference; 0 is the document
	Signed      []byte       // the canonical bytes of it that were digested, a document of their own
	Digest      []byte       // their digest
	Certificate *x509.Certificate
	Covered     []Covered // what every reference covers
	SHA1        bool      // SHA-1 was used and allowed
}

// Covered is what one reference covers.
type Covered struct {
	Element xmltree.Node
	Signed  []byte
	Digest  []byte
}

// Signatures returns the Signature elements of the document in order.
func Signatures(d *xmltree.Document) []xmltree.Node {
	return d.ByName(d.Lookup(Namespace, "Signature"))
}

// Verify checks the only signature of the document. With several it takes the
// one about c.Covers. See VerifyAt.
func Verify(d *xmltree.Document, c Check) (*Verified, error) {
	all := Signatures(d)
	if len(all) == 0 {
		return nil, problem(RuleAbsent, "the document is not signed")
	}
	var first error
	for _, n := range all {
		v, err := VerifyAt(d, n, c)
		if err == nil {
			return v, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// VerifyAt checks the Signature at n. The error is a diag.Problem of one of
// the SIG-VERIFY rules.
func VerifyAt(d *xmltree.Document, n xmltree.Node, c Check) (*Verified, error) {
	if c.ID == nil {
		c.ID = []string{"Id", "ID", "id", "xml:id"}
	}
	v := &verifier{Check: c, d: d, out: &Verified{Signature: n}}
	if err := v.run(); err != nil {
		return nil, err
	}
	return v.out, nil
}

type verifier struct {
	Check
	d   *xmltree.Document
	out *Verified
}

func (v *verifier) run() error {
	parts, err := v.parts(v.out.Signature)
	if err != nil {
		return err
	}
	info := parts[0]
	m, text, err := v.signedInfo(info)
	if err != nil {
		return err
	}
	// First who signed what SignedInfo says, then whether it is true.
	if err := v.value(m, text, parts); err != nil {
		return err
	}
	if err := v.references(info); err != nil {
		return err
	}
	return v.covers()
}

// is reports whether n is an element of XML Signature with this name.
func (v *verifier) is(n xmltree.Node, local string) bool {
	return v.d.Local(n) == local && v.d.Space(n) == Namespace
}

// parts returns SignedInfo, SignatureValue and, if present, KeyInfo.
func (v *verifier) parts(n xmltree.Node) ([]xmltree.Node, error) {
	children := slices.Collect(v.d.Elements(n))
	if len(children) < 2 || !v.is(n, "Signature") || !v.is(children[0], "SignedInfo") || !v.is(children[1], "SignatureValue") {
		return nil, problem(RuleStructure, "this is not the structure of a Signature")
	}
	for i, c := range children[2:] {
		if !(i == 0 && v.is(c, "KeyInfo")) && !v.is(c, "Object") {
			return nil, problem(RuleStructure, "%s has no place in a Signature", v.d.QName(c))
		}
	}
	if len(children) > 2 && v.is(children[2], "KeyInfo") {
		return children[:3], nil
	}
	return children[:2], nil
}

// signedInfo reads the methods and returns the canonical text that was signed.
func (v *verifier) signedInfo(info xmltree.Node) (method, []byte, error) {
	children := slices.Collect(v.d.Elements(info))
	if len(children) < 3 || !v.is(children[0], "CanonicalizationMethod") || !v.is(children[1], "SignatureMethod") {
		return method{}, nil, problem(RuleStructure, "this is not the structure of SignedInfo")
	}
	c, err := v.canonical(children[0])
	if err != nil {
		return method{}, nil, err
	}
	uri, _ := v.d.Attr(children[1], "Algorithm")
	m, ok := methodByURI(uri)
	if !ok {
		return method{}, nil, problem(RuleAlgorithm, "signature method %q is not known", uri)
	}
	if err := v.allowed(strings.HasSuffix(uri, "sha1")); err != nil {
		return method{}, nil, err
	}
	return m, c.Append(nil, v.d, info), nil
}

func (v *verifier) allowed(sha1 bool) error {
	if sha1 && !v.AllowSHA1 {
		return problem(RuleAlgorithm, "SHA-1 is not allowed here")
	}
	v.out.SHA1 = v.out.SHA1 || sha1
	return nil
}

// canonical returns the canonicalisation that an element with an Algorithm names.
func (v *verifier) canonical(n xmltree.Node) (xmltree.C14N, error) {
	uri, _ := v.d.Attr(n, "Algorithm")
	c, ok := xmltree.C14NByURI(uri)
	if !ok {
		return c, problem(RuleAlgorithm, "algorithm %q is not known here", uri)
	}
	for child := range v.d.Elements(n) {
		list, _ := v.d.Attr(child, "PrefixList")
		if !c.Exclusive || v.d.Local(child) != "InclusiveNamespaces" || c.Prefixes != nil {
			return c, problem(RuleAlgorithm, "parameter %s of a canonicalisation is not known", v.d.QName(child))
		}
		c.Prefixes = strings.Fields(list)
	}
	return c, nil
}

func (v *verifier) value(m method, text []byte, parts []xmltree.Node) error {
	value, err := decode64(v.d.Text(parts[1]))
	if err != nil {
		return problem(RuleStructure, "SignatureValue is not base64")
	}
	candidates := []*x509.Certificate{v.Certificate}
	var others []*x509.Certificate
	if len(parts) > 2 {
		others = v.certificates(parts[2])
	}
	if v.Certificate == nil {
		candidates = others
	}
	if len(candidates) == 0 {
		return problem(RuleSigner, "the signature carries no certificate")
	}
	for _, c := range candidates {
		if m.verify(c.PublicKey, text, value) {
			v.out.Certificate = c
			return v.trust(c, others)
		}
	}
	return problem(RuleValue, "the signature value does not fit: what was signed was changed, or another key signed it")
}

// certificates returns the certificates in KeyInfo. One that cannot be read is
// left out: if it was the signer's, no other fits.
func (v *verifier) certificates(info xmltree.Node) (out []*x509.Certificate) {
	for data := range v.d.Elements(info) {
		if !v.is(data, "X509Data") {
			continue
		}
		for n := range v.d.Elements(data) {
			if !v.is(n, "X509Certificate") || len(out) == maxCertificates {
				continue
			}
			der, err := decode64(v.d.Text(n))
			if err != nil {
				continue
			}
			if c, err := keys.ParseCertificate(der); err == nil {
				out = append(out, c)
			}
		}
	}
	return out
}

func (v *verifier) trust(c *x509.Certificate, others []*x509.Certificate) error {
	if v.Roots == nil {
		return nil
	}
	pool := x509.NewCertPool()
	for _, o := range others {
		pool.AddCert(o)
	}
	_, err := c.Verify(x509.VerifyOptions{Roots: v.Roots, Intermediates: pool, CurrentTime: v.At, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return caused(RuleSigner, err, "the signer is not trusted: %v", err)
	}
	return nil
}

// covers chooses the reference that is about the element in question.
func (v *verifier) covers() error {
	for _, c := range v.out.Covered {
		if v.Any || c.Element == v.Covers || c.Element == 0 && v.Covers == v.d.Root() {
			v.out.Element, v.out.Signed, v.out.Digest = c.Element, c.Signed, c.Digest
			return nil
		}
	}
	return problem(RuleCoverage, "the signature is valid and does not cover the element in question")
}

func decode64(s string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
}

func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
