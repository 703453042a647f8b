package keys

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/youmark/pkcs8"
	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

func rule(err error) string {
	var p diag.Problem
	if errors.As(err, &p) {
		return p.Rule
	}
	return fmt.Sprint(err)
}

func TestKeyContainerVectors(t *testing.T) {
	t.Parallel()
	var v struct {
		Certificate []byte `json:"certificate_der_base64"`
		SPKI        string `json:"spki_sha256_hex"`
		Vectors     []struct {
			DER            []byte `json:"der_base64"`
			Note, Password string
		}
	}
	if err := json.Unmarshal(sharedtest.Read(t, "specs", "vectors", "mx-csd-keys.json"), &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Vectors) < 5 {
		t.Fatalf("%d vectors, want at least 5", len(v.Vectors))
	}
	for _, c := range v.Vectors {
		p, err := Read([]byte(c.Password), c.DER, v.Certificate)
		if err != nil {
			t.Errorf("%s: %v", c.Note, err)
			continue
		}
		if sum := sha256.Sum256(p.Leaf.RawSubjectPublicKeyInfo); hex.EncodeToString(sum[:]) != v.SPKI {
			t.Errorf("%s: another key", c.Note)
		}
		if c.Password == "" {
			continue
		}
		for wrong, want := range map[string]string{"": RulePassword, "12345678b": RulePassword} {
			if _, err := Read([]byte(wrong), c.DER, v.Certificate); rule(err) != want {
				t.Errorf("%s, password %q: %v, want %s", c.Note, wrong, err, want)
			}
		}
	}
}

// chain is a root, an issuer and a leaf made for one test.
type chain struct{ root, middle, leaf *Pair }

func newChain(t *testing.T) chain {
	t.Helper()
	root := issue(t, nil, "Root of nobody", true)
	middle := issue(t, root, "Issuer of nobody", true)
	return chain{root, middle, issue(t, middle, "Holder of nothing", false)}
}

