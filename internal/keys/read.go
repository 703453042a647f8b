package keys

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
	pkcs12 "software.sslmate.com/src/go-pkcs12"
)

// Read collects the private key, its certificate and the certificates of its
// issuers from blobs, in any order and any of the forms PEM, DER, base64 of
// DER, PKCS#1, SEC1, PKCS#8 (plain, PBES1, PBES2) and PKCS#12. The password
// opens whatever is encrypted; it may be nil.
// It returns a diag.Problem; RulePassword means another password may help.
func Read(password []byte, blobs ...[]byte) (*Pair, error) {
	c, err := collect(password, blobs)
	if err != nil {
		return nil, err
	}
	key, err := c.oneKey()
	if err != nil {
		return nil, err
	}
	if len(c.certs) == 0 {
		return nil, problem(RuleCertificate, nil, "no certificate beside the private key").
			WithHint("give the certificate file as well")
	}
	leaf := leafOf(key, c.certs)
	if leaf == nil {
		return nil, problem(RuleMismatch, nil, "none of %d certificates belongs to the private key", len(c.certs)).
			WithHint("give the certificate that was issued for this key")
	}
	return &Pair{Signer: key, Leaf: leaf, Chain: chainOf(leaf, c.certs), StandIn: IsStandIn(leaf)}, nil
}

// ReadKey returns the only private key in blobs.
func ReadKey(password []byte, blobs ...[]byte) (crypto.Signer, error) {
	c, err := collect(password, blobs)
	if err != nil {
		return nil, err
	}
	return c.oneKey()
}

// ReadCertificates returns all certificates in blobs, in their order. Keys
// that stand beside them are skipped without being opened.
func ReadCertificates(blobs ...[]byte) ([]*x509.Certificate, error) {
	c := collection{skipKeys: true}
	for _, blob := range blobs {
		if err := c.add(blob); err != nil {
			return nil, err
		}
	}
	if len(c.certs) == 0 {
		return nil, problem(RuleCertificate, nil, "no certificate found")
	}
	return c.certs, nil
}

type collection struct {
	password []byte
	skipKeys bool
	keys     []crypto.Signer
	certs    []*x509.Certificate
}

func collect(password []byte, blobs [][]byte) (*collection, error) {
	c := &collection{password: password}
	for _, blob := range blobs {
		if err := c.add(blob); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *collection) oneKey() (crypto.Signer, error) {
	if len(c.keys) == 0 {
		return nil, problem(RuleAbsent, nil, "no private key found").
			WithHint("a certificate alone cannot sign; give the key file or the PKCS#12 file")
	}
	for _, k := range c.keys[1:] {
		if !samePublic(k.Public(), c.keys[0].Public()) {
			return nil, problem(RuleSeveral, nil, "%d different private keys found", len(c.keys))
		}
	}
	return c.keys[0], nil
}

func (c *collection) add(blob []byte) error {
	if bytes.Contains(blob, []byte("-----BEGIN ")) {
		return c.addPEM(blob)
	}
	if len(blob) > 0 && blob[0] == 0x30 {
		return c.addDER(blob)
	}
	if der := fromBase64(blob); der != nil {
		return c.addDER(der)
	}
	return problem(RuleFormat, nil, "neither PEM nor DER").WithHint("give a .pfx, .p12, .pem, .key, .cer or .crt file")
}

// fromBase64 decodes DER written as bare base64, the way some portals hand
// certificates out; nil if blob is something else.
func fromBase64(blob []byte) []byte {
	text := string(bytes.Join(bytes.Fields(bytes.TrimPrefix(blob, []byte("\xef\xbb\xbf"))), nil))
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(der) == 0 || der[0] != 0x30 {
		return nil
	}
	return der
}

func (c *collection) addPEM(blob []byte) error {
	found := false
	for {
		block, rest := pem.Decode(blob)
		if block == nil {
			break
		}
		found, blob = true, rest
		if err := c.addBlock(block); err != nil {
			return err
		}
	}
	if !found {
		return problem(RuleFormat, nil, "PEM block cannot be decoded")
	}
	return nil
}

func (c *collection) addBlock(block *pem.Block) error {
	switch block.Type {
	case "EC PARAMETERS", "DH PARAMETERS":
		return nil
	case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
		return c.addCertificate(block.Bytes)
	}
	der := block.Bytes
	//lint:ignore SA1019 old key files are still handed out in this form
	if x509.IsEncryptedPEMBlock(block) {
		if c.skipKeys {
			return nil
		}
		var err error
		//lint:ignore SA1019 see above
		if der, err = x509.DecryptPEMBlock(block, c.password); err != nil {
			return passwordProblem(c.password)
		}
	}
	return c.addDER(der)
}

func (c *collection) addCertificate(der []byte) error {
	cert, err := ParseCertificate(der)
	if err != nil {
		return problem(RuleFormat, err, "certificate cannot be read")
	}
	for _, have := range c.certs {
		if bytes.Equal(have.Raw, cert.Raw) {
			return nil
		}
	}
	c.certs = append(c.certs, cert)
	return nil
}

func (c *collection) addDER(der []byte) error {
	kind := sniff(der)
	if kind == kindCertificate {
		return c.addCertificate(der)
	}
	if kind == kindPKCS12 && !c.skipKeys {
		return c.addPKCS12(der)
	}
	if c.skipKeys {
		return nil
	}
	key, err := c.key(kind, der)
	if err != nil {
		return err
	}
	c.keys = append(c.keys, key)
	return nil
}

func (c *collection) key(kind derKind, der []byte) (crypto.Signer, error) {
	var key any
	var err error
	switch kind {
	case kindPKCS1:
		key, err = x509.ParsePKCS1PrivateKey(der)
	case kindSEC1:
		key, err = x509.ParseECPrivateKey(der)
	case kindPKCS8:
		key, err = x509.ParsePKCS8PrivateKey(der)
	case kindEncrypted:
		return decryptPKCS8(der, c.password)
	default:
		return nil, problem(RuleFormat, nil, "DER that is neither a key nor a certificate")
	}
	if err != nil {
		return nil, problem(RuleFormat, err, "private key cannot be read")
	}
	return signer(key)
}

func (c *collection) addPKCS12(der []byte) error {
	key, first, rest, err := pkcs12.DecodeChain(der, string(c.password))
	if err != nil {
		if plain, ok := definite(der); ok && !bytes.Equal(plain, der) {
			key, first, rest, err = pkcs12.DecodeChain(plain, string(c.password))
		}
	}
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword), errors.Is(err, pkcs12.ErrDecryption):
		return passwordProblem(c.password)
	case err != nil:
		return problem(RuleFormat, nil, "PKCS#12 file cannot be read: %s", plainCause(err)).
			WithHint("export it again with its key and certificate")
	}
	s, err := signer(key)
	if err != nil {
		return err
	}
	c.keys = append(c.keys, s)
	c.certs = append(append(c.certs, first), rest...)
	return nil
}

