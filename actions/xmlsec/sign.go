package xmlsec

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/xmldsig"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Sign declares the action "xml.sign".
func Sign() *engine.Spec {
	return &engine.Spec{
		Name:    "xml.sign",
		Since:   "0.1",
		Summary: "Sign an XML document with a certificate of the legal entity.",
		Source:  "W3C XML Signature 1.1, clause 4; ETSI EN 319 132-1, clause 5",
		Effect:  engine.Pure,
		Makes:   engine.DocSigned,
		In:      []engine.Port{{Name: "in", Type: formula.Tree, Required: true, Doc: "Document to sign."}},
		Out: []engine.Port{
			{Name: "out", Type: formula.Bytes, Required: true, Doc: "Signed document: the bytes of the input with the signature spliced in."},
			{Name: "digest", Type: formula.String, Required: true, Doc: "Digest of what was signed, in base64, as DigestValue says it."},
			{Name: "value", Type: formula.String, Required: true, Doc: "Value of the signature in base64."},
			{Name: "standIn", Type: formula.Boolean, Required: true, Doc: "True if a stand-in key signed: a preview, valid nowhere."},
		},
		Params: []engine.Param{
			{Name: "certificate", Type: formula.Certificate, Required: true, Doc: "Reference of the certificate, never the key itself."},
			{Name: "profile", Type: formula.MapOf(nil, true), Doc: profileDoc},
			{Name: "element", Type: formula.String, Doc: "Path of the element that is signed; without a slash it is looked for at every depth. Default: the outermost element."},
			{Name: "place", Type: formula.String, Doc: "Path of the element that the signature's position is relative to, if it is another one."},
			{Name: "id", Type: formula.String, Doc: "Name of the identifier attribute; overrides id of the profile."},
		},
		Example: `id: sign
action: xml.sign
with:
  in: =steps.map.out
  element: info
  id: Id
  certificate: =param.certificate
  profile: {position: after, transforms: [enveloped, c14n10], digest: sha256, method: rsa-sha256, keyInfo: [certificate]}
`,
		Run: sign,
	}
}

const profileDoc = "Standard options of the signature: position (after, lastChild, firstChild), reference (byId, document), id, " +
	"transforms (enveloped, c14n10, c14n11, exc-c14n), c14n, prefixes, digest (sha1, sha256, sha384, sha512), method (rsa-sha256, ecdsa-sha256, ...), " +
	"keyInfo (certificate, chain, issuerSerial, subjectName, keyValue), prefix, signatureId, ecdsa (raw, der), " +
	"level (none, bes, epes) with policy, signingCertificate, sign, properties, role, place, format."

func sign(_ context.Context, s *engine.Step) (engine.Outputs, error) {
	p, err := profileOf(s)
	if err != nil {
		return nil, err
	}
	key, err := s.Key("certificate")
	if err != nil {
		return nil, err
	}
	if err := inTime(key, s.Now()); err != nil {
		return nil, err
	}
	d, err := input(s, "in")
	if err != nil {
		return nil, err
	}
	r := xmldsig.Request{Source: d.source, Doc: d.Document, Place: xmltree.None, Key: key, Time: s.Now()}
	if r.Element, err = d.find(s.Text("element")); err != nil {
		return nil, err
	}
	if path := s.Text("place"); path != "" {
		if r.Place, err = d.find(path); err != nil {
			return nil, err
		}
	}
	signed, err := p.Sign(r)
	if err != nil {
		return nil, err
	}
	text := base64.StdEncoding.EncodeToString
	return engine.Outputs{"out": signed.Bytes, "digest": text(signed.Digest), "value": text(signed.Value), "standIn": key.StandIn}, nil
}

func profileOf(s *engine.Step) (*xmldsig.Profile, error) {
	options, _ := s.Value("profile").(map[string]any)
	p, problems := xmldsig.Decode(options)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	if id := s.Text("id"); id != "" {
		p.ID = []string{id}
	}
	return p, nil
}

// inTime refuses a certificate that no verifier would take at this time.
func inTime(p *keys.Pair, now time.Time) error {
	if p.Leaf == nil || p.StandIn || now.IsZero() || !now.Before(p.Leaf.NotBefore) && !now.After(p.Leaf.NotAfter) {
		return nil
	}
	return diag.Problem{Rule: RuleExpired, Message: fmt.Sprintf("certificate %s is valid from %s to %s, not at %s", keys.Name(p.Leaf.RawSubject),
		p.Leaf.NotBefore.UTC().Format(time.DateOnly), p.Leaf.NotAfter.UTC().Format(time.DateOnly), now.UTC().Format(time.DateOnly)),
		Hint: "set up the new certificate of the legal entity"}
}