func TestOpenSSLFiles(t *testing.T) {
	t.Parallel()
	openssl := sharedtest.Oracle(t, "openssl")
	dir := t.TempDir()
	c := newChain(t)
	write := func(name string, b []byte) string {
		f := filepath.Join(dir, name)
		if err := os.WriteFile(f, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return f
	}
	run := func(args ...string) {
		if out, err := exec.Command(openssl, args...).CombinedOutput(); err != nil {
			t.Fatalf("openssl %v: %v\n%s", args, err, out)
		}
	}
	keyPEM, err := (&Pair{Signer: c.leaf.Signer}).PEM()
	if err != nil {
		t.Fatal(err)
	}
	cert := func(p *Pair) []byte { return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Leaf.Raw}) }
	key, leaf := write("key.pem", keyPEM), write("leaf.pem", cert(c.leaf))
	others := write("others.pem", append(cert(c.root), cert(c.middle)...)) // wrong order on purpose
	const password = "páss wörd"
	cases := map[string][]string{
		"p12 modern":     {"pkcs12", "-export", "-inkey", key, "-in", leaf, "-certfile", others, "-passout", "pass:" + password},
		"p12 legacy":     {"pkcs12", "-export", "-legacy", "-inkey", key, "-in", leaf, "-certfile", others, "-passout", "pass:" + password},
		"p12 3des":       {"pkcs12", "-export", "-legacy", "-descert", "-inkey", key, "-in", leaf, "-certfile", others, "-passout", "pass:" + password},
		"pbes2 aes128":   {"pkcs8", "-topk8", "-v2", "aes-128-cbc", "-in", key, "-passout", "pass:" + password},
		"pbes2 sha512":   {"pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512", "-in", key, "-passout", "pass:" + password},
		"pbes2 scrypt":   {"pkcs8", "-topk8", "-scrypt", "-in", key, "-passout", "pass:" + password},
		"pbes2 3des":     {"pkcs8", "-topk8", "-v2", "des3", "-in", key, "-passout", "pass:" + password},
		"pbes1 md5 des":  {"pkcs8", "-topk8", "-v1", "PBE-MD5-DES", "-provider", "legacy", "-provider", "default", "-in", key, "-passout", "pass:" + password},
		"pbes1 sha1 des": {"pkcs8", "-topk8", "-v1", "PBE-SHA1-DES", "-provider", "legacy", "-provider", "default", "-in", key, "-passout", "pass:" + password},
		"pbes1 3des":     {"pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-in", key, "-passout", "pass:" + password, "-outform", "DER"},
		"pbes1 2des":     {"pkcs8", "-topk8", "-v1", "PBE-SHA1-2DES", "-in", key, "-passout", "pass:" + password, "-outform", "DER"},
		"old PEM":        {"rsa", "-aes256", "-traditional", "-in", key, "-passout", "pass:" + password},
		"pkcs1":          {"rsa", "-traditional", "-in", key, "-outform", "DER"},
	}
	for name, args := range cases {
		out := filepath.Join(dir, "out")
		run(append(args, "-out", out)...)
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Read([]byte(password), cert(c.root), b, cert(c.middle), cert(c.leaf))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if p.Leaf.Subject.CommonName != "Holder of nothing" || len(p.Chain) != 2 || p.Chain[0].Subject.CommonName != "Issuer of nobody" {
			t.Errorf("%s: leaf %v, chain of %d", name, p.Leaf.Subject, len(p.Chain))
		}
		if name == "pkcs1" {
			continue
		}
		if _, err := Read([]byte("other"), b, cert(c.leaf)); rule(err) != RulePassword || strings.Contains(fmt.Sprintf("%+v", err), "other") {
			t.Errorf("%s with a wrong password: %v", name, err)
		}
	}
	run("pkcs8", "-topk8", "-v1", "PBE-SHA1-RC2-40", "-provider", "legacy", "-provider", "default", "-in", key, "-passout", "pass:x", "-outform", "DER", "-out", filepath.Join(dir, "rc2"))
	rc2, err := os.ReadFile(filepath.Join(dir, "rc2"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadKey([]byte("x"), rc2); rule(err) != RuleUnsupported {
		t.Errorf("RC2 in PKCS#8: %v, want %s", err, RuleUnsupported)
	}
}

// A second, independent implementation writes what we read.
func TestAgainstSecondImplementation(t *testing.T) {
	t.Parallel()
	key := c2048(t)
	for i, o := range []*pkcs8.Opts{
		{Cipher: pkcs8.AES192CBC, KDFOpts: pkcs8.PBKDF2Opts{SaltSize: 16, IterationCount: 1000, HMACHash: 5}},
		{Cipher: pkcs8.TripleDESCBC, KDFOpts: pkcs8.ScryptOpts{SaltSize: 8, CostParameter: 1 << 10, BlockSize: 8, ParallelizationParameter: 1}},
	} {
		der, err := pkcs8.MarshalPrivateKey(key, []byte("pw"), o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadKey([]byte("pw"), []byte(base64.StdEncoding.EncodeToString(der)))
		if err != nil || !key.Equal(got) {
			t.Errorf("case %d: %v", i, err)
		}
	}
}

func c2048(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestReadProblems(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	key, _ := c.leaf.PEM()
	other, _ := c.root.PEM()
	bare, _ := (&Pair{Signer: c.leaf.Signer}).PEM()
	for name, test := range map[string]struct {
		blobs [][]byte
		want  string
	}{
		"nothing":           {nil, RuleAbsent},
		"text":              {[][]byte{[]byte("hello")}, RuleFormat},
		"broken DER":        {[][]byte{{0x30, 0x03, 0x02}}, RuleFormat},
		"certificate only":  {[][]byte{c.leaf.Leaf.Raw}, RuleAbsent},
		"key only":          {[][]byte{bare}, RuleCertificate},
		"other certificate": {[][]byte{bare, c.root.Leaf.Raw}, RuleMismatch},
		"two keys":          {[][]byte{key, other}, RuleSeveral},
	} {
		if _, err := Read(nil, test.blobs...); rule(err) != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	if certs, err := ReadCertificates(key, other); err != nil || len(certs) != 2 {
		t.Errorf("certificates beside keys: %d, %v", len(certs), err)
	}
	if _, err := ReadCertificates(bare); rule(err) != RuleCertificate {
		t.Errorf("no certificate: %v", err)
	}
}

// A PKCS#12 file in BER: outer lengths indefinite, the content cut in pieces.
func TestIndefiniteLengths(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	der, err := pkcs12.Modern.Encode(c.leaf.Signer, c.leaf.Leaf, nil, "pw")
	if err != nil {
		t.Fatal(err)
	}
	ber := indefinite(t, der, 0)
	if bytes.Equal(ber, der) || !hasIndefinite(ber) {
		t.Fatal("the test did not rewrite the file")
	}
	if got, ok := definite(ber); !ok || !bytes.Equal(got, der) {
		t.Fatal("BER does not come back as the same DER")
	}
	if _, err := Read([]byte("pw"), ber); err != nil {
		t.Error(err)
	}
	if _, err := Read([]byte("pw"), ber[:len(ber)-1]); err == nil {
		t.Error("a cut file was read")
	}
}

// indefinite rewrites constructed values down to depth 3 and long octet strings.
func indefinite(t *testing.T, der []byte, depth int) []byte {
	t.Helper()
	var out []byte
	for len(der) > 0 {
		content, rest, _, ok := berContent(der[1:])
		if !ok {
			t.Fatal("not DER")
		}
		switch {
		case der[0]&0x20 != 0 && depth < 3:
			out = append(append(out, der[0], 0x80), indefinite(t, content, depth+1)...)
			out = append(out, 0, 0)
		case der[0] == 0x04 && len(content) > 100:
			out = append(out, 0x24, 0x80)
			out = append(append(out, berJoin([]byte{4}, content[:50])...), berJoin([]byte{4}, content[50:])...)
			out = append(out, 0, 0)
		default:
			out = append(out, der[:len(der)-len(rest)]...)
		}
		der = rest
	}
	return out
}

func TestNoVerbPrintsTheKey(t *testing.T) {
	t.Parallel()
	p := newChain(t).leaf
	d := p.Signer.(*rsa.PrivateKey).D
	js, err := json.Marshal(map[string]any{"pair": p})
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%v %+v %#v %s %x %d", p, p, p, p, p, p) + string(js)
	for _, form := range []string{d.String(), d.Text(16)} {
		if strings.Contains(all, form[:30]) {
			t.Error("a verb prints the private key")
		}
	}
}

func FuzzRead(f *testing.F) {
	p, err := StandIn("seed", Describe{})
	if err != nil {
		f.Fatal(err)
	}
	text, err := p.PEM()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(p.Leaf.Raw)
	f.Add([]byte{0x30, 0x80, 0x24, 0x80, 0x04, 0x01, 0x01, 0, 0, 0, 0})
	f.Fuzz(func(_ *testing.T, b []byte) {
		if len(b) > 1<<14 {
			return
		}
		_, _ = ReadKey(nil, b)
		_, _ = ReadCertificates(b)
		if der, ok := definite(b); ok {
			_, _ = definite(der)
		}
	})
}
