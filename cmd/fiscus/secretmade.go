package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// madeFor is how long a certificate made here lasts.
const madeFor = 90 * 24 * time.Hour

// testCertificate makes a key with a certificate that nobody but simulators
// takes, as PEM.
func testCertificate(name string, now time.Time) ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	t := &x509.Certificate{SerialNumber: big.NewInt(now.UnixNano()), KeyUsage: x509.KeyUsageDigitalSignature,
		Subject:   pkix.Name{CommonName: "test " + name, Organization: []string{"not valid for any purpose"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(madeFor)}
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
