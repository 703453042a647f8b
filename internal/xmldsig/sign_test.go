package xmldsig

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func rule(err error) string {
	var p diag.Problem
	if errors.As(err, &p) {
		return p.Rule
	}
	return fmt.Sprint(err)
}

func profile(t testing.TB, m map[string]any) *Profile {
	t.Helper()
	p, problems := Decode(m)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}

func parse(t testing.TB, b []byte) *xmltree.Document {
	t.Helper()
	d, err := xmltree.Parse(b, xmltree.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return d
}

func element(t testing.TB, d *xmltree.Document, local string) xmltree.Node {
	t.Helper()
	if local == "" {
		return d.Root()
	}
	for n := range xmltree.Node(d.Len()) {
		if d.Kind(n) == xmltree.ElementNode && d.Local(n) == local {
			return n
		}
	}
	t.Fatalf("no element %s", local)
	return xmltree.None
}

func standIn(t testing.TB, curve bool) *keys.Pair {
	t.Helper()
	p, err := keys.StandIn("Signer of nothing", keys.Describe{Curve: curve})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func sign(t testing.TB, p *Profile, src, local string, key *keys.Pair) *Signed {
	t.Helper()
	d := parse(t, []byte(src))
	s, err := p.Sign(Request{Source: []byte(src), Doc: d, Element: element(t, d, local), Key: key, Time: noon})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var sha1After = map[string]any{"position": "after", "reference": "byId", "transforms": []any{"enveloped", "c14n10"}, "c14n": "c14n10",
	"digest": "sha1", "method": "rsa-sha1", "keyInfo": []any{"certificate"}}

type vector struct {
	Note, ID                                                           string
	DigestValue, SignatureValue, Signed, Unsigned, Canonical, SignInfo string
}

func vectors(t *testing.T) (out []vector) {
	t.Helper()
	var v struct {
		Vectors []struct {
			Note, ID, DigestValue, SignatureValue string
			Signed                                string `json:"signed_document"`
			Canonical                             string `json:"canonical_form_digested"`
			SignInfo                              string `json:"signedinfo_canonical"`
		}
	}
	if err := json.Unmarshal(sharedtest.Read(t, "specs", "vectors", "br-xmldsig.json"), &v); err != nil {
		t.Fatal(err)
	}
	for _, x := range v.Vectors {
		out = append(out, vector{Note: x.Note, ID: x.ID, DigestValue: x.DigestValue, SignatureValue: x.SignatureValue, Signed: x.Signed, Canonical: x.Canonical, SignInfo: x.SignInfo})
	}
	if len(out) < 6 {
		t.Fatalf("%d vectors", len(out))
	}
	return out
}

// recorder is a key that keeps what it signed and answers with a known value.
type recorder struct {
	public crypto.PublicKey
	digest []byte
	value  []byte
}

func (r *recorder) Public() crypto.PublicKey { return r.public }

func (r *recorder) Sign(_ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	r.digest = bytes.Clone(digest)
	return r.value, nil
}

// The documents of the vectors come out byte for byte, the published value
// standing in for the private key that we do not have.
func TestVectors(t *testing.T) {
	t.Parallel()
	p := profile(t, sha1After)
	for _, v := range vectors(t) {
		d := parse(t, []byte(v.Signed))
		got, err := Verify(d, Check{Any: true, AllowSHA1: true})
		if err != nil {
			t.Errorf("%s: %v", v.Note, err)
			continue
		}
		if id, _ := d.Attr(got.Element, "Id"); id != v.ID || string(got.Signed) != v.Canonical || base64Text(got.Digest) != v.DigestValue {
			t.Errorf("%s: verified another element or text", v.Note)
		}
		start, stop := d.Range(got.Signature)
		unsigned := v.Signed[:start] + v.Signed[stop:]
		value, err := base64.StdEncoding.DecodeString(v.SignatureValue)
		if err != nil {
			t.Fatal(err)
		}
		key := &recorder{public: got.Certificate.PublicKey, value: value}
		u := parse(t, []byte(unsigned))
		signed, err := p.Sign(Request{Source: []byte(unsigned), Doc: u, Element: byID(u, p.ID, v.ID)[0], Key: &keys.Pair{Signer: key, Leaf: got.Certificate}})
		if err != nil {
			t.Errorf("%s: %v", v.Note, err)
			continue
		}
		if string(signed.Bytes) != v.Signed {
			t.Errorf("%s: signed document differs\n got %s\nwant %s", v.Note, signed.Bytes[signed.Start:signed.Stop], v.Signed[start:stop])
		}
		if want := sha1.Sum([]byte(v.SignInfo)); !bytes.Equal(key.digest, want[:]) {
			t.Errorf("%s: another SignedInfo was signed", v.Note)
		}
		for _, bad := range []string{strings.Replace(v.Signed, "<tpAmb>2<", "<tpAmb>1<", 1), strings.Replace(v.Signed, "rsa-sha1", "rsa-sha256", 1)} {
			if _, err := Verify(parse(t, []byte(bad)), Check{Any: true, AllowSHA1: true}); bad == v.Signed || err == nil {
				t.Errorf("%s: a change was not noticed", v.Note)
			}
		}
		if _, err := Verify(d, Check{Any: true}); rule(err) != RuleAlgorithm {
			t.Errorf("%s: SHA-1 passed: %v", v.Note, err)
		}
	}
}

// Documents with surroundings that canonicalisation must get right.
var documents = map[string]struct{ src, element string }{
	"plain":        {`<a Id="x"><b>1</b></a>`, ""},
	"inner":        {`<r xmlns="urn:r"><a Id="x"><b>1</b></a></r>`, "a"},
	"unused names": {`<r xmlns="urn:r" xmlns:q="urn:q" xmlns:z="urn:z"><a Id="x" q:k="1"><b xmlns:q="urn:q2">1</b></a></r>`, "a"},
	"undeclared":   {`<r xmlns="urn:r"><s xmlns=""><a Id="x"/></s></r>`, "a"},
	"xml:lang":     {`<r xml:lang="pt" xml:space="preserve"><s xml:lang="es"><a Id="x"> <b/> </a></s></r>`, "a"},
	"xml:base":     {`<r xml:base="http://h/a/"><s xml:base="b/"><a Id="x"><b/></a></s></r>`, "a"},
	"empty tag":    {`<?xml version="1.0" encoding="UTF-8"?><!-- c --><r><a Id="x" t='a>b'/></r><?p?>`, "a"},
	"wild":         {"\ufeff<r>\r\n<a Id='x' t=\"&#9;&lt;\"><![CDATA[<&]]><!-- no --><?p q?>é€\r\n</a></r>", "a"},
	"ds elsewhere": {`<ds:r xmlns:ds="urn:other"><a Id="x"><ds:b/></a></ds:r>`, "a"},
}

func profiles() map[string]map[string]any {
	out := map[string]map[string]any{
		"sha1":      {"method": "rsa-sha1", "digest": "sha1", "transforms": []any{"enveloped", "c14n10"}},
		"minimal":   {},
		"comments":  {"transforms": []any{"enveloped", "c14n10-comments"}, "c14n": "c14n10-comments"},
		"c14n11":    {"c14n": "c14n11", "transforms": []any{"enveloped", "c14n11"}, "prefix": "ds", "method": "rsa-sha512", "digest": "sha512"},
		"exclusive": {"c14n": "exc-c14n", "transforms": []any{"enveloped", "exc-c14n"}, "prefix": "ds", "method": "rsa-sha384", "digest": "sha384"},
		"prefixes":  {"c14n": "exc-c14n", "transforms": []any{"enveloped", "exc-c14n"}, "prefixes": []any{"q", "#default"}},
		"key info":  {"keyInfo": []any{"issuerSerial", "certificate", "chain", "keyValue", "subjectName"}, "signatureId": "sig"},
		"ecdsa":     {"method": "ecdsa-sha256", "keyInfo": []any{"certificate", "keyValue"}},
		"bes":       {"level": "bes", "prefix": "ds", "c14n": "exc-c14n", "transforms": []any{"enveloped", "exc-c14n"}},
		"bes v1": {"level": "bes", "signingCertificate": "v1", "sign": "keyInfo", "role": "supplier & co", "properties": "c14n10",
			"place": map[string]any{"city": "Trá", "country": "ES"}},
		"epes": {"level": "epes", "prefix": "ds", "policy": map[string]any{"id": "urn:policy", "url": "http://policy.invalid/p.pdf", "description": "d", "digest": "sha1",
			"value": "2jmj7l5rSw0yVb/vlWAYkK/YBwk="}},
	}
	return out
}

// Every profile on every document, at every place, is accepted by xmlsec1 and
// by ourselves; the bytes around the signature do not move.
func TestSignedDocumentsEqualXmlsec(t *testing.T) {
	t.Parallel()
	xmlsec := sharedtest.Oracle(t, "xmlsec1")
	dir := t.TempDir()
	rsaKey, ecKey := standIn(t, false), standIn(t, true)
	n := 0
	for pn, options := range profiles() {
		for dn, doc := range documents {
			for _, position := range []string{After, LastChild, FirstChild} {
				for _, reference := range []string{"byId", "document"} {
					name := strings.Join([]string{pn, dn, position, reference}, "/")
					if position == After && doc.element == "" {
						continue
					}
					options["position"], options["reference"] = position, reference
					p := profile(t, options)
					key := rsaKey
					if pn == "ecdsa" {
						key = ecKey
					}
					signed := sign(t, p, doc.src, doc.element, key)
					rest := string(signed.Bytes[:signed.Start]) + string(signed.Bytes[signed.Stop:])
					if rest != doc.src && strings.Replace(rest, "></a>", "/>", 1) != doc.src {
						t.Errorf("%s: bytes outside the signature moved: %q", name, rest)
					}
					d := parse(t, signed.Bytes)
					check := Check{AllowSHA1: true}
					if reference == "byId" {
						check.Covers = element(t, d, "a")
					}
					v, err := Verify(d, check)
					if err != nil || !bytes.Equal(v.Digest, signed.Digest) || !v.Certificate.Equal(key.Leaf) {
						t.Errorf("%s: own verification: %v\n%s", name, err, signed.Bytes)
					}
					if n++; sharedtest.Full() || n%3 == 0 {
						askXmlsec(t, xmlsec, dir, name, signed.Bytes, key)
					}
				}
			}
		}
	}
	t.Logf("%d signatures", n)
}

func askXmlsec(t *testing.T, xmlsec, dir, name string, doc []byte, key *keys.Pair) {
	t.Helper()
	file, cert := filepath.Join(dir, "doc.xml"), filepath.Join(dir, "cert.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: key.Leaf.Raw})
	if err := errors.Join(os.WriteFile(file, doc, 0o600), os.WriteFile(cert, text, 0o600)); err != nil {
		t.Fatal(err)
	}
	args := []string{"--verify", "--pubkey-cert-pem", cert, "--id-attr:Id", "a", "--id-attr:Id", "urn:r:a",
		"--id-attr:Id", xadesNamespace + ":SignedProperties", "--id-attr:Id", Namespace + ":KeyInfo", file}
	if out, err := exec.Command(xmlsec, args...).CombinedOutput(); err != nil {
		t.Errorf("%s: xmlsec1 refuses: %v\n%s\n%s", name, err, out, doc)
	}
}

// A second implementation in Go verifies what we sign.
func TestSecondImplementation(t *testing.T) {
	t.Parallel()
	key := standIn(t, false)
	for name, options := range map[string]map[string]any{
		"inclusive": {"transforms": []any{"enveloped", "c14n10"}},
		"exclusive": {"c14n": "exc-c14n", "transforms": []any{"enveloped", "exc-c14n"}, "prefix": "ds"},
	} {
		signed := sign(t, profile(t, options), `<r xmlns="urn:r" Id="x"><b c="1">t</b></r>`, "", key)
		doc := etree.NewDocument()
		if err := doc.ReadFromBytes(signed.Bytes); err != nil {
			t.Fatal(err)
		}
		ctx := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{key.Leaf}})
		ctx.IdAttribute = "Id"
		if _, err := ctx.Validate(doc.Root()); err != nil {
			t.Errorf("%s: %v\n%s", name, err, signed.Bytes)
		}
	}
}

func TestSameRequestSameBytes(t *testing.T) {
	t.Parallel()
	for _, curve := range []bool{false, true} {
		p := profile(t, map[string]any{"method": map[bool]string{true: "ecdsa-sha256", false: "rsa-sha256"}[curve], "level": "bes"})
		a := sign(t, p, `<a Id="x"/>`, "", standIn(t, curve))
		if b := sign(t, p, `<a Id="x"/>`, "", standIn(t, curve)); !bytes.Equal(a.Bytes, b.Bytes) {
			t.Errorf("curve %v: two signatures differ", curve)
		}
	}
}

func TestOneByteEncoding(t *testing.T) {
	t.Parallel()
	p, key := profile(t, map[string]any{"position": "after"}), standIn(t, false)
	src := "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<r><z>\xe9\xe8</z><a Id=\"x\">\xf1</a><z>\xe7</z></r>"
	signed := sign(t, p, src, "a", key)
	if rest := string(signed.Bytes[:signed.Start]) + string(signed.Bytes[signed.Stop:]); rest != src {
		t.Errorf("bytes moved: %q", rest)
	}
	d := parse(t, signed.Bytes)
	if _, err := Verify(d, Check{Covers: element(t, d, "a")}); err != nil {
		t.Error(err)
	}
	askXmlsec(t, sharedtest.Oracle(t, "xmlsec1"), t.TempDir(), "latin-1", signed.Bytes, key)
	wide := []byte("\xff\xfe")
	for _, c := range `<a Id="x"/>` {
		wide = append(wide, byte(c), 0)
	}
	w := parse(t, wide)
	if _, err := p.Sign(Request{Source: wide, Doc: w, Element: w.Root(), Key: key}); err == nil {
		t.Error("UTF-16 was signed")
	}
}

func TestSignProblems(t *testing.T) {
	t.Parallel()
	key, curve := standIn(t, false), standIn(t, true)
	for name, test := range map[string]struct {
		src, element string
		options      map[string]any
		key          *keys.Pair
		want         string
	}{
		"after the root":      {`<a Id="x"/>`, "", map[string]any{"position": "after"}, key, RuleElement},
		"no identifier":       {`<a/>`, "", nil, key, RuleID},
		"identifier twice":    {`<r><a Id="x"/><b id="x"/></r>`, "a", nil, key, RuleID},
		"identifier no name":  {`<a Id="1"/>`, "", nil, key, RuleID},
		"other identifier":    {`<a ref="x"/>`, "", map[string]any{"id": "Id"}, key, RuleID},
		"wrong kind of key":   {`<a Id="x"/>`, "", nil, curve, RuleKey},
		"no key":              {`<a Id="x"/>`, "", nil, nil, RuleKey},
		"signature's id used": {`<a Id="x"/>`, "", map[string]any{"signatureId": "x"}, key, RuleID},
	} {
		d := parse(t, []byte(test.src))
		_, err := profile(t, test.options).Sign(Request{Source: []byte(test.src), Doc: d, Element: element(t, d, test.element), Key: test.key})
		if rule(err) != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

func TestDecodeProblems(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]map[string]any{
		"unknown":            {"colour": "red"},
		"position":           {"position": "above"},
		"reference":          {"reference": 1},
		"transforms":         {"transforms": []any{"xslt"}},
		"transforms order":   {"transforms": []any{"c14n10", "enveloped"}},
		"transforms kind":    {"transforms": []any{1}},
		"digest":             {"digest": "md5"},
		"method":             {"method": "hmac"},
		"pss":                {"method": "rsa-pss-sha256"},
		"prefix":             {"prefix": "a:b"},
		"epes":               {"level": "epes"},
		"policy":             {"level": "epes", "policy": map[string]any{"id": "x", "digest": "sha256", "value": "AAAA"}},
		"place":              {"level": "bes", "place": "here"},
		"properties":         {"level": "bes", "properties": "c14n12"},
		"signingCertificate": {"level": "bes", "signingCertificate": "v3"},
	} {
		if _, problems := Decode(m); len(problems) == 0 || problems[0].Rule != RuleProfile {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	key := standIn(b, false)
	src := []byte(`<r xmlns="urn:r"><a Id="x">` + strings.Repeat(`<item n="1"><code>ABC</code><text>some &amp; words</text></item>`, 92) + `</a></r>`)
	p := profile(b, sha1After)
	b.Run("bare RSA", func(b *testing.B) {
		h := make([]byte, 20)
		for b.Loop() {
			if _, err := rsa.SignPKCS1v15(rand.Reader, key.Signer.(*rsa.PrivateKey), crypto.SHA1, h); err != nil {
				b.Fatal(err)
			}
		}
	})
	run := func(key *keys.Pair) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d, err := xmltree.Parse(src, xmltree.Options{})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := p.Sign(Request{Source: src, Doc: d, Element: 2, Key: key}); err != nil {
					b.Fatal(err)
				}
				d.Release()
			}
		}
	}
	b.Run("parse and sign 6 KB", run(key))
	b.Run("the same without RSA", run(&keys.Pair{Signer: &recorder{public: key.Leaf.PublicKey, value: make([]byte, 256)}, Leaf: key.Leaf}))
}
