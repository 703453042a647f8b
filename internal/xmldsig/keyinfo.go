package xmldsig

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"math/big"

	"github.com/fiscus-project/fiscus/internal/keys"
)

var base64Text = base64.StdEncoding.EncodeToString

// keyInfoXML writes KeyInfo. What belongs into X509Data and stands side by
// side in the profile shares one X509Data.
// Source: XML Signature 1.1, clause 4.5.
func (s *signing) keyInfoXML(w *writer) {
	if len(s.Profile.keyInfo) == 0 {
		return
	}
	id := ""
	if s.XAdES != nil && s.XAdES.keyInfo {
		id = s.id + "-key"
	}
	w.with("KeyInfo", "Id", id)
	inData := false
	for _, part := range s.Profile.keyInfo {
		if data := part != "keyValue"; data != inData {
			if inData {
				w.close("X509Data")
			} else {
				w.open("X509Data")
			}
			inData = data
		}
		keyInfoPart(w, part, s.Key)
	}
	if inData {
		w.close("X509Data")
	}
	w.close("KeyInfo")
}

func keyInfoPart(w *writer, part string, key *keys.Pair) {
	switch part {
	case "certificate":
		w.element("X509Certificate", base64Text(key.Leaf.Raw))
	case "chain":
		for _, c := range key.Chain {
			w.element("X509Certificate", base64Text(c.Raw))
		}
	case "issuerSerial":
		issuerSerial(w, key.Leaf)
	case "subjectName":
		w.element("X509SubjectName", keys.Name(key.Leaf.RawSubject))
	case "keyValue":
		keyValue(w, key.Leaf)
	}
}

func issuerSerial(w *writer, c *x509.Certificate) {
	w.open("X509IssuerSerial")
	issuerSerialParts(w, c)
	w.close("X509IssuerSerial")
}

func issuerSerialParts(w *writer, c *x509.Certificate) {
	w.element("X509IssuerName", keys.Name(c.RawIssuer))
	w.element("X509SerialNumber", c.SerialNumber.String())
}

var curves = map[elliptic.Curve]string{
	elliptic.P256(): "urn:oid:1.2.840.10045.3.1.7",
	elliptic.P384(): "urn:oid:1.3.132.0.34",
	elliptic.P521(): "urn:oid:1.3.132.0.35",
}

func keyValue(w *writer, c *x509.Certificate) {
	w.open("KeyValue")
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		w.open("RSAKeyValue")
		w.element("Modulus", base64Text(k.N.Bytes()))
		w.element("Exponent", base64Text(big.NewInt(int64(k.E)).Bytes()))
		w.close("RSAKeyValue")
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			break
		}
		w.raw(`<ECKeyValue xmlns="http://www.w3.org/2009/xmldsig11#"><NamedCurve URI="` + curves[k.Curve] + `"></NamedCurve><PublicKey>` +
			base64Text(point) + `</PublicKey></ECKeyValue>`)
	}
	w.close("KeyValue")
}
