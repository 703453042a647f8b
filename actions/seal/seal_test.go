package seal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

type store map[string]*keys.Pair

func (s store) Key(ref any) (*keys.Pair, error) {
	if p := s[fmt.Sprint(ref)]; p != nil {
		return p, nil
	}
	return nil, diag.Problem{Rule: keys.RuleReference, Message: "no such key"}
}

func (s store) Secret(string) ([]byte, error) { return nil, errors.New("none") }

func pairs(t testing.TB) store {
	t.Helper()
	one, err1 := keys.StandIn("Acme", keys.Describe{})
	two, err2 := keys.StandIn("Acme", keys.Describe{Curve: true})
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	old := *one
	old.StandIn = false
	leaf := *one.Leaf
	leaf.NotAfter = noon.AddDate(-1, 0, 0)
	old.Leaf = &leaf
	return store{"rsa": one, "curve": two, "old": &old}
}

func run(t testing.TB, values map[string]any) (engine.Outputs, error) {
	t.Helper()
	all := map[string]any{"method": "rsa-sha256", "form": "der"}
	for k, v := range values {
		all[k] = v
	}
	return sealText(t.Context(), engine.NewStep("seal", all, nil, formula.NewScope(nil), engine.StepHands{Now: noon, Keys: pairs(t)}))
}

func TestSealVerifies(t *testing.T) {
	t.Parallel()
	text := []byte("||1.0|ñ & so on||")
	for name, m := range methods {
		key := "rsa"
		if m.curve {
			key = "curve"
		}
		out, err := run(t, map[string]any{"in": text, "certificate": key, "method": name})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		h := m.hash.New()
		h.Write(text)
		value := out["out"].([]byte)
		ok := false
		switch pub := pairs(t)[key].Signer.Public().(type) {
		case *rsa.PublicKey:
			ok = rsa.VerifyPKCS1v15(pub, m.hash, h.Sum(nil), value) == nil
		case *ecdsa.PublicKey:
			ok = ecdsa.VerifyASN1(pub, h.Sum(nil), value)
		}
		if !ok || out["standIn"] != true || out["value"] != base64.StdEncoding.EncodeToString(value) {
			t.Errorf("%s: verified %v, %v", name, ok, out["standIn"])
		}
		again, _ := run(t, map[string]any{"in": string(text), "certificate": key, "method": name})
		if string(again["out"].([]byte)) != string(value) {
			t.Errorf("%s: another seal for the same text", name)
		}
	}
}

func TestSealOfADigest(t *testing.T) {
	t.Parallel()
	whole, err1 := run(t, map[string]any{"in": "x", "certificate": "rsa"})
	sum := methods["rsa-sha256"].digest([]byte("x"))
	hashed, err2 := run(t, map[string]any{"in": sum, "certificate": "rsa", "prehashed": true})
	if err := errors.Join(err1, err2); err != nil || whole["value"] != hashed["value"] {
		t.Errorf("%v: %v, %v", err, whole["value"], hashed["value"])
	}
}

func TestRawSealIsTwoNumbers(t *testing.T) {
	t.Parallel()
	out, err := run(t, map[string]any{"in": "x", "certificate": "curve", "method": "ecdsa-sha256", "form": "raw"})
	if err != nil {
		t.Fatal(err)
	}
	b := out["out"].([]byte)
	pub := pairs(t)["curve"].Signer.Public().(*ecdsa.PublicKey)
	h := crypto.SHA256.New()
	h.Write([]byte("x"))
	if len(b) != 64 || !ecdsa.Verify(pub, h.Sum(nil), new(big.Int).SetBytes(b[:32]), new(big.Int).SetBytes(b[32:])) {
		t.Errorf("%d bytes", len(b))
	}
}

func TestSealRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		values map[string]any
		rule   string
	}{
		"no such method": {map[string]any{"certificate": "rsa", "method": "md5"}, RuleMethod},
		"another key":    {map[string]any{"certificate": "curve"}, RuleMethod},
		"a key for rsa":  {map[string]any{"certificate": "rsa", "method": "ecdsa-sha256"}, RuleMethod},
		"out of time":    {map[string]any{"certificate": "old"}, RuleTime},
		"no digest":      {map[string]any{"certificate": "rsa", "prehashed": true}, RuleMethod},
		"no key":         {map[string]any{"certificate": "none"}, keys.RuleReference},
	} {
		tt.values["in"] = "x"
		_, err := run(t, tt.values)
		var p diag.Problem
		if !errors.As(err, &p) || p.Rule != tt.rule {
			t.Errorf("%s: %v, want %s", name, err, tt.rule)
		}
	}
}

// openssl takes what the action sealed.
func TestOpenSSLVerifies(t *testing.T) {
	t.Parallel()
	tool := sharedtest.Oracle(t, "openssl")
	out, err := run(t, map[string]any{"in": "||a|b||", "certificate": "rsa"})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	pub, err := x509.MarshalPKIXPublicKey(pairs(t)["rsa"].Signer.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"key": pub, "text": []byte("||a|b||"), "seal": out["out"].([]byte)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(tool, "dgst", "-sha256", "-keyform", "DER", "-verify", "key", "-signature", "seal", "text")
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("openssl: %v\n%s", err, text)
	}
}

// The published vectors: the same key in every container gives the same seal.
func TestSealVectors(t *testing.T) {
	t.Parallel()
	var keyFile struct {
		Certificate []byte `json:"certificate_der_base64"`
		Vectors     []struct {
			DER      []byte `json:"der_base64"`
			Password string `json:"password"`
			Note     string `json:"note"`
		} `json:"vectors"`
	}
	var seals struct {
		Vectors []struct {
			Text string `json:"cadena_original"`
			Seal string `json:"sello"`
		} `json:"vectors"`
	}
	for name, into := range map[string]any{"mx-csd-keys.json": &keyFile, "mx-cadena-sello.json": &seals} {
		if err := json.Unmarshal(sharedtest.Read(t, "specs", "vectors", name), into); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range keyFile.Vectors {
		pair, err := keys.Read([]byte(k.Password), k.DER, keyFile.Certificate)
		if err != nil {
			t.Errorf("%s: %v", k.Note, err)
			continue
		}
		for i, v := range seals.Vectors {
			s := engine.NewStep("seal", map[string]any{"in": v.Text, "certificate": "k", "method": "rsa-sha256"}, nil, nil, engine.StepHands{Keys: store{"k": pair}})
			out, err := sealText(t.Context(), s)
			if err != nil || out["value"] != v.Seal {
				t.Errorf("%s, vector %d: %v", k.Note, i, err)
			}
		}
	}
	if len(keyFile.Vectors) < 5 || len(seals.Vectors) < 5 {
		t.Errorf("%d keys, %d seals", len(keyFile.Vectors), len(seals.Vectors))
	}
}
