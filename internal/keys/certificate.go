package keys

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/fiscus-project/fiscus/internal/decimal"
)

// ParseCertificate reads one certificate in DER. Bytes after it are refused.
// A negative serial number, which some national authorities have given out and
// crypto/x509 refuses, is taken as it is.
func ParseCertificate(der []byte) (*x509.Certificate, error) {
	c, err := x509.ParseCertificate(der)
	if err == nil {
		return c, nil
	}
	serial := findSerial(der)
	if len(serial) == 0 || serial[0]&0x80 == 0 {
		return nil, err
	}
	patched := bytes.Clone(der)
	at := cap(der) - cap(serial)
	patched[at] &= 0x7f
	if patched[at] == 0 { // keep the number in its shortest form
		patched[at] = 0x01
	}
	c, err = x509.ParseCertificate(patched)
	if err != nil {
		return nil, err
	}
	return restore(c, der, serial), nil
}

// restore puts the original bytes back into a certificate that was parsed
// from a copy of the same length.
func restore(c *x509.Certificate, der, serial []byte) *x509.Certificate {
	tbs := cap(c.Raw) - cap(c.RawTBSCertificate)
	c.RawTBSCertificate = der[tbs : tbs+len(c.RawTBSCertificate)]
	c.Raw = der
	c.SerialNumber = new(big.Int).SetBytes(serial)
	c.SerialNumber.Sub(c.SerialNumber, new(big.Int).Lsh(big.NewInt(1), uint(8*len(serial))))
	return c
}

// findSerial returns the content of the serial number inside a certificate.
func findSerial(der []byte) []byte {
	in := cryptobyte.String(der)
	var body cryptobyte.String
	if !in.ReadASN1(&body, cbasn1.SEQUENCE) {
		return nil
	}
	return tbsSerial(body)
}

// Record describes a certificate to formulas. The values are of the kinds
// that formulas know:
//
//	serial          content bytes of the serial number as they stand in DER
//	serialNumber    the same as an integer (decimal.Decimal)
//	der, pem        the certificate
//	publicKey       SubjectPublicKeyInfo in DER
//	signature       value of the issuer's signature
//	subject, issuer names as text (RFC 4514)
//	notBefore, notAfter   instants in UTC
//	otherNames      otherName entries of the subject alternative name, by OID
//	attributes      attributes of the subject by dotted OID, first one wins
//	standIn         true if a stand-in key issued it
func Record(c *x509.Certificate) map[string]any {
	return map[string]any{
		"serial":       serialBytes(c),
		"serialNumber": decimal.FromBig(c.SerialNumber, 0),
		"der":          c.Raw,
		"pem":          pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}),
		"publicKey":    c.RawSubjectPublicKeyInfo,
		"signature":    c.Signature,
		"subject":      Name(c.RawSubject),
		"issuer":       Name(c.RawIssuer),
		"notBefore":    c.NotBefore.In(time.UTC),
		"notAfter":     c.NotAfter.In(time.UTC),
		"otherNames":   anyMap(OtherNames(c)),
		"attributes":   anyMap(attributes(c.RawSubject)),
		"standIn":      IsStandIn(c),
	}
}

func anyMap(m map[string]string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

// serialBytes cuts the serial number out of the DER, leading zeros included.
func serialBytes(c *x509.Certificate) []byte { return tbsSerial(c.RawTBSCertificate) }

func tbsSerial(der []byte) []byte {
	in := cryptobyte.String(der)
	var tbs, serial cryptobyte.String
	version := cbasn1.Tag(0).ContextSpecific().Constructed()
	if !in.ReadASN1(&tbs, cbasn1.SEQUENCE) || !tbs.SkipOptionalASN1(version) || !tbs.ReadASN1(&serial, cbasn1.INTEGER) {
		return nil
	}
	return serial
}

// OtherName returns the text of the otherName entry of that type in the
// subject alternative name, where several registers keep a holder's number.
// Source: RFC 5280, clause 4.2.1.6.
func OtherName(c *x509.Certificate, oid string) (string, bool) {
	v, ok := OtherNames(c)[oid]
	return v, ok
}

// OtherNames returns the otherName entries that hold text, by dotted OID of
// their type. Text is what a string or octet string holds.
func OtherNames(c *x509.Certificate) map[string]string {
	out := map[string]string{}
	for _, ext := range c.Extensions {
		if !ext.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 17}) {
			continue
		}
		in := cryptobyte.String(ext.Value)
		var names, name cryptobyte.String
		if !in.ReadASN1(&names, cbasn1.SEQUENCE) {
			continue
		}
		for !names.Empty() {
			var tag cbasn1.Tag
			if !names.ReadAnyASN1(&name, &tag) {
				break
			}
			if tag == cbasn1.Tag(0).ContextSpecific().Constructed() {
				addOtherName(out, name)
			}
		}
	}
	return out
}

func addOtherName(out map[string]string, name cryptobyte.String) {
	var id asn1.ObjectIdentifier
	var wrapped cryptobyte.String
	if !name.ReadASN1ObjectIdentifier(&id) || !name.ReadASN1(&wrapped, cbasn1.Tag(0).ContextSpecific().Constructed()) {
		return
	}
	if text, ok := derText(wrapped); ok {
		if _, have := out[id.String()]; !have {
			out[id.String()] = text
		}
	}
}

func attributes(rawName []byte) map[string]string {
	out := map[string]string{}
	for _, set := range rdns(rawName) {
		for _, a := range set {
			id := a.Type.String()
			if _, have := out[id]; have {
				continue
			}
			if text, ok := derText(a.Value.FullBytes); ok {
				out[id] = text
			}
		}
	}
	return out
}

type attribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

type attributeSET []attribute

func rdns(raw []byte) []attributeSET {
	var seq []attributeSET
	if _, err := asn1.Unmarshal(raw, &seq); err != nil {
		return nil
	}
	return seq
}
