package keys

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

// issue makes a pair whose certificate by signs; by itself if by is nil.
func issue(t testing.TB, by *Pair, name string, ca bool) *Pair {
	t.Helper()
	key := c2048(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(len(name))), Subject: pkix.Name{CommonName: name}, IsCA: ca, BasicConstraintsValid: true,
		NotBefore: time.Unix(1e9, 0), NotAfter: time.Unix(4e9, 0), SubjectKeyId: []byte(name),
	}
	parent, signer := template, crypto.Signer(key)
	if by != nil {
		parent, signer = by.Leaf, by.Signer
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &Pair{Signer: key, Leaf: cert}
}

func TestSerialVectors(t *testing.T) {
	t.Parallel()
	var v struct {
		Certificate []byte `json:"certificate_der_base64"`
	}
	if err := json.Unmarshal(sharedtest.Read(t, "specs", "vectors", "mx-csd-keys.json"), &v); err != nil {
		t.Fatal(err)
	}
	c, err := ParseCertificate(v.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	r := Record(c)
	if got := string(r["serial"].([]byte)); got != "30001000000500003416" {
		t.Errorf("serial %q", got)
	}
	if got := r["serialNumber"].(decimal.Decimal).String(); got != "292233162870206001759766198462772978647764840758" {
		t.Errorf("serial number %s", got)
	}
	if got := r["attributes"].(map[string]any)["2.5.4.45"]; got != "EKU9003173C9 / VADA800927DJ3" {
		t.Errorf("unique identifier %v", got)
	}
	if want := "OU=Sucursal 1,2.5.4.45=#0c1c454b5539303033313733433920"; !strings.HasPrefix(r["subject"].(string), want) {
		t.Errorf("subject %v, want prefix %s", r["subject"], want)
	}
}

func TestOtherNameVector(t *testing.T) {
	t.Parallel()
	var v struct {
		Certificate []byte `json:"certificate_der_base64"`
	}
	if err := json.Unmarshal(sharedtest.Read(t, "specs", "vectors", "br-xmldsig.json"), &v); err != nil {
		t.Fatal(err)
	}
	c, err := ParseCertificate(v.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := OtherName(c, "2.16.76.1.3.3"); got != "11222333000181" {
		t.Errorf("otherName %q", got)
	}
	if _, ok := OtherName(c, "2.16.76.1.3.1"); ok {
		t.Error("an otherName that is not there")
	}
}

func TestSerialKeepsLeadingZero(t *testing.T) {
	t.Parallel()
	der, err := asn1.Marshal(struct {
		Version int `asn1:"explicit,tag:0"`
		Serial  *big.Int
	}{2, big.NewInt(0x80)})
	if err != nil {
		t.Fatal(err)
	}
	if got := serialBytes(&x509.Certificate{RawTBSCertificate: der}); len(got) != 2 || got[0] != 0 {
		t.Errorf("serial %x, want 0080", got)
	}
}

func TestNamesAgainstOpenSSL(t *testing.T) {
	t.Parallel()
	openssl := sharedtest.Oracle(t, "openssl")
	p, err := StandIn(`Müller, "Söhne" + Co; <x> #`, Describe{Attributes: map[string]string{"2.5.4.7": " Köln ", "2.5.4.6": "DE", "0.9.2342.19200300.100.1.1": "42"}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(openssl, "x509", "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb,utf8")
	cmd.Stdin = strings.NewReader(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Leaf.Raw})))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if want, got := strings.TrimSpace(strings.TrimPrefix(string(out), "subject=")), Name(p.Leaf.RawSubject); got != want {
		t.Errorf("name\n got %s\nwant %s", got, want)
	}
}

func TestStandIn(t *testing.T) {
	t.Parallel()
	for _, curve := range []bool{false, true} {
		d := Describe{Curve: curve, OtherNames: map[string]string{"1.2.3.4": "123"}, Attributes: map[string]string{"2.5.4.5": "x"}}
		a, err := StandIn("Acme", d)
		if err != nil {
			t.Fatal(err)
		}
		b, err := StandIn("Acme", d)
		if err != nil || !a.Leaf.Equal(b.Leaf) {
			t.Errorf("curve %v: not the same twice: %v", curve, err)
		}
		if other, _ := StandIn("Emca", d); a.Leaf.Equal(other.Leaf) {
			t.Error("two entities have one certificate")
		}
		if !IsStandIn(a.Leaf) || !strings.Contains(Name(a.Leaf.RawSubject), "stand-in") || Record(a.Leaf)["standIn"] != true {
			t.Error("the certificate is not marked")
		}
		if got, _ := OtherName(a.Leaf, "1.2.3.4"); got != "123" {
			t.Errorf("otherName %q", got)
		}
		for _, x := range serialBytes(a.Leaf) {
			if x < '0' || x > '9' {
				t.Errorf("serial %q is not all digits", serialBytes(a.Leaf))
			}
		}
		if key, ok := a.Signer.(*rsa.PrivateKey); ok && key.Validate() != nil {
			t.Error("the RSA key is not valid")
		}
		sum := sha256.Sum256([]byte("x"))
		sig, err := a.Signer.Sign(rand.Reader, sum[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		if key, ok := a.Leaf.PublicKey.(*ecdsa.PublicKey); ok != curve || ok && !ecdsa.VerifyASN1(key, sum[:], sig) {
			t.Error("wrong kind of key or signature")
		}
	}
	if IsStandIn(issue(t, nil, "Real", false).Leaf) {
		t.Error("another certificate counts as a stand-in")
	}
}

func TestStandInPrimesArePrime(t *testing.T) {
	t.Parallel()
	for label, d := range map[string]int64{"p": standInDistP, "q": standInDistQ} {
		if !standInPrime(label, d).ProbablyPrime(20) {
			t.Errorf("%s is not prime", label)
		}
	}
}

// A certificate whose serial number has its sign bit set.
func TestNegativeSerial(t *testing.T) {
	t.Parallel()
	p, err := StandIn("Negative", Describe{})
	if err != nil {
		t.Fatal(err)
	}
	der := append([]byte("before"), p.Leaf.Raw...)[6:]
	i := bytes.Index(der, serialBytes(p.Leaf))
	der[i] |= 0x80
	if _, err := x509.ParseCertificate(der); err == nil {
		t.Fatal("the standard library reads it")
	}
	c, err := ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if c.SerialNumber.Sign() >= 0 || !bytes.Equal(c.Raw, der) || !bytes.Equal(serialBytes(c), der[i:i+20]) || !bytes.Contains(der, c.RawTBSCertificate) {
		t.Errorf("serial %v", c.SerialNumber)
	}
	if _, err := ParseCertificate(der[:50]); err == nil {
		t.Error("a cut certificate was read")
	}
}
