package xmldsig

import (
	"encoding/base64"
	"time"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

const (
	xadesNamespace  = "http://uri.etsi.org/01903/v1.3.2#"
	propertiesType  = "http://uri.etsi.org/01903#SignedProperties"
	propertiesLocal = "SignedProperties"
)

// XAdES are the qualifying properties that a signature of level bes or epes
// carries and signs. Further options of the profile:
//
//	signingCertificate  v2 (the default) or v1: the form of the certificate's digest
//	policy              epes: id, digest and value (base64) of the policy document, url, description
//	role                claimed role of the signer
//	place               city, province, postalCode, country of signing
//	format              media type of the signed document; text/xml by default
//	sign                properties (the default), or keyInfo: KeyInfo is signed as well
//	properties          canonicalisation of the properties; that of SignedInfo by default
//
// Source: ETSI EN 319 132-1, clause 5; ETSI TS 101 903 for form v1.
type XAdES struct {
	policy     *policy
	v1         bool
	role       string
	place      map[string]string
	format     string
	properties string // algorithm identifier
	keyInfo    bool   // KeyInfo is signed as well
}

type policy struct {
	id, url, description string
	digest               digest
	value                string
}

var placeParts = [][2]string{{"city", "City"}, {"province", "StateOrProvince"}, {"postalCode", "PostalCode"}, {"country", "CountryName"}}

func (d *decoder) xades() *XAdES {
	level := d.choice("level", "none", "none", "bes", "epes")
	if level == "none" {
		return nil
	}
	x := &XAdES{
		v1:         d.choice("signingCertificate", "v2", "v1", "v2") == "v1",
		role:       d.text("role", ""),
		format:     d.text("format", "text/xml"),
		properties: canonical[d.text("properties", "")],
		keyInfo:    d.choice("sign", "properties", "properties", "keyInfo") == "keyInfo",
	}
	if name := d.text("properties", ""); name != "" && x.properties == "" {
		d.fault("properties", "properties %q is not known", name)
	}
	x.place = d.texts("place")
	if policy := d.texts("policy"); level == "epes" || policy != nil {
		x.policy = d.policy(policy)
	}
	return x
}

func (d *decoder) policy(m map[string]string) *policy {
	p := &policy{id: m["id"], url: m["url"], description: m["description"], value: m["value"]}
	dg, ok := digests[m["digest"]]
	if m["digest"] == "" {
		dg, ok = digests["sha256"], true
	}
	p.digest = dg
	raw, err := base64.StdEncoding.DecodeString(p.value)
	if p.id == "" || !ok || err != nil || len(raw) != dg.hash.Size() {
		d.fault("policy", "a policy has an id, a digest method and its value in base64")
	}
	return p
}

func (d *decoder) texts(option string) map[string]string {
	switch v := d.m[option].(type) {
	case nil:
		return nil
	case map[string]any:
		out := map[string]string{}
		for k, x := range v {
			s, ok := x.(string)
			if !ok {
				d.fault(option, "%s must hold texts", option)
			}
			out[k] = s
		}
		return out
	}
	d.fault(option, "%s must be a map", option)
	return nil
}

// qualify adds the qualifying properties, if the profile asks for them, and
// the references to them.
func (s *signing) qualify() error {
	if s.XAdES == nil {
		return nil
	}
	s.object = s.properties()
	algorithm := s.XAdES.properties
	if algorithm == "" {
		algorithm = s.c14n
	}
	c, _ := xmltree.C14NByURI(algorithm)
	c.Prefixes = s.prefixes
	if s.XAdES.keyInfo {
		text, err := s.inPlace(c, "KeyInfo", Namespace)
		if err != nil {
			return err
		}
		s.references = append(s.references, reference{uri: "#" + s.id + "-key", transforms: []string{algorithm}, digest: sum(s.digest.hash, text)})
	}
	text, err := s.inPlace(c, propertiesLocal, xadesNamespace)
	if err != nil {
		return err
	}
	s.references = append(s.references, reference{kind: propertiesType, uri: "#" + s.id + "-properties",
		transforms: []string{algorithm}, digest: sum(s.digest.hash, text)})
	return nil
}

func (s *signing) properties() string {
	w := newWriter(s.Prefix)
	w.open("Object")
	w.raw(`<xades:QualifyingProperties xmlns:xades="` + xadesNamespace + `" Target="#` + s.id + `">`)
	w.raw(`<xades:SignedProperties Id="` + s.id + `-properties">`)
	w.qualified("xades:SignedSignatureProperties", func() {
		w.qualified("xades:SigningTime", func() { w.raw(s.Time.UTC().Format(time.RFC3339)) })
		s.signingCertificate(w)
		s.writePolicy(w)
		s.writePlace(w)
		s.writeRole(w)
	})
	w.qualified("xades:SignedDataObjectProperties", func() {
		w.raw(`<xades:DataObjectFormat ObjectReference="#` + s.id + `-document">`)
		w.qualified("xades:MimeType", func() { w.text(s.XAdES.format) })
		w.raw(`</xades:DataObjectFormat>`)
	})
	w.raw(`</xades:SignedProperties></xades:QualifyingProperties>`)
	w.close("Object")
	return string(w.b)
}

func (s *signing) suffix() string {
	if s.XAdES.v1 {
		return ""
	}
	return "V2"
}

func (s *signing) signingCertificate(w *writer) {
	w.qualified("xades:SigningCertificate"+s.suffix(), func() {
		w.qualified("xades:Cert", func() {
			w.qualified("xades:CertDigest", func() { digested(w, s.digest, base64Text(sum(s.digest.hash, s.Key.Leaf.Raw))) })
			if s.XAdES.v1 {
				w.qualified("xades:IssuerSerial", func() { issuerSerialParts(w, s.Key.Leaf) })
			}
		})
	})
}

func digested(w *writer, d digest, value string) {
	w.algorithm("DigestMethod", d.uri)
	w.element("DigestValue", value)
}

func (s *signing) writePolicy(w *writer) {
	p := s.XAdES.policy
	if p == nil {
		return
	}
	w.qualified("xades:SignaturePolicyIdentifier", func() {
		w.qualified("xades:SignaturePolicyId", func() {
			w.qualified("xades:SigPolicyId", func() {
				w.qualified("xades:Identifier", func() { w.text(p.id) })
				if p.description != "" {
					w.qualified("xades:Description", func() { w.text(p.description) })
				}
			})
			w.qualified("xades:SigPolicyHash", func() { digested(w, p.digest, p.value) })
			if p.url != "" {
				w.qualified("xades:SigPolicyQualifiers", func() {
					w.qualified("xades:SigPolicyQualifier", func() { w.qualified("xades:SPURI", func() { w.text(p.url) }) })
				})
			}
		})
	})
}

func (s *signing) writePlace(w *writer) {
	if len(s.XAdES.place) == 0 {
		return
	}
	w.qualified("xades:SignatureProductionPlace"+s.suffix(), func() {
		for _, part := range placeParts {
			if v := s.XAdES.place[part[0]]; v != "" {
				w.qualified("xades:"+part[1], func() { w.text(v) })
			}
		}
	})
}

func (s *signing) writeRole(w *writer) {
	if s.XAdES.role == "" {
		return
	}
	w.qualified("xades:SignerRole"+s.suffix(), func() {
		w.qualified("xades:ClaimedRoles", func() { w.qualified("xades:ClaimedRole", func() { w.text(s.XAdES.role) }) })
	})
}
