package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// madeFor is how long a certificate made here lasts.
const madeFor = 90 * 24 * time.Hour

// testCertificate makes a key with a certificate that nobody but simulators
// takes, as PEM. Attributes, by dotted OID, are added to its subject. Its serial
// number is twenty decimal digits in ASCII, which suits readers that take it as
// a number and readers that take it as text.
func testCertificate(name string, now time.Time, attributes map[string]string) ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	t := &x509.Certificate{SerialNumber: new(big.Int).SetBytes(fmt.Appendf(nil, "3%019d", now.UnixNano())), KeyUsage: x509.KeyUsageDigitalSignature,
		Subject:   pkix.Name{CommonName: "test " + name, Organization: []string{"not valid for any purpose"}},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.Add(madeFor)}
	for _, oid := range slices.Sorted(maps.Keys(attributes)) {
		id, err := objectIdentifier(oid)
		if err != nil {
			return nil, err
		}
		t.Subject.ExtraNames = append(t.Subject.ExtraNames, pkix.AttributeTypeAndValue{Type: id, Value: attributes[oid]})
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	out := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
	return append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...), nil
}

func objectIdentifier(dotted string) (asn1.ObjectIdentifier, error) {
	var id asn1.ObjectIdentifier
	for _, part := range strings.Split(dotted, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("%q is no object identifier", dotted)
		}
		id = append(id, n)
	}
	return id, nil
}
