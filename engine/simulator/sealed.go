package simulator

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1" // required by seals that the law still asks for
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/treepath"
)

// Sealed is a check that a seal stands over the text that a list makes of the
// document, by the key of the certificate inside the document.
type Sealed struct {
	Mapping     *nodes.Mapping // of format list; its inputs are the document
	Seal        *treepath.Path // leads to the seal in base64
	Certificate *treepath.Path // leads to the certificate in base64
	Method      string         // rsa-sha1, rsa-sha256, rsa-sha384, rsa-sha512
}

var sealMethods = map[string]crypto.Hash{"": crypto.SHA256, "rsa-sha1": crypto.SHA1, "rsa-sha256": crypto.SHA256, "rsa-sha384": crypto.SHA384, "rsa-sha512": crypto.SHA512}

// SealMethods lists the methods that a check of a seal knows.
func SealMethods() []string { return []string{"rsa-sha1", "rsa-sha256", "rsa-sha384", "rsa-sha512"} }

// verify returns what is wrong with the seal of a document.
func (c *Sealed) verify(s *formula.Scope, doc formula.Node) error {
	in := map[string]any{}
	for _, i := range c.Mapping.Inputs {
		in[i.Name] = doc
	}
	text, err := c.Mapping.Write(s, nodes.Options{Input: in})
	if err != nil {
		return fmt.Errorf("the text that is sealed: %w", err)
	}
	seal, err := coded(doc, c.Seal, "seal")
	if err != nil {
		return err
	}
	der, err := coded(doc, c.Certificate, "certificate")
	if err != nil {
		return err
	}
	cert, err := keys.ParseCertificate(der)
	if err != nil {
		return errors.New("the certificate cannot be read")
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	hash := sealMethods[c.Method]
	if !ok || hash == 0 {
		return errors.New("the key of the certificate is of another kind")
	}
	h := hash.New()
	h.Write(text.Bytes)
	if rsa.VerifyPKCS1v15(key, hash, h.Sum(nil), seal) != nil {
		return errors.New("the seal does not stand over the document")
	}
	return nil
}

func coded(doc formula.Node, path *treepath.Path, what string) ([]byte, error) {
	found := doc.Follow(path)
	if len(found) != 1 || found[0].Text() == "" {
		return nil, fmt.Errorf("the document has no %s", what)
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(found[0].Text()))
	if err != nil {
		return nil, fmt.Errorf("the %s is no base64", what)
	}
	return b, nil
}
