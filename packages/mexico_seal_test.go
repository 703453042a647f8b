package packages

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

// openssl says whether a seal stands over a text, by the certificate.
func openssl(t *testing.T, cert []byte, text, seal string) bool {
	t.Helper()
	dir := t.TempDir()
	value, err := base64.StdEncoding.DecodeString(seal)
	if err != nil {
		return false
	}
	c, err := keys.ParseCertificate(cert)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := x509.MarshalPKIXPublicKey(c.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"key": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pub}), "text": []byte(text), "seal": value} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("openssl", "dgst", "-sha256", "-verify", "key", "-signature", "seal", "text")
	cmd.Dir = dir
	return cmd.Run() == nil
}

func needOpenSSL(t *testing.T) {
	t.Helper()
	sharedtest.Oracle(t, "openssl")
}

func textAt(t testing.TB, data []byte, path string) string {
	t.Helper()
	tree, err := formula.ParseTree(data, "xml")
	if err != nil {
		t.Fatal(err)
	}
	found, err := tree.Find(path)
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: %v", path, err)
	}
	return found[0].Text()
}

// The seals of the stored samples stand over the strings this package makes,
// and openssl says so; those that their authors edited do not.
func TestSealsOfSamples(t *testing.T) {
	t.Parallel()
	needOpenSSL(t)
	b := cfdiBundle(t, nil)
	lines := bufio.NewScanner(bytes.NewReader(sharedtest.Read(t, "corpus", "cfdi-cadena", "RESULTS.tsv")))
	good, bad := 0, 0
	for lines.Scan() {
		row := strings.Split(lines.Text(), "\t")
		if !strings.HasPrefix(row[0], "cfdi/") || row[2] == "unsealed" {
			continue
		}
		data := sharedtest.Read(t, "corpus", filepath.FromSlash(row[0]))
		cert, err := base64.StdEncoding.DecodeString(textAt(t, data, "/Comprobante/@Certificado"))
		if err != nil {
			continue
		}
		if _, err := keys.ParseCertificate(cert); err != nil {
			continue // edited by its author
		}
		want := row[2] == "seal verified"
		if got := openssl(t, cert, stringOf(t, b, "original-string", data), textAt(t, data, "/Comprobante/@Sello")); got != want {
			t.Errorf("%s: openssl says %v, want %v", row[0], got, want)
		}
		if want {
			good++
		} else {
			bad++
		}
	}
	if good < 5 {
		t.Errorf("only %d good and %d bad seals", good, bad)
	}
}

// csd makes a certificate of the form the authority gives out: its serial
// number is text, its subject names the holder and a branch.
func csd(t testing.TB, holder, branch string) *keys.Pair {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	subject := pkix.Name{CommonName: "Test", ExtraNames: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 45}, Value: holder + " / VEGD800927DJ2"}}}
	if branch != "" {
		subject.OrganizationalUnit = []string{branch}
	}
	c := &x509.Certificate{SerialNumber: new(big.Int).SetBytes([]byte("30001000000599999999")), Subject: subject,
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &keys.Pair{Signer: crypto.Signer(key), Leaf: leaf}
}

// A certificate made here seals, and openssl verifies what came out.
func TestOwnSealByOpenSSL(t *testing.T) {
	t.Parallel()
	needOpenSSL(t)
	b := cfdiBundle(t, nil)
	pair := csd(t, "PCU9003173C8", "Unidad 1")
	for _, document := range []string{"income", "five", "payment-dollars", "excise"} {
		o := newOffice(t, "2026-11-23T09:30:20-06:00", pair, school(t, b, "rest"), nil, b)
		if a := o.submit("x", document); a.Status != engine.DocAccepted {
			t.Fatalf("%s: %+v %v", document, a, o.report("x").Findings)
		}
		legal := o.result("x", "legal")
		cert, err := base64.StdEncoding.DecodeString(textAt(t, legal, "/Comprobante/@Certificado"))
		if err != nil || !bytes.Equal(cert, pair.Leaf.Raw) || textAt(t, legal, "/Comprobante/@NoCertificado") != "30001000000599999999" {
			t.Errorf("%s: another certificate", document)
		}
		text := string(o.result("x", "original-string"))
		if !openssl(t, cert, text, textAt(t, legal, "/Comprobante/@Sello")) {
			t.Errorf("%s: openssl does not verify the seal", document)
		}
		if openssl(t, cert, text+"|", textAt(t, legal, "/Comprobante/@Sello")) {
			t.Errorf("%s: the check cannot fail", document)
		}
	}
}

// A certificate of another holder, and one that is not for sealing, are told
// before anything is sent.
func TestWrongCertificatesAreRefused(t *testing.T) {
	t.Parallel()
	b := cfdiBundle(t, nil)
	for rule, pair := range map[string]*keys.Pair{"MX-303": csd(t, "TPR180429TMA", "Unidad 1"), "MX-306": csd(t, "PCU9003173C8", "")} {
		o := newOffice(t, "2026-11-23T09:30:20-06:00", pair, school(t, b, "school"), nil, b)
		a := o.submit("x", "income")
		r := o.report("x")
		if a.Run != engine.RunFailed || len(r.Findings) != 1 || r.Findings[0].Rule != rule || len(o.calls) != 0 {
			t.Errorf("%s: %+v %v %v", rule, a, r.Findings, o.calls)
		}
	}
}
