package xmlsec

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/xmldsig"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

type store map[string]*keys.Pair

func (s store) Key(ref any) (*keys.Pair, error) {
	if p := s[fmt.Sprint(ref)]; p != nil {
		return p, nil
	}
	return nil, diag.Problem{Rule: keys.RuleReference, Message: "no such key"}
}

func (s store) Secret(name string) ([]byte, error) {
	p, err := s.Key(name)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Leaf.Raw}), nil
}

func newStore(t testing.TB) store {
	t.Helper()
	rsa, err1 := keys.StandIn("Acme", keys.Describe{})
	ec, err2 := keys.StandIn("Acme", keys.Describe{Curve: true})
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	old := *rsa
	old.StandIn = false
	der, err := x509.CreateCertificate(nil, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Old"}, NotBefore: noon.AddDate(-2, 0, 0), NotAfter: noon.AddDate(-1, 0, 0)},
		rsa.Leaf, rsa.Signer.Public(), rsa.Signer)
	if err != nil {
		t.Fatal(err)
	}
	if old.Leaf, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return store{"acme": rsa, "curve": ec, "old": &old}
}

func step(t testing.TB, values map[string]any) *engine.Step {
	t.Helper()
	return engine.NewStep("x", values, nil, nil, engine.StepHands{Now: noon, Keys: newStore(t)})
}

func rule(err error) string {
	var p diag.Problem
	if errors.As(err, &p) {
		return p.Rule
	}
	return fmt.Sprint(err)
}

// example reads the step of a Spec and puts values in the place of formulas.
func example(t testing.TB, s *engine.Spec, known map[string]any) map[string]any {
	t.Helper()
	var st struct {
		ID, Action string
		With       map[string]any
	}
	if err := yaml.Unmarshal([]byte(s.Example), &st); err != nil || st.Action != s.Name {
		t.Fatalf("example of %s: %v", s.Name, err)
	}
	for k, v := range st.With {
		if text, ok := v.(string); ok && strings.HasPrefix(text, "=") {
			value, ok := known[text[1:]]
			if !ok {
				t.Fatalf("example of %s reads %s", s.Name, text)
			}
			st.With[k] = value
		}
	}
	return st.With
}

const invoice = `<?xml version="1.0"?><doc xmlns="urn:doc"><info Id="a1"><total>10.00</total></info></doc>`

func TestExamples(t *testing.T) {
	t.Parallel()
	var reg engine.Registry
	reg.Register(Specs()...)
	signed, err := Sign().Run(t.Context(), step(t, example(t, Sign(), map[string]any{"steps.map.out": []byte(invoice), "param.certificate": "acme"})))
	if err != nil {
		t.Fatal(err)
	}
	out := string(signed["out"].([]byte))
	if start := strings.Index(out, "<Signature"); !strings.HasPrefix(out[start:], "<Signature xmlns") || out[:start]+"</doc>" != invoice || signed["standIn"] != true {
		t.Errorf("signed %s", out)
	}
	if !strings.Contains(out, "<DigestValue>"+signed["digest"].(string)+"<") || !strings.Contains(out, "<SignatureValue>"+signed["value"].(string)+"<") {
		t.Error("digest or value is not the one in the document")
	}
	got, err := Verify().Run(t.Context(), step(t, example(t, Verify(), map[string]any{"steps.answer.out": []byte(out)})))
	if err != nil {
		t.Fatal(err)
	}
	if got["digest"] != signed["digest"] || got["certificate"].(map[string]any)["standIn"] != true {
		t.Errorf("verified %v", got)
	}
	if src := string(got["out"].(formula.Node).Source()); src != `<info xmlns="urn:doc" Id="a1"><total>10.00</total></info>` {
		t.Errorf("covered %s", src)
	}
}

func TestSignVariants(t *testing.T) {
	t.Parallel()
	base := map[string]any{"in": []byte(invoice), "certificate": "acme", "element": "//info"}
	for name, test := range map[string]struct {
		change map[string]any
		want   string
	}{
		"defaults":            {nil, "<nil>"},
		"place":               {map[string]any{"place": "/doc"}, "<nil>"},
		"whole document":      {map[string]any{"element": "", "profile": map[string]any{"reference": "document"}}, "<nil>"},
		"curve":               {map[string]any{"certificate": "curve", "profile": map[string]any{"method": "ecdsa-sha256"}}, "<nil>"},
		"unknown certificate": {map[string]any{"certificate": "nobody"}, keys.RuleReference},
		"expired certificate": {map[string]any{"certificate": "old"}, RuleExpired},
		"no such element":     {map[string]any{"element": "other"}, xmldsig.RuleElement},
		"bad path":            {map[string]any{"element": "//["}, xmldsig.RuleElement},
		"other identifier":    {map[string]any{"id": "Ref"}, xmldsig.RuleID},
		"bad profile":         {map[string]any{"profile": map[string]any{"digest": "md5"}}, xmldsig.RuleProfile},
		"no XML":              {map[string]any{"in": []byte("hello")}, "XML"},
	} {
		values := maps.Clone(base)
		maps.Copy(values, test.change)
		out, err := Sign().Run(t.Context(), step(t, values))
		if got := rule(err); got != test.want && !(test.want == "XML" && err != nil) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
		if err != nil {
			continue
		}
		if _, err := Verify().Run(t.Context(), step(t, map[string]any{"in": out["out"]})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerifyVariants(t *testing.T) {
	t.Parallel()
	values := map[string]any{"in": []byte(invoice), "certificate": "acme", "element": "info", "profile": map[string]any{"position": "after"}}
	out, err := Sign().Run(t.Context(), step(t, values))
	if err != nil {
		t.Fatal(err)
	}
	signed := out["out"].([]byte)
	again, err := Sign().Run(t.Context(), step(t, map[string]any{"in": signed, "certificate": "acme", "profile": map[string]any{"reference": "document"}}))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		values map[string]any
		want   string
	}{
		"trusted":              {map[string]any{"in": signed, "trust": "acme"}, "<nil>"},
		"trusted by a list":    {map[string]any{"in": signed, "trust": []any{"curve", newStore(t)["acme"].Leaf.Raw}}, "<nil>"},
		"not trusted":          {map[string]any{"in": signed, "trust": "curve"}, xmldsig.RuleSigner},
		"authority unreadable": {map[string]any{"in": signed, "trust": []byte("x")}, RuleTrust},
		"authority of nothing": {map[string]any{"in": signed, "trust": true}, RuleTrust},
		"another element":      {map[string]any{"in": signed, "element": "/doc"}, xmldsig.RuleCoverage},
		"changed":              {map[string]any{"in": []byte(strings.Replace(string(signed), "10.00", "1.00", 1))}, xmldsig.RuleDigest},
		"not signed":           {map[string]any{"in": []byte(invoice)}, xmldsig.RuleAbsent},
		"two, not said which":  {map[string]any{"in": again["out"]}, xmldsig.RuleCoverage},
		"two, the inner":       {map[string]any{"in": again["out"], "element": "info"}, "<nil>"},
		"two, the outer":       {map[string]any{"in": again["out"], "element": "/doc"}, "<nil>"},
		"no such identifier":   {map[string]any{"in": signed, "id": "Ref"}, xmldsig.RuleReference},
	} {
		if _, err := Verify().Run(t.Context(), step(t, test.values)); rule(err) != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}
