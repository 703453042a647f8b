package nodes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/engine/formula"
)

func TestSecretsComeOutAsSlots(t *testing.T) {
	t.Parallel()
	secret, err := formula.NewSecret("acme/password", `a<b&"c`)
	if err != nil {
		t.Fatal(err)
	}
	bad, err := formula.NewSecret("acme/bad", "a\x00b")
	if err != nil {
		t.Fatal(err)
	}
	s := scope().Child()
	s.Set("x", secret)
	s.Set("y", "open")
	s.Set("z", bad)
	for name, test := range map[string]struct {
		m    *Mapping
		want string
	}{
		"element":   {xmlMapping(el("a", el("b", "=y"), el("c", "=x"))), "<a><b>open</b><c>{a&lt;b&amp;\"c}</c></a>"},
		"attribute": {xmlMapping(el("a", at("k", "=x"), el("c", "=y"))), `<a k="{a&lt;b&amp;&quot;c}"><c>open</c></a>`},
		"twice":     {xmlMapping(el("a", el("b", "=x"), el("c", "=x"))), "<a><b>{a&lt;b&amp;\"c}</b><c>{a&lt;b&amp;\"c}</c></a>"},
		"json":      {&Mapping{Name: "m", Format: JSON, Root: group(el("b", "=y"), el("c", "=x"))}, `{"b":"open","c":{"a<b&\"c"}}`},
		"list":      {&Mapping{Name: "m", Format: JSON, Root: list(text("=x"), text("=y"))}, `[{"a<b&\"c"},"open"]`},
	} {
		m := prepared(t, test.m)
		r, err := m.Write(s, Options{Slots: true})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var b strings.Builder
		for _, p := range r.Pieces {
			b.Write(p.Bytes)
			if p.Secret != nil {
				b.WriteString("{" + p.Secret.Reveal() + "}")
				if p.Secret.Name() != "acme/password" {
					t.Errorf("%s: secret is named %q", name, p.Secret.Name())
				}
			}
		}
		if b.String() != test.want || r.Bytes != nil {
			t.Errorf("%s:\n got %s\nwant %s", name, b.String(), test.want)
		}
		if _, err := m.Write(s, Options{}); err == nil || !strings.Contains(err.Error(), "in the open") || strings.Contains(err.Error(), "b&") {
			t.Errorf("%s: written without slots: %v", name, err)
		}
	}
	m := prepared(t, xmlMapping(el("a", "=z")))
	if _, err := m.Write(s, Options{Slots: true}); err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), "a\x00b") {
		t.Errorf("a secret that XML cannot hold: %v", err)
	}
}

func TestBytesAreAttached(t *testing.T) {
	t.Parallel()
	s := scope().Child()
	s.Set("x", []byte("<file/>"))
	s.Set("input", map[string]any{"k": "of the step"})
	m := prepared(t, xmlMapping(el("a", el("b", "=x"), el("c", "=input.k"))))
	r, err := m.Write(s, Options{Slots: true, Attach: true, Inline: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Pieces) != 3 || string(r.Pieces[1].Attached) != "<file/>" || string(r.Pieces[2].Bytes) != "</b><c>of the step</c></a>" {
		t.Errorf("pieces %q", r.Pieces)
	}
	if _, err := m.Write(s, Options{Slots: true, Inline: true}); err == nil {
		t.Error("bytes were written as text")
	}
}