// plainCause names the fault without quoting what the file held.
func plainCause(err error) string {
	var todo pkcs12.NotImplementedError
	if errors.As(err, &todo) {
		return string(todo)
	}
	switch err.Error() {
	case "pkcs12: certificate missing":
		return "certificate missing"
	case "pkcs12: private key missing":
		return "private key missing"
	case "pkcs12: no MAC in data":
		return "it carries no integrity check"
	}
	return "malformed"
}

func passwordProblem(password []byte) error {
	if len(password) == 0 {
		return problem(RulePassword, nil, "the key is encrypted and no password was given").
			WithHint("keep the password as a secret and name it beside the key")
	}
	return problem(RulePassword, nil, "the password does not open the key")
}

func signer(key any) (crypto.Signer, error) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return k, nil
	case *ecdsa.PrivateKey:
		return k, nil
	case ed25519.PrivateKey:
		return k, nil
	}
	return nil, problem(RuleUnsupported, nil, "a key of type %T cannot sign", key)
}

func marshalKey(key crypto.Signer) ([]byte, error) { return x509.MarshalPKCS8PrivateKey(key) }

type derKind int

const (
	kindUnknown derKind = iota
	kindCertificate
	kindPKCS12
	kindPKCS8
	kindEncrypted
	kindPKCS1
	kindSEC1
)

// sniff tells from the first two elements what a DER or BER value is.
func sniff(der []byte) derKind {
	if hasIndefinite(der) {
		return kindPKCS12 // only PKCS#12 tools write indefinite lengths
	}
	in := cryptobyte.String(der)
	var body, first cryptobyte.String
	if !in.ReadASN1(&body, asn1.SEQUENCE) {
		return kindUnknown
	}
	var version int
	if body.PeekASN1Tag(asn1.INTEGER) && body.ReadASN1Integer(&version) {
		return sniffVersioned(version, body)
	}
	if !body.ReadASN1(&first, asn1.SEQUENCE) {
		return kindUnknown
	}
	switch {
	case body.PeekASN1Tag(asn1.OCTET_STRING):
		return kindEncrypted
	case body.PeekASN1Tag(asn1.SEQUENCE):
		return kindCertificate
	}
	return kindUnknown
}

func sniffVersioned(version int, rest cryptobyte.String) derKind {
	switch {
	case version == 3 && rest.PeekASN1Tag(asn1.SEQUENCE):
		return kindPKCS12
	case rest.PeekASN1Tag(asn1.SEQUENCE):
		return kindPKCS8
	case rest.PeekASN1Tag(asn1.OCTET_STRING):
		return kindSEC1
	case rest.PeekASN1Tag(asn1.INTEGER):
		return kindPKCS1
	}
	return kindUnknown
}
