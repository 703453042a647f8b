package xmlsec

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"fmt"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/xmldsig"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Verify declares the action "xml.verify".
func Verify() *engine.Spec {
	return &engine.Spec{
		Name:    "xml.verify",
		Since:   "0.1",
		Summary: "Verify the signature of an XML document and give the element that it covers.",
		Source:  "W3C XML Signature 1.1, clause 3.2",
		Effect:  engine.Pure,
		In:      []engine.Port{{Name: "in", Type: formula.Tree, Required: true, Doc: "Signed document."}},
		Out: []engine.Port{
			{Name: "out", Type: formula.Tree, Required: true, Doc: "What the signature covers, in canonical form, as a document of its own. Read from it, not from the input."},
			{Name: "certificate", Type: formula.CertificateType, Required: true, Doc: "The signer's certificate."},
			{Name: "digest", Type: formula.String, Required: true, Doc: "Digest of the element in base64."},
		},
		Params: []engine.Param{
			{Name: "element", Type: formula.String, Doc: "Path of the element that must be covered. Default: whatever the only signature covers."},
			{Name: "trust", Type: formula.Any, Doc: "Certificates of the authorities that the signer must come from: bytes, or the name of a secret that holds them, or a list of both. Without it the signer is not judged."},
			{Name: "id", Type: formula.String, Doc: "Name of the identifier attribute. Default: Id, ID, id and xml:id."},
			{Name: "sha1", Type: formula.Boolean, Default: false, Doc: "Allow SHA-1, where the law still asks for it."},
		},
		Example: `id: genuine
action: xml.verify
with: {in: =steps.answer.out, element: //info}
`,
		Run: verify,
	}
}

func verify(_ context.Context, s *engine.Step) (engine.Outputs, error) {
	d, err := input(s, "in")
	if err != nil {
		return nil, err
	}
	c := xmldsig.Check{Any: true, AllowSHA1: s.Bool("sha1"), At: s.Now()}
	if id := s.Text("id"); id != "" {
		c.ID = []string{id}
	}
	if path := s.Text("element"); path != "" {
		c.Any = false
		if c.Covers, err = d.find(path); err != nil {
			return nil, err
		}
	}
	if trust := s.Value("trust"); trust != nil {
		if c.Roots, err = roots(s, trust); err != nil {
			return nil, err
		}
	}
	if n := len(xmldsig.Signatures(d.Document)); c.Any && n > 1 {
		return nil, diag.Problem{Rule: xmldsig.RuleCoverage, Message: fmt.Sprintf("the document holds %d signatures", n), Hint: "say which element must be covered"}
	}
	v, err := xmldsig.Verify(d.Document, c)
	if err != nil {
		return nil, err
	}
	// What is given is what was digested and nothing around it, so that no path
	// in a formula leads to something unsigned.
	tree, err := xmltree.Parse(v.Signed, xmltree.Options{})
	if err != nil {
		return nil, fmt.Errorf("signed element: %w", err)
	}
	return engine.Outputs{"out": formula.NewXML(tree, 0, v.Signed), "certificate": keys.Record(v.Certificate),
		"digest": base64.StdEncoding.EncodeToString(v.Digest)}, nil
}

func roots(s *engine.Step, trust any) (*x509.CertPool, error) {
	list, ok := trust.([]any)
	if !ok {
		list = []any{trust}
	}
	pool := x509.NewCertPool()
	for _, t := range list {
		b, err := certificates(s, t)
		if err != nil {
			return nil, err
		}
		certs, err := keys.ReadCertificates(b)
		if err != nil {
			return nil, diag.Problem{Rule: RuleTrust, Message: "an authority's certificate cannot be read", Err: err}
		}
		for _, c := range certs {
			pool.AddCert(c)
		}
	}
	return pool, nil
}

func certificates(s *engine.Step, t any) ([]byte, error) {
	switch t := t.(type) {
	case []byte:
		return t, nil
	case formula.Secret:
		return t.RevealBytes(), nil
	case string:
		return s.Secret(t)
	}
	return nil, diag.Problem{Rule: RuleTrust, Message: fmt.Sprintf("a %s names no authority", formula.KindOf(t))}
}
